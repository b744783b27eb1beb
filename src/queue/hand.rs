//! What a worker holds, and when it asks for more: a state machine without I/O, on the time that it is told.
//!
//! Promises: a job that was given either begins, or goes back; each that begins ends in exactly one outcome, whatever its
//! handler does; a worker that has room asks again by the time of its poll. Never renews a job past its timeout and grace, nor
//! any while JavaScript's thread is blocked for too long.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contract::{Hints, Turned};
use super::ending::{Ending, Why};
use super::record::Job;
use super::tally::Tally;
use super::times::Times;
use crate::health::Histogram;

mod ends;
mod time;

/// Handlers that take longer need no prefetch.
const SHORT: Duration = Duration::from_millis(5);
const MOST_PREFETCHED: usize = 250;
/// Jobs in one script.
const MOST_A_TURN: usize = 500;

#[derive(Debug, Clone)]
pub struct HandOptions {
    pub concurrency: usize,
    pub lease: Duration,
    pub grace: Duration,
    pub max_blocked: Duration,
    pub poll: Duration,
    /// `None`: as many as handlers are quick.
    pub prefetch: Option<usize>,
    pub unhandled: Duration,
    /// `None`: every type has a handler.
    pub kinds: Option<HashSet<String>>,
}

/// A job that Redis has given, and that has not begun.
#[derive(Debug)]
struct Waiting {
    given: Given,
    goes_back: Instant,
    /// It was the first one of its organization here.
    is_first: bool,
}

#[derive(Debug, Clone)]
pub struct Given {
    pub fence: u64,
    pub id: String,
    member: String,
    pub job: Job,
    pub attempts: u32,
    pub stalls: u32,
    pub created_ms: i64,
    pub since_ms: i64,
    /// JSON.
    pub data: Vec<u8>,
    size: usize,
}

#[derive(Debug)]
struct Held {
    given: Given,
    began: Instant,
    times_out: Option<Instant>,
    stopping: Option<(Why, Instant)>,
}

/// How a handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completed,
    Failed,
    Unrecoverable,
    Delayed,
    Released,
    LimitedOrganization,
    LimitedQueue,
    /// JavaScript has no handler of this type.
    Unhandled,
}

impl Outcome {
    pub const ALL: [(Outcome, &str); 8] = [
        (Outcome::Completed, "completed"),
        (Outcome::Failed, "failed"),
        (Outcome::Unrecoverable, "unrecoverable"),
        (Outcome::Delayed, "delayed"),
        (Outcome::Released, "released"),
        (Outcome::LimitedOrganization, "limitedOrganization"),
        (Outcome::LimitedQueue, "limitedQueue"),
        (Outcome::Unhandled, "unhandled"),
    ];
}

/// What JavaScript is told without having asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Abort { fence: u64, why: Why },
    Unhandled { id: String, kind: String },
    Idle,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandCounts {
    pub begun: u64,
    pub completed: u64,
    pub failed: u64,
    pub handed_back: u64,
    pub lost: u64,
    pub timed_out: u64,
    pub abandoned: u64,
}

pub struct Hand {
    options: HandOptions,
    is_running: bool,
    is_closing: bool,
    waiting: VecDeque<Waiting>,
    held: BTreeMap<u64, Held>,
    /// Handlers that go on though their job has ended for this worker.
    unheard: HashSet<u64>,
    endings: Vec<Ending>,
    told: Vec<Told>,
    unhandled: HashMap<String, Instant>,
    next_ask: Option<Instant>,
    next_renewal: Option<Instant>,
    /// Whether jobs were given of which JavaScript's thread has not heard.
    is_blocked: bool,
    was_idle: bool,
    /// How long handlers and round trips take, as moving averages.
    handler_takes: Option<Duration>,
    turn_takes: Duration,
    pub counts: HandCounts,
    /// From the add to the begin, by the server's clock, and how long handlers took.
    pub waits: Histogram,
    pub runs: Histogram,
    tally: Arc<Tally>,
    /// Times of which Redis does not know yet.
    pub(super) fresh_waits: Times,
    pub(super) fresh_runs: Times,
}

