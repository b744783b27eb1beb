//! What each organization has asked for: counts of the most recent ones, and one sum for the rest.
//!
//! The memory is bounded: rows for so many organizations, each with times in few buckets. A row whose organization was not
//! heard of for long goes to another one, and its counts go to the rest. A hand goes around the rows and takes the first
//! whose organization was not heard of again since it passed: every call of an organization comes by here, and an exact order would
//! cost each of them more than its counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use serde_json::{Value, json};

/// Organizations that are counted by name.
const MOST: usize = 10_000;
/// Organizations of longer names are counted with the rest, so that names take no more memory than counts.
const MAX_NAME_BYTES: usize = 128;
/// Two for each doubling from 1 µs to a second. A longer time counts as a second.
const BUCKETS: usize = 40;

/// An organization's row, as a call carries it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seat {
    /// From 1. 0: no organization, which is not counted.
    row: u16,
    /// A row that has gone to another organization meanwhile has another generation.
    generation: u16,
}

impl Seat {
    /// The seat of those that have no row.
    const REST: Seat = Seat { row: u16::MAX, generation: 0 };
}

/// What a read has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Hit,
    Stale,
    Miss,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Counts {
    hits: u64,
    misses: u64,
    stale: u64,
    operations: u64,
    bytes: u64,
    times: [u32; BUCKETS],
}

struct Row {
    /// `None`: free.
    name: Option<Arc<str>>,
    generation: u16,
    counts: Counts,
}

#[derive(Default)]
struct Table {
    rows_by_name: HashMap<Arc<str>, u16, RandomState>,
    rows: Vec<Row>,
    /// Whether the organization of a row was heard of again since it got the row, or since the hand passed.
    heard: Vec<bool>,
    hand: usize,
    free: Vec<u16>,
    rest: Counts,
}

/// The counts of all organizations of one client.
#[derive(Default)]
pub struct Organizations(Mutex<Table>);

impl Default for Counts {
    fn default() -> Counts {
        Counts { hits: 0, misses: 0, stale: 0, operations: 0, bytes: 0, times: [0; BUCKETS] }
    }
}

impl Organizations {
    /// The seat of an organization that makes a call, which writes so many bytes.
    pub fn seat(&self, organization: Option<&str>, written: usize) -> Seat {
        let Some(name) = organization else { return Seat::default() };
        let mut table = self.table();
        let seat = table.seat(name);
        if written > 0 {
            table.counts(seat).bytes += written as u64;
        }
        seat
    }

    /// A call has ended.
    pub fn answered(&self, seat: Seat, found: Option<Found>, bytes: usize, elapsed: Duration) {
        if seat == Seat::default() {
            return;
        }
        self.table().counts(seat).answered(found, bytes, elapsed);
    }

    /// A read of an organization was a hit at once.
    pub fn hit_now(&self, organization: Option<&str>, bytes: usize) {
        let Some(name) = organization else { return };
        let mut table = self.table();
        let seat = table.seat(name);
        table.counts(seat).answered(Some(Found::Hit), bytes, Duration::ZERO);
    }

    /// So many reads were answered at once, outside of native code.
    pub fn answered_elsewhere(&self, seat: Seat, reads: u64) {
        if seat == Seat::default() {
            return;
        }
        let mut table = self.table();
        let counts = table.counts(seat);
        counts.hits += reads;
        counts.operations += reads;
        let bucket = &mut counts.times[bucket_of(Duration::ZERO)];
        *bucket = bucket.saturating_add(u32::try_from(reads).unwrap_or(u32::MAX));
    }

    /// Forgets what is known of an organization by name. Answers whether there was anything.
    pub fn forget(&self, organization: &str) -> bool {
        self.table().forget(organization)
    }

    pub fn has(&self, organization: &str) -> bool {
        self.table().rows_by_name.contains_key(organization)
    }

