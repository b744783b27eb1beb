//! What is said on a watch connection: from the first question on until the connection ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::invalidation::Invalidation;
use super::shared::{MAX_WISHES, Shared, number_of};
use crate::connection::{ServerInfo, connection_moved};
use crate::error::{Error, ErrorCode};
use crate::lane::{Batch, Frame, Node, Requests, append_command};
use crate::near::{Fill, Wish};

/// A lane wants a deadline of every request. Silence ends the connection instead.
const NEVER: Duration = Duration::from_secs(24 * 3600);
/// Fills leave together this often at most: one by one each costs the server a read and a write of its socket. A fill that
/// comes after a pause leaves at once. Until then calls read the key themselves.
pub(super) const GATHER: Duration = Duration::from_millis(5);

/// A request on the connection.
#[derive(Debug)]
pub(super) enum Asked {
    /// CLIENT TRACKING ON, and when it was asked for.
    Tracking(Instant),
    /// GET of a fill. The next request is its PTTL.
    Value(Fill),
    Lifetime,
    /// GET of a key for whose change somebody waits.
    Awaited(Box<[u8]>),
    /// PING, and when it was sent at the earliest.
    Ping(Instant),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Away,
    /// CLIENT TRACKING is not answered yet.
    Greeting,
    Tracking,
}

/// The state of one connection, and the session that the store has with it.
pub(super) struct Session {
    shared: Arc<Shared>,
    phase: Phase,
    /// The server of the connection, as a number.
    server: u64,
    /// Copies that had answered when their keys changed.
    refills: Vec<Wish>,
    /// Fills do not leave before.
    next_fills: Option<Instant>,
    /// Whether wishes of other threads wait until then.
    has_wishes: bool,
    /// Whether other threads may have left keys for whose change they wait.
    has_awaited: bool,
    /// A fill whose value has come, and whose lifetime has not.
    half: Option<(Fill, Option<Vec<u8>>)>,
    /// When the last answered PING was sent.
    fresh_from: Option<Instant>,
    /// Why the connection must be replaced.
    unusable: Option<Error>,
}

impl Session {
    pub fn new(shared: Arc<Shared>) -> Session {
        Session {
            shared,
            phase: Phase::Away,
            server: 0,
            refills: Vec::new(),
            next_fills: None,
            has_wishes: false,
            has_awaited: false,
            half: None,
            fresh_from: None,
            unusable: None,
        }
    }

    pub fn is_connected(&self) -> bool {
        self.phase != Phase::Away
    }

    /// Why the connection must be replaced.
    pub fn take_unusable(&mut self) -> Option<Error> {
        self.unusable.take()
    }

    pub fn is_over(&self) -> bool {
        self.unusable.is_some() || self.shared.is_refused()
    }

    pub fn connected(&mut self, server: &ServerInfo, now: Instant, out: &mut Batch<Asked>) {
        self.end();
        self.phase = Phase::Greeting;
        let Some(run_id) = &server.run_id else {
            return self.refuse("Redis does not tell its run_id: grant the user +info");
        };
        self.server = number_of(run_id);
        if server.protocol != 3 {
            self.refuse("the server does not speak RESP3");
        } else if server.is_replica() {
            self.refuse("the server is a replica");
        } else if self.server == self.shared.peer() {
            ask(out, Asked::Tracking(now), &[b"CLIENT", b"TRACKING", b"ON"], now);
        } else {
            self.unusable = Some(disagreement());
        }
    }

    /// There is no connection any more.
    pub fn end(&mut self) {
        self.end_in_store();
        self.phase = Phase::Away;
        self.refills.clear();
        self.next_fills = None;
        self.half = None;
        self.fresh_from = None;
        self.unusable = None;
    }

    /// Takes what other threads have left.
    pub fn look(&mut self, now: Instant, out: &mut Batch<Asked>) {
        let (restarts, redials) = self.shared.take_orders();
        if redials && self.is_connected() {
            self.end_in_store();
            self.unusable = Some(connection_moved());
        } else if restarts && self.phase == Phase::Tracking {
            self.end_in_store();
            self.begin_in_store();
        }
        self.has_wishes = true;
        self.has_awaited = true;
        self.fulfil_wishes(now, out);
    }

    fn end_in_store(&self) {
        self.shared.store.end_session(self.shared.node);
    }

    /// The server tells of each change from here on. What it told before is known up to the last answered PING.
    fn begin_in_store(&mut self) {
        // A client may have met another server since this connection was made.
        if self.server != self.shared.peer() {
            self.unusable = Some(disagreement());
            return;
        }
        let Shared { store, node, .. } = &*self.shared;
        store.begin_session(*node);
        if let Some(sent_at) = self.fresh_from {
            store.answered_ping(*node, sent_at);
        }
    }

    /// Sends what is to be filled, once it is time.
    pub fn fulfil_wishes(&mut self, now: Instant, out: &mut Batch<Asked>) {
        if self.phase != Phase::Tracking || self.unusable.is_some() {
            return;
        }
        self.ask_for_awaited(now, out);
        if self.next_fills.is_some_and(|at| now < at) {
            return;
        }
        self.has_wishes = false;
        let wishes = self.shared.take_wishes();
        let refills = std::mem::take(&mut self.refills);
        self.next_fills = (wishes.len() + refills.len() > 0).then(|| now + GATHER);
        for wish in refills.into_iter().chain(wishes) {
            self.fill(wish, now, out);
        }
    }

