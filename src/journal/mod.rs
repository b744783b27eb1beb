//! Keeps the writes of an outage until they are in Redis.
//!
//! Promises: the newest operation of each key, within a bound of bytes that includes all overhead; entries
//! are handed out oldest first, and an entry stays until it is settled, forgotten or ended; a late write has
//! the same effect as one in time. An operation costs the logarithm of the number of entries, except `clear`
//! (the entries of the organization) and `rewind` (the entries that were handed out). With a file, the
//! journal survives the process but not a crash of the machine, because no write waits for the disk. Relies
//! on the caller for mutual exclusion, for sequences in the order of its writes, and for the digests of
//! values that Redis may hold. Never talks to Redis and never interprets a value.

mod backlog;
mod clears;
mod clock;
mod cost;
mod disk;
mod entry;
mod erasing;
mod file;
mod frame_file;
mod frames;
mod order;
mod organizations;
mod record;
mod takeover;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use sha1::{Digest as _, Sha1};

use crate::error::Error;

pub use backlog::Backlog;
pub use clears::Clear;
pub use entry::{Entry, EntryContent};
pub use frame_file::{FrameFile, is_there};
pub use takeover::Item;

use clears::Clears;
use file::JournalFile;
use order::Order;
use organizations::Organizations;

/// The SHA-1 of stored bytes, because Redis's Lua has `redis.sha1hex`. It tells values apart and protects
/// nothing.
pub type Digest = [u8; 20];

/// How many older values an entry remembers for each value or field. A lost connection leaves one. Eight
/// cover a key that is written repeatedly while connections are lost.
pub const MAX_OLDER: usize = 8;

/// The first sequence of this process. Entries taken over from other processes get lower sequences, so that
/// they are older whenever they are read.
pub const OWN_SEQUENCES: u64 = 1 << 48;

/// Where an entry of a cache has its nonce, and how it begins: `outage/scripts/replay_entry.lua` knows these places too.
const NONCE: Range<usize> = 3..11;
const ENTRY_BEGINS: &[u8] = &[0, 3];

/// The digest of a value in the form that Redis holds.
pub fn digest(bytes: &[u8]) -> Digest {
    Sha1::digest(bytes).into()
}

/// The digest by which a replay knows a value again. Redis puts versions of tags into the bytes of a cache's entry, so
/// an entry is known by its nonce, which each write has anew.
pub fn sum_of(value: &[u8]) -> Digest {
    match value.get(NONCE) {
        Some(nonce) if value.starts_with(ENTRY_BEGINS) => digest(nonce),
        _ => digest(value),
    }
}

/// One kind of write to a key.
#[derive(Debug, Clone, Copy)]
pub enum Write<'a> {
    Set { value: &'a [u8] },
    Delete,
    SetField { field: &'a [u8], value: &'a [u8] },
    DeleteField { field: &'a [u8] },
}

/// One write to keep.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub key: &'a [u8],
    pub write: Write<'a>,
    /// The key of the organization's index. The newest one that was given counts.
    pub index: Option<&'a [u8]>,
    /// When the value ends. For a delete: when the deleted value would have ended.
    pub ends: Instant,
    /// The write's position in the order of this process's writes. A write older than the entry loses.
    pub sequence: u64,
    /// Digests of older values that Redis may hold. The entry collects at most `MAX_OLDER` for each value or
    /// field, even from a write that is `Outdated`.
    pub older: &'a [Digest],
}

/// The result of recording an operation.
#[derive(Debug)]
#[must_use]
pub enum Recorded {
    Kept,
    /// A newer operation is held, so nothing is to do.
    Outdated,
    /// There is no room. Nothing changed.
    Full,
    /// The file could not be written (`E_CONFIG`). Nothing changed, in memory either.
    Failed(Error),
}

/// The journal's knowledge of a value or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'a> {
    Value(&'a [u8]),
    /// It was deleted, or it has ended.
    Gone,
}

/// The newest operation of each key, in the order of recording.
pub struct Journal {
    entries: HashMap<Arc<[u8]>, Box<Entry>>,
    clears: Clears,
    organizations: Organizations,
    order: Order,
    /// The end of each entry with its ticket. An entry leaves the set when it has ended.
    deadlines: BTreeSet<(Instant, u64)>,
    /// Memory of the entries without the organizations' lists.
    entry_bytes: usize,
    max_bytes: usize,
    /// Bytes that are reserved while a backlog is read.
    reserved: usize,
    highest_sequence: u64,
    taken_over: usize,
    file: Option<JournalFile>,
}

