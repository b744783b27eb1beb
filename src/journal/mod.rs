//! Writes made while Redis was away, until they are in Redis.
//!
//! Promises: the newest operation a key, bounded in bytes with all overhead counted; what was kept
//! is handed out oldest first and stays until it is settled, forgotten or ended; writes that are
//! recorded late leave what they would have left in time. Every operation costs the logarithm of
//! what is held, but `clear` (what the organization has here) and `rewind` (what was handed out).
//! With a file, what was kept outlives the process, though not the machine: nothing waits for the
//! disk. Relies on the caller for mutual exclusion, for sequences that follow the order of its
//! writes, and for the digests of what Redis may hold. Never talks to Redis and never interprets a
//! value.

mod backlog;
mod clears;
mod clock;
mod cost;
mod disk;
mod entry;
mod file;
mod frames;
mod order;
mod organizations;
mod record;
mod takeover;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use sha1::{Digest as _, Sha1};

use crate::error::Error;

pub use backlog::Backlog;
pub use clears::Clear;
pub use entry::{Entry, EntryContent};
pub use takeover::Item;

use clears::Clears;
use file::JournalFile;
use order::Order;
use organizations::Organizations;

/// The SHA-1 of stored bytes. SHA-1 because Redis's Lua has `redis.sha1hex`; it tells values apart
/// and guards nothing.
pub type Digest = [u8; 20];

/// How many older values are remembered for a value or field. One is what a lost connection leaves behind;
/// eight cover a key that is written over and over while connections are lost.
pub const MAX_OLDER: usize = 8;

/// Where the sequences of this process begin. What is taken over from other processes gets those
/// below, so that it is older whenever it is read.
pub const OWN_SEQUENCES: u64 = 1 << 48;

/// The digest of a value as Redis holds it.
pub fn digest(bytes: &[u8]) -> Digest {
    Sha1::digest(bytes).into()
}

/// One operation on a key.
#[derive(Debug, Clone, Copy)]
pub enum Write<'a> {
    Set { value: &'a [u8] },
    Delete,
    SetField { field: &'a [u8], value: &'a [u8] },
    DeleteField { field: &'a [u8] },
}

/// One operation to keep.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub key: &'a [u8],
    pub write: Write<'a>,
    /// The index of the organization that the key belongs to. The newest that was given stays.
    pub index: Option<&'a [u8]>,
    /// When the value ends; for a delete, when what it takes away would have ended.
    pub ends: Instant,
    /// The order of this process's writes: one that is older than what is held loses.
    pub sequence: u64,
    /// Digests of values that Redis may hold and that are older than this write. The entry gathers
    /// them, `MAX_OLDER` a value or field at most, also those of a record that is `Outdated`.
    pub older: &'a [Digest],
}

/// What became of an operation.
#[derive(Debug)]
#[must_use]
pub enum Recorded {
    Kept,
    /// Something newer is held: there is nothing to do.
    Outdated,
    /// There is no room. Nothing changed.
    Full,
    /// The file could not be written (`E_CONFIG`). Nothing changed, in memory either.
    Failed(Error),
}

/// What the journal knows of a value or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'a> {
    Value(&'a [u8]),
    /// Deleted, or ended.
    Gone,
}

/// The newest operation of each key, in the order of recording.
pub struct Journal {
    entries: HashMap<Arc<[u8]>, Box<Entry>>,
    clears: Clears,
    organizations: Organizations,
    order: Order,
    /// The end of each entry with its ticket, until the entry is found to have ended.
    deadlines: BTreeSet<(Instant, u64)>,
    /// What the entries take without the organizations' lists.
    entry_bytes: usize,
    max_bytes: usize,
    /// Room that is not to be used while a backlog is read.
    reserved: usize,
    highest_sequence: u64,
    taken_over: usize,
    file: Option<JournalFile>,
}

impl Journal {
    /// A journal in memory that holds at most `max_bytes`, all overhead included.
    pub fn new(max_bytes: usize) -> Journal {
        Journal {
            entries: HashMap::new(),
            clears: Clears::default(),
            organizations: Organizations::default(),
            order: Order::default(),
            deadlines: BTreeSet::new(),
            entry_bytes: 0,
            max_bytes,
            reserved: 0,
            highest_sequence: 0,
            taken_over: 0,
            file: None,
        }
    }

