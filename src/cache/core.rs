//! One client's cache: turns calls into requests or local answers.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::call::Call;
use super::context::{Context, Scratch};
use super::counted::{count, seat_of, size_of};
use super::fallback::{bring_forward, fall_back};
use super::near::{Involvement, number_of};
use super::operation::{clear, plan};
use super::slot_owners::OwnersBySlot;
use super::ticket::{CacheRequest, CacheTicket, Purpose};
use crate::command::slot_of;
use crate::config::{Config, Endpoint};
use crate::copies::{Copies, NearFirst, no_near};
use crate::entries::{self, Room};
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, Seat, State, census};
use crate::journal::{self, Backlog};
use crate::key::Keys;
use crate::lane::{Batch, Requests};
use crate::near::NearStore;
use crate::outage::{LocalStateGuard, StandIn, Step};
use crate::redis::{NOBODY, Node, Outcome, closed, slot_of_request};

/// Which node of a cluster has which slot.
pub type SlotOwners = OwnersBySlot<Core>;

/// The part of a client that any thread may use.
pub struct Core {
    pub(super) context: Context,
    /// Of all nodes of a cluster: what the journal of one holds may go over to another.
    sequence: Arc<AtomicU64>,
    /// Of a cluster's node: all its slots.
    slot_owners: Option<Arc<SlotOwners>>,
    _counted: census::Member,
}

