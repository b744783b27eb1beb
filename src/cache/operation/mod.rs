//! Operations on keys. Each has a file, which says how it is encoded and read back, what it does to memory and journal,
//! and what its reply means.

mod behaviour;
/// Clearing an organization takes several requests, and names no single key.
pub mod clear;
mod delete;
mod get;
mod hash_delete;
mod hash_entries;
mod hash_get;
mod hash_set;
mod kind;
mod list;
mod pair;
mod plan;
mod reply;
mod set;
mod set_indexed;

pub use behaviour::{Refusal, Reply, WrongType};
pub use kind::OperationKind;
pub use list::Operation;
pub use plan::plan;
pub use reply::fields;
