//! Refusals that this process remembers: who was refused by Redis is refused here, until it may pass again or for a short
//! time, without a request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::algorithm::{Reason, Verdict};
use super::identity::Mark;
use super::local::forget_where;

/// A flood of identifiers costs no more memory than this: about 8 MB.
const MAX_ENTRIES: usize = 65_536;

/// One refusal.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    reason: Reason,
    /// A call of a lower cost may pass.
    cost: u64,
    remaining: u64,
    /// Refused here until then. Counted from when the call was made, so it ends before Redis would admit.
    until: Instant,
    /// When Redis admits again, counted from when its reply came, so nobody is told a time that is too early.
    retry_at: Instant,
    reset_at: Instant,
}

/// The refusals of one limiter.
pub struct Denials {
    longest: Duration,
    /// How many there are, so that a limiter without any takes no lock.
    count: AtomicUsize,
    entries: Mutex<LruCache<Mark, Refusal>>,
}

/// What became of a refusal that was to be remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Whether it is the first one of the identifier's window.
    pub is_first: bool,
    /// So long after it was asked, the same check is refused here.
    pub held: Duration,
}

/// When a refused call was made, and when its reply came.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub issued: Instant,
    pub now: Instant,
}

impl Denials {
    pub fn new(longest: Duration) -> Denials {
        let entries = Mutex::new(LruCache::unbounded());
        Denials { longest, count: AtomicUsize::new(0), entries }
    }

    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The verdict on a call that is refused without a request, and how long it is from now on; `None` where Redis must be
    /// asked.
    pub fn refuses(&self, mark: Mark, cost: u64, now: Instant) -> Option<(Verdict, Duration)> {
        if self.len() == 0 || self.longest.is_zero() {
            return None;
        }
        let mut entries = self.entries();
        let refusal = entries.get(&mark)?;
        if now >= refusal.until || cost < refusal.cost {
            return None;
        }
        let verdict = Verdict {
            reason: refusal.reason,
            remaining: refusal.remaining,
            reset_ms: ms_until(refusal.reset_at, now),
            retry_after_ms: Some(ms_until(refusal.retry_at, now)),
        };
        Some((verdict, refusal.until - now))
    }

    /// Remembers a refusal. `denies`: this process refuses from now on; without it only the window is remembered.
    pub fn remember(
        &self,
        mark: Mark,
        cost: u64,
        verdict: &Verdict,
        times: Times,
        denies: bool,
    ) -> Remembered {
        let Times { issued, now } = times;
        let Some(retry_after_ms) = verdict.retry_after_ms else { return Remembered::default() };
        let retry_after = Duration::from_millis(retry_after_ms);
        let refusal = Refusal {
            reason: verdict.reason,
            // A block refuses every cost; what costs nothing reads.
            cost: if verdict.reason == Reason::Blocked { 1 } else { cost.max(1) },
            remaining: verdict.remaining,
            until: if denies { issued + retry_after.min(self.longest) } else { issued },
            retry_at: now + retry_after,
            reset_at: now + Duration::from_millis(verdict.reset_ms),
        };
        let mut entries = self.entries();
        let known = entries.get(&mark);
        let is_first = known.is_none_or(|known| now >= known.retry_at);
        // A refusal of a higher cost says nothing of a lower one, which was refused before.
        let kept = match known {
            Some(known) if now < known.until && known.cost < refusal.cost => *known,
            _ => refusal,
        };
        entries.put(mark, kept);
        if entries.len() > MAX_ENTRIES {
            entries.pop_lru();
        }
        self.count.store(entries.len(), Ordering::Relaxed);
        Remembered { is_first, held: kept.until.saturating_duration_since(issued) }
    }

    /// The next call of this identifier asks Redis.
    pub fn forget(&self, mark: Mark) {
        if self.len() > 0 {
            let mut entries = self.entries();
            entries.pop(&mark);
            self.count.store(entries.len(), Ordering::Relaxed);
        }
    }

    /// A policy has changed: what it refused it may admit now.
    pub fn forget_policy(&self, policy: usize) {
        self.forget_where(|mark| mark.policy == policy);
    }

    /// Forgets the refusals that satisfy `is_meant`. Answers how many there were.
    pub fn forget_where(&self, is_meant: impl Fn(&Mark) -> bool) -> usize {
        let mut entries = self.entries();
        let gone = forget_where(&mut entries, is_meant);
        self.count.store(entries.len(), Ordering::Relaxed);
        gone
    }

