//! The steps of the scripts on this process's own memory, where there is no Redis.
//!
//! Each function does what the script of its name does, and replies as it would. Nothing is evicted: a session that has no
//! room is not created.

mod create;
mod erase;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::id::{HASH_BYTES, Hash};
use super::record::{Alias, Head, Record, Stored};
use super::reply::{List, bulk, integer};
use super::scripts::Script;
use super::secrets::fill_random;
use crate::error::Result;
use crate::lane::Arguments;

/// What an entry costs beside its bytes: the nodes of the trees, the headers of its allocations.
const OVERHEAD_BYTES: usize = 128;
/// As many as the scripts look at.
const MET: usize = 8;
const MOST_ALIASES: usize = 3;

/// A key, or a member of a directory.
type Name = Box<[u8]>;

/// The sessions of this process.
#[derive(Default)]
pub struct Here {
    users: HashMap<Name, User>,
    directories: HashMap<Name, HashMap<Name, i64>>,
    /// When each user's sessions have all ended, in order.
    ends: BTreeSet<(i64, Name)>,
    /// When each entry of a directory ends, in order.
    entry_ends: BTreeSet<(i64, Name, Name)>,
    bytes: usize,
    max_bytes: usize,
}

#[derive(Default)]
struct User {
    sessions: BTreeMap<Hash, Box<[u8]>>,
    ends: i64,
}

/// The words of a request behind its script, as scripts name them.
struct Asked<'a> {
    /// The first of the keys.
    key: &'a [u8],
    keys: Vec<&'a [u8]>,
    arguments: Vec<&'a [u8]>,
}

impl<'a> Asked<'a> {
    fn text(&self, position: usize) -> &'a [u8] {
        self.arguments.get(position).copied().unwrap_or_default()
    }

    fn number(&self, position: usize) -> i64 {
        std::str::from_utf8(self.text(position)).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    fn hash(&self, position: usize) -> Hash {
        hash_of(self.text(position))
    }
}

fn hash_of(bytes: &[u8]) -> Hash {
    let mut hash = [0; HASH_BYTES];
    hash.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
    hash
}

impl Here {
    pub fn new(max_bytes: usize) -> Here {
        Here { max_bytes, ..Here::default() }
    }

    /// Memory in use.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The reply to a request at a time in ms.
    ///
    /// # Errors
    /// `E_OVERLOADED`: there is no room for a session.
    pub fn run(&mut self, request: &[u8], now: i64) -> Result<Vec<u8>> {
        self.drop_ended(now);
        self.drop_ended_entries(now);
        let mut words = Arguments::new(request);
        match words.next().unwrap_or_default() {
            b"TIME" => {
                let (seconds, micros) = (now / 1000, now % 1000 * 1000);
                Ok(List::new()
                    .bulk(seconds.to_string().as_bytes())
                    .bulk(micros.to_string().as_bytes())
                    .into_bytes())
            }
            b"HGET" => {
                let key = words.next().unwrap_or_default();
                let hash = hash_of(words.next().unwrap_or_default());
                Ok(bulk(self.users.get(key).and_then(|user| user.sessions.get(&hash)).map(AsRef::as_ref)))
            }
            b"ZSCAN" => {
                let members = self.directories.get(words.next().unwrap_or_default());
                let page = members.into_iter().flatten().fold(List::new(), |page, (user, ends)| {
                    page.bulk(user).bulk(ends.to_string().as_bytes())
                });
                Ok(List::new().bulk(b"0").list(page).into_bytes())
            }
            _ => {
                let script = words.next().and_then(Script::of_sha);
                let count = words.next().and_then(|count| std::str::from_utf8(count).ok()?.parse().ok());
                let keys: Vec<_> = words.by_ref().take(count.unwrap_or_default()).collect();
                let key = keys.first().copied().unwrap_or_default();
                self.script(script, &Asked { key, keys, arguments: words.collect() }, now)
            }
        }
    }

