//! What replies mean, whoever gave them: a server, or this process's own memory.

use super::answer::{self, Array, Damaged, Found, Kept, Lease, LeaseTold};
use super::caches::Cache;
use super::call::Phase;
use super::entry::Entry;
use super::grant::Grant;
use super::options::EarlyRefresh;
use super::random::random_share;
use super::request::Sent;
use super::room::Room;
use super::ticket::{Purpose, Ticket};
use crate::error::{Error, ErrorCode};
use crate::key::part_name;
use crate::lane::{Frame, Items, Node};
use crate::redis::Outcome;

/// A waiter asks again after this time at least...
const LEAST_POLL_MS: f64 = 20.0;
/// ... and at most, unless the lease ends before. Each further attempt waits twice as long.
const MOST_POLL_MS: f64 = 200.0;

/// A reply, and what it is about.
#[derive(Clone, Copy)]
pub(super) struct Settling<'r> {
    pub room: &'r Room<'r>,
    pub ticket: &'r Ticket,
    pub sent: &'r Sent<'r>,
    /// Memory answers in place of Redis.
    pub is_away: bool,
}

/// The parts of a reply that say what was found.
pub(super) fn looked<'a>(items: &mut Items<'a>) -> Option<(&'a [u8], i64, bool)> {
    let (bytes, left, soft) = (items.next()?, items.next()?, items.next()?);
    match (bytes, left, soft) {
        (Node::Bulk(bytes), Node::Integer(left), Node::Integer(soft)) => Some((bytes, left, soft == 1)),
        _ => None,
    }
}

