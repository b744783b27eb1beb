//! Slots of schedules: a process that has a worker of a queue knows when the next one comes, asks which are due, and fires them.
//!
//! Any number of processes may do so at once. The store fires a slot for the first of them alone.

use std::time::{Duration, Instant};

use super::Machine;
use super::lines::LineKind;
use super::requests::Purpose;
use super::rooms::{Layout, Room};
use crate::error::{Error, Result};
use crate::queue::contract::{Reply, Step, Word};
use crate::queue::keys::digest;
use crate::queue::schedule::steps::{BUDGET, Fire, PAGE, Scheduling};
use crate::queue::schedule::times::{Missed, Times};

/// What could not be fired is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A schedule that cannot be read stands still for so long.
const UNREADABLE_MS: i64 = 3_600_000;
const WORDS_A_SCHEDULE: usize = 6;
/// Letters of the digest that is a job's id.
const ID_LETTERS: usize = 20;

/// When a room looks after its schedules.
#[derive(Debug, Default)]
pub struct Slots {
    /// `None`: no slot is known to come.
    next: Option<Instant>,
    is_under_way: bool,
    /// Something has changed since the look that is under way.
    looks_again: bool,
    /// How many processes hear of new work.
    hearers: u32,
}

impl Slots {
    /// Something has changed.
    pub fn look_at(&mut self, now: Instant) {
        self.next = Some(now);
        self.looks_again = self.is_under_way;
    }

    /// The next slot of any schedule comes after so many ms.
    pub fn expect(&mut self, slot_ms: Option<u64>, now: Instant) {
        if !self.is_under_way {
            self.next = slot_ms.map(|ms| now + Duration::from_millis(ms));
        }
    }

    fn end(&mut self, next: Option<Instant>, now: Instant) {
        self.is_under_way = false;
        self.next = if std::mem::take(&mut self.looks_again) { Some(now) } else { next };
    }
}

impl Room {
    pub fn next_slot(&self) -> Option<Instant> {
        let is_awake = self.workers > 0 && self.layout == Layout::Known && !self.slots.is_under_way;
        self.slots.next.filter(|_| is_awake)
    }
}

/// A schedule that is due, as the store tells it.
struct DueOne {
    name: String,
    slot: i64,
    revision: u64,
    times: Result<Times>,
    missed: Missed,
    bytes: usize,
}

impl DueOne {
    fn read(words: &[Word]) -> Option<DueOne> {
        Some(DueOne {
            name: words[0].text(),
            slot: words[1].text().parse().ok()?,
            revision: words[2].text().parse().ok()?,
            times: Times::from_json(&words[3].text()),
            missed: Missed::named(&words[4].text()).unwrap_or_default(),
            bytes: words[5].number().max(0) as usize,
        })
    }

    fn fires(&self, now: i64) -> Vec<Fire> {
        let fire = |slot, next, at: Option<i64>, skipped| Fire {
            name: self.name.clone(),
            revision: self.revision,
            slot,
            next,
            job: at.map(|at| (id_of(&self.name, at), at)),
            skipped,
        };
        match &self.times {
            Ok(times) => {
                let moves = times.moves(self.slot, self.missed, now).into_iter();
                moves.map(|one| fire(one.slot, one.next, one.job, one.skipped)).collect()
            }
            Err(error) => {
                tracing::warn!("a schedule of a queue stands still: {}", error.message());
                vec![fire(self.slot, Some(now + UNREADABLE_MS), None, 0)]
            }
        }
    }
}

/// The id of a slot's job: the same, whoever fires it.
fn id_of(name: &str, slot: i64) -> String {
    let mut id = digest(&[name.as_bytes(), b" ", slot.to_string().as_bytes()]);
    id.truncate(ID_LETTERS);
    id
}

/// As many moves as one step carries, in order, and whether more are to be done.
fn page_of(due: &[DueOne], now: i64) -> (Vec<Fire>, bool) {
    let (mut fires, mut bytes) = (Vec::new(), 0);
    for one in due {
        for fire in one.fires(now) {
            let adds = if fire.job.is_some() { one.bytes } else { 0 };
            if fires.len() >= PAGE || (!fires.is_empty() && bytes + adds > BUDGET) {
                return (fires, true);
            }
            bytes += adds;
            fires.push(fire);
        }
    }
    (fires, due.len() >= PAGE)
}

