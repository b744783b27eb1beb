//! Moves entries from one journal to another: from a dead process's, and from node to node.
//!
//! Promises: no acknowledged write is lost on the way, and newer writes stay. Relies on the caller for a
//! common order of sequences. Never takes over what has ended.

use std::path::Path;
use std::time::Instant;

use crate::error::Result;

use super::file::{self, JournalFile};
use super::{Clear, Digest, Entry, EntryContent, Journal, Record, Recorded, Write};

/// An entry or clear that moves from one journal to another.
#[derive(Debug)]
pub enum Item {
    Clear(Clear),
    Entry(Box<Entry>),
}

impl Item {
    /// The key that decides which node of a cluster the item belongs to.
    pub fn key(&self) -> &[u8] {
        match self {
            Item::Clear(clear) => &clear.index,
            Item::Entry(entry) => &entry.key,
        }
    }
}

impl Journal {
    /// A journal with a file in `directory`, which is created if it does not exist. `target` identifies the
    /// Redis and the prefix that the operations are for. A `Backlog` takes over the files of dead processes.
    ///
    /// # Errors
    /// `E_CONFIG` when the directory cannot be used.
    pub fn open(max_bytes: usize, directory: &Path, target: &Digest) -> Result<Journal> {
        let made = file::make_directory(directory)
            .and_then(|()| JournalFile::create(directory, file::SUFFIX, target, |_| Ok(())))
            .map_err(|error| file::refused(&error))?;
        let mut journal = Journal::new(max_bytes);
        journal.file = Some(made);
        Ok(journal)
    }

    /// Reserves room for a backlog, which may fill the whole bound. Until `release` or `inherit`, new
    /// operations may use an eighth of the bound besides.
    pub fn reserve(&mut self) {
        self.reserved = self.max_bytes - self.max_bytes / 8;
    }

    /// Frees the reservation, because no backlog is being read.
    pub fn release(&mut self) {
        self.reserved = 0;
    }

    /// Takes over a backlog's entries as older than the own ones, whose sequences start at `OWN_SEQUENCES`.
    /// Costs the number of own entries.
    pub fn inherit(&mut self, older: Journal) {
        let mut own = std::mem::replace(self, older);
        // The own file is removed only when the other file has everything.
        let file = own.file.take();
        own.give_away(usize::MAX, |_| true, |item| self.receive(item));
        self.max_bytes = own.max_bytes;
        if let Some(file) = file {
            file.remove();
        }
    }

    /// Merges the journals of several processes. Their sequences are not comparable, so the latest write
    /// counts as newest.
    pub(super) fn merge(&mut self, helds: Vec<Journal>) {
        let mut items: Vec<_> = helds.into_iter().flat_map(Journal::into_timed_items).collect();
        // The sort is stable: writes of one process at one time stay in their order.
        items.sort_by_key(|(at, _)| *at);
        for (_, item) in items {
            let sequence = self.next_sequence();
            match item {
                Item::Clear(clear) => {
                    let name = clear.organization.as_deref();
                    self.clear_over(&clear.index, name, sequence, clear.at);
                }
                // A process that has died may have sent it.
                Item::Entry(entry) => self.take_over(&entry, sequence, true),
            }
        }
    }

    /// All items with their times, in the order of sequences. A late write counts as no later than the next
    /// write in the order.
    fn into_timed_items(mut self) -> Vec<(Instant, Item)> {
        let mut items: Vec<(u64, Instant, Item)> = Vec::new();
        let clears: Vec<Clear> = self.clears().cloned().collect();
        items.extend(clears.into_iter().map(|clear| (clear.sequence, clear.at, Item::Clear(clear))));
        let mut entries: Vec<_> = self.entries.drain().map(|(_, entry)| entry).collect();
        entries.sort_unstable_by_key(|entry| entry.ticket);
        items.extend(entries.into_iter().map(|entry| (entry.sequence, entry.changed, Item::Entry(entry))));
        // The sort is stable: a clear stands before the deletes that it left.
        items.sort_by_key(|(sequence, _, _)| *sequence);
        let mut latest = None;
        let mut timed: Vec<_> = items
            .into_iter()
            .rev()
            .map(|(_, at, item)| {
                let at = latest.map_or(at, |latest: Instant| latest.min(at));
                latest = Some(at);
                (at, item)
            })
            .collect();
        timed.reverse();
        timed
    }

