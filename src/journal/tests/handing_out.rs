//! The entries that are handed out for replay, and how they are settled.

use super::*;

fn with_three() -> Bench {
    let mut bench = Bench::new();
    for key in [b"a", b"b", b"c"] {
        bench.write(key, set(b"v"));
    }
    bench
}

#[test]
fn entries_are_handed_out_once_and_oldest_first() {
    let mut bench = with_three();
    bench.write(b"a", set(b"again"));
    assert_eq!(bench.hand_out(2), ["a", "b"], "a change keeps the place in the order");
    assert_eq!(bench.hand_out(9), ["c"]);
    assert!(bench.hand_out(9).is_empty());
    assert_eq!(bench.journal.len(), 3, "they stay until they are settled");
}

#[test]
fn what_changes_after_it_was_handed_out_comes_again_at_the_end() {
    let mut bench = with_three();
    bench.hand_out(1);
    bench.write(b"a", set(b"again"));
    bench.write(b"d", set(b"v"));
    assert_eq!(bench.hand_out(9), ["b", "c", "a", "d"]);
}

#[test]
fn one_key_is_handed_out_of_turn_once() {
    let mut bench = with_three();
    let mut seen = 0;
    assert!(bench.journal.hand_out_key(b"b", |entry| seen = entry.sequence));
    assert_eq!(seen, bench.journal.entry(b"b").unwrap().sequence);
    assert!(!bench.journal.hand_out_key(b"b", |_| panic!("handed out twice")));
    assert!(!bench.journal.hand_out_key(b"nothing", |_| panic!("handed out what is not there")));
    assert_eq!(bench.hand_out(9), ["a", "c"]);
}

#[test]
fn a_rewind_hands_everything_out_again_oldest_first() {
    let mut bench = with_three();
    bench.journal.hand_out_key(b"c", |_| ());
    bench.hand_out(1);
    bench.journal.rewind();
    assert_eq!(bench.hand_out(9), ["a", "b", "c"]);
}

#[test]
fn settling_drops_an_entry_unless_it_has_changed_since() {
    let mut bench = with_three();
    let sequence = bench.journal.entry(b"a").unwrap().sequence;
    bench.hand_out(9);
    bench.write(b"a", Write::Delete);
    bench.journal.settle(b"a", sequence);
    assert_eq!(bench.value(b"a"), Some(Held::Gone));
    bench.settle(b"a");
    assert_eq!(bench.value(b"a"), None);
    bench.settle(b"b");
    bench.journal.rewind();
    assert_eq!(bench.hand_out(9), ["c"]);
}

#[test]
fn settling_does_not_drop_a_field_that_was_recorded_late_meanwhile() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"h", set_field(b"f", b"v"), 9));
    bench.hand_out(9);
    let _ = bench.put(bench.at(b"h", set_field(b"g", b"late"), 7));
    bench.journal.settle(b"h", 9);
    assert_eq!(bench.field(b"h", b"g"), Some(Held::Value(b"late")));
    assert_eq!(bench.hand_out(9), ["h"]);
    bench.journal.settle(b"h", 9);
    assert!(bench.journal.is_empty());
}

#[test]
fn a_forgotten_key_is_neither_known_nor_handed_out() {
    let mut bench = with_three();
    bench.journal.forget(b"b");
    bench.journal.forget(b"nothing");
    assert_eq!(bench.value(b"b"), None);
    assert_eq!(bench.hand_out(9), ["a", "c"]);
}

#[test]
fn the_oldest_is_what_was_recorded_first_and_waits_unchanged() {
    let mut bench = Bench::new();
    assert_eq!(bench.journal.oldest(), None);
    let start = bench.now;
    bench.write(b"a", set(b"v"));
    bench.pass(1);
    bench.write(b"a", set(b"w"));
    bench.write(b"b", set(b"v"));
    assert_eq!(bench.journal.oldest(), Some(start));
    bench.hand_out(9);
    assert_eq!(bench.journal.oldest(), Some(start));
    bench.settle(b"a");
    assert_eq!(bench.journal.oldest(), Some(start + Duration::from_secs(1)));
    bench.journal.rewind();
    bench.pass(1);
    bench.write(b"c", set(b"v"));
    bench.journal.hand_out_key(b"c", |_| ());
    assert_eq!(bench.journal.oldest(), Some(start + Duration::from_secs(1)), "handed out or not");
}

/// The values that Redis may hold and that are older than what the journal has of `k`.
fn older(journal: &Journal) -> &[Digest] {
    &journal.entry(b"k").unwrap().older
}

#[test]
fn what_was_handed_out_is_older_than_what_replaces_it() {
    for replacement in [set(b"new"), Write::Delete] {
        let mut bench = Bench::new();
        bench.write(b"k", set(b"never sent"));
        bench.write(b"k", set(b"sent"));
        bench.hand_out(1);
        bench.journal.rewind();
        bench.write(b"k", replacement);
        assert_eq!(older(&bench.journal), [digest(b"sent")]);
        bench.write(b"k", set(b"newest"));
        assert_eq!(older(&bench.journal), [digest(b"sent")], "what replaced it was not sent");
    }
}

#[test]
fn a_field_that_was_handed_out_is_older_than_what_replaces_it() {
    for replacement in [set_field(b"f", b"new"), delete_field(b"f")] {
        let mut bench = Bench::new();
        bench.write(b"k", set_field(b"f", b"sent"));
        bench.journal.hand_out_key(b"k", |_| ());
        bench.write(b"k", set_field(b"g", b"never sent"));
        bench.write(b"k", set_field(b"g", b"never sent either"));
        bench.write(b"k", replacement);
        assert_eq!(older(&bench.journal), [digest(b"sent")]);
    }
}

#[test]
fn an_entry_is_known_again_by_its_nonce() {
    let mut bench = Bench::new();
    let entry = [&[0, 3, 1][..], b"nonce of", b" and versions of tags"].concat();
    bench.write(b"k", set(&entry));
    bench.hand_out(1);
    bench.write(b"k", Write::Delete);
    assert_eq!(older(&bench.journal), [digest(b"nonce of")]);
}

#[test]
fn what_one_journal_has_handed_out_is_older_than_what_replaces_it_in_another() {
    let mut giver = Bench::new();
    giver.write(b"k", set_field(b"f", b"sent"));
    giver.hand_out(1);
    let mut receiver = Bench::new();
    giver.journal.give_away(1, |_| true, |item| receiver.journal.receive(item));
    receiver.sequence = giver.sequence;
    receiver.write(b"k", delete_field(b"f"));
    assert_eq!(older(&receiver.journal), [digest(b"sent")]);
}

#[test]
fn what_one_journal_has_handed_out_is_older_than_what_another_has_already() {
    let mut giver = Bench::new();
    giver.write(b"k", set(b"sent"));
    giver.hand_out(1);
    let mut receiver = Bench { sequence: giver.sequence, ..Bench::new() };
    receiver.write(b"k", set(b"newer"));
    giver.journal.give_away(1, |_| true, |item| receiver.journal.receive(item));
    assert_eq!(receiver.value(b"k"), Some(Held::Value(b"newer")));
    assert_eq!(older(&receiver.journal), [digest(b"sent")]);
}
