//! Decisions that JavaScript asks for without a client: about URLs, keys and pauses.

use std::time::Duration;

use napi::sys;

use super::function::Thrown;
use super::invocation::{Body, Invocation, described, object, texts, variable};
use super::values;
use crate::command::{hash_tag, key_in};
use crate::config::{url_with, waits_to_connect};
use crate::connection::{delay_after, drawn};
use crate::error::Result;
use crate::key::is_of_organization;

pub const FOR_JAVASCRIPT: [(&str, Body); 7] = [
    ("urlWith", changed_url),
    ("waitsToConnect", waits),
    ("ofOrganization", of_organization),
    ("hashTag", tag_of),
    ("keyInSlots", key_in_slots),
    ("pauseAfter", pause_after),
    ("pauseBetween", pause_between),
];

/// A day: nothing pauses longer.
const LONGEST_MS: f64 = 86_400_000.0;

type Answer = std::result::Result<sys::napi_value, Thrown>;

/// `urlWith(makeError, optionsJson, environmentJson, changesJson)`: the URL with the chosen parts; null where it stays.
fn changed_url(call: &Invocation) -> Answer {
    described(call, 0, || {
        let texts = texts(call, 1..4)?;
        let (options, changes) =
            (object(texts.required(0, "the options")?)?, object(texts.required(2, "the changes")?)?);
        let environment = object(texts.required(1, "the environment")?)?;
        let url = url_with(&options, &|name| variable(&environment, name), &changes)?;
        text_or_null(call, url.as_deref().map(str::as_bytes))
    })
}

/// `waitsToConnect(makeError, optionsJson, environmentJson)`.
fn waits(call: &Invocation) -> Answer {
    described(call, 0, || {
        let texts = texts(call, 1..3)?;
        let options = object(texts.required(0, "the options")?)?;
        let environment = object(texts.required(1, "the environment")?)?;
        let waits = waits_to_connect(&options, &|name| variable(&environment, name))?;
        Ok(values::boolean(call.env, waits))
    })
}

/// `ofOrganization(makeError, organization, ...keys)`: `1` for each Map key that is the organization's, else `0`.
fn of_organization(call: &Invocation) -> Answer {
    described(call, 0, || {
        let count = call.arguments().len();
        let texts = texts(call, 1..count)?;
        let organization = texts.required(0, "the organization")?;
        // A key with half of a character is not the organization's, whose name has only whole ones.
        let belongs =
            |position| is_of_organization(&String::from_utf8_lossy(texts.bytes(position)), organization);
        let marks: String =
            (1..count - 1).map(|position| if belongs(position) { '1' } else { '0' }).collect();
        values::string(call.env, marks.as_bytes())
    })
}

/// `hashTag(makeError, key)`: the part of a key that alone chooses its slot; null where that is the whole key.
fn tag_of(call: &Invocation) -> Answer {
    described(call, 0, || text_or_null(call, hash_tag(texts(call, 1..2)?.bytes(0))))
}

/// `keyInSlots(makeError, ...slots)`: a key in one of these ranges, each the first slot and the last; null where there
/// are none.
fn key_in_slots(call: &Invocation) -> Answer {
    described(call, 0, || {
        let slots: Vec<f64> = (1..call.arguments().len()).map(|position| number(call, position)).collect();
        let given = slots.chunks_exact(2).take_while(|range| !range[0].is_nan());
        let ranges: Vec<(u16, u16)> = given.map(|range| (range[0] as u16, range[1] as u16)).collect();
        text_or_null(call, key_in(&ranges).as_deref().map(str::as_bytes))
    })
}

/// `pauseAfter(failures)`: milliseconds before the next attempt, where so many have failed before the last.
fn pause_after(call: &Invocation) -> Answer {
    Ok(milliseconds(call, delay_after(number(call, 0) as u32)))
}

/// `pauseBetween(least, most)`: milliseconds, drawn.
fn pause_between(call: &Invocation) -> Answer {
    let [least, most] = [0, 1]
        .map(|position| Duration::from_secs_f64(number(call, position).clamp(0.0, LONGEST_MS) / 1000.0));
    Ok(milliseconds(call, drawn(least, most)))
}

fn milliseconds(call: &Invocation, duration: Duration) -> sys::napi_value {
    values::integer(call.env, duration.as_millis() as i64).unwrap_or_else(|_| values::undefined(call.env))
}

/// The number at a position; NaN where there is none.
fn number(call: &Invocation, position: usize) -> f64 {
    let mut number = f64::NAN;
    // SAFETY: an argument of the running call; where it is no number, nothing is written.
    unsafe { sys::napi_get_value_double(call.env, call.arguments()[position], &raw mut number) };
    number
}

fn text_or_null(call: &Invocation, text: Option<&[u8]>) -> Result<sys::napi_value> {
    text.map_or_else(|| Ok(values::null(call.env)), |text| values::string(call.env, text))
}
