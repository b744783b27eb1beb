//! All queues and workers of a client on the I/O thread: it turns orders, replies and time into steps and events.
//!
//! A state machine without I/O, but for the file of journalled jobs (`kept`). Lines carry its requests; where there is no Redis it carries out the steps itself, on `memory`.
//! Promises: each call ends once; each request is sent until it is answered, on one connection at a time.

mod asked;
mod clock;
mod gathered;
mod heirs;
mod lines;
mod producer;
mod readers;
mod recovery;
mod requests;
mod rooms;
mod schedules;
#[cfg(test)]
mod tests;
mod watchers;
mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contract::Reply;
use super::encode::Publish;
use super::events::Events;
use super::kept::KeptIn;
use super::shared::{Order, Shared};
use crate::error::{Error, ErrorCode, Result};

use asked::OpenAsk;
pub use lines::{LineBox, LineId, LineKind, Lines};
use producer::Producer;
use readers::Reader;
use requests::{Purpose, Request};
use rooms::Room;
use watchers::Watcher;
use worker::Worker;

/// What a client's queues need to know of its configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    pub prefix: String,
    pub command_timeout: Duration,
    pub is_clustered: bool,
    /// Bytes of jobs in this process's memory, where there is no Redis.
    pub embedded_bytes: Option<usize>,
    /// Where journalled jobs are kept, if not in this process's memory alone.
    pub kept: Option<KeptIn>,
}

