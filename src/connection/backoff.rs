//! Exponential backoff with a cap and full jitter between attempts to connect.
//!
//! Full jitter draws each delay uniformly between zero and the attempt's cap. It spreads the clients of a
//! server that comes back; see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::config::defaults::RETRY_DELAY_MS;

/// The largest delay, so that a server that is back is found within this time.
pub const MAX_PAUSE: Duration = Duration::from_secs(2);
/// The largest delay where sentinels or cluster nodes report the primary. A new primary must be in use within
/// two seconds, dialling included.
pub const MAX_PAUSE_OF_FOLLOWED: Duration = Duration::from_millis(500);

/// The delays of consecutive failed attempts.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(base: Duration, max: Duration) -> Self {
        Backoff { base, max, failures: 0 }
    }

    /// Failed attempts since the last `reset`.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and draws the delay before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        let cap = self.base.saturating_mul(1 << self.failures.min(16)).min(self.max);
        self.failures = self.failures.saturating_add(1);
        drawn(Duration::ZERO, cap)
    }
}

/// The delay before the next attempt of a caller that counts its failures itself: 0 before the first one.
pub fn delay_after(failures: u32) -> Duration {
    let base = Duration::from_millis(RETRY_DELAY_MS);
    Backoff { failures, ..Backoff::new(base, MAX_PAUSE) }.next_delay()
}

/// Draws a duration between two others.
pub fn drawn(least: Duration, most: Duration) -> Duration {
    // Each `RandomState` has a fresh seed. Jitter needs no better randomness.
    let draw = RandomState::new().hash_one(0) as f64 / u64::MAX as f64;
    least + most.saturating_sub(least).mul_f64(draw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_stay_under_the_doubling_cap_and_differ() {
        let mut backoff = Backoff::new(Duration::from_millis(100), MAX_PAUSE);
        let mut delays = Vec::new();
        for attempt in 0..40u32 {
            let cap = Duration::from_millis(100 << attempt.min(10)).min(MAX_PAUSE);
            let delay = backoff.next_delay();
            assert!(delay <= cap, "attempt {attempt}: {delay:?} > {cap:?}");
            delays.push(delay);
        }
        delays.dedup();
        assert!(delays.len() > 30, "jitter must not repeat itself");
        assert_eq!(backoff.failures(), 40);
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }

    #[test]
    fn a_delay_after_counted_failures_has_the_cap_of_that_failure() {
        for failures in 0..40u32 {
            let cap = Duration::from_millis(RETRY_DELAY_MS << failures.min(10)).min(MAX_PAUSE);
            let longest = (0..50).map(|_| delay_after(failures)).max().unwrap();
            assert!(longest <= cap, "failure {failures}: {longest:?} > {cap:?}");
            assert!(longest > cap / 2, "failure {failures}: 50 draws are below {:?}", cap / 2);
        }
    }

    #[test]
    fn a_drawn_duration_lies_between_its_bounds() {
        let (least, most) = (Duration::from_millis(250), Duration::from_millis(500));
        let mut durations: Vec<_> = (0..40).map(|_| drawn(least, most)).collect();
        assert!(durations.iter().all(|duration| (least..=most).contains(duration)), "{durations:?}");
        durations.dedup();
        assert!(durations.len() > 30, "jitter must not repeat itself");
        assert_eq!(drawn(most, most), most);
    }
}
