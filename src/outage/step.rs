//! Operations in the terms that memory and journal share. An operation of any room above that is made of these steps
//! survives an outage.

use std::borrow::Cow;
use std::slice;
use std::time::{Duration, Instant};

use crate::journal::Write;
use crate::redis::Outcome;
use crate::store::MemoryStore;

/// What an operation reads or changes.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Read(Read<'a>),
    Write(Change<'a>),
    /// Two changes that belong together.
    WriteBoth([Change<'a>; 2]),
}

#[derive(Debug, Clone, Copy)]
pub enum Read<'a> {
    Value {
        key: &'a [u8],
    },
    Field {
        key: &'a [u8],
        field: &'a [u8],
    },
    /// All fields of a hash.
    Fields {
        key: &'a [u8],
    },
}

/// A write to one key.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub key: &'a [u8],
    pub write: Write<'a>,
    /// How long the value lives; `None` for a delete.
    pub ttl: Option<Duration>,
    /// The index of the value's organization.
    pub index: Option<&'a [u8]>,
}

impl<'a> Step<'a> {
    pub fn is_read(&self) -> bool {
        matches!(self, Step::Read(_))
    }

    /// The writes; none of a read.
    pub fn changes(&self) -> &[Change<'a>] {
        match self {
            Step::Read(_) => &[],
            Step::Write(change) => slice::from_ref(change),
            Step::WriteBoth(changes) => changes,
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a [u8]> {
        let read = match self {
            Step::Read(read) => Some(read.key()),
            _ => None,
        };
        read.into_iter().chain(self.changes().iter().map(|change| change.key))
    }

    /// Carries the step out in memory. A value comes back as it was stored.
    pub fn run(&self, memory: &mut MemoryStore, now: Instant) -> Outcome<'static> {
        match self {
            Step::Read(read) => read.run(memory, now),
            Step::Write(change) => Outcome::Boolean(change.apply(memory, now)),
            Step::WriteBoth([first, second]) => {
                let is_first_done = first.apply(memory, now);
                Outcome::Boolean(second.apply(memory, now) && is_first_done)
            }
        }
    }
}

impl<'a> Read<'a> {
    pub fn key(&self) -> &'a [u8] {
        match *self {
            Read::Value { key } | Read::Field { key, .. } | Read::Fields { key } => key,
        }
    }

    /// The answer where nothing is.
    pub fn miss(&self) -> Outcome<'static> {
        match self {
            Read::Value { .. } | Read::Field { .. } => Outcome::Null,
            Read::Fields { .. } => Outcome::Entries(Vec::new()),
        }
    }

    /// Memory's answer. A value comes back as it was stored.
    pub(super) fn run(&self, memory: &mut MemoryStore, now: Instant) -> Outcome<'static> {
        match *self {
            Read::Value { key } => value(memory.get(key, now)),
            Read::Field { key, field } => value(memory.hash_get(key, field, now)),
            Read::Fields { key } => Outcome::Entries(
                memory
                    .hash_entries(key, now)
                    .map(|entries| entries.map(|(field, value)| (field.to_vec(), value.to_vec())).collect())
                    .unwrap_or_default(),
            ),
        }
    }
}

impl Change<'_> {
    /// The value that replaces all that the key had.
    pub(super) fn whole_value(&self) -> Option<&[u8]> {
        match self.write {
            Write::Set { value } => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_of_field(&self) -> bool {
        matches!(self.write, Write::SetField { .. } | Write::DeleteField { .. })
    }

    pub(super) fn is_delete(&self) -> bool {
        matches!(self.write, Write::Delete | Write::DeleteField { .. })
    }

    /// Makes the change in memory. True where it was made; of a delete, where there was anything.
    pub(super) fn apply(&self, memory: &mut MemoryStore, now: Instant) -> bool {
        let Change { key, ttl, index, .. } = *self;
        match self.write {
            Write::Set { value } => memory.set(key, value, ttl, index, now),
            Write::Delete => memory.delete(key, now),
            Write::SetField { field, value } => memory.hash_set(key, field, value, ttl, index, now),
            Write::DeleteField { field } => memory.hash_delete(key, field, now),
        }
    }
}

fn value(found: Option<&[u8]>) -> Outcome<'static> {
    found.map_or(Outcome::Null, |value| Outcome::Json(Cow::Owned(value.to_vec())))
}
