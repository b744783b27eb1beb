//! How other threads wake the thread of a JavaScript environment: one threadsafe function a
//! client, called once for everything that is ready.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use napi::sys;

use super::values;
use crate::connection::{Wake, WakeOnce};
use crate::error::Result;
use crate::health::census;

/// What Node calls for a wake-up: with the environment, no function, the context, and no data.
type OnWake = unsafe extern "C" fn(sys::napi_env, sys::napi_value, *mut c_void, *mut c_void);

/// What the threadsafe function keeps.
struct Context<C> {
    own: Box<C>,
    _counted: census::Member,
}

/// Node has let go of the threadsafe function.
unsafe extern "C" fn on_finalize<C>(_env: sys::napi_env, context: *mut c_void, _hint: *mut c_void) {
    // SAFETY: made by `Waker::new` for this function, and finalized once.
    drop(unsafe { Box::from_raw(context.cast::<Context<C>>()) });
}

/// The threadsafe function, until it is released.
#[derive(Debug)]
struct Handle(sys::napi_threadsafe_function);

// SAFETY: Node documents calling a threadsafe function from any thread; the mutex around the handle
// makes sure that nobody calls it once it was released.
unsafe impl Send for Handle {}

/// Wakes one environment.
#[derive(Debug)]
pub struct Waker {
    handle: Mutex<Option<Handle>>,
    once: WakeOnce,
}

impl Waker {
    /// A waker that calls `on_wake` with the address of `context` on the environment's thread. It does not
    /// keep the process alive unless `hold` says so.
    pub fn new<C: 'static>(env: sys::napi_env, on_wake: OnWake, context: Box<C>) -> Result<Waker> {
        let mut function = ptr::null_mut();
        let name = values::string(env, b"orgcache")?;
        let context = Box::into_raw(Box::new(Context { own: context, _counted: census::WAKERS.add() }));
        // SAFETY: `context` is freed by the finalizer, when Node has let go of the function.
        let status = unsafe {
            sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                context.cast(),
                Some(on_finalize::<C>),
                ptr::from_ref(&*(*context).own).cast_mut().cast(),
                Some(on_wake),
                &raw mut function,
            )
        };
        if let Err(error) = values::checked(status, "a threadsafe function") {
            // SAFETY: made above; Node has not taken it.
            drop(unsafe { Box::from_raw(context) });
            return Err(error);
        }
        // SAFETY: made above, on the environment's thread.
        unsafe { sys::napi_unref_threadsafe_function(env, function) };
        Ok(Waker { handle: Mutex::new(Some(Handle(function))), once: WakeOnce::default() })
    }

    /// A waker that wakes no thread.
    pub fn silent() -> Waker {
        Waker { handle: Mutex::new(None), once: WakeOnce::default() }
    }

    /// The wake-up has come: what happens from now on needs another one.
    pub fn arrived(&self) {
        self.once.arrived();
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

    /// Lets go of the environment, and of the process where it was held. Later calls wake no thread.
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

impl Wake for Waker {
    /// Wakes the environment's thread, unless a wake-up is on its way already. For any thread.
    fn wake(&self) {
        if !self.once.must_wake() {
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
}
