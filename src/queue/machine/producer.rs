//! The producers: one `add` under way each, later ones gather for the next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Machine;
use super::gathered::size_of;
use super::lines::LineKind;
use super::requests::Purpose;
use crate::error::{Error, ErrorCode, Result};
use crate::queue::contract::{NewJob, Reply, Shape, Step};
use crate::queue::encode::append_step;
use crate::queue::kept::Kept;
use crate::queue::options::QueueOptions;

/// Jobs and bytes that may wait.
const MOST_WAITING: usize = 100_000;
const MOST_WAITING_BYTES: usize = 64 * 1_048_576;

/// A call's jobs, or a part of them.
pub struct Part {
    pub call: Option<u32>,
    pub jobs: Vec<NewJob>,
    pub bytes: usize,
    pub deadline: Instant,
    pub is_last: bool,
    /// When it was added, and the same in ms since 1970.
    pub since: Instant,
    pub at_ms: u64,
}

/// A part that was sent, and how many jobs it has.
pub struct SentPart {
    pub call: Option<u32>,
    pub jobs: usize,
    pub is_last: bool,
}

/// The add under way.
pub struct UnderWay {
    pub number: u64,
    pub parts: Vec<SentPart>,
    /// The ids of the jobs of all parts.
    pub ids: Vec<String>,
    pub deadline: Instant,
    pub is_kept: bool,
}

pub struct Remembered {
    pub number: u64,
    pub at: Instant,
    pub bytes: Vec<u8>,
}

/// Where the sender is after another server has come in the place of the last one.
#[derive(PartialEq, Eq)]
pub enum Recovery {
    None,
    /// It is to ask what the server knows.
    Wanted,
    /// It has asked.
    Asked,
    /// It sends again what the server does not know.
    Again,
}

pub struct Producer {
    pub room: usize,
    pub(super) options: Arc<QueueOptions>,
    pub(super) sender: String,
    pub(super) number: u64,
    pub(super) waiting: VecDeque<Part>,
    pub(super) waiting_bytes: usize,
    pub(super) waiting_jobs: usize,
    pub(super) under_way: Option<UnderWay>,
    /// Answers of calls that went in several parts.
    pub(super) partial: Vec<(u32, Vec<String>)>,
    pub(super) remembered: VecDeque<Remembered>,
    pub(super) remembered_bytes: usize,
    pub(super) recovery: Recovery,
    /// What another server is to get again, before anything newer.
    pub(super) again: VecDeque<Remembered>,
    /// The add under way, which is not sent before those.
    pub(super) held_up: Option<Vec<u8>>,
    /// When the connection was lost over which adds were acknowledged.
    pub(super) lost_at: Option<Instant>,
    pub(super) closing: Option<(u32, Instant)>,
    /// The file of journalled jobs, and what of it an ended process may have sent: a number, and how many parts.
    pub(super) kept: Option<Kept>,
    pub(super) sent_before: Option<(u64, usize)>,
    /// It goes on for an ended process.
    pub(super) is_heir: bool,
    /// The last add that did not fit into what is remembered: its number, and when it was sent.
    pub(super) forgotten: Option<(u64, Instant)>,
}

impl Producer {
    pub(super) fn new(room: usize, options: Arc<QueueOptions>, sender: String) -> Producer {
        Producer {
            room,
            options,
            sender,
            number: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            waiting_jobs: 0,
            under_way: None,
            partial: Vec::new(),
            remembered: VecDeque::new(),
            remembered_bytes: 0,
            recovery: Recovery::None,
            again: VecDeque::new(),
            held_up: None,
            lost_at: None,
            closing: None,
            kept: None,
            sent_before: None,
            is_heir: false,
            forgotten: None,
        }
    }

    pub fn is_used(&self) -> bool {
        let is_recovering = self.recovery != Recovery::None;
        is_recovering || !self.waiting.is_empty() || self.under_way.is_some() || self.closing.is_some()
    }

    pub fn needs_no_eviction(&self) -> bool {
        self.options.requires_no_eviction
    }

    /// Whether the jobs under way were acknowledged before they are in Redis.
    pub fn keeps_last(&self) -> bool {
        self.under_way.as_ref().is_some_and(|add| add.is_kept)
    }

