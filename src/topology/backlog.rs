//! What ended processes left in the journal's directory: read, and given to a cluster's members, on a thread that may
//! wait for the disk.

use std::sync::Arc;

use crate::cache::Core;
use crate::command::slot_of;
use crate::error::Result;
use crate::journal::Item;
use crate::runtime::IoThread;

/// So many operations are given away under one lock.
const ITEMS_AT_ONCE: usize = 8;

/// Begins to read, where there is anything, and calls `then` on the I/O thread when that has ended. Where the client
/// goes meanwhile, what is read stays in files.
pub fn read_in_background(core: &Arc<Core>, then: impl FnOnce(&Core) + Send + 'static) -> Result<()> {
    let Some(backlog) = core.take_backlog() else { return Ok(()) };
    let (reader, core) = (Arc::downgrade(core), Arc::downgrade(core));
    in_background(
        move || Core::read_backlog(&reader, backlog),
        move || {
            if let Some(core) = core.upgrade() {
                core.backlog_is_read();
                then(&core);
            }
        },
    )
}

/// Where the keys of a cluster belong.
pub struct Owners {
    /// The position of its member for each slot.
    pub slots: Arc<[u16]>,
    /// Held until everything is handed over: what a member has got must not go with it.
    pub members: Vec<Option<Arc<Core>>>,
}

impl Owners {
    fn of(&self, key: &[u8]) -> Option<&Arc<Core>> {
        let position = *self.slots.get(usize::from(slot_of(key)))?;
        self.members.get(usize::from(position))?.as_ref()
    }
}

/// Gives the members what the front's journal holds of their keys, and calls `then` on the I/O thread when that has
/// ended.
pub fn hand_over_in_background(
    front: &Arc<Core>,
    owners: Owners,
    then: impl FnOnce() + Send + 'static,
) -> Result<()> {
    let front = Arc::downgrade(front);
    let give = move || {
        let receive = |item: &Item| {
            if let Some(owner) = owners.of(item.key()) {
                owner.stand_in().receive_journal(item);
            }
        };
        while let Some(front) = front.upgrade() {
            if !front.stand_in().give_journal(ITEMS_AT_ONCE, |key| owners.of(key).is_some(), receive) {
                return;
            }
        }
    };
    in_background(give, then)
}

fn in_background(work: impl FnOnce() + Send + 'static, then: impl FnOnce() + Send + 'static) -> Result<()> {
    IoThread::shared()?.spawn(async move {
        // A panic has told of itself; what was not done is still in files, and the client goes on without it.
        let _ = tokio::task::spawn_blocking(work).await;
        then();
    });
    Ok(())
}
