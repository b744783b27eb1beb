//! Which reads the near store answers, which writes it hears of, and who fills it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use serde_json::Value;

use super::first::NearFirst;
use super::report::near_report;
use crate::cache::call::{CacheKey, Call};
use crate::cache::decode::MANAGED;
use crate::config::Config;
use crate::key::Kind;
use crate::near::{FillsHeld, Group, Key, NearStore, NearValue, Options, Owner, Wish, WriteUnderWay};
use crate::outage::{Change, StandIn};
use crate::redis::Node;
use crate::watch::{Watch, restart_sessions};

/// The organization's place in the table of clearings where the caller names none.
const GLOBAL: &[u8] = b"";

/// One server's part in the near store. All clients of the process that use the same servers, database, prefix and user
/// share the store.
pub struct Near {
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
    /// The group of each kind that has copies, by its number.
    groups: Box<[Option<Group>]>,
    first: NearFirst,
}

/// Keeps fills back while the journal holds writes.
#[derive(Default)]
struct Held(Mutex<Option<FillsHeld>>);

/// What a read needs when its reply is here.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    group: Group,
    owner: Owner,
    kind: u8,
}

/// What a request has to do with the near store until its outcome is known.
#[derive(Debug, Default)]
pub enum Involvement {
    #[default]
    None,
    /// The reply is compared with the copy of its key, or wishes for one.
    Read(Wanted),
    /// An own write is under way until this is dropped.
    Write {
        _under_way: WriteUnderWay,
    },
    WriteBoth {
        _under_way: Box<[WriteUnderWay; 2]>,
    },
}

impl Near {
    /// The part of a client; `None` where its configuration has no near store, and for connections that are no cache's.
    pub fn of_client(node: &Node) -> Option<Near> {
        let config = node.config();
        if !config.near || !config.use_redis() || !node.is_shared() {
            return None;
        }
        let options = Options { max_bytes: config.near_max_bytes, max_staleness: config.near_max_staleness };
        let store = NearStore::shared(&config.identity(), options);
        let groups = groups_of(config, &store);
        Some(Near::over(Arc::new(OfClient { store, groups, first: NearFirst::default() })))
    }

    /// The same client's part at a node of its cluster.
    pub fn of_node(&self) -> Near {
        Near::over(self.of_client.clone())
    }

    fn over(of_client: Arc<OfClient>) -> Near {
        Near {
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

    /// Which kinds JavaScript asks for before it makes a call.
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

    /// What the reply to a read will be needed for.
    pub fn wanted(&self, key: &CacheKey<'_>) -> Option<Wanted> {
        let kind = number_of(key);
        let group = self.of_client.groups[usize::from(kind)]?;
        Some(Wanted { group, owner: owner_of(key), kind })
    }

    /// The stored bytes of a copy.
    pub fn get(&self, wanted: Wanted, key: &[u8], now: Instant) -> Option<NearValue> {
        let store = self.store();
        if !store.has_copies(wanted.group) || !self.is_of_this_server() {
            return None;
        }
        store.get(Key::new(key), now)
    }

    /// The same while Redis does not answer.
    pub fn get_in_outage(&self, key: &[u8], now: Instant) -> Option<NearValue> {
        if !self.is_of_this_server() {
            return None;
        }
        self.store().get_in_outage(Key::new(key), now)
    }

    /// Redis has answered a read; nobody has heard of it yet.
    pub fn answered(&self, wanted: Wanted, key: &[u8], value: Option<&[u8]>, now: Instant) {
        let Wanted { group, owner, .. } = wanted;
        if self.store().answered(Key::new(key), value, group, now)
            && let Some(watch) = self.watch()
        {
            watch.wish(Wish { key: key.into(), group, owner });
        }
    }

    /// A call begins, which makes these changes: own writes count from here on.
    pub fn begin(&self, call: &Call<'_>, changes: &[Change<'_>]) -> Involvement {
        match call {
            Call::Get { key } => self.wanted(key).map_or(Involvement::None, Involvement::Read),
            _ => self.begin_writes(changes),
        }
    }

    /// Own writes begin.
    pub fn begin_writes(&self, changes: &[Change<'_>]) -> Involvement {
        let begin = |change: &Change<'_>| self.store().begin_write(Key::new(change.key));
        match changes {
            [] => Involvement::None,
            [one] => Involvement::Write { _under_way: begin(one) },
            [first, second, ..] => {
                Involvement::WriteBoth { _under_way: Box::new([begin(first), begin(second)]) }
            }
        }
    }

    /// An organization is about to be cleared, or was, or may have been.
    pub fn clear(&self, organization: Option<&str>) {
        self.store().clear_owner(owner(organization));
    }

    /// What there is to see. `nodes` are the parts of the same client at the nodes of its cluster.
    pub fn report(&self, nodes: &[&Near], now: Instant) -> Value {
        let watches = std::iter::once(self).chain(nodes.iter().copied()).filter_map(Near::watch);
        near_report(&self.store().report(now), &watches.collect::<Vec<_>>())
    }
}

impl Wanted {
    pub fn kind(self) -> u8 {
        self.kind
    }
}

/// The number under which the bridge knows the kind of a key.
fn number_of(key: &CacheKey<'_>) -> u8 {
    key.kind().map_or(MANAGED, |kind| kind as u8)
}

fn groups_of(config: &Config, store: &NearStore) -> Box<[Option<Group>]> {
    let mut groups = vec![None; usize::from(u8::MAX) + 1];
    let named = Kind::ALL.into_iter().map(|kind| (kind as u8, kind.segment()));
    for (number, name) in named.chain([(MANAGED, MANAGED_NAME)]) {
        if config.near_kinds.contains(name) {
            groups[usize::from(number)] = Some(store.group(name));
        }
    }
    groups.into()
}

/// What the option calls values that `cacheManager` keeps.
const MANAGED_NAME: &str = "managed";

fn owner_of(key: &CacheKey<'_>) -> Owner {
    match *key {
        CacheKey::Conversation { organization, .. } | CacheKey::Managed { organization, .. } => {
            owner(organization)
        }
        CacheKey::Organization { organization } => owner(Some(organization)),
        CacheKey::PhoneToLead { .. } | CacheKey::Single { .. } | CacheKey::Pair { .. } => Owner::NOBODY,
    }
}

fn owner(organization: Option<&str>) -> Owner {
    Owner::of(organization.map_or(GLOBAL, str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NEAR_KINDS;

    #[test]
    fn the_option_names_every_kind() {
        let names: Vec<_> = Kind::ALL.into_iter().map(Kind::segment).chain([MANAGED_NAME]).collect();
        assert_eq!(NEAR_KINDS, names);
    }
}
