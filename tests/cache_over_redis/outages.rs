//! Writes without a connection: they are acknowledged and kept, and reach Redis afterwards unless it has
//! newer ones.

use std::thread::sleep;
use std::time::{Duration, Instant};

use orgcache::cache::{CacheKey, Call, Unacknowledged};
use orgcache::connection::AsyncSocket;
use orgcache::health::State;
use orgcache::key::Kind;
use orgcache::redis::Outcome;

use super::client::{Client, Reply};

/// A pause between two writes, so that Redis's clock, which counts milliseconds, orders them.
const TICK: Duration = Duration::from_millis(5);

fn kv(id: &str) -> CacheKey<'_> {
    CacheKey::Single { kind: Kind::Kv, id }
}

fn summary<'a>(organization: &'a str, phone: &'a str) -> CacheKey<'a> {
    CacheKey::Conversation { kind: Kind::ConversationSummary, organization: Some(organization), phone }
}

fn set<'a>(key: CacheKey<'a>, json: &'a str) -> Call<'a> {
    Call::Set { key, json: json.as_bytes(), ttl_seconds: None, unacknowledged: Unacknowledged::Journal }
}

fn json(text: &str) -> Outcome<'static> {
    Outcome::Json(text.as_bytes().to_vec().into())
}

/// Another process with the same keys.
fn other(prefix: &str) -> Client {
    Client::connect(prefix)
}

#[track_caller]
fn stored(client: &mut Client, key: CacheKey<'_>) -> Outcome<'static> {
    client.call(&Call::Get { key })
}

#[track_caller]
fn recover(client: &mut Client) {
    client.reconnect();
    client.drain();
    assert_eq!(client.state(), State::Ready);
    assert!(client.core().local_state().journal.is_empty());
}

#[test]
fn a_set_without_a_connection_is_true_answered_and_in_redis_afterwards() {
    let mut client = Client::connect("away-set");
    client.lose();
    assert_eq!(client.state(), State::Degraded);
    assert_eq!(client.call(&set(summary("org", "1"), "\"first\"")), Outcome::Boolean(true));
    assert_eq!(client.call(&set(summary("org", "1"), "\"second\"")), Outcome::Boolean(true));
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"second\""));
    recover(&mut client);
    let mut witness = other("away-set");
    assert_eq!(stored(&mut witness, summary("org", "1")), json("\"second\""));
    let key = witness.key("conversationSummaries:org:1");
    let left = witness.integer(&[b"PTTL", &key]);
    assert!((7_190_000..=7_200_000).contains(&left), "{left}");
    // The index lists the value, so that a clearing finds it.
    let cleared = witness.call(&Call::ClearOrganization { organization: Some("org") });
    assert_eq!(cleared, Outcome::Integer(1));
}

#[test]
fn both_directions_of_a_mapping_are_replayed() {
    let mut client = Client::connect("away-pair");
    client.lose();
    let map = Call::MapLead {
        phone: "+15550001",
        lead: "lead-1",
        phone_json: b"\"+15550001\"",
        lead_json: b"\"lead-1\"",
        unacknowledged: Unacknowledged::Journal,
    };
    assert_eq!(client.call(&map), Outcome::Boolean(true));
    recover(&mut client);
    let mut witness = other("away-pair");
    assert_eq!(stored(&mut witness, CacheKey::PhoneToLead { phone: "+15550001" }), json("\"lead-1\""));
    let back = CacheKey::Single { kind: Kind::LeadToPhone, id: "lead-1" };
    assert_eq!(stored(&mut witness, back), json("\"+15550001\""));
}

#[test]
fn a_delete_without_a_connection_takes_the_value_away_afterwards() {
    let mut client = Client::connect("away-delete");
    client.call(&set(kv("k"), "1"));
    client.lose();
    assert_eq!(client.call(&Call::Delete { key: kv("k") }), Outcome::Boolean(true));
    assert_eq!(client.call(&Call::Delete { key: kv("k") }), Outcome::Boolean(false));
    assert_eq!(stored(&mut client, kv("k")), Outcome::Null);
    recover(&mut client);
    assert_eq!(stored(&mut other("away-delete"), kv("k")), Outcome::Null);
}

