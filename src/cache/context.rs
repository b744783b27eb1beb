//! The server, keys, codec and stand-in that all parts of the cache use.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::call::{CacheKey, Call};
use super::kinds::{default_ttl, requested_ttl};
use super::near::{Involvement, Near};
use crate::codec::{Codec, Mode, check_size};
use crate::config::{Compression, Config, LegacyValues, Topology};
use crate::copies::Wanted;
use crate::entries::{self, Caches, Room};
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, Seat};
use crate::key::Keys;
use crate::outage::{Change, Sampler, StandIn};
use crate::redis::{Node, Outcome};

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

pub struct Context {
    pub node: Arc<Node>,
    pub keys: Keys,
    pub codec: Codec,
    /// What answers while Redis is away.
    pub stand_in: StandIn,
    /// Copies in this process; `None` where there are none.
    pub near: Option<Near>,
    /// Samples which writes look for an older value of the JavaScript layer.
    pub legacy_sampler: Sampler,
    /// The caches that the client has opened, for all of its nodes.
    caches: Arc<Caches>,
    /// Whether the server was told the scripts of entries on this connection.
    is_told: AtomicBool,
    indexed_writes: AtomicU64,
}

impl Context {
    /// # Errors
    /// `E_CONFIG` where the journal's directory cannot be used.
    pub fn new(node: Node) -> Result<Context> {
        let keys = match node.config().topology() {
            Topology::Cluster { .. } => Keys::new(&node.config().key_prefix).tagged(),
            _ => Keys::new(&node.config().key_prefix),
        };
        let near = Near::of_client(&node);
        Ok(Context::over(StandIn::new(node, &keys)?, keys, near, Arc::default()))
    }

    /// The same of one node of a cluster. `share` is how many nodes divide memory and journal among them.
    ///
    /// # Errors
    /// As for `new`.
    pub fn of_node(&self, node: Node, share: usize) -> Result<Context> {
        let near = self.near.as_ref().map(Near::of_node);
        let stand_in = self.stand_in.of_node(node, share)?;
        Ok(Context::over(stand_in, self.keys.clone(), near, self.caches.clone()))
    }

    fn over(stand_in: StandIn, keys: Keys, near: Option<Near>, caches: Arc<Caches>) -> Context {
        if let Some(near) = &near {
            near.copies.follow_journal(&stand_in);
        }
        let node = stand_in.node().clone();
        let config = node.config();
        Context {
            codec: Codec::new(mode(config.compression), config.compression_threshold_bytes),
            keys,
            stand_in,
            near,
            legacy_sampler: Sampler::of_shared(node.is_shared(), LOOK_FOR_LEGACY_AFTER),
            indexed_writes: AtomicU64::new(0),
            caches,
            is_told: AtomicBool::new(false),
            node,
        }
    }

