use super::*;

fn some(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn a_fill_that_nothing_disturbs_becomes_a_copy_that_answers() {
    let bed = Bed::new();
    assert_eq!(bed.get("k"), None);
    bed.fill("k", "v");
    assert_eq!(bed.get("k"), some("v"));
    assert_eq!(bed.get("other"), None);
    let value = bed.store.get(Key::new(b"k"), bed.now).unwrap();
    bed.fill("k", "w");
    assert_eq!((text(&value), bed.get("k")), ("v".to_owned(), some("w")));
}

#[test]
fn absent_keys_and_those_that_end_at_once_get_no_copy() {
    let bed = Bed::new();
    for (value, pttl_ms) in [(None, -2), (Some(&b"v"[..]), -2), (Some(b"v"), 0)] {
        bed.store.finish_fill(bed.begin_fill("k").unwrap(), value, pttl_ms);
        assert_eq!(bed.get("k"), None);
    }
    assert_eq!(bed.group_report().refused, 3);
}

#[test]
fn values_above_256_kib_and_above_half_the_budget_get_no_copy() {
    let bed = Bed::new();
    let longest = "v".repeat(256 << 10);
    bed.fill("k", &longest);
    assert_eq!(bed.get("k"), Some(longest.clone()));
    bed.fill("k2", &format!("{longest}v"));
    assert_eq!(bed.get("k2"), None);
    assert!(!bed.answered("k3", Some(&format!("{longest}v"))));
    assert!(!bed.answered("k3", Some(&format!("{longest}v"))));

    let bed = Bed::with_budget(64 << 10);
    bed.fill("k", &"v".repeat(33 << 10));
    assert_eq!(bed.get("k"), None);
    bed.fill("k", &"v".repeat(31 << 10));
    assert!(bed.get("k").is_some());
}

#[test]
fn keys_above_4_kib_get_no_copy() {
    let bed = Bed::new();
    assert!(bed.begin_fill(&"k".repeat(4_096)).is_some());
    let long = "k".repeat(4_097);
    assert!(bed.begin_fill(&long).is_none());
    assert!(!bed.answered(&long, Some("v")) && !bed.answered(&long, Some("v")));
}

#[test]
fn at_most_256_fills_are_under_way_and_one_a_key() {
    let bed = Bed::new();
    let mut fills: Vec<_> = (0..256).map(|number| bed.begin_fill(&format!("k{number}")).unwrap()).collect();
    assert!(bed.begin_fill("k256").is_none());
    fills.pop();
    assert!(bed.begin_fill("k0").is_none());
    bed.fill("k255", "v");
    assert_eq!(bed.get("k255"), some("v"));
    drop(fills);
    bed.fill("k0", "v");
    assert_eq!(bed.get("k0"), some("v"));
    assert_eq!(bed.group_report().dropped, 2);
}

#[test]
fn a_push_removes_the_copy_and_refuses_the_fill_that_was_sent_before() {
    let bed = Bed::new();
    bed.fill("k", "v");
    bed.invalidated("k");
    assert_eq!(bed.get("k"), None);
    let fill = bed.begin_fill("k").unwrap();
    bed.invalidated("k");
    bed.store.finish_fill(fill, Some(b"older"), FOREVER_MS);
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, None));
    bed.fill("k", "newer");
    assert_eq!(bed.get("k"), some("newer"));
}

#[test]
fn a_push_asks_for_another_fill_where_the_copy_had_answered_four_times() {
    let bed = Bed::new();
    let owner = Owner::of(b"acme");
    let fill = || {
        let fill = bed.store.begin_fill(bed.wish_of("k", owner), NODE, bed.now).unwrap();
        bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    };
    for answers in [0, 3] {
        fill();
        (0..answers).for_each(|_| drop(bed.get("k")));
        assert_eq!(bed.invalidated("k"), None);
    }
    fill();
    (0..4).for_each(|_| drop(bed.get("k")));
    assert_eq!(bed.invalidated("k"), Some(bed.wish_of("k", owner)));
    assert_eq!(bed.invalidated("k"), None);
}

#[test]
fn an_own_write_removes_the_copy_at_once_and_lets_no_fill_in_until_it_is_over() {
    let bed = Bed::new();
    bed.fill("k", "v");
    let write = bed.begin_write("k");
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, None));
    assert!(bed.begin_fill("k").is_none());
    let second = bed.begin_write("k");
    drop(write);
    assert!(bed.begin_fill("k").is_none());
    drop(second);
    bed.fill("k", "w");
    assert_eq!(bed.get("k"), some("w"));
}

