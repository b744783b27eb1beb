//! Bytes of a hostile server, in pieces of any size, into a lane with requests that wait.
//!
//! The first byte chooses the pieces, the rest is what the server sends. Whatever it is: no panic,
//! no more answers than requests, a receive buffer that grows with what came and not with what was
//! claimed; and where redis-rs reads the first reply too, both read the same number of bytes.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use orgcache::lane::{Answer, Lane, Node, append_command};

const REQUESTS: usize = 4;

/// Walks a reply to its last leaf.
fn visit(node: Node<'_>) -> usize {
    match node {
        Node::Array(items) | Node::Map(items) => items.map(visit).sum(),
        Node::Bulk(bytes) | Node::Status(bytes) | Node::Error(bytes) | Node::Number(bytes) => bytes.len(),
        _ => 1,
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&piece, bytes)) = input.split_first() else { return };
    let mut lane = Lane::default();
    let deadline = Instant::now() + Duration::from_secs(60);
    for token in 0..REQUESTS {
        let from = lane.buffer().len();
        append_command(lane.buffer(), &[b"GET", b"key"]);
        lane.commit(from, 1, token, deadline);
    }
    let sent = lane.unsent().len();
    lane.sent(sent);

    let mut answered = Vec::new();
    let mut first_reply = None;
    for chunk in bytes.chunks(usize::from(piece) + 1) {
        let room = lane.read_room();
        assert!(room.len() <= 8 * 1024 * 1024 + 2 * bytes.len(), "a claimed length decided an allocation");
        room[..chunk.len()].copy_from_slice(chunk);
        let result = lane.received(chunk.len(), |token, answer, _| {
            if let Answer::Frame(frame) = answer {
                visit(frame.node());
                first_reply.get_or_insert_with(|| frame.bytes().to_vec());
            }
            answered.push(token);
        });
        if result.is_err() {
            break;
        }
    }
    assert!(answered.iter().copied().eq(0..answered.len()), "answers out of order");
    assert!(answered.len() <= REQUESTS);
    // A reply that the lane took for whole is whole to redis-rs, or is none in its eyes either.
    if let Some(reply) = first_reply
        && let Err(error) = redis::parse_redis_value(&reply)
    {
        assert_ne!(error.kind(), redis::ErrorKind::Io, "the lane took a part for the whole");
    }
});
