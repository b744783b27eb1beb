//! The scripts of entries, and those that replay their writes.

use orgcache::codec::{Codec, Mode};
use orgcache::entries::scripts::{CLEAR, DROP, GUARD, LEASE, LIST, LOOK, RETAG, STORE};
use orgcache::entries::{NewEntry, Payload};
use orgcache::outage::scripts::{REPLAY_ENTRY, REPLAY_TAG};

use super::{Client, Reply, assert_lives, integers, run, text};

const NEW: &[u8] = b"hardhardsoftsoft";
const DAY: &[u8] = b"86400000";

/// The keys of one entry.
struct Keys {
    entry: Vec<u8>,
    lease: Vec<u8>,
    index: Vec<u8>,
    directory: Vec<u8>,
    mark: Vec<u8>,
    tag: Vec<u8>,
    tags_begin: Vec<u8>,
}

impl Keys {
    fn of(client: &Client) -> Keys {
        Keys {
            entry: client.key("entry"),
            lease: client.key("lease"),
            index: client.key("index"),
            directory: client.key("indexes"),
            mark: client.key("mark"),
            tag: client.key("tag:t"),
            tags_begin: client.key("tag:"),
        }
    }
}

fn entry(nonce: [u8; 8], grace_ms: u64, versions: Option<[u8; 16]>, payload: &[u8]) -> Vec<u8> {
    let tags = versions.map(|versions| vec![(b"t".to_vec(), Some(versions))]).unwrap_or_default();
    let new = NewEntry {
        nonce,
        factory_ms: 1,
        grace_ms,
        ttl_ms: 1,
        tags: &tags,
        meta: b"",
        payload: Payload::Json(payload),
    };
    let mut bytes = Vec::new();
    new.append(&Codec::new(Mode::None, 0), false, &mut bytes).unwrap();
    bytes
}

fn list(reply: Reply) -> Vec<Reply> {
    if let Reply::List(parts) = reply { parts } else { panic!("no list but {reply:?}") }
}

fn put(client: &mut Client, key: &[u8], value: &[u8], ms: &[u8]) {
    client.command(&[b"SET", key, value, b"PX", ms]);
}

fn get(client: &mut Client, key: &[u8]) -> Reply {
    client.command(&[b"GET", key])
}

fn store(client: &mut Client, keys: &Keys, arguments: &[&[u8]]) -> Reply {
    let Keys { entry, lease, index, directory, mark, tag, .. } = keys;
    let all: [&[u8]; 6] = [entry, lease, index, directory, mark, tag];
    // A tag has one argument behind the first twelve.
    let count = if arguments.len() > 12 { 6 } else { 5 };
    run(client, STORE, &all[..count], arguments)
}

#[test]
fn look_reads_an_entry_with_its_lifetime_and_what_its_tags_say() {
    let mut client = Client::connect("script-look");
    let keys = Keys::of(&client);
    let arguments: [&[u8]; 2] = [&keys.tags_begin, b"r"];
    assert_eq!(run(&mut client, LOOK, &[&keys.entry], &arguments), Reply::Nothing);
    let tagged = entry(*b"nonce--1", 5, Some(*b"hardhardsoftsoft"), b"1");
    put(&mut client, &keys.entry, &tagged, b"60000");
    assert_eq!(run(&mut client, LOOK, &[&keys.entry], &arguments), Reply::Nothing, "the tag has no record");
    put(&mut client, &keys.tag, b"hardhardsoftsoft123", b"60000");
    let found = list(run(&mut client, LOOK, &[&keys.entry], &arguments));
    assert_eq!((&found[0], &found[2]), (&Reply::Text(tagged.clone()), &Reply::Integer(0)));
    assert!(matches!(found[1], Reply::Integer(left) if (55_000..=60_000).contains(&left)));
    put(&mut client, &keys.tag, b"hardhardSOFTSOFT123", b"60000");
    assert_eq!(list(run(&mut client, LOOK, &[&keys.entry], &arguments))[2], Reply::Integer(1));
    put(&mut client, &keys.tag, b"HARDHARDsoftsoft123", b"60000");
    assert_eq!(run(&mut client, LOOK, &[&keys.entry], &arguments), Reply::Nothing);
    for damaged in [&b"x"[..], &tagged[..30], &[&tagged[..25], b"\xff", &tagged[26..]].concat()] {
        put(&mut client, &keys.entry, damaged, b"60000");
        run(&mut client, LOOK, &[&keys.entry], &arguments);
    }
    client.command(&[b"DEL", &keys.entry]);
    client.command(&[b"HSET", &keys.entry, b"a", b"b"]);
    assert_eq!(run(&mut client, LOOK, &[&keys.entry], &arguments), Reply::Nothing);
}

