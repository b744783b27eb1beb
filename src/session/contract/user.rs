//! A user's sessions in a store under test, with replies that own their bytes.

use super::super::record::{Head, Stored};
use super::super::requests::{
    Bounds, Entries, NOW, NewSession, Rotation, append_count, append_create, append_destroy, append_extend,
    append_read, append_revoke, append_rotate, append_touch, append_update,
};
use super::{ABOUT, Hash, KEY, LONG, SLACK, Store};
use crate::lane::{Frame, Node as Reply};

/// A reply whose parts own their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Nothing,
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<Part>),
}

fn part(node: Reply<'_>) -> Part {
    match node {
        Reply::Integer(number) => Part::Number(number),
        Reply::Bulk(bytes) | Reply::Status(bytes) => Part::Bytes(bytes.to_vec()),
        Reply::Array(items) => Part::List(items.map(part).collect()),
        Reply::Null => Part::Nothing,
        other => panic!("an unexpected reply: {other:?}"),
    }
}

/// A user's sessions in a store.
pub(super) struct User<'s>(pub &'s mut dyn Store);

impl User<'_> {
    pub fn ask(&mut self, make: impl FnOnce(&mut Vec<u8>)) -> Part {
        let mut request = Vec::new();
        make(&mut request);
        let reply = self.0.run(&request);
        part(Frame::new(&reply).node())
    }

    pub fn list(&mut self, make: impl FnOnce(&mut Vec<u8>)) -> Vec<Part> {
        match self.ask(make) {
            Part::List(parts) => parts,
            other => panic!("no list: {other:?}"),
        }
    }

    /// The server's time, and what became of each session.
    pub fn create_all(&mut self, sessions: &[(Hash, Bounds)], directories: &[Entries]) -> (i64, Vec<Part>) {
        let sessions: Vec<_> = sessions
            .iter()
            .map(|(hash, bounds)| NewSession {
                key: KEY,
                hash: *hash,
                about: ABOUT,
                data: b"{\"n\":1}",
                bounds: *bounds,
            })
            .collect();
        let mut reply = self.list(|out| append_create(&sessions, directories, SLACK, out));
        match reply.remove(0) {
            Part::Number(now) => (now, reply),
            other => panic!("no time: {other:?}"),
        }
    }

    pub fn create_with(&mut self, hash: Hash, bounds: Bounds) -> Part {
        self.create_all(&[(hash, bounds)], &[]).1.remove(0)
    }

    pub fn create(&mut self, hash: Hash) {
        assert_eq!(self.create_with(hash, LONG), Part::Number(1));
    }

    pub fn raw(&mut self, hash: Hash) -> Option<Vec<u8>> {
        match self.ask(|out| append_read(KEY, &hash, out)) {
            Part::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Times and data of a record.
    pub fn record(&mut self, hash: Hash) -> Option<(Head, Vec<u8>)> {
        let bytes = self.raw(hash)?;
        match Stored::parse(&bytes) {
            Some(Stored::Record(record)) => {
                assert_eq!(record.about, ABOUT);
                Some((record.head, record.data.to_vec()))
            }
            _ => None,
        }
    }

    pub fn is_alias(&mut self, hash: Hash) -> bool {
        self.raw(hash).is_some_and(|bytes| matches!(Stored::parse(&bytes), Some(Stored::Alias(_))))
    }

    pub fn has(&mut self, hash: Hash) -> bool {
        self.raw(hash).is_some()
    }

    pub fn touch(&mut self, hash: Hash) -> bool {
        self.ask(|out| append_touch(KEY, &hash, SLACK, out)) == Part::Number(1)
    }

    pub fn update(&mut self, hash: Hash, version: i64, data: &[u8]) -> Vec<Part> {
        self.list(|out| append_update(KEY, &hash, version, data, SLACK, out))
    }

    pub fn rotate(&mut self, from: Hash, to: Hash, nonce: Option<&[u8; 16]>) -> Vec<Part> {
        let rotation = Rotation {
            from: &from,
            to: &to,
            nonce,
            grace_ms: 30_000,
            is_authenticated: nonce.is_none(),
            data: None,
        };
        self.list(|out| append_rotate(KEY, &rotation, SLACK, out))
    }

    pub fn destroy(&mut self, hash: Hash) -> Part {
        self.destroy_all(&[hash]).remove(0)
    }

    pub fn destroy_all(&mut self, hashes: &[Hash]) -> Vec<Part> {
        let ends: Vec<_> = hashes.iter().map(|hash| (KEY.to_vec(), *hash)).collect();
        self.list(|out| append_destroy(&ends, NOW, out))
    }

    pub fn revoke(&mut self, known: i64, kept: &[Hash], age: u64) -> i64 {
        match &self.list(|out| append_revoke(KEY, known, kept, age, out))[..] {
            [Part::Number(1), Part::Number(removed), Part::Number(now), Part::Number(0 | 1)] if *now > 0 => {
                *removed
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn extend(&mut self, hash: Hash, life_ms: i64, idle_ms: Option<i64>) -> bool {
        self.ask(|out| append_extend(KEY, &hash, (life_ms, idle_ms), SLACK, out)) == Part::Number(1)
    }

    /// How many live and how many have ended.
    pub fn count(&mut self, drops: bool) -> (i64, i64) {
        match self.list(|out| append_count(KEY, SLACK, drops, out))[..] {
            [Part::Number(live), Part::Number(ended)] => (live, ended),
            ref other => panic!("{other:?}"),
        }
    }

    pub fn pass(&mut self, ms: i64) {
        self.0.pass(KEY, ms);
    }
}
