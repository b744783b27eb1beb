//! The scripts that write the journal's entries to Redis.

use orgcache::outage::scripts::{REPLAY, REPLAY_HASH};

use super::{Client, Reply, assert_lives, integers, run, text};

fn sum_of(client: &mut Client, value: &[u8]) -> Vec<u8> {
    match run(client, b"return redis.sha1hex(ARGV[1])", &[], &[value]) {
        Reply::Text(sum) => sum,
        other => panic!("no sum but {other:?}"),
    }
}

/// Stores a key that ends in ten minutes, later than the replayed entries.
fn store_newer(client: &mut Client, key: &[u8]) {
    client.command(&[b"SET", key, b"there", b"PX", b"600000"]);
}

#[test]
fn replay_sets_values_and_lists_them() {
    let mut client = Client::connect("script-replay");
    let (a, b, index) = (client.key("a"), client.key("b"), client.key("index"));
    client.command(&[b"SET", &b, b"older", b"PX", b"60000"]);
    let arguments: [&[u8]; 12] =
        [b"s", b"300000", b"1", b"1", b"77", b"900000", b"0", b"s", b"200000", b"2", b"0", b"0"];
    assert_eq!(run(&mut client, REPLAY, &[&a, &index, &b], &arguments), integers(&[1, 1]));
    assert_eq!(client.command(&[b"GET", &a]), text("1"));
    assert_lives(&mut client, &a, 300_000);
    assert_eq!(client.command(&[b"GET", &b]), text("2"));
    assert_lives(&mut client, &b, 200_000);
    assert_eq!(client.command(&[b"ZSCORE", &index, &a]), text("77"));
    assert_lives(&mut client, &index, 900_000);
    // An index that lives long enough keeps its lifetime.
    client.command(&[b"PEXPIRE", &index, b"400000"]);
    assert_eq!(run(&mut client, REPLAY, &[&a, &index], &arguments[..7]), integers(&[1]));
    assert_lives(&mut client, &index, 400_000);
}

#[test]
fn replay_replaces_a_value_without_a_lifetime() {
    let mut client = Client::connect("script-replay-endless");
    let key = client.key("a");
    client.command(&[b"SET", &key, b"there"]);
    assert_eq!(run(&mut client, REPLAY, &[&key], &[b"s", b"300000", b"1", b"0", b"0"]), integers(&[1]));
    assert_lives(&mut client, &key, 300_000);
}

#[test]
fn replay_leaves_newer_values_unless_they_are_known_to_be_older() {
    let mut client = Client::connect("script-replay-newer");
    let (key, index) = (client.key("a"), client.key("index"));
    let (known, other) = (sum_of(&mut client, b"there"), sum_of(&mut client, b"another"));
    store_newer(&mut client, &key);
    let set: [&[u8]; 7] = [b"s", b"300000", b"mine", b"1", b"77", b"900000", b"0"];
    assert_eq!(run(&mut client, REPLAY, &[&key, &index], &set), integers(&[0]));
    assert_eq!(run(&mut client, REPLAY, &[&key], &[b"d", b"300000", b"", b"0", b"0"]), integers(&[0]));
    let unknown: [&[u8]; 6] = [b"s", b"300000", b"mine", b"0", b"1", &other];
    assert_eq!(run(&mut client, REPLAY, &[&key], &unknown), integers(&[0]));
    assert_eq!(client.command(&[b"GET", &key]), text("there"));
    assert_eq!(client.integer(&[b"EXISTS", &index]), 0);

    let overtaken: [&[u8]; 7] = [b"s", b"300000", b"mine", b"0", b"2", &other, &known];
    assert_eq!(run(&mut client, REPLAY, &[&key], &overtaken), integers(&[1]));
    assert_eq!(client.command(&[b"GET", &key]), text("mine"));
    assert_lives(&mut client, &key, 300_000);
}

