//! Which connections there are, what they are to send, and which one leads to a queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::Notify;

use super::Machine;
use crate::command::slot_of;
use crate::config::Endpoint;
use crate::connection::{ClusterView, Mailbox};
use crate::error::Error;
use crate::queue::encode::Publish;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Adds, turns and news.
    Queue,
    /// Renewals and everything else, which large replies must not hold up.
    Lease,
}

pub type LineId = (usize, LineKind);

/// What a line's own task and the machine share.
#[derive(Debug, Default)]
pub struct LineBox {
    notify: Notify,
    is_stopped: AtomicBool,
}

impl LineBox {
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

impl Mailbox for LineBox {
    fn notify(&self) -> &Notify {
        &self.notify
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }
}

#[derive(Debug, Default)]
pub struct Line {
    pub mail: Arc<LineBox>,
    queued: Vec<u64>,
    is_connected: bool,
}

/// The two connections to one server.
#[derive(Debug)]
pub struct Way {
    /// `None`: the one server that is configured, or that sentinels name.
    pub endpoint: Option<Endpoint>,
    lines: HashMap<LineKind, Line>,
    /// No queue is there any more.
    is_closed: bool,
    /// The run of the server that the queue line met last.
    run_id: Option<String>,
}

#[derive(Debug, Default)]
pub struct Lines {
    ways: Vec<Way>,
    view: Option<ClusterView>,
    /// Lines that are to be opened.
    opens: Vec<LineId>,
    /// Whether a node was not where it was expected.
    pub looks_again: bool,
}

impl Lines {
    pub(super) fn way(&mut self, endpoint: Option<Endpoint>) -> usize {
        if let Some(at) = self.ways.iter().position(|way| way.endpoint == endpoint && !way.is_closed) {
            return at;
        }
        let lines = [LineKind::Queue, LineKind::Lease].map(|kind| (kind, Line::default()));
        self.ways.push(Way { endpoint, lines: lines.into(), is_closed: false, run_id: None });
        let at = self.ways.len() - 1;
        self.opens.extend([(at, LineKind::Queue), (at, LineKind::Lease)]);
        at
    }

    pub fn queue(&mut self, way: Option<usize>, kind: LineKind, id: u64) {
        if let Some(line) = way.and_then(|way| self.ways.get_mut(way)?.lines.get_mut(&kind)) {
            line.queued.push(id);
            line.mail.notify.notify_one();
        }
    }

    /// What a line is to send, while it is connected.
    pub fn take_queued(&mut self, (way, kind): LineId) -> Vec<u64> {
        match self.line_mut(way, kind) {
            Some(line) if line.is_connected => std::mem::take(&mut line.queued),
            _ => Vec::new(),
        }
    }

    fn line_mut(&mut self, way: usize, kind: LineKind) -> Option<&mut Line> {
        self.ways.get_mut(way)?.lines.get_mut(&kind)
    }

    pub fn mail(&self, (way, kind): LineId) -> Option<Arc<LineBox>> {
        Some(self.ways.get(way)?.lines.get(&kind)?.mail.clone())
    }

    pub fn endpoint(&self, way: usize) -> Option<Endpoint> {
        self.ways.get(way)?.endpoint.clone()
    }

    pub fn take_opens(&mut self) -> Vec<LineId> {
        std::mem::take(&mut self.opens)
    }

    pub fn is_connected(&self, way: Option<usize>, kind: LineKind) -> bool {
        way.and_then(|way| self.ways.get(way)?.lines.get(&kind)).is_some_and(|line| line.is_connected)
    }

    /// Ways whose queue line is away.
    pub fn unconnected(&self) -> Vec<usize> {
        (0..self.ways.len()).filter(|way| !self.is_connected(Some(*way), LineKind::Queue)).collect()
    }

    fn close_unused(&mut self, used: &[usize]) {
        for (at, way) in self.ways.iter_mut().enumerate() {
            if !used.contains(&at) && !way.is_closed {
                way.is_closed = true;
                way.lines.values().for_each(|line| line.mail.stop());
            }
        }
    }

