//! The content of one key after writes.

use super::*;

#[test]
fn a_digest_is_what_redis_sha1hex_says() {
    let digest = u128::from_be_bytes(digest(b"abc")[..16].try_into().unwrap());
    assert_eq!(digest, 0xa999_3e36_4706_816a_ba3e_2571_7850_c26c);
}

#[test]
fn the_newest_set_is_what_a_key_holds() {
    let mut bench = Bench::new();
    assert_eq!(bench.value(b"k"), None);
    bench.write(b"k", set(b"one"));
    bench.write(b"k", set(b"two"));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"two")));
    assert_eq!(bench.journal.len(), 1);
}

#[test]
fn a_write_that_is_older_than_what_is_held_is_outdated_and_one_of_the_same_sequence_replaces() {
    let mut bench = Bench::new();
    let recorded = bench.put(bench.at(b"k", set(b"new"), 5));
    assert!(matches!(recorded, Recorded::Kept));
    assert!(matches!(bench.put(bench.at(b"k", set(b"old"), 4)), Recorded::Outdated));
    assert!(matches!(bench.put(bench.at(b"k", Write::Delete, 4)), Recorded::Outdated));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"new")));
    assert!(matches!(bench.put(bench.at(b"k", set(b"same"), 5)), Recorded::Kept));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"same")));
    assert_eq!(bench.journal.next_sequence(), 6);
}

#[test]
fn a_delete_leaves_nothing_whatever_was_there() {
    let mut bench = Bench::new();
    bench.write(b"value", set(b"v"));
    bench.write(b"hash", set_field(b"f", b"v"));
    for key in [&b"value"[..], b"hash", b"nothing"] {
        bench.write(key, Write::Delete);
        assert_eq!(bench.value(key), Some(Held::Gone));
        assert_eq!(bench.field(key, b"f"), Some(Held::Gone));
        assert_eq!(bench.content(key), Some(&EntryContent::Gone));
    }
}

#[test]
fn a_field_on_nothing_leaves_the_other_fields_unknown() {
    let mut bench = Bench::new();
    bench.write(b"h", set_field(b"f", b"v"));
    bench.write(b"h", delete_field(b"g"));
    assert_eq!(bench.content(b"h"), Some(&hash(false, &[("f", Some("v")), ("g", None)])));
    assert_eq!(bench.field(b"h", b"f"), Some(Held::Value(b"v")));
    assert_eq!(bench.field(b"h", b"g"), Some(Held::Gone));
    assert_eq!(bench.field(b"h", b"unknown"), None);
    assert_eq!(bench.value(b"h"), Some(Held::Gone), "a hash has no value");
}

#[test]
fn a_field_on_a_value_or_on_nothing_left_is_all_that_redis_is_to_have() {
    let mut bench = Bench::new();
    bench.write(b"value", set(b"v"));
    bench.write(b"gone", Write::Delete);
    for key in [&b"value"[..], b"gone"] {
        bench.write(key, set_field(b"f", b"v"));
        assert_eq!(bench.content(key), Some(&hash(true, &[("f", Some("v"))])));
        assert_eq!(bench.field(key, b"unknown"), Some(Held::Gone));
    }
}

#[test]
fn a_set_replaces_a_hash() {
    let mut bench = Bench::new();
    bench.write(b"k", set_field(b"f", b"v"));
    bench.write(b"k", set(b"value"));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"value")));
    assert_eq!(bench.field(b"k", b"f"), Some(Held::Gone));
}

#[test]
fn deleting_a_field_of_nothing_is_kept_and_of_a_value_changes_nothing() {
    let mut bench = Bench::new();
    bench.write(b"h", delete_field(b"f"));
    assert_eq!(bench.content(b"h"), Some(&hash(false, &[("f", None)])));
    assert_eq!(bench.value(b"h"), None, "a plain value may be there");
    bench.write(b"k", set(b"v"));
    let sequence = bench.journal.entry(b"k").unwrap().sequence;
    bench.write(b"k", delete_field(b"f"));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"v")));
    assert_eq!(bench.journal.entry(b"k").unwrap().sequence, sequence);
}

#[test]
fn the_newest_set_of_a_field_says_when_the_hash_ends() {
    let mut bench = Bench::new();
    bench.write(b"h", set_field(b"f", b"v"));
    let first = bench.journal.entry(b"h").unwrap().ends;
    bench.pass(10);
    bench.write(b"h", delete_field(b"g"));
    assert_eq!(bench.journal.entry(b"h").unwrap().ends, first);
    bench.write(b"h", set_field(b"g", b"v"));
    assert_eq!(bench.journal.entry(b"h").unwrap().ends, bench.now + Duration::from_secs(100));
}

