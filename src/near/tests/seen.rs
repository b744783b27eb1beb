use super::super::store::is_listed;
use super::*;

#[test]
fn a_report_has_what_happened_by_group() {
    let mut bed = Bed::new();
    let other = bed.store.group("orders");
    bed.answered("k", Some("v"));
    bed.fill("k", "v");
    bed.get("k");
    bed.get("k");
    let wish = Wish { group: other, ..bed.wish("o") };
    let fill = bed.store.begin_fill(wish, NODE, bed.now).unwrap();
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    bed.pass(300);
    let report = bed.store.report(bed.now);
    assert_eq!((report.entries, report.sessions, report.evictions), (2, 1, 0));
    assert_eq!((report.max_bytes, report.freshness), (64 << 20, Some(Duration::from_millis(300))));
    let counts = |group: &GroupReport| (group.entries, group.hits, group.misses, group.fills, group.refused);
    let groups: Vec<_> = report.groups.iter().map(|group| (group.name.as_str(), counts(group))).collect();
    assert_eq!(groups, [("users", (1, 2, 1, 1, 0)), ("orders", (1, 0, 0, 1, 0))]);
    drop(bed.begin_write("k"));
    let report = bed.store.report(bed.now);
    assert_eq!((report.entries, report.groups[0].entries), (1, 0));
    assert!(!bed.store.has_copies(bed.group) && bed.store.has_copies(other));
}

#[test]
fn a_report_without_a_session_knows_no_freshness() {
    let bed = Bed::new();
    bed.store.end_all_sessions();
    let report = bed.store.report(bed.now);
    assert_eq!((report.sessions, report.freshness), (0, None));
    bed.store.begin_session(NODE);
    let report = bed.store.report(bed.now);
    assert_eq!((report.sessions, report.freshness), (1, None));
}

#[test]
fn a_name_is_one_group_and_names_above_the_256th_share_one() {
    let bed = Bed::new();
    assert_eq!(bed.store.group("users"), bed.group);
    assert_ne!(bed.store.group("orders"), bed.group);
    let groups: Vec<_> = (0..300).map(|number| bed.store.group(&number.to_string())).collect();
    assert_eq!(groups[299], groups[270]);
    assert_ne!(groups[0], groups[1]);
    assert_eq!(bed.store.report(bed.now).groups.len(), 256);
}

#[test]
fn one_identity_has_one_store_as_long_as_somebody_uses_it() {
    let options = Options { max_bytes: 1 << 20, max_staleness: STALENESS };
    let store = NearStore::shared("here", options);
    assert!(Arc::ptr_eq(&store, &NearStore::shared("here", Options { max_bytes: 2 << 20, ..options })));
    assert!(!Arc::ptr_eq(&store, &NearStore::shared("there", options)));
    let group = store.group("users");
    let now = Instant::now();
    store.begin_session(NODE);
    let wish = Wish { key: b"k"[..].into(), group, owner: Owner::NOBODY };
    store.finish_fill(store.begin_fill(wish, NODE, now).unwrap(), Some(b"v"), FOREVER_MS);
    assert_eq!(store.report(now).entries, 1);
    assert!(is_listed("here") && !is_listed("there"));
    drop(store);
    assert!(!is_listed("here"), "its memory is free");
    assert_eq!(NearStore::shared("here", options).report(now).entries, 0);
}

#[test]
fn debug_output_of_a_value_a_wish_and_a_fill_has_neither_key_nor_value() {
    let bed = Bed::new();
    let fill = bed.begin_fill("+49 170 secret").unwrap();
    let debug = format!("{fill:?} {:?} {:?}", bed.wish("+49 170 secret"), Key::new(b"+49 170 secret"));
    bed.store.finish_fill(fill, Some(b"secret"), FOREVER_MS);
    let value = bed.store.get(Key::new(b"+49 170 secret"), bed.now);
    let debug = format!("{debug} {value:?} {:?}", bed.store);
    let as_numbers = format!("{:?}", b"secret");
    assert!(!debug.contains("secret") && !debug.contains(as_numbers.trim_matches(['[', ']'])), "{debug}");
}