    pub fn stop_all(&self) {
        self.ways.iter().flat_map(|way| way.lines.values()).for_each(|line| line.mail.stop());
    }
}

impl Machine {
    /// The way to a room's server, where it is known.
    pub(super) fn way_of(&mut self, meta: &[u8]) -> Option<usize> {
        if self.is_embedded() {
            return None;
        }
        if !self.settings.is_clustered {
            return Some(self.lines.way(None));
        }
        let slot = slot_of(meta);
        let view = self.lines.view.as_ref()?;
        let shard = view
            .shards
            .iter()
            .find(|shard| shard.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot)))?;
        let endpoint = shard.primary.clone();
        Some(self.lines.way(Some(endpoint)))
    }

    /// The cluster's slots are known, or have changed.
    pub fn view_changed(&mut self, view: ClusterView) {
        self.lines.view = Some(view);
        for at in 0..self.rooms.len() {
            let meta = self.rooms[at].keys.meta();
            let way = self.way_of(&meta);
            self.lead(at, way);
        }
        let used: Vec<usize> = self.rooms.iter().filter_map(|room| room.way).collect();
        self.lines.close_unused(&used);
    }

    /// A room's requests go another way from now on.
    pub(super) fn lead(&mut self, room: usize, way: Option<usize>) {
        if way.is_none() || self.rooms[room].way == way {
            return;
        }
        let was_elsewhere = self.rooms[room].way.is_some();
        self.rooms[room].way = way;
        if was_elsewhere {
            // The slot has moved, or a replica has taken its primary's place.
            self.recover_room(room, true);
        }
        let moved: Vec<(u64, LineKind)> = self
            .requests
            .iter()
            .filter(|(_, request)| request.room == room && request.again_at.is_none())
            .map(|(id, request)| (*id, request.kind))
            .collect();
        for (id, kind) in moved {
            self.lines.queue(way, kind, id);
        }
        if let Some(mail) = way.and_then(|way| self.lines.mail((way, LineKind::Queue))) {
            mail.notify.notify_one();
        }
    }

    /// A line is connected: what it is to send, in order, and what it is to hear.
    pub fn line_connected(&mut self, id: LineId, run_id: Option<&str>, now: Instant) -> Vec<u64> {
        let (way, kind) = id;
        let Some(known) = self.lines.ways.get_mut(way) else { return Vec::new() };
        if let Some(line) = known.lines.get_mut(&kind) {
            line.is_connected = true;
            line.queued.clear();
        }
        if kind == LineKind::Queue {
            let is_other = known.run_id.is_some() && known.run_id.as_deref() != run_id;
            known.run_id = run_id.map(str::to_owned);
            self.producers_came_back(way, is_other);
            self.came_back(way, now);
        }
        self.unanswered(way, kind)
    }

    pub fn line_disconnected(&mut self, (way, kind): LineId, now: Instant) {
        if let Some(line) = self.lines.line_mut(way, kind) {
            line.is_connected = false;
        }
        if kind == LineKind::Queue {
            self.producers_lost(way, now);
            self.drop_told_adds(way);
            self.tell_state(way, false);
        }
    }

    /// A server is there and lets nobody in: its workers tell why.
    pub fn attempt_failed(&mut self, (way, kind): LineId, error: &Error, now: Instant) {
        if kind != LineKind::Queue || error.redis_code().is_none() {
            return;
        }
        let rooms = &self.rooms;
        let of_way = self.workers.iter().filter(|(_, worker)| rooms[worker.room].way == Some(way));
        let numbers: Vec<u32> = of_way.map(|(number, _)| *number).collect();
        numbers.into_iter().for_each(|number| self.tell_refusal(number, error, now));
    }

    /// The channels that a way's queue line listens to.
    pub fn channels(&self, way: usize) -> Vec<Vec<u8>> {
        let listening = self.rooms.iter().filter(|room| room.way == Some(way) && room.is_heard());
        let workers = self.workers.values().map(|worker| (&self.rooms[worker.room], &worker.desk.sender));
        let of_workers = workers.filter(|(room, _)| room.way == Some(way));
        let own = of_workers.map(|(room, sender)| room.keys.news_of(sender));
        listening.map(|room| room.keys.news()).chain(own).collect()
    }

    /// The commands that begin and end a subscription.
    pub fn subscribe_words(&self) -> [&'static [u8]; 2] {
        Publish::subscribe(self.publish())
    }
}