#[test]
fn what_was_read_or_written_before_is_answered_and_what_was_not_is_null() {
    let mut client = Client::connect("away-read");
    let mut writer = other("away-read");
    writer.call(&set(kv("read"), "\"seen\""));
    writer.call(&set(kv("unread"), "\"unseen\""));
    assert_eq!(stored(&mut client, kv("read")), json("\"seen\""));
    client.call(&set(kv("written"), "\"own\""));
    client.lose();
    assert_eq!(stored(&mut client, kv("read")), json("\"seen\""));
    assert_eq!(stored(&mut client, kv("written")), json("\"own\""));
    assert_eq!(stored(&mut client, kv("unread")), Outcome::Null);
    let counters = client.core().health().counters().snapshot();
    assert_eq!((counters.fallback_hits, counters.fallback_misses), (2, 1));
}

#[test]
fn a_value_that_was_read_is_not_answered_beyond_its_life() {
    let mut client = Client::connect("away-life");
    let key = client.key("kv:short");
    client.command(&[b"SET", &key, b"1", b"PX", b"300"]);
    assert_eq!(stored(&mut client, kv("short")), json("1"));
    client.lose();
    assert_eq!(stored(&mut client, kv("short")), json("1"));
    let deadline = Instant::now() + Duration::from_secs(5);
    while stored(&mut client, kv("short")) != Outcome::Null {
        assert!(Instant::now() < deadline, "it is answered for ever");
        sleep(TICK);
    }
}

#[test]
fn a_newer_write_of_another_process_survives_the_replay() {
    let mut client = Client::connect("away-newer");
    client.call(&set(kv("k"), "\"before\""));
    client.lose();
    client.call(&set(kv("k"), "\"during\""));
    client.call(&Call::Delete { key: kv("gone") });
    sleep(TICK);
    let mut writer = other("away-newer");
    writer.call(&set(kv("k"), "\"newer\""));
    writer.call(&set(kv("gone"), "\"newer\""));
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k")), json("\"newer\""));
    assert_eq!(stored(&mut client, kv("gone")), json("\"newer\""));
    assert_eq!(client.core().health().counters().superseded.get(), 2);
    // The next outage answers with the value that won.
    client.lose();
    assert_eq!(stored(&mut client, kv("k")), json("\"newer\""));
}

#[test]
fn an_older_write_of_another_process_loses_against_the_replay() {
    let mut client = Client::connect("away-older");
    client.lose();
    other("away-older").call(&set(kv("k"), "\"older\""));
    sleep(TICK);
    client.call(&set(kv("k"), "\"during\""));
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k")), json("\"during\""));
}

#[test]
fn a_shorter_life_than_the_value_had_before_is_no_reason_to_lose() {
    let mut client = Client::connect("away-shorter");
    client.call(&set(kv("k"), "\"long\""));
    client.lose();
    client.call(&Call::Set {
        key: kv("k"),
        json: b"\"short\"",
        ttl_seconds: Some(60.0),
        unacknowledged: Unacknowledged::Journal,
    });
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k")), json("\"short\""));
}

#[test]
fn a_value_that_ended_during_the_outage_does_not_bring_the_one_before_back() {
    let mut client = Client::connect("away-ended");
    client.call(&set(kv("k"), "\"before\""));
    client.lose();
    client.call(&Call::Set {
        key: kv("k"),
        json: b"\"short\"",
        ttl_seconds: Some(0.02),
        unacknowledged: Unacknowledged::Journal,
    });
    sleep(Duration::from_millis(40));
    assert_eq!(stored(&mut client, kv("k")), Outcome::Null);
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k")), Outcome::Null);
}

#[test]
fn a_write_that_was_sent_and_lost_is_acknowledged_once_it_is_kept() {
    let mut client = Client::connect("away-lost");
    let call_id = client.start(&set(summary("org", "1"), "\"sent\""));
    client.send();
    client.lose();
    assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    recover(&mut client);
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"sent\""));
}

#[test]
fn a_lost_write_that_is_carried_out_late_does_not_win_against_a_newer_one() {
    let mut client = Client::connect("away-late");
    let mut server = other("away-late");
    let key = server.key("kv:k");
    let call_id = client.start(&set(kv("k"), "\"in doubt\""));
    client.send();
    client.lose();
    assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    client.call(&set(kv("k"), "\"newest\""));
    sleep(TICK);
    // A server that was stopped finds the request in its socket and runs it late.
    server.command(&[b"SET", &key, b"\"in doubt\"", b"PX", b"7200000"]);
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k")), json("\"newest\""));
}

