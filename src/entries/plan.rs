//! From a call to the request that it is.

use std::sync::Arc;

use super::caches::Cache;
use super::call::{At, Call, Phase, Scope, Texts};
use super::clearing::Clearing;
use super::entry::{NewEntry, Payload};
use super::grant::{Grant, bytes_of};
use super::near::{self, Involvement};
use super::options::{CallOptions, EarlyRefresh, Serializer, tag_part};
use super::random::{random_bytes, random_share, random_token, random_versions};
use super::request::append_script;
use super::room::Room;
use super::scripts::Script;
use super::ticket::{Purpose, Ticket};
use crate::error::Result;
use crate::key::{EntryKeys, Keys};
use crate::lane::append_command;
use crate::planted::{Fault, is_planted};
use crate::redis::misuse;
use std::time::{SystemTime, UNIX_EPOCH};

/// Indexes and records live a day longer than what they are for, so that they are prolonged rarely.
pub const EXTRA_LIFE_MS: u64 = 86_400_000;
/// The same as an argument.
pub const EXTRA_LIFE: &[u8] = b"86400000";
/// What a dead process guarded is a miss within this time. A holder renews three times in it.
pub const GUARD_MS: &[u8] = b"10000";
/// About so many keys are listed at once.
const KEYS_A_PAGE: &[u8] = b"256";

/// A call on its way to a request.
struct Planner<'c, 'o> {
    room: &'c Room<'c>,
    cache: Arc<Cache>,
    out: &'o mut Vec<u8>,
}

/// The keys of one entry.
struct Named {
    entry: Vec<u8>,
    lease: Vec<u8>,
    index: Vec<u8>,
    mark: Vec<u8>,
    tags_begin: Vec<u8>,
}

impl Named {
    /// The keys of an entry whose own key is known.
    fn of(keys: &Keys, entry: &[u8]) -> Named {
        let index = keys.index_of_entry(entry).unwrap_or_default();
        let (lease, mark, tags_begin) = (keys.lease_of(entry), keys.mark_of(&index), keys.tags_of(entry));
        Named { entry: entry.to_vec(), lease, index, mark, tags_begin }
    }
}

/// Appends the wish for the lease of an entry that a read has not found.
pub fn append_take_after(out: &mut Vec<u8>, keys: &Keys, cache: &Cache, entry: &[u8], tags: &[Vec<u8>]) {
    append_take(out, cache, &Named::of(keys, entry), tags, b"", false);
}

fn append_take(
    out: &mut Vec<u8>,
    cache: &Cache,
    named: &Named,
    tags: &[Vec<u8>],
    seen: &[u8],
    is_forced: bool,
) {
    let records = records_of(&named.tags_begin, tags);
    let keys: Vec<&[u8]> =
        [&named.entry, &named.lease, &named.mark].into_iter().chain(&records).map(Vec::as_slice).collect();
    let seen = bytes_of(seen).filter(|seen| seen.len() == 8).unwrap_or_default();
    let lease_ms = cache.options.lease_ms.to_string();
    let (token, versions) = (random_token(), random_versions());
    let arguments: [&[u8]; 7] = [
        &named.tags_begin,
        if is_forced { b"f" } else { b"l" },
        &seen,
        token.as_bytes(),
        lease_ms.as_bytes(),
        &versions,
        EXTRA_LIFE,
    ];
    append_script(out, Script::LOOK, &keys, &arguments);
}

/// Appends the request of a call that needs a store, and gives its ticket.
///
/// # Errors
/// `E_KEY`, `E_TAG`, `E_CONFIG`, `E_VALUE_TOO_LARGE`: the call cannot be; nothing is appended then.
pub fn plan(room: &Room<'_>, call: &Call<'_>, sequence: u64, out: &mut Vec<u8>) -> Result<Ticket> {
    let from = out.len();
    let scope = call.scope().ok_or_else(|| misuse("the call needs no store"))?;
    let cache = room.caches.get(scope.cache)?;
    let early = cache.options.call.early_refresh;
    let mut planner = Planner { room, cache: cache.clone(), out: &mut *out };
    match planner.append(call) {
        Ok((purpose, own_early)) => {
            let mut ticket = Ticket {
                sequence,
                cache,
                early: own_early.unwrap_or(early),
                purpose,
                near: Involvement::None,
                seat: room.seat,
            };
            ticket.near = near::begin(room, call, &ticket, &out[from..]);
            Ok(ticket)
        }
        Err(error) => {
            out.truncate(from);
            Err(error)
        }
    }
}

