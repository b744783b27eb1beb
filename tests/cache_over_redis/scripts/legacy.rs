//! The scripts for a key that holds something else: a value of another type, or one that the JavaScript layer
//! left.

use orgcache::cache::scripts::{CLEAR_LEGACY_HASH, DROP_UNLESS_HASH, MOVE_LEGACY};

use super::{Client, Reply, assert_lives, assert_wrong_type, refusal, run, text};

#[test]
fn drop_unless_hash_deletes_every_type_but_a_hash() {
    let mut client = Client::connect("script-drop");
    let key = client.key("key");
    assert_eq!(run(&mut client, DROP_UNLESS_HASH, &[&key], &[]), Reply::Integer(0));
    let others: [&[&[u8]]; 3] =
        [&[b"SET", &key, b"1"], &[b"RPUSH", &key, b"1"], &[b"ZADD", &key, b"1", b"a"]];
    for write in others {
        client.command(write);
        assert_eq!(run(&mut client, DROP_UNLESS_HASH, &[&key], &[]), Reply::Integer(1));
        assert_eq!(client.integer(&[b"EXISTS", &key]), 0);
    }
    client.command(&[b"HSET", &key, b"field", b"1"]);
    assert_eq!(run(&mut client, DROP_UNLESS_HASH, &[&key], &[]), Reply::Integer(0));
    assert_eq!(client.command(&[b"HGET", &key, b"field"]), text("1"));
}

fn page(cursor: &str, gone: i64) -> Reply {
    Reply::List(vec![text(cursor), Reply::Integer(gone)])
}

