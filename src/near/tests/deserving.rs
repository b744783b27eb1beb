//! Which keys deserve a copy.

use super::*;
use crate::near::groups::is_sampled;
use crate::near::key::Hash;

#[test]
fn no_copy_is_wished_for_while_its_key_is_written() {
    let bed = Bed::new();
    bed.answered("k", Some("v"));
    let write = bed.begin_write("k");
    assert!(!bed.answered("k", Some("v")));
    drop(write);
    assert!(bed.answered("k", Some("v")));
}

#[test]
fn the_second_read_within_ten_minutes_deserves_a_copy() {
    let mut bed = Bed::new();
    assert!(!bed.answered("k", Some("v")));
    bed.pass(600_000);
    assert!(bed.answered("k", Some("v")));
    assert!(!bed.answered("other", Some("v")));
    bed.pass(600_200);
    assert!(!bed.answered("other", Some("v")));
}

#[test]
fn a_wish_that_was_lost_is_repeated_after_a_second() {
    let mut bed = Bed::new();
    bed.answered("k", Some("v"));
    assert!(bed.answered("k", Some("v")));
    assert!(!bed.answered("k", Some("v")));
    bed.pass(1_100);
    assert!(bed.answered("k", Some("v")));
}

#[test]
fn neither_a_key_with_a_copy_nor_one_that_is_filled_nor_an_absent_one_deserves_another() {
    let mut bed = Bed::new();
    bed.fill("k", "v");
    let _fill = bed.begin_fill("filled");
    for _ in 0..3 {
        bed.pass(2_000);
        assert!(
            !bed.answered("k", Some("v"))
                && !bed.answered("filled", Some("v"))
                && !bed.answered("absent", None)
        );
    }
}

#[test]
fn a_copy_that_had_answered_and_went_is_deserved_again_at_the_next_read() {
    for has_answered in [false, true] {
        let mut bed = Bed::new();
        bed.fill("k", "v");
        bed.pass(700_000);
        bed.confirm();
        if has_answered {
            bed.get("k");
        }
        drop(bed.begin_write("k"));
        assert_eq!(bed.answered("k", Some("v")), has_answered);
    }
}

/// The value of the key's copy changes after so many answers of the copy, by a push or an own write.
fn let_change(bed: &mut Bed, key: &str, answers: usize, is_own: bool) {
    bed.confirm();
    bed.fill(key, "v");
    for _ in 0..answers {
        assert!(bed.get(key).is_some());
    }
    if is_own {
        drop(bed.begin_write(key));
    } else {
        assert_eq!(bed.invalidated(key).is_some(), answers >= 4);
    }
}

/// How many of 1,000 reads deserve a copy, if none is made.
fn deserving_reads(bed: &mut Bed, key: &str) -> usize {
    let deserves = |_: &usize| {
        bed.pass(1_100);
        bed.answered(key, Some("v"))
    };
    (0..1_000).filter(deserves).count()
}

#[test]
fn copies_that_do_not_pay_become_rarer_until_one_pays() {
    let mut bed = Bed::new();
    for is_own in [false, true] {
        for (answers, expected) in [(3, 1_000), (1, 250), (2, 62), (3, 15), (0, 15)] {
            let_change(&mut bed, "k", answers, is_own);
            let found = deserving_reads(&mut bed, "k");
            assert!(found.abs_diff(expected) <= 2, "{found} where {expected} were expected");
        }
        let_change(&mut bed, "k", 4, is_own);
        assert_eq!(deserving_reads(&mut bed, "k"), 1_000);
        let_change(&mut bed, "k", 0, is_own);
        assert!(deserving_reads(&mut bed, "k").abs_diff(250) <= 2, "a copy that nobody read counts twice");
        let_change(&mut bed, "k", 4, is_own);
    }
}

#[test]
fn refused_fills_count_as_copies_that_do_not_pay_where_the_value_has_changed() {
    let mut bed = Bed::new();
    for (is_changed, expected) in [(false, 1_000), (false, 1_000), (true, 1_000), (true, 250), (true, 62)] {
        bed.answered("k", Some("v"));
        let fill = bed.begin_fill("k").unwrap();
        if is_changed {
            bed.invalidated("k");
        } else {
            bed.store.end_session(NODE);
            bed.begin_session();
        }
        bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
        let found = deserving_reads(&mut bed, "k");
        assert!(found.abs_diff(expected) <= 2, "{found} where {expected} were expected");
    }
}

#[test]
fn a_copy_whose_value_a_reader_keeps_pays() {
    let mut bed = Bed::new();
    for _ in 0..4 {
        bed.fill("k", "v");
        assert!(bed.store.get_with_facts(Key::new(b"k"), bed.now, true).is_some());
        assert!(bed.invalidated("k").is_some());
    }
    assert_eq!(deserving_reads(&mut bed, "k"), 1_000);
}

