//! What belongs to one organization: its index lists every value of it, and a clearing takes them away.

mod clearing;
mod index;
mod upkeep;

pub use clearing::{Clearing, LEGACY_HASHES};
pub use index::append_index_entry;
pub use upkeep::after_indexed_write;
