//! The requests of topics. Each is one command, and one step of its server.

use super::options::Retention;
use super::position::Position;
use super::scripts::{Script, text_of};
use crate::lane::{append_argument, append_command, append_header, append_integer_argument};
use crate::redis::append_eval as append_text;

/// After so many bytes a page ends: a reader holds one at a time, and no script blocks its server for long.
const PAGE_BYTES: i64 = 256 * 1024;

/// A message of a topic that keeps its messages.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub stream: &'a [u8],
    /// What remembers the publisher's id.
    pub id_key: Option<&'a [u8]>,
    pub channel: &'a [u8],
    pub text: &'a [u8],
    pub retention: Retention,
    pub is_sharded: bool,
}

/// Appends a message of a topic that keeps none.
pub fn append_tell(channel: &[u8], text: &[u8], is_sharded: bool, out: &mut Vec<u8>) {
    append_command(out, &[if is_sharded { &b"SPUBLISH"[..] } else { b"PUBLISH" }, channel, text]);
}

pub fn append_publish(message: &Message<'_>, out: &mut Vec<u8>) {
    begin_publish(message, &[b"EVALSHA", Script::PUBLISH.sha()], 1, out);
    append_integer_argument(out, 0);
}

/// A message as the journal keeps it: whole, but for its age.
pub fn kept_publish(message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    begin_publish(message, &[b"EVAL", Script::PUBLISH.text()], 0, &mut out);
    out
}

/// `missing` arguments follow.
fn begin_publish(message: &Message<'_>, script: &[&[u8]; 2], missing: usize, out: &mut Vec<u8>) {
    let keys = 1 + usize::from(message.id_key.is_some());
    append_header(out, 3 + keys + 5 + missing);
    script.iter().for_each(|word| append_argument(out, word));
    append_integer_argument(out, keys as i64);
    append_argument(out, message.stream);
    if let Some(key) = message.id_key {
        append_argument(out, key);
    }
    append_argument(out, message.channel);
    append_argument(out, message.text);
    append_integer_argument(out, message.retention.replay as i64);
    append_integer_argument(out, message.retention.keep_ms());
    append_argument(out, if message.is_sharded { b"s" } else { b"c" });
}

pub fn append_after(stream: &[u8], position: Position, limit: usize, out: &mut Vec<u8>) {
    append_read(stream, b"a", position.to_string().as_bytes(), limit, out);
}

/// Without a position: the latest.
pub fn append_before(stream: &[u8], position: Option<Position>, limit: usize, out: &mut Vec<u8>) {
    let position = position.map_or_else(|| "+".to_owned(), |position| position.to_string());
    append_read(stream, b"b", position.as_bytes(), limit, out);
}

fn append_read(stream: &[u8], direction: &[u8], position: &[u8], limit: usize, out: &mut Vec<u8>) {
    append_header(out, 8);
    for word in [b"EVALSHA", Script::READ.sha(), b"1", stream, direction, position] {
        append_argument(out, word);
    }
    append_integer_argument(out, limit as i64);
    append_integer_argument(out, PAGE_BYTES);
}

/// Appends a request that a server refused because it does not know the script, with the script's text. False where it is
/// no request by SHA-1; then nothing is appended.
pub fn append_eval(request: &[u8], out: &mut Vec<u8>) -> bool {
    append_text(request, text_of, out)
}

/// Appends a message for a server that does not know sharded channels. False where the request is no such message; then
/// nothing is appended.
pub fn append_unsharded(request: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(rest) = request.strip_prefix(b"*3\r\n$8\r\nSPUBLISH\r\n") else { return false };
    out.extend_from_slice(b"*3\r\n$7\r\nPUBLISH\r\n");
    out.extend_from_slice(rest);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Arguments;

    const RETENTION: Retention = Retention { replay: 5, retain_seconds: 7 };

    fn words(request: &[u8]) -> Vec<String> {
        Arguments::new(request).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    #[test]
    fn a_message_is_sent_with_its_age_and_kept_without() {
        let message = Message {
            stream: b"s",
            id_key: Some(b"s:!id:x"),
            channel: b"c",
            text: b"{}",
            retention: RETENTION,
            is_sharded: true,
        };
        let mut sent = Vec::new();
        append_publish(&message, &mut sent);
        let sha = String::from_utf8_lossy(Script::PUBLISH.sha()).into_owned();
        let behind = ["s", "s:!id:x", "c", "{}", "5", "7000", "s"];
        assert_eq!(words(&sent), [&["EVALSHA", &sha, "2"][..], &behind, &["0"]].concat());
        let text = String::from_utf8_lossy(Script::PUBLISH.text()).into_owned();
        let mut whole = Vec::new();
        assert!(crate::redis::append_aged(&kept_publish(&message), std::time::Duration::ZERO, &mut whole));
        assert_eq!(words(&whole), [&["EVAL", &text, "2"][..], &behind, &["1"]].concat());
        sent.clear();
        append_publish(&Message { id_key: None, is_sharded: false, ..message }, &mut sent);
        assert_eq!(words(&sent)[2..], ["1", "s", "c", "{}", "5", "7000", "c", "0"]);
    }

    #[test]
    fn a_message_goes_to_all_where_channels_are_not_sharded() {
        let (mut sharded, mut plain, mut out) = (Vec::new(), Vec::new(), Vec::new());
        append_tell(b"c", b"{}", true, &mut sharded);
        append_tell(b"c", b"{}", false, &mut plain);
        assert!(append_unsharded(&sharded, &mut out));
        assert_eq!(out, plain);
        assert!(!append_unsharded(&plain, &mut out));
    }

    #[test]
    fn a_page_is_asked_for_on_either_side_of_a_place() {
        let mut out = Vec::new();
        append_after(b"s", Position { ms: 5, number: 6 }, 100, &mut out);
        assert_eq!(words(&out)[3..], ["s", "a", "5-6", "100", "262144"]);
        out.clear();
        append_before(b"s", None, 1, &mut out);
        assert_eq!(words(&out)[3..7], ["s", "b", "+", "1"]);
        out.clear();
        append_before(b"s", Some(Position { ms: 5, number: 6 }), 1, &mut out);
        assert_eq!(words(&out)[5], "5-6");
    }
}
