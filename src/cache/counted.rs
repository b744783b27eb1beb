//! What calls of organizations come to, as it is counted for each of them.

use std::time::{Duration, Instant};

use super::call::Call;
use super::ticket::CacheRequest;
use crate::entries;
use crate::erasure;
use crate::health::{Found, Health, Seat};
use crate::redis::{Node, Outcome};

/// The seat of the organization whose call begins. One that is being erased gets none.
pub fn seat_of(node: &Node, call: &Call<'_>) -> Seat {
    let organization = call.organization();
    if organization.is_none() || erasure::is_under_way(node.data(), organization) {
        return Seat::default();
    }
    node.health().organizations().seat(organization, call.written_bytes())
}

/// A call of the organization has ended.
pub fn count(health: &Health, seat: Seat, is_read: bool, outcome: &Outcome<'_>, elapsed: Duration) {
    if seat == Seat::default() {
        return;
    }
    let (found, bytes) = if is_read { read(outcome) } else { (None, 0) };
    health.organizations().answered(seat, found, bytes, elapsed);
}

/// What is counted of a request when its call ends.
pub struct Counted {
    seat: Seat,
    is_read: bool,
    issued: Instant,
}

impl Counted {
    pub fn of(pending: &CacheRequest) -> Counted {
        let (seat, is_read) = (pending.ticket.seat, pending.ticket.is_read());
        Counted { seat, is_read, issued: pending.issued }
    }

    /// The call has this outcome; without one a further request follows.
    pub fn end<'a>(self, health: &Health, outcome: Option<Outcome<'a>>, now: Instant) -> Option<Outcome<'a>> {
        if let Some(outcome) = &outcome {
            count(health, self.seat, self.is_read, outcome, now.saturating_duration_since(self.issued));
        }
        outcome
    }
}

/// What a read has found, and the bytes of its value.
fn read(outcome: &Outcome<'_>) -> (Option<Found>, usize) {
    let hit_or_miss = |is_hit| Some(if is_hit { Found::Hit } else { Found::Miss });
    match outcome {
        Outcome::Json(bytes) | Outcome::Text(bytes) | Outcome::Bytes(bytes) => {
            (Some(Found::Hit), bytes.len())
        }
        Outcome::Entries(fields) => (
            hit_or_miss(!fields.is_empty()),
            fields.iter().map(|(field, json)| field.len() + json.len()).sum(),
        ),
        Outcome::Reply(reply, _) => {
            let found = match entries::is_stale(reply) {
                None => Found::Miss,
                Some(true) => Found::Stale,
                Some(false) => Found::Hit,
            };
            (Some(found), if found == Found::Miss { 0 } else { reply.len() })
        }
        Outcome::Boolean(is_there) => (hit_or_miss(*is_there), 0),
        Outcome::Null | Outcome::Undefined => (Some(Found::Miss), 0),
        _ => (None, 0),
    }
}

/// The bytes of what a read has found.
pub fn size_of(outcome: &Outcome<'_>) -> usize {
    match outcome {
        Outcome::Json(bytes) | Outcome::Text(bytes) | Outcome::Bytes(bytes) => bytes.len(),
        Outcome::Reply(reply, _) => reply.len(),
        _ => 0,
    }
}
