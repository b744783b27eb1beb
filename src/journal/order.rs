//! The order in which entries are handed out.
//!
//! Promises: each ticket is waiting or handed out, never both; the lowest waiting ticket comes first. Relies
//! on the journal to remove a ticket before its entry. Never touches an entry.

use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Order {
    waiting: BTreeMap<u64, Arc<[u8]>>,
    handed_out: BTreeMap<u64, Arc<[u8]>>,
    next_ticket: u64,
}

impl Order {
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    pub(super) fn insert(&mut self, ticket: u64, key: Arc<[u8]>, is_handed_out: bool) {
        let queue = if is_handed_out { &mut self.handed_out } else { &mut self.waiting };
        queue.insert(ticket, key);
    }

    pub(super) fn remove(&mut self, ticket: u64) {
        if self.waiting.remove(&ticket).is_none() {
            self.handed_out.remove(&ticket);
        }
    }

    pub(super) fn key(&self, ticket: u64) -> Option<&Arc<[u8]>> {
        self.waiting.get(&ticket).or_else(|| self.handed_out.get(&ticket))
    }

    pub(super) fn first_waiting(&self) -> Option<(u64, &Arc<[u8]>)> {
        self.waiting.first_key_value().map(|(ticket, key)| (*ticket, key))
    }

    pub(super) fn hand_out(&mut self, ticket: u64) {
        if let Some(key) = self.waiting.remove(&ticket) {
            self.handed_out.insert(ticket, key);
        }
    }

    /// Makes every ticket wait again. Returns the keys that had been handed out.
    pub(super) fn rewind(&mut self) -> impl Iterator<Item = Arc<[u8]>> {
        let handed_out = std::mem::take(&mut self.handed_out);
        for (ticket, key) in &handed_out {
            self.waiting.insert(*ticket, key.clone());
        }
        handed_out.into_values()
    }

    /// The key of the lowest ticket, whether it waits or not.
    pub(super) fn oldest(&self) -> Option<&Arc<[u8]>> {
        let waiting = self.waiting.first_key_value();
        let handed_out = self.handed_out.first_key_value();
        waiting.into_iter().chain(handed_out).min_by_key(|(ticket, _)| **ticket).map(|(_, key)| key)
    }
}
