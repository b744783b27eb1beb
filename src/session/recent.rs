//! What this process has read or touched lately: what answers while Redis is away, and which sessions need no touch yet.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use lru::LruCache;

use super::id::{Hash, Tag};

/// Sessions that are read within a minute, on a busy process.
const MOST: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// Their bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub tag: Tag,
    pub record: Box<[u8]>,
    pub at: Instant,
    /// The server's time then, in ms.
    pub at_ms: i64,
}

/// The records that were read last.
#[derive(Debug)]
pub struct Recent {
    records: LruCache<Hash, Seen>,
    bytes: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Recent { records: LruCache::new(MOST), bytes: 0 }
    }
}

impl Recent {
    pub fn note(&mut self, hash: Hash, seen: Seen) {
        self.bytes += seen.record.len();
        if let Some((_, old)) = self.records.push(hash, seen) {
            self.bytes -= old.record.len();
        }
        while self.bytes > MAX_BYTES {
            let Some((_, old)) = self.records.pop_lru() else { return };
            self.bytes -= old.record.len();
        }
    }

    /// What was read at most `within` ago.
    pub fn get(&mut self, hash: &Hash, within: Duration, now: Instant) -> Option<Seen> {
        let seen = self.records.get(hash)?;
        if now.saturating_duration_since(seen.at) > within {
            self.forget(hash);
            return None;
        }
        Some(seen.clone())
    }

    pub fn forget(&mut self, hash: &Hash) {
        if let Some(old) = self.records.pop(hash) {
            self.bytes -= old.record.len();
        }
    }

    /// Forgets records.
    pub fn forget_where(&mut self, is_meant: impl Fn(&[u8]) -> bool) {
        let meant: Vec<_> =
            self.records.iter().filter(|(_, seen)| is_meant(&seen.record)).map(|(hash, _)| *hash).collect();
        meant.iter().for_each(|hash| self.forget(hash));
    }

    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        self.records.iter().filter(|(_, seen)| is_meant(&seen.record)).count()
    }

    /// Forgets the sessions of a user.
    pub fn forget_user(&mut self, tag: &Tag) {
        let of_user: Vec<_> =
            self.records.iter().filter(|(_, seen)| seen.tag == *tag).map(|(hash, _)| *hash).collect();
        of_user.iter().for_each(|hash| self.forget(hash));
    }
}

/// When each session was last told to be in use.
#[derive(Debug)]
pub struct Touches(LruCache<Hash, Instant>);

impl Default for Touches {
    fn default() -> Self {
        Touches(LruCache::new(MOST))
    }
}

impl Touches {
    /// Whether a touch is due: none was sent for so long.
    pub fn take_turn(&mut self, hash: &Hash, every: Duration, now: Instant) -> bool {
        if self.0.get(hash).is_some_and(|sent| now.saturating_duration_since(*sent) < every) {
            return false;
        }
        self.0.push(*hash, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tag: u8, bytes: usize, at: Instant) -> Seen {
        Seen { tag: [tag; 9], record: vec![0; bytes].into(), at, at_ms: 1 }
    }

    #[test]
    fn a_record_answers_for_a_while_and_not_once_it_is_forgotten() {
        let (now, within) = (Instant::now(), Duration::from_secs(60));
        let mut recent = Recent::default();
        recent.note([1; 16], seen(1, 10, now));
        recent.note([2; 16], seen(1, 10, now));
        recent.note([3; 16], seen(2, 10, now));
        assert_eq!(recent.get(&[1; 16], within, now + within), Some(seen(1, 10, now)));
        assert_eq!(recent.get(&[1; 16], within, now + within + Duration::from_millis(1)), None);
        recent.forget_user(&[1; 9]);
        assert_eq!(recent.get(&[2; 16], within, now), None);
        assert!(recent.get(&[3; 16], within, now).is_some());
        recent.forget(&[3; 16]);
        assert_eq!((recent.get(&[3; 16], within, now), recent.bytes), (None, 0));
    }

    #[test]
    fn records_have_a_bound_in_bytes_and_in_number() {
        let now = Instant::now();
        let mut recent = Recent::default();
        for number in 0..100u8 {
            recent.note([number; 16], seen(1, MAX_BYTES / 10, now));
            assert!(recent.bytes <= MAX_BYTES);
        }
        assert_eq!(recent.records.len(), 10);
        for number in 0..u64::from(MOST.get() as u32) + 10 {
            let mut hash = [0; 16];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            recent.note(hash, seen(1, 1, now));
        }
        assert!(recent.records.len() <= MOST.get() && recent.bytes <= MAX_BYTES);
    }

    #[test]
    fn a_session_is_touched_once_in_a_while() {
        let (now, every) = (Instant::now(), Duration::from_secs(60));
        let mut touches = Touches::default();
        assert!(touches.take_turn(&[1; 16], every, now));
        assert!(!touches.take_turn(&[1; 16], every, now + every / 2));
        assert!(touches.take_turn(&[1; 16], every, now + every));
        assert!(touches.take_turn(&[2; 16], every, now));
    }
}
