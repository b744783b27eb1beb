//! The JavaScript side of a connection that lives on the I/O thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;

use super::driver::{ConnectionDriver, NodeSink, Redirected, Request, SharedWaker};
use crate::connection::{Handoff, Inbox, drive};
use crate::error::Result;
use crate::features::{Call, Features, RoomTicket, Scratch};
use crate::lane::Batch;
use crate::redis::{
    Attached, Feature, MultiplexedConnection, Outcome, PUSHED, RequestSink, Sink, prepare, without_room,
};
use crate::runtime::IoThread;

/// How requests ended.
type Endings = Vec<Ending>;

enum Ending {
    Settled(u32, Outcome<'static>),
    Redirected(Box<Redirected>),
}

/// For so many outcomes the I/O thread keeps room after a burst.
const KEEP_OUTCOMES: usize = 4096;

/// What the two threads share.
struct Shared {
    inbox: Arc<Inbox<Batch<Request>, Notify>>,
    outbox: Handoff<Endings, SharedWaker>,
    /// Bytes of requests that the I/O thread was handed since it last delivered.
    handed_bytes: AtomicUsize,
    /// Bytes of requests that were not answered when it last delivered.
    waiting_bytes: AtomicUsize,
    /// Bytes of messages that the JavaScript thread has not taken yet.
    pushed_bytes: AtomicUsize,
    /// Messages for which there was no room, since that was told last.
    dropped: AtomicUsize,
    /// The I/O thread's side has panicked.
    died: AtomicBool,
}

/// Outcomes that wait to be handed over, on the I/O thread.
struct Collected {
    endings: Endings,
    /// Bytes of requests that were taken in since the last delivery.
    taken_bytes: usize,
    features: Arc<Features>,
    shared: Arc<Shared>,
}

impl Sink for Collected {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        if call_id == PUSHED && !self.has_room_for(bytes_of(&outcome)) {
            return;
        }
        self.endings.push(Ending::Settled(call_id, outcome.into_owned()));
    }
}

impl RequestSink<RoomTicket> for Collected {
    fn redirect(&mut self, redirected: Redirected) {
        self.endings.push(Ending::Redirected(Box::new(redirected)));
    }
}

impl Collected {
    /// Messages come whether they are taken or not: beyond the bound of what may wait they are dropped, and
    /// that is told.
    fn has_room_for(&self, bytes: usize) -> bool {
        let waiting = self.shared.pushed_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting <= self.features.config().queue_max_bytes {
            return true;
        }
        self.shared.pushed_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        false
    }
}

fn bytes_of(outcome: &Outcome<'_>) -> usize {
    match outcome {
        Outcome::Reply(bytes, _) => bytes.len(),
        _ => 0,
    }
}

/// The driver of one client, used on its environment's thread only.
pub struct ThreadHandle {
    features: Arc<Features>,
    shared: Arc<Shared>,
    /// The calls of this tick.
    batch: Batch<Request>,
    scratch: Scratch,
    /// Whether more outcomes came at once than room is kept for, since nothing was under way last.
    had_burst: bool,
    after_burst: fn(),
    io: IoThread,
}

impl ThreadHandle {
    /// Starts to connect.
    pub fn start(
        connection: MultiplexedConnection<Features>,
        waker: SharedWaker,
        after_burst: fn(),
    ) -> Result<ThreadHandle> {
        let features = connection.feature().clone();
        let io = IoThread::shared()?;
        let shared = Arc::new(Shared {
            inbox: Arc::new(Inbox::new(Notify::new())),
            outbox: Handoff::new(waker),
            handed_bytes: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            pushed_bytes: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            died: AtomicBool::new(false),
        });
        io.spawn(converse(connection, shared.clone(), io.clone()));
        Ok(ThreadHandle {
            features,
            shared,
            batch: Batch::default(),
            scratch: Scratch::default(),
            had_burst: false,
            after_burst,
            io,
        })
    }

    /// Bytes of requests that are not answered yet. Where there are none, every outcome is here or has been taken.
    fn pending_bytes(&self) -> usize {
        // In the order in which requests move on, so that none is missed between the two.
        let handed = self.shared.handed_bytes.load(Ordering::Acquire);
        self.batch.byte_count() + handed + self.shared.waiting_bytes.load(Ordering::Acquire)
    }

    /// Hands the calls of this tick to the I/O thread.
    fn hand_over(&mut self) {
        if self.batch.is_empty() && !self.features.wants_turn() {
            return;
        }
        self.shared.handed_bytes.fetch_add(self.batch.byte_count(), Ordering::Relaxed);
        self.shared.inbox.put(|inbox| inbox.append(&mut self.batch));
    }

