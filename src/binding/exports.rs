//! What JavaScript finds in the addon.

use std::ptr;
use std::rc::Rc;

use napi::sys;
use serde_json::{Map, Value, json};

use super::arguments::read;
use super::client::Client;
use super::client_handle::{ClientHandle, OpenClients};
use super::function::{self, Thrown, define_all};
use super::intake::{Given, Values};
use super::invocation::{Body, Invocation, described, lent, load_config, number_of, text, texts};
use super::sink::{FIRST_NUMBER, Mark, show};
use super::values;
use crate::cache::{ACKNOWLEDGED, COPIED, MANAGED, TTL_TABLE};
use crate::command::{self, Command, FLAG_NAMES};
use crate::config::{self, limits, nearest, settings_report};
use crate::copies::NearFirst;
use crate::error::{ERROR_TABLE, Result};
use crate::features::{Features, verbs};
use crate::health::{Event, census};
use crate::key::{DecodedKey, Kind, decode_phone, org_key, parse_org_key};
use crate::redis::{
    CHANGING, CHANGING_IN, COMMAND, COMMAND_FLAGS, CallArguments, Feature, Head, Outcome, PUSHED, REFUSALS,
    Role, TRANSACTION,
};
use crate::topology::LINK_EVENTS;

/// Beside a role: the owner says how long each pause between attempts to connect is.
const DECIDES_PAUSES: u32 = 1 << 8;
/// Beside a role: the connection reads from a replica of a cluster.
const READ_ONLY: u32 = 1 << 9;

/// Defines what the addon exports. Nothing is started.
pub fn define(env: sys::napi_env, exports: sys::napi_value) -> Result<()> {
    #[cfg(unix)]
    super::uv::find(env);
    let clients = Rc::new(OpenClients::default());
    let functions: [(&str, Body); 11] = [
        ("alone", alone),
        ("census", census),
        ("open", open),
        ("openLink", super::link_exports::open),
        ("commandKeys", command_keys),
        ("inspect", inspect),
        ("protocol", protocol),
        ("orgKey", make_org_key),
        ("parseOrgKey", split_org_key),
        ("nearest", nearest_name),
        ("settingsTable", settings_table),
    ];
    for (name, body) in functions {
        function::define(env, exports, name, body, &clients)?;
    }
    for (name, body) in super::decisions::FOR_JAVASCRIPT {
        function::define(env, exports, name, body, &clients)?;
    }
    let of_a_client = [&OF_A_CLIENT[..], &super::near_exports::OF_A_CLIENT].concat();
    define_all(env, exports, "client", &of_a_client, &clients)?;
    define_all(env, exports, "erasure", &super::erasing::OF_AN_ERASURE, &clients)?;
    define_all(env, exports, "link", &super::link_exports::OF_A_LINK, &clients)
}

/// Functions that take a client's number first.
const OF_A_CLIENT: [(&str, Body); 14] = [
    ("submit", submit),
    ("submitArray", submit_array),
    ("answer", answer),
    ("close", close),
    ("report", report),
    ("organizations", organizations),
    ("generateKey", generate_key),
    ("indexKey", index_key),
    ("decodeKey", decode_key),
    ("decodeValue", decode_value),
    ("useRedis", use_redis),
    ("retryIn", retry_in),
    ("corruptValue", corrupt_value),
    ("record", record),
];

