//! Variables of the environment that stand in for options of queues and workers. JavaScript passes those that are set as the member
//! `environment` of the options.

use serde_json::{Map, Value, json};

use super::backoff::MAX_DELAY_MS;
use super::options::{
    MAX_ATTEMPTS, MAX_CONCURRENCY, MAX_POLL_MS, MAX_TIMEOUT_MS, MIN_POLL_MS, object, refusal,
};
use crate::error::Result;

const MAX_DATABASE: u64 = 1_000_000;
/// Variables that stand in for options of queues and of workers: the option, and what is allowed.
const QUEUE_VARIABLES: [(&str, &str, u64, u64); 2] = [
    ("QUEUE_MAX_ATTEMPTS", "attempts", 1, MAX_ATTEMPTS),
    ("QUEUE_JOB_TIMEOUT", "timeoutMs", 0, MAX_TIMEOUT_MS),
];
const WORKER_VARIABLES: [(&str, &str, u64, u64); 2] = [
    ("QUEUE_CONCURRENCY", "concurrency", 1, MAX_CONCURRENCY),
    ("QUEUE_RETRY_DELAY", "pollMs", MIN_POLL_MS, MAX_POLL_MS),
];
const BACKOFF_VARIABLE: &str = "QUEUE_BACKOFF_DELAY";

/// The number that a variable of the environment has, if it is set.
fn variable(environment: &Map<String, Value>, name: &str, min: u64, max: u64) -> Result<Option<u64>> {
    let Some(text) = environment.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse::<u64>().ok().filter(|number| (min..=max).contains(number));
    let sentence = || refusal(format!("{name} is not allowed; give an integer from {min} to {max}"));
    number.map(Some).ok_or_else(sentence)
}

/// The number of the database that queues have for themselves, on a single server.
///
/// # Errors
/// `E_CONFIG` where it is no number, or there is a cluster, which has one database.
pub fn database(text: &str, is_clustered: bool) -> Result<Option<u32>> {
    let given = object(text, "the options")?;
    let Some(Value::Object(environment)) = given.get("environment") else { return Ok(None) };
    let most = if is_clustered { 0 } else { MAX_DATABASE };
    let number = variable(environment, "REDIS_QUEUE_DB", 0, most)?;
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

/// The options with what variables say where they are left out. JavaScript passes the variables as `environment`.
fn with_variables(text: &str, what: &str, rows: &[(&str, &str, u64, u64)]) -> Result<Map<String, Value>> {
    let mut given = object(text, what)?;
    let Some(Value::Object(environment)) = given.remove("environment") else { return Ok(given) };
    for (name, option, min, max) in rows {
        if let Some(number) = variable(&environment, name, *min, *max)?
            && !given.contains_key(*option)
        {
            given.insert((*option).to_owned(), number.into());
        }
    }
    Ok(given)
}

/// A queue's options with what variables say where they are left out.
///
/// # Errors
/// `E_CONFIG` with the variable and what is allowed.
pub fn queue_options(text: &str) -> Result<Map<String, Value>> {
    let what = "the options of a queue";
    let mut given = with_variables(text, what, &QUEUE_VARIABLES)?;
    let whole = object(text, what)?;
    let Some(Value::Object(environment)) = whole.get("environment") else { return Ok(given) };
    let delay_ms = variable(environment, BACKOFF_VARIABLE, 0, MAX_DELAY_MS)?;
    let backoff = given.entry("backoff").or_insert_with(|| json!({}));
    if let (Some(delay_ms), Some(backoff)) = (delay_ms, backoff.as_object_mut()) {
        backoff.entry("delayMs").or_insert_with(|| delay_ms.into());
    }
    Ok(given)
}

/// A worker's options with what variables say where they are left out.
///
/// # Errors
/// `E_CONFIG` with the variable and what is allowed.
pub fn worker_options(text: &str) -> Result<Map<String, Value>> {
    with_variables(text, "the options of a worker", &WORKER_VARIABLES)
}

#[cfg(test)]
mod tests {
    use super::super::options::{QueueOptions, WorkerOptions};
    use super::*;

    #[test]
    fn variables_stand_in_for_options_that_are_left_out() {
        let environment = r#""environment":{"QUEUE_CONCURRENCY":"7","QUEUE_RETRY_DELAY":"200","QUEUE_MAX_ATTEMPTS":"9",
            "QUEUE_BACKOFF_DELAY":"50","QUEUE_JOB_TIMEOUT":"100"}"#;
        let worker = WorkerOptions::from_json(&format!("{{{environment}}}")).unwrap().describe();
        assert_eq!((&worker["concurrency"], &worker["pollMs"]), (&json!(7), &json!(200)));
        let worker = WorkerOptions::from_json(&format!("{{{environment},\"concurrency\":2}}")).unwrap();
        assert_eq!(worker.hand.concurrency, 2);
        let queue = QueueOptions::from_json(&format!("{{{environment}}}")).unwrap().job;
        assert_eq!((queue.attempts, queue.timeout_ms, queue.backoff.delay_ms), (9, 100, 50));
        let given = format!("{{{environment},\"attempts\":1,\"backoff\":{{\"type\":\"fixed\"}}}}");
        let queue = QueueOptions::from_json(&given).unwrap().job;
        assert_eq!((queue.attempts, queue.backoff.is_exponential, queue.backoff.delay_ms), (1, false, 50));
        let error = WorkerOptions::from_json(r#"{"environment":{"QUEUE_CONCURRENCY":"many"}}"#).unwrap_err();
        assert_eq!(error.message(), "QUEUE_CONCURRENCY is not allowed; give an integer from 1 to 10000");
    }

    #[test]
    fn queues_may_have_a_database_of_their_own_on_one_server() {
        let text = r#"{"environment":{"REDIS_QUEUE_DB":"3"}}"#;
        assert_eq!(database(text, false).unwrap(), Some(3));
        assert_eq!(database("{}", true).unwrap(), None);
        for (text, is_clustered) in [(text, true), (r#"{"environment":{"REDIS_QUEUE_DB":"-1"}}"#, false)] {
            let error = database(text, is_clustered).unwrap_err();
            assert!(error.message().starts_with("REDIS_QUEUE_DB is not allowed"));
        }
    }
}
