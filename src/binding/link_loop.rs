//! Moves the bytes of a Link on the JavaScript thread. The connection is made on the I/O thread.

use std::ffi::c_int;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Instant;

use super::client_context::{ClientContext, EventLoop};
use super::uv;
use super::waker::Waker;
use crate::connection::{BlockingSocket, Handoff, ReadFailure, Stream, read_available, write_unsent};
use crate::error::Result;
use crate::redis::{Connected, Failure, Link, Listener, Meter, Moving, Outcome, RawCall, Sink, Target, dial};
use crate::runtime::IoThread;
use crate::topology::{Caller, LinkDriver, Told};

type Dialed = std::result::Result<Connected, Failure>;

/// A connection and the handle that watches it.
struct Wire {
    stream: Stream<BlockingSocket>,
    poll: uv::Handle,
    watches_writable: bool,
}

/// The driver of one Link, used on its environment's thread only.
pub struct LinkLoop {
    link: Link<Caller>,
    wire: Option<Wire>,
    event_loop: EventLoop,
    dialed: Arc<Handoff<Option<Dialed>, Arc<Waker>>>,
    /// Nothing comes after what waits.
    ends: bool,
    // Its end tells the attempt to connect that nobody waits for it.
    _dialing: tokio::sync::oneshot::Sender<()>,
    // Held so that the thread lives as long as the attempt.
    _io: IoThread,
}

impl LinkLoop {
    /// Starts to connect.
    pub fn start(target: Target, context: &ClientContext) -> Result<LinkLoop> {
        let io = IoThread::shared()?;
        let dialed = Arc::new(Handoff::<Option<Dialed>, _>::new(context.waker.clone()));
        let told = dialed.clone();
        let (dialing, given_up) = tokio::sync::oneshot::channel::<()>();
        io.spawn(async move {
            tokio::select! {
                result = dial(&target) => told.put(|left| *left = Some(result)),
                _ = given_up => {}
            }
        });
        Ok(LinkLoop {
            link: Link::default(),
            wire: None,
            event_loop: context.event_loop.clone(),
            dialed,
            ends: false,
            _dialing: dialing,
            _io: io,
        })
    }

    pub fn meter(&self) -> &Meter {
        self.link.meter()
    }

    /// What came before the connection broke is read; reading on tells how it did better than writing.
    fn lose_by_writing(&mut self, error: &io::Error, now: Instant, sink: &mut dyn Sink) {
        let failure = match self.read(now, sink).and_then(|()| self.read(now, sink)) {
            Err(failure @ ReadFailure::Socket(_)) => Failure::of_reading(failure),
            _ => Some(Failure::of_writing(error)),
        };
        self.lose(failure.as_ref(), sink);
    }

    fn read(&mut self, now: Instant, sink: &mut dyn Sink) -> std::result::Result<(), ReadFailure> {
        let Some(wire) = &mut self.wire else { return Ok(()) };
        read_available(&mut wire.stream, &mut Moving { link: &mut self.link, listener: &mut Told(sink) }, now)
    }

    fn adopt(&mut self, stream: io::Result<Stream<BlockingSocket>>) -> io::Result<()> {
        let stream = stream?;
        let fd = stream.socket().as_raw_fd();
        // SAFETY: on the environment's thread; the stream is dropped only after the handle was closed, in `drop_wire`.
        let poll = unsafe { self.event_loop.poll(fd, 0) };
        let poll = poll.ok_or_else(|| io::Error::other("libuv cannot watch the socket"))?;
        self.event_loop.watch(&poll, uv::READABLE | uv::DISCONNECT);
        self.wire = Some(Wire { stream, poll, watches_writable: false });
        Ok(())
    }

    pub fn end(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.ends = true;
        self.flush(now, sink);
    }

    /// The connection is gone, or given up.
    pub fn lose(&mut self, failure: Option<&Failure>, sink: &mut dyn Sink) {
        self.drop_wire();
        let mut told = Told(sink);
        if self.link.close(failure, &mut told) {
            told.closed();
        }
    }

    fn drop_wire(&mut self) {
        if let Some(Wire { stream, poll, .. }) = self.wire.take() {
            // In this order: libuv must have stopped watching before the descriptor is closed.
            poll.close();
            drop(stream);
        }
    }
}

impl LinkDriver for LinkLoop {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn call(&mut self, call: &RawCall<'_>, call_id: u32, now: Instant, sink: &mut dyn Sink) {
        match Caller::of(call, call_id) {
            Ok((caller, words)) => self.link.request(caller, words, now, &mut Told(sink)),
            Err(error) => sink.settle(call_id, Outcome::Failed(error)),
        }
    }

    /// Sends what the calls of this tick have put together.
    fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        let Some(wire) = &mut self.wire else { return };
        match write_unsent(
            &mut wire.stream,
            &mut Moving { link: &mut self.link, listener: &mut Told(&mut *sink) },
        ) {
            Ok(waiting) => {
                wire.watch(waiting, &self.event_loop);
                if self.ends && !waiting {
                    self.ends = false;
                    wire.stream.end();
                }
            }
            Err(error) => self.lose_by_writing(&error, now, sink),
        }
    }

    /// Takes in what the I/O thread has told.
    fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        let Some(dialed) = self.dialed.take() else { return };
        if self.link.is_closed() {
            return;
        }
        let adopted = dialed.and_then(|Connected { stream, at }| {
            self.adopt(stream.into_blocking()).map_err(|error| Failure::said(error.to_string(), None))?;
            Ok(at)
        });
        match adopted {
            Ok(at) => {
                self.link.connected(&at, &mut Told(&mut *sink));
                self.flush(now, sink);
            }
            Err(failure) => self.lose(Some(&failure), sink),
        }
    }

    /// libuv says that the socket is ready.
    fn ready(&mut self, status: c_int, now: Instant, sink: &mut dyn Sink) {
        let result = match status {
            0 => self.read(now, sink),
            // libuv calls every broken socket a bad descriptor: reading takes what came before it broke, and
            // reading on tells how it did.
            code => self
                .read(now, sink)
                .and_then(|()| self.read(now, sink))
                .and_then(|()| Err(ReadFailure::Socket(io::Error::from_raw_os_error(-code)))),
        };
        match result {
            Ok(()) => self.flush(now, sink),
            Err(failure) => self.lose(Failure::of_reading(failure).as_ref(), sink),
        }
    }

    /// It has no thread that could.
    fn has_died(&self) -> bool {
        false
    }

    /// Settles everything and closes the handle.
    fn close(mut self, sink: &mut dyn Sink) {
        self.lose(None, sink);
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
