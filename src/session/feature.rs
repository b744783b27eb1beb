//! Sessions as a room whose requests go over a multiplexed connection.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::{numbers, text};
use super::base64url;
use super::decode::{Call, Step, VERBS, decode};
use super::destroy::journalled;
use super::ended::Kind;
use super::id::{Hash, Tag};
use super::keys::braced;
use super::open::Open;
use super::plan::{Planned, Plans};
use super::requests::{append_destroy, append_eval, append_revoke, append_time, kept_destroy, kept_revoke};
use super::room::Sessions;
use super::settle::{Replies, Settled, With};
use super::tally::Count;
use super::ticket::{Asked as Ask, FlightTime, Purpose, Read, SessionRequest, SessionTicket};
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Node as Reply, Requests};
use crate::redis::{
    Asked, CallArguments, Due, ErrorPolicy, Feature, FollowUp, Followed, Later, NOBODY, Node, Outcome,
    PendingRequest, Redirection, RoomBeside, Route, misuse,
};

/// Buffers that calls share, and the time of the flight that is being gathered.
#[derive(Debug, Default)]
pub struct Scratch {
    key: Vec<u8>,
    request: Vec<u8>,
    flight: Option<(Instant, usize, FlightTime)>,
}

impl Feature for Sessions {
    const VERBS: &'static [&'static str] = VERBS;

    type Call<'a> = Call<'a>;
    type Ticket = SessionTicket;
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
        out: &mut impl Requests<SessionRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        let Call::Ask { room, step } = call else {
            return Some(self.answer(call, now, scratch));
        };
        self.ask(*room, step, call_id, now, out, scratch).unwrap_or_else(|error| Some(Outcome::Failed(error)))
    }

    fn route<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        scratch.key.clear();
        let is_routed = match call {
            Call::Ask { room, step } => self
                .room(*room)
                .is_ok_and(|open| Plans::of(&open, self.node.data()).route(step, &mut scratch.key)),
            _ => false,
        };
        Ok(Route { key: is_routed.then_some(scratch.key.as_slice()), reads_key_only: false })
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
        let Call::Ask { room, step } = call else {
            return self.answer(call, now, scratch);
        };
        let planned = self.room(*room).and_then(|open| {
            scratch.request.clear();
            let planned = Plans::of(&open, self.node.data()).plan(
                step,
                &self.shared.codec,
                FlightTime::default,
                &mut scratch.request,
            )?;
            Ok((open, planned))
        });
        match planned {
            Ok((_, Planned::Answer(outcome))) => outcome,
            Ok((open, Planned::Ask(purpose))) => self.without_redis(&open, purpose, error, now),
            Err(error) => Outcome::Failed(error),
        }
    }

    fn is_expected(SessionTicket(ask): &SessionTicket, frame: Frame<'_>) -> bool {
        let node = frame.node();
        match &ask.purpose {
            Purpose::Read(_) => matches!(node, Reply::Bulk(_) | Reply::Null),
            Purpose::Touch | Purpose::Count => matches!(node, Reply::Integer(_)),
            Purpose::Aside => true,
            _ => matches!(node, Reply::Array(_)),
        }
    }

    fn error_in(_ticket: &SessionTicket, _frame: Frame<'_>) -> Option<String> {
        None
    }

    fn follows(
        &self,
        pending: SessionRequest,
        _to: &Redirection,
        _request: &[u8],
    ) -> (SessionRequest, Followed) {
        // The time of a flight is that of its own node.
        let is_time = matches!(pending.ticket.0.purpose, Purpose::Time(_));
        (pending, if is_time { Followed::No } else { Followed::Yes })
    }

    fn replied<'a>(
        &self,
        pending: SessionRequest,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<SessionRequest>>,
    ) -> Option<Outcome<'a>> {
        let (bare, SessionTicket(ask)) = pending.split();
        let Ask { open, purpose } = *ask;
        if let Purpose::Time(time) = &purpose {
            if let Some(ms) = ms_of(frame) {
                time.set(ms);
            }
            return None;
        }
        let open = open?;
        let purpose = match purpose {
            Purpose::Read(read) if read.time.ms().is_none() && !read.asks_again => {
                self.read_again(open, *read, &bare, request, &mut follow_up.requests);
                return None;
            }
            purpose => purpose,
        };
        self.node.health().command(now.saturating_duration_since(bare.issued));
        let out = &mut follow_up.requests;
        let from = out.buffer().len();
        let with = With { codec: &self.shared.codec, issued: bare.issued, now, out: out.buffer() };
        match Replies::of(&open).settle(purpose, frame, with) {
            Settled::Done(outcome) => Some(outcome),
            Settled::Instead(purpose) => {
                let deadline = bare.deadline(&self.node);
                out.commit(from, 1, bare.with(ticket(open, purpose)), deadline);
                None
            }
            Settled::Beside(outcome) => {
                let aside = PendingRequest::unasked(ticket(open, Purpose::Aside), now);
                out.commit(from, 1, aside, self.node.deadline(now));
                Some(outcome)
            }
        }
    }

    fn refused(
        &self,
        pending: SessionRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<SessionRequest>>,
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
        let code = error.redis_code().unwrap_or_default().to_owned();
        let Ask { open, purpose } = *pending.ticket.0;
        let open = open?;
        if code == "WRONGTYPE" && matches!(purpose, Purpose::Read(_)) {
            return Some(Replies::of(&open).damaged());
        }
        self.node.health().failed(&code, "Redis refuses sessions");
        if code == "READONLY" {
            self.node.dialer().require_primary();
        }
        match ErrorPolicy::of(&error) {
            ErrorPolicy::Refuse => Some(Outcome::Failed(error)),
            _ => Some(self.without_redis(&open, purpose, &error, now)),
        }
    }

    fn lost(
        &self,
        pending: SessionRequest,
        _request: &[u8],
        error: &Error,
        _is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let Ask { open, purpose } = *pending.ticket.0;
        Some(self.without_redis(&open?, purpose, error, now))
    }

    fn connected(&self, _is_fenced: bool, now: Instant, out: &mut impl Requests<SessionRequest>) -> bool {
        let server = self.node.run_id();
        let mut known = self.known_server.lock().unwrap_or_else(PoisonError::into_inner);
        if server.is_none() || *known != server {
            known.clone_from(&server);
            self.tell_ends(now, out);
        }
        false
    }

    fn fence_passed(&self, _now: Instant, _out: &mut impl Requests<SessionRequest>) {}

    fn due(&self) -> Option<Instant> {
        None
    }

    fn on_time(&self, _now: Instant, _out: &mut impl Requests<SessionRequest>) {}

    fn wants_turn(&self) -> bool {
        false
    }

    fn take_turn(&self, _now: Instant, _out: &mut impl Requests<SessionRequest>) {}

    fn report(&self) -> Value {
        self.rooms().iter().map(|open| open.describe()).collect::<Vec<_>>().into()
    }
}

