//! Which values are large enough to hold others up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use lru::LruCache;

use crate::command::only_reads;
use crate::lane::Arguments;

/// What takes a connection of 10 Gbit/s for more than 50 us, which is what a small call takes altogether.
const LARGE_BYTES: usize = 64 * 1024;
/// Keys that are remembered; a forgotten one is learned again by its next read.
const KEPT_KEYS: usize = 4096;

/// The keys of values that were large when they were last read.
pub struct LargeValues {
    // Most clients have none, and then nothing is locked.
    any: AtomicBool,
    keys: Mutex<LruCache<u64, ()>>,
}

impl Default for LargeValues {
    fn default() -> Self {
        // A bound that is given at once would be paid for at once.
        LargeValues { any: AtomicBool::new(false), keys: Mutex::new(LruCache::unbounded()) }
    }
}

impl LargeValues {
    pub fn is_any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// A reply of so many bytes has answered this request.
    pub fn learn(&self, request: &[u8], reply_bytes: usize) {
        let is_large = reply_bytes >= LARGE_BYTES;
        if !is_large && !self.is_any() {
            return;
        }
        let words: Vec<&[u8]> = Arguments::new(request).take(2).collect();
        if only_reads(&words)
            && let Some(key) = words.get(1)
        {
            self.note(key, is_large);
        }
    }

    fn note(&self, key: &[u8], is_large: bool) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if is_large {
            keys.put(hash(key), ());
            if keys.len() > KEPT_KEYS {
                keys.pop_lru();
            }
        } else {
            keys.pop(&hash(key));
        }
        self.any.store(!keys.is_empty(), Ordering::Relaxed);
    }

    pub fn has(&self, key: &[u8]) -> bool {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&hash(key)).is_some()
    }
}

fn hash(key: &[u8]) -> u64 {
    use std::hash::BuildHasher;
    // Two keys that share a number only share a way.
    foldhash::fast::FixedState::default().hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_large_until_it_is_read_as_a_small_one() {
        let large = LargeValues::default();
        assert!(!large.is_any());
        large.note(b"a", true);
        assert!(large.is_any() && large.has(b"a") && !large.has(b"b"));
        large.note(b"a", false);
        assert!(!large.is_any() && !large.has(b"a"));
    }
}
