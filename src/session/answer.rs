//! What JavaScript is answered, as JSON texts. `js/session/` makes sessions of them.

use std::fmt::Write;

use serde_json::{Value, json};

use super::decode::{SAYINGS, STEPS};
use super::id::{ID_LETTERS, Ref};
use super::record::Head;
use crate::redis::Outcome;

/// Reasons why a call has no session, by the names that callers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Malformed,
    Unknown,
    Mismatch,
    Conflict,
    Full,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Malformed => "malformed",
            Reason::Unknown => "unknown",
            Reason::Mismatch => "mismatch",
            Reason::Conflict => "conflict",
            Reason::Full => "full",
        }
    }

    pub fn outcome(self) -> Outcome<'static> {
        text(format!("{{\"reason\":\"{}\"}}", self.name()))
    }
}

/// Numbers that JavaScript shares: each saying and step by its position.
pub fn numbers() -> Value {
    let numbered = |names: &[&str]| -> Value {
        names
            .iter()
            .enumerate()
            .map(|(number, name)| ((*name).to_owned(), json!(number)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    json!({
        "sayings": numbered(&SAYINGS),
        "steps": numbered(&STEPS),
        "idLetters": ID_LETTERS,
        "directories": super::keys::DIRECTORIES,
    })
}

/// A session as it is told.
pub struct Told<'a> {
    pub reference: Ref,
    pub head: Head,
    /// A JSON object with at least the user.
    pub about: &'a [u8],
    /// `None` where the caller has the data.
    pub data: Option<&'a [u8]>,
    /// The server's time.
    pub now: i64,
    /// The id that the caller is to use from now on.
    pub id: Option<String>,
    pub is_stale: bool,
    pub is_mismatched: bool,
    pub evicted: Vec<Ref>,
}

impl Told<'_> {
    pub fn text(&self) -> String {
        let Head { created, touched, idle, end, authenticated, version } = self.head;
        let about = String::from_utf8_lossy(self.about.strip_suffix(b"}").unwrap_or(self.about));
        let mut out = String::with_capacity(256 + about.len() + self.data.map_or(0, <[u8]>::len));
        out.push_str(&about);
        let idle_ends = (touched + idle).min(end);
        // Writing into a text never fails.
        let _ = write!(
            out,
            ",\"ref\":\"{}\",\"version\":{version},\"createdAt\":{created},\"authenticatedAt\":{authenticated},\
             \"seenAt\":{touched},\"idleEndsAt\":{idle_ends},\"endsAt\":{end},\"now\":{}",
            self.reference.text(),
            self.now
        );
        if let Some(id) = &self.id {
            let _ = write!(out, ",\"id\":\"{id}\"");
        }
        if self.is_stale {
            out.push_str(",\"stale\":true");
        }
        if self.is_mismatched {
            out.push_str(",\"mismatch\":true");
        }
        if !self.evicted.is_empty() {
            let evicted: Vec<_> = self.evicted.iter().map(Ref::text).collect();
            let _ = write!(out, ",\"evicted\":{}", json!(evicted));
        }
        if let Some(data) = self.data {
            out.push_str(",\"data\":");
            out.push_str(&String::from_utf8_lossy(data));
        }
        out.push('}');
        out
    }

    pub fn outcome(&self) -> Outcome<'static> {
        text(self.text())
    }
}

pub fn text(json: String) -> Outcome<'static> {
    Outcome::Json(json.into_bytes().into())
}

/// What became of the end of a session.
pub fn word(word: &str) -> Outcome<'static> {
    text(format!("\"{word}\""))
}