#[test]
fn look_deletes_what_it_read_where_it_is_told_to() {
    let mut client = Client::connect("script-look-pull");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, None, b"1");
    put(&mut client, &keys.entry, &bytes, b"60000");
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    client.command(&[b"ZADD", &keys.index, b"1", &keys.entry]);
    let all: [&[u8]; 3] = [&keys.entry, &keys.lease, &keys.index];
    let found = list(run(&mut client, LOOK, &all, &[&keys.tags_begin, b"p"]));
    assert_eq!(found[0], Reply::Text(bytes));
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry, &keys.lease, &keys.index]), 0);
    put(&mut client, &keys.lease, b"m token", b"60000");
    assert_eq!(run(&mut client, LOOK, &all, &[&keys.tags_begin, b"p"]), Reply::Nothing);
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 1, "a guard stays");
}

#[test]
fn look_grants_one_lease_for_what_is_missing_stale_or_seen() {
    let mut client = Client::connect("script-look-lease");
    let keys = Keys::of(&client);
    let all: [&[u8]; 4] = [&keys.entry, &keys.lease, &keys.mark, &keys.tag];
    let take = |client: &mut Client, mode: &[u8], seen: &[u8], token: &[u8]| {
        list(run(client, LOOK, &all, &[&keys.tags_begin, mode, seen, token, b"3000", NEW, DAY]))
    };
    put(&mut client, &keys.mark, b"cleared", b"60000");
    let granted = take(&mut client, b"l", b"", b"one");
    assert_eq!(granted[..2], [Reply::Nothing, Reply::Integer(-2)]);
    assert_eq!(granted[3..6], [Reply::Integer(1), Reply::Integer(3000), text("cleared")]);
    assert!(matches!(granted[6], Reply::Integer(now) if now > 1_600_000_000_000));
    assert_eq!(granted[7], Reply::Text(NEW.to_vec()));
    assert_lives(&mut client, &keys.lease, 3000);
    assert_lives(&mut client, &keys.tag, 86_400_000);
    let held = take(&mut client, b"l", b"", b"two");
    assert_eq!(held[3], text("l"));
    assert!(matches!(held[4], Reply::Integer(left) if (1..=3000).contains(&left)));
    assert_eq!(take(&mut client, b"f", b"", b"three")[3], Reply::Integer(1));
    assert_eq!(get(&mut client, &keys.lease), text("lthree"));

    client.command(&[b"DEL", &keys.lease]);
    let fresh = entry(*b"nonce--1", 1000, None, b"1");
    put(&mut client, &keys.entry, &fresh, b"60000");
    assert_eq!(take(&mut client, b"l", b"", b"four")[3..], [Reply::Integer(0)]);
    assert_eq!(take(&mut client, b"l", b"nonce--2", b"four")[3..], [Reply::Integer(0)]);
    assert_eq!(take(&mut client, b"l", b"nonce--1", b"four")[3], Reply::Integer(1));
    client.command(&[b"DEL", &keys.lease]);
    put(&mut client, &keys.entry, &fresh, b"900");
    let stale = take(&mut client, b"l", b"nonce--2", b"five");
    assert_eq!((&stale[0], &stale[3]), (&Reply::Text(fresh), &Reply::Integer(1)));

    put(&mut client, &keys.lease, b"ftoken", b"5000");
    assert_eq!(take(&mut client, b"l", b"", b"six")[3], text("f"));
    client.command(&[b"DEL", &keys.entry]);
    assert_eq!(take(&mut client, b"l", b"", b"six")[3], Reply::Integer(1), "nothing is there to answer");
    put(&mut client, &keys.lease, b"m token", b"5000");
    assert_eq!(take(&mut client, b"f", b"", b"seven")[3], text("m"));
    client.command(&[b"DEL", &keys.lease]);
    client.command(&[b"LPUSH", &keys.lease, b"x"]);
    assert_eq!(take(&mut client, b"l", b"", b"eight")[3], Reply::Integer(1), "it is replaced");
}

