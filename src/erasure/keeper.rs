//! What a room tells of the organizations whose data it keeps.

use std::time::Instant;

use crate::error::Result;

/// A command for Redis: its words. JavaScript adds the cursor as the last word, `0` at first, and sends it again until the
/// reply's cursor is `0`. The reply is a list: the next cursor, then in turn the name of a place, how many keys it had, and
/// their bytes.
pub type Commands = Vec<Vec<Vec<u8>>>;

/// What was erased, or is still there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    pub entries: u64,
    pub bytes: u64,
}

/// What the commands of an erasure do with what they find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Erase,
    Count,
}

impl Mode {
    /// The mode as scripts are told it.
    pub fn word(self) -> &'static [u8] {
        match self {
            Mode::Erase => b"e",
            Mode::Count => b"c",
        }
    }
}

/// Keys whose names do not show whose they are: a pattern that finds them, and a script that looks inside and erases or counts
/// those of an organization. It takes any keys, in a cluster of one slot. Its words are the mode, the place, these and a
/// cursor. It answers as commands do, and may add lists, which are commands to send as they are.
#[derive(Debug, Clone)]
pub struct Inside {
    pub pattern: String,
    pub script: &'static [u8],
    pub words: Vec<String>,
}

/// One place that keeps something of organizations: a kind of keys in Redis, or memory of this process.
pub trait Place {
    /// Its name in the report.
    fn name(&self) -> &'static str;

    /// Whether a key in Redis is the organization's, and belongs to this place.
    fn owns(&self, _key: &[u8], _organization: &str) -> bool {
        false
    }

    /// How its keys in Redis are found, where their names do not tell.
    fn inside(&self, _organization: &str) -> Option<Inside> {
        None
    }

    /// Whether its keys go last, because they keep others from coming back.
    fn goes_last(&self) -> bool {
        false
    }

    /// Forgets what this process keeps.
    fn forget(&self, _organization: &str, _now: Instant) -> Erased {
        Erased::default()
    }

    /// How much this process still keeps.
    fn remaining(&self, _organization: &str, _now: Instant) -> u64 {
        0
    }
}

/// A part of a client that keeps something of organizations.
pub trait Keeper: Send + Sync {
    fn places(&self) -> Vec<Box<dyn Place + '_>>;

    /// What is asked of Redis before all keys are looked at: what indexes list, and keys that do not show the organization.
    ///
    /// # Errors
    /// `E_KEY` where the organization's name is too long.
    fn commands(&self, organization: &str, mode: Mode) -> Result<Commands>;
}
