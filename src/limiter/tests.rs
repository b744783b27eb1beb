//! The limiter over a connection whose server is this file: what is asked, and what is answered whatever becomes of that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::answer::LOCAL_RECEIPT;
use super::check::{BEGINS, HAS_COST, POLICY_UNIT};
use super::decode::{COUNTED_BY_REDIS, COUNTED_HERE, Call as AnyRoomCall, RECEIPTS, VERBS, decode};
use super::gathered::Scratch;
use super::identity::Mark;
use super::room::Limiters;
use super::ticket::LimiterTicket;
use crate::config::{Config, Endpoint};
use crate::connection::ServerInfo;
use crate::error::{Error, ErrorCode};
use crate::health::State;
use crate::lane::commands_of;
use crate::redis::{
    Asked, Call as AnyCall, CallArguments, Feature, MultiplexedConnection, Node, Outcome, Redirected,
    RequestSink, Role, Sink,
};

/// Admitted as the first call of its window, with a limit of 3 in 60 s. The second half of the window has not begun.
const ADMITTED: &str = "*3\r\n:1700000040000000\r\n$1\r\na\r\n$12\r\n28333334:0:1\r\n";
/// Refused, since all 3 are used.
const REFUSED: &str = "*3\r\n:1700000040000000\r\n$1\r\nl\r\n$12\r\n28333334:0:3\r\n";

/// Beside the code of a check that Redis has just refused for longer than `localDenySeconds`: it is refused here for 5 s.
const HELD: u64 = 5000 << 6;

/// How calls ended.
#[derive(Default)]
struct Ended(Vec<(u32, String)>);

impl Sink for Ended {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        let shown = match outcome {
            Outcome::Failed(error) => error.code().as_str().to_owned(),
            Outcome::Json(json) => String::from_utf8_lossy(&json).into_owned(),
            other => format!("{other:?}"),
        };
        self.0.push((call_id, shown));
    }
}

impl RequestSink<LimiterTicket> for Ended {
    fn redirect(&mut self, redirected: Redirected<LimiterTicket>) {
        self.0.push((redirected.pending.call_id, format!("{:?}", redirected.to)));
    }
}

struct Connection {
    inner: MultiplexedConnection<Limiters>,
    ended: Ended,
    now: Instant,
    sent: Vec<u8>,
}

