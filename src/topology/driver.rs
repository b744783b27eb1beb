//! What a router asks of the drivers that move a connection's bytes.

use std::sync::Arc;
use std::time::Instant;

use super::link::LinkThreadHandle;
use super::thread_handle::ThreadHandle;
use crate::connection::Wake;
use crate::error::Result;
use crate::features::{Call, Features, RoomTicket};
use crate::lane::Batch;
use crate::redis::{MultiplexedConnection, Pending, RawCall, RequestSink, Sink};

/// Wakes the thread on which a router is used.
pub type SharedWaker = Arc<dyn Wake + Send + Sync>;

/// Starts the drivers of one router's connections.
pub trait DriverContext: Clone {
    type Driver: ConnectionDriver;
    type Link: LinkDriver;

    /// Starts to connect. Events of an event loop name the connection by `number`.
    ///
    /// # Errors
    /// The driver could not be started, e.g. because a thread could not.
    fn start(&self, connection: MultiplexedConnection<Features>, number: usize) -> Result<Self::Driver>;

    fn waker(&self) -> SharedWaker;
}

/// A request on a connection that calls share.
pub type Request = Pending<RoomTicket>;

/// A request that another connection must carry.
pub type Redirected = crate::redis::Redirected<RoomTicket>;

/// Who is told how the requests of a connection ended.
pub trait NodeSink: RequestSink<RoomTicket> {}

impl<S: RequestSink<RoomTicket> + ?Sized> NodeSink for S {}

/// Moves the bytes of one connection that calls share.
pub trait ConnectionDriver {
    /// The word that `getStats()` shows.
    fn name(&self) -> &'static str;

    /// Takes a call in. `waiting` calls of the router have not settled.
    fn call(&mut self, call: &Call<'_>, call_id: u32, waiting: usize, now: Instant, sink: &mut dyn NodeSink);

    /// Takes requests in that another node was asked first.
    fn append(&mut self, batch: &mut Batch<Request>, now: Instant, sink: &mut dyn NodeSink);

    /// The calls of this tick are complete.
    fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink);

    /// Takes what another thread has left.
    fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink);

    /// The event loop says that the socket is ready, or what broke it.
    #[cfg(unix)]
    fn ready(&mut self, _status: i32, _now: Instant, _sink: &mut dyn NodeSink) {}

    /// The timer of the event loop has expired.
    #[cfg(unix)]
    fn overdue(&mut self, _now: Instant, _sink: &mut dyn NodeSink) {}

    /// Whether something that waits for an answer may be about this key.
    fn mentions(&self, key: &[u8]) -> bool;

    /// How much is in flight, in whatever unit the driver counts.
    fn pending(&self) -> usize;

    fn is_idle(&self) -> bool {
        self.pending() == 0
    }

    /// Whether it has stopped for good, by a panic on the I/O thread.
    fn has_died(&self) -> bool;

    /// Ends the connection and settles what it can. Waits for nothing.
    fn close(self, sink: &mut dyn NodeSink);
}

/// Moves the bytes of one connection without policy.
pub trait LinkDriver {
    fn name(&self) -> &'static str;
    /// Takes a command in, which is all that a Link carries.
    fn call(&mut self, call: &RawCall<'_>, call_id: u32, now: Instant, sink: &mut dyn Sink);
    fn flush(&mut self, now: Instant, sink: &mut dyn Sink);
    fn awake(&mut self, now: Instant, sink: &mut dyn Sink);
    #[cfg(unix)]
    fn ready(&mut self, _status: i32, _now: Instant, _sink: &mut dyn Sink) {}
    fn has_died(&self) -> bool;
    fn close(self, sink: &mut dyn Sink);
}

/// Starts drivers on the I/O thread, which need no event loop.
#[derive(Clone)]
pub struct ThreadContext {
    waker: SharedWaker,
    after_burst: fn(),
}

impl ThreadContext {
    /// `after_burst` is called on the I/O thread when more outcomes than usual have been handed over.
    pub fn new(waker: SharedWaker, after_burst: fn()) -> ThreadContext {
        ThreadContext { waker, after_burst }
    }
}

impl DriverContext for ThreadContext {
    type Driver = ThreadHandle;
    type Link = LinkThreadHandle;

    fn start(&self, connection: MultiplexedConnection<Features>, _number: usize) -> Result<ThreadHandle> {
        ThreadHandle::start(connection, self.waker.clone(), self.after_burst)
    }

    fn waker(&self) -> SharedWaker {
        self.waker.clone()
    }
}
