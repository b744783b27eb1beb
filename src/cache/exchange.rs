//! One client's side of one connection: calls go in, outcomes come out, whatever becomes of it.
//!
//! A driver moves the bytes and tells what happens; this decides what it means.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::call::{Call, Outcome, Shape};
use super::core::{Core, Role, Scratch, closed};
use super::fence::Fence;
use super::redirect::Redirected;
use super::replies::FollowUp;
use super::token::{NOBODY, PUSHED, Purpose, Token};
use crate::command::only_reads;
use crate::connection::{
    Admission, BreakerState, ServerInfo, Watch, Watchdog, connection_garbled, connection_silent,
};
use crate::error::{Error, ErrorCode, Result};
use crate::health::State;
use crate::lane::{Arguments, Arrival, Batch, Lane, Orphan, Requests, append_command};

/// How long the breaker's question may take.
const PROBE_WITHIN: Duration = Duration::from_secs(1);

/// Who is told how a call ended.
pub trait Sink {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>);
}

/// The calls that are under way on one connection.
pub struct Exchange {
    core: Arc<Core>,
    /// Whether it is a connection beside another one, which keeps state, journal and breaker.
    is_beside: bool,
    lane: Lane<Token>,
    follow_up: FollowUp,
    scratch: Scratch,
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

impl Exchange {
    pub fn new(core: Arc<Core>) -> Exchange {
        let mut lane = Lane::default();
        lane.is_monitoring = core.role() == Role::Monitor;
        Exchange {
            core,
            is_beside: false,
            lane,
            follow_up: FollowUp::default(),
            scratch: Scratch::default(),
            watchdog: None,
            failures: 0,
            last_failure: None,
            last_received: None,
            last_reply: Instant::now(),
            identity: None,
            doubtful: None,
        }
    }

    /// A connection beside another one of the same client. What it cannot send that one does.
    pub fn beside(core: Arc<Core>) -> Exchange {
        Exchange { is_beside: true, ..Exchange::new(core) }
    }

    /// Whether something that waits may be about this key.
    pub fn mentions(&self, key: &[u8]) -> bool {
        self.lane.mentions(key)
    }

    pub fn core(&self) -> &Arc<Core> {
        &self.core
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
            Some(_) if !self.is_beside => (self.core.breaker().next_probe(), self.core.recovery_due()),
            _ => (None, None),
        };
        [self.lane.next_deadline(), watch, probe, recovery].into_iter().flatten().min()
    }

    /// Bytes for the socket; none while there is no connection.
    pub fn unsent(&self) -> &[u8] {
        if self.is_connected() { self.lane.unsent() } else { &[] }
    }

    pub fn sent(&mut self, count: usize) {
        self.core.health().counters().bytes_sent.add(count as u64);
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
    pub fn call(&mut self, call: &Call<'_>, slot: u32, now: Instant, sink: &mut dyn Sink) {
        if let Some(error) = self.refusal(call) {
            sink.settle(slot, self.core.without_room(call, &error, &mut self.scratch, now));
            return self.look_after_journal(now);
        }
        if let Some(outcome) = self.core.prepare(call, slot, now, &mut self.lane, &mut self.scratch) {
            sink.settle(slot, outcome);
        }
    }

    /// Why a call cannot even wait.
    fn refusal(&self, call: &Call<'_>) -> Option<Error> {
        let overload = self.core.overload(self.lane.pending(), self.lane.pending_bytes());
        if overload.is_some() {
            return overload;
        }
        // Memory cannot answer a raw command, and waiting has proved to be no use.
        if !call.is_raw() {
            return None;
        }
        if self.failures > self.core.config().max_retries {
            return self.last_failure.clone();
        }
        let is_open = self.is_connected() && self.core.breaker().state() != BreakerState::Closed;
        is_open.then(|| Error::new(ErrorCode::Connect, "Redis answers too few calls: the breaker is open"))
    }

    /// Takes calls in that another thread prepared.
    pub fn append(&mut self, batch: &mut Batch<Token>, now: Instant, sink: &mut dyn Sink) {
        self.lane.append(batch);
        // The other thread may not have known yet that the connection is gone.
        if !self.is_connected() && self.failures > 0 {
            self.answer_without_connection(now, sink);
        }
        self.look_after_journal(now);
    }

    /// What the journal has got while Redis was there goes to Redis.
    pub fn look_after_journal(&mut self, now: Instant) {
        if self.core.wants_recovery()
            && !self.is_beside
            && self.is_connected()
            && self.core.breaker().state() == BreakerState::Closed
            && self.core.wants_recovery.swap(false, Ordering::AcqRel)
        {
            self.core.recover(now, &mut self.lane);
        }
    }

    /// `count` bytes were read.
    ///
    /// # Errors
    /// The connection must be dropped: it carries no protocol any more, or the server says that it serves
    /// nobody on it.
    pub fn received(&mut self, count: usize, now: Instant, sink: &mut dyn Sink) -> Result<()> {
        self.last_received = Some(now);
        self.core.health().counters().bytes_received.add(count as u64);
        let Exchange { core, lane, follow_up, .. } = self;
        let mut replies = 0;
        let result = lane.received(count, |arrival| match arrival {
            Arrival::Answer { token, answer, request } => {
                replies += 1;
                let slot = token.slot;
                if let Some(outcome) = core.finish(token, answer, request, now, follow_up)
                    && (slot != NOBODY || matches!(outcome, Outcome::Redirected(_)))
                {
                    sink.settle(slot, outcome);
                }
            }
            // Nobody subscribes on a connection that all share.
            Arrival::Push(frame) if core.is_dedicated() => {
                sink.settle(PUSHED, Outcome::Reply(Cow::Borrowed(frame.bytes()), Shape::BUFFERS));
            }
            Arrival::Push(_) => {}
        });
        self.core.breaker().succeeded(replies, now);
        if replies > 0 {
            self.last_reply = now;
        }
        self.lane.append(&mut self.follow_up.requests);
        let is_waiting = self.lane.is_waiting();
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.received(now, is_waiting);
        }
        if std::mem::take(&mut self.follow_up.is_probe_answered) && self.core.breaker().probe_succeeded(now) {
            self.serve(now, false);
        }
        self.look_after_journal(now);
        match (self.follow_up.unusable.take(), result) {
            (Some(error), _) => Err(error),
            (None, result) => result.map_err(|error| connection_garbled(&error)),
        }
    }

