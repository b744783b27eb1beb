//! Which keys get a closer look, so that what is not due with every call costs next to nothing.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Keys that are known to have been looked at; a few more only cost a second look.
const PLACES: usize = 16 * 1024;
/// Keys that get a look in a second at most. A server that has more of them looks at a part, and its
/// calls stay fast.
const LOOKS_A_SECOND: u32 = 20_000;

/// What was looked at lately. Where two threads look at once, one of them may look in vain.
#[derive(Debug)]
pub struct Attention {
    began: Instant,
    /// A key that was looked at is not due again for this time.
    interval: Duration,
    hasher: foldhash::fast::RandomState,
    /// The upper half of a key's hash, and the time it was looked at, in units of the interval.
    seen: Box<[AtomicU64]>,
    /// The second, and how many looks it has had.
    spent: AtomicU64,
}

impl Attention {
    pub fn new(interval: Duration, began: Instant) -> Attention {
        let seen = (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        Attention {
            began,
            interval,
            hasher: foldhash::fast::RandomState::default(),
            seen,
            spent: AtomicU64::new(0),
        }
    }

    /// Whether this key (and field) is to be looked at now.
    pub fn is_due(&self, key: &[u8], field: &[u8], now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.began);
        // From 1, so that an empty place is never taken for one of now.
        let time = elapsed.as_millis() as u64 / (self.interval.as_millis() as u64).max(1) + 1;
        let hash = self.hasher.hash_one((key, field));
        let place = &self.seen[hash as usize % PLACES];
        let mark = hash >> 32 << 32 | time & 0xffff_ffff;
        if place.load(Ordering::Relaxed) == mark {
            return false;
        }
        if !self.may_look(elapsed.as_secs()) {
            return false;
        }
        place.store(mark, Ordering::Relaxed);
        true
    }

    fn may_look(&self, second: u64) -> bool {
        let spent = self.spent.load(Ordering::Relaxed);
        let count = if spent >> 32 == second { spent as u32 } else { 0 };
        self.spent.store(second << 32 | u64::from(count.saturating_add(1)), Ordering::Relaxed);
        count < LOOKS_A_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(250);

    #[test]
    fn a_key_is_looked_at_once_in_a_while() {
        let start = Instant::now();
        let attention = Attention::new(INTERVAL, start);
        assert!(attention.is_due(b"a", b"", start));
        assert!(!attention.is_due(b"a", b"", start));
        assert!(attention.is_due(b"a", b"field", start));
        assert!(attention.is_due(b"b", b"", start));
        assert!(attention.is_due(b"a", b"", start + INTERVAL));
    }

    #[test]
    fn only_so_many_reads_are_looked_at_in_a_second() {
        let start = Instant::now();
        let attention = Attention::new(INTERVAL, start);
        let look = |at: Instant| {
            (0..2 * LOOKS_A_SECOND).filter(|number| attention.is_due(&number.to_le_bytes(), b"", at)).count()
        };
        assert_eq!(look(start), LOOKS_A_SECOND as usize);
        assert!(look(start + Duration::from_secs(1)) > 0);
    }
}
