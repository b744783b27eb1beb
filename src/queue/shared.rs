//! What JavaScript's thread and the I/O thread share of a client's queues.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::ask::Ask;
use super::contract::{Change, NewJob};
use super::events::Events;
use super::hand::{Hand, HandCounts, Told};
use super::kept::{Kept, Left};
use super::listening::Listening;
use super::options::{QueueOptions, WorkerOptions};
use super::tally::Tally;
use super::watching::Watching;
use crate::connection::{Inbox, WakeOnce};
use crate::error::{Error, ErrorCode, Result};

type Tell = Box<dyn Fn() + Send + Sync>;

/// What JavaScript orders, for the I/O thread.
#[derive(Debug)]
pub enum Order {
    OpenQueue {
        queue: u32,
        name: String,
        options: Arc<QueueOptions>,
    },
    OpenWorker {
        worker: u32,
        name: String,
        desk: Arc<Desk>,
    },
    Add {
        call: u32,
        queue: u32,
        jobs: Vec<NewJob>,
    },
    Ask {
        call: u32,
        queue: u32,
        ask: Box<Ask>,
    },
    Job {
        call: u32,
        worker: u32,
        fence: u64,
        change: Change,
        value: Vec<u8>,
    },
    CloseWorker {
        call: u32,
        worker: u32,
        closes: Closes,
    },
    CloseQueue {
        call: u32,
        queue: u32,
        timeout: Duration,
    },
    Abandon {
        call: u32,
    },
    /// What an ended process has left of a producer of this queue.
    Inherit {
        name: String,
        options: Arc<QueueOptions>,
        kept: Box<Kept>,
        left: Left,
    },
    OpenReader {
        reader: u32,
        name: String,
        listening: Box<Listening>,
    },
    Read {
        call: u32,
        reader: u32,
        begins: bool,
    },
    CloseReader {
        reader: u32,
    },
    OpenWatch {
        watch: u32,
        name: String,
        watching: Box<Watching>,
    },
    CloseWatch {
        watch: u32,
    },
}

/// A queue that JavaScript has opened.
#[derive(Debug)]
pub struct OpenedQueue {
    pub name: String,
    pub options: Arc<QueueOptions>,
    /// What its ids begin with, and how many it has made.
    pub sender: String,
    pub made: AtomicU64,
}

/// What ids are made of.
pub(super) const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends a number in these letters.
pub(super) fn base62(mut number: u64, out: &mut String) {
    let mut digits = [0; 11];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = LETTERS[(number % 62) as usize];
        number /= 62;
        if number == 0 {
            break;
        }
    }
    digits[from..].iter().for_each(|digit| out.push(char::from(*digit)));
}

impl OpenedQueue {
    /// An id that no other job has.
    pub fn next_id(&self) -> String {
        let mut id = self.sender.clone();
        base62(self.made.fetch_add(1, Ordering::Relaxed), &mut id);
        id
    }
}

/// A worker that JavaScript has opened.
pub struct Desk {
    pub name: String,
    pub sender: String,
    pub max_stalls: u32,
    // Held for single steps of either thread.
    hand: Mutex<Hand>,
    /// What all workers of its queue have done here.
    pub tally: Arc<Tally>,
    /// Which ends of jobs JavaScript is told.
    pub listens: AtomicUsize,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("name", &self.name).finish_non_exhaustive()
    }
}

/// When a worker is to be closed.
#[derive(Debug, Clone, Copy)]
pub struct Closes {
    pub timeout: Duration,
    /// The whole close, grace included, is to be over by then.
    pub within: Option<Duration>,
    /// What the worker had done when it was told to close.
    pub before: HandCounts,
}

impl Desk {
    pub fn new(options: WorkerOptions, name: String, sender: String, tally: Arc<Tally>) -> Desk {
        let hand = Mutex::new(Hand::new(options.hand, tally.clone()));
        Desk { name, sender, max_stalls: options.max_stalls, hand, tally, listens: AtomicUsize::new(0) }
    }

    pub fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the worker has done, and what it does now.
    pub fn describe(&self) -> Value {
        let hand = self.hand();
        let counts = hand.counts;
        json!({
            "name": self.name,
            "running": hand.running(),
            "isRunning": hand.is_running(),
            "isClosing": hand.is_closing(),
            "begun": counts.begun,
            "completed": counts.completed,
            "failed": counts.failed,
            "handedBack": counts.handed_back,
            "lost": counts.lost,
            "timedOut": counts.timed_out,
            "abandoned": counts.abandoned,
            "waiting": hand.waits.snapshot().to_json(),
            "runningTime": hand.runs.snapshot().to_json(),
        })
    }
}

type Opened<T> = RwLock<Vec<Option<Arc<T>>>>;

pub struct Shared {
    pub inbox: Inbox<Vec<Order>, Notify>,
    // Held to append or to take.
    events: Mutex<Events>,
    tell: OnceLock<Tell>,
    told: WakeOnce,
    /// Wakes the task that tells JavaScript's thread.
    pub tells: Notify,
    queues: Opened<OpenedQueue>,
    workers: Opened<Desk>,
    // Held to look for one.
    tallies: Mutex<BTreeMap<String, Arc<Tally>>>,
    /// Calls of whose end JavaScript has not heard.
    pub open_calls: AtomicUsize,
    /// When JavaScript's thread was here last, in ms since `began`.
    seen_ms: AtomicU64,
    began: Instant,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            inbox: Inbox::new(Notify::new()),
            events: Mutex::default(),
            tell: OnceLock::new(),
            told: WakeOnce::default(),
            tells: Notify::new(),
            queues: RwLock::default(),
            workers: RwLock::default(),
            tallies: Mutex::default(),
            open_calls: AtomicUsize::new(0),
            seen_ms: AtomicU64::new(0),
            began: Instant::now(),
        }
    }
}

