//! The Lua of sessions. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

use crate::redis::{Sha, sha_of};
use crate::script::lua;

pub const CREATE: &[u8] = lua!("scripts/create.lua");
pub const TOUCH: &[u8] = lua!("scripts/touch.lua");
pub const UPDATE: &[u8] = lua!("scripts/update.lua");
pub const ROTATE: &[u8] = lua!("scripts/rotate.lua");
pub const DESTROY: &[u8] = lua!("scripts/destroy.lua");
pub const REVOKE: &[u8] = lua!("scripts/revoke.lua");
pub const LIST: &[u8] = lua!("scripts/list.lua");
pub const DIRECTORY: &[u8] = lua!("scripts/directory.lua");

/// A script, by its place in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Create,
    Touch,
    Update,
    Rotate,
    Destroy,
    Revoke,
    List,
    Directory,
}

const ALL: [(Script, &[u8]); 8] = [
    (Script::Create, CREATE),
    (Script::Touch, TOUCH),
    (Script::Update, UPDATE),
    (Script::Rotate, ROTATE),
    (Script::Destroy, DESTROY),
    (Script::Revoke, REVOKE),
    (Script::List, LIST),
    (Script::Directory, DIRECTORY),
];

static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| ALL.map(|(_, text)| sha_of(text)));

impl Script {
    pub fn sha(self) -> &'static [u8] {
        &SHAS[self as usize]
    }

    pub fn text(self) -> &'static [u8] {
        ALL[self as usize].1
    }

    pub fn of_sha(sha: &[u8]) -> Option<Script> {
        let position = SHAS.iter().position(|known| known.as_slice() == sha)?;
        Some(ALL[position].0)
    }
}

/// The text of a script by its SHA-1.
pub(super) fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    Script::of_sha(sha).map(Script::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_found_by_its_sha1() {
        for (position, (script, text)) in ALL.into_iter().enumerate() {
            assert_eq!(script as usize, position);
            assert_eq!((Script::of_sha(script.sha()), script.text()), (Some(script), text));
            assert_eq!(sha_of(text), SHAS[position]);
        }
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
