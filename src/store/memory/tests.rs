use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::error::Result;
use crate::store::contract::{self, Entries, Store, Write};

const SECOND: Duration = Duration::from_secs(1);

/// The memory store with a clock that the test advances.
struct Clocked {
    store: MemoryStore,
    now: Instant,
}

impl Store for Clocked {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.store.get(key, self.now).map(<[u8]>::to_vec))
    }
    fn set(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        Ok(self.store.set(key, value, write.ttl, write.organization, self.now))
    }
    fn set_if_absent(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        Ok(self.store.set_if_absent(key, value, write.ttl, write.organization, self.now))
    }
    fn delete(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.store.delete(key, self.now))
    }
    fn hash_get(&mut self, key: &[u8], field: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.store.hash_get(key, field, self.now).map(<[u8]>::to_vec))
    }
    fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8], write: Write<'_>) -> Result<bool> {
        Ok(self.store.hash_set(key, field, value, write.ttl, write.organization, self.now))
    }
    fn hash_delete(&mut self, key: &[u8], field: &[u8]) -> Result<bool> {
        Ok(self.store.hash_delete(key, field, self.now))
    }
    fn hash_entries(&mut self, key: &[u8]) -> Result<Option<Entries>> {
        let entries = self.store.hash_entries(key, self.now);
        Ok(entries.map(|entries| entries.map(|(field, value)| (field.to_vec(), value.to_vec())).collect()))
    }
    fn clear_organization(&mut self, organization: &[u8]) -> Result<usize> {
        Ok(self.store.clear_organization(organization))
    }
    fn advance(&mut self, time: Duration) {
        self.now += time;
    }
}

#[test]
fn the_memory_store_keeps_the_contract() {
    contract::check_all(&mut || {
        Box::new(Clocked { store: MemoryStore::new(64 * 1024 * 1024), now: Instant::now() })
    });
}

fn key(number: usize) -> Vec<u8> {
    format!("jack:dev:kv:global:{number}").into_bytes()
}

#[test]
fn what_was_used_least_recently_goes_first() {
    let now = Instant::now();
    let mut store = MemoryStore::new(100_000);
    for number in 0..60 {
        store.set(&key(number), &[7; 1000], None, None, now);
    }
    assert_eq!((store.len(), store.evictions()), (60, 0));
    store.get(&key(0), now);
    store.remaining_ttl(&key(1), now);
    for number in 60..110 {
        store.set(&key(number), &[7; 1000], None, None, now);
    }
    assert!(store.evictions() > 0);
    assert!(store.get(&key(0), now).is_some(), "a read keeps an entry");
    assert!(store.get(&key(1), now).is_none(), "asking for the TTL is no use");
    assert!(store.get(&key(109), now).is_some());
    assert_eq!(store.len() as u64 + store.evictions(), 110);
}

#[test]
fn a_value_larger_than_the_store_is_refused_and_takes_the_old_one_with_it() {
    let now = Instant::now();
    let mut store = MemoryStore::new(10_000);
    assert!(store.set(b"other", b"kept", None, None, now));
    assert!(store.set(b"key", b"old", None, None, now));
    assert!(!store.set(b"key", &[0; 10_000], None, None, now));
    assert_eq!(store.get(b"key", now), None);
    assert_eq!(store.get(b"other", now), Some(&b"kept"[..]));
    assert!(!MemoryStore::new(0).set(b"key", b"", None, None, now));
}

#[test]
fn a_field_too_many_is_refused_and_leaves_the_others() {
    let now = Instant::now();
    let mut store = MemoryStore::new(10_000);
    assert!(store.hash_set(b"hash", b"a", &[1; 3000], None, None, now));
    assert!(store.hash_set(b"hash", b"b", &[2; 3000], None, None, now));
    assert!(!store.hash_set(b"hash", b"b", &[3; 8000], None, None, now));
    assert_eq!(store.hash_get(b"hash", b"b", now), None);
    assert_eq!(store.hash_get(b"hash", b"a", now), Some(&[1; 3000][..]));
    assert!(store.hash_set(b"hash", b"b", &[4; 6000], None, None, now), "the old value makes room");
    assert!(store.bytes() <= store.max_bytes());
}

#[test]
fn expired_entries_go_without_being_read() {
    let start = Instant::now();
    let mut store = MemoryStore::new(10_000_000);
    for number in 0..1000 {
        store.set(&key(number), b"short", Some(SECOND), None, start);
    }
    let later = start + 2 * SECOND;
    for number in 1000..1300 {
        store.set(&key(number), b"long", None, None, later);
    }
    assert_eq!(store.len(), 300);
    assert_eq!((store.expirations(), store.evictions()), (1000, 0));
}

