//! The stored bytes of an entry.
//!
//! | bytes | |
//! |---|---|
//! | 0, 1 | NUL, 3 |
//! | 2 | flags: compressed, absent, of serializer v8 |
//! | 3 to 10 | nonce: another one with each write |
//! | 11 to 14 | how long the factory took, in ms |
//! | 15 to 20 | grace, in ms |
//! | 21 to 24 | where the payload begins |
//! | 25 | the number of tags |
//! | 26, 27 | length of the meta |
//! | 28 to 33 | how long it is fresh from its writing on, in ms |
//! | | each tag: length of its name as two bytes, name as in keys, hard version, soft version |
//! | | meta: JSON text |
//! | | payload |
//!
//! Numbers begin with their highest byte. Scripts read these bytes too: `scripts/*.lua` know these places.

use std::borrow::Cow;
use std::ops::Range;

use crate::codec::{Codec, Corrupt, MAX_VALUE_BYTES};
use crate::error::Result;

pub const HEAD_BYTES: usize = 34;
/// Where the grace is.
pub const GRACE: Range<usize> = 15..21;
const MARK: u8 = 0;
/// 1 and 2 are values that the codec compressed.
const VERSION: u8 = 3;

const COMPRESSED: u8 = 1;
const ABSENT: u8 = 2;
const V8: u8 = 4;

pub type Nonce = [u8; 8];
/// The hard and the soft version of a tag.
pub type Versions = [u8; 16];

const VERSION_BYTES: usize = 16;

/// An entry, read in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    flags: u8,
    pub nonce: Nonce,
    pub factory_ms: u32,
    pub grace_ms: u64,
    pub ttl_ms: u64,
    tag_count: u8,
    tags: &'a [u8],
    pub meta: &'a [u8],
    payload: &'a [u8],
}

/// A tag of an entry: its name as in keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    pub name: &'a [u8],
    pub versions: Versions,
}

/// An entry that is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    pub nonce: Nonce,
    pub factory_ms: u32,
    pub grace_ms: u64,
    pub ttl_ms: u64,
    /// Names as in keys. `None`: the versions are those of the moment when it is stored.
    pub tags: &'a [(Vec<u8>, Option<Versions>)],
    pub meta: &'a [u8],
    pub payload: Payload<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// An `undefined` is kept.
    Absent,
    Json(&'a [u8]),
    V8(&'a [u8]),
    /// The one that is there stays.
    Unchanged,
}

impl<'a> Entry<'a> {
    /// `None` where the bytes are no entry.
    pub fn parse(bytes: &'a [u8]) -> Option<Entry<'a>> {
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>()?;
        let flags = head[2];
        if head[..2] != [MARK, VERSION] || flags & !(COMPRESSED | ABSENT | V8) != 0 {
            return None;
        }
        let body = (number(&head[21..25]) as usize).checked_sub(HEAD_BYTES)?;
        let meta_bytes = number(&head[26..28]) as usize;
        let tag_bytes = body.checked_sub(meta_bytes)?;
        let (told, payload) = rest.split_at_checked(body)?;
        let entry = Entry {
            flags,
            nonce: head[3..11].try_into().ok()?,
            factory_ms: number(&head[11..15]) as u32,
            grace_ms: number(&head[GRACE]),
            ttl_ms: number(&head[28..34]),
            tag_count: head[25],
            tags: &told[..tag_bytes],
            meta: &told[tag_bytes..],
            payload,
        };
        let mut tags = entry.tags();
        let is_whole = tags.by_ref().count() == usize::from(entry.tag_count) && tags.rest.is_empty();
        // What has no value has no flag of one.
        let is_right = payload.is_empty() == entry.is_absent() && (flags == ABSENT || !entry.is_absent());
        (is_whole && is_right).then_some(entry)
    }

    pub fn is_absent(&self) -> bool {
        self.flags & ABSENT != 0
    }

    pub fn is_of_v8(&self) -> bool {
        self.flags & V8 != 0
    }

    pub fn has_tags(&self) -> bool {
        self.tag_count > 0
    }

    pub fn tags(&self) -> Tags<'a> {
        Tags { rest: self.tags, left: self.tag_count }
    }

    /// The caller's bytes.
    pub fn payload(&self, codec: &Codec) -> Result<Cow<'a, [u8]>, Corrupt> {
        if self.flags & COMPRESSED != 0 {
            return codec.decode(self.payload);
        }
        if self.payload.len() > MAX_VALUE_BYTES {
            return Err(Corrupt::TooLarge);
        }
        Ok(Cow::Borrowed(self.payload))
    }

    /// Whether it is fresh, where it and its grace end in `left_ms` together.
    pub fn is_fresh(&self, left_ms: i64) -> bool {
        u64::try_from(left_ms).is_ok_and(|left| left > self.grace_ms)
    }
}

