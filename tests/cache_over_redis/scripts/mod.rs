//! Runs each Lua script alone, in the text that is sent: its replies, and the data in Redis afterwards.

use orgcache::redis::Outcome;
use orgcache::{cache, erasure, outage};

use super::client::{Client, Reply};

mod entries;
mod erasing;
mod heartbeat;
mod index;
mod legacy;
mod limits;
mod queues;
mod replay;
mod sessions;
mod topics;

fn command<'a>(script: &'a [u8], count: &'a str, keys: &[&'a [u8]], arguments: &[&'a [u8]]) -> Vec<&'a [u8]> {
    [&[b"EVAL".as_slice(), script, count.as_bytes()], keys, arguments].concat()
}

#[track_caller]
fn run(client: &mut Client, script: &[u8], keys: &[&[u8]], arguments: &[&[u8]]) -> Reply {
    client.command(&command(script, &keys.len().to_string(), keys, arguments))
}

/// Runs a script and returns its error reply.
#[track_caller]
fn refusal(client: &mut Client, script: &[u8], keys: &[&[u8]], arguments: &[&[u8]]) -> String {
    let count = keys.len().to_string();
    let arguments = command(script, &count, keys, arguments);
    match client.raw(&arguments) {
        Outcome::Reply(bytes, _) => String::from_utf8_lossy(&bytes).into_owned(),
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn assert_wrong_type(refusal: &str) {
    assert!(refusal.contains("WRONGTYPE"), "{refusal}");
}

fn integers(numbers: &[i64]) -> Reply {
    Reply::List(numbers.iter().map(|number| Reply::Integer(*number)).collect())
}

fn text(text: &str) -> Reply {
    Reply::Text(text.as_bytes().to_vec())
}

/// Asserts that the key's remaining lifetime is at most `ms` and close to it.
#[track_caller]
fn assert_lives(client: &mut Client, key: &[u8], ms: i64) {
    let left = client.integer(&[b"PTTL", key]);
    assert!((ms - 20_000..=ms).contains(&left), "{left} ms are left, not {ms}");
}

#[test]
fn no_script_is_sent_with_comments_or_indentation_or_has_grown() {
    let all = cache::scripts::ALL.into_iter().chain(outage::scripts::ALL).chain(erasure::scripts::ALL);
    for (name, sent, most) in all {
        let sent = std::str::from_utf8(sent).unwrap();
        assert!(!sent.is_empty() && sent.len() <= most, "{name} has {} bytes, at most {most}", sent.len());
        for line in sent.lines() {
            assert!(!line.contains("--") && !line.is_empty() && line == line.trim(), "{name}: {line:?}");
        }
    }
}
