//! The store: puts copies, stripes, sessions, clearings and fills together.

mod budget;
mod erasing;
mod filling;
mod report;

pub use filling::Fill;
pub use report::{GroupReport, Report};

use crate::near::copied::Copied;
use crate::near::facts::{Fact, Facts, Memory};
use crate::near::fills::Wish;
use crate::near::groups::{Group, Groups, Hits};
use crate::near::key::{Hash, Key};
use crate::near::marks::Marks;
use crate::near::owners::{Clearings, Owner};
use crate::near::sessions::{NodeId, Sessions};
use crate::near::shard::{At, Shard};
use crate::near::shares::Shares;
use crate::near::stripes::{StripeIndex, Stripes};
use crate::near::value::NearValue;
use crate::planted::{Fault, is_planted};
use crate::sync::Mutex;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// A longer value gets no copy: its reply would delay the pushes behind it.
const MAX_VALUE_BYTES: usize = 256 * 1_024;
/// A longer key gets no copy.
const MAX_KEY_BYTES: usize = 4 * 1_024;
/// A shard has a part of this size of the budget at least. Its queues need some hundred copies to choose among.
const LEAST_SHARD_BYTES: usize = 1_024 * 1_024;
#[cfg(not(orgcache_loom))]
const MAX_SHARDS: usize = 256;
#[cfg(orgcache_loom)]
const MAX_SHARDS: usize = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Keys, values and tables together.
    pub max_bytes: usize,
    /// How long a copy answers after the last moment at which its session is known to have lived.
    pub max_staleness: Duration,
}

/// Copies of one set of servers, database, prefix and user. All threads share it.
pub struct NearStore {
    options: Options,
    /// Ticks are nanoseconds since this moment.
    epoch: Instant,
    stripes: Stripes,
    sessions: Sessions,
    clearings: Clearings,
    shares: Shares,
    groups: Groups,
    marks: Marks,
    // Each is locked for single operations, and no second one meanwhile.
    shards: Box<[Mutex<Shard>]>,
    /// Memory of copies and tables, and of values that are about to become copies.
    bytes: AtomicUsize,
    evictions: AtomicU64,
    fills: AtomicUsize,
    /// The next shard that gives a copy up.
    hand: AtomicUsize,
    /// How many hold fills back, in the low 32 bits, and above how often that began.
    held: AtomicU64,
    /// The latest tick that a caller named.
    latest: AtomicU64,
}

impl fmt::Debug for NearStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NearStore").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A copy that may answer.
#[derive(Debug, Clone)]
pub struct Living {
    pub value: NearValue,
    /// Until the value ends, from the moment on that was asked with.
    pub left: Duration,
}

const ONE_HOLDER: u64 = 1;
const ONE_HOLD: u64 = 1 << 32;

/// The stores of this process by their identity.
static STORES: std::sync::Mutex<Vec<(String, Weak<NearStore>)>> = std::sync::Mutex::new(Vec::new());

fn stores() -> std::sync::MutexGuard<'static, Vec<(String, Weak<NearStore>)>> {
    // A panic while it was held leaves whole rows.
    STORES.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
pub fn is_listed(identity: &str) -> bool {
    stores().iter().any(|(known, _)| *known == *identity)
}

impl Drop for NearStore {
    /// Also a weak reference keeps memory.
    fn drop(&mut self) {
        stores().retain(|(_, store)| store.strong_count() > 0);
    }
}

impl NearStore {
    /// The process's store of this identity: servers, database, prefix and user. The options of the first caller count
    /// while the store lives.
    pub fn shared(identity: &str, options: Options) -> Arc<NearStore> {
        let mut stores = stores();
        let known = stores.iter().find(|(known, store)| *known == *identity && store.strong_count() > 0);
        if let Some(store) = known.and_then(|(_, store)| store.upgrade()) {
            return store;
        }
        let store = Arc::new(NearStore::new(options));
        stores.push((identity.to_owned(), Arc::downgrade(&store)));
        store
    }

    pub fn new(options: Options) -> NearStore {
        let shards = (options.max_bytes / LEAST_SHARD_BYTES).clamp(1, MAX_SHARDS).next_power_of_two();
        NearStore {
            options,
            epoch: Instant::now(),
            stripes: Stripes::new(),
            sessions: Sessions::new(),
            clearings: Clearings::new(),
            shares: Shares::new(options.max_bytes),
            groups: Groups::new(),
            marks: Marks::new(),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            bytes: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
            fills: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
            held: AtomicU64::new(0),
            latest: AtomicU64::new(0),
        }
    }

    /// The group of a kind or cache. The same name is the same group in all threads. Names above the 256th share one.
    pub fn group(&self, name: &str) -> Group {
        self.groups.named(name)
    }

