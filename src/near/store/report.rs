//! What is known of a store.

use super::NearStore;
use crate::near::groups::Group;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    pub entries: usize,
    /// Keys, values, headers, tables and what the allocator rounds up.
    pub bytes: usize,
    pub max_bytes: usize,
    pub evictions: u64,
    /// Primaries whose pushes arrive.
    pub sessions: usize,
    /// How long ago the last answered PING was sent, to the node for which that is longest. `None` without a session, and
    /// before the first answer.
    pub freshness: Option<Duration>,
    pub groups: Vec<GroupReport>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupReport {
    pub name: String,
    pub entries: usize,
    pub hits: u64,
    /// Reads that found no copy, and were answered by Redis.
    pub misses: u64,
    /// Fills that were sent.
    pub fills: u64,
    /// Fills whose value was not kept: it had changed, was none, or was too large.
    pub refused: u64,
    /// Fills that were not sent: too many were under way, or the watch connection had no session.
    pub dropped: u64,
    /// Whether only a hundredth of the keys is filled, because copies answer fewer than two reads a fill.
    pub is_sparse: bool,
}

impl NearStore {
    pub fn report(&self, now: Instant) -> Report {
        let (sessions, fresh_from) = self.sessions.seen();
        let tick = self.tick(now);
        let freshness =
            fresh_from.filter(|tick| *tick != 0).map(|from| Duration::from_nanos(tick.saturating_sub(from)));
        let groups: Vec<_> =
            self.groups.each().into_iter().map(|(name, group)| self.report_group(name, group)).collect();
        Report {
            entries: groups.iter().map(|group| group.entries).sum(),
            bytes: self.bytes.load(Ordering::Relaxed),
            max_bytes: self.options.max_bytes,
            evictions: self.evictions.load(Ordering::Relaxed),
            sessions,
            freshness,
            groups,
        }
    }

    fn report_group(&self, name: String, group: Group) -> GroupReport {
        let counters = self.groups.of(group);
        GroupReport {
            name,
            entries: counters.copies.load(Ordering::Relaxed),
            hits: self.hits(group).all,
            misses: counters.misses.load(Ordering::Relaxed),
            fills: counters.fills.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            dropped: counters.dropped.load(Ordering::Relaxed),
            is_sparse: counters.is_sparse(),
        }
    }
}
