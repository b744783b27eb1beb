//! What moves the bytes of a Link, whichever driver that is, and what is told of them.

use std::time::Instant;

use serde_json::json;

use super::lane_driver::Place;
use super::link_fed::LinkFed;
#[cfg(unix)]
use super::link_loop::LinkLoop;
use super::link_thread::LinkThread;
use crate::cache::{Call, Outcome, Shape, Sink};
use crate::config::Driver;
use crate::error::{Error, Result};
use crate::lane::Frame;
use crate::redis::{Addresses, Failure, Garbled, Listener, Meter, Target};

/// Slots of what is told of the connection itself, and their names for JavaScript.
pub const LINK_SLOTS: [(u32, &str); 3] =
    [(CONNECTED, "connected"), (BREAKING, "breaking"), (CLOSED, "closed")];
const CONNECTED: u32 = u32::MAX - 2;
pub const BREAKING: u32 = u32::MAX - 3;
pub const CLOSED: u32 = u32::MAX - 4;

/// Whose request it is, and how its reply is given.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub slot: u32,
    pub shape: Shape,
}

impl Caller {
    /// The caller of a command and its words; none where the call is no command.
    pub fn of<'a, 'c>(call: &'a Call<'c>, slot: u32) -> Option<(Caller, &'a [&'c [u8]])> {
        let Call::Command { arguments, style } = call else { return None };
        let shape = Shape::of(arguments.first()?, *style);
        Some((Caller { slot, shape: Shape { is_verbatim: true, ..shape } }, arguments))
    }
}

/// Tells a sink what a Link is told.
pub struct Told<S>(pub S);

impl<S: Sink> Listener<Caller> for Told<S> {
    fn connected(&mut self, at: &Addresses) {
        let show = |address: Option<std::net::SocketAddr>| match address {
            Some(address) => json!({ "address": address.ip().to_string(), "port": address.port() }),
            None => json!({}),
        };
        let addresses = json!({ "local": show(at.local), "remote": show(at.remote) });
        self.0.settle(CONNECTED, Outcome::Json(addresses.to_string().into_bytes().into()));
    }

    fn answered(&mut self, caller: Caller, frame: Frame<'_>) {
        let outcome = match frame.error() {
            Some(line) => Outcome::Failed(Error::verbatim_reply(&line)),
            None => Outcome::Reply(frame.bytes().into(), caller.shape),
        };
        self.0.settle(caller.slot, outcome);
    }

    fn pushed(&mut self, frame: Frame<'_>) {
        let shape = Shape { is_verbatim: true, ..Shape::BUFFERS };
        self.0.settle(crate::cache::PUSHED, Outcome::Reply(frame.bytes().into(), shape));
    }

    fn breaking(&mut self, failure: Option<&Failure>) {
        let described = match failure {
            None => json!(null),
            Some(Failure { message, syscall, errno, code, address, port, garbled }) => json!({
                "message": message, "syscall": syscall, "errno": errno, "code": code, "address": address, "port": port,
                "garbled": garbled.as_deref().map(|Garbled { bytes, position, is_type }| {
                    json!({ "bytes": bytes, "position": position, "isType": is_type })
                }),
            }),
        };
        self.0.settle(BREAKING, Outcome::Json(described.to_string().into_bytes().into()));
    }

    fn lost(&mut self, caller: Caller, was_sent: bool) {
        self.0.settle(caller.slot, Outcome::Lost { was_sent });
    }

    fn closed(&mut self) {
        self.0.settle(CLOSED, Outcome::Null);
    }
}

/// A Link that was given up after a defect is closed like any other.
pub fn tell_defect(sink: &mut dyn Sink) {
    let mut told = Told(sink);
    told.breaking(Some(&Failure::said("a defect in orgcache's native code was caught", None)));
    told.closed();
}

/// What moves the bytes of a Link.
pub enum LinkDriver {
    #[cfg(unix)]
    Loop(Box<LinkLoop>),
    Thread(Box<LinkThread>),
    Fed(Box<LinkFed>),
}

impl LinkDriver {
    /// Starts to connect.
    #[cfg_attr(not(unix), expect(unused_variables))]
    pub fn start(target: Target, driver: Driver, place: &Place) -> Result<LinkDriver> {
        #[cfg(unix)]
        if driver != Driver::Thread && super::uv::is_available() {
            return Ok(LinkDriver::Loop(Box::new(LinkLoop::start(target, place)?)));
        }
        Ok(LinkDriver::Thread(Box::new(LinkThread::start(target, place.bell.clone())?)))
    }

    /// One whose bytes JavaScript moves.
    pub fn fed() -> LinkDriver {
        LinkDriver::Fed(Box::default())
    }

    /// The part for JavaScript that moves bytes.
    pub fn as_fed(&mut self) -> Option<&mut LinkFed> {
        match self {
            LinkDriver::Fed(driver) => Some(driver),
            _ => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(_) => "loop",
            LinkDriver::Thread(_) => "thread",
            LinkDriver::Fed(_) => "stream",
        }
    }

    pub fn meter(&self) -> &Meter {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.meter(),
            LinkDriver::Thread(driver) => driver.meter(),
            LinkDriver::Fed(driver) => driver.meter(),
        }
    }

    pub fn call(&mut self, call: &Call<'_>, slot: u32, now: Instant, sink: &mut dyn Sink) {
        let Some((caller, words)) = Caller::of(call, slot) else {
            return sink.settle(slot, Outcome::Failed(super::function::misuse("a Link takes commands only")));
        };
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.request(caller, words, now, sink),
            LinkDriver::Thread(driver) => driver.request(caller, words, now),
            LinkDriver::Fed(driver) => driver.request(caller, words, now, sink),
        }
    }

    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.flush(now, sink),
            LinkDriver::Thread(driver) => driver.flush(),
            LinkDriver::Fed(_) => {}
        }
    }

    pub fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.take_event(now, sink),
            LinkDriver::Thread(driver) => driver.take_outcomes(sink),
            LinkDriver::Fed(_) => {}
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, status: i32, now: Instant, sink: &mut dyn Sink) {
        if let LinkDriver::Loop(driver) = self {
            driver.ready(status, now, sink);
        }
    }

    pub fn has_died(&self) -> bool {
        matches!(self, LinkDriver::Thread(driver) if driver.has_died())
    }

    /// Says to the server that nothing more will be sent, once everything is.
    pub fn end(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.end(now, sink),
            LinkDriver::Thread(driver) => driver.end(),
            LinkDriver::Fed(_) => {}
        }
    }

    /// Gives up the connection. What is lost by that is told now or later, and now where it was given up before.
    pub fn destroy(&mut self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.lose(None, sink),
            LinkDriver::Thread(driver) => driver.destroy(sink),
            LinkDriver::Fed(driver) => driver.lose(None, sink),
        }
    }

    pub fn close(self, sink: &mut dyn Sink) {
        match self {
            #[cfg(unix)]
            LinkDriver::Loop(driver) => driver.close(sink),
            LinkDriver::Thread(driver) => driver.close(sink),
            LinkDriver::Fed(mut driver) => driver.lose(None, sink),
        }
    }
}
