//! JavaScript's values that native code keeps beyond the call they came with.

use std::ptr;

use napi::sys;

use super::values::checked;
use crate::error::Result;

/// Keeps a value until it is dropped, on the thread of its environment and before that has ended.
pub struct Reference {
    env: sys::napi_env,
    raw: sys::napi_ref,
}

impl Reference {
    /// Fails unless `value` is an object or a function.
    pub fn new(env: sys::napi_env, value: sys::napi_value) -> Result<Reference> {
        let mut raw = ptr::null_mut();
        // SAFETY: an argument of the running call.
        let status = unsafe { sys::napi_create_reference(env, value, 1, &raw mut raw) };
        checked(status, "a reference to what the bridge has lent")?;
        Ok(Reference { env, raw })
    }

    /// The value; null where it is kept no longer and gone. Node refuses null in a function's place.
    pub fn value(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: deleted by `drop` alone. Node refuses null and writes nothing.
        unsafe { sys::napi_get_reference_value(self.env, self.raw, &raw mut value) };
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
