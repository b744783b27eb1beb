//! The steps that every store of messages must carry out alike, as a suite of tests.
//!
//! A test wraps its store in [`Store`]. `check_all` makes a fresh, empty store for every promise and panics with the names of
//! those that are not kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::options::Retention;
use super::position::Position;
use super::requests::{Message, append_after, append_before, append_publish};
use crate::lane::{Frame, Node as Reply};

/// A store under test, with requests and replies as a server has them.
pub trait Store {
    fn run(&mut self, request: &[u8]) -> Vec<u8>;
    /// Lets time pass.
    fn pass(&mut self, ms: u64);
}

const STREAM: &[u8] = b"{s}";
const SHORT: Retention = Retention { replay: 1_000, retain_seconds: 1 };
const LONG: Retention = Retention { replay: 1_000, retain_seconds: 600 };

type Entry = (Position, Position, Vec<u8>);

/// One stream of a store.
struct Stream<'s>(&'s mut dyn Store);

impl Stream<'_> {
    fn ask(&mut self, make: impl FnOnce(&mut Vec<u8>)) -> Vec<Vec<u8>> {
        let mut request = Vec::new();
        make(&mut request);
        let reply = self.0.run(&request);
        let Reply::Array(items) = Frame::new(&reply).node() else { panic!("no list") };
        items
            .map(|item| match item {
                Reply::Bulk(bytes) | Reply::Status(bytes) => bytes.to_vec(),
                Reply::Integer(number) => number.to_string().into_bytes(),
                other => panic!("an unexpected part: {other:?}"),
            })
            .collect()
    }

    fn publish(&mut self, text: &str, id_key: Option<&[u8]>, retention: Retention) -> Vec<Position> {
        let (text, channel) = (text.as_bytes(), b"{s}c");
        let message = Message { stream: STREAM, id_key, channel, text, retention, is_sharded: false };
        let reply = self.ask(|out| append_publish(&message, out));
        assert_eq!(reply[0], b"1");
        reply[1..].iter().map(|id| Position::parse(id).unwrap()).collect()
    }

    fn page(&mut self, make: impl FnOnce(&mut Vec<u8>)) -> (Position, Vec<Entry>) {
        let parts = self.ask(make);
        let id = |bytes: &[u8]| Position::parse(bytes).unwrap();
        let entry = |part: &[Vec<u8>]| (id(&part[0]), id(&part[1]), part[2].clone());
        let now: u64 = std::str::from_utf8(&parts[1]).unwrap().parse().unwrap();
        let entries: Vec<Entry> = parts[2..].chunks(3).map(entry).collect();
        assert!(entries.iter().all(|(id, ..)| id.ms <= now), "the time is that of the store");
        (id(&parts[0]), entries)
    }

    fn after(&mut self, position: Position, limit: usize) -> (Position, Vec<Entry>) {
        self.page(|out| append_after(STREAM, position, limit, out))
    }

    fn before(&mut self, position: Option<Position>, limit: usize) -> Vec<Entry> {
        self.page(|out| append_before(STREAM, position, limit, out)).1
    }

    fn texts_after(&mut self, position: Position, limit: usize) -> Vec<String> {
        texts(&self.after(position, limit).1)
    }
}

fn texts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|(.., text)| String::from_utf8_lossy(text).into_owned()).collect()
}

fn each_message_names_the_one_before_it(stream: &mut Stream<'_>) {
    let first = stream.publish("a", None, LONG);
    assert_eq!(first[1], Position::FIRST);
    let second = stream.publish("b", None, LONG);
    assert_eq!(second[1], first[0]);
    let (last, entries) = stream.after(Position::FIRST, 10);
    assert_eq!(last, second[0]);
    let expected = [(first[0], first[1], b"a".to_vec()), (second[0], second[1], b"b".to_vec())];
    assert_eq!(entries, expected);
    assert!(first[0] < second[0]);
}