#[test]
fn a_field_that_is_written_late_is_kept_unless_it_was_written_since() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"h", set_field(b"f", b"new"), 9));
    let end = bench.journal.entry(b"h").unwrap().ends;
    bench.pass(10);
    assert!(matches!(bench.put(bench.at(b"h", set_field(b"g", b"late"), 7)), Recorded::Kept));
    assert!(matches!(bench.put(bench.at(b"h", set_field(b"f", b"late"), 7)), Recorded::Outdated));
    assert!(matches!(bench.put(bench.at(b"h", delete_field(b"f"), 8)), Recorded::Outdated));
    assert_eq!(bench.content(b"h"), Some(&hash(false, &[("f", Some("new")), ("g", Some("late"))])));
    assert_eq!(bench.journal.entry(b"h").unwrap().ends, end, "the newest field says when it ends");
}

#[test]
fn a_delete_that_is_recorded_late_takes_only_the_older_fields() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"h", set_field(b"old", b"v"), 3));
    let _ = bench.put(bench.at(b"h", set_field(b"new", b"v"), 9));
    assert!(matches!(bench.put(bench.at(b"h", Write::Delete, 5)), Recorded::Kept));
    assert_eq!(bench.content(b"h"), Some(&hash(true, &[("new", Some("v"))])));
    assert!(matches!(bench.put(bench.at(b"h", set_field(b"other", b"v"), 4)), Recorded::Outdated));
}

#[test]
fn a_set_that_is_recorded_after_a_newer_field_was_deleted_is_kept() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"k", delete_field(b"f"), 9));
    assert!(matches!(bench.put(bench.at(b"k", set(b"v"), 5)), Recorded::Kept));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"v")));
}

#[test]
fn what_has_ended_is_gone() {
    let mut bench = Bench::new();
    bench.write(b"k", set(b"v"));
    bench.write(b"h", set_field(b"f", b"v"));
    bench.pass(99);
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"v")));
    bench.pass(1);
    assert_eq!(bench.value(b"k"), Some(Held::Gone));
    assert_eq!(bench.field(b"h", b"f"), Some(Held::Gone));
    assert_eq!(bench.field(b"h", b"other"), Some(Held::Gone));
}

#[test]
fn an_ended_entry_goes_with_the_next_write_unless_it_names_older_values() {
    let mut bench = Bench::new();
    bench.write(b"plain", set(b"v"));
    bench.write_in(INDEX, b"named", set(&[7; 1000]), &[digest(b"before")]);
    let bytes = bench.journal.bytes();
    bench.pass(100);
    bench.write(b"other", Write::Delete);
    assert!(bench.journal.entry(b"plain").is_none());
    assert_eq!(bench.content(b"named"), Some(&EntryContent::Gone));
    assert!(bench.journal.bytes() < bytes - 1000);
    bench.settle(b"named");
    assert!(bench.journal.entry(b"named").is_none());
}

#[test]
fn a_field_that_is_set_after_the_hash_ended_is_all_that_is_left() {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"h", set_field(b"f", b"v"), &[digest(b"before")]);
    bench.pass(100);
    bench.write(b"h", set_field(b"g", b"v"));
    assert_eq!(bench.content(b"h"), Some(&hash(true, &[("g", Some("v"))])));
    assert_eq!(bench.field(b"h", b"g"), Some(Held::Value(b"v")));
}

#[test]
fn older_values_gather_without_repeating_and_the_oldest_are_dropped() {
    let mut bench = Bench::new();
    let digests: Vec<Digest> = (0..10u8).map(|n| digest(&[n])).collect();
    bench.write_in(INDEX, b"k", set(b"v"), &digests[..2]);
    bench.write_in(INDEX, b"k", Write::Delete, &[digests[0]]);
    assert_eq!(bench.journal.entry(b"k").unwrap().older, [digests[1], digests[0]]);
    bench.write_in(INDEX, b"k", set(b"w"), &digests[2..]);
    assert_eq!(bench.journal.entry(b"k").unwrap().older, digests[2..]);
}

#[test]
fn an_outdated_write_leaves_the_older_values_that_it_names() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"k", set(b"new"), 5));
    let late = Record { older: &[digest(b"late")], ..bench.at(b"k", set(b"late"), 4) };
    assert!(matches!(bench.put(late), Recorded::Outdated));
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"new")));
    assert_eq!(bench.journal.entry(b"k").unwrap().older, [digest(b"late")]);
}

#[test]
fn the_newest_index_that_was_given_stays() {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"k", set(b"v"), &[]);
    bench.write(b"k", set(b"w"));
    assert_eq!(bench.journal.entry(b"k").unwrap().index.as_deref(), Some(INDEX));
    bench.write_in(b"other", b"k", set(b"x"), &[]);
    assert_eq!(bench.journal.entry(b"k").unwrap().index.as_deref(), Some(&b"other"[..]));
    bench.clear(INDEX);
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"x")));
}
