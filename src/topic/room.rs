//! All rooms of topics of one client, at one of its servers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::here::Here;
use super::keys::TopicKeys;
use super::open::Open;
use super::options::TopicOptions;
use crate::config::Topology;
use crate::error::{Error, ErrorCode, Result};
use crate::health::State;
use crate::redis::{Later, Node};

/// The topics of one client. Any thread may use it.
pub struct Topics {
    pub(super) node: Arc<Node>,
    pub(super) later: Arc<dyn Later>,
    shared: Arc<Shared>,
}

/// What all nodes of a cluster share.
struct Shared {
    /// By their numbers; `None` is one that was closed.
    rooms: RwLock<Vec<Option<Arc<Open>>>>,
    /// What this process has itself, where there is no Redis.
    here: Mutex<Here>,
    clock: Clock,
}

/// The time of messages in this process: it only goes forward, and begins at the time of day.
struct Clock {
    began: Instant,
    began_ms: u64,
}

impl Topics {
    pub fn new(node: Arc<Node>, later: Arc<dyn Later>) -> Topics {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let shared = Shared {
            rooms: RwLock::default(),
            here: Mutex::new(Here::new(node.config().memory_max_bytes)),
            clock: Clock { began: Instant::now(), began_ms: since.as_millis() as u64 },
        };
        Topics { node, later, shared: Arc::new(shared) }
    }

    /// The same topics at another node of the cluster.
    pub fn of_node(&self, node: Arc<Node>, later: Arc<dyn Later>) -> Topics {
        Topics { node, later, shared: self.shared.clone() }
    }

    pub(super) fn now_ms(&self, now: Instant) -> u64 {
        let Clock { began, began_ms } = self.shared.clock;
        began_ms + now.saturating_duration_since(began).as_millis() as u64
    }

    pub(super) fn here(&self) -> MutexGuard<'_, Here> {
        self.shared.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_embedded(&self) -> bool {
        !self.node.config().use_redis()
    }

    /// Whether Redis is not even asked.
    pub(super) fn is_away(&self) -> bool {
        self.node.health().state() == State::Degraded
    }

    pub(super) fn room(&self, number: usize) -> Result<Arc<Open>> {
        let rooms = self.shared.rooms.read().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.get(number).and_then(Option::as_ref);
        room.cloned().ok_or_else(|| Error::new(ErrorCode::Closed, "the topics were closed"))
    }

    pub(super) fn open(&self, options: &TopicOptions) -> Value {
        let mut described = options.describe();
        let config = self.node.config();
        let is_clustered = matches!(config.topology(), Topology::Cluster { .. }) && config.use_redis();
        described["isClustered"] = is_clustered.into();
        let keys = TopicKeys::new(&config.room_prefix, config.database);
        let mut rooms = self.shared.rooms.write().unwrap_or_else(PoisonError::into_inner);
        described["room"] = rooms.len().into();
        rooms.push(Some(Arc::new(Open::new(options.clone(), keys, is_clustered))));
        described
    }

    pub(super) fn close(&self, number: usize) {
        let mut rooms = self.shared.rooms.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get_mut(number) {
            *room = None;
        }
    }
}
