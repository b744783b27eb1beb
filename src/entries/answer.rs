//! What JavaScript is answered: numbers, bits and arrays, which `js/cache/` knows by name.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::caches::Cache;
use super::call::DETAILS;
use super::entry::Entry;
use super::grant::hexadecimal;
use super::options::{CALL_OPTIONS, EarlyRefresh, Serializer};
use super::random::random_share;
use crate::codec::Codec;
use crate::lane::{Frame, Node};
use crate::redis::{Outcome, ReplyFormat};

/// What became of the wish for a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// A fresh entry is there.
    There = 0,
    Granted = 1,
    /// Another factory runs.
    Held = 2,
    /// A factory has failed, and the stale entry answers for a while.
    Failed = 3,
    /// A change runs: what a factory makes now is not kept.
    Mutating = 4,
}

/// What became of what a factory made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Lost = 0,
    Stored = 1,
    Late = 2,
    Full = 3,
    Memory = 4,
    Gone = 5,
    None = 6,
}

const STALE: i64 = 1;
const ABSENT: i64 = 2;
const EARLY: i64 = 4;
const AWAY: i64 = 8;
/// A copy in this process answers.
const NEAR: i64 = 16;

/// The numbers that JavaScript shares, by name.
pub fn numbers() -> Value {
    let named = |pairs: &[(&str, i64)]| -> Value {
        pairs.iter().map(|(name, number)| ((*name).to_owned(), json!(number))).collect::<Map<_, _>>().into()
    };
    let details: Vec<_> = DETAILS.iter().map(|(name, number)| (*name, i64::from(*number))).collect();
    json!({
        "lease": named(&[
            ("there", Lease::There as i64),
            ("granted", Lease::Granted as i64),
            ("held", Lease::Held as i64),
            ("failed", Lease::Failed as i64),
            ("mutating", Lease::Mutating as i64),
        ]),
        "kept": named(&[
            ("lost", Kept::Lost as i64),
            ("kept", Kept::Stored as i64),
            ("late", Kept::Late as i64),
            ("full", Kept::Full as i64),
            ("memory", Kept::Memory as i64),
            ("gone", Kept::Gone as i64),
            ("none", Kept::None as i64),
        ]),
        "state": named(&[("stale", STALE), ("absent", ABSENT), ("early", EARLY), ("away", AWAY), ("near", NEAR)]),
        "details": named(&details),
        "callOptions": CALL_OPTIONS.iter().filter(|name| **name != "meta").collect::<Vec<_>>(),
    })
}

/// An entry that was found, and may answer.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    pub entry: Entry<'a>,
    /// Until it leaves; `None` where nobody asked, because it has no grace.
    pub left_ms: Option<i64>,
    /// One of its tags was expired.
    pub is_soft: bool,
    /// Redis is away.
    pub is_away: bool,
    /// A copy in this process has it, and JavaScript is to be told.
    pub is_near: bool,
}

impl<'a> Found<'a> {
    pub fn is_fresh(&self) -> bool {
        !self.is_soft && self.left_ms.is_none_or(|left| self.entry.is_fresh(left))
    }

    /// For how long it is fresh for sure, and is not to be made anew early.
    pub fn sure_ms(&self, early: EarlyRefresh) -> u64 {
        let fresh_ms = self.left_ms.unwrap_or_default() as f64 - self.entry.grace_ms as f64;
        let early_ms = match early {
            EarlyRefresh::Off => 0.0,
            EarlyRefresh::Likely => SURE_FACTORY_TIMES * f64::from(self.entry.factory_ms),
            EarlyRefresh::From(part) => (1.0 - part) * self.entry.ttl_ms as f64,
        };
        (fresh_ms - early_ms).max(0.0) as u64
    }

    /// `share` is a draw from 0 up to 1.
    fn state(&self, early: EarlyRefresh, share: f64) -> i64 {
        let mut state = 0;
        if !self.is_fresh() {
            state |= STALE;
        } else if self.left_ms.is_some_and(|left| is_early(&self.entry, left, early, share)) {
            state |= EARLY;
        }
        if self.entry.is_absent() {
            state |= ABSENT;
        }
        if self.is_away && state & STALE != 0 {
            state |= AWAY;
        }
        if self.is_near {
            state |= NEAR;
        }
        state
    }

    fn payload(&self, codec: &Codec, cache: &Cache) -> Result<Option<Cow<'a, [u8]>>, Damaged> {
        if self.entry.is_absent() {
            return Ok(None);
        }
        if self.entry.is_of_v8() != (cache.options.serializer == Serializer::V8) {
            return Err(Damaged);
        }
        self.entry.payload(codec).map(Some).map_err(|_| Damaged)
    }
}