#[test]
fn a_fill_that_was_sent_before_an_own_write_is_refused_during_the_write_and_afterwards() {
    let bed = Bed::new();
    for is_over in [false, true] {
        let fill = bed.begin_fill("k").unwrap();
        let write = bed.begin_write("k");
        let write = (!is_over).then_some(write);
        bed.store.finish_fill(fill, Some(b"older"), FOREVER_MS);
        drop(write);
        assert_eq!(bed.get("k"), None);
    }
}

#[test]
fn a_different_answer_of_another_connection_removes_the_copy() {
    let bed = Bed::new();
    bed.fill("k", "v");
    bed.answered("k", Some("v"));
    assert_eq!(bed.get("k"), some("v"));
    for different in [Some("w"), None] {
        bed.fill("k", "v");
        bed.answered("k", different);
        assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, None));
    }
}

#[test]
fn a_different_answer_refuses_the_fills_of_its_stripe_that_were_sent_before() {
    let bed = Bed::new();
    bed.fill("k", "v");
    bed.store.end_session(NODE);
    bed.begin_session();
    let fill = bed.begin_fill("k").unwrap();
    bed.answered("k", Some("w"));
    bed.store.finish_fill(fill, Some(b"w"), FOREVER_MS);
    assert_eq!(bed.get("k"), None);
}

#[test]
fn a_fill_is_refused_where_another_connection_answered_something_else_meanwhile() {
    let bed = Bed::new();
    let cases: [(&[Option<&str>], Option<&str>); 6] = [
        (&[], Some("v")),
        (&[Some("v")], Some("v")),
        (&[Some("v"), Some("v")], Some("v")),
        (&[Some("w")], None),
        (&[None], None),
        (&[Some("w"), Some("v")], None),
    ];
    for (number, (answers, kept)) in cases.into_iter().enumerate() {
        let key = format!("k{number}");
        let fill = bed.begin_fill(&key).unwrap();
        answers.iter().for_each(|answer| {
            bed.answered(&key, *answer);
        });
        bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
        assert_eq!(bed.get(&key).as_deref(), kept, "{answers:?}");
    }
}

#[test]
fn a_clearing_silences_the_copies_of_its_owner_and_the_fills_that_were_sent_before() {
    let bed = Bed::new();
    let (acme, other) = (Owner::of(b"acme"), Owner::of(b"other"));
    assert_ne!(acme, other);
    let begin = |key: &str, owner| bed.store.begin_fill(bed.wish_of(key, owner), NODE, bed.now).unwrap();
    bed.store.finish_fill(begin("acme:1", acme), Some(b"v"), FOREVER_MS);
    bed.store.finish_fill(begin("other:1", other), Some(b"v"), FOREVER_MS);
    let fill = begin("acme:2", acme);
    bed.store.clear_owner(acme);
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    for key in ["acme:1", "acme:2"] {
        assert_eq!((bed.get(key), bed.get_in_outage(key)), (None, None));
    }
    assert_eq!(bed.get("other:1"), some("v"));
    bed.store.finish_fill(begin("acme:1", acme), Some(b"w"), FOREVER_MS);
    assert_eq!(bed.get("acme:1"), some("w"));
}

#[test]
fn a_copy_answers_until_the_last_answered_ping_was_sent_longer_ago_than_allowed() {
    let mut bed = Bed::new();
    bed.fill("k", "v");
    bed.pass(1_000);
    assert_eq!(bed.get("k"), some("v"));
    bed.pass(1);
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, some("v")));
    // The PONG comes late: what counts is when its PING was sent.
    bed.store.answered_ping(NODE, bed.now - Duration::from_millis(1_001));
    assert_eq!(bed.get("k"), None);
    bed.store.answered_ping(NODE, bed.now - Duration::from_secs(1));
    assert_eq!(bed.get("k"), some("v"));
    bed.store.answered_ping(NODE, bed.now - Duration::from_secs(5));
    assert_eq!(bed.get("k"), some("v"));
}

#[test]
fn a_session_answers_only_once_it_has_answered_a_ping() {
    let mut bed = Bed::new();
    bed.store.end_session(NODE);
    bed.store.begin_session(NODE);
    bed.fill("k", "v");
    assert_eq!(bed.get("k"), None);
    bed.pass(5);
    bed.confirm();
    assert_eq!(bed.get("k"), some("v"));
}

