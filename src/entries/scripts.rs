//! The Lua of entries. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

#[cfg(feature = "planted-faults")]
use crate::planted::{Fault, is_planted};
use crate::redis::{Sha, sha_of};
use crate::script::lua;

pub const LOOK: &[u8] = lua!("scripts/look.lua");
pub const STORE: &[u8] = lua!("scripts/store.lua");
pub const DROP: &[u8] = lua!("scripts/drop.lua");
pub const LEASE: &[u8] = lua!("scripts/lease.lua");
pub const RETAG: &[u8] = lua!("scripts/retag.lua");
pub const GUARD: &[u8] = lua!("scripts/guard.lua");
pub const CLEAR: &[u8] = lua!("scripts/clear.lua");
pub const LIST: &[u8] = lua!("scripts/list.lua");

/// One of the scripts, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script(usize);

const ALL: [&[u8]; 8] = [LOOK, STORE, DROP, LEASE, RETAG, GUARD, CLEAR, LIST];

static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| texts().map(sha_of));

#[cfg(not(feature = "planted-faults"))]
#[inline]
fn texts() -> &'static [&'static [u8]; ALL.len()] {
    &ALL
}

/// The scripts, with a fault where one is planted.
#[cfg(feature = "planted-faults")]
fn texts() -> &'static [&'static [u8]; ALL.len()] {
    static TEXTS: LazyLock<[&'static [u8]; ALL.len()]> = LazyLock::new(|| {
        let never = |condition: &str| {
            let text = String::from_utf8_lossy(STORE);
            assert!(text.contains(condition), "the script has no condition for the planted fault");
            let planted = text.replace(condition, &format!("{condition} and false"));
            &*Box::leak(planted.into_bytes().into_boxed_slice())
        };
        let mut texts = ALL;
        if is_planted(Fault::FillWithoutToken) {
            texts[Script::STORE.0] = never("lease ~= 'l' .. token and lease ~= 'f' .. token");
        }
        if is_planted(Fault::FillWithoutMark) {
            texts[Script::STORE.0] = never("~= ARGV[4]");
        }
        texts
    });
    &TEXTS
}

impl Script {
    pub const LOOK: Script = Script(0);
    pub const STORE: Script = Script(1);
    pub const DROP: Script = Script(2);
    pub const LEASE: Script = Script(3);
    pub const RETAG: Script = Script(4);
    pub const GUARD: Script = Script(5);
    pub const CLEAR: Script = Script(6);
    pub const LIST: Script = Script(7);

    pub(super) fn all() -> impl Iterator<Item = Script> {
        (0..ALL.len()).map(Script)
    }

    pub(super) fn text(self) -> &'static [u8] {
        texts()[self.0]
    }

    pub(super) fn sha(self) -> &'static [u8] {
        SHAS[self.0].as_slice()
    }
}

/// The text of a script by its SHA-1.
pub(super) fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    SHAS.iter().zip(*texts()).find_map(|(known, text)| (known.as_slice() == sha).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_found_by_its_sha1() {
        for script in Script::all() {
            assert_eq!(text_of(script.sha()), Some(script.text()));
        }
        assert_eq!((Script::LOOK.text(), Script::LIST.text()), (LOOK, LIST));
        assert_eq!(text_of(&[b'0'; 40]), None);
    }
}