/// `protocol()`: the numbers and tables that both sides share, as JSON.
fn protocol(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let marks: Map<_, _> =
        Mark::ALL.map(|(mark, name)| (name.to_owned(), json!(mark as u32))).into_iter().collect();
    let mut kinds: Map<String, Value> =
        Kind::ALL.map(|kind| (kind.segment().to_owned(), json!(kind as u8))).into_iter().collect();
    kinds.insert("managed".to_owned(), json!(MANAGED));
    let ttl: Map<_, _> = TTL_TABLE.iter().map(|row| (row.name.to_owned(), json!(row.seconds))).collect();
    let errors: Vec<Value> = ERROR_TABLE
        .iter()
        .map(|row| json!({ "code": row.name, "retryable": row.retryable, "meaning": row.meaning }))
        .collect();
    let mut protocol = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "verbs": numbered_verbs(),
        "marks": marks,
        "firstNumber": FIRST_NUMBER,
        "kinds": kinds,
        "acknowledgedFlag": ACKNOWLEDGED,
        "copiedFlag": ACKNOWLEDGED | COPIED,
        "nearPlaces": NearFirst::PLACES,
        "commandFlags": COMMAND_FLAGS.map(|(flag, name)| (name.to_owned(), json!(flag))).into_iter().collect::<Map<_, _>>(),
        "commands": commands(),
        "besideRoles": { "decidesPauses": DECIDES_PAUSES, "readOnly": READ_ONLY },
        "roles": Role::ALL.iter().enumerate().map(|(number, (_, name))| ((*name).to_owned(), json!(number))).collect::<Map<_, _>>(),
        "changing": CHANGING,
        "changingIn": CHANGING_IN.iter().map(|(name, words)| ((*name).to_owned(), json!(words))).collect::<Map<_, _>>(),
        "pushed": PUSHED,
        "linkEvents": LINK_EVENTS.map(|(id, name)| (name.to_owned(), json!(id))).into_iter().collect::<Map<_, _>>(),
        "ttlConfig": ttl,
        "errors": errors,
        "events": Event::ALL.map(|(_, name)| (name.to_owned(), json!(name))).into_iter().collect::<Map<_, _>>(),
        "limits": limits(),
        "passingErrors": REFUSALS.iter().filter(|row| row.passes()).map(|row| row.code).collect::<Vec<_>>(),
    });
    if let (Value::Object(protocol), Value::Object(rooms)) = (&mut protocol, Features::numbers()) {
        protocol.extend(rooms);
    }
    text(call, protocol.to_string().as_bytes(), ptr::null_mut())
}

/// The numbers of all verbs: those of raw commands, and in an object each those of a room.
fn numbered_verbs() -> Map<String, Value> {
    let of_room = |verbs: Vec<(&str, u8)>| -> Map<String, Value> {
        verbs.into_iter().map(|(name, number)| (name.to_owned(), json!(number))).collect()
    };
    let rooms = verbs().into_iter().map(|(room, verbs)| (room.to_owned(), of_room(verbs).into()));
    let raw = [("command", COMMAND), ("transaction", TRANSACTION)];
    raw.into_iter().map(|(name, number)| (name.to_owned(), json!(number))).chain(rooms).collect()
}

/// `commandKeys()`: where each command has its keys, as JSON.
fn command_keys(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    text(call, command::describe_keys().to_string().as_bytes(), ptr::null_mut())
}

/// `settingsTable()`: every setting with what is said of it, as JSON.
fn settings_table(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    text(call, config::settings_table().to_string().as_bytes(), ptr::null_mut())
}

/// Every command: how many words it has, and what is said of it.
fn commands() -> Value {
    let flags = |command: &Command| -> Vec<&str> {
        let has = |(flag, _): &(u8, &str)| command.is(*flag);
        FLAG_NAMES.iter().filter(|flag| has(flag)).map(|(_, name)| *name).collect()
    };
    command::all()
        .map(|(number, command)| {
            let facts = json!({
                "number": number,
                "arity": command.arity,
                "flags": flags(command),
            });
            (command.name.to_owned(), facts)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// `orgKey(makeError, organization, phone)`.
fn make_org_key(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let texts = texts(call, 1..3)?;
        let key = org_key(texts.organization(0)?, texts.required(1, "the phone number")?)?;
        values::string(call.env, key.as_bytes())
    })
}

/// `parseOrgKey(makeError, key)`: the organization or null, and the phone number.
fn split_org_key(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let texts = texts(call, 1..2)?;
        let (organization, phone) = parse_org_key(texts.required(0, "the key")?);
        let parts = json!({ "orgId": organization, "phoneNumber": decode_phone(phone) });
        values::string(call.env, parts.to_string().as_bytes())
    })
}

/// `nearest(makeError, word, names)`: which of the names, given with spaces between, was probably meant; or null.
fn nearest_name(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let texts = texts(call, 1..3)?;
        let names = texts.required(1, "the names")?;
        let meant = nearest(texts.required(0, "the word")?, names.split(' '));
        meant.map_or_else(|| Ok(values::null(call.env)), |name| values::string(call.env, name.as_bytes()))
    })
}

