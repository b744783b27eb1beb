//! The steps that every queue must carry out alike: one suite for this process's memory and for servers, and the comparison of
//! both after every step of any history.
//!
//! A test wraps its server in [`Server`]. `check_all` makes a fresh, empty queue for every promise; `compare` runs one history on
//! a server and on memory, scans both after each step, and checks what must hold of any queue.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::{NewJob, Reply, Step, Store};
use super::encode::{Publish, append_step};
use super::keys::{QueueKeys, escaped};
use super::memory::Memory;
use super::record::Job;
use super::scripts::text_of;
use crate::error::Result;
use crate::lane::{Frame, Node, append_command};
use crate::queue::backoff::Backoff;
use crate::redis::append_eval;

mod heard;
mod histories;
mod planned;
mod promises;
mod schedules;

pub use histories::{Event, History, compare};
pub use planned::Planned;
pub use promises::check_all;

/// A server under test.
pub trait Server {
    /// The reply to one request.
    fn run(&mut self, request: &[u8]) -> Vec<u8>;
}

/// When tests begin.
const BEGIN: i64 = 1_800_000_000_000;

/// Everything that a queue keeps, in an order that does not depend on where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dump {
    /// Ids by organization in the order in which they would begin.
    pub ready: BTreeMap<String, Vec<String>>,
    pub delayed: Vec<(String, f64)>,
    pub lease: Vec<(String, f64)>,
    pub done: Vec<String>,
    pub dead: Vec<(String, f64)>,
    pub ring: Vec<(String, f64)>,
    pub parked: Vec<(String, f64)>,
    pub records: BTreeMap<String, Vec<u8>>,
    pub outcomes: BTreeMap<String, Vec<u8>>,
    pub gone: BTreeSet<String>,
    pub cancel: BTreeSet<String>,
    pub waits: BTreeSet<String>,
    pub busy: BTreeMap<String, BTreeSet<String>>,
    pub marks: BTreeMap<String, String>,
    pub ready_count: i64,
    pub slots: Vec<(String, f64)>,
    /// Revision, times, missed, overlap, count, runs, skipped, last slot and job of each schedule.
    pub schedules: BTreeMap<String, Vec<String>>,
    /// Without their places, in an order of their own.
    pub events: Vec<String>,
}

/// A queue under test.
pub enum Subject {
    Memory(Box<Memory>),
    Server(Box<dyn Server>, QueueKeys),
}

impl Subject {
    pub fn memory() -> Subject {
        Subject::Memory(Box::default())
    }

    /// A queue of this name on a server, which has nothing of it yet.
    pub fn server(server: Box<dyn Server>, name: &str) -> Subject {
        Subject::Server(server, QueueKeys::new("suite:", name, true).unwrap())
    }

    fn run(&mut self, step: &Step, now: i64) -> Result<Reply> {
        match self {
            Subject::Memory(memory) => {
                memory.set_time(now);
                memory.take_news();
                memory.run(step)
            }
            Subject::Server(server, keys) => {
                let (mut request, mut whole) = (Vec::new(), Vec::new());
                append_step(&mut request, step, keys, Publish::Channel, Some(now));
                assert!(append_eval(&request, text_of, &mut whole));
                let reply = server.run(&whole);
                step.shape().read(Frame::new(&reply))
            }
        }
    }

    /// Removes everything, on a server that others use too.
    pub fn clear(&mut self) {
        match self {
            Subject::Memory(memory) => **memory = Memory::default(),
            Subject::Server(server, keys) => {
                let mut scan = Scan { server: &mut **server, keys };
                for rest in scan.names("") {
                    let key = scan.key(&rest);
                    scan.ask(&[b"DEL", &key]);
                }
            }
        }
    }

    fn dump(&mut self, now: i64) -> Dump {
        match self {
            Subject::Memory(memory) => memory.dump(now),
            Subject::Server(server, keys) => Scan { server: &mut **server, keys }.dump(),
        }
    }
}

/// Reads all keys of a queue.
struct Scan<'s> {
    server: &'s mut dyn Server,
    keys: &'s QueueKeys,
}

