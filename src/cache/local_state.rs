//! What this process keeps itself: values it has seen lately, and writes that Redis does not have yet.

use std::time::{Duration, Instant};

use super::local;
use super::replay::Recovery;
use super::request::Operation;
use crate::journal::{Digest, EntryContent, Held, Journal, Record, Recorded, Write, digest};
use crate::redis::Outcome;
use crate::store::{MemoryStore, Remaining};

/// Memory and journal, under one lock: what one of them says depends on the other.
pub struct LocalState {
    pub memory: MemoryStore,
    pub journal: Journal,
    pub(super) recovery: Recovery,
    /// How often an organization was cleared from memory.
    pub(super) clearings: u64,
    /// Requests that let an index live as long as what it lists, whose connection was lost.
    pub(super) extensions: Vec<Vec<u8>>,
}

/// More extensions than this wait for no reconnect: the next write to the index extends it as well.
const MAX_EXTENSIONS: usize = 1024;

/// A write that is kept here because Redis did not take it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// When the call was made: a value's life begins there.
    pub issued: Instant,
    pub sequence: u64,
    /// Whether it was sent all the same, and may be carried out.
    pub is_in_doubt: bool,
    /// How long a deleted value would have lived, where nobody knows.
    pub default_ttl: Duration,
}

impl LocalState {
    /// What the journal says of a key, else what memory says. A value comes back as it was stored.
    pub(super) fn read(&mut self, operation: &Operation<'_>, now: Instant) -> Outcome<'static> {
        match self.held(operation, now) {
            Some(outcome) => outcome,
            None => match (local::run(operation, &mut self.memory, now), operation) {
                (Outcome::Entries(known), Operation::HashEntries { key }) => {
                    Outcome::Entries(self.overlaid(key, known, now))
                }
                (outcome, _) => outcome,
            },
        }
    }

    /// What the journal says of a value or a field; `None` where it knows nothing of it.
    pub(super) fn held(&self, operation: &Operation<'_>, now: Instant) -> Option<Outcome<'static>> {
        let held = match *operation {
            Operation::Get { key } => self.journal.value(key, now),
            Operation::HashGet { key, field } => self.journal.field(key, field, now),
            _ => None,
        };
        held.map(|held| match held {
            Held::Value(value) => Outcome::Json(value.to_vec().into()),
            Held::Gone => Outcome::Null,
        })
    }

    /// What is known of a hash, with the journal's fields over it.
    pub(super) fn overlaid(
        &self,
        key: &[u8],
        mut known: Vec<(Vec<u8>, Vec<u8>)>,
        now: Instant,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(entry) = self.journal.entry(key) else { return known };
        let EntryContent::Fields { is_whole, fields } = &entry.content else { return Vec::new() };
        known.retain(|(field, _)| !is_whole && !fields.contains_key(&field[..]));
        if entry.ends > now {
            let there =
                fields.iter().filter_map(|(field, value)| Some((field.to_vec(), value.as_ref()?.to_vec())));
            known.extend(there);
        }
        known
    }

    /// Puts a write into the journal, and into memory where it was taken.
    ///
    /// The outcome of a set is true where the journal has it; of a delete, whether there was anything as
    /// far as this process knows.
    pub(super) fn write(
        &mut self,
        operation: &Operation<'_>,
        attempt: &Attempt,
        now: Instant,
    ) -> (Outcome<'static>, Recorded) {
        let was_there = self.holds(operation, now);
        let recorded = self.record(operation, attempt, now);
        if !matches!(recorded, Recorded::Kept) {
            return (Outcome::Boolean(matches!(recorded, Recorded::Outdated)), recorded);
        }
        local::run(operation, &mut self.memory, attempt.issued);
        let is_delete = matches!(operation, Operation::Delete { .. } | Operation::HashDelete { .. });
        (Outcome::Boolean(!is_delete || was_there), recorded)
    }

    /// Whether a clearing that the journal holds is still to take away what Redis has of this key.
    pub(super) fn awaits_clearing(&self, key: &[u8], index: &[u8]) -> bool {
        let Some(clear) = self.journal.clear_of(index) else { return false };
        self.journal.entry(key).is_none()
            && self.recovery.written_at(key).is_none_or(|sequence| sequence < clear.sequence)
    }

    /// Redis has carried a write out: what a clearing that waits takes away is older.
    pub(super) fn note_written(&mut self, key: &[u8], sequence: u64) {
        if self.journal.clears().next().is_some() {
            self.recovery.note_written(key, sequence);
        }
    }

    /// Clears an organization from memory, and says how many values that were.
    pub(super) fn clear_memory(&mut self, index: &[u8]) -> usize {
        self.clearings += 1;
        self.memory.clear_organization(index)
    }

    /// Keeps the request for the next connection.
    pub(super) fn extend_later(&mut self, request: &[u8]) {
        if self.extensions.len() < MAX_EXTENSIONS {
            self.extensions.push(request.to_vec());
        }
    }

    /// Journals that whatever Redis has under the keys of this write is older than it: the caller keeps the
    /// value elsewhere, and would otherwise be answered the older one.
    pub(super) fn invalidate(&mut self, operation: &Operation<'_>, attempt: &Attempt, now: Instant) {
        let (keys, ttl, index) = match *operation {
            Operation::Set { key, ttl, index, .. } => ([Some(key), None], ttl, index),
            Operation::SetPair { first, second, ttl } => ([Some(first.0), Some(second.0)], ttl, None),
            _ => return,
        };
        let values = operation.values();
        for key in keys.into_iter().flatten() {
            let older = self.older(key, values.iter().copied().filter(|_| attempt.is_in_doubt), now);
            let (write, ends, sequence) = (Write::Delete, attempt.issued + ttl, attempt.sequence);
            // Where there is no room for it the caller's answer is the same.
            let _ = self.journal.record(Record { key, write, index, ends, sequence, older: &older });
            self.memory.delete(key, now);
        }
    }

    /// Lets memory answer a copy of a value that the caller keeps elsewhere. It may be older than anything that is
    /// known of its keys, so it goes only where nothing is.
    pub(super) fn remember(&mut self, operation: &Operation<'_>, attempt: &Attempt, now: Instant) {
        let keys = [Some(operation.key()), operation.second_key()];
        let is_known = keys
            .into_iter()
            .flatten()
            .any(|key| self.journal.entry(key).is_some() || self.memory.remaining_ttl(key, now).is_some());
        if !is_known {
            local::run(operation, &mut self.memory, attempt.issued);
        }
    }

    /// A write has reached Redis while the journal still holds something of its key: an older replay was
    /// refused, or was not sent yet. True where the journal now says all there is to remember.
    pub(super) fn supersede(&mut self, operation: &Operation<'_>, attempt: &Attempt) -> bool {
        let mut is_newest = true;
        for key in [Some(operation.key()), operation.second_key()].into_iter().flatten() {
            let Some(entry) = self.journal.entry(key) else { continue };
            if matches!(operation, Operation::HashSet { .. } | Operation::HashDelete { .. }) {
                // Other fields of the hash still wait. What stands in the journal too is replayed once more,
                // which changes nothing.
                let now = attempt.issued;
                let _ = self.write(operation, attempt, now);
                return true;
            }
            if entry.sequence > attempt.sequence {
                is_newest = false;
            } else {
                self.journal.forget(key);
            }
        }
        !is_newest
    }

    fn record(&mut self, operation: &Operation<'_>, attempt: &Attempt, now: Instant) -> Recorded {
        let sequence = attempt.sequence;
        let sent = |value| attempt.is_in_doubt.then_some(value);
        match *operation {
            Operation::Set { key, value, ttl, index } => {
                let older = self.older(key, sent(value), now);
                let (write, ends) = (Write::Set { value }, attempt.issued + ttl);
                self.journal.record(Record { key, write, index, ends, sequence, older: &older })
            }
            Operation::SetPair { first, second, ttl } => {
                let mut recorded = Recorded::Kept;
                for (key, value) in [first, second] {
                    let older = self.older(key, sent(value), now);
                    let (write, ends) = (Write::Set { value }, attempt.issued + ttl);
                    recorded = self.journal.record(Record {
                        key,
                        write,
                        index: None,
                        ends,
                        sequence,
                        older: &older,
                    });
                    if !matches!(recorded, Recorded::Kept) {
                        break;
                    }
                }
                recorded
            }
            Operation::HashSet { key, field, value, ttl, index } => {
                let mut older = self.older(key, sent(value), now);
                older.extend(self.memory.hash_get(key, field, now).map(digest));
                let (write, ends) = (Write::SetField { field, value }, attempt.issued + ttl);
                self.journal.record(Record { key, write, index: Some(index), ends, sequence, older: &older })
            }
            Operation::Delete { key } => {
                let older = self.older(key, None, now);
                let ends = self.would_end(key, attempt, now);
                self.journal.record(Record {
                    key,
                    write: Write::Delete,
                    index: None,
                    ends,
                    sequence,
                    older: &older,
                })
            }
            Operation::HashDelete { key, field } => {
                let older: Vec<Digest> =
                    self.memory.hash_get(key, field, now).map(digest).into_iter().collect();
                let ends = self.would_end(key, attempt, now);
                let write = Write::DeleteField { field };
                self.journal.record(Record { key, write, index: None, ends, sequence, older: &older })
            }
            Operation::Get { .. } | Operation::HashGet { .. } | Operation::HashEntries { .. } => {
                Recorded::Kept
            }
        }
    }

    /// Sums of values that Redis may have and that are older than a write which is made now.
    fn older<'a>(
        &mut self,
        key: &[u8],
        sent: impl IntoIterator<Item = &'a [u8]>,
        now: Instant,
    ) -> Vec<Digest> {
        let mut older: Vec<Digest> = sent.into_iter().map(digest).collect();
        // Once the journal has the key, memory has the journal's value.
        if self.journal.entry(key).is_none() {
            older.extend(self.memory.get(key, now).map(digest));
        }
        older
    }

    fn would_end(&self, key: &[u8], attempt: &Attempt, now: Instant) -> Instant {
        match self.memory.remaining_ttl(key, now) {
            Some(Remaining::For(left)) => now + left,
            _ => attempt.issued + attempt.default_ttl,
        }
    }

    /// Whether there is what a delete would take.
    fn holds(&mut self, operation: &Operation<'_>, now: Instant) -> bool {
        match *operation {
            Operation::Delete { key } => match self.journal.value(key, now) {
                Some(held) => matches!(held, Held::Value(_)),
                None => self.journal.entry(key).is_some() || self.memory.remaining_ttl(key, now).is_some(),
            },
            Operation::HashDelete { key, field } => match self.journal.field(key, field, now) {
                Some(held) => matches!(held, Held::Value(_)),
                None => self.memory.hash_get(key, field, now).is_some(),
            },
            _ => false,
        }
    }
}