#[test]
fn an_abandoned_connection_is_ended_at_the_server_before_the_replay() {
    let mut client = Client::connect("away-fence");
    let call_id = client.start(&set(kv("k"), "1"));
    client.send();
    let abandoned = client.lose_sight();
    assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    let mut witness = other("away-fence");
    let connections = |witness: &mut Client| match witness.command(&[b"CLIENT", b"LIST"]) {
        Reply::Text(list) => String::from_utf8(list).unwrap().lines().map(str::to_owned).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let AsyncSocket::Tcp(socket) = abandoned.socket() else { panic!("the test server listens on TCP") };
    let port = socket.local_addr().unwrap().port();
    let is_there = |lines: &[String]| lines.iter().any(|line| line.contains(&format!(":{port} ")));
    assert!(is_there(&connections(&mut witness)));
    recover(&mut client);
    assert!(!is_there(&connections(&mut witness)));
    assert_eq!(stored(&mut client, kv("k")), json("1"));
}

#[test]
fn clearing_without_a_connection_takes_what_is_older_and_leaves_what_is_newer() {
    let mut client = Client::connect("away-clear");
    client.call(&set(summary("org", "1"), "\"old\""));
    client.call(&set(summary("org", "2"), "\"old\""));
    client.call(&set(summary("kept", "1"), "\"other organization\""));
    client.lose();
    client.call(&set(summary("org", "3"), "\"during, before\""));
    let cleared = client.call(&Call::ClearOrganization { organization: Some("org") });
    assert_eq!(cleared, Outcome::Integer(3));
    client.call(&set(summary("org", "4"), "\"during, after\""));
    sleep(TICK);
    other("away-clear").call(&set(summary("org", "2"), "\"newer\""));
    assert_eq!(stored(&mut client, summary("org", "1")), Outcome::Null);
    client.reconnect();
    assert_eq!(stored(&mut client, summary("org", "1")), Outcome::Null);
    client.drain();
    assert_eq!(client.state(), State::Ready);
    let mut witness = other("away-clear");
    assert_eq!(stored(&mut witness, summary("org", "1")), Outcome::Null);
    assert_eq!(stored(&mut witness, summary("org", "2")), json("\"newer\""));
    assert_eq!(stored(&mut witness, summary("org", "3")), Outcome::Null);
    assert_eq!(stored(&mut witness, summary("org", "4")), json("\"during, after\""));
    assert_eq!(stored(&mut witness, summary("kept", "1")), json("\"other organization\""));
    // The next clearing finds the values that stayed.
    let cleared = witness.call(&Call::ClearOrganization { organization: Some("org") });
    assert_eq!(cleared, Outcome::Integer(2));
}

#[test]
fn a_set_behind_a_clearing_that_is_not_awaited_stays() {
    let mut client = Client::connect("clear-then-set");
    client.call(&set(summary("org", "1"), "\"old\""));
    let clearing = client.start(&Call::ClearOrganization { organization: Some("org") });
    let setting = client.start(&set(summary("org", "1"), "\"new\""));
    client.drain();
    assert_eq!(client.outcome(clearing), Outcome::Integer(1));
    assert_eq!(client.outcome(setting), Outcome::Boolean(true));
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"new\""));
}

#[test]
fn calls_during_the_replay_see_and_beat_what_waits_in_the_journal() {
    let mut client = Client::connect("away-live");
    client.lose();
    for number in 0..500 {
        client.call(&set(kv(&format!("k{number}")), &format!("{number}")));
    }
    client.reconnect();
    assert_eq!(client.state(), State::Recovering);
    let read = client.start(&Call::Get { key: kv("k499") });
    let write = client.start(&set(kv("k498"), "\"live\""));
    let delete = client.start(&Call::Delete { key: kv("k497") });
    client.drain();
    assert_eq!(client.outcome(read), json("499"));
    assert_eq!(client.outcome(write), Outcome::Boolean(true));
    assert_eq!(client.outcome(delete), Outcome::Boolean(true));
    assert_eq!(client.state(), State::Ready);
    assert_eq!(stored(&mut client, kv("k498")), json("\"live\""));
    assert_eq!(stored(&mut client, kv("k497")), Outcome::Null);
    assert_eq!(stored(&mut client, kv("k0")), json("0"));
}

