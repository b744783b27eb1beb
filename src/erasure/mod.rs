//! Erasing an organization: what each room keeps of it, how that goes, and what is refused meanwhile.
//!
//! Promises: a room that keeps something of organizations is a [`Keeper`], and every place of it is visited by that one trait;
//! while an [`UnderWay`] lives, writes of its organization are refused in this process by all clients of the same servers and
//! prefix. Relies on each place to know its own keys in Redis, and to forget what it has in this process. JavaScript carries
//! the commands to Redis. Never does I/O, and never names a room.

mod clients;
mod keeper;
/// Public for the tests that run each script by itself.
pub mod scripts;
mod sweep;
mod under_way;

pub use clients::{Membership, keepers_of};
pub use keeper::{Commands, Erased, Inside, Keeper, Mode, Place};
pub use sweep::{all_places, forget, keys_command, keys_script, owners, pattern, remaining, steps};
pub use under_way::{UnderWay, check, is_any, is_under_way};
