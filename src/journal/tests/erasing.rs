//! Erasing an organization.

use super::*;

#[test]
fn an_erasure_drops_what_is_meant_with_its_older_values_and_clears() {
    let mut bench = Bench::new();
    bench.write_in(INDEX, b"acme:1", set(b"v"), &[digest(b"before")]);
    bench.write(b"acme:2", set(b"v"));
    bench.write_in(b"other", b"other:1", set(b"v"), &[]);
    bench.clear(b"acme:index");
    bench.clear(b"other");
    bench.write_in(b"other", b"other:1", set(b"v"), &[]);
    let is_meant = |key: &[u8]| key.starts_with(b"acme:");
    assert_eq!(bench.journal.count_where(is_meant), 3);
    let before = bench.journal.bytes();
    let (gone, bytes) = bench.journal.erase(is_meant, bench.now);
    assert_eq!((gone, bench.journal.bytes()), (3, before - bytes));
    assert_eq!(bench.journal.count_where(is_meant), 0);
    assert!(bench.journal.clear_of(b"acme:index").is_none() && bench.journal.clear_of(b"other").is_some());
    assert_eq!(bench.value(b"other:1"), Some(Held::Value(b"v")));
    assert_eq!(bench.journal.erase(is_meant, bench.now), (0, 0));
}
