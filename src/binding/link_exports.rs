//! What JavaScript finds of Links: how one is opened, and what can be done with it.

use std::ptr;
use std::sync::atomic::Ordering;
use std::time::Instant;

use napi::sys;
use serde_json::json;

use super::any_link::AnyLink;
use super::client_handle::ClientHandle;
use super::function::Thrown;
use super::invocation::{Body, Invocation, described, lent, load_config, number_of, text, texts};
use super::values;
use crate::features::Features;
use crate::redis::{Failure, Role, Sink, Target};

/// `openLink`, with the arguments of `open`, and the target as JSON in place of the last. Without a target JavaScript moves
/// the bytes.
pub fn open(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    described(call, 0, || {
        let env = call.env;
        let texts = texts(call, 9..12)?;
        let config = load_config(texts.required(0, "the options")?, texts.required(1, "the environment")?)?;
        let target = texts.text(2)?.map(Target::from_json).transpose()?;
        let features = Features::new(config, Role::Dedicated)?;
        let handle = ClientHandle::open(env, features, lent(call)?, |client| client.start_link(target))?;
        number_of(call, handle)
    })
}

/// Functions that take a Link's number first; calls are submitted to it, and it is closed, as to any client.
pub const OF_A_LINK: [(&str, Body); 8] = [
    ("end", end),
    ("destroy", destroy),
    ("hold", hold),
    ("traffic", traffic),
    ("connected", connected),
    ("received", received),
    ("takeUnsent", take_unsent),
    ("lost", lost),
];

/// What is asked of a Link that was closed is done.
fn with_link(call: &Invocation, work: impl FnOnce(&mut AnyLink, &mut dyn Sink)) {
    if let Ok(client) = call.client() {
        client.with_link(work);
    }
}

/// `end(link)`: nothing more will be sent.
fn end(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    with_link(call, |link, sink| link.end(Instant::now(), sink));
    Ok(ptr::null_mut())
}

/// `destroy(link)`: gives up the connection; what is told of that may come within this call.
fn destroy(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    with_link(call, |link, sink| link.destroy(sink));
    Ok(ptr::null_mut())
}

/// `hold(link, keepsAlive)`.
fn hold(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    let mut keeps = true;
    // SAFETY: an argument of the running call; where it is no boolean, `keeps` stays true.
    unsafe { sys::napi_get_value_bool(call.env, call.argument(1), &raw mut keeps) };
    if let Ok(client) = call.client() {
        client.keep_alive(keeps);
    }
    Ok(ptr::null_mut())
}

/// `traffic(link)`: what has passed, as JSON.
fn traffic(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    let mut passed = json!(null);
    with_link(call, |link, _| {
        let meter = link.meter();
        passed = json!({
            "bytesRead": meter.received.load(Ordering::Relaxed),
            "bytesWritten": meter.sent.load(Ordering::Relaxed),
            "idleMs": meter.idle_ms(Instant::now()),
        });
    });
    text(call, passed.to_string().as_bytes(), ptr::null_mut())
}

/// `connected(link)`: the stream stands.
fn connected(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    with_link(call, |link, sink| {
        if let Some(fed) = link.as_fed() {
            fed.connected(sink);
        }
    });
    Ok(ptr::null_mut())
}

/// `received(link, bytes)`: what the stream has read. True where it is to be given up; why is told with the loss of its
/// requests.
fn received(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    let Ok(client) = call.client() else { return Ok(values::boolean(call.env, true)) };
    let given = texts(call, 1..2).map_err(|error| Thrown(error, client.make_error()))?;
    let mut is_useless = false;
    with_link(call, |link, sink| {
        let Some(fed) = link.as_fed() else { return };
        if let Err(error) = fed.received(given.bytes(0), Instant::now(), sink) {
            is_useless = true;
            fed.lose(Some(&Failure::said(error.message(), None)), sink);
        }
    });
    Ok(values::boolean(call.env, is_useless))
}

/// `takeUnsent(link)`: bytes for the stream; null where there are none.
fn take_unsent(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    let mut taken = Ok(values::null(call.env));
    with_link(call, |link, sink| {
        let Some(fed) = link.as_fed() else { return };
        fed.take_unsent(sink, |bytes| {
            if !bytes.is_empty() {
                taken = values::buffer(call.env, bytes);
            }
        });
    });
    taken.map_err(|error| Thrown(error, ptr::null_mut()))
}

/// `lost(link)`: the stream is closed.
fn lost(call: &Invocation) -> Result<sys::napi_value, Thrown> {
    with_link(call, |link, sink| {
        if let Some(fed) = link.as_fed() {
            fed.lose(None, sink);
        }
    });
    Ok(ptr::null_mut())
}
