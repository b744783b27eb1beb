//! The organizations that were cleared while Redis was away; the newest clear of each.
//!
//! Promises: finding, putting and settling cost the logarithm of the number of clears; clears are listed
//! oldest first. Relies on the journal for room. Never touches an entry.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use super::{cost, shrink};

/// A pending clear: an organization whose values are to be removed from Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clear {
    /// The key of the organization's index.
    pub index: Arc<[u8]>,
    /// The organization's name; `None` for the global scope.
    pub organization: Option<String>,
    /// When the clear was recorded.
    pub at: Instant,
    pub sequence: u64,
}

struct Row {
    clear: Clear,
    ticket: u64,
}

#[derive(Default)]
pub(super) struct Clears {
    rows: HashMap<Arc<[u8]>, Row>,
    order: BTreeMap<u64, Arc<[u8]>>,
    next_ticket: u64,
    bytes: usize,
}

pub(super) fn bytes_of(index: &[u8], organization: Option<&str>) -> usize {
    cost::clear(index.len(), organization.map_or(0, str::len), size_of::<Row>())
}

fn held_bytes(clear: &Clear) -> usize {
    bytes_of(&clear.index, clear.organization.as_deref())
}

impl Clears {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn get(&self, index: &[u8]) -> Option<&Clear> {
        self.rows.get(index).map(|row| &row.clear)
    }

    /// Memory of this index's pending clear.
    pub(super) fn bytes_held(&self, index: &[u8]) -> usize {
        self.get(index).map_or(0, held_bytes)
    }

    /// Replaces the pending clear of this index.
    pub(super) fn put(&mut self, index: &[u8], organization: Option<&str>, sequence: u64, at: Instant) {
        self.remove(index);
        let index: Arc<[u8]> = index.into();
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let clear =
            Clear { index: index.clone(), organization: organization.map(str::to_owned), at, sequence };
        self.bytes += held_bytes(&clear);
        self.order.insert(ticket, index.clone());
        self.rows.insert(index, Row { clear, ticket });
    }

    pub(super) fn remove(&mut self, index: &[u8]) {
        if let Some(row) = self.rows.remove(index) {
            self.bytes -= held_bytes(&row.clear);
            self.order.remove(&row.ticket);
            shrink(&mut self.rows);
        }
    }

    pub(super) fn oldest(&self) -> Option<&Clear> {
        self.order.first_key_value().and_then(|(_, index)| self.get(index))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Clear> {
        self.order.values().filter_map(|index| self.get(index))
    }
}
