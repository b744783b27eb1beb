mod backlog;
mod clears;
mod disk;
mod erasing;
mod handing_out;
mod model;
mod room;
mod rules;

use std::time::{Duration, Instant};

use super::*;

const MIB: usize = 1024 * 1024;
const INDEX: &[u8] = b"jack:test:index:org-1";

fn set(value: &[u8]) -> Write<'_> {
    Write::Set { value }
}

fn set_field<'a>(field: &'a [u8], value: &'a [u8]) -> Write<'a> {
    Write::SetField { field, value }
}

fn delete_field(field: &[u8]) -> Write<'_> {
    Write::DeleteField { field }
}

/// A journal and a time that the test sets.
struct Bench {
    journal: Journal,
    now: Instant,
    sequence: u64,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(Journal::new(MIB))
    }

    fn with(journal: Journal) -> Bench {
        Bench { sequence: journal.next_sequence(), journal, now: Instant::now() }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// A record with this sequence, whose content ends in 100 seconds.
    fn at<'a>(&self, key: &'a [u8], write: Write<'a>, sequence: u64) -> Record<'a> {
        let ends = self.now + Duration::from_secs(100);
        Record { key, write, index: None, ends, sequence, older: &[] }
    }

    /// A record with the next sequence.
    fn next<'a>(&mut self, key: &'a [u8], write: Write<'a>) -> Record<'a> {
        self.sequence += 1;
        self.at(key, write, self.sequence)
    }

    fn put(&mut self, record: Record<'_>) -> Recorded {
        self.journal.record_at(&record, self.now)
    }

    /// Records a write, and asserts that it is kept.
    fn write(&mut self, key: &[u8], write: Write<'_>) {
        let record = self.next(key, write);
        assert!(matches!(self.put(record), Recorded::Kept));
    }

    fn write_in(&mut self, index: &[u8], key: &[u8], write: Write<'_>, older: &[Digest]) {
        let record = self.next(key, write);
        assert!(matches!(self.put(Record { index: Some(index), older, ..record }), Recorded::Kept));
    }

    fn clear(&mut self, index: &[u8]) {
        self.sequence += 1;
        let recorded = self.journal.clear(index, Some("org-1"), self.sequence, self.now);
        assert!(matches!(recorded, Recorded::Kept));
    }

    fn value(&self, key: &[u8]) -> Option<Held<'_>> {
        self.journal.value(key, self.now)
    }

    fn field(&self, key: &[u8], field: &[u8]) -> Option<Held<'_>> {
        self.journal.field(key, field, self.now)
    }

    fn content(&self, key: &[u8]) -> Option<&EntryContent> {
        self.journal.entry(key).map(|entry| &entry.content)
    }

    /// Hands out up to `most` entries. Returns their keys.
    fn hand_out(&mut self, most: usize) -> Vec<String> {
        let mut keys = Vec::new();
        self.journal.hand_out(|entry| {
            let has_room = keys.len() < most;
            if has_room {
                keys.push(String::from_utf8_lossy(&entry.key).into_owned());
            }
            has_room
        });
        keys
    }

    fn settle(&mut self, key: &[u8]) {
        let sequence = self.journal.entry(key).unwrap().sequence;
        self.journal.settle(key, sequence);
    }
}

fn hash(is_whole: bool, fields: &[(&str, Option<&str>)]) -> EntryContent {
    let boxed = |text: &str| -> Box<[u8]> { text.as_bytes().into() };
    let fields = fields.iter().map(|(name, value)| (boxed(name), value.map(boxed))).collect();
    EntryContent::Fields { is_whole, fields }
}
