//! The requests of sessions. Each is one command, and one step of its server.

use super::base64url;
use super::id::{Hash, Nonce, Tag};
use super::scripts::Script;
use crate::lane::{append_argument, append_command, append_header, append_integer_argument};
use crate::redis::append_eval as append_text;

/// How a user's sessions are counted.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub idle_ms: i64,
    pub life_ms: i64,
    pub most: i64,
    /// At the bound the oldest goes.
    pub evicts: bool,
}

/// A rotation that stays with its user.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    pub from: &'a Hash,
    pub to: &'a Hash,
    /// `None`: the successor's bytes are random, and the old field goes at once.
    pub nonce: Option<&'a Nonce>,
    pub grace_ms: i64,
    pub is_authenticated: bool,
    pub data: Option<&'a [u8]>,
}

pub fn append_read(key: &[u8], hash: &Hash, out: &mut Vec<u8>) {
    append_command(out, &[b"HGET", key, hash]);
}

pub fn append_time(out: &mut Vec<u8>) {
    append_command(out, &[b"TIME"]);
}

fn begin(script: Script, key: &[u8], arguments: usize, out: &mut Vec<u8>) {
    append_header(out, 4 + arguments);
    append_argument(out, b"EVALSHA");
    append_argument(out, script.sha());
    append_argument(out, b"1");
    append_argument(out, key);
}

/// A session that is to be created. `about` and `data` are the lines of the record behind its times.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub key: &'a [u8],
    pub hash: Hash,
    pub about: &'a [u8],
    pub data: &'a [u8],
    pub bounds: Bounds,
}

/// Users that enter a directory, and how long the sessions of each can live, in ms.
#[derive(Debug)]
pub struct Entries {
    pub key: Vec<u8>,
    pub users: Vec<(i64, Tag)>,
}

