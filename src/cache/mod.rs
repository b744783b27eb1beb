//! What the adapter promises: typed places, their lifetimes, organization scoping, fallback.
//!
//! Promises: a call gets exactly one outcome, from Redis or from memory; a value of one
//! organization is never answered for another; nothing here waits or does I/O, but `Core::read_backlog`
//! and what the journal's file is given. Relies on `key` for
//! every key, on `codec` for stored bytes, on `store` for memory and on `lane` for requests. Never
//! parses JSON and never names Node.

mod call;
mod clearing;
mod core;
mod fallback;
mod feature;
mod kinds;
mod legacy;
mod plan;
mod replies;
mod request;
mod routing;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod slot_owners;
mod ticket;
mod upkeep;

pub use call::{Call, Place};
pub use core::{Core, Scratch};
pub use kinds::{TTL_TABLE, TtlRow, default_ttl};
pub use slot_owners::SlotOwners;
pub use ticket::CacheTicket;

pub use crate::outage::Unacknowledged;
