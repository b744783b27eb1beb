//! placeholder essay
pub mod error;
