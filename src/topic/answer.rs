//! What JavaScript is answered, as JSON texts. `js/topic/` makes messages of them.

use serde_json::{Value, json};

use super::decode::{SAYINGS, STEPS};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Node as Reply};
use crate::redis::Outcome;

/// Numbers that JavaScript shares: each saying and step by its position.
pub fn numbers() -> Value {
    let numbered = |names: &[&str]| -> Value {
        let numbers = names.iter().enumerate();
        numbers
            .map(|(number, name)| ((*name).to_owned(), json!(number)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    json!({ "sayings": numbered(&SAYINGS), "steps": numbered(&STEPS) })
}

pub fn text(json: String) -> Outcome<'static> {
    Outcome::Json(json.into_bytes().into())
}

/// A message is in the journal.
pub fn journalled() -> Outcome<'static> {
    text("\"journalled\"".to_owned())
}

/// What became of a message: `[id, before]`, or `[id]` where it was published before.
pub fn published(frame: Frame<'_>) -> Result<Outcome<'static>> {
    let Reply::Array(items) = frame.node() else { return Err(damaged()) };
    let ids: Vec<_> = items.skip(1).map(text_of).collect::<Result<_>>()?;
    Ok(text(json!(ids).to_string()))
}

/// A page: `[last, now, id, before, message, id, before, message, ...]`.
pub fn page(frame: Frame<'_>) -> Result<Outcome<'static>> {
    let Reply::Array(items) = frame.node() else { return Err(damaged()) };
    let parts: Vec<_> = items.map(text_of).collect::<Result<_>>()?;
    Ok(text(json!(parts).to_string()))
}

fn text_of(node: Reply<'_>) -> Result<String> {
    match node {
        Reply::Bulk(bytes) | Reply::Status(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        _ => Err(damaged()),
    }
}

fn damaged() -> Error {
    Error::new(
        ErrorCode::Internal,
        "the reply to a step of topics has another shape than its script gives it",
    )
}
