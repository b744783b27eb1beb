//! Reads what ended processes left in the journal's directory, on a thread that may wait for the disk.

use std::sync::Arc;

use crate::cache::Core;
use crate::error::Result;
use crate::runtime::IoThread;

/// Begins to read, where there is anything, and calls `then` on the I/O thread when that has ended. Where the client
/// goes meanwhile, what is read stays in files.
pub fn read_in_background(core: &Arc<Core>, then: impl FnOnce(&Core) + Send + 'static) -> Result<()> {
    let Some(backlog) = core.take_backlog() else { return Ok(()) };
    let core = Arc::downgrade(core);
    IoThread::shared()?.spawn(async move {
        let reader = core.clone();
        // A panic has told of itself; the files are still there, and this process goes on without them.
        let _ = tokio::task::spawn_blocking(move || Core::read_backlog(&reader, backlog)).await;
        if let Some(core) = core.upgrade() {
            core.backlog_is_read();
            then(&core);
        }
    });
    Ok(())
}
