//! Calls from the event loop into JavaScript, as Node makes its own.

use std::ptr;

use napi::sys;

use super::values;
use crate::error::{Error, ErrorCode, Result};

/// Opens callback scopes for one client: Node runs ticks and microtasks at the end of a scope. What the
/// application throws there reaches `uncaughtException`, since nothing of ours is left to catch it.
pub struct CallbackScopes {
    env: sys::napi_env,
    context: sys::napi_async_context,
}

impl CallbackScopes {
    /// To be made in the context of the client's owner: ticks that begin in a scope inherit it.
    pub fn new(env: sys::napi_env) -> Result<CallbackScopes> {
        let mut context = ptr::null_mut();
        let name = values::string(env, b"orgcache")?;
        // SAFETY: `env` is the environment of the running call; without a resource Node makes one.
        let status = unsafe { sys::napi_async_init(env, ptr::null_mut(), name, &raw mut context) };
        if status != sys::Status::napi_ok || context.is_null() {
            return Err(Error::new(
                ErrorCode::Closed,
                "Node gave no async context: its environment is ending",
            ));
        }
        Ok(CallbackScopes { env, context })
    }

    /// Runs `work`, then what the application has scheduled for the end of this turn.
    pub fn run(&self, work: impl FnOnce()) {
        struct Scope(sys::napi_env, sys::napi_callback_scope);
        impl Drop for Scope {
            fn drop(&mut self) {
                // SAFETY: opened below and closed once, also where `work` panics: scopes nest.
                unsafe { sys::napi_close_callback_scope(self.0, self.1) };
            }
        }
        let mut scope = ptr::null_mut();
        // SAFETY: on the environment's thread, in a handle scope, with a context that is destroyed by `drop` alone.
        // Node has ignored the resource object since it is part of the context.
        let status =
            unsafe { sys::napi_open_callback_scope(self.env, ptr::null_mut(), self.context, &raw mut scope) };
        let _scope = (status == sys::Status::napi_ok).then(|| Scope(self.env, scope));
        work();
    }
}

impl Drop for CallbackScopes {
    fn drop(&mut self) {
        // SAFETY: made by `new` and destroyed once, while the environment is there.
        unsafe { sys::napi_async_destroy(self.env, self.context) };
    }
}
