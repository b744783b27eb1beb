//! Hash operations of the embedded store.
//!
//! A hash has one TTL for all its fields and one place in the order of eviction. A read of a field finds
//! nothing in a plain value, and a write replaces the plain value.

use std::time::{Duration, Instant};

use super::fields::Fields;
use super::slab::Data;
use super::{MemoryStore, SWEPT_A_WRITE, cost, deadline};

impl MemoryStore {
    /// Returns one field's value and marks the hash as used.
    pub fn hash_get(&mut self, key: &[u8], field: &[u8], now: Instant) -> Option<&[u8]> {
        self.fields(key, now)?.get(field)
    }

    /// Sets one field. A TTL applies to the whole hash and starts anew; `None` keeps the hash's TTL. False
    /// when the hash would be larger than the whole store: the field is then removed, and the others stay.
    pub fn hash_set(
        &mut self,
        key: &[u8],
        field: &[u8],
        value: &[u8],
        ttl: Option<Duration>,
        organization: Option<&[u8]>,
        now: Instant,
    ) -> bool {
        self.purge_expired(now, SWEPT_A_WRITE);
        let held = self.fields(key, now).map(|fields| {
            let replaced = fields.get(field).map_or(0, |old| cost::field(field.len(), old.len()));
            fields.bytes() - replaced
        });
        let others = held.unwrap_or_else(|| Fields::default().bytes());
        if !self.fits(key, others + cost::field(field.len(), value.len()), organization) {
            match held {
                Some(_) => self.hash_delete(key, field, now),
                None => self.delete(key, now),
            };
            return false;
        }
        if held.is_none() {
            let index = self.put(key, Data::Hash(Box::default()), organization);
            self.expire_at(index, None);
        }
        self.edit(key, |fields| fields.set(field, value));
        self.touch(key, ttl, organization, now);
        self.shrink();
        true
    }

    /// Removes the field. True when it existed. Removing the last field removes the hash.
    pub fn hash_delete(&mut self, key: &[u8], field: &[u8], now: Instant) -> bool {
        if self.fields(key, now).is_none() {
            return false;
        }
        let deleted = self.edit(key, |fields| fields.delete(field)).unwrap_or(false);
        if self.fields(key, now).is_some_and(Fields::is_empty) {
            self.delete(key, now);
        }
        deleted
    }

    /// Iterates over all fields in no particular order; `None` when there is no hash.
    pub fn hash_entries(&mut self, key: &[u8], now: Instant) -> Option<impl Iterator<Item = (&[u8], &[u8])>> {
        Some(self.fields(key, now)?.iter())
    }

    fn fields(&mut self, key: &[u8], now: Instant) -> Option<&Fields> {
        let index = self.find(key, now)?;
        match &self.slab.get(index)?.data {
            Data::Hash(fields) => Some(fields),
            Data::Value(_) => None,
        }
    }

    /// Changes the fields and updates the counts of memory.
    fn edit<T>(&mut self, key: &[u8], change: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let index = *self.order.peek(key)?;
        let Data::Hash(fields) = &mut self.slab.get_mut(index)?.data else { return None };
        self.entry_bytes -= fields.bytes();
        let changed = change(fields);
        self.entry_bytes += fields.bytes();
        Some(changed)
    }

    fn touch(&mut self, key: &[u8], ttl: Option<Duration>, organization: Option<&[u8]>, now: Instant) {
        let Some(&index) = self.order.get(key) else { return };
        self.assign(index, organization);
        if ttl.is_some() {
            self.expire_at(index, deadline(ttl, now));
        }
    }
}
