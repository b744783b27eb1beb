//! Connections to one Redis: how they are made, kept and replaced.
//!
//! Promises: a connection handed out is authenticated, on the right database and non-blocking; every attempt
//! ends within the connect timeout; attempts back off with full jitter. Relies on `lane` for the protocol and
//! on `runtime` for the I/O thread. Never decides the outcome of a call, never writes a secret into an error.

mod backoff;
mod breaker;
mod cluster;
mod dial;
mod handoff;
mod handshake;
mod io_loop;
mod pause;
mod reconnector;
mod sentinel;
mod stream;
mod tls;
mod transfer;
mod trust;
mod watchdog;

pub use backoff::{Backoff, delay_after, drawn};
pub use breaker::{Admission, Breaker, BreakerState};
pub use cluster::{ClusterView, Shard, TopologyEvent, TopologyWatcher};
pub use dial::{Dialed, Dialer};
pub use handoff::{Handoff, Inbox, Wake, WakeOnce};
pub use handshake::ServerInfo;
pub use io_loop::{Mailbox, drive};
pub use pause::Pauses;
pub use reconnector::{LinkEvent, Reconnector};
pub use stream::{AsyncSocket, BlockingSocket, Readiness, Stream};
pub use transfer::{
    Bytes, ConnectionHandler, ReadFailure, connection_confused, connection_garbled, connection_lost,
    connection_moved, connection_silent, read_arrived, read_available, write_unsent, write_waiting,
};
pub use watchdog::{Watch, Watchdog};
