//! Values for JavaScript.

use std::cell::RefCell;
use std::ptr;

use encoding_rs::mem;
use napi::sys;

use crate::error::{Error, ErrorCode, Result};

thread_local! {
    /// Texts on their way into the form that V8 keeps: one buffer for all of a thread.
    static DECODED: RefCell<(Vec<u8>, Vec<u16>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// What a decoding buffer keeps after a large text.
const KEEP_DECODED: usize = 256 * 1024;

/// Fails where Node has not made a value, of which `what` says what it is.
pub fn checked(status: sys::napi_status, what: &str) -> Result<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        _ => Err(Error::new(ErrorCode::Internal, format!("Node could not make {what}"))),
    }
}

/// A string. V8 keeps texts as Latin-1 or UTF-16 and decodes UTF-8 a byte at a time, so the text
/// comes to it decoded. Bytes that are no UTF-8 become U+FFFD.
pub fn string(env: sys::napi_env, text: &[u8]) -> Result<sys::napi_value> {
    if text.is_ascii() {
        return latin1(env, text, text.len());
    }
    DECODED.with_borrow_mut(|(narrow, wide)| {
        if mem::is_utf8_latin1(text) {
            make_room(narrow, text.len(), text.len())?;
            let length = mem::convert_utf8_to_latin1_lossy(text, narrow);
            let value = latin1(env, &narrow[..length], text.len());
            narrow.truncate(KEEP_DECODED);
            narrow.shrink_to(KEEP_DECODED);
            value
        } else {
            // encoding_rs asks for one unit more than bytes.
            make_room(wide, text.len() + 1, text.len())?;
            let length = mem::convert_utf8_to_utf16(text, wide);
            let mut value = ptr::null_mut();
            // SAFETY: `length` units of the buffer were written.
            let status =
                unsafe { sys::napi_create_string_utf16(env, wide.as_ptr(), length as isize, &raw mut value) };
            wide.truncate(KEEP_DECODED);
            wide.shrink_to(KEEP_DECODED);
            string_made(env, status, value, text.len())
        }
    })
}

fn make_room<T: Default + Clone>(room: &mut Vec<T>, units: usize, bytes: usize) -> Result<()> {
    let lacking = units.saturating_sub(room.len());
    room.try_reserve_exact(lacking).map_err(|_| too_long_for_string(bytes))?;
    room.resize(room.len() + lacking, T::default());
    Ok(())
}

fn latin1(env: sys::napi_env, text: &[u8], bytes: usize) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are of one slice.
    let status = unsafe {
        sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &raw mut value)
    };
    string_made(env, status, value, bytes)
}

/// V8 alone knows how long a string may be; it makes all that are shorter.
fn string_made(
    env: sys::napi_env,
    status: sys::napi_status,
    value: sys::napi_value,
    bytes: usize,
) -> Result<sys::napi_value> {
    if status == sys::Status::napi_ok {
        return Ok(value);
    }
    forget_exception(env);
    Err(too_long_for_string(bytes))
}

fn too_long_for_string(bytes: usize) -> Error {
    let sentence = format!(
        "a text of {bytes} bytes is longer than a string of JavaScript can be; ask for Buffers, e.g. by getBuffer()"
    );
    Error::new(ErrorCode::ValueTooLarge, sentence)
}

/// A Buffer with a copy of the bytes.
pub fn buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are of one slice, which Node copies.
    let status = unsafe {
        sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &raw mut value)
    };
    if status == sys::Status::napi_ok {
        return Ok(value);
    }
    forget_exception(env);
    let sentence = format!("{} bytes are more than Node makes a Buffer of", bytes.len());
    Err(Error::new(ErrorCode::ValueTooLarge, sentence))
}

/// Node answers this, `undefined` and the booleans to every environment that there is.
pub fn null(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_null(env, &raw mut value) };
    value
}

pub fn undefined(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_undefined(env, &raw mut value) };
    value
}

pub fn boolean(env: sys::napi_env, from: bool) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    unsafe { sys::napi_get_boolean(env, from, &raw mut value) };
    value
}

