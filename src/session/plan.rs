//! What the store is asked for a call.

use super::answer::Reason;
use super::base64url;
use super::create::plan_create;
use super::decode::{Place, Step};
use super::destroy::plan_destroy;
use super::id::{Id, NONCE_BYTES, REF_LETTERS, Ref, Tag};
use super::keys::Directory;
use super::open::{Open, parse_tag, tag_of};
use super::requests::{
    NOW, Rotation, append_count, append_directory, append_extend, append_list, append_page, append_read,
    append_revoke, append_rotate, append_touch, append_update,
};
use super::secrets::fill_random;
use super::tally::Count;
use super::ticket::{FlightTime, Purpose, Read};
use crate::codec::Codec;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::Outcome;

const MAX_GRACE_SECONDS: f64 = 300.0;

/// What a call comes to.
pub(super) enum Planned {
    /// No request is needed.
    Answer(Outcome<'static>),
    /// A request was appended.
    Ask(Purpose),
}

/// Makes the requests of a room.
pub(super) struct Plans<'o> {
    pub(super) open: &'o Open,
    /// What the client's node has, by which erasures of it are known.
    pub(super) data: &'o str,
}

impl<'o> Plans<'o> {
    pub(super) fn of(open: &'o Open, data: &'o str) -> Plans<'o> {
        Plans { open, data }
    }

    /// Appends the request of a step. `time` is asked for where it needs the server's time. After an error nothing that was
    /// appended counts.
    pub(super) fn plan(
        &self,
        step: &Step<'_>,
        codec: &Codec,
        time: impl FnOnce() -> FlightTime,
        out: &mut Vec<u8>,
    ) -> Result<Planned> {
        let slack = self.open.options.slack_ms();
        Ok(match step {
            Step::Get { id, fingerprint, touches } => {
                let Some(at) = self.open.id(id) else { return Ok(self.malformed()) };
                append_read(&self.open.user_key(&at.tag), &at.hash(), out);
                let fingerprint = fingerprint.map(Into::into);
                let (time, touches) = (time(), *touches);
                let read = Read { at, hops: 0, time, asks_again: false, fingerprint, touches };
                Planned::Ask(Purpose::Read(Box::new(read)))
            }
            Step::Create { enters, sessions } => plan_create(self, *enters, sessions, codec, out),
            Step::Update { id, version, data } => {
                let Some(id) = self.open.id(id) else { return Ok(self.malformed()) };
                let data = self.encoded(data, codec)?;
                append_update(&self.open.user_key(&id.tag), &id.hash(), *version, &data, slack, out);
                Planned::Ask(Purpose::Update)
            }
            Step::Rotate { id, data, is_authenticated, grace } => {
                let Some(id) = self.open.id(id) else { return Ok(self.malformed()) };
                let data = data.map(|data| self.encoded(data, codec)).transpose()?;
                Planned::Ask(self.plan_rotate(id, data.as_deref(), *is_authenticated, *grace, out)?)
            }
            Step::Touch { id } => {
                let Some(id) = self.open.id(id) else { return Ok(Planned::Answer(Outcome::Boolean(false))) };
                append_touch(&self.open.user_key(&id.tag), &id.hash(), slack, out);
                Planned::Ask(Purpose::Touch)
            }
            Step::Destroy { names } => plan_destroy(self, names, out),
            Step::Revoke { user, except } => {
                let tag = tag_of(*user);
                let kept = except.map(|id| self.excepted(id, &tag)).transpose()?;
                Planned::Ask(self.plan_revoke(tag, kept, NOW, out))
            }
            Step::RevokeTag { tag, age_ms } => {
                let Some(tag) = parse_tag(tag) else { return Ok(Planned::Answer(Outcome::Null)) };
                // Less than 1 ms is no age: what was created in the same ms as the call was made goes too.
                Planned::Ask(self.plan_revoke(tag, None, age_ms.max(0.0) as u64, out))
            }
            Step::List { user, cursor, has_data } => {
                let tag = tag_of(*user);
                append_list(&self.open.user_key(&tag), cursor, slack, *has_data, out);
                Planned::Ask(Purpose::List { tag })
            }
            Step::Enter { directory, id, life, .. } => self.plan_enter(*directory, id, *life, out)?,
            Step::Page { directory, cursor } => {
                append_page(&self.directory_key(*directory, None), cursor, out);
                Planned::Ask(Purpose::Page)
            }
            Step::Extend { id, life, idle } => self.plan_extend(id, *life, *idle, out)?,
            Step::CountTag { tag, drops } => self.plan_count(tag, *drops, out),
        })
    }

    /// Makes the key by whose slot a step is routed. False where any node may answer.
    pub(super) fn route(&self, step: &Step<'_>, key: &mut Vec<u8>) -> bool {
        key.clear();
        let tag = match step {
            Step::Get { id, .. }
            | Step::Update { id, .. }
            | Step::Rotate { id, .. }
            | Step::Touch { id }
            | Step::Extend { id, .. } => self.open.id(id).map(|id| id.tag),
            // In a cluster there is one.
            Step::Create { sessions, .. } => match sessions.first() {
                Some(Ok(created)) => self.open.id(created.id).map(|id| id.tag),
                _ => None,
            },
            Step::Destroy { names } => {
                names.first().and_then(|name| self.named(name)).map(|reference| reference.tag)
            }
            Step::Revoke { user, .. } | Step::List { user, .. } => Some(tag_of(*user)),
            Step::RevokeTag { tag, .. } | Step::CountTag { tag, .. } => parse_tag(tag),
            Step::Enter { directory, id, .. } => {
                *key = self.directory_key(*directory, self.open.id(id));
                return true;
            }
            Step::Page { directory, .. } => {
                *key = self.directory_key(*directory, None);
                return true;
            }
        };
        if let Some(tag) = &tag {
            self.open.keys.user(key, tag);
        }
        tag.is_some()
    }

    fn malformed(&self) -> Planned {
        self.open.tally.count(Count::Malformed);
        Planned::Answer(Reason::Malformed.outcome())
    }

    /// The session that an id or a ref names.
    pub(super) fn named(&self, name: &[u8]) -> Option<Ref> {
        if name.len() == REF_LETTERS { Ref::parse(name) } else { self.open.id(name).map(|id| id.reference()) }
    }

    fn excepted(&self, id: &[u8], tag: &Tag) -> Result<super::id::Hash> {
        let id = self.open.id(id).filter(|id| id.tag == *tag);
        id.map(|id| id.hash()).ok_or_else(|| {
            Error::new(ErrorCode::Key, "exceptId is no id of this user; give one, or leave it out")
        })
    }

    fn plan_rotate(
        &self,
        from: Id,
        data: Option<&[u8]>,
        is_authenticated: bool,
        grace: Option<f64>,
        out: &mut Vec<u8>,
    ) -> Result<Purpose> {
        let grace = match grace {
            None => self.open.options.grace_seconds as f64,
            Some(grace) if grace.fract() == 0.0 && (0.0..=MAX_GRACE_SECONDS).contains(&grace) => grace,
            Some(_) => {
                return Err(Error::new(
                    ErrorCode::Argument,
                    "graceSeconds is not allowed; give an integer from 0 to 300",
                ));
            }
        };
        let mut nonce = [0; NONCE_BYTES];
        fill_random(&mut nonce)?;
        let is_fresh = is_authenticated || grace == 0.0;
        let to = if is_fresh { Id::random(from.tag)? } else { from.successor(&nonce) };
        let rotation = Rotation {
            from: &from.hash(),
            to: &to.hash(),
            nonce: (!is_fresh).then_some(&nonce),
            grace_ms: (grace * 1000.0) as i64,
            is_authenticated,
            data,
        };
        append_rotate(&self.open.user_key(&from.tag), &rotation, self.open.options.slack_ms(), out);
        Ok(Purpose::Rotate { from, to })
    }

    fn plan_revoke(
        &self,
        tag: Tag,
        kept: Option<super::id::Hash>,
        age_ms: u64,
        out: &mut Vec<u8>,
    ) -> Purpose {
        let kept: Vec<_> = kept.into_iter().collect();
        append_revoke(&self.open.user_key(&tag), 0, &kept, age_ms, out);
        Purpose::Revoke { tag, kept }
    }

    fn plan_enter(
        &self,
        directory: Place<'_>,
        id: &[u8],
        life: Option<f64>,
        out: &mut Vec<u8>,
    ) -> Result<Planned> {
        let id = self.open.id(id);
        let life = shorter(life, self.open.options.absolute_seconds, "absoluteSeconds")?;
        let user = id.map(|id| base64url::text(&id.tag)).unwrap_or_default();
        append_directory(&self.directory_key(directory, id), user.as_bytes(), life, out);
        Ok(Planned::Ask(Purpose::Count))
    }

    fn directory_key(&self, directory: Place<'_>, id: Option<Id>) -> Vec<u8> {
        let directory = directory
            .known()
            .or_else(|| id.map(|id| Directory::of_user(&id.tag)))
            .unwrap_or(Directory::All(0));
        self.open.directory_key(directory)
    }

    fn plan_extend(
        &self,
        id: &[u8],
        life: Option<f64>,
        idle: Option<f64>,
        out: &mut Vec<u8>,
    ) -> Result<Planned> {
        let lengths = self.lengths(life, idle)?;
        let Some(id) = self.open.id(id) else { return Ok(Planned::Answer(Outcome::Boolean(false))) };
        append_extend(&self.open.user_key(&id.tag), &id.hash(), lengths, self.open.options.slack_ms(), out);
        Ok(Planned::Ask(Purpose::Touch))
    }

    fn plan_count(&self, tag: &[u8], drops: bool, out: &mut Vec<u8>) -> Planned {
        let Some(tag) = parse_tag(tag) else { return Planned::Answer(Outcome::Null) };
        append_count(&self.open.user_key(&tag), self.open.options.slack_ms(), drops, out);
        Planned::Ask(Purpose::CountTag)
    }

    /// The lengths of an extension in ms.
    fn lengths(&self, life: Option<f64>, idle: Option<f64>) -> Result<(i64, Option<i64>)> {
        let options = &self.open.options;
        let life_ms = shorter(life, options.absolute_seconds, "absoluteSeconds")?;
        let idle_ms = idle.map(|_| shorter(idle, options.idle_seconds, "idleSeconds")).transpose()?;
        Ok((life_ms, idle_ms.map(|idle_ms| idle_ms.min(life_ms))))
    }

    /// The data as it is stored.
    pub(super) fn encoded(&self, json: &[u8], codec: &Codec) -> Result<Vec<u8>> {
        let most = self.open.options.max_bytes;
        if json.len() > most {
            return Err(Error::new(
                ErrorCode::ValueTooLarge,
                format!("the data of a session is {} bytes as JSON; maxBytes allows {most}", json.len()),
            ));
        }
        if json.first() != Some(&b'{') {
            return Err(Error::new(ErrorCode::Serialize, "the data of a session must be an object"));
        }
        let mut out = Vec::new();
        codec.encode(json, &mut out)?;
        Ok(out)
    }
}

/// A length in ms. One that a call gives may only be shorter than the room's.
pub(super) fn shorter(given: Option<f64>, most: u64, option: &str) -> Result<i64> {
    match given {
        None => Ok((most * 1000) as i64),
        Some(seconds) if seconds.fract() == 0.0 && (1.0..=most as f64).contains(&seconds) => {
            Ok((seconds * 1000.0) as i64)
        }
        Some(_) => Err(Error::new(
            ErrorCode::Argument,
            format!("{option} is not allowed; give an integer from 1 to {most}, that of the room"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_may_only_be_shorter() {
        assert_eq!(shorter(None, 60, "x").unwrap(), 60_000);
        assert_eq!(shorter(Some(60.0), 60, "x").unwrap(), 60_000);
        for seconds in [0.0, -1.0, 0.5, 61.0, f64::NAN] {
            assert_eq!(shorter(Some(seconds), 60, "x").unwrap_err().code(), ErrorCode::Argument);
        }
    }
}
