//! Entries while Redis is away: what is remembered answers, factories run, and writes reach Redis afterwards.

use std::time::{Duration, Instant};

use orgcache::error::ErrorCode;
use orgcache::health::State;
use orgcache::redis::Outcome;

use super::super::client::Client;
use super::caller::{
    AWAY, Absent, Cache, GRANTED, Got, HELD, KEPT, LOST, MEMORY, Number, STALE, Store as _, Text, with_call,
};

const USERS: &str = r#"{"name":"users","earlyRefresh":false}"#;
const GRACIOUS: &str = r#"{"name":"users","earlyRefresh":false,"graceSeconds":60}"#;

fn plain(text: &str) -> Got {
    Got::Plain(text.to_owned())
}

/// The cache that a client has opened first.
fn users(client: &mut Client) -> Cache<'_> {
    Cache { store: client, number: 0.0, organization: Some("org") }
}

/// A client of a prefix, which has opened a cache.
fn client_of(prefix: &str, options: &str) -> Client {
    let mut client = Client::connect(prefix);
    Cache::open(&mut client, options);
    client
}

#[track_caller]
fn recover(client: &mut Client) {
    client.reconnect();
    client.drain();
    assert_eq!(client.state(), State::Ready);
    assert!(client.core().local_state().journal.is_empty());
}

#[test]
fn a_set_without_a_connection_is_answered_and_in_redis_afterwards() {
    let mut client = client_of("entries-away-set", USERS);
    client.lose();
    users(&mut client).set("1", "\"first\"");
    users(&mut client).set("1", "\"second\"");
    assert_eq!(users(&mut client).get("1"), plain("\"second\""));
    recover(&mut client);
    let mut witness = client_of("entries-away-set", USERS);
    assert_eq!(users(&mut witness).get("1"), plain("\"second\""));
    assert_eq!(users(&mut witness).keys(), ["1"]);
    assert_eq!(users(&mut witness).clear(), 1, "the index lists it");
}

