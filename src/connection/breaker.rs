//! The circuit breaker: it stops calls to a server that answers too few of them, and probes for its return.
//!
//! Each server has one breaker, which all connections to it share. Only a call without an answer counts as a
//! failure; an error reply is an answer. While the breaker is open, one probe at a time asks whether the
//! server is back.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::sync::{AtomicU8, AtomicU64, Mutex, Ordering};

/// The window of counted outcomes, in seconds. It is long enough to hold enough outcomes and short enough to
/// forget an outage that is over.
const WINDOW_SECONDS: usize = 10;
/// The fewest outcomes in the window from which a failure rate is computed.
const AT_LEAST: u64 = 20;
/// The failure rate in percent at which the breaker opens.
const OPEN_AT_PERCENT: u64 = 50;
/// The first open period. Each failed probe doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest open period, so that a server that is back is found within this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// A probe without a result after this time counts as lost with its connection, and another may be made.
const PROBE_FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

/// Whether calls go to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum BreakerState {
    Closed,
    Open,
    /// A probe is under way.
    HalfOpen,
}

impl BreakerState {
    const ALL: [BreakerState; 3] = [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen];

    /// The name in stats and health checks.
    pub fn name(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        }
    }
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Call,
    /// The caller asks the server whether it is back, and reports the result.
    Probe,
    Refused,
}

/// One server's breaker.
#[derive(Debug)]
pub struct Breaker {
    began: Instant,
    /// The state of `circuit`, readable without its lock.
    state: AtomicU8,
    window: [Second; WINDOW_SECONDS],
    // Locked after a failure, once a second, and while the breaker is not closed. Never held across a wait.
    circuit: Mutex<Circuit>,
}

/// The outcomes of one second. Two threads that meet at the turn of a second may count a few into its
/// neighbour.
#[derive(Debug, Default)]
struct Second {
    /// The number of the second, counted from 1; 0 means unused.
    number: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Circuit {
    /// When the next probe may be made; `None` while closed.
    probe_at: Option<Instant>,
    /// How often the breaker has opened since it was last closed.
    openings: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker::new(Instant::now())
    }
}

impl Breaker {
    pub fn new(now: Instant) -> Breaker {
        Breaker {
            began: now,
            state: AtomicU8::new(BreakerState::Closed as u8),
            window: Default::default(),
            circuit: Mutex::new(Circuit::default()),
        }
    }

    pub fn state(&self) -> BreakerState {
        // Only a `BreakerState` is ever stored.
        let position = usize::from(self.state.load(Ordering::Acquire));
        BreakerState::ALL.get(position).copied().unwrap_or(BreakerState::Closed)
    }