#[test]
fn a_second_outage_in_the_middle_of_the_replay_loses_nothing() {
    let mut client = Client::connect("away-twice");
    client.lose();
    for number in 0..300 {
        client.call(&set(kv(&format!("k{number}")), &format!("{number}")));
    }
    client.reconnect();
    client.turn();
    client.send();
    client.lose();
    assert_eq!(client.state(), State::Degraded);
    client.call(&set(kv("k0"), "\"again\""));
    recover(&mut client);
    assert_eq!(stored(&mut client, kv("k0")), json("\"again\""));
    for number in 1..300 {
        assert_eq!(stored(&mut client, kv(&format!("k{number}"))), json(&number.to_string()));
    }
}

#[test]
fn fields_written_without_a_connection_join_those_that_are_there() {
    let key = CacheKey::Managed { name: "hash", organization: Some("org") };
    let field = |name: &'static str, json: &'static str| Call::HashSet {
        key,
        field: name.as_bytes(),
        json: json.as_bytes(),
        ttl_seconds: None,
    };
    let mut client = Client::connect("away-hash");
    client.call(&field("before", "1"));
    client.call(&field("gone", "1"));
    client.lose();
    assert_eq!(client.call(&field("during", "2")), Outcome::Boolean(true));
    assert_eq!(client.call(&Call::HashDelete { key, field: b"gone" }), Outcome::Boolean(true));
    let entries = |outcome: Outcome<'static>| match outcome {
        Outcome::Entries(mut entries) => {
            entries.sort();
            entries
        }
        other => panic!("{other:?}"),
    };
    let expected = [(b"before".to_vec(), b"1".to_vec()), (b"during".to_vec(), b"2".to_vec())];
    assert_eq!(entries(client.call(&Call::HashEntries { key })), expected);
    assert_eq!(client.call(&Call::HashGet { key, field: b"gone" }), Outcome::Null);
    recover(&mut client);
    assert_eq!(entries(other("away-hash").call(&Call::HashEntries { key })), expected);
}

/// The same write, of which Redis itself must have the value.
fn acknowledged<'a>(write: &Call<'a>, unacknowledged: Unacknowledged) -> Call<'a> {
    match *write {
        Call::Set { key, json, ttl_seconds, .. } => Call::Set { key, json, ttl_seconds, unacknowledged },
        other => other,
    }
}

#[test]
fn a_write_that_redis_itself_must_have_is_false_and_hides_what_is_older() {
    let mut client = Client::connect("away-acknowledged");
    client.call(&set(summary("org", "1"), "\"old\""));
    client.lose();
    let write = set(summary("org", "1"), "\"in the Map\"");
    assert_eq!(client.call(&acknowledged(&write, Unacknowledged::Refuse)), Outcome::Boolean(false));
    assert_eq!(stored(&mut client, summary("org", "1")), Outcome::Null);
    recover(&mut client);
    assert_eq!(stored(&mut other("away-acknowledged"), summary("org", "1")), Outcome::Null);
    assert_eq!(client.call(&acknowledged(&write, Unacknowledged::Refuse)), Outcome::Boolean(true));
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"in the Map\""));
}

#[test]
fn a_copy_that_redis_did_not_take_answers_in_the_outage_and_never_replaces_what_redis_has() {
    let mut client = Client::connect("away-copied");
    let mut second = other("away-copied");
    client.lose();
    let copy = set(summary("org", "1"), "\"copy\"");
    let copied = acknowledged(&copy, Unacknowledged::Remember);
    assert_eq!(client.call(&copied), Outcome::Boolean(false));
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"copy\""));
    second.call(&set(summary("org", "1"), "\"newer\""));
    recover(&mut client);
    assert_eq!(stored(&mut second, summary("org", "1")), json("\"newer\""));
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"newer\""));
}

