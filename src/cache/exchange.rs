//! One client's side of one connection: calls go in, outcomes come out, whatever becomes of it.
//!
//! A driver moves the bytes and tells what happens; this decides what it means.

use std::borrow::BorrowMut;
use std::sync::Arc;
use std::time::Instant;

use super::call::{Call, Outcome};
use super::core::{Core, Prepared, Scratch, closed};
use super::token::{NOBODY, Token};
use crate::connection::{ServerInfo, Traffic};
use crate::error::{Error, ErrorCode};
use crate::health::State;
use crate::lane::{Batch, Lane, Orphan, ProtocolError};

/// Who is told how a call ended.
pub trait Sink {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>);
}

/// The calls that are under way on one connection.
pub struct Exchange {
    core: Arc<Core>,
    lane: Lane<Token>,
    next: Batch<Token>,
    scratch: Scratch,
    connected: bool,
    /// Failed attempts in a row; beyond the configured retries raw commands fail at once.
    failures: u32,
    last_failure: Option<Error>,
    last_received: Option<Instant>,
}

impl Exchange {
    pub fn new(core: Arc<Core>) -> Exchange {
        Exchange {
            core,
            lane: Lane::default(),
            next: Batch::default(),
            scratch: Scratch::default(),
            connected: false,
            failures: 0,
            last_failure: None,
            last_received: None,
        }
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

    pub fn next_deadline(&self) -> Option<Instant> {
        self.lane.next_deadline()
    }

    /// Bytes for the socket; none while there is no connection.
    pub fn unsent(&self) -> &[u8] {
        if self.connected { self.lane.unsent() } else { &[] }
    }

    pub fn sent(&mut self, count: usize) {
        self.core.health().counters().bytes_sent.add(count as u64);
        self.lane.sent(count);
    }

    pub fn read_room(&mut self) -> &mut [u8] {
        self.lane.read_room()
    }

    /// Takes a call in. It settles now, or later through one of the other methods.
    pub fn call(&mut self, call: &Call<'_>, slot: u32, now: Instant, sink: &mut dyn Sink) {
        if let Some(error) = self.refusal(call) {
            return sink.settle(slot, self.core.without_room(call, &error, &mut self.scratch, now));
        }
        let from = self.lane.buffer().len();
        match self.core.prepare(call, slot, now, self.lane.buffer(), &mut self.scratch) {
            Prepared::Local(outcome) => sink.settle(slot, outcome),
            Prepared::Send { token, replies } => {
                self.lane.commit(from, replies, token, self.core.deadline(now));
            }
        }
    }

    /// Why a call cannot even wait.
    fn refusal(&self, call: &Call<'_>) -> Option<Error> {
        let overload = self.core.overload(self.lane.pending(), self.lane.pending_bytes());
        if overload.is_some() {
            return overload;
        }
        // Memory cannot answer a raw command, and waiting has proved to be no use.
        let hopeless = self.failures > self.core.config().max_retries;
        if hopeless && matches!(call, Call::Command { .. }) { self.last_failure.clone() } else { None }
    }

    /// Takes calls in that another thread prepared.
    pub fn append(&mut self, batch: &mut Batch<Token>, now: Instant, sink: &mut dyn Sink) {
        self.lane.append(batch);
        // The other thread may not have known yet that the connection is gone.
        if !self.connected && self.failures > 0 {
            self.answer_without_connection(now, sink);
        }
    }

    /// `count` bytes were read. After an error the connection must be dropped.
    pub fn received(&mut self, count: usize, now: Instant, sink: &mut dyn Sink) -> Result<(), ProtocolError> {
        self.last_received = Some(now);
        self.core.health().counters().bytes_received.add(count as u64);
        let Exchange { core, lane, next, .. } = self;
        let result = lane.received(count, |token, answer, request| {
            let slot = token.slot;
            if let Some(outcome) = core.finish(token, answer, request, now, next)
                && slot != NOBODY
            {
                sink.settle(slot, outcome);
            }
        });
        self.lane.append(&mut self.next);
        result
    }

    pub fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.connected = true;
        self.failures = 0;
        self.last_failure = None;
        self.last_received = Some(now);
        self.core.health().connected(&server.version, server.protocol);
        self.core.forget_outage();
    }

