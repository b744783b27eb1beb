//! What this process answers itself: everything where there is no Redis, and while Redis is away what it remembers.
//!
//! Writes go to the journal. What a factory makes is kept in memory only: another process may make something newer meanwhile.

use std::time::{Duration, Instant};

use super::answer::Found;
use super::call::Phase;
use super::entry::{Entry, Tag};
use super::here::{Here, NOTHING, now_ms};
use super::near;
use super::options::OnRedisDown;
use super::record::{Record, Verdict, changed, twice};
use super::remembered::entry_in;
use super::request::Sent;
use super::room::Room;
use super::settle::Settling;
use super::ticket::{Purpose, Ticket};
use crate::error::{Error, ErrorCode};
use crate::journal::{Held, Write};
use crate::lane::Frame;
use crate::outage::{Attempt, Change, LocalState, Step, Unacknowledged};
use crate::redis::Outcome;

/// An invalidation is kept for a replay as long as this.
const TAG_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// A request that Redis does not carry out, or not as far as anybody knows.
#[derive(Clone, Copy)]
pub struct Unanswered<'r> {
    pub request: &'r [u8],
    pub issued: Instant,
    /// Whether it was sent all the same.
    pub is_in_doubt: bool,
    pub now: Instant,
}

/// The outcome of such a request.
pub fn fall_back(room: &Room<'_>, ticket: &Ticket, unanswered: &Unanswered<'_>) -> Outcome<'static> {
    let Some(sent) = Sent::parse(unanswered.request) else { return Outcome::Failed(Error::defect()) };
    let is_away = room.stand_in.uses_redis();
    let away = Away { room, ticket, sent: &sent, unanswered };
    let settling = Settling { room, ticket, sent: &sent, is_away };
    if !is_away {
        return away.embedded(&settling);
    }
    match &ticket.purpose {
        Purpose::Get { .. } | Purpose::Look { .. } | Purpose::Pull | Purpose::Take { .. } => {
            away.read(&settling)
        }
        Purpose::Keys => Outcome::Failed(away_error()),
        Purpose::Set => away.set(),
        Purpose::Drop => away.delete(&[sent.key(0)]),
        Purpose::Tags { is_soft } => away.tags(&sent.keys, *is_soft, sent.argument(1)),
        Purpose::Clear(clearing) => {
            let cleared = room.stand_in.clear(&clearing.of_outage(ticket.sequence, unanswered.issued));
            away.here(&mut room.stand_in.local_state()).clear(
                clearing.index(),
                clearing.mark(),
                b"",
                sent.argument(2),
            );
            cleared
        }
        Purpose::Guard { phase: Phase::Begin } | Purpose::Load => Outcome::Null,
        Purpose::Guard { phase: Phase::Renew } => Outcome::Boolean(false),
        Purpose::Guard { phase: Phase::End } => away.end_of_change(),
        Purpose::Fill | Purpose::FillNothing | Purpose::Renew | Purpose::Fail => {
            if unanswered.is_in_doubt && matches!(ticket.purpose, Purpose::Fill) {
                room.stand_in.local_state().note_doubt(sent.key(0), sent.argument(0));
            }
            let reply = away.run(&mut room.stand_in.local_state());
            settling.outcome(Frame::new(&reply)).into_owned()
        }
    }
}

/// Why a call cannot be answered here.
fn away_error() -> Error {
    Error::new(ErrorCode::Connect, "Redis is away, and the call cannot be answered without it")
}

struct Away<'r> {
    room: &'r Room<'r>,
    ticket: &'r Ticket,
    sent: &'r Sent<'r>,
    unanswered: &'r Unanswered<'r>,
}

