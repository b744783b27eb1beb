//! What travels with a request of the limiter.

use std::sync::Arc;

use super::gathered::Gathered;
use super::identity::Mark;
use super::lease::Lease;
use super::limits::{ChangeKind, Limiter};
use crate::redis::PendingRequest;

/// A request of the limiter that waits for its reply.
pub type LimiterRequest = PendingRequest<LimiterTicket>;

#[derive(Debug)]
pub struct LimiterTicket(pub(super) Purpose);

#[derive(Debug)]
pub(super) enum Purpose {
    Decide(Box<Gathered>),
    /// One identifier's state or block is changed.
    Change(Box<Change>),
    /// A lease is over.
    Release(Arc<Lease>),
    /// Other processes are told.
    Said,
    /// This process is there.
    Heartbeat,
}

#[derive(Debug)]
pub(super) struct Change {
    pub limiter: Arc<Limiter>,
    pub mark: Mark,
    pub kind: ChangeKind,
    /// What the other processes are told when Redis has made it.
    pub said: Box<[u8]>,
}
