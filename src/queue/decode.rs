//! From verbs and arguments to calls of queues.

use serde_json::{Value, json};

use super::ask::ASKS;
use super::backoff::MAX_DELAY_MS;
use super::contract::Change;
use super::ending::JOB_EVENTS;
use super::events::EVENTS;
use super::hand::Outcome;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Asked, CallArguments, misuse};

/// The verbs' names. `open`, `normalize`, `ask` and `tell` have what they are about in the detail.
pub(super) const VERBS: &[&str] = &["normalize", "open", "add", "ask", "turn", "take", "tell"];

const KINDS: [&str; 4] = ["queue", "worker", "reader", "watch"];
/// What native code is told.
pub(super) const TELLS: [&str; 14] = [
    "run",
    "pause",
    "resume",
    "concurrency",
    "listen",
    "stats",
    "closeWorker",
    "closeQueue",
    "abandon",
    "job",
    "read",
    "closeReader",
    "closeWatch",
    "look",
];

/// One call of JavaScript.
#[derive(Debug)]
pub struct Call<'a> {
    pub(super) verb: &'static str,
    /// What it is about, where the verb says so.
    pub(super) about: &'static str,
    pub(super) given: &'a CallArguments,
}

/// The call with these arguments.
pub(super) fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let unknown = || misuse("the bridge was given an unknown verb");
    let verb = VERBS.get(usize::from(asked.verb)).copied().ok_or_else(unknown)?;
    let names: &'static [&'static str] = match verb {
        "normalize" | "open" => &KINDS,
        "ask" => &ASKS,
        "tell" => &TELLS,
        _ => &[""],
    };
    let about = names.get(usize::from(asked.detail)).copied().ok_or_else(unknown)?;
    Ok(Call { verb, about, given: arguments })
}

impl Call<'_> {
    pub(super) fn number(&self, at: usize) -> Result<u32> {
        let number = self.given.number(at).filter(|number| (0.0..4_294_967_296.0).contains(number));
        number.map(|number| number as u32).ok_or_else(|| misuse("a call of queues lacks a number"))
    }

    /// A number of ms that the caller may leave out.
    pub(super) fn ms(&self, at: usize) -> u64 {
        self.ms_or(at, 0)
    }

    pub(super) fn ms_or(&self, at: usize, default: u64) -> u64 {
        self.given
            .number(at)
            .map_or(default, |ms| if ms > 0.0 { ms.min(MAX_DELAY_MS as f64) as u64 } else { 0 })
    }

    /// # Errors
    /// `E_KEY` for everything but a text of so many bytes.
    pub(super) fn name(&self, at: usize, what: &str) -> Result<&str> {
        match self.given.text(at)? {
            Some(text) if (1..=super::options::MAX_NAME_BYTES).contains(&text.len()) => Ok(text),
            _ => Err(Error::new(
                ErrorCode::Key,
                format!(
                    "{what} is not allowed; give a text of 1 to {} bytes",
                    super::options::MAX_NAME_BYTES
                ),
            )),
        }
    }

    /// A name, or nothing.
    pub(super) fn optional_name(&self, at: usize, what: &str) -> Result<Option<&str>> {
        if self.given.is_given(at) || self.given.number(at).is_some() {
            return self.name(at, what).map(Some);
        }
        Ok(None)
    }
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    names
        .enumerate()
        .map(|(number, name)| (name.to_owned(), json!(number)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Numbers that JavaScript shares: each name by its position.
pub(super) fn numbers() -> Value {
    json!({
        "kinds": numbered(KINDS.into_iter()),
        "asks": numbered(ASKS.into_iter()),
        "tells": numbered(TELLS.into_iter()),
        "outcomes": numbered(Outcome::ALL.into_iter().map(|(_, name)| name)),
        "jobCalls": numbered(Change::ALL.into_iter().map(|(_, name)| name)),
        "jobEvents": numbered(JOB_EVENTS.into_iter()),
        "events": numbered(EVENTS.into_iter()),
        "jobsACall": super::room::MOST_JOBS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_and_what_it_is_about_has_a_number() {
        let mut arguments = CallArguments::default();
        for (verb, name) in (0..).zip(VERBS) {
            let call = decode(Asked { verb, flags: 0, detail: 0 }, &mut arguments).unwrap();
            assert_eq!(call.verb, *name);
        }
        let tell = VERBS.iter().position(|name| *name == "tell").unwrap() as u8;
        for (detail, name) in (0..).zip(TELLS) {
            assert_eq!(decode(Asked { verb: tell, flags: 0, detail }, &mut arguments).unwrap().about, name);
        }
        assert!(decode(Asked { verb: tell, flags: 0, detail: 99 }, &mut arguments).is_err());
        assert!(decode(Asked { verb: 99, flags: 0, detail: 0 }, &mut arguments).is_err());
        assert_eq!(numbers()["outcomes"]["failed"], 1);
    }
}
