use super::read_room::READ_CHUNK_BYTES;
use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn request(lane: &mut Lane<u32>, token: u32, arguments: &[&[u8]]) {
    request_until(lane, token, arguments, Instant::now() + Duration::from_secs(60));
}

fn request_until(lane: &mut Lane<u32>, token: u32, arguments: &[&[u8]], deadline: Instant) {
    let from = lane.buffer().len();
    append_command(lane.buffer(), arguments);
    lane.commit(from, 1, token, deadline);
}

fn send_all(lane: &mut Lane<u32>) -> Vec<u8> {
    let bytes = lane.unsent().to_vec();
    lane.sent(bytes.len());
    bytes
}

fn feed(lane: &mut Lane<u32>, bytes: &[u8]) -> Result<Vec<(u32, String)>, ProtocolError> {
    let mut got = Vec::new();
    for chunk in bytes.chunks(READ_CHUNK_BYTES) {
        lane.read_room()[..chunk.len()].copy_from_slice(chunk);
        lane.received(chunk.len(), |arrival| {
            let Arrival::Answer { token, answer, .. } = arrival else { return };
            got.push((
                token,
                match answer {
                    Answer::Frame(frame) => format!("{:?}", plain(frame.node())),
                    Answer::Refused(line) => format!("refused {line}"),
                },
            ));
        })?;
    }
    Ok(got)
}

/// Converts a reply to redis-rs's type, to compare the two parsers.
fn plain(node: Node<'_>) -> redis::Value {
    use redis::Value;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match node {
        Node::Null => Value::Nil,
        Node::Boolean(value) => Value::Boolean(value),
        Node::Integer(value) => Value::Int(value),
        Node::Bulk(bytes) => Value::BulkString(bytes.to_vec()),
        Node::Status(b"OK") => Value::Okay,
        Node::Status(line) => Value::SimpleString(text(line)),
        Node::Error(line) => Value::SimpleString(format!("error {}", text(line))),
        Node::Number(digits) => Value::Double(text(digits).parse().unwrap_or(f64::NAN)),
        Node::Array(items) => Value::Array(items.map(plain).collect()),
        Node::Map(mut items) => {
            let mut pairs = Vec::new();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((plain(key), plain(value)));
            }
            Value::Map(pairs)
        }
    }
}

#[test]
fn replies_meet_their_requests_in_order() {
    let mut lane = Lane::default();
    for token in 0..3 {
        request(&mut lane, token, &[b"GET", b"k"]);
    }
    send_all(&mut lane);
    let got = feed(&mut lane, b"$1\r\na\r\n_\r\n:7\r\n").unwrap();
    assert_eq!(got, [(0, "bulk-string('\"a\"')".into()), (1, "nil".into()), (2, "int(7)".into())]);
    assert_eq!(lane.pending(), 0);
}

#[test]
fn a_reply_that_nobody_asked_for_ends_the_connection() {
    let mut lane = Lane::default();
    assert_eq!(feed(&mut lane, b"+OK\r\n"), Err(ProtocolError::UnexpectedReply));
}

#[test]
fn a_reply_before_its_request_was_sent_ends_the_connection() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"GET", b"a"]);
    lane.sent(5);
    assert_eq!(feed(&mut lane, b"+not yours\r\n"), Err(ProtocolError::UnexpectedReply));
    let mut lost = Vec::new();
    lane.disconnect(|_, _, _| false, |request| lost.push(request.token));
    assert_eq!(lost, [1]);
}

#[test]
fn monitored_commands_are_nobodys_reply_where_they_are_asked_for() {
    let lines = b"+OK\r\n+1700000000.123456 [0 127.0.0.1:1] \"get\" \"k\"\r\n+PONG\r\n";
    let mut lane = Lane { is_monitoring: true, ..Lane::default() };
    request(&mut lane, 1, &[b"MONITOR"]);
    request(&mut lane, 2, &[b"PING"]);
    send_all(&mut lane);
    let got: Vec<u32> = feed(&mut lane, lines).unwrap().into_iter().map(|(token, _)| token).collect();
    assert_eq!(got, [1, 2]);
    assert_eq!(lane.pending(), 0);
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"PING"]);
    send_all(&mut lane);
    assert!(feed(&mut lane, lines).is_err());
}

