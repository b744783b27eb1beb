//! The scripts that maintain an organization's index and clear it.

use orgcache::cache::scripts::{CLEAR_INDEX, EXTEND_INDEX, TRIM_INDEX};

use super::{Client, Reply, assert_lives, assert_wrong_type, integers, refusal, run, text};

#[test]
fn extend_index_prolongs_what_ends_earlier_and_shortens_nothing() {
    let mut client = Client::connect("script-extend");
    let index = client.key("index");
    client.command(&[b"ZADD", &index, b"1", b"key"]);
    assert_eq!(run(&mut client, EXTEND_INDEX, &[&index], &[b"600000"]), Reply::Integer(1));
    assert_lives(&mut client, &index, 600_000);

    client.command(&[b"PEXPIRE", &index, b"60000"]);
    assert_eq!(run(&mut client, EXTEND_INDEX, &[&index], &[b"600000"]), Reply::Integer(1));
    assert_lives(&mut client, &index, 600_000);

    client.command(&[b"PEXPIRE", &index, b"900000"]);
    assert_eq!(run(&mut client, EXTEND_INDEX, &[&index], &[b"600000"]), Reply::Integer(1));
    assert_lives(&mut client, &index, 900_000);
}

#[test]
fn extend_index_makes_no_index() {
    let mut client = Client::connect("script-extend-absent");
    let index = client.key("index");
    assert_eq!(run(&mut client, EXTEND_INDEX, &[&index], &[b"600000"]), Reply::Integer(1));
    assert_eq!(client.integer(&[b"EXISTS", &index]), 0);
}

#[test]
fn trim_index_removes_the_entries_of_expired_keys_alone() {
    let mut client = Client::connect("script-trim");
    let index = client.key("index");
    let (gone, living, endless, later) =
        (client.key("gone"), client.key("living"), client.key("endless"), client.key("later"));
    client.command(&[b"SET", &living, b"1", b"PX", b"600000"]);
    client.command(&[b"SET", &endless, b"1"]);
    client.command(&[b"ZADD", &index, b"1", &gone, b"1", &living, b"1", &endless, b"+inf", &later]);
    assert_eq!(run(&mut client, TRIM_INDEX, &[&index], &[b"128"]), Reply::Integer(1));

    assert_eq!(client.command(&[b"ZSCORE", &index, &gone]), Reply::Nothing);
    assert_eq!(client.command(&[b"ZSCORE", &index, &endless]), text("inf"));
    assert_eq!(client.command(&[b"ZSCORE", &index, &later]), text("inf"));
    let Reply::Text(score) = client.command(&[b"ZSCORE", &index, &living]) else {
        panic!("the entry is gone")
    };
    let score: i64 = String::from_utf8(score).unwrap().parse().unwrap();
    let Reply::List(time) = client.command(&[b"TIME"]) else { panic!("no time") };
    let Reply::Text(seconds) = &time[0] else { panic!("no seconds") };
    let now: i64 = String::from_utf8(seconds.clone()).unwrap().parse::<i64>().unwrap() * 1000;
    assert!((now + 580_000..=now + 601_000).contains(&score), "{score} is the true end, at {now}");
}

#[test]
fn trim_index_looks_at_no_more_entries_than_it_was_told() {
    let mut client = Client::connect("script-trim-limit");
    let index = client.key("index");
    let keys = [client.key("a"), client.key("b"), client.key("c")];
    client.command(&[b"ZADD", &index, b"1", &keys[0], b"2", &keys[1], b"3", &keys[2]]);
    assert_eq!(run(&mut client, TRIM_INDEX, &[&index], &[b"2"]), Reply::Integer(2));
    assert_eq!(client.integer(&[b"ZCARD", &index]), 1);
    assert_eq!(run(&mut client, TRIM_INDEX, &[&index], &[b"2"]), Reply::Integer(1));
    assert_eq!(run(&mut client, TRIM_INDEX, &[&index], &[b"2"]), Reply::Integer(0));
}

#[test]
fn trim_index_leaves_what_is_no_index() {
    let mut client = Client::connect("script-trim-type");
    let index = client.key("index");
    client.command(&[b"SET", &index, b"text"]);
    assert_wrong_type(&refusal(&mut client, TRIM_INDEX, &[&index], &[b"128"]));
    assert_eq!(client.command(&[b"GET", &index]), text("text"));
}

/// An organization with its three keys.
struct Organization {
    client: Client,
    index: Vec<u8>,
    aside: Vec<u8>,
    mark: Vec<u8>,
}

impl Organization {
    fn new(prefix: &str) -> Organization {
        let client = Client::connect(prefix);
        let (index, aside, mark) = (client.key("index"), client.key("aside"), client.key("mark"));
        Organization { client, index, aside, mark }
    }

    /// Stores a key that is in the index and lives `ms` milliseconds.
    fn store(&mut self, name: &str, ms: i64) -> Vec<u8> {
        let key = self.client.key(name);
        self.client.command(&[b"SET", &key, b"1", b"PX", ms.to_string().as_bytes()]);
        self.client.command(&[b"ZADD", &self.index, b"7", &key]);
        key
    }

    #[track_caller]
    fn clear(&mut self, most: &[u8], is_first: bool, age: i64, lifetimes: &[&[u8]]) -> Reply {
        let (age, prefix) = (age.to_string(), self.client.key("").len().to_string());
        let first: &[u8] = if is_first { b"1" } else { b"0" };
        let fixed: [&[u8]; 6] = [most, first, b"120", age.as_bytes(), prefix.as_bytes(), b"600000"];
        let keys = [self.index.as_slice(), &self.aside, &self.mark];
        run(&mut self.client, CLEAR_INDEX, &keys, &[&fixed, lifetimes].concat())
    }

