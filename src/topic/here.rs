//! The steps of the scripts on this process's own memory, where there is no Redis.
//!
//! Replies are those of the scripts. Nothing is evicted: a message that has no room is not published.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::position::Position;
use super::scripts::Script;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Arguments, append_argument, append_header};

/// What a message or an id costs beside its bytes.
const OVERHEAD_BYTES: usize = 128;

type Name = Box<[u8]>;

/// The messages of this process.
#[derive(Default)]
pub struct Here {
    kept: HashMap<Name, Kept>,
    /// When each key ends, in order.
    ends: BTreeSet<(u64, Name)>,
    bytes: usize,
    max_bytes: usize,
}

struct Kept {
    ends: u64,
    what: What,
}

enum What {
    Stream(VecDeque<Entry>),
    /// The entry of a publisher's id.
    Id(Position),
}

struct Entry {
    id: Position,
    before: Position,
    message: Box<[u8]>,
}

impl Entry {
    fn cost(&self) -> usize {
        OVERHEAD_BYTES + self.message.len()
    }
}

impl What {
    fn cost(&self) -> usize {
        match self {
            What::Stream(entries) => entries.iter().map(Entry::cost).sum(),
            What::Id(_) => 0,
        }
    }
}

impl Here {
    pub fn new(max_bytes: usize) -> Here {
        Here { max_bytes, ..Here::default() }
    }

    /// The reply to a request at a time in ms.
    ///
    /// # Errors
    /// `E_OVERLOADED`: there is no room for a message.
    pub fn run(&mut self, request: &[u8], now: u64) -> Result<Vec<u8>> {
        self.drop_ended(now);
        let words: Vec<&[u8]> = Arguments::new(request).collect();
        match words.as_slice() {
            // Whoever reads it is told by JavaScript.
            [b"PUBLISH", ..] => Ok(b":0\r\n".to_vec()),
            [b"EVALSHA", sha, keys, rest @ ..] => {
                let (keys, arguments) = rest.split_at(number(keys).min(rest.len()));
                match Script::of_sha(sha) {
                    Some(Script::PUBLISH) => self.publish(keys, arguments, now),
                    Some(Script::READ) => Ok(self.read(keys, arguments, now)),
                    _ => Err(unknown()),
                }
            }
            _ => Err(unknown()),
        }
    }

    fn publish(&mut self, keys: &[&[u8]], arguments: &[&[u8]], now: u64) -> Result<Vec<u8>> {
        let [stream, id_key @ ..] = keys else { return Ok(list(&[b"1"])) };
        let [_, message, most, keep_ms, ..] = arguments else { return Ok(list(&[b"1"])) };
        if let Some(Kept { what: What::Id(known), .. }) = id_key.first().and_then(|key| self.kept.get(*key)) {
            return Ok(list(&[b"1", known.to_string().as_bytes()]));
        }
        let new: usize = [*stream].iter().chain(id_key).map(|key| self.cost_of_new(key)).sum();
        if self.bytes + new + OVERHEAD_BYTES + message.len() > self.max_bytes {
            return Err(Error::new(
                ErrorCode::Overloaded,
                "the messages of topics take all of memoryMaxBytes; nothing was published",
            ));
        }
        let (ends, most) = (now + number(keep_ms) as u64, number(most));
        let mut entries = match self.remove(stream) {
            Some(What::Stream(entries)) => entries,
            _ => VecDeque::new(),
        };
        let before = entries.back().map_or(Position::FIRST, |entry| entry.id);
        let id = before.next(now);
        entries.push_back(Entry { id, before, message: (*message).into() });
        let oldest = now.saturating_sub(number(keep_ms) as u64);
        while entries.len() > most || entries.front().is_some_and(|entry| entry.id.ms < oldest) {
            entries.pop_front();
        }
        self.put(stream, What::Stream(entries), ends);
        if let Some(key) = id_key.first() {
            self.put(key, What::Id(id), ends);
        }
        Ok(list(&[b"1", id.to_string().as_bytes(), before.to_string().as_bytes()]))
    }

