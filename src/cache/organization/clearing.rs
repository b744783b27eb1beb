//! Clearing one organization: what its index lists, page by page, and what the JavaScript layer
//! left of it.

use std::time::{Duration, Instant};

use crate::cache::context::Context;
use crate::cache::kinds::default_ttl;
use crate::cache::scripts::{CLEAR_INDEX, CLEAR_LEGACY_HASH};
use crate::error::Result;
use crate::key::Kind;
use crate::lane::{Frame, Node, append_argument, append_command, append_header, append_integer_argument};
use crate::outage::ClearingOf;
use crate::outage::lifetime::milliseconds;

/// Keys that one script takes away: well under the stack that Lua's `unpack` has, and short
/// enough that other clients of the server hardly notice.
const KEYS_A_PAGE: i64 = 1000;
/// Values that the JavaScript layer wrote as plain strings of an organization lived this long;
/// longer than that the mark need not hold.
const LEGACY_TEXT_SECONDS: i64 = 120;
/// The kinds that the JavaScript layer kept in hashes, all organizations together.
pub const LEGACY_HASHES: [Kind; 2] = [Kind::ConversationContext, Kind::ConversationSummary];

/// How far a clearing has come.
#[derive(Debug)]
pub struct Clearing {
    organization: Option<String>,
    index: Vec<u8>,
    aside: Vec<u8>,
    mark: Vec<u8>,
    /// When it was asked for, where that is longer ago than this request: what was written since stays.
    asked_at: Option<Instant>,
    step: Step,
    /// Where the scan of a hash goes on.
    cursor: Vec<u8>,
    removed: i64,
    /// What the JavaScript layer left is searched too.
    has_legacy: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    FirstPage,
    Index,
    /// The position in `LEGACY_HASHES`.
    LegacyHash(usize),
}

impl Clearing {
    /// # Errors
    /// `E_KEY` where the organization's name is too long.
    pub fn new(context: &Context, organization: Option<&str>) -> Result<Box<Clearing>> {
        let (mut index, mut aside, mut mark) = (Vec::new(), Vec::new(), Vec::new());
        context.keys.organization_index(&mut index, organization)?;
        context.keys.cleared_mark(&mut mark, organization)?;
        context.keys.index_aside(&mut aside, organization)?;
        let organization = organization.map(str::to_owned);
        let (asked_at, step, cursor, removed) = (None, Step::FirstPage, b"0".to_vec(), 0);
        let has_legacy = context.reads_legacy();
        Ok(Box::new(Clearing {
            organization,
            index,
            aside,
            mark,
            asked_at,
            step,
            cursor,
            removed,
            has_legacy,
        }))
    }

    /// The same, asked for while Redis was away.
    pub fn asked_at(mut self: Box<Self>, at: Instant) -> Box<Clearing> {
        self.asked_at = Some(at);
        self
    }

    /// Whether the journal has sent it, and not a caller.
    pub fn is_replayed(&self) -> bool {
        self.asked_at.is_some()
    }

    /// The key of the organization's index.
    pub fn index(&self) -> &[u8] {
        &self.index
    }

    /// What an outage must know of it. `issued`: when its request was made.
    pub fn of_outage(&self, sequence: u64, issued: Instant) -> ClearingOf<'_> {
        ClearingOf {
            index: &self.index,
            organization: self.organization.as_deref(),
            sequence,
            asked_at: self.asked_at.unwrap_or(issued),
            is_replayed: self.is_replayed(),
            removed: self.removed,
        }
    }

    /// Keys that have gone so far.
    pub fn removed(&self) -> i64 {
        self.removed
    }

    /// Appends the request of the current step.
    pub fn append(&self, context: &Context, now: Instant, out: &mut Vec<u8>) {
        match self.step {
            Step::FirstPage | Step::Index => self.append_page(context, now, out),
            Step::LegacyHash(position) => {
                let hash = context.keys.legacy_hash(LEGACY_HASHES[position]);
                let mut command: Vec<&[u8]> = vec![b"EVAL", CLEAR_LEGACY_HASH, b"1", &hash, &self.cursor];
                command.extend(self.organization.as_deref().map(str::as_bytes));
                append_command(out, &command);
            }
        }
    }

    fn append_page(&self, context: &Context, now: Instant, out: &mut Vec<u8>) {
        let age = self.asked_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let lifetimes: Vec<_> = Kind::ALL
            .into_iter()
            .filter_map(|kind| default_ttl(kind).map(|ttl| (kind.segment(), ttl)))
            .filter(|_| !age.is_zero())
            .collect();
        append_header(out, 12 + 2 * lifetimes.len());
        append_argument(out, b"EVAL");
        append_argument(out, CLEAR_INDEX);
        append_integer_argument(out, 3);
        for key in [&self.index, &self.aside, &self.mark] {
            append_argument(out, key);
        }
        append_integer_argument(out, KEYS_A_PAGE);
        append_integer_argument(out, i64::from(self.step == Step::FirstPage));
        append_integer_argument(out, LEGACY_TEXT_SECONDS);
        append_integer_argument(out, milliseconds(age));
        append_integer_argument(out, context.keys.prefix().len() as i64);
        append_integer_argument(out, milliseconds(context.config().default_ttl));
        for (segment, ttl) in lifetimes {
            append_argument(out, segment.as_bytes());
            append_integer_argument(out, milliseconds(ttl));
        }
    }

    /// Takes a step's reply in. True after the last step.
    pub fn advance(&mut self, frame: Frame<'_>) -> bool {
        self.step = match self.step {
            Step::FirstPage | Step::Index => {
                let (removed, left) = pair(frame);
                self.removed += removed;
                match left {
                    0 if self.has_legacy => Step::LegacyHash(0),
                    0 => Step::LegacyHash(LEGACY_HASHES.len()),
                    _ => Step::Index,
                }
            }
            Step::LegacyHash(position) => {
                let (cursor, removed) = page(frame);
                self.removed += removed;
                let is_done = cursor == b"0";
                self.cursor = cursor;
                Step::LegacyHash(position + usize::from(is_done))
            }
        };
        self.step == Step::LegacyHash(LEGACY_HASHES.len())
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
