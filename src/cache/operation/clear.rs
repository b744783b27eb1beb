//! Clears an organization: a request a page, until nothing of it is left.

use std::time::Instant;

use crate::cache::context::Context;
use crate::cache::organization::Clearing;
use crate::cache::ticket::{CacheRequest, CacheTicket, FollowedBy, Purpose};
use crate::error::{Error, Result};
use crate::health::State;
use crate::journal::Clear;
use crate::lane::{Frame, Requests};
use crate::outage::replay;
use crate::redis::Outcome;

/// A caller clears an organization: puts the first request into `out`, or gives the outcome.
///
/// # Errors
/// `E_KEY` where the organization is missing or its name too long.
pub fn begin(
    context: &Context,
    organization: Option<&str>,
    token: &CacheRequest,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) -> Result<Option<Outcome<'static>>> {
    let clearing = of_caller(context, organization)?;
    context.clear_near(organization);
    let of_outage = clearing.of_outage(token.ticket.sequence, now);
    if context.stand_in.answers() || context.stand_in.defers_writes() {
        return Ok(Some(context.stand_in.clear(&of_outage)));
    }
    if context.health().state() == State::Recovering {
        replay::note_clearing(&context.stand_in, &of_outage);
    }
    ask(context, clearing, token, now, out);
    Ok(None)
}

/// The outcome of a caller's clearing for which there is no room.
pub fn without_room(context: &Context, organization: Option<&str>, token: &CacheRequest) -> Outcome<'static> {
    match of_caller(context, organization) {
        Ok(clearing) => {
            context.clear_near(organization);
            context.stand_in.clear(&clearing.of_outage(token.ticket.sequence, token.issued))
        }
        Err(error) => Outcome::Failed(error),
    }
}

fn of_caller(context: &Context, organization: Option<&str>) -> Result<Box<Clearing>> {
    context.required_organization(organization)?;
    Clearing::new(context, organization)
}

/// Sends a clearing that the journal holds. False where it cannot be.
pub fn send_journalled(
    context: &Context,
    clear: &Clear,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) -> bool {
    let Ok(clearing) = Clearing::new(context, clear.organization.as_deref()) else { return false };
    context.clear_near(clear.organization.as_deref());
    let ticket = CacheTicket { sequence: clear.sequence, ..CacheTicket::new(Purpose::Upkeep) };
    ask(context, clearing.asked_at(clear.at), &CacheRequest::unasked(ticket, now), now, out);
    true
}

fn ask(
    context: &Context,
    clearing: Box<Clearing>,
    token: &CacheRequest,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) {
    let from = out.buffer().len();
    clearing.append(context, now, out.buffer());
    // What was asked for long ago has no caller whose time is up.
    let since = if clearing.is_replayed() { now } else { token.issued };
    out.commit(from, 1, token.followed_by(Purpose::Clear(clearing)), context.deadline(since));
}

/// A page has been cleared. `None` where another one follows.
pub fn replied(
    context: &Context,
    token: CacheRequest,
    frame: Frame<'_>,
    now: Instant,
    next: &mut impl Requests<CacheRequest>,
) -> Option<Outcome<'static>> {
    let (token, Purpose::Clear(mut clearing)) = token.without_purpose() else { return None };
    if clearing.advance(frame) {
        let ended = clearing.of_outage(token.ticket.sequence, token.issued);
        context.clear_near(ended.organization);
        replay::clearing_ended(&context.stand_in, &ended, true, now, next);
        return Some(Outcome::Integer(clearing.removed()));
    }
    ask(context, clearing, &token, now, next);
    None
}

/// Redis refuses to clear. A clearing that the journal has sent has no caller to notify; it is tried again.
pub fn refused(
    context: &Context,
    clearing: &Clearing,
    token: &CacheRequest,
    error: &Error,
    now: Instant,
    next: &mut impl Requests<CacheRequest>,
) -> Outcome<'static> {
    context.health().failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses to clear");
    let ended = clearing.of_outage(token.ticket.sequence, token.issued);
    context.clear_near(ended.organization);
    replay::clearing_ended(&context.stand_in, &ended, false, now, next);
    Outcome::Boolean(false)
}

/// Redis has not answered: the journal keeps the clearing.
pub fn lost(context: &Context, clearing: &Clearing, token: &CacheRequest, now: Instant) -> Outcome<'static> {
    let lost = clearing.of_outage(token.ticket.sequence, token.issued);
    context.clear_near(lost.organization);
    replay::clearing_lost(&context.stand_in, &lost, now);
    context.stand_in.clear(&lost)
}
