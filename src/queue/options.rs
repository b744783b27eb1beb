//! Options of queues, workers and jobs, as JSON that JavaScript made of what the application gave.
//!
//! What is left out has its default; everything else that is not allowed is refused by name. Names that people bring from other
//! queues are refused with the name to use.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::backoff::{Backoff, MAX_DELAY_MS};
use super::hand::HandOptions;
use super::variables::{queue_options, worker_options};
use crate::config::nearest;
use crate::error::{Error, ErrorCode, Result};

pub const MAX_NAME_BYTES: usize = 128;
pub(super) const MAX_TIMEOUT_MS: u64 = 86_400_000;
pub(super) const MAX_ATTEMPTS: u64 = 99;
pub(super) const MAX_CONCURRENCY: u64 = 10_000;
pub(super) const MIN_POLL_MS: u64 = 10;
pub(super) const MAX_POLL_MS: u64 = 60_000;
const MAX_PRIORITY: i64 = 1_000;
const MAX_PAYLOAD_BYTES: u64 = 16 * 1_048_576;
const MEBIBYTE: u64 = 1_048_576;
/// Numbers beyond are no exact integers in JavaScript.
const MAX_COUNT: u64 = 9_007_199_254_740_991;

const JOB_OPTIONS: [&str; 7] =
    ["attempts", "backoff", "timeoutMs", "priority", "delayMs", "idempotencyKey", "idempotency"];
const QUEUE_OPTIONS: [&str; 13] = [
    "attempts",
    "backoff",
    "timeoutMs",
    "priority",
    "delayMs",
    "idempotency",
    "retain",
    "maxPayloadBytes",
    "maxWaiting",
    "concurrency",
    "rate",
    "onRedisDown",
    "requireNoEviction",
];
const WORKER_OPTIONS: [&str; 11] = [
    "concurrency",
    "leaseMs",
    "graceMs",
    "maxStalls",
    "maxBlockedMs",
    "pollMs",
    "prefetch",
    "unhandledMs",
    "name",
    "autorun",
    "handlers",
];
/// The names of other queues, and the names here.
const OTHERS: [(&str, &str); 12] = [
    ("delay", "delayMs"),
    ("removeOnComplete", "retain"),
    ("removeOnFail", "retain"),
    ("jobId", "idempotencyKey"),
    ("lockDuration", "leaseMs"),
    ("limiter", "rate"),
    ("maxStalledCount", "maxStalls"),
    ("timeout", "timeoutMs"),
    ("drainDelay", "pollMs"),
    ("stalledInterval", "leaseMs"),
    ("lockRenewTime", "leaseMs"),
    ("defaultJobOptions", "attempts, backoff, timeoutMs, priority, delayMs, idempotency"),
];

/// A job's options, before its type and organization are known.
#[derive(Debug, Clone, PartialEq)]
pub struct JobOptions {
    pub attempts: u32,
    pub backoff: Backoff,
    pub timeout_ms: u64,
    pub priority: i32,
    pub delay_ms: u64,
    pub key: Option<String>,
    pub is_until_done: bool,
    pub window_ms: u64,
}

