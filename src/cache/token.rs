//! What travels with a request, and how requests are put into a batch.

use std::time::Instant;

use super::call::Shape;
use super::clearing::Clearing;
use super::legacy::Legacy;
use super::request::Form;
use crate::lane::{Batch, BatchRequest};

/// The slot of a request that nobody waits for.
pub const NOBODY: u32 = u32::MAX;

/// What travels with a request and comes back with its reply.
#[derive(Debug)]
pub struct Token {
    /// Who waits, in the caller's numbering.
    pub slot: u32,
    pub(super) purpose: Purpose,
    pub(super) issued: Instant,
}

#[derive(Debug)]
pub(super) enum Purpose {
    Command(Shape),
    Operation(Form),
    Legacy(Box<Legacy>),
    Clear(Box<Clearing>),
    /// Housekeeping whose reply is not looked at.
    Upkeep,
    /// Housekeeping that an outcome waits for: the write it belongs to is then acknowledged.
    ExtendIndex,
}

impl Token {
    /// Raw commands may wait for the next connection; the adapter's calls answer from memory.
    pub fn may_wait(&self) -> bool {
        matches!(self.purpose, Purpose::Command(_))
    }

    pub(super) fn clear(slot: u32, clearing: Box<Clearing>, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::Clear(clearing), issued }
    }

    pub(super) fn upkeep(issued: Instant) -> Token {
        Token { slot: NOBODY, purpose: Purpose::Upkeep, issued }
    }

    pub(super) fn extend_index(slot: u32, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::ExtendIndex, issued }
    }

    pub(super) fn legacy(slot: u32, legacy: Box<Legacy>, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::Legacy(legacy), issued }
    }

    /// When the call was made.
    pub fn issued(&self) -> Instant {
        self.issued
    }
}

/// Appends a request to a batch.
pub(super) fn push(
    next: &mut Batch<Token>,
    token: Token,
    deadline: Instant,
    append: impl FnOnce(&mut Vec<u8>) -> u32,
) {
    let from = next.bytes.len();
    let replies = append(&mut next.bytes);
    next.requests.push(BatchRequest { token, len: next.bytes.len() - from, replies, deadline });
}
