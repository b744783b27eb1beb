//! The embedded store, which answers when there is no Redis.
//!
//! Promises: `bytes()` never exceeds the bound after a call; the least recently used entry is evicted first;
//! an entry is never returned after its TTL; clearing an organization costs the number of its entries. Relies
//! on the caller for the monotonic time and for mutual exclusion: every method is short and none blocks.
//! Never interprets a value.
//!
//! `lru` maps each key to an index and keeps the order of eviction. The entries are in `slab`, and everything
//! else refers to them by index.

mod cost;
mod fields;
mod hash;
mod organizations;
mod slab;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;

use organizations::{Moved, Organizations};
use slab::{Data, Entry, PLACE_BYTES, Slab};

/// How many places one write searches for expired entries. The whole table is swept while a quarter of it is
/// written, so that expired entries do not evict live ones.
const SWEPT_A_WRITE: usize = 4;

/// With fewer vacant places, compaction gains nothing.
const VACANT_AT_LEAST: usize = 1024;

/// An entry's remaining lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// The entry has no TTL.
    Forever,
    For(Duration),
}

/// A bounded map of byte strings and hashes of byte strings.
pub struct MemoryStore {
    order: LruCache<Arc<[u8]>, usize>,
    slab: Slab,
    organizations: Organizations,
    max_bytes: usize,
    /// Bytes of the live entries without their places in the tables.
    entry_bytes: usize,
    evictions: u64,
    expirations: u64,
    /// The place where the next sweep for expired entries continues.
    sweep: usize,
}

impl MemoryStore {
    /// A store of at most `max_bytes` bytes, including all overhead.
    pub fn new(max_bytes: usize) -> Self {
        MemoryStore {
            order: LruCache::unbounded(),
            slab: Slab::default(),
            organizations: Organizations::default(),
            max_bytes,
            entry_bytes: 0,
            evictions: 0,
            expirations: 0,
            sweep: 0,
        }
    }

    /// Returns the value and marks it as used. A hash is a miss.
    pub fn get(&mut self, key: &[u8], now: Instant) -> Option<&[u8]> {
        let index = self.find(key, now)?;
        match &self.slab.get(index)?.data {
            Data::Value(value) => Some(value),
            Data::Hash(_) => None,
        }
    }

    /// Sets the value and replaces whatever the key had. False when the value is larger than the whole store.
    /// The old value is removed even then, because it is outdated.
    pub fn set(
        &mut self,
        key: &[u8],
        value: &[u8],
        ttl: Option<Duration>,
        organization: Option<&[u8]>,
        now: Instant,
    ) -> bool {
        self.purge_expired(now, SWEPT_A_WRITE);
        if !self.fits(key, cost::allocation(value.len()), organization) {
            self.delete(key, now);
            return false;
        }
        let index = match self.replace_value(key, value) {
            Some(index) => {
                self.assign(index, organization);
                index
            }
            None => self.put(key, Data::Value(value.into()), organization),
        };
        self.expire_at(index, deadline(ttl, now));
        self.shrink();
        true
    }

    /// Sets the value only if the key is empty. False when it is not, or when the value is larger than the
    /// whole store.
    pub fn set_if_absent(
        &mut self,
        key: &[u8],
        value: &[u8],
        ttl: Option<Duration>,
        organization: Option<&[u8]>,
        now: Instant,
    ) -> bool {
        self.find(key, now).is_none() && self.set(key, value, ttl, organization, now)
    }

    /// Removes the key. True when it existed.
    pub fn delete(&mut self, key: &[u8], now: Instant) -> bool {
        let Some(index) = self.find(key, now) else { return false };
        self.remove(index);
        self.shrink();
        true
    }

    /// The key's remaining lifetime; `None` when the key is empty. Does not mark it as used.
    pub fn remaining_ttl(&self, key: &[u8], now: Instant) -> Option<Remaining> {
        let entry = self.slab.get(*self.order.peek(key)?)?;
        match entry.deadline {
            None => Some(Remaining::Forever),
            Some(deadline) if deadline <= now => None,
            Some(deadline) => Some(Remaining::For(deadline - now)),
        }
    }