#[test]
fn a_copy_does_not_hide_a_value_that_is_known_already() {
    let mut client = Client::connect("away-copied-known");
    client.call(&set(summary("org", "1"), "\"known\""));
    client.lose();
    client.call(&set(summary("org", "2"), "\"journalled\""));
    for (phone, known) in [("1", "\"known\""), ("2", "\"journalled\"")] {
        let copy = set(summary("org", phone), "\"copy\"");
        let copied = acknowledged(&copy, Unacknowledged::Remember);
        assert_eq!(client.call(&copied), Outcome::Boolean(false));
        assert_eq!(stored(&mut client, summary("org", phone)), json(known));
    }
    recover(&mut client);
    assert_eq!(stored(&mut other("away-copied-known"), summary("org", "2")), json("\"journalled\""));
}

#[test]
fn a_journal_that_is_full_says_false_and_keeps_what_it_has() {
    let mut client = Client::connect_with("away-full", &[("CACHE_JOURNAL_MAX_BYTES", "4096")]);
    client.lose();
    let mut local_state = Vec::new();
    for number in 0..50 {
        let id = format!("k{number}");
        if client.call(&set(kv(&id), &number.to_string())) == Outcome::Boolean(true) {
            local_state.push(number);
        }
    }
    assert!(!local_state.is_empty() && local_state.len() < 50, "{} were kept", local_state.len());
    let counters = client.core().health().counters().snapshot();
    assert_eq!(
        (counters.journaled, counters.journal_full),
        (local_state.len() as u64, 50 - local_state.len() as u64)
    );
    assert_eq!(client.core().health().snapshot()["lastError"], "E_OVERLOADED");
    recover(&mut client);
    let mut witness = other("away-full");
    for number in 0..50 {
        let expected = if local_state.contains(&number) { json(&number.to_string()) } else { Outcome::Null };
        assert_eq!(stored(&mut witness, kv(&format!("k{number}"))), expected);
    }
}

#[test]
fn a_journal_on_disk_outlives_the_client() {
    let directory = std::env::temp_dir().join(format!("orgcache-journal-{}", std::process::id()));
    let settings = [("CACHE_JOURNAL_DIR", directory.to_str().unwrap())];
    let mut client = Client::connect_with("away-disk", &settings);
    client.lose();
    assert_eq!(client.call(&set(summary("org", "1"), "\"survives\"")), Outcome::Boolean(true));
    drop(client);
    let mut heir = Client::connect_with("away-disk", &settings);
    assert_eq!(heir.state(), State::Recovering);
    assert_eq!(stored(&mut heir, summary("org", "1")), json("\"survives\""));
    heir.drain();
    assert_eq!(heir.state(), State::Ready);
    drop(heir);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    std::fs::remove_dir(&directory).unwrap();
}

#[test]
fn what_is_called_before_the_files_of_an_ended_process_are_read_is_newer_than_what_they_hold() {
    let directory = std::env::temp_dir().join(format!("orgcache-backlog-{}", std::process::id()));
    let settings = [("CACHE_JOURNAL_DIR", directory.to_str().unwrap())];
    other("away-backlog").call(&set(summary("cleared", "2"), "\"in redis\""));
    let mut ended = Client::connect_with("away-backlog", &settings);
    ended.lose();
    let places = [kv("set"), kv("deleted"), summary("cleared", "1"), summary("kept", "1")];
    for key in places {
        assert_eq!(ended.call(&set(key, "\"old\"")), Outcome::Boolean(true));
    }
    drop(ended);

    let mut heir = Client::unconnected("away-backlog", &settings);
    assert_eq!(heir.call(&set(kv("set"), "\"new\"")), Outcome::Boolean(true));
    heir.call(&Call::Delete { key: kv("deleted") });
    heir.call(&Call::ClearOrganization { organization: Some("cleared") });
    let reads = [places[0], places[1], places[2], places[3], summary("cleared", "2")];
    let call_ids = reads.map(|key| heir.start(&Call::Get { key }));
    heir.read_backlog();
    heir.reconnect();
    heir.drain();
    let expected = [json("\"new\""), Outcome::Null, Outcome::Null, json("\"old\""), Outcome::Null];
    for (call_id, expected) in call_ids.into_iter().zip(&expected) {
        assert_eq!(heir.outcome(call_id), *expected);
    }
    assert_eq!(heir.state(), State::Ready);
    let mut witness = other("away-backlog");
    for (key, expected) in reads.into_iter().zip(expected) {
        assert_eq!(stored(&mut witness, key), expected);
    }
    drop(heir);
    std::fs::remove_dir(&directory).unwrap();
}

