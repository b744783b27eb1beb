//! Moves a connection's bytes on the JavaScript thread, in libuv's own loop: no call waits for
//! another thread. Connections are still made on the I/O thread, where waiting harms nobody.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client_context::EventLoop;
use super::uv;
use super::waker::Waker;
use crate::connection::{
    BlockingSocket, ConnectionHandler, Handoff, LinkEvent, Reconnector, Stream, connection_lost,
    connection_moved, read_arrived, write_waiting,
};
use crate::error::{Error, Result};
use crate::features::{Call, Features};
use crate::lane::Batch;
use crate::redis::{Attached, Feature, MultiplexedConnection};
use crate::runtime::IoThread;
use crate::topology::{ConnectionDriver, NodeSink, Request};

/// How long replies may keep coming in for calls that are late.
const GRACE: Duration = Duration::from_millis(40);

/// A connection and the handle that watches it.
struct Wire {
    stream: Stream<BlockingSocket>,
    poll: uv::Handle,
    watches_writable: bool,
}

/// The driver of one client, used on its environment's thread only.
pub struct LoopDriver {
    connection: MultiplexedConnection<Features>,
    wire: Option<Wire>,
    timer: Option<uv::Handle>,
    /// When the timer expires, where it is set.
    expires_at: Option<Instant>,
    /// Until when replies that are still coming in keep late calls from being given up.
    grace_until: Option<Instant>,
    event_loop: EventLoop,
    /// The connection's number, which events of the loop name.
    number: usize,
    reconnector: Reconnector,
    /// Nothing was asked of it yet, and so it has no connection.
    is_asleep: bool,
    events: Arc<Handoff<VecDeque<LinkEvent>, Arc<Waker>>>,
    // Held so that the thread lives as long as connections may be needed.
    _io: IoThread,
}

impl LoopDriver {
    /// Starts to connect; one of several nodes of a caller's own client does with its first call.
    ///
    /// # Safety
    /// On the thread of the loop's environment; its client must stay valid until the handles of this driver were closed
    /// by `close`.
    pub unsafe fn start(
        connection: MultiplexedConnection<Features>,
        waker: Arc<Waker>,
        event_loop: EventLoop,
        number: usize,
    ) -> Result<LoopDriver> {
        let io = IoThread::shared()?;
        let events = Arc::new(Handoff::<VecDeque<_>, _>::new(waker));
        let told = events.clone();
        let node = connection.feature().node();
        let is_asleep = node.is_in_cluster() && node.is_dedicated();
        let reconnector = Reconnector::start(&io, node.dialer().clone(), move |event| {
            told.put(|events| events.push_back(event));
        });
        if !is_asleep {
            reconnector.connect();
        }
        Ok(LoopDriver {
            connection,
            wire: None,
            // SAFETY: the caller answers for the thread.
            timer: unsafe { event_loop.timer(number) },
            expires_at: None,
            grace_until: None,
            event_loop,
            number,
            reconnector,
            is_asleep,
            events,
            _io: io,
        })
    }

    fn wake_up(&mut self) {
        if std::mem::take(&mut self.is_asleep) {
            self.reconnector.connect();
        }
    }

    /// libuv calls every broken socket a bad descriptor: reading takes what came before it broke, and reading
    /// on tells how it did.
    fn read_broken(&mut self, now: Instant, sink: &mut dyn NodeSink) -> Result<()> {
        self.read(now, sink)?;
        self.read(now, sink)
    }

    fn read(&mut self, now: Instant, sink: &mut dyn NodeSink) -> Result<()> {
        let Some(wire) = &mut self.wire else { return Ok(()) };
        read_arrived(&mut wire.stream, &mut Attached::new(&mut self.connection, sink), now)
    }

    fn adopt(&mut self, stream: io::Result<Stream<BlockingSocket>>) -> io::Result<()> {
        let stream = stream?;
        let fd = stream.socket().as_raw_fd();
        // SAFETY: on the environment's thread; the stream is dropped only after the handle was
        // closed, in `lose` and `close`.
        let poll = unsafe { self.event_loop.poll(fd, self.number) };
        let poll = poll.ok_or_else(|| io::Error::other("libuv cannot watch the socket"))?;
        self.event_loop.watch(&poll, uv::READABLE | uv::DISCONNECT);
        self.wire = Some(Wire { stream, poll, watches_writable: false });
        Ok(())
    }

    fn lose(&mut self, error: Error, now: Instant, sink: &mut dyn NodeSink) {
        let Some(Wire { stream, poll, .. }) = self.wire.take() else { return };
        // In this order: libuv must have stopped watching before the descriptor is closed.
        poll.close();
        drop(stream);
        Attached::new(&mut self.connection, sink).disconnected(error, now);
        self.reconnector.connect();
        self.arm_timer(now);
    }

