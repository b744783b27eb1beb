//! A store's promises about organizations.

use std::time::Duration;

use super::{Store, Write, ok, promise};

promise![
    clearing_an_organization_takes_all_that_is_its_own,
    clearing_an_organization_leaves_all_others_and_the_global_values,
    clearing_an_organization_takes_its_hashes,
    clearing_an_organization_of_which_nothing_is_held_takes_nothing,
    clearing_twice_takes_nothing_the_second_time,
    names_that_look_like_patterns_name_one_organization_only,
    what_was_deleted_or_set_again_is_counted_once,
    a_cleared_organization_can_be_filled_again,
    what_set_if_absent_wrote_is_cleared_too,
    what_has_expired_does_not_come_back_as_another_organizations,
];

/// Enough entries that a store which clears in pages needs several.
const MANY: usize = 2500;

fn key(organization: &str, number: usize) -> Vec<u8> {
    format!("{organization}:{number}").into_bytes()
}

fn fill(store: &mut dyn Store, organization: &str, count: usize) {
    for number in 0..count {
        let write = Write::owned_by(organization.as_bytes());
        assert!(ok(store.set(&key(organization, number), organization.as_bytes(), write)));
    }
}

#[track_caller]
fn assert_holds(store: &mut dyn Store, organization: &str, count: usize) {
    for number in 0..count {
        let value = ok(store.get(&key(organization, number)));
        assert_eq!(value.as_deref(), Some(organization.as_bytes()));
    }
}

fn clearing_an_organization_takes_all_that_is_its_own(store: &mut dyn Store) {
    fill(store, "acme", MANY);
    assert_eq!(ok(store.clear_organization(b"acme")), MANY);
    for number in 0..MANY {
        assert_eq!(ok(store.get(&key("acme", number))), None);
    }
}

fn clearing_an_organization_leaves_all_others_and_the_global_values(store: &mut dyn Store) {
    fill(store, "acme", 50);
    fill(store, "acme2", 50);
    fill(store, "acm", 50);
    ok(store.set(b"acme", b"global", Write::PLAIN));
    assert_eq!(ok(store.clear_organization(b"acme")), 50);
    assert_holds(store, "acme2", 50);
    assert_holds(store, "acm", 50);
    assert_eq!(ok(store.get(b"acme")).as_deref(), Some(&b"global"[..]));
}

fn clearing_an_organization_takes_its_hashes(store: &mut dyn Store) {
    ok(store.hash_set(b"hash", b"a", b"1", Write::owned_by(b"acme")));
    ok(store.hash_set(b"hash", b"b", b"2", Write::owned_by(b"acme")));
    ok(store.hash_set(b"other", b"a", b"1", Write::owned_by(b"umbrella")));
    assert_eq!(ok(store.clear_organization(b"acme")), 1);
    assert_eq!(ok(store.hash_entries(b"hash")), None);
    assert_eq!(ok(store.hash_get(b"other", b"a")).as_deref(), Some(&b"1"[..]));
}

fn clearing_an_organization_of_which_nothing_is_held_takes_nothing(store: &mut dyn Store) {
    fill(store, "acme", 3);
    assert_eq!(ok(store.clear_organization(b"umbrella")), 0);
    assert_eq!(ok(store.clear_organization(b"")), 0);
    assert_holds(store, "acme", 3);
}

fn clearing_twice_takes_nothing_the_second_time(store: &mut dyn Store) {
    fill(store, "acme", 3);
    assert_eq!(ok(store.clear_organization(b"acme")), 3);
    assert_eq!(ok(store.clear_organization(b"acme")), 0);
}

fn names_that_look_like_patterns_name_one_organization_only(store: &mut dyn Store) {
    let names = ["*", "a", "a:b", "{a}", "global", "Ромашка", "[a-z]", "?"];
    for name in names {
        fill(store, name, 2);
    }
    for (cleared, name) in names.iter().enumerate() {
        assert_eq!(ok(store.clear_organization(name.as_bytes())), 2, "clearing {name}");
        for other in &names[cleared + 1..] {
            assert_holds(store, other, 2);
        }
    }
}

fn what_was_deleted_or_set_again_is_counted_once(store: &mut dyn Store) {
    fill(store, "acme", 10);
    fill(store, "acme", 10);
    assert!(ok(store.delete(&key("acme", 4))));
    assert_eq!(ok(store.clear_organization(b"acme")), 9);
}

fn a_cleared_organization_can_be_filled_again(store: &mut dyn Store) {
    fill(store, "acme", 5);
    ok(store.clear_organization(b"acme"));
    fill(store, "acme", 4);
    assert_holds(store, "acme", 4);
    assert_eq!(ok(store.clear_organization(b"acme")), 4);
}

fn what_set_if_absent_wrote_is_cleared_too(store: &mut dyn Store) {
    ok(store.set_if_absent(b"key", b"value", Write::owned_by(b"acme")));
    assert_eq!(ok(store.clear_organization(b"acme")), 1);
    assert_eq!(ok(store.get(b"key")), None);
}

fn what_has_expired_does_not_come_back_as_another_organizations(store: &mut dyn Store) {
    let ttl = Some(Duration::from_secs(1));
    ok(store.set(b"key", b"old", Write { ttl, organization: Some(b"acme") }));
    store.advance(Duration::from_millis(1200));
    ok(store.set(b"key", b"new", Write::owned_by(b"umbrella")));
    assert_eq!(ok(store.clear_organization(b"acme")), 0);
    assert_eq!(ok(store.get(b"key")).as_deref(), Some(&b"new"[..]));
    assert_eq!(ok(store.clear_organization(b"umbrella")), 1);
}
