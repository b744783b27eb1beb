//! Stands in for Redis while it is away, and brings it up to date afterwards.
//!
//! Promises: a read is never answered by a value that this process knows to be outdated; the newest write of a key that the
//! journal took reaches Redis unless something newer is there, the server refuses it for good, or the process ends without
//! a journal on disk. Relies on `store` for memory, on `journal` for writes that wait, on `redis` for what is known of the
//! server. The room above hands in its clearings and the type of its tickets. Never knows more of an operation than its [`Step`], never interprets a value, and never does I/O
//! but for the journal's file.

mod backlog;
mod doubts;
mod guard;
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

pub use guard::LocalStateGuard;
pub use local_state::{Attempt, LocalState};
pub use sampler::Sampler;
pub use stand_in::{ClearingOf, StandIn, Unacknowledged};
pub use step::{Change, Read, Step};
