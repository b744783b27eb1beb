//! The near store's memory as arrays of JavaScript, which reads there whether a value that it keeps may still answer.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use napi::sys;

use super::values;
use crate::near::{NearStore, Part};

/// `Uint32Array`s over the memory of stripes, sessions and clearings. `None` where this runtime has no arrays over
/// memory that is not its own.
pub fn arrays(env: sys::napi_env, store: &Arc<NearStore>) -> Option<[sys::napi_value; 3]> {
    let memory = store.memory();
    Some([
        array(env, store, memory.stripes)?,
        array(env, store, memory.sessions)?,
        array(env, store, memory.clearings)?,
    ])
}

fn array(env: sys::napi_env, store: &Arc<NearStore>, part: Part) -> Option<sys::napi_value> {
    let keeper = Box::into_raw(Box::new(store.clone()));
    let mut buffer = ptr::null_mut();
    // SAFETY: the memory lives as long as the store, which `keeper` keeps until the buffer is gone. It is aligned for words.
    // Other threads write to it as atomics; JavaScript only reads single words.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env,
            part.from.cast_mut().cast(),
            part.bytes,
            Some(release),
            keeper.cast(),
            &raw mut buffer,
        )
    };
    if values::checked(status, "an array over native memory").is_err() {
        // SAFETY: Node has not taken it.
        drop(unsafe { Box::from_raw(keeper) });
        return None;
    }
    let mut array = ptr::null_mut();
    // SAFETY: made above; the memory has whole words.
    let status = unsafe {
        sys::napi_create_typedarray(
            env,
            sys::TypedarrayType::uint32_array,
            part.bytes / 4,
            buffer,
            0,
            &raw mut array,
        )
    };
    values::checked(status, "an array over native memory").ok().map(|()| array)
}

unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, keeper: *mut c_void) {
    // SAFETY: made by `array`, and given back once.
    drop(unsafe { Box::from_raw(keeper.cast::<Arc<NearStore>>()) });
}
