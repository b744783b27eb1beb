//! All limiters of one client, at one of its servers: turns calls into requests or answers.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::check::{Check, Checks};
use super::commands::{append_block, append_refund};
use super::decode::{Call, Counted, Manner};
use super::gathered::{Gathered, Scratch};
use super::identity::Mark;
use super::instances::Instances;
use super::keys::said;
use super::lease::{Keeper, Keepers, Lease};
use super::limits::{ChangeKind, Identified, Limiter, has_leases, unknown_policy};
use super::local::{Asked, Share};
use super::options::LimiterOptions;
use super::tally::count;
use super::ticket::{Change, LimiterRequest, LimiterTicket, Purpose};
use crate::config::Topology;
use crate::error::{Error, ErrorCode, Result};
use crate::health::State;
use crate::lane::{Requests, append_command};
use crate::redis::{NOBODY, Node, Outcome, PendingRequest, misuse};

/// A message that was lost matters for no longer than this.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// The limiters of one client. Any thread may use it.
pub struct Limiters {
    pub(super) node: Arc<Node>,
    pub(super) shared: Arc<Shared>,
    /// Prolongs leases of this node.
    pub(super) keeper: Keeper,
}

/// What all nodes of a cluster share.
pub(super) struct Shared {
    /// By their numbers; `None` is one that was closed.
    limiters: RwLock<Vec<Option<Arc<Limiter>>>>,
    pub instances: Instances,
    clock: Clock,
    keepers: Arc<Keepers>,
}

/// The time of decisions in this process: it only goes forward, and begins at the time of day.
struct Clock {
    began: Instant,
    began_us: u64,
}

impl Clock {
    fn us(&self, now: Instant) -> u64 {
        self.began_us + now.saturating_duration_since(self.began).as_micros() as u64
    }
}

impl Limiters {
    pub fn new(node: Arc<Node>) -> Limiters {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let shared = Shared {
            limiters: RwLock::default(),
            instances: Instances::new(&node.config().room_prefix),
            clock: Clock { began: Instant::now(), began_us: since.as_micros() as u64 },
            keepers: Arc::default(),
        };
        let keeper = Keeper::new(node.dialer(), shared.keepers.clone());
        Limiters { node, shared: Arc::new(shared), keeper }
    }

    /// The same limiters at another node of the cluster.
    pub fn of_node(&self, node: Arc<Node>) -> Limiters {
        let keeper = Keeper::new(node.dialer(), self.shared.keepers.clone());
        Limiters { node, shared: self.shared.clone(), keeper }
    }

    pub(super) fn now_us(&self, now: Instant) -> u64 {
        self.shared.clock.us(now)
    }

    /// Who shares the limits while this process decides.
    pub(super) fn share(&self) -> Share {
        if self.node.config().use_redis() {
            Share::OneOf(self.shared.instances.count())
        } else {
            Share::Whole
        }
    }

    /// Whether Redis is not even asked.
    pub(super) fn decides_here(&self) -> bool {
        !self.node.config().use_redis() || self.node.health().state() == State::Degraded
    }

    pub(super) fn limiter(&self, number: usize) -> Result<Arc<Limiter>> {
        let limiters = self.shared.limiters.read().unwrap_or_else(PoisonError::into_inner);
        let limiter = limiters.get(number).and_then(Option::as_ref);
        limiter.cloned().ok_or_else(|| Error::new(ErrorCode::Closed, "the limiter was closed"))
    }

