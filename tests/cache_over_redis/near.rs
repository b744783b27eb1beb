//! Copies in this process: they follow Redis, whoever writes, and never answer what an own write has replaced.

use std::time::{Duration, Instant};

use orgcache::cache::{CacheKey, Call, Scratch, Unacknowledged};
use orgcache::key::Kind;
use orgcache::redis::Outcome;

use super::client::Client;
use super::server::Server;

const PATIENCE: Duration = Duration::from_secs(10);

fn kv(id: &str) -> CacheKey<'_> {
    CacheKey::Single { kind: Kind::Kv, id }
}

fn of_organization<'a>(organization: &'a str, phone: &'a str) -> CacheKey<'a> {
    CacheKey::Conversation { kind: Kind::ConversationContext, organization: Some(organization), phone }
}

fn set<'a>(key: CacheKey<'a>, json: &'a str) -> Call<'a> {
    let unacknowledged = Unacknowledged::Journal;
    Call::Set { key, json: json.as_bytes(), ttl_seconds: None, unacknowledged }
}

/// What a copy answers, without a word to Redis.
fn copy(client: &Client, key: CacheKey<'_>) -> Option<String> {
    let text = |outcome: Outcome<'_>| match outcome {
        Outcome::Json(json) => String::from_utf8(json.into_owned()).unwrap(),
        other => panic!("a copy answers JSON, not {other:?}"),
    };
    client.core().near_get(&Call::Get { key }, Instant::now(), &mut Scratch::default(), text)
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Reads until there is a copy.
#[track_caller]
fn until_copied(client: &mut Client, key: CacheKey<'_>, json: &str) {
    until("a copy", || {
        client.call(&Call::Get { key });
        copy(client, key).as_deref() == Some(json)
    });
}

fn mode(client: &Client) -> String {
    client.core().near_report(&[])["mode"].as_str().unwrap().to_owned()
}

fn dropped_fills(client: &Client) -> u64 {
    client.core().near_report(&[])["droppedFills"].as_u64().unwrap()
}

#[test]
fn a_value_gets_a_copy_with_its_second_read() {
    let mut client = Client::connect("near-second");
    client.call(&set(kv("a"), "1"));
    client.call(&Call::Get { key: kv("a") });
    assert_eq!(mode(&client), "idle", "one read deserves no copy");
    client.call(&Call::Get { key: kv("a") });
    until("a copy", || copy(&client, kv("a")).as_deref() == Some("1"));
    assert_eq!(mode(&client), "tracking");
    let before = client.core().health().counters().bytes_sent.get();
    assert_eq!(client.call(&Call::Get { key: kv("a") }), Outcome::Json(b"1".into()));
    assert_eq!(client.core().health().counters().bytes_sent.get(), before);
}

#[test]
fn a_copy_follows_a_foreign_write() {
    let mut client = Client::connect("near-foreign");
    client.call(&set(kv("a"), "1"));
    until_copied(&mut client, kv("a"), "1");
    let key = client.key("kv:a");
    client.command(&[b"SET", &key, b"2", b"PX", b"60000"]);
    until("the change", || copy(&client, kv("a")).as_deref() != Some("1"));
    until_copied(&mut client, kv("a"), "2");
}

#[test]
fn an_own_write_takes_the_copy_before_it_is_sent_and_no_other_comes_before_its_outcome() {
    let mut client = Client::connect("near-own");
    client.call(&set(kv("a"), "1"));
    until_copied(&mut client, kv("a"), "1");
    let id = client.start(&set(kv("a"), "2"));
    assert_eq!(copy(&client, kv("a")), None);
    client.drain();
    assert_eq!(client.outcome(id), Outcome::Boolean(true));
    until_copied(&mut client, kv("a"), "2");
    let id = client.start(&Call::Delete { key: kv("a") });
    assert_eq!(copy(&client, kv("a")), None);
    client.drain();
    assert_eq!(client.outcome(id), Outcome::Boolean(true));
    assert_eq!(client.call(&Call::Get { key: kv("a") }), Outcome::Null);
}

