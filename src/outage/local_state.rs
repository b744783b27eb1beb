//! What this process keeps itself: values it has seen lately, and writes that Redis does not have yet.

use std::time::{Duration, Instant};

use super::doubts::Doubts;
use super::recovery::Recovery;
use super::step::{Change, Read, Step};
use crate::journal::{Digest, EntryContent, Held, Journal, Record, Recorded, Write, digest, sum_of};
use crate::lane::Arguments;
use crate::redis::Outcome;
use crate::store::{MemoryStore, Remaining};

/// More extensions than this wait for no reconnect: the next write to the index extends it as well.
const MAX_EXTENSIONS: usize = 1024;

/// A hash has no digest by which a replay knows it again. Redis counts its lifetime from when the write came there, so it ends
/// there later than here, by at most the time that the write took. This is the least that counts.
const HASH_ENDS_LATER_BY: Duration = Duration::from_secs(1);

/// Memory and journal, under one lock: what one of them says depends on the other.
pub struct LocalState {
    pub memory: MemoryStore,
    pub journal: Journal,
    pub(super) recovery: Recovery,
    doubts: Doubts,
    /// How often an organization was cleared from memory.
    pub(super) clearings: u64,
    /// Requests that let an index live as long as what it lists, whose connection was lost.
    extensions: Vec<Vec<u8>>,
    /// How long a deleted value would have lived, where nobody knows.
    default_ttl: Duration,
    /// The longest that a write of a hash has taken.
    hash_ends_later_by: Duration,
}

/// A write that is kept here because Redis did not take it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// When the call was made: a value's life begins there.
    pub issued: Instant,
    /// The order of the client's calls: of two writes of a key the later one counts.
    pub sequence: u64,
    /// Whether it was sent all the same, and may be carried out.
    pub is_in_doubt: bool,
}

impl LocalState {
    pub(super) fn new(memory: MemoryStore, journal: Journal, default_ttl: Duration) -> LocalState {
        let (recovery, doubts, extensions) = (Recovery::default(), Doubts::default(), Vec::new());
        let hash_ends_later_by = HASH_ENDS_LATER_BY;
        LocalState {
            memory,
            journal,
            recovery,
            doubts,
            clearings: 0,
            extensions,
            default_ttl,
            hash_ends_later_by,
        }
    }