    fn exists(&mut self, key: &[u8]) -> bool {
        self.client.integer(&[b"EXISTS", key]) == 1
    }
}

#[test]
fn clear_index_deletes_what_the_index_lists_and_sets_the_mark() {
    let mut acme = Organization::new("script-clear");
    let (first, second, expired) =
        (acme.store("a", 600_000), acme.store("b", 600_000), acme.store("c", 600_000));
    let unlisted = acme.client.key("unlisted");
    acme.client.command(&[b"SET", &unlisted, b"1"]);
    acme.client.command(&[b"DEL", &second, &expired]);
    acme.client.command(&[b"HSET", &second, b"field", b"1"]);
    assert_eq!(acme.clear(b"1000", true, 0, &[]), integers(&[2, 0]));

    for key in [first, second, acme.index.clone(), acme.aside.clone()] {
        assert!(!acme.exists(&key), "{} is still there", String::from_utf8_lossy(&key));
    }
    assert!(acme.exists(&unlisted));
    let mark = acme.mark.clone();
    assert_lives(&mut acme.client, &mark, 120_000);
}

#[test]
fn clear_index_marks_an_organization_that_has_no_index() {
    let mut acme = Organization::new("script-clear-absent");
    assert_eq!(acme.clear(b"1000", true, 0, &[]), integers(&[0, 0]));
    let mark = acme.mark.clone();
    assert!(acme.exists(&mark));
    acme.client.command(&[b"DEL", &mark]);
    assert_eq!(acme.clear(b"1000", false, 0, &[]), integers(&[0, 0]));
    assert!(!acme.exists(&mark), "only the first page sets the mark");
}

#[test]
fn clear_index_goes_in_pages_and_leaves_what_is_written_meanwhile() {
    let mut acme = Organization::new("script-clear-pages");
    let keys: Vec<_> = ["a", "b", "c"].map(|name| acme.store(name, 600_000)).to_vec();
    assert_eq!(acme.clear(b"2", true, 0, &[]), integers(&[2, 1]));
    let left: Vec<_> = keys.iter().filter(|key| acme.exists(key)).cloned().collect();
    assert_eq!(left.len(), 1);
    // The key that was left aside is written again, and so is one that was removed.
    acme.store("c", 600_000);
    acme.store("a", 600_000);
    assert_eq!(acme.clear(b"2", false, 0, &[]), integers(&[0, 0]));
    assert!(acme.exists(&keys[0]) && acme.exists(&keys[2]));
    let index = acme.index.clone();
    assert_eq!(acme.client.integer(&[b"ZCARD", &index]), 2);
}

#[test]
fn clear_index_takes_along_what_an_earlier_clearing_left_aside() {
    let mut acme = Organization::new("script-clear-aside");
    let (old, new, third) =
        (acme.store("old", 600_000), acme.store("new", 600_000), acme.store("x", 600_000));
    let (index, aside) = (acme.index.clone(), acme.aside.clone());
    acme.client.command(&[b"ZREM", &index, &old]);
    acme.client.command(&[b"ZADD", &aside, b"1", &old]);
    acme.client.command(&[b"PEXPIRE", &aside, b"60000"]);
    acme.client.command(&[b"PEXPIRE", &index, b"600000"]);
    assert_eq!(acme.clear(b"1", true, 0, &[]), integers(&[1, 2]));
    assert_lives(&mut acme.client, &aside, 600_000);
    assert_eq!(acme.clear(b"1000", false, 0, &[]), integers(&[2, 0]));
    assert!(!acme.exists(&old) && !acme.exists(&new) && !acme.exists(&third));
}

#[test]
fn a_late_clear_index_leaves_what_was_written_since() {
    let mut acme = Organization::new("script-clear-late");
    // The lifetimes are 600 s, and 900 s for the kind `lead`; the clearing was 100 s ago.
    let (before, since) = (acme.store("report:a", 480_000), acme.store("report:b", 520_000));
    let (lead_before, lead_since) = (acme.store("lead:a", 780_000), acme.store("lead:b", 820_000));
    assert_eq!(acme.clear(b"1000", true, 100_000, &[b"lead", b"900000"]), integers(&[2, 0]));
    assert!(!acme.exists(&before) && !acme.exists(&lead_before));
    assert!(acme.exists(&since) && acme.exists(&lead_since));

    let index = acme.index.clone();
    assert_eq!(acme.client.command(&[b"ZSCORE", &index, &since]), text("7"));
    assert_eq!(acme.client.integer(&[b"ZCARD", &index]), 2);
    let (life, value) =
        (acme.client.integer(&[b"PTTL", &index]), acme.client.integer(&[b"PTTL", &lead_since]));
    assert!(life >= value, "the index ends in {life} ms, its value in {value} ms");
}

#[test]
fn clear_index_deletes_nothing_where_the_index_has_another_type() {
    let mut acme = Organization::new("script-clear-type");
    let keys = [acme.index.clone(), acme.aside.clone(), acme.mark.clone()];
    let key = acme.store("a", 600_000);
    acme.client.command(&[b"SET", &keys[0], b"text"]);
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let arguments: [&[u8]; 6] = [b"1000", b"1", b"120", b"0", b"0", b"600000"];
    assert_wrong_type(&refusal(&mut acme.client, CLEAR_INDEX, &keys, &arguments));
    assert!(acme.exists(&key));
}