    /// Whether the group has copies at all. A caller that would pay for making a key asks this first.
    #[inline]
    pub fn has_copies(&self, group: Group) -> bool {
        self.groups.of(group).copies.load(Ordering::Relaxed) > 0
    }

    /// Copies of this group answer no longer after their fill. The shortest limit that was given counts.
    pub fn limit_lifetime(&self, group: Group, limit: Duration) {
        self.groups.of(group).limit_lifetime(limit);
    }

    /// The value of the key's copy, if it may answer.
    pub fn get(&self, key: Key<'_>, now: Instant) -> Option<NearValue> {
        self.get_living(key, now).map(|living| living.value)
    }

    /// The same with what is left of the value's lifetime, which a group with a limit knows even where the copy ends
    /// before.
    pub fn get_living(&self, key: Key<'_>, now: Instant) -> Option<Living> {
        self.get_with_facts(key, now, false).map(|(living, _)| living)
    }

    /// Gives beside the value what must stay as it is for the copy to answer again. The reader says whether it keeps the value.
    #[inline]
    pub fn get_with_facts(&self, key: Key<'_>, now: Instant, is_kept: bool) -> Option<(Living, Facts)> {
        self.find(key, now, is_kept, |store, copied, tick| {
            let fresh_from = store.sessions.fresh_from(copied.node)?;
            let is_fresh = tick.saturating_sub(fresh_from) <= nanos(store.options.max_staleness);
            (store.sessions.is_alive(copied.node, copied.session) && is_fresh).then_some(())
        })
    }

    /// The value of the key's copy while Redis does not answer: sessions and freshness do not count. Copies of a flushed
    /// node never answer.
    pub fn get_in_outage(&self, key: Key<'_>, now: Instant) -> Option<Living> {
        let found = self.find(key, now, false, |store, copied, _| {
            (!store.sessions.was_flushed(copied.node, copied.session)).then_some(())
        });
        found.map(|(living, _)| living)
    }

    /// The memory in which readers check facts. It lives as long as the store.
    pub fn memory(&self) -> Memory {
        Memory {
            stripes: self.stripes.memory(),
            sessions: self.sessions.memory(),
            clearings: self.clearings.memory(),
        }
    }

    /// The tick of a moment: nanoseconds since the store began.
    pub fn tick_of(&self, at: Instant) -> u64 {
        self.tick(at)
    }

    pub fn options(&self) -> Options {
        self.options
    }

    /// Readers that keep values have answered so many reads of the key themselves.
    pub fn answered_elsewhere(&self, key: Key<'_>, group: Group, reads: u64) {
        self.shard(key.hash()).lock().answered_elsewhere(key, group, reads);
    }

    #[inline]
    fn find(
        &self,
        key: Key<'_>,
        now: Instant,
        is_kept: bool,
        may_answer: impl FnOnce(&NearStore, &Copied, u64) -> Option<()>,
    ) -> Option<(Living, Facts)> {
        let stripe = StripeIndex::of(key.hash());
        if !self.stripes.may_hold(stripe) {
            return None;
        }
        // From before the copy is found: a change in between is one for the reader, too.
        let stripe = self.stripes.fact(stripe);
        let tick = self.tick(now);
        let mut shard = self.shard(key.hash()).lock();
        let at = shard.find(key)?;
        let copied = shard.get(at)?;
        if copied.expires_at <= tick || !self.is_of_this_time(copied) {
            self.remove_at(&mut shard, at);
            return None;
        }
        may_answer(self, copied, tick)?;
        let value = copied.value.clone();
        let end = value.end().unwrap_or(copied.expires_at);
        let facts = Facts {
            stripe,
            session: Sessions::fact(copied.node, copied.session),
            clearings: Fact { is: copied.clearings, ..self.clearings.fact(copied.owner) },
            until: copied.expires_at,
        };
        shard.answered(at, is_kept);
        Some((Living { value, left: Duration::from_nanos(end.saturating_sub(tick)) }, facts))
    }

    /// Whether the copy's owner was not cleared since its fill.
    fn is_of_this_time(&self, copied: &Copied) -> bool {
        copied.clearings == self.clearings.count(copied.owner)
    }

    /// An own write of the key begins. Removes the key's copy. Until the returned value is dropped, which is when the
    /// outcome is known and before the caller hears of it, the key gets no copy.
    pub fn begin_write(self: &Arc<Self>, key: Key<'_>) -> WriteUnderWay {
        let stripe = StripeIndex::of(key.hash());
        let counts = !is_planted(Fault::OwnWritesNotCounted);
        if self.stripes.begin_write(stripe, counts) {
            drop(self.remove_changed(key));
        }
        WriteUnderWay { store: self.clone(), stripe: counts.then_some(stripe) }
    }

    /// A clearing of the organization begins, or its outcome is known. Copies from before never answer again.
    pub fn clear_owner(&self, owner: Owner) {
        self.clearings.clear(owner);
    }

