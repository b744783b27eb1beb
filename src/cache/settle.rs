//! Settles requests: by a reply, by an error, by a redirection, or without any.
//!
//! `keeper` is the node that keeps what the request comes to: in a cluster the owner of its slot, else the node itself.

use std::time::Instant;

use super::context::Context;
use super::fallback;
use super::legacy;
use super::operation::{Operation, OperationKind, Refusal, Reply, WrongType, clear};
use super::ticket::{CacheRequest, CacheTicket, FollowedBy, Purpose, unasked};
use crate::entries;
use crate::error::Error;
use crate::journal::Clear;
use crate::lane::{Frame, Node, Requests};
use crate::outage::{pending_fill, replay};
use crate::redis::{ErrorPolicy, FollowUp, Followed, Outcome, PendingRequest, Redirection};

/// The outcome of a request, or `None` where a further request was put into `follow_up` or nobody waits.
pub fn replied<'a>(
    own: &Context,
    keeper: &Context,
    token: CacheRequest,
    (frame, request): (Frame<'a>, &[u8]),
    now: Instant,
    follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
) -> Option<Outcome<'a>> {
    let elapsed = now.saturating_duration_since(token.issued);
    let next = &mut follow_up.requests;
    match token.ticket.purpose {
        Purpose::Operation(kind) => {
            own.node.learn_size(request, frame.bytes().len());
            let operation = Operation::parse(kind, request)?;
            if let Some(outcome) = fallback::overrule(keeper, &operation, frame, now) {
                return Some(outcome);
            }
            operation.replied(&Reply { context: keeper, token: &token, frame, now, elapsed }, next)
        }
        Purpose::Legacy(place) => Some(legacy::found(own, &place, frame, (token.issued, elapsed), next)),
        Purpose::Clear(_) => clear::replied(keeper, token, frame, now, next),
        Purpose::Upkeep => None,
        Purpose::ExtendIndex => Some(Outcome::Boolean(true)),
        Purpose::Lifetime(fill) => {
            pending_fill::lifetime_known(&own.stand_in, *fill, frame, token.issued);
            None
        }
        Purpose::Replay(entries) => {
            let unusable = replay::answered(&own.stand_in, *entries, Ok(frame), now, next);
            *follow_up.unusable = follow_up.unusable.take().or(unusable);
            None
        }
        Purpose::Entry(_) => {
            let (pending, ticket) = split(token)?;
            entries::replied(&keeper.entries(), ticket, &pending, (frame, request), now, next)
        }
    }
}

/// Whether a request goes where another node says. What the journal itself has sent stays there until the map of slots
/// is new.
pub fn may_follow(
    own: &Context,
    keeper: &Context,
    token: &CacheRequest,
    to: &Redirection,
    request: &[u8],
) -> Followed {
    if let Purpose::Entry(ticket) = &token.ticket.purpose {
        return entries::may_follow(&own.entries(), &keeper.entries(), ticket, to, request);
    }
    if !token.ticket.is_for_caller() {
        return Followed::No;
    }
    if !matches!(to, Redirection::Moved { .. }) && is_journalled(keeper, token, request) {
        return Followed::AnsweredHere;
    }
    if let Purpose::Clear(clearing) = &token.ticket.purpose {
        // What this one remembers of the organization is cleared too.
        own.stand_in.local_state().clear_memory(clearing.index());
    }
    Followed::Yes
}

/// What the journal holds of the key is newer than what any node has: until it is replayed, that is where it
/// is read from and written to.
fn is_journalled(keeper: &Context, token: &CacheRequest, request: &[u8]) -> bool {
    let Purpose::Operation(kind) = token.ticket.purpose else { return false };
    let local_state = keeper.stand_in.local_state();
    !local_state.journal.is_empty()
        && Operation::parse(kind, request)
            .and_then(|operation| operation.step().keys().next())
            .is_some_and(|key| local_state.journal.entry(key).is_some())
}

/// The server answered with an error.
pub fn refused(
    own: &Context,
    keeper: &Context,
    token: CacheRequest,
    (error, request): (Error, &[u8]),
    now: Instant,
    follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
) -> Option<Outcome<'static>> {
    let policy = ErrorPolicy::of(&error);
    let next = &mut follow_up.requests;
    let kind = match token.ticket.purpose {
        Purpose::Replay(entries) => {
            let unusable = replay::answered(&own.stand_in, *entries, Err(error), now, next);
            *follow_up.unusable = follow_up.unusable.take().or(unusable);
            return None;
        }
        Purpose::Clear(ref clearing) if policy == ErrorPolicy::Later && !clearing.is_replayed() => {
            return give_up(keeper, token, request, false, now);
        }
        Purpose::Clear(ref clearing) if policy != ErrorPolicy::Replace => {
            return Some(clear::refused(own, clearing, &token, &error, now, next));
        }
        Purpose::Operation(kind) => kind,
        Purpose::Entry(_) => {
            let (pending, ticket) = split(token)?;
            return entries::refused(&keeper.entries(), ticket, &pending, (error, request), now, next);
        }
        _ => return give_up(keeper, token, request, false, now),
    };
    if error.redis_code() == Some("WRONGTYPE") {
        match wrong_type(own, kind, &token, request, now, next) {
            WrongType::Settled(outcome) => return Some(outcome),
            WrongType::Mended => return None,
            WrongType::Refused => {}
        }
    }
    if policy != ErrorPolicy::Later && policy != ErrorPolicy::Replace {
        own.health().failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses calls");
        if Operation::parse(kind, request).is_none_or(|operation| !operation.step().is_read()) {
            return Some(Outcome::Boolean(false));
        }
    } else if policy == ErrorPolicy::Replace && error.redis_code() == Some("READONLY") {
        own.node.dialer().require_primary();
    }
    give_up(keeper, token, request, false, now)
}

