//! What each organization's copies take, and how much of it the others cannot take away.

use super::owners::{OWNERS, Owner};
use std::sync::atomic::{AtomicUsize, Ordering};

/// No organization is guaranteed more.
const GUARANTEED_BYTES: usize = 64 * 1_024;

#[derive(Debug)]
pub struct Shares {
    bytes: Box<[AtomicUsize]>,
    /// Organizations that have copies.
    active: AtomicUsize,
    max_bytes: usize,
}

impl Shares {
    pub fn new(max_bytes: usize) -> Shares {
        let bytes = (0..OWNERS).map(|_| AtomicUsize::new(0)).collect();
        Shares { bytes, active: AtomicUsize::new(0), max_bytes }
    }

    pub fn add(&self, owner: Owner, bytes: usize) {
        if self.bytes[owner.index()].fetch_add(bytes, Ordering::Relaxed) == 0 {
            self.active.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn take(&self, owner: Owner, bytes: usize) {
        if self.bytes[owner.index()].fetch_sub(bytes, Ordering::Relaxed) == bytes {
            self.active.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        let held = self.bytes.iter().filter(|bytes| bytes.load(Ordering::Relaxed) > 0);
        held.count() == 0 && self.active.load(Ordering::Relaxed) == 0
    }

    /// Whether the organization has less than its share: half the budget is guaranteed, in equal parts.
    pub fn is_guaranteed(&self, owner: Owner) -> bool {
        let part = self.max_bytes / 2 / self.active.load(Ordering::Relaxed).max(1);
        self.bytes[owner.index()].load(Ordering::Relaxed) < part.min(GUARANTEED_BYTES)
    }
}
