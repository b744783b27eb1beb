//! The operations that change the journal.
//!
//! Promises: an operation takes effect as a whole, or it is refused and changes nothing. Relies on entries
//! for the meaning of a write. Never answers a question.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::entry::{self, Entry, EntryContent, Verdict};
use super::frames::Change;
use super::{Digest, Journal, Record, Recorded, Write, clears, shrink};

/// A clear's effect on an entry of its organization.
enum Sweep {
    /// The entry is newer than the clear.
    Stays,
    Goes,
    /// The entry becomes a delete of its older part: some of its fields are newer than the clear, or a
    /// request with its older values may still run late in Redis.
    Deletes,
}

impl Journal {
    /// Keeps one operation until it is settled. Replacing content by something smaller always succeeds, and
    /// so does the `Delete` of a key that is held.
    pub fn record(&mut self, record: Record<'_>) -> Recorded {
        self.record_at(&record, Instant::now())
    }

    pub(super) fn record_at(&mut self, record: &Record<'_>, now: Instant) -> Recorded {
        self.drop_ended(now);
        if let Some(cleared) = self.cleared_after(record) {
            if !record.older.is_empty() {
                let delete = Record { write: Write::Delete, sequence: cleared, ..*record };
                let recorded = self.record_at(&delete, now);
                if matches!(recorded, Recorded::Full | Recorded::Failed(_)) {
                    return recorded;
                }
            }
            return Recorded::Outdated;
        }
        let held = self.entries.get(record.key);
        let verdict = held.map_or(Verdict::Applies, |held| held.verdict(record.write, record.sequence));
        let answer = if verdict == Verdict::Outdated { Recorded::Outdated } else { Recorded::Kept };
        let mut record = *record;
        if verdict == Verdict::Applies && !self.has_room_for(&record) {
            // A delete needs no more room than it frees, unless it names the organization for the first time.
            if held.is_none() || !matches!(record.write, Write::Delete) {
                return Recorded::Full;
            }
            record.index = None;
        }
        if verdict != Verdict::Applies && record.older.is_empty() {
            return answer;
        }
        let older = self.older_than(&record, verdict);
        record.older = &older;
        if let Err(error) = self.write(&Change::Record(record), now) {
            return Recorded::Failed(error);
        }
        self.take(&record, verdict, now);
        self.tidy(now);
        answer
    }