    /// How many refusals satisfy `is_meant`.
    pub fn count_where(&self, is_meant: impl Fn(&Mark) -> bool) -> usize {
        self.entries().iter().filter(|(mark, _)| is_meant(mark)).count()
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<Mark, Refusal>> {
        // A panic while it was held leaves whole entries.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rounded up: a caller that waits so long does not come too early.
fn ms_until(at: Instant, now: Instant) -> u64 {
    at.saturating_duration_since(now).as_micros().div_ceil(1000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { policy: 0, hash: [7; 16], organization: 0 };

    fn refused(retry_after_ms: u64) -> Verdict {
        Verdict { reason: Reason::Limit, remaining: 0, reset_ms: 2000, retry_after_ms: Some(retry_after_ms) }
    }

    fn at(began: Instant, ms: u64) -> Instant {
        began + Duration::from_millis(ms)
    }

    fn remember(denials: &Denials, cost: u64, verdict: &Verdict, issued: Instant, now: Instant) -> bool {
        denials.remember(MARK, cost, verdict, Times { issued, now }, true).is_first
    }

    #[test]
    fn a_refused_identifier_is_refused_here_until_its_retry_time() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        assert!(denials.refuses(MARK, 1, began).is_none());
        remember(&denials, 1, &refused(1000), began, at(began, 20));
        let (verdict, held) = denials.refuses(MARK, 1, at(began, 500)).unwrap();
        assert_eq!(held, Duration::from_millis(500));
        assert_eq!((verdict.reason, verdict.remaining), (Reason::Limit, 0));
        assert_eq!((verdict.retry_after_ms, verdict.reset_ms), (Some(520), 1520));
        assert!(denials.refuses(Mark { policy: 1, ..MARK }, 1, at(began, 500)).is_none());
        assert!(denials.refuses(MARK, 1, at(began, 999)).is_some());
        assert!(denials.refuses(MARK, 1, at(began, 1000)).is_none());
    }

    #[test]
    fn it_is_refused_no_longer_than_the_longest_time() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        remember(&denials, 1, &refused(60_000), began, began);
        assert_eq!(denials.refuses(MARK, 1, at(began, 4999)).unwrap().0.retry_after_ms, Some(55_001));
        assert!(denials.refuses(MARK, 1, at(began, 5000)).is_none());
        let off = Denials::new(Duration::ZERO);
        remember(&off, 1, &refused(60_000), began, began);
        assert!(off.refuses(MARK, 1, began).is_none());
    }

    #[test]
    fn it_is_told_how_long_the_same_check_is_refused_here() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        let held = |cost, retry_after_ms, issued_ms, denies| {
            let times = Times { issued: at(began, issued_ms), now: at(began, issued_ms + 20) };
            denials.remember(MARK, cost, &refused(retry_after_ms), times, denies).held.as_millis()
        };
        assert_eq!(held(3, 1000, 0, true), 1000);
        assert_eq!(held(5, 4000, 100, true), 900, "the lower cost is refused no longer");
        assert_eq!(held(1, 60_000, 200, true), 5000);
        assert_eq!(held(1, 60_000, 6000, false), 0);
        let off = Denials::new(Duration::ZERO);
        let times = Times { issued: began, now: began };
        assert_eq!(off.remember(MARK, 1, &refused(1000), times, true).held, Duration::ZERO);
    }

    #[test]
    fn a_lower_cost_is_asked_for_and_a_read_always() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        remember(&denials, 3, &refused(1000), began, began);
        assert!(denials.refuses(MARK, 2, began).is_none());
        assert!(denials.refuses(MARK, 3, began).is_some());
        remember(&denials, 2, &refused(900), began, began);
        assert!(denials.refuses(MARK, 2, began).is_some());
        remember(&denials, 5, &refused(1000), began, began);
        assert!(denials.refuses(MARK, 2, began).is_some(), "the lower cost is still refused");
        remember(
            &denials,
            5,
            &Verdict { reason: Reason::Blocked, ..refused(1000) },
            at(began, 950),
            at(began, 950),
        );
        assert!(denials.refuses(MARK, 1, at(began, 960)).is_some());
        assert!(denials.refuses(MARK, 0, at(began, 960)).is_none());
    }

    #[test]
    fn the_first_refusal_of_a_window_is_told() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        assert!(remember(&denials, 1, &refused(60_000), began, began));
        assert!(!remember(&denials, 1, &refused(54_000), at(began, 6000), at(began, 6000)));
        assert!(remember(&denials, 1, &refused(1000), at(began, 60_000), at(began, 60_000)));
        let here = Times { issued: at(began, 61_000), now: at(began, 61_000) };
        assert!(denials.remember(MARK, 1, &refused(1000), here, false).is_first);
        assert!(denials.refuses(MARK, 1, here.now).is_none());
        assert!(!denials.remember(MARK, 1, &refused(500), here, false).is_first);
        let never = Verdict { retry_after_ms: None, ..refused(0) };
        assert!(!remember(&denials, 1, &never, began, began));
    }

    #[test]
    fn what_was_reset_is_asked_for_again() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        remember(&denials, 1, &refused(1000), began, began);
        denials.forget(MARK);
        assert!(denials.refuses(MARK, 1, began).is_none());
        assert_eq!(denials.len(), 0);
        remember(&denials, 1, &refused(1000), began, began);
        denials.forget_policy(1);
        assert_eq!(denials.len(), 1);
        denials.forget_policy(0);
        assert_eq!(denials.len(), 0);
    }

    #[test]
    fn a_flood_of_identifiers_has_a_bound() {
        let (denials, began) = (Denials::new(Duration::from_secs(5)), Instant::now());
        for number in 0..MAX_ENTRIES as u64 + 10 {
            let mark = Mark { organization: number, ..MARK };
            denials.remember(mark, 1, &refused(1000), Times { issued: began, now: began }, true);
        }
        assert_eq!(denials.len(), MAX_ENTRIES);
        assert!(denials.refuses(Mark { organization: 0, ..MARK }, 1, began).is_none());
    }
}
