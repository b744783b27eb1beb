//! The map is written when the rooms stand.
pub mod codec;
pub mod config;
pub mod error;
pub mod health;
pub mod key;
pub mod store;
