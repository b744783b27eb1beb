//! The Lua of topics. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

use crate::redis::{Sha, sha_of};
use crate::script::lua;

pub const PUBLISH: &[u8] = lua!("scripts/publish.lua");
pub const READ: &[u8] = lua!("scripts/read.lua");

/// A script, by its place in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script(usize);

const ALL: [&[u8]; 2] = [PUBLISH, READ];

static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| ALL.map(sha_of));

impl Script {
    pub const PUBLISH: Script = Script(0);
    pub const READ: Script = Script(1);

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
        for (script, text) in [(Script::PUBLISH, PUBLISH), (Script::READ, READ)] {
            assert_eq!((Script::of_sha(&sha_of(text)), script.text()), (Some(script), text));
            assert_eq!(script.sha(), sha_of(text));
        }
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
