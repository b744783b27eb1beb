//! What organizations get of a worker, by weight: the worker's hand over a queue in memory, on virtual time.

use super::tests::{MS, Played, options};
use super::*;
use crate::queue::contract::{Add, Admin, NewJob, Reply, Step, Store, Turn};
use crate::queue::memory::Memory;

const WEIGHTS: [(&str, f64); 3] = [("one", 1.0), ("three", 3.0), ("two", 2.0)];
const JOBS: usize = 6_000;

/// A queue with that many jobs of each organization.
fn filled() -> Memory {
    let mut queue = Memory::default();
    queue.set_time(1_800_000_000_000);
    for (number, (name, weight)) in (1..).zip(WEIGHTS) {
        let organization = Admin::Organization {
            name: name.to_owned(),
            weight: Some(weight),
            concurrency: None,
            rate: None,
        };
        queue.run(&Step::Admin(organization)).unwrap();
        let jobs = (0..JOBS).map(|at| new_job(&format!("{name}{at}"), name)).collect();
        let added = queue.run(&Step::Add(Add { sender: "p".to_owned(), number, max_waiting: 0, jobs }));
        assert!(matches!(added, Ok(Reply::Added { .. })), "{added:?}");
    }
    queue
}

fn new_job(id: &str, organization: &str) -> NewJob {
    let of = Job { organization: Some(organization.to_owned()), ..super::tests::mail() };
    let (head, tail) = of.write(b"{}");
    NewJob {
        id: id.to_owned(),
        organization: organization.to_owned(),
        priority: 0,
        delay_ms: 0,
        head,
        tail,
        mark: String::new(),
        digest: String::new(),
        window_ms: 0,
    }
}

/// Organizations in the order in which their jobs begin. A handler and a round trip take as long as is said.
fn begun(concurrency: usize, handler: Duration, trip: Duration) -> Vec<String> {
    let mut queue = filled();
    let mut played = Played::new(HandOptions { concurrency, prefetch: None, ..options() });
    let (mut begun, mut running, mut number) = (Vec::new(), VecDeque::new(), 0);
    while begun.len() < JOBS {
        let turn = played.hand.turn(played.now);
        let until = played.now + trip;
        // Handlers end and others begin while the turn is under way.
        loop {
            played.hand.seen(played.now);
            for given in played.hand.begin(played.now) {
                running.push_back((played.now + handler, given.fence));
                begun.push(given.job.organization.unwrap());
            }
            let Some((ends, fence)) = running.front().copied().filter(|(ends, _)| *ends <= until) else {
                break;
            };
            running.pop_front();
            played.now = ends;
            played.finish(fence, Outcome::Completed);
        }
        played.now = until;
        let Some((endings, wants)) = turn else { continue };
        number += 1;
        let finished = endings.into_iter().map(|ending| ending.finished).collect();
        let (worker, times) = ("w".to_owned(), Vec::new());
        let step = Step::Turn(Turn { worker, number, lease_ms: 15_000, wants, finished, times });
        let Reply::Turned(turned) = queue.run(&step).unwrap() else { panic!("no turn") };
        played.hand.turned(wants, &turned, trip, Duration::ZERO, played.now);
        played.pass(0);
    }
    begun
}

#[test]
fn organizations_begin_by_their_weights_at_any_concurrency_and_at_any_time() {
    for concurrency in [1, 10, 50] {
        for (handler, trip) in [(MS / 100, MS), (2 * MS, MS), (20 * MS, MS / 2), (MS / 100, 5 * MS)] {
            let begun = begun(concurrency, handler, trip);
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for (before, name) in begun.iter().enumerate() {
                *counts.entry(name).or_default() += 1;
                let of = (concurrency, handler, before + 1);
                for (name, weight) in WEIGHTS {
                    let due = (before + 1) as f64 * weight / 6.0;
                    let off = (counts.get(name).copied().unwrap_or(0) as f64 - due).abs();
                    // Within 1 % of its share of the whole.
                    assert!(off <= JOBS as f64 * weight / 600.0, "{of:?}: {name} is off by {off}");
                }
            }
        }
    }
}
