//! Limits of a queue that somebody watches, and which of them are exceeded.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::options::{integer, object, refusal, refuse_unknown};
use super::statistics::Statistics;
use crate::error::Result;

/// Failures of fewer jobs than this tell nothing.
const FEWEST_ENDED: i64 = 20;
/// An alert is over when the value is below this share of the limit, so that one near the limit is not told again and again.
const OVER_AT: f64 = 0.9;
const NAMES: [&str; 4] = ["backlog", "failureRate", "oldestMs", "noWorkerMs"];
const BACKLOG: u64 = 500;
const FAILURE_RATE: f64 = 0.05;
/// Idle workers give a sign every 15 seconds.
const LEAST_NO_WORKER_MS: u64 = 20_000;
const MOST: u64 = 1_000_000_000;

#[derive(Debug, Default)]
pub struct Watching {
    limits: [Option<f64>; NAMES.len()],
    /// Alerts that are not over, and since when.
    alerts: BTreeMap<&'static str, i64>,
    /// When it was looked for the first time.
    began: Option<i64>,
}

fn limit(given: &Map<String, Value>, name: &str, default: Option<u64>, least: u64) -> Result<Option<f64>> {
    match given.get(name) {
        None => Ok(default.map(|limit| limit as f64)),
        Some(Value::Null) => Ok(None),
        Some(_) => integer(given, name, 0, least, MOST).map(|limit| Some(limit as f64)),
    }
}

impl Watching {
    /// # Errors
    /// `E_CONFIG` for a limit that is not allowed.
    pub fn from_json(text: &str) -> Result<Watching> {
        let given = object(text, "the limits")?;
        refuse_unknown(&given, &NAMES, "")?;
        let rate = match given.get("failureRate") {
            None => Some(FAILURE_RATE),
            Some(Value::Null) => None,
            Some(rate) => {
                let rate = rate.as_f64().filter(|rate| *rate > 0.0 && *rate < 1.0);
                Some(rate.ok_or_else(|| {
                    refusal("failureRate is not allowed; give a number above 0 and below 1, or null")
                })?)
            }
        };
        let limits = [
            limit(&given, "backlog", Some(BACKLOG), 1)?,
            rate,
            limit(&given, "oldestMs", None, 1)?,
            limit(&given, "noWorkerMs", None, LEAST_NO_WORKER_MS)?,
        ];
        Ok(Watching { limits, ..Watching::default() })
    }

    /// Alerts that have begun, or are over, as JSON.
    pub fn look(&mut self, queue: &str, seen: &Statistics) -> Vec<Value> {
        let began = *self.began.get_or_insert(seen.now);
        let (died, ended) = (seen.lately("died"), seen.lately("died") + seen.lately("completed"));
        let since = |at: i64| (seen.now - at).max(0) as f64;
        let values = [
            seen.counts[0] as f64,
            if ended < FEWEST_ENDED { 0.0 } else { died as f64 / ended as f64 },
            if seen.oldest[0] > 0 { since(seen.oldest[0]) } else { 0.0 },
            since(seen.seen.max(began)),
        ];
        let mut told = Vec::new();
        for ((name, limit), value) in NAMES.into_iter().zip(self.limits).zip(values) {
            let Some(limit) = limit else { continue };
            let known = self.alerts.get(name).copied();
            let is_over = known.is_some() && value <= limit * OVER_AT;
            if known.is_none() && value > limit {
                self.alerts.insert(name, seen.now);
            } else if is_over {
                self.alerts.remove(name);
            } else {
                continue;
            }
            told.push(json!({
                "alert": name,
                "queue": queue,
                "value": value,
                "limit": limit,
                "since": known.unwrap_or(seen.now),
                "isOver": is_over,
            }));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use crate::queue::contract::Word;

    /// Numbers of the time, ready jobs, since when, completed, dead, and the last sign of a worker.
    fn seen([now, ready, oldest, completed, died, sign]: [i64; 6]) -> Statistics {
        let number = |number: i64| number.to_string();
        let head = [number(now), "1 0 0 0 0 0 0 0".to_owned(), String::new()].into_iter();
        let head = head.chain([0, 0, 0, 0, 1, sign, 0, 0, 0, 0].map(number));
        let states = [ready, 0, 0, 0, 0, oldest].map(number).into_iter();
        let meta = ["completed".to_owned(), number(completed), "died".to_owned(), number(died)];
        let words: Vec<Word> = head.chain(states).chain(meta).map(|text| Word::from(&*text)).collect();
        Statistics::read(&words, false).unwrap()
    }

    fn told(watching: &mut Watching, numbers: [i64; 6]) -> Vec<String> {
        let name = |alert: Value| {
            let end = if alert["isOver"] == true { "over" } else { "begins" };
            format!("{} {end} {}", alert["alert"].as_str().unwrap(), alert["value"])
        };
        watching.look("mails", &seen(numbers)).into_iter().map(name).collect()
    }

    #[test]
    fn an_alert_is_told_once_and_its_end_once() {
        let mut watching = Watching::from_json(r#"{"oldestMs":1000,"noWorkerMs":30000}"#).unwrap();
        assert!(told(&mut watching, [10_000, 500, 9_500, 19, 0, 9_000]).is_empty());
        assert_eq!(told(&mut watching, [10_000, 501, 9_000, 19, 0, 9_000]), ["backlog begins 501.0"]);
        assert!(told(&mut watching, [10_100, 700, 9_100, 19, 0, 9_000]).is_empty());
        assert!(told(&mut watching, [10_100, 499, 9_100, 19, 0, 9_000]).is_empty());
        assert_eq!(
            told(&mut watching, [10_200, 450, 9_199, 19, 0, 9_000]),
            ["backlog over 450.0", "oldestMs begins 1001.0"]
        );
        assert_eq!(
            told(&mut watching, [10_200, 0, 0, 18, 2, 9_000]),
            ["failureRate begins 0.1", "oldestMs over 0.0"]
        );
        assert_eq!(
            told(&mut watching, [40_001, 0, 0, 98, 2, 9_000]),
            ["failureRate over 0.02", "noWorkerMs begins 30001.0"]
        );
        assert_eq!(told(&mut watching, [40_002, 0, 0, 98, 2, 40_000]), ["noWorkerMs over 2.0"]);
    }

    #[test]
    fn a_few_failures_and_a_worker_that_never_was_there_wait() {
        let mut watching = Watching::from_json(r#"{"noWorkerMs":20000,"backlog":null}"#).unwrap();
        assert!(told(&mut watching, [10_000, 9_999, 0, 0, 19, 0]).is_empty());
        assert!(told(&mut watching, [30_000, 0, 0, 0, 19, 0]).is_empty());
        assert_eq!(
            told(&mut watching, [30_001, 0, 0, 0, 20, 0]),
            ["failureRate begins 1.0", "noWorkerMs begins 20001.0"]
        );
    }

    #[test]
    fn limits_that_cannot_be_are_refused() {
        for wrong in [
            r#"{"backlog":0}"#,
            r#"{"failureRate":1}"#,
            r#"{"noWorkerMs":19999}"#,
            r#"{"oldestMs":"1"}"#,
            r#"{"other":1}"#,
        ] {
            assert_eq!(Watching::from_json(wrong).unwrap_err().code(), ErrorCode::Config, "{wrong}");
        }
    }
}