#[test]
fn push_messages_are_nobodys_reply() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"PING"]);
    send_all(&mut lane);
    let got = feed(&mut lane, b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n+PONG\r\n").unwrap();
    assert_eq!(got, [(1, "simple-string(\"PONG\")".into())]);
}

/// A lane that is subscribed to `a` and `b` with RESP2.
fn subscribed_with_resp2() -> Lane<u32> {
    let mut lane = Lane::default();
    let from = lane.buffer().len();
    append_command(lane.buffer(), &[b"SUBSCRIBE", b"a", b"b"]);
    lane.commit(from, 2, 1, Instant::now() + Duration::from_secs(60));
    send_all(&mut lane);
    let confirmations =
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
    let got = feed(&mut lane, confirmations).unwrap();
    assert_eq!(got.len(), 1);
    lane
}

const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";

#[test]
fn messages_of_resp2_are_nobodys_reply_while_something_is_subscribed_to() {
    let mut lane = subscribed_with_resp2();
    request(&mut lane, 2, &[b"PING"]);
    send_all(&mut lane);
    let mut bytes = MESSAGE.to_vec();
    bytes.extend(b"*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    bytes.extend(MESSAGE);
    assert_eq!(feed(&mut lane, &bytes).unwrap().len(), 1);
    assert_eq!(lane.pending(), 0);

    // When a slot moves, the server ends several subscriptions unasked. The last one ends the subscribed
    // state too.
    for channel in ["a", "b"] {
        let count = i32::from(channel == "a");
        let ended = format!("*3\r\n$11\r\nunsubscribe\r\n$1\r\n{channel}\r\n:{count}\r\n");
        assert_eq!(feed(&mut lane, ended.as_bytes()).unwrap(), []);
    }
    request(&mut lane, 3, &[b"LRANGE", b"list", b"0", b"-1"]);
    send_all(&mut lane);
    assert_eq!(feed(&mut lane, MESSAGE).unwrap().len(), 1);
}

#[test]
fn a_list_that_looks_like_a_message_is_a_reply_where_nothing_is_subscribed_to() {
    let mut lane = Lane::default();
    for reply in [MESSAGE, b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"] {
        request(&mut lane, 1, &[b"EVAL", b"return x"]);
        send_all(&mut lane);
        assert_eq!(feed(&mut lane, reply).unwrap().len(), 1);
    }
    assert_eq!(feed(&mut lane, MESSAGE), Err(ProtocolError::UnexpectedReply));
}

#[test]
fn a_lost_connection_takes_its_subscriptions_along() {
    let mut lane = subscribed_with_resp2();
    lane.disconnect(|_, _, _| false, |_| ());
    request(&mut lane, 2, &[b"LRANGE", b"list", b"0", b"-1"]);
    send_all(&mut lane);
    assert_eq!(feed(&mut lane, MESSAGE).unwrap().len(), 1);
}

#[test]
fn the_first_refusal_inside_a_transaction_is_the_answer() {
    let mut lane = Lane::default();
    let from = lane.buffer().len();
    for command in [&b"MULTI"[..], b"SET", b"EXEC"] {
        append_command(lane.buffer(), &[command]);
    }
    lane.commit(from, 3, 9, Instant::now() + Duration::from_secs(60));
    send_all(&mut lane);
    let got = feed(&mut lane, b"+OK\r\n-OOM too much\r\n-EXECABORT no\r\n").unwrap();
    assert_eq!(got, [(9, "refused OOM too much".into())]);
}

#[test]
fn a_late_reply_to_an_expired_request_is_dropped() {
    let mut lane = Lane::default();
    let now = Instant::now();
    request_until(&mut lane, 1, &[b"GET", b"slow"], now);
    send_all(&mut lane);
    request_until(&mut lane, 2, &[b"GET", b"fast"], now + Duration::from_secs(9));
    send_all(&mut lane);
    let mut late = Vec::new();
    lane.expire(now, |request| late.push((request.token, request.was_sent)));
    assert_eq!(late, [(1, true)]);
    let got = feed(&mut lane, b"$4\r\nslow\r\n$4\r\nfast\r\n").unwrap();
    assert_eq!(got, [(2, "bulk-string('\"fast\"')".into())]);
}

#[test]
fn a_request_that_expires_before_it_is_sent_is_never_sent() {
    let mut lane = Lane::default();
    let now = Instant::now();
    request_until(&mut lane, 1, &[b"GET", b"sent"], now);
    send_all(&mut lane);
    request_until(&mut lane, 2, &[b"GET", b"waits"], now);
    request_until(&mut lane, 3, &[b"GET", b"later"], now + Duration::from_secs(9));
    let mut late = Vec::new();
    lane.expire(now, |request| late.push((request.token, request.was_sent)));
    assert_eq!(late, [(1, true), (2, false)]);
    assert_eq!(send_all(&mut lane), b"*2\r\n$3\r\nGET\r\n$5\r\nlater\r\n");
    let got = feed(&mut lane, b"+a\r\n+b\r\n").unwrap();
    assert_eq!(got, [(3, "simple-string(\"b\")".into())]);
}

#[test]
fn a_lost_connection_gives_back_what_was_sent_and_keeps_what_may_wait() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"GET", b"a"]);
    request(&mut lane, 2, &[b"GET", b"b"]);
    lane.sent(25);
    request(&mut lane, 3, &[b"GET", b"c"]);
    request(&mut lane, 4, &[b"GET", b"d"]);
    let mut lost = Vec::new();
    lane.disconnect(
        |token, _, was_sent| !was_sent && *token == 4,
        |request| lost.push((request.token, request.was_sent)),
    );
    assert_eq!(lost, [(1, true), (2, true), (3, false)]);
    assert_eq!(send_all(&mut lane), b"*2\r\n$3\r\nGET\r\n$1\r\nd\r\n");
    assert_eq!(feed(&mut lane, b"+d\r\n").unwrap(), [(4, "simple-string(\"d\")".into())]);
    assert_eq!(lane.generation(), 1);
}

