//! Sessions: who is logged in, at which device, since when, decided by the server's clock for all processes at once.
//!
//! Promises: an id that was not made with a secret costs Redis nothing; what was destroyed, revoked or has ended never answers
//! again, and no late write brings it back; parallel rotations agree on one successor; all sessions of a user end in one step.
//! Redis has no id, and every key has an expiry. Relies on scripts that Redis runs in one step, and on the journal of the room
//! above for ends that Redis did not take. Never writes for a read, but to note at most once in a while that a session is used.

mod answer;
mod base64url;
#[cfg(any(test, feature = "contract"))]
#[doc(hidden)]
// Test code that other crates' tests call: a broken promise panics.
#[allow(clippy::panic, clippy::unwrap_used)]
pub mod contract;
mod cookie;
mod create;
mod decode;
mod destroy;
mod ended;
mod erasing;
mod feature;
mod here;
mod id;
mod keys;
mod open;
mod options;
mod plan;
mod recent;
mod record;
mod reply;
mod requests;
mod room;
pub mod scripts;
mod secrets;
mod settle;
mod tally;
mod ticket;

pub use decode::Call;
pub use feature::Scratch;
pub use room::Sessions;
pub use ticket::SessionTicket;
