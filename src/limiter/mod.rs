//! Rate limits: how much an identity may do in a while, decided by the server's clock for all processes at once.
//!
//! Promises: a decision (consume, peek) is exact in integers and comes within `decisionMs`, whatever becomes of Redis;
//! refunds, resets and blocks have the command timeout. A call over several checks is admitted as a whole or not at all, and
//! a rejected call takes nothing. A key of the limiter always has an expiry, and holds no identifier. Relies on scripts that Redis runs in one step, and on `Policy` for numbers that Lua computes exactly.
//! Leases are prolonged on the I/O thread, however busy a JavaScript thread is, and end with their process.
//! Never uses a client's clock for a decision that Redis makes.

mod acquire;
mod algorithm;
mod answer;
mod batch;
mod block;
mod call;
mod check;
mod commands;
mod decode;
mod denial;
mod erasing;
mod feature;
mod gathered;
mod identity;
mod instances;
mod keys;
mod lease;
mod limits;
mod local;
mod options;
mod period;
mod policy;
mod policy_options;
mod releasing;
mod reply;
mod room;
pub mod scripts;
mod tally;
#[cfg(test)]
mod tests;
mod ticket;

pub use algorithm::{
    Calendar, Concurrency, Fixed, Gcra, Log, LogEntry, Reason, Sliding, State, Verdict, decide, refund, view,
};
pub use batch::{BatchCheck, CheckBatch, MAX_CHECKS};
pub use block::Block;
pub use call::{Entry, LocalCheck, decide_call, peek};
pub use commands::{LeasePart, append_block, append_eval, append_refund, append_release, append_renew};
pub use decode::Call;
pub use gathered::Scratch;
pub use period::Period;
pub use policy::{Algorithm, Policy};
pub use policy_options::PolicyOptions;
pub use reply::{BatchReply, CallReply};
pub use room::Limiters;
pub use ticket::LimiterTicket;
