//! Leases: what `consume` takes of a policy of calls under way, and how `renew` and `release` change it.

use std::sync::Arc;

use orgcache::limiter::scripts::{CONSUME, RELEASE, RENEW};
use orgcache::limiter::{
    BatchCheck, CheckBatch, LeasePart, Policy, PolicyOptions, Reason, append_release, append_renew,
};
use orgcache::redis::Outcome;

use super::super::{assert_lives, run, text};
use super::{Limits, Reply, US_PER_MS, made, policy};

const NOW_US: u64 = 1_790_000_040_000_000;
const NOW_MS: u64 = NOW_US / US_PER_MS;
const LENGTH_MS: u64 = 30_000;

fn leased(limit: u64) -> Arc<Policy> {
    made(&options(limit))
}

fn options(limit: u64) -> PolicyOptions<'static> {
    PolicyOptions { algorithm: Some("concurrency"), limit: Some(limit as f64), ..PolicyOptions::default() }
}

fn check<'a>(policy: &'a Arc<Policy>, key: &'a [u8], cost: u64) -> BatchCheck<'a> {
    BatchCheck { policy, cost, key, block_key: None, own_block_key: None, is_peek: false }
}

/// Reason, what remains, when all is free and when to try again.
type Seen = (Reason, u64, u64, Option<u64>);

impl Limits {
    fn at(&mut self, ms: u64) -> &mut Limits {
        self.now_us = Some((NOW_MS + ms) * US_PER_MS);
        self
    }

