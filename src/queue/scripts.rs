//! The Lua of queues. The header of each file in `scripts/` says what it takes and answers.
//!
//! Each script is sent behind the prelude that all have in common. Requests name it by its SHA-1. A server that does not know
//! it has run nothing, and gets the text once.

use std::sync::LazyLock;

use crate::redis::{Sha, sha_of};
use crate::script::lua;

/// In front of all others.
pub const PRELUDE: &[u8] = lua!("scripts/prelude.lua");
pub const ADD: &[u8] = lua!("scripts/add.lua");
pub const FINISH: &[u8] = lua!("scripts/finish.lua");
pub const RENEW: &[u8] = lua!("scripts/renew.lua");
pub const UPDATE: &[u8] = lua!("scripts/update.lua");
pub const SWEEP: &[u8] = lua!("scripts/sweep.lua");
pub const ADMIN: &[u8] = lua!("scripts/admin.lua");
pub const LOOK: &[u8] = lua!("scripts/look.lua");
pub const FIRE: &[u8] = lua!("scripts/fire.lua");
pub const SCHEDULES: &[u8] = lua!("scripts/schedules.lua");

/// A script, by its place in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script(usize);

const ALL: [&[u8]; 9] = [ADD, FINISH, RENEW, UPDATE, SWEEP, ADMIN, LOOK, FIRE, SCHEDULES];

static TEXTS: LazyLock<[Vec<u8>; ALL.len()]> =
    LazyLock::new(|| ALL.map(|body| [PRELUDE, b"\n", body].concat()));
static SHAS: LazyLock<[Sha; ALL.len()]> = LazyLock::new(|| {
    let mut shas = [[0; 40]; ALL.len()];
    for (sha, text) in shas.iter_mut().zip(TEXTS.iter()) {
        *sha = sha_of(text);
    }
    shas
});

impl Script {
    pub const ADD: Script = Script(0);
    pub const FINISH: Script = Script(1);
    pub const RENEW: Script = Script(2);
    pub const UPDATE: Script = Script(3);
    pub const SWEEP: Script = Script(4);
    pub const ADMIN: Script = Script(5);
    pub const LOOK: Script = Script(6);
    pub const FIRE: Script = Script(7);
    pub const SCHEDULES: Script = Script(8);

    pub fn sha(self) -> &'static [u8] {
        &SHAS[self.0]
    }

    pub fn text(self) -> &'static [u8] {
        &TEXTS[self.0]
    }
}

/// The text of a script by its SHA-1.
pub fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    let at = SHAS.iter().position(|known| known.as_slice() == sha)?;
    Some(&TEXTS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_found_by_its_sha1() {
        for (at, body) in ALL.iter().enumerate() {
            let script = Script(at);
            assert_eq!(text_of(script.sha()), Some(script.text()));
            assert!(script.text().starts_with(PRELUDE) && script.text().ends_with(body));
        }
        assert_eq!((Script::ADD.text(), Script::SCHEDULES.text()), (&*TEXTS[0], &*TEXTS[8]));
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
