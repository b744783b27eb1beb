//! Values that the JavaScript layer left: read on a miss and moved to their new place.

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::key::Kind;
use orgcache::redis::Outcome;

use super::client::{Client, Reply};

const OLD: &[u8] = br#"[{"role":"user","content":"old"}]"#;
const NEW: &[u8] = br#"[{"role":"user","content":"new"}]"#;
const KEY: CacheKey<'_> = CacheKey::Conversation {
    kind: Kind::ConversationContext,
    organization: Some("acme"),
    phone: "+1 234 567",
};
const NEW_KEY: &str = "conversationContexts:acme:1234567";
const OLD_HASH: &str = "conversationContexts:global";
const OLD_FIELD: &[u8] = b"acme:1234567";
const NEIGHBOUR_FIELD: &[u8] = b"umbrella:1234567";
const CLEAR: Call<'_> = Call::ClearOrganization { organization: Some("acme") };

/// Writes values of two organizations as the old layer did.
fn leave_old_values(client: &mut Client) {
    let hash = client.key(OLD_HASH);
    client.command(&[b"HSET", &hash, OLD_FIELD, OLD, NEIGHBOUR_FIELD, OLD]);
}

fn json(outcome: &Outcome<'_>) -> Vec<u8> {
    match outcome {
        Outcome::Json(text) => text.to_vec(),
        other => panic!("no value but {other:?}"),
    }
}

/// A reader that has read the old value and has not moved it yet.
fn reader_before_its_move(prefix: &str, key: CacheKey<'_>) -> (Client, u32) {
    let mut reader = Client::connect(prefix);
    let call_id = reader.start(&Call::Get { key });
    reader.turn();
    reader.turn();
    (reader, call_id)
}

#[test]
fn a_value_in_the_old_hash_is_answered_and_moved() {
    let mut client = Client::connect("legacy-hash");
    leave_old_values(&mut client);
    assert_eq!(json(&client.call(&Call::Get { key: KEY })), OLD);

    let (hash, key, index) = (client.key(OLD_HASH), client.key(NEW_KEY), client.key("!index:acme"));
    assert_eq!(client.command(&[b"HGET", &hash, OLD_FIELD]), Reply::Nothing);
    assert_eq!(client.command(&[b"HGET", &hash, NEIGHBOUR_FIELD]), Reply::Text(OLD.to_vec()));
    assert_eq!(client.command(&[b"GET", &key]), Reply::Text(OLD.to_vec()));
    let life = client.integer(&[b"PTTL", &key]);
    assert!((7_190_000..=7_200_000).contains(&life), "{life} ms");
    assert_ne!(client.command(&[b"ZSCORE", &index, &key]), Reply::Nothing);
    assert_eq!(json(&client.call(&Call::Get { key: KEY })), OLD);
}

#[test]
fn an_old_text_is_answered_and_moved() {
    let mut client = Client::connect("legacy-text");
    let (old, new) = (client.key("organization:acme:global"), client.key("organization:acme"));
    client.command(&[b"SET", &old, b"\"Acme Inc\""]);
    let key = CacheKey::Organization { organization: "acme" };
    assert_eq!(json(&client.call(&Call::Get { key })), b"\"Acme Inc\"");
    assert_eq!(client.integer(&[b"EXISTS", &old]), 0);
    assert!(client.integer(&[b"PTTL", &new]) > 0);
    assert_eq!(client.call(&CLEAR), Outcome::Integer(1));
}

#[test]
fn the_index_outlives_a_value_that_was_moved() {
    let mut client = Client::connect("legacy-index");
    let (key, index) = (client.key(NEW_KEY), client.key("!index:acme"));
    for index_life in [None, Some(b"60000")] {
        client.command(&[b"DEL", &key, &index]);
        leave_old_values(&mut client);
        if let Some(life) = index_life {
            client.command(&[b"ZADD", &index, b"+inf", b"something"]);
            client.command(&[b"PEXPIRE", &index, life]);
        }
        client.call(&Call::Get { key: KEY });
        let (value, index) = (client.integer(&[b"PTTL", &key]), client.integer(&[b"PTTL", &index]));
        assert!(value > 0 && index >= value, "the index ends in {index} ms, its value in {value} ms");
    }
}

#[test]
fn a_move_does_not_overwrite_what_was_set_meanwhile() {
    let prefix = "legacy-newer";
    let mut writer = Client::connect(prefix);
    leave_old_values(&mut writer);
    let (mut reader, call_id) = reader_before_its_move(prefix, KEY);
    writer.call(&Call::Set {
        key: KEY,
        json: NEW,
        ttl_seconds: None,
        unacknowledged: Unacknowledged::Journal,
    });
    reader.drain();
    assert_eq!(json(&reader.outcome(call_id)), OLD);
    assert_eq!(json(&writer.call(&Call::Get { key: KEY })), NEW);
}