/// `open(makeError, makeArray, makeObject, extend, settle, notice, calls, outcomes, nearFirst, optionsJson,
/// environmentJson, role)`: the number of a new client.
fn open(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let env = call.env;
        let texts = texts(call, 9..11)?;
        let config = load_config(texts.required(0, "the options")?, texts.required(1, "the environment")?)?;
        let mut role = 0;
        // SAFETY: an argument of the running call; where it is no number, nothing is written.
        unsafe { sys::napi_get_value_uint32(env, call.argument(11), &raw mut role) };
        let number = (role & !(DECIDES_PAUSES | READ_ONLY)) as usize;
        let features = Features::new(config, Role::ALL[number.min(Role::ALL.len() - 1)].0)?;
        if role & DECIDES_PAUSES != 0 {
            features.node().dialer().pauses().ask_owner();
        }
        if role & READ_ONLY != 0 {
            features.node().dialer().read_only();
        }
        let handle = ClientHandle::open(env, features, lent(call)?, Client::start)?;
        // What there is to tell waits for the waker: a listener that calls right back in would find no
        // client yet and open another.
        number_of(call, handle)
    })
}

/// `inspect(makeError, optionsJson, environmentJson)`: what a client would be, as JSON. Nothing is
/// started.
fn inspect(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let texts = texts(call, 1..3)?;
        let config = load_config(texts.required(0, "the options")?, texts.required(1, "the environment")?)?;
        values::string(call.env, settings_report(&config).to_string().as_bytes())
    })
}

/// `submit(client, wordCount, passing, ...arguments)`: the calls of a tick.
fn submit(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let given = Given { values: Values::Spread(&call.arguments()[3..]), passing: call.argument(2) };
    call.client()?.submit(given, word_count(call));
    Ok(ptr::null_mut())
}

/// `submitArray(client, wordCount, passing, arguments)`: the same of calls with very many arguments.
fn submit_array(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let given = Given { values: Values::Gathered(call.argument(3)), passing: call.argument(2) };
    call.client()?.submit(given, word_count(call));
    Ok(ptr::null_mut())
}

fn word_count(call: &Invocation) -> usize {
    let mut words = 0;
    // SAFETY: an argument of the running call; where it is no number, `words` stays 0.
    unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut words) };
    words as usize
}

/// `answer(client, head, ...arguments)`: one call answered without a request; throws what the call failed with.
fn answer(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let mut word = 0;
    // SAFETY: an argument of the running call; where it is no number, `word` stays 0.
    unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut word) };
    let client = call.client()?;
    let outcome = client.answer(word, &call.arguments()[2..]);
    if let Outcome::Failed(error) = outcome {
        return Err(Thrown(error, client.make_error()));
    }
    Ok(match show(client.realm(), &outcome) {
        (Mark::Failed, Some(error)) => {
            // SAFETY: made above.
            unsafe { sys::napi_throw(call.env, error) };
            ptr::null_mut()
        }
        (_, Some(value)) => value,
        (Mark::True, _) => values::boolean(call.env, true),
        (Mark::False, _) => values::boolean(call.env, false),
        _ => values::null(call.env),
    })
}

/// `alone(makeError, head, ...arguments)`: a call that needs no client; throws what it failed with.
fn alone(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let mut word = 0;
        // SAFETY: an argument of the running call; where it is no number, `word` stays 0.
        unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut word) };
        let head = Head::with_count(word);
        let mut arguments = CallArguments::default();
        for position in 2..call.arguments().len().min(2 + head.count) {
            read(&mut arguments, call.env, call.arguments()[position])?;
        }
        match Features::alone(&Features::decode(head.asked(), &mut arguments)?)? {
            Outcome::Json(json) => values::string(call.env, &json),
            _ => Ok(values::null(call.env)),
        }
    })
}

/// `close(client, reports)`: lets go of the connection and frees the client. The caller has rejected what was under way, but
/// for the requests of a Link, which are settled. Answers the client's last report, as JSON, where it is to report and
/// was not closed before.
fn close(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let number = call.client_number();
    let mut reports = true;
    // SAFETY: an argument of the running call; where it is no boolean, `reports` stays true.
    unsafe { sys::napi_get_value_bool(call.env, call.argument(1), &raw mut reports) };
    let report = call.clients.close(number, reports);
    report.map_or(Ok(ptr::null_mut()), |report| text(call, report.as_bytes(), ptr::null_mut()))
}

/// `report(client)`: everything the client knows about itself, as JSON.
fn report(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let client = call.client()?;
    text(call, client.report(&client.nodes()).to_string().as_bytes(), client.make_error())
}

/// `organizations(client, most)`: the counts of the organizations with the most calls, and of all others, as JSON.
fn organizations(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let mut most = 0;
    // SAFETY: an argument of the running call; where it is no number, `most` stays 0.
    unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut most) };
    let client = call.client()?;
    let largest = client.core().health().organizations().largest(most as usize);
    text(call, largest.to_string().as_bytes(), client.make_error())
}