/// The tags of an entry; ends early where its bytes are damaged.
#[derive(Debug, Clone)]
pub struct Tags<'a> {
    rest: &'a [u8],
    left: u8,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (length, rest) = self.rest.split_first_chunk::<2>()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (versions, rest) = rest.split_first_chunk::<VERSION_BYTES>()?;
        self.rest = rest;
        Some(Tag { name, versions: *versions })
    }
}

impl NewEntry<'_> {
    /// Appends the entry. Gives where the versions of each tag go that are not known yet, and 0 for the others.
    ///
    /// # Errors
    /// `E_VALUE_TOO_LARGE`; then nothing is appended.
    pub fn append(&self, codec: &Codec, compresses: bool, out: &mut Vec<u8>) -> Result<Vec<usize>> {
        let start = out.len();
        out.extend_from_slice(&[MARK, VERSION, 0]);
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.factory_ms.to_be_bytes());
        out.extend_from_slice(&self.grace_ms.to_be_bytes()[2..]);
        out.extend_from_slice(&[0; 4]);
        out.push(self.tags.len() as u8);
        out.extend_from_slice(&(self.meta.len() as u16).to_be_bytes());
        out.extend_from_slice(&self.ttl_ms.to_be_bytes()[2..]);
        let mut places = Vec::with_capacity(self.tags.len());
        for (name, versions) in self.tags {
            out.extend_from_slice(&(name.len() as u16).to_be_bytes());
            out.extend_from_slice(name);
            places.push(if versions.is_none() { out.len() - start } else { 0 });
            out.extend_from_slice(&versions.unwrap_or_default());
        }
        out.extend_from_slice(self.meta);
        let body = (out.len() - start) as u32;
        out[start + 21..start + 25].copy_from_slice(&body.to_be_bytes());
        let (bytes, kind) = match self.payload {
            Payload::Absent => (&[][..], ABSENT),
            Payload::Unchanged => (&[][..], 0),
            Payload::Json(bytes) => (bytes, 0),
            Payload::V8(bytes) => (bytes, V8),
        };
        let packed = if compresses || bytes.len() > MAX_VALUE_BYTES {
            codec.pack(bytes, out)
        } else {
            out.extend_from_slice(bytes);
            Ok(false)
        };
        match packed {
            Ok(is_compressed) => out[start + 2] = kind | if is_compressed { COMPRESSED } else { 0 },
            Err(error) => {
                out.truncate(start);
                return Err(error);
            }
        }
        Ok(places)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::Mode;
    use crate::error::ErrorCode;

    fn codec() -> Codec {
        Codec::new(Mode::Auto, 64)
    }

    fn json(payload: &[u8]) -> NewEntry<'_> {
        NewEntry {
            nonce: *b"nonce678",
            factory_ms: 250,
            grace_ms: 0,
            ttl_ms: 5,
            tags: &[],
            meta: b"",
            payload: Payload::Json(payload),
        }
    }

    fn bytes_of(entry: &NewEntry<'_>) -> Vec<u8> {
        let mut out = b"before".to_vec();
        entry.append(&codec(), true, &mut out).unwrap();
        out.split_off(6)
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let tags = [(b"t%41".to_vec(), Some(*b"hardhardsoftsoft"))];
        let entry = NewEntry { grace_ms: 0x01_0000_0002, tags: &tags, meta: b"{}", ..json(b"[1]") };
        let mut expected =
            b"\0\x03\0nonce678\0\0\0\xfa\0\x01\0\0\0\x02\0\0\0\x3a\x01\0\x02\0\0\0\0\0\x05".to_vec();
        expected.extend_from_slice(b"\0\x04t%41hardhardsoftsoft{}[1]");
        assert_eq!(bytes_of(&entry), expected);
    }

    #[test]
    fn versions_that_are_not_known_yet_have_a_place() {
        let tags = [(b"a".to_vec(), Some([7; 16])), (b"bc".to_vec(), None)];
        let entry = NewEntry { tags: &tags, ..json(b"1") };
        let mut out = Vec::new();
        let places = entry.append(&codec(), true, &mut out).unwrap();
        assert_eq!(places, [0, HEAD_BYTES + 2 + 1 + 16 + 2 + 2]);
        out[places[1]..places[1] + 16].copy_from_slice(&[9; 16]);
        let tags: Vec<_> = Entry::parse(&out).unwrap().tags().map(|tag| tag.versions).collect();
        assert_eq!(tags, [[7; 16], [9; 16]]);
    }

    #[test]
    fn what_is_too_large_is_refused_and_nothing_appended() {
        let large = vec![b'1'; MAX_VALUE_BYTES + 1];
        let mut out = b"x".to_vec();
        for compresses in [true, false] {
            let refused = json(&large).append(&codec(), compresses, &mut out).unwrap_err();
            assert_eq!((refused.code(), &out[..]), (ErrorCode::ValueTooLarge, &b"x"[..]));
        }
    }

    #[test]
    fn what_has_no_value_has_no_flag_of_one() {
        let bytes = bytes_of(&NewEntry { payload: Payload::Absent, ..json(b"") });
        assert!(Entry::parse(&bytes).is_some_and(|entry| entry.is_absent()));
        for flag in [COMPRESSED, V8] {
            let mut bytes = bytes.clone();
            bytes[2] |= flag;
            assert_eq!(Entry::parse(&bytes), None);
        }
    }

    #[test]
    fn a_compressed_payload_of_nothing_is_damaged() {
        let mut bytes = bytes_of(&json(b"1"));
        bytes[2] = COMPRESSED;
        bytes.truncate(HEAD_BYTES);
        bytes.extend_from_slice(b"compressed:");
        let entry = Entry::parse(&bytes).unwrap();
        assert_eq!(entry.payload(&codec()), Err(Corrupt::Truncated));
    }

    #[test]
    fn fresh_is_what_outlives_its_grace() {
        let bytes = bytes_of(&NewEntry { grace_ms: 1000, ..json(b"1") });
        let entry = Entry::parse(&bytes).unwrap();
        assert_eq!([1001, 1000, -2].map(|left| entry.is_fresh(left)), [true, false, false]);
    }

    type Made = (Vec<(Vec<u8>, Option<Versions>)>, Vec<u8>, Vec<u8>, u64, u32, u8);

    fn made() -> impl Strategy<Value = Made> {
        let tag = (prop::collection::vec(any::<u8>(), 1..300), any::<Versions>().prop_map(Some));
        (
            prop::collection::vec(tag, 0..64),
            prop::collection::vec(any::<u8>(), 0..1024),
            prop::collection::vec(prop_oneof![Just(b'a'), any::<u8>()], 1..4000),
            0..1u64 << 48,
            any::<u32>(),
            0..3u8,
        )
    }

    fn of_made((tags, meta, payload, grace_ms, factory_ms, kind): &Made) -> NewEntry<'_> {
        let payload = match kind {
            0 => Payload::Json(payload),
            1 => Payload::V8(payload),
            _ => Payload::Absent,
        };
        NewEntry {
            nonce: [8; 8],
            factory_ms: *factory_ms,
            grace_ms: *grace_ms,
            ttl_ms: *grace_ms / 2,
            tags,
            meta,
            payload,
        }
    }

    proptest! {
        #[test]
        fn what_was_stored_is_read_back(made in made(), compresses: bool) {
            let new = of_made(&made);
            let mut bytes = Vec::new();
            new.append(&codec(), compresses, &mut bytes).unwrap();
            let entry = Entry::parse(&bytes).unwrap();
            let tags: Vec<_> = entry.tags().map(|tag| (tag.name.to_vec(), Some(tag.versions))).collect();
            prop_assert_eq!(&tags, &made.0);
            prop_assert_eq!(entry.meta, &made.1[..]);
            prop_assert_eq!((entry.grace_ms, entry.factory_ms, entry.nonce), (made.3, made.4, [8; 8]));
            prop_assert_eq!(entry.is_absent(), made.5 == 2);
            prop_assert_eq!(entry.is_of_v8(), made.5 == 1);
            if !entry.is_absent() {
                prop_assert_eq!(&entry.payload(&codec()).unwrap()[..], &made.2[..]);
            }
        }

        #[test]
        fn damaged_bytes_are_no_entry_or_another_one_and_never_a_panic(
            made in made(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index
        ) {
            let mut bytes = bytes_of(&of_made(&made));
            let length = bytes.len();
            bytes[at.index(length)] = byte;
            bytes.truncate(cut.index(length + 1));
            if let Some(entry) = Entry::parse(&bytes) {
                let _ = entry.payload(&codec());
                prop_assert!(entry.tags().count() <= 255);
            }
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), is_marked: bool) {
            let bytes = if is_marked { [&[0, 3, 0][..], &bytes].concat() } else { bytes };
            if let Some(entry) = Entry::parse(&bytes) {
                let _ = (entry.payload(&codec()), entry.tags().count());
            }
        }

        #[test]
        fn truncated_heads_are_no_entry(made in made(), cut: prop::sample::Index) {
            let bytes = bytes_of(&of_made(&made));
            let body = bytes.len() - usize::from(made.5 != 2);
            let head = number(&bytes[21..25]) as usize;
            prop_assert!(Entry::parse(&bytes[..cut.index(head.min(body))]).is_none());
        }
    }
}
