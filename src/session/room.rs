//! All rooms of sessions of one client, at one of its servers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::answer::{text, word};
use super::base64url;
use super::decode::{Saying, User};
use super::ended::{End, Ended, Kind};
use super::here::Here;
use super::id::{Hash, ID_LETTERS, Id, Tag, nobodys_tag, user_tag};
use super::keys::SessionKeys;
use super::options::SessionOptions;
use super::recent::{Recent, Touches};
use super::secrets::{Secrets, Use};
use super::tally::Tally;
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

/// One room of sessions that JavaScript has opened.
pub struct Open {
    pub(super) options: SessionOptions,
    pub(super) secrets: Secrets,
    pub(super) keys: SessionKeys,
    pub(super) tally: Tally,
    ended: Mutex<Ended>,
    recent: Mutex<Recent>,
    touches: Mutex<Touches>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The time of sessions in this process: it only goes forward, and begins at the time of day.
struct Clock {
    began: Instant,
    began_ms: i64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Open {
    pub fn new(options: SessionOptions, prefix: &str) -> Open {
        Open {
            secrets: Secrets::new(&options.secrets, &options.namespace),
            keys: SessionKeys::new(prefix, &options.namespace),
            tally: Tally::default(),
            ended: Mutex::default(),
            recent: Mutex::default(),
            touches: Mutex::default(),
            options,
        }
    }

    pub(super) fn ended(&self) -> MutexGuard<'_, Ended> {
        lock(&self.ended)
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        lock(&self.recent)
    }

    /// This process has ended something: it does not answer here, and a new primary is told.
    pub(super) fn note_end(&self, tag: Tag, kind: Kind, is_journalled: bool, now: Instant) {
        if self.options.recent_seconds.is_some() {
            self.recent().forget_user(&tag);
        }
        self.ended().add(End { tag, kind, at: now, is_journalled });
    }

    /// Whether a touch of a session is due in this process.
    pub(super) fn takes_touch(&self, hash: &Hash, now: Instant) -> bool {
        lock(&self.touches).take_turn(hash, Duration::from_secs(self.options.touch_seconds), now)
    }

    pub(super) fn user_key(&self, tag: &Tag) -> Vec<u8> {
        let mut key = Vec::new();
        self.keys.user(&mut key, tag);
        key
    }

    pub(super) fn id(&self, letters: &[u8]) -> Option<Id> {
        if letters.len() == ID_LETTERS { Id::parse(letters, &self.secrets) } else { None }
    }

    fn say(&self, saying: &Saying<'_>) -> Result<Outcome<'static>> {
        Ok(match saying {
            Saying::Stats => text(self.describe().to_string()),
            Saying::Mint { user } => {
                let tag = match user {
                    Some(user) => tag_of(*user),
                    None => nobodys_tag()?,
                };
                word(&Id::random(tag)?.text(&self.secrets))
            }
            Saying::Csrf { id } => match self.id(id) {
                Some(id) => word(&self.secrets.seal(Use::Csrf, id.bound(), b"")?),
                None => {
                    return Err(Error::new(ErrorCode::Session, "a token is made for the id of a session"));
                }
            },
            Saying::VerifyCsrf { id, token } => {
                let is_opened =
                    self.id(id).is_some_and(|id| self.secrets.opens(Use::Csrf, id.bound(), b"", token));
                Outcome::Boolean(is_opened)
            }
            Saying::Reference { id } => match self.id(id) {
                Some(id) => word(&id.reference().text()),
                None => Outcome::Null,
            },
            Saying::IsOf { id, user } => {
                Outcome::Boolean(self.id(id).is_some_and(|id| id.tag == tag_of(*user)))
            }
        })
    }

    pub(super) fn describe(&self) -> Value {
        let mut described = self.tally.describe();
        described.insert("namespace".to_owned(), json!(self.options.namespace));
        described.into()
    }
}

pub(super) fn tag_of(user: User<'_>) -> Tag {
    user_tag(user.organization, user.id)
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
        lock(&self.shared.here)
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

/// A tag as a page of a directory names it.
pub(super) fn parse_tag(letters: &[u8]) -> Option<Tag> {
    base64url::bytes(letters)
}
