//! Who waits for a change of a key that the watch connection reads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Is called once: the key has changed, is not there, or nobody would tell any more.
pub type Woken = Box<dyn FnOnce() + Send>;

/// Who waits, by keys. Each has a number.
type ByKey = HashMap<Box<[u8]>, Vec<(u64, Woken)>>;

#[derive(Default)]
pub(super) struct Waits {
    // Held to add, remove and take; nobody is woken meanwhile.
    by_key: Mutex<ByKey>,
    /// How many keys there are. Each message asks.
    keys: AtomicUsize,
}

impl Waits {
    fn lock(&self) -> MutexGuard<'_, ByKey> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the number of the wait.
    pub fn add(&self, key: &[u8], woken: Woken) -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let mut by_key = self.lock();
        by_key.entry(key.into()).or_default().push((number, woken));
        self.keys.store(by_key.len(), Ordering::Release);
        number
    }

    /// Nobody waits any more.
    pub fn remove(&self, key: &[u8], number: u64) {
        let mut by_key = self.lock();
        if let Some(waiting) = by_key.get_mut(key) {
            waiting.retain(|(known, _)| *known != number);
            if waiting.is_empty() {
                by_key.remove(key);
            }
        }
        self.keys.store(by_key.len(), Ordering::Release);
    }

    #[cfg(test)]
    pub fn has(&self, key: &[u8]) -> bool {
        self.lock().contains_key(key)
    }

    /// The key has changed, or is not there.
    pub fn wake(&self, key: &[u8]) {
        if self.keys.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut by_key = self.lock();
        let waiting = by_key.remove(key);
        self.keys.store(by_key.len(), Ordering::Release);
        drop(by_key);
        waiting.into_iter().flatten().for_each(|(_, woken)| woken());
    }

    /// Nobody would tell of changes any more.
    pub fn wake_all(&self) {
        let all = std::mem::take(&mut *self.lock());
        self.keys.store(0, Ordering::Release);
        all.into_values().flatten().for_each(|(_, woken)| woken());
    }
}
