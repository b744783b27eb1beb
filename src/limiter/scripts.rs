//! The Lua of the limiter. The header of each file in `scripts/` says what it takes and answers.
//!
//! Requests name a script by its SHA-1. A server that does not know it has run nothing, and gets the text once.

use std::sync::LazyLock;

use sha1::{Digest, Sha1};

use crate::script::lua;

pub const CONSUME: &[u8] = lua!("scripts/consume.lua");
pub const REFUND: &[u8] = lua!("scripts/refund.lua");
pub const BLOCK: &[u8] = lua!("scripts/block.lua");
pub const HEARTBEAT: &[u8] = lua!("scripts/heartbeat.lua");

/// A script's SHA-1 in the digits that EVALSHA takes.
pub type Sha = [u8; 40];

pub static CONSUME_SHA: LazyLock<Sha> = LazyLock::new(|| sha(CONSUME));
pub static REFUND_SHA: LazyLock<Sha> = LazyLock::new(|| sha(REFUND));
pub static BLOCK_SHA: LazyLock<Sha> = LazyLock::new(|| sha(BLOCK));

/// The text of a script by its SHA-1.
pub(super) fn text_of(sha: &[u8]) -> Option<&'static [u8]> {
    [(&CONSUME_SHA, CONSUME), (&REFUND_SHA, REFUND), (&BLOCK_SHA, BLOCK)]
        .into_iter()
        .find_map(|(known, text)| (known.as_slice() == sha).then_some(text))
}

fn sha(text: &[u8]) -> Sha {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 40];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(Sha1::digest(text)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_as_sha1sum_names_it() {
        assert_eq!(&sha(b"return 1"), b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert_eq!(text_of(CONSUME_SHA.as_slice()), Some(CONSUME));
        assert_eq!(text_of(REFUND_SHA.as_slice()), Some(REFUND));
        assert_eq!(text_of(BLOCK_SHA.as_slice()), Some(BLOCK));
        assert_eq!(text_of(b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), None);
    }
}