    pub fn due(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().filter(|part| part.call.is_some()).map(|part| part.deadline).min();
        let under_way = self.under_way.as_ref().filter(|add| add.has_callers()).map(|add| add.deadline);
        let closing = self.closing.map(|(_, at)| at);
        [waiting, under_way, closing].into_iter().flatten().min()
    }
}

/// The end of a call.
pub enum End<'a> {
    /// It had one job, which is new.
    One(&'a str),
    /// Its jobs as JSON.
    All(String),
    Failed(Error),
}

impl UnderWay {
    fn has_callers(&self) -> bool {
        self.parts.iter().any(|part| part.call.is_some())
    }
}

impl Machine {
    pub(super) fn open_queue(&mut self, queue: u32, name: &str, options: Arc<QueueOptions>, now: Instant) {
        let Some(room) = self.room(name, now) else { return };
        self.rooms[room].set(&options.settings);
        let sender = self.shared.queue(queue).map(|queue| queue.sender.clone()).unwrap_or_default();
        let mut producer = Producer::new(room, options, sender);
        let place = self.settings.kept.as_ref().filter(|_| producer.options.is_journalled);
        if let Some(place) = place {
            producer.kept = Some(Kept::new(place.clone(), name, &producer.sender));
            self.look_for_heritage(place.clone(), name, &producer.options);
        }
        self.queues.insert(queue, producer);
    }

    pub(super) fn add(&mut self, call: u32, queue: u32, jobs: Vec<NewJob>, now: Instant) {
        let deadline = now + self.settings.command_timeout;
        let Some(room) = self.queues.get(&queue).map(|producer| producer.room) else {
            return self.reject(call, &Error::new(ErrorCode::Closed, "the queue was closed"));
        };
        if let Some(error) = self.refusal_of(room) {
            return self.reject(call, &error);
        }
        let is_away = self.is_away(room);
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let bytes: usize = jobs.iter().map(size_of).sum();
        if producer.waiting_jobs + jobs.len() > MOST_WAITING
            || producer.waiting_bytes + bytes > MOST_WAITING_BYTES
        {
            let sentence = "100000 jobs or 64 MiB of them wait to be added, as many as may";
            return self.reject(call, &Error::new(ErrorCode::Overloaded, sentence));
        }
        let is_journalled = is_away && producer.options.is_journalled;
        let told = is_journalled.then(|| journalled(&jobs));
        let of_call = (!is_journalled).then_some(call);
        if let Err(error) = producer.gather(of_call, jobs, deadline, now) {
            return self.reject(call, &error);
        }
        if let Some(told) = told {
            self.resolve(call, &told);
        }
    }

    pub(super) fn send_adds(&mut self, queue: u32, now: Instant) {
        self.recover(queue, now);
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let room = producer.room;
        if producer.under_way.is_some() || producer.recovery != Recovery::None {
            return;
        }
        if self.rooms[room].layout != super::rooms::Layout::Known {
            return;
        }
        // What is journalled counts as sent once it has a number: it gets none while nobody would take it.
        let is_journalled = producer.waiting.front().is_some_and(|part| part.call.is_none());
        if is_journalled && self.is_away(room) {
            return;
        }
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let Some(add) = producer.next_add(now) else { return };
        let step = Step::Add(add);
        if self.is_embedded() {
            self.send(Purpose::Add { queue }, room, LineKind::Queue, &step, now);
            return self.note_ids(queue, step);
        }
        let mut bytes = Vec::new();
        append_step(&mut bytes, &step, &self.rooms[room].keys, self.publish(), None);
        if let Some(producer) = self.queues.get_mut(&queue) {
            producer.remember(&bytes, now);
        }
        self.send_bytes(Purpose::Add { queue }, room, LineKind::Queue, Shape::Add, bytes);
        self.note_ids(queue, step);
    }

    /// The ids of the jobs under way, which their callers are to hear.
    fn note_ids(&mut self, queue: u32, step: Step) {
        let under_way = self.queues.get_mut(&queue).and_then(|producer| producer.under_way.as_mut());
        if let (Some(under_way), Step::Add(add)) = (under_way, step) {
            under_way.ids = add.jobs.into_iter().map(|job| job.id).collect();
        }
    }