#[test]
fn a_move_does_not_bring_back_what_was_cleared_meanwhile() {
    let prefix = "legacy-cleared";
    let mut clearer = Client::connect(prefix);
    leave_old_values(&mut clearer);
    let (mut reader, call_id) = reader_before_its_move(prefix, KEY);
    assert_eq!(clearer.call(&CLEAR), Outcome::Integer(1));
    reader.drain();
    assert_eq!(json(&reader.outcome(call_id)), OLD);
    assert_eq!(clearer.call(&Call::Get { key: KEY }), Outcome::Null);
}

#[test]
fn a_move_does_not_slip_past_a_clearing_that_is_under_way() {
    let prefix = "legacy-clearing";
    let mut clearer = Client::connect(prefix);
    leave_old_values(&mut clearer);
    let (mut reader, _) = reader_before_its_move(prefix, KEY);
    let clearing = clearer.start(&CLEAR);
    // This turn reads the mark, then the index; the old hashes wait for the next turn.
    clearer.turn();
    clearer.turn();
    reader.drain();
    clearer.drain();
    assert_eq!(clearer.outcome(clearing), Outcome::Integer(1));
    assert_eq!(clearer.call(&Call::Get { key: KEY }), Outcome::Null);
}

#[test]
fn a_move_of_an_old_text_does_not_bring_back_what_was_cleared_meanwhile() {
    let prefix = "legacy-text-cleared";
    let mut clearer = Client::connect(prefix);
    let (old, key) = (clearer.key("organization:acme:global"), clearer.key("organization:acme"));
    clearer.command(&[b"SET", &old, b"\"Acme Inc\""]);
    let (mut reader, call_id) =
        reader_before_its_move(prefix, CacheKey::Organization { organization: "acme" });
    clearer.call(&CLEAR);
    reader.drain();
    assert_eq!(json(&reader.outcome(call_id)), b"\"Acme Inc\"");
    assert_eq!(clearer.integer(&[b"EXISTS", &key]), 0);
}

#[test]
fn a_value_of_no_organization_is_moved_too() {
    let mut client = Client::connect("legacy-lead");
    let (old, new) = (client.key("dynamicLead:lead-7:global"), client.key("dynamicLead:lead-7"));
    client.command(&[b"SET", &old, b"{}"]);
    let key = CacheKey::Single { kind: Kind::DynamicLead, id: "lead-7" };
    assert_eq!(json(&client.call(&Call::Get { key })), b"{}");
    assert_eq!(client.integer(&[b"EXISTS", &old]), 0);
    assert!(client.integer(&[b"PTTL", &new]) > 0);
}

#[test]
fn clearing_takes_the_old_values_of_one_organization_only() {
    let mut client = Client::connect("legacy-clear");
    leave_old_values(&mut client);
    let (hash, text) = (client.key(OLD_HASH), client.key("organization:acme:global"));
    client.command(&[b"SET", &text, b"\"Acme Inc\""]);
    assert_eq!(client.call(&CLEAR), Outcome::Integer(1));
    assert_eq!(client.command(&[b"HKEYS", &hash]), Reply::List(vec![Reply::Text(NEIGHBOUR_FIELD.to_vec())]));
    let key = CacheKey::Organization { organization: "acme" };
    assert_eq!(client.call(&Call::Get { key }), Outcome::Null);
}

#[test]
fn an_old_value_that_cannot_be_read_is_a_miss_and_stays() {
    let mut client = Client::connect("legacy-corrupt");
    let hash = client.key(OLD_HASH);
    client.command(&[b"HSET", &hash, OLD_FIELD, b"\0\x01broken"]);
    assert_eq!(client.call(&Call::Get { key: KEY }), Outcome::Null);
    assert_eq!(client.integer(&[b"HEXISTS", &hash, OLD_FIELD]), 1);
    assert_eq!(client.core().health().counters().corrupt_values.get(), 1);
}

#[test]
fn a_value_that_is_written_takes_the_old_one_away() {
    let mut client = Client::connect("legacy-written");
    leave_old_values(&mut client);
    client.call(&Call::Set {
        key: KEY,
        json: NEW,
        ttl_seconds: None,
        unacknowledged: Unacknowledged::Journal,
    });
    let (hash, key) = (client.key(OLD_HASH), client.key(NEW_KEY));
    // The new value has ended, and the old one must not come back.
    client.command(&[b"DEL", &key]);
    assert_eq!(client.call(&Call::Get { key: KEY }), Outcome::Null);
    assert_eq!(client.command(&[b"HGET", &hash, NEIGHBOUR_FIELD]), Reply::Text(OLD.to_vec()));
}
