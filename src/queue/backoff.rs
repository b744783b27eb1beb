//! How long a job waits before it is tried again.

use serde_json::{Value, json};

/// Delays are at most ten years, as those of jobs.
pub const MAX_DELAY_MS: u64 = 315_360_000_000;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    pub is_exponential: bool,
    pub delay_ms: u64,
    pub max_ms: u64,
    /// The part of a delay that chance decides, from 0 to 1.
    pub jitter: f64,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff { is_exponential: true, delay_ms: 5_000, max_ms: 3_600_000, jitter: 0.2 }
    }
}

impl Backoff {
    /// The delay after so many attempts have failed. `chance` is between 0 and 1.
    pub fn delay_after(&self, failed: u32, chance: f64) -> u64 {
        let exponent = failed.saturating_sub(1).min(62);
        let whole = if self.is_exponential {
            self.delay_ms.saturating_mul(1 << exponent).min(self.max_ms)
        } else {
            self.delay_ms.min(self.max_ms)
        };
        let kept = whole as f64 * (1.0 - self.jitter * chance.clamp(0.0, 1.0));
        kept.round() as u64
    }

    /// As options have it.
    pub fn describe(self) -> Value {
        let kind = if self.is_exponential { "exponential" } else { "fixed" };
        json!({ "type": kind, "delayMs": self.delay_ms, "maxMs": self.max_ms, "jitter": self.jitter })
    }

    /// As a record has it.
    pub fn to_json(self) -> Value {
        json!([u8::from(self.is_exponential), self.delay_ms, self.max_ms, self.jitter])
    }

    pub fn from_json(value: &Value) -> Option<Backoff> {
        let [kind, delay, max, jitter] = value.as_array()?.as_slice() else { return None };
        Some(Backoff {
            is_exponential: kind.as_u64()? == 1,
            delay_ms: delay.as_u64()?,
            max_ms: max.as_u64()?,
            jitter: jitter.as_f64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_delay_doubles_up_to_its_bound() {
        let backoff = Backoff { jitter: 0.0, ..Backoff::default() };
        let delays: Vec<u64> = [1, 2, 3, 10, 11, 1000].map(|failed| backoff.delay_after(failed, 0.5)).into();
        assert_eq!(delays, [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]);
    }

    #[test]
    fn chance_shortens_a_delay_by_at_most_its_jitter() {
        let backoff = Backoff { is_exponential: false, delay_ms: 1_000, ..Backoff::default() };
        assert_eq!(backoff.delay_after(9, 0.0), 1_000);
        assert_eq!(backoff.delay_after(9, 1.0), 800);
    }

    #[test]
    fn a_record_keeps_it() {
        let backoff = Backoff { is_exponential: false, delay_ms: 7, max_ms: 9, jitter: 0.25 };
        assert_eq!(Backoff::from_json(&backoff.to_json()), Some(backoff));
        assert_eq!(Backoff::from_json(&json!([1, 2])), None);
    }
}
