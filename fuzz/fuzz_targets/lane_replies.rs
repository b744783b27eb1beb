//! Feeds a hostile server's bytes, in pieces of any size, into a lane with waiting requests.
//!
//! The first byte chooses the pieces; the rest is the server's output. For any output: no panic, no more
//! answers than requests, and a receive buffer that grows with the received bytes and not with claimed
//! lengths. Each reply that redis-rs reads too ends at the same byte and has the same content.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use orgcache::lane::{Answer, Arrival, Items, Lane, Node, Requests, append_command};
use redis::{ErrorKind, Value, VerbatimFormat, parse_redis_value};

/// The number of replies of each request; the second stands for a transaction.
const REPLIES: [u32; 4] = [1, 3, 1, 1];

fuzz_target!(|input: &[u8]| {
    let Some((&piece, bytes)) = input.split_first() else { return };
    let mut lane = Lane::default();
    let deadline = Instant::now() + Duration::from_secs(60);
    for (token, replies) in REPLIES.into_iter().enumerate() {
        let from = lane.buffer().len();
        append_command(lane.buffer(), &[b"GET", b"key"]);
        lane.commit(from, replies, token, deadline);
    }
    let sent = lane.unsent().len();
    lane.sent(sent);

    let mut answered = Vec::new();
    for chunk in bytes.chunks(usize::from(piece) + 1) {
        let room = lane.read_room();
        assert!(room.len() <= 8 * 1024 * 1024 + 2 * bytes.len(), "a claimed length decided an allocation");
        room[..chunk.len()].copy_from_slice(chunk);
        let result = lane.received(chunk.len(), |arrival| {
            let (token, answer) = match arrival {
                Arrival::Answer { token, answer, .. } => (token, answer),
                Arrival::Push(frame) => return visit(frame.node()),
            };
            if let Answer::Frame(frame) = answer {
                visit(frame.node());
                compare(frame.bytes(), frame.node());
            }
            answered.push(token);
        });
        if result.is_err() {
            break;
        }
    }
    assert!(answered.iter().copied().eq(0..answered.len()), "answers out of order");
    assert!(answered.len() <= REPLIES.len());
});

/// Visits every value of a reply.
fn visit(node: Node<'_>) {
    if let Node::Array(items) | Node::Map(items) = node {
        items.for_each(visit);
    }
}

/// Compares with redis-rs. It refuses some replies that the lane accepts (texts that are not UTF-8, numbers
/// that are not numbers); those cannot be compared, but redis-rs must not need more bytes.
fn compare(reply: &[u8], node: Node<'_>) {
    match parse_redis_value(reply) {
        Err(error) => assert_ne!(error.kind(), ErrorKind::Io, "the lane took a part for the whole"),
        Ok(value) => {
            assert!(
                parse_redis_value(&reply[..reply.len() - 1]).is_err(),
                "the lane took more than the whole"
            );
            assert_same(node, &value);
        }
    }
}

fn assert_same(node: Node<'_>, value: &Value) {
    match (node, value) {
        (Node::Null, Value::Nil) => {}
        (Node::Boolean(ours), Value::Boolean(theirs)) => assert_eq!(ours, *theirs),
        (Node::Integer(ours), Value::Int(theirs)) => assert_eq!(ours, *theirs),
        // redis-rs accepts blanks around a number.
        (Node::Number(text), Value::Int(theirs)) => assert_eq!(trimmed(text).parse(), Ok(*theirs)),
        (Node::Number(text), Value::Double(theirs)) => {
            let ours: f64 = trimmed(text).parse().expect("a double to redis-rs");
            assert!(ours == *theirs || (ours.is_nan() && theirs.is_nan()));
        }
        (Node::Number(text), Value::BigNumber(theirs)) => assert_eq!(text, theirs),
        (Node::Bulk(ours), Value::BulkString(theirs)) => assert_eq!(ours, theirs),
        (Node::Bulk(ours), Value::VerbatimString { format, text }) => {
            // The format has three letters in the specification, and any number in redis-rs.
            if matches!(format, VerbatimFormat::Text | VerbatimFormat::Markdown) {
                assert_eq!(String::from_utf8_lossy(ours), text.as_str());
            }
        }
        (Node::Status(ours), Value::Okay) => assert_eq!(ours, b"OK"),
        (Node::Status(ours), Value::SimpleString(theirs)) => assert_eq!(ours, theirs.as_bytes()),
        (Node::Error(ours), Value::ServerError(theirs)) => {
            let line = String::from_utf8_lossy(ours);
            let (code, details) = match line.split_once(' ') {
                Some((code, details)) => (code, Some(details)),
                None => (&*line, None),
            };
            assert_eq!((code, details), (theirs.code(), theirs.details()));
        }
        (Node::Array(ours), Value::Array(theirs) | Value::Set(theirs)) => assert_all(ours, theirs.iter()),
        (Node::Map(ours), Value::Map(theirs)) => {
            assert_all(ours, theirs.iter().flat_map(|(key, value)| [key, value]));
        }
        (ours, Value::Attribute { data, .. }) => assert_same(ours, data),
        // Out-of-band data inside a reply, which no server sends: redis-rs keeps its kind apart.
        (_, Value::Push { .. }) => {}
        (ours, theirs) => panic!("the lane reads {ours:?}, redis-rs {theirs:?}"),
    }
}

fn assert_all<'v>(mut ours: Items<'_>, theirs: impl Iterator<Item = &'v Value>) {
    for value in theirs {
        assert_same(ours.next().expect("as many elements as redis-rs reads"), value);
    }
    assert!(ours.next().is_none(), "more elements than redis-rs reads");
}

fn trimmed(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("a number to redis-rs").trim()
}
