//! An organization-scoped cache for Node.js servers, on Redis and without it.
//!
//! A server hands in a call on a value of one organization: "the conversation of this phone number".
//! The call becomes a key and an operation, the operation a request, the request bytes on a
//! connection; the reply comes back the same way. Where Redis is away, memory answers. The rooms
//! below are one floor of that way each, and every arrow points down:
//!
//! ```text
//!   binding      Node: calls gathered a tick, outcomes handed back at once; all `unsafe`
//!      |
//!   topology     which connection carries a call: nodes, clusters, redirections
//!      |
//!  features     the list of rooms: whose call it is, whose request
//!      |
//!    cache  limiter  session  topic  queue   what the adapter promises: keys, lifetimes, organizations | rate limits |
//!                                      who is logged in | notifications | jobs
//!      |
//!   entries      entries of caches: leases, tags, guarded changes
//!      |   \
//!      |    copies -- watch -- near       a client's part in copies | Redis tells of changes | copies that all threads share
//!      |
//!    outage      stands in for Redis while it is away, and brings it up to date afterwards
//!    |   \______________
//!    |    \          redis       a request gets one reply, one redirection or one loss
//!    |     \             |
//!  store  journal    connection     memory with a bound | writes that wait | sockets, TLS, reconnects
//!    |                       |     \
//!    |                      lane   runtime     RESP as a state machine | the one I/O thread
//!    |                       |
//!  key  codec  config  health  script  near      keys | stored bytes | options | what is known of itself | embedded Lua | shared copies
//!  erasure                                       what each room keeps of an organization, and how it goes
//!      \____|______/                      |
//!         error                    sync  planted     atomics and mutexes | faults on purpose, for tests
//! ```
//!
//! - A **lane** is one connection's protocol without I/O: bytes in, bytes and replies out. It keeps
//!   each request until its reply is here, so that a lost connection loses no call.
//! - A [`redis::MultiplexedConnection`] is the calls of one client on one lane. It decides what a reply, a
//!   lost connection or a passed deadline means for each request, and every request ends exactly once.
//! - A [`redis::Feature`] is a room whose requests go over such connections. It says what its calls become,
//!   and what their replies and losses mean to it. [`features::Features`] lists them: [`cache::Core`],
//!   [`limiter::Limiters`], [`session::Sessions`], [`topic::Topics`] and [`queue::Queues`].
//! - A **driver** moves a lane's bytes and tells the connection what happens. The loop driver does it
//!   on the JavaScript thread inside libuv's loop, the thread driver on the I/O thread; both speak
//!   [`connection::ConnectionHandler`].
//! - A [`cache::Core`] is the part of a client that any thread may use: a [`redis::Node`], keys, codec and an
//!   [`outage::StandIn`], which has memory and journal. It turns calls into requests and replies into outcomes.
//!
//! `ARCHITECTURE.md` follows one `getConversationContext` through all of it. Without the default
//! feature `node` the crate knows nothing of Node and `cargo test --no-default-features --features cache` runs it.

// `unsafe` is for the binding alone, where each block says why it is sound.
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]
// A panic on the JavaScript thread is a server's lost request: fallible code says so in its type.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
// A debug print would end up in a server's output.
#![warn(clippy::dbg_macro, clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "node")]
// Test builds register no module with Node, so nothing there leads into the binding.
#[cfg_attr(test, allow(dead_code, unused_imports))]
mod binding;
#[cfg(feature = "cache")]
pub mod cache;
pub mod codec;
pub mod command;
pub mod config;
pub mod connection;
#[cfg(feature = "cache")]
pub mod copies;
#[cfg(feature = "cache")]
pub mod entries;
#[cfg(feature = "cache")]
pub mod erasure;
pub mod error;
#[cfg(feature = "cache")]
pub mod features;
pub mod health;
pub mod journal;
pub mod key;
pub mod lane;
#[cfg(feature = "cache")]
pub mod limiter;
pub mod near;
#[cfg(feature = "cache")]
pub mod outage;
mod planted;
#[cfg(feature = "cache")]
pub mod queue;
pub mod redis;
pub mod runtime;
#[cfg(feature = "cache")]
pub mod script;
#[cfg(feature = "cache")]
pub mod session;
pub mod store;
mod sync;
#[cfg(feature = "cache")]
pub mod topic;
#[cfg(feature = "cache")]
pub mod topology;
#[cfg(feature = "cache")]
pub mod watch;
