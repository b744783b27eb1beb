//! What a room above brings along: its calls, what it wants to know of a request, and what replies mean to it.

use std::fmt::Debug;
use std::time::Instant;

use super::node::Node;
use super::outcome::Outcome;
use super::pending::{Pending, PendingRequest, Ticket};
use super::redirect::Redirection;
use crate::error::Error;
use crate::lane::{Batch, Frame, Requests};

/// A room whose requests go over a multiplexed connection. Raw commands, fences and the questions of watchdog and breaker
/// are the connection's own.
pub trait Feature: Send + Sync + Sized + 'static {
    type Call<'a>;
    /// What travels with a request of the room.
    type Ticket: Debug + Send + 'static;
    /// Buffers that calls share, so that the hot path allocates nothing.
    type Scratch: Default + Send;

    fn node(&self) -> &Node;

    /// Turns a call into requests, put into `out`, or into its outcome.
    fn prepare(
        &self,
        call: &Self::Call<'_>,
        slot: u32,
        now: Instant,
        out: &mut impl Requests<Pending<Self::Ticket>>,
        scratch: &mut Self::Scratch,
    ) -> Option<Outcome<'static>>;

    /// Whether Redis alone can answer a call.
    fn needs_redis(call: &Self::Call<'_>) -> bool;

    /// The outcome of a call for which there is no room, or no connection.
    fn without_room(
        &self,
        call: &Self::Call<'_>,
        error: &Error,
        scratch: &mut Self::Scratch,
        now: Instant,
    ) -> Outcome<'static>;

    /// Whether a reply is of a type that its request can have.
    fn is_expected(ticket: &Self::Ticket, frame: Frame<'_>) -> bool;

    /// The error line inside a reply that is none itself.
    fn error_in(ticket: &Self::Ticket, frame: Frame<'_>) -> Option<String>;

    /// Whether a request may go where another node of a cluster says. Where it may not, the refusal is the answer.
    fn follows(&self, pending: &PendingRequest<Self::Ticket>, to: &Redirection, request: &[u8]) -> Followed;

    /// A reply of an expected type. `None` where nobody waits, or a further request was put into `follow_up`.
    fn replied<'a>(
        &self,
        pending: PendingRequest<Self::Ticket>,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<Self::Ticket>,
    ) -> Option<Outcome<'a>>;

    /// The server's refusal.
    fn refused(
        &self,
        pending: PendingRequest<Self::Ticket>,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<Self::Ticket>,
    ) -> Option<Outcome<'static>>;

    /// The outcome of a request that Redis did not answer. `is_in_doubt`: it was sent, and may have run.
    fn lost(
        &self,
        pending: PendingRequest<Self::Ticket>,
        request: &[u8],
        error: &Error,
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>>;

    /// A connection stands. With `is_fenced` something of an earlier one may still run, until `fence_passed`. True where
    /// there is something to bring up to date first; the state says so then.
    fn connected(
        &self,
        is_fenced: bool,
        now: Instant,
        out: &mut impl Requests<Pending<Self::Ticket>>,
    ) -> bool;

    /// Nothing of an earlier connection can run any more.
    fn fence_passed(&self, now: Instant, out: &mut impl Requests<Pending<Self::Ticket>>);

    /// When `on_time` has something to do.
    fn due(&self) -> Option<Instant>;

    fn on_time(&self, now: Instant, out: &mut impl Requests<Pending<Self::Ticket>>);

    /// Whether the room has requests of its own while Redis is there.
    fn wants_turn(&self) -> bool;

    fn take_turn(&self, now: Instant, out: &mut impl Requests<Pending<Self::Ticket>>);
}

/// Whether a request goes where it was redirected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    Yes,
    /// What this process has of it is newer than what any node has: that is the answer.
    AnsweredHere,
    /// The refusal stands.
    No,
}

/// What follows from the replies of one read.
#[derive(Debug)]
pub struct FollowUp<T> {
    pub requests: Batch<Pending<T>>,
    /// Why this connection is of no use any more.
    pub unusable: Option<Error>,
    /// The breaker's question was answered.
    pub is_probe_answered: bool,
}

impl<T> Default for FollowUp<T> {
    fn default() -> Self {
        FollowUp { requests: Batch::default(), unusable: None, is_probe_answered: false }
    }
}

/// Takes a room's own requests in, for a connection that several rooms share.
pub struct OwnRequests<'o, O>(pub &'o mut O);

impl<T, O: Requests<Pending<T>>> Requests<PendingRequest<T>> for OwnRequests<'_, O> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.0.buffer()
    }

    fn commit(&mut self, from: usize, replies: u32, token: PendingRequest<T>, deadline: Instant) {
        let (bare, ticket) = token.split();
        self.0.commit(from, replies, bare.with(Ticket::Feature(ticket)), deadline);
    }
}