    /// While the returned value lives, nothing is filled.
    pub fn hold_fills(self: &Arc<Self>) -> FillsHeld {
        self.held.fetch_add(ONE_HOLD + ONE_HOLDER, Ordering::SeqCst);
        FillsHeld(self.clone())
    }

    /// Another connection answered a read of the key, and nobody has heard the answer yet. A copy with other bytes goes.
    /// Returns whether the key deserves a copy now: the caller then wishes for it.
    pub fn answered(&self, key: Key<'_>, value: Option<&[u8]>, group: Group, now: Instant) -> bool {
        self.groups.of(group).missed(|| self.hits(group));
        if self.stripes.may_hold(StripeIndex::of(key.hash())) && self.compare(key, value) {
            return false;
        }
        value.is_some_and(|value| value.len() <= MAX_VALUE_BYTES) && self.deserves(key, group, now)
    }

    /// A read needed the key, and found no copy that may answer. Another key's answer implies its value. Returns whether
    /// it deserves a copy now.
    pub fn missed(&self, key: Key<'_>, group: Group, now: Instant) -> bool {
        self.groups.of(group).missed(|| self.hits(group));
        !(self.stripes.may_hold(StripeIndex::of(key.hash())) && self.holds(key))
            && self.deserves(key, group, now)
    }

    /// Whether the key has a copy of a session that lives, or gets one.
    fn holds(&self, key: Key<'_>) -> bool {
        let shard = self.shard(key.hash()).lock();
        self.has_living_copy(&shard, key) || shard.fills.has(key.hash())
    }

    fn has_living_copy(&self, shard: &Shard, key: Key<'_>) -> bool {
        shard.find(key).and_then(|at| shard.get(at)).is_some_and(|copied| {
            self.sessions.is_alive(copied.node, copied.session) && self.is_of_this_time(copied)
        })
    }

    /// Whether a server tells of each change of the key from now on, for as long as its stripe, its session and its owner's
    /// clearings stay as they are: the key has a copy.
    pub fn is_watched(&self, key: Key<'_>) -> bool {
        self.stripes.may_hold(StripeIndex::of(key.hash()))
            && self.has_living_copy(&self.shard(key.hash()).lock(), key)
    }

    /// Another connection answered a read whose caller deserves no copy. A copy with other bytes goes.
    pub fn compared(&self, key: Key<'_>, value: Option<&[u8]>) {
        if self.stripes.may_hold(StripeIndex::of(key.hash())) {
            self.compare(key, value);
        }
    }

    /// The version of the key's stripe: another one where the key may have changed.
    pub fn version(&self, key: Key<'_>) -> u32 {
        self.stripes.version(StripeIndex::of(key.hash()))
    }

    /// Whether a key without a copy deserves one: it was read before.
    fn deserves(&self, key: Key<'_>, group: Group, now: Instant) -> bool {
        let (hash, tick) = (key.hash(), self.tick(now));
        // Every read comes here, and a moment is near enough.
        if tick > self.latest_tick() + NANOS_A_MS {
            self.latest.fetch_max(tick, Ordering::Relaxed);
        }
        // The mark comes last: it takes note of a wish, and reads while the key is written must not use that up.
        key.bytes().len() <= MAX_KEY_BYTES
            && self.groups.of(group).admits(hash)
            && !self.stripes.has_write(StripeIndex::of(hash))
            && self.marks.missed(hash, tick / NANOS_A_MS)
    }

    /// Compares an answer with the key's copy and with its fill under way. Returns whether the key still has one of them.
    fn compare(&self, key: Key<'_>, value: Option<&[u8]>) -> bool {
        let mut shard = self.shard(key.hash()).lock();
        let found = shard.find(key);
        let copied = found.and_then(|at| shard.get(at));
        let differs = copied.is_some_and(|copied| Some(&*copied.value) != value);
        let may_answer = copied.is_some_and(|copied| {
            self.sessions.is_alive(copied.node, copied.session) && self.is_of_this_time(copied)
        });
        if is_planted(Fault::AnswersNotCompared) {
            return may_answer || shard.fills.has(key.hash());
        }
        if let Some(at) = found.filter(|_| differs) {
            self.stripes.raise(StripeIndex::of(key.hash()));
            self.remove_at(&mut shard, at);
        }
        shard.fills.answered(key.hash(), value);
        (may_answer && !differs) || shard.fills.has(key.hash())
    }

