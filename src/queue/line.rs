//! One connection of queues: a machine without I/O, which the I/O thread moves.
//!
//! Promises: before anything is sent again, the last connection is ended at its server, so that nothing of it runs late; a
//! server that owes a reply and is silent is given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contract::Shape;
use super::engine::Core;
use super::machine::LineId;
use super::machine::LineKind;
use super::scripts::text_of;
use crate::connection::{
    Bytes, ConnectionHandler, ServerInfo, connection_garbled, connection_moved, connection_silent,
};
use crate::error::{Error, Result};
use crate::lane::{Answer, Arrival, Batch, Frame, Lane, Node, Requests, append_command};
use crate::redis::{Fence, append_eval};

/// A lane wants a deadline of every request. Silence ends the connection instead.
const NEVER: Duration = Duration::from_secs(24 * 3600);
const PING_AFTER: Duration = Duration::from_millis(800);
const SILENCE_LIMIT: Duration = Duration::from_millis(1_800);

/// A request on the connection.
#[derive(Debug)]
enum Asked {
    Step(u64, Shape),
    Fence,
    Subscribed,
    Ping,
}

pub struct Conversation {
    core: Arc<Core>,
    id: LineId,
    lane: Lane<Asked>,
    next: Batch<Asked>,
    is_connected: bool,
    has_resp3: bool,
    fence: Option<Fence>,
    channels: Vec<Vec<u8>>,
    last_received: Instant,
    last_sent: Instant,
    is_unusable: bool,
}

impl Conversation {
    pub fn new(core: Arc<Core>, id: LineId) -> Conversation {
        let now = Instant::now();
        Conversation {
            core,
            id,
            lane: Lane::default(),
            next: Batch::default(),
            is_connected: false,
            has_resp3: false,
            fence: None,
            channels: Vec::new(),
            last_received: now,
            last_sent: now,
            is_unusable: false,
        }
    }

    fn ask(&mut self, asked: Asked, words: &[&[u8]], now: Instant) {
        self.last_sent = now;
        self.next.push(asked, now + NEVER, |bytes| {
            append_command(bytes, words);
            1
        });
    }

    /// Takes what the machine has for this connection.
    pub fn collect(&mut self) {
        if !self.is_connected {
            return;
        }
        let now = Instant::now();
        let mut machine = self.core.machine();
        let ids = machine.lines.take_queued(self.id);
        for id in ids {
            if let Some((request, shape)) = machine.request(id) {
                self.next.push(Asked::Step(id, shape), now + NEVER, |bytes| {
                    bytes.extend_from_slice(request);
                    1
                });
                self.last_sent = now;
            }
        }
        drop(machine);
        self.subscribe(now);
        self.lane.append(&mut self.next);
    }

    /// Listens to the news of queues that matter here.
    fn subscribe(&mut self, now: Instant) {
        if self.id.1 != LineKind::Queue || !self.has_resp3 {
            return;
        }
        let machine = self.core.machine();
        let channels = machine.channels(self.id.0);
        let [word, leave] = machine.subscribe_words();
        drop(machine);
        // Those of workers that are gone. News of a queue may matter again.
        let left = |known: &Vec<u8>| !known.ends_with(b":news") && !channels.contains(known);
        for channel in self.channels.extract_if(.., |known| left(known)).collect::<Vec<_>>() {
            self.ask(Asked::Subscribed, &[leave, &channel], now);
        }
        for channel in channels {
            if !self.channels.contains(&channel) {
                self.ask(Asked::Subscribed, &[word, &channel], now);
                self.channels.push(channel);
            }
        }
    }

    fn pushed(&mut self, frame: Frame<'_>, now: Instant) {
        let Node::Array(parts) = frame.node() else { return };
        let words: Vec<&[u8]> = parts
            .filter_map(|part| match part {
                Node::Bulk(text) | Node::Status(text) => Some(text),
                _ => None,
            })
            .collect();
        match words.as_slice() {
            [b"message" | b"smessage", channel, message] => self.core.machine().heard(channel, message, now),
            // The slot has moved: the channel is listened to again where it is now.
            [b"sunsubscribe" | b"unsubscribe", channel, ..] => self.channels.retain(|known| known != channel),
            _ => {}
        }
    }

