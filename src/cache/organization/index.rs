//! Requests for the index of an organization, which lists its values.

use std::time::Duration;

use crate::cache::scripts::{EXTEND_INDEX, TRIM_INDEX};
use crate::lane::{append_argument, append_command, append_header, append_integer_argument};
use crate::outage::lifetime::{EXTRA_INDEX_LIFE, end_of_life, milliseconds};

/// A trimming takes at most this many entries.
const TRIM_ENTRIES: i64 = 128;

/// Appends an index entry for a key that lives `ttl`.
pub fn append_index_entry(out: &mut Vec<u8>, index: &[u8], key: &[u8], ttl: Duration) {
    append_header(out, 4);
    append_argument(out, b"ZADD");
    append_argument(out, index);
    append_integer_argument(out, end_of_life(ttl));
    append_argument(out, key);
}

/// Appends a request that lets an index outlive a value that lives `ttl`.
pub fn append_extension(out: &mut Vec<u8>, index: &[u8], ttl: Duration) {
    append_script(out, EXTEND_INDEX, index, milliseconds(ttl + EXTRA_INDEX_LIFE));
}

/// Appends a request that takes entries of expired keys out of an index.
pub fn append_trimming(out: &mut Vec<u8>, index: &[u8]) {
    append_script(out, TRIM_INDEX, index, TRIM_ENTRIES);
}

fn append_script(out: &mut Vec<u8>, script: &[u8], key: &[u8], number: i64) {
    let number = number.to_string();
    append_command(out, &[b"EVAL", script, b"1", key, number.as_bytes()]);
}
