//! What became of the calls of one room of sessions in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

/// Each counts what its name says; `ALL` has their names for JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Created,
    Read,
    Updated,
    Conflicts,
    Rotated,
    Destroyed,
    Revoked,
    Evicted,
    Journalled,
    Stale,
    Malformed,
    Unknown,
    Mismatched,
    Full,
    Damaged,
    Touched,
}

const ALL: [(Count, &str); 16] = [
    (Count::Created, "created"),
    (Count::Read, "read"),
    (Count::Updated, "updated"),
    (Count::Conflicts, "conflicts"),
    (Count::Rotated, "rotated"),
    (Count::Destroyed, "destroyed"),
    (Count::Revoked, "revoked"),
    (Count::Evicted, "evicted"),
    (Count::Journalled, "journalled"),
    (Count::Stale, "stale"),
    (Count::Malformed, "malformed"),
    (Count::Unknown, "unknown"),
    (Count::Mismatched, "mismatched"),
    (Count::Full, "full"),
    (Count::Damaged, "damaged"),
    (Count::Touched, "touched"),
];

#[derive(Debug, Default)]
pub struct Tally([AtomicU64; ALL.len()]);

impl Tally {
    pub fn count(&self, what: Count) {
        self.add(what, 1);
    }

    pub fn add(&self, what: Count, number: u64) {
        self.0[what as usize].fetch_add(number, Ordering::Relaxed);
    }

    pub fn describe(&self) -> Map<String, Value> {
        let number = |what: Count| self.0[what as usize].load(Ordering::Relaxed);
        ALL.into_iter().map(|(what, name)| (name.to_owned(), number(what).into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_stands_under_its_own_name() {
        let tally = Tally::default();
        for (position, (what, _)) in ALL.into_iter().enumerate() {
            assert_eq!(what as usize, position);
            tally.add(what, position as u64 + 1);
        }
        let described = tally.describe();
        assert_eq!(described.len(), ALL.len());
        for (position, (_, name)) in ALL.into_iter().enumerate() {
            assert_eq!(described[name], position as u64 + 1);
        }
    }
}
