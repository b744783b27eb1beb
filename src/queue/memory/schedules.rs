//! Schedules, as `scripts/schedules.lua` and `scripts/fire.lua` keep and fire them.

use super::{Mark, Memory};
use crate::queue::contract::Word;
use crate::queue::schedule::steps::{
    BUDGET, Fire, MOST_SCHEDULES, OVERLAPS, PAGE, Put, Scheduling, organization_in,
};

/// So long a job that was asked for is known.
const RUN_KNOWN_MS: i64 = 3_600_000;
/// What stands in a record between the job and its slot.
const SLOT: &[u8] = b",\"a\":";

#[derive(Debug, Clone)]
pub struct Schedule {
    pub put: Put,
    pub revision: u64,
    pub runs: u64,
    pub skipped: u64,
    /// The slot of its last job, and the job.
    pub last: Option<(i64, String)>,
}

impl Schedule {
    /// Revision, times, missed, overlap, count, runs, skipped, last slot and job, as the scripts keep them.
    #[cfg(any(test, feature = "contract"))]
    pub fn fields(&self) -> Vec<String> {
        let Schedule { put, revision, runs, skipped, last } = self;
        let (at, job) = last.clone().map_or_else(Default::default, |(at, job)| (at.to_string(), job));
        let numbers = [put.count, *runs, *skipped].map(|number| number.to_string());
        let first = [revision.to_string(), put.times.clone(), put.missed.to_owned(), put.overlap.to_owned()];
        first.into_iter().chain(numbers).chain([at, job]).collect()
    }

    fn bytes(&self) -> usize {
        self.put.head.len() + self.put.middle.len() + self.put.tail.len()
    }
}

fn text(number: impl ToString) -> Word {
    (&*number.to_string()).into()
}

impl Memory {
    pub(super) fn scheduling(&mut self, step: &Scheduling) -> Vec<Word> {
        match step {
            Scheduling::Find { id, only } => self.find_schedule(id, only.as_deref()),
            Scheduling::Put(put) => self.put_schedule(put),
            Scheduling::Remove { name } => vec![Word::Number(self.remove_schedule(name).into())],
            Scheduling::Page { only, from, limit } => {
                self.page_of_schedules(only.as_deref(), *from as usize, *limit as usize)
            }
            Scheduling::Clear { only, .. } => {
                let names = self.names_of_schedules(only.as_deref());
                names.iter().for_each(|name| {
                    self.remove_schedule(name);
                });
                vec![Word::Number(names.len() as i64), "0".into()]
            }
            Scheduling::Due => self.due_schedules(),
            Scheduling::Fire(fires) => {
                let moved: Vec<Word> = fires.iter().map(|fire| self.fire(fire)).map(Word::Number).collect();
                let first = self.slots.first().map_or(-1, |(_, slot)| (slot as i64 - self.now).max(0));
                [vec![Word::Number(first)], moved].concat()
            }
            Scheduling::Run { name, job } => self.run_schedule(name, job),
        }
    }

    /// Bytes of records that a step adds at most.
    pub(super) fn bytes_of(&self, step: &Scheduling) -> usize {
        let of = |name: &str| self.schedules.get(name).map_or(0, Schedule::bytes);
        match step {
            Scheduling::Put(put) => put.head.len() + put.middle.len() + put.tail.len(),
            Scheduling::Fire(fires) => {
                fires.iter().filter(|fire| fire.job.is_some()).map(|fire| of(&fire.name)).sum()
            }
            Scheduling::Run { name, .. } => of(name),
            _ => 0,
        }
    }

    fn names_of_schedules(&self, only: Option<&str>) -> Vec<String> {
        let all = self.slots.iter().map(|(name, _)| name);
        all.filter(|name| only.is_none_or(|only| organization_in(name) == only)).map(str::to_owned).collect()
    }

    fn find_schedule(&self, id: &str, only: Option<&str>) -> Vec<Word> {
        let answer = |count: i64, name: &str| vec![text(self.now), Word::Number(count), name.into()];
        let own = match only {
            None | Some("") => id.to_owned(),
            Some(organization) => format!("{id}:{organization}"),
        };
        if self.slots.score(&own).is_some() {
            return answer(1, &own);
        }
        if only.is_some() {
            return answer(0, "");
        }
        let of_id = |name: &&str| name.split_once(':').is_some_and(|(known, _)| known == id);
        let found: Vec<&str> = self.slots.iter().map(|(name, _)| name).filter(of_id).take(2).collect();
        match found[..] {
            [] => answer(0, ""),
            [name] => answer(1, name),
            _ => answer(2, ""),
        }
    }

    fn put_schedule(&mut self, put: &Put) -> Vec<Word> {
        let known = self.slots.score(&put.name);
        if known.is_none() && self.slots.len() >= MOST_SCHEDULES {
            return vec![Word::Number(2), "".into()];
        }
        self.meta.schedule_revision += 1;
        let old = self.schedules.remove(&put.name);
        self.job_bytes -= old.as_ref().map_or(0, Schedule::bytes);
        let is_same = old.as_ref().is_some_and(|old| old.put.times == put.times);
        let (runs, skipped) = old.as_ref().filter(|_| is_same).map_or((0, 0), |old| (old.runs, old.skipped));
        let schedule = Schedule {
            put: put.clone(),
            revision: self.meta.schedule_revision,
            runs,
            skipped,
            last: old.and_then(|old| old.last),
        };
        self.job_bytes += schedule.bytes();
        self.schedules.insert(put.name.clone(), schedule);
        let slot = known.filter(|_| is_same).map_or(put.slot, |slot| slot as i64);
        self.slots.put(&put.name, slot as f64);
        self.tell("s");
        vec![Word::Number(known.is_none().into()), text(slot)]
    }

