//! Stripes: what happened to a group of keys since a moment, in one atomic word each.
//!
//! A stripe holds a version, the number of own writes under way, and the number of copies and fills of its keys. All
//! three change in one step. So a fill that enters its copy sees every write that began before, and a write that
//! begins later sees the copy.

use super::facts::{Fact, Part};
use super::key::Hash;
use crate::sync::{AtomicU64, Ordering};

#[cfg(not(orgcache_loom))]
const STRIPES: usize = 16_384;
/// loom follows each atomic.
#[cfg(orgcache_loom)]
const STRIPES: usize = 2;

/// Copies and fills of the stripe's keys: the low 16 bits.
const ONE_HELD: u64 = 1;
const HELD: u64 = 0xffff;
/// Own writes under way: 22 bits. Calls in flight and journalled writes of one process are fewer.
const ONE_WRITE: u64 = 1 << 16;
const WRITES: u64 = 0x3f_ffff << 16;
/// The version: 26 bits. A fill would have to miss exactly 2^26 changes to take one version for another.
const ONE_VERSION: u64 = 1 << 38;

/// The number of a stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StripeIndex(u32);

impl StripeIndex {
    pub fn of(hash: Hash) -> StripeIndex {
        StripeIndex((hash.low() & (STRIPES - 1)) as u32)
    }
}

/// A stripe's version at the begin of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

#[derive(Debug)]
pub struct Stripes(Box<[AtomicU64]>);

impl Stripes {
    pub fn new() -> Stripes {
        Stripes((0..STRIPES).map(|_| AtomicU64::new(0)).collect())
    }

    fn at(&self, stripe: StripeIndex) -> &AtomicU64 {
        &self.0[stripe.0 as usize]
    }

    /// Whether the stripe may have a copy or a fill of one of its keys. False is certain.
    #[inline]
    pub fn may_hold(&self, stripe: StripeIndex) -> bool {
        self.at(stripe).load(Ordering::SeqCst) & HELD != 0
    }

    pub fn has_write(&self, stripe: StripeIndex) -> bool {
        self.at(stripe).load(Ordering::SeqCst) & WRITES != 0
    }

    /// Something happened to a key of the stripe. Fills under way will be refused. Returns whether the stripe may hold a
    /// copy.
    pub fn raise(&self, stripe: StripeIndex) -> bool {
        self.at(stripe).fetch_add(ONE_VERSION, Ordering::SeqCst) & HELD != 0
    }

    /// An own write begins: raises the version too. Returns whether the stripe may hold a copy.
    pub fn begin_write(&self, stripe: StripeIndex, counts: bool) -> bool {
        let step = if counts { ONE_VERSION + ONE_WRITE } else { ONE_VERSION };
        self.at(stripe).fetch_add(step, Ordering::SeqCst) & HELD != 0
    }

    pub fn end_write(&self, stripe: StripeIndex) {
        self.at(stripe).fetch_sub(ONE_WRITE, Ordering::SeqCst);
    }

    /// A fill begins, and is held from now on. `None` while an own write is under way, or the stripe is full.
    pub fn begin_fill(&self, stripe: StripeIndex) -> Option<Version> {
        let begin = |word: u64| (word & WRITES == 0 && word & HELD != HELD).then_some(word + ONE_HELD);
        let before = self.at(stripe).fetch_update(Ordering::SeqCst, Ordering::SeqCst, begin).ok()?;
        Some(Version(before / ONE_VERSION))
    }

    /// Whether the stripe is as it was when the fill began, without a write under way.
    pub fn is_unchanged(&self, stripe: StripeIndex, since: Version) -> bool {
        let word = self.at(stripe).load(Ordering::SeqCst);
        word & WRITES == 0 && Version(word / ONE_VERSION) == since
    }

    /// All of them, each with its version in the higher half.
    pub fn memory(&self) -> Part {
        Part::of(&self.0)
    }

    /// The half of the stripe's word that has the version: another one after each change.
    pub fn fact(&self, stripe: StripeIndex) -> Fact {
        let is = (self.at(stripe).load(Ordering::SeqCst) >> 32) as u32;
        Fact { word: 2 * stripe.0 + 1, is }
    }

    /// The stripe's version as a number of its own.
    pub fn version(&self, stripe: StripeIndex) -> u32 {
        (self.at(stripe).load(Ordering::SeqCst) / ONE_VERSION) as u32
    }

    /// A fill ends without a copy, or a copy goes.
    pub fn let_go(&self, stripe: StripeIndex) {
        self.at(stripe).fetch_sub(ONE_HELD, Ordering::SeqCst);
    }
}
