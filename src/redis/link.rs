//! The Link as a machine without I/O: requests in, bytes out; bytes in, replies and pushes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::dial::Addresses;
use super::failure::{Failure, Garbled};
use super::meaning::{Expectation, Subscriptions};
use crate::connection::{Bytes, connection_garbled};
use crate::error::Result;
use crate::lane::{Answer, Arrival, Batch, Frame, Lane, LostRequest, Requests, append_command};

/// A lane wants a deadline of every request; those of a Link have none.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Who is told what becomes of requests. `T` is a caller.
pub trait Listener<T> {
    fn connected(&mut self, at: &Addresses);
    fn answered(&mut self, caller: T, frame: Frame<'_>);
    /// What the server says unasked, and each confirmation of a subscription.
    fn pushed(&mut self, frame: Frame<'_>);
    /// The connection is gone, or none came about: requests without a reply are lost next. `None` where an end was
    /// asked for.
    fn breaking(&mut self, failure: Option<&Failure>);
    fn lost(&mut self, caller: T, was_sent: bool);
    /// Nothing comes after this.
    fn closed(&mut self);
}

/// What travels with a request.
#[derive(Debug)]
pub struct LinkTicket<T> {
    caller: T,
    expectation: Expectation,
}

/// What has passed, for any thread to read.
#[derive(Debug)]
pub struct Meter {
    began: Instant,
    pub received: AtomicU64,
    pub sent: AtomicU64,
    /// When bytes last passed, in milliseconds since the beginning.
    active_at: AtomicU64,
}

impl Meter {
    pub fn sent(&self, count: usize, now: Instant) {
        self.passed(&self.sent, count, now);
    }

    fn passed(&self, counter: &AtomicU64, count: usize, now: Instant) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
        self.active_at.store(self.since_began(now), Ordering::Relaxed);
    }

    fn since_began(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }

    /// How long no bytes have passed.
    pub fn idle_ms(&self, now: Instant) -> u64 {
        self.since_began(now).saturating_sub(self.active_at.load(Ordering::Relaxed))
    }
}

/// Puts a request together. Its name comes first.
pub fn append_request<T>(out: &mut impl Requests<LinkTicket<T>>, caller: T, words: &[&[u8]], now: Instant) {
    let ticket = LinkTicket { caller, expectation: Expectation::of(words) };
    out.push(ticket, now + NEVER, |bytes| {
        append_command(bytes, words);
        1
    });
}

/// The requests and replies of one connection.
#[derive(Debug)]
pub struct Link<T> {
    lane: Lane<LinkTicket<T>>,
    subscriptions: Subscriptions,
    meter: Arc<Meter>,
    state: State,
    /// Why the connection is of no use, where it was the server's words.
    garbled: Option<Box<Garbled>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Dialing,
    Open,
    Closed,
}

impl<T> Default for Link<T> {
    fn default() -> Self {
        let meter = Meter {
            began: Instant::now(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            active_at: AtomicU64::new(0),
        };
        Link {
            lane: Lane::default(),
            subscriptions: Subscriptions::default(),
            meter: Arc::new(meter),
            state: State::Dialing,
            garbled: None,
        }
    }
}

impl<T> Link<T> {
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Takes a request in. On a closed Link it is lost at once.
    pub fn request(&mut self, caller: T, words: &[&[u8]], now: Instant, listener: &mut impl Listener<T>) {
        if self.is_closed() {
            return listener.lost(caller, false);
        }
        append_request(&mut self.lane, caller, words, now);
    }

    /// Takes requests in that another thread put together, and of which it has `sent` so many bytes. It may have sent
    /// only where nothing else waited to be.
    pub fn append(&mut self, batch: &mut Batch<LinkTicket<T>>, sent: usize, listener: &mut impl Listener<T>) {
        self.lane.append(batch);
        self.lane.sent(sent);
        if self.is_closed() {
            self.lose(listener);
        }
    }

    /// Bytes that wait for the socket.
    pub fn unsent(&self) -> &[u8] {
        if self.state == State::Open { self.lane.unsent() } else { &[] }
    }

    /// Room for a read, as `Bytes` has it.
    pub fn read_room(&mut self) -> &mut [u8] {
        self.lane.read_room()
    }

    pub fn connected(&mut self, at: &Addresses, listener: &mut impl Listener<T>) {
        self.state = State::Open;
        listener.connected(at);
    }

    /// There is no connection any more, or none has come about: what has no reply is lost, and so is what comes
    /// later. True the first time.
    pub fn close(&mut self, failure: Option<&Failure>, listener: &mut impl Listener<T>) -> bool {
        let closes = !self.is_closed();
        if closes {
            self.state = State::Closed;
            let garbled = self.garbled.take();
            match failure {
                Some(failure) if garbled.is_some() => {
                    listener.breaking(Some(&Failure { garbled, ..failure.clone() }));
                }
                _ => listener.breaking(failure),
            }
            self.lose(listener);
        }
        closes
    }

    /// Tells of every request that it is lost.
    pub fn lose(&mut self, listener: &mut impl Listener<T>) {
        self.lane.disconnect(
            |_, _, _| false,
            |LostRequest { token, was_sent, .. }| listener.lost(token.caller, was_sent),
        );
    }
}

/// A Link and who is told, as a driver moves their bytes.
pub struct Moving<'a, T, L> {
    pub link: &'a mut Link<T>,
    pub listener: &'a mut L,
}

impl<T, L: Listener<T>> Bytes for Moving<'_, T, L> {
    fn unsent(&self) -> &[u8] {
        self.link.unsent()
    }

    fn sent(&mut self, count: usize) {
        self.link.meter.sent(count, Instant::now());
        self.link.lane.sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.link.read_room()
    }

    fn read_nothing(&mut self) {
        self.link.lane.read_nothing();
    }

    fn received(&mut self, count: usize, now: Instant) -> Result<()> {
        let Link { lane, subscriptions, meter, garbled, .. } = &mut *self.link;
        meter.passed(&meter.received, count, now);
        let listener = &mut *self.listener;
        lane.received_where(
            count,
            |frame, front| subscriptions.judge(frame, front.map(|ticket| &mut ticket.expectation)),
            |arrival| match arrival {
                Arrival::Answer { token, answer: Answer::Frame(frame), .. } => {
                    listener.answered(token.caller, frame);
                }
                // A request of a Link is one command.
                Arrival::Answer { answer: Answer::Refused(_), .. } => {}
                Arrival::Push(frame) => listener.pushed(frame),
            },
        )
        .map_err(|error| {
            let (received, position) = lane.undelivered();
            *garbled = Some(Box::new(Garbled::new(error, received, position)));
            connection_garbled(&error)
        })
    }
}
