//! A caller of the verbs of entries, as JavaScript is one: on the embedded store, on a server, on a node of a cluster.

use std::time::{Duration, Instant};

use orgcache::cache::{Call, Core, Scratch};
use orgcache::config::Config;
use orgcache::entries::VERBS;
use orgcache::error::Error;
use orgcache::lane::{Frame, Node};
use orgcache::redis::{Asked, CallArguments, Feature, Node as ServerNode, Outcome, Role};

use super::super::client::Client;

/// An argument of a verb.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    Number(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Absent,
}
pub use Given::{Absent, Bytes, Number, Text};

/// A part of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Nothing,
    Number(i64),
    Text(String),
}

/// Where calls go.
pub trait Store {
    fn call(&mut self, verb: &str, detail: u8, arguments: &[Given<'_>]) -> Outcome<'static>;
    /// Lets this much time pass.
    fn advance(&mut self, time: Duration);
}

/// Acts on the call that a verb makes of these arguments.
pub fn with_call<R>(
    verb: &str,
    detail: u8,
    given: &[Given<'_>],
    act: impl FnOnce(&Call<'_>) -> R,
) -> Result<R, Error> {
    let mut arguments = CallArguments::default();
    for argument in given {
        let bytes = match argument {
            Number(number) => {
                arguments.push_number(*number);
                continue;
            }
            Absent => {
                arguments.push_absent();
                continue;
            }
            Text(text) => text.as_bytes(),
            Bytes(bytes) => bytes,
        };
        let from = arguments.buffer().len();
        arguments.buffer().extend_from_slice(bytes);
        arguments.push_bytes(from);
    }
    let own = <Core as Feature>::VERBS.len() - VERBS.len();
    let verb = own + VERBS.iter().position(|name| *name == verb).unwrap();
    let asked = Asked { verb: verb as u8, flags: 0, detail };
    <Core as Feature>::decode(asked, &mut arguments).map(|call| act(&call))
}

/// The embedded store, whose time the test advances.
pub struct Embedded {
    core: Core,
    scratch: Scratch,
    began: Instant,
    later: Duration,
}

impl Embedded {
    pub fn new() -> Embedded {
        let config = Config::load(&serde_json::Map::new(), &|variable| match variable {
            "USE_REDIS" => Some("false".to_owned()),
            _ => None,
        });
        let core = Core::new(ServerNode::new(config.unwrap(), Role::Shared)).unwrap();
        Embedded { core, scratch: Scratch::default(), began: Instant::now(), later: Duration::ZERO }
    }
}

impl Store for Embedded {
    fn call(&mut self, verb: &str, detail: u8, arguments: &[Given<'_>]) -> Outcome<'static> {
        // As a clock does, it goes on a little with each call.
        self.later += Duration::from_micros(10);
        let now = self.began + self.later;
        with_call(verb, detail, arguments, |call| self.core.answer(call, now, &mut self.scratch))
            .unwrap_or_else(Outcome::Failed)
    }

    fn advance(&mut self, time: Duration) {
        self.later += time;
    }
}

impl Store for Client {
    fn call(&mut self, verb: &str, detail: u8, arguments: &[Given<'_>]) -> Outcome<'static> {
        with_call(verb, detail, arguments, |call| Client::call(self, call)).unwrap_or_else(Outcome::Failed)
    }

    fn advance(&mut self, time: Duration) {
        std::thread::sleep(time + Duration::from_millis(3));
    }
}

/// The parts of an array; of anything else none.
pub fn parts(outcome: &Outcome<'_>) -> Vec<Part> {
    let Outcome::Reply(bytes, _) = outcome else { return Vec::new() };
    let Node::Array(items) = Frame::new(bytes).node() else { return Vec::new() };
    items
        .map(|item| match item {
            Node::Null => Part::Nothing,
            Node::Integer(number) => Part::Number(number),
            Node::Bulk(text) => Part::Text(String::from_utf8_lossy(text).into_owned()),
            other => panic!("no part of a reply: {other:?}"),
        })
        .collect()
}

pub const STALE: i64 = 1;
pub const ABSENT: i64 = 2;
pub const EARLY: i64 = 4;
pub const AWAY: i64 = 8;
/// A copy in the process has answered.
pub const NEAR: i64 = 16;
pub const THERE: i64 = 0;
pub const GRANTED: i64 = 1;
pub const HELD: i64 = 2;
pub const FAILED: i64 = 3;
pub const MUTATING: i64 = 4;
pub const LOST: i64 = 0;
pub const KEPT: i64 = 1;
pub const LATE: i64 = 2;
pub const FULL: i64 = 3;
pub const MEMORY: i64 = 4;
pub const GONE: i64 = 5;
pub const NONE: i64 = 6;

/// What a read has found.
#[derive(Debug, Clone, PartialEq)]
pub enum Got {
    Nothing,
    /// Fresh, and nothing else to say.
    Plain(String),
    Told {
        payload: Option<String>,
        state: i64,
        nonce: String,
        left_ms: i64,
        meta: Option<String>,
    },
}

impl Got {
    /// The payload, and its state.
    pub fn told(&self) -> (Option<&str>, i64) {
        match self {
            Got::Nothing => panic!("nothing was found"),
            Got::Plain(payload) => (Some(payload), 0),
            Got::Told { payload, state, .. } => (payload.as_deref(), *state),
        }
    }

    pub fn nonce(&self) -> &str {
        if let Got::Told { nonce, .. } = self { nonce } else { panic!("no nonce is told: {self:?}") }
    }
}

/// The answer to a wish for a lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub lease: i64,
    pub grant: String,
    pub wait_ms: i64,
    pub payload: Option<String>,
    pub state: i64,
    pub nonce: Option<String>,
}

/// One cache, used by an organization; without one, the global scope.
pub struct Cache<'s> {
    pub store: &'s mut dyn Store,
    pub number: f64,
    pub organization: Option<&'static str>,
}

impl Cache<'_> {
    pub fn open<'s>(store: &'s mut dyn Store, options: &str) -> Cache<'s> {
        let opened = store.call("entryOpen", 0, &[Text(options)]);
        let Outcome::Json(text) = &opened else { panic!("the cache was not opened: {opened:?}") };
        let described: serde_json::Value = serde_json::from_slice(text).unwrap();
        let number = described["cache"].as_f64().unwrap();
        Cache { store, number, organization: Some("org") }
    }

    pub fn of(&mut self, organization: Option<&'static str>) -> &mut Self {
        self.organization = organization;
        self
    }

    pub fn call(&mut self, verb: &str, detail: u8, rest: &[Given<'_>]) -> Outcome<'static> {
        let organization = self.organization.map_or(Absent, Text);
        let arguments = [&[Number(self.number), organization], rest].concat();
        self.store.call(verb, detail, &arguments)
    }

    pub fn advance(&mut self, ms: u64) {
        self.store.advance(Duration::from_millis(ms));
    }

    pub fn get(&mut self, key: &str) -> Got {
        let outcome = self.call("entryGet", 0, &[Text(key)]);
        got(&outcome)
    }

    pub fn has(&mut self, key: &str) -> bool {
        self.call("entryGet", 1, &[Text(key)]) == Outcome::Boolean(true)
    }

    pub fn pull(&mut self, key: &str) -> Got {
        let outcome = self.call("entryPull", 0, &[Text(key)]);
        got(&outcome)
    }

    pub fn set(&mut self, key: &str, value: &str) {
        assert_eq!(self.set_with(key, value, "{}"), Outcome::Boolean(true));
    }

    pub fn set_with(&mut self, key: &str, value: &str, options: &str) -> Outcome<'static> {
        self.call("entrySet", 0, &[Text(key), Text(value), Text(options)])
    }

    pub fn take(&mut self, key: &str) -> Taken {
        self.take_with(key, "", 0, "{}")
    }

    /// A read that would take the lease where nothing fresh is there.
    pub fn look_first(&mut self, key: &str) -> Got {
        let outcome = self.call("entryTake", 2, &[Text(key), Absent, Absent, Number(0.0)]);
        got(&outcome)
    }

    pub fn take_with(&mut self, key: &str, seen: &str, detail: u8, options: &str) -> Taken {
        let outcome = self.call("entryTake", detail, &[Text(key), Text(seen), Text(options), Number(0.0)]);
        let parts = parts(&outcome);
        let nothing = (&Part::Nothing, 0, &Part::Nothing);
        let (lease, told, (payload, state, nonce)) = match &parts[..] {
            [Part::Number(lease), told] => (lease, told, nothing),
            [Part::Number(lease), told, payload, Part::Number(state), nonce, Part::Number(_), _] => {
                (lease, told, (payload, *state, nonce))
            }
            _ => panic!("no answer to a wish for a lease: {outcome:?}"),
        };
        let text = |part: &Part| if let Part::Text(text) = part { Some(text.clone()) } else { None };
        Taken {
            lease: *lease,
            grant: text(told).unwrap_or_default(),
            wait_ms: if let Part::Number(ms) = told { *ms } else { 0 },
            payload: text(payload),
            state,
            nonce: text(nonce),
        }
    }

    /// Takes a lease that must be free.
    #[track_caller]
    pub fn granted(&mut self, key: &str) -> String {
        let taken = self.take(key);
        assert_eq!(taken.lease, GRANTED, "{taken:?}");
        taken.grant
    }

    pub fn fill(&mut self, key: &str, grant: &str, value: &str) -> i64 {
        self.fill_with(key, grant, value, "{}")
    }

    pub fn fill_with(&mut self, key: &str, grant: &str, value: &str, options: &str) -> i64 {
        let value = if value.is_empty() { Absent } else { Text(value) };
        let outcome = self.call("entryFill", 0, &[Text(key), Text(grant), value, Number(3.0), Text(options)]);
        let Outcome::Integer(kept) = outcome else { panic!("no answer to a fill: {outcome:?}") };
        kept
    }

    pub fn not_modified(&mut self, key: &str, grant: &str) -> i64 {
        let outcome = self.call("entryFill", 1, &[Text(key), Text(grant), Absent, Number(3.0), Absent]);
        let Outcome::Integer(kept) = outcome else { panic!("no answer to a fill: {outcome:?}") };
        kept
    }

    pub fn flag(&mut self, verb: &str, detail: u8, rest: &[Given<'_>]) -> bool {
        match self.call(verb, detail, rest) {
            Outcome::Boolean(flag) => flag,
            other => panic!("{verb} gave {other:?}"),
        }
    }

    pub fn delete(&mut self, key: &str) -> bool {
        self.flag("entryDelete", 0, &[Text(key)])
    }

    pub fn expire(&mut self, key: &str) -> bool {
        self.flag("entryExpire", 0, &[Text(key)])
    }

    pub fn renew(&mut self, key: &str, grant: &str) -> bool {
        self.flag("entryRenew", 0, &[Text(key), Text(grant)])
    }

    pub fn fail(&mut self, key: &str, grant: &str, rests: bool) -> bool {
        self.flag("entryFail", 0, &[Text(key), Text(grant), Number(f64::from(u8::from(rests))), Absent])
    }

    pub fn invalidate(&mut self, tag: &str) {
        assert!(self.flag("entryTags", 0, &[Text(tag)]));
    }

    pub fn expire_tag(&mut self, tag: &str) {
        assert!(self.flag("entryTags", 1, &[Text(tag)]));
    }

    pub fn clear(&mut self) -> i64 {
        match self.call("entryClear", 0, &[]) {
            Outcome::Integer(removed) => removed,
            other => panic!("clear gave {other:?}"),
        }
    }

    /// All keys, sorted.
    pub fn keys(&mut self) -> Vec<String> {
        let (mut cursor, mut keys) = (String::new(), Vec::new());
        loop {
            let outcome = self.call("entryKeys", 0, &[Text(&cursor)]);
            let parts = parts(&outcome);
            let text =
                |part: &Part| if let Part::Text(text) = part { text.clone() } else { panic!("{part:?}") };
            keys.extend(parts.iter().skip(1).map(text));
            cursor = text(parts.first().expect("a cursor comes first"));
            if cursor.is_empty() {
                keys.sort();
                keys.dedup();
                return keys;
            }
        }
    }

    /// Begins (0), renews (1) or ends (2) a guarded change.
    pub fn mutate(&mut self, phase: u8, token: &str, tags: &[&str], keys: &[&str]) -> Outcome<'static> {
        let mut rest = vec![Text(token), Number(tags.len() as f64)];
        rest.extend(tags.iter().chain(keys).map(|text| Text(text)));
        self.call("entryMutate", phase, &rest)
    }

    pub fn begin(&mut self, tags: &[&str], keys: &[&str]) -> String {
        match self.mutate(0, "", tags, keys) {
            Outcome::Text(token) => String::from_utf8(token.into_owned()).unwrap(),
            other => panic!("a change began with {other:?}"),
        }
    }
}

pub fn got(outcome: &Outcome<'_>) -> Got {
    match seen(outcome) {
        Got::Told { payload: Some(payload), state: NEAR, .. } => Got::Plain(payload),
        Got::Told { payload, state, nonce, left_ms, meta } => {
            Got::Told { payload, state: state & !NEAR, nonce, left_ms, meta }
        }
        other => other,
    }
}

/// The same with the bit of the copy that has answered.
pub fn seen(outcome: &Outcome<'_>) -> Got {
    match outcome {
        Outcome::Undefined => Got::Nothing,
        Outcome::Text(payload) | Outcome::Bytes(payload) => {
            Got::Plain(String::from_utf8_lossy(payload).into_owned())
        }
        other => {
            let parts = parts(other);
            let text = |part: &Part| if let Part::Text(text) = part { Some(text.clone()) } else { None };
            let [payload, Part::Number(state), Part::Text(nonce), Part::Number(left_ms), meta] = &parts[..]
            else {
                panic!("no answer to a read: {other:?}")
            };
            let (payload, meta) = (text(payload), text(meta));
            Got::Told { payload, state: *state, nonce: nonce.clone(), left_ms: *left_ms, meta }
        }
    }
}
