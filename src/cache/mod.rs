//! What the adapter promises: typed places, their lifetimes, organization scoping, fallback.
//!
//! Promises: a call gets exactly one outcome, from Redis or from memory; a value of one
//! organization is never answered for another; nothing here waits or does I/O, but `Core::read_backlog`
//! and what the journal's file is given. Relies on `key` for
//! every key, on `codec` for stored bytes, on `store` for memory and on `lane` for requests. Never
//! parses JSON and never names Node.

mod attached;
mod attention;
mod backlog;
mod call;
mod clearing;
mod commands;
mod core;
mod exchange;
mod fallback;
mod fence;
mod kept;
mod kinds;
mod large;
mod legacy;
mod local;
mod plan;
mod recent;
mod redirect;
mod refusals;
mod replay;
mod replay_request;
mod replies;
mod request;
mod routing;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod shared_connection;
mod slot_owners;
mod token;
mod upkeep;

pub use attached::Attached;
pub use call::{Call, Layout, Outcome, Place, Shape, Style, Unacknowledged};
pub use core::{Core, Role, Scratch, closed, embedded};
pub use exchange::{Exchange, Sink};
pub use kept::Kept;
pub use kinds::{TTL_TABLE, TtlRow, default_ttl};
pub use redirect::{AGAIN_AFTER, Redirected, Redirection};
pub use refusals::{REFUSALS, Refusal, Treatment};
pub use routing::both_ways;
pub use shared_connection::{CHANGING, CHANGING_IN};
pub use slot_owners::SlotOwners;
pub use token::{NOBODY, PUSHED, Token};
