//! How other threads wake the thread of a JavaScript environment: one threadsafe function a
//! client, rung once for everything that is ready.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use napi::sys;

use crate::connection::{Wake, WakeOnce};

/// The threadsafe function, until the environment ends.
#[derive(Debug)]
struct Handle(sys::napi_threadsafe_function);

// SAFETY: Node documents calling a threadsafe function from any thread; the mutex around the handle
// makes sure that nobody calls it once it was released.
unsafe impl Send for Handle {}

/// Wakes one environment.
#[derive(Debug)]
pub struct Bell {
    handle: Mutex<Option<Handle>>,
    once: WakeOnce,
}

impl Bell {
    /// A bell whose ringing calls `wake` with `context` on the environment's thread. It does not
    /// keep the process alive unless `hold` says so.
    pub fn new(
        env: sys::napi_env,
        wake: unsafe extern "C" fn(sys::napi_env, sys::napi_value, *mut c_void, *mut c_void),
        context: *mut c_void,
    ) -> Bell {
        let mut function = ptr::null_mut();
        let name = super::values::string(env, b"orgcache");
        // SAFETY: `context` outlives the function, which `close` releases before the client goes.
        unsafe {
            sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                context,
                Some(wake),
                &mut function,
            );
            sys::napi_unref_threadsafe_function(env, function);
        }
        Bell { handle: Mutex::new(Some(Handle(function))), once: WakeOnce::default() }
    }

    /// Rings, unless it rings already. For any thread.
    pub fn ring(&self) {
        if !self.once.ring() {
            return;
        }
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Handle(function)) = &*handle {
            // SAFETY: it was not released, and cannot be while the lock is held.
            unsafe {
                sys::napi_call_threadsafe_function(
                    *function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
    }

    /// The wake-up has come: what happens from now on needs another one.
    pub fn answered(&self) {
        self.once.answered();
    }

    /// Whether the process stays alive for what is to come. For the environment's thread.
    pub fn hold(&self, env: sys::napi_env, alive: bool) {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Handle(function)) = &*handle {
            // SAFETY: on the environment's thread, with a function that was not released.
            unsafe {
                if alive {
                    sys::napi_ref_threadsafe_function(env, *function);
                } else {
                    sys::napi_unref_threadsafe_function(env, *function);
                }
            }
        }
    }

    /// Lets go of the environment. Rings after this reach nobody.
    pub fn close(&self) {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Handle(function)) = handle.take() {
            // SAFETY: released once, since it was taken out.
            unsafe {
                sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::abort);
            }
        }
    }
}

impl Wake for Bell {
    fn wake(&self) {
        self.ring();
    }
}
