//! What travels with a request of the cache.

use std::time::Instant;

use super::call::Unacknowledged;
use super::clearing::Clearing;
use super::legacy::Legacy;
use super::pending_fill::PendingFill;
use super::replay::Replay;
use super::request::OperationKind;
use crate::redis::{NOBODY, PendingRequest};

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
}

impl CacheTicket {
    pub(super) fn new(purpose: Purpose) -> CacheTicket {
        CacheTicket { purpose, sequence: 0, unacknowledged: Unacknowledged::Journal }
    }
}

/// A request for a caller.
pub(super) fn asked(slot: u32, purpose: Purpose, issued: Instant) -> CacheRequest {
    CacheRequest::new(slot, CacheTicket::new(purpose), issued)
}

/// A request that nobody waits for.
pub(super) fn unasked(purpose: Purpose, issued: Instant) -> CacheRequest {
    asked(NOBODY, purpose, issued)
}

/// Requests that follow from others.
pub(super) trait FollowedBy {
    /// The request that follows from this one.
    fn followed_by(&self, purpose: Purpose) -> CacheRequest;
}

impl FollowedBy for CacheRequest {
    fn followed_by(&self, purpose: Purpose) -> CacheRequest {
        let CacheTicket { sequence, unacknowledged, .. } = self.ticket;
        self.with(CacheTicket { purpose, sequence, unacknowledged })
    }
}