fn config(settings: &'static [(&str, &str)]) -> Config {
    Config::load(&serde_json::Map::new(), &|variable| {
        settings.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

/// One check of a call: its policy and id.
fn check(policy: u64, id: &str, arguments: &mut CallArguments, bits: u64) {
    arguments.push_number((policy * POLICY_UNIT + bits) as f64);
    let from = arguments.buffer().len();
    arguments.buffer().extend_from_slice(id.as_bytes());
    arguments.push_bytes(from);
}

/// The arguments of a call of one check of the first policy.
fn of(id: &str) -> CallArguments {
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    check(0, id, &mut arguments, 0);
    arguments
}

fn asked(verb: &str) -> Asked {
    Asked { verb: VERBS.iter().position(|name| *name == verb).unwrap() as u8, flags: 0, detail: 0 }
}

impl Connection {
    fn over(node: Node) -> Connection {
        let room = Limiters::new(Arc::new(node));
        let mut connection = Connection {
            inner: MultiplexedConnection::new(Arc::new(room)),
            ended: Ended::default(),
            now: Instant::now(),
            sent: Vec::new(),
        };
        connection.open(
            r#"{"policies":{"a":{"limit":3,"windowSeconds":60},"b":{"limit":3,"windowSeconds":60,
            "onRedisDown":"closed"},"c":{"limit":3,"windowSeconds":60,"onRedisDown":"open"},
            "d":{"limit":3,"windowSeconds":60,"mode":"shadow"},
            "e":{"limit":3,"windowSeconds":60,"blockSeconds":90}}}"#,
        );
        connection
    }

    fn connected() -> Connection {
        let mut connection = Connection::over(Node::new(config(&[]), Role::Shared));
        connection.connect();
        connection
    }

    /// A connection that has said that the process is there.
    fn connect(&mut self) {
        self.inner.connected(&ServerInfo::default(), self.now);
        assert_eq!(self.take_sent(), ["EVAL"]);
        assert_eq!(self.answer(":1\r\n"), []);
        self.consume(9, &[(0, "warm")]);
        assert_eq!(self.take_sent(), ["EVALSHA"]);
        self.answer(ADMITTED);
    }

    fn room(&self) -> &Limiters {
        self.inner.feature()
    }

    fn open(&mut self, options: &str) {
        let mut arguments = CallArguments::default();
        let from = arguments.buffer().len();
        arguments.buffer().extend_from_slice(options.as_bytes());
        arguments.push_bytes(from);
        let call = decode(asked("open"), &mut arguments).unwrap();
        let opened = self.room().answer(&call, self.now, &mut Scratch::default());
        assert!(matches!(opened, Outcome::Json(_)), "{opened:?}");
    }

    /// One call of JavaScript with the checks of as many callers.
    fn consume(&mut self, call_id: u32, checks: &[(u64, &str)]) {
        let mut arguments = CallArguments::default();
        arguments.push_number(0.0);
        checks.iter().for_each(|(policy, id)| check(*policy, id, &mut arguments, BEGINS));
        self.call("consume", call_id, arguments);
    }

    fn consume_together(&mut self, call_id: u32, checks: &[(u64, &str)]) {
        let mut arguments = CallArguments::default();
        arguments.push_number(0.0);
        let bits = |position| if position == 0 { BEGINS } else { 0 };
        checks.iter().enumerate().for_each(|(at, (policy, id))| check(*policy, id, &mut arguments, bits(at)));
        self.call("consume", call_id, arguments);
    }

    fn change(&mut self, verb: &str, call_id: u32, id: &str) {
        self.call(verb, call_id, of(id));
    }

    fn call(&mut self, verb: &str, call_id: u32, arguments: CallArguments) {
        self.call_in_detail(asked(verb), call_id, arguments);
    }

    fn call_in_detail(&mut self, asked: Asked, call_id: u32, mut arguments: CallArguments) {
        let call = AnyCall::Room(decode(asked, &mut arguments).unwrap());
        self.inner.call(&call, call_id, self.now, &mut self.ended);
        self.send();
    }

    fn send(&mut self) {
        let unsent = self.inner.unsent();
        let count = unsent.len();
        self.sent.extend_from_slice(unsent);
        self.inner.sent(count);
    }

    /// The names of the commands that were sent since the last time.
    fn take_sent(&mut self) -> Vec<String> {
        self.send();
        let sent = std::mem::take(&mut self.sent);
        commands_of(&sent).map(|words| String::from_utf8_lossy(words[0]).into_owned()).collect()
    }

    /// What ends by these replies.
    fn answer(&mut self, replies: &str) -> Vec<(u32, String)> {
        self.inner.read_room()[..replies.len()].copy_from_slice(replies.as_bytes());
        let _ = self.inner.received(replies.len(), self.now, &mut self.ended);
        self.take_ended()
    }

    fn take_ended(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.ended.0)
    }

    fn lose(&mut self) {
        self.inner.disconnected(Error::new(ErrorCode::Connect, "gone"), self.now, &mut self.ended);
    }

    fn mark(&self, id: &str) -> Mark {
        let mut arguments = CallArguments::default();
        arguments.push_number(0.0);
        check(0, id, &mut arguments, BEGINS);
        let AnyRoomCall::Reset { check, .. } = decode(asked("reset"), &mut arguments).unwrap() else {
            panic!("no reset")
        };
        self.room().limiter(0).unwrap().identify(&check).unwrap().mark
    }

    fn counted(&self, policy: usize, counter: &str) -> u64 {
        let limiter = self.room().limiter(0).unwrap();
        let names = ["a", "b", "c", "d", "e"];
        limiter.stats(1)["policies"][names[policy]][counter].as_u64().unwrap()
    }
}

/// Whether a call ended with a refusal that holds: its code, and nothing remains.
fn is_held(told: &(u32, String), code: u64) -> bool {
    told.1.starts_with(&format!("[{},0,", HELD | code))
}

fn ended(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected.iter().map(|(call_id, how)| (*call_id, (*how).to_owned())).collect()
}