    /// Answers a call without a server: without Redis every call, with Redis those that need none.
    pub(super) fn answer_call(
        &self,
        call: &Call<'_>,
        now: Instant,
        scratch: &mut Scratch,
    ) -> Result<Outcome<'static>> {
        match call {
            Call::Normalize(options) => Ok(normalized(options)),
            Call::Open(options) => Ok(json_outcome(&self.open(options, now))),
            Call::Close { limiter } => {
                self.close(*limiter);
                Ok(Outcome::Null)
            }
            Call::Update { limiter, policy, json } => {
                self.limiter(*limiter)?.update(*policy, json)?;
                Ok(Outcome::Null)
            }
            Call::Stats { limiter } => {
                Ok(json_outcome(&self.limiter(*limiter)?.stats(self.shared.instances.count())))
            }
            Call::Bypassed { limiter, policy } => {
                count(&self.limiter(*limiter)?.tally_of(*policy)?.bypassed);
                Ok(Outcome::Null)
            }
            Call::Denied { limiter, policy, limited, blocked } => {
                self.limiter(*limiter)?.tally_of(*policy)?.deny(*limited, *blocked);
                Ok(Outcome::Null)
            }
            Call::Heard { limiter, said } => {
                self.limiter(*limiter)?.hear(said);
                Ok(Outcome::Null)
            }
            Call::Admitted { limiter, policy, remaining } => {
                self.limiter(*limiter)?.count_admitted(*policy, *remaining)?;
                Ok(Outcome::Null)
            }
            Call::Consume { limiter, checks, manner } => {
                let mut gathered = self.gather(*limiter, checks.clone(), *manner, scratch, now)?;
                gathered.decide_here(self.share(), self.now_us(now), now);
                self.keep_lease(&gathered, now);
                Ok(answers_of(&gathered))
            }
            Call::Release { limiter, lease } => Ok(Outcome::Boolean(self.release_here(*limiter, *lease)?)),
            _ if self.node.config().use_redis() => {
                Err(Error::new(ErrorCode::Connect, "the call needs a connection to Redis"))
            }
            _ => self.change_here(call, now),
        }
    }

    /// Makes a change of one identifier in this process, where there is no Redis.
    fn change_here(&self, call: &Call<'_>, now: Instant) -> Result<Outcome<'static>> {
        match call {
            Call::Refund { limiter, check, .. } => {
                let (limiter, identified) = self.identify(*limiter, check)?;
                refuse_refund_of_leases(&limiter, &identified)?;
                self.refund_here(&limiter, identified.mark, check.cost()?, now);
                Ok(Outcome::Null)
            }
            Call::Reset { limiter, check } => {
                let (limiter, identified) = self.identify(*limiter, check)?;
                limiter.denials.forget(identified.mark);
                Ok(Outcome::Boolean(limiter.local.reset(identified.mark)))
            }
            Call::Block { limiter, check, seconds } => {
                let (limiter, identified) = self.identify(*limiter, check)?;
                limiter.local.block(identified.mark, *seconds, self.now_us(now));
                Ok(Outcome::Null)
            }
            Call::Unblock { limiter, check } => {
                let (limiter, identified) = self.identify(*limiter, check)?;
                let policies = limiter.policies().len();
                limiter.forget_all(identified.mark);
                Ok(Outcome::Boolean(limiter.local.unblock(identified.mark, policies, self.now_us(now))))
            }
            _ => Err(misuse("the call is no change of an identifier")),
        }
    }

    fn open(&self, options: &LimiterOptions, now: Instant) -> Value {
        let mut described = options.describe();
        let limiter =
            Arc::new(Limiter::new(options, &self.node.config().room_prefix, self.node.data().clone()));
        let is_clustered = matches!(self.node.config().topology(), Topology::Cluster { .. });
        described["warnSecret"] = limiter.is_without_secret.into();
        described["channel"] = String::from_utf8_lossy(&limiter.keys.channel()).into();
        described["holdsLong"] = (options.local_deny > ASKED_AGAIN_AFTER).into();
        described["isClustered"] = json!(is_clustered && self.node.config().use_redis());
        let mut limiters = self.shared.limiters.write().unwrap_or_else(PoisonError::into_inner);
        described["limiter"] = limiters.len().into();
        limiters.push(Some(limiter));
        self.shared.instances.begin(now);
        described
    }

    /// All that are open.
    pub(super) fn open_limiters(&self) -> Vec<Arc<Limiter>> {
        let limiters = self.shared.limiters.read().unwrap_or_else(PoisonError::into_inner);
        limiters.iter().flatten().cloned().collect()
    }

    fn close(&self, number: usize) {
        let mut limiters = self.shared.limiters.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(limiter) = limiters.get_mut(number).and_then(Option::take) {
            // JavaScript has released its leases, unless it was in a hurry.
            limiter.leases.take_where(|_| true).iter().for_each(Lease::give_up);
        }
        if limiters.iter().all(Option::is_none) {
            self.shared.instances.end();
        }
    }

    fn gather(
        &self,
        limiter: usize,
        checks: Checks<'_>,
        manner: Manner,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Result<Gathered> {
        Gathered::new(self.limiter(limiter)?, checks, manner, scratch, now)
    }

    pub(super) fn identify<'a>(
        &self,
        limiter: usize,
        check: &Check<'a>,
    ) -> Result<(Arc<Limiter>, Identified<'a>)> {
        let limiter = self.limiter(limiter)?;
        let identified = limiter.identify(check)?;
        if identified.policy >= limiter.policies().len() {
            return Err(unknown_policy());
        }
        Ok((limiter, identified))
    }

    fn refund_here(&self, limiter: &Limiter, mark: Mark, cost: u64, now: Instant) {
        if let Some(named) = limiter.policies().get(mark.policy) {
            limiter.local.refund(Asked::new(named, mark, cost), self.share(), self.now_us(now));
        }
    }

    /// Turns a call into requests, put into `out`, or into its outcome.
    pub(super) fn prepare_call(
        &self,
        call: &Call<'_>,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<LimiterRequest>,
        scratch: &mut Scratch,
    ) -> Result<Option<Outcome<'static>>> {
        let (number, check, kind) = match call {
            Call::Consume { limiter, checks, manner } => {
                return self.ask(
                    self.gather(*limiter, checks.clone(), *manner, scratch, now)?,
                    call_id,
                    now,
                    out,
                    scratch,
                );
            }
            Call::Refund { limiter, check, counted } => {
                (*limiter, check, ChangeKind::Refund { cost: check.cost()?, counted: *counted })
            }
            Call::Reset { limiter, check } => (*limiter, check, ChangeKind::Reset),
            Call::Block { limiter, check, .. } => (*limiter, check, ChangeKind::Block),
            Call::Unblock { limiter, check } => (*limiter, check, ChangeKind::Unblock),
            Call::Release { limiter, lease } => return self.release(*limiter, *lease, call_id, now, out),
            _ => return self.answer_call(call, now, scratch).map(Some),
        };
        let (limiter, identified) = self.identify(number, check)?;
        if matches!(kind, ChangeKind::Refund { .. }) {
            refuse_refund_of_leases(&limiter, &identified)?;
        }
        limiter.forget_for(kind, identified.mark, self.now_us(now));
        let request = Self::change_request(call, &limiter, identified)?;
        let said = said(identified.subject).into();
        let change = Change { limiter, mark: identified.mark, kind, said };
        let was_taken_here = matches!(kind, ChangeKind::Refund { counted: Counted::Here, .. });
        if was_taken_here || self.decides_here() {
            return Ok(Some(self.change_without_redis(&change, &away(), now)));
        }
        let deadline = self.node.deadline(now);
        out.push(asked(call_id, Purpose::Change(Box::new(change)), now), deadline, |bytes| {
            bytes.extend_from_slice(&request);
            1
        });
        Ok(None)
    }

    fn ask(
        &self,
        mut gathered: Gathered,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<LimiterRequest>,
        scratch: &mut Scratch,
    ) -> Result<Option<Outcome<'static>>> {
        if !gathered.is_open() {
            return Ok(Some(answers_of(&gathered)));
        }
        if self.decides_here() {
            gathered.decide_here(self.share(), self.now_us(now), now);
            self.keep_lease(&gathered, now);
            return Ok(Some(answers_of(&gathered)));
        }
        let decision = gathered.limiter.decision;
        let from = out.buffer().len();
        gathered.append_request(scratch, out.buffer());
        let pending = patient(asked(call_id, Purpose::Decide(Box::new(gathered)), now), decision);
        out.commit(from, 1, pending, now + decision);
        self.send_heartbeat_if_due(now, out);
        Ok(None)
    }

    /// The request of a call that changes one identifier.
    fn change_request(call: &Call<'_>, limiter: &Limiter, identified: Identified<'_>) -> Result<Vec<u8>> {
        let policies = limiter.policies();
        let named = policies.get(identified.policy).ok_or_else(unknown_policy)?;
        let (keys, subject) = (&limiter.keys, identified.subject);
        let (mut key, mut request) = (Vec::new(), Vec::new());
        match call {
            Call::Refund { check, counted, .. } => {
                keys.state(&mut key, &named.name, subject)?;
                let taken_us = if let Counted::ByRedis { at_us } = counted { Some(*at_us) } else { None };
                append_refund(&key, &named.policy, check.cost()?, taken_us, &mut request);
            }
            Call::Block { seconds, .. } => {
                keys.block(&mut key, subject)?;
                append_block(&key, seconds * 1000, &mut request);
            }
            Call::Reset { .. } => {
                let mut block = Vec::new();
                limiter.key_of(&mut key, named, subject)?;
                keys.own_block(&mut block, &named.name, subject)?;
                append_command(&mut request, &[b"UNLINK", &key, &block]);
            }
            _ => {
                keys.block(&mut key, subject)?;
                let mut blocks = vec![key];
                for named in policies.iter() {
                    let mut own = Vec::new();
                    keys.own_block(&mut own, &named.name, subject)?;
                    blocks.push(own);
                }
                let words: Vec<&[u8]> =
                    std::iter::once(&b"UNLINK"[..]).chain(blocks.iter().map(Vec::as_slice)).collect();
                append_command(&mut request, &words);
            }
        }
        Ok(request)
    }

    /// The outcome of a change that Redis did not make.
    pub(super) fn change_without_redis(
        &self,
        change: &Change,
        error: &Error,
        now: Instant,
    ) -> Outcome<'static> {
        match change.kind {
            ChangeKind::Refund { cost, counted: Counted::Here } => {
                self.refund_here(&change.limiter, change.mark, cost, now);
                Outcome::Null
            }
            // Redis counted it, or may have: it makes no room here. It stays counted there until its window ends.
            ChangeKind::Refund { .. } => Outcome::Null,
            _ => Outcome::Failed(error.clone()),
        }
    }

    /// The outcome of a call for which the queue has no space.
    pub(super) fn answer_when_queue_is_full(
        &self,
        call: &Call<'_>,
        error: &Error,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Result<Outcome<'static>> {
        let (limiter, check, kind) = match call {
            Call::Refund { limiter, check, counted } => {
                (*limiter, check, ChangeKind::Refund { cost: check.cost()?, counted: *counted })
            }
            Call::Reset { .. } | Call::Block { .. } | Call::Unblock { .. } => return Err(error.clone()),
            Call::Release { limiter, lease } => return self.release_later(*limiter, *lease),
            _ => return self.answer_call(call, now, scratch),
        };
        let (limiter, identified) = self.identify(limiter, check)?;
        let change = Change { limiter, mark: identified.mark, kind, said: Box::default() };
        Ok(self.change_without_redis(&change, error, now))
    }

    /// Makes the key by which a call is routed; false where any node may answer. A wrong check gives no key here; the node
    /// that gets the call reports the error.
    pub(super) fn route_key(&self, call: &Call<'_>, key: &mut Vec<u8>) -> bool {
        key.clear();
        let (number, mut checks) = match call {
            Call::Consume { limiter, checks, .. } => (*limiter, checks.clone()),
            Call::Refund { limiter, check, .. }
            | Call::Reset { limiter, check }
            | Call::Block { limiter, check, .. }
            | Call::Unblock { limiter, check } => return self.block_key(*limiter, check, key),
            Call::Release { limiter, lease } => {
                let lease = self.limiter(*limiter).ok().and_then(|limiter| limiter.leases.get(*lease));
                let part = lease.as_ref().and_then(|lease| lease.parts.first());
                return part.is_some_and(|part| {
                    key.extend_from_slice(&part.key);
                    true
                });
            }
            _ => return false,
        };
        checks.any(|check| self.block_key(number, &check, key))
    }

    /// All keys of an identifier share the slot of this one.
    fn block_key(&self, limiter: usize, check: &Check<'_>, key: &mut Vec<u8>) -> bool {
        let made = self.limiter(limiter).and_then(|limiter| {
            let identified = limiter.identify(check)?;
            limiter.keys.block(key, identified.subject)
        });
        made.is_ok()
    }

    /// Tells Redis that this process runs, where that is due.
    pub(super) fn send_heartbeat_if_due(&self, now: Instant, out: &mut impl Requests<LimiterRequest>) {
        if !self.node.reads_replicas() && self.shared.instances.takes_turn(now) {
            out.push(asked(NOBODY, Purpose::Heartbeat, now), self.node.deadline(now), |bytes| {
                self.shared.instances.append(bytes);
                1
            });
        }
    }

    /// The limiters as `getStats()` shows them.
    pub fn describe(&self) -> Value {
        let limiters = self.shared.limiters.read().unwrap_or_else(PoisonError::into_inner);
        let instances = self.shared.instances.count();
        limiters.iter().flatten().map(|limiter| limiter.stats(instances)).collect::<Vec<_>>().into()
    }
}

