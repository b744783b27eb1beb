//! The Lua of entries. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

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

/// One of the scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Look,
    Store,
    Drop,
    Lease,
    Retag,
    Guard,
    Clear,
    List,
}

const ALL: [(Script, &[u8]); 8] = [
    (Script::Look, LOOK),
    (Script::Store, STORE),
    (Script::Drop, DROP),
    (Script::Lease, LEASE),
    (Script::Retag, RETAG),
    (Script::Guard, GUARD),
    (Script::Clear, CLEAR),
    (Script::List, LIST),
];

static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| ALL.map(|(_, text)| sha_of(text)));

impl Script {
    pub(super) fn sha(self) -> &'static [u8] {
        SHAS[self as usize].as_slice()
    }
}

impl Script {
    pub(super) fn text(self) -> &'static [u8] {
        ALL[self as usize].1
    }
}

/// Every script.
pub(super) fn all() -> impl Iterator<Item = Script> {
    ALL.into_iter().map(|(script, _)| script)
}

/// The text of a script by its SHA-1.
pub(super) fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    SHAS.iter().zip(ALL).find_map(|(known, (_, text))| (known.as_slice() == sha).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_found_by_its_sha1() {
        for (script, text) in ALL {
            assert_eq!(text_of(script.sha()), Some(text));
        }
        assert_eq!(text_of(&[b'0'; 40]), None);
    }
}