#[test]
fn a_replayed_set_loses_against_what_this_process_did_not_know_and_beats_what_it_knew() {
    let mut client = client_of("entries-away-older", USERS);
    let mut other = client_of("entries-away-older", USERS);
    users(&mut client).set_with("known", "\"known\"", r#"{"ttlSeconds":900}"#);
    users(&mut client).set_with("tagged", "\"known\"", r#"{"ttlSeconds":900,"tags":["t"]}"#);
    users(&mut client).set("newer", "\"known\"");
    client.lose();
    for key in ["known", "tagged", "newer", "unknown"] {
        users(&mut client).set(key, "\"outage\"");
    }
    users(&mut other).set_with("newer", "\"other\"", r#"{"ttlSeconds":1}"#);
    users(&mut other).set_with("unknown", "\"other\"", r#"{"ttlSeconds":1}"#);
    recover(&mut client);
    for client in [&mut client, &mut other] {
        assert_eq!(users(client).get("known"), plain("\"outage\""));
        assert_eq!(users(client).get("tagged"), plain("\"outage\""));
        assert_eq!(users(client).get("newer"), plain("\"other\""));
        assert_eq!(users(client).get("unknown"), plain("\"other\""));
    }
}

#[test]
fn a_delete_and_an_expiry_without_a_connection_take_entry_and_lease_away_afterwards() {
    let mut client = client_of("entries-away-delete", GRACIOUS);
    let mut other = client_of("entries-away-delete", GRACIOUS);
    users(&mut client).set("1", "1");
    users(&mut client).set("2", "2");
    let grant = users(&mut other).granted("3");
    client.lose();
    assert!(users(&mut client).delete("1") && users(&mut client).expire("2"));
    users(&mut client).delete("3");
    assert_eq!(users(&mut client).get("1"), Got::Nothing);
    recover(&mut client);
    assert_eq!([users(&mut other).get("1"), users(&mut other).get("2")], [Got::Nothing, Got::Nothing]);
    assert_eq!(users(&mut other).fill("3", &grant, "3"), LOST);
    assert_eq!(users(&mut other).keys(), [""; 0]);
}

#[test]
fn what_was_read_or_written_before_answers_and_what_was_not_is_nothing() {
    let mut other = client_of("entries-away-read", GRACIOUS);
    users(&mut other).set("read", "\"read\"");
    users(&mut other).set_with("stale", "\"stale\"", r#"{"ttlSeconds":0.2}"#);
    users(&mut other).set("unseen", "1");
    let mut client = client_of("entries-away-read", GRACIOUS);
    assert!(matches!(users(&mut client).get("read").told(), (Some("\"read\""), 0)));
    users(&mut client).get("stale");
    client.drain();
    client.lose();
    client.advance(Duration::from_millis(200));
    assert_eq!(users(&mut client).get("read").told(), (Some("\"read\""), 0));
    assert_eq!(users(&mut client).get("stale").told(), (Some("\"stale\""), STALE | AWAY));
    assert!(users(&mut client).has("stale"), "while Redis is away it answers");
    assert_eq!(users(&mut client).get("unseen"), Got::Nothing);
    let listed = users(&mut client).call("entryKeys", 0, &[Text("")]);
    assert!(matches!(listed, Outcome::Failed(error) if error.code() == ErrorCode::Connect));
}

#[test]
fn one_factory_runs_in_an_outage_and_what_it_makes_stays_in_this_process() {
    let mut client = client_of("entries-away-factory", USERS);
    client.lose();
    let grant = users(&mut client).granted("1");
    assert_eq!(users(&mut client).take("1").lease, HELD);
    assert!(users(&mut client).renew("1", &grant));
    assert_eq!(users(&mut client).fill("1", &grant, "\"made\""), MEMORY);
    assert_eq!(users(&mut client).get("1"), plain("\"made\""));
    for act in [
        (|users: &mut Cache<'_>| users.set("2", "\"set\"")) as fn(&mut Cache<'_>),
        |users| assert!(users.delete("2")),
        |users| {
            users.clear();
        },
    ] {
        let mut users = users(&mut client);
        let grant = users.take_with("2", "", 1, "{}").grant;
        act(&mut users);
        assert_eq!(users.fill("2", &grant, "\"old\""), LOST);
    }
    recover(&mut client);
    let mut witness = client_of("entries-away-factory", USERS);
    assert_eq!(users(&mut witness).get("1"), Got::Nothing);
}

#[test]
fn a_lease_of_before_the_outage_is_none_in_it_and_the_other_way_round() {
    let mut client = client_of("entries-away-lease", USERS);
    let before = users(&mut client).granted("1");
    client.lose();
    assert_eq!(users(&mut client).fill("1", &before, "1"), LOST);
    let during = users(&mut client).granted("2");
    recover(&mut client);
    assert_eq!(users(&mut client).fill("2", &during, "2"), LOST);
    let grant = users(&mut client).granted("2");
    assert_eq!(users(&mut client).fill("2", &grant, "2"), KEPT);
}

#[test]
fn tags_that_were_changed_in_an_outage_count_at_once_and_in_redis_afterwards() {
    let mut client = client_of("entries-away-tags", GRACIOUS);
    let mut other = client_of("entries-away-tags", GRACIOUS);
    for (key, options) in
        [("1", r#"{"tags":["hard"]}"#), ("2", r#"{"tags":["soft"]}"#), ("3", r#"{"tags":["x"]}"#)]
    {
        users(&mut client).set_with(key, key, options);
        users(&mut other).set_with(&format!("other-{key}"), key, options);
    }
    client.lose();
    users(&mut client).invalidate("hard");
    users(&mut client).expire_tag("soft");
    assert_eq!(users(&mut client).get("1"), Got::Nothing);
    assert_eq!(users(&mut client).get("2").told().1 & STALE, STALE);
    assert_eq!(users(&mut client).get("3").told(), (Some("3"), 0));
    assert_eq!(users(&mut other).get("other-1").told(), (Some("1"), 0), "nobody else knows yet");
    recover(&mut client);
    for client in [&mut client, &mut other] {
        assert_eq!([users(client).get("1"), users(client).get("other-1")], [Got::Nothing, Got::Nothing]);
        assert_eq!(users(client).get("2").told(), (Some("2"), STALE));
        assert_eq!(users(client).get("other-2").told(), (Some("2"), STALE));
        assert_eq!(users(client).get("other-3").told(), (Some("3"), 0));
    }
}

#[test]
fn a_tagged_set_of_an_outage_answers_afterwards_unless_its_tag_has_changed_since() {
    let mut client = client_of("entries-away-tagged", USERS);
    let mut other = client_of("entries-away-tagged", USERS);
    for tag in ["kept", "changed"] {
        users(&mut other).set_with(tag, "1", &format!(r#"{{"tags":["{tag}"]}}"#));
    }
    client.lose();
    client.advance(Duration::from_millis(20));
    users(&mut client).set_with("1", "1", r#"{"tags":["kept"]}"#);
    users(&mut client).set_with("2", "2", r#"{"tags":["kept","changed"]}"#);
    users(&mut client).set_with("3", "3", r#"{"tags":["new"]}"#);
    assert_eq!(users(&mut client).get("2"), plain("2"));
    client.advance(Duration::from_millis(20));
    users(&mut other).invalidate("changed");
    recover(&mut client);
    assert_eq!([users(&mut other).get("1"), users(&mut other).get("3")], [plain("1"), plain("3")]);
    assert_eq!(users(&mut other).get("2"), Got::Nothing);
    users(&mut other).invalidate("new");
    assert_eq!(users(&mut client).get("3"), Got::Nothing);
}

#[test]
fn a_clearing_of_an_outage_takes_everything_away_afterwards() {
    let mut client = client_of("entries-away-clear", USERS);
    let mut other = client_of("entries-away-clear", USERS);
    users(&mut client).set("1", "1");
    users(&mut other).set("2", "2");
    let grant = users(&mut other).granted("3");
    client.lose();
    users(&mut client).clear();
    assert_eq!(users(&mut client).get("1"), Got::Nothing);
    users(&mut client).set("4", "4");
    recover(&mut client);
    assert_eq!(users(&mut other).keys(), ["4"]);
    assert_eq!(users(&mut other).fill("3", &grant, "3"), LOST);
    assert_eq!(users(&mut other).get("4"), plain("4"));
}

#[test]
fn a_change_that_ends_in_an_outage_is_seen_by_all_afterwards() {
    let mut client = client_of("entries-away-change", USERS);
    let mut other = client_of("entries-away-change", USERS);
    users(&mut other).set("1", "1");
    users(&mut other).set_with("2", "2", r#"{"tags":["t"]}"#);
    let token = users(&mut client).begin(&["t"], &["3"]);
    client.lose();
    assert_eq!(users(&mut client).mutate(1, &token, &["t"], &["3"]), Outcome::Boolean(false));
    assert_eq!(users(&mut client).mutate(2, &token, &["t"], &["3"]), Outcome::Boolean(true));
    assert_eq!(users(&mut client).mutate(0, "", &["t"], &["1"]), Outcome::Null);
    assert_eq!(users(&mut client).mutate(2, "", &["t"], &["1"]), Outcome::Boolean(true));
    assert_eq!([users(&mut other).has("1"), users(&mut other).has("2")], [true, true]);
    recover(&mut client);
    assert_eq!([users(&mut other).get("1"), users(&mut other).get("2")], [Got::Nothing, Got::Nothing]);
}

#[test]
fn a_cache_says_what_answers_while_redis_is_away() {
    let mut client = client_of("entries-away-policy", r#"{"name":"f","onRedisDown":"factory"}"#);
    let mut rejecting = Cache::open(&mut client, r#"{"name":"r","onRedisDown":"reject"}"#);
    rejecting.set("1", "1");
    assert!(rejecting.has("1"));
    users(&mut client).set("1", "1");
    client.lose();
    let mut factory = users(&mut client);
    assert_eq!((factory.get("1"), factory.has("1")), (Got::Nothing, false));
    let taken = factory.take("1");
    assert_eq!((taken.lease, taken.payload), (GRANTED, None));
    let mut rejecting = Cache { store: &mut client, number: 1.0, organization: Some("org") };
    for refused in [
        rejecting.call("entryGet", 0, &[Text("1")]),
        rejecting.call("entryTake", 0, &[Text("1"), Absent, Absent, Number(0.0)]),
    ] {
        assert!(matches!(refused, Outcome::Failed(error) if error.code() == ErrorCode::Connect));
    }
    rejecting.set("2", "2");
    recover(&mut client);
    let mut rejecting = Cache { store: &mut client, number: 1.0, organization: Some("org") };
    assert_eq!(rejecting.get("2"), plain("2"));
}

/// Sends a call whose reply does not come.
fn lose_under_way(client: &mut Client, verb: &str, rest: &[super::caller::Given<'_>]) -> Outcome<'static> {
    let arguments = [&[Number(0.0), Text("org")], rest].concat();
    let call_id = with_call(verb, 0, &arguments, |call| client.start(call)).unwrap();
    client.send();
    client.lose();
    client.outcome(call_id)
}

#[test]
fn a_write_that_was_sent_and_lost_is_kept_and_made_again() {
    let mut client = client_of("entries-away-doubt", USERS);
    users(&mut client).set("2", "2");
    let set = lose_under_way(&mut client, "entrySet", &[Text("1"), Text("\"sent\"")]);
    assert_eq!(set, Outcome::Boolean(true));
    assert_eq!(users(&mut client).get("1"), plain("\"sent\""));
    users(&mut client).set("1", "\"later\"");
    recover(&mut client);
    assert_eq!(users(&mut client).get("1"), plain("\"later\""), "what was sent is known to be older");
    let delete = lose_under_way(&mut client, "entryDelete", &[Text("2")]);
    assert_eq!(delete, Outcome::Boolean(true));
    recover(&mut client);
    assert_eq!(users(&mut client).get("2"), Got::Nothing);
}

/// Waits until a server has run what a lost connection had sent.
fn until_there(client: &mut Client, key: &str, value: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while users(client).get(key) != plain(value) {
        assert!(Instant::now() < deadline, "the server has not run what was sent");
    }
}

#[test]
fn a_tagged_set_that_was_sent_and_lost_and_is_run_all_the_same_is_older_than_a_later_one() {
    const TAGGED: &str = r#"{"tags":["t"]}"#;
    let mut client = client_of("entries-away-tagged-doubt", USERS);
    let mut witness = client_of("entries-away-tagged-doubt", USERS);
    let rest = [Text("1"), Text("\"sent\""), Text(TAGGED)];
    assert_eq!(lose_under_way(&mut client, "entrySet", &rest), Outcome::Boolean(true));
    until_there(&mut witness, "1", "\"sent\"");
    // A record of the same millisecond may be that of a later change of the tag.
    let ran = Instant::now();
    while ran.elapsed() < Duration::from_millis(5) {
        assert_eq!(users(&mut witness).get("1"), plain("\"sent\""));
    }
    users(&mut client).set_with("1", "\"later\"", TAGGED);
    recover(&mut client);
    for client in [&mut client, &mut witness] {
        assert_eq!(users(client).get("1"), plain("\"later\""));
    }
}

#[test]
fn what_a_factory_made_whose_fill_was_lost_and_is_run_all_the_same_is_older_than_a_later_set() {
    let mut client = client_of("entries-away-fill-doubt", USERS);
    let mut witness = client_of("entries-away-fill-doubt", USERS);
    let grant = users(&mut client).granted("1");
    let rest = [Text("1"), Text(&grant), Text("\"made\""), Number(1.0)];
    assert_eq!(lose_under_way(&mut client, "entryFill", &rest), Outcome::Integer(LOST));
    users(&mut client).set("1", "\"later\"");
    until_there(&mut witness, "1", "\"made\"");
    recover(&mut client);
    for client in [&mut client, &mut witness] {
        assert_eq!(users(client).get("1"), plain("\"later\""));
    }
}

#[test]
fn a_tagged_set_of_one_outage_is_older_than_one_of_the_next() {
    const TAGGED: &str = r#"{"tags":["t"]}"#;
    let mut client = client_of("entries-away-tagged-twice", USERS);
    for value in ["\"first\"", "\"second\""] {
        client.lose();
        users(&mut client).set_with("1", value, TAGGED);
        recover(&mut client);
        let mut witness = client_of("entries-away-tagged-twice", USERS);
        assert_eq!(users(&mut witness).get("1"), plain(value));
    }
}

#[test]
fn a_factory_whose_lease_or_fill_was_lost_answers_its_callers_and_nothing_more() {
    let mut client = client_of("entries-away-lost", USERS);
    let taken = lose_under_way(&mut client, "entryTake", &[Text("1"), Absent, Absent, Number(0.0)]);
    let parts = super::caller::parts(&taken);
    assert_eq!(parts[0], super::caller::Part::Number(GRANTED), "its factory runs");
    recover(&mut client);
    users(&mut client).delete("2");
    let grant = users(&mut client).granted("2");
    let fill = lose_under_way(&mut client, "entryFill", &[Text("2"), Text(&grant), Text("2"), Number(1.0)]);
    assert_eq!(fill, Outcome::Integer(LOST), "in the outage it has no lease");
    recover(&mut client);
    let got = users(&mut client).get("2");
    assert!(got == plain("2") || got == Got::Nothing, "{got:?}");
}

#[test]
fn calls_during_the_replay_see_what_waits_in_the_journal() {
    let mut client = client_of("entries-away-replay", USERS);
    let mut other = client_of("entries-away-replay", USERS);
    for number in 0..100 {
        users(&mut other).set_with(&format!("old-{number}"), "1", r#"{"tags":["t"]}"#);
    }
    client.lose();
    for number in 0..100 {
        users(&mut client).set(&number.to_string(), "\"outage\"");
        users(&mut client).delete(&format!("old-{number}"));
    }
    users(&mut client).invalidate("t");
    client.reconnect();
    assert_eq!(client.state(), State::Recovering);
    assert_eq!(users(&mut client).get("99"), plain("\"outage\""));
    assert_eq!(users(&mut client).look_first("98"), plain("\"outage\""));
    client.drain();
    assert_eq!(client.state(), State::Ready);
    let mut cleared = client_of("entries-away-replay", USERS);
    assert_eq!(users(&mut cleared).keys().len(), 100);
    client.lose();
    users(&mut client).clear();
    client.reconnect();
    assert_eq!(users(&mut client).get("99"), Got::Nothing);
    client.drain();
    assert_eq!(users(&mut cleared).keys(), [""; 0]);
}