impl Journal {
    /// A journal in memory of at most `max_bytes` bytes, including all overhead.
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

    /// The key's value; `None` if the journal does not know it. A key that holds fields has no value.
    pub fn value(&self, key: &[u8], now: Instant) -> Option<Held<'_>> {
        self.entries.get(key)?.value(now)
    }

    /// The value of a hash's field; `None` if the journal does not know it.
    pub fn field(&self, key: &[u8], field: &[u8], now: Instant) -> Option<Held<'_>> {
        self.entries.get(key)?.field(field, now)
    }

    /// The key's entry, ended or not.
    pub fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.get(key).map(|entry| &**entry)
    }

    /// The organization's pending clear. Older values of the organization in Redis do not count.
    pub fn clear_of(&self, index: &[u8]) -> Option<&Clear> {
        self.clears.get(index)
    }

    /// The pending clears, oldest first. An entry of the same organization is newer than its clear, or it
    /// stands for values that may still appear late.
    pub fn clears(&self) -> impl Iterator<Item = &Clear> {
        self.clears.iter()
    }

    /// Hands out entries that were not handed out since the last `rewind`, oldest first. `visit` returns true
    /// if it took the entry. False stops the iteration, and the entry stays first. An entry that changes
    /// after it was handed out is handed out again, at the end.
    pub fn hand_out(&mut self, mut visit: impl FnMut(&Entry) -> bool) {
        while let Some((ticket, key)) = self.order.first_waiting() {
            // Every ticket names an entry. A ticket without one would be skipped.
            if let Some(entry) = self.entries.get_mut(key) {
                if !visit(entry) {
                    return;
                }
                entry.hand_out();
            }
            self.order.hand_out(ticket);
        }
    }

    /// Hands out one key's entry out of turn. False if it was handed out already or does not exist.
    pub fn hand_out_key(&mut self, key: &[u8], visit: impl FnOnce(&Entry)) -> bool {
        let Some(entry) = self.entries.get_mut(key).filter(|entry| !entry.is_handed_out) else {
            return false;
        };
        visit(entry);
        entry.hand_out();
        self.order.hand_out(entry.ticket);
        true
    }

    /// Makes everything wait again, oldest first, because the connection is gone.
    pub fn rewind(&mut self) {
        for key in self.order.rewind() {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.is_handed_out = false;
            }
        }
    }

    /// Whether there are neither entries nor clears.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.clears.is_empty()
    }

    /// The number of keys held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of memory in use, including all overhead.
    pub fn bytes(&self) -> usize {
        self.entry_bytes + self.organizations.bytes() + self.clears.bytes()
    }

    /// The bound in bytes.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// When the oldest entry or clear was first recorded. An entry that changed after it was handed out
    /// counts from that change.
    pub fn oldest(&self) -> Option<Instant> {
        let entry = self.order.oldest().and_then(|key| self.entries.get(key)).map(|entry| entry.recorded);
        entry.into_iter().chain(self.clears.oldest().map(|clear| clear.at)).min()
    }

    /// A sequence above all that were recorded or taken over.
    pub fn next_sequence(&self) -> u64 {
        self.highest_sequence.saturating_add(1)
    }

    /// The number of entries that were taken over from dead processes.
    pub fn taken_over(&self) -> usize {
        self.taken_over
    }
}

impl Drop for Journal {
    /// Removes the file of an empty journal. The file of any other journal waits for another process.
    fn drop(&mut self) {
        let now = Instant::now();
        self.drop_ended(now);
        if self.file.as_ref().is_some_and(|file| file.is_behind) {
            // No caller is left for the error. The older content of the file is replayed as older.
            let _ = self.rewrite(now);
        }
        if let Some(file) = self.file.take()
            && self.is_empty()
        {
            file.remove();
        }
    }
}

/// Frees memory once a table is less than a third full. Afterwards the table is half full, so that the cost
/// of moving is spread over as many removals.
fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    const SMALL: usize = 64;
    if table.capacity() > SMALL && table.len() < table.capacity() / 3 {
        table.shrink_to(table.len() + table.len() / 2);
    }
}
