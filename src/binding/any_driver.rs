//! The drivers of connections that this environment can have: libuv's, on its own thread, and the I/O thread's.

use std::time::Instant;

use super::any_link::AnyLink;
use super::client_context::ClientContext;
#[cfg(unix)]
use super::loop_driver::LoopDriver;
use crate::config::Driver;
use crate::error::Result;
use crate::features::{Call, Features};
use crate::lane::Batch;
use crate::redis::MultiplexedConnection;
use crate::topology::{ConnectionDriver, DriverContext, NodeSink, Request, SharedWaker, ThreadHandle};

/// Either driver of a connection that calls share.
pub enum AnyDriver {
    #[cfg(unix)]
    Loop(Box<LoopDriver>),
    Thread(Box<ThreadHandle>),
}

impl DriverContext for ClientContext {
    type Driver = AnyDriver;
    type Link = AnyLink;

    /// `auto` is the loop driver where libuv is there: it wins every row of the benchmark.
    #[cfg_attr(not(unix), expect(unused_variables))]
    fn start(&self, connection: MultiplexedConnection<Features>, number: usize) -> Result<AnyDriver> {
        #[cfg(unix)]
        if connection.feature().config().driver != Driver::Thread && super::uv::is_available() {
            let (waker, event_loop) = (self.waker.clone(), self.event_loop.clone());
            // SAFETY: on the thread of the loop's environment; the client closes its driver before it goes.
            let driver = unsafe { LoopDriver::start(connection, waker, event_loop, number)? };
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

    fn call(&mut self, call: &Call<'_>, call_id: u32, waiting: usize, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            #[cfg(unix)]
            AnyDriver::Loop(driver) => driver.call(call, call_id, waiting, now, sink),
            AnyDriver::Thread(driver) => driver.call(call, call_id, waiting, now, sink),
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
