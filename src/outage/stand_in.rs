//! Stands in for Redis, for one client or for one node of a cluster: has memory and journal, and decides when they answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::backlog::{BacklogState, open_journal};
use super::guard::LocalStateGuard;
use super::local_state::{Attempt, LocalState};
use super::sampler::Sampler;
use super::step::{Read, Step};
use crate::config::Config;
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, State};
use crate::journal::{Backlog, Item, Journal, OWN_SEQUENCES, Record, Recorded, Write};
use crate::key::Keys;
use crate::redis::{Due, Node, Outcome};
use crate::store::MemoryStore;

/// A key that is read again within this time is not compared again with what memory has: in an outage its value
/// may be older by as much than what was last read.
const READ_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The fate of a write that Redis did not take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unacknowledged {
    /// The journal keeps it until Redis is back.
    #[default]
    Journal,
    /// It is refused, and no older value of the key is answered any more: the caller keeps the newest one.
    Refuse,
    /// Memory answers it while Redis is away, and forgets it then: Redis may have something newer than this copy.
    Remember,
}

/// A clearing of an organization.
#[derive(Debug, Clone, Copy)]
pub struct ClearingOf<'a> {
    pub index: &'a [u8],
    pub organization: Option<&'a str>,
    pub sequence: u64,
    pub asked_at: Instant,
    /// Whether the journal has sent it.
    pub is_replayed: bool,
    /// Keys that have gone so far.
    pub removed: i64,
}

/// Any thread may use it.
pub struct StandIn {
    pub(super) node: Arc<Node>,
    pub(super) keys: Keys,
    // A std mutex: held for single operations on maps, and while the journal has a file for one write to it, never across
    // anything that waits. Contended only with the thread driver.
    local_state: Mutex<LocalState>,
    /// Whether the journal holds anything.
    pub(super) holds_writes: AtomicBool,
    /// Is told when that changes.
    pub(super) journal_watcher: OnceLock<Box<dyn Fn(bool) + Send + Sync>>,
    /// Taken out of the configuration, because every call asks for it.
    has_redis: bool,
    /// Whether the caller has turned Redis off for now.
    is_redis_disabled: AtomicBool,
    /// The journal has got something while Redis was there.
    wants_recovery: AtomicBool,
    /// Samples which reads are compared with memory.
    pub(super) read_sampler: Sampler,
    /// Files of ended processes that are still to be read.
    backlog: BacklogState,
}

impl StandIn {
    /// The stand-in of a client. Connections of the node wait until the files of ended processes have been read.
    ///
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(mut node: Node, keys: &Keys) -> Result<StandIn> {
        let backlog =
            if node.is_shared() { BacklogState::begin(&mut node)? } else { BacklogState::default() };
        let stand_in = StandIn { backlog, ..StandIn::with_share(Arc::new(node), keys, 1)? };
        if stand_in.is_reading_backlog() {
            // Before writes take the room that the files need.
            stand_in.local_state().journal.reserve();
        }
        Ok(stand_in)
    }