impl Default for JobOptions {
    fn default() -> JobOptions {
        JobOptions {
            attempts: 3,
            backoff: Backoff::default(),
            timeout_ms: 30_000,
            priority: 0,
            delay_ms: 0,
            key: None,
            is_until_done: false,
            window_ms: 3_600_000,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueOptions {
    pub job: JobOptions,
    pub max_payload_bytes: usize,
    pub max_waiting: u64,
    pub is_journalled: bool,
    pub requires_no_eviction: bool,
    /// What `meta` is to have of what was given: names there and values.
    pub settings: Vec<(&'static str, Option<u64>)>,
}

#[derive(Debug, Clone)]
pub struct WorkerOptions {
    pub hand: HandOptions,
    pub max_stalls: u32,
    pub name: Option<String>,
}

pub fn refusal(sentence: impl Into<String>) -> Error {
    Error::new(ErrorCode::Config, sentence)
}

pub fn object(text: &str, what: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(given)) => Ok(given),
        _ => Err(refusal(format!("{what} are no object"))),
    }
}

pub fn refuse_unknown(given: &Map<String, Value>, known: &[&str], place: &str) -> Result<()> {
    let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let meant = OTHERS.iter().find(|(other, _)| other == name).map(|(_, meant)| *meant);
    let meant = meant.or_else(|| nearest(name, known.iter().copied()));
    let meant = meant.map_or(String::new(), |meant| format!("; use {meant}"));
    Err(refusal(format!("{place}{name} is no option here{meant}")))
}

pub fn integer(given: &Map<String, Value>, option: &str, default: u64, min: u64, max: u64) -> Result<u64> {
    let Some(value) = given.get(option) else { return Ok(default) };
    let number = value.as_f64().unwrap_or(f64::NAN);
    if number.fract() == 0.0 && number >= min as f64 && number <= max as f64 {
        return Ok(number as u64);
    }
    Err(refusal(format!("{option} is {}; give an integer from {min} to {max}", shown(value))))
}

/// Numbers, words and booleans are shown, but nothing that is long or made of parts.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 40 || value.is_object() || value.is_array() { "not allowed".to_owned() } else { text }
}

fn word<const N: usize>(given: &Map<String, Value>, option: &str, allowed: [&str; N]) -> Result<usize> {
    let Some(value) = given.get(option) else { return Ok(0) };
    let found = allowed.iter().position(|word| value.as_str() == Some(word));
    found.ok_or_else(|| refusal(format!("{option} is {}; give {}", shown(value), allowed.join(" or "))))
}

fn flag(given: &Map<String, Value>, option: &str, default: bool) -> Result<bool> {
    match given.get(option) {
        None => Ok(default),
        Some(Value::Bool(is_set)) => Ok(*is_set),
        Some(value) => Err(refusal(format!("{option} is {}; give true or false", shown(value)))),
    }
}

fn part<'a>(given: &'a Map<String, Value>, option: &str) -> Result<Option<&'a Map<String, Value>>> {
    match given.get(option) {
        None => Ok(None),
        Some(Value::Object(part)) => Ok(Some(part)),
        Some(value) => Err(refusal(format!("{option} is {}; give an object", shown(value)))),
    }
}

pub fn priority(given: &Map<String, Value>, default: i32) -> Result<i32> {
    let Some(value) = given.get("priority") else { return Ok(default) };
    let number = value.as_f64().unwrap_or(f64::NAN);
    if number.fract() == 0.0 && number.abs() <= MAX_PRIORITY as f64 {
        return Ok(number as i32);
    }
    Err(refusal(format!("priority is {}; give an integer from -1000 to 1000", shown(value))))
}

/// `{ max, perMs }` as two numbers; null is no limit.
pub fn rate(given: &Map<String, Value>) -> Result<Option<(u64, u64)>> {
    if given.get("rate") == Some(&Value::Null) {
        return Ok(Some((0, 0)));
    }
    let Some(rate) = part(given, "rate")? else { return Ok(None) };
    refuse_unknown(rate, &["max", "perMs"], "rate.")?;
    let most = integer(rate, "max", 0, 1, MAX_COUNT)?;
    let period = integer(rate, "perMs", 0, 1, MAX_DELAY_MS)?;
    if most == 0 || period == 0 {
        return Err(refusal("rate has no max or no perMs; give { max, perMs }"));
    }
    Ok(Some((most, period)))
}

/// A limit of jobs that run at once; null is no limit.
pub fn concurrency_limit(given: &Map<String, Value>) -> Result<Option<u64>> {
    match given.get("concurrency") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(0)),
        Some(_) => integer(given, "concurrency", 0, 1, MAX_COUNT).map(Some),
    }
}

