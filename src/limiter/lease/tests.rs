//! A keeper's connection with a server that the test plays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::conversation::Conversation;
use super::held::{Lease, Part};
use super::keeper::{Keeper, Keepers};
use crate::config::{Config, Endpoint};
use crate::connection::{Bytes, ConnectionHandler, Dialer, ServerInfo};
use crate::lane::commands_of;
use crate::limiter::identity::Mark;

const LENGTH_MS: u64 = 30_000;

struct Talk {
    keeper: Option<Keeper>,
    conversation: Conversation,
    now: Instant,
}

fn dialer() -> Dialer {
    Dialer::new(Config::load(&serde_json::Map::new(), &|_| None).unwrap())
}

fn lease(number: u64, keys: &[&str]) -> Arc<Lease> {
    let part = |key: &&str| Part {
        mark: Mark { policy: 0, hash: [7; 16], organization: 0 },
        key: key.as_bytes().into(),
        cost: 1,
        length_ms: LENGTH_MS,
    };
    Arc::new(Lease::new(number, keys.iter().map(part).collect()))
}

impl Talk {
    fn of(dialer: &Dialer, all: Arc<Keepers>) -> Talk {
        let (keeper, shared) = Keeper::played(dialer, all);
        let conversation = Conversation::new(shared);
        Talk { keeper: Some(keeper), conversation, now: Instant::now() }
    }

    fn connected() -> Talk {
        let mut talk = Talk::of(&dialer(), Arc::default());
        talk.connect();
        talk
    }

    fn connect(&mut self) {
        self.conversation.connected(&ServerInfo::default(), self.now);
    }

    fn keep(&self, lease: &Arc<Lease>) {
        self.keeper.as_ref().unwrap().keep(lease, self.now);
    }

    fn pass(&mut self, ms: u64) -> bool {
        self.now += Duration::from_millis(ms);
        self.conversation.expire(self.now).is_some()
    }

    /// The commands that were sent since the last time: their names, the keys, and for how many leases.
    fn sent(&mut self) -> Vec<String> {
        let sent = self.conversation.unsent().to_vec();
        self.conversation.sent(sent.len());
        let shown = |words: Vec<&[u8]>| {
            let keys: usize = std::str::from_utf8(words[2]).unwrap().parse().unwrap();
            let is_renewal = keys == 1 && (words.len() - 4).is_multiple_of(3);
            let what = if is_renewal { "renew" } else { "release" };
            let keys = words[3..3 + keys].iter().map(|key| String::from_utf8_lossy(key)).collect::<Vec<_>>();
            format!("{} {what} {} {}", String::from_utf8_lossy(words[0]), keys.join("+"), words.len())
        };
        commands_of(&sent).filter(|words| words.len() > 3).map(shown).collect()
    }

    fn hear(&mut self, bytes: &str) {
        self.conversation.read_room()[..bytes.len()].copy_from_slice(bytes.as_bytes());
        self.conversation.received(bytes.len(), self.now).unwrap();
    }
}

#[test]
fn a_lease_is_written_anew_in_each_third_of_its_length_until_it_is_over() {
    let mut talk = Talk::connected();
    let lease = lease(1, &["k"]);
    talk.keep(&lease);
    assert!(!talk.pass(4900));
    assert_eq!(talk.sent(), Vec::<String>::new());
    for _ in 0..3 {
        talk.pass(5100);
        assert_eq!(talk.sent(), ["EVALSHA renew k 7"]);
        talk.hear(":0\r\n");
        talk.pass(4900);
        assert_eq!(talk.sent(), Vec::<String>::new());
    }
    lease.end();
    talk.pass(60_000);
    assert_eq!(talk.sent(), Vec::<String>::new());
}

#[test]
fn leases_of_one_key_are_one_request_and_those_of_many_keys_leave_together() {
    let mut talk = Talk::connected();
    (0..200).for_each(|number| talk.keep(&lease(number, &["k"])));
    talk.keep(&lease(200, &["l", "m"]));
    talk.pass(10_000);
    let mut sent = talk.sent();
    sent.sort();
    assert_eq!(
        sent,
        ["EVALSHA renew k 220", "EVALSHA renew k 388", "EVALSHA renew l 7", "EVALSHA renew m 7"]
    );
}

#[test]
fn what_prolongs_a_lease_and_was_under_way_when_it_ended_is_followed_by_its_end() {
    let mut talk = Talk::connected();
    let lease = lease(1, &["k"]);
    talk.keep(&lease);
    talk.pass(10_000);
    assert_eq!(talk.sent(), ["EVALSHA renew k 7"]);
    lease.end();
    talk.conversation.look_at(talk.now);
    // Four words, a name, a length and a cost.
    assert_eq!(talk.sent(), ["EVALSHA renew k 7"]);
    talk.hear(":0\r\n:1\r\n");
    talk.pass(60_000);
    assert_eq!(talk.sent(), Vec::<String>::new());
}

