//! A queue of jobs: delivery at least once, fair between organizations, by the server's clock.
//!
//! Promises: a job whose `add` resolved is in exactly one place until it is completed, dead or removed; an add, a claim or a
//! finish happens once, whatever connections do; a job has one holder at a time, which a growing number tells; every wait ends.
//! Relies on scripts that Redis runs in one step, on `connection` for dialling and on `runtime` for the I/O thread. Never waits
//! on JavaScript's thread, never renews a job that is past its time, and never reads while blocking.

mod ask;
mod backoff;
mod contract;
mod decode;
mod encode;
mod ending;
mod engine;
mod erasing;
mod events;
mod feature;
mod hand;
mod kept;
mod keys;
mod limits;
mod line;
mod listening;
mod machine;
mod memory;
mod options;
mod record;
mod replies;
mod room;
mod schedule;
pub mod scripts;
mod shared;
mod statistics;
#[cfg(any(test, feature = "contract"))]
#[doc(hidden)]
// Test code that other crates call: a broken promise panics.
#[allow(clippy::panic, clippy::unwrap_used)]
pub mod suite;
mod tally;
mod times;
mod told;
mod variables;
mod watching;

pub use decode::Call;
pub use feature::QueueTicket;
pub use record::{Job, Record};
pub use room::Queues;

/// The version of what is stored.
const LAYOUT: &str = "1";
