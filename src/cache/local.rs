//! Operations on the memory store.

use std::borrow::Cow;
use std::time::Instant;

use super::request::Operation;
use crate::redis::Outcome;
use crate::store::MemoryStore;

/// Carries an operation out in memory. A value comes back as it was stored.
pub fn run(operation: &Operation<'_>, memory: &mut MemoryStore, now: Instant) -> Outcome<'static> {
    match *operation {
        Operation::Get { key } => value(memory.get(key, now)),
        Operation::Set { key, value, ttl, index } => {
            Outcome::Boolean(memory.set(key, value, Some(ttl), index, now))
        }
        Operation::SetPair { first, second, ttl } => {
            let forward = memory.set(first.0, first.1, Some(ttl), None, now);
            let back = memory.set(second.0, second.1, Some(ttl), None, now);
            Outcome::Boolean(forward && back)
        }
        Operation::Delete { key } => Outcome::Boolean(memory.delete(key, now)),
        Operation::HashGet { key, field } => value(memory.hash_get(key, field, now)),
        Operation::HashSet { key, field, value, ttl, index } => {
            Outcome::Boolean(memory.hash_set(key, field, value, Some(ttl), Some(index), now))
        }
        Operation::HashDelete { key, field } => Outcome::Boolean(memory.hash_delete(key, field, now)),
        Operation::HashEntries { key } => Outcome::Entries(
            memory
                .hash_entries(key, now)
                .map(|entries| entries.map(|(field, value)| (field.to_vec(), value.to_vec())).collect())
                .unwrap_or_default(),
        ),
    }
}

fn value(found: Option<&[u8]>) -> Outcome<'static> {
    found.map_or(Outcome::Null, |value| Outcome::Json(Cow::Owned(value.to_vec())))
}