/// A number; beyond 2^53 a string, which loses nothing.
pub fn integer(env: sys::napi_env, from: i64) -> Result<sys::napi_value> {
    const MAX_SAFE: u64 = (1 << 53) - 1;
    if from.unsigned_abs() > MAX_SAFE {
        return string(env, from.to_string().as_bytes());
    }
    let mut value = ptr::null_mut();
    // SAFETY: `env` is the environment of the running call.
    checked(unsafe { sys::napi_create_int64(env, from, &raw mut value) }, "a number")?;
    Ok(value)
}

/// An error of the caller's class, made by its function `make(code, message, retryable, redisCode, refusedLine)`.
pub fn error(env: sys::napi_env, make: sys::napi_value, error: &Error) -> sys::napi_value {
    // An error must come out of this: what cannot be said is left out.
    let text = |text: &str| string(env, text.as_bytes()).unwrap_or_else(|_| undefined(env));
    let redis_code = error.redis_code().map_or_else(|| undefined(env), text);
    let refused_line = error.refused_line().map_or_else(|| undefined(env), text);
    let arguments = [
        text(error.code().as_str()),
        text(error.message()),
        boolean(env, error.is_retryable()),
        redis_code,
        refused_line,
    ];
    call(env, make, &arguments)
}

/// Calls a function of ours; `undefined` where it threw.
pub fn call(env: sys::napi_env, function: sys::napi_value, arguments: &[sys::napi_value]) -> sys::napi_value {
    try_call(env, function, arguments).unwrap_or_else(|_| undefined(env))
}

/// The same; fails where it threw, which is when the environment ends.
pub fn try_call(
    env: sys::napi_env,
    function: sys::napi_value,
    arguments: &[sys::napi_value],
) -> Result<sys::napi_value> {
    let mut result = ptr::null_mut();
    let this = undefined(env);
    // SAFETY: the values are of the running handle scope; count and pointer are of one slice.
    let status = unsafe {
        sys::napi_call_function(env, this, function, arguments.len(), arguments.as_ptr(), &raw mut result)
    };
    if status == sys::Status::napi_ok {
        return Ok(result);
    }
    pass_on_exception(env);
    Err(Error::new(ErrorCode::Internal, "a function of JavaScript could not be called"))
}

/// Takes the exception with which Node refused to make a value, where there is one: the caller is told by an error.
fn forget_exception(env: sys::napi_env) {
    let (mut is_pending, mut exception) = (false, ptr::null_mut());
    // SAFETY: in the handle scope of the running call.
    unsafe {
        sys::napi_is_exception_pending(env, &raw mut is_pending);
        if is_pending {
            sys::napi_get_and_clear_last_exception(env, &raw mut exception);
        }
    }
}

/// Gives the pending exception to the process, as if nobody had caught it. Our own functions do not throw what the
/// application threw, so usually it is that the environment is being ended, which nobody is told.
///
/// Node keeps an exception for the next one who asks, which in napi 3.16.1 is a cleanup hook that has no handle
/// scope to take it in, and the process aborts. So it is always taken.
fn pass_on_exception(env: sys::napi_env) {
    let (mut is_pending, mut exception) = (false, ptr::null_mut());
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: in the handle scope of the running call. Node refuses a null exception, and any where the
    // environment is being ended.
    unsafe {
        sys::napi_is_exception_pending(env, &raw mut is_pending);
        if !is_pending
            || sys::napi_get_and_clear_last_exception(env, &raw mut exception) != sys::Status::napi_ok
        {
            return;
        }
        // The end of a worker, or of a script by its time limit, shows as an exception `null`.
        sys::napi_typeof(env, exception, &raw mut kind);
        if kind != sys::ValueType::napi_null && kind != sys::ValueType::napi_undefined {
            sys::napi_fatal_exception(env, exception);
        }
    }
}

/// Runs `work` and lets go of the handles that it made, also where it panics.
pub fn in_scope(env: sys::napi_env, work: impl FnOnce()) {
    struct Scope(sys::napi_env, sys::napi_handle_scope);
    impl Drop for Scope {
        fn drop(&mut self) {
            // SAFETY: opened below, and closed in order, since scopes are dropped in order.
            unsafe { sys::napi_close_handle_scope(self.0, self.1) };
        }
    }
    let mut scope = Scope(env, ptr::null_mut());
    // SAFETY: what survives the scope is held by its array or object.
    unsafe { sys::napi_open_handle_scope(env, &raw mut scope.1) };
    work();
}
