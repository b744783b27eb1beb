//! What is asked of queues: single steps and pages of them, waits for the end of a job, and changes of jobs by their handlers.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Machine;
use super::lines::LineKind;
use super::requests::Purpose;
use super::rooms::Layout;
use crate::error::{Error, ErrorCode, Result};
use crate::queue::ask::{Ask, Next, ended};
use crate::queue::contract::{Change, Reply, Step, Update};

/// A wait looks by itself that often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub struct OpenAsk {
    pub room: usize,
    ask: Option<Box<Ask>>,
    began: Instant,
    deadline: Instant,
    /// A wait's next look.
    next_look: Option<Instant>,
    is_under_way: bool,
    is_wait: bool,
}

impl OpenAsk {
    /// Whether it does not only look.
    pub fn changes(&self) -> bool {
        self.ask.as_ref().is_none_or(|ask| ask.changes())
    }

    pub fn due(&self) -> Instant {
        self.next_look.filter(|_| !self.is_under_way).map_or(self.deadline, |at| at.min(self.deadline))
    }
}

impl Machine {
    pub(super) fn ask(&mut self, call: u32, queue: u32, ask: Ask, now: Instant) {
        let Some(room) = self.queues.get(&queue).map(|producer| producer.room) else {
            return self.reject(call, &Error::new(ErrorCode::Closed, "the queue was closed"));
        };
        if let Some(error) = self.refusal_of(room) {
            return self.reject(call, &error);
        }
        let is_wait = ask.timeout_ms > 0;
        let limit =
            if is_wait { Duration::from_millis(ask.timeout_ms) } else { self.settings.command_timeout };
        let open = OpenAsk {
            room,
            ask: Some(Box::new(ask)),
            began: now,
            deadline: now + limit,
            next_look: Some(now),
            is_under_way: false,
            is_wait,
        };
        if is_wait {
            self.rooms[room].waits += 1;
            self.listen_to_news(room);
        }
        self.asks.insert(call, open);
        self.look(call, now);
    }

    /// Sends the next step of a call, where its room is ready for it.
    fn look(&mut self, call: u32, now: Instant) {
        let Some(open) = self.asks.get_mut(&call) else { return };
        let room = open.room;
        let Some(step) = open.ask.as_ref().and_then(|ask| ask.step()) else { return };
        let is_ready = match step {
            Step::Look(_) => matches!(self.rooms[room].layout, Layout::Known | Layout::Seen),
            _ => self.rooms[room].layout == Layout::Known,
        };
        if open.is_under_way || !is_ready {
            return;
        }
        open.is_under_way = true;
        open.next_look = None;
        self.send(Purpose::Ask { call }, room, LineKind::Lease, &step, now);
    }

    pub(super) fn asked(&mut self, call: u32, reply: Result<Reply>, now: Instant) {
        let is_connected = |machine: &Machine, room: usize| {
            machine.is_embedded() || machine.lines.is_connected(machine.rooms[room].way, LineKind::Lease)
        };
        let Some(open) = self.asks.get_mut(&call) else { return };
        open.is_under_way = false;
        let words = match reply {
            Ok(Reply::Words(words)) => words,
            Ok(_) => return self.end_ask(call, Err(Error::defect())),
            Err(error) => return self.end_ask(call, Err(error)),
        };
        let Some(ask) = open.ask.as_mut() else { return };
        let again = ask.clone();
        match ask.answered(&words) {
            Next::Failed(error) => self.end_ask(call, Err(error)),
            Next::Waits => {
                open.ask = Some(again);
                open.next_look = Some(now + LOOK_EVERY);
            }
            Next::GoesOn => {
                open.deadline = now + self.settings.command_timeout;
                open.next_look = Some(now);
                self.look(call, now);
            }
            Next::Done(text) if text == "true" && open.ask.as_ref().is_some_and(|ask| ask.is_health()) => {
                let (room, latency) = (open.room, now.saturating_duration_since(open.began));
                let text = json!({
                    "ok": true,
                    "latencyMs": latency.as_secs_f64() * 1_000.0,
                    "connected": is_connected(self, room) && !self.is_embedded(),
                    "embedded": self.is_embedded(),
                });
                self.end_ask(call, Ok(text.to_string()));
            }
            Next::Done(text) => self.end_ask(call, Ok(text)),
        }
    }

