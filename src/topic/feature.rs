//! Topics as a room whose requests go over a multiplexed connection.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::answer::{journalled, numbers, page, published, text};
use super::decode::{Call, Place, Step, VERBS, decode};
use super::requests::{append_eval, append_unsharded};
use super::room::Topics;
use super::ticket::{Purpose, TopicRequest, TopicTicket};
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Node as Reply, Requests};
use crate::redis::{
    Asked, CallArguments, Due, ErrorPolicy, Feature, FollowUp, Followed, Later, Node, Outcome,
    PendingRequest, Redirection, RoomBeside, Route, misuse,
};

/// Buffers that calls share.
#[derive(Debug, Default)]
pub struct Scratch {
    key: Vec<u8>,
    request: Vec<u8>,
}

impl Feature for Topics {
    const VERBS: &'static [&'static str] = VERBS;

    type Call<'a> = Call<'a>;
    type Ticket = TopicTicket;
    type Scratch = Scratch;

    fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
        decode(asked, arguments)
    }

    fn numbers() -> Value {
        numbers()
    }

    fn alone(call: &Call<'_>) -> Result<Outcome<'static>> {
        match call {
            Call::Normalize(options) => Ok(text(options.describe().to_string())),
            _ => Err(misuse("the call needs a client")),
        }
    }

    fn node(&self) -> &Node {
        &self.node
    }

    fn answer(&self, call: &Call<'_>, now: Instant, _scratch: &mut Scratch) -> Outcome<'static> {
        self.answer_call(call, now).unwrap_or_else(Outcome::Failed)
    }

    fn prepare(
        &self,
        call: &Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<TopicRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        let Call::Ask { room, at, step } = call else {
            return Some(self.answer(call, now, scratch));
        };
        scratch.request.clear();
        let purpose = match self.plan(*room, at, step, &mut scratch.request) {
            Ok(purpose) => purpose,
            Err(error) => return Some(Outcome::Failed(error)),
        };
        if self.is_away() {
            let error = Error::new(ErrorCode::Connect, "Redis is away");
            return Some(self.without_redis(purpose, &error, now));
        }
        let pending = PendingRequest::new(call_id, TopicTicket(purpose), now);
        out.push(pending, self.node.deadline(now), |bytes| {
            bytes.extend_from_slice(&scratch.request);
            1
        });
        None
    }

    fn route<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        scratch.key.clear();
        let Call::Ask { room, at, .. } = call else { return Ok(Route::default()) };
        self.room(*room)?.stream(at, &mut scratch.key)?;
        Ok(Route { key: Some(scratch.key.as_slice()), reads_key_only: false })
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
        let Call::Ask { room, at, step } = call else {
            return self.answer(call, now, scratch);
        };
        scratch.request.clear();
        match self.plan(*room, at, step, &mut scratch.request) {
            Ok(purpose) => self.without_redis(purpose, error, now),
            Err(error) => Outcome::Failed(error),
        }
    }

    fn is_expected(TopicTicket(purpose): &TopicTicket, frame: Frame<'_>) -> bool {
        match purpose {
            Purpose::Tell => matches!(frame.node(), Reply::Integer(_)),
            _ => matches!(frame.node(), Reply::Array(_)),
        }
    }

    fn error_in(_ticket: &TopicTicket, _frame: Frame<'_>) -> Option<String> {
        None
    }

    fn follows(&self, pending: TopicRequest, _to: &Redirection, _request: &[u8]) -> (TopicRequest, Followed) {
        (pending, Followed::Yes)
    }

    fn replied<'a>(
        &self,
        pending: TopicRequest,
        frame: Frame<'a>,
        _request: &[u8],
        now: Instant,
        _follow_up: &mut FollowUp<'_, impl Requests<TopicRequest>>,
    ) -> Option<Outcome<'a>> {
        self.node.health().command(now.saturating_duration_since(pending.issued));
        Some(meaning(&pending.ticket.0, frame).unwrap_or_else(Outcome::Failed))
    }

    fn refused(
        &self,
        pending: TopicRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<TopicRequest>>,
    ) -> Option<Outcome<'static>> {
        // Nothing has run: the server does not know the script yet, or sharded channels.
        let deadline = pending.deadline(&self.node);
        let out = &mut follow_up.requests;
        let from = out.buffer().len();
        let is_again = now < deadline
            && match error.redis_code() {
                Some("NOSCRIPT") => append_eval(request, out.buffer()),
                Some("ERR") => append_unsharded(request, out.buffer()),
                _ => false,
            };
        if is_again {
            out.commit(from, 1, pending, deadline);
            return None;
        }
        let code = error.redis_code().unwrap_or_default().to_owned();
        self.node.health().failed(&code, "Redis refuses messages of topics");
        if code == "READONLY" {
            self.node.dialer().require_primary();
        }
        match ErrorPolicy::of(&error) {
            ErrorPolicy::Refuse => Some(Outcome::Failed(error)),
            _ => Some(self.without_redis(pending.ticket.0, &error, now)),
        }
    }

    fn lost(
        &self,
        pending: TopicRequest,
        _request: &[u8],
        error: &Error,
        _is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        // A message that the journal keeps has an id: it is published once, though it may have been before.
        Some(self.without_redis(pending.ticket.0, error, now))
    }

    fn connected(&self, _is_fenced: bool, _now: Instant, _out: &mut impl Requests<TopicRequest>) -> bool {
        false
    }

    fn fence_passed(&self, _now: Instant, _out: &mut impl Requests<TopicRequest>) {}

    fn due(&self) -> Option<Instant> {
        None
    }

    fn on_time(&self, _now: Instant, _out: &mut impl Requests<TopicRequest>) {}

    fn wants_turn(&self) -> bool {
        false
    }

    fn take_turn(&self, _now: Instant, _out: &mut impl Requests<TopicRequest>) {}
}

