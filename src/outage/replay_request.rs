//! Entries of the journal as requests for Redis.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use super::lifetime::{EXTRA_INDEX_LIFE, end_of_life, milliseconds};
use super::scripts::{REPLAY, REPLAY_ENTRY, REPLAY_HASH, REPLAY_TAG};
use crate::journal::{Digest, Entry, EntryContent};
use crate::key::{EntryRule, Keys};
use crate::lane::{append_argument, append_command, append_header, append_integer_argument};
use crate::redis::append_aged;

/// How long a tag's record lives that a replay makes, in ms.
const RECORD_LIFE: &[u8] = b"86400000";

/// Several plain values and deletes in one request.
#[derive(Debug, Default)]
pub(super) struct ReplayRequest {
    names: Vec<(Arc<[u8]>, u64)>,
    keys: Vec<u8>,
    key_count: usize,
    arguments: Vec<u8>,
    argument_count: usize,
}

impl ReplayRequest {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn byte_count(&self) -> usize {
        self.keys.len() + self.arguments.len()
    }

    /// The entries, by key and sequence, in the order of their answers.
    pub(super) fn take_names(&mut self) -> Vec<(Arc<[u8]>, u64)> {
        std::mem::take(&mut self.names)
    }

    pub(super) fn add(&mut self, entry: &Entry, now: Instant) {
        self.names.push((entry.key.clone(), entry.sequence));
        self.key(&entry.key);
        let left = entry.ends.saturating_duration_since(now);
        let (kind, value): (&[u8], &[u8]) = match &entry.content {
            EntryContent::Value(value) => (b"s", value),
            EntryContent::Gone | EntryContent::Fields { .. } => (b"d", b""),
        };
        self.argument(kind);
        self.number(milliseconds(left));
        self.argument(value);
        match &entry.index {
            Some(index) if kind == b"s" => {
                self.argument(b"1");
                self.key(index);
                self.number(end_of_life(left));
                self.number(milliseconds(left + EXTRA_INDEX_LIFE));
            }
            _ => self.argument(b"0"),
        }
        self.number(entry.older.len() as i64);
        for digest in &entry.older {
            self.argument(&hexadecimal(digest));
        }
    }

    /// Appends the request, which has one reply.
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        append_header(out, 3 + self.key_count + self.argument_count);
        append_argument(out, b"EVAL");
        append_argument(out, REPLAY);
        append_integer_argument(out, self.key_count as i64);
        out.extend_from_slice(&self.keys);
        out.extend_from_slice(&self.arguments);
    }

    fn key(&mut self, key: &[u8]) {
        append_argument(&mut self.keys, key);
        self.key_count += 1;
    }

    fn argument(&mut self, argument: &[u8]) {
        append_argument(&mut self.arguments, argument);
        self.argument_count += 1;
    }

    fn number(&mut self, number: i64) {
        append_integer_argument(&mut self.arguments, number);
        self.argument_count += 1;
    }
}

/// Appends the replay of a hash's fields; of anything else nothing.
pub(super) fn append_fields(entry: &Entry, now: Instant, out: &mut Vec<u8>) {
    let EntryContent::Fields { is_whole, fields } = &entry.content else { return };
    let left = entry.ends.saturating_duration_since(now);
    let key_count = 1 + usize::from(entry.index.is_some());
    append_header(out, 3 + key_count + 5 + entry.older.len() + 3 * fields.len());
    append_argument(out, b"EVAL");
    append_argument(out, REPLAY_HASH);
    append_integer_argument(out, key_count as i64);
    append_argument(out, &entry.key);
    entry.index.iter().for_each(|index| append_argument(out, index));
    append_integer_argument(out, milliseconds(left));
    append_integer_argument(out, i64::from(*is_whole));
    append_integer_argument(out, end_of_life(left));
    append_integer_argument(out, milliseconds(left + EXTRA_INDEX_LIFE));
    append_integer_argument(out, entry.older.len() as i64);
    entry.older.iter().for_each(|digest| append_argument(out, &hexadecimal(digest)));
    for (field, value) in fields {
        append_argument(out, if value.is_some() { b"s" } else { b"d" });
        append_argument(out, field);
        append_argument(out, value.as_deref().unwrap_or_default());
    }
}

/// Appends the replay of a write to a key that is merged by a rule of its own. False, and nothing, where it has none.
pub(super) fn append_by_rule(keys: &Keys, entry: &Entry, now: Instant, out: &mut Vec<u8>) -> bool {
    match keys.entry_rule(&entry.key) {
        None => false,
        Some(EntryRule::Tag) => {
            let new = new_versions();
            let record = if let EntryContent::Value(record) = &entry.content { record } else { &new[..] };
            append_command(out, &[b"EVAL", REPLAY_TAG, b"1", &entry.key, record, RECORD_LIFE]);
            true
        }
        Some(EntryRule::Entry) => {
            append_entry(keys, entry, now, out);
            true
        }
        Some(EntryRule::Request) => {
            if let EntryContent::Value(request) = &entry.content
                && append_aged(request, entry.age(now), out)
            {
                return true;
            }
            // Nothing is left to do: the answer is that of a script that has done it.
            append_command(out, &[b"EVAL", b"return {1}", b"0"]);
            true
        }
    }
}

fn append_entry(keys: &Keys, entry: &Entry, now: Instant, out: &mut Vec<u8>) {
    let left = entry.ends.saturating_duration_since(now);
    let (kind, value): (&[u8], &[u8]) = match &entry.content {
        EntryContent::Value(value) => (b"s", value),
        EntryContent::Gone | EntryContent::Fields { .. } => (b"d", b""),
    };
    let index = keys.index_of(&entry.key).unwrap_or_default();
    append_header(out, 3 + 4 + 8 + entry.older.len());
    append_argument(out, b"EVAL");
    append_argument(out, REPLAY_ENTRY);
    append_integer_argument(out, 4);
    for key in [&entry.key[..], &keys.lease_of(&entry.key), &index, &keys.directory_of(&index)] {
        append_argument(out, key);
    }
    append_argument(out, kind);
    append_integer_argument(out, milliseconds(left));
    append_argument(out, value);
    append_integer_argument(out, end_of_life(left));
    append_integer_argument(out, milliseconds(left + EXTRA_INDEX_LIFE));
    append_argument(out, &keys.tags_of(&entry.key));
    append_argument(out, &new_versions());
    append_integer_argument(out, milliseconds(entry.age(now)));
    entry.older.iter().for_each(|digest| append_argument(out, &hexadecimal(digest)));
}

/// The versions of a tag without a record: any that no other record has.
fn new_versions() -> [u8; 16] {
    let number = || RandomState::new().hash_one(0);
    (u128::from(number()) << 64 | u128::from(number())).to_be_bytes()
}

/// As `redis.sha1hex` writes it.
fn hexadecimal(digest: &Digest) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    digest.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_as_redis_writes_them() {
        let mut digest = [0; 20];
        digest[0] = 0xda;
        digest[19] = 0x09;
        let text = hexadecimal(&digest);
        assert!(text.starts_with(b"da00") && text.ends_with(b"0009") && text.len() == 40);
    }
}
