//! One room of sessions that JavaScript has opened: its options, secrets and keys, and what this process remembers for it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::{text, word};
use super::base64url;
use super::decode::{Saying, User};
use super::ended::{End, Ended, Kind};
use super::id::{Hash, ID_LETTERS, Id, Tag, nobodys_tag, user_tag};
use super::keys::{Directory, SessionKeys};
use super::options::SessionOptions;
use super::recent::{Recent, Touches};
use super::secrets::{Secrets, Use};
use super::tally::Tally;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::Outcome;

/// One room of sessions that JavaScript has opened.
pub struct Open {
    pub(super) options: SessionOptions,
    pub(super) secrets: Secrets,
    pub(super) keys: SessionKeys,
    pub(super) tally: Tally,
    ended: Mutex<Ended>,
    recent: Mutex<Recent>,
    touches: Mutex<Touches>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("options", &self.options).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Open {
    pub fn new(options: SessionOptions, prefix: &str) -> Open {
        Open {
            secrets: Secrets::new(&options.secrets, &options.namespace),
            keys: SessionKeys::new(prefix, &options.namespace),
            tally: Tally::default(),
            ended: Mutex::default(),
            recent: Mutex::default(),
            touches: Mutex::default(),
            options,
        }
    }

    pub(super) fn ended(&self) -> MutexGuard<'_, Ended> {
        lock(&self.ended)
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        lock(&self.recent)
    }

    /// This process has ended something: it does not answer here, and a new primary is told.
    pub(super) fn note_end(&self, tag: Tag, kind: Kind, is_journalled: bool, now: Instant) {
        if self.options.recent_seconds.is_some() {
            self.recent().forget_user(&tag);
        }
        self.ended().add(End { tag, kind, at: now, is_journalled });
    }

    /// Whether a touch of a session is due in this process.
    pub(super) fn takes_touch(&self, hash: &Hash, now: Instant) -> bool {
        lock(&self.touches).take_turn(hash, Duration::from_secs(self.options.touch_seconds), now)
    }

    pub(super) fn user_key(&self, tag: &Tag) -> Vec<u8> {
        let mut key = Vec::new();
        self.keys.user(&mut key, tag);
        key
    }

    /// The key under which ended sessions of a user wait to be deleted.
    pub(super) fn gone_key(&self, tag: &Tag) -> Vec<u8> {
        let mut key = Vec::new();
        self.keys.gone(&mut key, tag);
        key
    }

    pub(super) fn directory_key(&self, directory: Directory) -> Vec<u8> {
        let mut key = Vec::new();
        self.keys.directory(&mut key, directory);
        key
    }

    pub(super) fn id(&self, letters: &[u8]) -> Option<Id> {
        if letters.len() == ID_LETTERS { Id::parse(letters, &self.secrets) } else { None }
    }

    pub(super) fn say(&self, saying: &Saying<'_>) -> Result<Outcome<'static>> {
        Ok(match saying {
            Saying::Stats => text(self.describe().to_string()),
            Saying::Mint { user } => {
                let tag = match user {
                    Some(user) => tag_of(*user),
                    None => nobodys_tag()?,
                };
                word(&Id::random(tag)?.text(&self.secrets))
            }
            Saying::Csrf { id } => match self.id(id) {
                Some(id) => word(&self.secrets.seal(Use::Csrf, id.bound(), b"")?),
                None => {
                    return Err(Error::new(ErrorCode::Session, "a token is made for the id of a session"));
                }
            },
            Saying::VerifyCsrf { id, token } => {
                let is_opened =
                    self.id(id).is_some_and(|id| self.secrets.opens(Use::Csrf, id.bound(), b"", token));
                Outcome::Boolean(is_opened)
            }
            Saying::Endings => text(Value::from(self.keys.endings()).to_string()),
            Saying::Reference { id } => match self.id(id) {
                Some(id) => word(&id.reference().text()),
                None => Outcome::Null,
            },
            Saying::IsOf { id, user } => {
                Outcome::Boolean(self.id(id).is_some_and(|id| id.tag == tag_of(*user)))
            }
            Saying::Erased { directory, tags } => {
                self.note_erased(directory, tags);
                Outcome::Null
            }
        })
    }

    /// A new primary is told that these users' sessions have ended, if they were of this room.
    fn note_erased(&self, directory: &[u8], tags: &[u8]) {
        for tag in tags.split(|byte| *byte == b' ').filter_map(parse_tag) {
            if self.directory_key(Directory::of_user(&tag)) == directory {
                self.note_end(tag, Kind::User { known_ms: 0, kept: Vec::new() }, false, Instant::now());
            }
        }
    }

    pub(super) fn describe(&self) -> Value {
        let mut described = self.tally.describe();
        described.insert("namespace".to_owned(), json!(self.options.namespace));
        described.into()
    }
}

pub(super) fn tag_of(user: User<'_>) -> Tag {
    user_tag(user.organization, user.id)
}

/// A tag as a page of a directory names it.
pub(super) fn parse_tag(letters: &[u8]) -> Option<Tag> {
    base64url::bytes(letters)
}
