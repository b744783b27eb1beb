//! What moves the bytes of one connection, whichever driver that is.

#[cfg(unix)]
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::bell::Bell;
use super::client::Client;
#[cfg(unix)]
use super::loop_driver::{Callbacks, LoopDriver};
#[cfg(unix)]
use super::open_handles::OpenHandles;
use super::thread_driver::ThreadDriver;
use crate::cache::{Call, Exchange, Sink, Token};
#[cfg(unix)]
use crate::config::Driver;
use crate::error::Result;
use crate::lane::Batch;

/// Where drivers are made for: one environment's client.
#[derive(Clone)]
pub struct Place {
    pub bell: Arc<Bell>,
    #[cfg(unix)]
    pub event_loop: super::uv::Loop,
    #[cfg(unix)]
    pub open_handles: OpenHandles,
    #[cfg(unix)]
    pub client: *mut c_void,
}

/// What moves the bytes of one connection.
pub enum LaneDriver {
    #[cfg(unix)]
    Loop(Box<LoopDriver>),
    Thread(Box<ThreadDriver>),
}

impl Place {
    #[cfg_attr(not(unix), expect(unused_variables))]
    pub fn of(env: sys::napi_env, client: &Rc<Client>) -> Place {
        #[cfg(unix)]
        let event_loop = {
            let mut event_loop = std::ptr::null_mut();
            // SAFETY: on the environment's thread.
            unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
            event_loop.cast()
        };
        Place {
            bell: client.bell().clone(),
            #[cfg(unix)]
            event_loop,
            #[cfg(unix)]
            open_handles: client.open_handles().clone(),
            #[cfg(unix)]
            client: Rc::as_ptr(client).cast_mut().cast(),
        }
    }
}

impl LaneDriver {
    /// Starts what the configuration asks for; its handles carry `number`. `auto` is the loop driver where libuv
    /// is there: it wins every row of the benchmark.
    #[cfg_attr(not(unix), expect(unused_variables))]
    pub fn start(exchange: Exchange, number: usize, place: &Place) -> Result<LaneDriver> {
        #[cfg(unix)]
        if exchange.core().config().driver != Driver::Thread && super::uv::is_available() {
            let callbacks = Callbacks { poll: super::client::on_ready, timer: super::client::on_timer };
            let owner = super::uv::Owner { client: place.client, number };
            let (bell, open_handles) = (place.bell.clone(), place.open_handles.clone());
            // SAFETY: the loop is this environment's; the client closes its driver before it goes.
            let driver = unsafe {
                LoopDriver::start(exchange, bell, place.event_loop, open_handles, owner, callbacks)?
            };
            return Ok(LaneDriver::Loop(Box::new(driver)));
        }
        Ok(LaneDriver::Thread(Box::new(ThreadDriver::start(exchange, place.bell.clone())?)))
    }

    pub fn name(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(_) => "loop",
            LaneDriver::Thread(_) => "thread",
        }
    }

    pub fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.call(call, slot, now, sink),
            LaneDriver::Thread(driver) => driver.call(call, slot, waiting, now, sink),
        }
    }

    /// Takes requests in that another node was asked first.
    pub fn append(&mut self, batch: &mut Batch<Token>, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.append(batch, now, sink),
            LaneDriver::Thread(driver) => driver.append(batch),
        }
    }

    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.flush(now, sink),
            LaneDriver::Thread(driver) => driver.flush(),
        }
    }

    pub fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.take_events(now, sink),
            LaneDriver::Thread(driver) => driver.take_outcomes(sink),
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, status: i32, now: Instant, sink: &mut dyn Sink) {
        if let LaneDriver::Loop(driver) = self {
            driver.ready(status, now, sink);
        }
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, now: Instant, sink: &mut dyn Sink) {
        if let LaneDriver::Loop(driver) = self {
            driver.overdue(now, sink);
        }
    }

    /// Whether something that waits for an answer may be about this key.
    pub fn mentions(&self, key: &[u8]) -> bool {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.mentions(key),
            // What it has is on another thread.
            LaneDriver::Thread(driver) => driver.pending_bytes() > 0,
        }
    }

    /// How much is under way, in whatever the driver counts.
    pub fn pending(&self) -> usize {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.pending(),
            LaneDriver::Thread(driver) => driver.pending_bytes(),
        }
    }

    /// Whether no call is under way.
    pub fn is_idle(&self) -> bool {
        self.pending() == 0
    }

    pub fn has_died(&self) -> bool {
        matches!(self, LaneDriver::Thread(driver) if driver.has_died())
    }

    pub fn close(self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LaneDriver::Loop(driver) => driver.close(sink),
            LaneDriver::Thread(driver) => driver.close(sink),
        }
    }
}