    /// What the journal says of a key, else what memory says. A value comes back as it was stored.
    pub(super) fn read(&mut self, read: &Read<'_>, now: Instant) -> Outcome<'static> {
        match self.held(read, now) {
            Some(outcome) => outcome,
            None => match (read.run(&mut self.memory, now), read) {
                (Outcome::Entries(known), Read::Fields { key }) => {
                    Outcome::Entries(self.overlaid(key, known, now))
                }
                (outcome, _) => outcome,
            },
        }
    }

    /// What the journal says of a value or a field; `None` where it knows nothing of it.
    pub(super) fn held(&self, read: &Read<'_>, now: Instant) -> Option<Outcome<'static>> {
        let held = match *read {
            Read::Value { key } => self.journal.value(key, now),
            Read::Field { key, field } => self.journal.field(key, field, now),
            Read::Fields { .. } => None,
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
    /// True for a set where the journal has it; for a delete, whether there was anything as far as this
    /// process knows.
    pub(super) fn write(&mut self, step: &Step<'_>, attempt: &Attempt, now: Instant) -> (bool, Recorded) {
        let changes = step.changes();
        let was_there = changes.iter().all(|change| !change.is_delete() || self.holds(change, now));
        let mut recorded = Recorded::Kept;
        for change in changes {
            recorded = self.record(change, attempt, now);
            if !matches!(recorded, Recorded::Kept) {
                return (matches!(recorded, Recorded::Outdated), recorded);
            }
        }
        step.run(&mut self.memory, attempt.issued);
        (was_there, recorded)
    }

    /// A value was sent and has no reply, and is not sent again: Redis may have it, and later writes are newer.
    pub fn note_doubt(&mut self, key: &[u8], value: &[u8]) {
        self.doubts.note(key, sum_of(value));
    }

    /// Whether a clearing that the journal holds is still to take away what Redis has of this key.
    pub(super) fn awaits_clearing(&self, key: &[u8], index: &[u8]) -> bool {
        let Some(clear) = self.journal.clear_of(index) else { return false };
        self.journal.entry(key).is_none()
            && self.recovery.written_at(key).is_none_or(|sequence| sequence < clear.sequence)
    }

    pub(super) fn has_clearings(&self) -> bool {
        self.journal.clears().next().is_some()
    }

    /// Redis has carried a write out: what a clearing that waits takes away is older.
    pub(super) fn note_written(&mut self, key: &[u8], sequence: u64) {
        if self.has_clearings() {
            self.recovery.note_written(key, sequence);
        }
    }

    /// Clears an organization from memory, and says how many values that were.
    pub fn clear_memory(&mut self, index: &[u8]) -> usize {
        self.clearings += 1;
        self.memory.clear_organization(index)
    }

    /// Forgets what memory has of keys that satisfy `is_meant`, and what is to be done for them. Returns the number of
    /// values and their bytes.
    pub fn erase_memory(&mut self, is_meant: impl Fn(&[u8]) -> bool) -> (usize, usize) {
        // What is read now and not stored yet is older.
        self.clearings += 1;
        self.extensions.retain(|request| Arguments::new(request).nth(3).is_none_or(|index| !is_meant(index)));
        self.recovery.written.retain(|key, _| !is_meant(key));
        self.memory.remove_where(is_meant)
    }

    /// Keeps the request for the next connection.
    pub fn extend_later(&mut self, request: &[u8]) {
        if self.extensions.len() < MAX_EXTENSIONS {
            self.extensions.push(request.to_vec());
        }
    }

    /// The requests that waited for a connection.
    pub fn take_extensions(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.extensions)
    }

    /// Journals that whatever Redis has under the keys of this write is older than it: the caller keeps the
    /// value elsewhere, and would otherwise be answered the older one.
    pub(super) fn invalidate(&mut self, step: &Step<'_>, attempt: &Attempt, now: Instant) {
        let values = step.changes().iter().filter_map(Change::whole_value);
        for change in step.changes().iter().filter(|change| change.whole_value().is_some()) {
            let Change { key, index, .. } = *change;
            let older = self.older(key, values.clone().filter(|_| attempt.is_in_doubt), now);
            let ends = self.end_of(change, attempt, now);
            let (write, sequence) = (Write::Delete, attempt.sequence);
            // Where there is no room for it the caller's answer is the same.
            let _ = self.journal.record(Record { key, write, index, ends, sequence, older: &older });
            self.memory.delete(key, now);
        }
    }

    /// Lets memory answer a copy of a value that the caller keeps elsewhere. It may be older than anything that is
    /// known of its keys, so it goes only where nothing is.
    pub(super) fn remember(&mut self, step: &Step<'_>, attempt: &Attempt, now: Instant) {
        let is_known = step
            .keys()
            .any(|key| self.journal.entry(key).is_some() || self.memory.remaining_ttl(key, now).is_some());
        if !is_known {
            step.run(&mut self.memory, attempt.issued);
        }
    }

    /// Redis has carried a write out, so long after the call.
    pub(super) fn note_elapsed(&mut self, step: &Step<'_>, elapsed: Duration) {
        if elapsed > self.hash_ends_later_by && step.changes().iter().any(Change::is_of_field) {
            self.hash_ends_later_by = elapsed;
        }
    }

    /// A write has reached Redis while the journal still holds something of its key: an older replay was
    /// refused, or was not sent yet. True where the journal now says all there is to remember.
    pub(super) fn supersede(&mut self, step: &Step<'_>, attempt: &Attempt) -> bool {
        let mut is_newest = true;
        for change in step.changes() {
            let Some(entry) = self.journal.entry(change.key) else { continue };
            if change.is_of_field() {
                // Other fields of the hash still wait. What stands in the journal too is replayed once more,
                // which changes nothing.
                let _ = self.write(step, attempt, attempt.issued);
                return true;
            }
            if entry.sequence > attempt.sequence {
                is_newest = false;
            } else {
                self.journal.forget(change.key);
            }
        }
        !is_newest
    }

    fn record(&mut self, change: &Change<'_>, attempt: &Attempt, now: Instant) -> Recorded {
        let Change { key, write, index, .. } = *change;
        let sent = |value| attempt.is_in_doubt.then_some(value);
        let mut older = match write {
            Write::Set { value } | Write::SetField { value, .. } => self.older(key, sent(value), now),
            Write::Delete => self.older(key, None, now),
            Write::DeleteField { .. } => Vec::new(),
        };
        if let Write::SetField { field, .. } | Write::DeleteField { field } = write {
            older.extend(self.memory.hash_get(key, field, now).map(digest));
        }
        let (ends, sequence) = (self.end_of(change, attempt, now), attempt.sequence);
        self.journal.record(Record { key, write, index, ends, sequence, older: &older })
    }

    /// Sums of values that Redis may have and that are older than a write which is made now.
    fn older<'a>(
        &mut self,
        key: &[u8],
        sent: impl IntoIterator<Item = &'a [u8]>,
        now: Instant,
    ) -> Vec<Digest> {
        let mut older: Vec<Digest> = sent.into_iter().map(sum_of).collect();
        // Once the journal has the key, memory has the journal's value.
        if self.journal.entry(key).is_none() {
            older.extend(self.memory.get(key, now).map(sum_of));
        }
        older.extend_from_slice(self.doubts.of(key));
        older
    }

    /// When the value ends that was written, or would have ended that was deleted.
    fn end_of(&mut self, change: &Change<'_>, attempt: &Attempt, now: Instant) -> Instant {
        let is_hash = matches!(change.write, Write::Delete) && self.memory.get(change.key, now).is_none();
        match (change.ttl, change.is_delete()) {
            (Some(ttl), false) => attempt.issued + ttl,
            _ => match self.memory.remaining_ttl(change.key, now) {
                Some(Remaining::For(left)) if is_hash => now + left + self.hash_ends_later_by,
                Some(Remaining::For(left)) => now + left,
                _ => attempt.issued + self.default_ttl,
            },
        }
    }

    /// Whether there is what a delete would take.
    fn holds(&mut self, change: &Change<'_>, now: Instant) -> bool {
        let key = change.key;
        match change.write {
            Write::Delete => match self.journal.value(key, now) {
                Some(held) => matches!(held, Held::Value(_)),
                None => self.journal.entry(key).is_some() || self.memory.remaining_ttl(key, now).is_some(),
            },
            Write::DeleteField { field } => match self.journal.field(key, field, now) {
                Some(held) => matches!(held, Held::Value(_)),
                None => self.memory.hash_get(key, field, now).is_some(),
            },
            Write::Set { .. } | Write::SetField { .. } => false,
        }
    }
}
