//! What the bodies of native functions share: arguments, errors, texts as answers.

use std::ptr;
use std::rc::Rc;

use napi::sys;
use serde_json::{Map, Value};

use super::arguments::read;
use super::client::{Lent, SharedWords};
use super::client_handle::{ClientHandle, OpenClients};
use super::function::{self, Thrown};
use super::realm::Realm;
use super::reference::Reference;
use super::values;
use crate::config::Config;
use crate::error::Result;
use crate::redis::{CallArguments, misuse};

pub type Invocation = function::Invocation<OpenClients>;
pub type Body = function::Body<OpenClients>;

/// Takes a client in that is open. Answers its number.
pub fn number_of(call: &Invocation, handle: Rc<ClientHandle>) -> Result<sys::napi_value> {
    values::integer(call.env, call.clients.add(handle))
}

/// The first nine arguments of what opens a client.
pub fn lent(call: &Invocation) -> Result<Lent> {
    let env = call.env;
    Ok(Lent {
        realm: Realm::new(env, [0, 1, 2, 3].map(|position| call.argument(position)))?,
        settle: Reference::new(env, call.argument(4))?,
        notice: Reference::new(env, call.argument(5))?,
        calls: shared_words(env, call.argument(6))?,
        outcomes: shared_words(env, call.argument(7))?,
        near_first: shared_words(env, call.argument(8))?,
    })
}

pub fn load_config(options: &str, environment: &str) -> Result<Config> {
    let environment = object(environment)?;
    Config::load(&object(options)?, &|name| variable(&environment, name))
}

/// The fields of an object that JavaScript has given as JSON.
pub fn object(json: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(misuse("the options must be an object")),
    }
}

/// The environment's variable of this name.
pub fn variable(environment: &Map<String, Value>, name: &str) -> Option<String> {
    environment.get(name)?.as_str().map(str::to_owned)
}

pub fn text(
    call: &Invocation,
    text: &[u8],
    make_error: sys::napi_value,
) -> std::result::Result<sys::napi_value, Thrown> {
    values::string(call.env, text).map_err(|error| Thrown(error, make_error))
}

pub fn described(
    call: &Invocation,
    make_error: usize,
    work: impl FnOnce() -> Result<sys::napi_value>,
) -> std::result::Result<sys::napi_value, Thrown> {
    work().map_err(|error| Thrown(error, call.argument(make_error)))
}

/// Arguments of a call that is not hot, numbers as texts.
pub fn texts(call: &Invocation, positions: std::ops::Range<usize>) -> Result<CallArguments> {
    let mut arguments = CallArguments::default();
    let count = positions.len();
    for position in positions {
        read(&mut arguments, call.env, call.arguments()[position])?;
    }
    arguments.numbers_to_text(0..count);
    Ok(arguments)
}

fn shared_words(env: sys::napi_env, array: sys::napi_value) -> Result<SharedWords> {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    // SAFETY: where the value is no typed array Node fails and writes nothing.
    unsafe {
        let status = sys::napi_get_typedarray_info(
            env,
            array,
            &raw mut kind,
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        );
        if status != sys::Status::napi_ok || kind != sys::TypedarrayType::uint32_array {
            return Err(misuse("the bridge needs a Uint32Array"));
        }
    }
    Ok(SharedWords { data: data.cast(), length, _array: Reference::new(env, array)? })
}