    fn read(&self, keys: &[&[u8]], arguments: &[&[u8]], now: u64) -> Vec<u8> {
        let ([stream, ..], [direction, place, limit, bytes, ..]) = (keys, arguments) else {
            return list(&[]);
        };
        let none = VecDeque::new();
        let entries = match self.kept.get(*stream) {
            Some(Kept { what: What::Stream(entries), .. }) => entries,
            _ => &none,
        };
        let last = entries.back().map_or(Position::FIRST, |entry| entry.id);
        let mut parts = vec![last.to_string().into_bytes(), now.to_string().into_bytes()];
        let (limit, mut left) = (number(limit), number(bytes));
        let position = Position::parse(place);
        let mut take = |entry: &Entry| {
            let has_room = left > 0;
            if has_room {
                left = left.saturating_sub(entry.message.len());
                parts.extend([
                    entry.id.to_string().into_bytes(),
                    entry.before.to_string().into_bytes(),
                    entry.message.to_vec(),
                ]);
            }
            has_room
        };
        if *direction == b"a" {
            let from = entries.partition_point(|entry| position.is_some_and(|place| entry.id <= place));
            let _ = entries.iter().skip(from).take(limit).all(&mut take);
        } else {
            let until = entries.partition_point(|entry| position.is_none_or(|place| entry.id < place));
            let _ = entries.iter().take(until).rev().take(limit).all(&mut take);
        }
        list(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Forgets the keys that are meant. Answers how many they were, and their bytes.
    pub fn forget_where(&mut self, is_meant: impl Fn(&[u8]) -> bool) -> (usize, usize) {
        let meant: Vec<Name> = self.kept.keys().filter(|key| is_meant(key)).cloned().collect();
        let before = self.bytes;
        meant.iter().for_each(|key| drop(self.remove(key)));
        (meant.len(), before - self.bytes)
    }

    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        self.kept.keys().filter(|key| is_meant(key)).count()
    }

    fn cost_of_new(&self, key: &[u8]) -> usize {
        if self.kept.contains_key(key) { 0 } else { OVERHEAD_BYTES + 2 * key.len() }
    }

    fn put(&mut self, key: &[u8], what: What, ends: u64) {
        self.bytes += self.cost_of_new(key) + what.cost();
        self.ends.insert((ends, key.into()));
        self.kept.insert(key.into(), Kept { ends, what });
    }

    fn remove(&mut self, key: &[u8]) -> Option<What> {
        let (name, Kept { ends, what }) = self.kept.remove_entry(key)?;
        self.bytes -= self.cost_of_new(key) + what.cost();
        self.ends.remove(&(ends, name));
        Some(what)
    }

    fn drop_ended(&mut self, now: u64) {
        while let Some((ends, key)) = self.ends.first().cloned() {
            if ends > now {
                return;
            }
            self.remove(&key);
        }
    }
}

fn unknown() -> Error {
    Error::new(ErrorCode::Internal, "the embedded store does not know a step of topics")
}

fn number(digits: &[u8]) -> usize {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// A reply with these parts.
fn list(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    append_header(&mut out, parts.len());
    parts.iter().for_each(|part| append_argument(&mut out, part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::contract::{Store, check_all};
    use crate::topic::options::Retention;
    use crate::topic::requests::{Message, append_publish};

    struct Embedded {
        here: Here,
        now: u64,
    }

    impl Store for Embedded {
        fn run(&mut self, request: &[u8]) -> Vec<u8> {
            self.here.run(request, self.now).unwrap()
        }

        fn pass(&mut self, ms: u64) {
            self.now += ms;
        }
    }

    #[test]
    fn the_embedded_store_keeps_every_promise() {
        check_all(&mut |_| Box::new(Embedded { here: Here::new(1 << 20), now: 1_700_000_000_000 }));
    }

    fn publish(here: &mut Here, stream: &[u8], id_key: Option<&[u8]>, now: u64) -> Result<Vec<u8>> {
        let retention = Retention { replay: 5, retain_seconds: 1 };
        let text = &[b'x'; 100][..];
        let message = Message { stream, id_key, channel: b"c", text, retention, is_sharded: false };
        let mut request = Vec::new();
        append_publish(&message, &mut request);
        here.run(&request, now)
    }

    #[test]
    fn memory_is_counted_and_has_a_bound() {
        let mut here = Here::new(1_000);
        publish(&mut here, b"a", Some(b"a:1"), 1_000).unwrap();
        let one = here.bytes;
        assert_eq!(publish(&mut here, b"b", None, 1_000).map(|_| here.bytes > one), Ok(true));
        let full = (0..9).find_map(|_| publish(&mut here, b"b", None, 1_000).err()).unwrap();
        assert_eq!(full.code(), ErrorCode::Overloaded);
        assert!(here.bytes <= 1_000);
        here.drop_ended(2_000);
        assert_eq!((here.bytes, here.kept.len(), here.ends.len()), (0, 0, 0));
    }

    #[test]
    fn what_is_forgotten_leaves_nothing() {
        let mut here = Here::new(10_000);
        publish(&mut here, b"a", Some(b"a:1"), 1_000).unwrap();
        publish(&mut here, b"b", None, 1_000).unwrap();
        assert_eq!(here.count_where(|key| key.starts_with(b"a")), 2);
        let (gone, bytes) = here.forget_where(|key| key.starts_with(b"a"));
        assert!(gone == 2 && bytes > 0);
        here.forget_where(|_| true);
        assert_eq!((here.bytes, here.ends.len()), (0, 0));
    }
}
