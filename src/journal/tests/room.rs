//! The bound in bytes.

use super::*;

/// A journal that holds one key with this value and nothing more.
fn filled(value: &[u8]) -> Bench {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"k", set(value), &[]);
    let mut bench = Bench::with(Journal::new(bench.journal.bytes()));
    bench.write_in(INDEX, b"k", set(value), &[]);
    assert_eq!(bench.journal.bytes(), bench.journal.max_bytes());
    bench
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut bench = filled(&[1; 1000]);
    for (key, write) in [
        (&b"other"[..], set(b"v")),
        (b"other", Write::Delete),
        (b"other", set_field(b"f", b"v")),
        (b"k", set(&[2; 1100])),
        (b"k", set_field(b"f", &[2; 1100])),
    ] {
        let record = bench.next(key, write);
        assert!(matches!(bench.put(record), Recorded::Full), "{write:?}");
    }
    assert!(matches!(bench.journal.clear(b"other", None, 99, bench.now), Recorded::Full));
    assert_eq!(bench.value(b"k"), Some(Held::Value(&[1; 1000])));
    assert_eq!((bench.journal.len(), bench.journal.clears().count()), (1, 0));
}

#[test]
fn replacing_by_something_smaller_always_works_and_so_does_deleting_what_is_held() {
    let digests: Vec<Digest> = (0..8u8).map(|n| digest(&[n])).collect();
    let mut bench = filled(&[1; 1000]);
    bench.write_in(INDEX, b"k", set(&[2; 500]), &digests);
    let mut bench = filled(b"");
    bench.write_in(b"an index that was not known", b"k", Write::Delete, &digests);
    assert_eq!(bench.journal.entry(b"k").unwrap().older, digests);
    assert!(bench.journal.bytes() <= bench.journal.max_bytes());
}

#[test]
fn a_clear_has_the_room_that_it_makes() {
    let mut bench = filled(&[1; 1000]);
    bench.clear(INDEX);
    assert!(bench.journal.clear_of(INDEX).is_some());
}

#[test]
fn what_has_ended_makes_room() {
    let mut bench = filled(&[1; 1000]);
    bench.pass(100);
    bench.write(b"other", set(&[1; 900]));
}

#[test]
fn a_journal_that_was_emptied_counts_nothing() {
    let mut bench = Bench::new();
    for number in 0..500 {
        let key = format!("key-{number}");
        let index = format!("index-{}", number % 7);
        bench.write_in(index.as_bytes(), key.as_bytes(), set(&[0; 100]), &[digest(b"x")]);
        bench.write_in(index.as_bytes(), b"hash", set_field(key.as_bytes(), b"v"), &[]);
    }
    for number in 0..500 {
        bench.settle(format!("key-{number}").as_bytes());
    }
    bench.settle(b"hash");
    assert!(bench.journal.is_empty());
    assert_eq!((bench.journal.bytes(), bench.journal.oldest()), (0, None));
}