#[test]
fn replay_deletes_and_writes_nothing_whose_life_is_over() {
    let mut client = Client::connect("script-replay-delete");
    let (a, b, c, index) = (client.key("a"), client.key("b"), client.key("c"), client.key("index"));
    client.command(&[b"SET", &a, b"1", b"PX", b"60000"]);
    client.command(&[b"SET", &b, b"1"]);
    let arguments: [&[u8]; 17] = [
        b"d", b"300000", b"", b"0", b"0", b"s", b"0", b"late", b"1", b"77", b"900000", b"0", b"d", b"300000",
        b"", b"0", b"0",
    ];
    assert_eq!(run(&mut client, REPLAY, &[&a, &b, &index, &c], &arguments), integers(&[1, 1, 1]));
    assert_eq!(client.integer(&[b"EXISTS", &a, &b, &c, &index]), 0);
}

#[test]
fn replay_meets_other_types() {
    let mut client = Client::connect("script-replay-type");
    let key = client.key("a");
    let known = sum_of(&mut client, b"there");
    let set: [&[u8]; 6] = [b"s", b"300000", b"mine", b"0", b"1", &known];
    client.command(&[b"RPUSH", &key, b"there"]);
    client.command(&[b"PEXPIRE", &key, b"600000"]);
    assert_eq!(run(&mut client, REPLAY, &[&key], &set), integers(&[0]));
    assert_eq!(client.integer(&[b"LLEN", &key]), 1);
    client.command(&[b"PEXPIRE", &key, b"60000"]);
    assert_eq!(run(&mut client, REPLAY, &[&key], &set), integers(&[1]));
    assert_eq!(client.command(&[b"GET", &key]), text("mine"));
}

#[test]
fn replay_answers_a_refusal_and_goes_on() {
    let mut client = Client::connect("script-replay-refused");
    let (a, b) = (client.key("a"), client.key("b"));
    // Redis accepts no such lifetime.
    let arguments: [&[u8]; 10] =
        [b"s", b"9000000000000000000", b"1", b"0", b"0", b"s", b"300000", b"2", b"0", b"0"];
    let Reply::List(answers) = run(&mut client, REPLAY, &[&a, &b], &arguments) else { panic!("no list") };
    let [Reply::Text(refusal), Reply::Integer(1)] = answers.as_slice() else { panic!("{answers:?}") };
    assert!(refusal.starts_with(b"ERR"), "{}", String::from_utf8_lossy(refusal));
    assert_eq!(client.integer(&[b"EXISTS", &a]), 0);
    assert_eq!(client.command(&[b"GET", &b]), text("2"));
}

/// Replays with five minutes left, an index score of 77 and an index lifetime of fifteen minutes.
#[track_caller]
fn replay_hash(
    client: &mut Client,
    keys: &[&[u8]],
    is_whole: bool,
    older: &[&[u8]],
    fields: &[[&[u8]; 3]],
) -> Reply {
    let whole: &[u8] = if is_whole { b"1" } else { b"0" };
    let count = older.len().to_string();
    let fixed: [&[u8]; 5] = [b"300000", whole, b"77", b"900000", count.as_bytes()];
    run(client, REPLAY_HASH, keys, &[&fixed, older, fields.as_flattened()].concat())
}

const SET: &[u8] = b"s";
const DELETE: &[u8] = b"d";

#[test]
fn replay_hash_writes_a_hash_and_lists_it() {
    let mut client = Client::connect("script-replay-hash");
    let (hash, index) = (client.key("hash"), client.key("index"));
    let fields: [[&[u8]; 3]; 2] = [[SET, b"a", b"1"], [SET, b"b", b"2"]];
    assert_eq!(replay_hash(&mut client, &[&hash, &index], false, &[], &fields), integers(&[1]));
    assert_eq!(client.command(&[b"HMGET", &hash, b"a", b"b"]), Reply::List(vec![text("1"), text("2")]));
    assert_lives(&mut client, &hash, 300_000);
    assert_eq!(client.command(&[b"ZSCORE", &index, &hash]), text("77"));
    assert_lives(&mut client, &index, 900_000);
}