    /// Whether a call takes the lease `name`, and what its checks see.
    #[track_caller]
    fn acquire(&mut self, name: &str, checks: &[BatchCheck<'_>]) -> (bool, Vec<Seen>) {
        let mut batch = CheckBatch::default();
        batch.name_lease(name.as_bytes());
        batch.add(checks);
        let reply = self.decide(&batch);
        let call = reply.calls().next().unwrap().unwrap();
        let seen = |verdict: &orgcache::limiter::Verdict| {
            (verdict.reason, verdict.remaining, verdict.reset_ms, verdict.retry_after_ms)
        };
        (call.is_admitted, call.verdicts.iter().map(seen).collect())
    }

    #[track_caller]
    fn takes(&mut self, name: &str, policy: &Arc<Policy>, key: &[u8], cost: u64) -> Seen {
        self.acquire(name, &[check(policy, key, cost)]).1[0]
    }

    fn release(&mut self, name: &str, parts: &[(&[u8], u64)]) -> i64 {
        let mut request = Vec::new();
        let parts = parts.iter().map(|(key, cost)| LeasePart { key, length_ms: LENGTH_MS, cost: *cost });
        append_release(name.as_bytes(), parts, &mut request);
        // This script needs no time.
        let now_us = self.now_us.take();
        let released = self.integer(&request);
        self.now_us = now_us;
        released
    }

    fn renew(&mut self, key: &[u8], leases: &[(&str, u64)]) -> i64 {
        let mut request = Vec::new();
        let leases = leases.iter().map(|(name, cost)| (name.as_bytes(), LENGTH_MS, *cost));
        append_renew(key, leases, &mut request);
        self.integer(&request)
    }

    fn members(&mut self, key: &[u8]) -> Reply {
        self.client.command(&[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"])
    }
}

fn list(words: &[&str]) -> Reply {
    Reply::List(words.iter().map(|word| text(word)).collect())
}

#[test]
fn consume_takes_leases_up_to_the_limit_and_again_when_one_is_released_or_has_ended() {
    let mut limits = Limits::connect("lease-limit", Some(NOW_US));
    let (two, key) = (leased(2), limits.client.key("key"));
    assert_eq!(limits.takes("a", &two, &key, 1), (Reason::Ok, 1, 30_000, Some(0)));
    let end = (NOW_MS + LENGTH_MS).to_string();
    assert_eq!(limits.members(&key), list(&["a:30000", &end]));
    assert_lives(&mut limits.client, &key, 30_100);
    assert_eq!(limits.at(100).takes("b", &two, &key, 1), (Reason::Ok, 0, 30_000, Some(0)));
    assert_eq!(limits.at(200).takes("c", &two, &key, 1), (Reason::Limit, 0, 29_900, Some(1000)));
    assert_eq!(limits.at(29_500).takes("c", &two, &key, 1), (Reason::Limit, 0, 600, Some(500)));
    assert_eq!(limits.at(29_999).takes("c", &two, &key, 1).3, Some(1));
    assert_eq!(limits.at(30_000).takes("c", &two, &key, 1), (Reason::Ok, 0, 30_000, Some(0)));
    assert_eq!(limits.client.integer(&[b"ZCARD", &key]), 2, "what has ended is gone");
    assert_eq!(limits.release("b", &[(&key, 1)]), 1);
    assert_eq!(limits.release("b", &[(&key, 1)]), 0);
    assert_eq!(limits.takes("d", &two, &key, 1), (Reason::Ok, 0, 30_000, Some(0)));
    assert_eq!(limits.release("c", &[(&key, 1)]) + limits.release("d", &[(&key, 1)]), 2);
    assert_eq!(limits.client.integer(&[b"EXISTS", &key]), 0, "nothing is left of leases that are released");
}

#[test]
fn consume_takes_a_unit_for_each_of_a_leases_cost() {
    let mut limits = Limits::connect("lease-cost", Some(NOW_US));
    let (ten, key) = (leased(10), limits.client.key("key"));
    assert_eq!(limits.takes("a", &ten, &key, 7).1, 3);
    assert_eq!(limits.takes("b", &ten, &key, 4), (Reason::Limit, 3, 30_000, Some(1000)));
    assert_eq!(limits.takes("b", &ten, &key, 11), (Reason::Cost, 3, 30_000, None));
    assert_eq!(limits.takes("b", &ten, &key, 0), (Reason::Ok, 3, 30_000, Some(0)));
    assert_eq!(limits.takes("b", &ten, &key, 3).1, 0);
    assert_eq!(limits.release("a", &[(&key, 7)]), 7);
    assert_eq!(limits.takes("c", &ten, &key, 0).1, 7);
    let thousand = leased(1000);
    assert_eq!(limits.takes("c", &thousand, &key, 900).1, 97);
    assert_eq!(limits.renew(&key, &[("c", 900), ("b", 3)]), 0);
    assert_eq!(limits.release("c", &[(&key, 900)]), 900);
}

#[test]
fn consume_takes_leases_and_costs_of_a_call_all_or_none() {
    let mut limits = Limits::connect("lease-group", Some(NOW_US));
    let (leased, sliding) = (leased(2), made(&policy("sliding", 1, 60_000)));
    let (key, other) = (limits.client.key("key"), limits.client.key("other"));
    let checks = [check(&leased, &key, 1), check(&sliding, &other, 1)];
    let (is_admitted, seen) = limits.acquire("a", &checks);
    assert!(is_admitted);
    assert_eq!([seen[0].1, seen[1].1], [1, 0]);
    let (is_admitted, seen) = limits.acquire("b", &checks);
    assert!(!is_admitted);
    assert_eq!([seen[0].0, seen[1].0], [Reason::Ok, Reason::Limit]);
    assert_eq!(limits.client.integer(&[b"ZCARD", &key]), 1);
    let wide = made(&policy("sliding", 9, 60_000));
    limits.acquire("b", &[check(&leased, &key, 1)]);
    let (is_admitted, _) = limits.acquire("c", &[check(&wide, &other, 1), check(&leased, &key, 1)]);
    assert!(!is_admitted);
    assert_eq!(limits.acquire("c", &[check(&wide, &other, 0)]).1[0].1, 8, "nothing of it was counted");
    // A peek takes nothing.
    let new = limits.client.key("new");
    assert!(limits.acquire("d", &[BatchCheck { is_peek: true, ..check(&leased, &new, 1) }]).0);
    assert_eq!(limits.client.integer(&[b"EXISTS", &new]), 0);
}

#[test]
fn consume_keeps_a_share_for_critical_checks() {
    let mut limits = Limits::connect("lease-reserve", Some(NOW_US));
    let policy = made(&PolicyOptions { reserve: Some(0.5), ..options(4) });
    let (critical, key) = (Arc::new(policy.critical()), limits.client.key("key"));
    for name in ["a", "b"] {
        assert_eq!(limits.takes(name, &policy, &key, 1).0, Reason::Ok);
    }
    assert_eq!(limits.takes("c", &policy, &key, 1), (Reason::Reserve, 0, 30_000, Some(1000)));
    assert_eq!(limits.takes("c", &policy, &key, 3), (Reason::Limit, 0, 30_000, None));
    for name in ["d", "e"] {
        assert_eq!(limits.takes(name, &critical, &key, 1).0, Reason::Ok);
    }
    assert_eq!(limits.takes("f", &critical, &key, 1).0, Reason::Limit);
    assert_eq!(limits.takes("f", &policy, &key, 1).0, Reason::Limit);
}

#[test]
fn consume_rejects_nothing_for_a_shadow_policy_of_leases() {
    let mut limits = Limits::connect("lease-shadow", Some(NOW_US));
    let shadow = made(&PolicyOptions { is_shadow: true, ..options(1) });
    let key = limits.client.key("key");
    assert!(limits.acquire("a", &[check(&shadow, &key, 1)]).0);
    let (is_admitted, seen) = limits.acquire("b", &[check(&shadow, &key, 1)]);
    assert!(is_admitted);
    assert_eq!(seen[0].0, Reason::Limit);
    assert_eq!(limits.client.integer(&[b"ZCARD", &key]), 1);
}

#[test]
fn consume_counts_no_lease_longer_than_it_lasts_where_the_clock_was_set_back() {
    let mut limits = Limits::connect("lease-clock", Some(NOW_US));
    let (two, key) = (leased(2), limits.client.key("key"));
    for name in ["a", "b"] {
        limits.at(600_000).takes(name, &two, &key, 1);
    }
    // Ten minutes earlier. A look brings them back.
    assert_eq!(limits.at(0).takes("c", &two, &key, 0), (Reason::Ok, 0, 30_000, Some(0)));
    assert_eq!(limits.at(29_999).takes("c", &two, &key, 1).0, Reason::Limit);
    assert_eq!(limits.at(30_000).takes("c", &two, &key, 1).0, Reason::Ok);
    // Leases of another length keep theirs.
    let long = made(&PolicyOptions { lease_seconds: Some(120.0), ..options(2) });
    limits.at(30_000).takes("d", &long, &key, 1);
    assert_eq!(limits.takes("e", &two, &key, 0).2, 120_000);
    assert_lives(&mut limits.client, &key, 120_100);
}

#[test]
fn consume_drops_what_is_no_zset_of_leases() {
    let mut limits = Limits::connect("lease-shapes", Some(NOW_US));
    let (two, key) = (leased(2), limits.client.key("key"));
    for other in [&[&b"SET"[..], &key, b"7:1:2"][..], &[b"RPUSH", &key, b"1"], &[b"HSET", &key, b"1", b"1"]] {
        limits.client.command(&[b"DEL", &key]);
        limits.client.command(other);
        assert_eq!(limits.takes("a", &two, &key, 1).1, 1);
        assert_eq!(limits.client.integer(&[b"ZCARD", &key]), 1);
    }
    limits.client.command(&[b"DEL", &key]);
    limits.client.command(&[b"ZADD", &key, b"9e15", b"strange", b"inf", b":", b"-inf", b""]);
    assert_eq!(limits.takes("a", &two, &key, 1).0, Reason::Limit);
    assert_eq!(limits.at(30_000).takes("a", &two, &key, 1).0, Reason::Ok, "they end as leases do");
}

#[test]
fn consume_undoes_a_lease_where_the_server_refuses_a_later_write_of_the_call() {
    let mut limits = Limits::connect("lease-undone", None);
    let keys = ["lease", "refused"].map(|name| limits.client.key(name));
    // The second policy's window is no lifetime that a key can have.
    let arguments: [&[u8]; 12] = [
        b"\x01\x01\x00\x00\x02\x00\x00\x02\x02\x00\x00\x01\x00\x01",
        b"2",
        b"0",
        b"2",
        b"h",
        b"5",
        b"30000",
        b"name",
        b"f",
        b"5",
        b"1e19",
        b"0",
    ];
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let Reply::List(reply) = run(&mut limits.client, CONSUME, &keys, &arguments) else { panic!("no list") };
    assert_eq!(reply[1], text("ee"));
    assert_eq!(limits.client.integer(&[b"EXISTS", keys[0], keys[1]]), 0);
}

#[test]
fn renew_prolongs_leases_and_brings_lost_ones_back() {
    let mut limits = Limits::connect("lease-renew", Some(NOW_US));
    let (two, key) = (leased(2), limits.client.key("key"));
    limits.takes("a", &two, &key, 2);
    assert_eq!(limits.at(20_000).renew(&key, &[("a", 2)]), 0);
    assert_eq!(limits.at(49_999).takes("b", &two, &key, 1).0, Reason::Limit);
    assert_eq!(limits.at(50_000).takes("b", &two, &key, 0).1, 2);
    limits.client.command(&[b"DEL", &key]);
    assert_eq!(limits.renew(&key, &[("a", 2), ("c", 1)]), 3);
    assert_eq!(limits.takes("b", &two, &key, 0), (Reason::Ok, 0, 30_000, Some(0)));
    assert_lives(&mut limits.client, &key, 30_100);
    let words: [&[u8]; 3] = [b"d", b"30000", b"4"];
    assert_eq!(run(&mut limits.client, RENEW, &[&key], &words), Reply::Integer(4));
    // A longer life stays.
    limits.client.command(&[b"PEXPIRE", &key, b"90000"]);
    limits.renew(&key, &[("a", 2)]);
    assert_lives(&mut limits.client, &key, 90_000);
    limits.client.command(&[b"SET", &key, b"a text"]);
    let words: [&[u8]; 7] = [b"EVAL", RENEW, b"1", &key, b"a", b"30000", b"1"];
    let Outcome::Failed(error) = limits.client.raw(&words) else { panic!("a text is no lease") };
    assert_eq!(error.redis_code(), Some("WRONGTYPE"));
}

#[test]
fn release_ends_all_parts_of_a_lease_and_no_other_lease() {
    let mut limits = Limits::connect("lease-release", Some(NOW_US));
    let (five, key, other) = (leased(5), limits.client.key("key"), limits.client.key("other"));
    limits.acquire("a", &[check(&five, &key, 2), check(&five, &other, 1)]);
    limits.acquire("aa", &[check(&five, &key, 2)]);
    assert_eq!(limits.release("a", &[(&key, 2), (&other, 1)]), 3);
    assert_eq!(limits.takes("b", &five, &key, 0).1, 3);
    assert_eq!(limits.client.integer(&[b"EXISTS", &other]), 0);
    let words: [&[u8]; 3] = [b"aa", b"30000", b"2"];
    assert_eq!(run(&mut limits.client, RELEASE, &[&key], &words), Reply::Integer(2));
    assert_eq!(run(&mut limits.client, RELEASE, &[&key], &words), Reply::Integer(0));
}
