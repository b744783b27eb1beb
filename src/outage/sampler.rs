//! Which keys get a closer look, so that what is not due with every call costs next to nothing.

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Keys that are known to have been looked at; a few more only cost a second look. Few enough to stay in the
/// processor's first cache.
const PLACES: usize = 4 * 1024;
/// Keys that get a look in a second at most. A server that has more of them looks at a part, and its
/// calls stay fast.
const LOOKS_A_SECOND: u32 = 20_000;

/// What was looked at lately. Where two threads look at once, one of them may look in vain.
#[derive(Debug)]
pub struct Sampler {
    began: Instant,
    /// A key that was looked at is not due again for this time.
    interval_ms: u64,
    hasher: foldhash::fast::RandomState,
    /// Bits of a key's hash, and of the time it was looked at in units of the interval.
    seen: Box<[AtomicU32]>,
    /// The second, and how many looks it has had.
    spent: AtomicU64,
}

impl Sampler {
    pub fn new(interval: Duration, began: Instant) -> Sampler {
        Sampler {
            began,
            interval_ms: (interval.as_millis() as u64).max(1),
            hasher: foldhash::fast::RandomState::default(),
            seen: (0..PLACES).map(|_| AtomicU32::new(0)).collect(),
            spent: AtomicU64::new(0),
        }
    }

    /// A sampler for a connection that all calls share. For any other connection no key is ever due: such a connection
    /// keeps nothing, and there may be many.
    pub fn of_shared(is_shared: bool, interval: Duration) -> Sampler {
        let sampler = Sampler::new(interval, Instant::now());
        if is_shared { sampler } else { Sampler { seen: Box::default(), ..sampler } }
    }

    /// Whether this key (and field) is to be looked at now.
    pub fn is_due(&self, key: &[u8], field: &[u8], now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.began);
        let elapsed_ms = elapsed.as_secs() * 1000 + u64::from(elapsed.subsec_millis());
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        if !field.is_empty() {
            hasher.write_usize(key.len());
            hasher.write(field);
        }
        let hash = hasher.finish();
        let Some(place) = self.seen.get(hash as usize % PLACES) else { return false };
        // From 1, so that an empty place is never taken for one of now.
        let time = (elapsed_ms / self.interval_ms) as u32 + 1;
        let mark = (hash >> 48 << 16) as u32 | (time & 0xffff);
        if place.load(Ordering::Relaxed) == mark || !self.may_look(elapsed.as_secs()) {
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
        let attention = Sampler::new(INTERVAL, start);
        assert!(attention.is_due(b"a", b"", start));
        assert!(!attention.is_due(b"a", b"", start));
        assert!(attention.is_due(b"a", b"field", start));
        assert!(attention.is_due(b"b", b"", start));
        assert!(attention.is_due(b"a", b"", start + INTERVAL));
    }

    #[test]
    fn only_so_many_reads_are_looked_at_in_a_second() {
        let start = Instant::now();
        let attention = Sampler::new(INTERVAL, start);
        let look = |at: Instant| {
            (0..2 * LOOKS_A_SECOND).filter(|number| attention.is_due(&number.to_le_bytes(), b"", at)).count()
        };
        assert_eq!(look(start), LOOKS_A_SECOND as usize);
        assert!(look(start + Duration::from_secs(1)) > 0);
    }
}
