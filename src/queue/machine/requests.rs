//! Requests that are not answered: they are sent again until they are.

use std::time::{Duration, Instant};

use super::Machine;
use super::lines::LineKind;
use crate::error::{Error, Result};
use crate::queue::contract::{Reply, Shape, Step, Store};
use crate::queue::encode::append_step;

/// Servers that are not ready are asked again after this, and at the longest after the second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Answers of a server that has run nothing, and will be ready later, or is the wrong one.
const NOT_YET: [&str; 9] =
    ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK", "READONLY", "NOREPLICAS"];

/// What a request is for.
#[derive(Debug)]
pub enum Purpose {
    Add {
        queue: u32,
    },
    Turn {
        worker: u32,
    },
    Renew {
        worker: u32,
        members: Vec<String>,
    },
    Sweep {
        room: usize,
    },
    Configure {
        room: usize,
    },
    Eviction {
        room: usize,
    },
    Ask {
        call: u32,
    },
    Job {
        call: u32,
    },
    Sent {
        queue: u32,
    },
    /// An add that was acknowledged, for a server that may have lost it.
    Again {
        queue: u32,
    },
    /// Which schedules are due.
    Due {
        room: usize,
    },
    /// `is_more`: others are due still.
    Fire {
        room: usize,
        is_more: bool,
    },
    Listen {
        reader: u32,
    },
    Watch {
        watch: u32,
    },
    /// The version of the layout, for those that only look.
    Layout {
        room: usize,
    },
}

impl Purpose {
    /// Whether it must happen, however long that takes.
    fn goes_on(&self) -> bool {
        matches!(
            self,
            Purpose::Turn { .. }
                | Purpose::Renew { .. }
                | Purpose::Configure { .. }
                | Purpose::Eviction { .. }
                | Purpose::Layout { .. }
                | Purpose::Sent { .. }
                | Purpose::Again { .. }
        )
    }
}

#[derive(Debug)]
pub struct Request {
    pub purpose: Purpose,
    pub room: usize,
    pub kind: LineKind,
    pub shape: Shape,
    pub bytes: Vec<u8>,
    /// When it is sent again that the server did not take.
    pub again_at: Option<Instant>,
    pub refusals: u32,
    /// Whether a connection may have carried it.
    pub was_sent: bool,
}

impl Request {
    /// How long to wait before it is sent again; `None` where the answer stands. `is_kept`: its jobs were acknowledged.
    pub fn pause_after(&mut self, reply: &Result<Reply>, is_kept: bool) -> Option<Duration> {
        let is_refused = match reply {
            Ok(Reply::Full { .. }) => is_kept,
            Ok(_) => false,
            Err(error) => is_kept || self.purpose.goes_on() || is_not_yet(error),
        };
        if !is_refused {
            return None;
        }
        self.refusals += 1;
        Some((FIRST_PAUSE * (1 << self.refusals.min(6))).min(LONGEST_PAUSE) / 2)
    }
}

fn is_not_yet(error: &Error) -> bool {
    NOT_YET.contains(&error.redis_code().unwrap_or_default())
}

impl Machine {
    /// A request that goes on was refused for a reason that somebody must mend: who waits for it hears of it.
    pub(super) fn tell_refused(&mut self, id: u64, error: &Error, now: Instant) {
        if is_not_yet(error) {
            return;
        }
        match self.requests.get(&id).map(|request| &request.purpose) {
            Some(Purpose::Turn { worker }) => self.tell_refusal(*worker, error, now),
            // Nothing can be done in the room before.
            Some(Purpose::Configure { room } | Purpose::Eviction { room } | Purpose::Layout { room }) => {
                self.refuse_room(*room, error, now);
            }
            _ => {}
        }
    }

    /// Has a step carried out. Its answer comes later.
    pub(super) fn send(&mut self, purpose: Purpose, room: usize, kind: LineKind, step: &Step, now: Instant) {
        if self.is_embedded() {
            let now_ms = self.now_ms(now);
            if let Some(memory) = self.rooms[room].memory.as_mut() {
                memory.set_time(now_ms);
                let reply = memory.run(step);
                self.answers.push((purpose, reply));
            }
            return;
        }
        let mut bytes = Vec::new();
        append_step(&mut bytes, step, &self.rooms[room].keys, self.publish(), None);
        self.send_bytes(purpose, room, kind, step.shape(), bytes);
    }

    pub(super) fn send_bytes(
        &mut self,
        purpose: Purpose,
        room: usize,
        kind: LineKind,
        shape: Shape,
        bytes: Vec<u8>,
    ) {
        self.last_request += 1;
        let id = self.last_request;
        let request =
            Request { purpose, room, kind, shape, bytes, again_at: None, refusals: 0, was_sent: false };
        self.requests.insert(id, request);
        self.lines.queue(self.rooms[room].way, kind, id);
    }

    /// The bytes of a request that its line is to send, and how its reply is read.
    pub fn request(&mut self, id: u64) -> Option<(&[u8], Shape)> {
        let request = self.requests.get_mut(&id).filter(|request| request.again_at.is_none())?;
        request.was_sent = true;
        Some((&request.bytes, request.shape))
    }

    pub(super) fn retry_requests(&mut self, now: Instant) {
        let again: Vec<u64> = self
            .requests
            .iter_mut()
            .filter(|(_, request)| request.again_at.is_some_and(|at| at <= now))
            .map(|(id, request)| {
                request.again_at = None;
                *id
            })
            .collect();
        for id in again {
            if let Some(request) = self.requests.get(&id) {
                self.lines.queue(self.rooms[request.room].way, request.kind, id);
            }
        }
    }

    /// The unanswered requests of a line, in their order, for a new connection.
    pub fn unanswered(&self, way: usize, kind: LineKind) -> Vec<u64> {
        let of_line = self.requests.iter().filter(|(_, request)| {
            request.kind == kind && request.again_at.is_none() && self.rooms[request.room].way == Some(way)
        });
        of_line.map(|(id, _)| *id).collect()
    }
}