    /// The older values that Redis may hold: those that the record names, and what it replaces here.
    fn older_than<'r>(&self, record: &Record<'r>, verdict: Verdict) -> Cow<'r, [Digest]> {
        let held = self.entries.get(record.key).filter(|_| verdict == Verdict::Applies);
        match held.and_then(|held| held.sent_before(record.write)) {
            Some(sent) => [record.older, &[sent]].concat().into(),
            None => record.older.into(),
        }
    }

    /// The sequence of a clear that is newer than the record and removes it.
    fn cleared_after(&self, record: &Record<'_>) -> Option<u64> {
        let held = || self.entries.get(record.key).and_then(|entry| entry.index.as_deref());
        let clear = self.clears.get(record.index.or_else(held)?)?;
        (clear.sequence > record.sequence).then_some(clear.sequence)
    }

    fn has_room_for(&self, record: &Record<'_>) -> bool {
        let held = self.entries.get(record.key);
        let before = held.map_or(0, |held| held.bytes());
        let mut after = match held {
            Some(held) => held.bytes_after(record.write, record.sequence),
            None => entry::bytes_of_new(record.key, record.write),
        };
        if let Some(index) = record.index
            && held.and_then(|held| held.index.as_deref()) != Some(index)
        {
            after += self.organizations.bytes_to_join(index);
        }
        after <= before || self.occupied() - before + after <= self.max_bytes
    }

    /// Bytes in use, with those reserved while a backlog is read.
    fn occupied(&self) -> usize {
        self.bytes() + self.reserved
    }

    fn take(&mut self, record: &Record<'_>, verdict: Verdict, now: Instant) {
        self.highest_sequence = self.highest_sequence.max(record.sequence);
        let mut entry = if let Some(entry) = self.detach(record.key) {
            entry
        } else {
            let ticket = self.order.next_ticket();
            Box::new(Entry::empty(record.key, record.ends, now, ticket))
        };
        if verdict == Verdict::Applies {
            let before = entry.sequence;
            entry.apply(record, now);
            if entry.is_handed_out {
                entry.ticket = self.order.next_ticket();
                entry.is_handed_out = false;
                entry.is_changed_within_sequence = entry.sequence == before;
                entry.recorded = now;
            }
            if let Some(index) = record.index {
                entry.index = Some(index.into());
            }
        }
        entry.add_older(record.older);
        self.attach(entry);
    }

    /// Clears an organization: drops its entries and keeps the clear for Redis. Newer entries stay. Entries
    /// that name older values stay as deletes, because a request with those values may still run late in
    /// Redis. Costs the number of the organization's entries.
    pub fn clear(
        &mut self,
        index: &[u8],
        organization: Option<&str>,
        sequence: u64,
        now: Instant,
    ) -> Recorded {
        self.drop_ended(now);
        if self.clears.get(index).is_some_and(|held| held.sequence > sequence) {
            return Recorded::Outdated;
        }
        let keys = self.organizations.keys_of(index);
        let freed = self.bytes_freed(&keys, sequence) + self.clears.bytes_held(index);
        let needed = clears::bytes_of(index, organization);
        if needed > freed && self.occupied() - freed + needed > self.max_bytes {
            return Recorded::Full;
        }
        if let Err(error) = self.write(&Change::Clear { index, organization, sequence }, now) {
            return Recorded::Failed(error);
        }
        self.highest_sequence = self.highest_sequence.max(sequence);
        for key in keys {
            self.sweep(&key, sequence, now);
        }
        self.clears.put(index, organization, sequence, now);
        self.tidy(now);
        Recorded::Kept
    }

    fn sweep_of(&self, key: &[u8], sequence: u64) -> Sweep {
        match self.entries.get(key) {
            None => Sweep::Stays,
            Some(entry) if entry.sequence <= sequence && entry.older.is_empty() => Sweep::Goes,
            Some(entry) if entry.verdict(Write::Delete, sequence) == Verdict::Applies => Sweep::Deletes,
            Some(_) => Sweep::Stays,
        }
    }

    fn bytes_freed(&self, keys: &[Arc<[u8]>], sequence: u64) -> usize {
        let freed = keys.iter().filter_map(|key| {
            let entry = self.entries.get(key)?;
            match self.sweep_of(key, sequence) {
                Sweep::Stays => None,
                Sweep::Goes => Some(entry.bytes()),
                Sweep::Deletes => Some(entry.bytes() - entry.bytes_after(Write::Delete, sequence)),
            }
        });
        freed.sum()
    }

    fn sweep(&mut self, key: &[u8], sequence: u64, now: Instant) {
        match self.sweep_of(key, sequence) {
            Sweep::Stays => {}
            Sweep::Goes => drop(self.detach(key)),
            Sweep::Deletes => {
                let Some(ends) = self.entries.get(key).map(|entry| entry.ends) else { return };
                let delete = Record { key, write: Write::Delete, index: None, ends, sequence, older: &[] };
                self.take(&delete, Verdict::Applies, now);
            }
        }
    }

    /// Removes a clear that Redis has carried out, unless a newer one of the same organization was recorded.
    pub fn settle_clear(&mut self, index: &[u8], sequence: u64) {
        if self.clears.get(index).is_some_and(|held| held.sequence == sequence) {
            self.clears.remove(index);
            self.note(&Change::SettleClear { index, sequence });
        }
    }

    /// Drops the entry whose state of this sequence is in Redis, unless it has changed since.
    pub fn settle(&mut self, key: &[u8], sequence: u64) {
        let is_settled = self
            .entries
            .get(key)
            .is_some_and(|entry| entry.sequence == sequence && !entry.is_changed_within_sequence);
        if is_settled {
            self.detach(key);
            self.note(&Change::Settle { key, sequence });
        }
    }

    /// Drops the entry, because a newer write has taken the key's place in Redis.
    pub fn forget(&mut self, key: &[u8]) {
        if self.detach(key).is_some() {
            self.note(&Change::Forget { key });
        }
    }

    /// Restores an entry from a file.
    pub(super) fn restore(&mut self, mut entry: Box<Entry>) {
        self.detach(&entry.key);
        self.highest_sequence = self.highest_sequence.max(entry.sequence);
        entry.ticket = self.order.next_ticket();
        self.attach(entry);
    }

    /// Frees the entries that have ended. An entry that names older values stays as gone, because Redis may
    /// still come to hold one of them.
    pub(super) fn drop_ended(&mut self, now: Instant) {
        while let Some(&deadline) = self.deadlines.first()
            && deadline.0 <= now
        {
            self.deadlines.pop_first();
            let Some(key) = self.order.key(deadline.1).cloned() else { continue };
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            if entry.older.is_empty() {
                self.detach(&key);
                continue;
            }
            self.entry_bytes -= entry.bytes();
            entry.end();
            self.entry_bytes += entry.bytes();
        }
    }

    fn detach(&mut self, key: &[u8]) -> Option<Box<Entry>> {
        let entry = self.entries.remove(key)?;
        shrink(&mut self.entries);
        self.entry_bytes -= entry.bytes();
        self.order.remove(entry.ticket);
        self.deadlines.remove(&(entry.ends, entry.ticket));
        if let Some(index) = &entry.index {
            self.organizations.leave(index, key);
        }
        Some(entry)
    }

    fn attach(&mut self, mut entry: Box<Entry>) {
        if let Some(index) = &entry.index {
            entry.index = Some(self.organizations.join(index, &entry.key));
        }
        self.entry_bytes += entry.bytes();
        self.order.insert(entry.ticket, entry.key.clone(), entry.is_handed_out);
        let is_spent = matches!(entry.content, EntryContent::Gone) && !entry.older.is_empty();
        if !is_spent {
            self.deadlines.insert((entry.ends, entry.ticket));
        }
        self.entries.insert(entry.key.clone(), entry);
    }
}
