//! The options of a room of topics, as JSON that JavaScript made of what the application gave.
//!
//! What is left out has its default; everything else that is not allowed is refused by name, null too.

use serde_json::{Map, Value, json};

use crate::config::nearest;
use crate::error::{Error, ErrorCode, Result};

const MAX_NAME_BYTES: usize = 64;
/// More names are made by a mistake, such as one for each user.
const MAX_TOPICS: usize = 1_000;
/// What browsers themselves call events of their connection, and what `sse` calls a loss.
const RESERVED: [&str; 3] = ["error", "open", "reset"];
const DEFAULT_MAX_BYTES: u64 = 65_536;
/// Redis hands each message to every reader, so a large one is better kept elsewhere and named.
const MAX_BYTES: u64 = 1_048_576;
const MAX_REPLAY: u64 = 1_000_000;
const DEFAULT_RETAIN_SECONDS: u64 = 3_600;
const MAX_RETAIN_SECONDS: u64 = 30 * 86_400;

const OPTIONS: [&str; 2] = ["topics", "maxBytes"];
const OF_A_TOPIC: [&str; 2] = ["replay", "retainSeconds"];

/// How many messages a topic keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub replay: u64,
    pub retain_seconds: u64,
}

impl Retention {
    pub fn keep_ms(self) -> i64 {
        (self.retain_seconds * 1000) as i64
    }
}

#[derive(Debug, Clone)]
pub struct Topic {
    pub name: String,
    /// `None`: nothing is kept.
    pub retention: Option<Retention>,
}

#[derive(Debug, Clone)]
pub struct TopicOptions {
    pub topics: Vec<Topic>,
    pub max_bytes: usize,
}

impl TopicOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(text: &str) -> Result<TopicOptions> {
        let Ok(Value::Object(given)) = serde_json::from_str(text) else {
            return Err(refusal("the options of topics are no object"));
        };
        refuse_unknown(&given, &OPTIONS, "")?;
        let Some(Value::Object(topics)) = given.get("topics") else {
            return Err(refusal("topics is missing or no object; give an object with a topic for each name"));
        };
        if topics.is_empty() || topics.len() > MAX_TOPICS {
            return Err(refusal(&format!("topics has no name, or too many; allowed are 1 to {MAX_TOPICS}")));
        }
        let topics =
            topics.iter().map(|(name, topic)| Topic::from_json(name, topic)).collect::<Result<_>>()?;
        let max_bytes = integer(&given, "maxBytes", DEFAULT_MAX_BYTES, 2, MAX_BYTES, "")?;
        Ok(TopicOptions { topics, max_bytes: max_bytes as usize })
    }

    /// The options in force. Topics are known by their positions here.
    pub fn describe(&self) -> Value {
        let topics: Vec<_> = self
            .topics
            .iter()
            .map(|Topic { name, retention }| {
                json!({
                    "name": name,
                    "replay": retention.map(|kept| kept.replay),
                    "retainSeconds": retention.map(|kept| kept.retain_seconds),
                })
            })
            .collect();
        json!({ "topics": topics, "maxBytes": self.max_bytes })
    }
}

impl Topic {
    fn from_json(name: &str, given: &Value) -> Result<Topic> {
        check_name(name)?;
        let Value::Object(given) = given else {
            return Err(refusal(&format!("the topic {name} is no object; make it with topic()")));
        };
        let place = format!("{name}.");
        refuse_unknown(given, &OF_A_TOPIC, &place)?;
        let retain_seconds =
            integer(given, "retainSeconds", DEFAULT_RETAIN_SECONDS, 1, MAX_RETAIN_SECONDS, &place)?;
        if !given.contains_key("replay") {
            if given.contains_key("retainSeconds") {
                return Err(refusal(&format!(
                    "{place}retainSeconds has no effect without replay; give how many messages are kept"
                )));
            }
            return Ok(Topic { name: name.to_owned(), retention: None });
        }
        let replay = integer(given, "replay", 1, 1, MAX_REPLAY, &place)?;
        Ok(Topic { name: name.to_owned(), retention: Some(Retention { replay, retain_seconds }) })
    }
}