#[test]
fn a_server_without_the_script_gets_its_text() {
    let mut talk = Talk::connected();
    talk.keep(&lease(1, &["k"]));
    talk.pass(10_000);
    talk.sent();
    talk.hear("-NOSCRIPT No matching script.\r\n");
    assert_eq!(talk.sent(), ["EVAL renew k 7"]);
    talk.hear(":1\r\n");
    talk.pass(10_000);
    assert_eq!(talk.sent(), ["EVALSHA renew k 7"]);
}

#[test]
fn a_new_connection_writes_all_leases_at_once_and_what_is_over_is_told() {
    let mut talk = Talk::connected();
    let (first, second) = (lease(1, &["k"]), lease(2, &["l", "m"]));
    talk.keep(&first);
    talk.keep(&second);
    talk.conversation.disconnected(crate::connection::connection_silent(), talk.now);
    second.give_up();
    talk.conversation.look_at(talk.now);
    assert_eq!(talk.sent(), Vec::<String>::new());
    talk.connect();
    let mut sent = talk.sent();
    sent.sort();
    assert_eq!(sent, ["EVALSHA release l+m 10", "EVALSHA renew k 7"]);
    // What has no answer is asked of the next connection.
    talk.conversation.disconnected(crate::connection::connection_silent(), talk.now);
    talk.connect();
    let mut sent = talk.sent();
    sent.sort();
    assert_eq!(sent, ["EVALSHA release l+m 10", "EVALSHA renew k 7"]);
}

#[test]
fn what_has_ended_by_itself_is_not_told() {
    let mut talk = Talk::of(&dialer(), Arc::default());
    let lease = lease(1, &["k"]);
    talk.keep(&lease);
    lease.give_up();
    talk.now += Duration::from_millis(LENGTH_MS + 1000);
    talk.connect();
    assert_eq!(talk.sent(), Vec::<String>::new());
}

#[test]
fn what_the_server_refuses_is_asked_again_after_a_second() {
    let mut talk = Talk::connected();
    talk.keep(&lease(1, &["k"]));
    talk.pass(10_000);
    for refusal in ["-OOM full\r\n", "-CLUSTERDOWN no\r\n", "-WRONGTYPE a text\r\n", "-ASK 1 127.0.0.1:1\r\n"]
    {
        assert_eq!(talk.sent(), ["EVALSHA renew k 7"], "{refusal}");
        talk.hear(refusal);
        assert!(!talk.pass(999));
        assert!(!talk.pass(1));
    }
}

#[test]
fn a_connection_that_serves_nobody_or_is_silent_is_replaced() {
    for refusal in ["-READONLY a replica\r\n", "-LOADING its file\r\n", "-NOAUTH who\r\n"] {
        let mut talk = Talk::connected();
        talk.keep(&lease(1, &["k"]));
        talk.pass(10_000);
        talk.sent();
        talk.hear(refusal);
        assert!(talk.conversation.next_deadline().unwrap() <= talk.now, "{refusal}");
        assert!(talk.pass(0), "{refusal}");
    }
    let mut talk = Talk::connected();
    talk.keep(&lease(1, &["k"]));
    talk.pass(10_000);
    talk.sent();
    assert!(!talk.pass(4999));
    assert!(talk.pass(1), "as long as a command may take");
}

#[test]
fn a_lease_whose_slot_has_moved_is_prolonged_by_the_keeper_of_its_node() {
    let all: Arc<Keepers> = Arc::default();
    let at = |port| {
        let endpoint = Endpoint::Tcp { host: "127.0.0.1".to_owned(), port };
        dialer().following(watch::channel(endpoint).1)
    };
    let (mut from, mut to) = (Talk::of(&at(7000), all.clone()), Talk::of(&at(7001), all));
    from.connect();
    to.connect();
    from.keep(&lease(1, &["k"]));
    from.pass(10_000);
    from.sent();
    from.hear("-MOVED 12 127.0.0.1:7001\r\n");
    to.now = from.now;
    to.conversation.look_at(to.now);
    assert_eq!(to.sent(), ["EVALSHA renew k 7"]);
    from.pass(60_000);
    assert_eq!(from.sent(), Vec::<String>::new());
    // Where nobody knows the node, this one asks again.
    from.keep(&lease(2, &["l"]));
    from.pass(10_000);
    from.sent();
    from.hear("-MOVED 12 127.0.0.1:7009\r\n");
    from.pass(1000);
    assert_eq!(from.sent(), ["EVALSHA renew l 7"]);
    // A node that leaves the cluster hands its leases over.
    from.hear(":0\r\n");
    drop(from.keeper.take());
    from.conversation.look_at(from.now);
    to.now = from.now;
    to.conversation.look_at(to.now);
    assert_eq!(to.sent().iter().filter(|sent| sent.contains("renew l")).count(), 1);
}

#[test]
fn the_last_keeper_ends_its_leases() {
    let mut talk = Talk::connected();
    talk.keep(&lease(1, &["k", "l"]));
    drop(talk.keeper.take());
    talk.conversation.look_at(talk.now);
    assert_eq!(talk.sent(), ["EVALSHA release k+l 10"]);
}
