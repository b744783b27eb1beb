//! Callers that wait for another process's lease: the watch connection tells when it changes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::call::{At, Call};
use super::room::Room;
use crate::copies::Wait;

type Tell = Box<dyn Fn() + Send + Sync>;

/// The waits of one client, by number; all nodes of a cluster share them.
#[derive(Default)]
pub struct Waits {
    shared: Arc<Shared>,
    // Held for an insertion or a removal.
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last: u32,
    by_number: HashMap<u32, Wait>,
}

#[derive(Default)]
struct Shared {
    /// Waits whose lease has changed, of which the client's owner does not know yet.
    // Held to add one or to take all.
    woken: Mutex<Vec<u32>>,
    tell: OnceLock<Tell>,
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").finish_non_exhaustive()
    }
}

impl Waits {
    /// `tell` is called when there are waits to take. The first caller's counts.
    pub fn listen(&self, tell: impl Fn() + Send + Sync + 'static) {
        let _ = self.shared.tell.set(Box::new(tell));
    }

    /// Waits for the lease of the entry that a read is about. Gives the number of the wait; `None` where nobody would tell.
    pub fn begin(&self, room: &Room<'_>, call: &Call<'_>) -> Option<u32> {
        let Call::Get { at: At { scope, key }, .. } = *call else { return None };
        let (copies, cache) = (room.copies?, room.caches.get(scope.cache).ok()?);
        let mut entry = Vec::new();
        let of = room.keys.of_cache(scope.organization, &cache.options.name);
        of.entry(&mut entry, &cache.options.namespaces, key).ok()?;
        let mut open = self.open();
        open.last = open.last.checked_add(1).unwrap_or(1);
        let number = open.last;
        let shared = self.shared.clone();
        let wait = copies.wait(&room.keys.lease_of(&entry), Box::new(move || shared.wake(number)))?;
        open.by_number.insert(number, wait);
        Some(number)
    }

    /// The wait is over, however it ended.
    pub fn end(&self, number: u32) {
        let ended = self.open().by_number.remove(&number);
        drop(ended);
    }

    /// Waits whose lease has changed since this was asked last.
    pub fn take_woken(&self) -> Vec<u32> {
        std::mem::take(&mut *self.shared.lock())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, number: u32) {
        let mut woken = self.lock();
        woken.push(number);
        let is_first = woken.len() == 1;
        drop(woken);
        // The owner takes all that there are by then.
        if let Some(tell) = self.tell.get().filter(|_| is_first) {
            tell();
        }
    }
}
