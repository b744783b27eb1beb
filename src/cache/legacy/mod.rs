//! Values that the JavaScript layer left in Redis: read on a miss, moved to where they belong.

mod moving;
mod place;

pub use moving::{ask, found, remove};
pub use place::Legacy;