impl RoomBeside for Sessions {
    fn of_client(node: Arc<Node>, later: Arc<dyn Later>) -> Sessions {
        Sessions::new(node, later)
    }

    fn of_node(&self, node: Arc<Node>, later: Arc<dyn Later>) -> Sessions {
        Sessions::of_node(self, node, later)
    }
}

impl Sessions {
    fn answer_call(&self, call: &Call<'_>, now: Instant) -> Result<Outcome<'static>> {
        match call {
            Call::Normalize(options) => Ok(text(options.describe().to_string())),
            Call::Open(options) => Ok(text(self.open(options).to_string())),
            Call::Close { room } => {
                self.close(*room);
                Ok(Outcome::Null)
            }
            Call::Say { room, saying } => self.say(*room, saying),
            Call::Ask { room, step } if self.is_embedded() => self.ask_here(*room, step, now),
            Call::Ask { .. } => Err(Error::new(ErrorCode::Connect, "the call needs a connection to Redis")),
        }
    }

    /// A step on this process's own memory. Its replies are read as Redis's are.
    fn ask_here(&self, room: usize, step: &Step<'_>, now: Instant) -> Result<Outcome<'static>> {
        let (open, now_ms) = (self.room(room)?, self.now_ms(now));
        erasure::check(self.node.data(), step.written_organization())?;
        let codec = &self.shared.codec;
        let mut request = Vec::new();
        let mut purpose = match Plans::of(&open, self.node.data()).plan(
            step,
            codec,
            || FlightTime::at(now_ms),
            &mut request,
        )? {
            Planned::Answer(outcome) => return Ok(outcome),
            Planned::Ask(purpose) => purpose,
        };
        loop {
            let reply = self.here().run(&request, now_ms)?;
            let mut next = Vec::new();
            let with = With { codec, issued: now, now, out: &mut next };
            match Replies::of(&open).settle(purpose, Frame::new(&reply), with) {
                Settled::Done(outcome) => return Ok(outcome),
                Settled::Instead(further) => purpose = further,
                Settled::Beside(outcome) => {
                    self.here().run(&next, now_ms)?;
                    return Ok(outcome);
                }
            }
            request = next;
        }
    }

    fn ask(
        &self,
        room: usize,
        step: &Step<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<SessionRequest>,
        scratch: &mut Scratch,
    ) -> Result<Option<Outcome<'static>>> {
        let open = self.room(room)?;
        erasure::check(self.node.data(), step.written_organization())?;
        let Scratch { request, flight, .. } = scratch;
        request.clear();
        let mut asks_time = false;
        let at = Arc::as_ptr(&self.node) as usize;
        let time = || match flight {
            Some((gathered, node, time)) if *gathered == now && *node == at => time.clone(),
            _ => {
                asks_time = true;
                flight.insert((now, at, FlightTime::default())).2.clone()
            }
        };
        let purpose =
            match Plans::of(&open, self.node.data()).plan(step, &self.shared.codec, time, request)? {
                Planned::Answer(outcome) => return Ok(Some(outcome)),
                Planned::Ask(purpose) => purpose,
            };
        if self.is_away() {
            *flight = None;
            let error = Error::new(ErrorCode::Connect, "Redis is away");
            return Ok(Some(self.without_redis(&open, purpose, &error, now)));
        }
        let deadline = self.node.deadline(now);
        if asks_time && let Some((.., time)) = flight {
            out.push(PendingRequest::unasked(time_ticket(time), now), deadline, |bytes| {
                append_time(bytes);
                1
            });
        }
        out.push(PendingRequest::new(call_id, ticket(open, purpose), now), deadline, |bytes| {
            bytes.extend_from_slice(request);
            1
        });
        Ok(None)
    }

    /// A read was answered by another server than the time was asked of: both are asked for here.
    fn read_again(
        &self,
        open: Arc<Open>,
        read: Read,
        pending: &PendingRequest<()>,
        request: &[u8],
        out: &mut impl Requests<SessionRequest>,
    ) {
        let (time, deadline) = (FlightTime::default(), pending.deadline(&self.node));
        out.push(PendingRequest::unasked(time_ticket(&time), pending.issued), deadline, |bytes| {
            append_time(bytes);
            1
        });
        let purpose = Purpose::Read(Box::new(Read { time, asks_again: true, ..read }));
        out.push(pending.with(ticket(open, purpose)), deadline, |bytes| {
            bytes.extend_from_slice(request);
            1
        });
    }

    /// The outcome of a request that Redis did not carry out, as far as anybody knows.
    fn without_redis(
        &self,
        open: &Arc<Open>,
        purpose: Purpose,
        error: &Error,
        now: Instant,
    ) -> Outcome<'static> {
        let kept = match &purpose {
            Purpose::Read(read) => {
                let recent = Replies::of(open).recently(read, &self.shared.codec, now);
                return recent.unwrap_or_else(|| Outcome::Failed(error.clone()));
            }
            Purpose::Destroy(named) => {
                return journalled(open, named, now, |end| {
                    let request = kept_destroy(&open.user_key(&end.tag), &end.hash);
                    self.keep(open, &end.tag, &base64url::text(&end.hash), &request, now)
                });
            }
            Purpose::Revoke { tag, kept } => {
                self.keep(open, tag, &name_of(kept), &kept_revoke(&open.user_key(tag), kept), now)
            }
            _ => return Outcome::Failed(error.clone()),
        };
        if let Err(error) = kept {
            return Outcome::Failed(error);
        }
        open.tally.count(Count::Journalled);
        match purpose {
            Purpose::Revoke { tag, kept } => {
                open.note_end(tag, Kind::User { known_ms: 0, kept }, true, now);
                let tag = base64url::text(&tag);
                text(json!({ "outcome": "journalled", "removed": 0, "tag": tag }).to_string())
            }
            _ => Outcome::Null,
        }
    }

