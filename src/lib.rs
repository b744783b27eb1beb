//! The map is written when the rooms stand.
#[cfg(feature = "node")]
// Test builds register no module with Node, so nothing there leads into the binding.
#[cfg_attr(test, allow(dead_code, unused_imports))]
mod binding;
pub mod cache;
pub mod codec;
pub mod config;
pub mod connection;
pub mod error;
pub mod health;
pub mod key;
pub mod lane;
pub mod runtime;
pub mod store;
