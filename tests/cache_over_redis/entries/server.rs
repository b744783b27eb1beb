//! What only a server shows: the keys and lifetimes in Redis, damaged bytes, and what several clients do at once.

use orgcache::redis::Outcome;

use super::super::client::{Client, Reply};
use super::caller::{Cache, GRANTED, Got, HELD, KEPT, LOST, Text};

const USERS: &str = r#"{"name":"users","earlyRefresh":false}"#;

fn lifetime(client: &mut Client, rest: &str) -> i64 {
    let key = client.key(rest);
    client.integer(&[b"PTTL", &key])
}

#[test]
fn every_key_has_an_end_and_lives_as_long_as_it_is_needed() {
    let mut client = Client::connect("entries-keys");
    let mut users = Cache::open(&mut client, r#"{"name":"users","graceSeconds":100,"jitter":0.5}"#);
    users.set_with("1", "1", r#"{"ttlSeconds":1000,"tags":["t"]}"#);
    users.set_with("2", "1", r#"{"ttlSeconds":500}"#);
    let grant = users.granted("3");
    users.begin(&["guarded"], &["4"]);
    users.clear();
    users.set_with("1", "1", r#"{"ttlSeconds":1000,"tags":["t"]}"#);
    let entry = lifetime(&mut client, "!entry:org:users:1");
    assert!(
        (600_000 - 2000..=1_100_000).contains(&entry),
        "{entry} is drawn from the second half, with its grace"
    );
    for (key, least, most) in [
        ("!index:org:users", entry, 1_100_000 + 86_400_000),
        ("!indexes:org", entry, 1_100_000 + 86_400_000),
        ("!tag:org:t", entry + 43_200_000, 1_100_000 + 86_400_000),
        ("!lease:org:users:3", 1, 3_000),
        ("!lease:org:users:4", 1, 10_000),
        ("!tag:org:guarded", 1, 10_000),
        ("!cleared:org:users", 1, 120_000),
    ] {
        let left = lifetime(&mut client, key);
        assert!((least..=most).contains(&left), "{key} lives {left} ms");
    }
    let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
    assert_eq!(users.fill("3", &grant, "1"), LOST, "the clearing changed its mark");
    let directory = client.key("!indexes:org");
    let index = client.key("!index:org:users");
    assert_eq!(client.command(&[b"SMEMBERS", &directory]), Reply::List(vec![Reply::Text(index)]));
}

#[test]
fn lifetimes_are_drawn_anew_for_each_write() {
    let mut client = Client::connect("entries-jitter");
    let mut ends = Vec::new();
    for number in 0..40 {
        let key = number.to_string();
        let mut users = Cache { store: &mut client, number: 0.0, organization: None };
        if number == 0 {
            users = Cache::open(&mut client, r#"{"name":"users","ttlSeconds":1000}"#);
            users.organization = None;
        }
        users.set(&key, "1");
        ends.push(lifetime(&mut client, &format!("!entry:global:users:{key}")));
    }
    assert!(ends.iter().all(|left| (949_000..=1_000_000).contains(left)), "{ends:?}");
    let (least, most) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(most - least > 20_000, "{least} to {most}");
}

#[test]
fn damaged_bytes_are_a_counted_miss() {
    let mut client = Client::connect("entries-damaged");
    let mut users = Cache::open(&mut client, USERS);
    users.set("1", "\"fine\"");
    let key = client.key("!entry:org:users:1");
    let Reply::Text(good) = client.command(&[b"GET", &key]) else { panic!("it is there") };
    let v8 = [&good[..2], &[good[2] | 4], &good[3..]].concat();
    let counted = |client: &Client| client.core().health().counters().corrupt_values.get();
    for damaged in [&b""[..], b"\0", b"{}", &good[..20], &good[..34], &v8] {
        client.command(&[b"SET", &key, damaged, b"PX", b"60000"]);
        let before = counted(&client);
        let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
        assert_eq!(users.get("1"), Got::Nothing, "{damaged:?}");
        assert_eq!(counted(&client), before + 1, "{damaged:?}");
    }
    client.command(&[b"SET", &key, &good[..34], b"PX", b"60000"]);
    let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
    let grant = users.granted("1");
    assert_eq!(users.fill("1", &grant, "\"new\""), KEPT);
    assert_eq!(users.get("1"), Got::Plain("\"new\"".to_owned()));
    client.command(&[b"DEL", &key]);
    client.command(&[b"HSET", &key, b"a", b"hash"]);
    let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
    assert_eq!(users.get("1"), Got::Nothing);
    let grant = users.granted("1");
    assert_eq!(users.fill("1", &grant, "1"), KEPT);
    assert_eq!(users.get("1"), Got::Plain("1".to_owned()));
}

#[test]
fn a_record_that_has_gone_makes_misses_and_revives_nothing() {
    let mut client = Client::connect("entries-record");
    let tagged = r#"{"tags":["t"]}"#;
    let mut users = Cache::open(&mut client, USERS);
    users.set_with("1", "1", tagged);
    let record = client.key("!tag:org:t");
    client.command(&[b"DEL", &record]);
    let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
    assert_eq!((users.get("1"), users.keys()), (Got::Nothing, Vec::new()));
    users.set_with("2", "2", tagged);
    assert_eq!((users.get("1"), users.has("2")), (Got::Nothing, true));
}

#[test]
fn an_index_forgets_what_has_expired() {
    let mut client = Client::connect("entries-trim");
    let mut users = Cache::open(&mut client, USERS);
    for number in 0..40 {
        users.set_with(&number.to_string(), "1", r#"{"ttlSeconds":0.01}"#);
    }
    users.advance(20);
    for number in 0..70 {
        users.set(&format!("later-{number}"), "1");
    }
    let index = client.key("!index:org:users");
    assert_eq!(client.integer(&[b"ZCARD", &index]), 70);
}

#[test]
fn a_set_in_a_guarded_change_ends_with_its_process() {
    let mut client = Client::connect("entries-guarded-set");
    let mut users = Cache::open(&mut client, USERS);
    users.begin(&[], &["1"]);
    users.set("1", "1");
    let left = lifetime(&mut client, "!entry:org:users:1");
    assert!((1..=10_000).contains(&left), "{left}");
}

#[test]
fn many_clients_make_one_value() {
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect("entries-fleet")).collect();
    let mut leases = Vec::new();
    for client in &mut clients {
        let mut users = Cache::open(client, USERS);
        leases.push(users.take("1"));
    }
    let granted: Vec<_> = leases.iter().filter(|taken| taken.lease == GRANTED).collect();
    assert_eq!(granted.len(), 1);
    assert!(leases.iter().all(|taken| taken.lease == GRANTED || taken.lease == HELD));
    let mut users = Cache { store: &mut clients[0], number: 0.0, organization: Some("org") };
    assert_eq!(users.fill("1", &granted[0].grant, "7"), KEPT);
    for client in &mut clients {
        let mut users = Cache { store: client, number: 0.0, organization: Some("org") };
        assert_eq!(users.get("1"), Got::Plain("7".to_owned()));
    }
}

#[test]
fn a_script_that_the_server_forgot_is_sent_again() {
    let mut client = Client::connect("entries-flushed");
    let mut users = Cache::open(&mut client, USERS);
    users.set("1", "1");
    client.command(&[b"SCRIPT", b"FLUSH"]);
    let mut users = Cache { store: &mut client, number: 0.0, organization: Some("org") };
    assert!(users.delete("1"));
    assert_eq!(users.call("entrySet", 0, &[Text("1"), Text("2")]), Outcome::Boolean(true));
}