/// So many factory's times before the end `XFetch` makes an entry anew with one read in 160,000. Before that nothing is
/// drawn where values are kept.
const SURE_FACTORY_TIMES: f64 = 12.0;

/// Bytes that are no value of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Whether a fresh entry is to be made anew already. `XFetch`: the longer the factory took and the nearer the end, the
/// likelier (Vattani et al., Optimal Probabilistic Cache Stampede Prevention, VLDB 2015).
fn is_early(entry: &Entry<'_>, left_ms: i64, early: EarlyRefresh, share: f64) -> bool {
    let fresh_ms = left_ms as f64 - entry.grace_ms as f64;
    match early {
        EarlyRefresh::Off => false,
        EarlyRefresh::Likely => -(1.0 - share).ln() * f64::from(entry.factory_ms) >= fresh_ms,
        EarlyRefresh::From(part) => entry.ttl_ms as f64 - fresh_ms >= part * entry.ttl_ms as f64,
    }
}

/// The answer to a read that found something.
///
/// # Errors
/// The payload is none.
pub fn found<'a>(
    codec: &Codec,
    cache: &Cache,
    found: &Found<'a>,
    is_bare: bool,
    early: EarlyRefresh,
) -> Result<Outcome<'a>, Damaged> {
    let state = found.state(early, random_share());
    if is_bare {
        return Ok(Outcome::Boolean((state & STALE == 0 || state & AWAY != 0) && state & ABSENT == 0));
    }
    let payload = found.payload(codec, cache)?;
    match (payload, cache.options.serializer) {
        (Some(payload), Serializer::Json) if state == 0 => Ok(Outcome::Text(payload)),
        (Some(payload), Serializer::V8) if state == 0 => Ok(Outcome::Bytes(payload)),
        (payload, _) => {
            let mut array = Array::new(5);
            push_found(&mut array, found, payload.as_deref(), state);
            Ok(array.outcome(cache))
        }
    }
}

/// The answer to a read whose caller keeps the value: all parts, and the numbers behind them.
///
/// # Errors
/// The payload is none.
pub fn found_and_kept(
    codec: &Codec,
    cache: &Cache,
    found: &Found<'_>,
    early: EarlyRefresh,
    numbers: &[i64],
) -> Result<Outcome<'static>, Damaged> {
    let payload = found.payload(codec, cache)?;
    let mut array = Array::new(5 + numbers.len());
    push_found(&mut array, found, payload.as_deref(), found.state(early, random_share()));
    numbers.iter().for_each(|number| array.integer(*number));
    Ok(array.outcome(cache))
}

/// The state of the entry in an array that `found` or `lease` has made; `None` where nothing was found.
fn state_in(reply: &[u8]) -> Option<i64> {
    let Node::Array(items) = Frame::new(reply).node() else { return None };
    let mut items = items.skip(if reply.starts_with(b"*5") { 1 } else { 3 });
    if let Some(Node::Integer(state)) = items.next() { Some(state) } else { None }
}

/// What an answer to a read says that was found, and whether it is stale; `None` where nothing was.
pub fn is_stale(reply: &[u8]) -> Option<bool> {
    state_in(reply).map(|state| state & STALE != 0)
}

/// The answer to a wish for a lease where something was found.
///
/// # Errors
/// The payload of what was found is none.
pub fn lease(
    codec: &Codec,
    cache: &Cache,
    lease: (Lease, LeaseTold<'_>),
    found: &Found<'_>,
    early: EarlyRefresh,
) -> Result<Outcome<'static>, Damaged> {
    let payload = found.payload(codec, cache)?;
    let mut array = Array::new(7);
    push_lease(&mut array, lease);
    push_found(&mut array, found, payload.as_deref(), found.state(early, random_share()));
    Ok(array.outcome(cache))
}

