//! Any history of a queue, on a server and on memory: both answer alike and keep the same, and what must hold of any queue holds
//! after every step.

use std::collections::{BTreeMap, BTreeSet};

use super::planned::{Planned, Plans};
use super::{BEGIN, Dump, Subject, id_of, prepared};
use crate::queue::contract::{
    Add, Admin, Fate, Finished, JobState, Look, NewJob, Renew, Reply, Step, Sweep, Turn, Turned,
};
use crate::queue::keys::escaped;
use crate::queue::record::Record;

const WORKERS: usize = 3;
const ORGANIZATIONS: [&str; 4] = ["", "acme", "beta/2", "c"];

/// One step of a history. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub enum Event {
    Add {
        jobs: Vec<(u8, i8, u16, u8)>,
        most: u8,
        is_repeated: bool,
    },
    /// The last add once more, or an older one.
    AddAgain {
        back: u8,
    },
    Turn {
        worker: u8,
        wants: u8,
        ends: Vec<(u8, u8, u16)>,
        is_repeated: bool,
        is_stale: bool,
    },
    Renew {
        worker: u8,
    },
    Sweep,
    Pass {
        ms: u32,
    },
    Limit {
        organization: u8,
        weight: u8,
        concurrency: u8,
        rate: u8,
    },
    LimitQueue {
        concurrency: u8,
        rate: u8,
    },
    Pause {
        organization: Option<u8>,
        pauses: bool,
    },
    About {
        id: u8,
        what: u8,
    },
    Clear {
        what: u8,
        organization: Option<u8>,
    },
    Plan(Planned),
    /// Somebody listens to events.
    Listen,
}

pub type History = Vec<Event>;

/// What the callers of a queue know.
struct Callers {
    now: i64,
    made: usize,
    number: u64,
    adds: Vec<Add>,
    /// The last number of the producer that was accepted, and when: it is forgotten a day later. A refused add leaves nothing.
    accepted: (u64, i64),
    turns: [u64; WORKERS],
    held: [Vec<String>; WORKERS],
    /// Members that a worker held once.
    old: Vec<String>,
    /// Tokens of each id so far.
    tokens: BTreeMap<String, u64>,
    acknowledged: BTreeSet<String>,
    plans: Plans,
}

/// Runs a history on both, and panics where they differ or a promise is broken.
pub fn compare(server: &mut Subject, history: &History) {
    let mut memory = Subject::memory();
    let mut callers = Callers {
        now: BEGIN,
        made: 0,
        number: 0,
        adds: Vec::new(),
        accepted: (0, BEGIN),
        turns: [0; WORKERS],
        held: Default::default(),
        old: Vec::new(),
        tokens: BTreeMap::new(),
        acknowledged: BTreeSet::new(),
        plans: Plans::default(),
    };
    for (at, event) in history.iter().enumerate() {
        for step in callers.steps(event) {
            let (theirs, ours) = (server.run(&step, callers.now), memory.run(&step, callers.now));
            assert_eq!(theirs.as_ref().ok(), ours.as_ref().ok(), "step {at}: {step:?}");
            let reply = theirs.unwrap();
            callers.learn(&step, &reply);
            let (their_dump, our_dump) = (server.dump(callers.now), memory.dump(callers.now));
            assert_eq!(their_dump, our_dump, "after step {at}: {step:?}");
            check(&their_dump, &callers, &step);
        }
    }
}

impl Callers {
    fn steps(&mut self, event: &Event) -> Vec<Step> {
        match event {
            Event::Add { jobs, most, is_repeated } => {
                let jobs = jobs.iter().map(|job| self.new_job(*job)).collect();
                self.number += 1;
                let max_waiting = if *most > 20 { u64::from(*most) - 10 } else { 0 };
                let add = Add { sender: "producer".to_owned(), number: self.number, max_waiting, jobs };
                self.adds.push(add.clone());
                let count = if *is_repeated { 2 } else { 1 };
                vec![Step::Add(add); count]
            }
            Event::AddAgain { back } => {
                let is_known = self.now - self.accepted.1 < 86_400_000;
                let at = self.adds.len().checked_sub(1 + usize::from(*back)).filter(|_| is_known);
                at.map(|at| Step::Add(self.adds[at].clone())).into_iter().collect()
            }
            Event::Turn { worker, wants, ends, is_repeated, is_stale } => {
                let step = self.turn(usize::from(*worker), *wants, ends, *is_stale);
                vec![step; if *is_repeated { 2 } else { 1 }]
            }
            Event::Renew { worker } => {
                let members = self.held[usize::from(*worker)].clone();
                let worker = name_of(usize::from(*worker));
                vec![Step::Renew(Renew { worker, lease_ms: 15_000, members })]
            }
            Event::Listen => vec![Step::Look(Look::Listen { from: String::new(), most: 0 })],
            Event::Sweep => vec![Step::Sweep(Sweep { max_stalls: 1, payload: b"{\"s\":1}".to_vec() })],
            Event::Pass { ms } => {
                self.now += i64::from(*ms);
                let list = |state| Step::Look(Look::List { state, only: None, from: 0, limit: 50 });
                let lists = JobState::ALL.into_iter().map(|(state, ..)| list(state));
                lists.chain(Plans::looks().into_iter().map(Step::Scheduling)).collect()
            }
            Event::Plan(event) => {
                let steps = self.plans.steps(event, &ORGANIZATIONS, self.now).into_iter();
                steps.map(Step::Scheduling).collect()
            }
            _ => self.admin(event).into_iter().map(Step::Admin).collect(),
        }
    }

