//! Clearing one organization: what its index lists, page by page, and what the JavaScript layer
//! left of it.

use std::time::Instant;

use super::call::Outcome;
use super::core::Core;
use super::scripts::{CLEAR_INDEX, CLEAR_LEGACY_HASH};
use super::token::{Token, push};
use super::upkeep::append_script;
use crate::error::Result;
use crate::key::Kind;
use crate::lane::{Batch, Frame, Node, append_command};

/// Keys that one script takes away: well under the stack that Lua's `unpack` has, and short
/// enough that other clients of the server hardly notice.
const KEYS_A_PAGE: i64 = 1000;
/// Values that the JavaScript layer wrote as plain strings of an organization lived this long;
/// longer than that the mark need not hold.
const LEGACY_TEXT_SECONDS: &[u8] = b"120";
/// The kinds that the JavaScript layer kept in hashes, all organizations together.
const LEGACY_HASHES: [Kind; 2] = [Kind::ConversationContext, Kind::ConversationSummary];

/// How far a clearing has come.
#[derive(Debug)]
pub struct Clearing {
    organization: Option<String>,
    index: Vec<u8>,
    step: Step,
    removed: i64,
    /// Pages that may still be asked for: a writer who is faster than the clearing must not keep
    /// it going for ever.
    pages_left: i64,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Mark,
    Index,
    /// The position in `LEGACY_HASHES`.
    LegacyHash(usize),
}

impl Clearing {
    pub fn new(core: &Core, organization: Option<&str>) -> Result<Box<Clearing>> {
        let mut index = Vec::new();
        core.keys().organization_index(&mut index, organization)?;
        let organization = organization.map(str::to_owned);
        Ok(Box::new(Clearing { organization, index, step: Step::Mark, removed: 0, pages_left: i64::MAX }))
    }

    /// Clears what memory holds. Where the values are in Redis that is not what was asked for, and
    /// the answer says so.
    pub fn locally(&self, core: &Core) -> Outcome<'static> {
        let removed = core.memory().clear_organization(&self.index);
        if core.uses_redis() {
            return Outcome::Boolean(false);
        }
        Outcome::Integer(i64::try_from(removed).unwrap_or(i64::MAX))
    }

    /// Appends the first request: the mark that keeps old values from being read through.
    pub fn begin(
        self: Box<Self>,
        core: &Core,
        slot: u32,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<(Token, u32)> {
        let mut mark = Vec::new();
        core.keys().cleared_mark(&mut mark, self.organization.as_deref())?;
        append_command(out, &[b"SET", &mark, b"1", b"EX", LEGACY_TEXT_SECONDS]);
        Ok((Token::clear(slot, self, now), 1))
    }

    /// Takes a step's reply in; gives the outcome after the last step.
    pub fn advance(
        mut self: Box<Self>,
        core: &Core,
        slot: u32,
        frame: Frame<'_>,
        issued: Instant,
        next: &mut Batch<Token>,
    ) -> Option<Outcome<'static>> {
        let mut cursor = b"0".to_vec();
        self.step = match self.step {
            Step::Mark => Step::Index,
            Step::Index => {
                let (removed, left) = pair(frame);
                self.removed += removed;
                // The first page tells how many there are; two more are for writers meanwhile.
                self.pages_left = self.pages_left.min(left / KEYS_A_PAGE + 3) - 1;
                if left > 0 && self.pages_left > 0 { Step::Index } else { Step::LegacyHash(0) }
            }
            Step::LegacyHash(position) => {
                let (at, removed) = page(frame);
                self.removed += removed;
                if at == b"0" {
                    Step::LegacyHash(position + 1)
                } else {
                    cursor = at;
                    Step::LegacyHash(position)
                }
            }
        };
        let mut request = Vec::new();
        match self.step {
            Step::Mark | Step::Index => append_script(&mut request, CLEAR_INDEX, &self.index, KEYS_A_PAGE),
            Step::LegacyHash(position) => {
                let Some(kind) = LEGACY_HASHES.get(position) else {
                    core.memory().clear_organization(&self.index);
                    return Some(Outcome::Integer(self.removed));
                };
                let hash = core.keys().legacy_hash(*kind);
                let mut command: Vec<&[u8]> =
                    vec![b"EVAL", CLEAR_LEGACY_HASH.as_bytes(), b"1", &hash, &cursor];
                command.extend(self.organization.as_deref().map(str::as_bytes));
                append_command(&mut request, &command);
            }
        }
        // Each page is progress, and gets a deadline of its own.
        let deadline = core.deadline(Instant::now());
        push(next, Token::clear(slot, self, issued), deadline, |out| {
            out.extend_from_slice(&request);
            1
        });
        None
    }
}

fn pair(frame: Frame<'_>) -> (i64, i64) {
    let Node::Array(mut items) = frame.node() else { return (0, 0) };
    match (items.next(), items.next()) {
        (Some(Node::Integer(first)), Some(Node::Integer(second))) => (first, second),
        _ => (0, 0),
    }
}

fn page(frame: Frame<'_>) -> (Vec<u8>, i64) {
    let Node::Array(mut items) = frame.node() else { return (b"0".to_vec(), 0) };
    match (items.next(), items.next()) {
        (Some(Node::Bulk(cursor)), Some(Node::Integer(removed))) => (cursor.to_vec(), removed),
        _ => (b"0".to_vec(), 0),
    }
}
