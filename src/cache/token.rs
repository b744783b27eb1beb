//! What travels with a request.

use std::time::Instant;

use super::call::{Shape, Unacknowledged};
use super::clearing::Clearing;
use super::fence::Fence;
use super::legacy::Legacy;
use super::recent::Recent;
use super::replay::Replay;
use super::request::Form;

/// The slot of a request that nobody waits for.
pub const NOBODY: u32 = u32::MAX;
/// The slot of what the server says unasked: a message of a channel.
pub const PUSHED: u32 = u32::MAX - 1;

/// What travels with a request and comes back with its reply.
#[derive(Debug)]
pub struct Token {
    /// Who waits, in the caller's numbering.
    pub slot: u32,
    pub(super) purpose: Purpose,
    pub(super) issued: Instant,
    /// The order of this client's calls: of two writes of a key the later one counts, whichever of them
    /// is heard of first.
    pub(super) sequence: u64,
    pub(super) unacknowledged: Unacknowledged,
    /// It may change the database of its connection.
    pub(super) selects: bool,
    /// Nodes that have sent it on.
    pub(super) redirections: u8,
    /// How often a cluster that was down has refused it.
    pub(super) times_down: u8,
}

#[derive(Debug)]
pub(super) enum Purpose {
    Command(Shape),
    /// A command that waits for other clients: its reply may take as long as it asked for.
    Blocking(Shape),
    Transaction(Box<[Shape]>),
    Operation(Form),
    Legacy(Box<Legacy>),
    Clear(Box<Clearing>),
    /// Housekeeping whose reply is not looked at.
    Upkeep,
    /// Housekeeping that an outcome waits for: the write it belongs to is then acknowledged.
    ExtendIndex,
    /// How long the value lives that a read has just found.
    Lifetime(Box<Recent>),
    /// Writes that the journal held.
    Replay(Box<Replay>),
    /// Keeps what an earlier connection still holds from running late.
    Fence(Box<Fence>),
    /// The watchdog's question.
    Ask,
    /// The breaker's.
    Probe,
    /// What goes in front of a request that a node is about to take over.
    Asking,
}

impl Token {
    pub(super) fn new(slot: u32, purpose: Purpose, issued: Instant) -> Token {
        Token {
            slot,
            purpose,
            issued,
            sequence: 0,
            unacknowledged: Unacknowledged::Journal,
            selects: false,
            redirections: 0,
            times_down: 0,
        }
    }

    /// Without a caller.
    pub(super) fn unasked(purpose: Purpose, issued: Instant) -> Token {
        Token::new(NOBODY, purpose, issued)
    }

    /// The token of a request that follows from this one.
    pub(super) fn followed_by(&self, purpose: Purpose) -> Token {
        Token { purpose, ..*self }
    }

    /// When the call was made.
    pub fn issued(&self) -> Instant {
        self.issued
    }

    /// Whether silence is no sign of a server that is away.
    pub(super) fn is_patient(&self) -> bool {
        matches!(self.purpose, Purpose::Blocking(_))
    }

    /// Raw commands may wait for the next connection; the adapter's calls answer from memory.
    pub fn may_wait(&self) -> bool {
        matches!(self.purpose, Purpose::Command(_) | Purpose::Blocking(_) | Purpose::Transaction(_))
    }
}