fn an_id_is_published_once(stream: &mut Stream<'_>) {
    let first = stream.publish("a", Some(b"{s}:1"), LONG);
    let again = stream.publish("other", Some(b"{s}:1"), LONG);
    assert_eq!(again, [first[0]]);
    stream.publish("b", Some(b"{s}:2"), LONG);
    assert_eq!(stream.texts_after(Position::FIRST, 10), ["a", "b"]);
}

fn what_is_kept_ends(stream: &mut Stream<'_>) {
    let first = stream.publish("a", Some(b"{s}:1"), SHORT);
    stream.0.pass(1_100);
    assert_eq!(stream.after(Position::FIRST, 10), (Position::FIRST, Vec::new()));
    let again = stream.publish("b", Some(b"{s}:1"), SHORT);
    assert!(again[0] > first[0] && again[1] == Position::FIRST);
}

fn a_page_begins_behind_a_place_and_ends_at_its_limit(stream: &mut Stream<'_>) {
    let ids: Vec<_> = (0..40).map(|n| stream.publish(&n.to_string(), None, LONG)[0]).collect();
    assert_eq!(stream.texts_after(ids[37], 10), ["38", "39"]);
    assert_eq!(stream.texts_after(ids[39], 10), [""; 0]);
    assert_eq!(stream.texts_after(Position::FIRST, 3), ["0", "1", "2"]);
    let long = stream.texts_after(ids[0], 35);
    assert_eq!((long.len(), &*long[34]), (35, "35"));
    assert_eq!(stream.after(Position::FIRST, 0), (ids[39], Vec::new()));
    assert_eq!(texts(&stream.before(None, 2)), ["39", "38"]);
    assert_eq!(texts(&stream.before(Some(ids[2]), 9)), ["1", "0"]);
    let long = texts(&stream.before(None, 35));
    assert_eq!((long.len(), &*long[34]), (35, "5"));
}

fn a_page_ends_with_its_bytes(stream: &mut Stream<'_>) {
    let large = "x".repeat(100 * 1024);
    for _ in 0..5 {
        stream.publish(&large, None, LONG);
    }
    let (last, entries) = stream.after(Position::FIRST, 10);
    assert_eq!(entries.len(), 3);
    assert!(entries[2].0 < last);
    assert_eq!(stream.before(None, 10).len(), 3);
}

fn the_oldest_go_first(stream: &mut Stream<'_>) {
    let few = Retention { replay: 5, ..LONG };
    let ids: Vec<_> = (0..500).map(|n| stream.publish(&n.to_string(), None, few)[0]).collect();
    let (_, entries) = stream.after(ids[0], 1_000);
    // A server may keep some more.
    assert!((5..300).contains(&entries.len()), "{}", entries.len());
    assert_ne!(entries[0].1, ids[0]);
    assert_eq!(entries.last().unwrap().2, b"499");
}

fn nothing_is_read_where_nothing_was_published(stream: &mut Stream<'_>) {
    assert_eq!(stream.after(Position { ms: 5, number: 5 }, 10), (Position::FIRST, Vec::new()));
    assert_eq!(stream.before(None, 10), Vec::new());
}

type Check = fn(&mut Stream<'_>);

const CHECKS: [(&str, Check); 7] = [
    ("each message names the one before it", each_message_names_the_one_before_it),
    ("an id is published once", an_id_is_published_once),
    ("what is kept ends", what_is_kept_ends),
    (
        "a page begins behind a place and ends at its limit",
        a_page_begins_behind_a_place_and_ends_at_its_limit,
    ),
    ("a page ends with its bytes", a_page_ends_with_its_bytes),
    ("the oldest go first", the_oldest_go_first),
    ("nothing is read where nothing was published", nothing_is_read_where_nothing_was_published),
];

/// Runs every check on a store of its own, which `make` gives a number.
pub fn check_all(make: &mut dyn FnMut(usize) -> Box<dyn Store>) {
    let mut broken = Vec::new();
    for (number, (name, check)) in CHECKS.into_iter().enumerate() {
        let mut store = make(number);
        if catch_unwind(AssertUnwindSafe(|| check(&mut Stream(&mut *store)))).is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "not kept: {broken:?}");
}
