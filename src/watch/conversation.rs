//! The bytes of a watch connection: a machine without I/O, which a driver on the I/O thread moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::session::{Asked, Session, ask};
use super::shared::Shared;
use crate::connection::{Bytes, ConnectionHandler, ServerInfo, connection_garbled, connection_silent};
use crate::error::{Error, Result};
use crate::lane::{Answer, Arrival, Batch, Lane};

/// The server is asked so often whether it has told everything.
const PING_EVERY: Duration = Duration::from_millis(250);
/// A server that is silent for so long is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Conversation {
    shared: Arc<Shared>,
    lane: Lane<Asked>,
    /// Requests that are not in the lane yet.
    next: Batch<Asked>,
    session: Session,
    next_ping: Instant,
    last_received: Instant,
}

impl Conversation {
    pub fn new(shared: Arc<Shared>) -> Conversation {
        let now = Instant::now();
        Conversation {
            session: Session::new(shared.clone()),
            shared,
            lane: Lane::default(),
            next: Batch::default(),
            next_ping: now,
            last_received: now,
        }
    }

    /// Takes what other threads have left.
    pub fn look(&mut self) {
        self.look_at(Instant::now());
    }

    pub fn look_at(&mut self, now: Instant) {
        self.session.look(now, &mut self.next);
        self.lane.append(&mut self.next);
    }

    /// There is no connection any more: the session ends, and fills under way are forgotten.
    pub fn end(&mut self) {
        self.session.end();
        self.lane.disconnect(|_, _, _| false, drop);
    }
}

impl Bytes for Conversation {
    fn unsent(&self) -> &[u8] {
        if self.session.is_connected() { self.lane.unsent() } else { &[] }
    }

    fn sent(&mut self, count: usize) {
        self.lane.sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.lane.read_room()
    }

    fn read_nothing(&mut self) {
        self.lane.read_nothing();
    }

    fn received(&mut self, count: usize, now: Instant) -> Result<()> {
        self.last_received = now;
        let Conversation { lane, next, session, .. } = self;
        let result = lane.received(count, |arrival| match arrival {
            Arrival::Answer { token, answer: Answer::Frame(frame), .. } => session.answered(token, frame),
            // Each request is one command.
            Arrival::Answer { answer: Answer::Refused(_), .. } => {}
            Arrival::Push(frame) => session.pushed(frame),
        });
        session.fulfil_wishes(now, next);
        lane.append(next);
        result.map_err(|error| connection_garbled(&error))
    }
}

impl ConnectionHandler for Conversation {
    fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.end();
        self.last_received = now;
        self.next_ping = now + PING_EVERY;
        self.session.connected(server, now, &mut self.next);
        self.lane.append(&mut self.next);
    }

    fn attempt_failed(&mut self, error: Error, _attempt: u32, _now: Instant) {
        self.shared.is_off(error.message());
    }

    fn disconnected(&mut self, error: Error, _now: Instant) {
        self.end();
        self.shared.is_off(error.message());
    }

    fn next_deadline(&self) -> Option<Instant> {
        match self.session.is_connected() {
            false => None,
            true if self.session.is_over() => Some(self.last_received),
            true => Some(self.session.next_fills().map_or(self.next_ping, |at| at.min(self.next_ping))),
        }
    }

    fn expire(&mut self, now: Instant) -> Option<Error> {
        if !self.session.is_connected() {
            return None;
        }
        if let Some(error) = self.session.take_unusable() {
            return Some(error);
        }
        if self.lane.is_waiting() && now.saturating_duration_since(self.last_received) >= SILENCE_LIMIT {
            return Some(connection_silent());
        }
        if now >= self.next_ping {
            self.next_ping = now + PING_EVERY;
            ask(&mut self.next, Asked::Ping(now), &[b"PING"], now);
        }
        self.session.fulfil_wishes(now, &mut self.next);
        self.lane.append(&mut self.next);
        None
    }
}

impl Drop for Conversation {
    /// Also where the I/O thread's side has panicked: nobody would hear of changes any more.
    fn drop(&mut self) {
        self.end();
        self.shared.is_off("the watch connection has ended");
    }
}
