//! The Lua of the limiter. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

use crate::redis::{Sha, sha_of as sha};
use crate::script::lua;

pub const CONSUME: &[u8] = lua!("scripts/consume.lua");
pub const REFUND: &[u8] = lua!("scripts/refund.lua");
pub const BLOCK: &[u8] = lua!("scripts/block.lua");
pub const RENEW: &[u8] = lua!("scripts/renew.lua");
pub const RELEASE: &[u8] = lua!("scripts/release.lua");
pub const HEARTBEAT: &[u8] = lua!("scripts/heartbeat.lua");

pub static CONSUME_SHA: LazyLock<Sha> = LazyLock::new(|| sha(CONSUME));
pub static REFUND_SHA: LazyLock<Sha> = LazyLock::new(|| sha(REFUND));
pub static BLOCK_SHA: LazyLock<Sha> = LazyLock::new(|| sha(BLOCK));
pub static RENEW_SHA: LazyLock<Sha> = LazyLock::new(|| sha(RENEW));
pub static RELEASE_SHA: LazyLock<Sha> = LazyLock::new(|| sha(RELEASE));

/// The text of a script by its SHA-1.
pub(super) fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    let known = [
        (&CONSUME_SHA, CONSUME),
        (&REFUND_SHA, REFUND),
        (&BLOCK_SHA, BLOCK),
        (&RELEASE_SHA, RELEASE),
        (&RENEW_SHA, RENEW),
    ];
    known.into_iter().find_map(|(known, text)| (known.as_slice() == sha).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_found_by_its_sha1() {
        assert_eq!(text_of(CONSUME_SHA.as_slice()), Some(CONSUME));
        assert_eq!(text_of(REFUND_SHA.as_slice()), Some(REFUND));
        assert_eq!(text_of(BLOCK_SHA.as_slice()), Some(BLOCK));
        assert_eq!(text_of(RELEASE_SHA.as_slice()), Some(RELEASE));
        assert_eq!(text_of(RENEW_SHA.as_slice()), Some(RENEW));
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
