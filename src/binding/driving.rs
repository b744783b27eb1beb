//! Which way a client's bytes are moved.

use std::ffi::c_void;
use std::time::Instant;

use napi::sys;

use super::client::Client;
#[cfg(unix)]
use super::loop_driver::{Callbacks, LoopDriver};
use super::thread_driver::ThreadDriver;
use crate::cache::{Call, Outcome, Sink, closed, embedded};
#[cfg(unix)]
use crate::config::Driver;
use crate::error::Result;
use crate::health::State;

pub enum Driving {
    /// No Redis is configured: calls are answered without a driver.
    Embedded,
    #[cfg(unix)]
    Loop(Box<LoopDriver>),
    Thread(Box<ThreadDriver>),
    Closed,
}

impl Driving {
    /// Starts what the configuration asks for. `auto` is the loop driver where libuv is there: it
    /// wins every row of the benchmark.
    pub fn start(env: sys::napi_env, client: &'static Client, owner: *mut c_void) -> Result<Driving> {
        let core = client.core();
        if !core.config().use_redis() {
            core.health().enter(State::Ready);
            return Ok(Driving::Embedded);
        }
        #[cfg(unix)]
        if core.config().driver != Driver::Thread && super::uv::is_available() {
            let mut event_loop = std::ptr::null_mut();
            // SAFETY: on the environment's thread.
            unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
            let callbacks = Callbacks { poll: super::client::on_ready, timer: super::client::on_timer };
            // SAFETY: the loop is this environment's; the client outlives its handles.
            let driver = unsafe {
                LoopDriver::start(
                    core.clone(),
                    client.bell().clone(),
                    event_loop.cast(),
                    client.open_handles().clone(),
                    owner,
                    callbacks,
                )?
            };
            return Ok(Driving::Loop(Box::new(driver)));
        }
        let _ = (env, owner);
        Ok(Driving::Thread(Box::new(ThreadDriver::start(core.clone(), client.bell().clone())?)))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Driving::Embedded => "embedded",
            #[cfg(unix)]
            Driving::Loop(_) => "loop",
            Driving::Thread(_) => "thread",
            Driving::Closed => "closed",
        }
    }

    /// Takes a call in. `waiting` calls have not settled.
    pub fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            Driving::Loop(driver) => driver.call(call, slot, now, sink),
            Driving::Thread(driver) => driver.call(call, slot, waiting, now, sink),
            Driving::Embedded => sink.settle(slot, Outcome::Failed(embedded())),
            Driving::Closed => sink.settle(slot, Outcome::Failed(closed())),
        }
    }

    /// The calls of this tick are complete.
    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            Driving::Loop(driver) => driver.flush(now, sink),
            Driving::Thread(driver) => driver.flush(),
            Driving::Embedded | Driving::Closed => {}
        }
    }

    /// Takes what another thread has left.
    pub fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            Driving::Loop(driver) => driver.take_events(now, sink),
            Driving::Thread(driver) => driver.take_outcomes(sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, status: i32, now: Instant, sink: &mut dyn Sink) {
        if let Driving::Loop(driver) = self {
            driver.ready(status, now, sink);
        }
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, now: Instant, sink: &mut dyn Sink) {
        if let Driving::Loop(driver) = self {
            driver.overdue(now, sink);
        }
    }

    /// Settles everything and lets go of the connection.
    pub fn close(self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            Driving::Loop(driver) => driver.close(sink),
            Driving::Thread(driver) => driver.close(sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }
}