#[test]
fn store_writes_for_a_caller_and_takes_the_lease_away() {
    let mut client = Client::connect("script-store");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, None, b"1");
    let arguments: [&[u8]; 12] =
        [&bytes, b"60000", b"", b"", b"0", b"", b"-1", b"0", NEW, DAY, b"1700000000000", b"0"];
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(bytes.clone()));
    assert_lives(&mut client, &keys.entry, 60_000);
    assert_lives(&mut client, &keys.index, 86_460_000);
    assert_lives(&mut client, &keys.directory, 86_460_000);
    assert_eq!(client.command(&[b"ZSCORE", &keys.index, &keys.entry]), text("1700000060000"));
    assert_eq!(
        client.command(&[b"SMEMBERS", &keys.directory]),
        Reply::List(vec![Reply::Text(keys.index.clone())])
    );
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
    put(&mut client, &keys.lease, b"m token", b"5000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
    assert_lives(&mut client, &keys.entry, 5_000);
    assert_eq!(get(&mut client, &keys.lease), text("m token"));
    client.command(&[b"DEL", &keys.entry, &keys.lease]);
    client.command(&[b"HSET", &keys.entry, b"a", b"b"]);
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]), "a value of another type is replaced");
}

#[test]
fn store_writes_for_a_holder_whose_lease_and_mark_are_as_they_were() {
    let mut client = Client::connect("script-store-fill");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, None, b"1");
    let arguments: [&[u8]; 12] =
        [&bytes, b"60000", b"token", b"mark", b"0", b"", b"-1", b"0", NEW, DAY, b"1", b"0"];
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[0]), "there is no lease");
    put(&mut client, &keys.mark, b"mark", b"60000");
    for other in [&b"lother"[..], b"m token"] {
        put(&mut client, &keys.lease, other, b"60000");
        assert_eq!(store(&mut client, &keys, &arguments), integers(&[0]));
        assert_eq!(get(&mut client, &keys.lease), Reply::Text(other.to_vec()));
    }
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    put(&mut client, &keys.mark, b"later", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[0]));
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry, &keys.lease]), 0);
    put(&mut client, &keys.mark, b"mark", b"60000");
    for lease in [b"ltoken", b"ftoken"] {
        put(&mut client, &keys.lease, lease, b"60000");
        assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
        assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
        client.command(&[b"DEL", &keys.entry]);
    }
}

#[test]
fn store_puts_in_the_versions_of_tags_that_did_not_change_since() {
    let mut client = Client::connect("script-store-tags");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, Some([0; 16]), b"1");
    let at = 34 + 2 + 1;
    let place = at.to_string();
    let mut arguments: [&[u8]; 13] =
        [&bytes, b"60000", b"", b"", b"0", b"", b"-1", b"0", NEW, DAY, b"1", b"0", place.as_bytes()];
    let stored = [Reply::Integer(1), Reply::Text(NEW.to_vec())];
    assert_eq!(list(store(&mut client, &keys, &arguments)), stored);
    let with = |versions: &[u8]| Reply::Text([&bytes[..at], versions, &bytes[at + 16..]].concat());
    assert_eq!(get(&mut client, &keys.entry), with(NEW));
    assert_lives(&mut client, &keys.tag, 86_460_000);

    put(&mut client, &keys.tag, b"HARDHARDSOFTSOFT1700000000000", b"60000");
    store(&mut client, &keys, &arguments);
    assert_eq!(get(&mut client, &keys.entry), with(b"HARDHARDSOFTSOFT"));
    assert_lives(&mut client, &keys.tag, 86_460_000);
    put(&mut client, &keys.tag, b"HARDHARDSOFTSOFT1700000000000 token", b"9000");
    store(&mut client, &keys, &arguments);
    assert_lives(&mut client, &keys.tag, 9_000);

    // For a holder the tag must have changed before it took the lease.
    (arguments[2], arguments[4]) = (b"token", b"1700000000000");
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[2]));
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
    arguments[4] = b"1700000000001";
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(list(store(&mut client, &keys, &arguments))[0], Reply::Integer(1));
    client.command(&[b"DEL", &keys.tag]);
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[2]));
    assert_lives(&mut client, &keys.tag, 86_460_000);
    // What was known beforehand stands in the entry.
    arguments[12] = b"0";
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(bytes.clone()));
}

