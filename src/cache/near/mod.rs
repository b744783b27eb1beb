//! The adapter's part in the near store.

mod kinds;

pub use kinds::{Involvement, Near, number_of};
