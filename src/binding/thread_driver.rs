//! The JavaScript side of a connection that lives on the I/O thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::cache::{Attached, Call, Core, Exchange, Outcome, Scratch, Sink, Token};
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
    ended: (Mutex<bool>, Condvar),
    /// The I/O thread's side has panicked.
    died: AtomicBool,
}

/// How long closing waits for the I/O thread, which has nothing to wait for itself.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// Outcomes that wait to be handed over, on the I/O thread.
#[derive(Default)]
struct Collected(Outcomes);

impl Sink for Collected {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        self.0.push((slot, outcome.into_owned()));
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
            sink.settle(slot, outcome);
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
    let dialer = exchange.core().dialer().clone();
    let mut traffic = Attached::new(exchange, Collected::default());
    let mut collect = |traffic: &mut Attached<Exchange, Collected>| {
        traffic.append(&mut shared.inbox.take(), Instant::now());
        shared.waiting_bytes.store(traffic.pending_bytes(), Ordering::Relaxed);
    };
    let mut deliver = |traffic: &mut Attached<Exchange, Collected>| {
        shared.waiting_bytes.store(traffic.pending_bytes(), Ordering::Relaxed);
        let settled = &mut traffic.sink_mut().0;
        if !settled.is_empty() {
            shared.outbox.put(|outbox| outbox.append(settled));
        }
    };
    drive(dialer, shared.inbox.clone(), &mut traffic, &mut collect, &mut deliver).await;
    collect(&mut traffic);
    traffic.close();
    deliver(&mut traffic);
}