    /// Gives away up to `at_most` items that another journal owns from now on: clears first, then entries,
    /// oldest first. An item is removed here after `receive` has it, so that a process that dies in between
    /// leaves it in one of their files. True when more items may be left.
    pub fn give_away(
        &mut self,
        at_most: usize,
        is_given: impl Fn(&[u8]) -> bool,
        mut receive: impl FnMut(&Item),
    ) -> bool {
        let clears = self.clears().filter(|clear| is_given(&clear.index)).take(at_most);
        let clears: Vec<Item> = clears.cloned().map(Item::Clear).collect();
        let entries = self.entries.values().filter(|entry| is_given(&entry.key));
        let mut entries: Vec<_> = entries.take(at_most - clears.len()).cloned().collect();
        entries.sort_unstable_by_key(|entry| entry.ticket);
        let given = clears.len() + entries.len();
        for item in clears.into_iter().chain(entries.into_iter().map(Item::Entry)) {
            receive(&item);
            match &item {
                Item::Clear(clear) => self.settle_clear(&clear.index, clear.sequence),
                Item::Entry(entry) => self.forget(&entry.key),
            }
        }
        given == at_most
    }

    /// Takes an item that another journal with the same sequences gave away. A newer state here stays. There
    /// is room for the item, because the other journal had it.
    pub fn receive(&mut self, item: &Item) {
        match item {
            Item::Clear(clear) => {
                let organization = clear.organization.as_deref();
                self.clear_over(&clear.index, organization, clear.sequence, clear.at);
            }
            Item::Entry(entry) => self.take_over(entry, entry.sequence, entry.sent_up_to > 0),
        }
    }

    fn clear_over(&mut self, index: &[u8], organization: Option<&str>, sequence: u64, at: Instant) {
        self.keep(|journal| journal.clear(index, organization, sequence, at));
    }

    /// Keeps a write that another journal acknowledged, even beyond the bound and without the file. A file
    /// that cannot be written is rewritten before it takes another change.
    fn keep(&mut self, change: impl Fn(&mut Journal) -> Recorded) {
        let max_bytes = std::mem::replace(&mut self.max_bytes, usize::MAX);
        if let Recorded::Failed(_) = change(self) {
            let mut file = self.file.take();
            let _ = change(self);
            if let Some(file) = &mut file {
                file.is_behind = true;
            }
            self.file = file;
        }
        self.max_bytes = max_bytes;
    }

    /// `may_be_there`: Redis may hold what is in the entry.
    fn take_over(&mut self, entry: &Entry, sequence: u64, may_be_there: bool) {
        let is_outdated = self.entries.get(&entry.key).is_some_and(|held| held.sequence > sequence);
        let sent = if may_be_there && is_outdated { entry.digests() } else { Vec::new() };
        let older = [&entry.older[..], &sent].concat();
        let part = |write| Record {
            key: &entry.key,
            write,
            index: entry.index.as_deref(),
            ends: entry.ends,
            sequence,
            older: &older,
        };
        let mut take = |write| self.keep(|journal| journal.record_at(&part(write), entry.recorded));
        match &entry.content {
            EntryContent::Value(value) => take(Write::Set { value }),
            EntryContent::Gone => take(Write::Delete),
            EntryContent::Fields { is_whole, fields } => {
                if *is_whole {
                    take(Write::Delete);
                }
                for (field, value) in fields {
                    take(match value {
                        Some(value) => Write::SetField { field, value },
                        None => Write::DeleteField { field },
                    });
                }
            }
        }
        if let Some(held) = self.entries.get_mut(&entry.key) {
            if held.sequence <= sequence {
                held.changed = entry.changed;
            }
            if may_be_there {
                held.sent_up_to = held.sent_up_to.max(sequence);
            }
        }
    }
}
