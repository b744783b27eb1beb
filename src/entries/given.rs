//! Options as JSON that JavaScript made of what the application gave: how single values are read and refused.

use serde_json::{Map, Value, json};

use crate::config::nearest;
use crate::error::{Error, ErrorCode, Result};

pub fn object(text: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(given)) => Ok(given),
        _ => Err(refusal("the options are no object")),
    }
}

pub fn refuse_unknown(given: &Map<String, Value>, known: &[&[&str]]) -> Result<()> {
    let known = || known.iter().flat_map(|names| names.iter().copied());
    let Some(unknown) = given.keys().find(|name| !known().any(|known| known == *name)) else { return Ok(()) };
    let hint = nearest(unknown, known()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(refusal(&format!("a cache has no option of this name{hint}")))
}

pub fn number(given: &Map<String, Value>, name: &str, min: f64, max: f64) -> Result<Option<f64>> {
    match given.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|value| (min..=max).contains(value)) {
            Some(value) => Ok(Some(value)),
            None => Err(refusal(&format!(
                "{name} is not allowed; allowed is a number from {} to {}",
                short(min),
                short(max)
            ))),
        },
    }
}

pub fn word<'v>(given: &'v Map<String, Value>, name: &str) -> Result<Option<&'v str>> {
    match given.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| refusal(&format!("{name} is no text"))),
    }
}

/// The first is the default.
pub fn one_of<T: Copy>(given: &Map<String, Value>, name: &str, words: &[(&str, T)]) -> Result<T> {
    let Some(given) = word(given, name)? else { return Ok(words[0].1) };
    words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        refusal(&format!("{name} is unknown; allowed is {}", words.join(", ")))
    })
}

/// Without a fraction where there is none.
pub fn short(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}

pub fn refusal(what: &str) -> Error {
    Error::new(ErrorCode::Config, what.to_owned())
}
