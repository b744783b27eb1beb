//! The Lua that replays the journal, each script one atomic step. The header of each file in `scripts/` says what it takes
//! and answers.

use crate::script::lua;

pub const REPLAY: &[u8] = lua!("scripts/replay.lua");
pub const REPLAY_HASH: &[u8] = lua!("scripts/replay_hash.lua");
pub const REPLAY_ENTRY: &[u8] = lua!("scripts/replay_entry.lua");
pub const REPLAY_TAG: &[u8] = lua!("scripts/replay_tag.lua");

/// Every script, and the most bytes that it may put on the wire: each request carries the text of its script.
pub const ALL: [(&str, &[u8], usize); 4] = [
    ("replay", REPLAY, 1001),
    ("replay_hash", REPLAY_HASH, 1070),
    ("replay_entry", REPLAY_ENTRY, 2000),
    ("replay_tag", REPLAY_TAG, 600),
];