#[test]
fn the_checks_of_many_callers_are_one_request_and_one_answer() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "y")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    let both = "*4\r\n:1700000040000000\r\n$2\r\nal\r\n$12\r\n28333334:0:1\r\n$12\r\n28333334:0:3\r\n";
    // The window ends in 60 s, and the first call of the next one waits for a third of it.
    let told = connection.answer(both);
    assert_eq!(told.len(), 1);
    let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!((numbers[0], numbers[1], numbers[3]), (0, 2, 0));
    assert_eq!((numbers[4], numbers[5]), (HELD + 33, 0), "refused for the first time in its window");
    assert!(numbers[7] > 60_000 && numbers[7] <= 120_000);
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "limited")), (2, 1));
}

#[test]
fn a_server_that_lost_its_scripts_is_given_the_text_once() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    assert_eq!(connection.answer("-NOSCRIPT No matching script\r\n"), []);
    assert_eq!(connection.take_sent(), ["EVAL"]);
    let told = connection.answer(ADMITTED);
    assert!(told[0].1.starts_with("[0,2,"), "{told:?}");
    connection.consume(2, &[(0, "x")]);
    connection.answer("-NOSCRIPT No matching script\r\n");
    assert_eq!(connection.take_sent(), ["EVALSHA", "EVAL"]);
    let told = connection.answer("-NOSCRIPT No matching script\r\n");
    assert!(told[0].1.starts_with("[16,2,"), "{told:?}");
}

#[test]
fn a_refusal_of_the_server_is_decided_as_an_outage_and_sent_once() {
    for refusal in ["OOM no memory", "READONLY no", "NOPERM no", "MISCONF no", "LOADING no", "BUSY no"] {
        let mut connection = Connection::connected();
        connection.consume(1, &[(0, "x"), (1, "x"), (2, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"]);
        let told = connection.answer(&format!("-{refusal}\r\n"));
        let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
        assert_eq!((numbers[0], numbers[4], numbers[8]), (16, 21, 16), "{refusal}");
        assert_eq!((numbers[1], numbers[9]), (2, 3), "an open policy counts nothing");
        assert_eq!(connection.take_sent().len(), 0, "{refusal}");
        assert_eq!(connection.counted(1, "down"), 1);
        assert_eq!(connection.counted(0, "local"), 1);
    }
}

#[test]
fn a_check_that_failed_in_its_script_is_decided_here_and_a_replica_is_left() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "y")]);
    let failed = "*4\r\n:1700000040000000\r\n$2\r\nae\r\n$12\r\n28333334:0:1\r\n$6\r\nOOM no\r\n";
    let numbers: Vec<u64> = serde_json::from_str(&connection.answer(failed)[0].1).unwrap();
    assert_eq!((numbers[0], numbers[4], numbers[5]), (0, 16, 2));
    assert_eq!(connection.counted(0, "errors"), 1);
    connection.consume(2, &[(0, "x")]);
    let refused = "*3\r\n:1700000040000000\r\n$1\r\ne\r\n$11\r\nREADONLY no\r\n";
    connection.inner.read_room()[..refused.len()].copy_from_slice(refused.as_bytes());
    let ended = connection.inner.received(refused.len(), connection.now, &mut connection.ended);
    assert_eq!(ended.unwrap_err().redis_code(), Some("READONLY"));
    assert!(connection.take_ended()[0].1.starts_with("[16,"));
}

