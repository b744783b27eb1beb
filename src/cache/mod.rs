//! What the adapter promises: typed places, their lifetimes, organization scoping.
//!
//! Promises: a call gets exactly one outcome, from Redis or from memory; a value of one
//! organization is never answered for another; nothing here waits or does I/O, but `Core::read_backlog`
//! and what the journal's file is given. Relies on `key` for
//! every key, on `codec` for stored bytes, on `outage` for what happens without Redis and on `lane` for requests. Never
//! parses JSON and never names Node.

mod call;
mod context;
mod core;
mod counted;
mod decode;
mod erasing;
mod fallback;
mod feature;
mod kinds;
mod legacy;
mod near;
mod operation;
mod organization;
mod routing;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod settle;
mod slot_owners;
mod ticket;

pub use call::{CacheKey, Call, Unacknowledged};
pub use context::Scratch;
pub use core::{Core, SlotOwners};
pub use decode::{ACKNOWLEDGED, COPIED, MANAGED};
pub use kinds::{TTL_TABLE, default_ttl};
pub use ticket::CacheTicket;
