//! The lock on memory and journal. Whoever lets go of it tells whether the journal holds anything.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use super::local_state::LocalState;
use super::stand_in::StandIn;

/// Memory and journal, locked.
pub struct LocalStateGuard<'s> {
    stand_in: &'s StandIn,
    local_state: MutexGuard<'s, LocalState>,
}

impl<'s> LocalStateGuard<'s> {
    pub(super) fn new(stand_in: &'s StandIn, local_state: MutexGuard<'s, LocalState>) -> LocalStateGuard<'s> {
        LocalStateGuard { stand_in, local_state }
    }
}

impl Deref for LocalStateGuard<'_> {
    type Target = LocalState;

    fn deref(&self) -> &LocalState {
        &self.local_state
    }
}

impl DerefMut for LocalStateGuard<'_> {
    fn deref_mut(&mut self) -> &mut LocalState {
        &mut self.local_state
    }
}

impl Drop for LocalStateGuard<'_> {
    fn drop(&mut self) {
        let holds_writes = !self.local_state.journal.is_empty();
        if self.stand_in.holds_writes.load(Ordering::Relaxed) == holds_writes {
            return;
        }
        self.stand_in.holds_writes.store(holds_writes, Ordering::Release);
        if let Some(tell) = self.stand_in.journal_watcher.get() {
            tell(holds_writes);
        }
    }
}
