//! Fills: a value that the watch connection read becomes a copy, if nothing has changed meanwhile.

use super::{MAX_KEY_BYTES, MAX_VALUE_BYTES, NANOS_A_MS, NearStore, nanos};
use crate::near::copied::{Copied, Used};
use crate::near::fills::Wish;
use crate::near::key::{Hash, Key};
use crate::near::sessions::{NodeId, Session};
use crate::near::shard::Shard;
use crate::near::stripes::{StripeIndex, Version};
use crate::near::value::NearValue;
use crate::planted::{Fault, is_planted};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// More fills are not under way at once.
const MAX_FILLS: usize = 256;
/// No copy answers longer after its fill, unless its group says another limit.
const MAX_LIFETIME: Duration = Duration::from_secs(3_600);
/// The lifetime of a value that has no end: 100 years.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);
/// A value may take one part of so many of the budget.
const BUDGET_PART: usize = 2;

/// A value that the watch connection has asked for. Dropped without `finish_fill` it is forgotten.
#[derive(Debug)]
pub struct Fill {
    store: Arc<NearStore>,
    wish: Wish,
    hash: Hash,
    node: NodeId,
    session: Session,
    version: Version,
    clearings: u32,
    held: u64,
    begun: u64,
    is_over: bool,
}

impl Fill {
    pub fn key(&self) -> &[u8] {
        &self.wish.key
    }

    /// No longer under way. Returns whether no other connection answered anything else meanwhile. Whoever calls this
    /// takes over the hold on the stripe.
    fn end(&mut self, shard: &mut Shard, value: Option<&[u8]>) -> bool {
        self.is_over = true;
        self.store.fills.fetch_sub(1, Ordering::SeqCst);
        shard.fills.end(self.hash, value)
    }
}

impl Drop for Fill {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let store = self.store.clone();
        self.end(&mut store.shard(self.hash).lock(), None);
        store.stripes.let_go(StripeIndex::of(self.hash));
    }
}

impl NearStore {
    /// A fill begins: the caller sends `GET` and `PTTL` next. `None` where it must not, and then nothing is filled.
    /// A fill that is dropped without an end is forgotten.
    pub fn begin_fill(self: &Arc<Self>, wish: Wish, node: NodeId, now: Instant) -> Option<Fill> {
        let hash = Hash::of(&wish.key);
        let counters = self.groups.of(wish.group);
        let held = self.held.load(Ordering::SeqCst);
        let session = self.sessions.alive(node);
        let begun = session
            .filter(|_| held as u32 == 0 && wish.key.len() <= MAX_KEY_BYTES)
            .and_then(|session| Some((session, self.enter_fill(hash)?)));
        let Some((session, version)) = begun else {
            counters.dropped.fetch_add(1, Ordering::Relaxed);
            if self.stripes.has_write(StripeIndex::of(hash)) {
                self.deserves_again(hash);
            }
            return None;
        };
        counters.filled(|| self.hits(wish.group));
        let clearings = self.clearings.count(wish.owner);
        let begun = self.tick(now);
        Some(Fill {
            store: self.clone(),
            wish,
            hash,
            node,
            session,
            version,
            clearings,
            held,
            begun,
            is_over: false,
        })
    }

