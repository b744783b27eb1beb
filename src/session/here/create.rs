//! The step that creates sessions, as the script of that name does it.

use super::{Asked, Here, OVERHEAD_BYTES, cost};
use crate::error::{Error, ErrorCode, Result};
use crate::session::id::Hash;
use crate::session::record::{Head, Stored};
use crate::session::reply::List;

/// The arguments in front of the sessions, and those of each of them.
const BEFORE: usize = 3;
const EACH: usize = 5;

/// A session that is to be created.
struct New<'a> {
    key: &'a [u8],
    hash: Hash,
    rest: &'a [u8],
    idle: i64,
    life: i64,
    most: i64,
}

impl Here {
    pub(super) fn create(&mut self, asked: &Asked<'_>, now: i64) -> Result<Vec<u8>> {
        let count = usize::try_from(asked.number(2)).unwrap_or_default();
        let mut at = BEFORE + EACH * count;
        for directory in asked.keys.iter().skip(count) {
            let users = usize::try_from(asked.number(at)).unwrap_or_default();
            for user in 0..users {
                let life = at + 1 + 2 * user;
                self.directory(directory, asked.text(life + 1), now + asked.number(life));
            }
            at += 1 + 2 * users;
        }
        let mut reply = List::new().integer(now);
        for (position, key) in asked.keys.iter().take(count).enumerate() {
            let first = BEFORE + EACH * position;
            let new = New {
                key,
                hash: asked.hash(first),
                rest: asked.text(first + 1),
                idle: asked.number(first + 2),
                life: asked.number(first + 3),
                most: asked.number(first + 4),
            };
            reply = match self.create_one(&new, asked, now)? {
                None => reply.integer(0),
                Some(gone) if gone.is_empty() => reply.integer(1),
                Some(gone) => reply.list(gone.iter().fold(List::new(), |list, hash| list.bulk(hash))),
            };
        }
        Ok(reply.into_bytes())
    }

    /// The sessions that had to go. `None`: the user has all of its sessions.
    fn create_one(&mut self, new: &New<'_>, asked: &Asked<'_>, now: i64) -> Result<Option<Vec<Hash>>> {
        let New { key, hash, rest, idle, life, most } = *new;
        if self.get(key, &hash).is_some() {
            return Ok(Some(Vec::new()));
        }
        self.drop_met(key, most > 0, now, asked.number(0));
        let Some(gone) = self.make_room(key, most, asked.text(1) == b"e") else { return Ok(None) };
        let head = Head { created: now, touched: now, idle, end: now + life, authenticated: now, version: 1 };
        let value = [head.text().as_bytes(), rest].concat();
        let is_new = !self.users.contains_key(key);
        let needed = cost(&value) + if is_new { key.len() + OVERHEAD_BYTES } else { 0 };
        if self.bytes + needed > self.max_bytes {
            return Err(Error::new(
                ErrorCode::Overloaded,
                "sessions take all memory that memoryMaxBytes allows",
            ));
        }
        if is_new {
            self.bytes += key.len() + OVERHEAD_BYTES;
        }
        self.users.entry(key.into()).or_default();
        self.keep_until(key, now + life);
        self.put(key, hash, value);
        Ok(Some(gone))
    }

    /// Lets the oldest sessions of a user go where it has `most` of them; `None` where they stay.
    fn make_room(&mut self, key: &[u8], most: i64, evicts: bool) -> Option<Vec<Hash>> {
        if most == 0 {
            return Some(Vec::new());
        }
        let user = self.users.get(key);
        let mut live: Vec<(i64, Hash)> = user
            .into_iter()
            .flat_map(|user| &user.sessions)
            .filter_map(|(hash, value)| match Stored::parse(value)? {
                Stored::Record(record) => Some((record.head.created, *hash)),
                Stored::Alias(_) => None,
            })
            .collect();
        let over = usize::try_from(live.len() as i64 - most + 1).unwrap_or_default();
        if over > 0 && !evicts {
            return None;
        }
        live.sort_unstable();
        let gone: Vec<_> = live.iter().take(over).map(|(_, hash)| *hash).collect();
        gone.iter().for_each(|hash| {
            self.delete(key, hash);
        });
        Some(gone)
    }
}
