//! One connection that many calls share: calls go in, outcomes come out, whatever becomes of it.
//!
//! A driver moves the bytes and tells what happens; this decides what it means for every request, and the room whose request
//! it is decides what it means for its call.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answers::{Arrived, Learned, answered, give_up, may_run_twice, push_fence};
use super::feature::{Call, CallOf, Feature, of_feature, prepare, without_room};
use super::fence::Fence;
use super::node::{Node, closed};
use super::outcome::{Outcome, RequestSink};
use super::pending::{NOBODY, PUSHED, Pending, Ticket};
use super::redirect::Redirected;
use super::reply_format::ReplyFormat;
use super::role::Role;
use crate::connection::{
    Admission, BreakerState, ServerInfo, Watch, Watchdog, connection_garbled, connection_silent,
};
use crate::error::{Error, ErrorCode, Result};
use crate::health::State;
use crate::lane::{Arrival, Batch, Lane, LostRequest, Requests, append_command};

/// How long the breaker's question may take.
const PROBE_WITHIN: Duration = Duration::from_secs(1);

/// The calls that are under way on one connection.
pub struct MultiplexedConnection<F: Feature> {
    feature: Arc<F>,
    /// Another connection of the same client keeps state, journal and breaker.
    is_auxiliary: bool,
    lane: Lane<Pending<F::Ticket>>,
    /// Requests that follow from the replies of one read.
    next: Batch<Pending<F::Ticket>>,
    scratch: F::Scratch,
    /// Of the connection, where there is one.
    watchdog: Option<Watchdog>,
    /// Failed attempts in a row; beyond the configured retries raw commands fail at once.
    failures: u32,
    last_failure: Option<Error>,
    last_received: Option<Instant>,
    /// When a reply was last complete, or the connection began.
    last_reply: Instant,
    /// What would end the connection at the server.
    identity: Option<Fence>,
    /// Of earlier connections, of which something may still run late.
    doubtful: Option<Fence>,
}

impl<F: Feature> MultiplexedConnection<F> {
    pub fn new(feature: Arc<F>) -> Self {
        let mut lane = Lane::default();
        lane.is_monitoring = feature.node().role() == Role::Monitor;
        MultiplexedConnection {
            feature,
            is_auxiliary: false,
            lane,
            next: Batch::default(),
            scratch: F::Scratch::default(),
            watchdog: None,
            failures: 0,
            last_failure: None,
            last_received: None,
            last_reply: Instant::now(),
            identity: None,
            doubtful: None,
        }
    }

    /// One more connection of the same client. What it cannot send the other one does.
    pub fn auxiliary(feature: Arc<F>) -> Self {
        MultiplexedConnection { is_auxiliary: true, ..MultiplexedConnection::new(feature) }
    }

    /// Whether something that waits may be about this key.
    pub fn mentions(&self, key: &[u8]) -> bool {
        self.lane.mentions(key)
    }

    pub fn feature(&self) -> &Arc<F> {
        &self.feature
    }

    fn node(&self) -> &Node {
        self.feature.node()
    }

    /// Calls that have not settled.
    pub fn pending(&self) -> usize {
        self.lane.pending()
    }

    pub fn pending_bytes(&self) -> usize {
        self.lane.pending_bytes()
    }

    /// When bytes last came in.
    pub fn last_received(&self) -> Option<Instant> {
        self.last_received
    }

    /// The earliest time at which `expire` has something to do.
    pub fn next_deadline(&self) -> Option<Instant> {
        let watch = self.watchdog.as_ref().filter(|_| !self.is_blocked()).map(Watchdog::next_look);
        let (probe, recovery) = match &self.watchdog {
            Some(_) if !self.is_auxiliary => (self.node().breaker().next_probe(), self.feature.due()),
            _ => (None, None),
        };
        [self.lane.next_deadline(), watch, probe, recovery].into_iter().flatten().min()
    }

    /// Bytes for the socket; none while there is no connection.
    pub fn unsent(&self) -> &[u8] {
        if self.is_connected() { self.lane.unsent() } else { &[] }
    }