fn check_name(name: &str) -> Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if RESERVED.contains(&name) {
        return Err(refusal(&format!(
            "the topic {name} has a name that browsers have another use for; give another one"
        )));
    }
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(refusal(
        "the name of a topic is not allowed; give 1 to 64 letters, digits, hyphens, dots or underscores",
    ))
}

fn refusal(sentence: &str) -> Error {
    Error::new(ErrorCode::Config, sentence.to_owned())
}

fn refuse_unknown(given: &Map<String, Value>, known: &[&str], place: &str) -> Result<()> {
    let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let meant = nearest(name, known.iter().copied());
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
    Err(refusal(&format!("{place}{name} is no option of topics{meant}")))
}

fn integer(
    given: &Map<String, Value>,
    option: &str,
    default: u64,
    min: u64,
    max: u64,
    place: &str,
) -> Result<u64> {
    let Some(value) = given.get(option) else { return Ok(default) };
    let number = value.as_f64().unwrap_or(f64::NAN);
    if number.fract() == 0.0 && number >= min as f64 && number <= max as f64 {
        return Ok(number as u64);
    }
    Err(refusal(&format!("{place}{option} is not allowed; give an integer from {min} to {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        let text = r#"{"topics":{"a.b":{},"c":{"replay":5},"d":{"replay":5,"retainSeconds":7}}}"#;
        let options = TopicOptions::from_json(text).unwrap();
        assert_eq!(
            options.describe(),
            json!({ "maxBytes": 65536, "topics": [
                { "name": "a.b", "replay": null, "retainSeconds": null },
                { "name": "c", "replay": 5, "retainSeconds": 3600 },
                { "name": "d", "replay": 5, "retainSeconds": 7 },
            ] })
        );
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        let many: Vec<_> = (0..=MAX_TOPICS).map(|number| format!("\"t{number}\":{{}}")).collect();
        let many = format!(r#"{{"topics":{{{}}}}}"#, many.join(","));
        for (text, expected) in [
            ("[]", "no object"),
            ("{}", "topics is missing"),
            (r#"{"topics":[]}"#, "topics is missing"),
            (r#"{"topics":{}}"#, "allowed are 1 to 1000"),
            (&many, "allowed are 1 to 1000"),
            (r#"{"topics":{"a":null}}"#, "the topic a is no object"),
            (r#"{"topics":{"a b":{}}}"#, "the name of a topic"),
            (r#"{"topics":{"":{}}}"#, "the name of a topic"),
            (r#"{"topics":{"reset":{}}}"#, "browsers"),
            (r#"{"topics":{"a":{"replays":1}}}"#, "a.replays is no option of topics; did you mean replay?"),
            (
                r#"{"topics":{"a":{"replay":0}}}"#,
                "a.replay is not allowed; give an integer from 1 to 1000000",
            ),
            (r#"{"topics":{"a":{"replay":"NaN"}}}"#, "a.replay"),
            (r#"{"topics":{"a":{"replay":1.5}}}"#, "a.replay"),
            (r#"{"topics":{"a":{"replay":1,"retainSeconds":0}}}"#, "from 1 to 2592000"),
            (r#"{"topics":{"a":{"retainSeconds":9}}}"#, "no effect without replay"),
            (
                r#"{"topics":{"a":{}},"maxBytes":1048577}"#,
                "maxBytes is not allowed; give an integer from 2 to 1048576",
            ),
            (r#"{"topics":{"a":{}},"maxByte":5}"#, "maxByte is no option of topics; did you mean maxBytes?"),
        ] {
            let error = TopicOptions::from_json(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Config);
            assert!(error.message().contains(expected), "{expected}: {}", error.message());
        }
    }
}
