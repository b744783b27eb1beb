//! One client's cache: turns calls into requests or local answers, and replies into outcomes.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::call::{Call, Outcome, Place, Shape};
use super::clearing::Clearing;
use super::kinds::{default_ttl, requested_ttl};
use super::local;
use super::request::Operation;
use super::shared_connection;
use super::token::{NOBODY, Purpose, Token};
use crate::codec::{Codec, Mode, check_size};
use crate::config::{Compression, Config};
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, State};
use crate::key::Keys;
use crate::lane::{append_argument, append_header};
use crate::store::MemoryStore;

/// A call that was looked at.
#[derive(Debug)]
pub enum Prepared<'a> {
    /// Answered without Redis.
    Local(Outcome<'a>),
    /// Its request was appended.
    Send { token: Token, replies: u32 },
}

/// Buffers that calls share, so that the hot path allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    key: Vec<u8>,
    second_key: Vec<u8>,
    index: Vec<u8>,
    value: Vec<u8>,
}

/// The part of a client that any thread may use.
pub struct Core {
    config: Config,
    keys: Keys,
    pub(super) codec: Codec,
    // A std mutex: held for single map operations, never across anything that waits. Contended
    // only with the thread driver, when Redis is away.
    memory: Mutex<MemoryStore>,
    pub(super) health: Arc<Health>,
    /// Whether the caller has turned Redis off for now.
    is_set_aside: AtomicBool,
    indexed_writes: AtomicU64,
}

