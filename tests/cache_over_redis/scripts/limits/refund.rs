//! `refund`: what it gives back, and what is in Redis then.

use orgcache::limiter::scripts::REFUND;
use orgcache::limiter::{BatchCheck, CheckBatch, append_refund};

use super::super::run;
use super::{COUNTING, Client, Limits, Reply, US_PER_MS, made, policy};

/// A time at the start of a window of a minute.
const NOW_US: u64 = 1_790_000_040_000_000;
const WINDOW_US: u64 = 60_000_000;

/// A key with a policy of ten calls a minute.
struct Ten {
    limits: Limits,
    policy: std::sync::Arc<orgcache::limiter::Policy>,
    key: Vec<u8>,
}

impl Ten {
    /// `test` must be the test's own.
    fn new(test: &str, algorithm: &str) -> Ten {
        let limits = Limits::connect(&format!("refund-{test}-{algorithm}"), Some(NOW_US));
        let key = limits.client.key("key");
        Ten { limits, policy: made(&policy(algorithm, 10, WINDOW_US / US_PER_MS)), key }
    }

    /// Takes a cost; what remains then.
    #[track_caller]
    fn take(&mut self, now_us: u64, cost: u64) -> u64 {
        self.limits.now_us = Some(now_us);
        let (policy, key) = (&self.policy, self.key.as_slice());
        let check = BatchCheck { policy, cost, key, block_key: None, own_block_key: None, is_peek: false };
        let mut batch = CheckBatch::default();
        batch.add(&[check]);
        let reply = self.limits.decide(&batch);
        let call = reply.calls().next().unwrap().unwrap();
        assert!(call.is_admitted);
        call.verdicts[0].remaining
    }

    fn refund(&mut self, now_us: u64, cost: u64, taken_us: Option<u64>) -> i64 {
        self.limits.now_us = Some(now_us);
        let mut request = Vec::new();
        append_refund(&self.key, &self.policy, cost, taken_us, &mut request);
        self.limits.integer(&request)
    }

    fn life_ms(&mut self) -> i64 {
        self.limits.client.integer(&[b"PTTL".as_slice(), &self.key])
    }
}

#[test]
fn refund_makes_no_key_and_falls_below_nothing() {
    for algorithm in COUNTING {
        let mut ten = Ten::new("none", algorithm);
        for taken_us in [None, Some(NOW_US)] {
            assert_eq!(ten.refund(NOW_US, 1, taken_us), 0);
            assert_eq!(ten.life_ms(), -2, "{algorithm}");
        }
        assert_eq!(ten.take(NOW_US, 7), 3);
        assert_eq!(ten.refund(NOW_US, 3, None), 1);
        assert_eq!(ten.take(NOW_US, 0), 6, "{algorithm}");
        assert_eq!(ten.refund(NOW_US, 3, Some(NOW_US)), 1);
        assert_eq!(ten.take(NOW_US, 0), 9, "{algorithm}");
        let longest = if algorithm == "calendar" { 86_400_100 } else { 120_100 };
        assert!(ten.life_ms() > 0 && ten.life_ms() <= longest, "{algorithm}");
        assert_eq!(ten.refund(NOW_US, 5, Some(NOW_US)), 1);
        assert_eq!(ten.take(NOW_US, 0), 10, "{algorithm}");
        assert_eq!(ten.refund(NOW_US, 5, None), 0, "{algorithm}");
        assert_ne!(ten.life_ms(), -1, "{algorithm}");
    }
}

#[test]
fn refund_gives_back_to_the_window_that_the_cost_was_taken_from() {
    for (algorithm, before, after) in [("sliding", 1, 2), ("log", 5, 5), ("fixed", 5, 5)] {
        let mut ten = Ten::new("window", algorithm);
        ten.take(NOW_US, 4);
        let late_us = NOW_US + WINDOW_US;
        assert_eq!(ten.take(late_us, 5), before, "{algorithm}");
        assert_eq!(ten.refund(late_us, 1, Some(NOW_US)), i64::from(algorithm == "sliding"), "{algorithm}");
        assert_eq!(ten.take(late_us, 0), after, "{algorithm}");
        assert_eq!(ten.refund(late_us, 1, Some(NOW_US - 2 * WINDOW_US)), 0, "{algorithm}");
        assert_eq!(ten.take(late_us, 0), after, "{algorithm}");
    }
}

