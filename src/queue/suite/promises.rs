//! What each step promises, one promise a test.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::schedules;
use super::{BEGIN, Subject, id_of, job, prepared};
use crate::queue::contract::{
    Add, Admin, Fate, Finished, Hints, Look, NewJob, Renew, Reply, Step, Sweep, Turn, Turned, Word,
};

pub type Promise = fn(&mut Bench);

const PROMISES: [(&str, Promise); 23] = [
    ("jobs of one organization begin in the order of their adds", in_order),
    ("a repeated add adds nothing and answers the same", add_twice),
    ("a late add of an older number does nothing", add_late),
    ("a key of idempotency finds the first job, and another payload is told", idempotent),
    ("a mark that lasts until the job is done ends with it", mark_ends),
    ("no more jobs wait than are allowed, and a refused add changes nothing", bounded),
    ("a repeated claim gives the same jobs, as far as they are still held", claim_twice),
    ("whoever holds no member changes nothing", lost),
    ("tokens go on growing though the server has forgotten all of them", forgotten),
    ("attempts are used up by failures alone", attempts),
    ("a lease that ends puts its job in front, and too many ends are its death", stalls),
    ("a renewal keeps a lease, and tells which are gone and which are to stop", renewed),
    ("higher priorities begin first, and go back to the front of their own", priorities),
    ("delayed jobs begin when they are due, and retries before what waits", delayed),
    ("weights divide claims of any size", weights),
    ("an organization that adds its next job when one is taken gets no more than its share", no_refill),
    ("limits hold, for the queue and for an organization", limits),
    ("paused organizations wait, and go on", pauses),
    ("ended jobs are kept by count, age and bytes", retention),
    ("one job is cancelled, removed, promoted and tried again", single_jobs),
    ("events are written while somebody listens, and to nobody else", super::heard::only_while_heard),
    ("each step writes the events of what it does, once", super::heard::events),
    ("what happened lately is counted", super::heard::statistics),
];

pub struct Bench {
    queue: Subject,
    pub now: i64,
    number: u64,
}

/// Checks every promise, each on a queue of its own.
pub fn check_all(make: &mut dyn FnMut(usize) -> Subject) {
    let mut broken = Vec::new();
    for (number, (name, promise)) in PROMISES.into_iter().chain(schedules::PROMISES).enumerate() {
        let mut bench = Bench { queue: make(number), now: BEGIN, number: 0 };
        if catch_unwind(AssertUnwindSafe(|| promise(&mut bench))).is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "not kept: {broken:#?}");
}

impl Bench {
    pub fn run(&mut self, step: &Step) -> Reply {
        self.queue.run(step, self.now).unwrap()
    }

    pub(super) fn add(&mut self, jobs: Vec<NewJob>) -> Reply {
        self.number += 1;
        self.add_as(self.number, jobs)
    }

    pub(super) fn add_as(&mut self, number: u64, jobs: Vec<NewJob>) -> Reply {
        self.run(&Step::Add(Add { sender: "p".to_owned(), number, max_waiting: 0, jobs }))
    }

    pub(super) fn add_ids(&mut self, organization: &str, ids: &[&str]) {
        let jobs = ids.iter().map(|id| job(id, organization)).collect();
        self.add(jobs);
    }

    pub(super) fn turn_as(
        &mut self,
        worker: &str,
        number: u64,
        wants: usize,
        finished: Vec<Finished>,
    ) -> Reply {
        let worker = worker.to_owned();
        self.run(&Step::Turn(Turn { worker, number, lease_ms: 15_000, wants, finished, times: Vec::new() }))
    }

    pub fn turn(&mut self, wants: usize, finished: Vec<Finished>) -> Turned {
        self.number += 1;
        match self.turn_as("w", self.number, wants, finished) {
            Reply::Turned(turned) => turned,
            other => panic!("{other:?}"),
        }
    }

