//! What memory and journal hear of replies, and what the journal knows better than a reply.

use std::time::{Duration, Instant};

use super::answer::Kept;
use super::away::Unanswered;
use super::call::Phase;
use super::entry::Entry;
use super::plan::EXTRA_LIFE_MS;
use super::record::{Record, Verdict, changed, record, twice};
use super::request::{Sent, integer};
use super::room::Room;
use super::settle::{Settling, looked};
use super::ticket::Purpose;
use crate::journal::{Held, Write};
use crate::lane::{Frame, Node};
use crate::outage::{Attempt, Change, Read, Step, pending_fill};

/// The entry of a reply that says lifetime and tags.
pub(super) fn entry_in(frame: Frame<'_>) -> Option<(Entry<'_>, &[u8], i64)> {
    let Node::Array(mut items) = frame.node() else { return None };
    let (bytes, left, _) = looked(&mut items)?;
    Some((Entry::parse(bytes)?, bytes, left))
}

/// What tags say of a reply's entry that the journal holds; `None` where nothing has changed.
pub(super) fn journalled_says(settling: &Settling<'_>, frame: Frame<'_>, now: Instant) -> Option<Verdict> {
    let (entry, ..) = entry_in(frame)?;
    let verdict = journalled_verdict(settling.room, settling.sent.key(0), &entry, now);
    (verdict != Verdict::Unchanged).then_some(verdict)
}

/// Memory has what a reply says, for an outage.
pub(super) fn remember_found(settling: &Settling<'_>, frame: Frame<'_>, now: Instant) {
    let (room, key) = (settling.room, settling.sent.key(0));
    match entry_in(frame) {
        Some((entry, bytes, left)) => remember(room, key, (&entry, bytes, left), now),
        None => {
            room.stand_in.local_state().memory.delete(key, now);
        }
    }
}

/// Whether the journal knows more of an entry than Redis.
pub(super) fn is_overruled(room: &Room<'_>, key: &[u8], now: Instant) -> bool {
    !room.stand_in.is_redis_up_to_date()
        && room.stand_in.overrule(&Read::Value { key }, Vec::new, now).is_some()
}

/// What tags say that the journal holds.
fn journalled_verdict(room: &Room<'_>, key: &[u8], entry: &Entry<'_>, now: Instant) -> Verdict {
    if !entry.has_tags() || room.stand_in.is_redis_up_to_date() {
        return Verdict::Unchanged;
    }
    let begin = room.keys.tags_of(key);
    let local_state = room.stand_in.local_state();
    let verdicts =
        entry.tags().map(|tag| match local_state.journal.value(&[&begin, tag.name].concat(), now) {
            Some(Held::Value(value)) => {
                Record::parse(value).map_or(Verdict::Unchanged, |known| known.verdict(&tag))
            }
            _ => Verdict::Unchanged,
        });
    verdicts.max().unwrap_or(Verdict::Unchanged)
}

/// Memory has what was read, for an outage; and what memory knows of its tags is not older.
fn remember(room: &Room<'_>, key: &[u8], (entry, bytes, left_ms): (&Entry<'_>, &[u8], i64), now: Instant) {
    let Ok(left) = u64::try_from(left_ms) else { return };
    if !pending_fill::saw_value_living(room.stand_in, key, bytes, Duration::from_millis(left), now) {
        return;
    }
    let begin = room.keys.tags_of(key);
    let mut local_state = room.stand_in.local_state();
    for tag in entry.tags() {
        let name = [&begin, tag.name].concat();
        let known = local_state.memory.get(&name, now).and_then(Record::parse).map(|known| known.versions);
        if known.is_some_and(|known| known != tag.versions) {
            let life = Some(Duration::from_millis(EXTRA_LIFE_MS));
            local_state.memory.set(&name, &record(tag.versions, 0, ""), life, None, now);
        }
    }
}

/// Redis has carried a write out: memory and journal hear of it.
pub(super) fn note_write(settling: &Settling<'_>, frame: Frame<'_>, unanswered: &Unanswered<'_>) {
    let Settling { room, ticket, sent, .. } = *settling;
    let (stand_in, now) = (room.stand_in, unanswered.now);
    let attempt = Attempt { issued: unanswered.issued, sequence: ticket.sequence, is_in_doubt: true };
    let deleted = |key: &[u8]| {
        let index = room.keys.index_of(key);
        let step = Step::Write(Change { key, write: Write::Delete, ttl: None, index: index.as_deref() });
        pending_fill::saw_write(stand_in, &step, &attempt);
    };
    match &ticket.purpose {
        Purpose::Set | Purpose::Fill => {
            let (stored, _) = settling.stored(frame);
            if stored != Kept::Stored as i64 {
                return;
            }
            let Some(value) = stored_bytes(sent, frame) else {
                deleted(sent.key(0));
                return;
            };
            let ttl = Duration::from_millis(sent.number(1).max(1) as u64);
            let (key, write) = (sent.key(0), Write::Set { value: &value });
            let step = Step::Write(Change { key, write, ttl: Some(ttl), index: Some(sent.key(2)) });
            pending_fill::saw_write(stand_in, &step, &attempt);
        }
        Purpose::Drop | Purpose::Pull => deleted(sent.key(0)),
        Purpose::Tags { is_soft } => note_tags(room, &sent.keys, *is_soft, sent.argument(1), now),
        Purpose::Guard { phase } => {
            let (entries, records) = ticket.keys_of(sent);
            if *phase != Phase::Renew {
                entries.iter().for_each(|key| deleted(key));
            }
            if *phase == Phase::End {
                note_tags(room, &records, false, sent.argument(4).get(..8).unwrap_or_default(), now);
            }
        }
        _ => {}
    }
}

/// The bytes that a script has stored: with the versions of tags that it has put in. `None` where the payload stayed.
fn stored_bytes(sent: &Sent<'_>, frame: Frame<'_>) -> Option<Vec<u8>> {
    if !sent.argument(5).is_empty() {
        return None;
    }
    let mut value = sent.argument(0).to_vec();
    let Node::Array(items) = frame.node() else { return None };
    let versions = items.skip(1).filter_map(|item| match item {
        Node::Bulk(versions) => Some(versions),
        _ => None,
    });
    let places = sent.arguments.iter().skip(12).filter_map(|place| integer(place));
    for (place, versions) in places.filter(|place| *place > 0).zip(versions) {
        let place = place as usize;
        value.get_mut(place..place + versions.len())?.copy_from_slice(versions);
    }
    Some(value)
}

fn note_tags(room: &Room<'_>, records: &[&[u8]], is_soft: bool, new: &[u8], now: Instant) {
    let mut local_state = room.stand_in.local_state();
    for key in records {
        let known = local_state.memory.get(key, now).map(<[u8]>::to_vec);
        let known = known.as_deref().and_then(Record::parse);
        let value = changed(known.as_ref(), is_soft, twice(new), 0, "");
        let life = Some(Duration::from_millis(EXTRA_LIFE_MS));
        local_state.memory.set(key, &value, life, None, now);
        local_state.journal.forget(key);
    }
}
