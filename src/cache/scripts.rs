//! The Lua that runs inside Redis, each script one atomic step. The header of each file in `scripts/` says what it takes
//! and answers.
//!
//! They name keys that are not declared (an index lists them), which a single primary allows; see
//! <https://redis.io/docs/latest/develop/programmability/eval-intro/>.

use crate::script::lua;

pub const EXTEND_INDEX: &[u8] = lua!("scripts/extend_index.lua");
pub const TRIM_INDEX: &[u8] = lua!("scripts/trim_index.lua");
pub const CLEAR_INDEX: &[u8] = lua!("scripts/clear_index.lua");
pub const DROP_UNLESS_HASH: &[u8] = lua!("scripts/drop_unless_hash.lua");
pub const CLEAR_LEGACY_HASH: &[u8] = lua!("scripts/clear_legacy_hash.lua");
pub const ERASE_INDEX: &[u8] = lua!("scripts/erase_index.lua");
pub const ERASE_LEGACY_HASH: &[u8] = lua!("scripts/erase_legacy_hash.lua");
pub const MOVE_LEGACY: &[u8] = lua!("scripts/move_legacy.lua");

/// Every script, and the most bytes that it may put on the wire: each request carries the text of its script.
pub const ALL: [(&str, &[u8], usize); 8] = [
    ("extend_index", EXTEND_INDEX, 108),
    ("trim_index", TRIM_INDEX, 450),
    ("clear_index", CLEAR_INDEX, 1492),
    ("drop_unless_hash", DROP_UNLESS_HASH, 98),
    ("clear_legacy_hash", CLEAR_LEGACY_HASH, 251),
    ("erase_index", ERASE_INDEX, 1800),
    ("erase_legacy_hash", ERASE_LEGACY_HASH, 420),
    ("move_legacy", MOVE_LEGACY, 611),
];