    /// Counts calls that the server answered, with a value or with an error.
    pub fn succeeded(&self, count: u64, now: Instant) {
        if count > 0 {
            self.second(now).successes.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Counts calls without an answer. True when this opened the breaker.
    pub fn failed(&self, count: u64, now: Instant) -> bool {
        self.second(now).failures.fetch_add(count, Ordering::Relaxed);
        let mut circuit = self.circuit.lock();
        if self.state() != BreakerState::Closed {
            return false;
        }
        let (successes, failures) = self.outcomes(now);
        let all = successes + failures;
        if all < AT_LEAST || failures * 100 < all * OPEN_AT_PERCENT {
            return false;
        }
        self.open(&mut circuit, now);
        true
    }

    /// Whether a call may be made now. A caller that gets `Probe` must report the result.
    pub fn admits(&self, now: Instant) -> Admission {
        if self.state() == BreakerState::Closed {
            return Admission::Call;
        }
        let mut circuit = self.circuit.lock();
        match circuit.probe_at {
            None => Admission::Call,
            Some(at) if now < at => Admission::Refused,
            Some(_) => {
                circuit.probe_at = Some(now + PROBE_FORGOTTEN_AFTER);
                self.enter(BreakerState::HalfOpen);
                Admission::Probe
            }
        }
    }

    /// The probe was answered: closes the breaker. True when it was not closed before.
    pub fn probe_succeeded(&self, now: Instant) -> bool {
        let mut circuit = self.circuit.lock();
        if self.state() == BreakerState::Closed {
            return false;
        }
        *circuit = Circuit::default();
        for second in &self.window {
            second.begin(0);
        }
        let _ = self.second_locked(now);
        self.enter(BreakerState::Closed);
        true
    }

    /// The probe failed: delays the next one.
    pub fn probe_failed(&self, now: Instant) {
        let mut circuit = self.circuit.lock();
        if self.state() == BreakerState::HalfOpen {
            self.open(&mut circuit, now);
        }
    }

    /// When the next probe is due; `None` while closed.
    pub fn next_probe(&self) -> Option<Instant> {
        if self.state() == BreakerState::Closed {
            return None;
        }
        self.circuit.lock().probe_at
    }

    /// Calls with and without an answer in the window.
    pub fn outcomes(&self, now: Instant) -> (u64, u64) {
        let oldest = (self.number(now) + 1).saturating_sub(WINDOW_SECONDS as u64).max(1);
        let recent = self.window.iter().filter(|second| second.number.load(Ordering::Acquire) >= oldest);
        recent.fold((0, 0), |(successes, failures), second| {
            let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            (successes + of(&second.successes), failures + of(&second.failures))
        })
    }

    fn open(&self, circuit: &mut Circuit, now: Instant) {
        let longest = FIRST_PAUSE.saturating_mul(1 << circuit.openings.min(8)).min(LONGEST_PAUSE);
        circuit.openings = circuit.openings.saturating_add(1);
        // Each `RandomState` has a fresh seed. The draw lies between half and all of the pause: many
        // processes must not probe at the same moment, and no process may probe again at once.
        let draw = RandomState::new().hash_one(circuit.openings) as f64 / u64::MAX as f64;
        circuit.probe_at = Some(now + longest.mul_f64(0.5 + draw / 2.0));
        self.enter(BreakerState::Open);
    }

    /// The caller holds the circuit's lock.
    fn enter(&self, state: BreakerState) {
        self.state.store(state as u8, Ordering::Release);
    }

    fn number(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs() + 1
    }

    fn second(&self, now: Instant) -> &Second {
        let number = self.number(now);
        let second = &self.window[number as usize % WINDOW_SECONDS];
        if second.number.load(Ordering::Acquire) < number {
            let _circuit = self.circuit.lock();
            return self.second_locked(now);
        }
        second
    }

    /// The caller holds the circuit's lock.
    fn second_locked(&self, now: Instant) -> &Second {
        let number = self.number(now);
        let second = &self.window[number as usize % WINDOW_SECONDS];
        if second.number.load(Ordering::Acquire) < number {
            second.begin(number);
        }
        second
    }
}

impl Second {
    fn begin(&self, number: u64) {
        self.successes.store(0, Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        self.number.store(number, Ordering::Release);
    }
}

#[cfg(all(test, not(orgcache_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn opened(start: Instant) -> Breaker {
        let breaker = Breaker::new(start);
        assert!(breaker.failed(AT_LEAST, start));
        breaker
    }

    #[test]
    fn too_few_outcomes_never_open_it() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        assert!(!breaker.failed(AT_LEAST - 1, start));
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.failed(1, start));
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn a_few_failures_among_many_answers_do_not_open_it() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        breaker.succeeded(1000, start);
        assert!(!breaker.failed(999, start + seconds(3)));
        assert!(breaker.failed(1, start + seconds(3)));
    }

    #[test]
    fn answers_that_left_the_window_do_not_count() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        breaker.succeeded(1000, start);
        assert_eq!(breaker.outcomes(start + seconds(9)), (1000, 0));
        assert_eq!(breaker.outcomes(start + seconds(10)), (0, 0));
        assert!(breaker.failed(AT_LEAST, start + seconds(10)));
    }

    #[test]
    fn one_probe_is_made_when_the_pause_is_over_and_closes_it() {
        let start = Instant::now();
        let breaker = opened(start);
        assert_eq!(breaker.admits(start), Admission::Refused);
        let due = breaker.next_probe().unwrap();
        assert!(due - start >= FIRST_PAUSE / 2 && due - start <= FIRST_PAUSE);
        assert_eq!(breaker.admits(due), Admission::Probe);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.admits(due), Admission::Refused);
        assert!(breaker.probe_succeeded(due));
        assert_eq!((breaker.admits(due), breaker.next_probe()), (Admission::Call, None));
        assert_eq!(breaker.outcomes(due), (0, 0));
        assert!(!breaker.probe_succeeded(due));
    }

    #[test]
    fn each_failed_probe_makes_the_pause_longer_up_to_a_bound() {
        let mut now = Instant::now();
        let breaker = opened(now);
        for opening in 1..10u32 {
            let due = breaker.next_probe().unwrap();
            let longest = (FIRST_PAUSE * 2u32.pow(opening - 1)).min(LONGEST_PAUSE);
            assert!(due - now <= longest && due - now >= longest / 2, "opening {opening}");
            now = due;
            assert_eq!(breaker.admits(now), Admission::Probe);
            breaker.probe_failed(now);
            assert_eq!(breaker.state(), BreakerState::Open);
        }
    }

    #[test]
    fn a_probe_of_which_nothing_was_heard_is_followed_by_another() {
        let start = Instant::now();
        let breaker = opened(start);
        let due = breaker.next_probe().unwrap();
        assert_eq!(breaker.admits(due), Admission::Probe);
        assert_eq!(breaker.admits(due + PROBE_FORGOTTEN_AFTER), Admission::Probe);
    }

    proptest! {
        #[test]
        fn whatever_happens_a_probe_that_succeeds_closes_it(steps in prop::collection::vec((0..5u8, 0..4000u64), 0..60)) {
            let mut now = Instant::now();
            let breaker = Breaker::new(now);
            for (step, pause_ms) in steps {
                now += Duration::from_millis(pause_ms);
                match step {
                    0 => breaker.succeeded(7, now),
                    1 => drop(breaker.failed(9, now)),
                    2 => drop(breaker.admits(now)),
                    3 => drop(breaker.probe_succeeded(now)),
                    _ => breaker.probe_failed(now),
                }
                prop_assert_eq!(breaker.next_probe().is_none(), breaker.state() == BreakerState::Closed);
            }
            if breaker.state() != BreakerState::Closed {
                now = now.max(breaker.next_probe().unwrap());
                prop_assert_eq!(breaker.admits(now), Admission::Probe);
                prop_assert!(breaker.probe_succeeded(now));
            }
            prop_assert_eq!(breaker.admits(now), Admission::Call);
        }
    }
}

