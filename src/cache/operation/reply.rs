//! What replies of several operations have in common.

use std::time::Duration;

use super::behaviour::Reply;
use crate::cache::legacy;
use crate::cache::ticket::CacheRequest;
use crate::lane::{Frame, Node, Requests};
use crate::outage::{Attempt, Step, pending_fill};
use crate::redis::Outcome;

/// The bytes of a value that was found.
pub fn stored(frame: Frame<'_>) -> Option<&[u8]> {
    match frame.node() {
        Node::Bulk(stored) => Some(stored),
        _ => None,
    }
}

/// The fields of a hash, as they are stored.
pub fn fields(frame: Frame<'_>) -> Vec<(&[u8], &[u8])> {
    let (Node::Map(mut items) | Node::Array(mut items)) = frame.node() else { return Vec::new() };
    let mut fields = Vec::new();
    while let (Some(Node::Bulk(field)), Some(Node::Bulk(stored))) = (items.next(), items.next()) {
        fields.push((field, stored));
    }
    fields
}

/// A lifetime as a request has it.
pub fn lifetime(milliseconds: &[u8]) -> Option<Duration> {
    Some(Duration::from_millis(std::str::from_utf8(milliseconds).ok()?.parse().ok()?))
}

/// A read of a value or a field has ended.
pub fn value_read<'f>(reply: &Reply<'_, 'f>, stored: Option<&'f [u8]>) -> Outcome<'f> {
    let health = reply.context.health();
    let outcome = match stored.map(|stored| reply.context.codec.decode(stored)) {
        Some(Ok(json)) => Outcome::Json(json),
        Some(Err(_)) => {
            health.counters().corrupt_values.increment();
            Outcome::Null
        }
        None => Outcome::Null,
    };
    health.read(reply.elapsed, outcome != Outcome::Null);
    outcome
}

/// Redis has carried a write out: memory has it now, and an older value of the JavaScript layer goes.
pub fn written(reply: &Reply<'_, '_>, step: &Step<'_>, next: &mut impl Requests<CacheRequest>) {
    noted(reply, step);
    for key in step.keys() {
        legacy::remove(reply.context, key, reply.token.issued, next);
    }
}

/// Redis has carried a delete out: whether there was anything.
pub fn deleted<'f>(reply: &Reply<'_, 'f>, step: &Step<'_>) -> Option<Outcome<'f>> {
    noted(reply, step);
    Some(Outcome::Boolean(matches!(reply.frame.node(), Node::Integer(count) if count > 0)))
}

fn noted(reply: &Reply<'_, '_>, step: &Step<'_>) {
    reply.context.health().write(reply.elapsed);
    let (issued, sequence) = (reply.token.issued, reply.token.ticket.sequence);
    // Redis may have this value when an older replay runs.
    let attempt = Attempt { issued, sequence, is_in_doubt: true };
    pending_fill::saw_write_after(&reply.context.stand_in, step, &attempt, reply.elapsed);
}
