//! Notifications: messages of topics, to every process that reads them, by organization and user.
//!
//! Promises: two organizations, or two users, never share a channel or a key; a topic with replay keeps its messages, and each
//! names the one before it, so a reader knows whether it has missed any; the same id is published once while it is kept.
//! Every key has an expiry. Relies on scripts that Redis runs in one step, and on the journal of the room above for messages
//! that Redis did not take. Never subscribes: JavaScript does, over the client's connections.

mod answer;
#[cfg(any(test, feature = "contract"))]
#[doc(hidden)]
// Test code that other crates' tests call: a broken promise panics.
#[allow(clippy::panic, clippy::unwrap_used)]
pub mod contract;
mod decode;
mod erasing;
mod feature;
mod here;
mod keys;
mod open;
mod options;
mod position;
mod requests;
mod room;
pub mod scripts;
mod ticket;

pub use decode::Call;
pub use feature::Scratch;
pub use room::Topics;
pub use ticket::TopicTicket;