#[test]
fn a_fill_that_a_change_refused_is_deserved_again_at_the_next_read() {
    let bed = Bed::new();
    assert!(!bed.answered("k", Some("v")) && bed.answered("k", Some("v")));
    let fill = bed.begin_fill("k").unwrap();
    bed.invalidated("k");
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert!(bed.answered("k", Some("w")));
    let write = bed.begin_write("k");
    assert!(bed.begin_fill("k").is_none());
    drop(write);
    assert!(bed.answered("k", Some("w")));
}

#[test]
fn a_key_whose_copy_belongs_to_an_ended_session_deserves_another() {
    let mut bed = Bed::new();
    bed.fill("k", "v");
    bed.store.end_session(NODE);
    bed.begin_session();
    bed.answered("k", Some("v"));
    bed.pass(1);
    assert!(bed.answered("k", Some("v")));
}

/// Fills keys once each and reads each so many times.
fn fill_and_read(bed: &Bed, keys: &[String], reads: usize) {
    for key in keys {
        bed.fill(key, "v");
        for _ in 0..reads {
            bed.get(key);
        }
        drop(bed.begin_write(key));
    }
}

/// So many keys of the sample, or of the others.
fn keys(count: usize, are_sampled: bool) -> Vec<String> {
    let keys = (0..).map(|number| format!("k{number}"));
    keys.filter(|key| is_sampled(Hash::of(key.as_bytes())) == are_sampled).take(count).collect()
}

/// How many of 10,000 keys that were read before deserve a copy.
fn deserving(bed: &Bed, name: &str) -> usize {
    let deserves = |number: &usize| {
        let key = format!("{name}{number}");
        bed.answered(&key, Some("v"));
        bed.answered(&key, Some("v"))
    };
    (0..10_000).filter(deserves).count()
}

#[test]
fn a_group_whose_copies_answer_fewer_than_two_reads_a_fill_fills_a_hundredth_until_that_changes() {
    let bed = Bed::new();
    let (sampled, others) = (keys(1_000, true), keys(10_000, false));
    fill_and_read(&bed, &others, 2);
    bed.fill("judged with this one", "v");
    assert!(!bed.group_report().is_sparse);
    assert!(deserving(&bed, "many") > 9_900);
    fill_and_read(&bed, &others, 1);
    assert!(bed.group_report().is_sparse);
    let few = deserving(&bed, "few");
    assert!((40..200).contains(&few), "{few}");
    // What copies from before answer says nothing of the sample.
    fill_and_read(&bed, &others[..1_000], 10);
    assert!(bed.group_report().is_sparse);
    fill_and_read(&bed, &sampled, 3);
    assert!(!bed.group_report().is_sparse);
    assert!(deserving(&bed, "again") > 9_900);
}

#[test]
fn a_group_whose_sample_has_few_keys_gets_copies_again_once_these_are_read() {
    let bed = Bed::new();
    fill_and_read(&bed, &keys(10_001, false), 0);
    assert!(bed.group_report().is_sparse);
    let read = |key: &String, reads: usize| {
        for _ in 0..reads {
            bed.get(key);
        }
    };
    let misses = |count: usize| {
        for _ in 0..count {
            bed.answered("other", None);
        }
    };
    for key in &keys(3, true) {
        bed.fill(key, "v");
        read(key, 6);
    }
    misses(10_000);
    // Reads of three keys that 10 fills would have brought do not say enough.
    assert!(bed.group_report().is_sparse);
    read(&keys(1, true)[0], 10);
    misses(10_000);
    assert!(!bed.group_report().is_sparse);
}

#[test]
fn a_push_asks_for_no_fill_that_the_benefit_of_its_group_forbids() {
    let bed = Bed::new();
    fill_and_read(&bed, &keys(10_001, false), 0);
    let is_asked_for = |key: &String| {
        bed.fill(key, "v");
        (0..4).for_each(|_| drop(bed.get(key)));
        bed.invalidated(key).is_some()
    };
    assert_eq!(keys(100, false).iter().filter(|key| is_asked_for(key)).count(), 0);
    assert_eq!(keys(100, true).iter().filter(|key| is_asked_for(key)).count(), 100);
}

#[test]
fn a_key_that_reads_need_again_and_again_deserves_a_copy_unless_it_has_one() {
    let bed = Bed::new();
    let missed = |key: &str| bed.store.missed(Key::new(key.as_bytes()), bed.group, bed.now);
    assert_eq!([missed("k"), missed("k"), missed("k")], [false, true, false]);
    bed.fill("k", "v");
    assert!(!missed("k"));
    let fill = bed.begin_fill("l").unwrap();
    assert_eq!([missed("l"), missed("l")], [false, false]);
    drop(fill);
    assert!(!missed("l") && missed("l"));
    let write = bed.begin_write("m");
    assert!(!missed("m") && !missed("m"));
    drop(write);
}
