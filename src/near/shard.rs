//! One part of the copies, behind one lock: a table, and the two queues of S3-FIFO.
//!
//! A new copy enters the small queue, which has a tenth of the bytes. A copy that answers there moves on to the main queue
//! when its turn to leave comes; the others go, and only their fingerprints stay. A key that comes back while its
//! fingerprint is known enters the main queue at once. There a copy that has answered since its last turn gets another.

use super::copied::Copied;
use super::fills::FillsUnderWay;
use super::ghosts::Ghosts;
use super::groups::{Group, Hits, is_sampled};
use super::key::Key;
use super::slots::{Queue, Slots};
use hashbrown::HashTable;

/// The small queue's share of the bytes: one part of so many.
const SMALL_PART: usize = 10;
/// So often must a copy answer in the small queue to enter the main one.
const READS_FOR_MAIN: u8 = 1;
/// After so many copies that should stay, the oldest goes nevertheless, so that the search for one is short.
const MAX_CANDIDATES: usize = 64;
/// Fewer slots are never worth moving their copies.
const LEAST_SLOTS_TO_COMPACT: usize = 256;

/// What the store knows of a copy whose turn to leave has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It will never answer again.
    Dead,
    /// Its owner has less than its share.
    Guaranteed,
    Plain,
}

/// A copy's place in its shard, until the shard changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(u32);

#[derive(Debug, Default)]
pub struct Shard {
    table: HashTable<u32>,
    slots: Slots,
    small: Queue,
    main: Queue,
    ghosts: Ghosts,
    hits: Vec<Hits>,
    /// What the budget knows of tables, slots and ghosts.
    table_bytes: usize,
    pub fills: FillsUnderWay,
}

impl Shard {
    pub fn find(&self, key: Key<'_>) -> Option<At> {
        let is_it = |index: &u32| {
            self.slots
                .get(*index)
                .is_some_and(|copied| copied.hash == key.hash() && copied.value.key() == key.bytes())
        };
        self.table.find(key.hash().whole(), is_it).map(|index| At(*index))
    }

    pub fn get(&self, at: At) -> Option<&Copied> {
        self.slots.get(at.0)
    }

    /// The copies that satisfy `is_meant`.
    pub fn all(&self, is_meant: impl Fn(&Copied) -> bool) -> Vec<At> {
        let is_meant = |index: &&u32| self.slots.get(**index).is_some_and(&is_meant);
        self.table.iter().filter(is_meant).map(|index| At(*index)).collect()
    }

    /// Counts a read that the copy answers, for a reader that keeps the value or not.
    pub fn answered(&mut self, at: At, is_kept: bool) {
        let Some(copied) = self.slots.get_mut(at.0) else { return };
        copied.used.answered();
        if is_kept {
            copied.used.was_kept();
        }
        let (group, is_sampled) = (copied.group.index(), is_sampled(copied.hash));
        if self.hits.len() <= group {
            self.hits.resize(group + 1, Hits::default());
        }
        self.hits[group].all += 1;
        self.hits[group].sampled += u64::from(is_sampled);
    }

    /// Counts reads that a copy of the key has answered where it was kept.
    pub fn answered_elsewhere(&mut self, key: Key<'_>, group: Group, reads: u64) {
        let group = group.index();
        if self.hits.len() <= group {
            self.hits.resize(group + 1, Hits::default());
        }
        self.hits[group].all += reads;
        self.hits[group].sampled += if is_sampled(key.hash()) { reads } else { 0 };
    }

    pub fn hits(&self, group: Group) -> Hits {
        self.hits.get(group.index()).copied().unwrap_or_default()
    }

    /// Adds a copy of a key that has none.
    pub fn insert(&mut self, mut copied: Copied) {
        if self.ghosts.take(copied.hash) {
            copied.used.enter_main();
        }
        self.place(copied);
    }

    fn place(&mut self, copied: Copied) {
        let hash = copied.hash.whole();
        let index = self.slots.add(copied);
        self.enqueue(index);
        let slots = &self.slots;
        let hash_of = |index: &u32| slots.get(*index).map_or(0, |copied| copied.hash.whole());
        self.table.insert_unique(hash, index, hash_of);
    }

