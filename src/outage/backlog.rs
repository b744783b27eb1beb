//! What ended processes left in the journal's directory: it is read while calls already come in.
//!
//! Connecting is held back until that is done, so that nothing of this process reaches Redis before what is older.
//! Until the first connection stands, a write goes to the journal, where the order of sequences holds whenever the
//! files are read; what only reads waits for Redis, and falls back at its deadline as ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tokio::sync::watch;

use crate::config::Config;
use crate::error::Result;
use crate::health::Health;
use crate::journal::{self, Backlog, Digest, Journal};
use crate::redis::Node;

/// Told when the files have been read, for a shutdown that waits for the journal.
const READ: &str = "journal-read";

#[derive(Default)]
pub(super) struct BacklogState {
    /// Until somebody reads it.
    found: Mutex<Option<Backlog>>,
    is_reading: AtomicBool,
    /// From the beginning until the first connection has begun to bring Redis up to date.
    is_pending: AtomicBool,
    /// Connections are held back until it is dropped.
    hold: Mutex<Option<watch::Sender<()>>>,
}

impl BacklogState {
    /// Finds what ended processes left, and lets connections wait for it.
    pub(super) fn begin(node: &mut Node) -> Result<BacklogState> {
        let Some(backlog) = find_backlog(node.config())? else { return Ok(BacklogState::default()) };
        let (hold, gate) = watch::channel(());
        node.hold_until_dropped(gate);
        Ok(BacklogState {
            found: Mutex::new(Some(backlog)),
            is_reading: AtomicBool::new(true),
            is_pending: AtomicBool::new(true),
            hold: Mutex::new(Some(hold)),
        })
    }

    /// What a node of a cluster starts with: the front hands over to it.
    pub(super) fn of_node(&self) -> BacklogState {
        let is_pending = AtomicBool::new(self.is_pending());
        BacklogState { is_pending, ..BacklogState::default() }
    }

    /// What is to be read, on a thread that may wait.
    pub(super) fn take(&self) -> Option<Backlog> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the journal does not hold yet what ended processes left.
    pub(super) fn is_reading(&self) -> bool {
        self.is_reading.load(Ordering::Acquire)
    }

    /// Reading has ended, however it did.
    pub(super) fn is_read(&self, health: &Health) {
        self.is_reading.store(false, Ordering::Release);
        health.tell(READ, &json!({}));
    }

    /// Whether something is not there yet, or waits for the first connection.
    pub(super) fn is_pending(&self) -> bool {
        self.is_pending.load(Ordering::Acquire)
    }

    /// It is on its way to Redis, or to the members of a cluster.
    pub(super) fn is_on_its_way(&self) {
        self.is_pending.store(false, Ordering::Release);
    }

    /// Connections need not wait any more.
    pub(super) fn let_connect(&self) {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The journal, on disk too where that is configured. Without Redis nothing is ever journalled.
pub(super) fn open_journal(config: &Config, max_bytes: usize) -> Result<Journal> {
    match &config.journal_dir {
        Some(directory) if config.use_redis() => Journal::open(max_bytes, directory, &target_of(config)),
        _ => Ok(Journal::new(max_bytes)),
    }
}

/// Locks what ended processes left for the same target.
fn find_backlog(config: &Config) -> Result<Option<Backlog>> {
    match &config.journal_dir {
        // Where it is not there yet, nobody has left anything, and opening the journal makes it.
        Some(directory) if config.use_redis() && directory.is_dir() => {
            Backlog::find(directory, &target_of(config))
        }
        _ => Ok(None),
    }
}

fn target_of(config: &Config) -> Digest {
    let target = format!("{}/{} {}", config.topology(), config.database, config.key_prefix);
    journal::digest(target.as_bytes())
}