    /// What entries of caches use of it.
    pub fn entries(&self) -> Room<'_> {
        Room {
            caches: &self.caches,
            keys: &self.keys,
            codec: &self.codec,
            stand_in: &self.stand_in,
            copies: self.near.as_ref().map(|near| &near.copies),
            is_told: &self.is_told,
            seat: Seat::default(),
        }
    }

    pub fn config(&self) -> &Config {
        self.node.config()
    }

    pub fn health(&self) -> &Arc<Health> {
        self.node.health()
    }

    /// When a call that is made now must have settled.
    pub fn deadline(&self, now: Instant) -> Instant {
        self.node.deadline(now)
    }

    /// What a call has to do with copies from here on: own writes count as under way until this is dropped.
    pub fn begin_near(&self, call: &Call<'_>, changes: &[Change<'_>]) -> Involvement {
        self.near.as_ref().map_or(Involvement::None, |near| near.begin(call, changes))
    }

    /// The same of writes that follow from a call.
    pub fn begin_near_writes(&self, changes: &[Change<'_>]) -> Involvement {
        self.near.as_ref().map_or(Involvement::None, |near| near.begin_writes(changes))
    }

    /// Hands the JSON of a copy that answers in place of Redis to `then`. A damaged one does not. `place` is that of
    /// the key's kind.
    pub fn with_near_copy<R>(
        &self,
        (wanted, place): (Wanted, usize),
        key: &[u8],
        now: Instant,
        then: impl FnOnce(Cow<'_, [u8]>) -> R,
    ) -> Option<R> {
        let Near { copies, .. } = self.near.as_ref()?;
        if !copies.may_answer(wanted.group, &self.stand_in) {
            return None;
        }
        let copy = copies.get(key, now)?;
        let json = self.codec.decode(&copy.value).ok()?;
        copies.first().hit(place);
        self.health().local_read(true, false);
        self.health().counters().near_saved_bytes.add(json.len() as u64);
        Some(then(json))
    }

    /// Redis has answered a read, of which nobody has heard yet.
    pub fn near_answered(&self, involvement: &Involvement, key: &[u8], stored: Option<&[u8]>, now: Instant) {
        if let (Some(near), Involvement::Read(wanted)) = (&self.near, involvement) {
            near.copies.answered(*wanted, key, stored, now);
        }
    }

    /// An organization is about to be cleared, or was, or may have been: none of its copies answers any more.
    pub fn clear_near(&self, organization: Option<&str>) {
        if let Some(near) = &self.near {
            near.copies.clear(organization);
        }
    }

    /// Whether values of the JavaScript layer are looked for. It knew no clusters: its hashes would hold all
    /// organizations in one slot.
    pub fn reads_legacy(&self) -> bool {
        !self.node.is_in_cluster() && self.config().legacy != LegacyValues::Off
    }

    /// Counts a write to an organization, from 1.
    pub fn count_indexed_write(&self) -> u64 {
        self.indexed_writes.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Where every call must name an organization: whether this one does.
    ///
    /// # Errors
    /// `E_KEY` where it does not.
    pub fn check_organization(&self, key: &CacheKey<'_>) -> Result<()> {
        match key {
            CacheKey::Conversation { organization, .. } | CacheKey::Managed { organization, .. } => {
                self.required_organization(*organization)
            }
            _ => Ok(()),
        }
    }

    /// What a call on an organization comes to that is being erased; `None` where it goes on.
    ///
    /// # Errors
    /// `E_ERASING` for a write.
    pub fn during_erasure(&self, call: &Call<'_>) -> Result<Option<Outcome<'static>>> {
        let data = self.node.data();
        if let Call::Entry(call) = call {
            return entries::during_erasure(&self.entries(), call, data);
        }
        erasure::check(data, call.written_organization()).map(|()| None)
    }

    /// # Errors
    /// `E_KEY` where no organization is named and the configuration requires one.
    pub fn required_organization(&self, organization: Option<&str>) -> Result<()> {
        if organization.is_some() || !self.config().require_organization {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::Key,
            "the organization is missing or empty, and requireOrganization is set; give its id",
        ))
    }

    /// The bytes of a key.
    pub fn key<'s>(&self, key: &CacheKey<'_>, buffer: &'s mut Vec<u8>) -> Result<&'s [u8]> {
        buffer.clear();
        key.append_key(&self.keys, buffer)?;
        Ok(buffer)
    }

    /// The index of the key's organization; `None` if it belongs to none.
    pub fn index<'s>(&self, key: &CacheKey<'_>, buffer: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>> {
        buffer.clear();
        let is_indexed = key.append_index(&self.keys, buffer)?;
        Ok(is_indexed.then_some(&buffer[..]))
    }

    /// How long a value lives. What is no positive number of seconds means the default.
    pub fn ttl(&self, key: &CacheKey<'_>, requested: Option<f64>) -> Duration {
        let default = key.kind().and_then(default_ttl).unwrap_or(self.config().default_ttl);
        requested_ttl(requested, default)
    }

    /// The bytes to store. Memory keeps plain JSON: a hit there must cost no decompression.
    pub fn stored<'s>(&self, json: &'s [u8], buffer: &'s mut Vec<u8>) -> Result<&'s [u8]> {
        if !self.stand_in.has_redis() || json.len() < self.config().compression_threshold_bytes {
            check_size(json)?;
            return Ok(json);
        }
        buffer.clear();
        self.codec.encode(json, buffer)?;
        Ok(buffer)
    }

    /// Counts what this process answered itself, and makes JSON of what is stored.
    pub fn read_locally(&self, outcome: Outcome<'static>, is_fallback: bool) -> Outcome<'static> {
        let outcome = match outcome {
            Outcome::Json(stored) => self.decoded(stored).map_or(Outcome::Null, Outcome::Json),
            Outcome::Entries(entries) => Outcome::Entries(
                entries
                    .into_iter()
                    .filter_map(|(field, stored)| Some((field, self.decoded(stored.into())?.into_owned())))
                    .collect(),
            ),
            other => other,
        };
        let hit = !matches!(&outcome, Outcome::Null) && outcome != Outcome::Entries(Vec::new());
        self.health().local_read(hit, is_fallback);
        outcome
    }

    fn decoded(&self, stored: Cow<'static, [u8]>) -> Option<Cow<'static, [u8]>> {
        match self.codec.decode(&stored) {
            // Plain JSON decodes to itself, which needs no second copy.
            Ok(Cow::Borrowed(json)) if json.len() == stored.len() => Some(stored),
            Ok(json) => Some(Cow::Owned(json.into_owned())),
            Err(_) => None,
        }
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
