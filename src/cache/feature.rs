//! The cache as a room whose requests go over a multiplexed connection.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::call::Call;
use super::core::{Core, Scratch};
use super::replies::{is_expected, transaction_error};
use super::ticket::{CacheRequest, CacheTicket, Purpose};
use crate::error::Error;
use crate::lane::{Frame, Requests};
use crate::redis::{Feature, FollowUp, Followed, Node, Outcome, OwnRequests, Pending, Redirection};

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
        out: &mut impl Requests<Pending<CacheTicket>>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        Core::prepare(self, call, slot, now, out, scratch)
    }

    /// Memory answers every other call.
    fn needs_redis(call: &Call<'_>) -> bool {
        call.is_raw()
    }

    fn without_room(
        &self,
        call: &Call<'_>,
        error: &Error,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        Core::without_room(self, call, error, scratch, now)
    }

    fn is_expected(ticket: &CacheTicket, frame: Frame<'_>) -> bool {
        is_expected(&ticket.purpose, frame)
    }

    fn error_in(ticket: &CacheTicket, frame: Frame<'_>) -> Option<String> {
        match ticket.purpose {
            Purpose::Operation(form) => transaction_error(form, frame),
            _ => None,
        }
    }

    fn follows(&self, pending: &CacheRequest, to: &Redirection, request: &[u8]) -> Followed {
        self.may_follow(pending, to, request)
    }

    fn replied<'a>(
        &self,
        pending: CacheRequest,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<CacheTicket>,
    ) -> Option<Outcome<'a>> {
        self.finish(pending, frame, request, now, follow_up)
    }

    fn refused(
        &self,
        pending: CacheRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<CacheTicket>,
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

    fn connected(
        &self,
        is_fenced: bool,
        now: Instant,
        out: &mut impl Requests<Pending<CacheTicket>>,
    ) -> bool {
        self.begin_recovery(is_fenced, now, &mut OwnRequests(out))
    }

    fn fence_passed(&self, now: Instant, out: &mut impl Requests<Pending<CacheTicket>>) {
        self.release_recovery(now, &mut OwnRequests(out));
    }

    fn due(&self) -> Option<Instant> {
        self.recovery_due()
    }

    fn on_time(&self, now: Instant, out: &mut impl Requests<Pending<CacheTicket>>) {
        self.try_recovery_again(now, &mut OwnRequests(out));
    }

    fn wants_turn(&self) -> bool {
        self.wants_recovery()
    }

    fn take_turn(&self, now: Instant, out: &mut impl Requests<Pending<CacheTicket>>) {
        if self.wants_recovery.swap(false, Ordering::AcqRel) {
            self.recover(now, &mut OwnRequests(out));
        }
    }
}
