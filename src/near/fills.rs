//! Fills under way: values that were asked for and are not here yet.

use super::groups::Group;
use super::key::Hash;
use super::owners::Owner;
use std::fmt;

/// A key that deserves a copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Wish {
    pub key: Box<[u8]>,
    pub group: Group,
    pub owner: Owner,
}

/// Without the key, which may be a phone number.
impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish").field("group", &self.group).field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// What other connections answered for a key since its fill began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Nothing,
    /// Values of this digest only.
    One(u64),
    /// Different ones, or that there is none.
    Several,
}

#[derive(Debug)]
struct UnderWay {
    hash: Hash,
    answered: Answered,
}

/// The fills under way of one shard: few, at most 256 in all shards together.
#[derive(Debug, Default)]
pub struct FillsUnderWay(Vec<UnderWay>);

impl FillsUnderWay {
    /// False where a fill of this key is under way.
    pub fn begin(&mut self, hash: Hash) -> bool {
        if self.has(hash) {
            return false;
        }
        self.0.push(UnderWay { hash, answered: Answered::Nothing });
        true
    }

    pub fn has(&self, hash: Hash) -> bool {
        self.0.iter().any(|fill| fill.hash == hash)
    }

    /// Another connection answered this.
    pub fn answered(&mut self, hash: Hash, value: Option<&[u8]>) {
        let Some(fill) = self.0.iter_mut().find(|fill| fill.hash == hash) else { return };
        let digest = value.map(Hash::digest);
        fill.answered = match (fill.answered, digest) {
            (Answered::Nothing, Some(digest)) => Answered::One(digest),
            (Answered::One(known), Some(digest)) if known == digest => Answered::One(known),
            _ => Answered::Several,
        };
    }

    /// Ends a fill. Returns whether no other connection answered anything else meanwhile.
    pub fn end(&mut self, hash: Hash, value: Option<&[u8]>) -> bool {
        let Some(index) = self.0.iter().position(|fill| fill.hash == hash) else { return false };
        match self.0.swap_remove(index).answered {
            Answered::Nothing => true,
            Answered::One(digest) => value.map(Hash::digest) == Some(digest),
            Answered::Several => false,
        }
    }
}
