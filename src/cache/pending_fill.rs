//! What this process has read and written lately, so that an outage can be bridged with it.
//!
//! A write says how long its value lives. A read does not, so a value that is new here is put into
//! memory once Redis has said how long it will live: nothing is answered beyond its end. `Sampler` keeps
//! this from costing every read.

use std::time::{Duration, Instant};

use super::core::Core;
use super::local;
use super::request::Operation;
use super::ticket::{CacheRequest, Purpose, unasked};
use crate::key::{DecodedKey, Kind};
use crate::lane::{Frame, Node, Requests, append_command};

/// What a read has found and memory does not have.
#[derive(Debug)]
pub struct PendingFill {
    key: Box<[u8]>,
    /// Clearings that memory had seen then.
    clearings: u64,
    content: Content,
}

/// A field and its stored value.
type Field = (Box<[u8]>, Box<[u8]>);

#[derive(Debug)]
enum Content {
    Value(Box<[u8]>),
    Field(Field),
    /// All of them.
    Fields(Vec<Field>),
}

impl Core {
    /// A read has found a value, or none.
    pub(super) fn remember_value(
        &self,
        key: &[u8],
        stored: Option<&[u8]>,
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) {
        let Some(stored) = stored else {
            self.local_state().memory.delete(key, now);
            return;
        };
        if !self.read_sampler.is_due(key, b"", now) {
            return;
        }
        let mut local_state = self.local_state();
        if local_state.memory.get(key, now) == Some(stored) {
            return;
        }
        // What is older than what was just read must not be answered again.
        local_state.memory.delete(key, now);
        drop(local_state);
        self.ask_lifetime(key, now, next, || Content::Value(stored.into()));
    }

    pub(super) fn remember_field(
        &self,
        key: &[u8],
        field: &[u8],
        stored: Option<&[u8]>,
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) {
        if stored.is_some() && !self.read_sampler.is_due(key, field, now) {
            return;
        }
        let mut local_state = self.local_state();
        if local_state.memory.hash_get(key, field, now) == stored {
            return;
        }
        local_state.memory.hash_delete(key, field, now);
        drop(local_state);
        if let Some(stored) = stored {
            self.ask_lifetime(key, now, next, || Content::Field((field.into(), stored.into())));
        }
    }

    pub(super) fn remember_fields<'a>(
        &self,
        key: &[u8],
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) {
        if !self.read_sampler.is_due(key, b"", now) {
            return;
        }
        let mut local_state = self.local_state();
        let mut count = 0;
        let all_known = fields.clone().all(|(field, stored)| {
            count += 1;
            local_state.memory.hash_get(key, field, now) == Some(stored)
        });
        let known = local_state.memory.hash_entries(key, now).map_or(0, Iterator::count);
        if all_known && known == count {
            return;
        }
        local_state.memory.delete(key, now);
        drop(local_state);
        if fields.clone().next().is_some() {
            let fields = || fields.map(|(field, stored)| (field.into(), stored.into())).collect();
            self.ask_lifetime(key, now, next, || Content::Fields(fields()));
        }
    }

    fn ask_lifetime(
        &self,
        key: &[u8],
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
        content: impl FnOnce() -> Content,
    ) {
        let clearings = self.local_state().clearings;
        let recent = Box::new(PendingFill { key: key.into(), clearings, content: content() });
        next.push(unasked(Purpose::Lifetime(recent), now), self.deadline(now), |out| {
            append_command(out, &[b"PTTL", key]);
            1
        });
    }

    /// Redis has said how long what was read lives from now on.
    pub(super) fn lifetime_known(&self, recent: PendingFill, frame: Frame<'_>, asked_at: Instant) {
        let Node::Integer(left) = frame.node() else { return };
        // -2: it has gone. -1: it has no end, which no value of this package has.
        let Ok(left) = u64::try_from(left) else { return };
        let ttl = Duration::from_millis(left);
        let PendingFill { key, clearings, content } = recent;
        let index = self.index_of_key(&key);
        let index = index.as_deref();
        let mut local_state = self.local_state();
        // What was written since is newer, and here already, unless a clearing has emptied memory since.
        if local_state.journal.entry(&key).is_some() || local_state.clearings != clearings {
            return;
        }
        match content {
            Content::Field((field, value)) => {
                if local_state.memory.hash_get(&key, &field, asked_at).is_none() {
                    local_state.memory.hash_set(&key, &field, &value, Some(ttl), index, asked_at);
                }
            }
            _ if local_state.memory.remaining_ttl(&key, asked_at).is_some() => {}
            Content::Value(value) => {
                local_state.memory.set(&key, &value, Some(ttl), index, asked_at);
            }
            Content::Fields(fields) => {
                for (field, value) in fields {
                    local_state.memory.hash_set(&key, &field, &value, Some(ttl), index, asked_at);
                }
            }
        }
    }

    /// Redis has carried a write out.
    pub(super) fn remember_write(&self, operation: &Operation<'_>, token: &CacheRequest) {
        let mut local_state = self.local_state();
        if !local_state.journal.is_empty() {
            for key in [Some(operation.key()), operation.second_key()].into_iter().flatten() {
                local_state.note_written(key, token.ticket.sequence);
            }
            if local_state.supersede(operation, &self.attempt(token, true)) {
                return;
            }
        }
        local::run(operation, &mut local_state.memory, token.issued);
    }

    /// The index that lists a key, read from the key itself.
    pub(super) fn index_of_key(&self, key: &[u8]) -> Option<Vec<u8>> {
        let DecodedKey { kind, scope, .. } = self.keys().decode(key)?;
        if !kind.is_none_or(Kind::belongs_to_an_organization) {
            return None;
        }
        let mut index = Vec::new();
        self.keys().organization_index(&mut index, scope.as_deref()).ok()?;
        Some(index)
    }
}
