//! Clearing while others write: whichever wins, no value is left that no index lists.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::key::Kind;
use orgcache::redis::Outcome;

use super::client::{Client, Reply};

const PREFIX: &str = "race";
const RACE: Duration = Duration::from_millis(1500);
const ORGANIZATION: Option<&str> = Some("acme");
const CALLS_A_BATCH: usize = 50;
/// The length of a value, stored uncompressed. Redis reads 16 KiB of a client at a time. A batch must be
/// longer, so that another client gets in between, at ever different places.
const VALUE_BYTES: usize = 701;
const OLD_HASH: &str = "conversationContexts:global";

/// Writes values and hashes and lets old values move, until told to stop. No key is written twice, because a
/// second write would restore an index entry that the first one lost.
fn write_until(stop: &AtomicBool, writer: usize) {
    let mut client = Client::connect(PREFIX);
    let old_hash = client.key(OLD_HASH);
    let json = format!("\"{}\"", "x".repeat(VALUE_BYTES)).into_bytes();
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        for number in 0..CALLS_A_BATCH {
            let name = format!("value-{writer}-{round}-{number}");
            let key = CacheKey::Managed { name: &name, organization: ORGANIZATION };
            client.start(&Call::Set {
                key,
                json: &json,
                ttl_seconds: None,
                unacknowledged: Unacknowledged::Journal,
            });
            let name = format!("hash-{writer}-{round}-{number}");
            let key = CacheKey::Managed { name: &name, organization: ORGANIZATION };
            client.start(&Call::HashSet { key, field: b"f", json: &json, ttl_seconds: None });
        }
        client.drain();
        let phone = format!("{writer}{round}");
        client.command(&[b"HSET", &old_hash, format!("acme:{phone}").as_bytes(), b"[]"]);
        let key = CacheKey::Conversation {
            kind: Kind::ConversationContext,
            organization: ORGANIZATION,
            phone: &phone,
        };
        client.call(&Call::Get { key });
    }
    assert!(round > 3, "the race was none: {round} rounds");
}

fn keys_below(client: &mut Client, rest: &str) -> Vec<String> {
    let pattern = client.key(rest);
    let Reply::List(keys) = client.command(&[b"KEYS", &pattern]) else { panic!("KEYS answers a list") };
    let text = |key| match key {
        Reply::Text(text) => String::from_utf8(text).unwrap(),
        other => panic!("no key: {other:?}"),
    };
    keys.into_iter().map(text).collect()
}

#[test]
fn clearing_amid_writes_leaves_nothing_that_the_next_clearing_does_not_find() {
    let mut client = Client::connect(PREFIX);
    let neighbour = CacheKey::Managed { name: "value", organization: Some("umbrella") };
    client.call(&Call::Set {
        key: neighbour,
        json: b"1",
        ttl_seconds: None,
        unacknowledged: Unacknowledged::Journal,
    });
    let clear = Call::ClearOrganization { organization: ORGANIZATION };

    let stop = AtomicBool::new(false);
    let mut removed = 0;
    thread::scope(|scope| {
        for writer in 1..=2 {
            let stop = &stop;
            scope.spawn(move || write_until(stop, writer));
        }
        let until = Instant::now() + RACE;
        while Instant::now() < until {
            match client.call(&clear) {
                Outcome::Integer(count) => removed += count,
                other => panic!("clearing answers a number: {other:?}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(removed > 100, "the race was none: {removed} keys were cleared in it");

    client.call(&clear);
    let left: Vec<_> = keys_below(&mut client, "*")
        .into_iter()
        .filter(|key| !key.ends_with("!cleared:acme") && !key.contains("umbrella"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(keys_below(&mut client, "value:umbrella").len(), 1);
}
