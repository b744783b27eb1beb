//! A queue on this process's memory: the steps that the scripts carry out in Redis, in the same order and with the same answers.

mod add;
mod admin;
mod claim;
#[cfg(any(test, feature = "contract"))]
mod dump;
mod finish;
mod heard;
mod look;
mod schedules;
mod statistics;
mod sweep;
mod zset;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::contract::{Change, Hints, JobState, Renew, Reply, Step, Store, Update};
use super::keys::escaped;
use super::record::Record;
use crate::error::{Error, ErrorCode, Result};
use schedules::Schedule;
use zset::SortedSet;

/// What an organization was given, or a queue: weight counts for organizations alone.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limits {
    weight: f64,
    concurrency: u64,
    rate: u64,
    period_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { weight: 1.0, concurrency: 0, rate: 0, period_ms: 0 }
    }
}

/// Jobs that began in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Began {
    since: i64,
    used: u64,
}

/// An organization with jobs, or with settings.
#[derive(Debug, Clone, Default)]
struct Group {
    list: VecDeque<String>,
    /// Other priorities, the highest first, by their place in it.
    prior: BTreeMap<(i32, i64), String>,
    limits: Option<Limits>,
    rate: Option<Began>,
    /// The virtual time that it left the ring with.
    own: Option<f64>,
    /// Whether it waits for one of its jobs to end.
    is_busy: bool,
    busy: HashSet<String>,
}

impl Group {
    fn ready(&self) -> usize {
        self.list.len() + self.prior.len()
    }
}

/// The last call of a sender, and what it was answered.
#[derive(Debug, Clone)]
struct Sent {
    number: u64,
    time: i64,
    held: Vec<(usize, Option<String>)>,
    lost: Vec<usize>,
    died: Vec<usize>,
    members: Vec<String>,
}

#[derive(Debug, Clone)]
struct Outcome {
    state: JobState,
    time: i64,
    since: i64,
    token: u64,
    bytes: usize,
    payload: Vec<u8>,
}

impl Outcome {
    /// As the scripts keep it.
    fn text(&self) -> Vec<u8> {
        let Outcome { state, time, since, token, bytes, payload } = self;
        let head = format!("{} {time} {since} {token} {bytes}\n", state.letter());
        [head.as_bytes(), payload].concat()
    }
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    count: u64,
    age_ms: u64,
    bytes: u64,
}

/// A mark of idempotency: the job, the digest of its payload, and its end.
#[derive(Debug, Clone)]
struct Mark {
    id: String,
    digest: String,
    ends: Option<i64>,
}

#[derive(Debug)]
struct Fields {
    version: Option<&'static str>,
    is_paused: bool,
    limits: Limits,
    rate: Option<Began>,
    hold: Option<i64>,
    ready: u64,
    sequence: i64,
    schedule_revision: u64,
    token: u64,
    least: f64,
    largest: usize,
    next_sweep: i64,
    completed: Kept,
    dead: Kept,
    completed_bytes: u64,
    dead_bytes: u64,
    counters: BTreeMap<&'static str, i64>,
}

impl Default for Fields {
    fn default() -> Fields {
        Fields {
            version: None,
            is_paused: false,
            limits: Limits::default(),
            rate: None,
            hold: None,
            ready: 0,
            sequence: 0,
            schedule_revision: 0,
            token: 0,
            least: 0.0,
            largest: 0,
            next_sweep: 0,
            completed: DONE_KEPT,
            dead: DEAD_KEPT,
            completed_bytes: 0,
            dead_bytes: 0,
            counters: BTreeMap::new(),
        }
    }
}

impl Fields {
    /// When the queue's own limit lets a job begin; `None` where it does not hold one up.
    fn held_till(&self) -> Option<i64> {
        let limits = &self.limits;
        let limited = self
            .rate
            .filter(|began| limits.rate > 0 && began.used >= limits.rate)
            .map(|began| began.since + limits.period_ms as i64);
        self.hold.or(limited)
    }
}

const DONE_KEPT: Kept = Kept { count: 1_000, age_ms: 86_400_000, bytes: 67_108_864 };
const DEAD_KEPT: Kept = Kept { count: 10_000, age_ms: 2_592_000_000, bytes: 268_435_456 };

