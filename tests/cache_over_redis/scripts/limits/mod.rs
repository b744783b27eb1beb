//! The scripts of the rate limiter.

use std::sync::Arc;

use orgcache::lane::{Frame, commands_of};
use orgcache::limiter::{BatchReply, CheckBatch, Policy, PolicyOptions, append_eval};
use orgcache::redis::Outcome;

use super::super::client::{Client, Reply};

mod consume;
mod leases;
mod oracle;
mod refund;

const US_PER_MS: u64 = 1000;
/// How the scripts add to the life of a key.
const SLACKS: [&str; 3] =
    ["local slack, exact, long = 100,", "local slack, exact = 100,", "'PX', length + 100)"];
const SLACK: &str = "100";
const LONG_SLACK: &str = "3600000";

/// A client whose scripts may run at a time of the test's.
struct Limits {
    client: Client,
    /// The time that scripts are told instead of the server's, in us.
    now_us: Option<u64>,
    /// The server ends keys by its own clock, which goes on while the test's stands still: whether keys outlive the test.
    has_long_lives: bool,
}

impl Limits {
    fn connect(prefix: &str, now_us: Option<u64>) -> Limits {
        Limits { client: Client::connect(prefix), now_us, has_long_lives: false }
    }

    fn decide(&mut self, batch: &CheckBatch) -> BatchReply {
        let mut request = Vec::new();
        batch.append_to(&mut request);
        let reply = self.send(&request);
        batch.decode(Frame::new(&reply)).unwrap()
    }

    /// Sends a request of the limiter with the text of its script. Returns the reply.
    fn send(&mut self, request: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        assert!(append_eval(request, &mut whole));
        let mut words: Vec<Vec<u8>> =
            commands_of(&whole).next().unwrap().into_iter().map(<[u8]>::to_vec).collect();
        if self.has_long_lives {
            words[1] = with_long_lives(&words[1]);
        }
        if let Some(now_us) = self.now_us {
            words[1] = at_the_last_arguments(&words[1]);
            words.push((now_us / 1_000_000).to_string().into_bytes());
            words.push((now_us % 1_000_000).to_string().into_bytes());
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match self.client.raw(&words) {
            Outcome::Reply(bytes, _) => bytes.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn integer(&mut self, request: &[u8]) -> i64 {
        let reply = self.send(request);
        match Frame::new(&reply).node() {
            orgcache::lane::Node::Integer(number) => number,
            other => panic!("{other:?}"),
        }
    }
}

/// The same script, which takes seconds and microseconds from its last two arguments.
fn at_the_last_arguments(script: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(script).unwrap();
    let (before, after) = text.split_once("redis.call('TIME')").expect("the script asks for the time");
    assert!(!after.contains("'TIME'"), "the script asks for the time once");
    format!("{before}{{ARGV[#ARGV - 1], ARGV[#ARGV]}}{after}").into_bytes()
}

/// The same script, whose keys live longer than a test runs.
fn with_long_lives(script: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(script).unwrap();
    let slack = SLACKS.into_iter().find(|slack| text.contains(slack)).expect("the script adds to each life");
    text.replace(slack, &slack.replace(SLACK, LONG_SLACK)).into_bytes()
}

/// All algorithms that count what they admit.
const COUNTING: [&str; 5] = ["sliding", "log", "gcra", "fixed", "calendar"];
/// The period of `calendar` in tests, which has no window.
const PERIOD: &str = "day";

fn policy(algorithm: &str, limit: u64, window_ms: u64) -> PolicyOptions<'_> {
    let is_calendar = algorithm == "calendar";
    PolicyOptions {
        algorithm: Some(algorithm),
        limit: Some(limit as f64),
        window_ms: (!is_calendar).then_some(window_ms as f64),
        period: is_calendar.then_some(PERIOD),
        ..PolicyOptions::default()
    }
}

fn made(options: &PolicyOptions<'_>) -> Arc<Policy> {
    Arc::new(Policy::new("p", options).unwrap())
}
