//! What a room above brings along: its calls, what it wants to know of a request, and what replies mean to it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::arguments::{CallArguments, misuse};
use super::head::Asked;
use super::later::Later;
use super::node::{Node, closed};
use super::outcome::Outcome;
use super::pending::{Pending, PendingRequest, Ticket};
use super::raw::RawCall;
use super::redirect::{Redirection, push_asking};
use crate::error::{Error, Result};
use crate::health::State;
use crate::lane::{Frame, Requests};

/// A room whose requests go over a multiplexed connection. Raw commands, fences and the questions of watchdog and breaker
/// are the connection's own.
pub trait Feature: Send + Sync + Sized + 'static {
    type Call<'a>;
    /// What travels with a request of the room.
    type Ticket: Debug + Send + 'static;
    /// Buffers that calls share, so that the hot path allocates nothing.
    type Scratch: Default + Send;

    /// The names of the room's calls for JavaScript; a verb is a position here.
    const VERBS: &'static [&'static str];

    /// The call that JavaScript asks for with these arguments.
    ///
    /// # Errors
    /// The arguments make no call.
    fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Self::Call<'_>>;

    /// Numbers that the room shares with JavaScript, beside its verbs; null where it has none.
    fn numbers() -> Value {
        Value::Null
    }

    /// Answers a call that needs neither a client nor its configuration.
    ///
    /// # Errors
    /// The call does need them.
    fn alone(_call: &Self::Call<'_>) -> Result<Outcome<'static>> {
        Err(misuse("the call needs a client"))
    }

    fn node(&self) -> &Node;

    /// Answers a call at once, without a request: the calls of the embedded store, and those that need no server.
    fn answer(&self, call: &Self::Call<'_>, now: Instant, scratch: &mut Self::Scratch) -> Outcome<'static>;

    /// Turns a call into requests, put into `out`, or into its outcome.
    fn prepare(
        &self,
        call: &Self::Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<PendingRequest<Self::Ticket>>,
        scratch: &mut Self::Scratch,
    ) -> Option<Outcome<'static>>;

    /// What the router must know of a call to choose a connection for it.
    ///
    /// # Errors
    /// The call names no key that can be.
    fn route<'s>(&self, call: &Self::Call<'_>, scratch: &'s mut Self::Scratch) -> Result<Route<'s>>;

    /// A call that is several in a cluster, because its keys are in different slots: its parts, each with what it is told
    /// apart by.
    fn parts<'a>(call: &Self::Call<'a>) -> Option<[Self::Call<'a>; 2]>;

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

    /// Whether a request may go where another node of a cluster says, and the request again.
    fn follows(
        &self,
        pending: PendingRequest<Self::Ticket>,
        to: &Redirection,
        request: &[u8],
    ) -> (PendingRequest<Self::Ticket>, Followed);

    /// A reply of an expected type. `None` where nobody waits, or a further request was put into `follow_up`.
    fn replied<'a>(
        &self,
        pending: PendingRequest<Self::Ticket>,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<Self::Ticket>>>,
    ) -> Option<Outcome<'a>>;

    /// The server's refusal.
    fn refused(
        &self,
        pending: PendingRequest<Self::Ticket>,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<Self::Ticket>>>,
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
        out: &mut impl Requests<PendingRequest<Self::Ticket>>,
    ) -> bool;

    /// Nothing of an earlier connection can run any more.
    fn fence_passed(&self, now: Instant, out: &mut impl Requests<PendingRequest<Self::Ticket>>);

    /// When `on_time` has something to do.
    fn due(&self) -> Option<Instant>;

    fn on_time(&self, now: Instant, out: &mut impl Requests<PendingRequest<Self::Ticket>>);

    /// Whether the room has requests of its own while Redis is there.
    fn wants_turn(&self) -> bool;

    fn take_turn(&self, now: Instant, out: &mut impl Requests<PendingRequest<Self::Ticket>>);

    /// The part of reports that is the room's own; null where it has none.
    fn report(&self) -> Value {
        Value::Null
    }
}

/// A room that uses the node which another room has made ready.
pub trait RoomBeside: Feature {
    /// `later` keeps what Redis does not take.
    fn of_client(node: Arc<Node>, later: Arc<dyn Later>) -> Self;

