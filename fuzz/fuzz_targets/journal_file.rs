//! Reads arbitrary bytes as a journal's file: no panic, no more than the file contains, and the journal is
//! the same after it is written and read again.

#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use orgcache::journal::{Digest, EntryContent, Journal, Record, Write};

const TARGET: Digest = [7; 20];

/// The bytes themselves, or pieces of them with correct lengths and checksums, because a fuzzer does not
/// guess a CRC-32.
fn file_of(input: &[u8]) -> Vec<u8> {
    let mut file = Journal::new(0).image(&TARGET, Instant::now());
    match input.split_first() {
        Some((0, rest)) => return rest.to_vec(),
        Some((1, rest)) => file.extend(rest),
        Some((_, mut rest)) => {
            while let Some((length, after)) = rest.split_first() {
                let (payload, next) = after.split_at(after.len().min(usize::from(*length)));
                file.extend((payload.len() as u32).to_le_bytes());
                file.extend(crc32fast::hash(payload).to_le_bytes());
                file.extend(payload);
                rest = next;
            }
        }
        None => {}
    }
    file
}

fuzz_target!(|input: &[u8]| {
    let file = file_of(input);
    let now = Instant::now();
    let Some(mut journal) = Journal::read(&file, &TARGET, now) else { return };
    let mut held = 0;
    let mut keys = Vec::new();
    journal.hand_out(|entry| {
        held += entry.key.len() + content_bytes(&entry.content) + entry.older.len() * size_of::<Digest>();
        keys.push(entry.key.clone());
        true
    });
    assert_eq!(keys.len(), journal.len());
    assert!(held <= file.len(), "more than the file has");
    assert!(held <= journal.bytes());

    let image = journal.image(&TARGET, now);
    let Some(again) = Journal::read(&image, &TARGET, now) else { panic!("its own file is refused") };
    assert_eq!(again.clears().count(), journal.clears().count());
    for entry in keys.iter().filter_map(|key| journal.entry(key)) {
        // An entry may have ended between the two readings.
        let Some(copy) = again.entry(&entry.key) else {
            assert!(entry.ends <= Instant::now());
            continue;
        };
        assert_eq!((copy.sequence, &copy.older), (entry.sequence, &entry.older));
        assert!(copy.content == entry.content || copy.content == EntryContent::Gone);
    }

    for key in keys {
        let sequence = journal.next_sequence();
        let record = Record { key: &key, write: Write::Delete, index: None, ends: now, sequence, older: &[] };
        let _ = journal.record(record);
        journal.forget(&key);
    }
    assert_eq!(journal.len(), 0);
});

fn content_bytes(content: &EntryContent) -> usize {
    match content {
        EntryContent::Value(value) => value.len(),
        EntryContent::Fields { fields, .. } => fields
            .iter()
            .map(|(name, value)| name.len() + value.as_ref().map_or(0, |value| value.len()))
            .sum(),
        EntryContent::Gone => 0,
    }
}
