//! One client's health: the counters, latencies and state that the other rooms report to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Counters, Event, Histogram, Organizations, State, StateCell};

/// Receives an event and its details.
type Listener = Box<dyn Fn(Event, &Value) + Send + Sync>;

/// The interval after which a lasting refusal is reported again.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(60);

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// The health of one client, or of one node of it.
pub struct Health {
    tallies: Arc<Tallies>,
    state: StateCell,
    server: Mutex<Option<Server>>,
    listener: OnceLock<Listener>,
}

/// The figures that all nodes of a client share.
struct Tallies {
    id: u64,
    counters: Counters,
    reads: Histogram,
    writes: Histogram,
    commands: Histogram,
    organizations: Organizations,
    /// When each refusal was last reported.
    told: Mutex<HashMap<String, Instant>>,
}

/// The progress of a journal's replay on the current connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayProgress {
    pub replayed: u64,
    /// Writes that lost against a newer one in Redis.
    pub superseded: u64,
    pub refused: u64,
    /// Entries that still wait.
    pub left: usize,
}

#[derive(Debug, Clone)]
struct Server {
    version: String,
    protocol: u8,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("state", &self.state.get()).finish_non_exhaustive()
    }
}

impl Default for Health {
    fn default() -> Self {
        Health::with(Arc::new(Tallies {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            counters: Counters::default(),
            reads: Histogram::default(),
            writes: Histogram::default(),
            commands: Histogram::default(),
            organizations: Organizations::default(),
            told: Mutex::default(),
        }))
    }
}

impl Health {
    fn with(tallies: Arc<Tallies>) -> Health {
        Health { tallies, state: StateCell::default(), server: Mutex::default(), listener: OnceLock::new() }
    }

    /// The health of one node of the client: it has its own state and listener, and shares the client's
    /// counters.
    pub fn of_node(&self) -> Health {
        Health::with(self.tallies.clone())
    }

    /// The number of this client in the field `client` of log records.
    pub fn id(&self) -> u64 {
        self.tallies.id
    }

