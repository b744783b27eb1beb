//! One queue by its name: its keys, its sweeps, and what it tells.

use std::time::{Duration, Instant};

use super::clock::{ServerClock, sentence};
use super::lines::LineKind;
use super::requests::Purpose;
use super::schedules::Slots;
use super::{Machine, Worker};
use crate::error::{Error, ErrorCode, Result};
use crate::queue::LAYOUT;
use crate::queue::contract::{Admin, Look, Reply, Step, Sweep, Word};
use crate::queue::ending::error_json;
use crate::queue::keys::QueueKeys;
use crate::queue::memory::Memory;

const SWEEP_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Unknown,
    Asked,
    /// Whoever only looks changes nothing.
    LookAsked,
    Seen,
    Known,
    /// Another server has come, which may have lost the settings: it is to be asked, and has been.
    Doubted,
    DoubtAsked,
    /// Another version is stored, or the server drops jobs: nothing is written.
    Other,
}

impl Layout {
    pub fn is_known(self) -> bool {
        self == Layout::Known
    }
}

pub struct Room {
    pub name: String,
    pub keys: QueueKeys,
    pub way: Option<usize>,
    /// The queue itself, where there is no Redis.
    pub memory: Option<Memory>,
    /// What `meta` is to have.
    pub settings: Vec<(&'static str, Option<u64>)>,
    pub layout: Layout,
    /// Settings that came while others were being told.
    pub has_more_settings: bool,
    /// Workers that take jobs of it.
    pub workers: usize,
    /// Callers that wait for the end of a job.
    pub waits: usize,
    /// Readers of its events.
    pub readers: usize,
    pub next_sweep: Instant,
    pub(super) slots: Slots,
    /// When the sweep under way was asked for.
    sweeps_since: Option<Instant>,
    clock: ServerClock,
    /// Whether the log has a line on eviction.
    is_warned: bool,
}

impl Room {
    /// What `meta` is to have besides. Nothing is added or taken until it is there.
    pub fn set(&mut self, settings: &[(&'static str, Option<u64>)]) {
        if settings.is_empty() {
            return;
        }
        self.settings.extend(settings.iter().copied());
        match self.layout {
            Layout::Known | Layout::Doubted | Layout::DoubtAsked => self.layout = Layout::Unknown,
            Layout::Asked => self.has_more_settings = true,
            Layout::Unknown | Layout::LookAsked | Layout::Seen | Layout::Other => {}
        }
    }

    /// Another server has come in the place of the last one.
    pub fn doubt(&mut self) {
        if self.layout == Layout::Known && !self.settings.is_empty() {
            self.layout = Layout::Doubted;
        }
    }

    /// Whether its news matter here.
    pub fn is_heard(&self) -> bool {
        self.workers > 0 || self.waits > 0 || self.readers > 0
    }
}

impl Machine {
    /// The room of this name, made where it is not there. Its keys were checked when it was opened.
    pub(super) fn room(&mut self, name: &str, now: Instant) -> Option<usize> {
        if let Some(at) = self.rooms.iter().position(|room| room.name == name) {
            return Some(at);
        }
        let keys = QueueKeys::new(&self.settings.prefix, name, self.settings.is_clustered).ok()?;
        let way = self.way_of(&keys.meta());
        self.rooms.push(Room {
            name: name.to_owned(),
            keys,
            way,
            memory: self.settings.embedded_bytes.map(Memory::new),
            settings: Vec::new(),
            layout: Layout::Unknown,
            has_more_settings: false,
            workers: 0,
            waits: 0,
            readers: 0,
            next_sweep: now + SWEEP_EVERY,
            slots: Slots::default(),
            sweeps_since: None,
            clock: ServerClock::default(),
            is_warned: false,
        });
        Some(self.rooms.len() - 1)
    }

    /// Before anything else a room is told its settings, and says which layout it has.
    pub(super) fn configure_rooms(&mut self, now: Instant) {
        for at in 0..self.rooms.len() {
            if self.rooms[at].layout == Layout::Doubted {
                self.rooms[at].layout = Layout::DoubtAsked;
                self.ask_layout(at, now);
            }
            if !matches!(self.rooms[at].layout, Layout::Unknown | Layout::Seen) {
                continue;
            }
            if self.is_changed(at) {
                self.rooms[at].layout = Layout::Asked;
                let step = Step::Admin(Admin::Configure(LAYOUT, self.rooms[at].settings.clone()));
                self.send(Purpose::Configure { room: at }, at, LineKind::Queue, &step, now);
            } else if self.rooms[at].layout == Layout::Unknown && self.is_used(at) {
                self.rooms[at].layout = Layout::LookAsked;
                self.ask_layout(at, now);
            }
        }
    }

    fn ask_layout(&mut self, at: usize, now: Instant) {
        self.send(Purpose::Layout { room: at }, at, LineKind::Lease, &Step::Look(Look::Layout), now);
    }

    /// Whether somebody changes it, and does not only look.
    fn is_changed(&self, at: usize) -> bool {
        self.is_used(at)
            && (self.rooms[at].workers > 0
                || !self.rooms[at].settings.is_empty()
                || self.queues.values().any(|queue| queue.room == at && queue.is_used())
                || self.asks.values().any(|ask| ask.room == at && ask.changes()))
    }

    fn is_used(&self, at: usize) -> bool {
        self.rooms[at].workers > 0
            || self.rooms[at].readers > 0
            || self.watchers.values().any(|watcher| watcher.room == at)
            || self.queues.values().any(|queue| queue.room == at && queue.is_used())
            || self.asks.values().any(|ask| ask.room == at)
    }

    pub(super) fn configured(&mut self, room: usize, reply: Result<Reply>, now: Instant) {
        let Ok(Reply::Words(words)) = reply else { return };
        if words.first().map(Word::number) == Some(1) {
            let step = Step::Look(Look::Eviction);
            return self.send(Purpose::Eviction { room }, room, LineKind::Queue, &step, now);
        }
        let stored = words.get(1).map(Word::text).unwrap_or_default();
        self.other_layout(room, &stored, now);
    }

    /// The server has said which layout a queue has: somebody only looks at it, or its server is another one.
    pub(super) fn layout_known(&mut self, room: usize, reply: Result<Reply>, now: Instant) {
        let Ok(Reply::Words(words)) = reply else { return };
        let stored = words.first().map(Word::text).unwrap_or_default();
        let seen = match self.rooms[room].layout {
            Layout::LookAsked => Layout::Seen,
            // A server without the layout has lost the settings, too.
            Layout::DoubtAsked if stored.is_empty() => Layout::Unknown,
            Layout::DoubtAsked => Layout::Known,
            _ => return,
        };
        if stored.is_empty() || stored == LAYOUT {
            self.rooms[room].layout = seen;
        } else {
            self.other_layout(room, &stored, now);
        }
    }

    fn other_layout(&mut self, room: usize, stored: &str, now: Instant) {
        self.rooms[room].layout = Layout::Other;
        let sentence = format!("the queue has version {stored} of its layout, and this is version {LAYOUT}");
        self.refuse_room(room, &Error::new(ErrorCode::Config, sentence), now);
    }

    /// A server that evicts any key loses jobs.
    pub(super) fn eviction_known(&mut self, room: usize, reply: Result<Reply>, now: Instant) {
        let has_more = std::mem::take(&mut self.rooms[room].has_more_settings);
        self.rooms[room].layout = if has_more { Layout::Unknown } else { Layout::Known };
        let Ok(Reply::Words(words)) = reply else { return };
        let policy = words.first().map(Word::text).unwrap_or_default();
        let is_bounded = words.get(1).is_some_and(|bytes| bytes.number() > 0);
        if !policy.starts_with("allkeys") || !is_bounded {
            return;
        }
        let sentence =
            format!("Redis drops jobs when its memory is full ({policy}); set maxmemory-policy noeviction");
        if self.queues.values().any(|queue| queue.room == room && queue.needs_no_eviction()) {
            self.rooms[room].layout = Layout::Other;
            return self.refuse_room(room, &Error::new(ErrorCode::Config, sentence), now);
        }
        if !self.rooms[room].is_warned {
            self.rooms[room].is_warned = true;
            tracing::warn!("{sentence}");
        }
    }

    /// Whether no server is connected that a room's steps would go to.
    pub(super) fn is_away(&self, room: usize) -> bool {
        !self.is_embedded() && !self.lines.is_connected(self.rooms[room].way, LineKind::Queue)
    }

    /// Whether steps of a room may go out.
    pub(super) fn is_ready(&self, room: usize) -> bool {
        self.rooms[room].layout.is_known()
    }

    /// Whether it may be looked at.
    pub(super) fn may_look(&self, room: usize) -> bool {
        matches!(self.rooms[room].layout, Layout::Known | Layout::Seen)
    }

    /// Why nothing may be asked of a room.
    pub(super) fn refusal_of(&self, room: usize) -> Option<Error> {
        (self.rooms[room].layout == Layout::Other).then(|| {
            Error::new(
                ErrorCode::Config,
                "the queue has another version of its layout, or Redis drops its jobs",
            )
        })
    }

    pub(super) fn sweep_rooms(&mut self, now: Instant) {
        for at in 0..self.rooms.len() {
            let room = &mut self.rooms[at];
            if room.workers == 0 || room.next_sweep > now {
                continue;
            }
            room.next_sweep = now + SWEEP_EVERY;
            if room.sweeps_since.is_some() || room.layout != Layout::Known {
                continue;
            }
            room.sweeps_since = Some(now);
            let workers = self.workers.values().filter(|worker| worker.room == at);
            let max_stalls = workers.map(|worker| worker.desk.max_stalls).max().unwrap_or(3);
            let message = "the lease of the job ended too often: workers crashed, or were blocked";
            let payload = error_json("StalledError", message);
            let step = Step::Sweep(Sweep { max_stalls, payload });
            self.send(Purpose::Sweep { room: at }, at, LineKind::Lease, &step, now);
        }
    }

    pub(super) fn swept(&mut self, room: usize, reply: Result<Reply>, now: Instant) {
        let since = self.rooms[room].sweeps_since.take();
        let Ok(Reply::Swept { hints, stalled, missing, slot_ms, server_ms, .. }) = reply else { return };
        let moved = since.and_then(|since| self.rooms[room].clock.see(server_ms, since, now));
        if let Some(moved_ms) = moved {
            tracing::warn!("{}", sentence(&self.rooms[room].name, moved_ms));
        }
        self.rooms[room].slots.expect(slot_ms, now);
        let numbers: Vec<u32> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.room == room)
            .map(|(number, _)| *number)
            .collect();
        if let Some(first) = numbers.first() {
            if let Some(worker) = self.workers.get(first) {
                worker.desk.tally.stalled(stalled.len());
            }
            for (id, is_over) in &stalled {
                let detail = serde_json::json!({ "id": id, "isDead": is_over });
                self.events.worker(*first, "stalled", &detail);
            }
            self.tell_missing(*first, missing);
        }
        if hints.ready > 0 && !hints.is_paused && !stalled.is_empty() {
            self.wake_room(room, 1, now);
        }
    }

    pub(super) fn tell_missing(&mut self, worker: u32, missing: u64) {
        if missing > 0 {
            let message = format!(
                "{missing} jobs are gone that nobody removed: Redis evicts keys; set maxmemory-policy noeviction"
            );
            self.events.worker(worker, "error", &serde_json::json!({ "code": "E_LOST", "message": message }));
        }
    }

    /// All workers of a room ask, spread over a few ms.
    pub(super) fn wake_room(&mut self, room: usize, hearers: u32, now: Instant) {
        let jitter = self.jitter(hearers);
        for worker in self.workers.values().filter(|worker| worker.room == room) {
            worker.desk.hand().wake(now + jitter);
        }
    }

    /// A message of a channel.
    pub fn heard(&mut self, channel: &[u8], message: &[u8], now: Instant) {
        let room = self.rooms.iter().position(|room| room.keys.news() == channel);
        if let Some(room) = room {
            return self.hear(room, message, now);
        }
        // It is for one worker, which asks at once.
        let told = |worker: &&Worker| self.rooms[worker.room].keys.news_of(&worker.desk.sender) == channel;
        if let Some(worker) = self.workers.values().find(told) {
            worker.desk.hand().wake(now);
        }
    }

    fn hear(&mut self, room: usize, message: &[u8], now: Instant) {
        let Some((kind, rest)) = message.split_first() else { return };
        match kind {
            b'w' => {
                let hearers =
                    std::str::from_utf8(rest).ok().and_then(|count| count.parse().ok()).unwrap_or(1);
                self.wake_room(room, hearers, now);
            }
            b'c' => {
                let id = String::from_utf8_lossy(rest);
                let of_room = self.workers.values().filter(|worker| worker.room == room);
                of_room.for_each(|worker: &Worker| worker.desk.hand().stop_job(&id, now));
            }
            b's' => self.rooms[room].slots.look_at(now),
            b'e' => {
                let mut parts = rest.splitn(2, |byte| *byte == b' ');
                let id = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
                self.job_ended(room, &id, parts.next());
            }
            b'v' => self.wake_readers(|of| of == room, now),
            _ => {}
        }
    }

    pub(super) fn hear_embedded(&mut self, now: Instant) {
        for at in 0..self.rooms.len() {
            let news = self.rooms[at].memory.as_mut().map(Memory::take_news).unwrap_or_default();
            for message in news {
                self.hear(at, &message, now);
            }
        }
    }
}
