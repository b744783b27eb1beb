//! The scripts of an erasure: what they delete and count, and that others' keys stay.

use orgcache::cache::scripts::{ERASE_INDEX, ERASE_LEGACY_HASH};
use orgcache::erasure::scripts::ERASE_KEYS;

use super::{Client, Reply, assert_lives, run, text};

/// The places of a reply with the number of their keys, without those that had none. Asserts that keys have bytes.
#[track_caller]
fn counted(reply: Reply) -> (String, Vec<(String, i64)>) {
    let Reply::List(items) = reply else { panic!("no list: {reply:?}") };
    let name = |item: &Reply| match item {
        Reply::Text(text) => String::from_utf8(text.clone()).unwrap(),
        other => panic!("no text: {other:?}"),
    };
    let places = items[1..].chunks(3).filter_map(|place| {
        let [place, Reply::Integer(entries), Reply::Integer(bytes)] = place else { panic!("{place:?}") };
        assert_eq!(*entries > 0, *bytes > 0, "{place:?}");
        (*entries > 0).then(|| (name(place), *entries))
    });
    (name(&items[0]), places.collect())
}

fn places(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn erase_keys_counts_keys_of_every_type_or_deletes_them() {
    let mut client = Client::connect("script-erase-keys");
    let keys = ["a", "b", "absent"].map(|name| client.key(name));
    client.command(&[b"SET", &keys[0], b"value"]);
    client.command(&[b"HSET", &keys[1], b"field", b"value"]);
    let keys = keys.each_ref().map(Vec::as_slice);
    for (mode, left) in [(&b"c"[..], 2), (b"e", 0)] {
        let reply = run(&mut client, ERASE_KEYS, &keys, &[mode, b"values", b"0"]);
        assert_eq!(counted(reply), ("0".to_owned(), places(&[("values", 2)])));
        assert_eq!(client.integer(&[&b"EXISTS"[..], keys[0], keys[1], keys[2]]), left);
    }
    let reply = run(&mut client, ERASE_KEYS, &keys, &[b"e", b"values", b"0"]);
    assert_eq!(counted(reply), ("0".to_owned(), Vec::new()));
}

/// An organization with three values, an unknown cache of two entries, one of which has a lease, and another organization.
struct Filled {
    client: Client,
    prefix: Vec<u8>,
}

impl Filled {
    fn new(name: &str) -> Filled {
        let mut client = Client::connect(name);
        let prefix = client.key("");
        let key = |rest: &str| [&prefix[..], rest.as_bytes()].concat();
        for (index, listed) in [
            ("!index:acme", &["settings:acme", "history:acme:1"][..]),
            ("!aside:acme", &["history:acme:2"]),
            ("!index:acme:users", &["!entry:acme:users:1", "!entry:acme:users:2"]),
            ("!index:acme2", &["settings:acme2"]),
        ] {
            for name in listed {
                client.command(&[b"SET", &key(name), b"value"]);
                client.command(&[b"ZADD", &key(index), b"1", &key(name)]);
            }
        }
        client.command(&[b"SET", &key("!lease:acme:users:1"), b"ltoken"]);
        client.command(&[b"SADD", &key("!indexes:acme"), &key("!index:acme:users")]);
        Filled { client, prefix }
    }

    fn key(&self, rest: &str) -> Vec<u8> {
        [&self.prefix[..], rest.as_bytes()].concat()
    }

    fn ask(&mut self, mode: &[u8], most: &str, further: &[&[u8]]) -> (String, Vec<(String, i64)>) {
        let keys = [self.key("!index:acme"), self.key("!indexes:acme")];
        let length = self.prefix.len().to_string();
        let mut arguments = vec![mode, most.as_bytes(), length.as_bytes(), b"mark", b"120000"];
        arguments.extend(further);
        arguments.push(b"0");
        let keys = keys.each_ref().map(Vec::as_slice);
        counted(run(&mut self.client, ERASE_INDEX, &keys, &arguments))
    }

    fn exists(&mut self, name: &str) -> bool {
        let key = self.key(name);
        self.client.integer(&[b"EXISTS", &key]) == 1
    }
}

#[test]
fn erase_index_deletes_what_all_indexes_list_and_marks_each() {
    let mut filled = Filled::new("script-erase-index");
    let all = places(&[("values", 3), ("caches", 2), ("leases", 1), ("indexes", 4)]);
    assert_eq!(filled.ask(b"c", "100", &[]), ("0".to_owned(), all.clone()));
    assert!(filled.exists("settings:acme") && !filled.exists("!cleared:acme"), "a count changes nothing");
    assert_eq!(filled.ask(b"e", "100", &[]), ("0".to_owned(), all));
    for name in
        ["settings:acme", "history:acme:2", "!entry:acme:users:1", "!lease:acme:users:1", "!indexes:acme"]
    {
        assert!(!filled.exists(name), "{name}");
    }
    for mark in ["!cleared:acme", "!cleared:acme:users"] {
        let mark = filled.key(mark);
        assert_eq!(filled.client.command(&[b"GET", &mark]), text("mark"));
        assert_lives(&mut filled.client, &mark, 120_000);
    }
    assert!(filled.exists("settings:acme2") && filled.exists("!index:acme2"));
    assert_eq!(filled.ask(b"c", "100", &[]), ("0".to_owned(), Vec::new()));
}

#[test]
fn erase_index_goes_in_pages_until_nothing_is_left() {
    let mut filled = Filled::new("script-erase-pages");
    let (mut keys, mut pages) = (0, 0);
    loop {
        let (cursor, found) = filled.ask(b"e", "2", &[]);
        let listed: i64 =
            found.iter().filter(|(name, _)| name == "values" || name == "caches").map(|(_, n)| n).sum();
        assert!(listed <= 2, "{found:?}");
        (keys, pages) = (keys + listed, pages + 1);
        if cursor == "0" {
            break;
        }
        assert!(pages < 20, "it comes to an end");
    }
    assert!(keys == 5 && pages > 2, "{keys} keys in {pages} pages");
    assert_eq!(filled.ask(b"c", "100", &[]), ("0".to_owned(), Vec::new()));
}

#[test]
fn erase_index_takes_an_index_that_only_the_caller_knows() {
    let mut filled = Filled::new("script-erase-known");
    let (directory, index) = (filled.key("!indexes:acme"), filled.key("!index:acme:users"));
    filled.client.command(&[b"DEL", &directory]);
    filled.ask(b"e", "100", &[]);
    assert!(filled.exists("!entry:acme:users:1"), "nobody knows it");
    let (_, found) = filled.ask(b"e", "100", &[&index]);
    assert_eq!(found, places(&[("caches", 2), ("leases", 1), ("indexes", 1)]));
}

#[test]
fn erase_legacy_hash_takes_the_fields_of_one_organization() {
    let mut client = Client::connect("script-erase-hash");
    let hash = client.key("hash");
    for field in [&b"acme:1"[..], b"acme:2", b"acme:b:1", b"acme2:1", b"1"] {
        client.command(&[b"HSET", &hash, field, b"value"]);
    }
    for mode in [&b"c"[..], b"e"] {
        let reply = run(&mut client, ERASE_LEGACY_HASH, &[&hash], &[mode, b"acme", b"0"]);
        assert_eq!(counted(reply), ("0".to_owned(), places(&[("legacy", 2)])));
    }
    assert_eq!(client.integer(&[b"HLEN", &hash]), 3);
    let reply = run(&mut client, ERASE_LEGACY_HASH, &[&hash], &[b"e", b"acme:b", b"0"]);
    assert_eq!(counted(reply), ("0".to_owned(), places(&[("legacy", 1)])));
}
