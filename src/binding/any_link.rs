//! The drivers of Links, connections without policy, that this environment can have.

use std::time::Instant;

use super::client_context::ClientContext;
#[cfg(unix)]
use super::link_loop::LinkLoop;
use crate::config::Driver;
use crate::error::Result;
use crate::redis::{Meter, RawCall, Sink, Target};
use crate::topology::{LinkDriver, LinkFed, LinkThreadHandle, SharedWaker};

/// Any driver of a Link.
pub enum AnyLink {
    #[cfg(unix)]
    Loop(Box<LinkLoop>),
    Thread(Box<LinkThreadHandle>),
    Fed(Box<LinkFed>),
}

impl AnyLink {
    /// Starts to connect.
    #[cfg_attr(not(unix), expect(unused_variables))]
    pub fn start(target: Target, driver: Driver, context: &ClientContext) -> Result<AnyLink> {
        #[cfg(unix)]
        if driver != Driver::Thread && super::uv::is_available() {
            return Ok(AnyLink::Loop(Box::new(LinkLoop::start(target, context)?)));
        }
        let waker: SharedWaker = context.waker.clone();
        Ok(AnyLink::Thread(Box::new(LinkThreadHandle::start(target, waker)?)))
    }

    /// One whose bytes JavaScript moves.
    pub fn fed() -> AnyLink {
        AnyLink::Fed(Box::default())
    }

    /// The part for JavaScript that moves bytes.
    pub fn as_fed(&mut self) -> Option<&mut LinkFed> {
        match self {
            AnyLink::Fed(driver) => Some(driver),
            _ => None,
        }
    }

    pub fn meter(&self) -> &Meter {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.meter(),
            AnyLink::Thread(driver) => driver.meter(),
            AnyLink::Fed(driver) => driver.meter(),
        }
    }

    /// Says to the server that nothing more will be sent, once everything is.
    pub fn end(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.end(now, sink),
            AnyLink::Thread(driver) => driver.end(),
            AnyLink::Fed(_) => {}
        }
    }

    /// Gives up the connection. What is lost by that is told now or later, and now where it was given up before.
    pub fn destroy(&mut self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.lose(None, sink),
            AnyLink::Thread(driver) => driver.destroy(sink),
            AnyLink::Fed(driver) => driver.lose(None, sink),
        }
    }
}

impl LinkDriver for AnyLink {
    fn name(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.name(),
            AnyLink::Thread(driver) => driver.name(),
            AnyLink::Fed(driver) => driver.name(),
        }
    }

    fn call(&mut self, call: &RawCall<'_>, call_id: u32, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.call(call, call_id, now, sink),
            AnyLink::Thread(driver) => driver.call(call, call_id, now, sink),
            AnyLink::Fed(driver) => driver.call(call, call_id, now, sink),
        }
    }

    fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.flush(now, sink),
            AnyLink::Thread(driver) => driver.flush(now, sink),
            AnyLink::Fed(driver) => driver.flush(now, sink),
        }
    }

    fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.awake(now, sink),
            AnyLink::Thread(driver) => driver.awake(now, sink),
            AnyLink::Fed(driver) => driver.awake(now, sink),
        }
    }

    #[cfg(unix)]
    fn ready(&mut self, status: i32, now: Instant, sink: &mut dyn Sink) {
        if let AnyLink::Loop(driver) = self {
            driver.ready(status, now, sink);
        }
    }

    fn has_died(&self) -> bool {
        matches!(self, AnyLink::Thread(driver) if driver.has_died())
    }

    fn close(self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            AnyLink::Loop(driver) => driver.close(sink),
            AnyLink::Thread(driver) => driver.close(sink),
            AnyLink::Fed(driver) => driver.close(sink),
        }
    }
}