impl Scan<'_> {
    fn ask(&mut self, words: &[&[u8]]) -> Vec<String> {
        let mut request = Vec::new();
        append_command(&mut request, words);
        let reply = self.server.run(&request);
        let one = |node: Node<'_>| match node {
            Node::Bulk(text) | Node::Status(text) | Node::Number(text) => {
                String::from_utf8_lossy(text).into_owned()
            }
            Node::Integer(number) => number.to_string(),
            Node::Null => String::new(),
            other => panic!("an unexpected reply: {other:?}"),
        };
        match Frame::new(&reply).node() {
            Node::Array(items) | Node::Map(items) => items.map(one).collect(),
            other => vec![one(other)],
        }
    }

    fn key(&self, rest: &str) -> Vec<u8> {
        let mut key = self.keys.meta();
        key.truncate(key.len() - 4);
        key.extend_from_slice(rest.as_bytes());
        key
    }

    fn names(&mut self, kind: &str) -> Vec<String> {
        let start = String::from_utf8(self.key(kind)).unwrap();
        let found = self.ask(&[b"KEYS", format!("{start}*").as_bytes()]);
        found.into_iter().filter_map(|key| key.strip_prefix(&start).map(str::to_owned)).collect()
    }

    fn scored(&mut self, rest: &str) -> Vec<(String, f64)> {
        let key = self.key(rest);
        let all = self.ask(&[b"ZRANGE", &key, b"0", b"-1", b"WITHSCORES"]);
        all.chunks(2).map(|pair| (pair[0].clone(), pair[1].parse().unwrap())).collect()
    }

    fn members(&mut self, rest: &str) -> BTreeSet<String> {
        let key = self.key(rest);
        self.ask(&[b"SMEMBERS", &key]).into_iter().collect()
    }

    fn list(&mut self, rest: &str) -> Vec<String> {
        let key = self.key(rest);
        self.ask(&[b"LRANGE", &key, b"0", b"-1"])
    }

    fn events(&mut self) -> Vec<String> {
        let (mut request, key) = (Vec::new(), self.key("ev"));
        append_command(&mut request, &[b"XRANGE", &key, b"-", b"+"]);
        let reply = self.server.run(&request);
        let entries = list(Frame::new(&reply).node()).map(|entry| {
            let fields: Vec<String> = list(list(entry).nth(1).unwrap()).map(text).collect();
            fields.chunks(2).map(|pair| pair[1].clone()).collect::<Vec<_>>().join(" ")
        });
        let mut events: Vec<String> = entries.collect();
        events.sort();
        events
    }

    fn dump(&mut self) -> Dump {
        let mut dump = Dump {
            delayed: self.scored("delayed"),
            lease: self.scored("lease"),
            done: self.list("done"),
            dead: self.scored("dead"),
            ring: self.scored("ring"),
            parked: self.scored("parked"),
            slots: self.scored("sched"),
            gone: self.members("gone"),
            cancel: self.members("cancel"),
            waits: self.members("waits"),
            ..Dump::default()
        };
        let groups: BTreeSet<String> = self.names("g:").into_iter().chain(self.names("p:")).collect();
        for name in groups {
            let prior = self.scored(&format!("p:{name}"));
            let id = |member: &str| member.rsplit(':').next().unwrap_or_default().to_owned();
            let (high, low): (Vec<_>, Vec<_>) = prior.iter().partition(|(_, order)| *order < 0.0);
            let mut ids: Vec<String> = high.iter().map(|(member, _)| id(member)).collect();
            ids.extend(self.list(&format!("g:{name}")));
            ids.extend(low.iter().map(|(member, _)| id(member)));
            dump.ready.insert(name, ids);
        }
        for id in self.names("j:") {
            let key = self.key(&format!("j:{id}"));
            let record = self.ask(&[b"GET", &key]).remove(0);
            dump.records.insert(id, record.into_bytes());
        }
        let key = self.key("res");
        for pair in self.ask(&[b"HGETALL", &key]).chunks(2) {
            if !pair[0].contains(':') {
                dump.outcomes.insert(pair[0].clone(), pair[1].clone().into_bytes());
            }
        }
        for name in self.names("busy:") {
            let members = self.members(&format!("busy:{name}"));
            dump.busy.insert(name, members);
        }
        for mark in self.names("idem:") {
            let key = self.key(&format!("idem:{mark}"));
            let value = self.ask(&[b"GET", &key]).remove(0);
            // Jobs that were asked for of schedules are known for an hour of the server's own clock.
            if !value.ends_with(' ') {
                dump.marks.insert(mark, value);
            }
        }
        for name in self.names("s:") {
            let key = self.key(&format!("s:{name}"));
            let fields = "rev times missed overlap count runs skipped at job";
            let words: Vec<&[u8]> =
                [b"HMGET", &*key].into_iter().chain(fields.split(' ').map(str::as_bytes)).collect();
            let values = self.ask(&words);
            dump.schedules.insert(name, values);
        }
        let key = self.key("meta");
        dump.ready_count = self.ask(&[b"HGET", &key, b"ready"])[0].parse().unwrap_or(0);
        dump.events = self.events();
        dump
    }
}

fn list(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    match node {
        Node::Array(parts) => parts,
        other => panic!("an unexpected reply: {other:?}"),
    }
}

fn text(node: Node<'_>) -> String {
    match node {
        Node::Bulk(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("an unexpected reply: {other:?}"),
    }
}

fn job(id: &str, organization: &str) -> NewJob {
    prepared(id, organization, 0, 3, None)
}

fn prepared(id: &str, organization: &str, priority: i32, attempts: u32, mark: Option<&str>) -> NewJob {
    let of = Job {
        kind: "mail".to_owned(),
        organization: Some(organization.to_owned()).filter(|name| !name.is_empty()),
        priority,
        max_attempts: attempts,
        timeout_ms: 30_000,
        backoff: Backoff::default(),
        key: None,
        mark: mark.map(str::to_owned),
        schedule: None,
        slot: None,
    };
    let (head, tail) = of.write(b"{\"n\":1}");
    NewJob {
        id: id.to_owned(),
        organization: escaped(Some(organization)),
        priority,
        delay_ms: 0,
        head,
        tail,
        mark: mark.unwrap_or_default().to_owned(),
        digest: "d1".to_owned(),
        window_ms: 0,
    }
}

fn id_of(member: &str) -> &str {
    member.split(':').next().unwrap_or_default()
}
