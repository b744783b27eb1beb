//! One client's cache: turns calls into requests or local answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::call::Call;
use super::clearing::Clearing;
use super::slot_owners::SlotOwners;
use super::ticket::{CacheRequest, CacheTicket, FollowedBy, Purpose};
use crate::codec::{Codec, Mode};
use crate::config::{Compression, Config, Endpoint, Topology};
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, State, census};
use crate::journal::{self, Backlog};
use crate::key::Keys;
use crate::lane::{Batch, Requests};
use crate::outage::{LocalState, Sampler, StandIn, Unacknowledged, replay};
use crate::redis::{NOBODY, Node, Outcome, closed};

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
    /// What answers while Redis is away.
    pub(super) stand_in: StandIn,
    indexed_writes: AtomicU64,
    /// Of all nodes of a cluster: what the journal of one holds may go over to another.
    sequence: Arc<AtomicU64>,
    /// Samples which writes look for an older value of the JavaScript layer.
    pub(super) legacy_sampler: Sampler,
    /// Of a cluster's node: all its slots.
    pub(super) slot_owners: Option<Arc<SlotOwners>>,
    _counted: census::Member,
}

impl Core {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(node: Node) -> Result<Core> {
        let keys = match node.config().topology() {
            Topology::Cluster { .. } => Keys::new(&node.config().key_prefix).tagged(),
            _ => Keys::new(&node.config().key_prefix),
        };
        Ok(Core::over(StandIn::new(node, &keys)?, keys))
    }

    fn over(stand_in: StandIn, keys: Keys) -> Core {
        let node = stand_in.node().clone();
        let config = node.config();
        Core {
            codec: Codec::new(mode(config.compression), config.compression_threshold_bytes),
            keys,
            stand_in,
            indexed_writes: AtomicU64::new(0),
            sequence: Arc::new(AtomicU64::new(journal::OWN_SEQUENCES)),
            legacy_sampler: Sampler::of_shared(node.is_shared(), LOOK_FOR_LEGACY_AFTER),
            slot_owners: None,
            _counted: census::CORES.add(),
            node,
        }
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
        let stand_in = self.stand_in.of_node(self.node.of_cluster(at), share)?;
        Ok(Core {
            sequence: self.sequence.clone(),
            slot_owners: Some(slot_owners),
            ..Core::over(stand_in, self.keys.clone())
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

    /// What answers while Redis is away, and brings it up to date afterwards.
    pub fn stand_in(&self) -> &StandIn {
        &self.stand_in
    }

    /// What this process keeps: memory and journal.
    pub fn local_state(&self) -> MutexGuard<'_, LocalState> {
        self.stand_in.local_state()
    }

    /// Whether calls are meant for Redis.
    pub fn uses_redis(&self) -> bool {
        self.stand_in.uses_redis()
    }

    /// Turns Redis off for the adapter's calls, or on again, as servers of the JavaScript layer do
    /// by assigning `useRedis`.
    pub fn disable_redis(&self, is_redis_disabled: bool) {
        self.stand_in.disable_redis(is_redis_disabled);
    }

    /// The client has closed: says what it leaves behind.
    pub fn tell_what_is_left(&self) {
        self.stand_in.tell_what_is_left();
    }

    /// What is to be read by `read_backlog`, on a thread that may wait; then `let_connect`.
    pub fn take_backlog(&self) -> Option<Backlog> {
        self.stand_in.take_backlog()
    }

    /// Whether the journal does not hold yet what ended processes left.
    pub fn is_reading_backlog(&self) -> bool {
        self.stand_in.is_reading_backlog()
    }

    /// Reads what ended processes left and puts it under what is held here, which is newer. Where the client has
    /// gone meanwhile, everything stays in files.
    pub fn read_backlog(core: &Weak<Core>, backlog: Backlog) {
        let max_bytes = core.upgrade().map_or(0, |core| core.local_state().journal.max_bytes());
        let read = backlog.read(max_bytes, Instant::now(), || core.strong_count() > 0);
        if let Some(core) = core.upgrade() {
            core.stand_in.inherit(read);
        }
    }

    /// Reading has ended, however it did.
    pub fn backlog_is_read(&self) {
        self.stand_in.backlog_is_read();
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
                if self.stand_in.answers() || !operation.is_read() && self.stand_in.defers_writes() {
                    return Ok(Some(self.fall_back(&operation, &token, false, now)));
                }
                if self.health().state() == State::Recovering
                    && let Some(outcome) = self.bring_forward(&operation, token.ticket.sequence, now, out)
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
        let of_outage = clearing.of_outage(token.ticket.sequence, now);
        if self.stand_in.answers() || self.stand_in.defers_writes() {
            return Some(self.stand_in.clear(&of_outage));
        }
        if self.health().state() == State::Recovering {
            replay::note_clearing(&self.stand_in, &of_outage);
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
                Ok(clearing) => self.stand_in.clear(&clearing.of_outage(token.ticket.sequence, token.issued)),
                Err(error) => Outcome::Failed(error),
            },
            _ => match self.operation(call, scratch) {
                Ok(operation) => self.fall_back(&operation, &token, false, now),
                Err(error) => Outcome::Failed(error),
            },
        }
    }

    /// Counts a write to an organization, from 1.
    pub(super) fn count_indexed_write(&self) -> u64 {
        self.indexed_writes.fetch_add(1, Ordering::Relaxed) + 1
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
