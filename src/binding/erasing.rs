//! Functions with which JavaScript erases an organization. It carries the commands to Redis, and decides nothing.

use std::ptr;
use std::time::Instant;

use napi::sys;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::function::Thrown;
use super::invocation::{Body, Invocation, texts};
use super::values;
use crate::erasure::{self, Inside, Mode, Place, UnderWay};
use crate::error::{Error, ErrorCode, Result};
use crate::redis::CallArguments;

type Answer = std::result::Result<sys::napi_value, Thrown>;

/// Functions that take a client's number and an organization first.
pub const OF_AN_ERASURE: [(&str, Body); 6] = [
    ("begin", begin),
    ("steps", steps),
    ("owners", owners),
    ("forget", forget),
    ("remaining", remaining),
    ("end", end),
];

/// `begin(client, organization)`: refuses writes of the organization from now on, and answers what the erasure needs to
/// know, as JSON.
fn begin(call: &Invocation) -> Answer {
    asked(call, 2, |client, arguments| {
        let organization = organization(arguments)?;
        let keepers = client.features().keepers();
        // A name that no key can hold is refused before anything is.
        erasure::steps(&keepers, organization, Mode::Count)?;
        let places = erasure::all_places(&keepers);
        let told = json!({
            "pattern": erasure::pattern(organization),
            "script": String::from_utf8_lossy(erasure::keys_script()),
            "places": places.iter().map(|place| shown(&**place, organization)).collect::<Vec<_>>(),
        });
        let under_way = UnderWay::begin(client.core().node().data(), organization);
        client.erasures.borrow_mut().push(under_way);
        Ok(told)
    })
}

fn shown(place: &dyn Place, organization: &str) -> Value {
    let inside = place.inside(organization).map(|Inside { pattern, script, words }| {
        json!({ "pattern": pattern, "script": String::from_utf8_lossy(script), "words": words })
    });
    json!({ "name": place.name(), "isLast": place.goes_last(), "inside": inside })
}

/// `steps(client, organization, erases)`: the commands that come before a scan, as JSON.
fn steps(call: &Invocation) -> Answer {
    let mut erases = false;
    // SAFETY: an argument of the running call; where it is no boolean, `erases` stays false.
    unsafe { sys::napi_get_value_bool(call.env, call.argument(2), &raw mut erases) };
    asked(call, 2, |client, arguments| {
        let mode = if erases { Mode::Erase } else { Mode::Count };
        let keepers = client.features().keepers();
        let commands = erasure::steps(&keepers, organization(arguments)?, mode)?;
        let shown = |command: &Vec<Vec<u8>>| -> Value {
            command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().into()
        };
        Ok(commands.iter().map(shown).collect::<Vec<_>>().into())
    })
}

/// `owners(client, organization, ...keys)`: a letter for each key.
fn owners(call: &Invocation) -> Answer {
    let count = call.arguments().len();
    asked(call, count, |client, arguments| {
        let keepers = client.features().keepers();
        let keys = (1..arguments.count()).map(|position| arguments.bytes(position));
        Ok(erasure::owners(&keepers, organization(arguments)?, keys).into())
    })
}

/// `forget(client, organization)`: what all clients of the same data have forgotten in this process, as JSON.
fn forget(call: &Invocation) -> Answer {
    asked(call, 2, |client, arguments| {
        let keepers = erasure::keepers_of(client.core().node().data());
        let forgotten = erasure::forget(&keepers, organization(arguments)?, Instant::now());
        let shown: Map<String, Value> = forgotten
            .into_iter()
            .map(|(name, erased)| {
                (name.to_owned(), json!({ "entries": erased.entries, "bytes": erased.bytes }))
            })
            .collect();
        Ok(shown.into())
    })
}

/// `remaining(client, organization)`: how much clients of the same data still keep in this process.
fn remaining(call: &Invocation) -> Answer {
    asked(call, 2, |client, arguments| {
        let keepers = erasure::keepers_of(client.core().node().data());
        Ok(erasure::remaining(&keepers, organization(arguments)?, Instant::now()).into())
    })
}

/// `end(client, organization)`: its writes are taken again. A client that was closed has ended it already.
fn end(call: &Invocation) -> Answer {
    if let Ok(client) = call.client() {
        let arguments = texts(call, 1..2).map_err(|error| Thrown(error, client.make_error()))?;
        if let Ok(Some(organization)) = arguments.organization(0) {
            let mut erasures = client.erasures.borrow_mut();
            if let Some(position) = erasures.iter().position(|one| one.organization() == organization) {
                drop(erasures.swap_remove(position));
            }
        }
    }
    Ok(ptr::null_mut())
}

/// Answers with JSON; a text as itself.
fn asked(
    call: &Invocation,
    count: usize,
    work: impl FnOnce(&Client, &CallArguments) -> Result<Value>,
) -> Answer {
    let client = call.client()?;
    let answered = texts(call, 1..count).and_then(|arguments| match work(&client, &arguments)? {
        Value::String(text) => values::string(call.env, text.as_bytes()),
        value => values::string(call.env, value.to_string().as_bytes()),
    });
    answered.map_err(|error| Thrown(error, client.make_error()))
}

fn organization(arguments: &CallArguments) -> Result<&str> {
    let missing = || Error::new(ErrorCode::Key, "the organization is missing or empty; give its id");
    arguments.organization(0)?.filter(|name| !name.is_empty()).ok_or_else(missing)
}