    fn arm_timer(&mut self, now: Instant) {
        if let Some(deadline) = self.connection.next_deadline()
            && self.expires_at.is_none_or(|at| deadline < at)
        {
            self.set_timer(deadline, now);
        }
    }

    fn set_timer(&mut self, at: Instant, now: Instant) {
        if let Some(timer) = &self.timer {
            let left = at.saturating_duration_since(now).max(Duration::from_millis(1));
            self.event_loop.expire_in(timer, uv::timer_milliseconds(left));
            self.expires_at = Some(at);
        }
    }
}

impl ConnectionDriver for LoopDriver {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn call(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        _waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        self.wake_up();
        self.connection.call(call, call_id, now, sink);
    }

    fn append(&mut self, batch: &mut Batch<Request>, now: Instant, sink: &mut dyn NodeSink) {
        self.wake_up();
        self.connection.append(batch, now, sink);
        self.flush(now, sink);
    }

    /// Sends what the calls of this tick have put together.
    fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.connection.let_feature_send(now);
        if let Some(wire) = &mut self.wire {
            let mut traffic = Attached::new(&mut self.connection, &mut *sink);
            match write_waiting(&mut wire.stream, &mut traffic) {
                Ok(waiting) => wire.watch(waiting, &self.event_loop),
                Err(error) => self.lose(error, now, sink),
            }
        }
        self.arm_timer(now);
    }

    /// Takes in what the I/O thread has told.
    fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        for event in self.events.take() {
            match event {
                LinkEvent::Failed { error, attempt } => {
                    Attached::new(&mut self.connection, &mut *sink).attempt_failed(error, attempt, now);
                }
                LinkEvent::Moved => self.lose(connection_moved(), now, sink),
                LinkEvent::Connected(dialed) => match self.adopt(dialed.stream.into_blocking()) {
                    Ok(()) => {
                        Attached::new(&mut self.connection, &mut *sink).connected(&dialed.server, now);
                        self.flush(now, sink);
                    }
                    Err(error) => {
                        Attached::new(&mut self.connection, &mut *sink)
                            .disconnected(connection_lost(&error), now);
                        self.reconnector.connect();
                    }
                },
            }
        }
    }

    /// libuv says that the socket is ready.
    fn ready(&mut self, status: c_int, now: Instant, sink: &mut dyn NodeSink) {
        let result = match status {
            0 => self.read(now, sink),
            code => {
                self.read_broken(now, sink).and(Err(connection_lost(&io::Error::from_raw_os_error(-code))))
            }
        };
        match result {
            Ok(()) => self.flush(now, sink),
            Err(error) => self.lose(error, now, sink),
        }
    }

    /// The timer has expired: does what is due. Replies that are here already count: where
    /// JavaScript has kept the loop busy, they are older than the lateness.
    fn overdue(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.expires_at = None;
        if let Err(error) = self.read(now, sink) {
            return self.lose(error, now, sink);
        }
        // One turn reads a part of what a busy JavaScript has let pile up: while more comes in, wait.
        let is_arriving = self.connection.last_received() == Some(now);
        let until = *self.grace_until.get_or_insert(now + GRACE);
        if is_arriving && now < until {
            return self.set_timer(now + Duration::from_millis(1), now);
        }
        self.grace_until = None;
        match self.connection.expire(now, sink) {
            Some(error) => self.lose(error, now, sink),
            None => self.flush(now, sink),
        }
    }

    fn mentions(&self, key: &[u8]) -> bool {
        self.connection.mentions(key)
    }

    fn pending(&self) -> usize {
        self.connection.pending()
    }

    /// It has no thread that could.
    fn has_died(&self) -> bool {
        false
    }

    /// Settles everything and closes the handles.
    fn close(mut self, sink: &mut dyn NodeSink) {
        // The handles first: they must be closed even where the connection panics.
        if let Some(Wire { stream, poll, .. }) = self.wire.take() {
            poll.close();
            drop(stream);
        }
        if let Some(timer) = self.timer.take() {
            timer.close();
        }
        self.connection.close(sink);
    }
}

impl Wire {
    fn watch(&mut self, writable: bool, event_loop: &EventLoop) {
        if writable != self.watches_writable {
            let events = uv::READABLE | uv::DISCONNECT | if writable { uv::WRITABLE } else { 0 };
            event_loop.watch(&self.poll, events);
            self.watches_writable = writable;
        }
    }
}