    /// The same room at another node of the client's cluster.
    fn of_node(&self, node: Arc<Node>, later: Arc<dyn Later>) -> Self;
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

/// One call of a caller. `C` is a call of the rooms above.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a, C> {
    Raw(RawCall<'a>),
    Room(C),
}

/// A call on connections whose rooms are `F`.
pub type CallOf<'a, F> = Call<'a, <F as Feature>::Call<'a>>;

/// Turns a call into requests, put into `out`, or into its outcome.
pub fn prepare<F: Feature>(
    feature: &F,
    call: &CallOf<'_, F>,
    call_id: u32,
    now: Instant,
    out: &mut impl Requests<Pending<F::Ticket>>,
    scratch: &mut F::Scratch,
) -> Option<Outcome<'static>> {
    let node = feature.node();
    if node.health().state() == State::Closed {
        return Some(Outcome::Failed(closed()));
    }
    match call {
        Call::Raw(call) => call.append(node, call_id, now, out).err().map(Outcome::Failed),
        Call::Room(call) => feature.prepare(call, call_id, now, &mut of_feature(out), scratch),
    }
}

/// The outcome of a call for which there is no room, or no connection.
pub fn without_room<F: Feature>(
    feature: &F,
    call: &CallOf<'_, F>,
    error: &Error,
    scratch: &mut F::Scratch,
    now: Instant,
) -> Outcome<'static> {
    feature.node().health().counters().overloaded.increment();
    match call {
        Call::Raw(_) => Outcome::Failed(error.clone()),
        Call::Room(call) => feature.without_room(call, error, scratch, now),
    }
}

/// What the router must know of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Route<'k> {
    /// The key by whose slot a cluster is routed; `None` where any node may answer.
    pub key: Option<&'k [u8]>,
    /// Whether the value of this key is all that the call reads, and it writes nothing.
    pub reads_key_only: bool,
}

/// What follows from a reply. `O` takes further requests of the room.
#[derive(Debug)]
pub struct FollowUp<'f, O> {
    pub requests: O,
    /// Why this connection is of no use any more.
    pub unusable: &'f mut Option<Error>,
}

/// The requests of one room among several.
pub type OfRoom<'o, O, T, U> = Wrapped<'o, O, fn(T) -> U>;

impl<O> FollowUp<'_, O> {
    /// The same for one room among several, whose tickets are made by `wrap`.
    pub fn of_room<T, U>(&mut self, wrap: fn(T) -> U) -> FollowUp<'_, OfRoom<'_, O, T, U>> {
        let requests = Wrapped { requests: &mut self.requests, wrap };
        FollowUp { requests, unusable: &mut *self.unusable }
    }
}

/// Takes requests of one room in, for a list that holds more: `wrap` makes the list's ticket of the room's.
pub struct Wrapped<'o, O, W> {
    pub requests: &'o mut O,
    pub wrap: W,
}

impl<T, U, O, W> Requests<PendingRequest<T>> for Wrapped<'_, O, W>
where
    O: Requests<PendingRequest<U>>,
    W: Fn(T) -> U,
{
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.requests.buffer()
    }

    fn commit(&mut self, from: usize, replies: u32, token: PendingRequest<T>, deadline: Instant) {
        let (bare, ticket) = token.split();
        self.requests.commit(from, replies, bare.with((self.wrap)(ticket)), deadline);
    }
}

/// Takes requests of the rooms above in that follow from a reply.
pub(super) struct Further<'o, O> {
    pub requests: &'o mut O,
    /// The reply was that of a node which is about to take the slot over: each request needs its own ASKING.
    pub is_asking: bool,
}

impl<T, O: Requests<Pending<T>>> Requests<PendingRequest<T>> for Further<'_, O> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.requests.buffer()
    }

    fn commit(&mut self, from: usize, replies: u32, token: PendingRequest<T>, deadline: Instant) {
        let (mut bare, ticket) = token.split();
        bare.is_asking = self.is_asking;
        let mut begin = from;
        if self.is_asking {
            let request = self.buffer().split_off(from);
            push_asking(bare.issued, deadline, self.requests);
            begin = self.buffer().len();
            self.buffer().extend_from_slice(&request);
        }
        self.requests.commit(begin, replies, bare.with(Ticket::Feature(ticket)), deadline);
    }
}

/// The requests of the rooms above, on a connection that has requests of its own too.
pub(super) fn of_feature<T, O: Requests<Pending<T>>>(requests: &mut O) -> Wrapped<'_, O, fn(T) -> Ticket<T>> {
    Wrapped { requests, wrap: Ticket::Feature }
}
