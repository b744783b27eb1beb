//! The I/O thread's half of a Link whose requests are made on another thread.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::dial::{Connected, dial};
use super::failure::Failure;
use super::link::{Link, LinkTicket, Listener, Meter, Moving};
use super::target::Target;
use crate::connection::{AsyncSocket, Bytes, Inbox, ReadFailure, Stream, read_available, write_unsent};
use crate::lane::Batch;

/// So few requests are written by the thread that makes them: waking the other one takes longer than writing. More
/// are written better while the next are made.
const FEW_REQUESTS: usize = 4;

/// What the other thread leaves.
#[derive(Debug)]
pub struct Handed<T> {
    batch: Batch<LinkTicket<T>>,
    /// So many bytes at the front of the batch are with the socket.
    sent: usize,
    /// Whether an end was asked for: nothing comes after this.
    ends: bool,
    /// The socket, while nothing waits to be written to it: then the thread that makes requests may write.
    idle_socket: Option<AsyncSocket>,
}

impl<T> Default for Handed<T> {
    fn default() -> Self {
        Handed { batch: Batch::default(), sent: 0, ends: false, idle_socket: None }
    }
}

type LinkInbox<T> = Inbox<Handed<T>, Notify>;

/// Hands requests to the I/O thread; with `ends` nothing comes after them.
pub fn hand_over<T>(inbox: &LinkInbox<T>, batch: &mut Batch<LinkTicket<T>>, ends: bool, meter: &Meter) {
    inbox.put_and_maybe_wake(|handed| {
        let is_few = !ends && batch.count() <= FEW_REQUESTS;
        let sent = match handed.idle_socket.as_mut().filter(|_| is_few) {
            Some(socket) => socket.write(batch.bytes()).unwrap_or_default(),
            None => 0,
        };
        if sent > 0 {
            meter.sent(sent, Instant::now());
        }
        let is_sent = sent == batch.byte_count() && is_few;
        handed.sent += sent;
        handed.ends |= ends;
        handed.batch.append(batch);
        if !is_sent {
            // What is handed over later goes behind this.
            handed.idle_socket = None;
        }
        // A reply wakes the I/O thread, which then takes what it is a reply to.
        !is_sent
    });
}

/// A listener whose other side is on another thread.
pub trait Outlet<T>: Listener<T> {
    /// Hands over what it was told.
    fn deliver(&mut self);
    /// Whether the other side has not taken so much yet that no more should be read.
    fn is_full(&self) -> bool;
}

/// A Link whose requests another thread makes.
struct Conversation<'a, T, O> {
    link: Link<T>,
    outlet: O,
    inbox: &'a LinkInbox<T>,
    ends: bool,
}

/// Connects, and moves bytes until the connection is gone or the inbox says stop.
pub async fn converse<T, O: Outlet<T>>(target: &Target, inbox: Arc<LinkInbox<T>>, link: Link<T>, outlet: O) {
    let mut talk = Conversation { link, outlet, inbox: &inbox, ends: false };
    let failure = match talk.connect(target).await {
        None => None,
        Some(Err(failure)) => Some(failure),
        Some(Ok(Connected { stream, at })) => {
            talk.link.connected(&at, &mut talk.outlet);
            talk.outlet.deliver();
            talk.exchange(stream).await
        }
    };
    let is_asked_for = talk.ends || inbox.is_stopped();
    talk.take_requests();
    talk.link.close(failure.as_ref().filter(|_| !is_asked_for), &mut talk.outlet);
    talk.outlet.deliver();
    // Requests that were made before the other side knew, and stopped this.
    while !inbox.is_stopped() {
        inbox.waker().notified().await;
        talk.take_requests();
        talk.outlet.deliver();
    }
    talk.take_requests();
    talk.outlet.closed();
    talk.outlet.deliver();
}

impl<T, O: Outlet<T>> Conversation<'_, T, O> {
    /// Takes in what the other thread has handed over.
    fn take_requests(&mut self) {
        let mut handed = self.inbox.take();
        self.link.append(&mut handed.batch, handed.sent, &mut self.outlet);
        self.ends |= handed.ends;
    }

    /// Lets the other thread write, until it is woken or leaves something.
    fn lend(&self, socket: &AsyncSocket) {
        self.inbox.put_and_maybe_wake(|handed| {
            if handed.batch.is_empty() && !handed.ends {
                handed.idle_socket = Some(socket.clone());
            }
            false
        });
    }

    /// `None` where it was told to stop.
    async fn connect(&mut self, target: &Target) -> Option<Result<Connected, Failure>> {
        let dialing = dial(target);
        tokio::pin!(dialing);
        loop {
            tokio::select! {
                dialed = &mut dialing => return Some(dialed),
                () = self.inbox.waker().notified() => self.take_requests(),
            }
            if self.inbox.is_stopped() {
                return None;
            }
        }
    }

    /// Moves bytes until the connection is gone; why, where that was no end in order.
    async fn exchange(&mut self, mut stream: Stream<AsyncSocket>) -> Option<Failure> {
        let mut has_ended = false;
        while !self.inbox.is_stopped() {
            // Requests of the other thread stand behind those that are written now.
            self.take_requests();
            let waiting = match write_unsent(&mut stream, self) {
                Ok(waiting) => waiting,
                Err(error) => return self.write_failure(&mut stream, &error),
            };
            if self.ends && !waiting && !has_ended {
                has_ended = true;
                stream.end();
            }
            if !waiting && !self.ends && !stream.is_tls() {
                self.lend(stream.socket());
            }
            let is_full = self.outlet.is_full();
            tokio::select! {
                ready = stream.socket().ready(waiting), if !is_full => {
                    let read = match ready {
                        Ok(ready) if ready.readable => read_available(&mut stream, self, Instant::now()),
                        Ok(_) => Ok(()),
                        Err(error) => return Some(Failure::of_writing(&error)),
                    };
                    if let Err(failure) = read {
                        return Failure::of_reading(failure);
                    }
                }
                () = self.inbox.waker().notified() => {}
            }
            self.outlet.deliver();
        }
        None
    }

    /// What came before the connection broke is read; reading on tells how it did better than writing.
    fn write_failure(&mut self, stream: &mut Stream<AsyncSocket>, error: &std::io::Error) -> Option<Failure> {
        match read_available(stream, self, Instant::now()) {
            Err(failure @ ReadFailure::Socket(_)) => Failure::of_reading(failure),
            _ => Some(Failure::of_writing(error)),
        }
    }

    fn moving(&mut self) -> Moving<'_, T, O> {
        Moving { link: &mut self.link, listener: &mut self.outlet }
    }
}

impl<T, O: Outlet<T>> Bytes for Conversation<'_, T, O> {
    fn unsent(&self) -> &[u8] {
        self.link.unsent()
    }

    fn sent(&mut self, count: usize) {
        self.moving().sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.link.read_room()
    }

    fn read_nothing(&mut self) {
        self.moving().read_nothing();
    }

    fn received(&mut self, count: usize, now: Instant) -> crate::error::Result<()> {
        // What these bytes reply to may have been written by the other thread a moment ago.
        self.take_requests();
        self.moving().received(count, now)
    }
}
