//! The workers: one turn under way each, leases that are renewed, and closes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Machine;
use super::lines::LineKind;
use super::requests::Purpose;
use crate::error::{Error, Result};
use crate::queue::contract::{Fate, Renew, Reply, Step, Turn, Turned};
use crate::queue::ending::{Ending, JOB_EVENTS, Note, error_json};
use crate::queue::events::Events;
use crate::queue::hand::HandCounts;
use crate::queue::shared::{Closes, Desk, tell_of};

/// The places of ends in `JOB_EVENTS`.
const COMPLETED: usize = 0;
const RETRYING: usize = 1;
const DEAD: usize = 2;
const RELEASED: usize = 3;
const LOST: usize = 4;

/// JavaScript's thread is asked for a sign at least this often while jobs run.
const SIGN_EVERY: Duration = Duration::from_secs(1);
/// The last turn of a worker that closes has this time.
const LAST_TURN: Duration = Duration::from_millis(250);
/// A worker tells that it is there at least this often; one without a sign for a minute is gone.
const HELLO_EVERY: Duration = Duration::from_secs(15);
/// Redis hears of the times of jobs at most this often.
const TELL_TIMES_EVERY: Duration = Duration::from_secs(1);
/// Results that wait for Redis.
const ERROR_EVERY: Duration = Duration::from_secs(5);

struct Closing {
    call: u32,
    /// When handlers are told to stop, when their jobs go back, and when nothing is waited for any more.
    stops: Instant,
    until: Instant,
    gives_up: Instant,
    is_stopped: bool,
    before: HandCounts,
}

pub struct Worker {
    pub room: usize,
    pub desk: Arc<Desk>,
    number: u64,
    under_way: Option<(Vec<Ending>, usize, Instant)>,
    is_renewing: bool,
    next_sign: Option<Instant>,
    closing: Option<Closing>,
    last_error: Option<Instant>,
    last_hello: Option<Instant>,
    was_connected: Option<bool>,
    /// When Redis was told of times last.
    told_times: Option<Instant>,
}

impl Worker {
    /// `is_ready`: its queue takes turns.
    pub fn due(&self, is_ready: bool) -> Option<Instant> {
        let hand = self.desk.hand();
        let asks = hand.next_ask().filter(|_| is_ready && self.under_way.is_none());
        let closing = self
            .closing
            .as_ref()
            .map(|closing| if closing.is_stopped { closing.gives_up } else { closing.stops });
        [asks, hand.due(), closing, self.next_sign].into_iter().flatten().min()
    }
}

impl Machine {
    pub(super) fn open_worker(&mut self, worker: u32, name: &str, desk: Arc<Desk>, now: Instant) {
        let Some(room) = self.room(name, now) else { return };
        self.rooms[room].workers += 1;
        self.rooms[room].slots.look_at(now);
        // The line listens to the room's news from now on, and to the worker's own.
        self.listen_to_news(room);
        self.workers.insert(
            worker,
            Worker {
                room,
                desk,
                number: 0,
                under_way: None,
                is_renewing: false,
                next_sign: None,
                closing: None,
                last_error: None,
                last_hello: None,
                was_connected: None,
                told_times: None,
            },
        );
    }

    pub(super) fn worker_on_time(&mut self, number: u32, now: Instant) {
        let chance = self.chance.draw();
        let seen = self.shared.seen();
        let Some(worker) = self.workers.get_mut(&number) else { return };
        let mut hand = worker.desk.hand();
        hand.on_time(chance, now);
        // While one is under way the next one's turn passes.
        let mut members = hand.renewals(seen, now);
        if worker.is_renewing {
            members.clear();
        }
        let lease_ms = hand.lease().as_millis() as u64;
        let is_running = hand.running() > 0;
        drop(hand);
        if !is_running {
            worker.next_sign = None;
        } else if worker.next_sign.is_none_or(|at| at <= now) {
            worker.next_sign = Some(now + SIGN_EVERY);
            self.shared.tell();
        }
        if let Some(closing) =
            worker.closing.as_mut().filter(|closing| !closing.is_stopped && closing.stops <= now)
        {
            closing.is_stopped = true;
            worker.desk.hand().stop_all(closing.until, now);
        }
        if members.is_empty() {
            // A worker whose thread stands still gives no sign of life.
            if is_running && now.saturating_duration_since(seen) < HELLO_EVERY {
                self.say_hello(number, now);
            }
        } else {
            worker.is_renewing = true;
            worker.last_hello = Some(now);
            let room = worker.room;
            let renew = Renew { worker: worker.desk.sender.clone(), lease_ms, members: members.clone() };
            self.send(
                Purpose::Renew { worker: number, members },
                room,
                LineKind::Lease,
                &Step::Renew(renew),
                now,
            );
        }
    }