#[cfg(all(test, orgcache_loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn loom_of_two_threads_one_may_probe() {
        loom::model(|| {
            let start = Instant::now();
            let breaker = Arc::new(Breaker::new(start));
            breaker.failed(AT_LEAST, start);
            let later = start + LONGEST_PAUSE;
            let other = breaker.clone();
            let theirs = thread::spawn(move || other.admits(later));
            let ours = breaker.admits(later);
            let admissions = [ours, theirs.join().unwrap()];
            assert_eq!(admissions.iter().filter(|admission| **admission == Admission::Probe).count(), 1);
        });
    }

    #[test]
    fn loom_of_two_threads_that_fail_together_one_opens_it() {
        loom::model(|| {
            let start = Instant::now();
            let breaker = Arc::new(Breaker::new(start));
            let other = breaker.clone();
            let theirs = thread::spawn(move || other.failed(AT_LEAST, start));
            let ours = breaker.failed(AT_LEAST, start);
            assert!(ours ^ theirs.join().unwrap());
            assert_eq!(breaker.state(), BreakerState::Open);
        });
    }

    #[test]
    fn loom_a_probe_that_succeeds_beside_a_late_failure_leaves_a_way_to_close_it() {
        loom::model(|| {
            let start = Instant::now();
            let breaker = Arc::new(Breaker::new(start));
            breaker.failed(AT_LEAST, start);
            let later = start + LONGEST_PAUSE;
            assert_eq!(breaker.admits(later), Admission::Probe);
            let other = breaker.clone();
            let late = thread::spawn(move || other.failed(AT_LEAST, later));
            breaker.probe_succeeded(later);
            late.join().unwrap();
            assert_eq!(breaker.next_probe().is_none(), breaker.state() == BreakerState::Closed);
        });
    }

    #[test]
    fn loom_answers_of_two_threads_are_both_counted() {
        loom::model(|| {
            let start = Instant::now();
            let breaker = Arc::new(Breaker::new(start));
            let other = breaker.clone();
            let theirs = thread::spawn(move || other.succeeded(1, start));
            breaker.succeeded(1, start);
            theirs.join().unwrap();
            assert_eq!(breaker.outcomes(start), (2, 0));
        });
    }
}