/// Creates sessions, of which there is one at least. All have the same manner where a user has too many.
pub fn append_create(sessions: &[NewSession<'_>], directories: &[Entries], slack_ms: i64, out: &mut Vec<u8>) {
    let entries: usize = directories.iter().map(|directory| 1 + 2 * directory.users.len()).sum();
    append_header(out, 3 + sessions.len() + directories.len() + 3 + 5 * sessions.len() + entries);
    append_argument(out, b"EVALSHA");
    append_argument(out, Script::CREATE.sha());
    append_integer_argument(out, (sessions.len() + directories.len()) as i64);
    sessions.iter().for_each(|session| append_argument(out, session.key));
    directories.iter().for_each(|directory| append_argument(out, &directory.key));
    append_integer_argument(out, slack_ms);
    let evicts = sessions.first().is_none_or(|session| session.bounds.evicts);
    append_argument(out, if evicts { b"e" } else { b"r" });
    append_integer_argument(out, sessions.len() as i64);
    for NewSession { hash, about, data, bounds, .. } in sessions {
        append_argument(out, hash);
        append_lines(out, about, data);
        append_integer_argument(out, bounds.idle_ms);
        append_integer_argument(out, bounds.life_ms);
        append_integer_argument(out, bounds.most);
    }
    for Entries { users, .. } in directories {
        append_integer_argument(out, users.len() as i64);
        for (life_ms, tag) in users {
            append_integer_argument(out, *life_ms);
            append_argument(out, base64url::text(tag).as_bytes());
        }
    }
}

fn append_lines(out: &mut Vec<u8>, first: &[u8], second: &[u8]) {
    let length = itoa::Buffer::new().format(first.len() + 1 + second.len()).to_owned();
    for part in [b"$", length.as_bytes(), b"\r\n", first, b"\n", second, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

pub fn append_touch(key: &[u8], hash: &Hash, slack_ms: i64, out: &mut Vec<u8>) {
    begin(Script::TOUCH, key, 2, out);
    append_argument(out, hash);
    append_integer_argument(out, slack_ms);
}

pub fn append_update(key: &[u8], hash: &Hash, version: i64, data: &[u8], slack_ms: i64, out: &mut Vec<u8>) {
    begin(Script::UPDATE, key, 4, out);
    append_argument(out, hash);
    append_integer_argument(out, version);
    append_argument(out, data);
    append_integer_argument(out, slack_ms);
}

pub fn append_rotate(key: &[u8], rotation: &Rotation<'_>, slack_ms: i64, out: &mut Vec<u8>) {
    begin(Script::ROTATE, key, 8, out);
    append_argument(out, rotation.from);
    append_argument(out, rotation.to);
    append_argument(out, rotation.nonce.map_or(&[][..], |nonce| nonce));
    append_integer_argument(out, rotation.grace_ms);
    append_integer_argument(out, slack_ms);
    append_argument(out, flag(rotation.is_authenticated));
    append_argument(out, flag(rotation.data.is_some()));
    append_argument(out, rotation.data.unwrap_or_default());
}

/// The age of what is done now.
pub const NOW: u64 = 0;

/// Ends sessions, each named by the key of its user and its hash.
pub fn append_destroy(ends: &[(Vec<u8>, Hash)], age_ms: u64, out: &mut Vec<u8>) {
    append_header(out, 3 + 2 * ends.len() + 1);
    append_argument(out, b"EVALSHA");
    append_argument(out, Script::DESTROY.sha());
    append_integer_argument(out, ends.len() as i64);
    ends.iter().for_each(|(key, _)| append_argument(out, key));
    ends.iter().for_each(|(_, hash)| append_argument(out, hash));
    append_integer_argument(out, age_ms as i64);
}

pub fn append_revoke(key: &[u8], known_ms: i64, kept: &[Hash], age_ms: u64, out: &mut Vec<u8>) {
    begin(Script::REVOKE, key, 2 + kept.len(), out);
    append_integer_argument(out, known_ms);
    kept.iter().for_each(|hash| append_argument(out, hash));
    append_integer_argument(out, age_ms as i64);
}

/// The end of a session as the journal keeps it: whole, but for its age.
pub fn kept_destroy(key: &[u8], hash: &Hash) -> Vec<u8> {
    let mut out = Vec::new();
    append_header(&mut out, 5);
    for part in [b"EVAL", Script::DESTROY.text(), b"1", key, hash] {
        append_argument(&mut out, part);
    }
    out
}

/// The end of all sessions of a user, in the same form.
pub fn kept_revoke(key: &[u8], kept: &[Hash]) -> Vec<u8> {
    let mut out = Vec::new();
    append_header(&mut out, 5 + kept.len());
    for part in [b"EVAL", Script::REVOKE.text(), b"1", key, b"0"] {
        append_argument(&mut out, part);
    }
    kept.iter().for_each(|hash| append_argument(&mut out, hash));
    out
}

pub fn append_list(key: &[u8], cursor: &[u8], slack_ms: i64, has_data: bool, out: &mut Vec<u8>) {
    begin(Script::LIST, key, 3, out);
    append_argument(out, cursor);
    append_integer_argument(out, slack_ms);
    append_argument(out, flag(has_data));
}

/// `life_ms` counts from now on. Without an idle time the session keeps its own.
pub fn append_extend(
    key: &[u8],
    hash: &Hash,
    (life_ms, idle_ms): (i64, Option<i64>),
    slack_ms: i64,
    out: &mut Vec<u8>,
) {
    begin(Script::EXTEND, key, 4, out);
    append_argument(out, hash);
    append_integer_argument(out, life_ms);
    match idle_ms {
        Some(idle_ms) => append_integer_argument(out, idle_ms),
        None => append_argument(out, b""),
    }
    append_integer_argument(out, slack_ms);
}

/// What has ended goes where `drops` says so.
pub fn append_count(key: &[u8], slack_ms: i64, drops: bool, out: &mut Vec<u8>) {
    begin(Script::COUNT, key, 2, out);
    append_integer_argument(out, slack_ms);
    append_argument(out, flag(drops));
}

fn flag(is_on: bool) -> &'static [u8] {
    if is_on { b"1" } else { b"0" }
}

/// Without a user it only counts.
pub fn append_directory(key: &[u8], user: &[u8], life_ms: i64, out: &mut Vec<u8>) {
    begin(Script::DIRECTORY, key, 2, out);
    append_argument(out, user);
    append_integer_argument(out, life_ms);
}

/// How many entries of a directory a page has.
const PAGE: &[u8] = b"1000";

pub fn append_page(key: &[u8], cursor: &[u8], out: &mut Vec<u8>) {
    append_command(out, &[b"ZSCAN", key, cursor, b"COUNT", PAGE]);
}

/// Appends a request that a server refused because it does not know the script, with the script's text. False where it is
/// no request by SHA-1; then nothing is appended.
pub fn append_eval(request: &[u8], out: &mut Vec<u8>) -> bool {
    append_text(request, super::scripts::text_of, out)
}
