//! The steps of the scripts on this process's own memory: where there is no Redis, and while it is away.
//!
//! Each function does what the script of its name does, and replies as it would.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::answer::Array;
use super::entry::{Entry, GRACE, HEAD_BYTES};
use super::record::{Record, Verdict, changed, joined, parted, record, twice};
use super::request::Sent;
use crate::store::{MemoryStore, Remaining};

/// A reply of a read that found nothing.
pub const NOTHING: &[u8] = b"$-1\r\n";

/// Memory at one moment.
pub struct Here<'m> {
    pub memory: &'m mut MemoryStore,
    pub now: Instant,
    /// Whether it is all there is. If not, a tag without a record is one of which no change is known.
    pub is_whole: bool,
}

/// An entry in memory, and what its tags say of it.
struct Looked {
    bytes: Vec<u8>,
    left_ms: i64,
    is_soft: bool,
}

/// The time of this process in ms. It only goes forward, whatever becomes of the wall clock.
pub fn now_ms(now: Instant) -> u64 {
    static BEGAN: LazyLock<(Instant, Duration)> =
        LazyLock::new(|| (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()));
    let (began, since) = *BEGAN;
    (since + now.saturating_duration_since(began)).as_millis() as u64
}

fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(1).max(1))
}

impl Here<'_> {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.memory.get(key, self.now).map(<[u8]>::to_vec)
    }

    fn set(&mut self, key: &[u8], value: &[u8], life: Duration, index: Option<&[u8]>) -> bool {
        self.memory.set(key, value, Some(life), index, self.now)
    }

    fn delete(&mut self, key: &[u8]) -> bool {
        self.memory.delete(key, self.now)
    }

    fn left_ms(&self, key: &[u8]) -> i64 {
        match self.memory.remaining_ttl(key, self.now) {
            // A part of a millisecond is left too.
            Some(Remaining::For(left)) => left.as_micros().div_ceil(1000) as i64,
            Some(Remaining::Forever) => -1,
            None => -2,
        }
    }

    /// Deletes a lease, unless it is a guard.
    fn free(&mut self, lease: &[u8]) {
        if self.get(lease).is_some_and(|lease| lease.first() != Some(&b'm')) {
            self.delete(lease);
        }
    }

    fn verdict(&mut self, entry: &Entry<'_>, tags_begin: &[u8]) -> Verdict {
        let mut verdict = Verdict::Unchanged;
        for tag in entry.tags() {
            let known = self.get(&[tags_begin, tag.name].concat());
            match known.as_deref().and_then(Record::parse).map(|record| record.verdict(&tag)) {
                Some(Verdict::Hard) => return Verdict::Hard,
                None if self.is_whole => return Verdict::Hard,
                Some(Verdict::Soft) => verdict = Verdict::Soft,
                Some(Verdict::Unchanged) | None => {}
            }
        }
        verdict
    }

    /// The bytes under the key, unless they are an entry whose tags say that it never answers again.
    fn looked(&mut self, key: &[u8], tags_begin: &[u8]) -> Option<Looked> {
        let bytes = self.get(key)?;
        let left_ms = self.left_ms(key);
        let verdict =
            Entry::parse(&bytes).map_or(Verdict::Unchanged, |entry| self.verdict(&entry, tags_begin));
        (verdict != Verdict::Hard).then_some(Looked { bytes, left_ms, is_soft: verdict == Verdict::Soft })
    }

    pub fn look(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let (key, mode) = (sent.key(0), sent.argument(1));
        let looked = self.looked(key, sent.argument(0));
        if mode == b"p" {
            self.delete(key);
            self.free(sent.key(1));
        }
        if mode == b"r" || mode == b"p" {
            let Some(looked) = looked else { return NOTHING.to_vec() };
            let mut reply = Array::new(3);
            push_looked(&mut reply, Some(&looked));
            return reply.into_bytes();
        }
        self.take(sent, looked, mode == b"f")
    }

    fn take(&mut self, sent: &Sent<'_>, looked: Option<Looked>, is_forced: bool) -> Vec<u8> {
        let entry = looked.as_ref().and_then(|looked| Entry::parse(&looked.bytes));
        let is_there = entry.is_some();
        let is_other = looked.as_ref().zip(entry).is_some_and(|(looked, entry)| {
            entry.is_fresh(looked.left_ms) && !looked.is_soft && entry.nonce != sent.argument(2)
        });
        if is_other && !is_forced {
            let mut reply = Array::new(4);
            push_looked(&mut reply, looked.as_ref());
            reply.integer(0);
            return reply.into_bytes();
        }
        let lease = self.get(sent.key(1)).unwrap_or_default();
        let holder = lease.first().copied().unwrap_or_default();
        if holder == b'm' || (!is_forced && (holder == b'l' || (holder == b'f' && is_there))) {
            let mut reply = Array::new(5);
            push_looked(&mut reply, looked.as_ref());
            reply.bulk(&[holder]);
            reply.integer(self.left_ms(sent.key(1)));
            return reply.into_bytes();
        }
        self.set(sent.key(1), &[b"l", sent.argument(3)].concat(), milliseconds(sent.number(4)), None);
        let records = sent.keys.get(3..).unwrap_or_default();
        let mut reply = Array::new(7 + records.len());
        push_looked(&mut reply, looked.as_ref());
        reply.integer(1);
        reply.integer(sent.number(4));
        reply.bulk(&self.get(sent.key(2)).unwrap_or_default());
        reply.integer(now_ms(self.now) as i64);
        for key in records {
            reply.bulk(&self.captured(key, sent.argument(5), milliseconds(sent.number(6))));
        }
        reply.into_bytes()
    }

    /// The versions of a tag; a record is made where there is none.
    fn captured(&mut self, key: &[u8], new: &[u8], life: Duration) -> Vec<u8> {
        let known = self.get(key);
        if let Some(known) = known.as_deref().and_then(Record::parse) {
            return known.versions.to_vec();
        }
        let Ok(new) = new.try_into() else { return vec![0; 16] };
        if !self.is_whole {
            // Whatever is stored with these says that no change is known.
            return vec![0; 16];
        }
        self.set(key, &record(new, now_ms(self.now), ""), life, None);
        new.to_vec()
    }

    pub fn store(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let &[entry_key, lease_key, index, _, mark, ref records @ ..] = sent.keys.as_slice() else {
            return code(0);
        };
        let (token, mut life) = (sent.argument(2), sent.number(1));
        let mut entry = sent.argument(0).to_vec();
        let lease = self.get(lease_key);
        let mut frees = true;
        if !token.is_empty() {
            let holder = lease.as_deref().and_then(|lease| lease.split_first());
            if !matches!(holder, Some((b'l' | b'f', held)) if held == token) {
                return code(0);
            }
            if self.get(mark).unwrap_or_default() != sent.argument(3) {
                self.delete(lease_key);
                return code(0);
            }
        } else if lease.is_some_and(|lease| lease.first() == Some(&b'm')) {
            let guarded = self.left_ms(lease_key).max(1);
            if guarded < life {
                life = guarded;
                entry.get_mut(GRACE).into_iter().for_each(|grace| grace.fill(0));
            }
            frees = false;
        }
        let old = if sent.argument(5).is_empty() { None } else { self.get(entry_key) };
        let old_entry = old.as_deref().and_then(Entry::parse);
        if !sent.argument(5).is_empty() && old_entry.is_none_or(|old| old.nonce != sent.argument(5)) {
            return code(5);
        }
        if self.stamp(sent, records, life, &mut entry) {
            self.delete(lease_key);
            return code(2);
        }
        if let Some(used) = self.full(entry_key, index, sent) {
            if !token.is_empty() {
                self.delete(lease_key);
            }
            let mut reply = Array::new(2);
            reply.integer(3);
            reply.integer(used as i64);
            return reply.into_bytes();
        }
        if let (Some(old), Some(_)) = (&old, old_entry) {
            let body = old[21..25].iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
            entry[2] = old[2];
            entry.extend_from_slice(&old[body.max(HEAD_BYTES)..]);
        }
        if frees {
            self.delete(lease_key);
        }
        let is_stored = self.set(entry_key, &entry, milliseconds(life), Some(index));
        code(i64::from(is_stored))
    }

    /// Puts the versions of tags into an entry that are those of now. True where one has changed since the lease was taken,
    /// or is new.
    fn stamp(&mut self, sent: &Sent<'_>, records: &[&[u8]], life: i64, entry: &mut [u8]) -> bool {
        let (is_fill, taken) = (!sent.argument(2).is_empty(), sent.number(4) as u64);
        let life = milliseconds(life) + milliseconds(sent.number(9));
        let mut is_late = false;
        for (position, key) in records.iter().enumerate() {
            let place = sent.number(12 + position) as usize;
            let known = self.get(key);
            let parsed = known.as_deref().and_then(Record::parse);
            let changed_ms = parsed.map_or(u64::MAX, |record| record.changed_ms().unwrap_or(u64::MAX));
            let is_guarded = parsed.is_none_or(|parsed| !parsed.tokens().is_empty());
            if let Some(known) = known.as_deref().filter(|_| !is_guarded)
                && Duration::from_millis(self.left_ms(key).max(0) as u64) < life
            {
                self.set(key, known, life, None);
            }
            let versions = match parsed {
                Some(parsed) => parsed.versions.to_vec(),
                None => self.captured(key, sent.argument(8), life),
            };
            if place > 0 {
                is_late |= is_fill && changed_ms >= taken;
                if let Some(room) = entry.get_mut(place..place + versions.len()) {
                    room.copy_from_slice(&versions);
                }
            }
        }
        is_late
    }

    /// Makes room for one more entry. The number of entries where there is none.
    fn full(&mut self, key: &[u8], index: &[u8], sent: &Sent<'_>) -> Option<usize> {
        let most = usize::try_from(sent.number(6)).ok()?;
        if self.memory.remaining_ttl(key, self.now).is_some()
            || (most > 0 && self.memory.organization_len(index) < most)
        {
            return None;
        }
        let mut ends: Vec<_> = self
            .memory
            .organization_keys(index, self.now)
            .into_iter()
            .map(|key| (self.left_ms(&key), key))
            .collect();
        if most > 0 && ends.len() < most {
            return None;
        }
        if most == 0 || sent.argument(7) != b"1" {
            return Some(ends.len());
        }
        ends.sort_unstable();
        for (_, key) in &ends[..=ends.len() - most] {
            self.delete(key);
        }
        None
    }

    pub fn drop_entry(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let key = sent.key(0);
        self.free(sent.key(1));
        let bytes = if sent.argument(0) == b"e" { self.get(key) } else { None };
        let grace = bytes.as_deref().and_then(Entry::parse).map_or(0, |entry| entry.grace_ms as i64);
        if grace == 0 {
            return number(i64::from(self.delete(key)));
        }
        if let Some(bytes) = bytes.filter(|_| self.left_ms(key) > grace) {
            self.set(key, &bytes, milliseconds(grace), Some(sent.key(2)));
        }
        number(1)
    }

    pub fn lease(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let (key, life, rest) = (sent.key(0), sent.number(2), sent.number(3));
        let held = [b"l", sent.argument(0)].concat();
        if self.get(key).as_deref() != Some(&held) {
            return number(0);
        }
        let is_cleared = self.get(sent.key(1)).unwrap_or_default() != sent.argument(1);
        if is_cleared || (life == 0 && rest == 0) {
            self.delete(key);
            return number(i64::from(!is_cleared));
        }
        if life > 0 {
            self.set(key, &held, milliseconds(life), None);
        } else {
            self.set(key, &[b"f", sent.argument(0)].concat(), milliseconds(rest), None);
        }
        number(1)
    }

    pub fn retag(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        for key in &sent.keys {
            let known = self.get(key);
            let known = known.as_deref().and_then(Record::parse);
            let life = if known.is_some() { self.left_ms(key) } else { sent.number(2) };
            let is_soft = sent.argument(0) == b"s" && known.is_some();
            let tokens = known.map_or("", |known| known.tokens());
            let new = twice(sent.argument(1));
            let changed = changed(known.as_ref(), is_soft, new, now_ms(self.now), tokens);
            self.set(key, &changed, milliseconds(life), None);
        }
        number(sent.keys.len() as i64)
    }

    pub fn guard(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let (mode, token) = (sent.argument(0), sent.text(1));
        let (life, after) = (milliseconds(sent.number(3)), milliseconds(sent.number(5)));
        let tags = sent.number(2).max(0) as usize;
        let (records, entries) =
            sent.keys.get(1..).unwrap_or_default().split_at_checked(tags).unwrap_or_default();
        let is_end = mode == b"e";
        let changed_tokens =
            |tokens: &str| if is_end { parted(tokens, token) } else { joined(tokens, token) };
        for key in records {
            let known = self.get(key);
            let known = known.as_deref().and_then(Record::parse);
            let tokens = changed_tokens(known.map_or("", |known| known.tokens()));
            let new: [u8; 16] = sent.argument(4).try_into().unwrap_or_default();
            let value = match known {
                Some(known) if !is_end => {
                    record(known.versions, known.changed_ms().unwrap_or_default(), &tokens)
                }
                _ => record(new, now_ms(self.now), &tokens),
            };
            self.set(key, &value, if tokens.is_empty() { after } else { life }, None);
        }
        for pair in entries.chunks_exact(2) {
            let lease = self.get(pair[1]).unwrap_or_default();
            let tokens = lease.strip_prefix(b"m").map(|tokens| String::from_utf8_lossy(tokens).into_owned());
            let tokens = changed_tokens(&tokens.unwrap_or_default());
            if tokens.is_empty() {
                self.delete(pair[1]);
            } else {
                self.set(pair[1], format!("m{tokens}").as_bytes(), life, None);
            }
            if mode != b"r" {
                self.delete(pair[0]);
            }
        }
        number(1)
    }

    /// The mark changes, so that no factory under way stores what it makes; the entries go. Gives their number.
    pub fn clear(&mut self, index: &[u8], mark: &[u8], begin: &[u8], token: &[u8]) -> usize {
        self.set(mark, token, Duration::from_secs(120), None);
        if begin.is_empty() {
            return self.memory.clear_organization(index);
        }
        let keys = self.memory.organization_keys(index, self.now);
        keys.iter().filter(|key| key.starts_with(begin)).filter(|key| self.delete(key)).count()
    }

    pub fn list(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let begin = sent.argument(2);
        let keys = self.memory.organization_keys(sent.key(0), self.now);
        let fresh: Vec<_> = keys
            .into_iter()
            .filter(|key| key.starts_with(begin))
            .filter(|key| {
                let looked = self.looked(key, sent.argument(3));
                let entry = looked.as_ref().and_then(|looked| Entry::parse(&looked.bytes));
                looked.as_ref().zip(entry).is_some_and(|(looked, entry)| {
                    entry.is_fresh(looked.left_ms) && !looked.is_soft && !entry.is_absent()
                })
            })
            .collect();
        let mut reply = Array::new(1 + fresh.len());
        reply.bulk(b"0");
        fresh.iter().for_each(|key| reply.bulk(key));
        reply.into_bytes()
    }
}

fn push_looked(reply: &mut Array, looked: Option<&Looked>) {
    if let Some(looked) = looked {
        reply.bulk(&looked.bytes);
        reply.integer(looked.left_ms);
        reply.integer(i64::from(looked.is_soft));
    } else {
        reply.null();
        reply.integer(-2);
        reply.integer(0);
    }
}

fn code(number: i64) -> Vec<u8> {
    let mut reply = Array::new(1);
    reply.integer(number);
    reply.into_bytes()
}

fn number(number: i64) -> Vec<u8> {
    format!(":{number}\r\n").into_bytes()
}
