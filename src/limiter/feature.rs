//! The limiter as a room whose requests go over a multiplexed connection.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::answer::shared_numbers;
use super::commands::append_eval;
use super::decode::{Call, Counted, VERBS, decode};
use super::denial::Times;
use super::gathered::{Gathered, Scratch};
use super::limits::ChangeKind;
use super::room::{Limiters, answers_of, asked, normalized};
use super::ticket::{Change, LimiterRequest, LimiterTicket, Purpose};
use crate::error::{Error, Result};
use crate::lane::{Frame, Node as Reply, Requests, append_command};
use crate::redis::{
    Asked, CallArguments, ErrorPolicy, Feature, FollowUp, Followed, Later, NOBODY, Node, Outcome,
    Redirection, RoomBeside, Route, misuse,
};

impl Feature for Limiters {
    const VERBS: &'static [&'static str] = &VERBS;

    type Call<'a> = Call<'a>;
    type Ticket = LimiterTicket;
    type Scratch = Scratch;

    fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
        decode(asked, arguments)
    }

    fn numbers() -> Value {
        shared_numbers()
    }

    fn alone(call: &Call<'_>) -> Result<Outcome<'static>> {
        match call {
            Call::Normalize(options) => Ok(normalized(options)),
            _ => Err(misuse("the call needs a client")),
        }
    }

    fn node(&self) -> &Node {
        &self.node
    }

    fn answer(&self, call: &Call<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
        self.answer_call(call, now, scratch).unwrap_or_else(Outcome::Failed)
    }

    fn prepare(
        &self,
        call: &Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<LimiterRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        self.prepare_call(call, call_id, now, out, scratch)
            .unwrap_or_else(|error| Some(Outcome::Failed(error)))
    }

    fn route<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        let key = self.route_key(call, &mut scratch.keys).then_some(scratch.keys.as_slice());
        Ok(Route { key, reads_key_only: false })
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
        error: &Error,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        self.answer_when_queue_is_full(call, error, scratch, now).unwrap_or_else(Outcome::Failed)
    }

    fn is_expected(LimiterTicket(purpose): &LimiterTicket, frame: Frame<'_>) -> bool {
        match purpose {
            Purpose::Decide(_) => matches!(frame.node(), Reply::Array(_)),
            Purpose::Change(_) | Purpose::Release(_) | Purpose::Said | Purpose::Heartbeat => {
                matches!(frame.node(), Reply::Integer(_))
            }
        }
    }

    fn error_in(_ticket: &LimiterTicket, _frame: Frame<'_>) -> Option<String> {
        None
    }

    fn follows(
        &self,
        pending: LimiterRequest,
        _to: &Redirection,
        _request: &[u8],
    ) -> (LimiterRequest, Followed) {
        (pending, Followed::Yes)
    }

    fn replied<'a>(
        &self,
        pending: LimiterRequest,
        frame: Frame<'a>,
        _request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<LimiterRequest>>,
    ) -> Option<Outcome<'a>> {
        let issued = pending.issued;
        match pending.ticket.0 {
            Purpose::Decide(gathered) => {
                self.node.health().command(now.saturating_duration_since(issued));
                let (outcome, failure) = self.decided(*gathered, frame, Times { issued, now });
                if let Some(error) = failure {
                    self.note_refusal(&error);
                    // What a script was refused is the connection's end as it is a command's.
                    if ErrorPolicy::of(&error) == ErrorPolicy::Replace {
                        follow_up.unusable.get_or_insert(error);
                    }
                }
                Some(outcome)
            }
            Purpose::Change(change) => {
                self.node.health().command(now.saturating_duration_since(issued));
                self.say(&change, now, &mut follow_up.requests);
                Some(changed(&change, frame, self.now_us(now)))
            }
            Purpose::Release(_) => {
                self.node.health().command(now.saturating_duration_since(issued));
                Some(Outcome::Boolean(true))
            }
            Purpose::Said => None,
            Purpose::Heartbeat => {
                if let Reply::Integer(count) = frame.node() {
                    self.shared.instances.counted(count);
                }
                None
            }
        }
    }

    fn refused(
        &self,
        pending: LimiterRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<LimiterRequest>>,
    ) -> Option<Outcome<'static>> {
        // Nothing has run: the server does not know the script yet.
        if error.redis_code() == Some("NOSCRIPT") {
            let deadline = pending.deadline(&self.node);
            let out = &mut follow_up.requests;
            let from = out.buffer().len();
            if now < deadline && append_eval(request, out.buffer()) {
                out.commit(from, 1, pending, deadline);
                return None;
            }
        }
        if !matches!(pending.ticket.0, Purpose::Said | Purpose::Heartbeat) {
            self.note_refusal(&error);
        }
        self.lost(pending, request, &error, false, now)
    }

    fn lost(
        &self,
        pending: LimiterRequest,
        _request: &[u8],
        error: &Error,
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        match pending.ticket.0 {
            Purpose::Decide(mut gathered) => {
                gathered.decide_here(self.share(), self.now_us(now), now);
                self.keep_lease(&gathered, now);
                if is_in_doubt {
                    self.discard_unheld(&gathered);
                }
                Some(answers_of(&gathered))
            }
            Purpose::Release(lease) => Some(self.release_was_lost(lease)),
            Purpose::Change(change) => Some(self.change_without_redis(&change, error, now)),
            Purpose::Said | Purpose::Heartbeat => None,
        }
    }

    fn connected(&self, _is_fenced: bool, now: Instant, out: &mut impl Requests<LimiterRequest>) -> bool {
        self.send_heartbeat_if_due(now, out);
        false
    }

    fn fence_passed(&self, _now: Instant, _out: &mut impl Requests<LimiterRequest>) {}

    fn due(&self) -> Option<Instant> {
        self.shared.instances.due().filter(|_| !self.node.reads_replicas())
    }

    fn on_time(&self, now: Instant, out: &mut impl Requests<LimiterRequest>) {
        self.send_heartbeat_if_due(now, out);
    }

    fn wants_turn(&self) -> bool {
        false
    }

    fn take_turn(&self, _now: Instant, _out: &mut impl Requests<LimiterRequest>) {}

    fn report(&self) -> Value {
        self.describe()
    }
}

