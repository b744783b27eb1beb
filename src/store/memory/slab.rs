//! The entries, each at an index that stays the same while the entry lives.
//!
//! Promises: inserting, reading and removing take constant time. Relies on nothing of the store. Never
//! decides which entry is removed.
//!
//! Because entries have indices instead of pointers, the eviction order, the organizations and the sweep for
//! expired entries can all refer to one entry without sharing its ownership.

use std::sync::Arc;
use std::time::Instant;

use super::cost;
use super::fields::Fields;
use super::organizations::Membership;

pub(super) enum Data {
    Value(Box<[u8]>),
    Hash(Box<Fields>),
}

pub(super) struct Entry {
    /// Shared with the eviction order, so that a key is in memory once.
    pub(super) key: Arc<[u8]>,
    pub(super) data: Data,
    /// `None`: the entry lives until it is evicted.
    pub(super) deadline: Option<Instant>,
    pub(super) membership: Option<Membership>,
}

impl Entry {
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Memory of the entry without its place in the tables.
    pub(super) fn bytes(&self) -> usize {
        cost::live_entry(self.key.len()) + self.data.bytes()
    }
}

impl Data {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Data::Value(value) => cost::allocation(value.len()),
            Data::Hash(fields) => fields.bytes(),
        }
    }
}

#[derive(Default)]
pub(super) struct Slab {
    places: Vec<Option<Entry>>,
    vacant: Vec<usize>,
}

/// Memory of one place in all tables, with or without an entry.
pub(super) const PLACE_BYTES: usize = cost::place(size_of::<Option<Entry>>());

impl Slab {
    /// The number of places including vacant ones.
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }

    pub(super) fn vacant(&self) -> usize {
        self.vacant.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        self.places.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Entry> {
        self.places.get_mut(index)?.as_mut()
    }

    pub(super) fn insert(&mut self, entry: Entry) -> usize {
        if let Some(index) = self.vacant.pop() {
            self.places[index] = Some(entry);
            index
        } else {
            self.places.push(Some(entry));
            self.places.len() - 1
        }
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<Entry> {
        let entry = self.places.get_mut(index)?.take()?;
        self.vacant.push(index);
        Some(entry)
    }
}
