//! One connection to one server, without any policy: the Link.
//!
//! Promises: requests go out in the order in which they were made, before the connection stands they wait; each gets
//! its reply or is told lost, in that order too, with whether any of it may have reached the server; what the server
//! says unasked is told apart from replies, with RESP2 too. Relies on `lane` for the protocol, on `connection` for
//! streams and on its owner for what requests mean. Never dials twice, never says anything of its own to the server,
//! knows no deadline and no bound.

mod dial;
mod failure;
mod link;
mod meaning;
mod target;
mod thread;

pub use dial::{Addresses, Connected, dial};
pub use failure::{Failure, Garbled};
pub use link::{Link, Listener, Meter, Moving, Ticket, append_request};
pub use target::Target;
pub use thread::{Handed, Outlet, converse, hand_over};
