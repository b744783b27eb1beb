//! What the cache knows about itself: state, counters, latencies, log records.
//!
//! Promises: telling it something costs an atomic addition and never waits; what it answers holds
//! no key, no value and no secret, since it is never given any. Relies on nobody: the other rooms
//! tell it what happened. Never decides anything.

pub mod census;
mod counters;
mod histogram;
pub mod log;
mod report;
mod state;

pub use counters::{Counter, Counters, CountersSnapshot};
pub use histogram::{Histogram, HistogramSnapshot};
pub use report::{Health, ReplayProgress};
pub use state::{Change, State, StateCell, StateSnapshot};

/// Two decimals are what a person reads; more are noise in every snapshot.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
