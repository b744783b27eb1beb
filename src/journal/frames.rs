//! Encodes changes of a journal as bytes of its file.
//!
//! Promises: `decode` returns what was encoded; for any other bytes it returns `None`, and it never allocates
//! more than the bytes it gets. Relies on a checksum to detect changed bytes. Never reads or writes a file.
//!
//! A frame is the length of the payload (u32), its CRC-32 (u32) and the payload: a tag, the time of the
//! change and the change. Numbers are little-endian; times are milliseconds of the Unix epoch.

use std::collections::BTreeMap;
use std::time::Instant;

use super::clock::Clock;
use super::entry::{Entry, EntryContent};
use super::{Clear, Digest, Record, Write};

/// The length and the checksum.
pub(super) const FRAME_HEAD_BYTES: usize = 8;

const SET: u8 = 1;
const DELETE: u8 = 2;
const SET_FIELD: u8 = 3;
const DELETE_FIELD: u8 = 4;
const CLEAR: u8 = 5;
const SETTLE: u8 = 6;
const FORGET: u8 = 7;
const SETTLE_CLEAR: u8 = 8;
const ENTRY: u8 = 9;

const VALUE_CONTENT: u8 = 0;
const GONE_CONTENT: u8 = 1;
const PART_CONTENT: u8 = 2;
const WHOLE_CONTENT: u8 = 3;

/// One change of a journal, as written to its file.
#[derive(Debug)]
pub(super) enum Change<'a> {
    Record(Record<'a>),
    Clear {
        index: &'a [u8],
        organization: Option<&'a str>,
        sequence: u64,
    },
    Settle {
        key: &'a [u8],
        sequence: u64,
    },
    Forget {
        key: &'a [u8],
    },
    SettleClear {
        index: &'a [u8],
        sequence: u64,
    },
    /// A whole entry, from the rewrite of a file.
    Entry(Box<Entry>),
}

/// Appends a change's frame. False when the change is too long for one frame; nothing is appended then.
#[must_use]
pub(super) fn encode(change: &Change<'_>, at: Instant, clock: Clock, out: &mut Vec<u8>) -> bool {
    match change {
        Change::Record(record) => in_frame(out, |out| put_record(out, record, at, clock)),
        Change::Clear { index, organization, sequence } => {
            in_frame(out, |out| put_clear(out, index, *organization, *sequence, clock.millis(at)))
        }
        Change::Settle { key, sequence } => in_frame(out, |out| {
            put_head(out, SETTLE, clock.millis(at));
            put_bytes(out, key);
            put_number(out, *sequence);
        }),
        Change::Forget { key } => in_frame(out, |out| {
            put_head(out, FORGET, clock.millis(at));
            put_bytes(out, key);
        }),
        Change::SettleClear { index, sequence } => in_frame(out, |out| {
            put_head(out, SETTLE_CLEAR, clock.millis(at));
            put_bytes(out, index);
            put_number(out, *sequence);
        }),
        Change::Entry(entry) => encode_entry(entry, clock, out),
    }
}

/// Appends the frame of a whole entry.
#[must_use]
pub(super) fn encode_entry(entry: &Entry, clock: Clock, out: &mut Vec<u8>) -> bool {
    in_frame(out, |out| put_entry(out, entry, clock))
}

/// Appends the frame of a pending clear.
#[must_use]
pub(super) fn encode_clear(clear: &Clear, clock: Clock, out: &mut Vec<u8>) -> bool {
    let organization = clear.organization.as_deref();
    in_frame(out, |out| put_clear(out, &clear.index, organization, clear.sequence, clock.millis(clear.at)))
}

pub(super) fn in_frame(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) -> bool {
    let start = out.len();
    out.extend([0; FRAME_HEAD_BYTES]);
    payload(out);
    let Ok(length) = u32::try_from(out.len() - start - FRAME_HEAD_BYTES) else {
        out.truncate(start);
        return false;
    };
    let checksum = crc32fast::hash(&out[start + FRAME_HEAD_BYTES..]);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + FRAME_HEAD_BYTES].copy_from_slice(&checksum.to_le_bytes());
    true
}

fn put_record(out: &mut Vec<u8>, record: &Record<'_>, at: Instant, clock: Clock) {
    let (tag, field, value) = match record.write {
        Write::Set { value } => (SET, None, Some(value)),
        Write::Delete => (DELETE, None, None),
        Write::SetField { field, value } => (SET_FIELD, Some(field), Some(value)),
        Write::DeleteField { field } => (DELETE_FIELD, Some(field), None),
    };
    put_head(out, tag, clock.millis(at));
    put_bytes(out, record.key);
    put_optional(out, record.index);
    put_number(out, clock.millis(record.ends));
    put_number(out, record.sequence);
    put_digests(out, record.older);
    for part in [field, value].into_iter().flatten() {
        put_bytes(out, part);
    }
}

