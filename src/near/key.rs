//! A key of Redis and its hash. All tables of the store are indexed by parts of one hash.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::LazyLock;

/// Seeded once a process, so that nobody can choose keys that meet in one place of the tables.
static SEEDED: LazyLock<foldhash::quality::RandomState> =
    LazyLock::new(foldhash::quality::RandomState::default);

/// A key of Redis with its hash, which is computed once a call.
#[derive(Clone, Copy)]
pub struct Key<'k> {
    bytes: &'k [u8],
    hash: Hash,
}

impl<'k> Key<'k> {
    pub fn new(bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, hash: Hash::of(bytes) }
    }

    /// A key whose hash is known.
    pub(super) fn known(bytes: &'k [u8], hash: Hash) -> Key<'k> {
        Key { bytes, hash }
    }

    pub fn bytes(&self) -> &'k [u8] {
        self.bytes
    }

    pub(super) fn hash(&self) -> Hash {
        self.hash
    }
}

/// Without the key, which may be a phone number.
impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// The hash of a key. Stripe, shard and fingerprint take different bits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash(u64);

impl Hash {
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(SEEDED.hash_one(bytes))
    }

    /// Tells values apart.
    pub fn digest(value: &[u8]) -> u64 {
        SEEDED.hash_one(value)
    }

    /// 0 to 2^16 - 1: chooses a stripe and a mark.
    pub fn low(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    /// 0 to 2^16 - 1: chooses a shard.
    pub fn middle(self) -> usize {
        (self.0 >> 16 & 0xffff) as usize
    }

    /// Places a key in the table of its shard.
    pub fn whole(self) -> u64 {
        self.0
    }

    /// Distinguishes keys within a shard.
    pub fn fingerprint(self) -> u32 {
        (self.0 >> 32) as u32
    }
}
