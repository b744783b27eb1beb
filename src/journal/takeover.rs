//! What dead processes left.
//!
//! Promises: a file is taken over by one process and as a whole; files of the living and of other
//! targets are left alone; a process that dies on the way leaves every operation in a file. Relies
//! on locks to tell the dead from the living. Never takes over what has ended.

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;

use super::file::{self, JournalFile, PREFIX, SUFFIX, UNFINISHED_SUFFIX};
use super::{Clear, Content, Digest, Entry, Journal, Record, Write, disk};

/// Nobody takes so long to complete a file: one that is still unfinished is of a dead process.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// The locked file of a dead process.
struct Dead {
    path: PathBuf,
    file: File,
    held: Journal,
}

/// What goes from one journal to another.
#[derive(Debug)]
pub enum Item {
    Clear(Clear),
    Entry(Box<Entry>),
}

impl Item {
    /// The key that says where in a cluster it belongs.
    pub fn key(&self) -> &[u8] {
        match self {
            Item::Clear(clear) => &clear.index,
            Item::Entry(entry) => &entry.key,
        }
    }
}

impl Journal {
    /// A journal with a file in `directory`, which is made where it is not there. `target` says
    /// which Redis and prefix the operations are for. Takes over what dead processes left there for
    /// the same target; a file that would not fit into `max_bytes` waits for another process.
    /// `E_CONFIG` where the directory cannot be used.
    pub fn open(max_bytes: usize, directory: &Path, target: &Digest, now: Instant) -> Result<Journal> {
        let mut journal = Journal::new(max_bytes);
        journal.open_in(directory, target, now).map_err(|error| file::refused(&error))?;
        Ok(journal)
    }

    fn open_in(&mut self, directory: &Path, target: &Digest, now: Instant) -> io::Result<()> {
        file::make_directory(directory)?;
        let mut dead = find_dead(directory, target, now)?;
        let mut needed = 0;
        dead.retain(|dead| {
            let fits = dead.held.bytes() <= self.max_bytes - needed;
            needed += if fits { dead.held.bytes() } else { 0 };
            fits
        });
        let helds = dead.iter_mut().map(|dead| std::mem::replace(&mut dead.held, Journal::new(0)));
        self.merge(helds.collect());
        self.drop_ended(now);
        self.taken_over = self.len();
        self.file = Some(JournalFile::create(directory, target, |out| self.write_all(out, now))?);
        for dead in dead {
            file::remove(&dead.file, &dead.path);
        }
        Ok(())
    }

    /// Puts the journals of several processes into one. Their sequences say nothing of each other,
    /// so what was written last counts as newest.
    fn merge(&mut self, helds: Vec<Journal>) {
        let mut items: Vec<_> = helds.into_iter().flat_map(Journal::into_timed_items).collect();
        // Stable: what one process wrote at one time stays in its order.
        items.sort_by_key(|(at, _)| *at);
        let max_bytes = std::mem::replace(&mut self.max_bytes, usize::MAX);
        for (_, item) in items {
            let sequence = self.next_sequence();
            match item {
                Item::Clear(clear) => {
                    let name = clear.organization.as_deref();
                    let _ = self.clear(&clear.index, name, sequence, clear.at);
                }
                Item::Entry(entry) => self.take_over(&entry, sequence),
            }
        }
        self.max_bytes = max_bytes;
    }

    /// Everything with its time, in the order of sequences. What was recorded late happened no
    /// later than what came after it.
    fn into_timed_items(mut self) -> Vec<(Instant, Item)> {
        let mut items: Vec<(u64, Instant, Item)> = Vec::new();
        let clears: Vec<Clear> = self.clears().cloned().collect();
        items.extend(clears.into_iter().map(|clear| (clear.sequence, clear.at, Item::Clear(clear))));
        let mut entries: Vec<_> = self.entries.drain().map(|(_, entry)| entry).collect();
        entries.sort_unstable_by_key(|entry| entry.ticket);
        items.extend(entries.into_iter().map(|entry| (entry.sequence, entry.changed, Item::Entry(entry))));
        // Stable: a clear stands before the deletes that it left.
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

    /// Takes out the entries and clears whose keys are another journal's from now on, clears first.
    pub fn give_away(&mut self, is_given: impl Fn(&[u8]) -> bool) -> Vec<Item> {
        let clears: Vec<Clear> = self.clears().filter(|clear| is_given(&clear.index)).cloned().collect();
        let keys: Vec<_> = self.entries.keys().filter(|key| is_given(key)).cloned().collect();
        let entries = keys.iter().filter_map(|key| self.entries.get(key).cloned()).map(Item::Entry);
        let given = clears.iter().cloned().map(Item::Clear).chain(entries).collect();
        keys.iter().for_each(|key| self.forget(key));
        clears.iter().for_each(|clear| self.settle_clear(&clear.index, clear.sequence));
        given
    }

    /// Takes in what another journal of the same sequences has given away. Something newer that is here stays.
    pub fn receive(&mut self, item: &Item) {
        match item {
            Item::Clear(clear) => {
                let _ = self.clear(&clear.index, clear.organization.as_deref(), clear.sequence, clear.at);
            }
            Item::Entry(entry) => self.take_over(entry, entry.sequence),
        }
    }

    fn take_over(&mut self, entry: &Entry, sequence: u64) {
        let part = |write| Record {
            key: &entry.key,
            write,
            index: entry.index.as_deref(),
            ends: entry.ends,
            sequence,
            older: &entry.older,
        };
        let mut take = |write| {
            // Merging has room and no file; where a node's journal is full, what it was given goes.
            let _ = self.record_at(&part(write), entry.recorded);
        };
        match &entry.content {
            Content::Value(value) => take(Write::Set { value }),
            Content::Gone => take(Write::Delete),
            Content::Fields { is_whole, fields } => {
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
            held.changed = entry.changed;
        }
    }
}

fn find_dead(directory: &Path, target: &Digest, now: Instant) -> io::Result<Vec<Dead>> {
    let mut dead = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Only plain files: opening a pipe of that name would wait for its other end.
        if !name.starts_with(PREFIX) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if name.ends_with(SUFFIX) {
            // A file that cannot be read may be read by another process.
            dead.extend(take_lock(&entry, target, now).ok().flatten());
        } else if name.ends_with(UNFINISHED_SUFFIX) && is_abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(dead)
}

fn take_lock(entry: &DirEntry, target: &Digest, now: Instant) -> io::Result<Option<Dead>> {
    let path = entry.path();
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    file.try_lock()?;
    // Whoever held the lock may have deleted the file before letting go. Names are never used again.
    if !path.try_exists()? {
        return Ok(None);
    }
    let reader = io::BufReader::with_capacity(64 * 1024, &file);
    let held = disk::read(reader, file.metadata()?.len(), target, now)?;
    Ok(held.map(|held| Dead { path, file, held }))
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age > UNFINISHED_FOR)
}