#[test]
fn refund_of_a_calendar_gives_back_to_its_period_alone() {
    let mut ten = Ten::new("period", "calendar");
    ten.take(NOW_US, 4);
    let next_day_us = NOW_US + 86_400_000_000;
    assert_eq!(ten.take(next_day_us, 5), 5);
    assert_eq!(ten.refund(next_day_us, 1, Some(NOW_US)), 0);
    assert_eq!(ten.take(next_day_us, 0), 5);
    let life_ms = ten.life_ms();
    assert_eq!(ten.refund(next_day_us, 1, Some(next_day_us)), 1);
    assert_eq!(ten.take(next_day_us, 0), 6);
    assert!((life_ms - 20_000..=life_ms).contains(&ten.life_ms()), "it keeps its life");
}

#[test]
fn refund_takes_of_a_log_the_entry_of_the_time_or_the_newest() {
    let mut ten = Ten::new("entry", "log");
    for second in 0..3 {
        ten.take(NOW_US + second * 1_000_000, 2);
    }
    let now_us = NOW_US + 5_000_000;
    assert_eq!(ten.refund(now_us, 1, Some(NOW_US + 1_000_000)), 1);
    assert_eq!(ten.refund(now_us, 3, None), 1);
    // Two calls of the first second are left, so all is free when they leave.
    assert_eq!(ten.take(now_us, 0), 8);
    assert_eq!(ten.limits.client.integer(&[b"STRLEN".as_slice(), &ten.key]), 3 + 8);
    assert_eq!(ten.take(NOW_US + WINDOW_US - US_PER_MS, 0), 8);
    assert_eq!(ten.take(NOW_US + WINDOW_US, 0), 10);
    assert!(ten.life_ms() <= 55_100);
}

#[test]
fn refund_gives_nothing_back_that_has_leaked() {
    let mut ten = Ten::new("leak", "gcra");
    ten.take(NOW_US, 4);
    // A call takes six seconds to leak.
    let now_us = NOW_US + 18_000_000;
    assert_eq!(ten.take(now_us, 2), 7);
    assert_eq!(ten.refund(now_us, 4, Some(NOW_US - 24_000_000)), 0);
    assert_eq!(ten.refund(now_us, 4, Some(NOW_US)), 1);
    assert_eq!(ten.take(now_us, 0), 8);
    assert_eq!(ten.refund(now_us, 2, None), 1);
    assert_eq!(ten.life_ms(), -2, "nothing is left to keep");
}

#[test]
fn refund_leaves_what_is_no_state() {
    let mut client = Client::connect("refund-shapes");
    let key = client.key("key");
    for letter in ["s", "l", "g", "f", "c"] {
        let arguments: [&[u8]; 5] = [letter.as_bytes(), b"10", b"60000", b"1", b"0"];
        for shape in [
            "",
            "x",
            "1:x",
            "1:2:x",
            "L",
            "L00",
            "9007199254740993:1:1",
            "9007199254740993:1",
            "C",
            "C1:x",
            "C1",
        ] {
            client.command(&[b"SET", &key, shape.as_bytes()]);
            assert_eq!(run(&mut client, REFUND, &[&key], &arguments), Reply::Integer(0), "{letter} {shape}");
            assert_eq!(client.command(&[b"GET", &key]), Reply::Text(shape.as_bytes().to_vec()));
        }
        client.command(&[b"DEL", &key]);
        client.command(&[b"RPUSH", &key, b"1"]);
        assert_eq!(run(&mut client, REFUND, &[&key], &arguments), Reply::Integer(0));
        assert_eq!(client.integer(&[b"LLEN", &key]), 1);
    }
}
