//! One client's cache: turns calls into requests or local answers, and replies into outcomes.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::call::{Call, Outcome, Place, Shape};
use super::clearing::Clearing;
use super::kinds::{default_ttl, requested_ttl};
use super::legacy::Legacy;
use super::local;
use super::request::{Form, Operation};
use super::upkeep;
use crate::codec::{Codec, Mode, check_size};
use crate::config::{Compression, Config};
use crate::error::{Error, ErrorCode, Result};
use crate::health::{Health, State};
use crate::key::Keys;
use crate::lane::{Answer, Arguments, Batch, BatchRequest, Frame, Node, append_argument, append_header};
use crate::store::MemoryStore;

/// The slot of a request that nobody waits for.
pub const NOBODY: u32 = u32::MAX;

/// What travels with a request and comes back with its reply.
#[derive(Debug)]
pub struct Token {
    /// Who waits, in the caller's numbering.
    pub slot: u32,
    purpose: Purpose,
    issued: Instant,
}

#[derive(Debug)]
enum Purpose {
    Command(Shape),
    Operation(Form),
    Legacy(Box<Legacy>),
    Clear(Box<Clearing>),
    /// Housekeeping whose reply is not looked at.
    Upkeep,
    /// Housekeeping that an outcome waits for: the write it belongs to is then acknowledged.
    ExtendIndex,
}

impl Token {
    /// Raw commands may wait for the next connection; the adapter's calls answer from memory.
    pub fn may_wait(&self) -> bool {
        matches!(self.purpose, Purpose::Command(_))
    }

    pub(super) fn clear(slot: u32, clearing: Box<Clearing>, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::Clear(clearing), issued }
    }

    pub(super) fn upkeep(issued: Instant) -> Token {
        Token { slot: NOBODY, purpose: Purpose::Upkeep, issued }
    }

    pub(super) fn extend_index(slot: u32, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::ExtendIndex, issued }
    }

    pub(super) fn legacy(slot: u32, legacy: Box<Legacy>, issued: Instant) -> Token {
        Token { slot, purpose: Purpose::Legacy(legacy), issued }
    }

    /// When the call was made.
    pub fn issued(&self) -> Instant {
        self.issued
    }
}

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
    codec: Codec,
    // A std mutex: held for single map operations, never across anything that waits. Contended
    // only with the thread driver, when Redis is away.
    memory: Mutex<MemoryStore>,
    health: Arc<Health>,
    /// Whether the caller has turned Redis off for now.
    is_set_aside: AtomicBool,
}

impl Core {
    pub fn new(config: Config) -> Core {
        Core {
            keys: Keys::new(&config.key_prefix),
            codec: Codec::new(mode(config.compression), config.compression_threshold_bytes),
            memory: Mutex::new(MemoryStore::new(config.memory_max_bytes)),
            health: Arc::new(Health::default()),
            is_set_aside: AtomicBool::new(false),
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
        self.is_set_aside.store(is_set_aside, Ordering::Relaxed);
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
                    return Err(Error::new(
                        ErrorCode::Connect,
                        "USE_REDIS is false, so there is no Redis to ask",
                    ));
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
        let outcome = local::run(operation, &mut self.memory(), now);
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

    /// The outcome of a request, or `None` where a further request was put into `next`.
    pub fn finish<'a>(
        &self,
        token: Token,
        answer: Answer<'a>,
        request: &[u8],
        now: Instant,
        next: &mut Batch<Token>,
    ) -> Option<Outcome<'a>> {
        let elapsed = now.saturating_duration_since(token.issued);
        let frame = match answer {
            Answer::Refused(line) => return Some(self.refused(token, Error::reply(line), request, now)),
            Answer::Frame(frame) => match frame.error() {
                Some(line) => return Some(self.refused(token, Error::reply(&line), request, now)),
                None => frame,
            },
        };
        match token.purpose {
            Purpose::Command(shape) => {
                self.health.command(elapsed);
                Some(Outcome::Reply(Cow::Borrowed(frame.bytes()), shape))
            }
            Purpose::Operation(form) => self.operation_done(token, form, frame, request, elapsed, next),
            Purpose::Legacy(legacy) => {
                let found = self.legacy_value(frame);
                self.health.read(elapsed, found.is_some());
                if let Some(json) = &found {
                    self.health.counters().legacy_reads.increment();
                    legacy.move_here(self, json, token.issued, next);
                }
                Some(found.map_or(Outcome::Null, Outcome::Json))
            }
            Purpose::Clear(clearing) => clearing.advance(self, token.slot, frame, token.issued, next),
            Purpose::Upkeep => None,
            Purpose::ExtendIndex => Some(Outcome::Boolean(true)),
        }
    }