#[test]
fn a_lost_request_carries_its_bytes() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"SET", b"key", b"value"]);
    let mut requests = Vec::new();
    lane.disconnect(|_, _, _| false, |request| requests.push(request.request));
    let arguments: Vec<&[u8]> = Arguments::new(&requests[0]).collect();
    assert_eq!(arguments, [&b"SET"[..], b"key", b"value"]);
}

#[test]
fn a_claimed_length_allocates_nothing() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"GET", b"k"]);
    send_all(&mut lane);
    assert!(feed(&mut lane, b"$536870000\r\nabc").unwrap().is_empty());
    assert!(lane.input.capacity() < 2 * KEEP_BUFFER_BYTES);
    let claims: [&[u8]; 7] = [
        b"$99999999999\r\n",
        b"*99999999999999\r\n",
        b"$12x\r\n",
        b"?\r\n",
        b"%-1\r\n",
        b"=-1\r\n",
        b"~-1\r\n",
    ];
    for claim in claims {
        let mut lane = Lane::default();
        request(&mut lane, 1, &[b"GET", b"k"]);
        assert!(feed(&mut lane, claim).is_err(), "{claim:?}");
    }
}

#[test]
fn a_lane_without_the_beginning_of_a_reply_holds_no_buffer() {
    let mut lane = Lane::default();
    request(&mut lane, 1, &[b"GET", b"k"]);
    send_all(&mut lane);
    let mut reply = b"$8000000\r\n".to_vec();
    reply.resize(reply.len() + 8_000_000, b'x');
    reply.extend_from_slice(b"\r\n");
    assert_eq!(feed(&mut lane, &reply).unwrap().len(), 1);
    assert_eq!(lane.input.capacity(), 0);
    request(&mut lane, 2, &[b"GET", b"k"]);
    send_all(&mut lane);
    assert!(feed(&mut lane, b"$3\r\nab").unwrap().is_empty());
    assert_ne!(lane.input.capacity(), 0);
    assert_eq!(feed(&mut lane, b"c\r\n").unwrap().len(), 1);
    assert_eq!(lane.input.capacity(), 0);
}