/// One queue. Its time is what it is told.
#[derive(Debug, Default)]
pub struct Memory {
    now: i64,
    meta: Fields,
    jobs: HashMap<String, Vec<u8>>,
    job_bytes: usize,
    groups: HashMap<String, Group>,
    ring: SortedSet,
    parked: SortedSet,
    lease: SortedSet,
    delayed: SortedSet,
    done: VecDeque<String>,
    dead: SortedSet,
    outcomes: HashMap<String, Outcome>,
    progress: HashMap<String, Vec<u8>>,
    logs: HashMap<String, VecDeque<Vec<u8>>>,
    marks: HashMap<String, Mark>,
    sent: HashMap<String, Sent>,
    gone: HashSet<String>,
    cancel: HashSet<String>,
    waits: HashSet<String>,
    workers: BTreeMap<String, i64>,
    /// Schedules by their next slot, and what they are.
    slots: SortedSet,
    schedules: HashMap<String, Schedule>,
    heard: heard::Heard,
    minutes: statistics::Minutes,
    /// What others are told.
    news: Vec<Vec<u8>>,
    /// Bytes of records that it may keep.
    room: Option<usize>,
}

/// Where a job is, its member where it is delayed or active.
struct Found {
    state: JobState,
    organization: String,
    priority: i32,
    member: Option<(String, f64)>,
}

impl Memory {
    pub fn new(room: usize) -> Memory {
        Memory { room: Some(room), ..Memory::default() }
    }

    pub fn set_time(&mut self, now_ms: i64) {
        self.now = now_ms;
    }

