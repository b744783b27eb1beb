//! Which keys were read of late: a key gets a copy with its second read, not with its first.

use super::key::Hash;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(not(orgcache_loom))]
const MARKS: usize = 65_536;
#[cfg(orgcache_loom)]
const MARKS: usize = 1;

/// A mark's clock, in milliseconds a step. 16 bits of it wrap after 109 minutes.
const STEP_MS: u64 = 100;
/// A read deserves a copy if another one came in the last 10 minutes.
const RECENT_STEPS: u16 = 6_000;
/// A wish that was not fulfilled is repeated after a second.
const WISHED_STEPS: u16 = 10;

/// One mark: 15 bits that tell keys apart, one bit that says whether a copy was wished for, and the time.
#[derive(Debug, Clone, Copy)]
struct Mark {
    tag: u32,
    is_wished: bool,
    step: u16,
}

impl Mark {
    fn read(word: u32) -> Mark {
        Mark { tag: word >> 17, is_wished: word >> 16 & 1 == 1, step: word as u16 }
    }

    fn word(self) -> u32 {
        self.tag << 17 | u32::from(self.is_wished) << 16 | u32::from(self.step)
    }
}

#[derive(Debug)]
pub struct Marks(Box<[AtomicU32]>);

impl Marks {
    pub fn new() -> Marks {
        Marks((0..MARKS).map(|_| AtomicU32::new(0)).collect())
    }

    /// A read found no copy. Returns whether the key deserves one now: it was read before, and nobody wished for its
    /// copy within the last second.
    pub fn missed(&self, hash: Hash, now_ms: u64) -> bool {
        let (place, tag, step) = self.find(hash, now_ms);
        let found = Mark::read(place.load(Ordering::Relaxed));
        let age = step.wrapping_sub(found.step);
        let is_known = found.tag == tag && age <= RECENT_STEPS;
        if is_known && found.is_wished && age < WISHED_STEPS {
            return false;
        }
        place.store(Mark { tag, is_wished: is_known, step }.word(), Ordering::Relaxed);
        is_known
    }

    /// A copy that had answered is gone: the next read deserves another.
    pub fn remember(&self, hash: Hash, now_ms: u64) {
        let (place, tag, step) = self.find(hash, now_ms);
        place.store(Mark { tag, is_wished: false, step }.word(), Ordering::Relaxed);
    }

    /// A copy that nobody read is gone: the key deserves another with its second read from now on.
    pub fn forget(&self, hash: Hash) {
        let (place, tag, _) = self.find(hash, 0);
        let found = place.load(Ordering::Relaxed);
        if Mark::read(found).tag == tag {
            let _ = place.compare_exchange(found, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// A copy is wished for already.
    pub fn wished(&self, hash: Hash, now_ms: u64) {
        let (place, tag, step) = self.find(hash, now_ms);
        place.store(Mark { tag, is_wished: true, step }.word(), Ordering::Relaxed);
    }

    fn find(&self, hash: Hash, now_ms: u64) -> (&AtomicU32, u32, u16) {
        // 0 is the mark of nobody.
        let tag = hash.fingerprint() >> 17 | 1;
        (&self.0[hash.low() & (MARKS - 1)], tag, (now_ms / STEP_MS) as u16)
    }
}
