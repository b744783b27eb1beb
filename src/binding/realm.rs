//! What JavaScript lends for making values. A value that Node makes for an addon belongs to the realm that has loaded
//! the addon first; what these functions make belongs to the realm of the caller's copy of the package.

use std::ptr;

use napi::sys;

use super::reference::Reference;
use super::values;
use crate::error::{Error, Result};

/// Elements that a function of JavaScript takes at once: a stack has room for so many without a second thought.
pub const AT_ONCE: usize = 512;

/// The functions of one realm (`js/realm.js`).
pub struct Realm {
    pub env: sys::napi_env,
    make_error: Reference,
    make_array: Reference,
    make_object: Reference,
    extend: Reference,
}

/// What elements become.
#[derive(Clone, Copy)]
pub enum Aggregate {
    Array,
    /// The elements are names and values in turn.
    Object,
}

impl Realm {
    /// `functions` are `makeError`, `makeArray`, `makeObject` and `extend`.
    pub fn new(env: sys::napi_env, functions: [sys::napi_value; 4]) -> Result<Realm> {
        let [make_error, make_array, make_object, extend] = functions;
        Ok(Realm {
            env,
            make_error: Reference::new(env, make_error)?,
            make_array: Reference::new(env, make_array)?,
            make_object: Reference::new(env, make_object)?,
            extend: Reference::new(env, extend)?,
        })
    }

    pub fn make_error(&self) -> sys::napi_value {
        self.make_error.value()
    }

    pub fn error(&self, error: &Error) -> sys::napi_value {
        values::error(self.env, self.make_error(), error)
    }

    /// The function that makes aggregates of a kind, for the handle scope in which it is asked for.
    pub fn maker(&self, aggregate: Aggregate) -> sys::napi_value {
        match aggregate {
            Aggregate::Array => self.make_array.value(),
            Aggregate::Object => self.make_object.value(),
        }
    }

    /// Adds elements to what a maker has made.
    pub fn extend(&self, target: sys::napi_value, elements: &[sys::napi_value]) -> Result<()> {
        let mut arguments = Vec::with_capacity(elements.len() + 1);
        arguments.push(target);
        arguments.extend_from_slice(elements);
        values::try_call(self.env, self.extend.value(), &arguments).map(drop)
    }
}

/// Runs `work` in a handle scope of its own, out of which its value comes.
pub fn escaping(
    env: sys::napi_env,
    work: impl FnOnce() -> Result<sys::napi_value>,
) -> Result<sys::napi_value> {
    struct Scope(sys::napi_env, sys::napi_escapable_handle_scope);
    impl Drop for Scope {
        fn drop(&mut self) {
            // SAFETY: opened below, and closed in order, since scopes are dropped in order.
            unsafe { sys::napi_close_escapable_handle_scope(self.0, self.1) };
        }
    }
    let mut scope = Scope(env, ptr::null_mut());
    // SAFETY: `env` is the environment of the running call.
    let status = unsafe { sys::napi_open_escapable_handle_scope(env, &raw mut scope.1) };
    values::checked(status, "a handle scope")?;
    let value = work()?;
    let mut escaped = ptr::null_mut();
    // SAFETY: the value is of this scope, and escapes once.
    let status = unsafe { sys::napi_escape_handle(env, scope.1, value, &raw mut escaped) };
    values::checked(status, "a value")?;
    Ok(escaped)
}