    fn script(&mut self, script: Option<Script>, asked: &Asked<'_>, now: i64) -> Result<Vec<u8>> {
        Ok(match script {
            Some(Script::CREATE) => return self.create(asked, now),
            Some(Script::TOUCH) => integer(i64::from(self.touch(asked, now))),
            Some(Script::UPDATE) => self.update(asked, now).into_bytes(),
            Some(Script::ROTATE) => self.rotate(asked, now).into_bytes(),
            Some(Script::DESTROY) => self.destroy(asked).into_bytes(),
            Some(Script::REVOKE) => self.revoke(asked, now).into_bytes(),
            Some(Script::LIST) => self.list(asked, now).into_bytes(),
            Some(Script::DIRECTORY) => {
                integer(self.directory(asked.key, asked.text(0), now + asked.number(1)))
            }
            Some(Script::EXTEND) => integer(i64::from(self.extend(asked, now))),
            Some(Script::COUNT) => self.count(asked, now).into_bytes(),
            _ => bulk(None),
        })
    }

    fn drop_ended(&mut self, now: i64) {
        while let Some((ends, key)) = self.ends.first().cloned() {
            if ends > now {
                return;
            }
            self.ends.pop_first();
            self.remove_user(&key);
        }
    }

    fn drop_ended_entries(&mut self, now: i64) {
        while self.entry_ends.first().is_some_and(|(ends, ..)| *ends <= now) {
            let Some((_, directory, user)) = self.entry_ends.pop_first() else { return };
            let Some(members) = self.directories.get_mut(&directory) else { continue };
            members.remove(&user);
            self.bytes -= user.len() + OVERHEAD_BYTES;
            if members.is_empty() {
                self.directories.remove(&directory);
            }
        }
    }

    fn remove_user(&mut self, key: &[u8]) {
        let Some(user) = self.users.remove(key) else { return };
        self.ends.remove(&(user.ends, key.into()));
        self.bytes -= key.len() + OVERHEAD_BYTES;
        user.sessions.values().for_each(|value| self.bytes -= cost(value));
    }

    fn get(&self, key: &[u8], hash: &Hash) -> Option<&[u8]> {
        self.users.get(key)?.sessions.get(hash).map(AsRef::as_ref)
    }

    /// Puts a session of a user that has some.
    fn put(&mut self, key: &[u8], hash: Hash, value: Vec<u8>) {
        let Some(user) = self.users.get_mut(key) else { return };
        self.bytes += cost(&value);
        if let Some(old) = user.sessions.insert(hash, value.into()) {
            self.bytes -= cost(&old);
        }
    }

    fn delete(&mut self, key: &[u8], hash: &Hash) -> bool {
        let Some(user) = self.users.get_mut(key) else { return false };
        let Some(old) = user.sessions.remove(hash) else { return false };
        self.bytes -= cost(&old);
        if user.sessions.is_empty() {
            self.remove_user(key);
        }
        true
    }

    /// Follows aliases. The last hash, and those that were aliases on the way to it with what they held.
    fn follow(&self, key: &[u8], from: Hash, now: i64) -> (Hash, Vec<(Hash, Alias)>) {
        let (mut hash, mut path) = (from, Vec::new());
        while let Some(Stored::Alias(alias)) = self.get(key, &hash).and_then(Stored::parse) {
            if path.len() == MOST_ALIASES || now >= alias.until {
                break;
            }
            path.push((hash, alias));
            hash = alias.successor;
        }
        (hash, path)
    }

