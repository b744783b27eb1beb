//! What this process has read and written lately, so that an outage can be bridged with it.
//!
//! A write says how long its value lives. A read does not, so a value that is new here is put into
//! memory once Redis has said how long it will live: nothing is answered beyond its end. `Sampler` keeps
//! this from costing every read.

use std::time::{Duration, Instant};

use super::local_state::{Attempt, LocalState};
use super::stand_in::StandIn;
use super::step::Step;
use crate::lane::{Frame, Node, Requests, append_command};
use crate::redis::PendingRequest;

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

/// A read has found a value, or none.
pub fn saw_value<T: From<Box<PendingFill>>>(
    stand_in: &StandIn,
    key: &[u8],
    stored: Option<&[u8]>,
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) {
    let Some(stored) = stored else {
        stand_in.local_state().memory.delete(key, now);
        return;
    };
    if !stand_in.read_sampler.is_due(key, b"", now) {
        return;
    }
    let mut local_state = stand_in.local_state();
    if local_state.memory.get(key, now) == Some(stored) {
        return;
    }
    // What is older than what was just read must not be answered again.
    local_state.memory.delete(key, now);
    drop(local_state);
    ask_lifetime(stand_in, key, now, next, || Content::Value(stored.into()));
}

/// A read has found a value, and how long it lives. True where memory has it now and had another one or none.
pub fn saw_value_living(stand_in: &StandIn, key: &[u8], stored: &[u8], ttl: Duration, now: Instant) -> bool {
    if !stand_in.read_sampler.is_due(key, b"", now) {
        return false;
    }
    let index = stand_in.keys.index_of(key);
    let mut local_state = stand_in.local_state();
    if local_state.memory.get(key, now) == Some(stored) || local_state.journal.entry(key).is_some() {
        return false;
    }
    local_state.memory.set(key, stored, Some(ttl), index.as_deref(), now)
}

/// A read has found a hash's field, or none.
pub fn saw_field<T: From<Box<PendingFill>>>(
    stand_in: &StandIn,
    (key, field): (&[u8], &[u8]),
    stored: Option<&[u8]>,
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) {
    if stored.is_some() && !stand_in.read_sampler.is_due(key, field, now) {
        return;
    }
    let mut local_state = stand_in.local_state();
    if local_state.memory.hash_get(key, field, now) == stored {
        return;
    }
    local_state.memory.hash_delete(key, field, now);
    drop(local_state);
    if let Some(stored) = stored {
        ask_lifetime(stand_in, key, now, next, || Content::Field((field.into(), stored.into())));
    }
}

/// A read has found these fields of a hash, and no others.
pub fn saw_fields<'a, T: From<Box<PendingFill>>>(
    stand_in: &StandIn,
    key: &[u8],
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) {
    if !stand_in.read_sampler.is_due(key, b"", now) {
        return;
    }
    let mut local_state = stand_in.local_state();
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
        ask_lifetime(stand_in, key, now, next, || Content::Fields(fields()));
    }
}

fn ask_lifetime<T: From<Box<PendingFill>>>(
    stand_in: &StandIn,
    key: &[u8],
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
    content: impl FnOnce() -> Content,
) {
    let clearings = stand_in.local_state().clearings;
    let fill = Box::new(PendingFill { key: key.into(), clearings, content: content() });
    next.push(PendingRequest::unasked(T::from(fill), now), stand_in.node.deadline(now), |out| {
        append_command(out, &[b"PTTL", key]);
        1
    });
}

/// Redis has said how long what was read lives from now on.
pub fn lifetime_known(stand_in: &StandIn, fill: PendingFill, frame: Frame<'_>, asked_at: Instant) {
    let Node::Integer(left) = frame.node() else { return };
    // -2: it has gone. -1: it has no end, which no value of this package has.
    let Ok(left) = u64::try_from(left) else { return };
    let ttl = Duration::from_millis(left);
    let PendingFill { key, clearings, content } = fill;
    let index = stand_in.keys.index_of(&key);
    let index = index.as_deref();
    let mut local_state = stand_in.local_state();
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

/// Redis has carried a write of values or fields out, so long after the call.
pub fn saw_write_after(stand_in: &StandIn, step: &Step<'_>, attempt: &Attempt, elapsed: Duration) {
    let mut local_state = stand_in.local_state();
    local_state.note_elapsed(step, elapsed);
    note_write(&mut local_state, step, attempt);
}

/// Redis has carried a write of values out. `attempt` is in doubt as far as older values are concerned: Redis may have this one.
pub fn saw_write(stand_in: &StandIn, step: &Step<'_>, attempt: &Attempt) {
    note_write(&mut stand_in.local_state(), step, attempt);
}

fn note_write(local_state: &mut LocalState, step: &Step<'_>, attempt: &Attempt) {
    if !local_state.journal.is_empty() {
        for key in step.keys() {
            local_state.note_written(key, attempt.sequence);
        }
        if local_state.supersede(step, attempt) {
            return;
        }
    }
    step.run(&mut local_state.memory, attempt.issued);
}
