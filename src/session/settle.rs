//! What replies mean to the calls that asked for them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::{Reason, Told, integers, text};
use super::base64url;
use super::create::settle_create;
use super::destroy::settle_destroy;
use super::ended::Kind;
use super::id::{Hash, Id, Ref, Tag};
use super::open::Open;
use super::options::OnMismatch;
use super::recent::Seen;
use super::record::{Head, Record, Stored};
use super::requests::{NOW, append_destroy, append_read, append_touch};
use super::secrets::Use;
use super::tally::Count;
use super::ticket::{Purpose, Read};
use crate::codec::Codec;
use crate::error::{Error, ErrorCode};
use crate::lane::{Frame, Node as Reply, append_command};
use crate::redis::Outcome;

const MOST_ALIASES: usize = 3;

/// What a reply comes to. Its request was appended where one follows.
pub(super) enum Settled {
    Done(Outcome<'static>),
    /// The call goes on with another request.
    Instead(Purpose),
    /// The call is done, and a request goes out that nobody waits for.
    Beside(Outcome<'static>),
}

/// What a reply is settled with.
pub(super) struct With<'a> {
    pub codec: &'a Codec,
    /// When the call was made: before the server told its time.
    pub issued: Instant,
    pub now: Instant,
    /// Takes the request that follows.
    pub out: &'a mut Vec<u8>,
}

/// Reads the replies to a room's requests.
pub(super) struct Replies<'o> {
    open: &'o Open,
}

impl<'o> Replies<'o> {
    pub(super) fn of(open: &'o Open) -> Replies<'o> {
        Replies { open }
    }

    pub(super) fn settle(&self, purpose: Purpose, frame: Frame<'_>, with: With<'_>) -> Settled {
        let node = frame.node();
        Settled::Done(match purpose {
            Purpose::Read(read) => return self.settle_read(*read, &node, with),
            Purpose::Create(made) => settle_create(self.open, &made, node).unwrap_or_else(|| self.damaged()),
            Purpose::Update => self.settle_update(node),
            Purpose::Rotate { from, to } => self.settle_rotate(from, to, node, with.codec),
            Purpose::Touch => Outcome::Boolean(matches!(node, Reply::Integer(1))),
            Purpose::Destroy(named) => settle_destroy(self.open, &named, node, with.now),
            Purpose::Revoke { tag, kept } => return self.settle_revoke(tag, kept, node, with),
            Purpose::List { tag } => list(tag, node, with.codec),
            Purpose::Count => match node {
                Reply::Integer(count) => Outcome::Integer(count),
                _ => Outcome::Null,
            },
            Purpose::CountTag => {
                let mut counts = integers(node);
                let (live, ended) = (counts.next(), counts.next());
                text(json!({ "live": live, "ended": ended }).to_string())
            }
            Purpose::Page => page(node),
            Purpose::Time(_) | Purpose::Aside => Outcome::Null,
        })
    }

    fn unknown(&self) -> Outcome<'static> {
        self.open.tally.count(Count::Unknown);
        Reason::Unknown.outcome()
    }

