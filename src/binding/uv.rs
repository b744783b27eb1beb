//! The part of libuv that the loop driver uses, found at load time.
//!
//! Node exports libuv's symbols on Linux and macOS; other runtimes that load addons may not, and
//! then there is no loop driver. Bun exports them and ends the process when one of those that it does not
//! have is called. See <https://docs.libuv.org/en/v1.x/poll.html>.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::sync::OnceLock;

use napi::sys;

use crate::health::census;
use crate::topology::OpenHandles;

pub const READABLE: c_int = 1;
pub const WRITABLE: c_int = 2;
/// What libuv's own streams ask for: peer resets are told at once.
pub const DISCONNECT: c_int = 4;

/// `uv_handle_type`, whose order is part of libuv's interface.
const POLL_TYPE: c_int = 8;
const TIMER_TYPE: c_int = 13;

pub type Loop = *mut c_void;
type CloseCallback = unsafe extern "C" fn(*mut c_void);
pub type PollCallback = unsafe extern "C" fn(*mut c_void, c_int, c_int);
pub type TimerCallback = unsafe extern "C" fn(*mut c_void);

/// libuv's functions.
struct Functions {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    handle_get_data: unsafe extern "C" fn(*const c_void) -> *mut c_void,
    handle_set_data: unsafe extern "C" fn(*mut c_void, *mut c_void),
    close: unsafe extern "C" fn(*mut c_void, Option<CloseCallback>),
    unref: unsafe extern "C" fn(*mut c_void),
    poll_init: unsafe extern "C" fn(Loop, *mut c_void, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(*mut c_void, c_int, PollCallback) -> c_int,
    timer_init: unsafe extern "C" fn(Loop, *mut c_void) -> c_int,
    timer_start: unsafe extern "C" fn(*mut c_void, TimerCallback, u64, u64) -> c_int,
}

static FUNCTIONS: OnceLock<Option<Functions>> = OnceLock::new();

/// Finds libuv, once a process. Until this was called there is none.
pub fn find(env: sys::napi_env) {
    FUNCTIONS.get_or_init(|| if is_bun(env) { None } else { load() });
}

/// Whether `process.versions` names Bun.
fn is_bun(env: sys::napi_env) -> bool {
    let mut object = std::ptr::null_mut();
    let mut named = false;
    // SAFETY: on the environment's thread, in a scope of handles. A runtime without `process` answers a status that
    // is looked at, and throws nothing: a property of what is no object is not read.
    unsafe {
        let mut status = sys::napi_get_global(env, &raw mut object);
        for name in [c"process", c"versions"] {
            if status != sys::Status::napi_ok {
                return false;
            }
            status = sys::napi_get_named_property(env, object, name.as_ptr(), &raw mut object);
        }
        status == sys::Status::napi_ok
            && sys::napi_has_named_property(env, object, c"bun".as_ptr(), &raw mut named)
                == sys::Status::napi_ok
            && named
    }
}

fn functions() -> Option<&'static Functions> {
    FUNCTIONS.get()?.as_ref()
}

/// Whether this process offers libuv.
pub fn is_available() -> bool {
    functions().is_some()
}

fn load() -> Option<Functions> {
    fn symbol(name: &CStr) -> Option<*mut c_void> {
        // SAFETY: dlsym only reads the name.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!found.is_null()).then_some(found)
    }
    // SAFETY: each symbol has the signature that libuv's headers have given it since 1.19.
    unsafe {
        Some(Functions {
            handle_size: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(c_int) -> usize>(symbol(
                c"uv_handle_size",
            )?),
            handle_get_data: std::mem::transmute::<
                *mut c_void,
                unsafe extern "C" fn(*const c_void) -> *mut c_void,
            >(symbol(c"uv_handle_get_data")?),
            handle_set_data: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void, *mut c_void)>(
                symbol(c"uv_handle_set_data")?,
            ),
            close: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void, Option<CloseCallback>)>(
                symbol(c"uv_close")?,
            ),
            unref: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(symbol(
                c"uv_unref",
            )?),
            poll_init: std::mem::transmute::<
                *mut c_void,
                unsafe extern "C" fn(Loop, *mut c_void, c_int) -> c_int,
            >(symbol(c"uv_poll_init")?),
            poll_start: std::mem::transmute::<
                *mut c_void,
                unsafe extern "C" fn(*mut c_void, c_int, PollCallback) -> c_int,
            >(symbol(c"uv_poll_start")?),
            timer_init: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(Loop, *mut c_void) -> c_int>(
                symbol(c"uv_timer_init")?,
            ),
            timer_start: std::mem::transmute::<
                *mut c_void,
                unsafe extern "C" fn(*mut c_void, TimerCallback, u64, u64) -> c_int,
            >(symbol(c"uv_timer_start")?),
        })
    }
}

