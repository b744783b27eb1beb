//! Steps as requests to Redis: EVALSHA with a queue's keys.

use super::contract::{Add, Admin, Look, Step, Turn};
use super::keys::QueueKeys;
use super::schedule::encode::push_scheduling;
use super::scripts::Script;
use crate::lane::{append_argument, append_header};

/// How many words go in front of a script's own arguments: EVALSHA, the script, the number of keys, two keys, and the time.
const WORDS_BEFORE: usize = 6;

/// How scripts tell other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    Channel,
    /// In a cluster from 7.0 on: only the nodes of the slot hear of it.
    ShardChannel,
}

impl Publish {
    fn command(self) -> &'static [u8] {
        match self {
            Publish::Channel => b"PUBLISH",
            Publish::ShardChannel => b"SPUBLISH",
        }
    }

    /// The commands that begin and end a subscription.
    pub fn subscribe(self) -> [&'static [u8]; 2] {
        match self {
            Publish::Channel => [b"SUBSCRIBE", b"UNSUBSCRIBE"],
            Publish::ShardChannel => [b"SSUBSCRIBE", b"SUNSUBSCRIBE"],
        }
    }
}

/// A script's own arguments, encoded, and how many they are.
#[derive(Default)]
pub struct Words {
    bytes: Vec<u8>,
    count: usize,
}

impl Words {
    pub fn text(&mut self, text: impl AsRef<[u8]>) {
        append_argument(&mut self.bytes, text.as_ref());
        self.count += 1;
    }

    pub fn number(&mut self, number: u64) {
        self.text(itoa::Buffer::new().format(number));
    }

    fn flag(&mut self, is_set: bool) {
        self.text(if is_set { "1" } else { "0" });
    }

    /// `=` in front tells the global scope from all organizations.
    pub fn only(&mut self, only: Option<&String>) {
        self.text(only.map_or_else(String::new, |name| format!("={name}")));
    }
}

/// Appends the request of a step. `clock` is the time in ms that tests give.
pub fn append_step(out: &mut Vec<u8>, step: &Step, keys: &QueueKeys, publish: Publish, clock: Option<i64>) {
    let mut words = Words::default();
    let script = match step {
        Step::Add(add) => {
            push_add(&mut words, add, publish);
            Script::ADD
        }
        Step::Turn(turn) => {
            push_turn(&mut words, turn, publish);
            Script::FINISH
        }
        Step::Renew(renew) => {
            words.text(&renew.worker);
            words.number(renew.lease_ms);
            renew.members.iter().for_each(|member| words.text(member));
            Script::RENEW
        }
        Step::Update(update) => {
            words.text(&update.member);
            words.text(update.change.name());
            words.text(&update.value);
            words.text(publish.command());
            Script::UPDATE
        }
        Step::Sweep(sweep) => {
            words.number(u64::from(sweep.max_stalls));
            words.text(publish.command());
            words.text(&sweep.payload);
            Script::SWEEP
        }
        Step::Admin(admin) => {
            words.text(publish.command());
            push_admin(&mut words, admin);
            Script::ADMIN
        }
        Step::Look(look) => {
            push_look(&mut words, look);
            Script::LOOK
        }
        Step::Scheduling(scheduling) => {
            words.text(publish.command());
            push_scheduling(&mut words, scheduling)
        }
    };
    append_header(out, WORDS_BEFORE + words.count);
    append_argument(out, b"EVALSHA");
    append_argument(out, script.sha());
    append_argument(out, b"2");
    append_argument(out, &keys.meta());
    append_argument(out, &keys.free());
    let clock = clock.map_or_else(String::new, |clock| clock.to_string());
    append_argument(out, clock.as_bytes());
    out.extend_from_slice(&words.bytes);
}

fn push_add(words: &mut Words, add: &Add, publish: Publish) {
    words.text(&add.sender);
    words.number(add.number);
    words.number(add.max_waiting);
    words.text(publish.command());
    words.number(add.jobs.len() as u64);
    for job in &add.jobs {
        words.text(&job.id);
        words.text(&job.organization);
        words.text(&job.head);
        words.text(&job.tail);
    }
    for (at, job) in add.jobs.iter().enumerate().filter(|(_, job)| !job.is_plain()) {
        words.number(at as u64 + 1);
        words.text(job.priority.to_string());
        words.number(job.delay_ms);
        words.text(&job.mark);
        words.text(&job.digest);
        words.number(job.window_ms);
    }
}

fn push_turn(words: &mut Words, turn: &Turn, publish: Publish) {
    words.text(&turn.worker);
    words.number(turn.number);
    words.number(turn.lease_ms);
    words.number(turn.wants as u64);
    words.text(publish.command());
    words.number(turn.finished.len() as u64);
    for finished in &turn.finished {
        words.text(&finished.member);
        words.text(finished.fate.letter());
        words.text(&finished.payload);
        words.number(finished.delay_ms);
        words.text(&finished.organization);
        words.text(&finished.mark);
        words.text(finished.priority.to_string());
        words.number(finished.size as u64);
    }
    for (name, count) in &turn.times {
        words.text(name);
        words.number(*count);
    }
}