    fn answered(&mut self, asked: Asked, frame: Frame<'_>, request: &[u8], now: Instant) {
        let Asked::Step(id, shape) = asked else { return };
        let reply = shape.read(frame);
        if let Err(error) = &reply {
            match error.redis_code() {
                // Nothing has run: the server does not know the script yet.
                Some("NOSCRIPT") => {
                    let from = self.next.buffer().len();
                    if append_eval(request, text_of, self.next.buffer()) {
                        self.next.commit(from, 1, Asked::Step(id, shape), now + NEVER);
                        return;
                    }
                }
                Some("READONLY") => self.is_unusable = true,
                _ => {}
            }
        }
        self.core.machine().answered(id, reply, now);
    }
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
        self.last_received = now;
        let mut lane = std::mem::take(&mut self.lane);
        let result = lane.received(count, |arrival| match arrival {
            Arrival::Answer { token, answer: Answer::Frame(frame), request } => {
                self.answered(token, frame, request, now);
            }
            // Each request is one command.
            Arrival::Answer { answer: Answer::Refused(_), .. } => {}
            Arrival::Push(frame) => self.pushed(frame, now),
        });
        self.lane = lane;
        self.core.advance(now);
        self.collect();
        result.map_err(|error| connection_garbled(&error))
    }
}

impl ConnectionHandler for Conversation {
    fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.lane.disconnect(|_, _, _| false, drop);
        self.next = Batch::default();
        self.channels.clear();
        (self.is_connected, self.is_unusable, self.has_resp3) = (true, false, server.protocol == 3);
        (self.last_received, self.last_sent) = (now, now);
        if let Some(fence) = self.fence.take().filter(|fence| fence.is_at(server)) {
            self.next.push(Asked::Fence, now + NEVER, |bytes| fence.append(bytes));
        }
        self.fence = Fence::of(server);
        let core = self.core.clone();
        let mut machine = core.machine();
        for id in machine.line_connected(self.id, server.run_id.as_deref(), now) {
            if let Some((request, shape)) = machine.request(id) {
                self.next.push(Asked::Step(id, shape), now + NEVER, |bytes| {
                    bytes.extend_from_slice(request);
                    1
                });
            }
        }
        drop(machine);
        self.core.advance(now);
        self.collect();
    }

    fn attempt_failed(&mut self, error: Error, _attempt: u32, now: Instant) {
        self.core.machine().attempt_failed(self.id, &error, now);
        self.core.look_again();
        self.core.advance(now);
    }

    fn disconnected(&mut self, _error: Error, now: Instant) {
        self.is_connected = false;
        self.lane.disconnect(|_, _, _| false, drop);
        self.core.machine().line_disconnected(self.id, now);
        self.core.look_again();
        self.core.advance(now);
    }

    fn next_deadline(&self) -> Option<Instant> {
        if !self.is_connected {
            return None;
        }
        if self.is_unusable {
            return Some(self.last_received);
        }
        if self.lane.is_waiting() {
            return Some(self.last_received.max(self.last_sent) + SILENCE_LIMIT);
        }
        Some(self.last_received.max(self.last_sent) + PING_AFTER)
    }

    fn expire(&mut self, now: Instant) -> Option<Error> {
        if !self.is_connected {
            return None;
        }
        if self.is_unusable {
            return Some(connection_moved());
        }
        let quiet = now.saturating_duration_since(self.last_received.max(self.last_sent));
        if self.lane.is_waiting() {
            return (quiet >= SILENCE_LIMIT).then(connection_silent);
        }
        if quiet >= PING_AFTER {
            self.ask(Asked::Ping, &[b"PING"], now);
            self.lane.append(&mut self.next);
        }
        None
    }
}