    pub(super) fn take_turn(&mut self, number: u32, now: Instant) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        let room = worker.room;
        if worker.under_way.is_some() || self.rooms[room].layout != super::rooms::Layout::Known {
            return;
        }
        let mut hand = worker.desk.hand();
        let Some((endings, wants)) = hand.turn(now) else { return };
        let lease_ms = hand.lease().as_millis() as u64;
        let is_told =
            worker.told_times.is_some_and(|at| now.saturating_duration_since(at) < TELL_TIMES_EVERY);
        let times = if is_told && worker.closing.is_none() { Vec::new() } else { hand.take_times() };
        drop(hand);
        if !times.is_empty() {
            worker.told_times = Some(now);
        }
        worker.number += 1;
        let step = Step::Turn(Turn {
            worker: worker.desk.sender.clone(),
            number: worker.number,
            lease_ms,
            wants,
            finished: endings.iter().map(|ending| ending.finished.clone()).collect(),
            times,
        });
        worker.under_way = Some((endings, wants, now));
        self.send(Purpose::Turn { worker: number }, room, LineKind::Queue, &step, now);
    }

    pub(super) fn turned(&mut self, number: u32, reply: Result<Reply>, now: Instant) {
        let jitter = self.jitter(u32::MAX / 1_000_000);
        let Some(worker) = self.workers.get_mut(&number) else { return };
        let Some((endings, wants, began)) = worker.under_way.take() else { return };
        let mut hand = worker.desk.hand();
        let turned = match reply {
            Ok(Reply::Turned(turned)) => turned,
            // Another run of this worker's name cannot be: its sender is drawn by chance.
            Ok(_) => Turned::default(),
            Err(_) => {
                hand.turn_failed(now);
                return;
            }
        };
        // A job may begin again as soon as the hand has it, and its end is told before.
        let mut ended = Events::default();
        let listens = worker.desk.listens.load(Ordering::Relaxed);
        for (at, ending) in (1..).zip(&endings) {
            let end =
                if turned.lost.contains(&at) { LOST } else { end_of(ending, turned.died.contains(&at)) };
            worker.desk.tally.ended(end);
            if listens & (1 << end) != 0 {
                ended.ended(number, JOB_EVENTS[end], &detail(ending, end));
            }
        }
        self.shared.put_events(&mut ended);
        hand.turned(wants, &turned, now.saturating_duration_since(began), jitter, now);
        hand.counts.lost += turned.lost.len() as u64;
        if hand.has_work() {
            self.shared.tell();
        }
        drop(hand);
        self.tell_missing(number, turned.missing);
        self.say_hello(number, now);
    }

    /// Enters a worker among those of its queue where no renewal does so soon enough.
    fn say_hello(&mut self, number: u32, now: Instant) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        let is_due = worker.last_hello.is_none_or(|at| now.saturating_duration_since(at) >= HELLO_EVERY);
        if worker.is_renewing || worker.closing.is_some() || !is_due {
            return;
        }
        worker.last_hello = Some(now);
        worker.is_renewing = true;
        let (room, sender) = (worker.room, worker.desk.sender.clone());
        let lease_ms = worker.desk.hand().lease().as_millis() as u64;
        let renew = Renew { worker: sender, lease_ms, members: Vec::new() };
        let purpose = Purpose::Renew { worker: number, members: Vec::new() };
        self.send(purpose, room, LineKind::Lease, &Step::Renew(renew), now);
    }

    pub(super) fn renewed(&mut self, number: u32, members: &[String], reply: Result<Reply>, now: Instant) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        worker.is_renewing = false;
        let Ok(Reply::Renewed { lost, stopped, .. }) = reply else { return };
        let named = |positions: &[usize]| -> Vec<String> {
            positions.iter().filter_map(|at| members.get(at - 1).cloned()).collect()
        };
        let mut hand = worker.desk.hand();
        hand.renewed(&named(&lost), &named(&stopped), now);
        drop(hand);
        if lost.is_empty() || worker.desk.listens.load(Ordering::Relaxed) & (1 << LOST) == 0 {
            return;
        }
        for member in named(&lost) {
            let mut parts = member.split(':');
            let id = parts.next().unwrap_or_default();
            let fence = parts.next().and_then(|fence| fence.parse::<u64>().ok());
            self.events.ended(number, JOB_EVENTS[LOST], &json!({ "id": id, "fence": fence }).to_string());
        }
    }

    pub(super) fn close_worker(
        &mut self,
        call: u32,
        number: u32,
        Closes { timeout, within, before }: Closes,
        now: Instant,
    ) {
        let Some(worker) = self.workers.get_mut(&number) else {
            return self.resolve(call, r#"{"finished":0,"handedBack":0,"abandoned":0}"#);
        };
        let mut hand = worker.desk.hand();
        hand.close();
        // A close within a given time takes its grace out of that.
        let grace = hand.grace();
        let grace = within.map_or(grace, |within| grace.min(within / 2));
        let stops = now + within.map_or(timeout, |within| within.saturating_sub(grace));
        let last = if grace.is_zero() { LAST_TURN } else { LAST_TURN.min(grace / 2) };
        let until = stops + grace.saturating_sub(last);
        let gives_up = until + last;
        drop(hand);
        worker.closing = Some(Closing { call, stops, until, gives_up, is_stopped: false, before });
    }

    pub(super) fn close_what_is_over(&mut self, now: Instant) {
        self.close_queues(now);
        let over: Vec<u32> = self
            .workers
            .iter()
            .filter(|(_, worker)| {
                let is_empty = worker.under_way.is_none() && worker.desk.hand().is_empty();
                worker.closing.as_ref().is_some_and(|closing| is_empty || closing.gives_up <= now)
            })
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            let Some(Worker { room, desk, closing: Some(closing), .. }) = self.workers.remove(&number) else {
                continue;
            };
            self.rooms[room].workers -= 1;
            self.shared.close_worker(number);
            let hand = desk.hand();
            let (before, after) = (closing.before, hand.counts);
            let ended = |counts: HandCounts| counts.completed + counts.failed;
            let abandoned = after.abandoned - before.abandoned + hand.running() as u64;
            drop(hand);
            let answer = json!({
                "finished": ended(after) - ended(before),
                "handedBack": after.handed_back - before.handed_back,
                "abandoned": abandoned,
                "stats": desk.describe(),
            });
            self.resolve(closing.call, &answer.to_string());
        }
    }

    pub(super) fn tell_workers(&mut self) {
        for (number, worker) in &self.workers {
            let told = worker.desk.hand().take_told();
            tell_of(*number, told, &mut self.events);
        }
    }

    /// Workers of a way hear whether it is connected.
    pub(super) fn tell_state(&mut self, way: usize, is_connected: bool) {
        for (number, worker) in &mut self.workers {
            if self.rooms[worker.room].way == Some(way) && worker.was_connected != Some(is_connected) {
                worker.was_connected = Some(is_connected);
                self.events.worker(*number, "state", &json!({ "connected": is_connected }));
            }
        }
    }

    /// A way's queue line is connected: workers ask at once.
    pub(super) fn came_back(&mut self, way: usize, now: Instant) {
        for worker in self.workers.values().filter(|worker| self.rooms[worker.room].way == Some(way)) {
            worker.desk.hand().wake(now);
        }
        let rooms: Vec<Option<usize>> = self.rooms.iter().map(|room| room.way).collect();
        self.wake_readers(|room| rooms[room] == Some(way), now);
        self.tell_state(way, true);
    }

    /// A worker's step was refused for now.
    pub(super) fn tell_refusal(&mut self, number: u32, error: &Error, now: Instant) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        if worker.last_error.is_some_and(|at| now.saturating_duration_since(at) < ERROR_EVERY) {
            return;
        }
        worker.last_error = Some(now);
        self.events.worker(number, "error", &crate::queue::events::shown(error));
    }

    pub(super) fn refuse_room(&mut self, room: usize, error: &Error, now: Instant) {
        self.refuse_adds(room, error);
        self.refuse_asks(room, error);
        self.refuse_readers(room, error);
        let numbers: Vec<u32> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.room == room)
            .map(|(number, _)| *number)
            .collect();
        numbers.into_iter().for_each(|number| self.tell_refusal(number, error, now));
    }
}

fn end_of(ending: &Ending, died: bool) -> usize {
    match ending.finished.fate {
        Fate::Completed => COMPLETED,
        Fate::Dead => DEAD,
        Fate::Retry if died => DEAD,
        Fate::Retry => RETRYING,
        Fate::Released | Fate::Delayed | Fate::HoldsOrganization | Fate::HoldsQueue => RELEASED,
    }
}

fn detail(ending: &Ending, end: usize) -> String {
    let Note { fence, id, kind, organization, attempt } = &ending.note;
    let mut detail =
        json!({ "id": id, "type": kind, "orgId": organization, "attempt": attempt, "fence": fence });
    let payload: Option<Value> = serde_json::from_slice(&ending.finished.payload).ok();
    match end {
        COMPLETED => detail["result"] = payload.unwrap_or(Value::Null),
        RETRYING | DEAD => detail["error"] = payload.unwrap_or_else(no_error),
        _ => {}
    }
    if end == RETRYING || end == RELEASED {
        detail["delayMs"] = ending.finished.delay_ms.into();
    }
    detail.to_string()
}

fn no_error() -> Value {
    serde_json::from_slice(&error_json("Error", "the error could not be read")).unwrap_or_default()
}
