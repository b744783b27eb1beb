//! A schedule as the application gave it: when, and which job.

use serde_json::{Map, Value};

use super::steps::{OVERLAPS, Put, name_of};
use super::times::{Missed, Times};
use crate::error::{Error, ErrorCode, Result};
use crate::queue::backoff::MAX_DELAY_MS;
use crate::queue::keys::escaped;
use crate::queue::options::{JobOptions, MAX_NAME_BYTES, QueueOptions, integer, refusal, refuse_unknown};
use crate::queue::record::Job;

const MIN_EVERY_MS: u64 = 100;
const MAX_CRON_BYTES: usize = 256;
/// The end of the year 9999, but for a day.
const LAST_TIME: u64 = 253_402_207_200_000;
const MAX_COUNT: u64 = 9_007_199_254_740_991;
const TIMES: [&str; 8] = ["cron", "tz", "everyMs", "startAt", "endAt", "count", "missed", "overlap"];
const JOB: [&str; 4] = ["attempts", "backoff", "timeoutMs", "priority"];
/// Names of other queues, and names that belong elsewhere, with what to use.
const OTHERS: [(&str, &str); 19] = [
    ("pattern", "cron"),
    ("every", "everyMs"),
    ("limit", "count"),
    ("startDate", "startAt"),
    ("endDate", "endAt"),
    ("timezone", "tz"),
    ("utc", "tz"),
    ("offset", "startAt"),
    ("immediately", "runSchedule(id) once it is there"),
    ("key", "the id of the schedule"),
    ("jobId", "the id of the schedule"),
    ("name", "type"),
    ("opts", "attempts, backoff, timeoutMs, priority"),
    ("idempotencyKey", "the id of the schedule: each of its slots makes one job"),
    ("idempotency", "the id of the schedule: each of its slots makes one job"),
    ("delayMs", "startAt of the schedule"),
    ("delay", "startAt of the schedule"),
    ("runAt", "startAt of the schedule"),
    ("timeout", "timeoutMs"),
];

/// A schedule that is to be stored.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    id: String,
    organization: Option<String>,
    times: Times,
    missed: Missed,
    overlap: &'static str,
    count: u64,
    job: Job,
    data: String,
}

fn known_only(given: &Map<String, Value>, known: &[&str], place: &str) -> Result<()> {
    let foreign = OTHERS.iter().find(|(name, _)| given.contains_key(*name) && !known.contains(name));
    match foreign {
        Some((name, meant)) => Err(refusal(format!("{place}{name} is no option here; use {meant}"))),
        None => refuse_unknown(given, known, place),
    }
}

/// What a value is, where the value itself is not shown.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn text_of<'a>(given: &'a Map<String, Value>, option: &str, example: &str) -> Result<Option<&'a str>> {
    match given.get(option) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_CRON_BYTES => Ok(Some(text)),
        Some(Value::String(_)) => Err(refusal(format!(
            "{option} has more than {MAX_CRON_BYTES} bytes; give a text such as {example}"
        ))),
        Some(value) => Err(refusal(format!("{option} is {}; give a text such as {example}", kind_of(value)))),
    }
}

fn time_of(given: &Map<String, Value>, option: &str) -> Result<Option<i64>> {
    if !given.contains_key(option) {
        return Ok(None);
    }
    let time = integer(given, option, 0, 0, LAST_TIME)
        .map_err(|_| refusal(format!("{option} is no time; give a Date, or milliseconds since 1970")))?;
    Ok(Some(time as i64))
}