#[test]
fn store_leaves_a_payload_where_it_is_the_one_that_was_seen() {
    let mut client = Client::connect("script-store-keep");
    let keys = Keys::of(&client);
    let mut head = entry(*b"nonce--2", 7, None, b"1");
    head.truncate(34);
    let arguments: [&[u8]; 12] =
        [&head, b"60000", b"token", b"", b"0", b"nonce--1", b"-1", b"0", NEW, DAY, b"1", b"0"];
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[5]), "nothing is there");
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 1, "the lease is still held");
    let mut old = entry(*b"nonce--1", 0, Some([3; 16]), b"\"payload\"");
    old[2] = 4;
    put(&mut client, &keys.entry, &old, b"60000");
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
    let mut expected = [&head[..], b"\"payload\""].concat();
    expected[2] = 4;
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(expected));
}

#[test]
fn store_makes_room_or_says_how_many_there_are() {
    let mut client = Client::connect("script-store-quota");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, None, b"1");
    let (first, second, third) = (client.key("first"), client.key("second"), client.key("third"));
    let later = |seconds: i64| (now_ms() + seconds * 1000).to_string();
    for (key, end) in [(&first, later(10)), (&second, later(20)), (&third, later(-5))] {
        client.command(&[b"ZADD", &keys.index, end.as_bytes(), key]);
        put(&mut client, key, b"x", b"60000");
    }
    let mut arguments: [&[u8]; 12] =
        [&bytes, b"60000", b"", b"", b"0", b"", b"2", b"0", NEW, DAY, b"1", b"0"];
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[3, 2]), "one has ended");
    arguments[7] = b"1";
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]));
    assert_eq!(client.integer(&[b"EXISTS", &first]), 0);
    assert_eq!(client.integer(&[b"EXISTS", &second, &keys.entry]), 2);
    arguments[7] = b"0";
    assert_eq!(store(&mut client, &keys, &arguments), integers(&[1]), "what is there may be written again");
    client.command(&[b"DEL", &keys.entry]);
    arguments[6] = b"0";
    assert_eq!(list(store(&mut client, &keys, &arguments))[0], Reply::Integer(3));
}

#[test]
fn store_trims_where_it_is_told_to_and_asks_whether_the_key_is_there() {
    let mut client = Client::connect("script-store-trim");
    let keys = Keys::of(&client);
    let bytes = entry(*b"nonce--1", 0, None, b"1");
    let (gone, living, endless) = (client.key("gone"), client.key("living"), client.key("endless"));
    client.command(&[b"ZADD", &keys.index, b"1", &gone, b"1", &living, b"1", &endless]);
    put(&mut client, &living, b"x", b"600000");
    client.command(&[b"SET", &endless, b"x"]);
    let mut arguments: [&[u8]; 12] =
        [&bytes, b"60000", b"", b"", b"0", b"", b"-1", b"0", NEW, DAY, b"1", b"0"];
    store(&mut client, &keys, &arguments);
    assert_eq!(client.integer(&[b"ZCARD", &keys.index]), 4);
    arguments[11] = b"1";
    store(&mut client, &keys, &arguments);
    assert_eq!(client.command(&[b"ZSCORE", &keys.index, &gone]), Reply::Nothing);
    assert_eq!(client.command(&[b"ZSCORE", &keys.index, &endless]), text("inf"));
    let Reply::Text(score) = client.command(&[b"ZSCORE", &keys.index, &living]) else {
        panic!("it is there")
    };
    let score: i64 = String::from_utf8(score).unwrap().parse().unwrap();
    assert!((now_ms() + 570_000..=now_ms() + 601_000).contains(&score));
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

#[test]
fn drop_deletes_or_lets_an_entry_be_stale() {
    let mut client = Client::connect("script-drop");
    let keys = Keys::of(&client);
    let all: [&[u8]; 3] = [&keys.entry, &keys.lease, &keys.index];
    put(&mut client, &keys.lease, b"ltoken", b"60000");
    assert_eq!(run(&mut client, DROP, &all, &[b"d"]), Reply::Integer(0));
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0, "a factory under way stores nothing");
    put(&mut client, &keys.lease, b"m token", b"60000");
    put(&mut client, &keys.entry, b"anything", b"60000");
    client.command(&[b"ZADD", &keys.index, b"1", &keys.entry]);
    assert_eq!(run(&mut client, DROP, &all, &[b"d"]), Reply::Integer(1));
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry, &keys.index]), 0);
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 1);

    put(&mut client, &keys.entry, &entry(*b"nonce--1", 50_000, None, b"1"), b"90000");
    client.command(&[b"ZADD", &keys.index, b"1", &keys.entry]);
    assert_eq!(run(&mut client, DROP, &all, &[b"e"]), Reply::Integer(1));
    assert_lives(&mut client, &keys.entry, 50_000);
    assert_ne!(client.command(&[b"ZSCORE", &keys.index, &keys.entry]), text("1"));
    client.command(&[b"PEXPIRE", &keys.entry, b"25000"]);
    assert_eq!(run(&mut client, DROP, &all, &[b"e"]), Reply::Integer(1));
    assert_lives(&mut client, &keys.entry, 25_000);
    put(&mut client, &keys.entry, &entry(*b"nonce--1", 0, None, b"1"), b"90000");
    assert_eq!(run(&mut client, DROP, &all, &[b"e"]), Reply::Integer(1));
    assert_eq!(run(&mut client, DROP, &all, &[b"e"]), Reply::Integer(0));
    client.command(&[b"HSET", &keys.entry, b"a", b"b"]);
    assert_eq!(run(&mut client, DROP, &all, &[b"e"]), Reply::Integer(1));
}

