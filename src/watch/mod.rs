//! The watch connections: one to each primary, over which Redis tells which keys change.
//!
//! Promises: each change of a key that a watch connection has read reaches the near store in the order in which the
//! server tells it; only these connections fill the store; a store's session is open only while the server tracks what
//! its connection reads, and while that server is the one that answers calls. Relies on `near` for the store, on
//! `connection` for dialling, on `lane` for the protocol and on `runtime` for the I/O thread. Never answers a call,
//! never keeps the process alive, and never connects before somebody wishes for a copy or waits for a change.

mod conversation;
mod handle;
mod invalidation;
mod registry;
mod session;
mod shared;
mod task;
#[cfg(test)]
mod tests;
mod waits;

pub use handle::{Wait, Watch};
pub use registry::{restart_sessions, watches_of};
pub use shared::{Mode, Seen};
pub use waits::Woken;