#[test]
fn a_fence_that_is_not_answered_holds_the_replay_up_for_one_call_only() {
    let mut client = Client::connect_with("away-held", &[("REDIS_COMMAND_TIMEOUT", "100")]);
    let call_id = client.start(&set(kv("k"), "1"));
    client.send();
    client.lose();
    assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    client.reconnect();
    // The reply is not read before the call's deadline.
    client.send();
    let deadline = Instant::now() + Duration::from_secs(5);
    while !client.expire() {
        assert!(Instant::now() < deadline, "the replay is held for ever");
        sleep(TICK);
    }
    client.drain();
    assert_eq!(client.state(), State::Ready);
    assert_eq!(stored(&mut client, kv("k")), json("1"));
}

#[test]
fn what_was_cleared_is_not_answered_while_the_clearing_still_goes_on() {
    // More values than one page of a clearing.
    const VALUES: usize = 1_200;
    let phones: Vec<String> = (0..VALUES).map(|number| number.to_string()).collect();
    let mut client = Client::connect("away-pages");
    for phone in &phones {
        client.start(&set(summary("org", phone), "\"old\""));
    }
    client.drain();
    client.lose();
    client.call(&Call::ClearOrganization { organization: Some("org") });
    client.reconnect();
    let call_ids: Vec<u32> =
        phones.iter().map(|phone| client.start(&Call::Get { key: summary("org", phone) })).collect();
    client.drain();
    for call_id in call_ids {
        assert_eq!(client.outcome(call_id), Outcome::Null);
    }
    assert_eq!(client.state(), State::Ready);
}

#[test]
fn many_fields_in_doubt_that_are_carried_out_late_do_not_win_against_newer_ones() {
    const FIELDS: usize = 40;
    let key = CacheKey::Managed { name: "wide", organization: Some("org") };
    let names: Vec<String> = (0..FIELDS).map(|number| format!("f{number}")).collect();
    let value = |name: &str, version: u8| format!("\"{name} {version}\"");
    let mut client = Client::connect("away-fields");
    let mut server = other("away-fields");
    let write = |client: &mut Client, version: u8| -> Vec<u32> {
        let set = |client: &mut Client, name: &String| {
            let json = value(name, version);
            let field = name.as_bytes();
            client.start(&Call::HashSet { key, field, json: json.as_bytes(), ttl_seconds: None })
        };
        names.iter().map(|name| set(client, name)).collect()
    };
    write(&mut client, 1);
    client.drain();
    let doubtful = write(&mut client, 2);
    client.send();
    client.lose();
    for call_id in doubtful {
        assert_eq!(client.outcome(call_id), Outcome::Boolean(true));
    }
    write(&mut client, 3);
    sleep(TICK);
    // A server that was stopped finds the requests in its socket and runs them late.
    let stored = server.key("wide:org");
    for name in &names {
        server.command(&[b"HSET", &stored, name.as_bytes(), value(name, 2).as_bytes()]);
    }
    server.command(&[b"PEXPIRE", &stored, b"7200000"]);
    recover(&mut client);
    for name in &names {
        assert_eq!(
            client.call(&Call::HashGet { key, field: name.as_bytes() }),
            json(&value(name, 3)),
            "{name}"
        );
    }
}

#[test]
fn a_clearing_whose_replay_ran_out_of_time_is_tried_again_on_the_same_connection() {
    let mut client = Client::connect_with("away-slow-clear", &[("REDIS_COMMAND_TIMEOUT", "200")]);
    client.call(&set(summary("org", "old"), "\"old\""));
    client.lose();
    client.call(&Call::ClearOrganization { organization: Some("org") });
    // More entries than are sent before the first replies.
    for phone in 1..=5_000 {
        client.call(&set(summary("org", &phone.to_string()), "\"new\""));
    }
    client.reconnect();
    client.send();
    sleep(Duration::from_millis(250));
    client.expire();
    assert_eq!(client.state(), State::Recovering);
    let until = Instant::now() + Duration::from_secs(5);
    while client.state() != State::Ready {
        assert!(Instant::now() < until, "the journal goes out again");
        client.expire();
        client.drain();
        sleep(TICK);
    }
    assert_eq!(stored(&mut client, summary("org", "old")), Outcome::Null);
    assert_eq!(stored(&mut client, summary("org", "1")), json("\"new\""));
}
