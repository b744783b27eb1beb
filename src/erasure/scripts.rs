//! The Lua of erasures. The header of each file in `scripts/` says what it takes and answers.

use crate::script::lua;

pub const ERASE_KEYS: &[u8] = lua!("scripts/erase_keys.lua");

/// Every script, and the most bytes that it may put on the wire: each request carries the text of its script.
pub const ALL: [(&str, &[u8], usize); 1] = [("erase_keys", ERASE_KEYS, 420)];