impl Machine {
    pub(super) fn fire_rooms(&mut self, now: Instant) {
        for room in 0..self.rooms.len() {
            if self.rooms[room].next_slot().is_some_and(|at| at <= now) {
                self.rooms[room].slots.is_under_way = true;
                let step = Step::Scheduling(Scheduling::Due);
                self.send(Purpose::Due { room }, room, LineKind::Lease, &step, now);
            }
        }
    }

    pub(super) fn due_known(&mut self, room: usize, reply: Result<Reply>, now: Instant) {
        let words = match reply {
            Ok(Reply::Words(words)) if words.len() > 2 => words,
            Ok(_) => return self.fire_later(room, &Error::defect(), now),
            Err(error) => return self.fire_later(room, &error, now),
        };
        let hearers = u32::try_from(words[1].number()).unwrap_or(1);
        self.rooms[room].slots.hearers = hearers;
        let time: i64 = words[2].text().parse().unwrap_or_default();
        let due: Vec<DueOne> = words[3..].chunks_exact(WORDS_A_SCHEDULE).filter_map(DueOne::read).collect();
        let (fires, is_more) = page_of(&due, time);
        if fires.is_empty() {
            let next = self.slot_after(room, words[0].number(), now);
            return self.rooms[room].slots.end(next, now);
        }
        let step = Step::Scheduling(Scheduling::Fire(fires));
        self.send(Purpose::Fire { room, is_more }, room, LineKind::Lease, &step, now);
    }

    pub(super) fn fired(&mut self, room: usize, is_more: bool, reply: Result<Reply>, now: Instant) {
        match reply {
            Ok(Reply::Words(words)) => {
                let slot_ms = words.first().map_or(-1, Word::number);
                let next = if is_more { Some(now) } else { self.slot_after(room, slot_ms, now) };
                self.rooms[room].slots.end(next, now);
            }
            Ok(_) => self.fire_later(room, &Error::defect(), now),
            Err(error) => self.fire_later(room, &error, now),
        }
    }

    /// Processes that wait for the same slot spread their looks.
    fn slot_after(&mut self, room: usize, slot_ms: i64, now: Instant) -> Option<Instant> {
        let ms = u64::try_from(slot_ms).ok()?;
        let jitter = self.jitter(self.rooms[room].slots.hearers);
        Some(now + Duration::from_millis(ms) + jitter)
    }

    /// The store refused: a full server, say. The slot stays where it is.
    fn fire_later(&mut self, room: usize, error: &Error, now: Instant) {
        self.rooms[room].slots.end(Some(now + AGAIN_AFTER), now);
        let worker = self.workers.iter().find(|(_, worker)| worker.room == room).map(|(number, _)| *number);
        worker.into_iter().for_each(|worker| self.tell_refusal(worker, error, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(name: &str, bytes: usize, missed: Missed) -> DueOne {
        DueOne {
            name: name.to_owned(),
            slot: 1_800_000_000_000,
            revision: 1,
            times: Ok(Times::every(60_000, None, None)),
            missed,
            bytes,
        }
    }

    #[test]
    fn one_step_carries_a_hundred_moves_or_a_mebibyte_of_jobs() {
        let now = 1_800_000_000_000 + 80 * 60_000;
        let (fires, is_more) = page_of(&[due("a", 10, Missed::All), due("b", 10, Missed::All)], now);
        assert_eq!((fires.len(), is_more), (PAGE, true));
        let (fires, is_more) =
            page_of(&[due("a", 600_000, Missed::One), due("b", 600_000, Missed::One)], now);
        assert_eq!((fires.len(), is_more), (1, true));
        let (fires, is_more) = page_of(&[due("a", 9_000_000, Missed::One)], now);
        assert_eq!((fires.len(), is_more), (1, false));
    }

    #[test]
    fn the_job_of_a_slot_has_the_same_id_whoever_fires_it() {
        let ids = [id_of("a", 1), id_of("a", 1), id_of("a", 2), id_of("a:b", 1)];
        assert_eq!(ids[0], ids[1]);
        assert!(ids[0] != ids[2] && ids[0] != ids[3]);
        assert!(
            ids.iter()
                .all(|id| id.len() == ID_LETTERS && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
    }

    #[test]
    fn a_schedule_that_cannot_be_read_holds_up_no_other() {
        let broken = DueOne { times: Times::from_json("{}"), ..due("a", 1, Missed::One) };
        let fires = broken.fires(5);
        assert_eq!((fires.len(), &fires[0].job, fires[0].next), (1, &None, Some(5 + UNREADABLE_MS)));
    }
}