    fn enter_fill(&self, hash: Hash) -> Option<Version> {
        let enter = |count: usize| (count < MAX_FILLS).then_some(count + 1);
        self.fills.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enter).ok()?;
        let version = self.stripes.begin_fill(StripeIndex::of(hash));
        if version.is_some() && self.shard(hash).lock().fills.begin(hash) {
            return version;
        }
        if version.is_some() {
            self.stripes.let_go(StripeIndex::of(hash));
        }
        self.fills.fetch_sub(1, Ordering::SeqCst);
        None
    }

    /// The replies of a fill have arrived. The value becomes a copy if nothing has changed since the fill began.
    pub fn finish_fill(&self, mut fill: Fill, value: Option<&[u8]>, pttl_ms: i64) {
        let was_kept = self.keep(&mut fill, value, pttl_ms).is_some();
        if !was_kept {
            self.groups.of(fill.wish.group).refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn keep(&self, fill: &mut Fill, value: Option<&[u8]>, pttl_ms: i64) -> Option<()> {
        let bytes = value.filter(|value| value.len() <= MAX_VALUE_BYTES)?;
        let own_lifetime = lifetime(pttl_ms)?;
        let group_limit = self.groups.of(fill.wish.group).max_lifetime();
        let lifetime = own_lifetime.min(group_limit.unwrap_or(MAX_LIFETIME));
        // Only groups with a limit are asked what is left of a value.
        let has_end = group_limit.is_some() && lifetime < own_lifetime;
        let size = NearValue::allocated(fill.wish.key.len(), bytes.len(), has_end);
        // A first look spares other copies an eviction in vain.
        if !self.is_unchanged(fill) {
            self.came_too_late(fill);
            return None;
        }
        if size > self.options.max_bytes / BUDGET_PART || !self.reserve(size) {
            return None;
        }
        let begun = if is_planted(Fault::LifetimeFromReply) { self.tick(Instant::now()) } else { fill.begun };
        let end = has_end.then(|| begun.saturating_add(nanos(own_lifetime)));
        let copied = Copied {
            value: NearValue::new(&fill.wish.key, bytes, end),
            hash: fill.hash,
            expires_at: begun + nanos(lifetime),
            session: fill.session,
            clearings: fill.clearings,
            owner: fill.wish.owner,
            group: fill.wish.group,
            node: fill.node,
            used: Used::default(),
        };
        let mut shard = self.shard(fill.hash).lock();
        // From here on a write finds the copy, or the copy finds the write: both look at the stripe and lock the shard.
        let was_kept = fill.end(&mut shard, value) && self.is_unchanged(fill);
        if was_kept {
            self.enter(&mut shard, copied);
        }
        drop(shard);
        if was_kept {
            self.evict_beyond_budget(0);
            return Some(());
        }
        self.stripes.let_go(StripeIndex::of(fill.hash));
        self.bytes.fetch_sub(size, Ordering::Relaxed);
        self.came_too_late(fill);
        None
    }

    /// A write is under way: a key that is read often need not wait until its wish counts as lost.
    fn deserves_again(&self, hash: Hash) {
        self.marks.remember(hash, self.latest_tick() / NANOS_A_MS);
    }

    /// A fill was refused. If its value has changed meanwhile, it was one more that did not pay.
    fn came_too_late(&self, fill: &Fill) {
        if self.stripes.is_unchanged(StripeIndex::of(fill.hash), fill.version) {
            self.deserves_again(fill.hash);
        } else {
            self.marks.let_down(fill.hash, self.latest_tick() / NANOS_A_MS, true);
        }
    }

    /// Whether everything is as it was when the fill began.
    fn is_unchanged(&self, fill: &Fill) -> bool {
        let stripe = StripeIndex::of(fill.hash);
        (is_planted(Fault::FillIgnoresStripe) || self.stripes.is_unchanged(stripe, fill.version))
            && self.sessions.is_alive(fill.node, fill.session)
            && self.clearings.count(fill.wish.owner) == fill.clearings
            && self.held.load(Ordering::SeqCst) == fill.held
    }

    /// The fill's hold on its stripe and the reserved memory become the copy's.
    fn enter(&self, shard: &mut Shard, copied: Copied) {
        if let Some(before) = shard.find(Key::known(copied.value.key(), copied.hash)) {
            self.remove_at(shard, before);
        }
        self.groups.of(copied.group).copies.fetch_add(1, Ordering::Relaxed);
        self.shares.add(copied.owner, copied.value.bytes());
        shard.insert(copied);
        self.recount_tables(shard);
    }
}

/// The lifetime that a PTTL says. `None` for a key that does not exist, or ends at once.
fn lifetime(pttl_ms: i64) -> Option<Duration> {
    match pttl_ms {
        -1 => Some(FOREVER),
        ms if ms > 0 => Some(Duration::from_millis(ms as u64).min(FOREVER)),
        _ => None,
    }
}