#[test]
fn lease_prolongs_gives_up_or_lets_no_factory_run() {
    let mut client = Client::connect("script-lease");
    let keys = Keys::of(&client);
    let all: [&[u8]; 2] = [&keys.lease, &keys.mark];
    assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"3000", b"0"]), Reply::Integer(0));
    for other in [&b"lother"[..], b"ftoken", b"m token"] {
        put(&mut client, &keys.lease, other, b"60000");
        assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"3000", b"0"]), Reply::Integer(0));
    }
    put(&mut client, &keys.lease, b"ltoken", b"500");
    assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"30000", b"0"]), Reply::Integer(1));
    assert_lives(&mut client, &keys.lease, 30_000);
    assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"0", b"5000"]), Reply::Integer(1));
    assert_eq!(get(&mut client, &keys.lease), text("ftoken"));
    assert_lives(&mut client, &keys.lease, 5_000);
    put(&mut client, &keys.lease, b"ltoken", b"500");
    assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"0", b"0"]), Reply::Integer(1));
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
    put(&mut client, &keys.lease, b"ltoken", b"500");
    put(&mut client, &keys.mark, b"cleared", b"60000");
    assert_eq!(run(&mut client, LEASE, &all, &[b"token", b"", b"3000", b"0"]), Reply::Integer(0));
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
}

#[test]
fn retag_gives_new_versions_and_keeps_lifetime_and_guards() {
    let mut client = Client::connect("script-retag");
    let keys = Keys::of(&client);
    let other = client.key("tag:other");
    put(&mut client, &keys.tag, b"hardhardsoftsoft12 token", b"40000");
    let both: [&[u8]; 2] = [&keys.tag, &other];
    let record = |client: &mut Client, key: &[u8]| {
        let Reply::Text(record) = get(client, key) else { panic!("it is there") };
        String::from_utf8(record).unwrap()
    };
    assert_eq!(run(&mut client, RETAG, &both, &[b"s", b"NEWNEWNE", DAY]), Reply::Integer(2));
    let changed = record(&mut client, &keys.tag);
    assert!(changed.starts_with("hardhardNEWNEWNE1") && changed.ends_with(" token"), "{changed}");
    assert_eq!(changed.len(), 16 + 13 + 6);
    assert_lives(&mut client, &keys.tag, 40_000);
    assert!(record(&mut client, &other).starts_with("NEWNEWNENEWNEWNE1"));
    assert_lives(&mut client, &other, 86_400_000);
    run(&mut client, RETAG, &both, &[b"h", b"newnewne", DAY]);
    assert!(record(&mut client, &keys.tag).starts_with("newnewnenewnewne1"));
}