fn put_clear(out: &mut Vec<u8>, index: &[u8], organization: Option<&str>, sequence: u64, at_millis: u64) {
    put_head(out, CLEAR, at_millis);
    put_bytes(out, index);
    put_optional(out, organization.map(str::as_bytes));
    put_number(out, sequence);
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry, clock: Clock) {
    put_head(out, ENTRY, clock.millis(entry.changed));
    put_bytes(out, &entry.key);
    put_optional(out, entry.index.as_deref());
    put_number(out, clock.millis(entry.ends));
    put_number(out, entry.sequence);
    put_digests(out, &entry.older);
    put_number(out, entry.base_sequence);
    put_number(out, entry.ends_sequence);
    put_number(out, clock.millis(entry.recorded));
    match &entry.content {
        EntryContent::Value(value) => {
            out.push(VALUE_CONTENT);
            put_bytes(out, value);
        }
        EntryContent::Gone => out.push(GONE_CONTENT),
        EntryContent::Fields { is_whole, fields } => {
            out.push(if *is_whole { WHOLE_CONTENT } else { PART_CONTENT });
            for (name, value) in fields {
                put_bytes(out, name);
                put_number(out, entry.written.get(name).copied().unwrap_or(entry.sequence));
                put_optional(out, value.as_deref());
            }
        }
    }
}

fn put_head(out: &mut Vec<u8>, tag: u8, at_millis: u64) {
    out.push(tag);
    put_number(out, at_millis);
}

fn put_number(out: &mut Vec<u8>, number: u64) {
    out.extend(number.to_le_bytes());
}

/// A length that does not fit makes the whole payload too long for its frame.
fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

fn put_optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        put_bytes(out, bytes);
    }
}

fn put_digests(out: &mut Vec<u8>, digests: &[Digest]) {
    put_bytes(out, digests.as_flattened());
}

/// Reads a frame's payload: the time of the change, and the change.
pub(super) fn decode(payload: &[u8], clock: Clock) -> Option<(Instant, Change<'_>)> {
    let mut rest = Rest { bytes: payload };
    let tag = rest.byte()?;
    let at_millis = rest.number()?;
    let clock = clock.reading_from(at_millis);
    let at = clock.instant(at_millis);
    let change = match tag {
        SET | DELETE | SET_FIELD | DELETE_FIELD => Change::Record(rest.record(tag, clock)?),
        CLEAR => Change::Clear {
            index: rest.bytes()?,
            organization: rest.optional_text()?,
            sequence: rest.number()?,
        },
        SETTLE => Change::Settle { key: rest.bytes()?, sequence: rest.number()? },
        FORGET => Change::Forget { key: rest.bytes()? },
        SETTLE_CLEAR => Change::SettleClear { index: rest.bytes()?, sequence: rest.number()? },
        ENTRY => Change::Entry(rest.entry(at, clock)?),
        _ => return None,
    };
    rest.bytes.is_empty().then_some((at, change))
}

/// The bytes that are not read yet.
struct Rest<'a> {
    bytes: &'a [u8],
}

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let (bytes, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        self.take(usize::try_from(u32::from_le_bytes(*length)).ok()?)
    }

    fn optional(&mut self) -> Option<Option<&'a [u8]>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(self.bytes()?)),
            _ => None,
        }
    }

    fn optional_text(&mut self) -> Option<Option<&'a str>> {
        match self.optional()? {
            None => Some(None),
            Some(bytes) => Some(Some(str::from_utf8(bytes).ok()?)),
        }
    }

    fn digests(&mut self) -> Option<&'a [Digest]> {
        let (digests, rest) = self.bytes()?.as_chunks();
        rest.is_empty().then_some(digests)
    }

    fn record(&mut self, tag: u8, clock: Clock) -> Option<Record<'a>> {
        Some(Record {
            key: self.bytes()?,
            index: self.optional()?,
            ends: clock.instant(self.number()?),
            sequence: self.number()?,
            older: self.digests()?,
            write: match tag {
                SET => Write::Set { value: self.bytes()? },
                DELETE => Write::Delete,
                SET_FIELD => Write::SetField { field: self.bytes()?, value: self.bytes()? },
                DELETE_FIELD => Write::DeleteField { field: self.bytes()? },
                _ => return None,
            },
        })
    }

    fn entry(&mut self, changed: Instant, clock: Clock) -> Option<Box<Entry>> {
        let key = self.bytes()?;
        let index = self.optional()?;
        let ends = clock.instant(self.number()?);
        let sequence = self.number()?;
        let older = self.digests()?;
        let base_sequence = self.number()?;
        let ends_sequence = self.number()?;
        let recorded = clock.instant(self.number()?);
        let mut written = BTreeMap::new();
        let content = match self.byte()? {
            VALUE_CONTENT => EntryContent::Value(self.bytes()?.into()),
            GONE_CONTENT => EntryContent::Gone,
            tag @ (PART_CONTENT | WHOLE_CONTENT) => {
                let mut fields = BTreeMap::new();
                while !self.bytes.is_empty() {
                    let name = self.bytes()?;
                    written.insert(name.into(), self.number()?);
                    fields.insert(name.into(), self.optional()?.map(Into::into));
                }
                EntryContent::Fields { is_whole: tag == WHOLE_CONTENT, fields }
            }
            _ => return None,
        };
        let mut entry = Box::new(Entry::restored(key, content, written));
        entry.index = index.map(Into::into);
        entry.ends = ends;
        entry.sequence = sequence;
        entry.base_sequence = base_sequence;
        entry.ends_sequence = ends_sequence;
        entry.recorded = recorded;
        entry.changed = changed;
        entry.add_older(older);
        Some(entry)
    }
}
