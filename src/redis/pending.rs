//! What travels with a request and comes back with its reply.

use std::time::{Duration, Instant};

use super::fence::Fence;
use super::node::Node;
use super::reply_format::ReplyFormat;

/// The id of a request that nobody waits for.
pub const NOBODY: u32 = u32::MAX;
/// The id of what the server says unasked: a message of a channel.
pub const PUSHED: u32 = u32::MAX - 1;

/// A request that waits for its reply.
#[derive(Debug)]
pub struct PendingRequest<T> {
    /// The call that waits, by the number that the caller gave it.
    pub call_id: u32,
    /// When the call was made.
    pub issued: Instant,
    /// It may change the database of its connection.
    pub selects: bool,
    /// It went out behind ASKING: its node is about to take the slot over, and carries nothing out otherwise.
    pub is_asking: bool,
    /// Nodes that have sent it on.
    pub redirections: u8,
    /// How often a cluster that was down has refused it.
    pub times_down: u8,
    /// How long its caller waits, in ms; 0: as long as a command may take. A shorter patience says nothing of the server.
    pub patience_ms: u32,
    pub ticket: T,
}

/// What a request is for. `T` is the ticket of the room whose request it is.
#[derive(Debug)]
pub enum Ticket<T> {
    Command(ReplyFormat),
    /// A command that waits for other clients: its reply may take as long as it asked for.
    Blocking(ReplyFormat),
    Transaction(Box<[ReplyFormat]>),
    /// Keeps what an earlier connection still holds from running late.
    Fence(Box<Fence>),
    /// The watchdog's question.
    Ask,
    /// The breaker's.
    Probe,
    /// What goes in front of a request that a node is about to take over.
    Asking,
    /// A request of the room above.
    Feature(T),
}

/// A request on a connection that several rooms share.
pub type Pending<T> = PendingRequest<Ticket<T>>;

impl<T> PendingRequest<T> {
    pub fn new(call_id: u32, ticket: T, issued: Instant) -> PendingRequest<T> {
        PendingRequest {
            call_id,
            issued,
            selects: false,
            is_asking: false,
            redirections: 0,
            times_down: 0,
            patience_ms: 0,
            ticket,
        }
    }

    /// Without a caller.
    pub fn unasked(ticket: T, issued: Instant) -> PendingRequest<T> {
        PendingRequest::new(NOBODY, ticket, issued)
    }

    /// The same request with another ticket.
    pub fn with<U>(&self, ticket: U) -> PendingRequest<U> {
        let PendingRequest { call_id, issued, selects, is_asking, redirections, times_down, .. } = *self;
        let patience_ms = self.patience_ms;
        PendingRequest { call_id, issued, selects, is_asking, redirections, times_down, patience_ms, ticket }
    }

    /// When it must have settled.
    pub fn deadline(&self, node: &Node) -> Instant {
        match self.patience_ms {
            0 => node.deadline(self.issued),
            ms => self.issued + Duration::from_millis(ms.into()),
        }
    }

    /// Whether it may be overdue though the server is well.
    pub fn is_impatient(&self) -> bool {
        self.patience_ms > 0
    }

    /// The request without its ticket, and the ticket.
    pub fn split(self) -> (PendingRequest<()>, T) {
        (self.with(()), self.ticket)
    }
}

impl<T> Pending<T> {
    /// Whether silence is no sign of a server that is away.
    pub fn is_patient(&self) -> bool {
        matches!(self.ticket, Ticket::Blocking(_))
    }

    /// A raw command may wait for the next connection.
    pub fn may_wait(&self) -> bool {
        matches!(self.ticket, Ticket::Command(_) | Ticket::Blocking(_) | Ticket::Transaction(_))
    }
}