impl Hand {
    pub fn new(options: HandOptions, tally: Arc<Tally>) -> Hand {
        Hand {
            options,
            is_running: false,
            is_closing: false,
            waiting: VecDeque::new(),
            held: BTreeMap::new(),
            unheard: HashSet::new(),
            endings: Vec::new(),
            told: Vec::new(),
            unhandled: HashMap::new(),
            next_ask: None,
            next_renewal: None,
            is_blocked: false,
            was_idle: false,
            handler_takes: None,
            turn_takes: Duration::from_millis(1),
            counts: HandCounts::default(),
            waits: Histogram::default(),
            runs: Histogram::default(),
            tally,
            fresh_waits: Times::default(),
            fresh_runs: Times::default(),
        }
    }

    pub fn run(&mut self, now: Instant) {
        self.is_running = true;
        self.next_ask = Some(now);
    }

    pub fn pause(&mut self) {
        self.is_running = false;
        self.give_back_waiting();
    }

    pub fn set_concurrency(&mut self, concurrency: usize, now: Instant) {
        self.options.concurrency = concurrency;
        self.wake(now);
    }

    pub fn is_running(&self) -> bool {
        self.is_running
    }

    /// Jobs whose handlers run.
    pub fn running(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is held and nothing is to be told to Redis.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty() && self.endings.is_empty()
    }

    /// There is new work: it asks without waiting for its poll.
    pub fn wake(&mut self, at: Instant) {
        if self.is_running {
            self.next_ask = Some(self.next_ask.map_or(at, |known| known.min(at)));
        }
    }

