//! Whether the cache has Redis, since when, and its last error.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The state of the cache's connection to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// The first connection is being made.
    Connecting,
    Ready,
    /// Redis cannot be reached; memory answers.
    Degraded,
    /// Redis is back, and the journal is being replayed.
    Recovering,
    /// The cache is closed for good.
    Closed,
}

impl State {
    pub const ALL: [State; 5] =
        [State::Connecting, State::Ready, State::Degraded, State::Recovering, State::Closed];

    /// The name in events, stats and health checks.
    pub fn name(self) -> &'static str {
        match self {
            State::Connecting => "connecting",
            State::Ready => "ready",
            State::Degraded => "degraded",
            State::Recovering => "recovering",
            State::Closed => "closed",
        }
    }

    /// Whether `next` may follow directly. A cache with nothing to replay goes straight from degraded to
    /// ready.
    pub fn may_become(self, next: State) -> bool {
        use State::{Closed, Connecting, Degraded, Ready, Recovering};
        match self {
            Connecting => matches!(next, Ready | Recovering | Degraded | Closed),
            Ready => matches!(next, Recovering | Degraded | Closed),
            Degraded => matches!(next, Recovering | Ready | Closed),
            Recovering => matches!(next, Ready | Degraded | Closed),
            Closed => false,
        }
    }
}

/// A change from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub from: State,
    pub to: State,
}

/// The state at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateSnapshot {
    pub state: State,
    /// The time of the change for durations, because the wall clock may jump.
    pub since: Instant,
    /// The time of the change for people.
    pub since_time: SystemTime,
    /// The code of the last error, such as `E_CONNECT` or `OOM`. It stays after the recovery, for those who
    /// look later.
    pub last_error: Option<String>,
}

/// The current state, readable without a lock.
pub struct StateCell {
    current: AtomicU8,
    details: Mutex<StateSnapshot>,
}

impl Default for StateCell {
    fn default() -> Self {
        let snapshot = StateSnapshot {
            state: State::Connecting,
            since: Instant::now(),
            since_time: SystemTime::now(),
            last_error: None,
        };
        StateCell { current: AtomicU8::new(State::Connecting as u8), details: Mutex::new(snapshot) }
    }
}

impl StateCell {
    pub fn get(&self) -> State {
        // Only a `State` is ever stored. The fallback `Closed` is the safe one.
        State::ALL.get(usize::from(self.current.load(Ordering::Acquire))).copied().unwrap_or(State::Closed)
    }

    /// Changes the state and returns the change. `None` when `next` is the state already or may not follow:
    /// events of a connection may come after the end.
    pub fn enter(&self, next: State) -> Option<Change> {
        let mut details = self.details();
        let from = details.state;
        if !from.may_become(next) {
            return None;
        }
        details.state = next;
        details.since = Instant::now();
        details.since_time = SystemTime::now();
        self.current.store(next as u8, Ordering::Release);
        Some(Change { from, to: next })
    }

    /// Records an error by its code. Never pass a message: messages may quote values.
    pub fn failed(&self, code: &str) {
        self.details().last_error = Some(code.to_owned());
    }

    pub fn snapshot(&self) -> StateSnapshot {
        self.details().clone()
    }

    fn details(&self) -> MutexGuard<'_, StateSnapshot> {
        // No code that can panic runs under this lock.
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateSnapshot {
    /// `since` is in milliseconds of the Unix epoch, as JavaScript's `Date` takes it.
    pub fn to_json(&self) -> Value {
        let since = self.since_time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        json!({
            "state": self.state.name(),
            "since": since,
            "forMs": self.since.elapsed().as_millis() as u64,
            "lastError": self.last_error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_goes_through_its_states_and_back() {
        use State::*;
        let cell = StateCell::default();
        assert_eq!(cell.get(), Connecting);
        for (from, to) in [
            (Connecting, Ready),
            (Ready, Degraded),
            (Degraded, Recovering),
            (Recovering, Ready),
            (Ready, Closed),
        ] {
            assert_eq!(cell.enter(to), Some(Change { from, to }));
            assert_eq!(cell.get(), to);
        }
    }

    #[test]
    fn entering_the_same_state_again_is_no_change() {
        let cell = StateCell::default();
        assert!(cell.enter(State::Degraded).is_some());
        let before = cell.snapshot();
        assert_eq!(cell.enter(State::Degraded), None);
        assert_eq!(cell.snapshot(), before);
    }

    #[test]
    fn nothing_follows_closed() {
        let cell = StateCell::default();
        cell.enter(State::Closed);
        for state in State::ALL {
            assert_eq!(cell.enter(state), None);
        }
        assert_eq!(cell.get(), State::Closed);
    }

    #[test]
    fn a_cache_that_was_ready_is_never_connecting_again() {
        for state in State::ALL {
            assert!(!state.may_become(State::Connecting));
            assert!(!state.may_become(state));
        }
    }

    #[test]
    fn the_last_error_outlives_the_outage() {
        let cell = StateCell::default();
        cell.failed("E_CONNECT");
        cell.enter(State::Degraded);
        cell.enter(State::Ready);
        let json = cell.snapshot().to_json();
        assert_eq!(json["state"], "ready");
        assert_eq!(json["lastError"], "E_CONNECT");
        assert!(json["since"].as_u64().unwrap() > 1_600_000_000_000);
    }

    #[test]
    fn of_two_threads_that_see_the_same_outage_one_reports_it() {
        let cell = StateCell::default();
        cell.enter(State::Ready);
        let changes = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| cell.enter(State::Degraded))).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).count()
        });
        assert_eq!(changes, 1);
    }
}
