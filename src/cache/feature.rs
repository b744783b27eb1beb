//! The cache as a room whose requests go over a multiplexed connection.

use std::time::Instant;

use super::call::Call;
use super::core::{Core, Scratch};
use super::replies::{is_expected, transaction_error};
use super::routing::both_ways;
use super::ticket::{CacheRequest, CacheTicket, Purpose, unasked};
use crate::error::{Error, Result};
use crate::lane::{Frame, Requests};
use crate::outage::replay;
use crate::redis::{Feature, FollowUp, Followed, Node, Outcome, Redirection, Route};

impl Feature for Core {
    type Call<'a> = Call<'a>;
    type Ticket = CacheTicket;
    type Scratch = Scratch;

    fn node(&self) -> &Node {
        &self.node
    }

    fn prepare(
        &self,
        call: &Call<'_>,
        slot: u32,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        self.prepare_call(call, slot, now, out, scratch).unwrap_or_else(|error| Some(Outcome::Failed(error)))
    }

    fn route<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        self.route_of(call, scratch)
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
        is_expected(&ticket.purpose, frame)
    }

    fn error_in(ticket: &CacheTicket, frame: Frame<'_>) -> Option<String> {
        match ticket.purpose {
            Purpose::Operation(kind) => transaction_error(kind, frame),
            _ => None,
        }
    }

    fn follows(&self, pending: CacheRequest, to: &Redirection, request: &[u8]) -> (CacheRequest, Followed) {
        let followed = self.may_follow(&pending, to, request);
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
        self.finish(pending, frame, request, now, follow_up)
    }

    fn refused(
        &self,
        pending: CacheRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
    ) -> Option<Outcome<'static>> {
        self.operation_refused(pending, error, request, now, follow_up)
    }

    fn lost(
        &self,
        pending: CacheRequest,
        request: &[u8],
        _error: &Error,
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        self.give_up(pending, request, is_in_doubt, now)
    }

    fn connected(&self, is_fenced: bool, now: Instant, out: &mut impl Requests<CacheRequest>) -> bool {
        let extensions = self.local_state().take_extensions();
        for request in extensions {
            out.push(unasked(Purpose::Upkeep, now), self.deadline(now), |bytes| {
                bytes.extend_from_slice(&request);
                1
            });
        }
        replay::begin(&self.stand_in, is_fenced, now, out, |clear, out| self.send_journalled(clear, now, out))
    }

    fn fence_passed(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        replay::fence_passed(&self.stand_in, now, out, |clear, out| self.send_journalled(clear, now, out));
    }

    fn due(&self) -> Option<Instant> {
        replay::due(&self.stand_in)
    }

    fn on_time(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        replay::try_again(&self.stand_in, now, out, |clear, out| self.send_journalled(clear, now, out));
    }

    fn wants_turn(&self) -> bool {
        self.stand_in.wants_recovery()
    }

    fn take_turn(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        replay::take_turn(&self.stand_in, now, out, |clear, out| self.send_journalled(clear, now, out));
    }
}
