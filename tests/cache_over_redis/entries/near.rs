//! Copies of entries in this process.

use std::time::{Duration, Instant};

use orgcache::cache::Scratch;
use orgcache::near::{Owner, Wish};
use orgcache::redis::Outcome;

use super::super::client::{Client, Reply};
use super::caller::{
    ABSENT, AWAY, Absent, Cache, EARLY, Given, Got, NEAR, Number, STALE, Text, got, parts, seen, with_call,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// The number of the first cache that a client opens.
const FIRST: f64 = 0.0;

fn open(client: &mut Client, options: &str) {
    Cache::open(client, options);
}

fn cache(client: &mut Client) -> Cache<'_> {
    Cache { store: client, number: FIRST, organization: Some("org") }
}

fn owned(outcome: Outcome<'_>) -> Outcome<'static> {
    outcome.into_owned()
}

/// What a copy answers, without a word to Redis.
fn copy_with(client: &Client, key: &str, detail: u8, options: Given<'_>) -> Option<Outcome<'static>> {
    let arguments = [Number(FIRST), Text("org"), Text(key), options];
    with_call("entryGet", detail, &arguments, |call| {
        client.core().near_get(call, Instant::now(), &mut Scratch::default(), owned)
    })
    .unwrap()
}

fn copy(client: &Client, key: &str) -> Option<Got> {
    copy_with(client, key, 0, Absent).as_ref().map(got)
}

/// What a call answers, and whether a copy has.
fn read(client: &mut Client, key: &str) -> Got {
    seen(&cache(client).call("entryGet", 0, &[Text(key)]))
}

fn plain(json: &str) -> Option<Got> {
    Some(Got::Plain(json.to_owned()))
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
fn until_copied(client: &mut Client, key: &str, json: &str) {
    until("a copy", || {
        cache(client).get(key);
        copy(client, key) == plain(json)
    });
}

/// A client with one cache, and another client of the same keys that knows no copies.
fn pair(prefix: &str, options: &str) -> (Client, Client) {
    let mut client = Client::connect(prefix);
    open(&mut client, options);
    let mut other = Client::connect_with(prefix, &[("CACHE_NEAR", "false")]);
    open(&mut other, options);
    (client, other)
}

const LASTING: &str = r#"{"name":"c","ttlSeconds":600,"jitter":0,"earlyRefresh":false}"#;
const TAGGED: &str = r#"{"name":"c","ttlSeconds":600,"jitter":0,"earlyRefresh":false,"tags":["a","b"]}"#;

fn sent(client: &Client) -> u64 {
    client.core().health().counters().bytes_sent.get()
}

#[test]
fn an_entry_gets_a_copy_with_its_second_read_and_answers_without_a_word_to_redis() {
    let (mut client, _) = pair("entry-near-second", LASTING);
    cache(&mut client).set("k", "1");
    cache(&mut client).get("k");
    assert_eq!(client.core().near_report(&[])["mode"], "idle", "one read deserves no copy");
    until_copied(&mut client, "k", "1");
    let before = sent(&client);
    assert_eq!(read(&mut client, "k").told(), (Some("1"), NEAR));
    assert!(cache(&mut client).has("k"));
    assert_eq!(copy_with(&client, "k", 1, Absent), Some(Outcome::Boolean(true)));
    assert_eq!(sent(&client), before);
    assert_eq!(copy(&client, "other"), None);
    let report = client.core().near_report(&[]);
    assert!(report["caches"]["c"]["hits"].as_u64() > Some(1) && report["kinds"]["c"].is_null(), "{report}");
}

#[test]
fn a_copy_follows_a_foreign_write_of_any_kind() {
    let (mut client, mut other) = pair("entry-near-foreign", LASTING);
    let writes: [fn(&mut Cache<'_>); 5] = [
        |cache| cache.set("k", "2"),
        |cache| assert!(cache.delete("k")),
        |cache| assert!(cache.expire("k")),
        |cache| drop(cache.pull("k")),
        |cache| assert_eq!(cache.clear(), 1),
    ];
    for write in writes {
        cache(&mut client).set("k", "1");
        until_copied(&mut client, "k", "1");
        write(&mut cache(&mut other));
        until("the change", || copy(&client, "k") != plain("1"));
    }
}

#[test]
fn an_own_write_takes_the_copy_before_it_is_sent_and_no_other_comes_before_its_outcome() {
    let (mut client, _) = pair("entry-near-own", LASTING);
    let begin = |client: &mut Client, verb: &str, rest: &[Given<'_>]| {
        let arguments = [&[Number(FIRST), Text("org")], rest].concat();
        with_call(verb, 0, &arguments, |call| client.start(call)).unwrap()
    };
    let calls: [(&str, &[Given<'_>]); 6] = [
        ("entrySet", &[Text("k"), Text("2"), Absent]),
        ("entryDelete", &[Text("k")]),
        ("entryExpire", &[Text("k")]),
        ("entryPull", &[Text("k")]),
        ("entryMutate", &[Text(""), Number(0.0), Text("k")]),
        ("entryClear", &[]),
    ];
    for (verb, rest) in calls {
        cache(&mut client).set("k", "1");
        until_copied(&mut client, "k", "1");
        let id = begin(&mut client, verb, rest);
        assert_eq!(copy(&client, "k"), None, "{verb}");
        client.drain();
        client.outcome(id);
        assert_ne!(copy(&client, "k"), plain("1"), "{verb}");
        with_call(
            "entryMutate",
            2,
            &[Number(FIRST), Text("org"), Text(""), Number(0.0), Text("k")],
            |call| client.call(call),
        )
        .unwrap();
    }
}

#[test]
fn what_a_factory_made_takes_the_copy_of_what_was_there() {
    let (mut client, _) = pair("entry-near-fill", LASTING);
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    let taken = cache(&mut client).take_with("k", "", 1, "{}");
    assert_eq!(cache(&mut client).fill("k", &taken.grant, "2"), 1);
    assert_eq!(copy(&client, "k"), None);
    until_copied(&mut client, "k", "2");
}

#[test]
fn a_hit_with_tags_asks_redis_nothing_and_obeys_invalidations() {
    let (mut client, mut other) = pair("entry-near-tags", TAGGED);
    let changes: [fn(&mut Cache<'_>); 2] = [|cache| cache.invalidate("b"), |cache| cache.expire_tag("b")];
    for change in changes {
        cache(&mut client).set("k", "1");
        until_copied(&mut client, "k", "1");
        let before = sent(&client);
        assert_eq!(read(&mut client, "k").told(), (Some("1"), NEAR));
        assert_eq!(sent(&client), before);
        change(&mut cache(&mut other));
        until("the invalidation", || copy(&client, "k").is_none());
        // The entry itself has not changed: a new copy of it and of the record must not answer either.
        for _ in 0..5 {
            let got = cache(&mut client).get("k");
            assert!(got == Got::Nothing || got.told() == (Some("1"), STALE), "{got:?}");
            assert_eq!(copy(&client, "k"), None);
        }
    }
}

#[test]
fn an_own_invalidation_counts_at_once() {
    let (mut client, _) = pair("entry-near-own-tags", TAGGED);
    for detail in [0, 1] {
        cache(&mut client).set("k", "1");
        until_copied(&mut client, "k", "1");
        let id = with_call("entryTags", detail, &[Number(FIRST), Text("org"), Text("a")], |call| {
            client.start(call)
        });
        assert_eq!(copy(&client, "k"), None);
        client.drain();
        assert_eq!(client.outcome(id.unwrap()), Outcome::Boolean(true));
        for _ in 0..5 {
            cache(&mut client).get("k");
            assert_eq!(copy(&client, "k"), None);
        }
    }
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    let change = [Number(FIRST), Text("org"), Text("token"), Number(1.0), Text("a")];
    for detail in [0, 2] {
        with_call("entryMutate", detail, &change, |call| client.call(call)).unwrap();
        assert_eq!(copy(&client, "k"), None);
    }
    assert_eq!(cache(&mut client).get("k"), Got::Nothing);
}

#[test]
fn a_stale_entry_is_asked_of_redis_and_a_kept_undefined_is_answered() {
    let (mut client, _) = pair(
        "entry-near-stale",
        r#"{"name":"c","ttlSeconds":1,"graceSeconds":600,"jitter":0,"earlyRefresh":false,"negativeSeconds":600}"#,
    );
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    until("the end of its ttl", || copy(&client, "k").is_none());
    // A copy ends a little before the entry does.
    until("the end in Redis", || cache(&mut client).get("k").told() == (Some("1"), STALE));
    assert_eq!(copy(&client, "k"), None);
    let grant = cache(&mut client).granted("undefined");
    assert_eq!(cache(&mut client).fill("undefined", &grant, ""), 1);
    until("a copy", || {
        cache(&mut client).get("undefined");
        copy(&client, "undefined").is_some_and(|got| got.told() == (None, ABSENT))
    });
}

#[test]
fn a_copy_knows_its_lifetime_and_says_when_it_is_to_be_refreshed() {
    let (mut client, _) = pair(
        "entry-near-early",
        r#"{"name":"c","ttlSeconds":3,"jitter":0,"earlyRefresh":0.1,"near":{"maxTtlSeconds":60}}"#,
    );
    cache(&mut client).set("k", "1");
    until("a copy that is due", || {
        cache(&mut client).get("k");
        copy(&client, "k").is_some_and(|got| matches!(got, Got::Told { state: EARLY, .. }))
    });
    let not_yet = copy_with(&client, "k", 0, Text(r#"{"earlyRefresh":0.99}"#));
    assert_eq!(not_yet.as_ref().map(got), plain("1"));
}

#[test]
fn a_copy_ends_with_its_limit_before_the_entry_does() {
    let (mut client, _) = pair(
        "entry-near-limit",
        r#"{"name":"c","ttlSeconds":600,"jitter":0,"earlyRefresh":false,"near":{"maxTtlSeconds":0.3}}"#,
    );
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    until("the limit", || copy(&client, "k").is_none());
    assert_eq!(read(&mut client, "k").told().0, Some("1"));
}

/// Enters a copy that is older than what Redis has, as one that a message has not reached yet. A busy machine may lose
/// the session, and a fill of the same key may be under way: each time it is tried anew.
#[track_caller]
fn plant(client: &Client, (key, group): (&[u8], &str), older: &[u8]) {
    let store = client.core().near_store().unwrap();
    until("the older copy answers", || {
        let wish = Wish { key: key.into(), group: store.group(group), owner: Owner::of(b"org") };
        if let Some(fill) = store.begin_fill(wish, 0, Instant::now()) {
            store.finish_fill(fill, Some(older), 60_000);
        }
        copy(client, "k") == plain("1")
    });
}

#[test]
fn reads_of_redis_never_go_back_to_an_older_copy() {
    let (mut client, mut other) = pair("entry-near-back", LASTING);
    // What it reads is compared, though its own cache has no copies.
    let mut reader = Client::connect("entry-near-back");
    open(&mut reader, r#"{"name":"c","near":false}"#);
    let key = client.key("!entry:org:c:k");
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    let Reply::Text(older) = client.command(&[b"GET", &key]) else { panic!("there is an entry") };
    cache(&mut other).set("k", "2");
    until_copied(&mut client, "k", "2");
    let reads: [fn(&mut Client) -> Option<String>; 2] = [
        |reader| cache(reader).get("k").told().0.map(str::to_owned),
        |reader| cache(reader).take("k").payload,
    ];
    for read in reads {
        plant(&client, (&key, "cache:c"), &older);
        assert_eq!(read(&mut reader).as_deref(), Some("2"));
        assert_ne!(copy(&client, "k"), plain("1"));
    }
    cache(&mut other).delete("k");
    plant(&client, (&key, "cache:c"), &older);
    assert_eq!(cache(&mut client).take("k").payload, None);
    assert_eq!(copy(&client, "k"), None);
}

#[test]
fn a_read_that_was_stale_because_of_a_tag_is_never_fresh_again_by_an_older_record() {
    let (mut client, mut other) = pair("entry-near-soft", TAGGED);
    let record = client.key("!tag:org:b");
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    let Reply::Text(older) = client.command(&[b"GET", &record]) else { panic!("there is a record") };
    cache(&mut other).expire_tag("b");
    until("the change", || copy(&client, "k").is_none());
    plant(&client, (&record, "tags"), &older);
    let mut reader = Client::connect("entry-near-soft");
    open(&mut reader, r#"{"name":"c","near":false,"tags":["a","b"]}"#);
    assert_eq!(cache(&mut reader).get("k").told(), (Some("1"), STALE));
    assert_eq!(copy(&client, "k"), None);
}

#[test]
fn organizations_and_caches_have_copies_of_their_own() {
    let (mut client, _) = pair("entry-near-organizations", LASTING);
    for (organization, value) in [("org", "1"), ("others", "2")] {
        cache(&mut client).of(Some(organization)).set("k", value);
    }
    until_copied(&mut client, "k", "1");
    let theirs = cache(&mut client).of(Some("others")).get("k");
    assert_eq!(theirs, Got::Plain("2".to_owned()));
    assert_eq!(copy(&client, "k"), plain("1"));
    cache(&mut client).of(Some("others")).clear();
    assert_eq!(copy(&client, "k"), plain("1"));
}

#[test]
fn a_cache_and_a_client_without_copies_have_none() {
    for (prefix, settings, options) in [
        ("entry-near-cache-off", &[][..], r#"{"name":"c","near":false}"#),
        ("entry-near-client-off", &[("CACHE_NEAR", "false")], r#"{"name":"c","near":true}"#),
    ] {
        let mut client = Client::connect_with(prefix, settings);
        open(&mut client, options);
        cache(&mut client).set("k", "1");
        for _ in 0..5 {
            assert_eq!(cache(&mut client).get("k"), Got::Plain("1".to_owned()));
        }
        assert_eq!(client.core().near_report(&[])["fills"], 0);
        assert_eq!(copy(&client, "k"), None);
    }
}

#[test]
fn in_an_outage_a_copy_answers_in_its_ttl_and_then_in_grace() {
    let options = r#"{"name":"c","ttlSeconds":1.5,"graceSeconds":600,"jitter":0,"earlyRefresh":false}"#;
    let mut client = Client::connect_with("entry-near-outage", &[("CACHE_MEMORY_MAX_BYTES", "1024")]);
    open(&mut client, options);
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    client.lose();
    assert_eq!(copy(&client, "k"), None, "no copy answers in place of a server that is away");
    assert_eq!(read(&mut client, "k").told(), (Some("1"), NEAR));
    until("the end of its ttl", || read(&mut client, "k").told().1 == STALE | AWAY | NEAR);
    cache(&mut client).set("k", "2");
    assert_eq!(read(&mut client, "k").told().0, Some("2"));
    assert!(cache(&mut client).delete("k"));
    assert_eq!(cache(&mut client).get("k"), Got::Nothing);
}

#[test]
fn in_an_outage_no_copy_answers_that_a_known_invalidation_hits() {
    let options =
        r#"{"name":"c","ttlSeconds":600,"graceSeconds":600,"jitter":0,"earlyRefresh":false,"tags":["a"]}"#;
    for (prefix, detail) in [("entry-near-outage-hard", 0), ("entry-near-outage-soft", 1)] {
        let (mut client, mut other) = pair(prefix, options);
        for key in ["own", "foreign"] {
            cache(&mut client).set(key, "1");
            until_copied(&mut client, key, "1");
        }
        // Another process's invalidation, which this one knows only by its new copy of the record.
        cache(&mut other).flag("entryTags", detail, &[Text("a")]);
        until("the invalidation", || copy(&client, "foreign").is_none());
        cache(&mut client).set("own", "2");
        until_copied(&mut client, "own", "2");
        client.lose();
        assert_eq!(read(&mut client, "own").told(), (Some("2"), NEAR));
        let foreign = cache(&mut client).get("foreign");
        if detail == 0 {
            assert_eq!(foreign, Got::Nothing);
        } else {
            assert_eq!(foreign.told().1 & (STALE | AWAY), STALE | AWAY);
        }
        cache(&mut client).flag("entryTags", detail, &[Text("a")]);
        let own = cache(&mut client).get("own");
        if detail == 0 {
            assert_eq!(own, Got::Nothing);
        } else {
            assert_eq!(own.told().1 & (STALE | AWAY), STALE | AWAY);
        }
    }
}

#[test]
fn in_an_outage_the_options_choose_who_answers() {
    for (prefix, down, answers) in [
        ("entry-near-factory", "factory", false),
        ("entry-near-reject", "reject", false),
        ("entry-near-serve", "serve", true),
    ] {
        let options = format!(
            r#"{{"name":"c","ttlSeconds":600,"jitter":0,"earlyRefresh":false,"onRedisDown":"{down}"}}"#
        );
        let mut client = Client::connect(prefix);
        open(&mut client, &options);
        cache(&mut client).set("k", "1");
        until_copied(&mut client, "k", "1");
        client.lose();
        let outcome = cache(&mut client).call("entryGet", 0, &[Text("k")]);
        let is_answered = !parts(&outcome).is_empty();
        assert_eq!(is_answered, answers, "{down}: {outcome:?}");
    }
}

#[test]
fn while_the_journal_holds_a_write_no_copy_answers_and_none_is_made() {
    let (mut client, _) = pair("entry-near-held", LASTING);
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    client.lose();
    cache(&mut client).set("k", "2");
    let mut other = Client::connect("entry-near-held");
    open(&mut other, LASTING);
    for _ in 0..5 {
        cache(&mut other).get("k");
        assert_eq!(copy(&other, "k"), None);
    }
    client.reconnect();
    client.drain();
    until_copied(&mut other, "k", "2");
}

#[test]
fn in_an_outage_what_an_ended_process_has_left_is_newer_than_a_copy() {
    let folder = std::env::temp_dir().join(format!("orgcache-entry-near-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let settings = [("CACHE_JOURNAL_DIR", folder.to_str().unwrap())];
    let (mut client, _) = pair("entry-near-heir", LASTING);
    cache(&mut client).set("k", "1");
    let mut ended = Client::connect_with("entry-near-heir", &settings);
    open(&mut ended, LASTING);
    ended.lose();
    cache(&mut ended).set("k", "2");
    drop(ended);
    until_copied(&mut client, "k", "1");
    let mut heir = Client::unconnected("entry-near-heir", &settings);
    open(&mut heir, LASTING);
    heir.read_backlog();
    heir.reconnect();
    heir.lose();
    assert_eq!(read(&mut heir, "k").told().0, Some("2"));
    drop(heir);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn copies_end_with_the_watch_connection_and_come_back_with_the_next() {
    let mut client = Client::connect_with("entry-near-killed", &[("REDIS_CONNECTION_NAME", "entry-killed")]);
    open(&mut client, LASTING);
    cache(&mut client).set("k", "1");
    until_copied(&mut client, "k", "1");
    let Reply::Text(list) = client.command(&[b"CLIENT", b"LIST"]) else {
        panic!("CLIENT LIST answers a text")
    };
    let list = String::from_utf8(list).unwrap();
    for line in list.lines().filter(|line| line.contains("name=entry-killed-near")) {
        let id = line["id=".len()..].split(' ').next().unwrap();
        client.command(&[b"CLIENT", b"KILL", b"ID", id.as_bytes()]);
    }
    until("the end of the session", || copy(&client, "k").is_none());
    until_copied(&mut client, "k", "1");
}