    /// Removes all entries of one organization. Returns their number.
    pub fn clear_organization(&mut self, organization: &[u8]) -> usize {
        let entries = self.organizations.entries_of(organization);
        for &index in &entries {
            self.remove(index);
        }
        self.shrink();
        entries.len()
    }

    /// The number of entries of one organization, including expired ones that no sweep has met yet.
    pub fn organization_len(&self, organization: &[u8]) -> usize {
        self.organizations.len_of(organization)
    }

    /// The keys of all live entries of one organization.
    pub fn organization_keys(&self, organization: &[u8], now: Instant) -> Vec<Arc<[u8]>> {
        let entries = self.organizations.entries_of(organization);
        let live =
            entries.iter().filter_map(|index| self.slab.get(*index)).filter(|entry| !entry.is_expired(now));
        live.map(|entry| entry.key.clone()).collect()
    }

    /// Removes every entry whose key satisfies `is_meant`. Returns their number, and their bytes without their places in
    /// the tables. Costs the number of all entries.
    pub fn remove_where(&mut self, is_meant: impl Fn(&[u8]) -> bool) -> (usize, usize) {
        let meant = self.order.iter().filter(|(key, _)| is_meant(key));
        let entries: Vec<usize> = meant.map(|(_, index)| *index).collect();
        let before = self.entry_bytes;
        for index in &entries {
            self.remove(*index);
        }
        let bytes = before - self.entry_bytes;
        self.shrink();
        (entries.len(), bytes)
    }

