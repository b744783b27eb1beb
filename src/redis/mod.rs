//! A request gets one reply, one redirection or one loss: connections that calls share, and the Link.
//!
//! Promises: requests go out in the order in which they were made; each is answered, sent to where a cluster says, or told
//! lost, with whether any of it may have reached the server. What the server says unasked is told apart from replies. What a
//! request is for, and what its caller is told in an outage, the room above decides (`Feature`); raw commands are told as
//! they end. Relies on `lane` for the protocol, on `connection` for streams, on `command` for what is known of commands.
//! Never names a cache, a key of one or a journal, and never dials by itself.
//!
//! A `Link` is one connection without policy: it knows no deadline and no bound, and says nothing of its own to the server.

mod answers;
mod arguments;
mod attached;
mod by_sha;
mod dial;
mod error_policy;
mod failure;
mod feature;
mod fence;
mod head;
mod large;
mod later;
mod link;
mod meaning;
mod multiplexed;
mod node;
mod outcome;
mod pending;
mod raw;
mod redirect;
mod reply_format;
mod role;
mod shared_connection;
mod slots;
mod target;
#[cfg(test)]
mod tests;
mod thread;
mod verbs;

pub use answers::give_up;
pub use arguments::{CallArguments, misuse};
pub use attached::Attached;
pub use by_sha::{Sha, append_eval, sha_of};
pub use dial::{Addresses, Connected, dial};
pub use error_policy::{ErrorPolicy, REFUSALS, Refusal};
pub use failure::{Failure, Garbled};
pub use feature::{
    Call, CallOf, Feature, FollowUp, Followed, OfRoom, RoomBeside, Route, Wrapped, prepare, without_room,
};
pub use fence::Fence;
pub use head::{Asked, COMMAND, COMMAND_FLAGS, FIRST_ROOM_VERB, Head, TRANSACTION};
pub use later::{Due, Later, append_aged};
pub use link::{Link, LinkTicket, Listener, Meter, Moving, append_request};
pub use multiplexed::MultiplexedConnection;
pub use node::{Node, closed, embedded};
pub use outcome::{Outcome, RequestSink, Sink};
pub use pending::{NOBODY, PUSHED, Pending, PendingRequest, Ticket};
pub use raw::RawCall;
pub use redirect::{AGAIN_AFTER, Redirected, Redirection};
pub use reply_format::{CommandOptions, ReplyFormat, ReplyLayout};
pub use role::Role;
pub use shared_connection::{CHANGING, CHANGING_IN};
pub use slots::slot_of_request;
pub use target::Target;
pub use thread::{Handed, Outlet, converse, hand_over};
pub(crate) use verbs::verbs;
