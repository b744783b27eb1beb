//! The cache's reports about itself: state, counters, latencies, log records, and the notices of both.
//!
//! Promises: a report costs an atomic addition and never waits; an answer holds no key, no value and no
//! secret, because none is ever reported. Relies on nobody: the other rooms report what happened. Never
//! decides anything.

pub mod census;
mod counters;
mod event;
mod histogram;
pub mod log;
mod notices;
mod organizations;
mod report;
mod state;

pub use counters::{Counter, Counters, CountersSnapshot};
pub use event::Event;
pub use histogram::{Histogram, HistogramSnapshot};
pub use notices::{Notice, Notices};
pub use organizations::{Found, Organizations, Seat};
pub use report::{Health, ReplayProgress};
pub use state::{Change, State, StateCell, StateSnapshot};

/// Rounds to two decimals, which are enough for a reader.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