    /// Members of new jobs.
    pub fn claim(&mut self, wants: usize) -> Vec<String> {
        self.turn(wants, Vec::new()).given.into_iter().map(|(member, _)| member).collect()
    }

    fn claim_ids(&mut self, wants: usize) -> Vec<String> {
        self.claim(wants).iter().map(|member| id_of(member).to_owned()).collect()
    }

    pub fn end(&mut self, member: &str, fate: Fate, delay_ms: u64) -> Turned {
        let finished = ending(member, fate, delay_ms, "");
        self.turn(0, vec![finished])
    }

    pub fn admin(&mut self, admin: Admin) -> Vec<Word> {
        match self.run(&Step::Admin(admin)) {
            Reply::Words(words) => words,
            other => panic!("{other:?}"),
        }
    }

    fn look(&mut self, look: Look) -> Vec<i64> {
        match self.run(&Step::Look(look)) {
            Reply::Words(words) => words.iter().map(Word::number).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub fn counts(&mut self) -> Vec<i64> {
        self.look(Look::Counts)[..5].to_vec()
    }

    pub(super) fn sweep(&mut self) -> Vec<(String, bool)> {
        let sweep = Sweep { max_stalls: 1, payload: b"{}".to_vec() };
        match self.run(&Step::Sweep(sweep)) {
            Reply::Swept { stalled, .. } => stalled,
            other => panic!("{other:?}"),
        }
    }

    pub fn set(&mut self, fields: Vec<(&'static str, Option<u64>)>) {
        self.admin(Admin::Configure(crate::queue::LAYOUT, fields));
    }

    pub(super) fn organization(&mut self, name: &str, weight: f64, concurrency: u64, rate: (u64, u64)) {
        let (name, weight) = (name.to_owned(), Some(weight));
        self.admin(Admin::Organization { name, weight, concurrency: Some(concurrency), rate: Some(rate) });
    }
}

pub fn ending(member: &str, fate: Fate, delay_ms: u64, organization: &str) -> Finished {
    Finished {
        member: member.to_owned(),
        fate,
        payload: b"{}".to_vec(),
        delay_ms,
        organization: organization.to_owned(),
        mark: String::new(),
        priority: 0,
        size: 100,
    }
}

fn many(organization: &str, from: usize, count: usize) -> Vec<NewJob> {
    (from..from + count).map(|number| job(&format!("{organization}{number}"), organization)).collect()
}

fn in_order(bench: &mut Bench) {
    bench.add_ids("a", &["x1", "x2", "x3"]);
    bench.add_ids("a", &["x4"]);
    assert_eq!(bench.counts(), [4, 0, 0, 0, 0]);
    assert_eq!(bench.claim_ids(2), ["x1", "x2"]);
    assert_eq!(bench.claim_ids(9), ["x3", "x4"]);
    assert_eq!(bench.counts(), [0, 0, 4, 0, 0]);
}

fn add_twice(bench: &mut Bench) {
    let jobs = vec![job("x1", "a"), prepared("x2", "", 3, 3, None)];
    let first = bench.add_as(1, jobs.clone());
    let hints = Hints { ready: 2, due_ms: None, is_paused: false };
    assert_eq!(first, Reply::Added { hints, held: vec![] });
    assert_eq!(bench.add_as(1, jobs.clone()), first);
    let members = bench.claim(9);
    assert_eq!(members.len(), 2);
    members.iter().for_each(|member| drop(bench.end(member, Fate::Completed, 0)));
    bench.admin(Admin::Remove { id: "x1".to_owned() });
    assert!(matches!(bench.add_as(1, jobs), Reply::Added { .. }));
    assert_eq!(bench.claim(9).len(), 0);
}

fn add_late(bench: &mut Bench) {
    bench.add_as(5, vec![job("x5", "a")]);
    assert_eq!(bench.add_as(4, vec![job("x4", "a")]), Reply::Stale);
    assert_eq!(bench.claim_ids(9), ["x5"]);
}

fn idempotent(bench: &mut Bench) {
    let with = |id: &str, digest: &str| NewJob {
        window_ms: 60_000,
        digest: digest.to_owned(),
        ..prepared(id, "a", 0, 3, Some("ab"))
    };
    bench.add(vec![with("x1", "d1")]);
    let reply = bench.add(vec![with("x2", "d1"), with("x3", "d2"), job("x4", "a")]);
    let Reply::Added { held, .. } = reply.clone() else { panic!("{reply:?}") };
    assert_eq!(held, [(1, Some("x1".to_owned())), (2, None)]);
    let number = bench.number;
    assert_eq!(bench.add_as(number, vec![with("x2", "d1"), with("x3", "d2"), job("x4", "a")]), reply);
    assert_eq!(bench.claim_ids(9), ["x1", "x4"]);
    let member = bench.run(&Step::Look(Look::Mark("ab".to_owned())));
    assert_eq!(member, Reply::Words(vec!["x1".into()]));
}

fn mark_ends(bench: &mut Bench) {
    bench.add(vec![prepared("x1", "", 0, 3, Some("ab"))]);
    let member = bench.claim(1).remove(0);
    let finished = Finished { mark: "ab".to_owned(), ..ending(&member, Fate::Completed, 0, "") };
    bench.turn(0, vec![finished]);
    bench.add(vec![prepared("x2", "", 0, 3, Some("ab"))]);
    assert_eq!(bench.admin(Admin::Cancel { id: "x2".to_owned() }), vec![Word::from("removed")]);
    bench.add(vec![prepared("x3", "", 0, 3, Some("ab"))]);
    assert_eq!(bench.claim_ids(9), ["x3"]);
}

fn bounded(bench: &mut Bench) {
    let add = |number, ids: &[&str]| {
        let jobs = ids.iter().map(|id| job(id, "a")).collect();
        Step::Add(Add { sender: "p".to_owned(), number, max_waiting: 2, jobs })
    };
    assert!(matches!(bench.run(&add(1, &["x1", "x2"])), Reply::Added { .. }));
    assert!(matches!(bench.run(&add(2, &["x3"])), Reply::Full { .. }));
    assert_eq!(bench.claim_ids(1), ["x1"]);
    assert!(matches!(bench.run(&add(2, &["x3"])), Reply::Added { .. }));
    assert_eq!(bench.claim_ids(9), ["x2", "x3"]);
}

fn claim_twice(bench: &mut Bench) {
    bench.add_ids("a", &["x1", "x2", "x3"]);
    let first = bench.turn_as("w", 100, 2, Vec::new());
    assert_eq!(bench.turn_as("w", 100, 2, Vec::new()), first);
    let Reply::Turned(turned) = first else { panic!("no turn") };
    let other = ending(&turned.given[0].0, Fate::Completed, 0, "a");
    bench.turn_as("v", 1, 0, vec![other]);
    let Reply::Turned(again) = bench.turn_as("w", 100, 2, Vec::new()) else { panic!("no turn") };
    assert_eq!(again.given, turned.given[1..]);
    assert_eq!(bench.turn_as("w", 99, 2, Vec::new()), Reply::Stale);
    assert_eq!(bench.counts(), [1, 0, 1, 1, 0]);
}

fn lost(bench: &mut Bench) {
    bench.add_ids("a", &["x1"]);
    let member = bench.claim(1).remove(0);
    bench.now += 15_001;
    assert_eq!(bench.sweep(), [("x1".to_owned(), false)]);
    let later = bench.claim(1).remove(0);
    assert_eq!(bench.end(&member, Fate::Completed, 0).lost, [1]);
    assert_eq!(bench.counts(), [0, 0, 1, 0, 0]);
    assert!(bench.end(&later, Fate::Completed, 0).lost.is_empty());
    assert_eq!(bench.counts(), [0, 0, 0, 1, 0]);
}

fn attempts(bench: &mut Bench) {
    bench.add(vec![prepared("x1", "", 0, 2, None)]);
    for fate in [Fate::Released, Fate::Delayed, Fate::Released] {
        let member = bench.claim(1).remove(0);
        bench.end(&member, fate, 0);
    }
    let member = bench.claim(1).remove(0);
    assert!(bench.end(&member, Fate::Retry, 10).died.is_empty());
    assert_eq!(bench.counts(), [0, 1, 0, 0, 0]);
    bench.now += 10;
    let member = bench.claim(1).remove(0);
    assert_eq!(bench.end(&member, Fate::Retry, 10).died, [1]);
    assert_eq!(bench.counts(), [0, 0, 0, 0, 1]);
}

fn stalls(bench: &mut Bench) {
    bench.add_ids("a", &["x1", "x2"]);
    assert_eq!(bench.claim_ids(1), ["x1"]);
    bench.now += 15_001;
    assert_eq!(bench.sweep(), [("x1".to_owned(), false)]);
    assert_eq!(bench.sweep(), []);
    assert_eq!(bench.claim_ids(1), ["x1"]);
    bench.now += 15_001;
    assert_eq!(bench.sweep(), [("x1".to_owned(), true)]);
    assert_eq!(bench.counts(), [1, 0, 0, 0, 1]);
}

fn renewed(bench: &mut Bench) {
    bench.add_ids("a", &["x1", "x2"]);
    let mut members = bench.claim(2);
    bench.now += 10_000;
    bench.admin(Admin::Cancel { id: "x2".to_owned() });
    members.push("nobody:1:w:1".to_owned());
    let renew = Renew { worker: "w".to_owned(), lease_ms: 15_000, members };
    let Reply::Renewed { lost, stopped, .. } = bench.run(&Step::Renew(renew)) else { panic!("no renewal") };
    assert_eq!((lost, stopped), (vec![3], vec![2]));
    bench.now += 10_000;
    assert_eq!(bench.sweep(), []);
    bench.now += 5_001;
    assert_eq!(bench.sweep().len(), 2);
    // The one that was to stop is gone.
    assert_eq!(bench.counts(), [1, 0, 0, 0, 0]);
}

fn priorities(bench: &mut Bench) {
    let of = |id: &str, priority: i32| prepared(id, "a", priority, 3, None);
    bench.add(vec![of("low", -5), of("x1", 0), of("high", 5), of("top", 9), of("high2", 5)]);
    let members = bench.claim(2);
    assert_eq!(members.iter().map(|member| id_of(member)).collect::<Vec<_>>(), ["top", "high"]);
    let back = Finished { priority: 5, ..ending(&members[1], Fate::Released, 0, "a") };
    bench.turn(0, vec![back]);
    assert_eq!(bench.claim_ids(9), ["high", "high2", "x1", "low"]);
}

fn delayed(bench: &mut Bench) {
    let later = NewJob { delay_ms: 500, ..job("later", "a") };
    let reply = bench.add(vec![later, job("x1", "a")]);
    let hints = Hints { ready: 1, due_ms: Some(500), is_paused: false };
    assert_eq!(reply, Reply::Added { hints, held: vec![] });
    let member = bench.claim(9).remove(0);
    bench.end(&member, Fate::Delayed, 400);
    bench.add_ids("a", &["x2"]);
    bench.now += 499;
    assert_eq!(bench.claim_ids(1), ["x1"]);
    bench.now += 1;
    assert_eq!(bench.claim_ids(9), ["x2", "later"]);
}

fn shares(bench: &mut Bench, size: usize, rounds: usize) -> [usize; 3] {
    let mut shares = [0; 3];
    for _ in 0..rounds {
        for id in bench.claim_ids(size) {
            shares[usize::from(id.as_bytes()[0] - b'a')] += 1;
        }
    }
    shares
}

fn weights(bench: &mut Bench) {
    for (name, weight) in [("a", 3.0), ("b", 2.0), ("c", 1.0)] {
        bench.organization(name, weight, 0, (0, 0));
        bench.add(many(name, 0, 700));
    }
    for size in [1, 10, 50, 300] {
        let shares = shares(bench, size, 300 / size);
        let off = shares.iter().zip([150, 100, 50]).map(|(share, due)| share.abs_diff(due)).max();
        // Turns of claims of more than a hundred jobs have more than one.
        assert!(off < Some(1.max(size / 100)), "claims of {size}: {shares:?}");
    }
}

/// `b` has so many jobs waiting, and adds its next one whenever one is taken.
fn no_refill(bench: &mut Bench) {
    let mut made = 0;
    for (size, waiting) in [(1, 1), (10, 1), (10, 10), (50, 1), (50, 50)] {
        bench.add(many("a", made, 1_000));
        bench.add(many("b", made, waiting));
        made += 1_000;
        let mut taken = 0;
        for _ in 0..1_000 / size {
            let ids = bench.claim_ids(size);
            assert_eq!(ids.len(), size);
            let of_b = ids.iter().filter(|id| id.starts_with('b')).count();
            bench.add(many("b", made, of_b));
            made += of_b;
            taken += of_b;
        }
        let least = if waiting == size { 495 } else { 0 };
        assert!((least..=505).contains(&taken), "claims of {size}, {waiting} waiting: {taken} of 1,000");
        bench.admin(Admin::ClearReady { only: None });
    }
}

fn limits(bench: &mut Bench) {
    bench.organization("a", 1.0, 1, (0, 0));
    bench.organization("b", 1.0, 0, (2, 1_000));
    bench.add(many("a", 0, 5));
    bench.add(many("b", 0, 5));
    let members = bench.claim(9);
    assert_eq!(members.len(), 3);
    assert_eq!(bench.claim(9).len(), 0);
    let of_a = members.iter().find(|member| member.starts_with('a')).unwrap();
    let next = bench.turn(9, vec![ending(of_a, Fate::Completed, 0, "a")]);
    assert_eq!(next.given.len(), 1);
    bench.now += 1_000;
    assert_eq!(bench.claim(9).len(), 2);
    bench.set(vec![("conc", Some(6)), ("rmax", Some(1)), ("rper", Some(500))]);
    bench.add(many("c", 0, 5));
    assert_eq!(bench.claim(9).len(), 1);
    let turned = bench.turn(9, Vec::new());
    assert_eq!((turned.given.len(), turned.hints.due_ms), (0, Some(500)));
    assert_eq!(bench.look(Look::Limits), [6, 1, 500, 500]);
    bench.now += 500;
    // Six run already.
    assert_eq!(bench.claim(9).len(), 0);
    let of_b = members.iter().find(|member| member.starts_with('b')).unwrap();
    bench.turn(0, vec![ending(of_b, Fate::HoldsQueue, 2_000, "b")]);
    assert_eq!(bench.look(Look::Limits), [6, 1, 500, 2_000]);
    assert_eq!(bench.claim(9).len(), 0);
    bench.set(vec![("hold", None), ("rate", None)]);
    assert_eq!(bench.look(Look::Limits), [6, 1, 500, 0]);
    assert_eq!(bench.claim(9).len(), 1);
}

fn pauses(bench: &mut Bench) {
    bench.add(many("a", 0, 2));
    bench.add(many("b", 0, 1));
    let only = Some("a".to_owned());
    bench.admin(Admin::Pause { only: only.clone(), pauses: true });
    assert_eq!(bench.admin(Admin::IsPaused { only: only.clone() }), vec![Word::Number(1)]);
    assert_eq!(bench.claim_ids(9), ["b0"]);
    bench.admin(Admin::Pause { only: None, pauses: true });
    bench.admin(Admin::Pause { only, pauses: false });
    let turned = bench.turn(9, Vec::new());
    assert_eq!((turned.given.len(), turned.hints.is_paused), (0, true));
    bench.admin(Admin::Pause { only: None, pauses: false });
    assert_eq!(bench.claim_ids(9), ["a0", "a1"]);
}

fn retention(bench: &mut Bench) {
    bench.set(vec![("rc", Some(3)), ("dc", Some(0)), ("ra", Some(5_000))]);
    bench.add(many("a", 0, 6));
    let members = bench.claim(9);
    for member in &members[..5] {
        bench.now += 1;
        bench.turn(0, vec![ending(member, Fate::Completed, 0, "a")]);
    }
    bench.turn(0, vec![ending(&members[5], Fate::Dead, 0, "a")]);
    assert_eq!(bench.counts(), [0, 0, 0, 3, 0]);
    bench.now += 5_000;
    bench.sweep();
    assert_eq!(bench.counts(), [0, 0, 0, 1, 0]);
    bench.set(vec![("rb", Some(0))]);
    bench.now += 1_000;
    bench.sweep();
    assert_eq!(bench.counts(), [0, 0, 0, 0, 0]);
}

fn forgotten(bench: &mut Bench) {
    let token = |members: &[String]| members[0].split(':').nth(1).unwrap().parse::<u64>().unwrap();
    bench.add_ids("a", &["j1", "j2"]);
    bench.claim(1);
    let before = token(&bench.claim(1));
    bench.queue.clear();
    bench.now += 1;
    bench.add_ids("a", &["j2"]);
    assert!(token(&bench.claim(1)) > before);
}

fn single_jobs(bench: &mut Bench) {
    let id = |id: &str| id.to_owned();
    bench.add(many("a", 0, 4));
    bench.add(vec![NewJob { delay_ms: 9_000, ..job("later", "a") }]);
    assert_eq!(bench.admin(Admin::Cancel { id: id("a0") }), vec![Word::from("removed")]);
    assert_eq!(bench.admin(Admin::Cancel { id: id("none") }), vec![Word::from("unknown")]);
    assert_eq!(bench.admin(Admin::Reschedule { id: id("later"), delay_ms: 0 }), vec![Word::Number(1)]);
    assert_eq!(bench.admin(Admin::Reschedule { id: id("a1"), delay_ms: 100 }), vec![Word::Number(1)]);
    assert_eq!(bench.admin(Admin::Prioritize { id: id("later"), priority: 7 }), vec![Word::Number(1)]);
    assert_eq!(bench.admin(Admin::Remove { id: id("a2") }), vec![Word::Number(1)]);
    let members = bench.claim(9);
    assert_eq!(members.iter().map(|member| id_of(member)).collect::<Vec<_>>(), ["later", "a3"]);
    assert_eq!(bench.admin(Admin::Remove { id: id("a3") }), vec![Word::Number(0)]);
    bench.end(&members[1], Fate::Dead, 0);
    assert_eq!(bench.admin(Admin::Cancel { id: id("a3") }), vec![Word::from("finished")]);
    assert_eq!(bench.admin(Admin::Retry { id: id("a3") }), vec![Word::Number(1)]);
    let data = br#"{"is":"new"}"#.to_vec();
    let rewrites = |id: &str| Admin::Rewrite { id: id.to_owned(), data: data.clone() };
    for (id, number) in [("none", 0), ("a1", 1), ("a3", 1), ("later", 1)] {
        assert_eq!(bench.admin(rewrites(id)), vec![Word::Number(number)]);
    }
    bench.now += 100;
    let given = bench.turn(9, Vec::new()).given;
    assert_eq!(given.iter().map(|(member, _)| id_of(member)).collect::<Vec<_>>(), ["a3", "a1"]);
    assert!(given.iter().all(|(_, record)| record.ends_with(&data)));
    assert_eq!(bench.counts(), [0, 0, 3, 0, 0]);
}