#[test]
fn room_for_requests_shrinks_after_a_burst() {
    let mut lane = Lane::default();
    for token in 0..100_000 {
        request(&mut lane, token, &[b"GET", b"k"]);
    }
    send_all(&mut lane);
    assert_eq!(feed(&mut lane, &b"+OK\r\n".repeat(100_000)).unwrap().len(), 100_000);
    request(&mut lane, 1, &[b"GET", b"k"]);
    assert!(lane.pending.capacity() <= KEEP_REQUESTS, "{}", lane.pending.capacity());
    assert!(lane.out.capacity() <= KEEP_BUFFER_BYTES);
}

/// Generates replies that both parsers understand, as the bytes that a server would send.
fn reply() -> impl Strategy<Value = Vec<u8>> {
    let bulk = prop::collection::vec(any::<u8>(), 0..80).prop_map(|content| {
        let mut bytes = format!("${}\r\n", content.len()).into_bytes();
        bytes.extend_from_slice(&content);
        bytes.extend_from_slice(b"\r\n");
        bytes
    });
    let line = prop_oneof![
        "\\+[a-zA-Z ]{0,20}",
        "[:][0-9]{1,15}",
        ":-[1-9][0-9]{0,10}",
        "#[tf]",
        "_",
        "[$]-1",
        "[*]-1",
        ",-?[0-9]{1,6}\\.[0-9]{1,4}"
    ]
    .prop_map(|text| format!("{text}\r\n").into_bytes());
    let leaf = prop_oneof![bulk, line];
    leaf.prop_recursive(4, 40, 6, |inner| {
        (prop::collection::vec(inner, 0..6), 0..2usize).prop_map(|(items, kind)| {
            let mut bytes = match kind {
                0 => format!("*{}\r\n", items.len()),
                _ => format!("%{}\r\n", items.len() / 2),
            }
            .into_bytes();
            let taken = if kind == 0 { items.len() } else { items.len() / 2 * 2 };
            items[..taken].iter().for_each(|item| bytes.extend_from_slice(item));
            bytes
        })
    })
}

proptest! {
    #[test]
    fn replies_read_as_redis_rs_reads_them_whatever_the_chunks(
        replies in prop::collection::vec(reply(), 1..8),
        chunk in 1..50usize,
    ) {
        let mut lane = Lane::default();
        for token in 0..replies.len() as u32 {
            request(&mut lane, token, &[b"GET", b"k"]);
        }
        send_all(&mut lane);
        let mut got = Vec::new();
        for bytes in replies.concat().chunks(chunk) {
            lane.read_room()[..bytes.len()].copy_from_slice(bytes);
            lane.received(bytes.len(), |arrival| {
                if let Arrival::Answer { token, answer: Answer::Frame(frame), .. } = arrival {
                    got.push((token, plain(frame.node())));
                }
            }).unwrap();
        }
        prop_assert_eq!(got.len(), replies.len());
        for ((token, value), bytes) in got.into_iter().zip(&replies) {
            let expected = redis::parse_redis_value(bytes).unwrap();
            prop_assert_eq!(format!("{value:?}"), format!("{expected:?}"), "reply {}", token);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_answer_more_than_was_asked(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        chunk in 1..40usize,
    ) {
        let mut lane = Lane::default();
        request(&mut lane, 0, &[b"GET", b"k"]);
        request(&mut lane, 1, &[b"GET", b"k"]);
        send_all(&mut lane);
        let mut answers = 0;
        for piece in bytes.chunks(chunk) {
            lane.read_room()[..piece.len()].copy_from_slice(piece);
            if lane.received(piece.len(), |arrival| {
                let Arrival::Answer { answer, .. } = arrival else { return };
                if let Answer::Frame(frame) = answer { let _ = plain(frame.node()); }
                answers += 1;
            }).is_err() { break; }
        }
        prop_assert!(answers <= 2);
    }
}