impl RoomBeside for Topics {
    fn of_client(node: Arc<Node>, later: Arc<dyn Later>) -> Topics {
        Topics::new(node, later)
    }

    fn of_node(&self, node: Arc<Node>, later: Arc<dyn Later>) -> Topics {
        Topics::of_node(self, node, later)
    }
}

/// What a reply means to its caller.
fn meaning(purpose: &Purpose, frame: Frame<'_>) -> Result<Outcome<'static>> {
    match purpose {
        Purpose::Tell => Ok(Outcome::Null),
        Purpose::Publish { .. } => published(frame),
        Purpose::Read => page(frame),
    }
}

impl Topics {
    fn answer_call(&self, call: &Call<'_>, now: Instant) -> Result<Outcome<'static>> {
        match call {
            Call::Normalize(options) => Ok(text(options.describe().to_string())),
            Call::Open(options) => Ok(text(self.open(options).to_string())),
            Call::Close { room } => {
                self.close(*room);
                Ok(Outcome::Null)
            }
            Call::Channel { room, at } => {
                let channel = self.room(*room)?.channel(at)?;
                Ok(text(Value::from(String::from_utf8_lossy(&channel)).to_string()))
            }
            Call::Ask { room, at, step } if self.is_embedded() => {
                let mut request = Vec::new();
                let purpose = self.plan(*room, at, step, &mut request)?;
                let reply = self.here().run(&request, self.now_ms(now))?;
                meaning(&purpose, Frame::new(&reply))
            }
            Call::Ask { .. } => Err(Error::new(ErrorCode::Connect, "the call needs a connection to Redis")),
        }
    }

    fn plan(&self, room: usize, at: &Place<'_>, step: &Step<'_>, out: &mut Vec<u8>) -> Result<Purpose> {
        if erasure::is_any() && matches!(step, Step::Publish { .. }) {
            erasure::check(self.node.data(), at.whose.organization)?;
        }
        self.room(room)?.plan(at, step, out)
    }

    /// The outcome of a request that Redis did not carry out, as far as anybody knows.
    fn without_redis(&self, purpose: Purpose, error: &Error, now: Instant) -> Outcome<'static> {
        let Purpose::Publish { kept: Some(kept) } = purpose else {
            return Outcome::Failed(error.clone());
        };
        let due = Due { name: &kept.name, request: &kept.request, life: kept.life };
        match self.later.keep(&due, now) {
            Ok(()) => journalled(),
            Err(error) => Outcome::Failed(error),
        }
    }
}