    pub(super) fn damaged(&self) -> Outcome<'static> {
        self.open.tally.count(Count::Damaged);
        self.unknown()
    }

    fn settle_revoke(&self, tag: Tag, kept: Vec<Hash>, node: Reply<'_>, with: With<'_>) -> Settled {
        let mut numbers = integers(node).skip(1);
        let mut next = || numbers.next().unwrap_or_default();
        let (removed, known_ms, waits_to_be_deleted) = (next(), next(), next() == 1);
        self.open.note_end(tag, Kind::User { known_ms, kept }, false, with.now);
        self.open.tally.count(Count::Revoked);
        let told = json!({ "outcome": "destroyed", "removed": removed, "tag": base64url::text(&tag) });
        let outcome = text(told.to_string());
        if !waits_to_be_deleted {
            return Settled::Done(outcome);
        }
        append_command(with.out, &[b"UNLINK", &self.open.gone_key(&tag)]);
        Settled::Beside(outcome)
    }

    fn settle_read(&self, read: Read, node: &Reply<'_>, with: With<'_>) -> Settled {
        let Reply::Bulk(bytes) = node else { return Settled::Done(self.unknown()) };
        let Some(now_ms) = read.time.ms() else {
            let error = Error::new(
                ErrorCode::Connect,
                "Redis did not tell its time, so the session cannot be judged",
            );
            return Settled::Done(Outcome::Failed(error));
        };
        match Stored::parse(bytes) {
            None => Settled::Done(self.damaged()),
            Some(Stored::Alias(alias)) => {
                let at = read.at.successor(&alias.nonce);
                if alias.until <= now_ms {
                    return Settled::Done(self.unknown());
                }
                if read.hops == MOST_ALIASES || at.hash() != alias.successor {
                    return Settled::Done(self.damaged());
                }
                append_read(&self.open.user_key(&at.tag), &at.hash(), with.out);
                Settled::Instead(Purpose::Read(Box::new(Read { at, hops: read.hops + 1, ..read })))
            }
            Some(Stored::Record(record)) => self.settle_record(&read, &record, (bytes, now_ms), with),
        }
    }

    fn settle_record(
        &self,
        read: &Read,
        record: &Record<'_>,
        (bytes, now_ms): (&[u8], i64),
        with: With<'_>,
    ) -> Settled {
        let reference = read.at.reference();
        let slack = self.open.options.slack_ms();
        let Ref { tag, hash } = reference;
        // Counted from the call: a reply that was long on its way must not make an end look older than a session.
        let is_ended = || self.open.ended().has(&tag, &hash, record.head.created, (with.issued, now_ms));
        if !record.head.is_live(now_ms, slack) || is_ended() {
            return Settled::Done(self.unknown());
        }
        let is_mismatched = self.is_mismatched(read, record);
        if is_mismatched {
            self.open.tally.count(Count::Mismatched);
            match self.open.options.on_mismatch {
                OnMismatch::Report => {}
                OnMismatch::Reject => return Settled::Done(mismatch(&reference)),
                OnMismatch::Destroy => {
                    append_destroy(&[(self.open.user_key(&tag), hash)], NOW, with.out);
                    self.open.note_end(tag, Kind::Session(hash), true, with.now);
                    self.open.tally.count(Count::Destroyed);
                    return Settled::Beside(mismatch(&reference));
                }
            }
        }
        let Some(data) = decoded(with.codec, record.data) else { return Settled::Done(self.damaged()) };
        if self.open.options.recent_seconds.is_some() {
            let seen = Seen { tag, record: bytes.into(), at: with.now, at_ms: now_ms };
            self.open.recent().note(hash, seen);
        }
        let mut head = record.head;
        let is_due = read.touches && now_ms - head.touched >= slack;
        if read.touches {
            head.touched = head.touched.max(now_ms);
        }
        self.open.tally.count(Count::Read);
        let told = Told {
            reference,
            head,
            about: record.about,
            data: Some(&data),
            now: now_ms,
            id: (read.hops > 0).then(|| read.at.text(&self.open.secrets)),
            is_stale: false,
            is_mismatched,
            evicted: Vec::new(),
        };
        if is_due && self.open.takes_touch(&hash, with.now) {
            self.open.tally.count(Count::Touched);
            append_touch(&self.open.user_key(&tag), &hash, slack, with.out);
            return Settled::Beside(told.outcome());
        }
        Settled::Done(told.outcome())
    }

    /// A session that was made without a fingerprint, and a call that gives none, have nothing to compare.
    fn is_mismatched(&self, read: &Read, record: &Record<'_>) -> bool {
        let Some(fingerprint) = read.fingerprint.as_deref() else { return false };
        let about: Value = serde_json::from_slice(record.about).unwrap_or_default();
        let Some(sealed) = about["f"].as_str() else { return false };
        !self.open.secrets.opens(Use::Fingerprint, b"", fingerprint, sealed.as_bytes())
    }

    /// What this process read of a session lately, while Redis is away.
    pub(super) fn recently(&self, read: &Read, codec: &Codec, now: Instant) -> Option<Outcome<'static>> {
        let within = Duration::from_secs(self.open.options.recent_seconds?);
        let reference = read.at.reference();
        let Seen { record, at, at_ms, .. } = self.open.recent().get(&reference.hash, within, now)?;
        let Some(Stored::Record(record)) = Stored::parse(&record) else { return None };
        let now_ms = at_ms + now.saturating_duration_since(at).as_millis() as i64;
        if !record.head.is_live(now_ms, self.open.options.slack_ms()) {
            return Some(self.unknown());
        }
        let is_mismatched = self.is_mismatched(read, &record);
        if is_mismatched && self.open.options.on_mismatch != OnMismatch::Report {
            self.open.tally.count(Count::Mismatched);
            return Some(mismatch(&reference));
        }
        let data = decoded(codec, record.data)?;
        self.open.tally.count(Count::Stale);
        let told = Told {
            reference,
            head: record.head,
            about: record.about,
            data: Some(&data),
            now: now_ms,
            id: None,
            is_stale: true,
            is_mismatched,
            evicted: Vec::new(),
        };
        Some(told.outcome())
    }

    fn settle_update(&self, node: Reply<'_>) -> Outcome<'static> {
        let Reply::Array(mut items) = node else { return self.damaged() };
        match (items.next(), items.next()) {
            (Some(Reply::Integer(1)), Some(Reply::Bulk(line))) => {
                let Some(head) = line.strip_suffix(b"\n").and_then(Head::parse) else {
                    return self.damaged();
                };
                self.open.tally.count(Count::Updated);
                let Head { touched, idle, end, version, .. } = head;
                let told = json!({
                    "version": version,
                    "seenAt": touched,
                    "idleEndsAt": (touched + idle).min(end),
                    "now": touched,
                });
                text(told.to_string())
            }
            (Some(Reply::Integer(2)), _) => {
                self.open.tally.count(Count::Conflicts);
                Reason::Conflict.outcome()
            }
            _ => self.unknown(),
        }
    }

    fn settle_rotate(&self, from: Id, to: Id, node: Reply<'_>, codec: &Codec) -> Outcome<'static> {
        let Reply::Array(mut items) = node else { return self.damaged() };
        let (Some(Reply::Integer(made)), Some(Reply::Bulk(bytes))) = (items.next(), items.next()) else {
            return self.unknown();
        };
        let Some(Stored::Record(record)) = Stored::parse(bytes) else { return self.damaged() };
        let mut id = to;
        if made == 2 {
            id = from;
            for alias in items {
                let Reply::Bulk(alias) = alias else { return self.damaged() };
                let Some(Stored::Alias(alias)) = Stored::parse(alias) else { return self.damaged() };
                id = id.successor(&alias.nonce);
                if id.hash() != alias.successor {
                    return self.damaged();
                }
            }
        }
        let Some(data) = decoded(codec, record.data) else { return self.damaged() };
        self.open.tally.count(Count::Rotated);
        self.open.ended().follow(&from.tag, &from.hash(), id.hash());
        self.open.recent().forget(&from.hash());
        Told {
            reference: id.reference(),
            head: record.head,
            about: record.about,
            data: Some(&data),
            now: record.head.touched,
            id: Some(id.text(&self.open.secrets)),
            is_stale: false,
            is_mismatched: false,
            evicted: Vec::new(),
        }
        .outcome()
    }
}

/// The session is not told, but for its ref.
fn mismatch(reference: &Ref) -> Outcome<'static> {
    text(json!({ "reason": "mismatch", "ref": reference.text() }).to_string())
}