#[test]
fn a_write_of_a_hash_takes_the_copy_of_the_text_that_it_replaces() {
    let mut client = Client::connect("near-hash");
    let key = CacheKey::Managed { name: "n", organization: Some("org") };
    client.call(&set(key, "1"));
    until_copied(&mut client, key, "1");
    let write = Call::HashSet { key, field: b"f", json: b"2", ttl_seconds: None };
    client.start(&write);
    assert_eq!(copy(&client, key), None);
    client.drain();
    assert_eq!(client.call(&Call::Get { key }), Outcome::Null);
    assert_eq!(copy(&client, key), None);
}

#[test]
fn clearing_an_organization_takes_its_copies_when_it_is_asked_for() {
    let mut client = Client::connect("near-clear");
    let (mine, others) = (of_organization("mine", "+491"), of_organization("others", "+491"));
    for key in [mine, others] {
        client.call(&set(key, "[1]"));
        until_copied(&mut client, key, "[1]");
    }
    client.start(&Call::ClearOrganization { organization: Some("mine") });
    assert_eq!(copy(&client, mine), None);
    assert_eq!(copy(&client, others).as_deref(), Some("[1]"));
    client.drain();
    assert_eq!(client.call(&Call::Get { key: mine }), Outcome::Null);
}

#[test]
fn a_copy_ends_with_the_value() {
    let mut client = Client::connect("near-expiry");
    let unacknowledged = Unacknowledged::Journal;
    client.call(&Call::Set { key: kv("a"), json: b"1", ttl_seconds: Some(0.6), unacknowledged });
    until_copied(&mut client, kv("a"), "1");
    until("the end", || copy(&client, kv("a")).is_none());
    until("the end in Redis", || client.call(&Call::Get { key: kv("a") }) == Outcome::Null);
    assert_eq!(copy(&client, kv("a")), None);
}

#[test]
fn copies_end_with_the_watch_connection_and_come_back_with_the_next() {
    let mut client = Client::connect_with("near-killed", &[("REDIS_CONNECTION_NAME", "near-killed")]);
    client.call(&set(kv("a"), "1"));
    until_copied(&mut client, kv("a"), "1");
    let ids = watch_connections(&mut client);
    assert!(!ids.is_empty());
    for id in &ids {
        client.command(&[b"CLIENT", b"KILL", b"ID", id.as_bytes()]);
    }
    until("the end of the session", || copy(&client, kv("a")).is_none());
    let key = client.key("kv:a");
    client.command(&[b"SET", &key, b"2", b"PX", b"60000"]);
    until("new copies", || {
        client.call(&Call::Get { key: kv("a") });
        copy(&client, kv("a")).as_deref() == Some("2")
    });
}