    /// What the key has: `None` where the journal knows nothing of it. A key that holds fields has
    /// no value.
    pub fn value(&self, key: &[u8], now: Instant) -> Option<Held<'_>> {
        self.entries.get(key)?.value(now)
    }

    /// What the field of a hash has: `None` where the journal knows nothing of it.
    pub fn field(&self, key: &[u8], field: &[u8], now: Instant) -> Option<Held<'_>> {
        self.entries.get(key)?.field(field, now)
    }

    /// Everything that is held of the key, ended or not.
    pub fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.get(key).map(|entry| &**entry)
    }

    /// The clear of the organization that waits: what Redis has of it, and is older, does not count.
    pub fn clear_of(&self, index: &[u8]) -> Option<&Clear> {
        self.clears.get(index)
    }

    /// The clears that wait, oldest first. An entry of the same organization is newer than its clear
    /// or stands for values that may come late.
    pub fn clears(&self) -> impl Iterator<Item = &Clear> {
        self.clears.iter()
    }

    /// Hands out the entries that were not handed out since the last `rewind`, oldest first, while
    /// `visit` says true: it took the entry. False: it has no room, and the entry stays first.
    /// Entries that change after they were handed out come again, at the end.
    pub fn hand_out(&mut self, mut visit: impl FnMut(&Entry) -> bool) {
        while let Some((ticket, key)) = self.order.first_waiting() {
            // Every ticket names an entry; one that did not would only be passed over.
            if let Some(entry) = self.entries.get_mut(key) {
                if !visit(entry) {
                    return;
                }
                entry.is_handed_out = true;
                entry.is_changed_within_sequence = false;
            }
            self.order.hand_out(ticket);
        }
    }

    /// The same for one key, out of turn. False where it was handed out already or is not there.
    pub fn hand_out_key(&mut self, key: &[u8], visit: impl FnOnce(&Entry)) -> bool {
        let Some(entry) = self.entries.get_mut(key).filter(|entry| !entry.is_handed_out) else {
            return false;
        };
        visit(entry);
        entry.is_handed_out = true;
        entry.is_changed_within_sequence = false;
        self.order.hand_out(entry.ticket);
        true
    }

    /// The connection is gone: everything is to be handed out again, oldest first.
    pub fn rewind(&mut self) {
        for key in self.order.rewind() {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.is_handed_out = false;
            }
        }
    }

    /// Neither entries nor clears.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.clears.is_empty()
    }

    /// Keys held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Memory that the journal takes, overhead included.
    pub fn bytes(&self) -> usize {
        self.entry_bytes + self.organizations.bytes() + self.clears.bytes()
    }

    /// What it may hold.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// When the oldest entry or clear was first recorded. What changed after it was handed out
    /// counts as recorded then.
    pub fn oldest(&self) -> Option<Instant> {
        let entry = self.order.oldest().and_then(|key| self.entries.get(key)).map(|entry| entry.recorded);
        entry.into_iter().chain(self.clears.oldest().map(|clear| clear.at)).min()
    }

    /// A sequence above everything that was recorded or taken over.
    pub fn next_sequence(&self) -> u64 {
        self.highest_sequence.saturating_add(1)
    }

    /// Entries that were found in the files of dead processes.
    pub fn taken_over(&self) -> usize {
        self.taken_over
    }
}

impl Drop for Journal {
    /// An empty journal leaves no file; what is held waits in it for another process.
    fn drop(&mut self) {
        let now = Instant::now();
        self.drop_ended(now);
        if self.file.as_ref().is_some_and(|file| file.is_behind) {
            // Nobody is left to be told; what the file says is then older, and replays as such.
            let _ = self.rewrite(now);
        }
        if let Some(file) = self.file.take()
            && self.is_empty()
        {
            file.remove();
        }
    }
}

/// Gives memory back once a table is less than a third full. What it leaves is half full, so that
/// the cost of moving is spread over as many removals.
fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    const SMALL: usize = 64;
    if table.capacity() > SMALL && table.len() < table.capacity() / 3 {
        table.shrink_to(table.len() + table.len() / 2);
    }
}
