//! The cache's part in the near store, and what is seen of it.

mod first;
mod part;
mod report;

pub use first::NearFirst;
pub use part::{Involvement, Near, Wanted};
pub use report::no_near;
