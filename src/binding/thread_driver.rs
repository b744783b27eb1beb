//! The JavaScript side of a connection that lives on the I/O thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::cache::{Attached, Call, Core, Exchange, Outcome, PUSHED, Scratch, Sink, Token};
use crate::connection::{Inbox, Tray, Wake, drive};
use crate::error::Result;
use crate::lane::Batch;
use crate::runtime::IoThread;

/// Outcomes, by slot.
type Outcomes = Vec<(u32, Outcome<'static>)>;

type Bell = Arc<dyn Wake + Send + Sync>;

/// What the two threads share.
struct Shared {
    inbox: Arc<Inbox<Batch<Token>, Notify>>,
    outbox: Tray<Outcomes, Bell>,
    /// Bytes of requests that are not answered yet.
    waiting_bytes: AtomicUsize,
    /// Bytes of messages that the JavaScript thread has not taken yet.
    pushed_bytes: AtomicUsize,
    /// Messages for which there was no room, since that was told last.
    dropped: AtomicUsize,
    ended: (Mutex<bool>, Condvar),
    /// The I/O thread's side has panicked.
    died: AtomicBool,
}

/// How long closing waits for the I/O thread, which has nothing to wait for itself.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// Outcomes that wait to be handed over, on the I/O thread.
struct Collected {
    outcomes: Outcomes,
    core: Arc<Core>,
    shared: Arc<Shared>,
}

impl Sink for Collected {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        if slot == PUSHED && !self.has_room_for(bytes_of(&outcome)) {
            return;
        }
        self.outcomes.push((slot, outcome.into_owned()));
    }
}

impl Collected {
    /// Messages come whether they are taken or not: beyond the bound of what may wait they are dropped, and
    /// that is told.
    fn has_room_for(&self, bytes: usize) -> bool {
        let waiting = self.shared.pushed_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting <= self.core.config().queue_max_bytes {
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
pub struct ThreadDriver {
    core: Arc<Core>,
    shared: Arc<Shared>,
    /// The calls of this tick.
    batch: Batch<Token>,
    scratch: Scratch,
    _io: IoThread,
}

impl ThreadDriver {
    /// Starts to connect.
    pub fn start(exchange: Exchange, bell: Bell) -> Result<ThreadDriver> {
        let core = exchange.core().clone();
        let io = IoThread::shared()?;
        let shared = Arc::new(Shared {
            inbox: Arc::new(Inbox::new(Notify::new())),
            outbox: Tray::new(bell),
            waiting_bytes: AtomicUsize::new(0),
            pushed_bytes: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            ended: Default::default(),
            died: AtomicBool::new(false),
        });
        io.spawn(converse(exchange, shared.clone()));
        Ok(ThreadDriver { core, shared, batch: Batch::default(), scratch: Scratch::default(), _io: io })
    }

    /// Takes a call in. `waiting` calls have not settled yet.
    pub fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        let bytes = self.pending_bytes();
        if let Some(error) = self.core.overload(waiting, bytes) {
            return sink.settle(slot, self.core.without_room(call, &error, &mut self.scratch, now));
        }
        if let Some(outcome) = self.core.prepare(call, slot, now, &mut self.batch, &mut self.scratch) {
            sink.settle(slot, outcome);
        }
    }

    /// Takes requests in that another node was asked first.
    pub fn append(&mut self, batch: &mut Batch<Token>) {
        self.batch.append(batch);
        self.flush();
    }

    /// Bytes of requests that are not answered yet.
    pub fn pending_bytes(&self) -> usize {
        self.shared.waiting_bytes.load(Ordering::Relaxed) + self.batch.byte_count()
    }

    /// Hands the calls of this tick to the I/O thread.
    pub fn flush(&mut self) {
        if self.batch.is_empty() && !self.core.wants_recovery() {
            return;
        }
        self.shared.inbox.put(|inbox| inbox.append(&mut self.batch));
    }

    /// Whether nobody is left on the I/O thread to do what calls ask for.
    pub fn has_died(&self) -> bool {
        self.shared.died.load(Ordering::Acquire)
    }

    /// Takes the outcomes that are ready.
    pub fn take_outcomes(&mut self, sink: &mut dyn Sink) {
        for (slot, outcome) in self.shared.outbox.take() {
            if slot == PUSHED {
                self.shared.pushed_bytes.fetch_sub(bytes_of(&outcome), Ordering::Relaxed);
            }
            sink.settle(slot, outcome);
        }
        let dropped = self.shared.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.core.health().messages_dropped(dropped);
        }
    }

    /// Ends the connection and settles everything.
    pub fn close(mut self, sink: &mut dyn Sink) {
        self.flush();
        self.stop();
        let (ended, signal) = &self.shared.ended;
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = signal.wait_timeout_while(ended, END_PATIENCE, |ended| !*ended);
        drop(waited);
        self.take_outcomes(sink);
    }

    fn stop(&self) {
        self.shared.inbox.stop();
    }
}

impl Drop for ThreadDriver {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says that the I/O thread's side has ended, however it did.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        let Shared { ended: (ended, signal), died, outbox, .. } = &*self.0;
        let panics = std::thread::panicking();
        died.store(panics, Ordering::Release);
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        signal.notify_all();
        if panics {
            outbox.waker().wake();
        }
    }
}

/// The I/O thread's side.
async fn converse(exchange: Exchange, shared: Arc<Shared>) {
    let _ending = Ending(shared.clone());
    let core = exchange.core().clone();
    let dialer = core.dialer().clone();
    let collected = Collected { outcomes: Vec::new(), core, shared: shared.clone() };
    let mut traffic = Attached::new(exchange, collected);
    let mut collect = |traffic: &mut Attached<Exchange, Collected>| {
        traffic.append(&mut shared.inbox.take(), Instant::now());
        shared.waiting_bytes.store(traffic.pending_bytes(), Ordering::Relaxed);
    };
    let mut deliver = |traffic: &mut Attached<Exchange, Collected>| {
        shared.waiting_bytes.store(traffic.pending_bytes(), Ordering::Relaxed);
        let settled = &mut traffic.sink_mut().outcomes;
        if !settled.is_empty() {
            shared.outbox.put(|outbox| outbox.append(settled));
        }
    };
    drive(dialer, shared.inbox.clone(), &mut traffic, &mut collect, &mut deliver).await;
    collect(&mut traffic);
    traffic.close();
    deliver(&mut traffic);
}