/// `census()`: how many native things live in this process, as JSON. For diagnosis.
fn census(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let counts: Map<_, _> =
        census::counts().into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect();
    text(call, Value::from(counts).to_string().as_bytes(), ptr::null_mut())
}

/// `useRedis(client, isOn)`.
fn use_redis(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let mut is_on = true;
    // SAFETY: an argument of the running call; where it is no boolean, `is_on` stays true.
    unsafe { sys::napi_get_value_bool(call.env, call.argument(1), &raw mut is_on) };
    call.client()?.use_redis(is_on);
    Ok(ptr::null_mut())
}

/// `retryIn(client, milliseconds)`: how long it is waited for the next attempt to connect.
fn retry_in(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let mut milliseconds = 0;
    // SAFETY: an argument of the running call; where it is no number, `milliseconds` stays 0.
    unsafe { sys::napi_get_value_uint32(call.env, call.argument(1), &raw mut milliseconds) };
    let pause = std::time::Duration::from_millis(milliseconds.into());
    call.client()?.core().node().dialer().pauses().end_in(pause);
    Ok(ptr::null_mut())
}

/// `generateKey(client, type, organization, id)`.
fn generate_key(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let client = call.client()?;
    let made = texts(call, 1..4).and_then(|texts| {
        let mut key = Vec::new();
        let id = texts.text(2)?.filter(|id| !id.is_empty());
        client.core().keys().managed(&mut key, texts.required(0, "the type")?, texts.organization(1)?, id)?;
        values::string(call.env, &key)
    });
    made.map_err(|error| Thrown(error, client.make_error()))
}

/// `indexKey(client, organization)`: the key that lists what the organization holds.
fn index_key(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let client = call.client()?;
    let made = texts(call, 1..2).and_then(|texts| {
        let mut key = Vec::new();
        client.core().keys().organization_index(&mut key, texts.organization(0)?)?;
        values::string(call.env, &key)
    });
    made.map_err(|error| Thrown(error, client.make_error()))
}

/// `decodeKey(client, key)`: what a key names, as JSON; null where it is none of this cache.
fn decode_key(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let client = call.client()?;
    let keys = client.core().keys();
    let texts = texts(call, 1..2).map_err(|error| Thrown(error, client.make_error()))?;
    let key = texts.bytes(0);
    let named = match (keys.decode(key), keys.decode_index(key)) {
        (Some(DecodedKey { type_name, scope, id, phone, .. }), _) => {
            json!({ "type": type_name, "orgId": scope, "id": id, "phone": phone, "isIndex": false })
        }
        (None, Some(organization)) => {
            json!({ "type": null, "orgId": organization, "id": null, "phone": null, "isIndex": true })
        }
        (None, None) => return Ok(values::null(call.env)),
    };
    text(call, named.to_string().as_bytes(), client.make_error())
}

/// `decodeValue(client, bytes)`: the JSON text of a value as it is stored; null where it is damaged.
fn decode_value(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let client = call.client()?;
    let texts = texts(call, 1..2).map_err(|error| Thrown(error, client.make_error()))?;
    match client.core().decode_value(texts.bytes(0)) {
        Some(json) => text(call, &json, client.make_error()),
        None => Ok(values::null(call.env)),
    }
}

/// `corruptValue(client)`: a value that was stored is no JSON.
fn corrupt_value(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    call.client()?.core().health().misread();
    Ok(ptr::null_mut())
}

/// `record(client, milliseconds, isRead, isHit)`: an operation that a server has done itself.
fn record(call: &Invocation) -> std::result::Result<sys::napi_value, Thrown> {
    let (mut milliseconds, mut is_read, mut is_hit) = (0.0, false, false);
    // SAFETY: arguments of the running call; what has another type leaves its default.
    unsafe {
        sys::napi_get_value_double(call.env, call.argument(1), &raw mut milliseconds);
        sys::napi_get_value_bool(call.env, call.argument(2), &raw mut is_read);
        sys::napi_get_value_bool(call.env, call.argument(3), &raw mut is_hit);
    }
    let elapsed = std::time::Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
    let client = call.client()?;
    let health = client.core().health();
    if is_read {
        health.read(elapsed, is_hit);
    } else {
        health.command(elapsed);
    }
    Ok(ptr::null_mut())
}