    pub(super) fn added(&mut self, queue: u32, reply: Result<Reply>, now: Instant) {
        let Some(producer) = self.queues.get_mut(&queue) else { return };
        let Some(under_way) = producer.under_way.take() else { return };
        let mut failure = None;
        let mut others = Vec::new();
        match reply {
            Ok(Reply::Added { held, .. }) => others = held,
            Ok(Reply::Full { .. }) => {
                let sentence = "as many jobs wait as maxWaiting allows; nothing was added";
                failure = Some(Error::new(ErrorCode::Overloaded, sentence));
            }
            Ok(_) => failure = Some(Error::defect()),
            Err(error) => failure = Some(error),
        }
        if failure.is_some() {
            producer.forget_last(under_way.number);
        }
        if under_way.is_kept {
            producer.taken(under_way.number, &others, now);
        }
        let mut rest = &under_way.ids[..];
        let mut ends: Vec<(u32, End<'_>)> = Vec::new();
        for SentPart { call, jobs, is_last } in under_way.parts {
            let first = under_way.ids.len() - rest.len() + 1;
            let ids;
            (ids, rest) = rest.split_at(jobs.min(rest.len()));
            let Some(call) = call else { continue };
            if let ([id], [], None, true) = (ids, &others[..], &failure, is_last && producer.is_whole(call)) {
                ends.push((call, End::One(id)));
                continue;
            }
            let answer = match &failure {
                Some(error) => Err(error.clone()),
                None => answers(ids, first, &others),
            };
            ends.extend(producer.part_ended(call, answer, is_last));
        }
        ends.dedup_by_key(|(call, _)| *call);
        for (call, answer) in ends {
            match answer {
                End::One(id) => self.events.added(call, id),
                End::All(text) => self.resolve(call, &text),
                End::Failed(error) => self.reject(call, &error),
            }
        }
    }

    /// Calls whose deadline has passed are told so. What nobody waits for any more is not sent again.
    pub(super) fn expire_adds(&mut self, now: Instant) {
        let mut ends: Vec<(u32, Error)> = Vec::new();
        for (queue, producer) in &mut self.queues {
            let way = self.rooms[producer.room].way;
            let is_connected = self.lines.is_connected(way, LineKind::Queue);
            let was_sent = producer.held_up.is_some()
                || self.requests.values().any(|request| {
                    request.was_sent && matches!(request.purpose, Purpose::Add { queue: of } if of == *queue)
                });
            let mut kept = VecDeque::new();
            for part in std::mem::take(&mut producer.waiting) {
                match part.call.filter(|_| part.deadline <= now) {
                    Some(call) => {
                        producer.waiting_jobs -= part.jobs.len();
                        producer.waiting_bytes -= part.bytes;
                        ends.push((call, overdue(false, is_connected)));
                    }
                    None => kept.push_back(part),
                }
            }
            producer.waiting = kept;
            if let Some(under_way) = producer.under_way.as_mut().filter(|add| add.deadline <= now) {
                for part in &mut under_way.parts {
                    ends.extend(part.call.take().map(|call| (call, overdue(was_sent, is_connected))));
                }
            }
        }
        ends.sort_by_key(|(call, _)| *call);
        ends.dedup_by_key(|(call, _)| *call);
        for (call, error) in ends {
            self.reject(call, &error);
        }
        for way in self.lines.unconnected() {
            self.drop_told_adds(way);
        }
    }

    /// A connection is gone: adds whose callers were all told are not sent again.
    pub(super) fn drop_told_adds(&mut self, way: usize) {
        let rooms = &self.rooms;
        let mut dropped = Vec::new();
        for (queue, producer) in &mut self.queues {
            let is_told = producer.under_way.as_ref().is_some_and(|add| {
                !add.has_callers() && !add.is_kept && rooms[producer.room].way == Some(way)
            });
            if is_told {
                let number = producer.under_way.take().map_or(0, |add| add.number);
                producer.held_up = None;
                producer.forget_last(number);
                dropped.push(*queue);
            }
        }
        self.requests.retain(
            |_, request| !matches!(request.purpose, Purpose::Add { queue } if dropped.contains(&queue)),
        );
    }

    pub(super) fn forget_add(&mut self, call: u32) -> bool {
        let mut is_known = false;
        for producer in self.queues.values_mut() {
            let before = producer.waiting.len();
            producer.waiting.retain(|part| part.call != Some(call));
            is_known |= producer.waiting.len() < before;
            producer.count_waiting();
            for part in producer.under_way.iter_mut().flat_map(|add| add.parts.iter_mut()) {
                if part.call == Some(call) {
                    part.call = None;
                    is_known = true;
                }
            }
        }
        is_known
    }

    pub(super) fn close_queue(&mut self, call: u32, queue: u32, timeout: Duration, now: Instant) {
        match self.queues.get_mut(&queue) {
            Some(producer) => producer.closing = Some((call, now + timeout)),
            None => self.resolve(call, "null"),
        }
    }

    pub(super) fn close_queues(&mut self, now: Instant) {
        let over: Vec<u32> = self
            .queues
            .iter()
            .filter(|(_, producer)| {
                let is_idle = producer.is_idle();
                producer.closing.is_some_and(|(_, until)| is_idle || until <= now)
                    || producer.is_heir && is_idle && producer.remembers_nothing(now)
            })
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            let Some(mut producer) = self.queues.remove(&number) else { continue };
            let error = Error::new(ErrorCode::Closed, "the queue was closed before the jobs were added");
            let under_way = producer.under_way.iter().flat_map(|add| &add.parts).map(|part| part.call);
            let waiting = producer.waiting.iter().map(|part| part.call);
            let mut calls: Vec<u32> = under_way.chain(waiting).flatten().collect();
            calls.sort_unstable();
            calls.dedup();
            for call in calls {
                self.reject(call, &error);
            }
            let closing = producer.closing.take();
            producer.let_go();
            if let Some((call, _)) = closing {
                self.resolve(call, "null");
            }
        }
    }