    /// JavaScript's thread was here.
    pub fn seen(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_blocked) {
            self.wake(now);
        }
    }

    fn prefetch(&self) -> usize {
        let most = match (self.options.prefetch, self.handler_takes) {
            (Some(fixed), _) => fixed,
            (None, Some(takes)) if takes < SHORT => {
                let a_job = takes.as_secs_f64().max(1e-6) / self.options.concurrency.max(1) as f64;
                (2.0 * self.turn_takes.as_secs_f64() / a_job).ceil() as usize
            }
            _ => 0,
        };
        match self.options.prefetch {
            Some(_) => most,
            None => most.min(MOST_PREFETCHED),
        }
    }

    /// How many more jobs it can take.
    fn room(&self) -> usize {
        if !self.is_running || self.is_blocked {
            return 0;
        }
        let holds = self.held.len() + self.waiting.len();
        (self.options.concurrency + self.prefetch()).saturating_sub(holds)
    }

    /// What goes to Redis next: what has ended, and how many jobs it wants. `None` where there is nothing to say yet.
    pub fn turn(&mut self, now: Instant) -> Option<(Vec<Ending>, usize)> {
        let room = self.room().min(MOST_A_TURN);
        let asks = room > 0 && self.next_ask.is_some_and(|at| at <= now);
        if self.endings.is_empty() && !asks {
            return None;
        }
        let most = self.endings.len().min(MOST_A_TURN);
        let endings = self.endings.drain(..most).collect();
        Some((endings, room))
    }

    /// The answer to a turn that took so long. `jitter` spreads workers that are idle.
    pub fn turned(&mut self, wanted: usize, reply: &Turned, takes: Duration, jitter: Duration, now: Instant) {
        self.turn_takes = average(Some(self.turn_takes), takes);
        let count = reply.given.len();
        let given = reply.given.iter().filter_map(|(member, record)| self.read(member, record)).collect();
        self.receive_all(ends::mixed(given), now);
        if count > 0 && self.next_renewal.is_none() {
            self.next_renewal = Some(now + self.options.lease / 3);
        }
        self.plan_ask(wanted, count, reply.hints, jitter, now);
        if !self.is_running {
            self.give_back_waiting();
        }
        let is_idle = self.is_empty() && reply.hints.ready == 0;
        if is_idle && !self.was_idle && self.is_running {
            self.told.push(Told::Idle);
        }
        self.was_idle = is_idle;
    }

    fn plan_ask(&mut self, wanted: usize, given: usize, hints: Hints, jitter: Duration, now: Instant) {
        if !self.is_running {
            return;
        }
        if wanted > 0 && given == wanted || given > 0 && hints.ready > 0 {
            self.next_ask = Some(now);
        } else if wanted > 0 {
            let due = hints.due_ms.filter(|_| !hints.is_paused).map(Duration::from_millis);
            let pause = due.map_or(self.options.poll, |due| due.min(self.options.poll));
            self.next_ask = Some(now + pause + jitter);
        } else if hints.ready > 0 {
            self.wake(now);
        }
    }

    /// The turn was not answered with jobs: it asks again later.
    pub fn turn_failed(&mut self, now: Instant) {
        self.next_ask = Some(now + self.options.poll);
    }

    /// The jobs whose handlers are to be called now.
    pub fn begin(&mut self, now: Instant) -> Vec<Given> {
        let mut begun = Vec::new();
        while self.is_running && self.held.len() < self.options.concurrency {
            // One that was to go back by now may be another worker's already: this process stood still.
            if self.waiting.front().is_none_or(|first| first.goes_back <= now) {
                break;
            }
            let Some(Waiting { given, .. }) = self.waiting.pop_front() else { break };
            let waited = given.since_ms.saturating_sub(given.created_ms).max(0);
            let waited = Duration::from_millis(waited as u64);
            self.waits.record(waited);
            if given.attempts == 0 && given.stalls == 0 {
                self.tally.waited(waited);
                self.fresh_waits.record(waited);
            }
            let timeout = Duration::from_millis(given.job.timeout_ms);
            let times_out = (!timeout.is_zero()).then(|| now + timeout);
            self.held
                .insert(given.fence, Held { given: given.clone(), began: now, times_out, stopping: None });
            begun.push(given);
        }
        self.counts.begun += begun.len() as u64;
        begun
    }

    /// Times of which Redis does not know yet, for its minutes.
    pub fn take_times(&mut self) -> Vec<(String, u64)> {
        let times = self.fresh_waits.words('w').chain(self.fresh_runs.words('r')).collect();
        (self.fresh_waits, self.fresh_runs) = Default::default();
        times
    }

    pub fn has_work(&self) -> bool {
        self.is_running && !self.waiting.is_empty() && self.held.len() < self.options.concurrency
    }

    /// The member of a job that it holds.
    pub fn member(&self, fence: u64) -> Option<&str> {
        let held = self.held.get(&fence).filter(|held| held.stopping.is_none())?;
        Some(&held.given.member)
    }

    /// The job may take so much longer from now on.
    pub fn extend(&mut self, fence: u64, by: Duration, now: Instant) {
        if let Some(held) = self.held.get_mut(&fence) {
            held.times_out = held.times_out.map(|at| at.max(now + by));
        }
    }

    fn give_back_waiting(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.hand_back(&waiting.given);
        }
    }

    /// It takes no more jobs; those that have not begun go back.
    pub fn close(&mut self) {
        self.is_running = false;
        self.is_closing = true;
        self.give_back_waiting();
    }

    /// Handlers that still run are told to stop. The jobs of those that go on after `until` go back.
    pub fn stop_all(&mut self, until: Instant, now: Instant) {
        let fences: Vec<u64> = self.held.keys().copied().collect();
        fences.into_iter().for_each(|fence| self.stop(fence, Why::Closing, now));
        for held in self.held.values_mut() {
            if let Some((Why::Closing, gives_up)) = &mut held.stopping {
                *gives_up = until;
            }
        }
    }

    pub fn is_closing(&self) -> bool {
        self.is_closing
    }

    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    pub fn lease(&self) -> Duration {
        self.options.lease
    }

    pub fn grace(&self) -> Duration {
        self.options.grace
    }
}

/// A moving average.
fn average(known: Option<Duration>, new: Duration) -> Duration {
    known.map_or(new, |known| (known * 7 + new) / 8)
}

#[cfg(test)]
mod shares;
#[cfg(test)]
mod tests;