/// The JSON text of data; `None` where it is damaged.
fn decoded(codec: &Codec, stored: &[u8]) -> Option<Vec<u8>> {
    let json = codec.decode(stored).ok()?;
    json.starts_with(b"{").then(|| json.into_owned())
}

fn list(tag: Tag, node: Reply<'_>, codec: &Codec) -> Outcome<'static> {
    let Reply::Array(mut items) = node else { return Outcome::Null };
    let cursor = match items.next() {
        Some(Reply::Bulk(cursor)) => String::from_utf8_lossy(cursor).into_owned(),
        _ => "0".to_owned(),
    };
    let mut sessions = String::new();
    while let (Some(Reply::Bulk(hash)), Some(Reply::Bulk(record))) = (items.next(), items.next()) {
        let (Ok(hash), Some(Stored::Record(Record { head, about, data }))) =
            (hash.try_into(), Stored::parse(record))
        else {
            continue;
        };
        // There is none where none was asked for; damaged data is none either.
        let data = decoded(codec, data);
        let told = Told {
            reference: Ref { tag, hash },
            head,
            about,
            data: data.as_deref(),
            now: head.touched,
            id: None,
            is_stale: false,
            is_mismatched: false,
            evicted: Vec::new(),
        };
        if !sessions.is_empty() {
            sessions.push(',');
        }
        told.push_to(&mut sessions);
    }
    text(format!("{{\"cursor\":{},\"sessions\":[{sessions}]}}", json!(cursor)))
}

/// A page of a directory: the next cursor, and the tags of users.
fn page(node: Reply<'_>) -> Outcome<'static> {
    let Reply::Array(mut items) = node else { return Outcome::Null };
    let (Some(Reply::Bulk(cursor)), Some(Reply::Array(entries))) = (items.next(), items.next()) else {
        return Outcome::Null;
    };
    let tags: Vec<_> = entries
        .step_by(2)
        .filter_map(|entry| match entry {
            Reply::Bulk(tag) if base64url::bytes::<9>(tag).is_some() => {
                Some(String::from_utf8_lossy(tag).into_owned())
            }
            _ => None,
        })
        .collect();
    text(json!({ "cursor": String::from_utf8_lossy(cursor), "tags": tags }).to_string())
}