    pub fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.watchdog = Some(Watchdog::new(self.core.config().command_timeout, now));
        self.failures = 0;
        self.last_failure = None;
        self.last_received = Some(now);
        self.last_reply = now;
        if self.is_beside {
            return;
        }
        self.core.breaker().probe_succeeded(now);
        self.identity = Fence::of(server);
        self.core.health().connected(&server.version, server.protocol);
        let is_fenced = match self.doubtful.take().filter(|fence| fence.is_at(server)) {
            Some(fence) => {
                self.core.push_fence(fence, now, &mut self.lane);
                true
            }
            None => false,
        };
        self.serve(now, is_fenced);
    }

    /// Redis can be called: brings it up to date first where that is due.
    fn serve(&mut self, now: Instant, is_fenced: bool) {
        if !self.core.begin_recovery(is_fenced, now, &mut self.lane) {
            self.core.health().enter(State::Ready);
        }
    }

    /// An attempt to connect failed.
    pub fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant, sink: &mut dyn Sink) {
        self.failures = attempt;
        if !self.is_beside {
            self.core.breaker().failed(1, now);
            self.core.health().attempt_failed(fault_code(&error), error.message());
            self.ask_for_pause(attempt);
        }
        self.last_failure = Some(error);
        self.answer_without_connection(now, sink);
    }

    fn ask_for_pause(&self, failures: u32) {
        if self.core.dialer().pauses().is_owner_asked() {
            self.core.health().pausing(failures);
        }
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, error: Error, now: Instant, sink: &mut dyn Sink) {
        self.watchdog = None;
        if !self.is_beside {
            self.core.health().disconnected(fault_code(&error), error.message());
            self.ask_for_pause(0);
        }
        self.last_failure = Some(error);
        // Calls from here on are answered from memory until the next connection stands.
        self.failures = self.failures.max(1);
        self.answer_without_connection(now, sink);
    }

    /// Settles what does not wait for the next connection.
    fn answer_without_connection(&mut self, now: Instant, sink: &mut dyn Sink) {
        let Exchange { core, lane, is_beside, .. } = self;
        let core: &Core = core;
        let is_beside = *is_beside;
        let raw_may_wait = self.failures <= core.config().max_retries;
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
                let is_bound = core.is_dedicated() && matches!(token.purpose, Purpose::Transaction(_));
                !is_beside
                    && raw_may_wait
                    && token.may_wait()
                    && !is_bound
                    && (!was_sent || may_run_twice(token, request))
            },
            |Orphan { token, request, was_sent }| {
                lost_count += u64::from(was_sent);
                if let Purpose::Fence(fence) = &token.purpose {
                    unfinished = Some((**fence).clone());
                }
                let error = if was_sent { &lost } else { &not_sent };
                let slot = token.slot;
                if is_beside && (!was_sent || may_run_twice(&token, &request)) {
                    let redirected = Redirected::unsent(token, request);
                    return sink.settle(slot, Outcome::Redirected(Box::new(redirected)));
                }
                if let Some(outcome) = core.give_up(token, &request, error, was_sent, now)
                    && slot != NOBODY
                {
                    sink.settle(slot, outcome);
                }
            },
        );
        if lost_count > 0 && !is_beside {
            self.core.breaker().failed(lost_count, now);
            let fences = [self.doubtful.take(), unfinished, self.identity.take()];
            self.doubtful = fences.into_iter().flatten().reduce(Fence::with);
        }
    }

    /// Does what is due: settles calls whose time is up, asks a silent server whether it is there. Gives the
    /// reason where the connection must be replaced.
    #[must_use]
    pub fn expire(&mut self, now: Instant, sink: &mut dyn Sink) -> Option<Error> {
        let Overdue { any: any_expired, sent: expired_sent, is_adrift } = self.settle_overdue(now, sink);
        if !self.is_connected() {
            // Who listens and does not answer keeps an attempt going for the whole connect timeout:
            // the calls to come need not wait for that.
            if any_expired && !self.is_beside {
                self.core.health().enter(State::Degraded);
                self.failures = self.failures.max(1);
                self.answer_without_connection(now, sink);
            }
            return None;
        }
        if expired_sent > 0 && !self.is_beside && self.core.breaker().failed(expired_sent, now) {
            self.core.health().fault("E_TIMEOUT", "Redis answers too few calls in time");
            self.core.health().enter(State::Degraded);
        }
        if is_adrift || expired_sent > 0 && self.is_swallowing(now) {
            return Some(connection_silent());
        }
        if !self.is_beside {
            if let Admission::Probe = self.core.breaker().admits(now) {
                self.ask(Purpose::Probe, now + PROBE_WITHIN, now);
            }
            self.core.try_recovery_again(now, &mut self.lane);
        }
        self.look_after_journal(now);
        let watchdog = self.watchdog.as_ref().filter(|_| !self.is_blocked());
        match watchdog.map_or(Watch::Nothing, |watchdog| watchdog.look(now)) {
            Watch::Nothing => None,
            Watch::Ask => {
                let deadline = self.core.deadline(now);
                self.ask(Purpose::Ask, deadline, now);
                None
            }
            Watch::Silent => Some(connection_silent()),
        }
    }

    /// The server answers nothing before a command that waits for other clients.
    fn is_blocked(&self) -> bool {
        self.core.is_dedicated() && self.lane.front().is_some_and(Token::is_patient)
    }

    /// Bytes come in and make no reply: one that never ends, or that takes longer than its call may.
    fn is_swallowing(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_reply) >= self.core.config().command_timeout
    }

    fn ask(&mut self, purpose: Purpose, deadline: Instant, now: Instant) {
        self.lane.push(Token::unasked(purpose, now), deadline, |out| {
            append_command(out, &[b"PING"]);
            1
        });
        if let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| watchdog.is_idle()) {
            watchdog.asked(now);
        }
    }

    fn settle_overdue(&mut self, now: Instant, sink: &mut dyn Sink) -> Overdue {
        let Exchange { core, lane, last_failure, .. } = self;
        let core: &Core = core;
        let reason = match last_failure {
            Some(error) => format!("there was no connection: {}", error.message()),
            None => "there was no connection".to_owned(),
        };
        let timeout = core.config().command_timeout;
        let mut overdue = Overdue::default();
        lane.expire(now, |Orphan { token, request, was_sent }| {
            overdue.any = true;
            overdue.sent += u64::from(was_sent);
            overdue.is_adrift |= was_sent && token.selects;
            let slot = token.slot;
            if slot != NOBODY {
                core.health().counters().timeouts.increment();
            }
            if matches!(token.purpose, Purpose::Probe) {
                core.breaker().probe_failed(now);
            }
            let message = format!("no answer within {} ms", timeout.as_millis());
            let error = match was_sent {
                true => Error::new(ErrorCode::Timeout, message),
                false => Error::timed_out_unsent(format!("{message}: {reason}")),
            };
            if let Some(outcome) = core.give_up(token, &request, &error, was_sent, now)
                && slot != NOBODY
            {
                sink.settle(slot, outcome);
            }
        });
        if overdue.sent > 0 {
            self.doubtful = self.doubtful.take().or(self.identity.clone());
        }
        overdue
    }

    /// Gives every request that was not sent to whom it belongs; there has been no connection.
    pub fn disband(&mut self, sink: &mut dyn Sink) {
        self.lane.disconnect(
            |_, _, _| false,
            |Orphan { token, request, .. }| {
                let slot = token.slot;
                sink.settle(slot, Outcome::Redirected(Box::new(Redirected::unsent(token, request))));
            },
        );
    }

    /// Ends it: every call that still waits fails with `E_CLOSED`. A write among them may have run.
    pub fn close(&mut self, sink: &mut dyn Sink) {
        self.watchdog = None;
        if !self.is_beside {
            self.core.health().enter(State::Closed);
        }
        self.lane.disconnect(
            |_, _, _| false,
            |Orphan { token, .. }| {
                if token.slot != NOBODY {
                    sink.settle(token.slot, Outcome::Failed(closed()));
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

/// A command that only reads, or chooses the database: whether it has run before makes no difference.
fn may_run_twice(token: &Token, request: &[u8]) -> bool {
    if token.selects {
        return matches!(token.purpose, Purpose::Command(_));
    }
    let words: Vec<&[u8]> = Arguments::new(request).take(2).collect();
    matches!(token.purpose, Purpose::Command(_)) && only_reads(&words)
}

/// What health is told: the server's own word where there is one.
fn fault_code(error: &Error) -> &str {
    error.redis_code().unwrap_or(error.code().as_str())
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        (**self).settle(slot, outcome);
    }
}
