//! A pool of idle compression workspaces.
//!
//! Making a zstd context costs more than compressing a conversation with it. Contexts are kept here and not
//! in thread locals, because the addon may be unloaded while threads live, and a thread local's destructor
//! would then run in code that is gone. The lock is held for a push or a pop, never while something is
//! compressed, so a lock-free pool would gain nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::workspace::Workspace;

/// The number of idle workspaces, for the threads that compress at once on a usual machine. More threads make
/// more workspaces as they need them.
const IDLE_AT_MOST: usize = 4;

#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Vec<Workspace>>,
}

impl Pool {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let waiting = self.idle().pop();
        let mut workspace = waiting.unwrap_or_default();
        let answer = work(&mut workspace);
        let mut idle = self.idle();
        if idle.len() < IDLE_AT_MOST {
            idle.push(workspace);
        }
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Workspace>> {
        // The list is whole whenever the lock is free, even after a panic elsewhere.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_used_again_and_only_a_few_are_kept() {
        fn nest(pool: &Pool, depth: usize) {
            pool.with(|_| {
                if depth > 0 {
                    nest(pool, depth - 1);
                }
            });
        }
        let pool = Pool::default();
        nest(&pool, 0);
        nest(&pool, 0);
        assert_eq!(pool.idle().len(), 1);
        nest(&pool, 10);
        assert_eq!(pool.idle().len(), IDLE_AT_MOST);
    }
}
