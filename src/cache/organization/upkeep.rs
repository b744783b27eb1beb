//! What keeps the indexes of organizations right: they outlive what they list, and forget what
//! has expired.

use std::time::Duration;

use super::index::{append_extension, append_trimming};
use crate::cache::context::Context;
use crate::cache::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use crate::lane::{Frame, Node, Requests};
use crate::outage::lifetime::milliseconds;

/// One in so many writes to organizations trims the index it wrote to. Each trimming takes twice as many entries, so
/// they go twice as fast as they come.
const TRIM_EVERY: u64 = 64;

/// Looks after the index that a write has just added a value of this lifetime to. True where the write's outcome now
/// depends on a further request: were the index to end before the value, clearing would miss it.
pub fn after_indexed_write(
    context: &Context,
    (index, ttl): (&[u8], Duration),
    frame: Frame<'_>,
    token: &CacheRequest,
    next: &mut impl Requests<CacheRequest>,
) -> bool {
    if context.count_indexed_write().is_multiple_of(TRIM_EVERY) {
        next.push(unasked(Purpose::Upkeep, token.issued), context.deadline(token.issued), |out| {
            append_trimming(out, index);
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
            next.push(extend, context.deadline(token.issued), |out| {
                append_extension(out, index, ttl);
                1
            });
            true
        }
    }
}