#[test]
fn a_purge_looks_at_no_more_than_its_budget() {
    let start = Instant::now();
    let mut store = MemoryStore::new(10_000_000);
    for number in 0..100 {
        store.set(&key(number), b"short", Some(SECOND), None, start);
    }
    let later = start + SECOND;
    assert_eq!(store.purge_expired(later, 30), 30);
    assert_eq!(store.purge_expired(later, 1000), 70);
    assert_eq!((store.len(), store.expirations()), (0, 100));
}

#[test]
fn the_remaining_ttl_counts_down_and_ends() {
    let start = Instant::now();
    let mut store = MemoryStore::new(10_000);
    store.set(b"key", b"value", Some(10 * SECOND), None, start);
    store.set(b"forever", b"value", None, None, start);
    store.set(b"huge", b"value", Some(Duration::MAX), None, start);
    assert_eq!(store.remaining_ttl(b"key", start + 4 * SECOND), Some(Remaining::For(6 * SECOND)));
    assert_eq!(store.remaining_ttl(b"key", start + 10 * SECOND), None);
    assert_eq!(store.remaining_ttl(b"forever", start), Some(Remaining::Forever));
    assert_eq!(store.remaining_ttl(b"huge", start), Some(Remaining::Forever));
    assert_eq!(store.remaining_ttl(b"nothing", start), None);
}

#[test]
fn a_ttl_of_zero_is_over_at_once() {
    let now = Instant::now();
    let mut store = MemoryStore::new(10_000);
    store.set(b"key", b"old", None, None, now);
    store.set(b"key", b"new", Some(Duration::ZERO), None, now);
    assert_eq!(store.get(b"key", now), None);
}

#[test]
fn a_store_that_is_emptied_takes_no_memory() {
    let now = Instant::now();
    let mut store = MemoryStore::new(10_000_000);
    for number in 0..5000 {
        store.set(&key(number), b"value", None, Some(&key(number % 70)), now);
    }
    for number in 0..5000 {
        assert!(store.delete(&key(number), now));
    }
    assert!(store.bytes() <= (VACANT_AT_LEAST + 1) * PLACE_BYTES, "{} bytes are left", store.bytes());
    store.set(b"key", b"value", None, None, now);
    store.clear();
    assert_eq!((store.len(), store.bytes()), (0, 0));
    assert_eq!(store.get(b"key", now), None);
}

#[test]
fn entries_that_moved_together_are_still_found_cleared_and_evicted_in_order() {
    let now = Instant::now();
    let mut store = MemoryStore::new(10_000_000);
    for number in 0..8000 {
        let organization = if number % 2 == 0 { b"even" } else { &b"odd!"[..] };
        store.set(&key(number), &key(number), None, Some(organization), now);
    }
    for number in 0..7000 {
        store.delete(&key(number), now);
    }
    assert!(store.slab.places() < 8000, "the entries were moved together");
    for number in 7000..8000 {
        assert_eq!(store.get(&key(number), now), Some(&key(number)[..]));
    }
    assert_eq!(store.clear_organization(b"even"), 500);
    assert_eq!(store.order.peek_lru().map(|(key, _)| key.to_vec()), Some(key(7001)));
    assert_eq!(store.clear_organization(b"odd!"), 500);
    assert_eq!(store.len(), 0);
}

#[test]
fn debug_output_shows_no_key_and_no_value() {
    let mut store = MemoryStore::new(10_000);
    store.set(b"canary-key", b"canary-value", None, Some(b"canary-org"), Instant::now());
    assert!(!format!("{store:?}").contains("canary"));
}