    fn remove_schedule(&mut self, name: &str) -> bool {
        if let Some(schedule) = self.schedules.remove(name) {
            self.job_bytes -= schedule.bytes();
        }
        self.slots.remove(name).is_some()
    }

    fn page_of_schedules(&self, only: Option<&str>, from: usize, limit: usize) -> Vec<Word> {
        let names = self.names_of_schedules(only);
        let mut words = vec!["".into(), Word::Number(names.len() as i64)];
        let (mut left, mut taken) = (BUDGET as i64, 0);
        for name in names.iter().skip(from).take(limit.min(PAGE)) {
            let Some(Schedule { put, runs, skipped, last, .. }) = self.schedules.get(name) else { continue };
            let bytes = put.tail.len() as i64;
            if taken > 0 && bytes > left {
                break;
            }
            left -= bytes;
            taken += 1;
            let slot = self.slots.score(name).unwrap_or_default() as i64;
            let (at, job) = last.clone().map_or_else(Default::default, |(at, job)| (at.to_string(), job));
            words.extend([(&**name).into(), text(slot), (&*put.times).into(), put.missed.into()]);
            words.extend([put.overlap.into(), text(put.count), text(runs), text(skipped)]);
            words.extend([(&*at).into(), (&*job).into()]);
            words.extend([&put.head, &put.middle, &put.tail].map(|part| Word::Text(part.clone())));
        }
        if from + taken < names.len() {
            words[0] = text(from + taken);
        }
        words
    }

    fn due_schedules(&self) -> Vec<Word> {
        let due = self.slots.until(self.now as f64, PAGE);
        let later = self.slots.iter().map(|(_, slot)| slot as i64).find(|slot| *slot > self.now);
        let later = later.map_or(-1, |slot| slot - self.now);
        let mut words = vec![Word::Number(later), Word::Number(1), text(self.now)];
        for name in due {
            let (Some(slot), Some(schedule)) = (self.slots.score(&name), self.schedules.get(&name)) else {
                continue;
            };
            words.extend([(&*name).into(), text(slot as i64), text(schedule.revision)]);
            words.extend([(&*schedule.put.times).into(), schedule.put.missed.into()]);
            words.push(Word::Number(schedule.put.tail.len() as i64));
        }
        words
    }

    /// Whether the schedule's last job waits or runs, and so keeps others away.
    fn taken_by(&self, schedule: &Schedule) -> Option<String> {
        let (_, job) = schedule.last.as_ref()?;
        let is_open = self.jobs.contains_key(job) && !self.outcomes.contains_key(job);
        (schedule.put.overlap == OVERLAPS[1] && is_open).then(|| job.clone())
    }

    fn add_scheduled(&mut self, put: &Put, id: &str, slot: i64) {
        let (ready, created, slot) = (self.meta.ready, self.now.to_string(), slot.to_string());
        let record = [&put.head, created.as_bytes(), &put.middle, SLOT, slot.as_bytes(), &put.tail].concat();
        self.put_record(id, record);
        self.make_ready(&put.organization, &[id.to_owned()], put.priority, false);
        self.note("added", id, String::new);
        self.count("added", 1);
        if ready == 0 {
            self.tell("w");
        }
    }

    fn fire(&mut self, fire: &Fire) -> i64 {
        let Some(schedule) = self.schedules.get(&fire.name) else { return 0 };
        let stands = self.slots.score(&fire.name).map(|slot| slot as i64);
        if schedule.revision != fire.revision || stands != Some(fire.slot) {
            return 0;
        }
        let mut schedule = schedule.clone();
        let most = schedule.put.count;
        let is_over = |runs: u64| most > 0 && runs >= most;
        let (mut skipped, mut moved) = (fire.skipped, 2);
        if let Some((id, slot)) = fire.job.as_ref().filter(|_| !is_over(schedule.runs)) {
            if self.taken_by(&schedule).is_some() {
                skipped += 1;
            } else if !self.jobs.contains_key(id) {
                self.add_scheduled(&schedule.put, id, *slot);
                schedule.runs += 1;
                schedule.last = Some((*slot, id.clone()));
                moved = 1;
            }
        }
        match fire.next.filter(|_| !is_over(schedule.runs)) {
            Some(next) => {
                schedule.skipped += skipped;
                self.slots.put(&fire.name, next as f64);
                self.schedules.insert(fire.name.clone(), schedule);
            }
            None => {
                self.remove_schedule(&fire.name);
            }
        }
        moved
    }

    fn run_schedule(&mut self, name: &str, id: &str) -> Vec<Word> {
        let Some(schedule) = self.schedules.get(name) else { return vec![Word::Number(0)] };
        if self.mark(id).is_some() {
            return vec![Word::Number(1), id.into()];
        }
        if let Some(job) = self.taken_by(schedule) {
            return vec![Word::Number(2), (&*job).into()];
        }
        let ends = Some(self.now + RUN_KNOWN_MS);
        let put = schedule.put.clone();
        self.marks.insert(id.to_owned(), Mark { id: id.to_owned(), digest: String::new(), ends });
        self.add_scheduled(&put, id, self.now);
        if let Some(schedule) = self.schedules.get_mut(name) {
            schedule.last = Some((self.now, id.to_owned()));
        }
        vec![Word::Number(1), id.into()]
    }
}
