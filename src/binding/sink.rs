//! Outcomes on their way into JavaScript: gathered while the core works, handed over in one call.

use napi::sys;

use super::realm::Realm;
use super::{replies, values};
use crate::redis::{Outcome, Redirected, RequestSink, Sink, closed};

/// How JavaScript reads an outcome. The numbers are shared with `js/protocol.js`. A word from [`FIRST_NUMBER`] on is no
/// mark but an outcome that is a small number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Mark {
    Value = 0,
    Json = 1,
    Failed = 2,
    Null = 3,
    True = 4,
    False = 5,
    /// Fields and their JSON texts in turn.
    Entries = 6,
    /// The connection was lost after some of the request was sent.
    LostSent = 7,
    LostUnsent = 8,
    /// The text `OK`.
    Ok = 9,
    Undefined = 10,
}

/// The word that stands for the outcome 0; that of 1 follows, and so on.
pub const FIRST_NUMBER: u32 = 256;
/// So many digits fit beside `FIRST_NUMBER` into a word.
const MOST_DIGITS: usize = 9;

impl Mark {
    pub const ALL: [(Mark, &'static str); 11] = [
        (Mark::Value, "value"),
        (Mark::Json, "json"),
        (Mark::Failed, "failed"),
        (Mark::Null, "null"),
        (Mark::True, "true"),
        (Mark::False, "false"),
        (Mark::Entries, "entries"),
        (Mark::LostSent, "lostSent"),
        (Mark::LostUnsent, "lostUnsent"),
        (Mark::Ok, "ok"),
        (Mark::Undefined, "undefined"),
    ];

    /// Whether a value goes with a word.
    pub fn has_value(word: u32) -> bool {
        [Mark::Value, Mark::Json, Mark::Failed, Mark::Entries].map(|mark| mark as u32).contains(&word)
    }
}

/// Collects outcomes within one handle scope.
pub struct JsSink<'r> {
    realm: &'r Realm,
    settled: Settled,
}

/// What is kept of the room after a burst.
const KEEP_WORDS: usize = 8192;

/// What was collected. Its room is used again, its values are of one handle scope.
#[derive(Default)]
pub struct Settled {
    /// Of those outcomes whose mark does not say it all.
    pub values: Vec<sys::napi_value>,
    /// Id of the call and mark of each.
    pub words: Vec<u32>,
}

impl Settled {
    pub fn clear(&mut self) {
        self.values.clear();
        self.words.clear();
        if self.words.capacity() > KEEP_WORDS {
            self.words.shrink_to(KEEP_WORDS);
            self.values.shrink_to(KEEP_WORDS);
        }
    }
}

impl<'r> JsSink<'r> {
    pub fn new(realm: &'r Realm, room: Settled) -> JsSink<'r> {
        debug_assert!(room.words.is_empty() && room.values.is_empty());
        JsSink { realm, settled: room }
    }

    pub fn finish(self) -> Settled {
        self.settled
    }
}

/// An outcome as JavaScript reads it; no value where the mark says it all. Where no value can be made, e.g. of a text
/// that is longer than JavaScript's strings, the call fails with that.
pub fn show(realm: &Realm, outcome: &Outcome<'_>) -> (Mark, Option<sys::napi_value>) {
    let (mark, value) = match outcome {
        Outcome::Null => return (Mark::Null, None),
        Outcome::Undefined => return (Mark::Undefined, None),
        Outcome::Boolean(true) => return (Mark::True, None),
        Outcome::Boolean(false) => return (Mark::False, None),
        Outcome::Lost { was_sent: true } => return (Mark::LostSent, None),
        Outcome::Lost { was_sent: false } => return (Mark::LostUnsent, None),
        Outcome::Integer(value) => (Mark::Value, values::integer(realm.env, *value)),
        Outcome::Json(text) => (Mark::Json, values::string(realm.env, text)),
        Outcome::Text(text) => (Mark::Value, values::string(realm.env, text)),
        Outcome::Bytes(bytes) => (Mark::Value, values::buffer(realm.env, bytes)),
        Outcome::Reply(bytes, format) => (Mark::Value, replies::reply(realm, bytes, *format)),
        Outcome::Replies(bytes, formats) => (Mark::Value, replies::replies(realm, bytes, formats)),
        Outcome::Failed(error) => (Mark::Failed, Ok(realm.error(error))),
        Outcome::Entries(entries) => {
            let texts: Vec<&[u8]> =
                entries.iter().flat_map(|(field, json)| [field.as_ref(), json.as_ref()]).collect();
            (Mark::Entries, replies::texts(realm, texts.into_iter()))
        }
    };
    match value {
        Ok(value) => (mark, Some(value)),
        Err(error) => (Mark::Failed, Some(realm.error(&error))),
    }
}

/// The word of an outcome that needs no value of Node's: each costs a call into Node, and most writes are answered by `OK`
/// or a small number.
fn word_alone(outcome: &Outcome<'_>) -> Option<u32> {
    match outcome {
        Outcome::Integer(number) => {
            u32::try_from(*number).ok()?.checked_add(FIRST_NUMBER).filter(|word| i32::try_from(*word).is_ok())
        }
        Outcome::Reply(bytes, format) => match bytes.as_ref() {
            b"+OK\r\n" if !format.as_buffers => Some(Mark::Ok as u32),
            b"_\r\n" | b"$-1\r\n" | b"*-1\r\n" => Some(Mark::Null as u32),
            [b':', digits @ .., b'\r', b'\n'] if !format.numbers_as_texts => small_number(digits),
            _ => None,
        },
        _ => None,
    }
}

fn small_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
        .map(|number| FIRST_NUMBER + number)
}

impl Sink for JsSink<'_> {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        if let Some(word) = word_alone(&outcome) {
            self.settled.words.extend([call_id, word]);
            return;
        }
        let (mark, value) = show(self.realm, &outcome);
        self.settled.values.extend(value);
        self.settled.words.extend([call_id, mark as u32]);
    }
}

impl<T> RequestSink<T> for JsSink<'_> {
    /// Routers send such a request on. One that comes here was redirected where there is nobody to ask.
    fn redirect(&mut self, redirected: Redirected<T>) {
        self.settle(redirected.pending.call_id, Outcome::Failed(closed()));
    }
}