    /// The organizations with the most calls, and the sum of all others.
    pub fn largest(&self, most: usize) -> Value {
        let table = self.table();
        let mut rows: Vec<(&Arc<str>, &Counts)> =
            table.rows.iter().filter_map(|row| Some((row.name.as_ref()?, &row.counts))).collect();
        rows.sort_by(|(a, one), (b, other)| other.operations.cmp(&one.operations).then(a.cmp(b)));
        let mut rest = table.rest.clone();
        rows.iter().skip(most).for_each(|(_, counts)| rest.add(counts));
        let named: Vec<Value> = rows
            .iter()
            .take(most)
            .map(|(name, counts)| json!({ "organization": &***name, "counts": counts.to_json() }))
            .collect();
        json!({ "organizations": named, "rest": rest.to_json() })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A panic while it was held leaves counts that are off by one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn seat(&mut self, name: &str) -> Seat {
        if name.len() > MAX_NAME_BYTES {
            return Seat::REST;
        }
        let row = match self.rows_by_name.get(name) {
            Some(row) => {
                self.heard[usize::from(*row)] = true;
                *row
            }
            None => self.place(name),
        };
        Seat { row: row + 1, generation: self.rows[usize::from(row)].generation }
    }

    /// A row for an organization that has none.
    fn place(&mut self, name: &str) -> u16 {
        let row = self.free.pop().or_else(|| self.grow()).unwrap_or_else(|| self.take_oldest());
        let name: Arc<str> = name.into();
        self.rows_by_name.insert(name.clone(), row);
        self.rows[usize::from(row)].name = Some(name);
        row
    }

    fn grow(&mut self) -> Option<u16> {
        let row = u16::try_from(self.rows.len()).ok().filter(|row| usize::from(*row) < MOST)?;
        self.rows.push(Row { name: None, generation: 0, counts: Counts::default() });
        self.heard.push(false);
        Some(row)
    }

    /// Frees a row whose organization was not heard of for long. Its counts go to the rest. All rows are taken.
    fn take_oldest(&mut self) -> u16 {
        while std::mem::take(&mut self.heard[self.hand]) {
            self.step();
        }
        let row = self.hand as u16;
        self.step();
        let known = &mut self.rows[usize::from(row)];
        self.rest.add(&known.counts);
        if let Some(name) = known.name.take() {
            self.rows_by_name.remove(&name);
        }
        self.vacate(row);
        row
    }

    fn step(&mut self) {
        self.hand = (self.hand + 1) % self.rows.len();
    }

    fn vacate(&mut self, row: u16) {
        let known = &mut self.rows[usize::from(row)];
        let generation = known.generation.wrapping_add(1);
        *known = Row { name: None, generation, counts: Counts::default() };
    }

    fn counts(&mut self, seat: Seat) -> &mut Counts {
        match self.rows.get_mut(usize::from(seat.row.wrapping_sub(1))) {
            Some(row) if row.generation == seat.generation && row.name.is_some() => &mut row.counts,
            _ => &mut self.rest,
        }
    }

    fn forget(&mut self, name: &str) -> bool {
        let Some(row) = self.rows_by_name.remove(name) else { return false };
        self.vacate(row);
        self.free.push(row);
        true
    }
}

impl Counts {
    fn answered(&mut self, found: Option<Found>, bytes: usize, elapsed: Duration) {
        match found {
            Some(Found::Hit) => self.hits += 1,
            Some(Found::Stale) => self.stale += 1,
            Some(Found::Miss) => self.misses += 1,
            None => {}
        }
        self.operations += 1;
        self.bytes += bytes as u64;
        let bucket = &mut self.times[bucket_of(elapsed)];
        *bucket = bucket.saturating_add(1);
    }

    fn add(&mut self, other: &Counts) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.stale += other.stale;
        self.operations += other.operations;
        self.bytes += other.bytes;
        for (sum, count) in self.times.iter_mut().zip(other.times) {
            *sum = sum.saturating_add(count);
        }
    }

    /// The time in µs that 99 % of the calls did not exceed, rounded up to the next bucket; `None` without calls.
    fn p99_us(&self) -> Option<u64> {
        let all: u64 = self.times.iter().map(|count| u64::from(*count)).sum();
        let rank = all - all / 100;
        let mut seen = 0;
        let bucket = self.times.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank && seen > 0
        });
        bucket.map(end_of)
    }

    fn to_json(&self) -> Value {
        json!({
            "hits": self.hits,
            "misses": self.misses,
            "stale": self.stale,
            "operations": self.operations,
            "bytes": self.bytes,
            "p99Us": self.p99_us(),
        })
    }
}

fn bucket_of(elapsed: Duration) -> usize {
    let us = (elapsed.as_micros() as u64).max(1);
    let log = us.ilog2();
    // The upper half of a doubling begins at one and a half.
    let is_upper = log > 0 && us >> (log - 1) & 1 == 1;
    (2 * log as usize + usize::from(is_upper)).min(BUCKETS - 1)
}