    pub fn take_news(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.news)
    }

    fn tell(&mut self, news: impl AsRef<[u8]>) {
        self.news.push(news.as_ref().to_vec());
    }

    fn count(&mut self, field: &'static str, by: i64) {
        if by != 0 {
            *self.meta.counters.entry(field).or_default() += by;
        }
    }

    fn group(&mut self, organization: &str) -> &mut Group {
        if !self.groups.contains_key(organization) {
            self.groups.insert(organization.to_owned(), Group::default());
        }
        // It was inserted above where it was not there.
        self.groups.entry(organization.to_owned()).or_default()
    }

    fn enter(&mut self, organization: &str, own: Option<f64>) {
        if self.parked.score(organization).is_some() || self.ring.score(organization).is_some() {
            return;
        }
        let least = self.ring.first().map_or(self.meta.least, |(_, time)| time);
        self.ring.put(organization, own.map_or(least, |own| own.max(least)));
    }

    fn make_ready(&mut self, organization: &str, ids: &[String], priority: i32, is_front: bool) {
        if priority == 0 {
            let list = &mut self.group(organization).list;
            if is_front {
                ids.iter().rev().for_each(|id| list.push_front(id.clone()));
            } else {
                list.extend(ids.iter().cloned());
            }
        } else {
            self.meta.sequence += ids.len() as i64;
            let last = self.meta.sequence;
            for (at, id) in (1..).zip(ids) {
                let place = if is_front { -(last - at + 1) } else { last - ids.len() as i64 + at };
                self.group(organization).prior.insert((-priority, place), id.clone());
            }
        }
        self.meta.ready += ids.len() as u64;
        self.enter(organization, None);
    }

    fn hints(&self) -> Hints {
        let mut due = self.meta.held_till().map(|at| at as f64);
        for set in [&self.delayed, &self.parked] {
            if let Some((_, at)) = set.first().filter(|(_, at)| at.is_finite()) {
                due = Some(due.map_or(at, |due| due.min(at)));
            }
        }
        Hints {
            ready: self.meta.ready,
            due_ms: due.map(|at| (at - self.now as f64).max(0.0).ceil() as u64),
            is_paused: self.meta.is_paused,
        }
    }

    /// Whether so many bytes of jobs may come in.
    fn check_room(&self, bytes: usize) -> Result<()> {
        if self.room.is_some_and(|room| bytes > 0 && self.job_bytes + bytes > room) {
            let what = "the memory of this process has no room for more jobs (CACHE_MEMORY_MAX_BYTES)";
            return Err(Error::new(ErrorCode::Overloaded, what));
        }
        Ok(())
    }

    fn record(&self, id: &str) -> Option<Record<'_>> {
        Record::read(self.jobs.get(id)?)
    }

    fn patch(&mut self, id: &str, at: usize, text: &str) {
        if let Some(place) = self.jobs.get_mut(id).and_then(|record| record.get_mut(at..at + text.len())) {
            place.copy_from_slice(text.as_bytes());
        }
    }

    fn organization_of(&self, id: &str) -> String {
        self.record(id).map(|record| escaped(record.job.organization.as_deref())).unwrap_or_default()
    }

    fn put_record(&mut self, id: &str, record: Vec<u8>) {
        self.meta.largest = self.meta.largest.max(record.len());
        self.job_bytes += record.len();
        if let Some(old) = self.jobs.insert(id.to_owned(), record) {
            self.job_bytes -= old.len();
        }
    }

    fn forget(&mut self, id: &str) {
        if let Some(record) = self.jobs.remove(id) {
            self.job_bytes -= record.len();
        }
        self.logs.remove(id);
        self.outcomes.remove(id);
        self.progress.remove(id);
    }

    fn mark(&self, mark: &str) -> Option<&Mark> {
        self.marks.get(mark).filter(|mark| mark.ends.is_none_or(|ends| self.now < ends))
    }

    fn free_mark(&mut self, id: &str, mark: Option<&str>) {
        if let Some(mark) = mark.filter(|mark| self.mark(mark).is_some_and(|held| held.id == id)) {
            self.marks.remove(mark);
        }
    }

    fn done_entry(id: &str, time: i64, bytes: usize) -> String {
        format!("{id}:{time}:{bytes}")
    }

    fn dead_entry(id: &str, bytes: usize) -> String {
        format!("{id}:{bytes}")
    }

    fn find(&self, id: &str) -> Option<Found> {
        let record = self.record(id)?;
        let organization = escaped(record.job.organization.as_deref());
        let priority = record.job.priority;
        let found =
            |state, member| Some(Found { state, organization: organization.clone(), priority, member });
        if let Some(outcome) = self.outcomes.get(id) {
            return found(outcome.state, None);
        }
        for place in ["b", "f"] {
            let member = format!("{place}{priority}:{id}:{organization}");
            if let Some(due) = self.delayed.score(&member) {
                return found(JobState::Delayed, Some((member, due)));
            }
        }
        let held = self.lease.iter().find(|(member, _)| id_of(member) == id);
        match held {
            Some((member, till)) => found(JobState::Active, Some((member.to_owned(), till))),
            None => found(JobState::Ready, None),
        }
    }

    fn free_place(&mut self, organization: &str, id: &str) {
        let Some(group) = self.groups.get_mut(organization) else { return };
        group.busy.remove(id);
        if std::mem::take(&mut group.is_busy) {
            let own = group.own.take();
            self.parked.remove(organization);
            self.enter(organization, own);
        }
    }

    fn renew(&mut self, renew: &Renew) -> Reply {
        let till = (self.now + renew.lease_ms as i64) as f64;
        let (mut lost, mut stopped) = (Vec::new(), Vec::new());
        for (at, member) in (1..).zip(&renew.members) {
            match self.lease.score(member) {
                Some(old) => self.lease.put(member, old.max(till)),
                None => lost.push(at),
            }
            if self.cancel.contains(id_of(member)) {
                stopped.push(at);
            }
        }
        self.workers.insert(renew.worker.clone(), self.now);
        Reply::Renewed { hints: self.hints(), lost, stopped }
    }

    /// Replaces the data of a job. False where there is none.
    fn rewrite(&mut self, id: &str, data: &[u8]) -> bool {
        let head = self.jobs.get(id).and_then(|record| {
            let first = memchr::memchr(b'\n', record)?;
            let second = memchr::memchr(b'\n', &record[first + 1..])?;
            Some(record[..first + second + 2].to_vec())
        });
        let Some(head) = head else { return false };
        self.put_record(id, [&head, data].concat());
        true
    }

    fn update(&mut self, update: &Update) -> Reply {
        let Some(till) = self.lease.score(&update.member) else { return Reply::Updated(false) };
        let id = id_of(&update.member).to_owned();
        match update.change {
            Change::Progress => {
                self.note("progress", &id, || format!("member={}", update.member));
                self.progress.insert(id, update.value.clone());
            }
            Change::Log => {
                let lines = self.logs.entry(id).or_default();
                lines.push_back(update.value.clone());
                if lines.len() > 100 {
                    lines.pop_front();
                }
            }
            Change::Data => {
                self.rewrite(&id, &update.value);
            }
            Change::Extend => {
                let ms: i64 =
                    std::str::from_utf8(&update.value).ok().and_then(|ms| ms.parse().ok()).unwrap_or(0);
                self.lease.put(&update.member, till.max((self.now + ms) as f64));
            }
        }
        Reply::Updated(true)
    }
}

/// The id in a member of `lease` or an entry of ended jobs.
fn id_of(member: &str) -> &str {
    member.split(':').next().unwrap_or_default()
}

impl Store for Memory {
    fn run(&mut self, step: &Step) -> Result<Reply> {
        Ok(match step {
            Step::Add(add) => {
                self.check_room(add.jobs.iter().map(|job| job.head.len() + job.tail.len()).sum())?;
                self.add(add)
            }
            Step::Turn(turn) => self.turn(turn),
            Step::Renew(renew) => self.renew(renew),
            Step::Update(update) => self.update(update),
            Step::Sweep(sweep) => self.sweep(sweep),
            Step::Admin(admin) => Reply::Words(self.admin(admin)),
            Step::Look(look) => Reply::Words(self.look(look)),
            Step::Scheduling(scheduling) => {
                self.check_room(self.bytes_of(scheduling))?;
                Reply::Words(self.scheduling(scheduling))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::queue::suite::{Subject, check_all};

    #[test]
    fn memory_keeps_every_promise() {
        check_all(&mut |_| Subject::memory());
    }
}
