//! Stands in for Redis while it is away, and brings it up to date afterwards.
//!
//! Promises: a read is answered by what this process wrote or read last, and by nothing older than what it knows; a write
//! that the journal took reaches Redis, in the order of the calls, unless something newer is there. Relies on `store` for
//! memory, on `journal` for writes that wait, on `redis` for what is known of the server, on the room above for its
//! clearings and tickets. Never knows more of an operation than its [`Step`], never interprets a value, and never does I/O
//! but for the journal's file.

mod backlog;
pub mod lifetime;
mod local_state;
pub mod pending_fill;
mod recovery;
pub mod replay;
mod replay_request;
mod sampler;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod stand_in;
mod step;
#[cfg(test)]
mod tests;

pub use local_state::{Attempt, LocalState};
pub use sampler::Sampler;
pub use stand_in::{ClearingOf, StandIn, Unacknowledged};
pub use step::{Change, Read, Step};