    /// Nothing may be added to a room now. Journalled jobs wait until something may.
    pub(super) fn refuse_adds(&mut self, room: usize, error: &Error) {
        let mut calls: Vec<u32> = Vec::new();
        for producer in self.queues.values_mut().filter(|producer| producer.room == room) {
            calls.extend(producer.waiting.iter().filter_map(|part| part.call));
            producer.waiting.retain(|part| part.call.is_none());
            producer.count_waiting();
        }
        calls.dedup();
        for call in calls {
            self.reject(call, error);
        }
    }
}

fn overdue(was_sent: bool, is_connected: bool) -> Error {
    match (was_sent, is_connected) {
        (false, false) => Error::new(ErrorCode::Connect, "Redis is away; the job was not added"),
        (false, true) => Error::timed_out_unsent("the job was not sent within the deadline"),
        (true, true) => {
            Error::new(ErrorCode::Timeout, "Redis did not answer within the deadline; the job may be added")
        }
        (true, false) => {
            Error::new(ErrorCode::UnknownOutcome, "the connection was lost; the job may have been added")
        }
    }
}

/// The answer to the caller of jobs that were journalled.
fn journalled(jobs: &[NewJob]) -> String {
    let told: Vec<String> = jobs
        .iter()
        .map(|job| format!("{{\"id\":\"{}\",\"created\":true,\"journalled\":true}}", job.id))
        .collect();
    format!("[{}]", told.join(","))
}

/// What the caller of these jobs is answered. `first` is the position of the first one in its script.
fn answers(ids: &[String], first: usize, others: &[(usize, Option<String>)]) -> Result<String> {
    let mut told = String::new();
    for (at, id) in (first..).zip(ids) {
        let other = others.iter().find(|(position, _)| *position == at);
        let (id, created) = match other {
            None => (id, true),
            Some((_, Some(other))) => (other, false),
            Some((_, None)) => {
                let sentence = "a job with the same idempotency key and another type or payload is known";
                return Err(Error::new(ErrorCode::Idempotency, sentence));
            }
        };
        if !told.is_empty() {
            told.push(',');
        }
        let end = if created { "\",\"created\":true}" } else { "\",\"created\":false}" };
        [r#"{"id":""#, id, end].iter().for_each(|part| told.push_str(part));
    }
    Ok(told)
}
