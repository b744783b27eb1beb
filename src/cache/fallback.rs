//! Fallback results for operations that Redis did not answer.

use std::time::Instant;

use super::context::Context;
use super::operation::{Operation, fields};
use super::ticket::CacheRequest;
use crate::lane::{Frame, Requests};
use crate::outage::{Attempt, Read, Step, replay};
use crate::redis::Outcome;

/// The outcome of an operation that Redis does not carry out, or not as far as anybody knows.
pub fn fall_back(
    context: &Context,
    operation: &Operation<'_>,
    token: &CacheRequest,
    is_in_doubt: bool,
    now: Instant,
) -> Outcome<'static> {
    let stand_in = &context.stand_in;
    match operation.step() {
        Step::Read(read) => {
            let found = near_copy(context, &read, now).unwrap_or_else(|| stand_in.read(&read, now));
            context.read_locally(found, stand_in.uses_redis())
        }
        step => {
            let (issued, sequence) = (token.issued, token.ticket.sequence);
            let attempt = Attempt { issued, sequence, is_in_doubt };
            stand_in.write(&step, &attempt, token.ticket.unacknowledged, now)
        }
    }
}

/// What a copy answers in an outage. What the journal holds is newer.
fn near_copy(context: &Context, read: &Read<'_>, now: Instant) -> Option<Outcome<'static>> {
    let (near, Read::Value { key }) = (context.near.as_ref()?, read) else { return None };
    if !context.stand_in.uses_redis() || context.stand_in.holds_newer(key) {
        return None;
    }
    Some(Outcome::Json(near.copies.get_in_outage(key, now)?.value.to_vec().into()))
}

/// The outcome of a read that the journal knows better than Redis.
pub fn overrule(
    context: &Context,
    operation: &Operation<'_>,
    frame: Frame<'_>,
    now: Instant,
) -> Option<Outcome<'static>> {
    if context.stand_in.is_redis_up_to_date() {
        return None;
    }
    let Step::Read(read) = operation.step() else { return None };
    let entries = || fields(frame).iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    let outcome = context.stand_in.overrule(&read, entries, now)?;
    Some(context.read_locally(outcome, true))
}

/// A live call during the replay. Gives the outcome of a read of what is yet to be cleared.
pub fn bring_forward(
    context: &Context,
    operation: &Operation<'_>,
    sequence: u64,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) -> Option<Outcome<'static>> {
    let step = operation.step();
    if replay::bring_forward(&context.stand_in, &step, sequence, now, out) {
        return None;
    }
    context.health().local_read(false, true);
    match step {
        Step::Read(read) => Some(read.miss()),
        _ => None,
    }
}