    fn live(&self, key: &[u8], hash: &Hash, now: i64, slack: i64) -> Option<Record<'_>> {
        match Stored::parse(self.get(key, hash)?)? {
            Stored::Record(record) if record.head.is_live(now, slack) => Some(record),
            _ => None,
        }
    }

    /// Drops ended sessions among some: eight from a random one on, or all.
    fn drop_met(&mut self, key: &[u8], all: bool, now: i64, slack: i64) {
        let Some(user) = self.users.get(key) else { return };
        let mut from = Hash::default();
        let count = if all || fill_random(&mut from).is_err() { usize::MAX } else { MET };
        let (before, behind) = (user.sessions.range(..from), user.sessions.range(from..));
        let met = behind.chain(before).take(count);
        let is_ended = |value: &[u8]| match Stored::parse(value) {
            Some(Stored::Record(record)) => !record.head.is_live(now, slack),
            Some(Stored::Alias(alias)) => now >= alias.until,
            None => true,
        };
        let ended: Vec<_> = met.filter(|(_, value)| is_ended(value)).map(|(hash, _)| *hash).collect();
        ended.iter().for_each(|hash| {
            self.delete(key, hash);
        });
    }

    /// A user's sessions stay at least until then.
    fn keep_until(&mut self, key: &[u8], ends: i64) {
        let Some(user) = self.users.get_mut(key).filter(|user| user.ends < ends) else { return };
        self.ends.remove(&(user.ends, key.into()));
        user.ends = ends;
        self.ends.insert((ends, key.into()));
    }

    fn touch(&mut self, asked: &Asked<'_>, now: i64) -> bool {
        let (key, slack) = (asked.key, asked.number(1));
        let (hash, _) = self.follow(key, asked.hash(0), now);
        if self.get(key, &hash).is_none() {
            return false;
        }
        self.drop_met(key, false, now, slack);
        let Some(record) = self.live(key, &hash, now, slack) else { return false };
        let head = Head { touched: now.max(record.head.created), ..record.head };
        let value = joined(&head, record.about, record.data);
        self.put(key, hash, value);
        true
    }

    fn extend(&mut self, asked: &Asked<'_>, now: i64) -> bool {
        let (key, life, slack) = (asked.key, asked.number(1), asked.number(3));
        let (hash, _) = self.follow(key, asked.hash(0), now);
        let Some(record) = self.live(key, &hash, now, slack) else { return false };
        let touched = now.max(record.head.created);
        let idle = if asked.text(2).is_empty() { record.head.idle } else { asked.number(2) };
        let head = Head { touched, idle, end: touched + life, ..record.head };
        let value = joined(&head, record.about, record.data);
        self.put(key, hash, value);
        self.keep_until(key, now + life);
        true
    }

    fn count(&mut self, asked: &Asked<'_>, now: i64) -> List {
        let (key, slack) = (asked.key, asked.number(0));
        let sessions = self.users.get(key).into_iter().flat_map(|user| user.sessions.values());
        let (mut live, mut ended) = (0, 0);
        for value in sessions {
            match Stored::parse(value) {
                Some(Stored::Record(record)) if record.head.is_live(now, slack) => live += 1,
                Some(Stored::Record(_)) => ended += 1,
                _ => {}
            }
        }
        if asked.text(1) == b"1" {
            self.drop_met(key, true, now, slack);
        }
        List::new().integer(live).integer(ended)
    }

    fn update(&mut self, asked: &Asked<'_>, now: i64) -> List {
        let (hash, _) = self.follow(asked.key, asked.hash(0), now);
        let Some(record) = self.live(asked.key, &hash, now, asked.number(3)) else {
            return List::new().integer(0);
        };
        if record.head.version != asked.number(1) {
            return List::new().integer(2);
        }
        let touched = now.max(record.head.created);
        let head = Head { touched, version: record.head.version + 1, ..record.head };
        let value = joined(&head, record.about, asked.text(2));
        self.put(asked.key, hash, value);
        List::new().integer(1).bulk(head.text().as_bytes())
    }

    fn rotate(&mut self, asked: &Asked<'_>, now: i64) -> List {
        let (key, successor, nonce, slack) = (asked.key, asked.hash(1), asked.text(2), asked.number(4));
        let (mut hash, path) = self.follow(key, asked.hash(0), now);
        let is_record = matches!(self.get(key, &hash).and_then(Stored::parse), Some(Stored::Record(_)));
        if !is_record && nonce.is_empty() {
            hash = successor;
        }
        let Some(record) = self.live(key, &hash, now, slack) else { return List::new().integer(0) };
        let whole = joined(&record.head, record.about, record.data);
        if hash == successor {
            return List::new().integer(1).bulk(&whole);
        }
        if !nonce.is_empty() && !path.is_empty() {
            let reply = List::new().integer(2).bulk(&whole);
            return path.iter().fold(reply, |reply, (_, alias)| reply.bulk(&alias.bytes()));
        }
        let mut head = Head { touched: now.max(record.head.created), ..record.head };
        let mut data = record.data;
        if asked.text(6) == b"1" {
            data = asked.text(7);
            head.version += 1;
        }
        if asked.text(5) == b"1" {
            head.authenticated = head.touched;
        }
        let value = joined(&head, record.about, data);
        self.put(key, successor, value.clone());
        if nonce.is_empty() {
            for gone in path.iter().map(|(hash, _)| *hash).chain([hash]) {
                self.delete(key, &gone);
            }
        } else {
            let mut own = [0; HASH_BYTES];
            own.copy_from_slice(&hash_of(nonce));
            let alias = Alias { until: now + asked.number(3), successor, nonce: own };
            self.put(key, asked.hash(0), alias.bytes());
        }
        List::new().integer(1).bulk(&value)
    }

    fn destroy(&mut self, asked: &Asked<'_>) -> List {
        asked.keys.iter().enumerate().fold(List::new(), |reply, (position, key)| {
            reply.integer(self.destroy_one(key, asked.hash(position)))
        })
    }

    fn destroy_one(&mut self, key: &[u8], mut hash: Hash) -> i64 {
        let mut gone = 0;
        for _ in 0..=MOST_ALIASES {
            let next = match self.get(key, &hash).map(Stored::parse) {
                None => break,
                Some(Some(Stored::Alias(alias))) => Some(alias.successor),
                Some(_) => None,
            };
            gone += i64::from(self.delete(key, &hash));
            let Some(next) = next else { break };
            hash = next;
        }
        gone
    }

    fn revoke(&mut self, asked: &Asked<'_>, now: i64) -> List {
        let Some(last) = asked.arguments.len().checked_sub(1) else { return List::new().integer(0) };
        let (known, age) = (asked.number(0), asked.number(last));
        let mut kept: BTreeSet<Hash> = BTreeSet::new();
        for position in 1..last {
            let (hash, path) = self.follow(asked.key, asked.hash(position), i64::MIN);
            kept.extend(path.iter().map(|(hash, _)| *hash).chain([hash]));
        }
        let Some(user) = self.users.get(asked.key) else {
            return List::new().integer(1).integer(0).integer(now).integer(0);
        };
        let parsed = || user.sessions.iter().map(|(hash, value)| (*hash, Stored::parse(value)));
        if age > 0 {
            let since = known.max(now - age);
            let newer: BTreeSet<Hash> = parsed()
                .filter(|(_, stored)| matches!(stored, Some(Stored::Record(record)) if record.head.created > since))
                .map(|(hash, _)| hash)
                .collect();
            kept.extend(parsed().filter_map(|(hash, stored)| match stored {
                Some(Stored::Alias(alias)) if newer.contains(&alias.successor) => Some(hash),
                _ => None,
            }));
            kept.extend(newer);
        }
        let gone: Vec<_> = user.sessions.keys().filter(|hash| !kept.contains(*hash)).copied().collect();
        gone.iter().for_each(|hash| {
            self.delete(asked.key, hash);
        });
        List::new().integer(1).integer(gone.len() as i64).integer(now).integer(0)
    }

    fn list(&self, asked: &Asked<'_>, now: i64) -> List {
        let sessions = self.users.get(asked.key).into_iter().flat_map(|user| &user.sessions);
        sessions.fold(List::new().bulk(b"0"), |reply, (hash, value)| match Stored::parse(value) {
            Some(Stored::Record(record)) if record.head.is_live(now, asked.number(1)) => {
                let data = if asked.text(2) == b"1" { record.data } else { b"" };
                reply.bulk(hash).bulk(&joined(&record.head, record.about, data))
            }
            _ => reply,
        })
    }

    fn directory(&mut self, key: &[u8], user: &[u8], ends: i64) -> i64 {
        if user.is_empty() {
            return self.directories.get(key).map_or(0, HashMap::len) as i64;
        }
        let entry = |ends| (ends, Box::from(key), Box::from(user));
        let members = self.directories.entry(key.into()).or_default();
        match members.get_mut(user) {
            Some(known) if *known >= ends => {}
            Some(known) => {
                self.entry_ends.remove(&entry(*known));
                *known = ends;
                self.entry_ends.insert(entry(ends));
            }
            None => {
                members.insert(user.into(), ends);
                self.bytes += user.len() + OVERHEAD_BYTES;
                self.entry_ends.insert(entry(ends));
            }
        }
        members.len() as i64
    }
}

fn joined(head: &Head, about: &[u8], data: &[u8]) -> Vec<u8> {
    [head.text().as_bytes(), about, b"\n", data].concat()
}

fn cost(value: &[u8]) -> usize {
    HASH_BYTES + value.len() + OVERHEAD_BYTES
}
