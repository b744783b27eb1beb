//! What there is to see of a near store and of the connections that fill it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::near::{GroupReport, Report};
use crate::watch::{Mode, Seen, Watch};

/// What the names of the groups of caches begin with. No kind has a colon.
const OF_CACHE: &str = "cache:";
/// The group of the records of tags.
pub const TAGS: &str = "tags";

/// The name of the group of a cache's entries.
pub fn group_of_cache(name: &str) -> String {
    [OF_CACHE, name].concat()
}

/// The report of a client without copies.
pub fn no_near() -> Value {
    describe("disabled", None, &Report::default(), 0)
}

/// The report of a store, which is that of the whole process, and of a client's watch connections.
pub fn near_report(store: &Report, watches: &[Arc<Watch>]) -> Value {
    let Seen { mode, reason } = worst(watches.iter().map(|watch| watch.seen()));
    describe(mode.name(), reason, store, watches.iter().map(|watch| watch.dropped()).sum())
}

fn describe(mode: &str, reason: Option<String>, store: &Report, dropped_wishes: u64) -> Value {
    let sum = |of: fn(&GroupReport) -> u64| store.groups.iter().map(of).sum::<u64>();
    // A read that asks for the record of a tag is counted with its entry.
    let reads = |of: fn(&GroupReport) -> u64| {
        store.groups.iter().filter(|group| group.name != TAGS).map(of).sum::<u64>()
    };
    let mut kinds = Map::new();
    let mut caches = Map::new();
    for group in store.groups.iter().filter(|group| group.name != TAGS) {
        match group.name.strip_prefix(OF_CACHE) {
            Some(cache) => caches.insert(cache.to_owned(), of_kind(group)),
            None => kinds.insert(group.name.clone(), of_kind(group)),
        };
    }
    json!({
        "mode": mode,
        "reason": reason,
        "sessions": store.sessions,
        "freshnessMs": store.freshness.map(milliseconds),
        "entries": store.entries,
        "bytes": store.bytes,
        "maxBytes": store.max_bytes,
        "hits": reads(|group| group.hits),
        "misses": reads(|group| group.misses),
        "fills": sum(|group| group.fills),
        "refusedFills": sum(|group| group.refused),
        "droppedFills": sum(|group| group.dropped) + dropped_wishes,
        "evictions": store.evictions,
        "kinds": kinds,
        "caches": caches,
    })
}

fn of_kind(group: &GroupReport) -> Value {
    json!({
        "entries": group.entries,
        "hits": group.hits,
        "misses": group.misses,
        "fills": group.fills,
        "sparse": group.is_sparse,
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// One of a cluster's connections that is off says more than those that track.
fn worst(all: impl Iterator<Item = Seen>) -> Seen {
    let rank = |seen: &Seen| match seen.mode {
        Mode::Off => 2,
        Mode::Tracking => 1,
        Mode::Idle => 0,
    };
    all.max_by_key(rank).unwrap_or(Seen { mode: Mode::Idle, reason: None })
}