#[test]
fn a_copy_lives_as_long_as_its_key_lived_when_the_fill_was_sent() {
    let mut bed = Bed::new();
    let fill = bed.begin_fill("k").unwrap();
    std::thread::sleep(Duration::from_millis(20));
    bed.store.finish_fill(fill, Some(b"v"), 500);
    bed.pass(499);
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (some("v"), some("v")));
    bed.pass(1);
    assert_eq!((bed.get_in_outage("k"), bed.get("k")), (None, None));
}

#[test]
fn no_copy_lives_longer_than_an_hour() {
    let mut bed = Bed::new();
    for pttl_ms in [FOREVER_MS, 3_600_001, i64::MAX] {
        bed.store.finish_fill(bed.begin_fill("k").unwrap(), Some(b"v"), pttl_ms);
        bed.pass(3_599_999);
        bed.confirm();
        assert_eq!(bed.get("k"), some("v"));
        bed.pass(1);
        assert_eq!(bed.get("k"), None);
    }
}

#[test]
fn copies_of_an_ended_session_answer_in_an_outage_only() {
    let bed = Bed::new();
    bed.fill("k", "v");
    let fill = bed.begin_fill("k2").unwrap();
    bed.store.end_session(NODE);
    assert!(bed.begin_fill("k3").is_none());
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, some("v")));
    bed.begin_session();
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, some("v")));
    assert_eq!(bed.get_in_outage("k2"), None);
    bed.fill("k", "w");
    bed.store.end_all_sessions();
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, some("w")));
}

#[test]
fn a_fill_that_was_sent_in_an_ended_session_is_refused_in_the_next() {
    let bed = Bed::new();
    let fill = bed.begin_fill("k").unwrap();
    bed.store.end_session(NODE);
    bed.begin_session();
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, None));
}

#[test]
fn copies_of_a_flushed_node_never_answer_again() {
    let bed = Bed::new();
    bed.fill("earlier", "v");
    bed.store.end_session(NODE);
    bed.begin_session();
    bed.fill("k", "v");
    bed.store.flushed(NODE);
    for key in ["earlier", "k"] {
        assert_eq!((bed.get(key), bed.get_in_outage(key)), (None, None));
    }
    bed.begin_session();
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (None, None));
    bed.fill("k", "w");
    assert_eq!((bed.get("k"), bed.get_in_outage("k")), (some("w"), some("w")));
}

#[test]
fn sessions_and_flushes_are_a_matter_of_one_node() {
    let bed = Bed::new();
    bed.store.begin_session(1);
    bed.store.answered_ping(1, bed.now);
    let fill = bed.store.begin_fill(bed.wish("of 1"), 1, bed.now).unwrap();
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    bed.fill("of 0", "v");
    bed.store.flushed(0);
    assert_eq!((bed.get("of 0"), bed.get("of 1")), (None, some("v")));
    bed.store.end_session(1);
    assert_eq!((bed.get_in_outage("of 0"), bed.get_in_outage("of 1")), (None, some("v")));
    bed.store.begin_session(u16::MAX);
    assert!(bed.store.begin_fill(bed.wish("k"), u16::MAX, bed.now).is_none());
}

#[test]
fn nothing_is_filled_while_a_journal_holds_writes() {
    let bed = Bed::new();
    let fill = bed.begin_fill("k").unwrap();
    let (one, other) = (bed.store.hold_fills(), bed.store.hold_fills());
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert_eq!(bed.get("k"), None);
    drop(one);
    assert!(bed.begin_fill("k").is_none());
    drop(other);
    let fill = bed.begin_fill("k").unwrap();
    drop(bed.store.hold_fills());
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert_eq!(bed.get("k"), None);
    bed.fill("k", "v");
    assert_eq!(bed.get("k"), some("v"));
}

#[test]
fn copies_of_a_group_with_a_limit_end_with_it_and_know_what_is_left_of_their_value() {
    let mut bed = Bed::new();
    bed.store.limit_lifetime(bed.group, Duration::from_secs(60));
    bed.store.limit_lifetime(bed.group, Duration::from_secs(2));
    bed.store.limit_lifetime(bed.group, Duration::from_secs(5));
    let left = |bed: &Bed, key: &str| {
        bed.store.get_living(Key::new(key.as_bytes()), bed.now).map(|living| living.left.as_millis())
    };
    bed.store.finish_fill(bed.begin_fill("long").unwrap(), Some(b"v"), 10_000);
    bed.store.finish_fill(bed.begin_fill("short").unwrap(), Some(b"w"), 900);
    bed.fill("forever", "x");
    assert_eq!((left(&bed, "long"), left(&bed, "short")), (Some(10_000), Some(900)));
    assert!(left(&bed, "forever") > Some(1_000_000_000));
    bed.pass(500);
    bed.confirm();
    assert_eq!((left(&bed, "long"), bed.get("long")), (Some(9_500), some("v")));
    assert_eq!((left(&bed, "short"), bed.get("short")), (Some(400), some("w")));
    bed.pass(1_500);
    bed.confirm();
    assert_eq!((bed.get("long"), bed.get("short"), bed.get("forever")), (None, None, None));
}

