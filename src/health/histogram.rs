//! Histogram of latencies.
//!
//! Each power of two is divided into the same number of equal parts. So the error is a share of the value,
//! and the memory is fixed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};

use super::rounded;

/// 32 parts: the width of a bucket is at most a thirty-second of its values, about three percent.
const PARTS_BITS: u32 = 5;
const PARTS: usize = 1 << PARTS_BITS;

/// The longest recorded duration. Every longer one counts as this.
const LONGEST: Duration = Duration::from_secs(100);
const LONGEST_NS: u64 = LONGEST.as_nanos() as u64;
const BUCKETS: usize = bucket_of(LONGEST_NS) + 1;

/// Counts of durations. Recording is one atomic addition and never waits.
pub struct Histogram {
    /// Allocated with the first duration, because most clients never record some kinds.
    buckets: OnceLock<Box<[AtomicU64; BUCKETS]>>,
    max_ns: AtomicU64,
}

/// The figures of a histogram at one moment, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    pub count: u64,
    pub mean_us: f64,
    pub p50_us: f64,
    pub p90_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
}

const fn bucket_of(ns: u64) -> usize {
    if ns < PARTS as u64 {
        return ns as usize;
    }
    let shift = ns.ilog2() - PARTS_BITS;
    // The leading one of the shifted value adds PARTS, so the row is not shift + 1.
    shift as usize * PARTS + (ns >> shift) as usize
}

/// The middle of a bucket's range, in nanoseconds.
fn middle_of(bucket: usize) -> f64 {
    if bucket < PARTS {
        return bucket as f64;
    }
    let shift = bucket / PARTS - 1;
    let width = (1u64 << shift) as f64;
    let lowest = (bucket - shift * PARTS) as f64 * width;
    lowest + (width - 1.0) / 2.0
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { buckets: OnceLock::new(), max_ns: AtomicU64::new(0) }
    }
}

impl Histogram {
    pub fn record(&self, duration: Duration) {
        let ns = duration.min(LONGEST).as_nanos() as u64;
        let buckets = self.buckets.get_or_init(|| Box::new([const { AtomicU64::new(0) }; BUCKETS]));
        buckets[bucket_of(ns)].fetch_add(1, Relaxed);
        // A new maximum is rare, and a load costs less than a needless write.
        if ns > self.max_ns.load(Relaxed) {
            self.max_ns.fetch_max(ns, Relaxed);
        }
    }

    pub fn snapshot(&self) -> HistogramSnapshot {
        let Some(buckets) = self.buckets.get() else { return HistogramSnapshot::default() };
        let counts: Vec<u64> = buckets.iter().map(|bucket| bucket.load(Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let max_ns = self.max_ns.load(Relaxed) as f64;
        let sum_ns: f64 = counts.iter().enumerate().map(|(n, &count)| middle_of(n) * count as f64).sum();
        let percentile = |share: f64| {
            let rank = (share * count as f64).ceil() as u64;
            microseconds(nth(&counts, rank).min(max_ns))
        };
        HistogramSnapshot {
            count,
            mean_us: microseconds((sum_ns / count as f64).min(max_ns)),
            p50_us: percentile(0.50),
            p90_us: percentile(0.90),
            p99_us: percentile(0.99),
            max_us: microseconds(max_ns),
        }
    }
}

/// The duration in nanoseconds that `rank` of all durations do not exceed.
fn nth(counts: &[u64], rank: u64) -> f64 {
    let mut seen = 0;
    let bucket = counts.iter().position(|&count| {
        seen += count;
        seen >= rank
    });
    middle_of(bucket.unwrap_or(counts.len() - 1))
}

fn microseconds(ns: f64) -> f64 {
    rounded(ns / 1000.0)
}

impl HistogramSnapshot {
    /// All figures in microseconds, with two decimals.
    pub fn to_json(&self) -> Value {
        json!({
            "count": self.count,
            "meanUs": self.mean_us,
            "p50Us": self.p50_us,
            "p90Us": self.p90_us,
            "p99Us": self.p99_us,
            "maxUs": self.max_us,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tolerance is half a bucket and half of the last decimal.
    fn assert_near(answer_us: f64, truth_us: f64) {
        let error = (answer_us - truth_us).abs();
        assert!(error <= truth_us * 0.02 + 0.005, "{answer_us} is not near {truth_us}");
    }

    #[test]
    fn an_empty_histogram_answers_zeros() {
        assert_eq!(Histogram::default().snapshot(), HistogramSnapshot::default());
    }

    #[test]
    fn percentiles_of_a_known_spread_are_right() {
        let histogram = Histogram::default();
        for number in 1..=10_000 {
            histogram.record(Duration::from_micros(number));
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.count, 10_000);
        assert_near(snapshot.mean_us, 5000.5);
        assert_near(snapshot.p50_us, 5000.0);
        assert_near(snapshot.p90_us, 9000.0);
        assert_near(snapshot.p99_us, 9900.0);
        assert_eq!(snapshot.max_us, 10_000.0);
    }

    #[test]
    fn one_slow_call_among_many_shows_in_the_maximum_alone() {
        let histogram = Histogram::default();
        (0..999).for_each(|_| histogram.record(Duration::from_micros(100)));
        histogram.record(Duration::from_secs(3));
        let snapshot = histogram.snapshot();
        assert_near(snapshot.p99_us, 100.0);
        assert_eq!(snapshot.max_us, 3_000_000.0);
    }

    #[test]
    fn what_is_longer_than_the_range_counts_as_its_end() {
        let histogram = Histogram::default();
        histogram.record(Duration::MAX);
        histogram.record(Duration::ZERO);
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.count, snapshot.max_us), (2, 100_000_000.0));
        assert_eq!(snapshot.p50_us, 0.0);
    }

    #[test]
    fn the_json_names_its_unit() {
        let histogram = Histogram::default();
        histogram.record(Duration::from_micros(250));
        let json = histogram.snapshot().to_json();
        assert_eq!(json["count"], 1);
        assert_eq!(json["maxUs"], 250.0);
        assert_eq!(json["p99Us"], 250.0, "no percentile is above the maximum");
    }

    #[test]
    fn nothing_is_lost_when_threads_record_together() {
        let histogram = Histogram::default();
        std::thread::scope(|scope| {
            for thread in 1..5 {
                let histogram = &histogram;
                scope.spawn(move || {
                    (0..10_000).for_each(|_| histogram.record(Duration::from_micros(thread * 10)));
                });
            }
        });
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.count, snapshot.max_us), (40_000, 40.0));
    }

    proptest! {
        #[test]
        fn every_duration_is_answered_within_two_percent(ns in 0..LONGEST_NS) {
            let middle = middle_of(bucket_of(ns));
            prop_assert!((middle - ns as f64).abs() <= ns as f64 * 0.02 + 0.5);
        }

        #[test]
        fn longer_durations_are_never_in_lower_buckets(one in 0..=LONGEST_NS, other in 0..=LONGEST_NS) {
            let (shorter, longer) = (one.min(other), one.max(other));
            prop_assert!(bucket_of(shorter) <= bucket_of(longer));
            prop_assert!(bucket_of(longer) < BUCKETS);
        }
    }
}
