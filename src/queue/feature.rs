//! Queues among the rooms whose calls come out of JavaScript. Their requests go over connections of their own, so no request of
//! theirs is ever on a shared one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::decode::{Call, VERBS, decode, numbers};
use super::room::{Queues, normalize};
use crate::error::{Error, Result};
use crate::lane::{Frame, Requests};
use crate::redis::{
    Asked, CallArguments, Feature, FollowUp, Followed, Later, Node, Outcome, PendingRequest, Redirection,
    RoomBeside, Route, misuse,
};

/// There is no request of queues on a shared connection.
#[derive(Debug)]
pub struct QueueTicket(Infallible);

type Request = PendingRequest<QueueTicket>;

impl Feature for Queues {
    const VERBS: &'static [&'static str] = VERBS;

    type Call<'a> = Call<'a>;
    type Ticket = QueueTicket;
    type Scratch = ();

    fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
        decode(asked, arguments)
    }

    fn numbers() -> Value {
        numbers()
    }

    fn alone(call: &Call<'_>) -> Result<Outcome<'static>> {
        match call.verb {
            "normalize" => normalize(call),
            _ => Err(misuse("the call needs a client")),
        }
    }

    fn node(&self) -> &Node {
        &self.node
    }

    fn answer(&self, call: &Call<'_>, now: Instant, _scratch: &mut ()) -> Outcome<'static> {
        self.carry_out(call, now).unwrap_or_else(Outcome::Failed)
    }

    fn prepare(
        &self,
        call: &Call<'_>,
        _call_id: u32,
        now: Instant,
        _out: &mut impl Requests<Request>,
        scratch: &mut (),
    ) -> Option<Outcome<'static>> {
        Some(self.answer(call, now, scratch))
    }

    fn route<'s>(&self, _call: &Call<'_>, _scratch: &'s mut ()) -> Result<Route<'s>> {
        Ok(Route::default())
    }

    fn parts<'a>(_call: &Call<'a>) -> Option<[Call<'a>; 2]>
    where
        'a: 'a,
    {
        None
    }

    fn without_room(
        &self,
        call: &Call<'_>,
        _error: &Error,
        scratch: &mut (),
        now: Instant,
    ) -> Outcome<'static> {
        self.answer(call, now, scratch)
    }

    fn is_expected(ticket: &QueueTicket, _frame: Frame<'_>) -> bool {
        match ticket.0 {}
    }

    fn error_in(ticket: &QueueTicket, _frame: Frame<'_>) -> Option<String> {
        match ticket.0 {}
    }

    fn follows(&self, pending: Request, _to: &Redirection, _request: &[u8]) -> (Request, Followed) {
        match pending.ticket.0 {}
    }

    fn replied<'a>(
        &self,
        pending: Request,
        _frame: Frame<'a>,
        _request: &[u8],
        _now: Instant,
        _follow_up: &mut FollowUp<'_, impl Requests<Request>>,
    ) -> Option<Outcome<'a>> {
        match pending.ticket.0 {}
    }

    fn refused(
        &self,
        pending: Request,
        _error: Error,
        _request: &[u8],
        _now: Instant,
        _follow_up: &mut FollowUp<'_, impl Requests<Request>>,
    ) -> Option<Outcome<'static>> {
        match pending.ticket.0 {}
    }

    fn lost(
        &self,
        pending: Request,
        _request: &[u8],
        _error: &Error,
        _is_in_doubt: bool,
        _now: Instant,
    ) -> Option<Outcome<'static>> {
        match pending.ticket.0 {}
    }

    fn connected(&self, _is_fenced: bool, _now: Instant, _out: &mut impl Requests<Request>) -> bool {
        false
    }

    fn fence_passed(&self, _now: Instant, _out: &mut impl Requests<Request>) {}

    fn due(&self) -> Option<Instant> {
        None
    }

    fn on_time(&self, _now: Instant, _out: &mut impl Requests<Request>) {}

    fn wants_turn(&self) -> bool {
        false
    }

    fn take_turn(&self, _now: Instant, _out: &mut impl Requests<Request>) {}

    fn report(&self) -> Value {
        let (queues, workers) = self.front.shared.open_count();
        let tallies = self.front.shared.tallies();
        if queues + workers == 0 && tallies.as_object().is_none_or(serde_json::Map::is_empty) {
            return Value::Null;
        }
        json!({ "queues": queues, "workers": workers, "done": tallies })
    }
}

impl RoomBeside for Queues {
    fn of_client(node: Arc<Node>, _later: Arc<dyn Later>) -> Queues {
        Queues::new(node)
    }

    fn of_node(&self, node: Arc<Node>, _later: Arc<dyn Later>) -> Queues {
        Queues { node, front: self.front.clone() }
    }
}
