//! The index of an organization: it outlives what it lists and forgets what has expired.

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::redis::Outcome;

use super::client::{Client, Reply};

const KEY: CacheKey<'_> = CacheKey::Managed { name: "report", organization: Some("acme") };
const LIFE_SECONDS: f64 = 3600.0;

#[track_caller]
fn assert_outlives(client: &mut Client, index: &[u8], key: &[u8]) {
    let value = client.integer(&[b"PTTL", key]);
    let index = client.integer(&[b"PTTL", index]);
    assert!(value > 0 && index >= value, "the index ends in {index} ms, its value in {value} ms");
}

#[test]
fn an_index_outlives_each_value_that_it_lists() {
    let mut client = Client::connect("index-life");
    let (index, key) = (client.key("!index:acme"), client.key("report:acme"));
    let set = Call::Set {
        key: KEY,
        json: b"1",
        ttl_seconds: Some(LIFE_SECONDS),
        unacknowledged: Unacknowledged::Journal,
    };
    client.call(&set);
    assert_outlives(&mut client, &index, &key);

    client.command(&[b"PEXPIRE", &index, b"60000"]);
    client.call(&set);
    assert_outlives(&mut client, &index, &key);

    client.command(&[b"PEXPIRE", &index, b"60000"]);
    client.command(&[b"DEL", &key]);
    let field = Call::HashSet { key: KEY, field: b"a", json: b"1", ttl_seconds: Some(LIFE_SECONDS) };
    client.call(&field);
    assert_outlives(&mut client, &index, &key);
}

#[test]
fn an_index_forgets_values_that_have_expired() {
    let mut client = Client::connect("index-trim");
    let index = client.key("!index:acme");
    for number in 0..200 {
        let name = format!("brief-{number}");
        let key = CacheKey::Managed { name: &name, organization: Some("acme") };
        client.call(&Call::Set {
            key,
            json: b"1",
            ttl_seconds: Some(0.001),
            unacknowledged: Unacknowledged::Journal,
        });
    }
    for _ in 0..256 {
        client.call(&Call::Set {
            key: KEY,
            json: b"1",
            ttl_seconds: Some(LIFE_SECONDS),
            unacknowledged: Unacknowledged::Journal,
        });
    }
    assert_eq!(client.integer(&[b"ZCARD", &index]), 1);
}

#[test]
fn an_index_keeps_a_value_that_a_wrong_clock_gave_up() {
    let mut client = Client::connect("index-clock");
    let (index, key) = (client.key("!index:acme"), client.key("report:acme"));
    client.call(&Call::Set {
        key: KEY,
        json: b"1",
        ttl_seconds: Some(LIFE_SECONDS),
        unacknowledged: Unacknowledged::Journal,
    });
    client.command(&[b"ZADD", &index, b"1", &key]);
    let other = CacheKey::Managed { name: "other", organization: Some("acme") };
    for _ in 0..128 {
        client.call(&Call::Set {
            key: other,
            json: b"1",
            ttl_seconds: Some(LIFE_SECONDS),
            unacknowledged: Unacknowledged::Journal,
        });
    }
    let Reply::Text(score) = client.command(&[b"ZSCORE", &index, &key]) else {
        panic!("the entry is gone, its value is not");
    };
    let score: f64 = String::from_utf8(score).unwrap().parse().unwrap();
    assert!(score > 1e12, "the entry has its true end again: {score}");
    assert_eq!(client.call(&Call::ClearOrganization { organization: Some("acme") }), Outcome::Integer(2));
}

#[test]
fn an_index_goes_with_its_last_entry() {
    let mut client = Client::connect("index-end");
    let index = client.key("!index:acme");
    client.call(&Call::Set {
        key: KEY,
        json: b"1",
        ttl_seconds: None,
        unacknowledged: Unacknowledged::Journal,
    });
    assert_eq!(client.integer(&[b"EXISTS", &index]), 1);
    client.call(&Call::ClearOrganization { organization: Some("acme") });
    assert_eq!(client.integer(&[b"EXISTS", &index]), 0);
}
