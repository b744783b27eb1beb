//! Clearing an organization.

use super::*;

#[test]
fn a_clear_takes_the_entries_of_its_organization_and_no_others() {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"a", set(b"v"), &[]);
    bench.write_in(b"other", b"b", set(b"v"), &[]);
    bench.write(b"c", set(b"v"));
    bench.clear(INDEX);
    assert_eq!(bench.value(b"a"), None);
    assert_eq!(bench.value(b"b"), Some(Held::Value(b"v")));
    assert_eq!(bench.value(b"c"), Some(Held::Value(b"v")));
    assert!(bench.journal.clear_of(INDEX).is_some());
    assert!(bench.journal.clear_of(b"other").is_none());
}

#[test]
fn a_clear_leaves_deletes_where_older_values_may_still_come() {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"a", set(b"v"), &[digest(b"before")]);
    let sequence = bench.journal.entry(b"a").unwrap().sequence;
    bench.hand_out(9);
    bench.clear(INDEX);
    assert_eq!(bench.value(b"a"), Some(Held::Gone));
    bench.journal.settle(b"a", sequence);
    assert_eq!(bench.hand_out(9), ["a"], "it has changed and comes again");
    assert_eq!(bench.journal.entry(b"a").unwrap().older, [digest(b"before")]);
}

#[test]
fn the_newest_clear_of_an_organization_is_kept() {
    let mut bench = Bench::new();
    bench.clear(INDEX);
    let first = bench.sequence;
    bench.clear(INDEX);
    assert!(matches!(bench.journal.clear(INDEX, None, first, bench.now), Recorded::Outdated));
    let clears: Vec<_> = bench.journal.clears().map(|clear| (clear.sequence, clear.at)).collect();
    assert_eq!(clears, [(bench.sequence, bench.now)]);
    assert_eq!(bench.journal.clears().next().unwrap().organization.as_deref(), Some("org-1"));
    bench.journal.settle_clear(INDEX, first);
    assert!(bench.journal.clear_of(INDEX).is_some());
    bench.journal.settle_clear(INDEX, bench.sequence);
    assert!(bench.journal.is_empty());
    assert_eq!(bench.journal.bytes(), 0);
}

#[test]
fn clears_are_listed_oldest_first_and_count_for_the_age() {
    let mut bench = Bench::new();
    let start = bench.now;
    bench.clear(b"first");
    bench.pass(1);
    bench.clear(b"second");
    bench.write(b"k", set(b"v"));
    let order: Vec<_> = bench.journal.clears().map(|clear| clear.index.to_vec()).collect();
    assert_eq!(order, [b"first".to_vec(), b"second".to_vec()]);
    assert_eq!(bench.journal.oldest(), Some(start));
}

#[test]
fn a_write_after_a_clear_is_held_beside_it() {
    let mut bench = Bench::new();
    bench.clear(INDEX);
    bench.write_in(INDEX, b"k", set(b"v"), &[]);
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"v")));
    assert!(bench.journal.clear_of(INDEX).is_some());
}

#[test]
fn a_clear_that_is_recorded_late_leaves_what_is_newer() {
    let mut bench = Bench::new();
    let hash_key = b"h";
    for (key, write, sequence) in [
        (&b"old"[..], set(b"v"), 3),
        (b"new", set(b"v"), 9),
        (hash_key, set_field(b"old", b"v"), 3),
        (hash_key, set_field(b"new", b"v"), 9),
    ] {
        let _ = bench.put(Record { index: Some(INDEX), ..bench.at(key, write, sequence) });
    }
    assert!(matches!(bench.journal.clear(INDEX, None, 5, bench.now), Recorded::Kept));
    assert_eq!(bench.value(b"old"), None);
    assert_eq!(bench.value(b"new"), Some(Held::Value(b"v")));
    assert_eq!(bench.content(hash_key), Some(&hash(true, &[("new", Some("v"))])));
}

#[test]
fn a_write_that_is_recorded_after_a_newer_clear_is_outdated_but_its_older_values_are_watched() {
    let mut bench = Bench::new();
    let _ = bench.journal.clear(INDEX, None, 5, bench.now);
    let late = Record { index: Some(INDEX), ..bench.at(b"k", set(b"late"), 4) };
    assert!(matches!(bench.put(late), Recorded::Outdated));
    assert_eq!(bench.value(b"k"), None);
    assert!(matches!(bench.put(Record { older: &[digest(b"late")], ..late }), Recorded::Outdated));
    assert_eq!(bench.value(b"k"), Some(Held::Gone));
}