impl RoomBeside for Limiters {
    fn of_client(node: Arc<Node>, _later: Arc<dyn Later>) -> Limiters {
        Limiters::new(node)
    }

    fn of_node(&self, node: Arc<Node>, _later: Arc<dyn Later>) -> Limiters {
        Limiters::of_node(self, node)
    }
}

impl Limiters {
    /// The answers to checks, and why Redis did not decide some of them.
    fn decided(
        &self,
        mut gathered: Gathered,
        frame: Frame<'_>,
        times: Times,
    ) -> (Outcome<'static>, Option<Error>) {
        let failure = gathered.take_reply(frame, times).unwrap_or_else(Some);
        // What has no answer gets one.
        gathered.decide_here(self.share(), self.now_us(times.now), times.now);
        self.keep_lease(&gathered, times.now);
        (answers_of(&gathered), failure)
    }

    /// Tells the other processes of a namespace that refusals of an identifier hold no more.
    fn say(&self, change: &Change, now: Instant, out: &mut impl Requests<LimiterRequest>) {
        // A part of a refused call over several slots is given back: nobody was refused because of it.
        let is_given_back =
            matches!(change.kind, ChangeKind::Refund { counted: Counted::ByRedis { at_us: 1.. }, .. });
        if !is_given_back && change.kind != ChangeKind::Block {
            out.push(asked(NOBODY, Purpose::Said, now), self.node.deadline(now), |bytes| {
                append_command(bytes, &[b"PUBLISH", &change.limiter.keys.channel(), &change.said]);
                1
            });
        }
    }

    fn note_refusal(&self, error: &Error) {
        self.node
            .health()
            .failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses rate limits");
        if error.redis_code() == Some("READONLY") {
            self.node.dialer().require_primary();
        }
    }
}

fn changed(change: &Change, frame: Frame<'_>, now_us: u64) -> Outcome<'static> {
    // A refusal may have been remembered since the call was made.
    change.limiter.forget_for(change.kind, change.mark, now_us);
    match change.kind {
        ChangeKind::Refund { .. } | ChangeKind::Block => Outcome::Null,
        ChangeKind::Reset | ChangeKind::Unblock => {
            Outcome::Boolean(matches!(frame.node(), Reply::Integer(count) if count > 0))
        }
    }
}
