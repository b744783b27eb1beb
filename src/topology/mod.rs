//! Which connection carries a call: one server's, a cluster's, or a connection without policy.
//!
//! Promises: a call reaches the connections of the node that has its slot, follows redirections until its deadline, and
//! settles exactly once, also when its connection is closed; a report holds no secret. Relies on `cache` for what a call means, on `redis` for
//! connections without policy, and on a [`DriverContext`] for the drivers that move bytes. Never names Node: a
//! [`ThreadContext`] is enough to run all of it.

mod backlog;
mod cluster;
mod driver;
mod in_flight;
mod link;
mod node;
mod open_handles;
mod report;
mod router;
mod thread_handle;

pub use driver::{
    ConnectionDriver, DriverContext, LinkDriver, NodeSink, Redirected, Request, SharedWaker, ThreadContext,
};
pub use in_flight::InFlight;
pub use link::{BREAKING, CLOSED, Caller, LINK_EVENTS, LinkFed, LinkThreadHandle, Told};
pub use open_handles::OpenHandles;
pub use report::report;
pub use router::{Discard, Router};
pub use thread_handle::ThreadHandle;
