//! What drivers need of their client: its waker, and libuv's loop with the client that is told what happens there.

#[cfg(unix)]
use std::ffi::{c_int, c_void};
#[cfg(unix)]
use std::rc::Rc;
use std::sync::Arc;

#[cfg(unix)]
use napi::sys;

#[cfg(unix)]
use super::uv;
use super::waker::Waker;
#[cfg(unix)]
use crate::topology::OpenHandles;

/// One environment's client, for which drivers are started.
#[derive(Clone)]
pub struct ClientContext {
    pub waker: Arc<Waker>,
    #[cfg(unix)]
    pub event_loop: EventLoop,
}

/// A client whose drivers libuv calls.
#[cfg(unix)]
pub trait EventLoopClient: 'static {
    /// The socket of the connection with this number is ready, or broken.
    fn ready(&self, number: usize, status: c_int);

    /// The timer of the connection with this number has expired.
    fn overdue(&self, number: usize);
}

/// The loop of an environment, for the drivers of one client.
#[cfg(unix)]
#[derive(Clone)]
pub struct EventLoop {
    raw: uv::Loop,
    client: *mut c_void,
    /// What the client's drivers have opened.
    handles: OpenHandles,
    on_ready: uv::PollCallback,
    on_timer: uv::TimerCallback,
}

#[cfg(unix)]
impl EventLoop {
    /// The loop of `env`, the running environment. `client` must close its drivers before it goes.
    pub fn new<C: EventLoopClient>(env: sys::napi_env, client: &Rc<C>, handles: OpenHandles) -> EventLoop {
        let mut raw = std::ptr::null_mut();
        // SAFETY: on the environment's thread.
        unsafe { sys::napi_get_uv_event_loop(env, &raw mut raw) };
        EventLoop {
            raw: raw.cast(),
            client: Rc::as_ptr(client).cast_mut().cast(),
            handles,
            on_ready: on_ready::<C>,
            on_timer: on_timer::<C>,
        }
    }

    /// Watches a socket of the connection with this number; none where libuv cannot.
    ///
    /// # Safety
    /// On the thread of a running environment; `fd` must stay open until the handle was closed.
    pub unsafe fn poll(&self, fd: c_int, number: usize) -> Option<uv::Handle> {
        // SAFETY: the caller answers for thread and descriptor, and `new` for the client.
        unsafe { uv::Handle::poll(self.raw, fd, self.owner(number), &self.handles) }
    }

    /// A timer of the connection with this number; none where libuv makes none.
    ///
    /// # Safety
    /// On the thread of a running environment.
    pub unsafe fn timer(&self, number: usize) -> Option<uv::Handle> {
        // SAFETY: the caller answers for the thread, and `new` for the client.
        unsafe { uv::Handle::timer(self.raw, self.owner(number), &self.handles) }
    }

    /// Calls the client at these events of the socket from now on.
    pub fn watch(&self, poll: &uv::Handle, events: c_int) {
        poll.watch(events, self.on_ready);
    }

    /// Calls the client once in `milliseconds`.
    pub fn expire_in(&self, timer: &uv::Handle, milliseconds: u64) {
        timer.expire_in(milliseconds, self.on_timer);
    }

    fn owner(&self, number: usize) -> uv::Owner {
        uv::Owner { client: self.client, number }
    }
}

/// Runs `work` on the client that owns a handle. The client lives until that is done, also where it is closed meanwhile.
///
/// # Safety
/// `handle` must be one that an `EventLoop` of such a client has made, as libuv passes it to a callback.
#[cfg(unix)]
unsafe fn with_client<C: EventLoopClient>(handle: *mut c_void, work: impl FnOnce(&C, usize)) {
    // SAFETY: the caller answers for it.
    let owner = unsafe { uv::owner(handle) };
    let client = owner.client.cast::<C>().cast_const();
    // SAFETY: the handle is open, and a client closes its handles before it goes. The count is given back by the drop.
    let client = unsafe {
        Rc::increment_strong_count(client);
        Rc::from_raw(client)
    };
    work(&client, owner.number);
}

#[cfg(unix)]
unsafe extern "C" fn on_ready<C: EventLoopClient>(handle: *mut c_void, status: c_int, _events: c_int) {
    // SAFETY: only `EventLoop::watch` passes this function, with handles of its client.
    unsafe { with_client::<C>(handle, |client, number| client.ready(number, status)) };
}

#[cfg(unix)]
unsafe extern "C" fn on_timer<C: EventLoopClient>(handle: *mut c_void) {
    // SAFETY: as for `on_ready`, with `EventLoop::expire_in`.
    unsafe { with_client::<C>(handle, EventLoopClient::overdue) };
}
