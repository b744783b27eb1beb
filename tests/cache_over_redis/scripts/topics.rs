//! The scripts of topics: what only a server shows, such as lifetimes of keys, channels, and keys of another type. What the
//! steps mean is in `src/topic/contract.rs`.

use orgcache::topic::scripts::{PUBLISH, READ};

use super::super::client::{Client, Reply};
use super::{assert_lives, assert_wrong_type, integers, refusal, run};

const KEEP: &[u8] = b"300000";

fn publish(client: &mut Client, keys: &[&[u8]], age: &[u8]) -> Reply {
    run(client, PUBLISH, keys, &[b"channel", b"{}", b"10", KEEP, b"c", age])
}

#[test]
fn a_stream_and_the_id_of_its_publisher_live_as_long_as_the_last_message() {
    let mut client = Client::connect("topic-life");
    let (stream, id) = (client.key("{t}"), client.key("{t}:id"));
    publish(&mut client, &[&stream, &id], b"0");
    assert_lives(&mut client, &stream, 300_000);
    assert_lives(&mut client, &id, 300_000);
    client.integer(&[b"PEXPIRE", &stream, b"1000"]);
    publish(&mut client, &[&stream], b"0");
    assert_lives(&mut client, &stream, 300_000);
    assert_eq!(client.integer(&[b"XLEN", &stream]), 2);
}

#[test]
fn a_message_that_comes_too_late_is_not_published() {
    let mut client = Client::connect("topic-late");
    let stream = client.key("{t}");
    assert_eq!(publish(&mut client, &[&stream], KEEP), integers(&[1]));
    assert_eq!(client.integer(&[b"EXISTS", &stream]), 0);
    publish(&mut client, &[&stream], b"299999");
    assert_eq!(client.integer(&[b"XLEN", &stream]), 1);
}

#[test]
fn a_message_that_is_too_old_goes_with_the_next_one() {
    let mut client = Client::connect("topic-old");
    let stream = client.key("{t}");
    // Whole nodes of a stream go at once.
    for number in 1..=200 {
        let id = format!("1-{number}");
        client.command(&[b"XADD", &stream, id.as_bytes(), b"b", b"0-0", b"m", b"{}"]);
    }
    run(&mut client, PUBLISH, &[&stream], &[b"channel", b"{}", b"100000", KEEP, b"c", b"0"]);
    assert!(client.integer(&[b"XLEN", &stream]) < 102);
}

#[test]
fn a_key_of_another_type_is_refused_and_stays() {
    let mut client = Client::connect("topic-type");
    let stream = client.key("{t}");
    client.command(&[b"SET", &stream, b"x"]);
    let words: &[&[u8]] = &[b"channel", b"{}", b"10", KEEP, b"c", b"0"];
    assert_wrong_type(&refusal(&mut client, PUBLISH, &[&stream], words));
    assert_wrong_type(&refusal(&mut client, READ, &[&stream], &[b"a", b"0-0", b"10", b"1000"]));
    assert_eq!(client.command(&[b"GET", &stream]), Reply::Text(b"x".to_vec()));
}

#[test]
fn a_message_that_something_else_has_added_is_read_as_one_without_a_predecessor() {
    let mut client = Client::connect("topic-foreign");
    let stream = client.key("{t}");
    client.command(&[b"XADD", &stream, b"5-1", b"other", b"x"]);
    let expected = ["5-1", "0-0", ""].map(|text| Reply::Text(text.as_bytes().to_vec()));
    let page = run(&mut client, READ, &[&stream], &[b"a", b"0-0", b"10", b"1000"]);
    let Reply::List(parts) = page else { panic!("{page:?}") };
    assert_eq!((&parts[0], &parts[2..]), (&expected[0], &expected[..]));
}

#[test]
fn sharded_channels_are_told_where_a_server_has_them_and_plain_ones_where_it_has_not() {
    let mut client = Client::connect_to_cluster("topic-sharded");
    let stream = client.key("{t}");
    let reply = run(&mut client, PUBLISH, &[&stream], &[&stream, b"{}", b"10", KEEP, b"s", b"0"]);
    assert!(matches!(&reply, Reply::List(parts) if parts.len() == 3), "{reply:?}");
}