fn backoff(given: &Map<String, Value>, default: Backoff) -> Result<Backoff> {
    let Some(given) = part(given, "backoff")? else { return Ok(default) };
    refuse_unknown(given, &["type", "delayMs", "maxMs", "jitter"], "backoff.")?;
    let is_exponential = match given.get("type") {
        None => default.is_exponential,
        Some(_) => word(given, "type", ["exponential", "fixed"])? == 0,
    };
    let jitter = given.get("jitter").map_or(Some(default.jitter), Value::as_f64).unwrap_or(f64::NAN);
    if !(0.0..=1.0).contains(&jitter) {
        return Err(refusal("backoff.jitter is not allowed; give a number from 0 to 1"));
    }
    Ok(Backoff {
        is_exponential,
        delay_ms: integer(given, "delayMs", default.delay_ms, 0, MAX_DELAY_MS)?,
        max_ms: integer(given, "maxMs", default.max_ms, 0, MAX_DELAY_MS)?,
        jitter,
    })
}

impl JobOptions {
    /// The options of one job, on top of its queue's.
    ///
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn over(&self, given: &Map<String, Value>, known: &[&str]) -> Result<JobOptions> {
        refuse_unknown(given, known, "")?;
        let (mut is_until_done, mut window_ms) = (self.is_until_done, self.window_ms);
        if let Some(idempotency) = part(given, "idempotency")? {
            refuse_unknown(idempotency, &["mode", "windowMs"], "idempotency.")?;
            is_until_done = word(idempotency, "mode", ["window", "untilDone"])? == 1;
            window_ms = integer(idempotency, "windowMs", window_ms, 1, MAX_DELAY_MS)?;
        }
        let key = match given.get("idempotencyKey") {
            None => None,
            Some(Value::String(key)) if (1..=1_024).contains(&key.len()) => Some(key.clone()),
            Some(_) => {
                return Err(Error::new(
                    ErrorCode::Key,
                    "idempotencyKey is not allowed; give a text of 1 to 1024 bytes",
                ));
            }
        };
        Ok(JobOptions {
            attempts: integer(given, "attempts", self.attempts.into(), 1, MAX_ATTEMPTS)? as u32,
            backoff: backoff(given, self.backoff)?,
            timeout_ms: integer(given, "timeoutMs", self.timeout_ms, 0, MAX_TIMEOUT_MS)?,
            priority: priority(given, self.priority)?,
            delay_ms: integer(given, "delayMs", self.delay_ms, 0, MAX_DELAY_MS)?,
            key,
            is_until_done,
            window_ms,
        })
    }

    /// # Errors
    /// As for `over`.
    pub fn of_job(&self, text: Option<&str>) -> Result<JobOptions> {
        match text {
            None => Ok(self.clone()),
            Some(text) => self.over(&object(text, "the options of a job")?, &JOB_OPTIONS),
        }
    }
}

impl QueueOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(text: &str) -> Result<QueueOptions> {
        let given = queue_options(text)?;
        let job = JobOptions::default().over(&given, &QUEUE_OPTIONS)?;
        let mut settings = Vec::new();
        if let Some(limit) = concurrency_limit(&given)? {
            settings.push(("conc", Some(limit).filter(|limit| *limit > 0)));
        }
        if let Some((most, period)) = rate(&given)? {
            settings.push(("rmax", Some(most).filter(|most| *most > 0)));
            settings.push(("rper", Some(period).filter(|period| *period > 0)));
        }
        settings.extend(retain(&given)?);
        Ok(QueueOptions {
            job,
            max_payload_bytes: integer(&given, "maxPayloadBytes", MEBIBYTE, 2, MAX_PAYLOAD_BYTES)? as usize,
            max_waiting: integer(&given, "maxWaiting", 0, 0, MAX_COUNT)?,
            is_journalled: word(&given, "onRedisDown", ["reject", "journal"])? == 1,
            requires_no_eviction: flag(&given, "requireNoEviction", false)?,
            settings,
        })
    }

    pub fn describe(&self) -> Value {
        json!({
            "attempts": self.job.attempts,
            "backoff": self.job.backoff.describe(),
            "timeoutMs": self.job.timeout_ms,
            "priority": self.job.priority,
            "delayMs": self.job.delay_ms,
            "idempotency": { "mode": if self.job.is_until_done { "untilDone" } else { "window" },
                "windowMs": self.job.window_ms },
            "maxPayloadBytes": self.max_payload_bytes,
            "maxWaiting": self.max_waiting,
            "onRedisDown": if self.is_journalled { "journal" } else { "reject" },
            "requireNoEviction": self.requires_no_eviction,
        })
    }
}

