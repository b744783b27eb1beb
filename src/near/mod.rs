//! The near store: copies of Redis's values in this process, which all threads share.
//!
//! Promises: a copy answers only while nothing is known to have changed it: no push, no own write, no clearing, no
//! other answer; while its watch session lives and was confirmed within the staleness that the options allow; and never
//! past its lifetime. Copies, keys and tables together take no more than the budget. Relies on its callers to tell it of
//! every push in the order of the connection that filled the copies, of own writes before they are sent and after their
//! outcome, and of what other connections answered before anybody hears of it. Never knows Redis or Node, and never waits.

mod copied;
mod facts;
mod fills;
mod ghosts;
mod groups;
mod key;
mod marks;
mod owners;
mod sessions;
mod shard;
mod shares;
mod slots;
mod store;
mod stripes;
mod value;

pub use facts::{FRESH_AFTER_WORDS, Fact, Facts, Memory, Part};
pub use fills::Wish;
pub use groups::Group;
pub use key::Key;
pub use owners::Owner;
pub use sessions::NodeId;
pub use store::{
    Fill, FillsHeld, GroupReport, Living, NearStore, Options, Report, TICKS_PER_MS, WriteUnderWay,
};
pub use value::NearValue;

#[cfg(test)]
mod tests;
