//! All rooms of sessions of one client, at one of its servers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::decode::Saying;
use super::here::Here;
use super::open::Open;
use super::options::SessionOptions;
use crate::codec::{Codec, Mode};
use crate::config::{Compression, Topology};
use crate::error::{Error, ErrorCode, Result};
use crate::health::State;
use crate::redis::{Later, Node, Outcome};

/// The sessions of one client. Any thread may use it.
pub struct Sessions {
    pub(super) node: Arc<Node>,
    pub(super) later: Arc<dyn Later>,
    pub(super) shared: Arc<Shared>,
    /// The server of the last connection, by its `run_id`.
    pub(super) known_server: Mutex<Option<String>>,
}

/// What all nodes of a cluster share.
pub(super) struct Shared {
    /// By their numbers; `None` is one that was closed.
    rooms: RwLock<Vec<Option<Arc<Open>>>>,
    pub codec: Codec,
    /// What this process has itself, where there is no Redis.
    here: Mutex<Here>,
    clock: Clock,
}

/// The time of sessions in this process: it only goes forward, and begins at the time of day.
struct Clock {
    began: Instant,
    began_ms: i64,
}

impl Sessions {
    pub fn new(node: Arc<Node>, later: Arc<dyn Later>) -> Sessions {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let config = node.config();
        let mode = match config.compression {
            Compression::None => Mode::None,
            Compression::Lz4 => Mode::Lz4,
            Compression::Zstd => Mode::Zstd,
            Compression::Auto => Mode::Auto,
        };
        let shared = Shared {
            rooms: RwLock::default(),
            codec: Codec::new(mode, config.compression_threshold_bytes),
            here: Mutex::new(Here::new(config.memory_max_bytes)),
            clock: Clock { began: Instant::now(), began_ms: since.as_millis() as i64 },
        };
        Sessions { node, later, shared: Arc::new(shared), known_server: Mutex::default() }
    }

    /// The same sessions at another node of the cluster.
    pub fn of_node(&self, node: Arc<Node>, later: Arc<dyn Later>) -> Sessions {
        Sessions { node, later, shared: self.shared.clone(), known_server: Mutex::default() }
    }

    pub(super) fn now_ms(&self, now: Instant) -> i64 {
        let Clock { began, began_ms } = self.shared.clock;
        began_ms + now.saturating_duration_since(began).as_millis() as i64
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
        room.cloned().ok_or_else(|| Error::new(ErrorCode::Closed, "the sessions were closed"))
    }

    pub(super) fn rooms(&self) -> Vec<Arc<Open>> {
        let rooms = self.shared.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.iter().flatten().cloned().collect()
    }

    pub(super) fn open(&self, options: &SessionOptions) -> Value {
        let mut described = options.describe();
        let config = self.node.config();
        let is_clustered = matches!(config.topology(), Topology::Cluster { .. }) && config.use_redis();
        described["isClustered"] = is_clustered.into();
        let mut rooms = self.shared.rooms.write().unwrap_or_else(PoisonError::into_inner);
        described["room"] = rooms.len().into();
        rooms.push(Some(Arc::new(Open::new(options.clone(), &config.room_prefix))));
        described
    }

    pub(super) fn close(&self, number: usize) {
        let mut rooms = self.shared.rooms.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get_mut(number) {
            *room = None;
        }
    }

    pub(super) fn say(&self, room: usize, saying: &Saying<'_>) -> Result<Outcome<'static>> {
        self.room(room)?.say(saying)
    }
}