fn wrong_type(
    own: &Context,
    kind: OperationKind,
    token: &CacheRequest,
    request: &[u8],
    now: Instant,
    next: &mut impl Requests<CacheRequest>,
) -> WrongType {
    let Some(operation) = Operation::parse(kind, request) else { return WrongType::Refused };
    let elapsed = now.saturating_duration_since(token.issued);
    operation.wrong_type(&Refusal { context: own, token, request, elapsed }, next)
}

/// The outcome of a request that Redis did not answer: the call falls back. `is_in_doubt`: it was sent, and may have run.
pub fn give_up(
    keeper: &Context,
    token: CacheRequest,
    request: &[u8],
    is_in_doubt: bool,
    now: Instant,
) -> Option<Outcome<'static>> {
    let (token, purpose) = token.without_purpose();
    match purpose {
        Purpose::Entry(ticket) => {
            entries::lost(&keeper.entries(), ticket, &token.with(()), request, is_in_doubt, now)
        }
        Purpose::Operation(kind) => {
            let operation = Operation::parse(kind, request)?;
            Some(fallback::fall_back(keeper, &operation, &token, is_in_doubt, now))
        }
        Purpose::Clear(clearing) => Some(clear::lost(keeper, &clearing, &token, now)),
        // The value is in Redis; its index must not end before it.
        Purpose::ExtendIndex => {
            keeper.stand_in.local_state().extend_later(request);
            Some(Outcome::Boolean(true))
        }
        Purpose::Legacy(_) => Some(Outcome::Null),
        Purpose::Replay(entries) => {
            replay::lost(&keeper.stand_in, &entries, now);
            None
        }
        Purpose::Upkeep | Purpose::Lifetime(_) => None,
    }
}

/// A connection stands: what an earlier one left goes first.
pub fn connected(
    own: &Context,
    is_fenced: bool,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) -> bool {
    let extensions = own.stand_in.local_state().take_extensions();
    for request in extensions {
        out.push(unasked(Purpose::Upkeep, now), own.deadline(now), |bytes| {
            bytes.extend_from_slice(&request);
            1
        });
    }
    entries::connected(&own.entries(), now, out);
    replay::begin(&own.stand_in, is_fenced, now, out, |clear, out| send_clearing(own, clear, now, out))
}

/// Sends a clearing that the journal holds, of an organization or of a cache. False where it cannot be.
pub fn send_clearing(
    own: &Context,
    clear: &Clear,
    now: Instant,
    out: &mut impl Requests<CacheRequest>,
) -> bool {
    if own.keys.is_entry_index(&clear.index) {
        return entries::send_journalled(&own.entries(), clear, now, out);
    }
    clear::send_journalled(own, clear, now, out)
}

/// A request of an entry, and its ticket.
fn split(token: CacheRequest) -> Option<(PendingRequest<()>, Box<entries::Ticket>)> {
    let (pending, ticket) = token.split();
    if let Purpose::Entry(ticket) = ticket.purpose { Some((pending, ticket)) } else { None }
}

/// Whether a reply is of a type that its request can have.
pub fn is_expected(ticket: &CacheTicket, frame: Frame<'_>) -> bool {
    let node = frame.node();
    match &ticket.purpose {
        Purpose::Operation(kind) => Operation::is_expected(*kind, &node),
        Purpose::Legacy(_) => matches!(node, Node::Bulk(_) | Node::Null | Node::Array(_)),
        Purpose::Replay(_) => matches!(node, Node::Array(_)),
        Purpose::ExtendIndex | Purpose::Upkeep | Purpose::Lifetime(_) => matches!(node, Node::Integer(_)),
        Purpose::Clear(_) => true,
        Purpose::Entry(ticket) => entries::is_expected(ticket, frame),
    }
}

/// The error line inside a reply that is none itself.
pub fn error_in(ticket: &CacheTicket, frame: Frame<'_>) -> Option<String> {
    match ticket.purpose {
        Purpose::Operation(kind) => Operation::error_in(kind, frame),
        _ => None,
    }
}