/// The answer to a wish for a lease where nothing was found.
pub fn bare_lease(cache: &Cache, lease: (Lease, LeaseTold<'_>)) -> Outcome<'static> {
    let mut array = Array::new(2);
    push_lease(&mut array, lease);
    array.outcome(cache)
}

fn push_lease(array: &mut Array, (lease, told): (Lease, LeaseTold<'_>)) {
    array.integer(lease as i64);
    match told {
        LeaseTold::Grant(text) => array.bulk(text),
        LeaseTold::WaitMs(ms) => array.integer(ms),
    }
}

#[derive(Debug, Clone, Copy)]
pub enum LeaseTold<'a> {
    Grant(&'a [u8]),
    WaitMs(i64),
}

fn push_found(array: &mut Array, found: &Found<'_>, payload: Option<&[u8]>, state: i64) {
    match payload {
        Some(payload) => array.bulk(payload),
        None => array.null(),
    }
    array.integer(state);
    array.bulk(&hexadecimal(&found.entry.nonce));
    array.integer(found.left_ms.unwrap_or_default());
    if found.entry.meta.is_empty() { array.null() } else { array.bulk(found.entry.meta) }
}

/// Builds a reply as a server writes it.
#[derive(Debug)]
pub struct Array(Vec<u8>);

impl Array {
    pub fn new(count: usize) -> Array {
        Array(format!("*{count}\r\n").into_bytes())
    }

    pub fn integer(&mut self, number: i64) {
        self.line(b':', number);
    }

    pub fn bulk(&mut self, bytes: &[u8]) {
        self.line(b'$', bytes.len() as i64);
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
    }

    pub fn null(&mut self) {
        self.0.extend_from_slice(b"$-1\r\n");
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn line(&mut self, marker: u8, number: i64) {
        self.0.push(marker);
        self.0.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        self.0.extend_from_slice(b"\r\n");
    }

    pub fn outcome(self, cache: &Cache) -> Outcome<'static> {
        let format = match cache.options.serializer {
            Serializer::Json => ReplyFormat::PLAIN,
            Serializer::V8 => ReplyFormat::BUFFERS,
        };
        Outcome::Reply(self.0.into(), format)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{NewEntry, Payload};
    use super::*;
    use crate::codec::Mode;

    fn entry_bytes(factory_ms: u32) -> Vec<u8> {
        let new = NewEntry {
            nonce: [1; 8],
            factory_ms,
            grace_ms: 500,
            ttl_ms: 1000,
            tags: &[],
            meta: b"",
            payload: Payload::Json(b"1"),
        };
        let mut bytes = Vec::new();
        new.append(&Codec::new(Mode::None, 0), false, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn xfetch_refreshes_the_likelier_the_nearer_the_end_is() {
        let bytes = entry_bytes(100);
        let entry = Entry::parse(&bytes).unwrap();
        let is_early = |fresh_ms: i64, share| is_early(&entry, 500 + fresh_ms, EarlyRefresh::Likely, share);
        // A draw of 1/e has the chance that -ln of it is more than 1: one factory's time before the end.
        assert!(is_early(100, 0.64) && !is_early(101, 0.63));
        assert!(is_early(1, 0.02) && !is_early(1000, 0.99));
        let drawn = (0..10_000).filter(|_| is_early(100, random_share())).count();
        assert!((3300..4100).contains(&drawn), "{drawn} of 10,000");
    }

    #[test]
    fn a_share_refreshes_from_its_part_of_the_lifetime_on() {
        let bytes = entry_bytes(0);
        let entry = Entry::parse(&bytes).unwrap();
        let is_early = |fresh_ms: i64| is_early(&entry, 500 + fresh_ms, EarlyRefresh::From(0.8), 0.0);
        assert!(is_early(200) && !is_early(201));
        assert!(!super::is_early(&entry, 501, EarlyRefresh::Off, 0.0));
    }

    #[test]
    fn what_is_sure_ends_before_an_early_refresh_may_begin() {
        let bytes = entry_bytes(10);
        let entry = Entry::parse(&bytes).unwrap();
        let found = Found { entry, left_ms: Some(1500), is_soft: false, is_away: false, is_near: false };
        assert_eq!(found.sure_ms(EarlyRefresh::Off), 1000);
        assert_eq!(found.sure_ms(EarlyRefresh::Likely), 880);
        assert_eq!(found.sure_ms(EarlyRefresh::From(0.75)), 750);
        let ending = Found { left_ms: Some(510), ..found };
        assert_eq!(ending.sure_ms(EarlyRefresh::Likely), 0);
    }

    #[test]
    fn a_stale_entry_says_so_and_while_redis_is_away_that_it_answers() {
        let bytes = entry_bytes(0);
        let entry = Entry::parse(&bytes).unwrap();
        let state = |left, is_soft, is_away| {
            Found { entry, left_ms: Some(left), is_soft, is_away, is_near: false }
                .state(EarlyRefresh::Off, 0.5)
        };
        assert_eq!(state(501, false, false), 0);
        assert_eq!(state(501, false, true), 0);
        assert_eq!(state(500, false, false), STALE);
        assert_eq!(state(501, true, false), STALE);
        assert_eq!(state(500, false, true), STALE | AWAY);
    }
}
