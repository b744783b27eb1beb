//! What is told of jobs, organizations and workers, as JSON texts.

use std::fmt::Write;

use serde_json::{Value, json};

use super::contract::{JobState, Word};
use super::hand::Given;
use super::keys::unescaped;
use super::record::Record;

/// Words of a snapshot.
const WORDS_A_JOB: usize = 7;

/// An outcome as it is kept.
pub struct OutcomeParts<'a> {
    pub state: JobState,
    pub finished_ms: i64,
    pub started_ms: i64,
    pub fence: i64,
    /// JSON.
    pub payload: &'a str,
}

/// `None` where it is damaged.
pub fn outcome_parts(bytes: &[u8]) -> Option<OutcomeParts<'_>> {
    let (head, payload) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
    let mut parts = head.split(' ');
    let state = JobState::lettered(parts.next()?)?;
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (finished_ms, started_ms, fence) = (number()?, number()?, number()?);
    if !payload.is_empty() {
        serde_json::from_str::<serde_core::de::IgnoredAny>(payload).ok()?;
    }
    Some(OutcomeParts { state, finished_ms, started_ms, fence, payload })
}

/// A JSON text without its last brace, to which more is added.
fn open(value: &Value) -> String {
    let mut text = value.to_string();
    text.pop();
    text
}

/// A job that begins, as its handler is told of it.
pub fn begun(given: &Given) -> String {
    let mut text = open(&json!({
        "id": given.id,
        "type": given.job.kind,
        "orgId": given.job.organization,
        "priority": given.job.priority,
        "attempt": given.attempts + 1,
        "maxAttempts": given.job.max_attempts,
        "stalls": given.stalls,
        "fence": given.fence,
        "createdAt": given.created_ms,
        "startedAt": given.since_ms,
        "timeoutMs": given.job.timeout_ms,
        "idempotencyKey": given.job.key,
        "scheduleId": given.job.schedule,
        "scheduledFor": given.job.slot,
    }));
    let _ = write!(text, ",\"data\":{}}}", String::from_utf8_lossy(&given.data));
    text
}

/// Jobs as `get` and `list` answer them.
pub fn snapshots(words: &[Word], with_log: bool) -> Vec<String> {
    if with_log {
        let Some((job, log)) = words.split_at_checked(WORDS_A_JOB) else { return Vec::new() };
        return snapshot(job, Some(log)).into_iter().collect();
    }
    words.chunks_exact(WORDS_A_JOB).filter_map(|job| snapshot(job, None)).collect()
}

fn snapshot(words: &[Word], log: Option<&[Word]>) -> Option<String> {
    let state = JobState::lettered(&words[1].text())?;
    let Some(record) = Record::read(words[2].bytes()) else {
        return Some(json!({ "id": words[0].text(), "state": state.name(), "damaged": true }).to_string());
    };
    let mut value = json!({
        "id": words[0].text(),
        "state": state.name(),
        "type": record.job.kind,
        "orgId": record.job.organization,
        "priority": record.job.priority,
        "attempt": record.attempts + u32::from(matches!(state, JobState::Active | JobState::Completed)),
        "maxAttempts": record.job.max_attempts,
        "stalls": record.stalls,
        "createdAt": record.created_ms,
        "timeoutMs": record.job.timeout_ms,
        "idempotencyKey": record.job.key,
        "scheduleId": record.job.schedule,
        "scheduledFor": record.job.slot,
    });
    let time = words[5].text().parse::<f64>().ok();
    let member = words[4].text();
    if state == JobState::Delayed {
        value["dueAt"] = time.map(|time| time as i64).into();
    } else if state == JobState::Active {
        let mut parts = member.split(':').skip(1);
        value["fence"] = parts.next().and_then(|fence| fence.parse::<i64>().ok()).into();
        value["worker"] = parts.next().map(worker_name).into();
        value["startedAt"] = parts.next().and_then(|since| since.parse::<i64>().ok()).into();
        value["leaseEndsAt"] = time.map(|time| time as i64).into();
    }
    let outcome = outcome_parts(words[3].bytes());
    if let Some(parts) = &outcome {
        value["finishedAt"] = parts.finished_ms.into();
        value["startedAt"] = parts.started_ms.into();
        value["fence"] = parts.fence.into();
    }
    if let Some(lines) = log {
        value["logs"] = lines.iter().map(Word::text).collect::<Vec<_>>().into();
    }
    let mut text = open(&value);
    if let Some(parts) = outcome.filter(|parts| !parts.payload.is_empty()) {
        let name = if parts.state == JobState::Completed { "result" } else { "error" };
        let _ = write!(text, ",\"{name}\":{}", parts.payload);
    }
    if !words[6].bytes().is_empty() {
        let _ = write!(text, ",\"progress\":{}", words[6].text());
    }
    let _ = write!(text, ",\"data\":{}}}", String::from_utf8_lossy(record.data));
    Some(text)
}

/// Whether a snapshot is of this type and organization, where they are given.
pub fn shown(job: &str, kind: Option<&str>, organization: Option<&str>) -> bool {
    if kind.is_none() && organization.is_none() {
        return true;
    }
    let Ok(job) = serde_json::from_str::<Value>(job) else { return false };
    let of = |name: &str| job.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    kind.is_none_or(|kind| of("type") == kind)
        && organization.is_none_or(|name| of("orgId") == unescaped(name).unwrap_or_default())
}

/// The name of a worker without what tells its runs apart.
pub fn worker_name(member: &str) -> String {
    let name = member.rsplit_once('~').map_or(member, |(name, _)| name);
    unescaped(name).unwrap_or_default()
}

pub fn organizations(words: &[Word]) -> String {
    let told: Vec<Value> = words
        .chunks_exact(5)
        .map(|parts| {
            let name = unescaped(&parts[0].text()).filter(|name| !name.is_empty());
            let settings = parts[3].text();
            let mut settings = settings.split(' ').map(|part| part.parse::<f64>().unwrap_or(0.0));
            let weight = settings.next().filter(|weight| *weight > 0.0).unwrap_or(1.0);
            let mut limit = || settings.next().filter(|limit| *limit > 0.0).map(|limit| limit as u64);
            let (concurrency, max, period) = (limit(), limit(), limit());
            json!({
                "orgId": name,
                "ready": parts[1].number(),
                "active": Some(parts[2].number()).filter(|active| *active >= 0),
                "weight": weight,
                "concurrency": concurrency,
                "rate": max.map(|max| json!({ "max": max, "perMs": period })),
                "paused": parts[4].number() == 1,
            })
        })
        .collect();
    Value::from(told).to_string()
}

pub fn workers(words: &[Word]) -> String {
    let told: Vec<Value> = words
        .chunks_exact(3)
        .map(|parts| {
            json!({ "name": worker_name(&parts[0].text()), "seenAt": parts[1].number(), "active": parts[2].number() })
        })
        .collect();
    Value::from(told).to_string()
}
