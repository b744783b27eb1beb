//! Stores of values: one contract and its implementations.
//!
//! Promises: every store behaves as `contract` says, so that a caller cannot tell which one answers. Relies
//! on keys and values that other rooms made. Never looks into a value.

#[cfg(any(test, feature = "contract"))]
#[doc(hidden)]
// Test code that other crates' tests call: a broken promise panics.
#[allow(clippy::panic, clippy::print_stderr)]
pub mod contract;
mod memory;

pub use memory::{MemoryStore, Remaining};
