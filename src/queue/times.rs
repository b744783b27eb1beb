//! How long jobs waited and ran: counts by length, which can be added up and sent as text.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

/// Each doubling has eight parts, so a length is off by at most a sixteenth.
const PARTS_BITS: u32 = 3;
const PARTS: u64 = 1 << PARTS_BITS;
const MS: f64 = 1_000.0;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    /// How many by their bucket, in microseconds.
    counts: BTreeMap<u16, u64>,
    sum_us: u64,
}

fn bucket_of(us: u64) -> u16 {
    if us < PARTS {
        return us as u16;
    }
    let shift = us.ilog2() - PARTS_BITS;
    (u64::from(shift) * PARTS + (us >> shift)) as u16
}

fn middle_of(bucket: u16) -> f64 {
    let bucket = u64::from(bucket);
    if bucket < PARTS {
        return bucket as f64;
    }
    let shift = bucket / PARTS - 1;
    let width = 2f64.powi(shift.min(60) as i32);
    (bucket - shift * PARTS) as f64 * width + (width - 1.0) / 2.0
}

impl Times {
    pub fn record(&mut self, time: Duration) {
        let us = time.as_micros().min(u128::from(u32::MAX) * 1_000) as u64;
        *self.counts.entry(bucket_of(us)).or_default() += 1;
        self.sum_us += us;
    }

    fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The time that this share of all does not exceed, in ms.
    fn quantile_ms(&self, share: f64) -> Option<f64> {
        let rank = (share * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        bucket.map(|(bucket, _)| (middle_of(*bucket) / MS * 1_000.0).round() / 1_000.0)
    }

    /// Each bucket with the letter in front of its number, and how many it has.
    pub fn words(&self, letter: char) -> impl Iterator<Item = (String, u64)> {
        self.counts.iter().map(move |(bucket, count)| (format!("{letter}{bucket}"), *count))
    }

    /// Adds the words of that letter of a text such as `w12=3 r7=1`.
    pub fn add_words(&mut self, text: &str, letter: char) {
        for (name, count) in text.split(' ').filter_map(|word| word.split_once('=')) {
            let bucket = name.strip_prefix(letter).and_then(|bucket| bucket.parse().ok());
            if let (Some(bucket), Ok(count)) = (bucket, count.parse::<u64>()) {
                *self.counts.entry(bucket).or_default() += count;
            }
        }
    }

    pub fn to_json(&self) -> Value {
        json!({
            "count": self.count(),
            "p50Ms": self.quantile_ms(0.5),
            "p95Ms": self.quantile_ms(0.95),
            "p99Ms": self.quantile_ms(0.99),
        })
    }

    /// With the sum, which the words do not have.
    pub fn with_sum(&self) -> Value {
        let mut told = self.to_json();
        told["p90Ms"] = self.quantile_ms(0.9).into();
        told["sumMs"] = (self.sum_us as f64 / MS).into();
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_near_and_can_be_added_up_as_text() {
        let (mut times, mut sum) = (Times::default(), Times::default());
        assert_eq!(times.to_json(), json!({ "count": 0, "p50Ms": null, "p95Ms": null, "p99Ms": null }));
        for ms in 1..=1_000 {
            times.record(Duration::from_millis(ms));
        }
        let text: Vec<String> = times.words('w').map(|(name, count)| format!("{name}={count}")).collect();
        sum.add_words(&text.join(" "), 'w');
        sum.add_words("r3=5 nonsense w=1 wx=2 w4=-1", 'w');
        assert_eq!((sum.count(), sum.counts.clone()), (1_000, times.counts.clone()));
        for (share, truth) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let told = sum.quantile_ms(share).unwrap();
            assert!((told - truth).abs() <= truth / 16.0, "{told} is not near {truth}");
        }
        assert!((times.with_sum()["sumMs"].as_f64().unwrap() - 500_500.0).abs() < 1.0);
    }

    #[test]
    fn every_length_has_a_bucket_of_its_own_size() {
        let mut last = 0;
        for exponent in 0..46 {
            for us in [1_u64 << exponent, (1 << exponent) + (1 << exponent) / 3] {
                let bucket = bucket_of(us);
                assert!(bucket >= last);
                assert!((middle_of(bucket) - us as f64).abs() <= us as f64 / 8.0, "{us}");
                last = bucket;
            }
        }
        let mut times = Times::default();
        times.record(Duration::MAX);
        assert!(times.quantile_ms(0.5).is_some());
    }
}