impl Planner<'_, '_> {
    fn append(&mut self, call: &Call<'_>) -> Result<(Purpose, Option<EarlyRefresh>)> {
        let mut early = None;
        let purpose = match *call {
            Call::Get { at, options, is_bare, .. } => {
                if options.is_some() {
                    early = Some(self.cache.call_options(options)?.early_refresh);
                }
                self.get(at, is_bare)?
            }
            Call::Pull { at } => self.pull(at)?,
            Call::Take { at, seen, options, attempt, is_forced, is_first } => {
                let options = self.cache.call_options(options)?;
                early = Some(options.early_refresh);
                if is_first && !self.takes_at_once() {
                    let takes = Some(options.tags.clone().into());
                    self.read(at)?;
                    Purpose::Get { is_bare: false, takes }
                } else {
                    let named = self.named(at)?;
                    append_take(self.out, &self.cache, &named, &options.tags, seen, is_forced);
                    Purpose::Take { attempt, is_first }
                }
            }
            Call::Fill { at, grant, value, factory_ms, options, is_unmodified } => {
                self.fill(at, &Grant::from_text(grant)?, (value, is_unmodified), factory_ms, options)?
            }
            Call::Renew { at, grant } => {
                let lease_ms = self.cache.options.lease_ms;
                self.lease(at, &Grant::from_text(grant)?, lease_ms, 0)?;
                Purpose::Renew
            }
            Call::Fail { at, grant, rests, options } => {
                let rest_ms = if rests { self.cache.call_options(options)?.retry_after_error_ms } else { 0 };
                self.lease(at, &Grant::from_text(grant)?, 0, rest_ms)?;
                Purpose::Fail
            }
            Call::Set { at, value, options } => self.set(at, value, options)?,
            Call::Delete { at } => self.drop(at, b"d")?,
            Call::Expire { at } => self.drop(at, b"e")?,
            Call::Tags { scope, tags, is_soft } => self.tags(scope, tags, is_soft)?,
            Call::Clear { scope } => self.clear(scope)?,
            Call::Keys { scope, cursor } => self.keys(scope, cursor)?,
            Call::Mutate { scope, token, tags, keys, phase } => {
                self.guard(scope, token, tags, keys, phase)?
            }
            Call::Normalize { .. }
            | Call::Open { .. }
            | Call::Close { .. }
            | Call::Options { .. }
            | Call::Query { .. } => {
                return Err(misuse("the call needs no store"));
            }
        };
        Ok((purpose, early))
    }

    fn script(&mut self, script: Script, keys: &[&[u8]], arguments: &[&[u8]]) {
        append_script(self.out, script, keys, arguments);
    }

    fn named(&self, at: At<'_>) -> Result<Named> {
        let keys = self.room.keys;
        let of = keys.of_cache(at.scope.organization, &self.cache.options.name);
        let (mut entry, mut index, mut tags_begin) = (Vec::new(), Vec::new(), Vec::new());
        of.entry(&mut entry, &self.cache.options.namespaces, at.key)?;
        of.index(&mut index)?;
        of.tags_begin(&mut tags_begin)?;
        let (lease, mark) = (keys.lease_of(&entry), keys.mark_of(&index));
        Ok(Named { entry, lease, index, mark, tags_begin })
    }

    fn get(&mut self, at: At<'_>, is_bare: bool) -> Result<Purpose> {
        if self.cache.reads_whole() || !self.room.stand_in.uses_redis() {
            let named = self.named(at)?;
            self.script(Script::LOOK, &[&named.entry], &[&named.tags_begin, b"r"]);
            return Ok(Purpose::Look { is_bare });
        }
        self.read(at)?;
        Ok(Purpose::Get { is_bare, takes: None })
    }

    fn pull(&mut self, at: At<'_>) -> Result<Purpose> {
        let named = self.named(at)?;
        let keys: [&[u8]; 3] = [&named.entry, &named.lease, &named.index];
        self.script(Script::LOOK, &keys, &[&named.tags_begin, b"p"]);
        Ok(Purpose::Pull)
    }

    fn clear(&mut self, scope: Scope<'_>) -> Result<Purpose> {
        let options = &self.cache.options;
        let of = self.room.keys.of_cache(scope.organization, &options.name);
        let clearing = Clearing::new(self.room.keys, &of, &options.namespaces, scope.organization)?;
        clearing.append(self.out);
        Ok(Purpose::Clear(clearing))
    }

