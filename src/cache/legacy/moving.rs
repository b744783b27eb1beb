//! Asks for old values, moves those that are found, and takes away those that are outdated.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::place::Legacy;
use crate::cache::context::Context;
use crate::cache::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use crate::config::LegacyValues;
use crate::lane::{Frame, Node, Requests};
use crate::redis::Outcome;

/// A read has found nothing under this key: asks for the old value. False where there is no old place.
pub fn ask(
    context: &Context,
    key: &[u8],
    token: &CacheRequest,
    next: &mut impl Requests<CacheRequest>,
) -> bool {
    let Some(legacy) = Legacy::of(context, key) else { return false };
    let from = next.buffer().len();
    legacy.append_read(next.buffer());
    next.commit(from, 1, token.followed_by(Purpose::Legacy(legacy)), context.deadline(token.issued));
    true
}

/// The old place has answered. A value is moved; nobody waits for that.
pub fn found<'f>(
    context: &Context,
    legacy: &Legacy,
    frame: Frame<'f>,
    (issued, elapsed): (Instant, Duration),
    next: &mut impl Requests<CacheRequest>,
) -> Outcome<'f> {
    let found = value(context, frame);
    context.health().read(elapsed, found.is_some());
    if let Some(json) = &found {
        context.health().counters().legacy_reads.increment();
        move_here(context, legacy, json, issued, next);
    }
    found.map_or(Outcome::Null, Outcome::Json)
}

fn value<'f>(context: &Context, frame: Frame<'f>) -> Option<Cow<'f, [u8]>> {
    let stored = match frame.node() {
        Node::Bulk(stored) => stored,
        // The value and the mark of a clearing that came after it.
        Node::Array(mut items) => match (items.next(), items.next()) {
            (Some(Node::Bulk(stored)), Some(Node::Null)) => stored,
            _ => return None,
        },
        _ => return None,
    };
    let decoded = context.codec.decode(stored);
    if decoded.is_err() {
        context.health().counters().corrupt_values.increment();
    }
    decoded.ok()
}

fn move_here(
    context: &Context,
    legacy: &Legacy,
    json: &[u8],
    issued: Instant,
    next: &mut impl Requests<CacheRequest>,
) {
    let mut stored = Vec::new();
    if context.codec.encode(json, &mut stored).is_err() {
        return;
    }
    let ttl = legacy.ttl().unwrap_or(context.config().default_ttl);
    let stays = context.config().legacy == LegacyValues::Copy;
    next.push(unasked(Purpose::Upkeep, issued), context.deadline(issued), |out| {
        legacy.append_move(&stored, ttl, stays, out);
        1
    });
}

/// A value has been written: the JavaScript layer's value of it goes, looked for now and then. It must not be
/// answered when the new one ends. Where such values are only copied one is expected, and each write takes it away.
/// Nobody waits for it.
pub fn remove(context: &Context, key: &[u8], issued: Instant, next: &mut impl Requests<CacheRequest>) {
    let is_expected = context.config().legacy == LegacyValues::Copy;
    if (is_expected || context.legacy_sampler.is_due(key, b"", issued))
        && let Some(legacy) = Legacy::of(context, key)
    {
        next.push(unasked(Purpose::Upkeep, issued), context.deadline(issued), |out| {
            legacy.append_removal(out);
            1
        });
    }
}
