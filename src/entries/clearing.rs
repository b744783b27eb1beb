//! Clearing a cache of an organization, or a namespace of it, page by page.

use std::time::Instant;

use super::random::random_token;
use super::request::{append_script, append_whole_script};
use super::scripts::Script;
use crate::error::Result;
use crate::key::{EntryKeys, Keys};
use crate::lane::{Frame, Node};
use crate::outage::ClearingOf;

/// Keys that one script takes away: short enough that other clients of the server hardly notice.
const KEYS_A_PAGE: &[u8] = b"1000";
/// Longer than a lease lasts, so a holder sees the mark when it renews.
const MARK_MS: &[u8] = b"120000";

/// How far a clearing has come.
#[derive(Debug)]
pub struct Clearing {
    index: Vec<u8>,
    organization: Option<String>,
    aside: Vec<u8>,
    mark: Vec<u8>,
    /// What the keys begin with, of a namespace.
    begin: Vec<u8>,
    /// What the next page is asked with.
    from: Vec<u8>,
    /// When it was asked for, where the journal has sent it.
    asked_at: Option<Instant>,
    removed: i64,
}

impl Clearing {
    /// # Errors
    /// `E_KEY` where a name is too long.
    pub fn new(
        keys: &Keys,
        of: &EntryKeys<'_>,
        namespaces: &[Box<str>],
        organization: Option<&str>,
    ) -> Result<Box<Clearing>> {
        let (mut index, mut begin) = (Vec::new(), Vec::new());
        of.index(&mut index)?;
        if !namespaces.is_empty() {
            of.entries_begin(&mut begin, namespaces)?;
        }
        Ok(Box::new(Clearing { begin, ..Clearing::of_index(keys, index, organization) }))
    }

    /// A clearing that the journal holds.
    pub fn replayed(
        keys: &Keys,
        index: &[u8],
        organization: Option<&str>,
        asked_at: Instant,
    ) -> Box<Clearing> {
        let clearing = Clearing::of_index(keys, index.to_vec(), organization);
        Box::new(Clearing { asked_at: Some(asked_at), ..clearing })
    }

    fn of_index(keys: &Keys, index: Vec<u8>, organization: Option<&str>) -> Clearing {
        Clearing {
            aside: keys.aside_of(&index),
            mark: keys.mark_of(&index),
            index,
            organization: organization.map(str::to_owned),
            begin: Vec::new(),
            from: Vec::new(),
            asked_at: None,
            removed: 0,
        }
    }

    /// Clears the whole cache and not a namespace.
    pub fn widen(&mut self) {
        self.begin.clear();
    }

    pub fn is_replayed(&self) -> bool {
        self.asked_at.is_some()
    }

    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    pub fn index(&self) -> &[u8] {
        &self.index
    }

    pub fn mark(&self) -> &[u8] {
        &self.mark
    }

    /// What the keys begin with that are cleared; empty for all of the index.
    pub fn begin(&self) -> &[u8] {
        &self.begin
    }

    /// Keys that have gone so far.
    pub fn removed(&self) -> i64 {
        self.removed
    }

    /// What an outage must know of it. There a namespace's clearing is one of the whole cache: too much is cleared rather
    /// than too little.
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

    /// Appends the request of the next page.
    pub fn append(&self, out: &mut Vec<u8>) {
        // What the journal replays next must not overtake it.
        let append = if self.is_replayed() { append_whole_script } else { append_script };
        append(
            out,
            Script::CLEAR,
            &[&self.index, &self.aside, &self.mark],
            &[KEYS_A_PAGE, &self.from, random_token().as_bytes(), MARK_MS, &self.begin],
        );
    }

    /// Takes a page's reply in. True after the last page.
    pub fn advance(&mut self, frame: Frame<'_>) -> bool {
        let Node::Array(mut items) = frame.node() else { return true };
        let (Some(Node::Integer(removed)), Some(Node::Bulk(from))) = (items.next(), items.next()) else {
            return true;
        };
        self.removed += removed;
        self.from = from.to_vec();
        from.is_empty()
    }
}
