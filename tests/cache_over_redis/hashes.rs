//! Keys that hold a value of another type than the call expects.

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::redis::Outcome;

use super::client::Client;

const KEY: CacheKey<'_> = CacheKey::Managed { name: "profile", organization: Some("acme") };

fn field<'a>(field: &'a [u8], json: &'a [u8]) -> Call<'a> {
    Call::HashSet { key: KEY, field, json, ttl_seconds: None }
}

#[test]
fn fields_that_are_set_at_once_over_a_plain_value_are_all_kept() {
    let mut client = Client::connect("hash-over-value");
    client.call(&Call::Set {
        key: KEY,
        json: b"\"plain\"",
        ttl_seconds: None,
        unacknowledged: Unacknowledged::Journal,
    });
    let call_ids = [client.start(&field(b"a", b"1")), client.start(&field(b"b", b"2"))];
    client.drain();
    for call_id in call_ids {
        assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    }
    let Outcome::Entries(mut entries) = client.call(&Call::HashEntries { key: KEY }) else {
        panic!("a hash has entries");
    };
    entries.sort();
    assert_eq!(entries, [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]);
}

#[test]
fn a_field_over_a_plain_value_is_found_by_its_organization() {
    let mut client = Client::connect("hash-over-foreign-value");
    let key = client.key("profile:acme");
    client.command(&[b"SET", &key, b"written by somebody else"]);
    assert_eq!(client.call(&field(b"a", b"1")), Outcome::Boolean(true));
    assert!(client.integer(&[b"PTTL", &key]) > 0);
    assert_eq!(client.call(&Call::ClearOrganization { organization: Some("acme") }), Outcome::Integer(1));
    assert_eq!(client.integer(&[b"EXISTS", &key]), 0);
}

#[test]
fn a_write_that_a_transaction_refuses_is_not_acknowledged() {
    let mut client = Client::connect("broken-index");
    let index = client.key("!index:acme");
    client.command(&[b"SET", &index, b"no sorted set"]);
    let set = Call::Set { key: KEY, json: b"1", ttl_seconds: None, unacknowledged: Unacknowledged::Journal };
    assert_eq!(client.call(&set), Outcome::Boolean(false));
}

#[test]
fn a_read_of_another_type_finds_nothing_and_counts_as_corrupt() {
    let mut client = Client::connect("read-of-another-type");
    let list = client.key("profile:acme");
    client.command(&[b"RPUSH", &list, b"an element"]);
    let corrupt = |client: &Client| client.core().health().counters().corrupt_values.get();
    assert_eq!(client.call(&Call::Get { key: KEY }), Outcome::Null);
    assert_eq!(corrupt(&client), 1);
    assert_eq!(client.call(&Call::HashGet { key: KEY, field: b"a" }), Outcome::Null);
    assert_eq!(corrupt(&client), 2);
    assert_eq!(client.call(&Call::HashEntries { key: KEY }), Outcome::Entries(Vec::new()));
    assert_eq!(corrupt(&client), 3);
    assert_eq!(client.call(&Call::HashDelete { key: KEY, field: b"a" }), Outcome::Boolean(false));
    assert_eq!(corrupt(&client), 3);
    assert_eq!(client.integer(&[b"LLEN", &list]), 1);
}