    fn end_ask(&mut self, call: u32, answer: Result<String>) {
        let Some(open) = self.asks.remove(&call) else { return };
        if open.is_wait {
            self.rooms[open.room].waits -= 1;
        }
        match answer {
            Ok(text) => self.resolve(call, &text),
            Err(error) => self.reject(call, &error),
        }
    }

    pub(super) fn expire_asks(&mut self, now: Instant) {
        let due: Vec<u32> =
            self.asks.iter().filter(|(_, open)| open.due() <= now).map(|(call, _)| *call).collect();
        for call in due {
            let Some(open) = self.asks.get_mut(&call) else { continue };
            if now < open.deadline {
                self.look(call, now);
                // A room that is not ready looks again later.
                if let Some(open) = self.asks.get_mut(&call).filter(|open| !open.is_under_way) {
                    open.next_look = Some(now + Duration::from_millis(50));
                }
                continue;
            }
            let (room, is_wait) = (open.room, open.is_wait);
            let is_connected =
                self.is_embedded() || self.lines.is_connected(self.rooms[room].way, LineKind::Lease);
            let error = match (is_wait, is_connected) {
                (true, _) => Error::new(ErrorCode::Timeout, "the job did not end within timeoutMs"),
                (false, true) => Error::new(ErrorCode::Timeout, "Redis did not answer within the deadline"),
                (false, false) => Error::new(ErrorCode::Connect, "Redis is away"),
            };
            self.requests
                .retain(|_, request| !matches!(request.purpose, Purpose::Ask { call: of } if of == call));
            self.end_ask(call, Err(error));
        }
    }

    /// A message tells the end of a job; without an outcome it was removed.
    pub(super) fn job_ended(&mut self, room: usize, id: &str, outcome: Option<&[u8]>) {
        let waiting: Vec<u32> = self
            .asks
            .iter()
            .filter(|(_, open)| {
                open.is_wait && open.room == room && open.ask.as_ref().is_some_and(|ask| ask.id == id)
            })
            .map(|(call, _)| *call)
            .collect();
        for call in waiting {
            let text = outcome.map_or_else(|| r#"{"state":"unknown"}"#.to_owned(), ended);
            self.end_ask(call, Ok(text));
        }
    }

    pub(super) fn refuse_asks(&mut self, room: usize, error: &Error) {
        let of_room: Vec<u32> =
            self.asks.iter().filter(|(_, open)| open.room == room).map(|(call, _)| *call).collect();
        of_room.into_iter().for_each(|call| self.end_ask(call, Err(error.clone())));
    }

    /// A handler changes its job.
    pub(super) fn change_job(
        &mut self,
        call: u32,
        worker: u32,
        fence: u64,
        change: Change,
        value: Vec<u8>,
        now: Instant,
    ) {
        let lost = || Error::new(ErrorCode::Lost, "the worker does not hold the job any more");
        let Some(of) = self.workers.get(&worker) else { return self.reject(call, &lost()) };
        let room = of.room;
        let mut hand = of.desk.hand();
        let Some(member) = hand.member(fence).map(str::to_owned) else {
            drop(hand);
            return self.reject(call, &lost());
        };
        if change == Change::Extend {
            let ms = std::str::from_utf8(&value).ok().and_then(|ms| ms.parse().ok()).unwrap_or(0);
            hand.extend(fence, Duration::from_millis(ms), now);
        }
        drop(hand);
        let deadline = now + self.settings.command_timeout;
        let open = OpenAsk {
            room,
            ask: None,
            began: now,
            deadline,
            next_look: None,
            is_under_way: true,
            is_wait: false,
        };
        self.asks.insert(call, open);
        let step = Step::Update(Update { member, change, value });
        self.send(Purpose::Job { call }, room, LineKind::Lease, &step, now);
    }

    pub(super) fn job_changed(&mut self, call: u32, reply: Result<Reply>) {
        let answer = match reply {
            Ok(Reply::Updated(true)) => Ok("true".to_owned()),
            Ok(Reply::Updated(false)) => {
                Err(Error::new(ErrorCode::Lost, "the worker does not hold the job any more"))
            }
            Ok(_) => Err(Error::defect()),
            Err(error) => Err(error),
        };
        self.end_ask(call, answer);
    }
}
