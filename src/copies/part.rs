//! What a client asks the near store, and what it tells it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use serde_json::Value;

use super::first::NearFirst;
use super::report::near_report;
use crate::near::{Facts, FillsHeld, Group, Key, Living, NearStore, Options, Owner, Wish, WriteUnderWay};
use crate::outage::StandIn;
use crate::redis::Node;
use crate::watch::{Wait, Watch, Woken, restart_sessions};

/// The organization's place in the table of clearings where the caller names none.
const GLOBAL: &[u8] = b"";

/// One server's part in the near store. All clients of the process that use the same servers, database, prefix and user
/// share the store.
pub struct Copies {
    of_client: Arc<OfClient>,
    /// The connection that fills the store from this server, once this server was reached.
    // Held for an assignment or a clone.
    watch: RwLock<Option<Arc<Watch>>>,
    /// The server from which that connection fills, as it numbers servers. Only a node of a cluster gets another
    /// connection: then `has_moved`, and `watch` says.
    filled_from: OnceLock<Arc<AtomicU64>>,
    has_moved: AtomicBool,
    /// The server that answers calls, by the same numbers. 0: none that may have copies.
    peer: AtomicU64,
    held: Arc<Held>,
}

/// What the nodes of a client share.
struct OfClient {
    store: Arc<NearStore>,
    first: NearFirst,
}

/// Keeps fills back while the journal holds writes.
#[derive(Default)]
struct Held(Mutex<Option<FillsHeld>>);

/// What a read needs when its reply is here.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub group: Group,
    pub owner: Owner,
}

impl Copies {
    /// The part of a client; `None` where its configuration has no near store, and for connections that are no cache's.
    pub fn of_client(node: &Node) -> Option<Copies> {
        let config = node.config();
        if !config.near || !config.use_redis() || !node.is_shared() {
            return None;
        }
        let options = Options { max_bytes: config.near_max_bytes, max_staleness: config.near_max_staleness };
        let store = NearStore::shared(&config.identity(), options);
        Some(Copies::over(Arc::new(OfClient { store, first: NearFirst::default() })))
    }

    /// The same client's part at a node of its cluster.
    pub fn of_node(&self) -> Copies {
        Copies::over(self.of_client.clone())
    }

    fn over(of_client: Arc<OfClient>) -> Copies {
        Copies {
            of_client,
            watch: RwLock::default(),
            filled_from: OnceLock::new(),
            has_moved: AtomicBool::new(false),
            peer: AtomicU64::new(0),
            held: Arc::default(),
        }
    }

    pub fn store(&self) -> &Arc<NearStore> {
        &self.of_client.store
    }

    /// Which groups of keys JavaScript asks for before it makes a call.
    pub fn first(&self) -> &NearFirst {
        &self.of_client.first
    }

    /// Keeps fills back for as long as this journal holds writes: the store cannot know which of them Redis has.
    pub fn follow_journal(&self, stand_in: &StandIn) {
        let (held, store) = (self.held.clone(), self.store().clone());
        stand_in.watch_journal(move |holds_writes| {
            let mut held = held.0.lock().unwrap_or_else(PoisonError::into_inner);
            *held = holds_writes.then(|| store.hold_fills());
        });
    }

    /// The journal has got writes of which this process never heard: whatever copies there are may be older.
    pub fn inherited(&self) {
        restart_sessions(self.store());
    }

    /// A connection to the server stands.
    pub fn connected(&self, node: &Node) {
        let watch = Watch::of(self.store(), node.dialer());
        let peer = watch.peer_connected(node.run_id().as_deref());
        let mut place = self.watch.write().unwrap_or_else(PoisonError::into_inner);
        let before = place.replace(watch.clone()).filter(|before| !Arc::ptr_eq(before, &watch));
        let _ = self.filled_from.set(watch.peer());
        self.has_moved.fetch_or(before.is_some(), Ordering::AcqRel);
        self.peer.store(peer, Ordering::Release);
        drop(place);
        if let Some(before) = before {
            before.primary_changed();
        }
    }

    /// A slot of the server is another one's now.
    pub fn lost_slot(&self) {
        if let Some(watch) = self.watch() {
            watch.restart_session();
        }
    }