impl Settling<'_> {
    fn cache(&self) -> &Cache {
        &self.ticket.cache
    }

    /// The outcome of any request but GET and a clearing.
    pub fn outcome<'a>(&self, frame: Frame<'a>) -> Outcome<'a> {
        let is_done = matches!(frame.node(), Node::Integer(count) if count > 0);
        match &self.ticket.purpose {
            Purpose::Get { is_bare, .. } | Purpose::Look { is_bare } => self.read(frame, *is_bare),
            Purpose::Pull => self.read(frame, false),
            Purpose::Take { attempt, .. } => self.taken(frame, *attempt).unwrap_or_else(|| self.untaken()),
            Purpose::Fill => Outcome::Integer(self.stored(frame).0),
            Purpose::FillNothing => Outcome::Integer(Kept::None as i64),
            Purpose::Renew | Purpose::Fail | Purpose::Drop => Outcome::Boolean(is_done),
            Purpose::Set => self.set(frame),
            Purpose::Tags { .. } => Outcome::Boolean(true),
            Purpose::Keys => self.listed(frame),
            Purpose::Guard { phase: Phase::Begin } => Outcome::Text(self.sent.argument(1).to_vec().into()),
            Purpose::Guard { .. } => Outcome::Boolean(true),
            Purpose::Clear(clearing) => Outcome::Integer(clearing.removed()),
            Purpose::Load => Outcome::Null,
        }
    }

    /// What was found, where it is an entry. Counts what is none.
    pub fn found<'a>(&self, (bytes, left_ms, is_soft): (&'a [u8], Option<i64>, bool)) -> Option<Found<'a>> {
        let found = Entry::parse(bytes).map(|entry| Found {
            entry,
            left_ms,
            is_soft,
            is_away: self.is_away,
            is_near: false,
        });
        if found.is_none() {
            self.room.health().counters().corrupt_values.increment();
        }
        found
    }

    /// The answer to a read that found this, or nothing.
    pub fn answer<'a>(&self, found: Option<&Found<'a>>, is_bare: bool) -> Outcome<'a> {
        let nothing = if is_bare { Outcome::Boolean(false) } else { Outcome::Undefined };
        let Some(found) = found else { return nothing };
        let outcome = answer::found(self.room.codec, self.cache(), found, is_bare, self.ticket.early);
        outcome.unwrap_or_else(|Damaged| {
            self.room.health().counters().corrupt_values.increment();
            nothing
        })
    }

    fn read<'a>(&self, frame: Frame<'a>, is_bare: bool) -> Outcome<'a> {
        let Node::Array(mut items) = frame.node() else { return self.answer(None, is_bare) };
        let found = looked(&mut items).and_then(|(bytes, left, is_soft)| {
            let found = self.found((bytes, Some(left), is_soft));
            if found.is_some_and(|found| found.entry.has_tags() || found.entry.grace_ms > 0) {
                self.cache().read_whole_from_now_on();
            }
            found
        });
        self.answer(found.as_ref(), is_bare)
    }

    /// The answer to a wish for a lease. `None` where what is there is no value of this cache.
    pub fn taken(&self, frame: Frame<'_>, attempt: u32) -> Option<Outcome<'static>> {
        let Node::Array(mut items) = frame.node() else { return Some(self.untaken()) };
        let found = looked(&mut items);
        let found = found.and_then(|(bytes, left, soft)| self.found((bytes, Some(left), soft)));
        let (state, told) = (items.next(), items.next());
        let wait_ms = match told {
            Some(Node::Integer(ms)) => ms,
            _ => 0,
        };
        let (lease, told) = match state {
            Some(Node::Integer(0)) => {
                return found.and_then(|found| self.try_lease((Lease::There, LeaseTold::WaitMs(0)), &found));
            }
            Some(Node::Integer(_)) => {
                let grant = self.grant(&mut items, found.as_ref()).to_text();
                return Some(self.lease((Lease::Granted, LeaseTold::Grant(&grant)), found.as_ref()));
            }
            Some(Node::Bulk(b"f")) => (Lease::Failed, LeaseTold::WaitMs(wait_ms)),
            Some(Node::Bulk(b"m")) => (Lease::Mutating, LeaseTold::WaitMs(wait_ms)),
            _ => (Lease::Held, LeaseTold::WaitMs(poll_ms(attempt, wait_ms, random_share()))),
        };
        Some(self.lease((lease, told), found.as_ref()))
    }

    /// A lease cannot be asked for now: the caller's factory runs, and nothing of it is kept.
    pub fn untaken(&self) -> Outcome<'static> {
        self.lease((Lease::Mutating, LeaseTold::WaitMs(0)), None)
    }

    fn lease(&self, lease: (Lease, LeaseTold<'_>), found: Option<&Found<'_>>) -> Outcome<'static> {
        let with = found.and_then(|found| self.try_lease(lease, found));
        with.unwrap_or_else(|| answer::bare_lease(self.cache(), lease))
    }

    fn try_lease(&self, lease: (Lease, LeaseTold<'_>), found: &Found<'_>) -> Option<Outcome<'static>> {
        let early = match self.ticket.purpose {
            Purpose::Take { is_first: true, .. } => self.ticket.early,
            _ => EarlyRefresh::Off,
        };
        let made = answer::lease(self.room.codec, self.cache(), lease, found, early);
        if made == Err(Damaged) {
            self.room.health().counters().corrupt_values.increment();
        }
        made.ok()
    }

    fn grant(&self, items: &mut Items<'_>, found: Option<&Found<'_>>) -> Grant {
        let mark = match items.next() {
            Some(Node::Bulk(mark)) => mark.into(),
            _ => Box::default(),
        };
        let taken_ms = match items.next() {
            Some(Node::Integer(ms)) => ms as u64,
            _ => 0,
        };
        let begin = self.sent.argument(0).len();
        let records = self.sent.keys.get(3..).unwrap_or_default();
        let tags = records
            .iter()
            .zip(items)
            .filter_map(|(key, versions)| match versions {
                Node::Bulk(versions) => Some((key.get(begin..)?.to_vec(), versions.try_into().ok()?)),
                _ => None,
            })
            .collect();
        Grant {
            token: self.sent.argument(3).into(),
            mark,
            taken_ms,
            nonce: found.map(|found| found.entry.nonce),
            tags,
        }
    }

    /// What became of an entry that was to be stored, and how many there are where there is no room.
    pub fn stored(&self, frame: Frame<'_>) -> (i64, i64) {
        let Node::Array(mut items) = frame.node() else { return (Kept::Lost as i64, 0) };
        let mut next = || match items.next() {
            Some(Node::Integer(number)) => number,
            _ => 0,
        };
        let (stored, used) = (next(), next());
        let in_memory = self.is_away && stored == Kept::Stored as i64;
        (if in_memory { Kept::Memory as i64 } else { stored }, used)
    }

    fn set(&self, frame: Frame<'_>) -> Outcome<'static> {
        let (stored, used) = self.stored(frame);
        if stored != Kept::Full as i64 {
            return Outcome::Boolean(stored == Kept::Stored as i64 || stored == Kept::Memory as i64);
        }
        let (name, most) = (&self.cache().options.name, self.sent.text(6));
        let what = format!(
            "the quota of the cache {name:?} is used up: {used} entries of {most}; nothing was stored"
        );
        Outcome::Failed(Error::new(ErrorCode::Quota, what))
    }

    fn listed(&self, frame: Frame<'_>) -> Outcome<'static> {
        let Node::Array(mut items) = frame.node() else { return Outcome::Undefined };
        let cursor = match items.next() {
            Some(Node::Bulk(b"0")) | None => &b""[..],
            Some(Node::Bulk(cursor)) => cursor,
            Some(_) => b"",
        };
        let begin = self.sent.argument(2).len();
        // What has a further part belongs to a namespace below.
        let names: Vec<_> = items
            .filter_map(|item| match item {
                Node::Bulk(key) => part_name(key.get(begin..)?),
                _ => None,
            })
            .collect();
        let mut reply = Array::new(1 + names.len());
        reply.bulk(cursor);
        names.iter().for_each(|name| reply.bulk(name.as_bytes()));
        Outcome::Reply(reply.into_bytes().into(), crate::redis::ReplyFormat::PLAIN)
    }
}

/// How long a waiter waits: longer with each attempt, until the lease ends at most. `share` is a draw from 0 up to 1.
fn poll_ms(attempt: u32, left_ms: i64, share: f64) -> i64 {
    let ceiling = (LEAST_POLL_MS * 2f64.powi(attempt.min(10) as i32)).min(MOST_POLL_MS);
    let drawn = ceiling * (0.5 + share / 2.0);
    drawn.min(left_ms.max(1) as f64).round().max(1.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiters_ask_seldomer_with_each_attempt_and_not_after_the_lease() {
        assert_eq!([0, 1, 2, 4, 30].map(|attempt| poll_ms(attempt, 3000, 0.0)), [10, 20, 40, 100, 100]);
        assert_eq!([0, 4, 30].map(|attempt| poll_ms(attempt, 3000, 0.999)), [20, 200, 200]);
        assert_eq!([poll_ms(9, 7, 0.5), poll_ms(9, 0, 0.5), poll_ms(9, -2, 0.5)], [7, 1, 1]);
    }
}