fn open<T>(all: &Opened<T>, one: T) -> (u32, Arc<T>) {
    let one = Arc::new(one);
    let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
    all.push(Some(one.clone()));
    (all.len() as u32 - 1, one)
}

fn opened<T>(all: &Opened<T>, number: u32, what: &str) -> Result<Arc<T>> {
    let all = all.read().unwrap_or_else(PoisonError::into_inner);
    let one = all.get(number as usize).and_then(Option::as_ref);
    one.cloned().ok_or_else(|| Error::new(ErrorCode::Closed, format!("the {what} was closed")))
}

fn close<T>(all: &Opened<T>, number: u32) {
    let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(one) = all.get_mut(number as usize) {
        *one = None;
    }
}

impl Shared {
    /// `tell` is called when there is something to take. The first caller's counts.
    pub fn listen(&self, tell: impl Fn() + Send + Sync + 'static) {
        let _ = self.tell.set(Box::new(tell));
    }

    pub fn open_queue(&self, queue: OpenedQueue) -> (u32, Arc<OpenedQueue>) {
        open(&self.queues, queue)
    }

    pub fn open_worker(&self, desk: Desk) -> (u32, Arc<Desk>) {
        open(&self.workers, desk)
    }

    /// What the workers of a queue have done here.
    pub fn tally(&self, queue: &str) -> Arc<Tally> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.entry(queue.to_owned()).or_default().clone()
    }

    /// The same of all queues.
    pub fn tallies(&self) -> Value {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies
            .iter()
            .map(|(name, tally)| (name.clone(), tally.to_json()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    pub fn queue(&self, number: u32) -> Result<Arc<OpenedQueue>> {
        opened(&self.queues, number, "queue")
    }

    pub fn worker(&self, number: u32) -> Result<Arc<Desk>> {
        opened(&self.workers, number, "worker")
    }

    pub fn close_queue(&self, number: u32) {
        close(&self.queues, number);
    }

    pub fn close_worker(&self, number: u32) {
        close(&self.workers, number);
    }

    fn desks(&self) -> Vec<(u32, Arc<Desk>)> {
        let all = self.workers.read().unwrap_or_else(PoisonError::into_inner);
        (0..).zip(all.iter()).filter_map(|(number, desk)| Some((number, desk.clone()?))).collect()
    }

    /// How many queues and workers are open.
    pub fn open_count(&self) -> (usize, usize) {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        (queues.iter().flatten().count(), self.desks().len())
    }

    /// Whether the process stays alive for them.
    pub fn keeps_alive(&self) -> bool {
        self.open_calls.load(Ordering::Acquire) > 0
            || self.desks().iter().any(|(_, desk)| {
                let hand = desk.hand();
                hand.is_running() || !hand.is_empty()
            })
    }

    pub fn order(&self, order: Order) {
        self.inbox.put_and_maybe_wake(|left| {
            left.push(order);
            left.len() == 1
        });
    }

    /// Leaves an order that `look` wakes the I/O thread for, with others of the same turn of JavaScript's thread.
    pub fn order_with_others(&self, order: Order) {
        self.inbox.put_and_maybe_wake(|left| {
            left.push(order);
            false
        });
    }

    /// Wakes the I/O thread where nothing was ordered: a worker's state has changed.
    pub fn look(&self) {
        self.inbox.put(|_| {});
    }

    /// JavaScript's thread is here.
    pub fn note_seen(&self, now: Instant) {
        self.told.arrived();
        let ms = now.saturating_duration_since(self.began).as_millis() as u64;
        self.seen_ms.store(ms, Ordering::Release);
    }

    pub fn seen(&self) -> Instant {
        self.began + Duration::from_millis(self.seen_ms.load(Ordering::Acquire))
    }

    pub fn put_events(&self, events: &mut Events) {
        if !events.is_empty() {
            self.events.lock().unwrap_or_else(PoisonError::into_inner).append(events);
            self.tell();
        }
    }

    /// Has JavaScript's thread come and take what there is, once the I/O thread has sent what it has to send: Redis works
    /// meanwhile.
    pub fn tell(&self) {
        self.tells.notify_one();
    }

    /// Has JavaScript's thread come at once.
    pub fn tell_now(&self) {
        if self.told.must_wake()
            && let Some(tell) = self.tell.get()
        {
            tell();
        }
    }

    /// Everything that JavaScript is to hear, the jobs included that begin now.
    pub fn take_events(&self, now: Instant) -> Option<String> {
        self.note_seen(now);
        let mut of_desks = Events::default();
        let mut is_changed = false;
        for (number, desk) in self.desks() {
            let mut hand = desk.hand();
            hand.seen(now);
            let begun = hand.begin(now);
            is_changed |= !begun.is_empty();
            begun.iter().for_each(|given| of_desks.begin(number, given));
            tell_of(number, hand.take_told(), &mut of_desks);
        }
        // Taken last, put first: what became of a job is heard before the job begins again.
        let mut events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        // Until now the process was kept alive for them.
        self.open_calls.fetch_sub(events.take_ends(), Ordering::AcqRel);
        events.append(&mut of_desks);
        if is_changed {
            self.look();
        }
        events.take()
    }
}

/// Adds what a worker has to tell.
pub fn tell_of(worker: u32, told: Vec<Told>, events: &mut Events) {
    for told in told {
        match told {
            Told::Abort { fence, why } => events.abort(worker, fence, why),
            Told::Unhandled { id, kind } => {
                events.worker(worker, "unhandled", &serde_json::json!({ "id": id, "type": kind }));
            }
            Told::Idle => events.worker(worker, "idle", &serde_json::Value::Null),
        }
    }
}