    /// An attempt to connect failed.
    pub fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant, sink: &mut dyn Sink) {
        self.failures = attempt;
        self.core.health().attempt_failed(fault_code(&error), error.message());
        self.last_failure = Some(error);
        self.answer_without_connection(now, sink);
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, error: Error, now: Instant, sink: &mut dyn Sink) {
        self.connected = false;
        self.core.health().disconnected(fault_code(&error), error.message());
        self.last_failure = Some(error);
        // Calls from here on are answered from memory until the next connection stands.
        self.failures = self.failures.max(1);
        self.answer_without_connection(now, sink);
    }

    /// Settles what does not wait for the next connection.
    fn answer_without_connection(&mut self, now: Instant, sink: &mut dyn Sink) {
        let Exchange { core, lane, .. } = self;
        let core: &Core = core;
        let raw_may_wait = self.failures <= core.config().max_retries;
        let not_sent = match &self.last_failure {
            Some(error) => error.clone(),
            None => Error::new(ErrorCode::Connect, "there is no connection to Redis"),
        };
        let lost = Error::new(
            ErrorCode::UnknownOutcome,
            "the connection was lost after the command was sent; it may have run",
        );
        lane.disconnect(
            |token| raw_may_wait && token.may_wait(),
            |Orphan { token, request, was_sent }| {
                let error = if was_sent { &lost } else { &not_sent };
                let slot = token.slot;
                let outcome = core.give_up(token, &request, error, now);
                if slot != NOBODY {
                    sink.settle(slot, outcome);
                }
            },
        );
    }

    /// Settles what is past its deadline. True where the server has been silent for so long that
    /// the connection must be replaced.
    #[must_use]
    pub fn expire(&mut self, now: Instant, sink: &mut dyn Sink) -> bool {
        let Exchange { core, lane, .. } = self;
        let core: &Core = core;
        let timeout = core.config().command_timeout;
        let (mut any_expired, mut any_sent) = (false, false);
        lane.expire(now, |Orphan { token, request, was_sent }| {
            any_expired = true;
            any_sent |= was_sent;
            core.health().counters().timeouts.increment();
            let message = format!("no answer within {} ms", timeout.as_millis());
            let error = match was_sent {
                true => Error::new(ErrorCode::Timeout, message),
                false => Error::timed_out_unsent(format!("{message}: there was no connection")),
            };
            let slot = token.slot;
            let outcome = core.give_up(token, &request, &error, now);
            if slot != NOBODY {
                sink.settle(slot, outcome);
            }
        });
        if self.connected {
            let silent = |at: Instant| now.saturating_duration_since(at) >= timeout;
            return any_sent && self.last_received.is_none_or(silent);
        }
        // Who listens and does not answer keeps an attempt going for the whole connect timeout:
        // the calls to come need not wait for that.
        if any_expired {
            self.core.health().enter(State::Degraded);
            self.failures = self.failures.max(1);
            self.answer_without_connection(now, sink);
        }
        false
    }

    /// Ends it: every call that still waits is told so.
    pub fn close(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.connected = false;
        self.core.health().enter(State::Closed);
        let core = &self.core;
        self.lane.disconnect(
            |_| false,
            |Orphan { token, request, .. }| {
                let slot = token.slot;
                let outcome = core.give_up(token, &request, &closed(), now);
                if slot != NOBODY {
                    sink.settle(slot, outcome);
                }
            },
        );
    }
}

/// What health is told: the server's own word where there is one.
fn fault_code(error: &Error) -> &str {
    error.redis_code().unwrap_or(error.code().as_str())
}

/// An exchange and who is told its outcomes, as a driver wants them.
#[derive(Debug)]
pub struct Attached<E, S> {
    exchange: E,
    sink: S,
}

impl<E: BorrowMut<Exchange>, S: Sink> Attached<E, S> {
    pub fn new(exchange: E, sink: S) -> Self {
        Attached { exchange, sink }
    }

    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    pub fn pending_bytes(&self) -> usize {
        self.exchange.borrow().pending_bytes()
    }

    pub fn append(&mut self, batch: &mut Batch<Token>, now: Instant) {
        self.exchange.borrow_mut().append(batch, now, &mut self.sink);
    }

    pub fn close(&mut self, now: Instant) {
        self.exchange.borrow_mut().close(now, &mut self.sink);
    }
}

impl<E: BorrowMut<Exchange>, S: Sink> Traffic for Attached<E, S> {
    fn unsent(&self) -> &[u8] {
        self.exchange.borrow().unsent()
    }

    fn sent(&mut self, count: usize) {
        self.exchange.borrow_mut().sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.exchange.borrow_mut().read_room()
    }

    fn received(&mut self, count: usize, now: Instant) -> Result<(), ProtocolError> {
        self.exchange.borrow_mut().received(count, now, &mut self.sink)
    }

    fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.exchange.borrow_mut().connected(server, now);
    }

    fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant) {
        self.exchange.borrow_mut().attempt_failed(error, attempt, now, &mut self.sink);
    }

    fn disconnected(&mut self, error: Error, now: Instant) {
        self.exchange.borrow_mut().disconnected(error, now, &mut self.sink);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.exchange.borrow().next_deadline()
    }

    fn expire(&mut self, now: Instant) -> bool {
        self.exchange.borrow_mut().expire(now, &mut self.sink)
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        (**self).settle(slot, outcome);
    }
}
