//! Lifetimes as Redis takes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An index that is extended gets more than its newest value needs, so that this is rare.
pub const EXTRA_INDEX_LIFE: Duration = Duration::from_secs(24 * 3600);

pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// When a value that is written now ends, in ms since 1970. Only a hint: what trims an index
/// asks Redis whether the key is still there.
pub fn end_of_life(ttl: Duration) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    milliseconds(now + ttl)
}
