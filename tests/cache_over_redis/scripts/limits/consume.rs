//! `consume`: what it answers, and what is in Redis then.

use std::sync::Arc;

use orgcache::limiter::scripts::{BLOCK, CONSUME};
use orgcache::limiter::{
    BatchCheck, CheckBatch, MAX_CHECKS, Policy, PolicyOptions, Reason, Verdict, append_block,
};

use super::super::{assert_lives, run, text};
use super::{COUNTING, Client, Limits, Reply, US_PER_MS, made, policy};

/// A time at the start of a window of a minute.
const NOW_US: u64 = 1_790_000_040_000_000;
/// When its day began.
const DAY_MS: u64 = 1_789_948_800_000;

fn check<'a>(policy: &'a Arc<Policy>, key: &'a [u8], cost: u64) -> BatchCheck<'a> {
    BatchCheck { policy, cost, key, block_key: None, own_block_key: None, is_peek: false }
}

impl Limits {
    /// The verdicts on a call, and whether it was admitted.
    #[track_caller]
    fn call(&mut self, checks: &[BatchCheck<'_>]) -> (bool, Vec<Verdict>) {
        let mut batch = CheckBatch::default();
        batch.add(checks);
        let reply = self.decide(&batch);
        let call = reply.calls().next().unwrap().unwrap();
        (call.is_admitted, call.verdicts.to_vec())
    }

    #[track_caller]
    fn one(&mut self, policy: &Arc<Policy>, key: &[u8], cost: u64) -> Verdict {
        self.call(&[check(policy, key, cost)]).1[0]
    }

    fn exists(&mut self, key: &[u8]) -> bool {
        self.client.integer(&[b"EXISTS", key]) == 1
    }

    #[track_caller]
    fn stored(&mut self, key: &[u8]) -> String {
        match self.client.command(&[b"GET", key]) {
            Reply::Text(text) => String::from_utf8(text).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn seen(verdict: Verdict) -> (Reason, u64, u64, Option<u64>) {
    (verdict.reason, verdict.remaining, verdict.reset_ms, verdict.retry_after_ms)
}

#[test]
fn consume_keeps_each_algorithms_state_with_an_expiry() {
    let mut limits = Limits::connect("limit-states", Some(NOW_US + 15_000_000));
    let window = NOW_US / 60_000_000;
    let cases = [
        ("sliding", format!("{window}:0:3"), 105_000, 105_000),
        ("gcra", (NOW_US + 15_000_000 + 18_000_000).to_string(), 18_000, 18_000),
        ("fixed", format!("{}:3", NOW_US / 1000 + 15_000), 60_000, 60_000),
        // 2026-09-21T14:14:15Z: the day ends in 9 h 45 min 45 s.
        ("calendar", format!("C{DAY_MS}:3"), 35_145_000, 35_145_000),
    ];
    for (algorithm, state, reset_ms, life_ms) in cases {
        let (ten, key) = (made(&policy(algorithm, 10, 60_000)), limits.client.key(algorithm));
        assert_eq!(seen(limits.one(&ten, &key, 3)), (Reason::Ok, 7, reset_ms, Some(0)), "{algorithm}");
        assert_eq!(limits.stored(&key), state);
        let left = limits.client.integer(&[b"PTTL", &key]);
        assert!((life_ms - 20_000..=life_ms + 100).contains(&left), "{algorithm}: {left} ms are left");
    }
    let (ten, key) = (made(&policy("log", 10, 60_000)), limits.client.key("log"));
    assert_eq!(seen(limits.one(&ten, &key, 3)), (Reason::Ok, 7, 60_000, Some(0)));
    limits.now_us = Some(NOW_US + 15_001_000);
    assert_eq!(limits.one(&ten, &key, 1).remaining, 6);
    assert_eq!(limits.one(&ten, &key, 2).remaining, 4);
    assert_eq!(limits.client.integer(&[b"STRLEN", &key]), 3 + 2 * 8, "eight bytes a millisecond");
    assert_lives(&mut limits.client, &key, 60_100);
}

#[test]
fn consume_replies_with_the_time_letters_and_states() {
    let mut client = Client::connect("limit-reply");
    let (first, second) = (client.key("first"), client.key("second"));
    client.command(&[b"SET", second.as_slice(), b"77:1:2"]);
    let arguments: [&[u8]; 12] = [
        b"\x01\x01\x00\x00\x02\x00\x01\x02\x02\x00\x00\x01\x00\x01",
        b"2",
        b"0",
        b"2",
        b"f",
        b"5",
        b"60000",
        b"0",
        b"s",
        b"0",
        b"60000",
        b"0",
    ];
    let Reply::List(reply) = run(&mut client, CONSUME, &[&first, &second], &arguments) else {
        panic!("no list")
    };
    let Reply::Integer(now_us) = reply[0] else { panic!("no time but {:?}", reply[0]) };
    let Reply::List(time) = client.command(&[b"TIME"]) else { panic!("no time") };
    let Reply::Text(seconds) = &time[0] else { panic!("no seconds") };
    let seconds: i64 = String::from_utf8(seconds.clone()).unwrap().parse().unwrap();
    assert!((seconds - 20..=seconds).contains(&(now_us / 1_000_000)), "{now_us} at {seconds}");
    assert_eq!(reply[1..], [text("al"), text(&format!("{}:2", now_us / 1000)), text("77:1:2")]);
}

#[test]
fn consume_counts_a_key_that_comes_twice_twice_and_one_call_once() {
    let mut limits = Limits::connect("limit-twice", Some(NOW_US));
    for algorithm in COUNTING {
        let (three, key) = (made(&policy(algorithm, 3, 60_000)), limits.client.key(algorithm));
        let mut batch = CheckBatch::default();
        for _ in 0..4 {
            batch.add(&[check(&three, &key, 1)]);
        }
        let reply = limits.decide(&batch);
        let admitted: Vec<_> = reply.calls().map(|call| call.unwrap().is_admitted).collect();
        assert_eq!(admitted, [true, true, true, false], "{algorithm}");
        let other = limits.client.key(&format!("{algorithm}-once"));
        assert!(limits.call(&[check(&three, &other, 2), check(&three, &other, 2)]).0, "{algorithm}");
        assert_eq!(limits.one(&three, &other, 0).remaining, 1, "{algorithm}");
    }
}

#[test]
fn consume_takes_from_all_checks_of_a_call_or_writes_nothing() {
    let mut limits = Limits::connect("limit-group", Some(NOW_US));
    let (wide, narrow) = (made(&policy("sliding", 100, 60_000)), made(&policy("gcra", 2, 60_000)));
    let (a, b) = (limits.client.key("a"), limits.client.key("b"));
    assert!(limits.call(&[check(&wide, &a, 2), check(&narrow, &b, 2)]).0);
    let before = limits.stored(&a);
    let (is_admitted, verdicts) = limits.call(&[check(&wide, &a, 2), check(&narrow, &b, 1)]);
    assert!(!is_admitted);
    let all: Vec<_> = verdicts.iter().map(|verdict| (verdict.reason, verdict.remaining)).collect();
    assert_eq!(all, [(Reason::Ok, 98), (Reason::Limit, 0)]);
    assert_eq!(limits.stored(&a), before);
    // The last check is looked at too where the first one is rejected.
    let (is_admitted, verdicts) = limits.call(&[check(&narrow, &b, 1), check(&wide, &a, 99)]);
    assert!(!is_admitted && verdicts.iter().all(|verdict| verdict.reason == Reason::Limit));
    let new = limits.client.key("new");
    assert!(!limits.call(&[check(&wide, &new, 1), check(&narrow, &b, 1)]).0);
    assert!(!limits.exists(&new));
}

#[test]
fn consume_rejects_nothing_for_a_shadow_policy() {
    let mut limits = Limits::connect("limit-shadow", Some(NOW_US));
    let wide = made(&policy("sliding", 100, 60_000));
    let shadow =
        made(&PolicyOptions { is_shadow: true, block_seconds: Some(60.0), ..policy("sliding", 1, 60_000) });
    let (a, b, own) = (limits.client.key("a"), limits.client.key("b"), limits.client.key("own"));
    let checks = [check(&wide, &a, 1), BatchCheck { own_block_key: Some(&own), ..check(&shadow, &b, 1) }];
    assert!(limits.call(&checks).0);
    let (is_admitted, verdicts) = limits.call(&checks);
    assert!(is_admitted);
    assert_eq!([verdicts[0].remaining, verdicts[1].remaining], [98, 0]);
    assert_eq!(verdicts[1].reason, Reason::Limit);
    assert!(!limits.exists(&own));
}

#[test]
fn consume_drops_a_state_of_another_type_or_shape() {
    let mut limits = Limits::connect("limit-shapes", Some(NOW_US));
    let key = limits.client.key("key");
    let long = "9".repeat(1_000_000);
    let window = NOW_US / 60_000_000;
    let shapes = [
        "",
        "x",
        "L",
        "Lx",
        "1:2:x",
        "-1",
        "1.5",
        "0x10",
        "1e5",
        "nan",
        ":",
        "::",
        ":::",
        "1:1:1:1",
        " 1",
        "L\0\0",
        &long,
        &format!("{window}:0:{long}"),
        &format!("{window}:0:{}5", "0".repeat(80)),
        &format!("{}:{}5", NOW_US / 1000, "0".repeat(80)),
        &format!("{}:{long}", NOW_US / 1000),
        "9007199254740993",
        "C",
        "C1",
        "C1:x",
        "C:1",
        "c1789948800000:9",
        &format!("C{DAY_MS}:9007199254740993"),
        &format!("C{DAY_MS}:{}5", "0".repeat(80)),
        "\u{1F980}",
    ];
    for algorithm in COUNTING {
        let ten = made(&policy(algorithm, 10, 60_000));
        for shape in shapes.iter().filter(|shape| algorithm != "gcra" || **shape != "9007199254740993") {
            limits.client.command(&[b"SET", &key, shape.as_bytes()]);
            assert_eq!(limits.one(&ten, &key, 0).remaining, 10, "{algorithm} {shape:.40?}");
            assert_eq!(limits.one(&ten, &key, 11).reason, Reason::Cost);
            assert_eq!(limits.one(&ten, &key, 4).remaining, 6, "{algorithm} {shape:.40?}");
            assert_eq!(limits.one(&ten, &key, 4).remaining, 2, "{algorithm} {shape:.40?}");
        }
        for type_of in [&[&b"RPUSH"[..], &key, b"1"][..], &[b"HSET", &key, b"1", b"1"]] {
            limits.client.command(&[b"DEL", &key]);
            limits.client.command(type_of);
            assert_eq!(limits.one(&ten, &key, 4).remaining, 6);
            assert_eq!(limits.one(&ten, &key, 4).remaining, 2);
        }
        // The state that another algorithm has left.
        for other in COUNTING.into_iter().filter(|other| *other != algorithm) {
            limits.client.command(&[b"DEL", &key]);
            assert_eq!(limits.one(&made(&policy(other, 10, 60_000)), &key, 9).remaining, 1);
            assert_eq!(limits.one(&ten, &key, 4).remaining, 6, "{algorithm} after {other}");
        }
    }
}

#[test]
fn consume_counts_in_the_hours_days_and_months_of_utc() {
    let mut limits = Limits::connect("limit-calendar", None);
    let utc: [(u64, [u64; 3]); 3] = [
        // 2028-02-29T23:59:59.999Z, a leap day.
        (1_835_481_599_999, [1_835_478_000_000, 1_835_395_200_000, 1_832_976_000_000]),
        // The next millisecond.
        (1_835_481_600_000, [1_835_481_600_000, 1_835_481_600_000, 1_835_481_600_000]),
        // 2026-12-31T23:30:00Z.
        (1_798_759_800_000, [1_798_758_000_000, 1_798_675_200_000, 1_796_083_200_000]),
    ];
    for (now_ms, starts) in utc {
        for (period, start_ms) in ["hour", "day", "month"].into_iter().zip(starts) {
            let options = PolicyOptions { period: Some(period), ..policy("calendar", 10, 0) };
            let key = limits.client.key(&format!("{now_ms}-{period}"));
            limits.now_us = Some(now_ms * US_PER_MS);
            assert_eq!(limits.one(&made(&options), &key, 3).remaining, 7);
            assert_eq!(limits.stored(&key), format!("C{start_ms}:3"), "{period} of {now_ms}");
        }
    }
}

#[test]
fn consume_survives_any_state() {
    let mut limits = Limits::connect("limit-noise", None);
    let key = limits.client.key("key");
    let mut noise = 88_172_645_463_325_252_u64;
    for length in 0..400 {
        let mut state: Vec<u8> = (0..length % 60)
            .map(|_| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                if length % 3 == 0 { b"0123456789:"[(noise % 11) as usize] } else { noise as u8 }
            })
            .collect();
        if length % 2 == 0 && !state.is_empty() {
            state[0] = b'L';
        }
        for algorithm in COUNTING {
            limits.client.command(&[b"SET", &key, &state]);
            let ten = made(&policy(algorithm, 10, 60_000));
            for cost in [1, 0, 9] {
                let verdict = limits.one(&ten, &key, cost);
                assert!(verdict.remaining <= 10, "{algorithm} {state:?}");
            }
        }
    }
}

#[test]
fn consume_lets_a_refused_write_fail_its_call_alone() {
    let mut client = Client::connect("limit-refused");
    let keys = ["first", "second", "third", "fourth"].map(|name| client.key(name));
    client.command(&[b"SET", &keys[0], b"x", b"PX", b"60000"]);
    // The second policy's window is no lifetime that a key can have.
    let arguments: [&[u8]; 12] = [
        b"\x01\x01\x00\x00\x01\x00\x00\x01\x02\x00\x00\x01\x00\x00\x02\x03\x00\x00\x01\x00\x01\
          \x01\x04\x00\x00\x01\x00\x01",
        b"4",
        b"0",
        b"2",
        b"f",
        b"5",
        b"60000",
        b"0",
        b"f",
        b"5",
        b"1e19",
        b"0",
    ];
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let Reply::List(reply) = run(&mut client, CONSUME, &keys, &arguments) else { panic!("no list") };
    assert_eq!(reply[1], text("eeea"));
    for refused in &reply[2..5] {
        let Reply::Text(line) = refused else { panic!("{refused:?}") };
        assert!(String::from_utf8_lossy(line).starts_with("ERR "), "{refused:?}");
    }
    assert_eq!(client.command(&[b"GET", keys[0]]), text("x"), "what the call wrote is undone");
    assert_eq!(client.integer(&[b"EXISTS", keys[1], keys[2], keys[3]]), 1);
    assert!(client.integer(&[b"PTTL", keys[0]]) > 0);
}

#[test]
fn consume_blocks_after_a_rejection_as_its_policy_says() {
    let mut limits = Limits::connect("limit-own-block", Some(NOW_US));
    let blocking = made(&PolicyOptions { block_seconds: Some(90.0), ..policy("fixed", 2, 60_000) });
    let (key, own) = (limits.client.key("key"), limits.client.key("own"));
    let one = BatchCheck { own_block_key: Some(&own), ..check(&blocking, &key, 1) };
    let mut batch = CheckBatch::default();
    for _ in 0..4 {
        batch.add(&[one]);
    }
    let reply = limits.decide(&batch);
    let reasons: Vec<_> = reply.calls().map(|call| seen(call.unwrap().verdicts[0])).collect();
    assert_eq!(reasons[2], (Reason::Limit, 0, 90_000, Some(90_000)));
    assert_eq!(reasons[3], (Reason::Blocked, 0, 90_000, Some(90_000)), "the next check of the batch sees it");
    assert_lives(&mut limits.client, &own, 90_100);

    limits.now_us = Some(NOW_US + 89_999_000);
    assert_eq!(seen(limits.call(&[one]).1[0]), (Reason::Blocked, 0, 1, Some(1)));
    limits.now_us = Some(NOW_US + 90_000_000);
    assert!(limits.call(&[one]).0);
    // A cost that never passes blocks nobody, nor does a look.
    limits.client.command(&[b"DEL", &own]);
    assert_eq!(limits.call(&[BatchCheck { cost: 3, ..one }]).1[0].reason, Reason::Cost);
    assert_eq!(limits.call(&[BatchCheck { cost: 2, is_peek: true, ..one }]).1[0].reason, Reason::Limit);
    assert!(!limits.exists(&own));
}

#[test]
fn consume_peeks_without_taking() {
    let mut limits = Limits::connect("limit-peek", Some(NOW_US));
    for algorithm in COUNTING {
        let (three, key) = (made(&policy(algorithm, 3, 60_000)), limits.client.key(algorithm));
        let peek = |cost| BatchCheck { is_peek: true, ..check(&three, &key, cost) };
        assert_eq!(seen(limits.call(&[peek(2)]).1[0]), (Reason::Ok, 3, 0, Some(0)));
        assert!(!limits.exists(&key));
        limits.one(&three, &key, 2);
        let verdict = limits.call(&[peek(2)]).1[0];
        assert_eq!((verdict.reason, verdict.remaining), (Reason::Limit, 1), "{algorithm}");
        assert!(verdict.retry_after_ms.unwrap() > 0);
        assert_eq!(limits.one(&three, &key, 0).remaining, 1);
    }
}

#[test]
fn block_shuts_an_identity_out_of_every_policy_for_its_length() {
    let mut limits = Limits::connect("limit-block", Some(NOW_US));
    let (sliding, log) = (made(&policy("sliding", 9, 60_000)), made(&policy("log", 9, 60_000)));
    let (a, b, block) = (limits.client.key("a"), limits.client.key("b"), limits.client.key("block"));
    let mut request = Vec::new();
    append_block(&block, 5000, &mut request);
    assert_eq!(limits.integer(&request), 1);
    assert_lives(&mut limits.client, &block, 5100);

    let blocked = |policy, key| BatchCheck { block_key: Some(&block), ..check(policy, key, 1) };
    let (is_admitted, verdicts) = limits.call(&[blocked(&sliding, &a), blocked(&log, &b)]);
    assert!(!is_admitted);
    assert_eq!(
        verdicts.iter().map(|verdict| seen(*verdict)).collect::<Vec<_>>(),
        [(Reason::Blocked, 0, 5000, Some(5000)); 2]
    );
    limits.now_us = Some(NOW_US + 4_999_999);
    assert_eq!(limits.call(&[blocked(&log, &b)]).1[0].retry_after_ms, Some(1));
    limits.now_us = Some(NOW_US + 5_000_000);
    assert!(limits.call(&[blocked(&log, &b)]).0);
    limits.now_us = Some(NOW_US);
    limits.client.command(&[b"UNLINK", &block]);
    assert!(limits.call(&[blocked(&sliding, &a)]).0);
    for shape in ["", "x", "1:", "9e9:9", "99999999999999999999:1"] {
        limits.client.command(&[b"SET", &block, shape.as_bytes()]);
        assert!(limits.call(&[blocked(&sliding, &a)]).0, "{shape}");
    }
}

#[test]
fn block_takes_the_servers_time() {
    let mut client = Client::connect("limit-block-time");
    let block = client.key("block");
    assert_eq!(run(&mut client, BLOCK, &[&block], &[b"90000"]), Reply::Integer(1));
    let Reply::List(time) = client.command(&[b"TIME"]) else { panic!("no time") };
    let Reply::Text(seconds) = &time[0] else { panic!("no seconds") };
    let now: u64 = String::from_utf8(seconds.clone()).unwrap().parse::<u64>().unwrap() * 1000;
    let Reply::Text(value) = client.command(&[b"GET", &block]) else { panic!("no block") };
    let value = String::from_utf8(value).unwrap();
    let (ends, length) = value.split_once(':').unwrap();
    assert_eq!(length, "90000");
    assert!((now + 70_000..=now + 91_000).contains(&ends.parse().unwrap()), "{value} at {now}");
    // The newest block counts, also where it is shorter.
    run(&mut client, BLOCK, &[&block], &[b"5000"]);
    assert_lives(&mut client, &block, 5100);
}

#[test]
fn consume_opens_a_limit_or_block_in_time_where_the_servers_clock_was_set_back() {
    let mut limits = Limits::connect("limit-clock", Some(NOW_US));
    let back_us = NOW_US - 600_000_000;
    for algorithm in COUNTING {
        let (four, key) = (made(&policy(algorithm, 4, 60_000)), limits.client.key(algorithm));
        let clean = limits.client.key(&format!("{algorithm}-clean"));
        limits.now_us = Some(NOW_US);
        assert!(limits.one(&four, &key, 4).is_admitted());
        limits.now_us = Some(back_us);
        assert!(limits.one(&four, &clean, 4).is_admitted());
        let verdict = limits.one(&four, &key, 1);
        assert_eq!(verdict, limits.one(&four, &clean, 1), "{algorithm}");
        limits.now_us = Some(back_us + verdict.retry_after_ms.unwrap() * US_PER_MS);
        assert!(limits.one(&four, &key, 1).is_admitted(), "{algorithm}");
    }
    let block = limits.client.key("block");
    limits.now_us = Some(NOW_US);
    let mut request = Vec::new();
    append_block(&block, 5000, &mut request);
    limits.integer(&request);
    let (four, key) = (made(&policy("fixed", 4, 60_000)), limits.client.key("blocked"));
    let blocked = BatchCheck { block_key: Some(&block), ..check(&four, &key, 1) };
    limits.now_us = Some(back_us);
    assert_eq!(limits.call(&[blocked]).1[0].retry_after_ms, Some(5000));
    limits.now_us = Some(back_us + 4_000_000);
    assert_eq!(limits.call(&[blocked]).1[0].retry_after_ms, Some(1000));
    assert!(limits.client.integer(&[b"PTTL", &block]) <= 5100);
}

#[test]
fn consume_takes_a_full_batch_with_two_blocks_a_check() {
    let mut limits = Limits::connect("limit-full", Some(NOW_US));
    let blocking = made(&PolicyOptions { block_seconds: Some(90.0), ..policy("sliding", 1000, 60_000) });
    let names: Vec<[Vec<u8>; 3]> = (0..MAX_CHECKS)
        .map(|number| ["key", "block", "own"].map(|name| limits.client.key(&format!("{name}-{number}"))))
        .collect();
    let mut batch = CheckBatch::default();
    for ([key, block, own], cost) in names.iter().zip(200..) {
        let check =
            BatchCheck { block_key: Some(block), own_block_key: Some(own), ..check(&blocking, key, cost) };
        batch.add(&[check]);
    }
    for round in 1..=2 {
        let reply = limits.decide(&batch);
        for (call, cost) in reply.calls().zip(200..) {
            assert_eq!(call.unwrap().verdicts[0].remaining, 1000 - round * cost, "{cost}");
        }
    }
}
