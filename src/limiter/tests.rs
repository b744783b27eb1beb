//! The limiter over a connection whose server is this file: what is asked, and what is answered whatever becomes of that.

mod changes;
mod checks;
mod leases;
mod refusals;
mod requests;

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

    /// What ends by the reply to a change, of which other processes are told then.
    fn answer_change(&mut self, reply: &str) -> Vec<(u32, String)> {
        self.take_sent();
        let told = self.answer(reply);
        assert_eq!(self.take_sent(), ["PUBLISH"]);
        assert_eq!(self.answer(":0\r\n"), []);
        told
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
