//! Queues on a server and on a node of a cluster: the suite that the embedded queue passes too, and histories that are compared
//! with it.

use std::cell::RefCell;
use std::rc::Rc;

use orgcache::lane::Arguments;
use orgcache::queue::suite::{Event, History, Planned, Server, Subject, check_all, compare};
use orgcache::redis::Outcome;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::client::Client;

/// So many histories unless the variable asks for more.
const HISTORIES: u32 = 60;
const HISTORIES_VARIABLE: &str = "ORGCACHE_QUEUE_HISTORIES";
/// Steps of a history, and where more histories are asked for.
const STEPS: usize = 60;
const MOST_STEPS: usize = 200;

/// Histories of up to so many steps.
fn history(most: usize) -> impl Strategy<Value = History> {
    let add = (proptest::collection::vec((0u8..4, -2i8..3, 0u16..3, 0u8..6), 1..6), 0u8..30, any::<bool>());
    let ends = proptest::collection::vec((any::<u8>(), 0u8..7, 0u16..3_000), 0..4);
    let event = prop_oneof![
        8 => add.prop_map(|(jobs, most, is_repeated)| Event::Add { jobs, most, is_repeated }),
        1 => (0u8..4).prop_map(|back| Event::AddAgain { back }),
        12 => (0u8..3, 0u8..12, ends, any::<bool>(), proptest::bool::weighted(0.1)).prop_map(
            |(worker, wants, ends, is_repeated, is_stale)| Event::Turn { worker, wants, ends, is_repeated, is_stale }
        ),
        2 => (0u8..3).prop_map(|worker| Event::Renew { worker }),
        3 => Just(Event::Sweep),
        3 => Just(Event::Listen),
        6 => prop_oneof![1u32..2_000, Just(15_001), Just(90_000_000)].prop_map(|ms| Event::Pass { ms }),
        1 => (0u8..4, 1u8..4, 0u8..3, 0u8..3).prop_map(|(organization, weight, concurrency, rate)| Event::Limit {
            organization, weight, concurrency, rate
        }),
        1 => (0u8..4, 0u8..4).prop_map(|(concurrency, rate)| Event::LimitQueue { concurrency, rate }),
        1 => (proptest::option::of(0u8..4), any::<bool>())
            .prop_map(|(organization, pauses)| Event::Pause { organization, pauses }),
        4 => (any::<u8>(), 0u8..7).prop_map(|(id, what)| Event::About { id, what }),
        1 => (0u8..3, proptest::option::of(0u8..4)).prop_map(|(what, organization)| Event::Clear { what, organization }),
    ];
    let event = prop_oneof![4 => event, 1 => planned().prop_map(Event::Plan)];
    proptest::collection::vec(event, 1..most)
}

/// Steps on schedules.
fn planned() -> impl Strategy<Value = Planned> {
    prop_oneof![
        3 => (0u8..3, 0u8..4, 0u8..3, 0u8..4, any::<bool>()).prop_map(|(id, organization, times, count, skips)| {
            Planned::Put { id, organization, times, count, skips }
        }),
        6 => (any::<u8>(), 0u8..4, 0u8..4, proptest::bool::weighted(0.2), any::<bool>()).prop_map(
            |(which, moves, kind, is_stale, is_repeated)| Planned::Fire { which, moves, kind, is_stale, is_repeated }
        ),
        2 => (0u8..3, 0u8..4, any::<bool>())
            .prop_map(|(id, organization, is_repeated)| Planned::Run { id, organization, is_repeated }),
        1 => (0u8..3, 0u8..4).prop_map(|(id, organization)| Planned::Remove { id, organization }),
        1 => proptest::option::of(0u8..4).prop_map(|organization| Planned::Clear { organization }),
    ]
}

struct Over(Rc<RefCell<Client>>);

impl Server for Over {
    fn run(&mut self, request: &[u8]) -> Vec<u8> {
        let words: Vec<&[u8]> = Arguments::new(request).collect();
        match self.0.borrow_mut().raw(&words) {
            Outcome::Reply(bytes, _) => bytes.into_owned(),
            other => panic!("{other:?}"),
        }
    }
}

fn subject(client: &Rc<RefCell<Client>>, name: &str) -> Subject {
    Subject::server(Box::new(Over(client.clone())), name)
}

fn shared(client: Client) -> Rc<RefCell<Client>> {
    Rc::new(RefCell::new(client))
}

#[test]
fn a_server_keeps_every_promise() {
    let client = shared(Client::connect("queues"));
    check_all(&mut |number| subject(&client, &format!("promise-{number}")));
}

#[test]
fn a_node_of_a_cluster_keeps_every_promise() {
    let client = shared(Client::connect_to_cluster("queues"));
    check_all(&mut |number| subject(&client, &format!("promise-{number}")));
}

#[test]
fn a_server_and_memory_answer_and_keep_the_same_after_every_step() {
    let asked = std::env::var(HISTORIES_VARIABLE).ok().and_then(|count| count.parse().ok());
    let (cases, steps) = asked.map_or((HISTORIES, STEPS), |cases| (cases, MOST_STEPS));
    let client = shared(Client::connect("queue-histories"));
    let number = RefCell::new(0);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let run = runner.run(&history(steps), |history| {
        *number.borrow_mut() += 1;
        let mut queue = subject(&client, &format!("history-{}", number.borrow()));
        compare(&mut queue, &history);
        queue.clear();
        Ok(())
    });
    run.unwrap();
}
