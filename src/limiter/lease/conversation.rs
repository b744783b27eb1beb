//! The bytes of a keeper's connection: a machine without I/O, which a driver on the I/O thread moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::commands::{append_eval, append_renew};
use super::held::Lease;
use super::keeper::{Due, Shared};
use crate::config::Endpoint;
use crate::connection::{Bytes, ConnectionHandler, ServerInfo, connection_garbled, connection_silent};
use crate::error::{Error, Result};
use crate::lane::{Answer, Arrival, Batch, Frame, Lane, Requests};
use crate::redis::ErrorPolicy;

/// A lane wants a deadline of every request. Silence ends the connection instead.
const NEVER: Duration = Duration::from_secs(24 * 3600);
/// A request has so many leases of a key at most: other clients wait while it runs.
const MOST_AT_ONCE: usize = 128;
/// What the server refused is asked again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The connection is kept for so long after the last lease.
const LINGER: Duration = Duration::from_secs(30);

/// A request on the connection.
#[derive(Debug)]
enum Asked {
    Renewal(Box<[u64]>),
    Release(Arc<Lease>),
}

pub(super) struct Conversation {
    shared: Arc<Shared>,
    lane: Lane<Asked>,
    /// Requests that are not in the lane yet.
    next: Batch<Asked>,
    is_connected: bool,
    /// Since when the server owes a reply, and has sent nothing.
    silent_since: Instant,
    /// Since when there has been nothing to do, as far as was looked.
    idle_since: Option<Instant>,
    look_again: Instant,
    /// Why the connection must be replaced.
    unusable: Option<Error>,
}

impl Conversation {
    pub fn new(shared: Arc<Shared>) -> Conversation {
        let now = Instant::now();
        Conversation {
            shared,
            lane: Lane::default(),
            next: Batch::default(),
            is_connected: false,
            silent_since: now,
            idle_since: None,
            look_again: now,
            unusable: None,
        }
    }

    /// Takes what other threads have left.
    pub fn look(&mut self) {
        self.look_at(Instant::now());
    }

    pub fn look_at(&mut self, now: Instant) {
        if self.shared.is_closed() {
            self.shared.hand_over(now);
        }
        self.ask(now);
    }

    /// There is no connection any more: what it was asked is asked of the next one.
    pub fn end(&mut self, now: Instant) {
        self.is_connected = false;
        self.unusable = None;
        let shared = &self.shared;
        self.lane.disconnect(
            |_, _, _| false,
            |lost| match lost.token {
                Asked::Renewal(numbers) => shared.asked(&numbers, Some(now)),
                Asked::Release(lease) => shared.discard(lease),
            },
        );
    }

    /// Sends what is due.
    fn ask(&mut self, now: Instant) {
        if !self.is_connected || self.unusable.is_some() {
            return;
        }
        let Due { renewals, releases } = self.shared.take_due(now);
        if self.lane.pending() == 0 {
            self.silent_since = now;
        }
        for (key, leases) in renewals {
            for leases in leases.chunks(MOST_AT_ONCE) {
                let numbers = leases.iter().map(|(lease, _)| lease.number).collect();
                let shown = leases.iter().map(|(lease, position)| {
                    let part = &lease.parts[*position];
                    (&*lease.name, part.length_ms, part.cost)
                });
                self.next.push(Asked::Renewal(numbers), now + NEVER, |bytes| {
                    append_renew(&key, shown, bytes);
                    1
                });
            }
        }
        for lease in releases {
            self.next.push(Asked::Release(lease.clone()), now + NEVER, |bytes| {
                lease.append_release(bytes);
                1
            });
        }
        self.lane.append(&mut self.next);
    }

    fn rest_if_idle(&mut self, now: Instant) {
        if self.lane.pending() > 0 || !self.shared.is_empty() {
            self.idle_since = None;
        } else if now.saturating_duration_since(*self.idle_since.get_or_insert(now)) >= LINGER {
            self.shared.rest();
        }
    }
}

/// Where a slot is, as a member of the cluster is told apart by.
fn moved_to(line: &str) -> Option<String> {
    let (host, port) = line.strip_prefix("MOVED ")?.split(' ').nth(1)?.rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']).to_owned();
    Some(Endpoint::Tcp { host, port: port.parse().ok()? }.to_string())
}

/// Takes the reply to a request in. Answers why the connection must be replaced.
fn answered(
    shared: &Shared,
    next: &mut Batch<Asked>,
    (asked, frame, request): (Asked, Frame<'_>, &[u8]),
    now: Instant,
) -> Option<Error> {
    let Some(line) = frame.error() else {
        if let Asked::Renewal(numbers) = asked {
            shared.asked(&numbers, None);
        }
        return None;
    };
    let error = Error::reply(&line);
    let code = error.redis_code();
    let mut whole = Vec::new();
    if code == Some("NOSCRIPT") && append_eval(request, &mut whole) {
        next.push(asked, now + NEVER, |bytes| {
            bytes.extend_from_slice(&whole);
            1
        });
        return None;
    }
    let again = now + AGAIN_AFTER;
    // What is not released ends with its length.
    if let Asked::Renewal(numbers) = asked {
        match moved_to(&line) {
            Some(address) => shared.moved(&numbers, &address, now, again),
            None => shared.asked(&numbers, Some(again)),
        }
    }
    if code == Some("READONLY") {
        shared.dialer.require_primary();
    }
    (ErrorPolicy::of(&error) == ErrorPolicy::Replace).then_some(error)
}

impl Bytes for Conversation {
    fn unsent(&self) -> &[u8] {
        if self.is_connected { self.lane.unsent() } else { &[] }
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
        self.silent_since = now;
        let Conversation { lane, next, shared, unusable, .. } = self;
        let result = lane.received(count, |arrival| {
            if let Arrival::Answer { token, answer: Answer::Frame(frame), request } = arrival
                && let Some(error) = answered(shared, next, (token, frame, request), now)
            {
                unusable.get_or_insert(error);
            }
        });
        lane.append(next);
        result.map_err(|error| connection_garbled(&error))
    }
}

impl ConnectionHandler for Conversation {
    fn connected(&mut self, _server: &ServerInfo, now: Instant) {
        self.end(now);
        self.is_connected = true;
        self.silent_since = now;
        self.shared.all_due(now);
        self.ask(now);
    }

    fn attempt_failed(&mut self, _error: Error, _attempt: u32, now: Instant) {
        self.rest_if_idle(now);
    }

    fn disconnected(&mut self, _error: Error, now: Instant) {
        self.end(now);
    }

    fn next_deadline(&self) -> Option<Instant> {
        if !self.is_connected {
            return Some(self.look_again);
        }
        if self.unusable.is_some() {
            return Some(self.silent_since);
        }
        let silence = (self.lane.pending() > 0).then(|| self.silent_since + self.shared.patience());
        [silence, self.shared.wake_at(), Some(self.look_again)].into_iter().flatten().min()
    }

    fn expire(&mut self, now: Instant) -> Option<Error> {
        if now >= self.look_again {
            self.look_again = now + AGAIN_AFTER;
            self.rest_if_idle(now);
        }
        if !self.is_connected {
            return None;
        }
        if let Some(error) = self.unusable.take() {
            return Some(error);
        }
        let silent = now.saturating_duration_since(self.silent_since);
        if self.lane.pending() > 0 && silent >= self.shared.patience() {
            return Some(connection_silent());
        }
        self.ask(now);
        None
    }
}