fn push_admin(words: &mut Words, admin: &Admin) {
    match admin {
        Admin::Configure(version, fields) => {
            words.text("configure");
            words.text(version);
            for (name, value) in fields {
                words.text(name);
                words.text(value.map_or_else(String::new, |value| value.to_string()));
            }
        }
        Admin::Organization { name, weight, concurrency, rate } => {
            words.text("organization");
            words.text(name);
            words.text(weight.map_or_else(String::new, |weight| weight.to_string()));
            for part in [*concurrency, rate.map(|(max, _)| max), rate.map(|(_, period)| period)] {
                words.text(part.map_or_else(String::new, |part| part.to_string()));
            }
        }
        Admin::Pause { only, pauses } => {
            words.text("pause");
            words.flag(*pauses);
            only.iter().for_each(|name| words.text(name));
        }
        Admin::IsPaused { only } => {
            words.text("paused");
            only.iter().for_each(|name| words.text(name));
        }
        Admin::Cancel { id } => push_named(words, "cancel", id),
        Admin::Remove { id } => push_named(words, "remove", id),
        Admin::Retry { id } => push_named(words, "retry", id),
        Admin::Reschedule { id, delay_ms } => {
            push_named(words, "reschedule", id);
            words.number(*delay_ms);
        }
        Admin::Prioritize { id, priority } => {
            push_named(words, "priority", id);
            words.text(priority.to_string());
        }
        Admin::Rewrite { id, data } => {
            push_named(words, "data", id);
            words.text(data);
        }
        Admin::RetryPage { .. }
        | Admin::ClearReady { .. }
        | Admin::ClearDelayed { .. }
        | Admin::ClearEnded { .. }
        | Admin::ForgetEvents { .. }
        | Admin::StopActive { .. } => push_page(words, admin),
        Admin::Clean { is_dead, older_ms, limit } => {
            push_named(words, "clean", ended(*is_dead));
            words.number(*older_ms);
            words.number(*limit);
        }
        Admin::Obliterate { is_forced, does } => {
            words.text("obliterate");
            words.flag(*is_forced);
            words.flag(*does);
        }
    }
}

fn ended(is_dead: bool) -> &'static str {
    if is_dead { "d" } else { "c" }
}

/// Operations that go through a queue page by page.
fn push_page(words: &mut Words, admin: &Admin) {
    match admin {
        Admin::RetryPage { is_dead, text, only, limit, from } => {
            push_named(words, "retry_page", ended(*is_dead));
            words.text(text);
            words.only(only.as_ref());
            words.number(*limit);
            words.number(*from);
        }
        Admin::ClearReady { only } => {
            words.text("clear_ready");
            words.only(only.as_ref());
        }
        Admin::ClearDelayed { only, cursor } => push_paged(words, "clear_delayed", only.as_ref(), cursor),
        Admin::ClearEnded { only, cursor } => push_paged(words, "clear_ended", only.as_ref(), cursor),
        Admin::StopActive { only, cursor } => push_paged(words, "stop_active", only.as_ref(), cursor),
        Admin::ForgetEvents { only, cursor } => push_paged(words, "forget_events", only.as_ref(), cursor),
        _ => {}
    }
}

fn push_named(words: &mut Words, operation: &str, name: &str) {
    words.text(operation);
    words.text(name);
}

fn push_paged(words: &mut Words, operation: &str, only: Option<&String>, cursor: &str) {
    words.text(operation);
    words.only(only);
    words.text(cursor);
}

fn push_look(words: &mut Words, look: &Look) {
    match look {
        Look::Counts => words.text("counts"),
        Look::Limits => words.text("limits"),
        Look::Organizations => words.text("organizations"),
        Look::Workers => words.text("workers"),
        Look::Layout => words.text("layout"),
        Look::Stats { minutes, only } => {
            words.text("stats");
            words.number(*minutes);
            words.only(only.as_ref());
        }
        Look::Eviction => words.text("eviction"),
        Look::Organization(name) => push_named(words, "organization", name),
        Look::Mark(mark) => push_named(words, "mark", mark),
        Look::Get(id) => push_named(words, "get", id),
        Look::Wait(id) => push_named(words, "wait", id),
        Look::Sent(sender) => push_named(words, "sent", sender),
        Look::Listen { from, most } => {
            push_named(words, "listen", from);
            words.number(*most);
        }
        Look::List { state, only, from, limit } => {
            push_named(words, "list", state.letter());
            words.only(only.as_ref());
            words.number(*from);
            words.number(*limit);
        }
    }
}