/// The numbers of the connections whose name is that of a watch connection of this test's client.
fn watch_connections(client: &mut Client) -> Vec<String> {
    let super::client::Reply::Text(list) = client.command(&[b"CLIENT", b"LIST"]) else {
        panic!("CLIENT LIST answers a text")
    };
    let list = String::from_utf8(list).unwrap();
    let of_watch = list.lines().filter(|line| line.contains("name=near-killed-near"));
    of_watch.map(|line| line["id=".len()..].split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn without_the_right_to_track_every_read_asks_redis_and_the_report_says_why() {
    let mut admin = Client::connect("near-acl-admin");
    admin.command(&[
        b"ACL",
        b"SETUSER",
        b"untracked",
        b"on",
        b">secret",
        b"~*",
        b"&*",
        b"+@all",
        b"-client|tracking",
    ]);
    let url = format!("redis://untracked:secret@127.0.0.1:{}", Server::shared().port());
    let mut client = Client::connect_with("near-acl", &[("REDIS_URL", &url)]);
    client.call(&set(kv("a"), "1"));
    until("the refusal", || {
        assert_eq!(client.call(&Call::Get { key: kv("a") }), Outcome::Json(b"1".into()));
        mode(&client) == "off"
    });
    let report = client.core().near_report(&[]);
    assert!(report["reason"].as_str().unwrap().contains("+client|tracking"), "{report}");
    assert_eq!(report["entries"], 0);
}

#[test]
fn a_switch_turns_copies_off_and_a_list_of_kinds_chooses() {
    let mut off = Client::connect_with("near-off", &[("CACHE_NEAR", "false")]);
    let mut some = Client::connect_with("near-some", &[("CACHE_NEAR_KINDS", "dynamicLead")]);
    for client in [&mut off, &mut some] {
        client.call(&set(kv("a"), "1"));
        for _ in 0..5 {
            client.call(&Call::Get { key: kv("a") });
        }
    }
    assert_eq!((mode(&off).as_str(), mode(&some).as_str()), ("disabled", "idle"));
    let lead = CacheKey::Single { kind: Kind::DynamicLead, id: "a" };
    some.call(&set(lead, "1"));
    until_copied(&mut some, lead, "1");
}

#[test]
fn the_last_client_that_goes_ends_the_watch_connection() {
    let mut first = Client::connect_with("near-last", &[("REDIS_CONNECTION_NAME", "near-last")]);
    let second = Client::connect_with("near-last", &[]);
    first.call(&set(kv("a"), "1"));
    until_copied(&mut first, kv("a"), "1");
    assert_eq!(copy(&second, kv("a")).as_deref(), Some("1"), "the store is the process's");
    drop(first);
    assert_eq!(copy(&second, kv("a")).as_deref(), Some("1"));
    let mut observer = Client::connect_with("near-observer", &[("CACHE_NEAR", "false")]);
    let mut is_there = || {
        let super::client::Reply::Text(list) = observer.command(&[b"CLIENT", b"LIST"]) else { panic!() };
        String::from_utf8(list).unwrap().contains("name=near-last-near")
    };
    assert!(is_there());
    drop(second);
    until("the end of the watch connection", || !is_there());
}

#[test]
fn in_an_outage_a_copy_answers_unless_the_journal_has_something_newer() {
    let mut client = Client::connect_with("near-outage", &[("CACHE_MEMORY_MAX_BYTES", "1024")]);
    for id in ["a", "b"] {
        client.call(&set(kv(id), "1"));
        until_copied(&mut client, kv(id), "1");
    }
    client.lose();
    assert_eq!(copy(&client, kv("a")), None, "no copy answers in place of a server that is away");
    assert_eq!(client.call(&Call::Get { key: kv("a") }), Outcome::Json(b"1".into()));
    client.call(&set(kv("b"), "2"));
    assert_eq!(client.call(&Call::Get { key: kv("b") }), Outcome::Json(b"2".into()));
    client.reconnect();
    client.drain();
    until_copied(&mut client, kv("b"), "2");
}

#[test]
fn while_the_journal_holds_writes_nothing_is_filled() {
    let mut client = Client::connect("near-held");
    client.call(&set(kv("a"), "1"));
    until_copied(&mut client, kv("a"), "1");
    client.lose();
    client.call(&set(kv("a"), "2"));
    assert!(client.core().stand_in().holds_writes());
    // Another client of this process, whose own journal is empty.
    let mut other = Client::connect("near-held");
    let before = dropped_fills(&other);
    until("a wish that is not fulfilled", || {
        other.call(&Call::Get { key: kv("a") });
        dropped_fills(&other) > before
    });
    assert_eq!(copy(&other, kv("a")), None);
    client.reconnect();
    client.drain();
    assert!(!client.core().stand_in().holds_writes());
    until_copied(&mut other, kv("a"), "2");
}

#[test]
fn a_journal_that_an_ended_process_has_left_takes_all_copies_until_it_is_in_redis() {
    let folder = std::env::temp_dir().join(format!("orgcache-near-backlog-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let settings = [("CACHE_JOURNAL_DIR", folder.to_str().unwrap())];
    let mut ended = Client::connect_with("near-backlog", &settings);
    ended.lose();
    ended.call(&set(kv("a"), "2"));
    drop(ended);
    let mut other = Client::connect("near-backlog");
    other.call(&set(kv("b"), "1"));
    until_copied(&mut other, kv("b"), "1");
    let mut heir = Client::unconnected("near-backlog", &settings);
    heir.read_backlog();
    assert!(heir.core().stand_in().holds_writes());
    assert_eq!(copy(&other, kv("b")), None);
    heir.reconnect();
    heir.drain();
    for (id, json) in [("a", "2"), ("b", "1")] {
        until_copied(&mut other, kv(id), json);
    }
    drop(heir);
    std::fs::remove_dir_all(folder).unwrap();
}