    pub fn sent(&mut self, count: usize) {
        self.node().health().counters().bytes_sent.add(count as u64);
        self.lane.sent(count);
        if let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| watchdog.is_idle()) {
            watchdog.sent(Instant::now());
        }
    }

    pub fn read_room(&mut self) -> &mut [u8] {
        self.lane.read_room()
    }

    pub fn read_nothing(&mut self) {
        self.lane.read_nothing();
    }

    fn is_connected(&self) -> bool {
        self.watchdog.is_some()
    }

    /// Takes a call in. It settles now, or later through one of the other methods.
    pub fn call(
        &mut self,
        call: &CallOf<'_, F>,
        call_id: u32,
        now: Instant,
        sink: &mut dyn RequestSink<F::Ticket>,
    ) {
        if let Some(error) = self.refusal(call) {
            sink.settle(call_id, without_room(&*self.feature, call, &error, &mut self.scratch, now));
            return self.let_feature_send(now);
        }
        if let Some(outcome) = prepare(&*self.feature, call, call_id, now, &mut self.lane, &mut self.scratch)
        {
            sink.settle(call_id, outcome);
        }
    }

    /// Why a call cannot even wait.
    fn refusal(&self, call: &CallOf<'_, F>) -> Option<Error> {
        let overload = self.node().overload(self.lane.pending(), self.lane.pending_bytes());
        if overload.is_some() {
            return overload;
        }
        // Nobody else can answer a raw command, and waiting has proved to be no use.
        if matches!(call, Call::Room(_)) {
            return None;
        }
        if self.failures > self.node().config().max_retries {
            return self.last_failure.clone();
        }
        let is_open = self.is_connected() && self.node().breaker().state() != BreakerState::Closed;
        is_open.then(|| Error::new(ErrorCode::Connect, "Redis answers too few calls: the breaker is open"))
    }

    /// Takes calls in that another thread prepared.
    pub fn append(
        &mut self,
        batch: &mut Batch<Pending<F::Ticket>>,
        now: Instant,
        sink: &mut dyn RequestSink<F::Ticket>,
    ) {
        self.lane.append(batch);
        // The other thread may not have known yet that the connection is gone.
        if !self.is_connected() && self.failures > 0 {
            self.answer_without_connection(now, sink);
        }
        self.let_feature_send(now);
    }

    /// Lets the room send requests of its own, where it has any.
    pub fn let_feature_send(&mut self, now: Instant) {
        if self.feature.wants_turn()
            && !self.is_auxiliary
            && self.is_connected()
            && self.node().breaker().state() == BreakerState::Closed
        {
            self.feature.take_turn(now, &mut of_feature(&mut self.lane));
        }
    }

    /// `count` bytes were read.
    ///
    /// # Errors
    /// The connection must be dropped: it carries no protocol any more, or the server says that it serves
    /// nobody on it.
    pub fn received(
        &mut self,
        count: usize,
        now: Instant,
        sink: &mut dyn RequestSink<F::Ticket>,
    ) -> Result<()> {
        self.last_received = Some(now);
        self.node().health().counters().bytes_received.add(count as u64);
        let MultiplexedConnection { feature, lane, next, .. } = self;
        let feature: &F = feature;
        let mut learned = Learned::default();
        let mut replies = 0;
        let result = lane.received(count, |arrival| match arrival {
            Arrival::Answer { token, answer, request } => {
                replies += 1;
                answered(feature, Arrived { pending: token, request, now }, answer, next, &mut learned, sink);
            }
            // Nobody subscribes on a connection that all share.
            Arrival::Push(frame) if feature.node().is_dedicated() => {
                sink.settle(PUSHED, Outcome::Reply(Cow::Borrowed(frame.bytes()), ReplyFormat::BUFFERS));
            }
            Arrival::Push(_) => {}
        });
        self.node().breaker().succeeded(replies, now);
        if replies > 0 {
            self.last_reply = now;
        }
        self.lane.append(&mut self.next);
        let is_waiting = self.lane.is_waiting();
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.received(now, is_waiting);
        }
        if learned.is_probe_answered && self.node().breaker().probe_succeeded(now) {
            self.serve(now, false);
        }
        self.let_feature_send(now);
        match (learned.unusable, result) {
            (Some(error), _) => Err(error),
            (None, result) => result.map_err(|error| connection_garbled(&error)),
        }
    }

    pub fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.watchdog = Some(Watchdog::new(self.node().config().command_timeout, now));
        self.failures = 0;
        self.last_failure = None;
        self.last_received = Some(now);
        self.last_reply = now;
        if self.is_auxiliary {
            return;
        }
        self.node().breaker().probe_succeeded(now);
        self.identity = Fence::of(server);
        self.node().connected(server);
        let is_fenced = match self.doubtful.take().filter(|fence| fence.is_at(server)) {
            Some(fence) => {
                push_fence(self.feature.node(), fence, now, &mut self.lane);
                true
            }
            None => false,
        };
        self.serve(now, is_fenced);
    }

    /// Redis can be called: brings it up to date first where that is due.
    fn serve(&mut self, now: Instant, is_fenced: bool) {
        if !self.feature.connected(is_fenced, now, &mut of_feature(&mut self.lane)) {
            self.node().health().enter(State::Ready);
        }
    }

    /// An attempt to connect failed.
    pub fn attempt_failed(
        &mut self,
        error: Error,
        attempt: u32,
        now: Instant,
        sink: &mut dyn RequestSink<F::Ticket>,
    ) {
        self.failures = attempt;
        if !self.is_auxiliary {
            self.node().breaker().failed(1, now);
            self.node().health().attempt_failed(fault_code(&error), error.message());
            self.ask_for_pause(attempt);
        }
        self.last_failure = Some(error);
        self.answer_without_connection(now, sink);
    }

    fn ask_for_pause(&self, failures: u32) {
        if self.node().dialer().pauses().is_owner_asked() {
            self.node().health().pausing(failures);
        }
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, error: Error, now: Instant, sink: &mut dyn RequestSink<F::Ticket>) {
        self.watchdog = None;
        if !self.is_auxiliary {
            self.node().health().disconnected(fault_code(&error), error.message());
            self.ask_for_pause(0);
        }
        self.last_failure = Some(error);
        // Calls from here on are answered from memory until the next connection stands.
        self.failures = self.failures.max(1);
        self.answer_without_connection(now, sink);
    }

    /// Settles what does not wait for the next connection.
    fn answer_without_connection(&mut self, now: Instant, sink: &mut dyn RequestSink<F::Ticket>) {
        let MultiplexedConnection { feature, lane, is_auxiliary, .. } = self;
        let feature: &F = feature;
        let is_auxiliary = *is_auxiliary;
        let node = feature.node();
        let raw_may_wait = self.failures <= node.config().max_retries;
        let not_sent = match &self.last_failure {
            Some(error) => error.clone(),
            None => Error::new(ErrorCode::Connect, "there is no connection to Redis"),
        };
        let lost = Error::new(
            ErrorCode::UnknownOutcome,
            "the connection was lost after the command was sent; it may have run",
        );
        let mut lost_count = 0;
        let mut unfinished = None;
        lane.disconnect(
            |token, request, was_sent| {
                // What a transaction watches is known to its connection alone.
                let is_bound = node.is_dedicated() && matches!(token.ticket, Ticket::Transaction(_));
                // What was asked of a replica its primary answers at once.
                !is_auxiliary
                    && !node.reads_replicas()
                    && raw_may_wait
                    && token.may_wait()
                    && !is_bound
                    && (!was_sent || may_run_twice(token, request))
            },
            |LostRequest { token, request, was_sent }| {
                lost_count += u64::from(was_sent);
                if let Ticket::Fence(fence) = &token.ticket {
                    unfinished = Some((**fence).clone());
                }
                let error = if was_sent { &lost } else { &not_sent };
                if is_auxiliary && (!was_sent || may_run_twice(&token, &request)) {
                    return sink.redirect(Redirected::unsent(token, request));
                }
                give_up(feature, token, &request, error, was_sent, now, sink);
            },
        );
        if lost_count > 0 && !is_auxiliary {
            self.node().breaker().failed(lost_count, now);
            let fences = [self.doubtful.take(), unfinished, self.identity.take()];
            self.doubtful = fences.into_iter().flatten().reduce(Fence::with);
        }
    }

    /// Does what is due: settles calls whose time is up, asks a silent server whether it is there. Gives the
    /// reason where the connection must be replaced.
    #[must_use]
    pub fn expire(&mut self, now: Instant, sink: &mut dyn RequestSink<F::Ticket>) -> Option<Error> {
        let Overdue { any: any_expired, sent: expired_sent, is_adrift } = self.settle_overdue(now, sink);
        if !self.is_connected() {
            // Who listens and does not answer keeps an attempt going for the whole connect timeout:
            // the calls to come need not wait for that.
            if any_expired && !self.is_auxiliary {
                self.node().health().enter(State::Degraded);
                self.failures = self.failures.max(1);
                self.answer_without_connection(now, sink);
            }
            return None;
        }
        if expired_sent > 0 && !self.is_auxiliary && self.node().breaker().failed(expired_sent, now) {
            self.node().health().fault("E_TIMEOUT", "Redis answers too few calls in time");
            self.node().health().enter(State::Degraded);
        }
        if is_adrift || expired_sent > 0 && self.is_swallowing(now) {
            return Some(connection_silent());
        }
        if !self.is_auxiliary {
            if let Admission::Probe = self.node().breaker().admits(now) {
                self.ask(Ticket::Probe, now + PROBE_WITHIN, now);
            }
            self.feature.on_time(now, &mut of_feature(&mut self.lane));
        }
        self.let_feature_send(now);
        let watchdog = self.watchdog.as_ref().filter(|_| !self.is_blocked());
        match watchdog.map_or(Watch::Nothing, |watchdog| watchdog.look(now)) {
            Watch::Nothing => None,
            Watch::Ask => {
                let deadline = self.node().deadline(now);
                self.ask(Ticket::Ask, deadline, now);
                None
            }
            Watch::Silent => Some(connection_silent()),
        }
    }

    /// The server answers nothing before a command that waits for other clients.
    fn is_blocked(&self) -> bool {
        self.node().is_dedicated() && self.lane.front().is_some_and(Pending::is_patient)
    }

    /// Bytes come in and make no reply: one that never ends, or that takes longer than its call may.
    fn is_swallowing(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_reply) >= self.node().config().command_timeout
    }

    fn ask(&mut self, ticket: Ticket<F::Ticket>, deadline: Instant, now: Instant) {
        self.lane.push(Pending::unasked(ticket, now), deadline, |out| {
            append_command(out, &[b"PING"]);
            1
        });
        if let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| watchdog.is_idle()) {
            watchdog.asked(now);
        }
    }

    fn settle_overdue(&mut self, now: Instant, sink: &mut dyn RequestSink<F::Ticket>) -> Overdue {
        let MultiplexedConnection { feature, lane, last_failure, .. } = self;
        let feature: &F = feature;
        let node = feature.node();
        let reason = match last_failure {
            Some(error) => format!("there was no connection: {}", error.message()),
            None => "there was no connection".to_owned(),
        };
        let timeout = node.config().command_timeout;
        let mut overdue = Overdue::default();
        lane.expire(now, |LostRequest { token, request, was_sent }| {
            overdue.any |= !token.is_impatient();
            overdue.sent += u64::from(was_sent && !token.is_impatient());
            overdue.is_adrift |= was_sent && token.selects;
            if token.call_id != NOBODY {
                node.health().counters().timeouts.increment();
            }
            if matches!(token.ticket, Ticket::Probe) {
                node.breaker().probe_failed(now);
            }
            let timeout_ms = match token.patience_ms {
                0 => timeout.as_millis(),
                ms => ms.into(),
            };
            let message = format!("no answer within {timeout_ms} ms");
            let error = if was_sent {
                Error::new(ErrorCode::Timeout, message)
            } else {
                Error::timed_out_unsent(format!("{message}: {reason}"))
            };
            give_up(feature, token, &request, &error, was_sent, now, sink);
        });
        if overdue.sent > 0 {
            self.doubtful = self.doubtful.take().or(self.identity.clone());
        }
        overdue
    }

    /// Gives every request that was not sent to whom it belongs; there has been no connection.
    pub fn disband(&mut self, sink: &mut dyn RequestSink<F::Ticket>) {
        self.lane.disconnect(
            |_, _, _| false,
            |LostRequest { token, request, .. }| sink.redirect(Redirected::unsent(token, request)),
        );
    }

    /// Ends it: every call that still waits fails with `E_CLOSED`. A write among them may have run.
    pub fn close(&mut self, sink: &mut dyn RequestSink<F::Ticket>) {
        self.watchdog = None;
        if !self.is_auxiliary {
            self.node().health().enter(State::Closed);
        }
        self.lane.disconnect(
            |_, _, _| false,
            |LostRequest { token, .. }| {
                if token.call_id != NOBODY {
                    sink.settle(token.call_id, Outcome::Failed(closed()));
                }
            },
        );
    }
}

/// What was overdue.
#[derive(Default)]
struct Overdue {
    any: bool,
    /// How much of it had been sent.
    sent: u64,
    /// Nobody knows which database the connection has selected.
    is_adrift: bool,
}

/// What health is told: the server's own word where there is one.
fn fault_code(error: &Error) -> &str {
    error.redis_code().unwrap_or(error.code().as_str())
}
