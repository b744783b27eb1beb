//! One client's part in the near store: which copies may answer its reads, what the store hears of its calls and replies,
//! and who fills it.
//!
//! Promises: a copy answers only if it comes from the server that answers calls, and while nothing that the journal holds may
//! be newer; own writes count from their begin until their outcome is known; while a journal holds writes, nothing is filled.
//! Relies on `near` for the copies, on `watch` for the connections that fill them, and on the rooms above for what their keys
//! mean. Never makes a key, and never knows what the bytes of a copy mean.

mod first;
mod part;
mod report;

pub use crate::watch::Wait;
pub use first::NearFirst;
pub use part::{Copies, Wanted};
pub use report::{TAGS, group_of_cache, no_near};