impl Core {
    pub fn new(config: Config) -> Core {
        Core {
            keys: Keys::new(&config.key_prefix),
            codec: Codec::new(mode(config.compression), config.compression_threshold_bytes),
            memory: Mutex::new(MemoryStore::new(config.memory_max_bytes)),
            health: Arc::new(Health::default()),
            is_set_aside: AtomicBool::new(false),
            indexed_writes: AtomicU64::new(0),
            config,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// The memory store; a panic while it was held leaves a store that is valid, if stale.
    pub fn memory(&self) -> MutexGuard<'_, MemoryStore> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether calls are answered from memory now.
    pub fn answers_locally(&self) -> bool {
        !self.uses_redis() || self.health.state() == State::Degraded
    }

    /// Whether calls are meant for Redis.
    pub fn uses_redis(&self) -> bool {
        self.config.use_redis() && !self.is_set_aside.load(Ordering::Relaxed)
    }

    /// Turns Redis off for the adapter's calls, or on again, as servers of the JavaScript layer do
    /// by assigning `useRedis`. Without a configured Redis there is nothing to turn on.
    pub fn set_aside(&self, is_set_aside: bool) {
        let mut memory = self.memory();
        if self.is_set_aside.swap(is_set_aside, Ordering::Relaxed) && !is_set_aside && self.config.use_redis()
        {
            // What was kept here meanwhile would be a stale answer in the next outage.
            memory.clear();
        }
    }

    /// When a call that is made now must have settled.
    pub fn deadline(&self, now: Instant) -> Instant {
        now + self.config.command_timeout
    }

    /// Turns a call into a request, appended to `out`, or into its outcome.
    pub fn prepare(
        &self,
        call: &Call<'_>,
        slot: u32,
        now: Instant,
        out: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Prepared<'static> {
        if self.health.state() == State::Closed {
            return Prepared::Local(Outcome::Failed(closed()));
        }
        let from = out.len();
        match self.try_prepare(call, slot, now, out, scratch) {
            Ok(prepared) => prepared,
            Err(error) => {
                out.truncate(from);
                Prepared::Local(Outcome::Failed(error))
            }
        }
    }

    fn try_prepare(
        &self,
        call: &Call<'_>,
        slot: u32,
        now: Instant,
        out: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Result<Prepared<'static>> {
        match call {
            Call::Command { arguments } => {
                if !self.config.use_redis() {
                    return Err(embedded());
                }
                if let Some(refusal) = shared_connection::refusal(arguments) {
                    return Err(refusal);
                }
                let shape = Shape::of(arguments.first().copied().unwrap_or_default());
                append_header(out, arguments.len());
                arguments.iter().for_each(|argument| append_argument(out, argument));
                let token = Token { slot, purpose: Purpose::Command(shape), issued: now };
                Ok(Prepared::Send { token, replies: 1 })
            }
            Call::ClearOrganization { organization } => {
                let clearing = Clearing::new(self, *organization)?;
                if self.answers_locally() {
                    return Ok(Prepared::Local(clearing.locally(self)));
                }
                let (token, replies) = clearing.begin(self, slot, now, out)?;
                Ok(Prepared::Send { token, replies })
            }
            _ => {
                let operation = self.operation(call, scratch)?;
                if self.answers_locally() {
                    return Ok(Prepared::Local(self.run_locally(&operation, now)));
                }
                let replies = operation.append(out);
                let token = Token { slot, purpose: Purpose::Operation(operation.form()), issued: now };
                Ok(Prepared::Send { token, replies })
            }
        }
    }

    /// Answers a call from memory at once, without a detour through a request. The embedded
    /// store's hot path.
    pub fn answer(&self, call: &Call<'_>, now: Instant, scratch: &mut Scratch) -> Outcome<'static> {
        match self.prepare(call, NOBODY, now, &mut Vec::new(), scratch) {
            Prepared::Local(outcome) => outcome,
            Prepared::Send { .. } => {
                Outcome::Failed(Error::new(ErrorCode::Connect, "the call needs a connection to Redis"))
            }
        }
    }

    /// Redis is back: what memory has answered with meanwhile is no longer the newest.
    pub fn forget_outage(&self) {
        let mut memory = self.memory();
        if self.uses_redis() {
            memory.clear();
        }
    }

    /// Why no further call can wait, where so much waits already.
    pub fn overload(&self, commands: usize, bytes: usize) -> Option<Error> {
        let full = |what: String| Some(Error::new(ErrorCode::Overloaded, what));
        if commands >= self.config.queue_max_commands {
            return full(format!("{commands} commands wait for Redis, as many as may"));
        }
        if bytes >= self.config.queue_max_bytes {
            return full(format!("{bytes} bytes wait for Redis, as many as may"));
        }
        None
    }

    /// The outcome of a call for which there is no room: memory answers the adapter's calls.
    pub fn without_room(
        &self,
        call: &Call<'_>,
        error: &Error,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Outcome<'static> {
        self.health.counters().overloaded.increment();
        if let Call::Command { .. } = call {
            return Outcome::Failed(error.clone());
        }
        if let Call::ClearOrganization { organization } = call {
            return match Clearing::new(self, *organization) {
                Ok(clearing) => clearing.locally(self),
                Err(error) => Outcome::Failed(error),
            };
        }
        match self.operation(call, scratch) {
            Ok(operation) => self.run_locally(&operation, now),
            Err(error) => Outcome::Failed(error),
        }
    }

    fn operation<'s>(&self, call: &Call<'s>, scratch: &'s mut Scratch) -> Result<Operation<'s>> {
        let Scratch { key, second_key, index, value } = scratch;
        key.clear();
        match *call {
            Call::Get { place } => {
                place.append_key(&self.keys, key)?;
                Ok(Operation::Get { key })
            }
            Call::Set { place, json, ttl_seconds } => {
                place.append_key(&self.keys, key)?;
                let value = self.stored(json, value)?;
                let index = self.index_of(&place, index)?;
                Ok(Operation::Set { key, value, ttl: self.ttl(&place, ttl_seconds), index })
            }
            Call::Delete { place } => {
                place.append_key(&self.keys, key)?;
                Ok(Operation::Delete { key })
            }
            Call::MapLead { phone, lead, phone_json, lead_json } => {
                let forward = Place::PhoneToLead { phone };
                let back = Place::Single { kind: crate::key::Kind::LeadToPhone, id: lead };
                second_key.clear();
                forward.append_key(&self.keys, key)?;
                back.append_key(&self.keys, second_key)?;
                check_size(phone_json)?;
                check_size(lead_json)?;
                let ttl = self.ttl(&forward, None);
                Ok(Operation::SetPair { first: (key, lead_json), second: (second_key, phone_json), ttl })
            }
            Call::HashGet { place, field } => {
                place.append_key(&self.keys, key)?;
                Ok(Operation::HashGet { key, field })
            }
            Call::HashSet { place, field, json, ttl_seconds } => {
                place.append_key(&self.keys, key)?;
                let value = self.stored(json, value)?;
                let ttl = self.ttl(&place, ttl_seconds);
                let index = self.index_of(&place, index)?.unwrap_or_default();
                Ok(Operation::HashSet { key, field, value, ttl, index })
            }
            Call::HashDelete { place, field } => {
                place.append_key(&self.keys, key)?;
                Ok(Operation::HashDelete { key, field })
            }
            Call::HashEntries { place } => {
                place.append_key(&self.keys, key)?;
                Ok(Operation::HashEntries { key })
            }
            Call::Command { .. } | Call::ClearOrganization { .. } => {
                Err(Error::new(ErrorCode::Key, "the call names no single key"))
            }
        }
    }

    /// The bytes to store. Memory keeps plain JSON: a hit there must cost no decompression.
    fn stored<'s>(&self, json: &'s [u8], buffer: &'s mut Vec<u8>) -> Result<&'s [u8]> {
        if !self.config.use_redis() || json.len() < self.config.compression_threshold_bytes {
            check_size(json)?;
            return Ok(json);
        }
        buffer.clear();
        self.codec.encode(json, buffer)?;
        Ok(buffer)
    }

    /// Counts a write to an organization, from 1.
    pub(super) fn count_indexed_write(&self) -> u64 {
        self.indexed_writes.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Appends the stored form of a value.
    pub(super) fn encode(&self, json: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.codec.encode(json, out)
    }

    fn index_of<'s>(&self, place: &Place<'_>, buffer: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>> {
        buffer.clear();
        let indexed = place.append_index(&self.keys, buffer)?;
        Ok(indexed.then_some(&buffer[..]))
    }

    fn ttl(&self, place: &Place<'_>, requested: Option<f64>) -> Duration {
        let default = place.kind().and_then(default_ttl).unwrap_or(self.config.default_ttl);
        requested_ttl(requested, default)
    }

    /// What memory says.
    pub(super) fn run_locally(&self, operation: &Operation<'_>, now: Instant) -> Outcome<'static> {
        let is_fallback = self.uses_redis();
        let mut memory = self.memory();
        // Looked at under the lock that `forget_outage` takes: what is put into memory once Redis
        // is back would be a stale answer in the next outage.
        if is_fallback && operation.is_write() && self.health.state() == State::Ready {
            self.health.local_write();
            return Outcome::Boolean(false);
        }
        let outcome = local::run(operation, &mut memory, now);
        drop(memory);
        if operation.is_read() {
            let hit = !matches!(&outcome, Outcome::Null) && outcome != Outcome::Entries(Vec::new());
            self.health.local_read(hit, is_fallback);
        } else {
            self.health.local_write();
        }
        match outcome {
            Outcome::Json(stored) => match self.codec.decode(&stored) {
                // Plain JSON decodes to itself, which needs no second copy.
                Ok(Cow::Borrowed(json)) if json.len() == stored.len() => Outcome::Json(stored),
                Ok(json) => Outcome::Json(Cow::Owned(json.into_owned())),
                Err(_) => Outcome::Null,
            },
            // Memory has the value and will answer it, but it is not where it was meant to be.
            Outcome::Boolean(true) if is_fallback && operation.is_write() => Outcome::Boolean(false),
            other => other,
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

pub fn embedded() -> Error {
    Error::new(ErrorCode::Connect, "USE_REDIS is false, so there is no Redis to ask")
}

pub fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the cache was shut down")
}