    /// The stand-in for one node of this client's cluster. `share` is how many nodes divide memory and journal among them.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_node(&self, node: Node, share: usize) -> Result<StandIn> {
        Ok(StandIn {
            is_redis_disabled: AtomicBool::new(self.is_redis_disabled.load(Ordering::Relaxed)),
            backlog: self.backlog.of_node(),
            ..StandIn::with_share(Arc::new(node), &self.keys, share.max(1))?
        })
    }

    fn with_share(node: Arc<Node>, keys: &Keys, share: usize) -> Result<StandIn> {
        let config = node.config();
        let journal = if node.is_shared() {
            open_journal(config, config.journal_max_bytes / share)?
        } else {
            Journal::new(0)
        };
        let memory = MemoryStore::new(config.memory_max_bytes / share);
        Ok(StandIn {
            keys: keys.clone(),
            local_state: Mutex::new(LocalState::new(memory, journal, config.default_ttl)),
            holds_writes: AtomicBool::new(false),
            journal_watcher: OnceLock::new(),
            has_redis: config.use_redis(),
            is_redis_disabled: AtomicBool::new(false),
            wants_recovery: AtomicBool::new(false),
            read_sampler: Sampler::of_shared(node.is_shared(), READ_AGAIN_AFTER),
            backlog: BacklogState::default(),
            node,
        })
    }

    /// The server that it stands in for.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    fn config(&self) -> &Config {
        self.node.config()
    }

    pub(super) fn health(&self) -> &Arc<Health> {
        self.node.health()
    }

    /// What this process keeps; a panic while it was held leaves what is valid, if stale.
    pub fn local_state(&self) -> LocalStateGuard<'_> {
        LocalStateGuard::new(self, self.local_state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the journal holds anything that Redis does not have yet.
    pub fn holds_writes(&self) -> bool {
        self.holds_writes.load(Ordering::Acquire)
    }

    /// Calls `tell` each time the journal has got something or is empty again, while it is locked. The first caller's
    /// counts.
    pub fn watch_journal(&self, tell: impl Fn(bool) + Send + Sync + 'static) {
        let local_state = self.local_state();
        if !local_state.journal.is_empty() {
            tell(true);
        }
        let _ = self.journal_watcher.set(Box::new(tell));
    }

    /// Whether the journal holds something of this key, or is yet to clear it.
    pub fn holds_newer(&self, key: &[u8]) -> bool {
        if !self.holds_writes() {
            return false;
        }
        let local_state = self.local_state();
        local_state.journal.entry(key).is_some() || self.awaits_clearing(key, &local_state)
    }

    /// Whether a Redis is configured.
    pub fn has_redis(&self) -> bool {
        self.has_redis
    }

    /// Whether calls are meant for Redis.
    pub fn uses_redis(&self) -> bool {
        self.has_redis && !self.is_redis_disabled.load(Ordering::Relaxed)
    }

    /// Turns Redis off, or on again. Without a configured Redis there is nothing to turn on.
    pub fn disable_redis(&self, is_redis_disabled: bool) {
        let mut local_state = self.local_state();
        let was_redis_disabled = self.is_redis_disabled.swap(is_redis_disabled, Ordering::Relaxed);
        if was_redis_disabled != is_redis_disabled && self.has_redis {
            // Off, memory is a cache of its own; what it then holds would be a stale answer in the next outage.
            local_state.memory.clear();
        }
    }

    /// Whether calls are answered from here now.
    pub fn answers(&self) -> bool {
        !self.uses_redis() || self.health().state() == State::Degraded
    }

    /// Whether a write must go to the journal because something older than it is not there yet, or waits for the first
    /// connection.
    pub fn defers_writes(&self) -> bool {
        // In this order: where nothing is pending any more, the caller sees the state that follows.
        self.health().state() == State::Connecting && self.backlog.is_pending()
    }

    /// The stored value that answers a read in place of Redis.
    pub fn read(&self, read: &Read<'_>, now: Instant) -> Outcome<'static> {
        let mut local_state = self.local_state();
        if self.uses_redis() { local_state.read(read, now) } else { read.run(&mut local_state.memory, now) }
    }

    /// The outcome of a write that Redis does not carry out, or not as far as anybody knows.
    pub fn write(
        &self,
        step: &Step<'_>,
        attempt: &Attempt,
        unacknowledged: Unacknowledged,
        now: Instant,
    ) -> Outcome<'static> {
        self.health().local_write();
        let mut local_state = self.local_state();
        if !self.uses_redis() {
            return step.run(&mut local_state.memory, now);
        }
        match unacknowledged {
            Unacknowledged::Journal => {}
            Unacknowledged::Refuse => {
                local_state.invalidate(step, attempt, now);
                self.expect_recovery();
                return Outcome::Boolean(false);
            }
            Unacknowledged::Remember => {
                local_state.remember(step, attempt, now);
                return Outcome::Boolean(false);
            }
        }
        let (outcome, recorded) = local_state.write(step, attempt, now);
        self.expect_recovery();
        drop(local_state);
        self.tell_recorded(recorded);
        Outcome::Boolean(outcome)
    }

    /// Journals a request of a room.
    ///
    /// # Errors
    /// `E_OVERLOADED`: the journal is full. `E_CONFIG`: its file cannot be written.
    pub fn keep(&self, due: &Due<'_>, now: Instant) -> Result<()> {
        let mut local_state = self.local_state();
        let journal = &mut local_state.journal;
        let recorded = journal.record(Record {
            key: &self.keys.later(due.name),
            write: Write::Set { value: due.request },
            index: None,
            ends: now + due.life,
            sequence: journal.next_sequence().max(OWN_SEQUENCES),
            older: &[],
        });
        self.expect_recovery();
        drop(local_state);
        let kept = match &recorded {
            Recorded::Kept | Recorded::Outdated => Ok(()),
            Recorded::Full => {
                Err(Error::new(ErrorCode::Overloaded, "the journal is full: the call is not kept for later"))
            }
            Recorded::Failed(error) => Err(error.clone()),
        };
        self.tell_recorded(recorded);
        kept
    }

    /// Whether Redis has all that the journal had, so that its answers count.
    pub fn is_redis_up_to_date(&self) -> bool {
        self.health().state() == State::Ready && !self.wants_recovery()
    }

    /// What the journal still has of what was read is newer than Redis's answer: its replay went out in
    /// front of the read, and was refused; or the read has waited for the first connection, and goes out first.
    /// `entries` are the fields that Redis has answered.
    pub fn overrule(
        &self,
        read: &Read<'_>,
        entries: impl FnOnce() -> Vec<(Vec<u8>, Vec<u8>)>,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let local_state = self.local_state();
        if self.awaits_clearing(read.key(), &local_state) {
            return Some(read.miss());
        }
        match *read {
            Read::Fields { key } => {
                local_state.journal.entry(key)?;
                Some(Outcome::Entries(local_state.overlaid(key, entries(), now)))
            }
            _ => local_state.held(read, now),
        }
    }

    /// Whether a clearing that the journal holds is still to take away what Redis has of this key.
    pub(super) fn awaits_clearing(&self, key: &[u8], local_state: &LocalState) -> bool {
        local_state.has_clearings()
            && self.keys.index_of(key).is_some_and(|index| local_state.awaits_clearing(key, &index))
    }

    /// The outcome of a clearing that Redis does not carry out, or did not finish.
    pub fn clear(&self, clearing: &ClearingOf<'_>) -> Outcome<'static> {
        let mut local_state = self.local_state();
        let removed = i64::try_from(local_state.clear_memory(clearing.index)).unwrap_or(i64::MAX);
        if !self.uses_redis() {
            return Outcome::Integer(removed);
        }
        let ClearingOf { index, organization, sequence, asked_at, .. } = *clearing;
        let recorded = local_state.journal.clear(index, organization, sequence, asked_at);
        self.expect_recovery();
        drop(local_state);
        let is_kept = matches!(recorded, Recorded::Kept | Recorded::Outdated);
        self.tell_recorded(recorded);
        if is_kept { Outcome::Integer(removed.max(clearing.removed)) } else { Outcome::Boolean(false) }
    }

    /// The journal has something. While Redis is there somebody must look after it: the driver does,
    /// when it next has its turn.
    fn expect_recovery(&self) {
        if self.health().state() != State::Degraded {
            self.wants_recovery.store(true, Ordering::Release);
        }
    }

    /// Whether the journal has got something while Redis was there, so that a driver should have its turn.
    pub fn wants_recovery(&self) -> bool {
        self.wants_recovery.load(Ordering::Acquire)
    }

    /// As `wants_recovery`; the caller looks after it now.
    pub(super) fn take_wanted_recovery(&self) -> bool {
        self.wants_recovery.swap(false, Ordering::AcqRel)
    }

    fn tell_recorded(&self, recorded: Recorded) {
        let counters = self.health().counters();
        match recorded {
            Recorded::Kept => counters.journaled.increment(),
            Recorded::Outdated => {}
            Recorded::Full => {
                counters.journal_full.increment();
                self.health().failed("E_OVERLOADED", "the journal is full: writes are not kept");
            }
            Recorded::Failed(error) => {
                counters.journal_full.increment();
                self.health().failed(error.code().as_str(), error.message());
            }
        }
    }

    /// The client has closed: says what it leaves behind.
    pub fn tell_what_is_left(&self) {
        let left = self.local_state().journal.len();
        let client = self.health().id();
        if self.is_reading_backlog() {
            tracing::warn!(
                client,
                "what ended processes left stays in CACHE_JOURNAL_DIR for the next process"
            );
        }
        if left == 0 {
            return;
        }
        if self.config().journal_dir.is_some() {
            tracing::warn!(client, left, "writes stay in CACHE_JOURNAL_DIR for the next process");
        } else {
            tracing::warn!(client, left, "writes were made while Redis was away and are lost");
        }
    }
}

/// What ended processes left.
impl StandIn {
    /// What is to be read on a thread that may wait; then `inherit`, `backlog_is_read` and `let_connect`.
    pub fn take_backlog(&self) -> Option<Backlog> {
        self.backlog.take()
    }

    /// Whether the journal does not hold yet what ended processes left.
    pub fn is_reading_backlog(&self) -> bool {
        self.backlog.is_reading()
    }

    /// Puts what was read under what is held here, which is newer.
    pub fn inherit(&self, read: Result<Journal>) {
        match read {
            Ok(journal) => self.local_state().journal.inherit(journal),
            Err(error) => {
                self.local_state().journal.release();
                self.health().failed(error.code().as_str(), error.message());
            }
        }
    }

    /// What ended processes left is on its way to Redis, or to the members of a cluster.
    pub fn backlog_is_on_its_way(&self) {
        self.backlog.is_on_its_way();
    }

    /// Reading has ended, however it did.
    pub fn backlog_is_read(&self) {
        self.backlog.is_read(self.health());
    }

    /// Connections need not wait any more for what ended processes left.
    pub fn let_connect(&self) {
        self.backlog.let_connect();
    }
}

/// What goes over to another node of a cluster.
impl StandIn {
    /// Gives over what the journal holds of keys that are another node's from now on, `at_most` so many. `receive` is
    /// called under the lock of what is kept here. True where more may be left.
    pub fn give_journal(
        &self,
        at_most: usize,
        is_given: impl Fn(&[u8]) -> bool,
        receive: impl FnMut(&Item),
    ) -> bool {
        self.local_state().journal.give_away(at_most, is_given, receive)
    }

    /// Takes over what another node's journal held; it goes to Redis as soon as that is there.
    pub fn receive_journal(&self, item: &Item) {
        self.local_state().journal.receive(item);
        self.wants_recovery.store(true, Ordering::Release);
    }

    /// Gives over which keys were written while clearings wait that another node carries out from now on.
    pub fn give_written(&self, is_given: impl Fn(&[u8]) -> bool, mut receive: impl FnMut(&[u8], u64)) {
        let mut local = self.local_state();
        let written = std::mem::take(&mut local.recovery.written);
        let (given, left): (HashMap<_, _>, HashMap<_, _>) =
            written.into_iter().partition(|(key, _)| is_given(key));
        local.recovery.written = left;
        given.iter().for_each(|(key, sequence)| receive(key, *sequence));
    }

    pub fn receive_written(&self, key: &[u8], sequence: u64) {
        self.local_state().recovery.note_written(key, sequence);
    }

    /// Forgets what memory has of keys that another node may have changed.
    pub fn forget(&self, is_meant: impl Fn(&[u8]) -> bool) {
        self.local_state().memory.remove_where(is_meant);
    }
}
