//! The JavaScript side of a Link that lives on the I/O thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;

use super::{BREAKING, CLOSED, Caller, Told};
use crate::connection::{Handoff, Inbox};
use crate::error::Result;
use crate::lane::{Batch, Frame};
use crate::redis::{
    Addresses, Failure, Handed, Link, LinkTicket, Listener, Meter, Outcome, Outlet, RawCall, Sink, Target,
    append_request, converse, hand_over,
};
use crate::runtime::IoThread;
use crate::topology::driver::{LinkDriver, SharedWaker};
use crate::topology::in_flight::FIRST_RESERVED;

/// So much may wait to be taken; beyond it nothing is read, and TCP holds the server back.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// Outcomes, by the id of their call.
type Outcomes = Vec<(u32, Outcome<'static>)>;

/// What the two threads share.
struct Shared {
    inbox: Arc<Inbox<Handed<Caller>, Notify>>,
    outbox: Handoff<Outcomes, SharedWaker>,
    /// Bytes of outcomes that were not taken yet.
    waiting_bytes: AtomicUsize,
    /// The I/O thread's side has panicked.
    died: AtomicBool,
}

/// The driver of one Link, used on its environment's thread only.
pub struct LinkThreadHandle {
    shared: Arc<Shared>,
    meter: Arc<Meter>,
    /// The calls of this tick.
    batch: Batch<LinkTicket<Caller>>,
    /// Whose requests have no outcome, in their order, and how many bytes were asked for before each.
    unanswered: VecDeque<(Caller, u64)>,
    /// Bytes of requests that the I/O thread was handed.
    handed_bytes: u64,
    is_destroyed: bool,
    /// The end of the connection was told.
    is_over: bool,
    _io: IoThread,
}

impl LinkThreadHandle {
    /// Starts to connect.
    pub fn start(target: Target, waker: SharedWaker) -> Result<LinkThreadHandle> {
        let io = IoThread::shared()?;
        let shared = Arc::new(Shared {
            inbox: Arc::new(Inbox::new(Notify::new())),
            outbox: Handoff::new(waker),
            waiting_bytes: AtomicUsize::new(0),
            died: AtomicBool::new(false),
        });
        let link = Link::default();
        let meter = link.meter().clone();
        let theirs = shared.clone();
        io.spawn(async move {
            let _ending = Ending(theirs.clone());
            let inbox = theirs.inbox.clone();
            let collected = Collected { told: Told(Outgoing::default()), shared: theirs };
            converse(&target, inbox, link, collected).await;
        });
        Ok(LinkThreadHandle {
            shared,
            meter,
            batch: Batch::default(),
            unanswered: VecDeque::new(),
            handed_bytes: 0,
            is_destroyed: false,
            is_over: false,
            _io: io,
        })
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    pub fn end(&mut self) {
        self.handed_bytes += self.batch.byte_count() as u64;
        hand_over(&self.shared.inbox, &mut self.batch, true, &self.meter);
    }

    /// The I/O thread tells what is lost by that. Where a second call comes it is held up, and is not waited for.
    pub fn destroy(&mut self, sink: &mut dyn Sink) {
        if std::mem::replace(&mut self.is_destroyed, true) {
            return self.give_up(sink);
        }
        self.stop();
    }

    fn stop(&mut self) {
        self.hand_over();
        self.shared.inbox.stop();
    }

    /// Tells the end of the connection in place of the I/O thread.
    fn give_up(&mut self, sink: &mut dyn Sink) {
        self.take_outcomes(sink);
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let mut told = Told(sink);
        told.breaking(None);
        let sent_bytes = self.meter.sent.load(Ordering::Relaxed);
        for (caller, before) in std::mem::take(&mut self.unanswered) {
            told.lost(caller, before < sent_bytes);
        }
        told.closed();
    }

    /// Takes the outcomes that are ready.
    fn take_outcomes(&mut self, sink: &mut dyn Sink) {
        let outcomes = self.shared.outbox.take();
        let mut bytes = 0;
        for (call_id, outcome) in outcomes {
            bytes += bytes_of(&outcome);
            match call_id {
                // What is asked for from now on waits here, behind what the other side has yet to give up.
                BREAKING => self.shared.inbox.stop(),
                CLOSED => {
                    let mut rest = Link::default();
                    rest.append(&mut self.batch, 0, &mut Told(&mut *sink));
                    rest.lose(&mut Told(&mut *sink));
                    self.unanswered.clear();
                    self.is_over = true;
                }
                call_id if call_id < FIRST_RESERVED => self.has_outcome(call_id),
                _ => {}
            }
            sink.settle(call_id, outcome);
        }
        let before = self.shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        if before >= MAX_WAITING_BYTES {
            self.shared.inbox.waker().notify_one();
        }
    }

    fn has_outcome(&mut self, call_id: u32) {
        // Replies come in the order of the requests, so it is the first.
        if let Some(position) = self.unanswered.iter().position(|(caller, _)| caller.call_id == call_id) {
            self.unanswered.remove(position);
        }
    }

    /// Hands the calls of this tick to the I/O thread. Once it was told to stop, nobody there takes them.
    fn hand_over(&mut self) {
        if !self.batch.is_empty() && !self.shared.inbox.is_stopped() {
            self.handed_bytes += self.batch.byte_count() as u64;
            hand_over(&self.shared.inbox, &mut self.batch, false, &self.meter);
        }
    }
}

impl LinkDriver for LinkThreadHandle {
    fn name(&self) -> &'static str {
        "thread"
    }

    fn call(&mut self, call: &RawCall<'_>, call_id: u32, now: Instant, sink: &mut dyn Sink) {
        match Caller::of(call, call_id) {
            Ok((caller, words)) => {
                self.unanswered.push_back((caller, self.handed_bytes + self.batch.byte_count() as u64));
                append_request(&mut self.batch, caller, words, now);
            }
            Err(error) => sink.settle(call_id, Outcome::Failed(error)),
        }
    }

    fn flush(&mut self, _now: Instant, _sink: &mut dyn Sink) {
        self.hand_over();
    }

    fn awake(&mut self, _now: Instant, sink: &mut dyn Sink) {
        self.take_outcomes(sink);
    }

    fn has_died(&self) -> bool {
        self.shared.died.load(Ordering::Acquire)
    }

    fn close(mut self, sink: &mut dyn Sink) {
        self.stop();
        self.take_outcomes(sink);
    }
}

impl Drop for LinkThreadHandle {
    fn drop(&mut self) {
        self.shared.inbox.stop();
    }
}

fn bytes_of(outcome: &Outcome<'_>) -> usize {
    match outcome {
        Outcome::Reply(bytes, _) => bytes.len(),
        _ => 0,
    }
}

/// Outcomes that wait to be handed over, on the I/O thread.
#[derive(Default)]
struct Outgoing {
    outcomes: Outcomes,
    bytes: usize,
}

impl Sink for Outgoing {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        self.bytes += bytes_of(&outcome);
        self.outcomes.push((call_id, outcome.into_owned()));
    }
}