#[test]
fn replay_hash_keeps_other_fields_of_an_older_hash_unless_it_is_whole() {
    let mut client = Client::connect("script-replay-hash-whole");
    let hash = client.key("hash");
    client.command(&[b"HSET", &hash, b"a", b"0", b"other", b"0"]);
    client.command(&[b"PEXPIRE", &hash, b"60000"]);
    assert_eq!(replay_hash(&mut client, &[&hash], false, &[], &[[SET, b"a", b"1"]]), integers(&[1]));
    assert_eq!(client.command(&[b"HMGET", &hash, b"a", b"other"]), Reply::List(vec![text("1"), text("0")]));
    assert_lives(&mut client, &hash, 300_000);
    assert_eq!(replay_hash(&mut client, &[&hash], true, &[], &[[SET, b"a", b"2"]]), integers(&[1]));
    assert_eq!(
        client.command(&[b"HMGET", &hash, b"a", b"other"]),
        Reply::List(vec![text("2"), Reply::Nothing])
    );
}

#[test]
fn replay_hash_leaves_unknown_fields_of_a_newer_hash() {
    let mut client = Client::connect("script-replay-hash-newer");
    let (hash, index) = (client.key("hash"), client.key("index"));
    client.command(&[b"HSET", &hash, b"a", b"there", b"b", b"known"]);
    client.command(&[b"PEXPIRE", &hash, b"600000"]);
    let known = sum_of(&mut client, b"known");
    assert_eq!(replay_hash(&mut client, &[&hash], true, &[], &[[SET, b"a", b"1"]]), integers(&[0]));
    assert_eq!(replay_hash(&mut client, &[&hash], false, &[], &[[DELETE, b"a", b""]]), integers(&[0]));

    let fields: [[&[u8]; 3]; 3] = [[SET, b"a", b"1"], [SET, b"b", b"1"], [SET, b"c", b"1"]];
    assert_eq!(replay_hash(&mut client, &[&hash, &index], true, &[&known], &fields), integers(&[1]));
    let there = Reply::List(vec![text("there"), text("1"), text("1")]);
    assert_eq!(client.command(&[b"HMGET", &hash, b"a", b"b", b"c"]), there);
    assert_lives(&mut client, &hash, 600_000);
    assert_lives(&mut client, &index, 900_000);
}

#[test]
fn replay_hash_replaces_another_type_that_is_older() {
    let mut client = Client::connect("script-replay-hash-type");
    let hash = client.key("hash");
    store_newer(&mut client, &hash);
    assert_eq!(replay_hash(&mut client, &[&hash], false, &[], &[[SET, b"a", b"1"]]), integers(&[0]));
    assert_eq!(client.command(&[b"GET", &hash]), text("there"));
    client.command(&[b"PEXPIRE", &hash, b"60000"]);
    assert_eq!(replay_hash(&mut client, &[&hash], false, &[], &[[SET, b"a", b"1"]]), integers(&[1]));
    assert_eq!(client.command(&[b"HGET", &hash, b"a"]), text("1"));
}

#[test]
fn replay_hash_lists_no_hash_whose_last_field_went() {
    let mut client = Client::connect("script-replay-hash-delete");
    let (hash, index) = (client.key("hash"), client.key("index"));
    client.command(&[b"HSET", &hash, b"a", b"0"]);
    let deletes: [[&[u8]; 3]; 2] = [[DELETE, b"a", b""], [DELETE, b"absent", b""]];
    assert_eq!(replay_hash(&mut client, &[&hash, &index], false, &[], &deletes), integers(&[1]));
    assert_eq!(client.integer(&[b"EXISTS", &hash, &index]), 0);
}

#[test]
fn replay_hash_sets_no_field_whose_life_is_over() {
    let mut client = Client::connect("script-replay-hash-late");
    let (hash, index) = (client.key("hash"), client.key("index"));
    let arguments: [&[u8]; 8] = [b"0", b"0", b"77", b"900000", b"0", SET, b"a", b"1"];
    assert_eq!(run(&mut client, REPLAY_HASH, &[&hash, &index], &arguments), integers(&[1]));
    assert_eq!(client.integer(&[b"EXISTS", &hash, &index]), 0);
}
