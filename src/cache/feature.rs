//! The cache as a room whose requests go over a multiplexed connection.

use std::sync::Arc;
use std::time::Instant;

use super::call::Call;
use super::context::{Context, Scratch};
use super::core::Core;
use super::counted::Counted;
use super::decode::{ALL_VERBS, decode};
use super::routing::{both_ways, route_of};
use super::settle;
use super::settle::send_clearing;
use super::ticket::{CacheRequest, CacheTicket};
use serde_json::{Value, json};

use crate::entries;
use crate::error::{Error, Result};
use crate::lane::{Frame, Requests};
use crate::outage::replay;
use crate::redis::{
    Asked, CallArguments, Due, Feature, FollowUp, Followed, Later, Node, Outcome, Redirection, Route, misuse,
};

impl Feature for Core {
    type Call<'a> = Call<'a>;
    type Ticket = CacheTicket;
    type Scratch = Scratch;

    const VERBS: &'static [&'static str] = ALL_VERBS;

    fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
        decode(asked, arguments)
    }

    fn numbers() -> Value {
        json!({ "entries": entries::numbers() })
    }

    fn alone(call: &Call<'_>) -> Result<Outcome<'static>> {
        match call {
            Call::Entry(call) => entries::alone(call),
            _ => Err(misuse("the call needs a client")),
        }
    }

    fn answer(&self, call: &Call<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
        Core::answer(self, call, now, scratch)
    }

    fn node(&self) -> &Node {
        &self.context.node
    }

    fn prepare(
        &self,
        call: &Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        self.prepared(call, call_id, now, out, scratch)
    }

    fn route<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        route_of(&self.context, call, scratch)
    }

    fn parts<'a>(call: &Call<'a>) -> Option<[Call<'a>; 2]>
    where
        'a: 'a,
    {
        both_ways(call)
    }

    fn without_room(
        &self,
        call: &Call<'_>,
        _error: &Error,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        self.fall_back_call(call, scratch, now)
    }

    fn is_expected(ticket: &CacheTicket, frame: Frame<'_>) -> bool {
        settle::is_expected(ticket, frame)
    }

    fn error_in(ticket: &CacheTicket, frame: Frame<'_>) -> Option<String> {
        settle::error_in(ticket, frame)
    }

    fn follows(&self, pending: CacheRequest, to: &Redirection, request: &[u8]) -> (CacheRequest, Followed) {
        let owner = self.keeper_of(&pending, request);
        let followed = settle::may_follow(&self.context, keeper(owner.as_ref(), self), &pending, to, request);
        (pending, followed)
    }

    fn replied<'a>(
        &self,
        pending: CacheRequest,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
    ) -> Option<Outcome<'a>> {
        let owner = self.keeper_of(&pending, request);
        let counted = Counted::of(&pending);
        let outcome = settle::replied(
            &self.context,
            keeper(owner.as_ref(), self),
            pending,
            (frame, request),
            now,
            follow_up,
        );
        counted.end(self.context.health(), outcome, now)
    }

    fn refused(
        &self,
        pending: CacheRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
    ) -> Option<Outcome<'static>> {
        let owner = self.keeper_of(&pending, request);
        let counted = Counted::of(&pending);
        let outcome = settle::refused(
            &self.context,
            keeper(owner.as_ref(), self),
            pending,
            (error, request),
            now,
            follow_up,
        );
        counted.end(self.context.health(), outcome, now)
    }

    fn lost(
        &self,
        pending: CacheRequest,
        request: &[u8],
        _error: &Error,
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let owner = self.keeper_of(&pending, request);
        let counted = Counted::of(&pending);
        let outcome = settle::give_up(keeper(owner.as_ref(), self), pending, request, is_in_doubt, now);
        counted.end(self.context.health(), outcome, now)
    }

    fn connected(&self, is_fenced: bool, now: Instant, out: &mut impl Requests<CacheRequest>) -> bool {
        if let Some(near) = &self.context.near {
            near.copies.connected(&self.context.node);
        }
        settle::connected(&self.context, is_fenced, now, out)
    }

    fn fence_passed(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let context = &self.context;
        replay::fence_passed(&context.stand_in, now, out, |clear, out| {
            send_clearing(context, clear, now, out)
        });
    }

    fn due(&self) -> Option<Instant> {
        replay::due(&self.context.stand_in)
    }

    fn on_time(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let context = &self.context;
        replay::try_again(&context.stand_in, now, out, |clear, out| send_clearing(context, clear, now, out));
    }

    fn wants_turn(&self) -> bool {
        self.context.stand_in.wants_recovery()
    }

    fn take_turn(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let context = &self.context;
        replay::take_turn(&context.stand_in, now, out, |clear, out| send_clearing(context, clear, now, out));
    }
}

impl Later for Core {
    fn keep(&self, due: &Due<'_>, now: Instant) -> Result<()> {
        let stand_in = |core: &Core| core.context.stand_in.keep(due, now);
        // The owner of the slot keeps it, whichever node was asked.
        match self.owner_of(&self.context.keys.later(due.name)) {
            Some(owner) => stand_in(&owner),
            None => stand_in(self),
        }
    }
}

/// The node that keeps what a request comes to.
fn keeper<'c>(owner: Option<&'c Arc<Core>>, own: &'c Core) -> &'c Context {
    &owner.map_or(own, |owner| owner).context
}
