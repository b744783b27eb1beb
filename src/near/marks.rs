//! Which keys were read of late: a key gets a copy with its second read, not with its first.
//!
//! A key whose copies go before they have paid for their fills changes about as often as it is read. From the second such
//! copy in a row on, each takes the chance that a read of the key wishes for the next one to a quarter, down to one in 64.
//! A copy that nobody read counts twice. A copy that pays makes the wish certain again.

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

/// More copies in a row that have not paid are not counted.
const MOST_LET_DOWN: u32 = 4;
/// The golden ratio of 32 bits: its multiples are spread evenly, and so are every hundredth or every thousandth of them.
const DRAW: u32 = 0x9e37_79b9;

/// One mark: 12 bits that tell keys apart, whether a copy was wished for, how many copies in a row have not paid (3 bits),
/// and the time.
#[derive(Debug, Clone, Copy)]
struct Mark {
    tag: u32,
    is_wished: bool,
    let_down: u32,
    step: u16,
}

impl Mark {
    fn read(word: u32) -> Mark {
        Mark {
            tag: word >> 20,
            is_wished: word >> 19 & 1 == 1,
            let_down: word >> 16 & 0b111,
            step: word as u16,
        }
    }

    fn word(self) -> u32 {
        self.tag << 20 | u32::from(self.is_wished) << 19 | self.let_down << 16 | u32::from(self.step)
    }
}

#[derive(Debug)]
pub struct Marks {
    words: Box<[AtomicU32]>,
    draws: AtomicU32,
}

impl Marks {
    pub fn new() -> Marks {
        Marks { words: (0..MARKS).map(|_| AtomicU32::new(0)).collect(), draws: AtomicU32::new(DRAW) }
    }

    /// A read found no copy. Returns whether the key deserves one now: it was read before, nobody wished for its copy
    /// within the last second, and the copies before have paid or the lot falls on this read.
    pub fn missed(&self, hash: Hash, now_ms: u64) -> bool {
        let (place, tag, step) = self.find(hash, now_ms);
        let found = Mark::read(place.load(Ordering::Relaxed));
        let age = step.wrapping_sub(found.step);
        let is_known = found.tag == tag && age <= RECENT_STEPS;
        if is_known && found.is_wished && age < WISHED_STEPS {
            return false;
        }
        let let_down = if is_known { found.let_down } else { 0 };
        let deserves = is_known && self.draw(let_down);
        place.store(Mark { tag, is_wished: deserves, let_down, step }.word(), Ordering::Relaxed);
        deserves
    }

    /// Always true after one copy that has not paid, once in four after two, and so on.
    fn draw(&self, let_down: u32) -> bool {
        let_down <= 1 || self.draws.fetch_add(DRAW, Ordering::Relaxed) >> (34 - 2 * let_down) == 0
    }

    /// A copy that had answered is gone, or its fill was refused: the next read deserves another.
    pub fn remember(&self, hash: Hash, now_ms: u64) {
        self.note(hash, now_ms, |before| Mark { is_wished: false, ..before });
    }

    /// The value of a copy that has paid for its fill changes: the next read deserves another copy. Where that is
    /// `is_wished` for already, reads need not wish for it.
    pub fn paid(&self, hash: Hash, now_ms: u64, is_wished: bool) {
        self.note(hash, now_ms, |before| Mark { is_wished, let_down: 0, ..before });
    }

    /// The value of a copy changes before the copy has paid for its fill.
    pub fn let_down(&self, hash: Hash, now_ms: u64, was_read: bool) {
        let more = |before: Mark| (before.let_down + if was_read { 1 } else { 2 }).min(MOST_LET_DOWN);
        self.note(hash, now_ms, |before| Mark { is_wished: false, let_down: more(before), ..before });
    }

    /// Changes the key's mark; it has one from now on.
    fn note(&self, hash: Hash, now_ms: u64, change: impl FnOnce(Mark) -> Mark) {
        let (place, tag, step) = self.find(hash, now_ms);
        let found = Mark::read(place.load(Ordering::Relaxed));
        let let_down = if found.tag == tag { found.let_down } else { 0 };
        let noted = change(Mark { tag, is_wished: false, let_down, step });
        place.store(noted.word(), Ordering::Relaxed);
    }

    fn find(&self, hash: Hash, now_ms: u64) -> (&AtomicU32, u32, u16) {
        // 0 is the mark of nobody.
        let tag = hash.fingerprint() >> 20 | 1;
        (&self.words[hash.low() & (MARKS - 1)], tag, (now_ms / STEP_MS) as u16)
    }
}