    /// A node tells that the key has changed. Returns what to fill again at once: a copy that has paid for its fill goes.
    pub fn invalidated(&self, _node: NodeId, key: &[u8]) -> Option<Wish> {
        let key = Key::new(key);
        if !self.stripes.raise(StripeIndex::of(key.hash())) {
            return None;
        }
        let copied = self.remove_changed(key)?;
        let deserves = copied.used.has_paid() && self.groups.of(copied.group).admits(key.hash());
        if !deserves {
            return None;
        }
        // Reads in the meantime need not wish for the same.
        self.marks.paid(key.hash(), self.latest_tick() / NANOS_A_MS, true);
        Some(Wish { key: key.bytes().into(), group: copied.group, owner: copied.owner })
    }

    /// The node has lost all its keys: ends its session. Its copies never answer again, not in an outage either.
    pub fn flushed(&self, node: NodeId) {
        self.sessions.flushed(node);
    }

    /// The node tells of every change from now on. Copies answer once it has answered a PING.
    pub fn begin_session(&self, node: NodeId) {
        self.sessions.begin(node);
    }

    pub fn end_session(&self, node: NodeId) {
        self.sessions.end(node);
    }

    pub fn end_all_sessions(&self) {
        self.sessions.end_all();
    }

    /// The node answered a PING that was sent at this moment, in the session that lives.
    pub fn answered_ping(&self, node: NodeId, sent_at: Instant) {
        let known = if is_planted(Fault::FreshnessFromPongArrival) { Instant::now() } else { sent_at };
        self.sessions.answered_ping(node, self.tick(known));
        self.latest.fetch_max(self.tick(known), Ordering::Relaxed);
    }

    fn hits(&self, group: Group) -> Hits {
        self.shards.iter().map(|shard| shard.lock().hits(group)).fold(Hits::default(), |sum, hits| Hits {
            all: sum.all + hits.all,
            sampled: sum.sampled + hits.sampled,
        })
    }

    /// Removes the copy of a key that changes, and takes note of whether it has paid for its fill.
    fn remove_changed(&self, key: Key<'_>) -> Option<Copied> {
        let copied = self.remove(key)?;
        let now_ms = self.latest_tick() / NANOS_A_MS;
        if copied.used.has_paid() {
            self.marks.paid(key.hash(), now_ms, false);
        } else {
            self.marks.let_down(key.hash(), now_ms, copied.used.has_answered());
        }
        Some(copied)
    }

    fn remove(&self, key: Key<'_>) -> Option<Copied> {
        let mut shard = self.shard(key.hash()).lock();
        let at = shard.find(key)?;
        self.remove_at(&mut shard, at)
    }

    fn remove_at(&self, shard: &mut Shard, at: At) -> Option<Copied> {
        let gone = shard.remove(at)?;
        self.count_out(&gone);
        Some(gone)
    }

    /// Counts a copy out that has left its shard, which is still locked.
    fn count_out(&self, gone: &Copied) {
        let bytes = gone.value.bytes();
        self.stripes.let_go(StripeIndex::of(gone.hash));
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.shares.take(gone.owner, bytes);
        self.groups.of(gone.group).copies.fetch_sub(1, Ordering::Relaxed);
        if gone.used.has_answered() {
            self.marks.remember(gone.hash, self.latest_tick() / NANOS_A_MS);
        }
    }

    fn shard(&self, hash: Hash) -> &Mutex<Shard> {
        &self.shards[hash.middle() & (self.shards.len() - 1)]
    }

    /// Never 0, which stands for never.
    fn tick(&self, at: Instant) -> u64 {
        nanos(at.saturating_duration_since(self.epoch)) + 1
    }

    /// Whether the key has no copy, no fill and no write, nor has any other key of its stripe.
    #[cfg(test)]
    pub(super) fn has_nothing_of(&self, key: Key<'_>) -> bool {
        let stripe = StripeIndex::of(key.hash());
        let is_counted_out = self.fills.load(Ordering::SeqCst) == 0 && self.shares.is_empty();
        is_counted_out && !self.stripes.may_hold(stripe) && !self.stripes.has_write(stripe)
    }

    fn latest_tick(&self) -> u64 {
        self.latest.load(Ordering::Relaxed)
    }
}

/// Ticks are nanoseconds.
pub const TICKS_PER_MS: u64 = NANOS_A_MS;
const NANOS_A_MS: u64 = 1_000_000;

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

/// An own write whose outcome is not known yet.
#[derive(Debug)]
#[must_use = "a write that is dropped counts as done"]
pub struct WriteUnderWay {
    store: Arc<NearStore>,
    stripe: Option<StripeIndex>,
}

impl Drop for WriteUnderWay {
    fn drop(&mut self) {
        if let Some(stripe) = self.stripe {
            self.store.stripes.end_write(stripe);
        }
    }
}

/// While it lives, nothing is filled.
#[derive(Debug)]
#[must_use = "fills are held back until this is dropped"]
pub struct FillsHeld(Arc<NearStore>);

impl Drop for FillsHeld {
    fn drop(&mut self) {
        self.0.held.fetch_sub(ONE_HOLDER, Ordering::SeqCst);
    }
}
