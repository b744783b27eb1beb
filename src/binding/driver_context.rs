//! The drivers of connections that this environment can have: libuv's, on its own thread, and the I/O thread's.

#[cfg(unix)]
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::any_link::AnyLink;
use super::client::Client;
#[cfg(unix)]
use super::loop_driver::{Callbacks, LoopDriver};
#[cfg(unix)]
use super::open_handles::OpenHandles;
use super::waker::Waker;
use crate::config::Driver;
use crate::error::Result;
use crate::features::{Call, Features};
use crate::lane::Batch;
use crate::redis::MultiplexedConnection;
use crate::topology::{ConnectionDriver, DriverContext, NodeSink, Request, SharedWaker, ThreadHandle};

/// One environment's client, for which drivers are started.
#[derive(Clone)]
pub struct ClientContext {
    pub waker: Arc<Waker>,
    #[cfg(unix)]
    pub event_loop: super::uv::Loop,
    #[cfg(unix)]
    pub open_handles: OpenHandles,
    #[cfg(unix)]
    pub client: *mut c_void,
}

/// Either driver of a connection that calls share.
pub enum AnyDriver {
    #[cfg(unix)]
    Loop(Box<LoopDriver>),
    Thread(Box<ThreadHandle>),
}

impl ClientContext {
    #[cfg_attr(not(unix), expect(unused_variables))]
    pub fn of(env: sys::napi_env, client: &Rc<Client>) -> ClientContext {
        #[cfg(unix)]
        let event_loop = {
            let mut event_loop = std::ptr::null_mut();
            // SAFETY: on the environment's thread.
            unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
            event_loop.cast()
        };
        ClientContext {
            waker: client.waker().clone(),
            #[cfg(unix)]
            event_loop,
            #[cfg(unix)]
            open_handles: client.open_handles().clone(),
            #[cfg(unix)]
            client: Rc::as_ptr(client).cast_mut().cast(),
        }
    }
}

impl DriverContext for ClientContext {
    type Driver = AnyDriver;
    type Link = AnyLink;

    /// `auto` is the loop driver where libuv is there: it wins every row of the benchmark.
    #[cfg_attr(not(unix), expect(unused_variables))]
    fn start(&self, connection: MultiplexedConnection<Features>, number: usize) -> Result<AnyDriver> {
        #[cfg(unix)]
        if connection.feature().config().driver != Driver::Thread && super::uv::is_available() {
            let callbacks = Callbacks { poll: super::client::on_ready, timer: super::client::on_timer };
            let owner = super::uv::Owner { client: self.client, number };
            let (waker, open_handles) = (self.waker.clone(), self.open_handles.clone());
            // SAFETY: the loop is this environment's; the client closes its driver before it goes.
            let driver = unsafe {
                LoopDriver::start(connection, waker, self.event_loop, open_handles, owner, callbacks)?
            };
            return Ok(AnyDriver::Loop(Box::new(driver)));
        }
        Ok(AnyDriver::Thread(Box::new(ThreadHandle::start(connection, self.waker(), return_memory)?)))
    }

    fn waker(&self) -> SharedWaker {
        self.waker.clone()
    }
}

impl ConnectionDriver for AnyDriver {
    fn name(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.name(),
            AnyDriver::Thread(driver) => driver.name(),
        }
    }

    fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.call(call, slot, waiting, now, sink),
            AnyDriver::Thread(driver) => driver.call(call, slot, waiting, now, sink),
        }
    }

    fn append(&mut self, batch: &mut Batch<Request>, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.append(batch, now, sink),
            AnyDriver::Thread(driver) => driver.append(batch, now, sink),
        }
    }

    fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.flush(now, sink),
            AnyDriver::Thread(driver) => driver.flush(now, sink),
        }
    }

    fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.awake(now, sink),
            AnyDriver::Thread(driver) => driver.awake(now, sink),
        }
    }

    #[cfg(unix)]
    fn ready(&mut self, status: i32, now: Instant, sink: &mut dyn NodeSink) {
        if let AnyDriver::Loop(driver) = self {
            driver.ready(status, now, sink);
        }
    }

    #[cfg(unix)]
    fn overdue(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        if let AnyDriver::Loop(driver) = self {
            driver.overdue(now, sink);
        }
    }

    fn mentions(&self, key: &[u8]) -> bool {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.mentions(key),
            AnyDriver::Thread(driver) => driver.mentions(key),
        }
    }

    fn pending(&self) -> usize {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.pending(),
            AnyDriver::Thread(driver) => driver.pending(),
        }
    }

    fn has_died(&self) -> bool {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.has_died(),
            AnyDriver::Thread(driver) => driver.has_died(),
        }
    }

    fn close(self, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.close(sink),
            AnyDriver::Thread(driver) => driver.close(sink),
        }
    }
}

/// Returns freed memory to the system. glibc keeps what one thread has allocated and another has freed in arenas that
/// it does not trim by itself. This takes some milliseconds, so it runs on the I/O thread.
fn return_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: glibc allows this at any time, on any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