#[test]
fn a_lost_connection_and_an_outage_are_decided_here() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.lose();
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    for left in [1, 0] {
        connection.consume(2, &[(0, "x")]);
        assert!(connection.take_ended()[0].1.starts_with(&format!("[16,{left},")));
    }
    connection.consume(3, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[49,0,"), "refused by what this process counted");
    connection.consume_together(4, &[(0, "y"), (1, "y")]);
    assert_eq!(connection.take_ended(), ended(&[(4, "[22,0,0,0,21,0,0,1000]")]));
}

#[test]
fn a_decision_comes_in_its_time_and_its_lateness_says_nothing_of_the_server() {
    let mut connection = Connection::connected();
    for call_id in 0..30 {
        connection.consume(call_id, &[(0, "x")]);
    }
    connection.now += Duration::from_millis(199);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    assert_eq!(connection.take_ended(), []);
    connection.now += Duration::from_millis(1);
    assert!(connection.inner.next_deadline().unwrap() <= connection.now);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    let told = connection.take_ended();
    assert_eq!(told.len(), 30);
    assert!(told[0].1.starts_with("[16,2,") && told[29].1.starts_with("[17,0,"), "{told:?}");
    assert_eq!(connection.room().node().health().state(), State::Ready);
    assert_eq!(connection.answer(&ADMITTED.repeat(30)), [], "late answers are nobody's");
}

#[test]
fn a_call_that_waits_for_its_first_connection_is_decided_in_time() {
    let mut connection = Connection::over(Node::new(config(&[]), Role::Shared));
    connection.consume(1, &[(0, "x")]);
    connection.now += Duration::from_millis(200);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    assert_eq!(connection.room().node().health().state(), State::Connecting, "others wait on");
}

#[test]
fn who_was_refused_is_refused_here_until_that_is_ended() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    assert!(is_held(&connection.answer(REFUSED)[0], 33));
    connection.take_sent();
    connection.consume(2, &[(0, "x")]);
    assert!(is_held(&connection.take_ended()[0], 17));
    assert_eq!(connection.take_sent().len(), 0);
    assert_eq!((connection.counted(0, "denied"), connection.counted(0, "limited")), (1, 2));
    connection.consume_together(3, &[(0, "x"), (1, "y")]);
    assert!(connection.take_ended()[0].1.ends_with(",22,0,0,0]"), "nobody was asked for the other");
    for (verb, reply) in [("reset", ":1\r\n"), ("refund", ":1\r\n"), ("unblock", ":1\r\n")] {
        connection.change(verb, 4, "x");
        connection.answer(reply);
        connection.take_sent();
        connection.consume(5, &[(0, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"], "{verb}");
        connection.answer(REFUSED);
    }
    connection.now += Duration::from_secs(5);
    connection.consume(6, &[(0, "x")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
}

#[test]
fn an_answer_from_memory_says_how_long_it_holds_from_then_on() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.answer(REFUSED);
    connection.now += Duration::from_millis(1200);
    connection.consume(2, &[(0, "x")]);
    let told: Vec<u64> = serde_json::from_str(&connection.take_ended()[0].1).unwrap();
    assert_eq!((told[0] >> 6, told[0] & 63), (3800, 17));
    connection.call("update", 3, update(r#"{"limit":3,"windowSeconds":60,"blockSeconds":0}"#));
    connection.consume(4, &[(0, "x")]);
    assert_eq!(connection.take_sent().last().unwrap(), "EVALSHA", "the changed policy is asked for");
}

/// The arguments of an `update` of the first policy.
fn update(policy: &str) -> CallArguments {
    let mut arguments = numbers(&[0, 0]);
    let from = arguments.buffer().len();
    arguments.buffer().extend_from_slice(policy.as_bytes());
    arguments.push_bytes(from);
    arguments
}

fn numbers(values: &[u64]) -> CallArguments {
    let mut arguments = CallArguments::default();
    values.iter().for_each(|value| arguments.push_number(*value as f64));
    arguments
}

#[test]
fn what_javascript_refused_from_memory_is_counted_as_what_native_code_did() {
    let mut connection = Connection::connected();
    connection.call("denied", 1, numbers(&[0, 1, 3, 2]));
    let counted =
        ["denied", "limited", "blocked", "local", "allowed"].map(|name| connection.counted(1, name));
    assert_eq!(counted, [5, 3, 2, 5, 0]);
    connection.call("denied", 2, numbers(&[0, 9, 1, 0]));
    assert_eq!(connection.take_ended(), ended(&[(1, "Null"), (2, "E_CONFIG")]));
}

#[test]
fn a_part_of_a_call_over_slots_counts_as_admitted_when_the_whole_call_is() {
    let mut connection = Connection::connected();
    let allowed = connection.counted(0, "allowed");
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    check(0, "x", &mut arguments, BEGINS);
    connection.call_in_detail(Asked { detail: RECEIPTS, ..asked("consume") }, 1, arguments);
    let told = connection.answer(ADMITTED);
    assert!(told[0].1.ends_with(",1700000040000000,1]"), "{told:?}");
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed, 0));
    connection.call("admitted", 2, numbers(&[0, 0, 2]));
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed + 1, 0));
    connection.call("admitted", 3, numbers(&[0, 0, 0]));
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed + 2, 1));
}

#[test]
fn a_cost_above_the_limit_is_told_as_such_also_to_who_is_refused_here() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.answer(REFUSED);
    connection.take_sent();
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    check(0, "x", &mut arguments, BEGINS | HAS_COST);
    arguments.push_number(4.0);
    connection.call("consume", 2, arguments);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    assert!(connection.answer(REFUSED)[0].1.starts_with("[3,0,"));
}

