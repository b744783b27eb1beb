//! Leases: what a call holds until it is released, how the process prolongs it, and what becomes of it in an outage.
//!
//! A lease is written anew in each third of its length, over a connection of its own that the I/O thread moves: a busy
//! JavaScript thread loses none. A lease that Redis has lost is written anew too, because its work goes on. So after an
//! outage or a failover Redis knows within that time again what is under way.

mod conversation;
mod held;
mod keeper;
#[cfg(test)]
mod tests;

pub use held::{Lease, Leases, Part};
pub use keeper::{Keeper, Keepers};
