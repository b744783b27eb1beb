//! The record of a tag: hard version, soft version, the time of its change in ms, and the tokens of guarded changes, each
//! behind a space.

use super::entry::{Tag, Versions};

const VERSION_BYTES: usize = 16;
/// Stands for a hard version that this process does not know.
const UNKNOWN: [u8; 8] = [0; 8];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub versions: Versions,
    /// Digits, then tokens.
    told: &'a [u8],
}

/// What a tag's record says of an entry that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Unchanged,
    /// The tag was expired: the entry is stale.
    Soft,
    /// The tag was invalidated: the entry never answers again.
    Hard,
}

impl<'a> Record<'a> {
    /// `None` where the bytes are no record.
    pub fn parse(bytes: &'a [u8]) -> Option<Record<'a>> {
        let (versions, told) = bytes.split_first_chunk::<VERSION_BYTES>()?;
        Some(Record { versions: *versions, told })
    }

    /// When the tag changed, by the clock of the store.
    pub fn changed_ms(&self) -> Option<u64> {
        let digits = self.told.split(|byte| *byte == b' ').next()?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// The tokens of guarded changes, each behind a space.
    pub fn tokens(&self) -> &'a str {
        let from = self.told.iter().position(|byte| *byte == b' ').unwrap_or(self.told.len());
        std::str::from_utf8(&self.told[from..]).unwrap_or_default()
    }

    /// What it says of an entry with this tag.
    pub fn verdict(&self, tag: &Tag<'_>) -> Verdict {
        let (hard, soft) = self.versions.split_at(8);
        let (seen_hard, seen_soft) = tag.versions.split_at(8);
        if hard != seen_hard && hard != UNKNOWN {
            return Verdict::Hard;
        }
        if soft == seen_soft { Verdict::Unchanged } else { Verdict::Soft }
    }
}

/// The bytes of a record.
pub fn record(versions: Versions, changed_ms: u64, tokens: &str) -> Vec<u8> {
    [&versions[..], changed_ms.to_string().as_bytes(), tokens.as_bytes()].concat()
}

/// A record with a new hard version, or with a new soft one over what is known of the hard one.
pub fn changed(
    known: Option<&Record<'_>>,
    is_soft: bool,
    new: Versions,
    changed_ms: u64,
    tokens: &str,
) -> Vec<u8> {
    let mut versions = new;
    if is_soft {
        versions[..8].copy_from_slice(known.map_or(&UNKNOWN[..], |known| &known.versions[..8]));
    }
    record(versions, changed_ms, tokens)
}

/// Both versions of a tag, made of one.
pub fn twice(version: &[u8]) -> Versions {
    [version, version].concat().try_into().unwrap_or_default()
}

/// Adds a token to others, where it is not among them.
pub fn joined(tokens: &str, token: &str) -> String {
    if tokens.split(' ').any(|one| one == token) { tokens.to_owned() } else { format!("{tokens} {token}") }
}

/// The tokens without this one.
pub fn parted(tokens: &str, token: &str) -> String {
    tokens.split(' ').filter(|one| !one.is_empty() && *one != token).fold(String::new(), |mut left, one| {
        left.push(' ');
        left.push_str(one);
        left
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(versions: &[u8; 16]) -> Tag<'static> {
        Tag { name: b"t", versions: *versions }
    }

    #[test]
    fn a_record_is_read_back() {
        let bytes = record([1; 16], 1_790_000_000_123, " ab cd");
        let read = Record::parse(&bytes).unwrap();
        assert_eq!(
            (read.versions, read.changed_ms(), read.tokens()),
            ([1; 16], Some(1_790_000_000_123), " ab cd")
        );
        assert_eq!(Record::parse(b"short"), None);
        let bare = record([1; 16], 7, "");
        assert_eq!(Record::parse(&bare).unwrap().tokens(), "");
        assert_eq!(Record::parse(&[1; 16]).unwrap().changed_ms(), None);
    }

    #[test]
    fn another_hard_version_is_a_miss_and_another_soft_one_stale() {
        let bytes = record(*b"hhhhhhhhssssssss", 1, "");
        let read = Record::parse(&bytes).unwrap();
        assert_eq!(read.verdict(&tag(b"hhhhhhhhssssssss")), Verdict::Unchanged);
        assert_eq!(read.verdict(&tag(b"hhhhhhhhssssssst")), Verdict::Soft);
        assert_eq!(read.verdict(&tag(b"hhhhhhhtssssssss")), Verdict::Hard);
    }

    #[test]
    fn a_soft_change_without_a_known_record_says_nothing_of_the_hard_version() {
        let bytes = changed(None, true, [5; 16], 1, "");
        let read = Record::parse(&bytes).unwrap();
        assert_eq!(read.verdict(&tag(b"hhhhhhhhssssssss")), Verdict::Soft);
        let known = record(*b"hhhhhhhhssssssss", 1, "");
        let known = Record::parse(&known).unwrap();
        let bytes = changed(Some(&known), true, [5; 16], 1, "");
        assert_eq!(Record::parse(&bytes).unwrap().versions[..8], *b"hhhhhhhh");
        let bytes = changed(Some(&known), false, [5; 16], 1, "");
        assert_eq!(Record::parse(&bytes).unwrap().versions, [5; 16]);
    }

    #[test]
    fn tokens_join_once_and_part() {
        let both = joined(&joined(&joined("", "a"), "b"), "a");
        assert_eq!(both, " a b");
        assert_eq!(parted(&both, "a"), " b");
        assert_eq!(parted(&parted(&both, "a"), "b"), "");
    }
}