#[test]
fn a_policy_that_blocks_after_a_refusal_says_so_to_the_calls_that_follow() {
    let mut connection = Connection::connected();
    let refused = "*3\r\n:1700000040000000\r\n$1\r\nn\r\n$12\r\n28333334:0:3\r\n";
    connection.consume(1, &[(4, "x")]);
    assert!(connection.answer(refused)[0].1.starts_with("[33,0,"), "the next answer is another one");
    connection.consume(2, &[(4, "x")]);
    assert!(is_held(&connection.take_ended()[0], 18), "blocked");
}

#[test]
fn a_shadow_policy_refuses_nobody_and_is_asked_again() {
    let mut connection = Connection::connected();
    for call_id in 1..3 {
        connection.consume(call_id, &[(3, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"]);
        assert!(connection.answer(REFUSED)[0].1.starts_with("[4,0,"));
    }
    assert_eq!((connection.counted(3, "shadow"), connection.counted(3, "limited")), (2, 0));
}

#[test]
fn a_check_that_cannot_be_fails_its_call_alone() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    let told = connection.answer(ADMITTED);
    let values: Vec<serde_json::Value> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!((values[0].as_u64(), values[4].as_str()), (Some(0), Some("E_KEY")));
    assert_eq!(connection.counted(0, "errors"), 1);
    let many: Vec<(u64, String)> = (0..33).map(|number| (0, number.to_string())).collect();
    let many: Vec<(u64, &str)> = many.iter().map(|(policy, id)| (*policy, id.as_str())).collect();
    connection.consume_together(2, &many);
    assert!(connection.take_ended()[0].1.contains("more than 32 checks"));
    connection.consume(3, &[]);
    assert_eq!(connection.take_ended(), ended(&[(3, "[]")]));
}

#[test]
fn a_check_that_comes_twice_in_a_call_is_counted_once() {
    let mut connection = Connection::connected();
    connection.consume_together(1, &[(0, "x"), (0, "x")]);
    let told = connection.answer(ADMITTED);
    let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!(numbers[..4], numbers[4..]);
    assert_eq!(connection.counted(0, "allowed"), 2, "the one of the connection, and this one");
}

#[test]
fn changes_answer_what_redis_says_and_fail_without_it() {
    let mut connection = Connection::connected();
    for (verb, reply, expected) in [
        ("reset", ":1\r\n", "Boolean(true)"),
        ("reset", ":0\r\n", "Boolean(false)"),
        ("unblock", ":0\r\n", "Boolean(false)"),
        ("refund", ":1\r\n", "Null"),
    ] {
        connection.change(verb, 1, "x");
        assert_eq!(connection.answer(reply), ended(&[(1, expected)]), "{verb}");
    }
    connection.change("refund", 1, "x");
    assert_eq!(connection.take_sent().last().unwrap(), "EVALSHA");
    connection.answer("-NOSCRIPT no\r\n");
    assert_eq!(connection.take_sent(), ["EVAL"]);
    assert_eq!(connection.answer(":1\r\n"), ended(&[(1, "Null")]));
    connection.lose();
    connection.take_ended();
    connection.change("reset", 2, "x");
    connection.change("unblock", 3, "x");
    connection.change("refund", 4, "x");
    assert_eq!(connection.take_ended(), ended(&[(2, "E_CONNECT"), (3, "E_CONNECT"), (4, "Null")]));
}

/// The arguments of a `giveBack` of one check with a cost.
fn receipt(number: u64, id: &str, cost: u64) -> CallArguments {
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    arguments.push_number(number as f64);
    check(0, id, &mut arguments, HAS_COST);
    arguments.push_number(cost as f64);
    arguments
}

#[test]
fn what_this_process_took_is_given_back_here_and_what_redis_took_there() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    for call_id in 1..=3 {
        connection.consume(call_id, &[(0, "x")]);
    }
    connection.consume(4, &[(0, "x")]);
    assert!(connection.take_ended()[3].1.starts_with("[49,0,"), "all is taken");
    connection.call("giveBack", 5, receipt(1_700_000_040_000_000, "x", 1));
    connection.consume(6, &[(0, "x")]);
    assert!(connection.take_ended()[1].1.starts_with("[49,0,"), "Redis took it, so nothing is free here");
    connection.call("giveBack", 7, receipt(LOCAL_RECEIPT, "x", 1));
    connection.consume(8, &[(0, "x")]);
    assert!(connection.take_ended()[1].1.starts_with("[16,0,"), "what was taken here is free here");

    connection.inner.connected(&ServerInfo::default(), connection.now);
    connection.take_sent();
    connection.call("giveBack", 9, receipt(LOCAL_RECEIPT, "x", 1));
    assert_eq!(connection.take_ended(), ended(&[(9, "Null")]));
    assert!(!connection.take_sent().contains(&"EVALSHA".to_owned()), "Redis never counted it");
}

#[test]
fn a_refund_makes_room_here_only_of_what_this_process_counted() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    (1..=3).for_each(|slot| connection.consume(slot, &[(0, "x")]));
    connection.take_ended();
    let is_free = |connection: &mut Connection| {
        connection.consume(4, &[(0, "x")]);
        connection.take_ended().pop().unwrap().1.starts_with("[16,0,")
    };
    assert!(!is_free(&mut connection), "all is taken");
    for (detail, makes_room) in [(0, false), (COUNTED_BY_REDIS, false), (COUNTED_HERE, true)] {
        connection.call_in_detail(Asked { detail, ..asked("refund") }, 5, of("x"));
        assert_eq!(connection.take_ended(), ended(&[(5, "Null")]));
        assert_eq!(is_free(&mut connection), makes_room, "{detail}");
    }

    connection.inner.connected(&ServerInfo::default(), connection.now);
    connection.take_sent();
    for (detail, is_sent) in [(0, true), (COUNTED_BY_REDIS, true), (COUNTED_HERE, false)] {
        connection.call_in_detail(Asked { detail, ..asked("refund") }, 5, of("x"));
        assert_eq!(connection.take_sent().contains(&"EVALSHA".to_owned()), is_sent, "{detail}");
    }
}