impl Core {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(node: Node) -> Result<Core> {
        let sequence = Arc::new(AtomicU64::new(journal::OWN_SEQUENCES));
        Ok(Core { context: Context::new(node)?, sequence, slot_owners: None, _counted: census::CORES.add() })
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
            context: self.context.of_node(self.node().of_cluster(at), share)?,
            sequence: self.sequence.clone(),
            slot_owners: Some(slot_owners),
            _counted: census::CORES.add(),
        })
    }

    /// A cache that only reads, from a replica; what it does not answer its primary does.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_replica(&self, at: watch::Receiver<Endpoint>) -> Result<Core> {
        Core::new(self.node().of_replica(at))
    }

    /// The server, and what is known of it.
    pub fn node(&self) -> &Arc<Node> {
        &self.context.node
    }

    pub fn config(&self) -> &Config {
        self.context.config()
    }

    pub fn keys(&self) -> &Keys {
        &self.context.keys
    }

    pub fn health(&self) -> &Arc<Health> {
        self.context.health()
    }

    /// What answers while Redis is away, and brings it up to date afterwards.
    pub fn stand_in(&self) -> &StandIn {
        &self.context.stand_in
    }

    /// What this process keeps: memory and journal.
    pub fn local_state(&self) -> LocalStateGuard<'_> {
        self.stand_in().local_state()
    }

    /// Whether calls are meant for Redis.
    pub fn uses_redis(&self) -> bool {
        self.stand_in().uses_redis()
    }

    /// Turns Redis off for the adapter's calls, or on again, as servers of the JavaScript layer do
    /// by assigning `useRedis`.
    pub fn disable_redis(&self, is_redis_disabled: bool) {
        self.stand_in().disable_redis(is_redis_disabled);
    }

    /// The client has closed: says what it leaves behind.
    pub fn tell_what_is_left(&self) {
        self.stand_in().tell_what_is_left();
    }

    /// What is to be read by `read_backlog`, on a thread that may wait.
    pub fn take_backlog(&self) -> Option<Backlog> {
        self.stand_in().take_backlog()
    }

    /// Whether the journal does not hold yet what ended processes left.
    pub fn is_reading_backlog(&self) -> bool {
        self.stand_in().is_reading_backlog()
    }

    /// Reads what ended processes left and puts it under what is held here, which is newer. Where the client has
    /// gone meanwhile, everything stays in files.
    pub fn read_backlog(core: &Weak<Core>, backlog: Backlog) {
        let max_bytes = core.upgrade().map_or(0, |core| core.local_state().journal.max_bytes());
        let read = backlog.read(max_bytes, Instant::now(), || core.strong_count() > 0);
        if let Some(core) = core.upgrade() {
            core.stand_in().inherit(read);
            if let Some(copies) = core.copies().filter(|_| core.stand_in().holds_writes()) {
                copies.inherited();
            }
        }
    }

    /// Reading has ended, however it did.
    pub fn backlog_is_read(&self) {
        self.stand_in().backlog_is_read();
    }

    /// The JSON text of a value as it is stored; `None` where it is damaged.
    pub fn decode_value<'a>(&self, stored: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        self.context.codec.decode(stored).ok()
    }

    /// The sequence that the next call gets.
    pub fn next_sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }

    /// Turns a call into requests, put into `out`, or into its outcome.
    pub(super) fn prepare_call(
        &self,
        call: &Call<'_>,
        (call_id, seat): (u32, Seat),
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        scratch: &mut Scratch,
    ) -> Result<Option<Outcome<'static>>> {
        let context = &self.context;
        if erasure::is_any()
            && let Some(outcome) = context.during_erasure(call)?
        {
            return Ok(Some(outcome));
        }
        if let Call::Entry(call) = call {
            let room = Room { seat, ..context.entries() };
            return entries::prepare(&room, call, (call_id, self.take_sequence()), now, out);
        }
        if let Call::ClearOrganization { organization } = *call {
            return clear::begin(
                context,
                organization,
                &self.write_token(call_id, call, seat, now),
                now,
                out,
            );
        }
        let operation = plan(context, call, scratch)?;
        let step = operation.step();
        let mut token = self.write_token(call_id, call, seat, now);
        token.ticket.near = context.begin_near(call, step.changes());
        if context.stand_in.answers() || context.stand_in.defers_writes() && !step.is_read() {
            return Ok(Some(fall_back(context, &operation, &token, false, now)));
        }
        if let (Involvement::Read(wanted), Step::Read(read), Call::Get { key }) =
            (&token.ticket.near, &step, call)
        {
            let place = (*wanted, NearFirst::of_kind(number_of(key)));
            let answer = |json: Cow<'_, [u8]>| Outcome::Json(json.into_owned().into());
            if let Some(outcome) = context.with_near_copy(place, read.key(), now, answer) {
                return Ok(Some(outcome));
            }
        }
        if self.health().state() == State::Recovering
            && let Some(outcome) = bring_forward(context, &operation, token.ticket.sequence, now, out)
        {
            return Ok(Some(outcome));
        }
        let deadline = context.deadline(now);
        token.ticket.purpose = Purpose::Operation(operation.kind());
        out.push(token, deadline, |bytes| operation.append(bytes));
        Ok(None)
    }

    /// As `prepare_call`, and counts the call for its organization.
    pub(super) fn prepared(
        &self,
        call: &Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        scratch: &mut Scratch,
    ) -> Option<Outcome<'static>> {
        let seat = seat_of(self.node(), call);
        let outcome = self
            .prepare_call(call, (call_id, seat), now, out, scratch)
            .unwrap_or_else(|error| Some(Outcome::Failed(error)));
        if let Some(outcome) = &outcome {
            count(self.health(), seat, call.is_read(), outcome, Duration::ZERO);
        }
        outcome
    }

    fn take_sequence(&self) -> u64 {
        // Calls are made on one thread.
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        sequence
    }

    fn write_token(&self, call_id: u32, call: &Call<'_>, seat: Seat, now: Instant) -> CacheRequest {
        let sequence = self.take_sequence();
        let unacknowledged = call.unacknowledged();
        let ticket = CacheTicket { sequence, unacknowledged, seat, ..CacheTicket::new(Purpose::Upkeep) };
        CacheRequest::new(call_id, ticket, now)
    }

    /// Answers a call from memory at once, without a detour through a request. The embedded
    /// store's hot path.
    pub fn answer(&self, call: &Call<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
        if self.health().state() == State::Closed {
            return Outcome::Failed(closed());
        }
        self.prepared(call, NOBODY, now, &mut Batch::default(), scratch).unwrap_or_else(|| {
            Outcome::Failed(Error::new(ErrorCode::Connect, "the call needs a connection to Redis"))
        })
    }

    /// Hands the outcome of a call that a copy in this process answers at once to `then`.
    pub fn near_get<R>(
        &self,
        call: &Call<'_>,
        now: Instant,
        scratch: &mut Scratch,
        then: impl FnOnce(Outcome<'_>) -> R,
    ) -> Option<R> {
        let context = &self.context;
        let mut bytes = 0;
        if let Call::Entry(entry) = call {
            if let Some(reads) = entry.kept_reads() {
                let organizations = self.health().organizations();
                organizations.answered_elsewhere(organizations.seat(call.organization(), 0), reads);
            }
            let found = entries::near_get(&context.entries(), entry, now, &mut scratch.key, |outcome| {
                bytes = size_of(&outcome);
                then(outcome)
            });
            if found.is_some() {
                self.health().organizations().hit_now(call.organization(), bytes);
            }
            return found;
        }
        let near = context.near.as_ref()?;
        let Call::Get { key } = call else { return None };
        let wanted = near.wanted(key)?;
        context.check_organization(key).ok()?;
        let stored = context.key(key, &mut scratch.key).ok()?;
        let place = NearFirst::of_kind(number_of(key));
        let found = context.with_near_copy((wanted, place), stored, now, |json| {
            bytes = json.len();
            then(Outcome::Json(json))
        });
        if found.is_none() {
            near.copies.first().asked_in_vain(place);
        } else {
            self.health().organizations().hit_now(call.organization(), bytes);
        }
        found
    }

    /// A number that changes where the entry that a read is about may have changed, and whether all changes of other
    /// processes are among these; `None` without copies.
    pub fn near_version(&self, call: &Call<'_>, scratch: &mut Scratch) -> Option<(u32, bool)> {
        let Call::Entry(call) = call else { return None };
        entries::near_version(&self.context.entries(), call, &mut scratch.key)
    }

    /// Waits for the lease of the entry that a read is about. Gives the number of the wait; `None` where nobody would tell
    /// of its change.
    pub fn await_lease(&self, call: &Call<'_>) -> Option<u32> {
        let Call::Entry(call) = call else { return None };
        let room = self.context.entries();
        room.caches.waits.begin(&room, call)
    }

    /// The waits for leases of all nodes of a client.
    pub fn lease_waits(&self) -> &entries::Waits {
        &self.context.entries().caches.waits
    }

    /// Which kinds `near_get` is worth asking for; `None` without copies.
    pub fn near_first(&self) -> Option<&NearFirst> {
        Some(self.copies()?.first())
    }

    /// The process's store of copies; `None` without any.
    pub fn near_store(&self) -> Option<&Arc<NearStore>> {
        Some(self.copies()?.store())
    }

    fn copies(&self) -> Option<&Copies> {
        self.context.near.as_ref().map(|near| &near.copies)
    }

    /// What there is to see of the copies. `nodes` are the caches of a cluster's nodes.
    pub fn near_report(&self, nodes: &[Arc<Core>]) -> Value {
        let nodes: Vec<_> = nodes.iter().filter_map(|node| node.copies()).collect();
        self.copies().map_or_else(no_near, |copies| copies.report(&nodes, Instant::now()))
    }

    /// Another node of the cluster has got a slot of this one.
    pub fn lost_slot(&self) {
        if let Some(copies) = self.copies() {
            copies.lost_slot();
        }
    }

    /// The outcome of a call for which there is no room: it falls back.
    pub(super) fn fall_back_call(
        &self,
        call: &Call<'_>,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        match self.context.during_erasure(call) {
            Ok(None) => {}
            Ok(Some(outcome)) => return outcome,
            Err(error) => return Outcome::Failed(error),
        }
        if let Call::Entry(call) = call {
            return entries::without_room(&self.context.entries(), call, self.take_sequence(), now);
        }
        let mut token = self.write_token(NOBODY, call, Seat::default(), now);
        if let Call::ClearOrganization { organization } = *call {
            return clear::without_room(&self.context, organization, &token);
        }
        match plan(&self.context, call, scratch) {
            Ok(operation) => {
                token.ticket.near = self.context.begin_near(call, operation.step().changes());
                fall_back(&self.context, &operation, &token, false, now)
            }
            Err(error) => Outcome::Failed(error),
        }
    }

    /// The node of the cluster that has the slot of a key, where that is another one.
    pub(super) fn owner_of(&self, key: &[u8]) -> Option<Arc<Core>> {
        let owner = self.slot_owners.as_deref()?.node(slot_of(key))?;
        (!std::ptr::eq(&raw const *owner, self)).then_some(owner)
    }

    /// The node that keeps what this request comes to, where that is another one than it was sent to: its key is half-way
    /// between them, or its slot has moved since it was sent.
    pub(super) fn keeper_of(&self, token: &CacheRequest, request: &[u8]) -> Option<Arc<Core>> {
        let owners = self.slot_owners.as_deref()?;
        let is_astray = token.redirections > 0 || owners.is_outdated(token.ticket.sequence);
        if !is_astray || !token.ticket.is_for_caller() {
            return None;
        }
        let owner = owners.node(slot_of_request(request)?)?;
        (!std::ptr::eq(&raw const *owner, self)).then_some(owner)
    }
}