    /// Takes the outcomes that are ready.
    fn take_outcomes(&mut self, sink: &mut dyn NodeSink) {
        let endings = self.shared.outbox.take();
        self.had_burst |= endings.len() > KEEP_OUTCOMES;
        for ending in endings {
            match ending {
                Ending::Settled(call_id, outcome) => {
                    if call_id == PUSHED {
                        self.shared.pushed_bytes.fetch_sub(bytes_of(&outcome), Ordering::Relaxed);
                    }
                    sink.settle(call_id, outcome);
                }
                Ending::Redirected(redirected) => sink.redirect(*redirected),
            }
        }
        let dropped = self.shared.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.features.node().health().messages_dropped(dropped);
        }
        if self.had_burst && self.pending_bytes() == 0 {
            self.had_burst = false;
            let after_burst = self.after_burst;
            self.io.spawn(async move { after_burst() });
        }
    }

    fn stop(&self) {
        self.shared.inbox.stop();
    }
}

impl ConnectionDriver for ThreadHandle {
    fn name(&self) -> &'static str {
        "thread"
    }

    fn call(&mut self, call: &Call<'_>, call_id: u32, waiting: usize, now: Instant, sink: &mut dyn NodeSink) {
        let bytes = self.pending_bytes();
        if let Some(error) = self.features.node().overload(waiting, bytes) {
            return sink.settle(call_id, without_room(&*self.features, call, &error, &mut self.scratch, now));
        }
        if let Some(outcome) =
            prepare(&*self.features, call, call_id, now, &mut self.batch, &mut self.scratch)
        {
            sink.settle(call_id, outcome);
        }
    }

    fn append(&mut self, batch: &mut Batch<Request>, _now: Instant, _sink: &mut dyn NodeSink) {
        self.batch.append(batch);
        self.hand_over();
    }

    fn flush(&mut self, _now: Instant, _sink: &mut dyn NodeSink) {
        self.hand_over();
    }

    fn awake(&mut self, _now: Instant, sink: &mut dyn NodeSink) {
        self.take_outcomes(sink);
    }

    /// The requests are on another thread: any of them may be.
    fn mentions(&self, _key: &[u8]) -> bool {
        self.pending_bytes() > 0
    }

    fn pending(&self) -> usize {
        self.pending_bytes()
    }

    fn has_died(&self) -> bool {
        self.shared.died.load(Ordering::Acquire)
    }

    /// The I/O thread is not waited for: it may be held up. The router settles what is still in flight there.
    fn close(mut self, sink: &mut dyn NodeSink) {
        self.hand_over();
        self.stop();
        self.take_outcomes(sink);
    }
}

impl Drop for ThreadHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says that the I/O thread's side has ended, where that was by a panic.
struct LastWord(Arc<Shared>);

impl Drop for LastWord {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.died.store(true, Ordering::Release);
            self.0.outbox.waker().wake();
        }
    }
}

/// The I/O thread's side. It holds a share in the thread, so that it comes to its end whoever else lets go.
async fn converse(mut connection: MultiplexedConnection<Features>, shared: Arc<Shared>, _io: IoThread) {
    let _last_word = LastWord(shared.clone());
    let features = connection.feature().clone();
    let dialer = features.node().dialer().clone();
    let collected = Collected { endings: Vec::new(), taken_bytes: 0, features, shared: shared.clone() };
    let mut traffic = Attached::new(&mut connection, collected);
    let mut collect = |traffic: &mut Attached<'_, Features, Collected>| {
        let mut taken = shared.inbox.take();
        traffic.sink_mut().taken_bytes += taken.byte_count();
        traffic.append(&mut taken, Instant::now());
    };
    let mut deliver = |traffic: &mut Attached<'_, Features, Collected>| {
        let settled = &mut traffic.sink_mut().endings;
        if !settled.is_empty() {
            shared.outbox.put(|outbox| outbox.append(settled));
            settled.shrink_to(KEEP_OUTCOMES);
        }
        // After the outcomes, and in this order: where nothing seems to be under way, the outcomes are there.
        shared.waiting_bytes.store(traffic.pending_bytes(), Ordering::Release);
        let taken = std::mem::take(&mut traffic.sink_mut().taken_bytes);
        shared.handed_bytes.fetch_sub(taken, Ordering::Release);
    };
    drive(dialer, shared.inbox.clone(), &mut traffic, &mut collect, &mut deliver).await;
    collect(&mut traffic);
    traffic.close();
    deliver(&mut traffic);
}
