//! Delivers log records to registered sinks.
//!
//! One subscriber serves the whole process, because `tracing` allows only one. It feeds any number of sinks:
//! every JavaScript environment registers its own. The first registration installs the subscriber. Without a
//! sink, a log statement costs one atomic load.
//!
//! Only this package's own records pass. The crates below it do not follow the rule that no key, value or
//! secret may be logged, so their records are dropped.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Dispatch, Event, Level, Metadata};

pub use tracing::level_filters::LevelFilter;

const OWN_TARGET: &str = env!("CARGO_PKG_NAME");

/// One record of a log statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogRecord {
    pub time: SystemTime,
    pub level: Level,
    /// The module that logged.
    pub target: &'static str,
    pub message: String,
    /// The fields in the order of the statement, formatted.
    pub fields: Vec<(&'static str, String)>,
}

impl LogRecord {
    /// The level in lower case, like the method of a JavaScript logger.
    pub fn level_name(&self) -> &'static str {
        match self.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        }
    }
}

/// Prints `message field=value ...`, without time, level and target: sinks print those in their own way.
impl fmt::Display for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// Receives records on the thread that logs, and must return quickly. Records that a sink logs itself are
/// dropped.
pub type Sink = Arc<dyn Fn(&LogRecord) + Send + Sync>;

/// Another subscriber is installed in this process, so no record will ever arrive here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignSubscriber;

impl fmt::Display for ForeignSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("log records cannot be delivered: the process has a tracing subscriber of its own")
    }
}

impl std::error::Error for ForeignSubscriber {}

struct Registered {
    number: u64,
    level: LevelFilter,
    sink: Sink,
}

struct Sinks {
    next_number: u64,
    registered: Vec<Registered>,
}

static SINKS: RwLock<Sinks> = RwLock::new(Sinks { next_number: 0, registered: Vec::new() });
/// The most verbose level that any sink wants, as a `rank`; 0 is off.
static WANTED: AtomicU8 = AtomicU8::new(0);
static INSTALLED: OnceLock<bool> = OnceLock::new();

thread_local! {
    static DELIVERING: Cell<bool> = const { Cell::new(false) };
}

/// Delivers records up to `level` to `sink` until the registration is dropped.
pub fn register(sink: Sink, level: LevelFilter) -> Result<Registration, ForeignSubscriber> {
    let dispatch = || tracing::dispatcher::set_global_default(Dispatch::new(Fan)).is_ok();
    if !INSTALLED.get_or_init(dispatch) {
        return Err(ForeignSubscriber);
    }
    let mut number = 0;
    change(|sinks| {
        number = sinks.next_number;
        sinks.next_number += 1;
        sinks.registered.push(Registered { number, level, sink });
    });
    Ok(Registration { number })
}

/// Keeps a sink registered until it is dropped.
#[must_use = "the sink is removed when this is dropped"]
#[derive(Debug)]
pub struct Registration {
    number: u64,
}

impl Registration {
    pub fn set_level(&self, level: LevelFilter) {
        change(|sinks| {
            let own = sinks.registered.iter_mut().filter(|registered| registered.number == self.number);
            own.for_each(|registered| registered.level = level);
        });
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut removed = Vec::new();
        change(|sinks| {
            removed =
                sinks.registered.extract_if(.., |registered| registered.number == self.number).collect();
        });
        // A sink may own anything, so it is dropped here, where no lock is held.
        drop(removed);
    }
}

fn change(edit: impl FnOnce(&mut Sinks)) {
    {
        let mut sinks = SINKS.write().unwrap_or_else(PoisonError::into_inner);
        edit(&mut sinks);
        let wanted = sinks.registered.iter().map(|registered| registered.level).max();
        WANTED.store(rank(wanted.unwrap_or(LevelFilter::OFF)), Ordering::Relaxed);
    }
    // `tracing` caches for every log statement whether a sink wants it.
    tracing::callsite::rebuild_interest_cache();
}

const RANKS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

fn rank(level: LevelFilter) -> u8 {
    RANKS.iter().take_while(|&&known| known < level).count() as u8
}

fn wanted() -> LevelFilter {
    RANKS.get(usize::from(WANTED.load(Ordering::Relaxed))).copied().unwrap_or(LevelFilter::OFF)
}

fn is_own(target: &str) -> bool {
    target.strip_prefix(OWN_TARGET).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The one subscriber, which passes every record to all sinks that want it.
struct Fan;

impl Subscriber for Fan {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_event() && is_own(metadata.target()) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && is_own(metadata.target()) && *metadata.level() <= wanted()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(wanted())
    }

    fn event(&self, event: &Event<'_>) {
        if DELIVERING.get() {
            return;
        }
        let level = *event.metadata().level();
        // The list is copied, so that a sink may register and unregister sinks.
        let sinks: Vec<Sink> = {
            let sinks = SINKS.read().unwrap_or_else(PoisonError::into_inner);
            let willing = sinks.registered.iter().filter(|registered| level <= registered.level);
            willing.map(|registered| registered.sink.clone()).collect()
        };
        if sinks.is_empty() {
            return;
        }
        let mut record = LogRecord {
            time: SystemTime::now(),
            level,
            target: event.metadata().target(),
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut Formatter(&mut record));
        let _delivering = Delivering::begin();
        sinks.iter().for_each(|sink| sink(&record));
    }

    // Spans are never enabled, so these methods are not called.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Ends the delivery even if a sink panics.
struct Delivering;

impl Delivering {
    fn begin() -> Self {
        DELIVERING.set(true);
        Delivering
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        DELIVERING.set(false);
    }
}

struct Formatter<'a>(&'a mut LogRecord);

impl Formatter<'_> {
    fn put(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.0.message = text;
        } else {
            self.0.fields.push((field.name(), text));
        }
    }
}

impl Visit for Formatter<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }
}

#[cfg(test)]
mod tests;