/// A handle of libuv with memory of its own. It never keeps the loop alive: the waker does.
#[derive(Debug)]
pub struct Handle {
    memory: *mut c_void,
}

/// Whose handle it is: a client's, and of which of its connections.
#[derive(Clone, Copy)]
pub struct Owner {
    pub client: *mut c_void,
    pub number: usize,
}

/// What a handle's data points to.
struct Attached {
    owner: Owner,
    open: OpenHandles,
    layout: std::alloc::Layout,
    _counted: census::Member,
}

/// The owner that a handle was made with.
///
/// # Safety
/// `handle` must be one that this module made, as libuv passes it to a callback.
pub unsafe fn owner(handle: *mut c_void) -> Owner {
    match functions() {
        // SAFETY: handles of this module carry an `Attached`.
        Some(uv) => unsafe { (*(uv.handle_get_data)(handle).cast::<Attached>()).owner },
        None => Owner { client: std::ptr::null_mut(), number: 0 },
    }
}

impl Handle {
    fn new(
        kind: c_int,
        owner: Owner,
        open: &OpenHandles,
        init: impl FnOnce(&Functions, *mut c_void) -> c_int,
    ) -> Option<Handle> {
        let uv = functions()?;
        // SAFETY: the memory has the size that libuv asks for and the strictest alignment of C.
        unsafe {
            let layout = std::alloc::Layout::from_size_align((uv.handle_size)(kind), 16).ok()?;
            let memory = std::alloc::alloc_zeroed(layout).cast::<c_void>();
            if memory.is_null() {
                return None;
            }
            if init(uv, memory) != 0 {
                // A handle that was not initialized is unknown to the loop.
                std::alloc::dealloc(memory.cast(), layout);
                return None;
            }
            let attached =
                Box::new(Attached { owner, open: open.clone(), layout, _counted: census::HANDLES.add() });
            open.add();
            (uv.handle_set_data)(memory, Box::into_raw(attached).cast());
            (uv.unref)(memory);
            Some(Handle { memory })
        }
    }

    /// A handle that watches a file descriptor.
    ///
    /// # Safety
    /// `event_loop` must be the running environment's, and `fd` stay open until `close`.
    pub unsafe fn poll(event_loop: Loop, fd: c_int, owner: Owner, open: &OpenHandles) -> Option<Handle> {
        // SAFETY: the caller answers for loop and descriptor.
        Handle::new(POLL_TYPE, owner, open, |uv, memory| unsafe { (uv.poll_init)(event_loop, memory, fd) })
    }

    /// # Safety
    /// `event_loop` must be the running environment's.
    pub unsafe fn timer(event_loop: Loop, owner: Owner, open: &OpenHandles) -> Option<Handle> {
        // SAFETY: the caller answers for the loop.
        Handle::new(TIMER_TYPE, owner, open, |uv, memory| unsafe { (uv.timer_init)(event_loop, memory) })
    }

    /// Watches for `events` from now on.
    pub fn watch(&self, events: c_int, callback: PollCallback) {
        if let Some(uv) = functions() {
            // SAFETY: an open poll handle of this module, on its loop's thread.
            unsafe { (uv.poll_start)(self.memory, events, callback) };
        }
    }

    /// Calls back once in `milliseconds`.
    pub fn expire_in(&self, milliseconds: u64, callback: TimerCallback) {
        if let Some(uv) = functions() {
            // SAFETY: an open timer handle of this module, on its loop's thread.
            unsafe { (uv.timer_start)(self.memory, callback, milliseconds, 0) };
        }
    }

    /// Stops watching at once; the memory is freed when libuv has let go of it.
    pub fn close(self) {
        if let Some(uv) = functions() {
            // SAFETY: an open handle of this module, closed once, since `self` is consumed.
            unsafe { (uv.close)(self.memory, Some(on_closed)) };
        }
    }
}

unsafe extern "C" fn on_closed(handle: *mut c_void) {
    let Some(uv) = functions() else { return };
    // SAFETY: libuv is done with the handle, so its memory and what was attached are ours again.
    let attached = unsafe {
        let attached = Box::from_raw((uv.handle_get_data)(handle).cast::<Attached>());
        std::alloc::dealloc(handle.cast(), attached.layout);
        attached
    };
    attached.open.remove();
}

/// Milliseconds for a timer, rounded up so that it never expires early.
pub fn timer_milliseconds(left: std::time::Duration) -> u64 {
    left.as_micros().div_ceil(1000).min(u128::from(c_uint::MAX)) as u64
}
