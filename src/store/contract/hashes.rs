//! A store's promises about hashes, and about a key that holds a value of the other type.

use std::time::Duration;

use super::{Entries, Store, Write, ok, promise};

promise![
    a_field_that_was_set_is_answered,
    fields_and_their_values_may_hold_any_bytes,
    all_fields_are_listed_once,
    a_hash_that_was_never_set_lists_nothing,
    deleting_a_field_says_whether_it_was_there,
    deleting_the_last_field_deletes_the_hash,
    deleting_a_hash_deletes_its_fields,
    a_field_refreshes_the_ttl_of_the_whole_hash,
    a_field_without_a_ttl_leaves_the_ttl_of_the_hash,
    a_hash_goes_with_all_its_fields_when_its_ttl_ends,
    reading_a_hash_as_a_value_is_a_miss,
    reading_a_value_as_a_hash_is_a_miss,
    setting_a_value_replaces_a_hash,
    setting_a_field_replaces_a_value_and_its_ttl,
    set_if_absent_keeps_a_hash,
];

const TTL: Duration = Duration::from_secs(1);
const BEFORE: Duration = Duration::from_millis(600);
const AFTER: Duration = Duration::from_millis(1100);

fn sorted_entries(store: &mut dyn Store, key: &[u8]) -> Option<Entries> {
    let mut entries = ok(store.hash_entries(key))?;
    entries.sort();
    Some(entries)
}

fn pair(field: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (field.as_bytes().to_vec(), value.as_bytes().to_vec())
}

fn a_field_that_was_set_is_answered(store: &mut dyn Store) {
    assert!(ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN)));
    assert!(ok(store.hash_set(b"hash", b"a", b"a longer value", Write::PLAIN)));
    assert_eq!(ok(store.hash_get(b"hash", b"a")).as_deref(), Some(&b"a longer value"[..]));
    assert_eq!(ok(store.hash_get(b"hash", b"b")), None);
    assert_eq!(ok(store.hash_get(b"other", b"a")), None);
}

fn fields_and_their_values_may_hold_any_bytes(store: &mut dyn Store) {
    let bytes: Vec<u8> = (0..=255).collect();
    ok(store.hash_set(&bytes, &bytes, &bytes, Write::PLAIN));
    ok(store.hash_set(&bytes, b"", b"", Write::PLAIN));
    assert_eq!(ok(store.hash_get(&bytes, &bytes)), Some(bytes.clone()));
    assert_eq!(ok(store.hash_get(&bytes, b"")).as_deref(), Some(&b""[..]));
}

fn all_fields_are_listed_once(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    ok(store.hash_set(b"hash", b"b", b"2", Write::PLAIN));
    ok(store.hash_set(b"hash", b"a", b"3", Write::PLAIN));
    assert_eq!(sorted_entries(store, b"hash"), Some(vec![pair("a", "3"), pair("b", "2")]));
}

fn a_hash_that_was_never_set_lists_nothing(store: &mut dyn Store) {
    assert_eq!(ok(store.hash_entries(b"hash")), None);
}

fn deleting_a_field_says_whether_it_was_there(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    ok(store.hash_set(b"hash", b"b", b"2", Write::PLAIN));
    assert!(ok(store.hash_delete(b"hash", b"a")));
    assert!(!ok(store.hash_delete(b"hash", b"a")));
    assert!(!ok(store.hash_delete(b"other", b"a")));
    assert_eq!(sorted_entries(store, b"hash"), Some(vec![pair("b", "2")]));
}

fn deleting_the_last_field_deletes_the_hash(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    ok(store.hash_delete(b"hash", b"a"));
    assert_eq!(ok(store.hash_entries(b"hash")), None);
    assert!(!ok(store.delete(b"hash")));
}

fn deleting_a_hash_deletes_its_fields(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    assert!(ok(store.delete(b"hash")));
    assert_eq!(ok(store.hash_get(b"hash", b"a")), None);
}

fn a_field_refreshes_the_ttl_of_the_whole_hash(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::expiring(TTL)));
    store.advance(BEFORE);
    ok(store.hash_set(b"hash", b"b", b"2", Write::expiring(TTL)));
    store.advance(BEFORE);
    assert_eq!(ok(store.hash_get(b"hash", b"a")).as_deref(), Some(&b"1"[..]));
}

fn a_field_without_a_ttl_leaves_the_ttl_of_the_hash(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::expiring(TTL)));
    ok(store.hash_set(b"hash", b"b", b"2", Write::PLAIN));
    store.advance(AFTER);
    assert_eq!(ok(store.hash_entries(b"hash")), None);
}

fn a_hash_goes_with_all_its_fields_when_its_ttl_ends(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    ok(store.hash_set(b"hash", b"b", b"2", Write::expiring(TTL)));
    store.advance(AFTER);
    assert_eq!(ok(store.hash_get(b"hash", b"a")), None);
    assert_eq!(ok(store.hash_get(b"hash", b"b")), None);
    assert_eq!(ok(store.hash_entries(b"hash")), None);
}

fn reading_a_hash_as_a_value_is_a_miss(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::PLAIN));
    assert_eq!(ok(store.get(b"hash")), None);
    assert_eq!(ok(store.hash_get(b"hash", b"a")).as_deref(), Some(&b"1"[..]));
}

fn reading_a_value_as_a_hash_is_a_miss(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::PLAIN));
    assert_eq!(ok(store.hash_get(b"key", b"a")), None);
    assert_eq!(ok(store.hash_entries(b"key")), None);
    assert!(!ok(store.hash_delete(b"key", b"a")));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"value"[..]));
}

fn setting_a_value_replaces_a_hash(store: &mut dyn Store) {
    ok(store.hash_set(b"key", b"a", b"1", Write::PLAIN));
    assert!(ok(store.set(b"key", b"value", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"value"[..]));
    assert_eq!(ok(store.hash_entries(b"key")), None);
}

fn setting_a_field_replaces_a_value_and_its_ttl(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::expiring(TTL)));
    assert!(ok(store.hash_set(b"key", b"a", b"1", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")), None);
    store.advance(AFTER);
    assert_eq!(sorted_entries(store, b"key"), Some(vec![pair("a", "1")]));
}

fn set_if_absent_keeps_a_hash(store: &mut dyn Store) {
    ok(store.hash_set(b"key", b"a", b"1", Write::PLAIN));
    assert!(!ok(store.set_if_absent(b"key", b"value", Write::PLAIN)));
    assert_eq!(ok(store.hash_get(b"key", b"a")).as_deref(), Some(&b"1"[..]));
}