#[test]
fn a_group_without_a_limit_has_copies_for_an_hour() {
    let mut bed = Bed::new();
    bed.fill("k", "v");
    bed.pass(3_599_000);
    bed.confirm();
    assert_eq!(bed.get("k"), some("v"));
    bed.pass(1_000);
    bed.confirm();
    assert_eq!(bed.get("k"), None);
}

#[test]
fn a_compared_answer_takes_a_different_copy_and_wishes_for_nothing() {
    let bed = Bed::new();
    let compared = |value: Option<&str>| bed.store.compared(Key::new(b"k"), value.map(str::as_bytes));
    bed.fill("k", "v");
    compared(Some("v"));
    assert_eq!(bed.get("k"), some("v"));
    compared(Some("w"));
    assert_eq!(bed.get("k"), None);
    let fill = bed.begin_fill("k").unwrap();
    compared(Some("w"));
    bed.store.finish_fill(fill, Some(b"v"), FOREVER_MS);
    assert_eq!(bed.get("k"), None);
    assert_eq!(bed.group_report().misses, 0);
}

#[test]
fn a_version_changes_with_each_push_and_each_own_write_and_with_nothing_else() {
    let bed = Bed::new();
    let version = || bed.store.version(Key::new(b"k"));
    let first = version();
    bed.fill("k", "v");
    bed.get("k");
    bed.answered("k", Some("v"));
    assert_eq!(version(), first);
    bed.invalidated("k");
    let pushed = version();
    let write = bed.begin_write("k");
    let written = version();
    drop(write);
    assert_eq!((pushed != first, written != pushed, version() == written), (true, true, true));
}

#[test]
fn facts_of_a_copy_change_with_everything_that_ends_it() {
    let bed = Bed::new();
    let owner = Owner::of(b"acme");
    let facts = || {
        let fill = bed.store.begin_fill(bed.wish_of("k", owner), NODE, bed.now).unwrap();
        bed.store.finish_fill(fill, Some(b"v"), 60_000);
        bed.store.get_with_facts(Key::new(b"k"), bed.now, false).unwrap().1
    };
    let first = facts();
    assert_eq!(bed.store.get_with_facts(Key::new(b"k"), bed.now, false).unwrap().1, first);
    assert_eq!(first.until, bed.store.tick_of(bed.now + Duration::from_secs(60)));
    bed.invalidated("k");
    let pushed = facts();
    assert_ne!(pushed.stripe, first.stripe);
    drop(bed.begin_write("k"));
    let written = facts();
    assert_ne!(written.stripe, pushed.stripe);
    bed.answered("k", Some("w"));
    assert_ne!(facts().stripe, written.stripe);
    bed.store.clear_owner(owner);
    let cleared = facts();
    assert_ne!(cleared.clearings, first.clearings);
    bed.begin_session();
    assert_ne!(facts().session, cleared.session);
    let words = |facts: Facts| [facts.stripe.word, facts.clearings.word, facts.session.word];
    assert_eq!(words(facts()), words(first));
}

#[test]
fn a_key_is_watched_while_it_has_a_copy_that_every_change_ends() {
    let bed = Bed::new();
    let is_watched = || bed.store.is_watched(Key::new(b"k"));
    assert!(!is_watched());
    let fill = bed.begin_fill("k").unwrap();
    assert!(!is_watched(), "the server has not read it yet");
    bed.store.finish_fill(fill, Some(b"v"), 60_000);
    assert!(is_watched());
    bed.invalidated("k");
    assert!(!is_watched());
    let ends: [fn(&Bed); 2] = [|bed| bed.store.end_session(NODE), |bed| bed.store.clear_owner(Owner::NOBODY)];
    for end in ends {
        bed.begin_session();
        bed.fill("k", "v");
        assert!(is_watched());
        end(&bed);
        assert!(!is_watched());
    }
}

#[test]
fn reads_that_were_answered_elsewhere_count_as_hits() {
    let bed = Bed::new();
    bed.fill("k", "v");
    bed.get("k");
    bed.store.answered_elsewhere(Key::new(b"k"), bed.group, 41);
    assert_eq!(bed.group_report().hits, 42);
}
