//! Clearings of organizations. A copy answers only while its owner's counter is as it was before its fill.

use super::facts::{Fact, Part};
use crate::planted::{Fault, is_planted};
use crate::sync::{AtomicU32, Ordering};

#[cfg(not(orgcache_loom))]
pub const OWNERS: usize = 4_096;
#[cfg(orgcache_loom)]
pub const OWNERS: usize = 1;

/// An organization, by the hash of its identifier. Two that share a number lose each other's copies when one of them is
/// cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(u16);

impl Owner {
    /// The owner of values that belong to no organization.
    pub const NOBODY: Owner = Owner(0);

    pub fn of(organization: &[u8]) -> Owner {
        Owner((super::key::Hash::of(organization).low() & (OWNERS - 1)) as u16)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

#[derive(Debug)]
pub struct Clearings(Box<[AtomicU32]>);

impl Clearings {
    pub fn new() -> Clearings {
        Clearings((0..OWNERS).map(|_| AtomicU32::new(0)).collect())
    }

    pub fn memory(&self) -> Part {
        Part::of(&self.0)
    }

    pub fn fact(&self, owner: Owner) -> Fact {
        Fact { word: owner.index() as u32, is: self.count(owner) }
    }

    pub fn count(&self, owner: Owner) -> u32 {
        self.0[owner.index()].load(Ordering::SeqCst)
    }

    pub fn clear(&self, owner: Owner) {
        if !is_planted(Fault::ClearWithoutOwner) {
            self.0[owner.index()].fetch_add(1, Ordering::SeqCst);
        }
    }
}