impl Away<'_> {
    fn here<'m>(&self, local_state: &'m mut LocalState) -> Here<'m> {
        Here {
            memory: &mut local_state.memory,
            now: self.unanswered.now,
            is_whole: !self.room.stand_in.uses_redis(),
        }
    }

    /// Does in memory what the script would do.
    fn run(&self, local_state: &mut LocalState) -> Vec<u8> {
        let sent = self.sent;
        let mut here = self.here(local_state);
        match &self.ticket.purpose {
            Purpose::Get { .. } => {
                let begin = self.room.keys.tags_of(sent.key(0));
                here.look(&Sent { keys: sent.keys.clone(), arguments: vec![&begin, b"r"] })
            }
            Purpose::Look { .. } | Purpose::Pull | Purpose::Take { .. } => here.look(sent),
            Purpose::Fill | Purpose::Set => here.store(sent),
            Purpose::FillNothing | Purpose::Renew | Purpose::Fail => here.lease(sent),
            Purpose::Drop => here.drop_entry(sent),
            Purpose::Tags { .. } => here.retag(sent),
            Purpose::Guard { .. } => here.guard(sent),
            Purpose::Keys => here.list(sent),
            Purpose::Clear(_) | Purpose::Load => NOTHING.to_vec(),
        }
    }

    fn embedded(&self, settling: &Settling<'_>) -> Outcome<'static> {
        let health = self.room.health();
        let mut local_state = self.room.stand_in.local_state();
        if let Purpose::Clear(clearing) = &self.ticket.purpose {
            let mut here = self.here(&mut local_state);
            let token = self.sent.argument(2);
            let removed = here.clear(clearing.index(), clearing.mark(), clearing.begin(), token);
            health.local_write();
            return Outcome::Integer(removed as i64);
        }
        let reply = self.run(&mut local_state);
        drop(local_state);
        if self.ticket.is_read() {
            health.local_read(reply != NOTHING, false);
        } else {
            health.local_write();
        }
        settling.outcome(Frame::new(&reply)).into_owned()
    }

    fn read(&self, settling: &Settling<'_>) -> Outcome<'static> {
        let is_take = matches!(self.ticket.purpose, Purpose::Take { .. });
        let is_look = !matches!(self.ticket.purpose, Purpose::Take { is_first: false, .. });
        match self.ticket.cache.options.on_redis_down {
            OnRedisDown::Reject => return Outcome::Failed(away_error()),
            OnRedisDown::Factory if !is_take => {
                let is_bare = matches!(
                    self.ticket.purpose,
                    Purpose::Get { is_bare: true, .. } | Purpose::Look { is_bare: true }
                );
                return settling.answer(None, is_bare);
            }
            _ => {}
        }
        let is_bare = match self.ticket.purpose {
            Purpose::Get { is_bare, .. } | Purpose::Look { is_bare } => Some(is_bare),
            Purpose::Take { is_first: true, .. } => Some(false),
            _ => None,
        };
        if let Some(outcome) = is_bare.and_then(|is_bare| self.near(settling, is_bare)) {
            return outcome;
        }
        let mut local_state = self.room.stand_in.local_state();
        self.restore(&mut local_state);
        self.obey_copies_of_records(&mut local_state);
        if is_take && self.ticket.cache.options.on_redis_down == OnRedisDown::Factory {
            self.here(&mut local_state).memory.delete(self.sent.key(0), self.unanswered.now);
        }
        let reply = self.run(&mut local_state);
        drop(local_state);
        if is_look {
            let is_found = if is_take { entry_in(Frame::new(&reply)).is_some() } else { reply != NOTHING };
            self.room.health().local_read(is_found, true);
        }
        if matches!(self.ticket.purpose, Purpose::Pull) {
            self.delete(&[self.sent.key(0)]);
        }
        settling.outcome(Frame::new(&reply)).into_owned()
    }

    /// What a copy answers, unless a known invalidation hits it.
    fn near(&self, settling: &Settling<'_>, is_bare: bool) -> Option<Outcome<'static>> {
        let (room, now) = (self.room, self.unanswered.now);
        if self.ticket.cache.options.on_redis_down != OnRedisDown::Serve {
            return None;
        }
        let known = |tag: &Tag<'_>, name: &[u8]| {
            let mut local_state = room.stand_in.local_state();
            self.restore_one(&mut local_state, name);
            let record = local_state.memory.get(name, now).and_then(Record::parse);
            record.map_or(Verdict::Unchanged, |record| record.verdict(tag))
        };
        near::with_copy_away(
            room,
            &self.ticket.cache,
            self.sent.key(0),
            now,
            known,
            |entry, left, is_soft| {
                room.health().local_read(true, true);
                let found =
                    Found { entry: *entry, left_ms: Some(left), is_soft, is_away: true, is_near: true };
                settling.answer(Some(&found), is_bare).into_owned()
            },
        )
    }

    /// Copies of tags' records may know more than memory of the entry that it has.
    fn obey_copies_of_records(&self, local_state: &mut LocalState) {
        let (key, now) = (self.sent.key(0), self.unanswered.now);
        let Some(copies) = self.room.copies else { return };
        let Some(bytes) = local_state.memory.get(key, now).map(<[u8]>::to_vec) else { return };
        let begin = self.room.keys.tags_of(key);
        for tag in Entry::parse(&bytes).iter().flat_map(Entry::tags) {
            let name = [&begin, tag.name].concat();
            let Some(copy) = near::record_away(copies, &name, now) else { continue };
            match Record::parse(&copy).map(|record| record.verdict(&tag)) {
                Some(Verdict::Hard) => {
                    local_state.memory.delete(key, now);
                }
                Some(Verdict::Soft) => {
                    local_state.memory.set(&name, &copy, Some(TAG_LIFE), None, now);
                }
                _ => {}
            }
        }
    }

    /// Puts what the journal has of an entry and its tags into memory, where memory has nothing.
    fn restore(&self, local_state: &mut LocalState) {
        let key = self.sent.key(0);
        self.restore_one(local_state, key);
        let now = self.unanswered.now;
        let bytes = local_state.memory.get(key, now).map(<[u8]>::to_vec);
        let Some(entry) = bytes.as_deref().and_then(Entry::parse) else { return };
        let begin = self.room.keys.tags_of(key);
        for tag in entry.tags() {
            self.restore_one(local_state, &[&begin, tag.name].concat());
        }
    }

    fn restore_one(&self, local_state: &mut LocalState, key: &[u8]) {
        let now = self.unanswered.now;
        let LocalState { memory, journal, .. } = local_state;
        if memory.remaining_ttl(key, now).is_some() {
            return;
        }
        let ends = journal.entry(key).map(|entry| entry.ends.saturating_duration_since(now));
        if let (Some(Held::Value(value)), Some(left)) = (journal.value(key, now), ends) {
            let index = self.room.keys.index_of(key);
            memory.set(key, value, Some(left), index.as_deref(), now);
        }
    }

    fn write(&self, change: Change<'_>) -> Outcome<'static> {
        let Unanswered { issued, is_in_doubt, now, .. } = *self.unanswered;
        let attempt = Attempt { issued, sequence: self.ticket.sequence, is_in_doubt };
        self.room.stand_in.write(&Step::Write(change), &attempt, Unacknowledged::Journal, now)
    }

    /// The journal has the entry without versions of tags that nobody knows now; the replay puts in what is there then,
    /// unless it has changed since.
    fn set(&self) -> Outcome<'static> {
        let (key, index, entry) = (self.sent.key(0), self.sent.key(2), self.sent.argument(0));
        let ttl = Duration::from_millis(self.sent.number(1).max(1) as u64);
        let write = Write::Set { value: entry };
        let outcome = self.write(Change { key, write, ttl: Some(ttl), index: Some(index) });
        let mut local_state = self.room.stand_in.local_state();
        let now = self.unanswered.now;
        local_state.memory.delete(self.sent.key(1), now);
        let mut stamped = entry.to_vec();
        for (position, record) in self.sent.keys.iter().skip(5).enumerate() {
            let place = self.sent.number(12 + position) as usize;
            let known = local_state.memory.get(record, now).and_then(Record::parse);
            if let (Some(known), Some(room)) = (known, stamped.get_mut(place..place + 16)) {
                room.copy_from_slice(&known.versions);
            }
        }
        if outcome == Outcome::Boolean(true) && stamped != entry {
            local_state.memory.set(key, &stamped, Some(ttl), Some(index), now);
        }
        outcome
    }

    fn delete(&self, keys: &[&[u8]]) -> Outcome<'static> {
        let mut outcome = Outcome::Boolean(false);
        for key in keys {
            let index = self.room.keys.index_of(key);
            outcome = self.write(Change { key, write: Write::Delete, ttl: None, index: index.as_deref() });
            let lease = self.room.keys.lease_of(key);
            self.room.stand_in.local_state().memory.delete(&lease, self.unanswered.now);
        }
        outcome
    }

    fn tags(&self, records: &[&[u8]], is_soft: bool, new: &[u8]) -> Outcome<'static> {
        let versions = twice(new.get(..8).unwrap_or_default());
        for key in records {
            let mut local_state = self.room.stand_in.local_state();
            self.restore_one(&mut local_state, key);
            let known = local_state.memory.get(key, self.unanswered.now).map(<[u8]>::to_vec);
            drop(local_state);
            let known = known.as_deref().and_then(Record::parse);
            let value = changed(known.as_ref(), is_soft, versions, now_ms(self.unanswered.now), "");
            let write = Write::Set { value: &value };
            if self.write(Change { key, write, ttl: Some(TAG_LIFE), index: None }) != Outcome::Boolean(true) {
                return Outcome::Boolean(false);
            }
        }
        Outcome::Boolean(true)
    }

    fn end_of_change(&self) -> Outcome<'static> {
        let (entries, records) = self.ticket.keys_of(self.sent);
        let outcome = self.tags(&records, false, self.sent.argument(4));
        self.delete(&entries);
        outcome
    }
}