#[test]
fn guard_holds_tags_and_keys_until_all_changes_have_ended() {
    let mut client = Client::connect("script-guard");
    let keys = Keys::of(&client);
    let all: [&[u8]; 4] = [&keys.index, &keys.tag, &keys.entry, &keys.lease];
    let guard = |client: &mut Client, mode: &[u8], token: &[u8]| {
        assert_eq!(run(client, GUARD, &all, &[mode, token, b"1", b"10000", NEW, DAY]), Reply::Integer(1));
    };
    put(&mut client, &keys.tag, b"HARDHARDSOFTSOFT17", b"86400000");
    put(&mut client, &keys.entry, b"x", b"60000");
    put(&mut client, &keys.lease, b"lholder", b"3000");
    client.command(&[b"ZADD", &keys.index, b"1", &keys.entry]);
    guard(&mut client, b"b", b"aa");
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry, &keys.index]), 0);
    assert_eq!(get(&mut client, &keys.lease), text("m aa"));
    assert_eq!(get(&mut client, &keys.tag), text("HARDHARDSOFTSOFT17 aa"));
    for key in [&keys.lease, &keys.tag] {
        assert_lives(&mut client, key, 10_000);
    }
    guard(&mut client, b"b", b"bb");
    put(&mut client, &keys.entry, b"set", b"60000");
    guard(&mut client, b"r", b"aa");
    assert_eq!(get(&mut client, &keys.entry), text("set"), "to renew deletes nothing");
    assert_eq!(get(&mut client, &keys.lease), text("m aa bb"));
    guard(&mut client, b"e", b"aa");
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry]), 0);
    assert_eq!(get(&mut client, &keys.lease), text("m bb"));
    let Reply::Text(record) = get(&mut client, &keys.tag) else { panic!("it is there") };
    assert!(record.starts_with(NEW) && record.ends_with(b" bb"));
    assert_lives(&mut client, &keys.tag, 10_000);
    guard(&mut client, b"e", b"bb");
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
    assert_lives(&mut client, &keys.tag, 86_400_000);
    // Versions are any bytes.
    put(&mut client, &keys.tag, b" HARD RDSOFT\0 \x0017", b"86400000");
    guard(&mut client, b"b", b"aa");
    assert_eq!(get(&mut client, &keys.tag), text(" HARD RDSOFT\0 \x0017 aa"));
}

#[test]
fn clear_takes_pages_of_what_was_there_and_changes_the_mark() {
    let mut client = Client::connect("script-clear");
    let keys = Keys::of(&client);
    let aside = client.key("aside");
    let all: [&[u8]; 3] = [&keys.index, &aside, &keys.mark];
    let names: Vec<_> = (0..5).map(|number| client.key(&format!("e:{number}"))).collect();
    for name in &names {
        put(&mut client, name, b"x", b"60000");
        client.command(&[b"ZADD", &keys.index, b"1", name]);
    }
    let first = list(run(&mut client, CLEAR, &all, &[b"3", b"", b"new mark", b"120000", b""]));
    assert_eq!(first, [Reply::Integer(3), text("1")]);
    assert_eq!(get(&mut client, &keys.mark), text("new mark"));
    assert_lives(&mut client, &keys.mark, 120_000);
    // Written since, so it stays.
    client.command(&[b"ZADD", &keys.index, b"1", &names[4]]);
    let second = list(run(&mut client, CLEAR, &all, &[b"3", b"1", b"other", b"120000", b""]));
    assert_eq!(second, [Reply::Integer(1), text("")]);
    assert_eq!(get(&mut client, &keys.mark), text("new mark"));
    assert_eq!(client.integer(&[b"EXISTS", &names[4]]), 1);
    assert_eq!(client.integer(&[b"EXISTS", &aside]), 0);
    // What an interrupted clearing left goes along.
    put(&mut client, &names[0], b"x", b"60000");
    client.command(&[b"ZADD", &aside, b"1", &names[0]]);
    let all_of_it = list(run(&mut client, CLEAR, &all, &[b"1000", b"", b"mark", b"120000", b""]));
    assert_eq!(all_of_it, [Reply::Integer(2), text("")]);
    assert_eq!(
        list(run(&mut client, CLEAR, &all, &[b"9", b"", b"m", b"1", b""])),
        [Reply::Integer(0), text("")]
    );
}

