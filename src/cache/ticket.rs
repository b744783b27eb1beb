//! What travels with a request of the cache.

use std::time::Instant;

use super::legacy::Legacy;
use super::near::Involvement;
use super::operation::OperationKind;
use super::organization::Clearing;
use crate::entries;
use crate::health::Seat;
use crate::outage::Unacknowledged;
use crate::outage::pending_fill::PendingFill;
use crate::outage::replay::Replay;
use crate::redis::PendingRequest;

/// A request of the cache that waits for its reply.
pub type CacheRequest = PendingRequest<CacheTicket>;

/// What travels with a request and comes back with its reply.
#[derive(Debug)]
pub struct CacheTicket {
    pub(super) purpose: Purpose,
    /// The order of this client's calls: of two writes of a key the later one counts, whichever of them
    /// is heard of first.
    pub(super) sequence: u64,
    pub(super) unacknowledged: Unacknowledged,
    /// Dropped when the outcome is known.
    pub(super) near: Involvement,
    /// Where the call is counted.
    pub(super) seat: Seat,
}

#[derive(Debug)]
pub(super) enum Purpose {
    Operation(OperationKind),
    Legacy(Box<Legacy>),
    Clear(Box<Clearing>),
    /// Housekeeping whose reply is not looked at.
    Upkeep,
    /// Housekeeping that an outcome waits for: the write it belongs to is then acknowledged.
    ExtendIndex,
    /// How long the value lives that a read has just found.
    Lifetime(Box<PendingFill>),
    /// Writes that the journal held.
    Replay(Box<Replay>),
    /// A request of `createCache`.
    Entry(Box<entries::Ticket>),
}

impl CacheTicket {
    pub(super) fn new(purpose: Purpose) -> CacheTicket {
        CacheTicket {
            purpose,
            sequence: 0,
            unacknowledged: Unacknowledged::Journal,
            near: Involvement::None,
            seat: Seat::default(),
        }
    }

    /// Whether the answer is what was read.
    pub(super) fn is_read(&self) -> bool {
        match &self.purpose {
            Purpose::Operation(kind) => {
                matches!(kind, OperationKind::Get | OperationKind::HashGet | OperationKind::HashEntries)
            }
            Purpose::Legacy(_) => true,
            Purpose::Entry(ticket) => ticket.reads_value(),
            _ => false,
        }
    }

    /// Whether a caller waits for what the request comes to, so that journal and memory have to do with it. What a
    /// journal itself has sent comes back to that journal.
    pub(super) fn is_for_caller(&self) -> bool {
        match &self.purpose {
            Purpose::Operation(_) | Purpose::ExtendIndex => true,
            Purpose::Clear(clearing) => !clearing.is_replayed(),
            Purpose::Entry(ticket) => ticket.is_for_caller(),
            _ => false,
        }
    }
}

impl From<Box<PendingFill>> for CacheTicket {
    fn from(fill: Box<PendingFill>) -> CacheTicket {
        CacheTicket::new(Purpose::Lifetime(fill))
    }
}

impl From<Box<entries::Ticket>> for CacheTicket {
    fn from(ticket: Box<entries::Ticket>) -> CacheTicket {
        let (sequence, seat) = (ticket.sequence, ticket.seat);
        CacheTicket { sequence, seat, ..CacheTicket::new(Purpose::Entry(ticket)) }
    }
}

impl From<Box<Replay>> for CacheTicket {
    fn from(replay: Box<Replay>) -> CacheTicket {
        CacheTicket::new(Purpose::Replay(replay))
    }
}

/// A request that nobody waits for.
pub(super) fn unasked(purpose: Purpose, issued: Instant) -> CacheRequest {
    CacheRequest::unasked(CacheTicket::new(purpose), issued)
}

/// What follows from a request.
pub(super) trait FollowedBy {
    /// The request that follows from this one.
    fn followed_by(&self, purpose: Purpose) -> CacheRequest;

    /// The request without what it is for, and that.
    fn without_purpose(self) -> (CacheRequest, Purpose);
}

impl FollowedBy for CacheRequest {
    fn followed_by(&self, purpose: Purpose) -> CacheRequest {
        let CacheTicket { sequence, unacknowledged, seat, .. } = self.ticket;
        self.with(CacheTicket { purpose, sequence, unacknowledged, near: Involvement::None, seat })
    }

    fn without_purpose(mut self) -> (CacheRequest, Purpose) {
        let purpose = std::mem::replace(&mut self.ticket.purpose, Purpose::Upkeep);
        (self, purpose)
    }
}