    fn new_job(&mut self, (organization, priority, delay, mark): (u8, i8, u16, u8)) -> NewJob {
        self.made += 1;
        let mark = (mark < 2).then(|| format!("{mark}a"));
        let attempts = 1 + u32::from(delay);
        let organization = ORGANIZATIONS[usize::from(organization)];
        let made =
            prepared(&format!("j{}", self.made), organization, priority.into(), attempts, mark.as_deref());
        let digest = if self.made.is_multiple_of(5) { "d2" } else { "d1" };
        NewJob { delay_ms: u64::from(delay) * 700, digest: digest.to_owned(), ..made }
    }

    fn turn(&mut self, worker: usize, wants: u8, ends: &[(u8, u8, u16)], is_stale: bool) -> Step {
        const FATES: [Fate; 7] = [
            Fate::Completed,
            Fate::Retry,
            Fate::Dead,
            Fate::Released,
            Fate::Delayed,
            Fate::HoldsOrganization,
            Fate::HoldsQueue,
        ];
        let mut finished = Vec::new();
        for (which, fate, delay) in ends {
            let pool = if is_stale && !self.old.is_empty() { &mut self.old } else { &mut self.held[worker] };
            if pool.is_empty() {
                continue;
            }
            let member = pool.remove(usize::from(*which) % pool.len());
            finished.push((member, FATES[usize::from(*fate)], u64::from(*delay)));
        }
        let finished =
            finished.into_iter().map(|(member, fate, delay_ms)| self.finished(member, fate, delay_ms));
        let finished = finished.collect();
        self.turns[worker] += 1;
        Step::Turn(Turn {
            worker: name_of(worker),
            number: self.turns[worker],
            lease_ms: 15_000,
            wants: wants.into(),
            finished,
            times: Vec::new(),
        })
    }

    fn finished(&self, member: String, fate: Fate, delay_ms: u64) -> Finished {
        let id = id_of(&member).to_owned();
        let of = self.adds.iter().flat_map(|add| &add.jobs).find(|job| job.id == id);
        let scheduled = self.plans.jobs.get(&id).cloned().unwrap_or_default();
        let (organization, mark, priority) = of.map_or((scheduled.0, String::new(), scheduled.1), |job| {
            (job.organization.clone(), job.mark.clone(), job.priority)
        });
        Finished {
            member,
            fate,
            payload: b"{\"r\":1}".to_vec(),
            delay_ms,
            organization,
            mark,
            priority,
            size: 90,
        }
    }

    fn admin(&self, event: &Event) -> Option<Admin> {
        let named = |at: &u8| escaped(Some(ORGANIZATIONS[usize::from(*at) % ORGANIZATIONS.len()]));
        Some(match event {
            Event::Limit { organization, weight, concurrency, rate } => Admin::Organization {
                name: named(organization),
                weight: Some((*weight).into()),
                concurrency: Some((*concurrency).into()),
                rate: Some((u64::from(*rate), if *rate == 0 { 0 } else { 1_000 })),
            },
            Event::LimitQueue { concurrency, rate } => {
                let some = |limit: u8| Some(u64::from(limit)).filter(|limit| *limit > 0);
                let period = (*rate > 0).then_some(1_000);
                let fields = vec![("conc", some(*concurrency)), ("rmax", some(*rate)), ("rper", period)];
                Admin::Configure(crate::queue::LAYOUT, fields)
            }
            Event::Pause { organization, pauses } => {
                Admin::Pause { only: organization.as_ref().map(named), pauses: *pauses }
            }
            Event::About { id, what } => {
                let id = format!("j{}", 1 + usize::from(*id) % self.made.max(1));
                match what {
                    0 => Admin::Cancel { id },
                    1 => Admin::Remove { id },
                    2 => Admin::Reschedule { id, delay_ms: 0 },
                    3 => Admin::Reschedule { id, delay_ms: 1_500 },
                    4 => Admin::Retry { id },
                    5 => {
                        Admin::RetryPage { is_dead: true, text: String::new(), only: None, limit: 3, from: 0 }
                    }
                    _ => Admin::Clean { is_dead: false, older_ms: 1_000, limit: 2 },
                }
            }
            Event::Clear { what, organization } => {
                let only = organization.as_ref().map(named);
                match what {
                    0 => Admin::ClearReady { only },
                    1 => Admin::ClearDelayed { only, cursor: "0".to_owned() },
                    _ => Admin::ClearEnded { only, cursor: "0".to_owned() },
                }
            }
            _ => return None,
        })
    }

