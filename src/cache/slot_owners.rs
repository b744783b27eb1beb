//! Which node of a cluster has which slot, as far as this process knows.
//!
//! The owner of a slot keeps what is remembered of its keys: journal and memory. While a slot moves, another node may carry
//! a request out, or leave it unanswered. What that comes to is noted by the owner all the same, where the next call of
//! the key looks for it.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::command::SLOTS;

/// Stands for the owner of a slot that no node has.
const UNASSIGNED: u16 = u16::MAX;

/// `N` is a node of the cluster.
pub struct OwnersBySlot<N> {
    /// The owner's position among the nodes, for each slot. One thread writes, every thread reads.
    positions: Box<[AtomicU16]>,
    nodes: RwLock<Vec<Weak<N>>>,
    /// Calls of lower sequences were routed by an older map.
    changed_at: AtomicU64,
}

impl<N> Default for OwnersBySlot<N> {
    fn default() -> Self {
        OwnersBySlot {
            positions: (0..SLOTS).map(|_| AtomicU16::new(UNASSIGNED)).collect(),
            nodes: RwLock::default(),
            changed_at: AtomicU64::new(0),
        }
    }
}

impl<N> OwnersBySlot<N> {
    pub fn position(&self, slot: u16) -> Option<usize> {
        let position = self.positions.get(usize::from(slot))?.load(Ordering::Acquire);
        (position != UNASSIGNED).then_some(usize::from(position))
    }

    pub fn snapshot(&self) -> Arc<[u16]> {
        self.positions.iter().map(|position| position.load(Ordering::Relaxed)).collect()
    }

    /// Gives a slot to the node at a position, or to none. What is called from `sequence` on is routed by it. Answers which
    /// node had the slot, where that was another one.
    pub fn assign(&self, slot: u16, position: Option<usize>, sequence: u64) -> Option<usize> {
        let before = self.position(slot);
        if before == position {
            return None;
        }
        let owner = self.positions.get(usize::from(slot))?;
        self.changed_at.store(sequence, Ordering::Release);
        owner.store(position.map_or(UNASSIGNED, |position| position as u16), Ordering::Release);
        before
    }

    /// Whether the call of this sequence was routed by an older map.
    pub fn is_outdated(&self, sequence: u64) -> bool {
        sequence < self.changed_at.load(Ordering::Acquire)
    }

    /// A node has this position from now on.
    pub fn set_node(&self, position: usize, node: &Arc<N>) {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() <= position {
            nodes.resize(position + 1, Weak::new());
        }
        nodes[position] = Arc::downgrade(node);
    }

    /// The node that has a slot.
    pub fn node(&self, slot: u16) -> Option<Arc<N>> {
        let position = self.position(slot)?;
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).get(position)?.upgrade()
    }
}
