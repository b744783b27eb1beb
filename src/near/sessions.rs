//! Watch sessions: from when until when this process hears of each change of a node's keys.

use super::facts::{FRESH_AFTER_WORDS, Fact, Part};
use crate::planted::{Fault, is_planted};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Which primary. 0 where there is no cluster.
pub type NodeId = u16;

/// Primaries with a higher number have no session, so their keys get no copy.
#[cfg(not(orgcache_loom))]
pub const MAX_NODES: usize = 1_024;
#[cfg(orgcache_loom)]
pub const MAX_NODES: usize = 1;

/// The number of a session. No two sessions of a store have the same. 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session(u32);

#[derive(Debug)]
#[repr(C, align(8))]
struct Watched {
    /// The session that is alive, or 0.
    alive: AtomicU32,
    /// The last session there was.
    last: AtomicU32,
    /// Copies of this session and of earlier ones are gone for good: the node was flushed.
    flushed_through: AtomicU32,
    /// When the last answered PING of this session was sent, or 0.
    fresh_from: AtomicU64,
}

const WATCHED_WORDS: u32 = size_of::<Watched>() as u32 / 4;
// Readers find the parts of it by their words.
const _: () = assert!(
    std::mem::offset_of!(Watched, alive) == 0
        && std::mem::offset_of!(Watched, fresh_from) == 4 * FRESH_AFTER_WORDS as usize
);

#[derive(Debug)]
pub struct Sessions {
    nodes: Box<[Watched]>,
    begun: AtomicU32,
}

impl Sessions {
    pub fn new() -> Sessions {
        let watched = || Watched {
            alive: AtomicU32::new(0),
            last: AtomicU32::new(0),
            flushed_through: AtomicU32::new(0),
            fresh_from: AtomicU64::new(0),
        };
        Sessions { nodes: (0..MAX_NODES).map(|_| watched()).collect(), begun: AtomicU32::new(0) }
    }

    fn node(&self, node: NodeId) -> Option<&Watched> {
        self.nodes.get(usize::from(node))
    }

    pub fn memory(&self) -> Part {
        Part::of(&self.nodes)
    }

    pub fn fact(node: NodeId, session: Session) -> Fact {
        Fact { word: u32::from(node) * WATCHED_WORDS, is: session.0 }
    }

    /// The node tells of every change from now on. Copies of earlier sessions stay silent.
    pub fn begin(&self, node: NodeId) {
        let Some(watched) = self.node(node) else { return };
        let last = watched.last.load(Ordering::SeqCst);
        let session = if is_planted(Fault::SessionSurvivesReconnect) && last != 0 {
            last
        } else {
            watched.fresh_from.store(0, Ordering::SeqCst);
            self.begun.fetch_add(1, Ordering::SeqCst) + 1
        };
        watched.last.store(session, Ordering::SeqCst);
        watched.alive.store(session, Ordering::SeqCst);
    }

    pub fn end(&self, node: NodeId) {
        if let Some(watched) = self.node(node) {
            watched.alive.store(0, Ordering::SeqCst);
        }
    }

    pub fn end_all(&self) {
        for watched in &self.nodes {
            watched.alive.store(0, Ordering::SeqCst);
        }
    }

    /// The node has lost all keys: its copies never answer again, not in an outage either.
    pub fn flushed(&self, node: NodeId) {
        if let Some(watched) = self.node(node) {
            watched.flushed_through.store(watched.last.load(Ordering::SeqCst), Ordering::SeqCst);
            watched.alive.store(0, Ordering::SeqCst);
        }
    }

    /// The node answered a PING that was sent at this tick.
    pub fn answered_ping(&self, node: NodeId, sent_at: u64) {
        if let Some(watched) = self.node(node) {
            watched.fresh_from.fetch_max(sent_at, Ordering::SeqCst);
        }
    }

    pub fn alive(&self, node: NodeId) -> Option<Session> {
        let session = self.node(node)?.alive.load(Ordering::SeqCst);
        (session != 0).then_some(Session(session))
    }

    pub fn is_alive(&self, node: NodeId, session: Session) -> bool {
        self.alive(node) == Some(session)
    }

    /// When the last answered PING of the node's session was sent. `None` before the first.
    pub fn fresh_from(&self, node: NodeId) -> Option<u64> {
        let tick = self.node(node)?.fresh_from.load(Ordering::SeqCst);
        (tick != 0).then_some(tick)
    }

    /// Whether the node was flushed since.
    pub fn was_flushed(&self, node: NodeId, session: Session) -> bool {
        self.node(node).is_none_or(|watched| session.0 <= watched.flushed_through.load(Ordering::SeqCst))
    }

    /// Nodes with a session, and the oldest moment at which one of them was known to be fresh.
    pub fn seen(&self) -> (usize, Option<u64>) {
        let alive = self.nodes.iter().filter(|watched| watched.alive.load(Ordering::SeqCst) != 0);
        alive.fold((0, None), |(count, oldest): (usize, Option<u64>), watched| {
            let fresh = watched.fresh_from.load(Ordering::SeqCst);
            (count + 1, Some(oldest.map_or(fresh, |oldest| oldest.min(fresh))))
        })
    }
}