    fn operation_done<'a>(
        &self,
        token: Token,
        form: Form,
        frame: Frame<'a>,
        request: &[u8],
        elapsed: Duration,
        next: &mut Batch<Token>,
    ) -> Option<Outcome<'a>> {
        match form {
            Form::Get => match frame.node() {
                Node::Null => {
                    if let Some(legacy) = Legacy::of(self, Arguments::new(request).nth(1).unwrap_or_default())
                    {
                        legacy.ask(self, token.slot, token.issued, next);
                        return None;
                    }
                    self.health.read(elapsed, false);
                    Some(Outcome::Null)
                }
                node => Some(self.read_done(node, elapsed)),
            },
            Form::HashGet => Some(self.read_done(frame.node(), elapsed)),
            Form::HashEntries => {
                let entries = self.entries(frame);
                self.health.read(elapsed, !entries.is_empty());
                Some(Outcome::Entries(entries))
            }
            Form::Set | Form::SetPair => {
                self.health.write(elapsed);
                Some(Outcome::Boolean(true))
            }
            Form::SetIndexed | Form::HashSet => {
                self.health.write(elapsed);
                if upkeep::after_indexed_write(self, form, frame, request, &token, next) {
                    return None;
                }
                Some(Outcome::Boolean(true))
            }
            Form::Delete | Form::HashDelete => {
                self.health.write(elapsed);
                Some(Outcome::Boolean(matches!(frame.node(), Node::Integer(count) if count > 0)))
            }
        }
    }

    fn read_done<'a>(&self, node: Node<'a>, elapsed: Duration) -> Outcome<'a> {
        let outcome = match node {
            Node::Bulk(stored) | Node::Status(stored) => match self.codec.decode(stored) {
                Ok(json) => Outcome::Json(json),
                Err(_) => {
                    self.health.counters().corrupt_values.increment();
                    Outcome::Null
                }
            },
            _ => Outcome::Null,
        };
        self.health.read(elapsed, outcome != Outcome::Null);
        outcome
    }

    fn legacy_value<'a>(&self, frame: Frame<'a>) -> Option<Cow<'a, [u8]>> {
        let stored = match frame.node() {
            Node::Bulk(stored) => stored,
            // The value and the mark of a clearing that came after it.
            Node::Array(mut items) => match (items.next(), items.next()) {
                (Some(Node::Bulk(stored)), Some(Node::Null)) => stored,
                _ => return None,
            },
            _ => return None,
        };
        let decoded = self.codec.decode(stored);
        if decoded.is_err() {
            self.health.counters().corrupt_values.increment();
        }
        decoded.ok()
    }

    fn entries(&self, frame: Frame<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (Node::Map(mut items) | Node::Array(mut items)) = frame.node() else { return Vec::new() };
        let mut entries = Vec::new();
        while let (Some(Node::Bulk(field)), Some(Node::Bulk(stored))) = (items.next(), items.next()) {
            match self.codec.decode(stored) {
                Ok(json) => entries.push((field.to_vec(), json.into_owned())),
                Err(_) => self.health.counters().corrupt_values.increment(),
            }
        }
        entries
    }

    /// The server answered with an error.
    fn refused(&self, token: Token, error: Error, request: &[u8], now: Instant) -> Outcome<'static> {
        if matches!(token.purpose, Purpose::Command(_)) {
            // The caller's own mistakes (WRONGTYPE, a wrong arity) say nothing of the server.
            return Outcome::Failed(error);
        }
        if error.redis_code() == Some("WRONGTYPE") && self.is_read(&token) {
            self.health.counters().corrupt_values.increment();
            self.health.read(now.saturating_duration_since(token.issued), false);
            return Outcome::Null;
        }
        self.health.failed(error.redis_code().unwrap_or(error.code().as_str()));
        self.without_redis(token, request, now)
    }

    fn is_read(&self, token: &Token) -> bool {
        matches!(
            token.purpose,
            Purpose::Operation(Form::Get | Form::HashGet | Form::HashEntries) | Purpose::Legacy(_)
        )
    }

    /// The outcome of a request that Redis did not answer: the adapter's calls fall back to
    /// memory, a raw command fails with `error`.
    pub fn give_up(&self, token: Token, request: &[u8], error: &Error, now: Instant) -> Outcome<'static> {
        if matches!(token.purpose, Purpose::Command(_)) {
            return Outcome::Failed(error.clone());
        }
        self.without_redis(token, request, now)
    }

    fn without_redis(&self, token: Token, request: &[u8], now: Instant) -> Outcome<'static> {
        match token.purpose {
            Purpose::Operation(form) => match Operation::parse(form, request) {
                Some(operation) => self.run_locally(&operation, now),
                None => Outcome::Null,
            },
            Purpose::Clear(clearing) => clearing.locally(self),
            Purpose::ExtendIndex => Outcome::Boolean(true),
            Purpose::Legacy(_) | Purpose::Command(_) | Purpose::Upkeep => Outcome::Null,
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

pub fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the cache was shut down")
}

/// Appends a request to a batch.
pub(super) fn push(
    next: &mut Batch<Token>,
    token: Token,
    deadline: Instant,
    append: impl FnOnce(&mut Vec<u8>) -> u32,
) {
    let from = next.bytes.len();
    let replies = append(&mut next.bytes);
    next.requests.push(BatchRequest { token, len: next.bytes.len() - from, replies, deadline });
}
