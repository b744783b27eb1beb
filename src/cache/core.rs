//! One client's cache: turns calls into requests or local answers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::backlog::{BacklogState, open_journal};
use super::call::{Call, Unacknowledged};
use super::clearing::Clearing;
use super::local_state::LocalState;
use super::replay::Recovery;
use super::request::Operation;
use super::sampler::Sampler;
use super::slot_owners::SlotOwners;
use super::ticket::{CacheRequest, CacheTicket, FollowedBy, Purpose};
use crate::codec::{Codec, Mode};
use crate::config::{Compression, Config, Endpoint, Topology};
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, State, census};
use crate::journal::{self, Item, Journal};
use crate::key::Keys;
use crate::lane::{Batch, Requests};
use crate::redis::{NOBODY, Node, Outcome, Role, closed};
use crate::store::MemoryStore;

/// A key that is read again within this time is not compared again with what memory has: in an outage its value
/// may be older by as much than what was last read.
const READ_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// Servers that still run the JavaScript layer may write an old value anew; this often a write takes it away.
const LOOK_FOR_LEGACY_AFTER: Duration = Duration::from_secs(600);

/// Buffers that calls share, so that the hot path allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) key: Vec<u8>,
    pub(super) second_key: Vec<u8>,
    pub(super) index: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The part of a client that any thread may use.
pub struct Core {
    pub(super) node: Arc<Node>,
    keys: Keys,
    pub(super) codec: Codec,
    // A std mutex: held for single operations on maps, and while the journal has a file for one write to it, never across
    // anything that waits. Contended only with the thread driver.
    local_state: Mutex<LocalState>,
    /// Whether the caller has turned Redis off for now.
    is_redis_disabled: AtomicBool,
    indexed_writes: AtomicU64,
    /// Of all nodes of a cluster: what the journal of one holds may go over to another.
    sequence: Arc<AtomicU64>,
    /// To what was read: may it have changed?
    pub(super) read_sampler: Sampler,
    /// To what was written: has the JavaScript layer left an older value?
    pub(super) legacy_sampler: Sampler,
    /// The journal has got something while Redis was there.
    pub(super) wants_recovery: AtomicBool,
    /// Of a cluster's node: all its slots.
    pub(super) slot_owners: Option<Arc<SlotOwners>>,
    /// Files of ended processes that are still to be read.
    pub(super) backlog: BacklogState,
    _counted: census::Member,
}

impl Core {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(mut node: Node) -> Result<Core> {
        let backlog = match node.is_shared() {
            true => BacklogState::begin(&mut node)?,
            false => BacklogState::default(),
        };
        let core = Core { backlog, ..Core::with_share(Arc::new(node), 1)? };
        core.reserve_for_backlog();
        Ok(core)
    }

    /// One of so many that divide memory and journal among them.
    fn with_share(node: Arc<Node>, share: usize) -> Result<Core> {
        let (config, role) = (node.config(), node.role());
        let began = Instant::now();
        let journal = match role {
            Role::Shared => open_journal(config, config.journal_max_bytes / share)?,
            Role::Own | Role::Dedicated | Role::Monitor => Journal::new(0),
        };
        Ok(Core {
            keys: match config.topology() {
                Topology::Cluster { .. } => Keys::new(&config.key_prefix).tagged(),
                _ => Keys::new(&config.key_prefix),
            },
            codec: Codec::new(mode(config.compression), config.compression_threshold_bytes),
            sequence: Arc::new(AtomicU64::new(journal::OWN_SEQUENCES)),
            local_state: Mutex::new(LocalState {
                memory: MemoryStore::new(config.memory_max_bytes / share),
                journal,
                recovery: Recovery::default(),
                clearings: 0,
                extensions: Vec::new(),
            }),
            is_redis_disabled: AtomicBool::new(false),
            indexed_writes: AtomicU64::new(0),
            read_sampler: sampler(role, READ_AGAIN_AFTER, began),
            legacy_sampler: sampler(role, LOOK_FOR_LEGACY_AFTER, began),
            wants_recovery: AtomicBool::new(false),
            slot_owners: None,
            backlog: BacklogState::default(),
            _counted: census::CORES.add(),
            node,
        })
    }

