//! What ended processes left in the journal's directory: it is read while calls already come in.
//!
//! Connecting is held back until that is done, so that nothing of this process reaches Redis before what is older.
//! Until the first connection stands, a write goes to the journal, where the order of sequences holds whenever the
//! files are read; what only reads waits for Redis, and falls back at its deadline as ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::Instant;

use serde_json::json;
use tokio::sync::watch;

use super::core::Core;
use crate::config::Config;
use crate::error::Result;
use crate::health::State;
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
}

impl Core {
    /// Reserves room in the journal for the files that were found, before writes take it.
    pub(super) fn reserve_for_backlog(&self) {
        if self.is_reading_backlog() {
            self.local_state().journal.reserve();
        }
    }

    /// What is to be read by `read_backlog`, on a thread that may wait; then `let_connect`.
    pub fn take_backlog(&self) -> Option<Backlog> {
        self.backlog.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the journal does not hold yet what ended processes left.
    pub fn is_reading_backlog(&self) -> bool {
        self.backlog.is_reading.load(Ordering::Acquire)
    }

    /// Reads what ended processes left and puts it under what is held here, which is newer. Where the client has
    /// gone meanwhile, everything stays in files.
    pub fn read_backlog(core: &Weak<Core>, backlog: Backlog) {
        let max_bytes = core.upgrade().map_or(0, |core| core.local_state().journal.max_bytes());
        let read = backlog.read(max_bytes, Instant::now(), || core.strong_count() > 0);
        let Some(core) = core.upgrade() else { return };
        match read {
            Ok(journal) => core.local_state().journal.inherit(journal),
            Err(error) => {
                core.local_state().journal.release();
                core.health().failed(error.code().as_str(), error.message());
            }
        }
    }

    /// What a node of a cluster starts with: the front hands over to it.
    pub(super) fn backlog_of_node(&self) -> BacklogState {
        let is_pending = AtomicBool::new(self.backlog.is_pending.load(Ordering::Acquire));
        BacklogState { is_pending, ..BacklogState::default() }
    }

    /// Whether a write must go to the journal because something older than it is not there yet, or waits for the first
    /// connection.
    pub(super) fn defers_writes(&self) -> bool {
        // In this order: where nothing is pending any more, the caller sees the state that follows.
        self.health().state() == State::Connecting && self.backlog.is_pending.load(Ordering::Acquire)
    }

    /// What ended processes left is on its way to Redis, or to the members of a cluster.
    pub fn backlog_is_on_its_way(&self) {
        self.backlog.is_pending.store(false, Ordering::Release);
    }

    /// Reading has ended, however it did.
    pub fn backlog_is_read(&self) {
        self.backlog.is_reading.store(false, Ordering::Release);
        self.health().tell(READ, &json!({}));
    }

    /// Connections need not wait any more for what ended processes left.
    pub fn let_connect(&self) {
        self.backlog.hold.lock().unwrap_or_else(PoisonError::into_inner).take();
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