    /// Keeps the end of a session, or of all of a user's, until Redis is back.
    fn keep(&self, open: &Open, tag: &Tag, name: &str, request: &[u8], now: Instant) -> Result<()> {
        let name = format!("{}:{}:{name}", braced(tag), open.options.namespace);
        let life = Duration::from_secs(open.options.absolute_seconds);
        self.later.keep(&Due { name: name.as_bytes(), request, life }, now)
    }

    /// Tells the server what this process has ended lately: it may be a replica that was behind.
    fn tell_ends(&self, now: Instant, out: &mut impl Requests<SessionRequest>) {
        for open in self.rooms() {
            for end in open.ended().lately(now) {
                let age_ms = (now.saturating_duration_since(end.at).as_millis() as u64).max(1);
                let key = open.user_key(&end.tag);
                let aside = PendingRequest::new(NOBODY, ticket(open.clone(), Purpose::Aside), now);
                out.push(aside, self.node.deadline(now), |bytes| {
                    match &end.kind {
                        Kind::Session(hash) => append_destroy(&[(key, *hash)], age_ms, bytes),
                        Kind::User { known_ms, kept } => append_revoke(&key, *known_ms, kept, age_ms, bytes),
                    }
                    1
                });
            }
        }
    }
}

fn time_ticket(time: &FlightTime) -> SessionTicket {
    SessionTicket(Box::new(Ask { open: None, purpose: Purpose::Time(time.clone()) }))
}

fn ticket(open: Arc<Open>, purpose: Purpose) -> SessionTicket {
    SessionTicket(Box::new(Ask { open: Some(open), purpose }))
}

/// Tells apart revocations of one user that keep different sessions.
fn name_of(kept: &[Hash]) -> String {
    format!("all:{}", base64url::text(&kept.concat()))
}

/// The server's time in ms.
fn ms_of(frame: Frame<'_>) -> Option<i64> {
    let Reply::Array(items) = frame.node() else { return None };
    let mut numbers = items.filter_map(|item| match item {
        Reply::Bulk(digits) => std::str::from_utf8(digits).ok()?.parse::<i64>().ok(),
        _ => None,
    });
    Some(numbers.next()? * 1000 + numbers.next()? / 1000)
}