#[test]
fn clear_of_a_namespace_takes_what_begins_so() {
    let mut client = Client::connect("script-clear-namespace");
    let keys = Keys::of(&client);
    let aside = client.key("aside");
    let all: [&[u8]; 3] = [&keys.index, &aside, &keys.mark];
    let (inner, outer, begin) = (client.key("e:n:1"), client.key("e:n"), client.key("e:n:"));
    for name in [&inner, &outer] {
        put(&mut client, name, b"x", b"60000");
        client.command(&[b"ZADD", &keys.index, b"1", name]);
    }
    let reply = list(run(&mut client, CLEAR, &all, &[b"1000", b"", b"mark", b"120000", &begin]));
    assert_eq!(reply, [Reply::Integer(1), text("")]);
    assert_eq!(client.integer(&[b"EXISTS", &inner]), 0);
    assert_eq!(client.integer(&[b"EXISTS", &outer]), 1);
    assert_eq!(client.integer(&[b"ZCARD", &keys.index]), 1);
}

#[test]
fn list_names_what_is_fresh() {
    let mut client = Client::connect("script-list");
    let keys = Keys::of(&client);
    put(&mut client, &keys.tag, NEW, b"60000");
    let versions: [u8; 16] = NEW.try_into().unwrap();
    let absent =
        [&entry(*b"nonce--1", 0, None, b"1")[..2], b"\x02", &entry(*b"nonce--1", 0, None, b"1")[3..34]]
            .concat();
    let mut other = versions;
    other[15] ^= 1;
    for (name, bytes) in [
        ("fresh", entry(*b"nonce--1", 0, None, b"1")),
        ("tagged", entry(*b"nonce--1", 0, Some(versions), &[b'x'; 3000])),
        ("stale", entry(*b"nonce--1", 70_000, None, b"1")),
        ("expired", entry(*b"nonce--1", 0, Some(other), b"1")),
        ("absent", absent),
        ("damaged", b"x".to_vec()),
    ] {
        let key = client.key(&format!("e:{name}"));
        put(&mut client, &key, &bytes, b"60000");
        client.command(&[b"ZADD", &keys.index, b"1", &key]);
    }
    let (gone, elsewhere) = (client.key("e:gone"), client.key("f:fresh"));
    put(&mut client, &elsewhere, &entry(*b"nonce--1", 0, None, b"1"), b"60000");
    client.command(&[b"ZADD", &keys.index, b"1", &gone, b"1", &elsewhere]);
    let begin = client.key("e:");
    let mut page = list(run(&mut client, LIST, &[&keys.index], &[b"0", b"100", &begin, &keys.tags_begin]));
    assert_eq!(page.remove(0), text("0"));
    let mut found: Vec<_> = page
        .into_iter()
        .map(|key| if let Reply::Text(key) = key { String::from_utf8(key).unwrap() } else { String::new() })
        .map(|key| key.rsplit(':').next().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, ["fresh", "tagged"]);
}

#[test]
fn replay_entry_sets_what_nobody_knew_less_and_deletes_always() {
    let mut client = Client::connect("script-replay-entry");
    let keys = Keys::of(&client);
    let all: [&[u8]; 4] = [&keys.entry, &keys.lease, &keys.index, &keys.directory];
    let value = entry(*b"nonce--1", 0, None, b"1");
    let mut arguments: Vec<&[u8]> =
        vec![b"s", b"60000", &value, b"17", b"86460000", &keys.tags_begin, NEW, b"1000"];
    put(&mut client, &keys.lease, b"lholder", b"60000");
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(value.clone()));
    assert_lives(&mut client, &keys.entry, 60_000);
    assert_lives(&mut client, &keys.index, 86_460_000);
    assert_eq!(client.command(&[b"ZSCORE", &keys.index, &keys.entry]), text("17"));
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 0);
    assert_eq!(client.integer(&[b"SCARD", &keys.directory]), 1);

    put(&mut client, &keys.entry, b"unknown", b"1000");
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[0]));
    assert_eq!(get(&mut client, &keys.entry), text("unknown"));
    let Reply::Text(sum) = client.command(&[b"EVAL", b"return redis.sha1hex(ARGV[1])", b"0", b"unknown"])
    else {
        panic!("no sum")
    };
    arguments.push(&sum);
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(value.clone()));
    arguments[1] = b"0";
    put(&mut client, &keys.entry, b"unknown", b"1000");
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[1]));
    assert_eq!(
        client.integer(&[b"EXISTS", &keys.entry]),
        0,
        "it has ended meanwhile, and so has what was older"
    );

    put(&mut client, &keys.entry, b"anything", b"600000");
    put(&mut client, &keys.lease, b"m guard", b"60000");
    arguments[0] = b"d";
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments[..8]), integers(&[1]));
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry, &keys.index]), 0);
    assert_eq!(client.integer(&[b"EXISTS", &keys.lease]), 1);
}

