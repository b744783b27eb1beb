//! The map is written when the rooms stand.
pub mod error;
pub mod lane;