/// What a lease holds is given back with it.
fn refuse_refund_of_leases(limiter: &Limiter, identified: &Identified<'_>) -> Result<()> {
    let policies = limiter.policies();
    let named = policies.get(identified.policy).ok_or_else(unknown_policy)?;
    if named.policy.has_leases() {
        return Err(has_leases(&named.name, "release the lease in place of a refund"));
    }
    Ok(())
}

/// Why a change is not even sent.
fn away() -> Error {
    Error::new(ErrorCode::Connect, "Redis is away")
}

/// The options of a limiter with all defaults.
pub(super) fn normalized(options: &LimiterOptions) -> Outcome<'static> {
    json_outcome(&options.describe())
}

pub(super) fn answers_of(gathered: &Gathered) -> Outcome<'static> {
    Outcome::Json(gathered.answers().into())
}

fn json_outcome(value: &Value) -> Outcome<'static> {
    Outcome::Json(value.to_string().into_bytes().into())
}

pub(super) fn asked(call_id: u32, purpose: Purpose, issued: Instant) -> LimiterRequest {
    PendingRequest::new(call_id, LimiterTicket(purpose), issued)
}

/// A request whose caller waits no longer than this.
pub(super) fn patient(request: LimiterRequest, patience: Duration) -> LimiterRequest {
    PendingRequest { patience_ms: patience.as_millis() as u32, ..request }
}
