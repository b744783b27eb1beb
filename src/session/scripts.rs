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
pub const EXTEND: &[u8] = lua!("scripts/extend.lua");
pub const COUNT: &[u8] = lua!("scripts/count.lua");
/// Sent by its text, in an erasure.
pub const ERASE: &[u8] = lua!("scripts/erase.lua");

/// A script, by its place in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script(usize);

const ALL: [&[u8]; 10] = [CREATE, TOUCH, UPDATE, ROTATE, DESTROY, REVOKE, LIST, DIRECTORY, EXTEND, COUNT];

static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| ALL.map(sha_of));

impl Script {
    pub const CREATE: Script = Script(0);
    pub const TOUCH: Script = Script(1);
    pub const UPDATE: Script = Script(2);
    pub const ROTATE: Script = Script(3);
    pub const DESTROY: Script = Script(4);
    pub const REVOKE: Script = Script(5);
    pub const LIST: Script = Script(6);
    pub const DIRECTORY: Script = Script(7);
    pub const EXTEND: Script = Script(8);
    pub const COUNT: Script = Script(9);

    pub fn sha(self) -> &'static [u8] {
        &SHAS[self.0]
    }

    pub fn text(self) -> &'static [u8] {
        ALL[self.0]
    }

    pub fn of_sha(sha: &[u8]) -> Option<Script> {
        SHAS.iter().position(|known| known.as_slice() == sha).map(Script)
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
        for (script, text) in [
            (Script::CREATE, CREATE),
            (Script::TOUCH, TOUCH),
            (Script::UPDATE, UPDATE),
            (Script::ROTATE, ROTATE),
            (Script::DESTROY, DESTROY),
            (Script::REVOKE, REVOKE),
            (Script::LIST, LIST),
            (Script::DIRECTORY, DIRECTORY),
            (Script::EXTEND, EXTEND),
            (Script::COUNT, COUNT),
        ] {
            assert_eq!((Script::of_sha(&sha_of(text)), script.text()), (Some(script), text));
            assert_eq!(script.sha(), sha_of(text));
        }
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
