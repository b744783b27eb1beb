//! Creating sessions: those of one tick are one request, and one of them that cannot be fails alone.

use serde_json::{Map, Value};

use super::answer::{Reason, Told, text};
use super::decode::Created;
use super::id::{HASH_BYTES, Hash, Id, Ref, Tag, nobodys_tag, organization_tag};
use super::keys::Directory;
use super::open::{Open, tag_of};
use super::plan::{Planned, Plans, shorter};
use super::record::Head;
use super::requests::{Bounds, Entries, NewSession, append_create};
use super::secrets::Use;
use super::tally::Count;
use super::ticket::{Made, Purpose};
use crate::codec::Codec;
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Items, Node as Reply};
use crate::redis::Outcome;

/// Longer ones say no more of a browser, and each session keeps its own.
const MAX_AGENT_BYTES: usize = 512;
const MAX_ADDRESS_BYTES: usize = 64;

/// What a session needs of a request beside what its reply is made of.
struct Asked {
    key: Vec<u8>,
    hash: Hash,
    data: Vec<u8>,
    bounds: Bounds,
    organization: Option<Tag>,
}

/// Appends the request that creates these sessions. With `enters` their users enter the directories in the same step.
pub(super) fn plan_create(
    plans: &Plans<'_>,
    enters: bool,
    sessions: &[Result<Created<'_>>],
    codec: &Codec,
    out: &mut Vec<u8>,
) -> Planned {
    let mut asked = Vec::with_capacity(sessions.len());
    let made: Vec<_> = sessions
        .iter()
        .map(|created| {
            let created = created.as_ref().map_err(Clone::clone)?;
            let (one, more) = made_of(plans, created, codec)?;
            asked.push(more);
            Ok(one)
        })
        .collect();
    let whole = || made.iter().flatten().zip(&asked);
    if asked.is_empty() {
        let failed: Vec<_> = made.iter().filter_map(|made| made.as_ref().err()).map(failure).collect();
        return Planned::Answer(text(format!("[{}]", failed.join(","))));
    }
    let sessions: Vec<_> = whole()
        .map(|(Made { about, .. }, Asked { key, hash, data, bounds, .. })| NewSession {
            key,
            hash: *hash,
            about: about.as_bytes(),
            data,
            bounds: *bounds,
        })
        .collect();
    let mut directories = Vec::new();
    if enters {
        for (Made { id, life_ms, .. }, Asked { organization, .. }) in whole() {
            let of_organization = organization.map(Directory::Organization);
            for directory in [Some(Directory::of_user(&id.tag)), of_organization].into_iter().flatten() {
                enter(plans.open, directory, (*life_ms, id.tag), &mut directories);
            }
        }
    }
    let directories: Vec<_> = directories.into_iter().map(|(_, entries)| entries).collect();
    append_create(&sessions, &directories, plans.open.options.slack_ms(), out);
    Planned::Ask(Purpose::Create(made.into()))
}

fn enter(open: &Open, directory: Directory, user: (i64, Tag), directories: &mut Vec<(Directory, Entries)>) {
    if let Some((_, entries)) = directories.iter_mut().find(|(known, _)| *known == directory) {
        entries.users.push(user);
    } else {
        let key = open.directory_key(directory);
        directories.push((directory, Entries { key, users: vec![user] }));
    }
}

fn made_of(plans: &Plans<'_>, created: &Created<'_>, codec: &Codec) -> Result<(Made, Asked)> {
    let organization = created.user.and_then(|user| user.organization);
    erasure::check(plans.data, organization)?;
    let id = id_of(plans.open, created)?;
    let data = plans.encoded(created.data, codec)?;
    let about = about_of(plans.open, created)?;
    let options = &plans.open.options;
    let life_ms = shorter(created.life, options.absolute_seconds, "absoluteSeconds")?;
    let idle_ms = shorter(created.idle, options.idle_seconds, "idleSeconds")?.min(life_ms);
    let most = if created.user.is_some() { options.max_per_user as i64 } else { 0 };
    let asked = Asked {
        key: plans.open.user_key(&id.tag),
        hash: id.hash(),
        data,
        bounds: Bounds { idle_ms, life_ms, most, evicts: options.evicts },
        organization: organization.map(organization_tag),
    };
    Ok((Made { id, about, idle_ms, life_ms }, asked))
}

fn id_of(open: &Open, created: &Created<'_>) -> Result<Id> {
    if created.id.is_empty() {
        return Id::random(created.user.map_or_else(nobodys_tag, |user| Ok(tag_of(user)))?);
    }
    let id = open.id(created.id);
    id.ok_or_else(|| Error::new(ErrorCode::Key, "the id of a new session is none of this room"))
}

fn about_of(open: &Open, created: &Created<'_>) -> Result<String> {
    let mut about = Map::new();
    let user = created.user;
    about.insert("userId".to_owned(), user.map_or(Value::Null, |user| user.id.into()));
    let organization = user.and_then(|user| user.organization);
    about.insert("organizationId".to_owned(), organization.map_or(Value::Null, Into::into));
    for (name, given, most) in
        [("userAgent", created.user_agent, MAX_AGENT_BYTES), ("ip", created.ip, MAX_ADDRESS_BYTES)]
    {
        if let Some(given) = given {
            about.insert(name.to_owned(), cut(given, most).into());
        }
    }
    if let Some(fingerprint) = created.fingerprint {
        let sealed = open.secrets.seal(Use::Fingerprint, b"", fingerprint)?;
        about.insert("f".to_owned(), sealed.into());
    } else if let Some(sealed) = created.sealed {
        about.insert("f".to_owned(), String::from_utf8_lossy(sealed).into());
    }
    Ok(Value::Object(about).to_string())
}

/// A list with what became of each session: the session, a reason or an error. `None`: the reply is damaged.
pub(super) fn settle_create(open: &Open, made: &[Result<Made>], node: Reply<'_>) -> Option<Outcome<'static>> {
    let Reply::Array(mut items) = node else { return None };
    let Some(Reply::Integer(now)) = items.next() else { return None };
    let mut out = String::with_capacity(256 * made.len());
    for made in made {
        out.push(if out.is_empty() { '[' } else { ',' });
        match made {
            Ok(made) => created(open, made, items.next(), now).push_to(&mut out),
            Err(error) => out.push_str(&failure(error)),
        }
    }
    out.push(']');
    Some(text(out))
}

/// What became of one session.
enum Became<'m> {
    There(Told<'m>),
    Full,
}

impl Became<'_> {
    fn push_to(&self, out: &mut String) {
        match self {
            Became::There(told) => told.push_to(out),
            Became::Full => out.push_str(&Reason::Full.text()),
        }
    }
}

fn created<'m>(open: &Open, made: &'m Made, reply: Option<Reply<'_>>, now: i64) -> Became<'m> {
    let Made { id, about, idle_ms, life_ms } = made;
    let evicted: Vec<_> = match reply {
        Some(Reply::Integer(1)) => Vec::new(),
        Some(Reply::Array(gone)) => hashes(gone).map(|hash| Ref { tag: id.tag, hash }).collect(),
        _ => {
            open.tally.count(Count::Full);
            return Became::Full;
        }
    };
    open.tally.count(Count::Created);
    open.tally.add(Count::Evicted, evicted.len() as u64);
    Became::There(Told {
        reference: id.reference(),
        head: Head {
            created: now,
            touched: now,
            idle: *idle_ms,
            end: now + life_ms,
            authenticated: now,
            version: 1,
        },
        about: about.as_bytes(),
        data: None,
        now,
        id: Some(id.text(&open.secrets)),
        is_stale: false,
        is_mismatched: false,
        evicted,
    })
}

/// An error of one of several calls, as JavaScript makes it.
pub(super) fn failure(error: &Error) -> String {
    let (code, message) = (error.code().as_str(), error.message());
    serde_json::json!({ "code": code, "message": message, "retryable": error.is_retryable() }).to_string()
}

fn hashes(items: Items<'_>) -> impl Iterator<Item = Hash> {
    items.filter_map(|item| match item {
        Reply::Bulk(hash) => <[u8; HASH_BYTES]>::try_from(hash).ok(),
        _ => None,
    })
}

/// At most so many bytes of a text, with whole characters.
fn cut(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aé".as_bytes(), 2), "a");
        assert_eq!(cut("aé".as_bytes(), 3), "aé");
        assert_eq!(cut(b"", 3), "");
    }
}
