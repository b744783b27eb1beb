//! A store's promises about plain values.

use std::time::Duration;

use super::{Store, Write, ok, promise};

promise![
    a_value_that_was_set_is_answered,
    a_key_that_was_never_set_has_nothing,
    setting_again_overwrites,
    an_empty_value_is_a_value,
    keys_and_values_may_hold_any_bytes,
    a_value_of_sixteen_mebibytes_is_kept,
    a_value_goes_when_its_ttl_ends,
    setting_again_starts_the_ttl_anew,
    setting_again_without_a_ttl_takes_it_away,
    deleting_says_whether_there_was_something,
    an_expired_value_is_nothing_to_delete,
    set_if_absent_keeps_what_is_there,
    set_if_absent_sets_where_a_value_has_expired,
    set_if_absent_gives_its_value_a_ttl,
];

const TTL: Duration = Duration::from_secs(1);
/// A time within the TTL, with enough margin for a slow machine.
const BEFORE: Duration = Duration::from_millis(400);
const AFTER: Duration = Duration::from_millis(1100);

fn a_value_that_was_set_is_answered(store: &mut dyn Store) {
    assert!(ok(store.set(b"key", b"value", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"value"[..]));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"value"[..]));
}

fn a_key_that_was_never_set_has_nothing(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::PLAIN));
    assert_eq!(ok(store.get(b"ke")), None);
    assert_eq!(ok(store.get(b"key ")), None);
}

fn setting_again_overwrites(store: &mut dyn Store) {
    ok(store.set(b"key", b"a longer value than the next one", Write::PLAIN));
    ok(store.set(b"key", b"new", Write::PLAIN));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"new"[..]));
}

fn an_empty_value_is_a_value(store: &mut dyn Store) {
    assert!(ok(store.set(b"key", b"", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b""[..]));
    assert!(ok(store.delete(b"key")));
}

fn keys_and_values_may_hold_any_bytes(store: &mut dyn Store) {
    let value: Vec<u8> = (0..=255).chain([b'\r', b'\n', 0]).collect();
    let key: Vec<u8> = value.iter().rev().copied().collect();
    ok(store.set(&key, &value, Write::PLAIN));
    assert_eq!(ok(store.get(&key)), Some(value));
}

fn a_value_of_sixteen_mebibytes_is_kept(store: &mut dyn Store) {
    // Starts from 1: like JSON, the value must not begin with a NUL.
    let value: Vec<u8> =
        (1..=16 * 1024 * 1024).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(ok(store.set(b"key", &value, Write::PLAIN)));
    // A failed comparison must not print the value.
    assert!(ok(store.get(b"key")) == Some(value));
}

fn a_value_goes_when_its_ttl_ends(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::expiring(TTL)));
    store.advance(BEFORE);
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"value"[..]));
    store.advance(AFTER - BEFORE);
    assert_eq!(ok(store.get(b"key")), None);
}

fn setting_again_starts_the_ttl_anew(store: &mut dyn Store) {
    ok(store.set(b"key", b"old", Write::expiring(TTL)));
    store.advance(AFTER - BEFORE);
    ok(store.set(b"key", b"new", Write::expiring(TTL)));
    store.advance(BEFORE);
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"new"[..]));
    store.advance(AFTER - BEFORE);
    assert_eq!(ok(store.get(b"key")), None);
}

fn setting_again_without_a_ttl_takes_it_away(store: &mut dyn Store) {
    ok(store.set(b"key", b"old", Write::expiring(TTL)));
    ok(store.set(b"key", b"new", Write::PLAIN));
    store.advance(AFTER);
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"new"[..]));
}

fn deleting_says_whether_there_was_something(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::PLAIN));
    assert!(ok(store.delete(b"key")));
    assert!(!ok(store.delete(b"key")));
    assert_eq!(ok(store.get(b"key")), None);
}

fn an_expired_value_is_nothing_to_delete(store: &mut dyn Store) {
    ok(store.set(b"key", b"value", Write::expiring(TTL)));
    store.advance(AFTER);
    assert!(!ok(store.delete(b"key")));
}

fn set_if_absent_keeps_what_is_there(store: &mut dyn Store) {
    assert!(ok(store.set_if_absent(b"key", b"first", Write::PLAIN)));
    assert!(!ok(store.set_if_absent(b"key", b"second", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"first"[..]));
}

fn set_if_absent_sets_where_a_value_has_expired(store: &mut dyn Store) {
    ok(store.set(b"key", b"first", Write::expiring(TTL)));
    store.advance(AFTER);
    assert!(ok(store.set_if_absent(b"key", b"second", Write::PLAIN)));
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"second"[..]));
}

fn set_if_absent_gives_its_value_a_ttl(store: &mut dyn Store) {
    ok(store.set_if_absent(b"key", b"value", Write::expiring(TTL)));
    store.advance(AFTER);
    assert_eq!(ok(store.get(b"key")), None);
}