    fn learn(&mut self, step: &Step, reply: &Reply) {
        match (step, reply) {
            (Step::Add(add), Reply::Added { held, .. }) => {
                let other = |at: usize| held.iter().any(|(position, _)| *position == at + 1);
                let added = add.jobs.iter().enumerate().filter(|(at, _)| !other(*at));
                self.acknowledged.extend(added.map(|(_, job)| job.id.clone()));
                if add.number > self.accepted.0 {
                    self.accepted = (add.number, self.now);
                }
            }
            (Step::Turn(turn), Reply::Turned(Turned { given, .. })) => {
                let worker = (0..WORKERS).find(|worker| name_of(*worker) == turn.worker).unwrap();
                for finished in &turn.finished {
                    self.old.push(finished.member.clone());
                }
                for (member, record) in given {
                    assert!(Record::read(record).is_some(), "a record is whole: {member}");
                    if self.held[worker].contains(member) {
                        continue;
                    }
                    let token: u64 = member.split(':').nth(1).unwrap().parse().unwrap();
                    let last = self.tokens.insert(id_of(member).to_owned(), token);
                    assert!(last.is_none_or(|last| last < token), "a later holder has a larger token");
                    self.held[worker].push(member.clone());
                }
            }
            (Step::Scheduling(step), reply) => self.acknowledged.extend(self.plans.learn(step, reply)),
            _ => {}
        }
    }
}

fn name_of(worker: usize) -> String {
    format!("w{worker}")
}

/// What must hold of any queue.
fn check(dump: &Dump, callers: &Callers, step: &Step) {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut ready = 0;
    for (group, ids) in &dump.ready {
        for id in ids.iter().filter(|id| !dump.gone.contains(*id)) {
            places.entry(id).or_default().push("ready");
            ready += 1;
        }
        let is_known = [&dump.ring, &dump.parked].iter().any(|set| set.iter().any(|(name, _)| name == group));
        assert!(
            ids.is_empty() || is_known,
            "an organization with ready jobs is in the ring or parked: {group}"
        );
    }
    assert_eq!(ready, dump.ready_count, "ready jobs are counted after {step:?}");
    for (member, _) in &dump.delayed {
        places.entry(member.split(':').nth(1).unwrap()).or_default().push("delayed");
    }
    for (member, _) in &dump.lease {
        places.entry(id_of(member)).or_default().push("active");
    }
    for entry in &dump.done {
        places.entry(id_of(entry)).or_default().push("completed");
    }
    for (entry, _) in &dump.dead {
        places.entry(id_of(entry)).or_default().push("dead");
    }
    for (id, places) in &places {
        assert_eq!(places.len(), 1, "a job is in one place: {id} {places:?} after {step:?}");
        assert!(dump.records.contains_key(*id), "a job has its record: {id} after {step:?}");
        let is_ended = places[0] == "completed" || places[0] == "dead";
        assert_eq!(dump.outcomes.contains_key(*id), is_ended, "{id} after {step:?}");
    }
    for id in dump.records.keys() {
        assert!(places.contains_key(id.as_str()), "a record is a job's: {id} after {step:?}");
        assert!(callers.acknowledged.contains(id), "a job was added: {id}");
    }
    let planned: BTreeSet<&String> = dump.slots.iter().map(|(name, _)| name).collect();
    assert!(dump.schedules.keys().eq(planned), "a schedule has a slot, and a slot is a schedule's: {step:?}");
    for (name, _) in &dump.ring {
        assert!(!dump.parked.iter().any(|(parked, _)| parked == name), "in the ring or parked: {name}");
    }
    for (group, ids) in &dump.busy {
        for id in ids {
            let is_active = places.get(id.as_str()).is_some_and(|places| places[0] == "active");
            assert!(is_active, "a running job of {group} is active: {id} after {step:?}");
        }
    }
}
