//! Groups of keys: what copies bring is counted by group, and a group whose copies bring little gets few.

use super::key::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

#[cfg(not(orgcache_loom))]
pub const GROUPS: usize = 256;
#[cfg(orgcache_loom)]
pub const GROUPS: usize = 1;

/// A group is judged after so many fills.
const JUDGED_FILLS: u64 = 10_000;
/// A group that fills a hundredth of its keys is judged earlier, because its fills are rarer.
const JUDGED_SAMPLE_FILLS: u64 = 1_000;
/// Where the sample has few keys, they are filled once and read often: the group is looked at after so many misses, too.
const JUDGED_MISSES: u64 = 8_192;
/// So few fills of a sample count as so many.
const LEAST_SAMPLE_FILLS: u64 = 10;
/// Copies that answer fewer reads a fill cost the server more than they save.
const LEAST_READS_A_FILL: u64 = 2;

/// A kind of the adapter, or a cache. `NearStore::group` gives each name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(u16);

impl Group {
    /// Its number, below 256.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Answered reads: all, and those of the keys in the sample.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hits {
    pub all: u64,
    pub sampled: u64,
}

/// Whether the key is one of the hundredth that a group with little benefit still fills.
pub fn is_sampled(hash: Hash) -> bool {
    hash.fingerprint() < u32::MAX / 100
}

#[derive(Debug)]
pub(super) struct Counters {
    pub copies: AtomicUsize,
    pub misses: AtomicU64,
    pub fills: AtomicU64,
    pub refused: AtomicU64,
    pub dropped: AtomicU64,
    /// 1 while only the sample is filled.
    is_sparse: AtomicUsize,
    judged: Mutex<Judged>,
    /// How long a copy answers after its fill at most, in ms; `UNLIMITED` where the group has no limit of its own.
    max_lifetime_ms: AtomicU64,
}

const UNLIMITED: u64 = u64::MAX;

/// What the counters were when the group was judged last.
#[derive(Debug, Clone, Copy, Default)]
struct Judged {
    fills: u64,
    hits: Hits,
}

impl Counters {
    fn new() -> Counters {
        Counters {
            copies: AtomicUsize::new(0),
            misses: AtomicU64::new(0),
            fills: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            is_sparse: AtomicUsize::new(0),
            judged: Mutex::new(Judged::default()),
            max_lifetime_ms: AtomicU64::new(UNLIMITED),
        }
    }

    /// Copies of the group answer no longer than this. The shortest of several limits counts.
    pub fn limit_lifetime(&self, limit: Duration) {
        self.max_lifetime_ms.fetch_min(limit.as_millis() as u64, Ordering::Relaxed);
    }

    /// The group's own limit.
    pub fn max_lifetime(&self) -> Option<Duration> {
        let ms = self.max_lifetime_ms.load(Ordering::Relaxed);
        (ms != UNLIMITED).then_some(Duration::from_millis(ms))
    }

    pub fn is_sparse(&self) -> bool {
        self.is_sparse.load(Ordering::Relaxed) == 1
    }

    /// Whether the key may be filled, as far as its group's benefit goes.
    pub fn admits(&self, hash: Hash) -> bool {
        !self.is_sparse() || is_sampled(hash)
    }

    /// Counts a read that no copy answered. `hits` is asked once in some thousand misses of a group with little benefit.
    pub fn missed(&self, hits: impl FnOnce() -> Hits) {
        let misses = self.misses.fetch_add(1, Ordering::Relaxed) + 1;
        if !misses.is_multiple_of(JUDGED_MISSES) || !self.is_sparse() {
            return;
        }
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let (hits, fills) = (hits(), self.fills.load(Ordering::Relaxed));
        let filled = fills.saturating_sub(judged.fills).max(LEAST_SAMPLE_FILLS);
        if hits.sampled - judged.hits.sampled >= LEAST_READS_A_FILL * filled {
            self.is_sparse.store(0, Ordering::Relaxed);
            *judged = Judged { fills, hits };
        }
    }

    /// Counts a fill that begins, and judges the group by those before it. `hits` sums the group's hits, which costs more,
    /// so it is asked once in some thousand fills.
    pub fn filled(&self, hits: impl FnOnce() -> Hits) {
        let fills = self.fills.fetch_add(1, Ordering::Relaxed);
        let window = if self.is_sparse() { JUDGED_SAMPLE_FILLS } else { JUDGED_FILLS };
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if fills.saturating_sub(judged.fills) < window {
            return;
        }
        let hits = hits();
        let answered =
            if self.is_sparse() { hits.sampled - judged.hits.sampled } else { hits.all - judged.hits.all };
        let is_sparse = answered < LEAST_READS_A_FILL * (fills - judged.fills);
        self.is_sparse.store(usize::from(is_sparse), Ordering::Relaxed);
        *judged = Judged { fills, hits };
    }
}

#[derive(Debug)]
pub(super) struct Groups {
    names: Mutex<Vec<String>>,
    counters: Box<[Counters]>,
}

impl Groups {
    pub fn new() -> Groups {
        Groups { names: Mutex::default(), counters: (0..GROUPS).map(|_| Counters::new()).collect() }
    }

    /// The group of this name. Names above the 256th share the last group.
    pub fn named(&self, name: &str) -> Group {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let found = names.iter().position(|known| known == name);
        let index = found.unwrap_or_else(|| {
            if names.len() < GROUPS {
                names.push(name.to_owned());
            }
            names.len() - 1
        });
        Group(index as u16)
    }

    pub fn of(&self, group: Group) -> &Counters {
        &self.counters[group.index()]
    }

    /// All groups that have a name, with their names.
    pub fn each(&self) -> Vec<(String, Group)> {
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .zip((0..).map(Group))
            .collect()
    }
}