    /// Removes a copy. If its key comes back, it keeps its rank.
    pub fn remove(&mut self, at: At) -> Option<Copied> {
        let copied = self.slots.get(at.0)?;
        if copied.used.is_main() || copied.used.reads() >= READS_FOR_MAIN {
            self.ghosts.add(copied.hash, self.main.len);
        }
        self.take(at.0)
    }

    /// Removes the copy that the shard needs least.
    pub fn evict(&mut self, claim: impl Fn(&Copied) -> Claim) -> Option<Copied> {
        let mut candidates = 0;
        let index = loop {
            let index = self.candidate()?;
            candidates += 1;
            if candidates > MAX_CANDIDATES || !self.stays(index, &claim) {
                break index;
            }
        };
        let evicted = self.take(index);
        self.compact();
        evicted
    }

    /// The oldest copy of the queue that must give one.
    fn candidate(&self) -> Option<u32> {
        let is_small_full = self.small.bytes * SMALL_PART > self.small.bytes + self.main.bytes;
        let (first, second) =
            if is_small_full { (&self.small, &self.main) } else { (&self.main, &self.small) };
        first.oldest().or(second.oldest())
    }

    /// Whether a copy whose turn to leave has come stays. It has a new place then.
    fn stays(&mut self, index: u32, claim: impl Fn(&Copied) -> Claim) -> bool {
        let Some(copied) = self.slots.get_mut(index) else { return false };
        let is_small = !copied.used.is_main();
        let rises = is_small && copied.used.reads() >= READS_FOR_MAIN;
        let stays = match claim(copied) {
            Claim::Dead => return false,
            Claim::Guaranteed => true,
            Claim::Plain => rises || (!is_small && copied.used.take_read()),
        };
        if stays {
            self.unlink(index);
            if let Some(copied) = self.slots.get_mut(index).filter(|_| rises) {
                copied.used.enter_main();
            }
            self.enqueue(index);
        } else if is_small {
            let hash = copied.hash;
            self.ghosts.add(hash, self.main.len);
        }
        stays
    }

    /// Slots that many small copies needed are memory that few large ones could use.
    fn compact(&mut self) {
        let len = self.small.len + self.main.len;
        if self.slots.capacity() < LEAST_SLOTS_TO_COMPACT || len * 4 > self.slots.capacity() {
            return;
        }
        let mut copies = Vec::with_capacity(len);
        while let Some(index) = self.small.oldest().or(self.main.oldest()) {
            copies.extend(self.take(index));
        }
        (self.table, self.slots) = (HashTable::with_capacity(len), Slots::default());
        copies.into_iter().for_each(|copied| self.place(copied));
    }

    fn take(&mut self, index: u32) -> Option<Copied> {
        let hash = self.slots.get(index)?.hash.whole();
        if let Ok(entry) = self.table.find_entry(hash, |known| *known == index) {
            entry.remove();
        }
        self.unlink(index);
        self.slots.take(index)
    }

    fn queue(&mut self, index: u32) -> (&mut Queue, &mut Slots) {
        let is_main = self.slots.get(index).is_some_and(|copied| copied.used.is_main());
        (if is_main { &mut self.main } else { &mut self.small }, &mut self.slots)
    }

    fn enqueue(&mut self, index: u32) {
        let (queue, slots) = self.queue(index);
        queue.push(slots, index);
    }

    fn unlink(&mut self, index: u32) {
        let (queue, slots) = self.queue(index);
        queue.unlink(slots, index);
    }

    /// Memory of keys, values and tables.
    pub fn bytes(&self) -> usize {
        self.small.bytes + self.main.bytes + self.table_bytes
    }

    /// Memory of tables, slots and ghosts: what it was when this was asked last, and what it is.
    pub fn recount_tables(&mut self) -> (usize, usize) {
        let bytes = self.table.allocation_size() + self.slots.bytes() + self.ghosts.bytes();
        (std::mem::replace(&mut self.table_bytes, bytes), bytes)
    }
}