    fn read(&mut self, at: At<'_>) -> Result<()> {
        let mut key = Vec::new();
        let of = self.room.keys.of_cache(at.scope.organization, &self.cache.options.name);
        of.entry(&mut key, &self.cache.options.namespaces, at.key)?;
        append_command(self.out, &[b"GET", &key]);
        Ok(())
    }

    /// Whether a first look takes the lease in the same step: where a read runs a script anyway, or finds nothing anyway.
    fn takes_at_once(&self) -> bool {
        // While Redis is away a stale entry answers, and needs no lease.
        (self.cache.reads_whole() || self.cache.reads_in_vain()) && !self.room.stand_in.answers()
    }

    fn lease(&mut self, at: At<'_>, grant: &Grant, lease_ms: u64, rest_ms: u64) -> Result<()> {
        let named = self.named(at)?;
        let (lease_ms, rest_ms) = (lease_ms.to_string(), rest_ms.to_string());
        self.script(
            Script::LEASE,
            &[&named.lease, &named.mark],
            &[&grant.token, &grant.mark, lease_ms.as_bytes(), rest_ms.as_bytes()],
        );
        Ok(())
    }

    fn fill(
        &mut self,
        at: At<'_>,
        grant: &Grant,
        (value, is_unmodified): (&[u8], bool),
        factory_ms: u32,
        given: Option<&str>,
    ) -> Result<Purpose> {
        let options = self.cache.call_options(given)?;
        let payload = match self.cache.options.serializer {
            _ if is_unmodified => Payload::Unchanged,
            _ if value.is_empty() => Payload::Absent,
            Serializer::Json => Payload::Json(value),
            Serializer::V8 => Payload::V8(value),
        };
        let is_absent = matches!(payload, Payload::Absent);
        if is_absent && options.negative_ms == 0 {
            self.lease(at, grant, 0, 0)?;
            return Ok(Purpose::FillNothing);
        }
        let (ttl_ms, grace_ms) =
            if is_absent { (options.negative_ms, 0) } else { (options.ttl_ms, options.grace_ms) };
        let named = self.named(at)?;
        self.store(&named, &options, (ttl_ms, grace_ms), factory_ms, payload, Some(grant))?;
        Ok(Purpose::Fill)
    }

    fn set(&mut self, at: At<'_>, value: &[u8], given: Option<&str>) -> Result<Purpose> {
        let options = self.cache.call_options(given)?;
        let payload = match self.cache.options.serializer {
            _ if value.is_empty() => return Err(misuse("a set has no value")),
            Serializer::Json => Payload::Json(value),
            Serializer::V8 => Payload::V8(value),
        };
        let named = self.named(at)?;
        self.store(&named, &options, (options.ttl_ms, options.grace_ms), 0, payload, None)?;
        Ok(Purpose::Set)
    }

    fn store(
        &mut self,
        named: &Named,
        options: &CallOptions,
        (ttl_ms, grace_ms): (u64, u64),
        factory_ms: u32,
        payload: Payload<'_>,
        grant: Option<&Grant>,
    ) -> Result<()> {
        let is_late = is_planted(Fault::TagsAfterFactory);
        let versions_of = |tag| grant.filter(|_| !is_late).and_then(|grant| grant.versions(tag));
        let tags: Vec<_> = options.tags.iter().map(|tag| (tag.clone(), versions_of(tag))).collect();
        let ttl_ms = options.drawn_ttl_ms(ttl_ms, random_share());
        let is_unchanged = matches!(payload, Payload::Unchanged);
        let meta = &options.meta;
        let nonce = random_bytes();
        let new = NewEntry { nonce, factory_ms, grace_ms, ttl_ms, tags: &tags, meta, payload };
        let mut entry = Vec::new();
        let places = new.append(self.room.codec, self.room.stand_in.has_redis(), &mut entry)?;
        let records = records_of(&named.tags_begin, &options.tags);
        let directory = self.room.keys.directory_of(&named.index);
        let keys: Vec<&[u8]> = [&named.entry, &named.lease, &named.index, &directory, &named.mark]
            .into_iter()
            .chain(&records)
            .map(Vec::as_slice)
            .collect();
        let quota = self.cache.options.quota;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let none = Grant::default();
        let held = grant.unwrap_or(&none);
        let numbers = [
            (ttl_ms + grace_ms).to_string(),
            if is_late { u64::MAX } else { held.taken_ms }.to_string(),
            quota.map_or("-1".to_owned(), |quota| quota.max_entries.to_string()),
            since.as_millis().to_string(),
        ];
        let [lifetime, taken, most, now] = numbers.each_ref().map(String::as_bytes);
        let seen = held.nonce.filter(|_| is_unchanged);
        let flag = |is_set| if is_set { &b"1"[..] } else { b"0" };
        let places: Vec<_> = places.into_iter().map(|place| place.to_string()).collect();
        let versions = random_versions();
        let mut arguments: Vec<&[u8]> = vec![
            &entry,
            lifetime,
            &held.token,
            &held.mark,
            taken,
            seen.as_ref().map_or(&[], |seen| seen),
            most,
            flag(quota.is_some_and(|quota| quota.evicts)),
            &versions,
            EXTRA_LIFE,
            now,
            flag(self.cache.trims_now()),
        ];
        arguments.extend(places.iter().map(String::as_bytes));
        if is_unchanged && seen.is_none() {
            return Err(misuse("no entry was there whose payload could stay"));
        }
        self.script(Script::STORE, &keys, &arguments);
        Ok(())
    }