    /// The number of entries whose key satisfies `is_meant`. Costs the number of all entries.
    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        self.order.iter().filter(|(key, _)| is_meant(key)).count()
    }

    /// Removes everything and frees the memory. The counts of evictions and expirations stay.
    pub fn clear(&mut self) {
        let empty = MemoryStore::new(self.max_bytes);
        *self = MemoryStore { evictions: self.evictions, expirations: self.expirations, ..empty };
    }

    /// Removes expired entries among up to `budget` places, starting where the last call stopped. Returns
    /// their number. Each write sweeps a little too; a store that is only read needs a call now and then.
    pub fn purge_expired(&mut self, now: Instant, budget: usize) -> usize {
        let mut purged = 0;
        for _ in 0..budget.min(self.slab.places()) {
            if self.sweep >= self.slab.places() {
                self.sweep = 0;
            }
            if self.slab.get(self.sweep).is_some_and(|entry| entry.is_expired(now)) {
                self.remove(self.sweep);
                purged += 1;
            }
            self.sweep += 1;
        }
        self.expirations += purged as u64;
        self.shrink();
        purged
    }

    /// The number of entries, including expired ones that no sweep has met yet.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Bytes of memory in use, including all overhead.
    pub fn bytes(&self) -> usize {
        self.entry_bytes + self.organizations.bytes() + self.slab.places() * PLACE_BYTES
    }

    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The number of entries that were evicted because the bound was reached.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// The number of entries whose TTL ended while they were stored.
    pub fn expirations(&self) -> u64 {
        self.expirations
    }

    /// The index of a live entry, which is marked as used.
    fn find(&mut self, key: &[u8], now: Instant) -> Option<usize> {
        let index = *self.order.get(key)?;
        if self.slab.get(index)?.is_expired(now) {
            self.remove(index);
            self.expirations += 1;
            return None;
        }
        Some(index)
    }

    fn fits(&self, key: &[u8], data_bytes: usize, organization: Option<&[u8]>) -> bool {
        let organization_bytes = organization.map_or(0, organizations::cost_of);
        let alone = PLACE_BYTES + cost::live_entry(key.len()) + data_bytes + organization_bytes;
        alone <= self.max_bytes
    }

    fn put(&mut self, key: &[u8], data: Data, organization: Option<&[u8]>) -> usize {
        let known = self.order.get(key).copied();
        let index =
            if let Some((index, entry)) = known.and_then(|index| Some((index, self.slab.get_mut(index)?))) {
                self.entry_bytes -= entry.bytes();
                entry.data = data;
                self.entry_bytes += entry.bytes();
                index
            } else {
                let key: Arc<[u8]> = key.into();
                let entry = Entry { key: key.clone(), data, deadline: None, membership: None };
                self.entry_bytes += entry.bytes();
                let index = self.slab.insert(entry);
                self.order.put(key, index);
                index
            };
        self.assign(index, organization);
        index
    }

    /// Overwrites a value of the same length, which needs no new memory.
    fn replace_value(&mut self, key: &[u8], value: &[u8]) -> Option<usize> {
        let index = *self.order.get(key)?;
        match &mut self.slab.get_mut(index)?.data {
            Data::Value(old) if old.len() == value.len() => old.copy_from_slice(value),
            _ => return None,
        }
        Some(index)
    }

    fn assign(&mut self, index: usize, organization: Option<&[u8]>) {
        let current = self.slab.get(index).and_then(|entry| entry.membership);
        match (current, organization) {
            (None, None) => return,
            (Some(membership), Some(name)) if self.organizations.is_member(membership, name) => return,
            (Some(membership), _) => {
                let moved = self.organizations.leave(membership);
                self.follow(moved);
            }
            (None, Some(_)) => {}
        }
        let membership = organization.map(|name| self.organizations.join(name, index));
        if let Some(entry) = self.slab.get_mut(index) {
            entry.membership = membership;
        }
    }

    fn expire_at(&mut self, index: usize, deadline: Option<Instant>) {
        if let Some(entry) = self.slab.get_mut(index) {
            entry.deadline = deadline;
        }
    }

    fn remove(&mut self, index: usize) {
        let Some(entry) = self.slab.remove(index) else { return };
        self.order.pop(&entry.key);
        self.forget(entry);
    }

    /// Subtracts the entry from all counts. It is no longer in the slab and the order.
    fn forget(&mut self, entry: Entry) {
        self.entry_bytes -= entry.bytes();
        if let Some(membership) = entry.membership {
            let moved = self.organizations.leave(membership);
            self.follow(moved);
        }
    }

    fn follow(&mut self, moved: Option<Moved>) {
        if let Some(Moved { index, membership }) = moved
            && let Some(entry) = self.slab.get_mut(index)
        {
            entry.membership = Some(membership);
        }
    }

    /// Evicts until the store is within its bound. The entry used last stays: `fits` has shown that it fits
    /// alone.
    fn shrink(&mut self) {
        while self.bytes() > self.max_bytes && self.order.len() > 1 {
            if let Some((_, index)) = self.order.pop_lru()
                && let Some(entry) = self.slab.remove(index)
            {
                self.forget(entry);
                self.evictions += 1;
            }
        }
        let sparse = self.slab.vacant() > VACANT_AT_LEAST.max(3 * self.order.len());
        if sparse || self.bytes() > self.max_bytes {
            self.compact();
        }
    }

    /// Compacts the tables and frees the rest. Costs the number of remaining entries and runs only after
    /// three times as many were removed, so a removal costs constant time on average.
    fn compact(&mut self) {
        let order = std::mem::replace(&mut self.order, LruCache::unbounded());
        let mut slab = std::mem::take(&mut self.slab);
        self.sweep = 0;
        for (key, old_index) in order {
            let Some(entry) = slab.remove(old_index) else { continue };
            let membership = entry.membership;
            let index = self.slab.insert(entry);
            self.order.put(key, index);
            if let Some(membership) = membership {
                self.organizations.renumber(membership, index);
            }
        }
    }
}

/// The instant at which a TTL ends; `None` when it lies beyond the clock's range, so that the entry never
/// ends.
fn deadline(ttl: Option<Duration>, now: Instant) -> Option<Instant> {
    ttl.and_then(|ttl| now.checked_add(ttl))
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("entries", &self.len())
            .field("bytes", &self.bytes())
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}