    /// The cache of one node of a cluster. `share` is how many nodes divide memory and journal among them.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_node(
        &self,
        at: watch::Receiver<Endpoint>,
        share: usize,
        slot_owners: Arc<SlotOwners>,
    ) -> Result<Core> {
        Ok(Core {
            sequence: self.sequence.clone(),
            is_redis_disabled: AtomicBool::new(self.is_redis_disabled.load(Ordering::Relaxed)),
            slot_owners: Some(slot_owners),
            backlog: self.backlog_of_node(),
            ..Core::with_share(Arc::new(self.node.of_cluster(at)), share.max(1))?
        })
    }

    /// A cache that only reads, from a replica; what it does not answer its primary does.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_replica(&self, at: watch::Receiver<Endpoint>) -> Result<Core> {
        Core::new(self.node.of_replica(at))
    }

    /// The server, and what is known of it.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub fn config(&self) -> &Config {
        self.node.config()
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn health(&self) -> &Arc<Health> {
        self.node.health()
    }

    /// When a call that is made now must have settled.
    pub(super) fn deadline(&self, now: Instant) -> Instant {
        self.node.deadline(now)
    }

    /// What this process keeps; a panic while it was held leaves what is valid, if stale.
    pub fn local_state(&self) -> MutexGuard<'_, LocalState> {
        self.local_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether calls are answered from memory now.
    pub fn answers_locally(&self) -> bool {
        !self.uses_redis() || self.health().state() == State::Degraded
    }

    /// Whether calls are meant for Redis.
    pub fn uses_redis(&self) -> bool {
        self.config().use_redis() && !self.is_redis_disabled.load(Ordering::Relaxed)
    }

    /// Turns Redis off for the adapter's calls, or on again, as servers of the JavaScript layer do
    /// by assigning `useRedis`. Without a configured Redis there is nothing to turn on.
    pub fn disable_redis(&self, is_redis_disabled: bool) {
        let mut local_state = self.local_state();
        let was_redis_disabled = self.is_redis_disabled.swap(is_redis_disabled, Ordering::Relaxed);
        if was_redis_disabled != is_redis_disabled && self.config().use_redis() {
            // Off, memory is a cache of its own; what it then holds would be a stale answer in the next outage.
            local_state.memory.clear();
        }
    }

    /// Turns a call into requests, put into `out`, or into its outcome.
    pub(super) fn prepare_call(
        &self,
        call: &Call<'_>,
        slot: u32,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        scratch: &mut Scratch,
    ) -> Result<Option<Outcome<'static>>> {
        match call {
            Call::ClearOrganization { organization } => {
                let clearing = self.clearing(*organization)?;
                Ok(self.clear(clearing, self.write_token(slot, call, now), now, out))
            }
            _ => {
                let operation = self.operation(call, scratch)?;
                let token = self.write_token(slot, call, now);
                if self.answers_locally() || !operation.is_read() && self.defers_writes() {
                    return Ok(Some(self.fall_back(&operation, &token, false, now)));
                }
                if self.health().state() == State::Recovering
                    && let Some(outcome) =
                        self.bring_forward(&operation, call, token.ticket.sequence, now, out)
                {
                    return Ok(Some(outcome));
                }
                let deadline = self.deadline(now);
                out.push(token.followed_by(Purpose::Operation(operation.kind())), deadline, |bytes| {
                    operation.append(bytes)
                });
                Ok(None)
            }
        }
    }

    fn clear(
        &self,
        clearing: Box<Clearing>,
        token: CacheRequest,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'static>> {
        if self.answers_locally() || self.defers_writes() {
            return Some(self.clear_locally(&clearing, &token));
        }
        if self.health().state() == State::Recovering {
            // Acknowledged writes that wait here are older than the clearing. Where there is no room to
            // note it, it goes out all the same.
            let _ = self.local_state().journal.clear(
                clearing.index(),
                clearing.organization(),
                token.ticket.sequence,
                now,
            );
        }
        clearing.ask(self, &token, now, out);
        None
    }

    fn clearing(&self, organization: Option<&str>) -> Result<Box<Clearing>> {
        self.required_organization(organization)?;
        Clearing::new(self, organization)
    }

    /// The sequence that the next call gets.
    pub fn next_sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }

    fn write_token(&self, slot: u32, call: &Call<'_>, now: Instant) -> CacheRequest {
        // Calls are made on one thread.
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        let unacknowledged = match call {
            Call::Set { unacknowledged, .. } | Call::MapLead { unacknowledged, .. } => *unacknowledged,
            _ => Unacknowledged::Journal,
        };
        let ticket = CacheTicket { purpose: Purpose::Upkeep, sequence, unacknowledged };
        CacheRequest::new(slot, ticket, now)
    }

    /// Answers a call from memory at once, without a detour through a request. The embedded
    /// store's hot path.
    pub fn answer(&self, call: &Call<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
        if self.health().state() == State::Closed {
            return Outcome::Failed(closed());
        }
        let answered = self.prepare_call(call, NOBODY, now, &mut Batch::default(), scratch);
        answered.unwrap_or_else(|error| Some(Outcome::Failed(error))).unwrap_or_else(|| {
            Outcome::Failed(Error::new(ErrorCode::Connect, "the call needs a connection to Redis"))
        })
    }

    /// The outcome of a call for which there is no room: it falls back.
    pub(super) fn fall_back_call(
        &self,
        call: &Call<'_>,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        let token = self.write_token(NOBODY, call, now);
        match call {
            Call::ClearOrganization { organization } => match self.clearing(*organization) {
                Ok(clearing) => self.clear_locally(&clearing, &token),
                Err(error) => Outcome::Failed(error),
            },
            _ => match self.operation(call, scratch) {
                Ok(operation) => self.fall_back(&operation, &token, false, now),
                Err(error) => Outcome::Failed(error),
            },
        }
    }

    /// What was asked for is a read of what a clearing, which is still to be carried out, takes away.
    pub(super) fn is_cleared(
        &self,
        operation: &Operation<'_>,
        call: &Call<'_>,
        local_state: &LocalState,
    ) -> bool {
        let place = match call {
            Call::Get { place } | Call::HashGet { place, .. } | Call::HashEntries { place } => place,
            _ => return false,
        };
        let mut index = Vec::new();
        let is_indexed = place.append_index(&self.keys, &mut index).unwrap_or(false);
        is_indexed && local_state.awaits_clearing(operation.key(), &index)
    }

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

    /// Forgets what memory has of keys that another node may have changed.
    pub fn forget(&self, is_meant: impl Fn(&[u8]) -> bool) {
        self.local_state().memory.remove_where(is_meant);
    }

    /// Whether the journal has got something while Redis was there, so that a driver should have its turn.
    pub fn wants_recovery(&self) -> bool {
        self.wants_recovery.load(Ordering::Acquire)
    }

    /// Counts a write to an organization, from 1.
    pub(super) fn count_indexed_write(&self) -> u64 {
        self.indexed_writes.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A connection of a caller's own keeps nothing, and there may be many.
fn sampler(role: Role, interval: Duration, began: Instant) -> Sampler {
    match role {
        Role::Shared => Sampler::new(interval, began),
        Role::Own | Role::Dedicated | Role::Monitor => Sampler::none(began),
    }
}

fn mode(compression: Compression) -> Mode {
    match compression {
        Compression::Auto => Mode::Auto,
        Compression::None => Mode::None,
        Compression::Lz4 => Mode::Lz4,
        Compression::Zstd => Mode::Zstd,
    }
}