    fn drop(&mut self, at: At<'_>, how: &[u8]) -> Result<Purpose> {
        let named = self.named(at)?;
        self.script(Script::DROP, &[&named.entry, &named.lease, &named.index], &[how]);
        Ok(Purpose::Drop)
    }

    fn tags(&mut self, scope: Scope<'_>, tags: Texts<'_>, is_soft: bool) -> Result<Purpose> {
        let of = self.room.keys.of_cache(scope.organization, &self.cache.options.name);
        let records = records_of(&tags_begin(&of)?, &parts_of(tags)?);
        let keys: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        self.script(Script::RETAG, &keys, &[if is_soft { b"s" } else { b"h" }, &random_bytes(), EXTRA_LIFE]);
        Ok(Purpose::Tags { is_soft })
    }

    fn keys(&mut self, scope: Scope<'_>, cursor: &[u8]) -> Result<Purpose> {
        let cache = self.cache.clone();
        let of = self.room.keys.of_cache(scope.organization, &cache.options.name);
        let (mut index, mut begin) = (Vec::new(), Vec::new());
        of.index(&mut index)?;
        of.entries_begin(&mut begin, &cache.options.namespaces)?;
        let cursor = if cursor.is_empty() { b"0" } else { cursor };
        let tags_begin = tags_begin(&of)?;
        self.script(Script::LIST, &[&index], &[cursor, KEYS_A_PAGE, &begin, &tags_begin]);
        Ok(Purpose::Keys)
    }

    fn guard(
        &mut self,
        scope: Scope<'_>,
        token: &str,
        tags: Texts<'_>,
        names: Texts<'_>,
        phase: Phase,
    ) -> Result<Purpose> {
        let cache = self.cache.clone();
        let of = self.room.keys.of_cache(scope.organization, &cache.options.name);
        let mut index = Vec::new();
        of.index(&mut index)?;
        let parts = parts_of(tags)?;
        let count = parts.len().to_string();
        let mut keys = vec![index];
        keys.extend(records_of(&tags_begin(&of)?, &parts));
        for name in names.iter() {
            let mut entry = Vec::new();
            of.entry(&mut entry, &cache.options.namespaces, name?)?;
            let lease = self.room.keys.lease_of(&entry);
            keys.extend([entry, lease]);
        }
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        // A change that began while Redis was away has no token. At its end it must be no part of another.
        let token = if token.is_empty() { random_token() } else { token.to_owned() };
        let mode: &[u8] = match phase {
            Phase::Begin => b"b",
            Phase::Renew => b"r",
            Phase::End => b"e",
        };
        self.script(
            Script::GUARD,
            &keys,
            &[mode, token.as_bytes(), count.as_bytes(), GUARD_MS, &random_versions(), EXTRA_LIFE],
        );
        Ok(Purpose::Guard { phase })
    }
}

fn tags_begin(of: &EntryKeys<'_>) -> Result<Vec<u8>> {
    let mut begin = Vec::new();
    of.tags_begin(&mut begin)?;
    Ok(begin)
}

fn parts_of(tags: Texts<'_>) -> Result<Vec<Vec<u8>>> {
    let mut parts: Vec<Vec<u8>> = Vec::with_capacity(tags.count());
    for tag in tags.iter() {
        let part = tag_part(tag?)?;
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn records_of(begin: &[u8], tags: &[Vec<u8>]) -> Vec<Vec<u8>> {
    tags.iter().map(|tag| [begin, tag].concat()).collect()
}