/// What is kept of ended jobs.
fn retain(given: &Map<String, Value>) -> Result<Vec<(&'static str, Option<u64>)>> {
    let mut settings = Vec::new();
    let Some(retain) = part(given, "retain")? else { return Ok(settings) };
    refuse_unknown(retain, &["completed", "dead"], "retain.")?;
    for (name, fields) in [("completed", ["rc", "ra", "rb"]), ("dead", ["dc", "da", "db"])] {
        match retain.get(name) {
            None => {}
            Some(Value::Bool(false)) => settings.push((fields[0], Some(0))),
            Some(Value::Object(kept)) => {
                refuse_unknown(kept, &["count", "ageSeconds", "bytes"], "retain.")?;
                let scales = [("count", 1), ("ageSeconds", 1_000), ("bytes", 1)];
                for (field, (option, scale)) in fields.into_iter().zip(scales) {
                    if kept.contains_key(option) {
                        let value = integer(kept, option, 0, 0, MAX_COUNT / scale)?;
                        settings.push((field, Some(value * scale)));
                    }
                }
            }
            Some(value) => {
                return Err(refusal(format!(
                    "retain.{name} is {}; give {{ count, ageSeconds, bytes }} or false",
                    shown(value)
                )));
            }
        }
    }
    Ok(settings)
}

