//! Queues that somebody watches: a look every few seconds while there is one.

use std::time::{Duration, Instant};

use super::Machine;
use super::lines::LineKind;
use super::requests::Purpose;
use crate::error::Result;
use crate::queue::contract::{Look, Reply, Step};
use crate::queue::statistics::Statistics;
use crate::queue::watching::Watching;

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Rates are of so many minutes.
const MINUTES: u64 = 5;

pub struct Watcher {
    pub room: usize,
    watching: Watching,
    next_look: Instant,
    is_under_way: bool,
}

impl Machine {
    pub(super) fn open_watch(&mut self, watch: u32, name: &str, watching: Watching, now: Instant) {
        if let Some(room) = self.room(name, now) {
            self.watchers.insert(watch, Watcher { room, watching, next_look: now, is_under_way: false });
        }
    }

    pub(super) fn close_watch(&mut self, watch: u32) {
        self.watchers.remove(&watch);
    }

    pub(super) fn watchers_due(&self) -> impl Iterator<Item = Instant> {
        let ready = self.watchers.values().filter(|watcher| self.may_look(watcher.room));
        ready.filter(|watcher| !watcher.is_under_way).map(|watcher| watcher.next_look)
    }

    pub(super) fn look_at_watched(&mut self, now: Instant) {
        let due: Vec<(u32, usize)> = self
            .watchers
            .iter()
            .filter(|(_, watcher)| {
                !watcher.is_under_way && watcher.next_look <= now && self.may_look(watcher.room)
            })
            .map(|(number, watcher)| (*number, watcher.room))
            .collect();
        for (number, room) in due {
            if let Some(watcher) = self.watchers.get_mut(&number) {
                watcher.is_under_way = true;
            }
            let step = Step::Look(Look::Stats { minutes: MINUTES, only: None });
            self.send(Purpose::Watch { watch: number }, room, LineKind::Lease, &step, now);
        }
    }

    pub(super) fn watched(&mut self, number: u32, reply: Result<Reply>, now: Instant) {
        let Some(watcher) = self.watchers.get_mut(&number) else { return };
        (watcher.is_under_way, watcher.next_look) = (false, now + LOOK_EVERY);
        let Ok(Reply::Words(words)) = reply else { return };
        let Some(seen) = Statistics::read(&words, false) else { return };
        for alert in watcher.watching.look(&self.rooms[watcher.room].name, &seen) {
            self.events.alert(number, &alert);
        }
    }
}
