//! Outcomes on their way into JavaScript: gathered while the core works, handed over in one call.

use std::ptr;

use napi::sys;

use super::values;
use crate::cache::{Outcome, Sink, closed};

/// How JavaScript reads an outcome. The numbers are shared with `js/protocol.js`.
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
}

impl Mark {
    pub const ALL: [(Mark, &'static str); 9] = [
        (Mark::Value, "value"),
        (Mark::Json, "json"),
        (Mark::Failed, "failed"),
        (Mark::Null, "null"),
        (Mark::True, "true"),
        (Mark::False, "false"),
        (Mark::Entries, "entries"),
        (Mark::LostSent, "lostSent"),
        (Mark::LostUnsent, "lostUnsent"),
    ];

    /// Of marks as they cross: whether a value goes with one.
    pub fn has_value(mark: u32) -> bool {
        ![Mark::Null, Mark::True, Mark::False, Mark::LostSent, Mark::LostUnsent]
            .map(|mark| mark as u32)
            .contains(&mark)
    }
}

/// Collects outcomes within one handle scope.
pub struct JsSink {
    env: sys::napi_env,
    make_error: sys::napi_value,
    settled: Settled,
}

/// What is kept of the room after a burst.
const KEEP_WORDS: usize = 8192;

/// What was collected. Its room is used again, its values are of one handle scope.
#[derive(Default)]
pub struct Settled {
    /// Of those outcomes whose mark does not say it all.
    pub values: Vec<sys::napi_value>,
    /// Slot and mark of each.
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

/// For outcomes that nobody can be told any more.
pub struct Discard;

impl Sink for Discard {
    fn settle(&mut self, _slot: u32, _outcome: Outcome<'_>) {}
}

impl JsSink {
    pub fn new(env: sys::napi_env, make_error: sys::napi_value, room: Settled) -> JsSink {
        debug_assert!(room.words.is_empty() && room.values.is_empty());
        JsSink { env, make_error, settled: room }
    }

    pub fn finish(self) -> Settled {
        self.settled
    }
}

/// An outcome as JavaScript reads it; no value where the mark says it all.
pub fn show(
    env: sys::napi_env,
    make_error: sys::napi_value,
    outcome: &Outcome<'_>,
) -> (Mark, Option<sys::napi_value>) {
    match outcome {
        Outcome::Null => (Mark::Null, None),
        Outcome::Boolean(true) => (Mark::True, None),
        Outcome::Boolean(false) => (Mark::False, None),
        Outcome::Integer(value) => (Mark::Value, Some(values::integer(env, *value))),
        Outcome::Json(text) => (Mark::Json, Some(values::string(env, text))),
        Outcome::Reply(bytes, shape) => (Mark::Value, Some(values::reply(env, bytes, *shape, make_error))),
        Outcome::Replies(bytes, shapes) => {
            (Mark::Value, Some(values::replies(env, bytes, shapes, make_error)))
        }
        Outcome::Failed(error) => (Mark::Failed, Some(values::error(env, make_error, error))),
        Outcome::Lost { was_sent: true } => (Mark::LostSent, None),
        Outcome::Lost { was_sent: false } => (Mark::LostUnsent, None),
        // The cluster's driver sends these on.
        Outcome::Redirected(_) => (Mark::Failed, Some(values::error(env, make_error, &closed()))),
        Outcome::Entries(entries) => {
            let mut array = ptr::null_mut();
            // SAFETY: `env` is the environment of the running call.
            unsafe { sys::napi_create_array_with_length(env, entries.len() * 2, &mut array) };
            for (position, text) in entries.iter().flat_map(|(field, json)| [field, json]).enumerate() {
                let text = values::string(env, text);
                // SAFETY: both values are of the running scope.
                unsafe { sys::napi_set_element(env, array, position as u32, text) };
            }
            (Mark::Entries, Some(array))
        }
    }
}

impl Sink for JsSink {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        let (mark, value) = show(self.env, self.make_error, &outcome);
        self.settled.values.extend(value);
        self.settled.words.extend([slot, mark as u32]);
    }
}