impl WorkerOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(text: &str) -> Result<WorkerOptions> {
        let given = worker_options(text)?;
        refuse_unknown(&given, &WORKER_OPTIONS, "")?;
        let ms = |option: &str, default: u64, min: u64, max: u64| {
            integer(&given, option, default, min, max).map(Duration::from_millis)
        };
        let prefetch = match given.get("prefetch") {
            None => None,
            Some(Value::String(auto)) if auto == "auto" => None,
            Some(Value::Number(_)) => Some(integer(&given, "prefetch", 0, 0, 1_000)? as usize),
            Some(value) => {
                return Err(refusal(format!(
                    "prefetch is {}; give 'auto' or an integer from 0 to 1000",
                    shown(value)
                )));
            }
        };
        let kinds = match given.get("handlers") {
            Some(Value::Array(kinds)) => {
                Some(kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect::<HashSet<String>>())
            }
            _ => None,
        };
        let name = match given.get("name") {
            None => None,
            Some(Value::String(name)) if (1..=MAX_NAME_BYTES).contains(&name.len()) => Some(name.clone()),
            Some(_) => return Err(refusal("name is not allowed; give a text of 1 to 128 bytes")),
        };
        flag(&given, "autorun", true)?;
        Ok(WorkerOptions {
            hand: HandOptions {
                concurrency: integer(&given, "concurrency", 5, 1, MAX_CONCURRENCY)? as usize,
                lease: ms("leaseMs", 15_000, 1_000, 600_000)?,
                grace: ms("graceMs", 5_000, 0, MAX_TIMEOUT_MS)?,
                max_blocked: ms("maxBlockedMs", 300_000, 1_000, MAX_TIMEOUT_MS)?,
                poll: ms("pollMs", 1_000, MIN_POLL_MS, MAX_POLL_MS)?,
                prefetch,
                unhandled: ms("unhandledMs", 5_000, 100, MAX_TIMEOUT_MS)?,
                kinds,
            },
            max_stalls: integer(&given, "maxStalls", 3, 0, 98)? as u32,
            name,
        })
    }

    pub fn describe(&self) -> Value {
        let HandOptions { concurrency, lease, grace, max_blocked, poll, prefetch, unhandled, .. } =
            &self.hand;
        json!({
            "concurrency": concurrency,
            "leaseMs": lease.as_millis() as u64,
            "graceMs": grace.as_millis() as u64,
            "maxStalls": self.max_stalls,
            "maxBlockedMs": max_blocked.as_millis() as u64,
            "pollMs": poll.as_millis() as u64,
            "prefetch": prefetch.map_or_else(|| json!("auto"), |prefetch| json!(prefetch)),
            "unhandledMs": unhandled.as_millis() as u64,
            "name": self.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        let queue = QueueOptions::from_json("{}").unwrap();
        assert_eq!((queue.job, queue.settings), (JobOptions::default(), Vec::new()));
        let worker = WorkerOptions::from_json("{}").unwrap();
        assert_eq!(
            worker.describe(),
            json!({ "concurrency": 5, "leaseMs": 15_000, "graceMs": 5_000, "maxStalls": 3, "maxBlockedMs": 300_000,
                "pollMs": 1_000, "prefetch": "auto", "unhandledMs": 5_000, "name": null })
        );
    }

    #[test]
    fn what_is_kept_and_limited_goes_into_the_queue() {
        let options = r#"{"concurrency":4,"rate":{"max":9,"perMs":100},
            "retain":{"completed":false,"dead":{"count":5,"ageSeconds":2,"bytes":7}}}"#;
        assert_eq!(
            QueueOptions::from_json(options).unwrap().settings,
            [
                ("conc", Some(4)),
                ("rmax", Some(9)),
                ("rper", Some(100)),
                ("rc", Some(0)),
                ("dc", Some(5)),
                ("da", Some(2_000)),
                ("db", Some(7))
            ]
        );
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        for (text, expected) in [
            (r#"{"attempts":0}"#, "attempts is 0; give an integer from 1 to 99"),
            (r#"{"delayMs":-1}"#, "delayMs is -1"),
            (r#"{"delayMs":315360000001}"#, "delayMs"),
            (r#"{"priority":1001}"#, "from -1000 to 1000"),
            (r#"{"concurrency":0}"#, "concurrency is 0"),
            (r#"{"rate":{"max":0,"perMs":5}}"#, "max is 0"),
            (r#"{"rate":{"max":1}}"#, "perMs"),
            (r#"{"backoff":{"jitter":2}}"#, "from 0 to 1"),
            (r#"{"backoff":{"type":"linear"}}"#, "exponential or fixed"),
            (r#"{"onRedisDown":"wait"}"#, "reject or journal"),
            (r#"{"delay":5}"#, "delay is no option here; use delayMs"),
            (r#"{"removeOnComplete":true}"#, "use retain"),
            (r#"{"attempt":1}"#, "use attempts"),
            (r#"{"retain":{"completed":5}}"#, "retain.completed"),
            ("[]", "no object"),
        ] {
            let error = QueueOptions::from_json(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Config);
            assert!(error.message().contains(expected), "{text}: {}", error.message());
        }
        for (text, expected) in [
            (r#"{"lockDuration":5}"#, "use leaseMs"),
            (r#"{"leaseMs":999}"#, "from 1000 to 600000"),
            (r#"{"prefetch":"all"}"#, "'auto' or an integer"),
            (r#"{"maxStalledCount":1}"#, "use maxStalls"),
        ] {
            let error = WorkerOptions::from_json(text).unwrap_err();
            assert!(error.message().contains(expected), "{text}: {}", error.message());
        }
    }
}
