//! JavaScript's values that native code keeps beyond the call they came with.

use std::ptr;

use napi::sys;

/// Keeps a value until it is dropped, on the thread of its environment and before that has ended.
pub struct Reference {
    env: sys::napi_env,
    raw: sys::napi_ref,
}

impl Reference {
    /// `value` must be an object or a function; of anything else nothing is kept.
    pub fn new(env: sys::napi_env, value: sys::napi_value) -> Reference {
        let mut raw = ptr::null_mut();
        // SAFETY: an argument of the running call. Where Node refuses it, `raw` stays null.
        unsafe { sys::napi_create_reference(env, value, 1, &mut raw) };
        Reference { env, raw }
    }

    /// The value; null where nothing is kept.
    pub fn value(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: deleted by `drop` alone. Node refuses null and writes nothing.
        unsafe { sys::napi_get_reference_value(self.env, self.raw, &mut value) };
        value
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: made by `new` and deleted once.
            unsafe { sys::napi_delete_reference(self.env, self.raw) };
        }
    }
}