#[test]
fn clear_legacy_hash_deletes_the_fields_of_one_organization() {
    let mut client = Client::connect("script-legacy-hash");
    let hash = client.key("hash");
    let fields: [&[u8]; 5] = [b"acme:1", b"acme:2", b"umbrella:1", b"acme:north:3", b"4"];
    for field in fields {
        client.command(&[b"HSET", &hash, field, b"1"]);
    }
    assert_eq!(run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0", b"acme"]), page("0", 2));
    for (field, is_there) in fields.into_iter().zip([0, 0, 1, 1, 1]) {
        assert_eq!(
            client.integer(&[b"HEXISTS", &hash, field]),
            is_there,
            "{}",
            String::from_utf8_lossy(field)
        );
    }
    // An organization's name may contain colons, and the global scope has no organization.
    assert_eq!(run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0", b"acme:north"]), page("0", 1));
    assert_eq!(run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0"]), page("0", 1));
    assert_eq!(client.command(&[b"HKEYS", &hash]), Reply::List(vec![text("umbrella:1")]));
    assert_eq!(run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0", b"acme"]), page("0", 0));
}

#[test]
fn clear_legacy_hash_goes_on_from_its_cursor() {
    let mut client = Client::connect("script-legacy-pages");
    let hash = client.key("hash");
    let fields: Vec<Vec<u8>> = (0..3000).map(|number| format!("acme:{number}").into_bytes()).collect();
    let mut write: Vec<&[u8]> = vec![b"HSET", &hash];
    write.extend(fields.iter().flat_map(|field| [field.as_slice(), b"1"]));
    client.command(&write);
    let (mut cursor, mut gone, mut pages) = (b"0".to_vec(), 0, 0);
    while pages == 0 || cursor != b"0" {
        let Reply::List(answer) = run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[&cursor, b"acme"]) else {
            panic!("no page");
        };
        let [Reply::Text(next), Reply::Integer(count)] = answer.as_slice() else { panic!("{answer:?}") };
        cursor.clone_from(next);
        gone += count;
        pages += 1;
        assert!(pages < 100, "the cursor comes back to 0");
    }
    assert_eq!(gone, 3000);
    assert!(pages > 1, "a page is a part of the hash");
    assert_eq!(client.integer(&[b"EXISTS", &hash]), 0);
}

#[test]
fn clear_legacy_hash_wants_a_hash_or_nothing() {
    let mut client = Client::connect("script-legacy-type");
    let hash = client.key("hash");
    assert_eq!(run(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0", b"acme"]), page("0", 0));
    client.command(&[b"SET", &hash, b"1"]);
    assert_wrong_type(&refusal(&mut client, CLEAR_LEGACY_HASH, &[&hash], &[b"0", b"acme"]));
    assert_eq!(client.command(&[b"GET", &hash]), text("1"));
}

/// The keys of a move: the old one, the new one, the index and the mark.
fn places(client: &Client) -> [Vec<u8>; 4] {
    ["old", "new", "index", "mark"].map(|name| client.key(name))
}

const MOVED: [&[u8]; 4] = [b"stored", b"600000", b"77", b"900000"];

#[track_caller]
fn move_value(client: &mut Client, keys: &[Vec<u8>], stays: &[u8], field: Option<&[u8]>) -> Reply {
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let mut arguments = MOVED.to_vec();
    arguments.push(stays);
    arguments.extend(field);
    run(client, MOVE_LEGACY, &keys, &arguments)
}

#[test]
fn move_legacy_moves_a_field_and_lists_it() {
    let mut client = Client::connect("script-move-field");
    let keys = places(&client);
    client.command(&[b"HSET", &keys[0], b"acme:1", b"old", b"acme:2", b"other"]);
    assert_eq!(move_value(&mut client, &keys, b"0", Some(b"acme:1")), Reply::Integer(1));
    assert_eq!(client.command(&[b"HKEYS", &keys[0]]), Reply::List(vec![text("acme:2")]));
    assert_eq!(client.command(&[b"GET", &keys[1]]), text("stored"));
    assert_lives(&mut client, &keys[1], 600_000);
    assert_eq!(client.command(&[b"ZSCORE", &keys[2], &keys[1]]), text("77"));
    assert_lives(&mut client, &keys[2], 900_000);
}

#[test]
fn move_legacy_moves_a_text_without_an_organization() {
    let mut client = Client::connect("script-move-text");
    let keys = places(&client);
    client.command(&[b"SET", &keys[0], b"old"]);
    assert_eq!(move_value(&mut client, &keys[..2], b"0", None), Reply::Integer(1));
    assert_eq!(client.command(&[b"GET", &keys[1]]), text("stored"));
    assert_eq!(client.integer(&[b"EXISTS", &keys[0], &keys[2]]), 0);
}

#[test]
fn move_legacy_writes_nothing_that_has_left_its_old_place() {
    let mut client = Client::connect("script-move-absent");
    let keys = places(&client);
    assert_eq!(move_value(&mut client, &keys, b"0", None), Reply::Integer(0));
    client.command(&[b"HSET", &keys[0], b"acme:2", b"other"]);
    assert_eq!(move_value(&mut client, &keys, b"0", Some(b"acme:1")), Reply::Integer(0));
    assert_eq!(client.integer(&[b"EXISTS", &keys[1], &keys[2]]), 0);
}

#[test]
fn move_legacy_moves_nothing_while_the_organization_is_cleared() {
    let mut client = Client::connect("script-move-mark");
    let keys = places(&client);
    client.command(&[b"SET", &keys[0], b"old"]);
    client.command(&[b"SET", &keys[3], b"1"]);
    assert_eq!(move_value(&mut client, &keys, b"0", None), Reply::Integer(0));
    assert_eq!(client.command(&[b"GET", &keys[0]]), text("old"));
    assert_eq!(client.integer(&[b"EXISTS", &keys[1], &keys[2]]), 0);
}

#[test]
fn move_legacy_leaves_a_newer_value_and_a_longer_index() {
    let mut client = Client::connect("script-move-newer");
    let keys = places(&client);
    client.command(&[b"SET", &keys[0], b"old"]);
    client.command(&[b"SET", &keys[1], b"newer"]);
    assert_eq!(move_value(&mut client, &keys, b"0", None), Reply::Integer(1));
    assert_eq!(client.command(&[b"GET", &keys[1]]), text("newer"));
    assert_eq!(client.integer(&[b"EXISTS", &keys[0], &keys[2]]), 0);

    client.command(&[b"DEL", &keys[1]]);
    client.command(&[b"SET", &keys[0], b"old"]);
    client.command(&[b"ZADD", &keys[2], b"1", b"another"]);
    client.command(&[b"PEXPIRE", &keys[2], b"700000"]);
    assert_eq!(move_value(&mut client, &keys, b"0", None), Reply::Integer(1));
    assert_lives(&mut client, &keys[2], 700_000);
}

#[test]
fn move_legacy_copies_where_the_old_value_stays() {
    let mut client = Client::connect("script-move-copy");
    let keys = places(&client);
    client.command(&[b"SET", &keys[0], b"old"]);
    assert_eq!(move_value(&mut client, &keys, b"1", None), Reply::Integer(1));
    assert_eq!(client.command(&[b"GET", &keys[0]]), text("old"));
    assert_eq!(client.command(&[b"GET", &keys[1]]), text("stored"));
}

#[test]
fn move_legacy_writes_nothing_where_the_old_key_is_no_hash() {
    let mut client = Client::connect("script-move-type");
    let keys = places(&client);
    client.command(&[b"SET", &keys[0], b"text"]);
    let given: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let arguments = [MOVED.as_slice(), &[b"0", b"acme:1"]].concat();
    assert_wrong_type(&refusal(&mut client, MOVE_LEGACY, &given, &arguments));
    assert_eq!(client.integer(&[b"EXISTS", &keys[1], &keys[2]]), 0);
    assert_eq!(client.command(&[b"GET", &keys[0]]), text("text"));
}
