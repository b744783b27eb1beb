//! Workspaces that wait for the next call.
//!
//! Making a zstd context costs more than compressing a conversation with it. Contexts are kept
//! here and not in thread locals because the addon may be unloaded while threads live, and a
//! thread local would then run its destructor in code that is gone. The lock is held for a push
//! or a pop, never while something is compressed, so there is nothing worth going lock-free for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::workspace::Workspace;

/// As many threads as compress at once on a usual machine; more make contexts as they need them.
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
        // A list of workspaces is whole whenever the lock is free, whoever panicked elsewhere.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_used_again_and_only_a_few_are_kept() {
        let pool = Pool::default();
        fn nest(pool: &Pool, depth: usize) {
            pool.with(|_| {
                if depth > 0 {
                    nest(pool, depth - 1)
                }
            });
        }
        nest(&pool, 0);
        nest(&pool, 0);
        assert_eq!(pool.idle().len(), 1);
        nest(&pool, 10);
        assert_eq!(pool.idle().len(), IDLE_AT_MOST);
    }
}
