//! What keeps the indexes of organizations right: they outlive what they list, and forget what
//! has expired.

use std::time::Duration;

use super::core::Core;
use super::request::Operation;
use super::scripts::{EXTEND_INDEX, TRIM_INDEX};
use super::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use crate::lane::{
    Frame, Node, Requests, append_argument, append_command, append_header, append_integer_argument,
};
use crate::outage::lifetime::{EXTRA_INDEX_LIFE, end_of_life, milliseconds};

/// One in so many writes to organizations trims the index it wrote to...
const TRIM_EVERY: u64 = 64;
/// ... of at most this many entries, so entries go twice as fast as they come.
const TRIM_ENTRIES: i64 = 128;

/// Looks after the index that a write has just added to. True where the write's outcome now
/// depends on a further request: were the index to end before the value, clearing would miss it.
pub fn after_indexed_write(
    core: &Core,
    operation: &Operation<'_>,
    frame: Frame<'_>,
    token: &CacheRequest,
    next: &mut impl Requests<CacheRequest>,
) -> bool {
    let (Operation::Set { ttl, index: Some(index), .. } | Operation::HashSet { ttl, index, .. }) = *operation
    else {
        return false;
    };
    if core.count_indexed_write().is_multiple_of(TRIM_EVERY) {
        next.push(unasked(Purpose::Upkeep, token.issued), core.deadline(token.issued), |out| {
            append_script(out, TRIM_INDEX, index, TRIM_ENTRIES);
            1
        });
    }
    let index_life = match frame.node() {
        Node::Array(items) => items.last(),
        _ => None,
    };
    match index_life {
        Some(Node::Integer(left)) if left >= milliseconds(ttl) => false,
        _ => {
            let extend = token.followed_by(Purpose::ExtendIndex);
            next.push(extend, core.deadline(token.issued), |out| {
                append_script(out, EXTEND_INDEX, index, milliseconds(ttl + EXTRA_INDEX_LIFE));
                1
            });
            true
        }
    }
}

/// Appends an index entry for a key that lives `ttl`.
pub fn append_index_entry(out: &mut Vec<u8>, index: &[u8], key: &[u8], ttl: Duration) {
    append_header(out, 4);
    append_argument(out, b"ZADD");
    append_argument(out, index);
    append_integer_argument(out, end_of_life(ttl));
    append_argument(out, key);
}

/// Appends a script with one key and one number.
pub fn append_script(out: &mut Vec<u8>, script: &[u8], key: &[u8], number: i64) {
    let number = number.to_string();
    append_command(out, &[b"EVAL", script, b"1", key, number.as_bytes()]);
}