struct Collected {
    told: Told<Outgoing>,
    shared: Arc<Shared>,
}

impl Listener<Caller> for Collected {
    fn connected(&mut self, at: &Addresses) {
        self.told.connected(at);
    }

    fn answered(&mut self, caller: Caller, frame: Frame<'_>) {
        self.told.answered(caller, frame);
    }

    fn pushed(&mut self, frame: Frame<'_>) {
        self.told.pushed(frame);
    }

    fn breaking(&mut self, failure: Option<&Failure>) {
        self.told.breaking(failure);
    }

    fn lost(&mut self, caller: Caller, was_sent: bool) {
        self.told.lost(caller, was_sent);
    }

    fn closed(&mut self) {
        self.told.closed();
    }
}

impl Outlet<Caller> for Collected {
    fn deliver(&mut self) {
        let Outgoing { outcomes, bytes } = &mut self.told.0;
        if !outcomes.is_empty() {
            self.shared.waiting_bytes.fetch_add(std::mem::take(bytes), Ordering::AcqRel);
            self.shared.outbox.put(|outbox| outbox.append(outcomes));
        }
    }

    fn is_full(&self) -> bool {
        self.shared.waiting_bytes.load(Ordering::Acquire) >= MAX_WAITING_BYTES
    }
}

/// Says that the I/O thread's side has panicked.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.died.store(true, Ordering::Release);
            self.0.outbox.waker().wake();
        }
    }
}