    fn watch(&self) -> Option<Arc<Watch>> {
        self.watch.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether copies come from the server that answers calls.
    fn is_of_this_server(&self) -> bool {
        let peer = self.peer.load(Ordering::Acquire);
        let is_it = |filled_from: &AtomicU64| peer != 0 && filled_from.load(Ordering::Acquire) == peer;
        if self.has_moved.load(Ordering::Acquire) {
            return self.watch().is_some_and(|watch| is_it(&watch.peer()));
        }
        self.filled_from.get().is_some_and(|filled_from| is_it(filled_from))
    }

    /// Whether a copy of this group may answer in place of Redis at all: nothing that the journal holds may be newer.
    pub fn may_answer(&self, group: Group, stand_in: &StandIn) -> bool {
        self.store().has_copies(group)
            && stand_in.uses_redis()
            && stand_in.is_redis_up_to_date()
            && !stand_in.holds_writes()
            && self.is_of_this_server()
    }

    /// The stored bytes of a copy. Only where its group `may_answer`.
    pub fn get(&self, key: &[u8], now: Instant) -> Option<Living> {
        self.store().get_living(Key::new(key), now)
    }

    /// The same with what must stay as it is for the copy to answer again.
    pub fn get_with_facts(&self, key: &[u8], now: Instant, is_kept: bool) -> Option<(Living, Facts)> {
        self.store().get_with_facts(Key::new(key), now, is_kept)
    }

    pub fn tick_of(&self, at: Instant) -> u64 {
        self.store().tick_of(at)
    }

    /// A caller that keeps the value of a copy has answered so many reads itself.
    pub fn answered_elsewhere(&self, group: Group, key: &[u8], reads: u64) {
        self.store().answered_elsewhere(Key::new(key), group, reads);
    }

    /// The same while Redis does not answer.
    pub fn get_in_outage(&self, key: &[u8], now: Instant) -> Option<Living> {
        if !self.is_of_this_server() {
            return None;
        }
        self.store().get_in_outage(Key::new(key), now)
    }

    /// Redis has answered a read; nobody has heard of it yet.
    pub fn answered(&self, wanted: Wanted, key: &[u8], value: Option<&[u8]>, now: Instant) {
        if self.store().answered(Key::new(key), value, wanted.group, now) {
            self.wish(wanted, key);
        }
    }

    /// The same of a read whose key is to get no copy.
    pub fn compared(&self, key: &[u8], value: Option<&[u8]>) {
        self.store().compared(Key::new(key), value);
    }

    /// A read needed this key too, and found no copy.
    pub fn missed(&self, wanted: Wanted, key: &[u8], now: Instant) {
        if self.store().missed(Key::new(key), wanted.group, now) {
            self.wish(wanted, key);
        }
    }

    fn wish(&self, Wanted { group, owner }: Wanted, key: &[u8]) {
        if let Some(watch) = self.watch() {
            watch.wish(Wish { key: key.into(), group, owner });
        }
    }

    /// Has `woken` called once when the key changes, or when nobody would tell of its change. `None` while that is so
    /// already. Dropped, what this gives wakes nobody.
    pub fn wait(&self, key: &[u8], woken: Woken) -> Option<Wait> {
        self.watch().filter(|_| self.is_of_this_server())?.wait(key, woken)
    }

    /// The version of a key: another one where it may have changed.
    pub fn version(&self, key: &[u8]) -> u32 {
        self.store().version(Key::new(key))
    }

    /// Whether each change of the key, from now on, is one of its version.
    pub fn is_watched(&self, key: &[u8]) -> bool {
        self.store().is_watched(Key::new(key))
    }

    /// An own write of the key begins. It is under way until what this gives is dropped.
    pub fn begin_write(&self, key: &[u8]) -> WriteUnderWay {
        self.store().begin_write(Key::new(key))
    }

    /// An organization is about to be cleared, or was, or may have been.
    pub fn clear(&self, organization: Option<&str>) {
        self.store().clear_owner(owner(organization));
    }

    /// What there is to see. `nodes` are the parts of the same client at the nodes of its cluster.
    pub fn report(&self, nodes: &[&Copies], now: Instant) -> Value {
        let watches = std::iter::once(self).chain(nodes.iter().copied()).filter_map(Copies::watch);
        near_report(&self.store().report(now), &watches.collect::<Vec<_>>())
    }
}

impl Wanted {
    /// Of an organization's key; without one, of the global scope's.
    pub fn of(group: Group, organization: Option<&str>) -> Wanted {
        Wanted { group, owner: owner(organization) }
    }
}

fn owner(organization: Option<&str>) -> Owner {
    Owner::of(organization.map_or(GLOBAL, str::as_bytes))
}