    /// Reads keys for whose change somebody waits: from then on the server tells of it.
    fn ask_for_awaited(&mut self, now: Instant, out: &mut Batch<Asked>) {
        if !std::mem::take(&mut self.has_awaited) {
            return;
        }
        for key in self.shared.take_awaited() {
            let request = [&b"GET"[..], &key];
            out.push(Asked::Awaited(key.clone()), now + NEVER, |bytes| {
                append_command(bytes, &request);
                1
            });
        }
    }

    /// When fills leave that wait.
    pub fn next_fills(&self) -> Option<Instant> {
        self.next_fills.filter(|_| self.has_wishes || !self.refills.is_empty())
    }

    fn refill(&mut self, wish: Wish) {
        if self.refills.len() < MAX_WISHES {
            self.refills.push(wish);
        } else {
            self.shared.drop_wish();
        }
    }

    /// Reads a key into the store, where the store wants it.
    fn fill(&mut self, wish: Wish, now: Instant, out: &mut Batch<Asked>) {
        let Some(fill) = self.shared.store.begin_fill(wish, self.shared.node, now) else { return };
        let from = out.buffer().len();
        append_command(out.buffer(), &[b"GET", fill.key()]);
        let until = out.buffer().len();
        append_command(out.buffer(), &[b"PTTL", fill.key()]);
        let lifetime = out.buffer().split_off(until);
        out.commit(from, 1, Asked::Value(fill), now + NEVER);
        out.push(Asked::Lifetime, now + NEVER, |bytes| {
            bytes.extend_from_slice(&lifetime);
            1
        });
    }

    pub fn answered(&mut self, asked: Asked, frame: Frame<'_>) {
        if let Some(line) = frame.error() {
            return self.refused(asked, &Error::reply(&line));
        }
        match (asked, frame.node()) {
            (Asked::Tracking(asked_at), _) => {
                self.phase = Phase::Tracking;
                self.has_awaited = true;
                self.fresh_from = Some(asked_at);
                self.shared.tracks();
                self.begin_in_store();
            }
            (Asked::Value(fill), Node::Bulk(value)) => self.half = Some((fill, Some(value.to_vec()))),
            (Asked::Value(fill), _) => self.half = Some((fill, None)),
            (Asked::Lifetime, node) => {
                if let (Some((fill, value)), Node::Integer(left_ms)) = (self.half.take(), node) {
                    self.shared.store.finish_fill(fill, value.as_deref(), left_ms);
                }
            }
            // From here on a message tells of its change.
            (Asked::Awaited(_), Node::Bulk(_)) => {}
            (Asked::Awaited(key), _) => self.shared.waits.wake(&key),
            (Asked::Ping(sent_at), _) => self.ping_answered(sent_at),
        }
    }

    fn ping_answered(&mut self, sent_at: Instant) {
        self.fresh_from = Some(sent_at);
        if self.phase == Phase::Tracking && self.unusable.is_none() {
            self.shared.store.answered_ping(self.shared.node, sent_at);
        }
    }

    /// The server answered with an error. A fill is forgotten when it is dropped.
    fn refused(&mut self, asked: Asked, error: &Error) {
        let code = error.redis_code().unwrap_or_default();
        match asked {
            Asked::Tracking(_) if code == "NOPERM" => {
                self.refuse("Redis refuses CLIENT TRACKING (NOPERM): grant the user +client|tracking");
            }
            Asked::Tracking(_) => self.refuse(format!("Redis refuses CLIENT TRACKING ({code})")),
            Asked::Value(_) | Asked::Awaited(_) if code == "NOPERM" => {
                self.refuse("Redis refuses GET to the user (NOPERM)");
            }
            Asked::Lifetime => {
                if self.half.take().is_some() && code == "NOPERM" {
                    self.refuse("Redis refuses PTTL (NOPERM): grant the user +pttl");
                }
            }
            // Its place among the messages says as much as a PONG.
            Asked::Ping(sent_at) if code == "NOPERM" => self.ping_answered(sent_at),
            // A server that is busy or loads its data answers later.
            Asked::Value(_) | Asked::Awaited(_) | Asked::Ping(_) => {}
        }
    }

    /// The server will not do what this needs.
    fn refuse(&mut self, reason: impl Into<String>) {
        self.end_in_store();
        self.shared.refuse(reason);
    }

    pub fn pushed(&mut self, frame: Frame<'_>) {
        match Invalidation::of(frame) {
            Invalidation::Keys(keys) => {
                for key in keys {
                    self.shared.waits.wake(key);
                    let wish = self.shared.store.invalidated(self.shared.node, key);
                    if let Some(wish) = wish.filter(|_| self.phase == Phase::Tracking && !self.is_over()) {
                        self.refill(wish);
                    }
                }
            }
            Invalidation::All => {
                self.shared.store.flushed(self.shared.node);
                self.shared.waits.wake_all();
                if self.phase == Phase::Tracking && !self.is_over() {
                    self.begin_in_store();
                }
            }
            Invalidation::Other => {}
        }
    }
}

/// Appends a command.
pub(super) fn ask(out: &mut Batch<Asked>, asked: Asked, words: &[&[u8]], now: Instant) {
    out.push(asked, now + NEVER, |bytes| {
        append_command(bytes, words);
        1
    });
}

fn disagreement() -> Error {
    Error::new(ErrorCode::Connect, "the watch connection met another server than the calls")
}