    /// Sets the listener of events. Later calls change nothing.
    pub fn listen(&self, listener: impl Fn(Event, &Value) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Passes an event to the listener.
    pub fn tell(&self, event: Event, detail: &Value) {
        if let Some(listener) = self.listener.get() {
            listener(event, detail);
        }
    }

    /// Records the code of an error that was logged elsewhere as the last error.
    pub fn remember(&self, code: &str) {
        self.state.failed(code);
    }

    pub fn state(&self) -> State {
        self.state.get()
    }

    /// Whether the state has been degraded for at least this time.
    pub fn is_away_for(&self, time: Duration) -> bool {
        let snapshot = self.state.snapshot();
        snapshot.state == State::Degraded && snapshot.since.elapsed() >= time
    }

    pub fn counters(&self) -> &Counters {
        &self.tallies.counters
    }

    /// What each organization has asked for.
    pub fn organizations(&self) -> &Organizations {
        &self.tallies.organizations
    }

    /// Changes the state if the transition is allowed, and reports it.
    pub fn enter(&self, next: State) {
        let Some(change) = self.state.enter(next) else { return };
        let event = match (change.from, change.to) {
            (_, State::Degraded) => Event::Degraded,
            (_, State::Recovering) => Event::Recovering,
            (State::Connecting, State::Ready) => Event::Ready,
            (_, State::Ready) => Event::Recovered,
            (_, State::Closed) => Event::Closed,
            _ => return,
        };
        let last_error = self.state.snapshot().last_error;
        tracing::info!(
            client = self.id(),
            from = change.from.name(),
            to = change.to.name(),
            "the state has changed"
        );
        self.tell(
            event,
            &json!({ "state": change.to.name(), "from": change.from.name(), "lastError": last_error }),
        );
    }

    /// Records a new connection. `enter` reports whether Redis can be called.
    pub fn connected(&self, version: &str, protocol: u8) {
        // A version and a number cannot be left half written.
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if server.is_some() {
            self.tallies.counters.reconnects.increment();
        }
        *server = Some(Server { version: version.to_owned(), protocol });
        drop(server);
        self.tallies.counters.connection_attempts.increment();
        tracing::info!(client = self.id(), version, protocol, "connected to Redis");
    }

    /// Reports the progress of the journal's replay.
    pub fn replay_progress(&self, progress: ReplayProgress) {
        let ReplayProgress { replayed, superseded, refused, left } = progress;
        tracing::info!(client = self.id(), replayed, superseded, refused, left, "the journal is replayed");
        self.tell(
            Event::Replay,
            &json!({ "replayed": replayed, "superseded": superseded, "refused": refused, "left": left }),
        );
    }

    /// Reports messages of channels that were dropped because they came faster than the consumer took them.
    pub fn messages_dropped(&self, count: usize) {
        tracing::warn!(
            client = self.id(),
            count,
            "messages of channels were dropped: they are not taken fast enough"
        );
        self.tell(Event::Dropped, &json!({ "count": count }));
    }

    /// Reports a failed attempt to connect. `code` and `message` hold no secret, as in every error.
    pub fn attempt_failed(&self, code: &str, message: &str) {
        self.tallies.counters.connection_attempts.increment();
        self.fault(code, message);
        self.enter(State::Degraded);
    }

    /// Reports this many failed attempts in a row, and asks the owner for the pause before the next one.
    pub fn pausing(&self, attempt: u32) {
        self.tell(Event::Pausing, &json!({ "attempt": attempt }));
    }

    pub fn disconnected(&self, code: &str, message: &str) {
        self.tallies.counters.connection_lost.increment();
        self.fault(code, message);
        self.enter(State::Degraded);
    }

    /// Reports a refused call. `code` and `message` are as in `attempt_failed`.
    pub fn failed(&self, code: &str, message: &str) {
        self.tallies.counters.operations.increment();
        self.tallies.counters.errors.increment();
        self.state.failed(code);
        // Every call may get the same refusal.
        if self.is_due(code) {
            self.report(code, message);
        }
    }

    /// Whether a refusal is due to be reported again.
    fn is_due(&self, code: &str) -> bool {
        let now = Instant::now();
        let mut told = self.tallies.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.get(code).is_none_or(|at| now.duration_since(*at) >= TELL_AGAIN_AFTER);
        if is_due {
            told.retain(|_, at| now.duration_since(*at) < TELL_AGAIN_AFTER);
            told.insert(code.to_owned(), now);
        }
        is_due
    }

    fn report(&self, code: &str, message: &str) {
        tracing::warn!(client = self.id(), code, "{message}");
        self.tell(Event::Error, &json!({ "code": code, "message": message }));
    }

    /// Reports that Redis cannot be reached or answers too few calls. It is reported once until Redis is
    /// back.
    pub fn fault(&self, code: &str, message: &str) {
        let is_news =
            self.state.snapshot().last_error.as_deref() != Some(code) || self.state() == State::Ready;
        self.state.failed(code);
        if is_news {
            self.report(code, message);
        }
    }

    pub fn read(&self, elapsed: Duration, hit: bool) {
        self.tallies.counters.operations.increment();
        let counter = if hit { &self.tallies.counters.hits } else { &self.tallies.counters.misses };
        counter.increment();
        self.tallies.reads.record(elapsed);
    }

    pub fn write(&self, elapsed: Duration) {
        self.tallies.counters.operations.increment();
        self.tallies.writes.record(elapsed);
    }

    pub fn command(&self, elapsed: Duration) {
        self.tallies.counters.operations.increment();
        self.tallies.commands.record(elapsed);
    }

    /// Corrects a read that was counted as a hit and turned out to be no value.
    pub fn misread(&self) {
        self.tallies.counters.corrupt_values.increment();
        self.tallies.counters.hits.take_back();
        self.tallies.counters.misses.increment();
    }

    /// Counts a read that memory answered.
    pub fn local_read(&self, hit: bool, is_fallback: bool) {
        let counters = &self.tallies.counters;
        counters.operations.increment();
        let counter = if hit { &counters.hits } else { &counters.misses };
        counter.increment();
        if is_fallback {
            let counter = if hit { &counters.fallback_hits } else { &counters.fallback_misses };
            counter.increment();
        }
    }

    /// So many reads were answered outside of native code, from what was read here.
    pub fn local_hits(&self, count: u64) {
        self.tallies.counters.operations.add(count);
        self.tallies.counters.hits.add(count);
    }

    pub fn local_write(&self) {
        self.tallies.counters.operations.increment();
    }

    /// The latencies in microseconds, by kind of call.
    pub fn latencies(&self) -> Value {
        json!({
            "reads": self.tallies.reads.snapshot().to_json(),
            "writes": self.tallies.writes.snapshot().to_json(),
            "commands": self.tallies.commands.snapshot().to_json(),
        })
    }

    /// The mean time of a call to Redis in milliseconds; 0 without calls.
    pub fn mean_response_ms(&self) -> f64 {
        let parts =
            [self.tallies.reads.snapshot(), self.tallies.writes.snapshot(), self.tallies.commands.snapshot()];
        let count: u64 = parts.iter().map(|part| part.count).sum();
        if count == 0 {
            return 0.0;
        }
        let total_us: f64 = parts.iter().map(|part| part.mean_us * part.count as f64).sum();
        (total_us / count as f64).round() / 1000.0
    }

    /// The state, since when, the last error's code and the server's version and protocol.
    pub fn snapshot(&self) -> Value {
        let mut snapshot = self.state.snapshot().to_json();
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Value::Object(fields), Some(server)) = (&mut snapshot, server) {
            fields.insert("serverVersion".to_owned(), server.version.into());
            fields.insert("protocol".to_owned(), server.protocol.into());
        }
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_tell_the_way_down_and_up_once_each() {
        let health = Health::default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = heard.clone();
        health.listen(move |event, _| log.lock().unwrap().push(event));
        let connected = || {
            health.connected("7.0", 3);
            health.enter(State::Ready);
        };
        connected();
        health.disconnected("E_CONNECT", "gone");
        health.attempt_failed("E_CONNECT", "still gone");
        health.enter(State::Recovering);
        connected();
        health.enter(State::Closed);
        connected();
        let expected =
            [Event::Ready, Event::Error, Event::Degraded, Event::Recovering, Event::Recovered, Event::Closed];
        assert_eq!(*heard.lock().unwrap(), expected);
        assert_eq!(health.counters().reconnects.get(), 2);
    }

    #[test]
    fn refusals_that_repeat_in_turn_are_told_once_each() {
        let health = Health::default();
        health.connected("7.0", 3);
        let told = Arc::new(Mutex::new(0));
        let count = told.clone();
        health.listen(move |_, _| *count.lock().unwrap() += 1);
        for _ in 0..3 {
            health.failed("OOM", "refused");
        }
        health.failed("NOPERM", "refused");
        health.failed("OOM", "refused");
        assert_eq!((*told.lock().unwrap(), health.counters().errors.get()), (2, 5));
    }
}
