//! What is told of schedules, as JSON texts.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::steps::organization_in;
use crate::queue::contract::Word;
use crate::queue::keys::unescaped;
use crate::queue::record::Record;

/// Words of a schedule in a page.
const WORDS_A_SCHEDULE: usize = 13;
/// Stands for the time at which a job is made.
const NO_TIME: &[u8] = b"0000000000000";

/// A page of schedules.
pub fn page(words: &[Word]) -> String {
    let after = words.first().map(Word::text).filter(|after| !after.is_empty());
    let total = words.get(1).map_or(0, Word::number);
    let all = words.get(2..).unwrap_or_default().chunks_exact(WORDS_A_SCHEDULE).filter_map(schedule);
    let all: Vec<String> = all.collect();
    format!("{{\"schedules\":[{}],\"after\":{},\"total\":{total}}}", all.join(","), json!(after))
}

fn number(word: &Word) -> Option<i64> {
    word.text().parse().ok()
}

fn schedule(words: &[Word]) -> Option<String> {
    let name = words[0].text();
    let (id, _) = name.split_once(':').unwrap_or((&name, ""));
    let record = [words[10].bytes(), NO_TIME, words[11].bytes(), words[12].bytes()].concat();
    let mut value = json!({
        "id": unescaped(id),
        "orgId": unescaped(organization_in(&name)).filter(|name| !name.is_empty()),
        "missed": words[3].text(),
        "overlap": words[4].text(),
        "nextAt": number(&words[1]),
        "lastAt": number(&words[8]),
        "lastJobId": Some(words[9].text()).filter(|id| !id.is_empty()),
        "runs": number(&words[6]),
        "skipped": number(&words[7]),
    });
    let times: Map<String, Value> = serde_json::from_str(&words[2].text()).unwrap_or_default();
    times.into_iter().for_each(|(name, time)| value[name] = time);
    if let Some(count) = number(&words[5]).filter(|count| *count > 0) {
        value["count"] = count.into();
    }
    let Some(Record { job, data, .. }) = Record::read(&record) else {
        value["damaged"] = true.into();
        return Some(value.to_string());
    };
    value["type"] = job.kind.into();
    value["priority"] = job.priority.into();
    value["attempts"] = job.max_attempts.into();
    value["timeoutMs"] = job.timeout_ms.into();
    value["backoff"] = job.backoff.describe();
    let mut text = value.to_string();
    text.pop();
    let _ = write!(text, ",\"data\":{}}}", String::from_utf8_lossy(data));
    Some(text)
}
