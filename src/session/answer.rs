//! What JavaScript is answered, as JSON texts. `js/session/` makes sessions of them.

use std::fmt::Write;

use serde_json::{Value, json};

use super::base64url;
use super::decode::{SAYINGS, STEPS};
use super::id::{ID_LETTERS, Ref};
use super::record::Head;
use crate::lane::Node as Reply;
use crate::redis::Outcome;

/// Reasons why a call has no session, by the names that callers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Malformed,
    Unknown,
    Conflict,
    Full,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Malformed => "malformed",
            Reason::Unknown => "unknown",
            Reason::Conflict => "conflict",
            Reason::Full => "full",
        }
    }

    pub fn text(self) -> String {
        format!("{{\"reason\":\"{}\"}}", self.name())
    }

    pub fn outcome(self) -> Outcome<'static> {
        text(self.text())
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
    /// Appends a list, which costs less to read than an object: the ref; when it was created, and the other times from then
    /// on; the version; the server's time; whose it is; more, or 0; the data.
    pub fn push_to(&self, out: &mut String) {
        let Head { created, touched, idle, end, authenticated, version } = self.head;
        out.push_str("[\"");
        base64url::push(out, &self.reference.tag);
        base64url::push(out, &self.reference.hash);
        out.push('"');
        let idle_ends = (touched + idle).min(end);
        let since = [authenticated, touched, idle_ends, end].map(|time| time - created);
        let mut digits = itoa::Buffer::new();
        for number in [created].into_iter().chain(since).chain([version, self.now - created]) {
            out.push(',');
            out.push_str(digits.format(number));
        }
        out.push(',');
        out.push_str(&String::from_utf8_lossy(self.about));
        self.push_more(out);
        if let Some(data) = self.data {
            out.push(',');
            out.push_str(&String::from_utf8_lossy(data));
        }
        out.push(']');
    }

    fn push_more(&self, out: &mut String) {
        if self.id.is_none() && !self.is_stale && !self.is_mismatched && self.evicted.is_empty() {
            out.push_str(",0");
            return;
        }
        // Writing into a text never fails.
        let _ = write!(out, ",{{\"stale\":{},\"mismatch\":{}", self.is_stale, self.is_mismatched);
        if let Some(id) = &self.id {
            let _ = write!(out, ",\"id\":\"{id}\"");
        }
        if !self.evicted.is_empty() {
            let evicted: Vec<_> = self.evicted.iter().map(Ref::text).collect();
            let _ = write!(out, ",\"evicted\":{}", json!(evicted));
        }
        out.push('}');
    }

    pub fn outcome(&self) -> Outcome<'static> {
        let mut out = String::with_capacity(256 + self.about.len() + self.data.map_or(0, <[u8]>::len));
        self.push_to(&mut out);
        text(out)
    }
}

pub fn text(json: String) -> Outcome<'static> {
    Outcome::Json(json.into_bytes().into())
}

/// A text of plain letters.
pub fn word(word: &str) -> Outcome<'static> {
    text(format!("\"{word}\""))
}

/// The numbers of a list.
pub fn integers(node: Reply<'_>) -> impl Iterator<Item = i64> {
    let items = if let Reply::Array(items) = node { Some(items) } else { None };
    items.into_iter().flatten().map(|item| if let Reply::Integer(number) = item { number } else { 0 })
}