/// One step of a random history. There are few keys, so that steps meet.
#[derive(Debug, Clone)]
enum Step {
    Set { key: u8, length: usize, ttl_seconds: Option<u64>, organization: Option<u8> },
    SetField { key: u8, field: u8, length: usize, organization: Option<u8> },
    DeleteField { key: u8, field: u8 },
    Get { key: u8 },
    Delete { key: u8 },
    Clear { organization: u8 },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let organization = || prop::option::of(0..4u8);
    prop_oneof![
        6 => (0..40u8, 0..900usize, prop::option::of(0..20u64), organization()).prop_map(
            |(key, length, ttl_seconds, organization)| Step::Set { key, length, ttl_seconds, organization }
        ),
        3 => (0..40u8, 0..5u8, 0..900usize, organization()).prop_map(
            |(key, field, length, organization)| Step::SetField { key, field, length, organization }
        ),
        1 => (0..40u8, 0..5u8).prop_map(|(key, field)| Step::DeleteField { key, field }),
        3 => (0..40u8).prop_map(|key| Step::Get { key }),
        1 => (0..40u8).prop_map(|key| Step::Delete { key }),
        1 => (0..4u8).prop_map(|organization| Step::Clear { organization }),
        1 => (0..5u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

#[test]
fn the_keys_that_are_meant_go_and_the_others_stay() {
    let (mut store, now) = (MemoryStore::new(1 << 20), Instant::now());
    for key in 0..40u8 {
        assert!(store.set(&[key], b"value", None, Some(&[key % 4]), now));
    }
    let is_meant = |key: &[u8]| key[0].is_multiple_of(3);
    assert_eq!(store.count_where(is_meant), 14);
    let (entries, bytes) = store.remove_where(is_meant);
    assert!(entries == 14 && bytes > 14 * b"value".len(), "{entries} entries of {bytes} bytes");
    assert_eq!(store.count_where(is_meant), 0);
    let left: Vec<u8> = (0..40).filter(|key| store.get(&[*key], now).is_some()).collect();
    assert_eq!(left, (0..40).filter(|key: &u8| !key.is_multiple_of(3)).collect::<Vec<u8>>());
    assert_books_are_right(&store);
}

/// The value that a key may return, and until when.
struct Allowed {
    value: Vec<u8>,
    until: Option<Instant>,
    organization: Option<u8>,
}

/// Checks the store's counts against the entries themselves.
fn assert_books_are_right(store: &MemoryStore) {
    assert!(store.bytes() <= store.max_bytes(), "{} bytes are over the bound", store.bytes());
    let entries: Vec<_> =
        store.order.iter().map(|(key, &index)| (key, store.slab.get(index).unwrap())).collect();
    assert!(entries.iter().all(|(key, entry)| ***key == *entry.key));
    assert_eq!(entries.iter().map(|(_, entry)| entry.bytes()).sum::<usize>(), store.entry_bytes);
    assert_eq!(entries.len(), store.slab.places() - store.slab.vacant());
    for (_, entry) in &entries {
        if let Data::Hash(fields) = &entry.data {
            let held: usize = fields.iter().map(|(field, value)| cost::field(field.len(), value.len())).sum();
            assert_eq!(fields.bytes(), cost::allocation(size_of::<fields::Fields>()) + held);
        }
    }
    let members: usize = (0..4u8).map(|name| store.organizations.entries_of(&[name]).len()).sum();
    assert_eq!(members, entries.iter().filter(|(_, entry)| entry.membership.is_some()).count());
}

proptest! {
    #[test]
    fn any_history_stays_under_the_bound_and_answers_only_what_was_last_set(
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut now = Instant::now();
        let mut store = MemoryStore::new(12_000);
        let mut last: HashMap<u8, Allowed> = HashMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Set { key, length, ttl_seconds, organization } => {
                    let value = vec![number as u8; length];
                    let ttl = ttl_seconds.map(Duration::from_secs);
                    let name = organization.map(|name| [name]);
                    prop_assert!(store.set(&[key], &value, ttl, name.as_ref().map(|name| &name[..]), now));
                    last.insert(key, Allowed { value, until: ttl.map(|ttl| now + ttl), organization });
                }
                Step::SetField { key, field, length, organization } => {
                    let name = organization.map(|name| [name]);
                    let name = name.as_ref().map(|name| &name[..]);
                    store.hash_set(&[key], &[field], &vec![number as u8; length], None, name, now);
                    last.remove(&key);
                }
                Step::DeleteField { key, field } => {
                    store.hash_delete(&[key], &[field], now);
                }
                Step::Get { key } => {
                    let answer = store.get(&[key], now).map(<[u8]>::to_vec);
                    let allowed = last.get(&key).filter(|last| last.until.is_none_or(|until| now < until));
                    if let Some(answer) = answer {
                        prop_assert_eq!(Some(&answer), allowed.map(|allowed| &allowed.value));
                    }
                }
                Step::Delete { key } => {
                    store.delete(&[key], now);
                    last.remove(&key);
                }
                Step::Clear { organization } => {
                    let held = store.organizations.entries_of(&[organization]).len();
                    prop_assert_eq!(store.clear_organization(&[organization]), held);
                    last.retain(|_, allowed| allowed.organization != Some(organization));
                }
                Step::Wait { seconds } => now += Duration::from_secs(seconds),
            }
            assert_books_are_right(&store);
        }
    }
}
