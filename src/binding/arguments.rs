//! Copies the arguments of calls out of JavaScript.

use std::ptr;

use napi::sys;

use crate::error::{Error, ErrorCode, Result};
use crate::redis::CallArguments;

/// Room for a text that is read without asking for its length first.
const GUESS_BYTES: usize = 512;

/// Reads one argument: a string, a number, bytes, or nothing (null and undefined).
pub fn read(arguments: &mut CallArguments, env: sys::napi_env, value: sys::napi_value) -> Result<()> {
    if read_text(arguments, env, value) {
        return Ok(());
    }
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: `value` is an argument of the running call.
    unsafe { sys::napi_typeof(env, value, &raw mut kind) };
    match kind {
        sys::ValueType::napi_undefined | sys::ValueType::napi_null => arguments.push_absent(),
        sys::ValueType::napi_number => {
            let mut number = 0.0;
            // SAFETY: as above; the type was just asked for.
            unsafe { sys::napi_get_value_double(env, value, &raw mut number) };
            arguments.push_number(number);
        }
        _ => read_buffer(arguments, env, value)?,
    }
    Ok(())
}

/// Answers whether the value is a string.
fn read_text(arguments: &mut CallArguments, env: sys::napi_env, value: sys::napi_value) -> bool {
    let buffer = arguments.buffer();
    let start = buffer.len();
    buffer.reserve(GUESS_BYTES);
    let mut room = buffer.capacity() - start;
    let mut copied = 0;
    // SAFETY: `room` bytes behind `start` are reserved; Node writes at most that many and a NUL.
    let status = unsafe {
        let target = buffer.as_mut_ptr().add(start);
        sys::napi_get_value_string_utf8(env, value, target.cast(), room, &raw mut copied)
    };
    if status != sys::Status::napi_ok {
        return false;
    }
    // A text that fills the room may have been cut, at most a character before its end.
    if copied + 4 >= room {
        // SAFETY: as above; without a buffer Node only tells the length.
        unsafe {
            let mut length = 0;
            sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut length);
            buffer.reserve(length + 1);
            room = buffer.capacity() - start;
            let target = buffer.as_mut_ptr().add(start);
            sys::napi_get_value_string_utf8(env, value, target.cast(), room, &raw mut copied);
        }
    }
    // SAFETY: Node has written `copied` bytes behind `start`.
    unsafe { buffer.set_len(start + copied) };
    arguments.push_bytes(start);
    true
}

fn read_buffer(arguments: &mut CallArguments, env: sys::napi_env, value: sys::napi_value) -> Result<()> {
    let mut is_buffer = false;
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: `value` is an argument of the running call; the bytes are copied before anything
    // else can run.
    unsafe {
        sys::napi_is_buffer(env, value, &raw mut is_buffer);
        if !is_buffer {
            return Err(Error::new(ErrorCode::Key, "an argument is neither a string, a number nor a Buffer"));
        }
        sys::napi_get_buffer_info(env, value, &raw mut data, &raw mut length);
        let start = arguments.buffer().len();
        if length > 0 {
            arguments.buffer().extend_from_slice(std::slice::from_raw_parts(data.cast::<u8>(), length));
        }
        arguments.push_bytes(start);
    }
    Ok(())
}

/// The bytes of a typed array that is an argument of the running call; none of anything else.
pub fn bytes_of<'call>(env: sys::napi_env, view: sys::napi_value) -> &'call [u8] {
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: of anything but bytes Node tells nothing. JavaScript, which could let go of them or change them, does not
    // run before the caller has copied them.
    unsafe {
        let status = sys::napi_get_buffer_info(env, view, &raw mut data, &raw mut length);
        if status != sys::Status::napi_ok || data.is_null() {
            return &[];
        }
        std::slice::from_raw_parts(data.cast::<u8>(), length)
    }
}
