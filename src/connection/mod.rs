//! Connections to one Redis: how they are made, kept and replaced.
//!
//! Promises: a connection handed out is authenticated, on the right database and non-blocking;
//! every attempt ends within the connect timeout; attempts back off with full jitter. Relies on
//! `lane` for the protocol and on `runtime` for a thread to wait on. Never decides what becomes of
//! a call, never writes a secret into an error.

mod backoff;
mod dial;
mod handshake;
mod keeper;
mod stream;
mod thread_driver;
mod tls;
mod traffic;

pub use backoff::Backoff;
pub use dial::{Dialed, dial};
pub use handshake::ServerInfo;
pub use keeper::{Keeper, LinkEvent, connect_persistently};
pub use stream::{AsyncSocket, BlockingSocket, Readiness, Stream};
pub use thread_driver::{Mailbox, drive};
pub use traffic::{Traffic, connection_lost, connection_silent, read_arrived, write_waiting};