fn word_of(given: &Map<String, Value>, option: &str, allowed: &[&'static str]) -> Result<&'static str> {
    let Some(value) = given.get(option) else { return Ok(allowed[0]) };
    let found = allowed.iter().find(|word| value.as_str() == Some(word));
    found.copied().ok_or_else(|| {
        let kind = if value.is_string() { "a text that is not known" } else { kind_of(value) };
        refusal(format!("{option} is {kind}; give {}", allowed.join(" or ")))
    })
}

fn times_of(given: &Map<String, Value>) -> Result<Times> {
    let (start, end) = (time_of(given, "startAt")?, time_of(given, "endAt")?);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(refusal("endAt is before startAt; give a later time"));
    }
    let cron = text_of(given, "cron", "'30 2 * * *'")?;
    let zone = text_of(given, "tz", "'Europe/Berlin'")?;
    match (cron, given.contains_key("everyMs")) {
        (Some(_), true) => Err(refusal("cron and everyMs are both given; give one of them")),
        (None, false) => Err(refusal("the times have no cron and no everyMs; give one of them")),
        (Some(cron), false) => Times::cron(cron, zone.unwrap_or("UTC"), start, end),
        (None, true) if zone.is_some() => {
            Err(refusal("tz goes with cron; everyMs has no time zone: leave tz out"))
        }
        (None, true) => {
            let every = integer(given, "everyMs", 0, MIN_EVERY_MS, MAX_DELAY_MS)?;
            Ok(Times::every(every as i64, start, end))
        }
    }
}

impl NewSchedule {
    /// `given` has the times, the type, the data as JSON text and the job's options.
    ///
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed; `E_KEY` for a name; `E_VALUE_TOO_LARGE`.
    pub fn read(
        given: &Map<String, Value>,
        id: String,
        organization: Option<String>,
        options: &QueueOptions,
    ) -> Result<NewSchedule> {
        let empty = Map::new();
        let part = |name: &str| given.get(name).and_then(Value::as_object).unwrap_or(&empty);
        let (when, of_job) = (part("times"), part("options"));
        known_only(when, &TIMES, "")?;
        known_only(of_job, &JOB, "")?;
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, data) = (text("type"), text("data"));
        if !(1..=MAX_NAME_BYTES).contains(&kind.len()) {
            let sentence = "the type of a job is not allowed; give a text of 1 to 128 bytes";
            return Err(Error::new(ErrorCode::Key, sentence));
        }
        let most = options.max_payload_bytes;
        if data.len() > most {
            let sentence =
                format!("the data of a job is larger than maxPayloadBytes ({most} bytes); nothing was sent");
            return Err(Error::new(ErrorCode::ValueTooLarge, sentence));
        }
        let JobOptions { attempts, backoff, timeout_ms, priority, .. } = options.job.over(of_job, &JOB)?;
        let missed = word_of(when, "missed", &Missed::ALL.map(|(_, name)| name))?;
        Ok(NewSchedule {
            times: times_of(when)?,
            missed: Missed::named(missed).unwrap_or_default(),
            overlap: word_of(when, "overlap", &OVERLAPS)?,
            count: integer(when, "count", 0, 1, MAX_COUNT)?,
            job: Job {
                kind,
                organization: organization.clone(),
                priority,
                max_attempts: attempts,
                timeout_ms,
                backoff,
                key: None,
                mark: None,
                schedule: Some(id.clone()),
                slot: None,
            },
            data,
            id,
            organization,
        })
    }

    /// The step that stores it at this time of the server.
    ///
    /// # Errors
    /// `E_CONFIG` where no slot comes any more.
    pub fn put(&self, now: i64) -> Result<Put> {
        let slot = self.times.after(now).ok_or_else(|| {
            refusal("the times never come: the pattern names no day that there is, or endAt is before its next one")
        })?;
        let organization = escaped(self.organization.as_deref());
        let (head, whole) = self.job.write(self.data.as_bytes());
        // The slot comes in front of the brace that ends the record's line.
        let (middle, tail) = whole.split_at(whole.len() - self.data.len() - b"}\n".len());
        Ok(Put {
            name: name_of(&self.id, &organization),
            times: self.times.to_json().to_string(),
            slot,
            missed: self.missed.name(),
            overlap: self.overlap,
            count: self.count,
            organization,
            priority: self.job.priority,
            head,
            middle: middle.to_vec(),
            tail: tail.to_vec(),
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::record::Record;

    const NOON: i64 = 1_800_014_400_000;

    fn read(times: &str, options: &str) -> Result<NewSchedule> {
        let text = format!(r#"{{"times":{times},"options":{options},"type":"mail","data":"{{\"a\":1}}"}}"#);
        let given: Value = serde_json::from_str(&text).unwrap();
        let queue = QueueOptions::from_json("{}").unwrap();
        NewSchedule::read(given.as_object().unwrap(), "daily".to_owned(), Some("a:b".to_owned()), &queue)
    }

    #[test]
    fn the_record_of_a_slot_is_whole() {
        let put = read(r#"{"everyMs":1000}"#, r#"{"priority":7}"#).unwrap().put(NOON).unwrap();
        assert_eq!((&*put.name, put.slot, put.count), ("daily:a%3Ab", NOON + 1_000, 0));
        let record =
            [&put.head[..], NOON.to_string().as_bytes(), &put.middle, b",\"a\":42", &put.tail].concat();
        let record = Record::read(&record).unwrap();
        assert_eq!((record.job.schedule.as_deref(), record.job.slot), (Some("daily"), Some(42)));
        assert_eq!((record.job.organization.as_deref(), record.data), (Some("a:b"), &b"{\"a\":1}"[..]));
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        for (times, options, expected) in [
            ("{}", "{}", "no cron and no everyMs"),
            (r#"{"cron":"* * * * *","everyMs":500}"#, "{}", "both given"),
            (r#"{"everyMs":99}"#, "{}", "everyMs is 99; give an integer from 100"),
            (r#"{"everyMs":"1000"}"#, "{}", "everyMs is \"1000\""),
            (r#"{"everyMs":1000,"tz":"UTC"}"#, "{}", "tz goes with cron"),
            (r#"{"cron":7}"#, "{}", "cron is a number; give a text"),
            (r#"{"cron":"a b c"}"#, "{}", "cron is no pattern"),
            (r#"{"cron":"* * * * *","tz":"Nowhere"}"#, "{}", "tz is no time zone"),
            (r#"{"everyMs":1000,"missed":"two"}"#, "{}", "give one or all or skip"),
            (r#"{"everyMs":1000,"overlap":1}"#, "{}", "overlap is a number; give allow or skip"),
            (r#"{"everyMs":1000,"count":0}"#, "{}", "count is 0"),
            (r#"{"everyMs":1000,"startAt":"tomorrow"}"#, "{}", "startAt is no time"),
            (r#"{"everyMs":1000,"startAt":5,"endAt":4}"#, "{}", "endAt is before startAt"),
            (r#"{"pattern":"* * * * *"}"#, "{}", "use cron"),
            (r#"{"every":500}"#, "{}", "use everyMs"),
            (r#"{"everyMs":500,"immediately":true}"#, "{}", "use runSchedule(id)"),
            (r#"{"everyMs":500,"limit":3}"#, "{}", "use count"),
            (r#"{"everyMS":500}"#, "{}", "use everyMs"),
            (r#"{"everyMs":500}"#, r#"{"idempotencyKey":"a"}"#, "use the id of the schedule"),
            (r#"{"everyMs":500}"#, r#"{"delayMs":1}"#, "use startAt"),
            (r#"{"everyMs":500}"#, r#"{"attempts":0}"#, "attempts is 0"),
        ] {
            let error = read(times, options).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Config);
            assert!(error.message().contains(expected), "{times} {options}: {}", error.message());
        }
    }

    #[test]
    fn times_that_never_come_are_refused() {
        for times in [r#"{"cron":"0 0 30 2 *"}"#, r#"{"everyMs":1000,"endAt":1000}"#] {
            let error = read(times, "{}").unwrap().put(NOON).unwrap_err();
            assert!(error.message().starts_with("the times never come"), "{}", error.message());
        }
    }
}