/// Where a bucket ends, in µs.
fn end_of(bucket: usize) -> u64 {
    let begin = 1u64 << (bucket / 2);
    if bucket.is_multiple_of(2) { begin + begin / 2 } else { 2 * begin }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(all: &Organizations, name: &str, found: Option<Found>, us: u64) {
        let seat = all.seat(Some(name), 0);
        all.answered(seat, found, 10, Duration::from_micros(us));
    }

    #[test]
    fn each_organization_has_its_own_counts() {
        let all = Organizations::default();
        all.hit_now(Some("a"), 10);
        all.hit_now(None, 10);
        call(&all, "a", Some(Found::Miss), 100);
        call(&all, "a", Some(Found::Stale), 100);
        let seat = all.seat(Some("b"), 7);
        all.answered(seat, None, 0, Duration::ZERO);
        all.answered(all.seat(None, 9), Some(Found::Hit), 9, Duration::ZERO);
        let counts = |hits, misses, stale, operations, bytes, p99: u64| {
            json!({
                "hits": hits, "misses": misses, "stale": stale, "operations": operations, "bytes": bytes, "p99Us": p99
            })
        };
        assert_eq!(
            all.largest(9)["organizations"],
            json!([
                { "organization": "a", "counts": counts(1, 1, 1, 3, 30, 128) },
                { "organization": "b", "counts": counts(0, 0, 0, 1, 7, 1) },
            ])
        );
        let one = all.largest(1);
        assert_eq!(one["organizations"].as_array().unwrap().len(), 1);
        assert_eq!(one["rest"], counts(0, 0, 0, 1, 7, 1));
        assert_eq!(all.largest(9)["rest"]["operations"], json!(0));
    }

    #[test]
    fn the_slowest_hundredth_is_beyond_the_p99() {
        let all = Organizations::default();
        (0..99).for_each(|_| call(&all, "a", None, 1000));
        call(&all, "a", None, 900_000);
        assert_eq!(all.largest(1)["organizations"][0]["counts"]["p99Us"], json!(1024));
        (0..2).for_each(|_| call(&all, "a", None, 5_000_000));
        assert_eq!(all.largest(1)["organizations"][0]["counts"]["p99Us"], json!(1_048_576));
    }

    #[test]
    fn every_time_is_in_the_bucket_that_ends_above_it() {
        for us in (0..1_000_000).step_by(7) {
            let bucket = bucket_of(Duration::from_micros(us));
            assert!(us < end_of(bucket) && (bucket == 0 || us >= end_of(bucket - 1)), "{us} is in {bucket}");
        }
    }

    #[test]
    fn the_most_recent_organizations_have_rows_and_nothing_is_lost() {
        let all = Organizations::default();
        for number in 0..2 * MOST {
            call(&all, "busy", Some(Found::Hit), 1);
            call(&all, &number.to_string(), Some(Found::Miss), 1);
        }
        let told = all.largest(MOST);
        let named = told["organizations"].as_array().unwrap();
        assert_eq!(named.len(), MOST);
        assert_eq!(named[0]["counts"]["hits"], json!(2 * MOST), "it was heard of all the time");
        let sum: u64 = named.iter().map(|row| row["counts"]["operations"].as_u64().unwrap()).sum();
        assert_eq!(sum + told["rest"]["operations"].as_u64().unwrap(), 4 * MOST as u64);
        let table = all.table();
        assert!(table.rows.len() == MOST && table.rows_by_name.len() == MOST);
        assert!(size_of::<Row>() <= 256, "a row has {} bytes", size_of::<Row>());
    }

    #[test]
    fn an_organization_that_was_heard_of_since_the_hand_passed_keeps_its_row() {
        let all = Organizations::default();
        (0..MOST).for_each(|number| call(&all, &number.to_string(), None, 1));
        // The hand has gone around, and the first row went.
        call(&all, "new", None, 1);
        assert!(!all.has("0") && all.has("1"));
        call(&all, "1", None, 1);
        call(&all, "newer", None, 1);
        assert!(all.has("1") && !all.has("2"));
        // A row that an erasure has freed goes first.
        assert!(all.forget("7000"));
        call(&all, "newest", None, 1);
        assert!(all.has("3") && all.has("newest"));
    }

    #[test]
    fn a_call_that_ends_late_is_not_counted_for_another_organization() {
        let all = Organizations::default();
        let late = all.seat(Some("late"), 0);
        assert!(all.forget("late") && !all.forget("late") && !all.has("late"));
        call(&all, "next", None, 1);
        all.answered(late, Some(Found::Hit), 1, Duration::ZERO);
        let told = all.largest(9);
        assert_eq!(told["organizations"][0]["organization"], json!("next"));
        assert_eq!(told["organizations"][0]["counts"]["operations"], json!(1));
        assert_eq!(told["rest"]["hits"], json!(1));
    }

    #[test]
    fn a_long_name_is_counted_with_the_rest() {
        let all = Organizations::default();
        call(&all, &"x".repeat(MAX_NAME_BYTES + 1), Some(Found::Hit), 1);
        assert_eq!(all.largest(9)["organizations"], json!([]));
        assert_eq!(all.largest(9)["rest"]["hits"], json!(1));
    }
}
