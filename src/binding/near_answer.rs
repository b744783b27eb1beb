//! What a copy in this process answers at once, as a value of JavaScript.

use std::ptr;

use napi::sys;

use super::realm::Realm;
use super::sink::{Mark, show};
use super::values;
use crate::redis::Outcome;

pub enum NearAnswer {
    Value(sys::napi_value),
    /// Functions of JavaScript must make a value of it, which are called when the client is not borrowed.
    Outcome(Outcome<'static>),
}

impl NearAnswer {
    /// `None` where Node can make no value, e.g. of a text that is too long.
    pub fn of(env: sys::napi_env, outcome: Outcome<'_>) -> Option<NearAnswer> {
        let value = match &outcome {
            Outcome::Json(text) | Outcome::Text(text) => values::string(env, text),
            Outcome::Bytes(bytes) => values::buffer(env, bytes),
            _ => return Some(NearAnswer::Outcome(outcome.into_owned())),
        };
        value.ok().map(NearAnswer::Value)
    }

    /// Undefined where no value can be made: the read then asks Redis, and fails as others do.
    pub fn value(self, realm: &Realm) -> sys::napi_value {
        match self {
            NearAnswer::Value(value) => value,
            NearAnswer::Outcome(outcome) => match show(realm, &outcome) {
                (Mark::True, _) => values::boolean(realm.env, true),
                (Mark::False, _) => values::boolean(realm.env, false),
                (Mark::Value, Some(value)) => value,
                _ => ptr::null_mut(),
            },
        }
    }
}