#[test]
fn replay_entry_knows_an_older_entry_by_its_nonce() {
    let mut client = Client::connect("script-replay-nonce");
    let keys = Keys::of(&client);
    let all: [&[u8]; 4] = [&keys.entry, &keys.lease, &keys.index, &keys.directory];
    let value = entry(*b"nonce--2", 0, None, b"2");
    let sum = |client: &mut Client, text: &[u8]| match client.command(&[
        b"EVAL",
        b"return redis.sha1hex(ARGV[1])",
        b"0",
        text,
    ]) {
        Reply::Text(sum) => sum,
        other => panic!("no sum but {other:?}"),
    };
    let [known, other] = [b"nonce--1", b"nonce--3"].map(|nonce| sum(&mut client, nonce));
    for (older, answer) in [(&other, 0), (&known, 1)] {
        put(&mut client, &keys.entry, &entry(*b"nonce--1", 0, Some(*b"hardhardsoftsoft"), b"1"), b"1000");
        let arguments: [&[u8]; 9] =
            [b"s", b"60000", &value, b"17", b"86460000", &keys.tags_begin, NEW, b"1000", older];
        assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[answer]));
    }
    assert_eq!(get(&mut client, &keys.entry), Reply::Text(value));
}

#[test]
fn replay_entry_puts_in_versions_unless_the_tag_has_changed_since() {
    let mut client = Client::connect("script-replay-tagged");
    let keys = Keys::of(&client);
    let all: [&[u8]; 4] = [&keys.entry, &keys.lease, &keys.index, &keys.directory];
    let value = entry(*b"nonce--1", 0, Some([0; 16]), b"1");
    let arguments: [&[u8]; 8] = [b"s", b"60000", &value, b"17", b"86460000", &keys.tags_begin, NEW, b"1000"];
    let with = |versions: &[u8]| Reply::Text([&value[..37], versions, &value[53..]].concat());
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), with(NEW));
    assert_lives(&mut client, &keys.tag, 86_460_000);
    client.command(&[b"DEL", &keys.entry]);
    let record = format!("HARDHARDSOFTSOFT{}", now_ms() - 5000);
    put(&mut client, &keys.tag, record.as_bytes(), b"60000");
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[1]));
    assert_eq!(get(&mut client, &keys.entry), with(b"HARDHARDSOFTSOFT"));
    client.command(&[b"DEL", &keys.entry]);
    let record = format!("HARDHARDSOFTSOFT{}", now_ms() - 500);
    put(&mut client, &keys.tag, record.as_bytes(), b"60000");
    assert_eq!(run(&mut client, REPLAY_ENTRY, &all, &arguments), integers(&[0]));
    assert_eq!(client.integer(&[b"EXISTS", &keys.entry]), 0);
}

#[test]
fn replay_tag_counts_whatever_is_there() {
    let mut client = Client::connect("script-replay-tag");
    let keys = Keys::of(&client);
    let replay = |client: &mut Client, record: &[u8]| {
        assert_eq!(run(client, REPLAY_TAG, &[&keys.tag], &[record, DAY]), integers(&[1]));
        let Reply::Text(record) = get(client, &keys.tag) else { panic!("it is there") };
        record
    };
    let made = replay(&mut client, b"newhardxnewsoftx5");
    assert!(made.starts_with(b"newhardxnewsoftx1") && made.len() == 29);
    assert_lives(&mut client, &keys.tag, 86_400_000);
    put(&mut client, &keys.tag, b"hardhardsoftsoft12 token", b"40000");
    let soft = replay(&mut client, b"\0\0\0\0\0\0\0\0newsoftx5");
    assert!(soft.starts_with(b"hardhardnewsoftx1") && soft.ends_with(b" token"));
    assert_lives(&mut client, &keys.tag, 40_000);
}