/// Chance for jitter: a generator that needs no cryptography.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// A number from 0 to 1.
    fn draw(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

pub struct Machine {
    settings: Settings,
    shared: Arc<Shared>,
    pub lines: Lines,
    rooms: Vec<Room>,
    queues: HashMap<u32, Producer>,
    workers: HashMap<u32, Worker>,
    asks: HashMap<u32, OpenAsk>,
    readers: HashMap<u32, Reader>,
    watchers: HashMap<u32, Watcher>,
    requests: BTreeMap<u64, Request>,
    last_request: u64,
    heirs: u32,
    /// Answers of the embedded store that were not looked at yet.
    answers: Vec<(Purpose, Result<Reply>)>,
    events: Events,
    chance: Chance,
    /// The time of day that embedded queues go by: it only goes forward.
    began: (Instant, i64),
}

/// Workers that hear of new work ask within so long, the longer the more they are.
const JITTER: Duration = Duration::from_millis(5);
const JITTER_A_WORKER: Duration = Duration::from_micros(25);

impl Machine {
    pub fn new(settings: Settings, shared: Arc<Shared>, seed: u64, now: Instant, now_ms: i64) -> Machine {
        Machine {
            settings,
            shared,
            lines: Lines::default(),
            rooms: Vec::new(),
            queues: HashMap::new(),
            workers: HashMap::new(),
            asks: HashMap::new(),
            readers: HashMap::new(),
            watchers: HashMap::new(),
            requests: BTreeMap::new(),
            last_request: 0,
            heirs: 0,
            answers: Vec::new(),
            events: Events::default(),
            chance: Chance(seed | 1),
            began: (now, now_ms),
        }
    }

    fn is_embedded(&self) -> bool {
        self.settings.embedded_bytes.is_some()
    }

    fn now_ms(&self, now: Instant) -> i64 {
        self.began.1 + now.saturating_duration_since(self.began.0).as_millis() as i64
    }

    /// For one among so many that hear of the same work.
    fn jitter(&mut self, hearers: u32) -> Duration {
        let most = if hearers > 1 { (JITTER_A_WORKER * hearers).min(JITTER) } else { Duration::ZERO };
        most.mul_f64(self.chance.draw())
    }

    fn publish(&self) -> Publish {
        if self.settings.is_clustered { Publish::ShardChannel } else { Publish::Channel }
    }

    fn resolve(&mut self, call: u32, value: &str) {
        self.events.resolve(call, value);
    }

    fn reject(&mut self, call: u32, error: &Error) {
        self.events.reject(call, error);
    }

    /// Does everything that can be done now.
    pub fn advance(&mut self, now: Instant) {
        for order in self.shared.inbox.take() {
            self.carry_out(order, now);
        }
        self.on_time(now);
        loop {
            self.send_all(now);
            let answers = std::mem::take(&mut self.answers);
            if answers.is_empty() {
                break;
            }
            for (purpose, reply) in answers {
                self.settle(purpose, reply, now);
            }
            self.hear_embedded(now);
        }
        self.tell_workers();
        let mut events = std::mem::take(&mut self.events);
        self.shared.put_events(&mut events);
    }

    fn carry_out(&mut self, order: Order, now: Instant) {
        match order {
            Order::OpenQueue { queue, name, options } => self.open_queue(queue, &name, options, now),
            Order::OpenWorker { worker, name, desk } => self.open_worker(worker, &name, desk, now),
            Order::Add { call, queue, jobs } => self.add(call, queue, jobs, now),
            Order::Ask { call, queue, ask } => self.ask(call, queue, *ask, now),
            Order::Job { call, worker, fence, change, value } => {
                self.change_job(call, worker, fence, change, value, now);
            }
            Order::CloseWorker { call, worker, closes } => self.close_worker(call, worker, closes, now),
            Order::CloseQueue { call, queue, timeout } => self.close_queue(call, queue, timeout, now),
            Order::OpenReader { reader, name, listening } => self.open_reader(reader, &name, *listening, now),
            Order::Read { call, reader, begins } => self.read_events(call, reader, begins, now),
            Order::CloseReader { reader } => self.close_reader(reader),
            Order::OpenWatch { watch, name, watching } => self.open_watch(watch, &name, *watching, now),
            Order::CloseWatch { watch } => self.close_watch(watch),
            Order::Abandon { call } => self.abandon(call),
            Order::Inherit { name, options, kept, left } => self.inherit(&name, options, *kept, left, now),
        }
    }

    /// The caller has given up: it is told nothing.
    fn abandon(&mut self, call: u32) {
        let is_ask = self.asks.remove(&call).is_some();
        if is_ask || self.forget_read(call) || self.forget_add(call) {
            self.shared.open_calls.fetch_sub(1, std::sync::atomic::Ordering::AcqRel);
        }
    }

    fn on_time(&mut self, now: Instant) {
        self.retry_requests(now);
        self.expire_adds(now);
        self.expire_asks(now);
        let numbers: Vec<u32> = self.workers.keys().copied().collect();
        for number in numbers {
            self.worker_on_time(number, now);
        }
        self.close_what_is_over(now);
    }

    fn send_all(&mut self, now: Instant) {
        self.configure_rooms(now);
        let queues: Vec<u32> = self.queues.keys().copied().collect();
        for number in queues {
            self.send_adds(number, now);
        }
        let workers: Vec<u32> = self.workers.keys().copied().collect();
        for number in workers {
            self.take_turn(number, now);
        }
        self.look_for_events(now);
        self.look_at_watched(now);
        self.sweep_rooms(now);
        self.fire_rooms(now);
    }

    /// When `advance` has something to do without a reply or an order.
    pub fn due(&self) -> Option<Instant> {
        let requests = self.requests.values().filter_map(|request| request.again_at);
        let adds = self.queues.values().filter_map(Producer::due);
        let asks = self.asks.values().map(OpenAsk::due);
        let workers = self.workers.values().filter_map(|worker| worker.due(self.is_ready(worker.room)));
        let sweeps = self.rooms.iter().filter(|room| room.workers > 0).map(|room| room.next_sweep);
        let slots = self.rooms.iter().filter_map(Room::next_slot);
        let readers = self.readers_due().chain(self.watchers_due());
        requests.chain(adds).chain(asks).chain(workers).chain(sweeps).chain(slots).chain(readers).min()
    }

    fn settle(&mut self, purpose: Purpose, reply: Result<Reply>, now: Instant) {
        match purpose {
            Purpose::Add { queue } => self.added(queue, reply, now),
            Purpose::Turn { worker } => self.turned(worker, reply, now),
            Purpose::Renew { worker, members } => self.renewed(worker, &members, reply, now),
            Purpose::Sweep { room } => self.swept(room, reply, now),
            Purpose::Configure { room } => self.configured(room, reply, now),
            Purpose::Eviction { room } => self.eviction_known(room, reply, now),
            Purpose::Ask { call } => self.asked(call, reply, now),
            Purpose::Job { call } => self.job_changed(call, reply),
            Purpose::Sent { queue } => self.sent_known(queue, reply, now),
            Purpose::Again { queue } => self.sent_again(queue),
            Purpose::Due { room } => self.due_known(room, reply, now),
            Purpose::Fire { room, is_more } => self.fired(room, is_more, reply, now),
            Purpose::Watch { watch } => self.watched(watch, reply, now),
            Purpose::Layout { room } => self.layout_known(room, reply, now),
            Purpose::Listen { reader } => self.listened(reader, reply, now),
        }
    }

    /// A line has an answer.
    pub fn answered(&mut self, id: u64, reply: Result<Reply>, now: Instant) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        let is_kept = match request.purpose {
            Purpose::Again { .. } => true,
            Purpose::Add { queue } => self.queues.get(&queue).is_some_and(Producer::keeps_last),
            _ => false,
        };
        if let Some(pause) = request.pause_after(&reply, is_kept) {
            request.again_at = Some(now + pause);
            self.lines.looks_again = true;
            if let Err(error) = &reply {
                self.tell_refused(id, error, now);
            }
            return;
        }
        if let Some(request) = self.requests.remove(&id) {
            self.settle(request.purpose, reply, now);
        }
    }

    /// No more is to be done: what waits fails.
    pub fn end(&mut self) {
        let error = Error::new(ErrorCode::Closed, "the cache was shut down");
        for call in self.asks.drain().map(|(call, _)| call).collect::<Vec<_>>() {
            self.reject(call, &error);
        }
        for call in self.readers.drain().filter_map(|(_, reader)| reader.waits()).collect::<Vec<_>>() {
            self.reject(call, &error);
        }
        self.queues.drain().for_each(|(_, producer)| producer.let_go());
        self.workers.clear();
        self.requests.clear();
    }
}
