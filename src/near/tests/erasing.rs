//! Copies that are erased.

use super::*;

#[test]
fn an_erasure_removes_the_copies_that_are_meant_and_no_others() {
    let bed = Bed::new();
    for key in ["acme:1", "acme:2", "other:1"] {
        bed.fill(key, "value");
    }
    let is_meant = |key: &[u8]| key.starts_with(b"acme:");
    assert_eq!(bed.store.count_where(is_meant), 2);
    let before = bed.store.report(bed.now).bytes;
    let (copies, bytes) = bed.store.erase(Owner::of(b"acme"), is_meant);
    assert!(copies == 2 && bytes > 2 * "value".len(), "{copies} copies of {bytes} bytes");
    assert_eq!(bed.store.report(bed.now).bytes, before - bytes);
    assert_eq!((bed.get("acme:1"), bed.get_in_outage("acme:2")), (None, None));
    assert_eq!(bed.get("other:1").as_deref(), Some("value"));
    assert_eq!(bed.store.count_where(is_meant), 0);
}

#[test]
fn a_fill_that_began_before_an_erasure_brings_no_copy() {
    let bed = Bed::new();
    let owner = Owner::of(b"acme");
    let fill = bed.store.begin_fill(bed.wish_of("acme:1", owner), NODE, bed.now).unwrap();
    bed.store.erase(owner, |_| true);
    bed.store.finish_fill(fill, Some(b"value"), FOREVER_MS);
    assert_eq!((bed.get("acme:1"), bed.get_in_outage("acme:1")), (None, None));
}
