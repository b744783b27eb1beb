//! Ending sessions: those of one tick are one request.

use std::time::Instant;

use super::answer::{integers, text};
use super::base64url;
use super::create::failure;
use super::ended::Kind;
use super::id::Ref;
use super::open::Open;
use super::plan::{Planned, Plans};
use super::requests::{NOW, append_destroy};
use super::tally::Count;
use super::ticket::Purpose;
use crate::error::Result;
use crate::lane::Node as Reply;
use crate::redis::Outcome;

/// What became of the end of a session, by the number that JavaScript knows.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Absent = 0,
    Destroyed = 1,
    Journalled = 2,
}

/// Appends the request that ends these sessions. What names none is absent.
pub(super) fn plan_destroy(plans: &Plans<'_>, names: &[&[u8]], out: &mut Vec<u8>) -> Planned {
    let named: Vec<_> = names.iter().map(|name| plans.named(name)).collect();
    let ends: Vec<_> = named.iter().flatten().map(|end| (plans.open.user_key(&end.tag), end.hash)).collect();
    if ends.is_empty() {
        return Planned::Answer(told(named.iter().map(|_| (None, Ok(Fate::Absent)))));
    }
    append_destroy(&ends, NOW, out);
    Planned::Ask(Purpose::Destroy(named.into()))
}

/// What became of each of them.
pub(super) fn settle_destroy(
    open: &Open,
    named: &[Option<Ref>],
    node: Reply<'_>,
    now: Instant,
) -> Outcome<'static> {
    let mut gone = integers(node);
    told(named.iter().map(|named| {
        let Some(end) = named else { return (None, Ok(Fate::Absent)) };
        open.note_end(end.tag, Kind::Session(end.hash), false, now);
        if gone.next().unwrap_or_default() == 0 {
            return (*named, Ok(Fate::Absent));
        }
        open.tally.count(Count::Destroyed);
        (*named, Ok(Fate::Destroyed))
    }))
}

/// Ends that Redis has not taken. `keep` keeps one of them for later.
pub(super) fn journalled(
    open: &Open,
    named: &[Option<Ref>],
    now: Instant,
    keep: impl Fn(&Ref) -> Result<()>,
) -> Outcome<'static> {
    told(named.iter().map(|named| {
        let Some(end) = named else { return (None, Ok(Fate::Absent)) };
        if let Err(error) = keep(end) {
            return (*named, Err(error));
        }
        open.tally.count(Count::Journalled);
        open.note_end(end.tag, Kind::Session(end.hash), true, now);
        (*named, Ok(Fate::Journalled))
    }))
}

/// A list with two entries for each session: its fate or an error, and its ref or 0.
fn told(ends: impl Iterator<Item = (Option<Ref>, Result<Fate>)>) -> Outcome<'static> {
    let mut out = String::from("[");
    for (named, fate) in ends {
        match fate {
            Ok(fate) => out.push(char::from(b'0' + fate as u8)),
            Err(error) => out.push_str(&failure(&error)),
        }
        match named {
            Some(named) => {
                out.push_str(",\"");
                base64url::push(&mut out, &named.tag);
                base64url::push(&mut out, &named.hash);
                out.push_str("\",");
            }
            None => out.push_str(",0,"),
        }
    }
    out.pop();
    out.push(']');
    text(out)
}