#[test]
fn a_reset_ends_what_an_outage_counted() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    connection.room().limiter(0).unwrap().local.block(connection.mark("x"), 60, 0);
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 1);
    connection.change("unblock", 1, "x");
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 0);
    connection.consume(2, &[(0, "x")]);
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 1);
    connection.change("reset", 3, "x");
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 0);
}

#[test]
fn a_full_queue_decides_at_once() {
    static SETTINGS: &[(&str, &str)] = &[("CACHE_QUEUE_MAX_COMMANDS", "1")];
    let mut connection = Connection::over(Node::new(config(SETTINGS), Role::Shared));
    connection.consume(1, &[(0, "x")]);
    assert_eq!(connection.take_ended(), []);
    connection.consume(2, &[(0, "x"), (1, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    connection.change("reset", 3, "x");
    assert_eq!(connection.take_ended(), ended(&[(3, "E_OVERLOADED")]));
}

#[test]
fn in_a_cluster_a_decision_goes_where_its_slot_is() {
    let (_at, followed) = watch::channel(Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: 1 });
    let mut connection = Connection::over(Node::new(config(&[]), Role::Shared).of_cluster(followed));
    connection.connect();
    connection.consume(1, &[(0, "x")]);
    let moved = r#"Moved { slot: 12, host: "127.0.0.1", port: 7 }"#;
    assert_eq!(connection.answer("-MOVED 12 127.0.0.1:7\r\n"), ended(&[(1, moved)]));
    connection.consume(2, &[(0, "x")]);
    assert!(connection.answer("-CLUSTERDOWN no\r\n")[0].1.starts_with("[16,2,"));
}

#[test]
fn a_share_of_the_limit_counts_for_each_instance() {
    let mut connection = Connection::connected();
    connection.room().shared.instances.counted(3);
    connection.lose();
    connection.take_ended();
    connection.consume(1, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[16,0,"), "one of three");
    connection.consume(2, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[49,0,"));
}

#[test]
fn two_nodes_of_a_client_have_the_same_limiters() {
    let connection = Connection::connected();
    let other = Limiters::of_node(connection.room(), Arc::new(Node::new(config(&[]), Role::Shared)));
    assert_eq!(other.limiter(0).unwrap().namespace, connection.room().limiter(0).unwrap().namespace);
    assert!(other.limiter(1).is_err());
}
