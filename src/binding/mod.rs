//! The only room that names Node: what crosses the bridge, and the threads on either side of it.
//!
//! Promises: JavaScript crosses into Rust once a tick with all calls of that tick, and Rust comes
//! back once for all outcomes that are ready; a panic becomes an error; a handle of libuv is closed
//! before its environment ends. Relies on Node's C interface, and on libuv where its symbols are
//! there. Never decides a key, a lifetime or a retry: policy is below.
//!
//! All of the crate's `unsafe` is in this room. Two rules carry most of it: a `Client` is used only
//! on the thread of its environment, and whoever enters it from outside keeps it until that is done.

mod any_driver;
mod any_link;
mod arguments;
mod callback_scope;
mod client;
mod client_context;
mod client_handle;
mod decisions;
mod erasing;
mod exports;
mod function;
mod intake;
mod invocation;
mod link_exports;
#[cfg(unix)]
mod link_loop;
#[cfg(unix)]
mod loop_driver;
mod near_answer;
mod near_exports;
mod near_memory;
mod realm;
mod reference;
mod replies;
mod sink;
#[cfg(unix)]
mod uv;
mod values;
mod waker;

use napi::bindgen_prelude::*;
use napi_derive::napi;

#[napi(module_exports)]
pub fn register(exports: Object, env: Env) -> napi::Result<()> {
    exports::define(env.raw(), exports.raw()).map_err(|error| napi::Error::from_reason(error.to_string()))
}
