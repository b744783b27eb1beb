//! A call on its way to Redis and its reply on the way back; and what becomes of it where no reply comes.

use std::time::{Duration, Instant};

use super::answer::Kept;
use super::away::{Unanswered, fall_back};
use super::call::{Call, Phase};
use super::clearing::Clearing;
use super::entry::Entry;
use super::plan::{EXTRA_LIFE_MS, plan};
use super::record::{Record, Verdict, changed, record, twice};
use super::request::{Sent, append_script};
use super::room::Room;
use super::scripts::{Script, text_of};
use super::settle::{Settling, looked};
use super::ticket::{Carries, Purpose, Ticket};
use crate::error::{Error, Result};
use crate::health::State;
use crate::journal::{Clear, Held, Write};
use crate::lane::{Frame, Node, Requests};
use crate::outage::{Attempt, Change, Read, Step, pending_fill, replay};
use crate::redis::{ErrorPolicy, Followed, Outcome, PendingRequest, Redirection, append_eval};

/// Turns a call into a request, put into `out`, or into its outcome.
///
/// # Errors
/// The call cannot be.
pub fn prepare<T: Carries>(
    room: &Room<'_>,
    call: &Call<'_>,
    (call_id, sequence): (u32, u64),
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> Result<Option<Outcome<'static>>> {
    if let Some(outcome) = room.answer_alone(call)? {
        return Ok(Some(outcome));
    }
    let stand_in = room.stand_in;
    let from = out.buffer().len();
    let mut ticket = plan(room, call, sequence, out.buffer())?;
    if stand_in.answers() || (stand_in.defers_writes() && !ticket.is_read()) {
        let request = out.buffer().split_off(from);
        let unanswered = Unanswered { request: &request, issued: now, is_in_doubt: false, now };
        return Ok(Some(fall_back(room, &ticket, &unanswered)));
    }
    if room.health().state() == State::Recovering {
        let request = out.buffer().split_off(from);
        let request = match &mut ticket.purpose {
            Purpose::Clear(clearing) => {
                // What the journal holds of a namespace would come after its clearing.
                clearing.widen();
                replay::note_clearing(stand_in, &clearing.of_outage(sequence, now));
                let mut request = Vec::new();
                clearing.append(&mut request);
                request
            }
            _ => request,
        };
        if let Some(outcome) = bring_forward(room, &ticket, &request, now, out) {
            return Ok(Some(outcome));
        }
        out.buffer().extend_from_slice(&request);
        let from = out.buffer().len() - request.len();
        out.commit(from, 1, asked(call_id, ticket, now), stand_in.node().deadline(now));
        return Ok(None);
    }
    out.commit(from, 1, asked(call_id, ticket, now), stand_in.node().deadline(now));
    Ok(None)
}

fn asked<T: Carries>(call_id: u32, ticket: Ticket, issued: Instant) -> PendingRequest<T> {
    PendingRequest::new(call_id, T::from(Box::new(ticket)), issued)
}

/// The outcome of a call for which there is no room.
pub fn without_room(room: &Room<'_>, call: &Call<'_>, sequence: u64, now: Instant) -> Outcome<'static> {
    let prepared = room.answer_alone(call).and_then(|outcome| {
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
        let mut request = Vec::new();
        let ticket = plan(room, call, sequence, &mut request)?;
        let unanswered = Unanswered { request: &request, issued: now, is_in_doubt: false, now };
        Ok(fall_back(room, &ticket, &unanswered))
    });
    prepared.unwrap_or_else(Outcome::Failed)
}

/// What the journal holds of a live call's keys goes first. Gives the outcome of a read of what is yet to be cleared.
fn bring_forward<T: Carries>(
    room: &Room<'_>,
    ticket: &Ticket,
    request: &[u8],
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> Option<Outcome<'static>> {
    let sent = Sent::parse(request)?;
    let mut forward = |key: &[u8], is_read: bool| {
        let step = if is_read {
            Step::Read(Read::Value { key })
        } else {
            Step::Write(Change { key, write: Write::Delete, ttl: None, index: None })
        };
        replay::bring_forward(room.stand_in, &step, ticket.sequence, now, out)
    };
    let (entries, records) = ticket.keys_of(&sent);
    let is_read = ticket.is_read();
    let is_awaited = entries.iter().fold(false, |is_awaited, key| !forward(key, is_read) || is_awaited);
    let changes_tags = matches!(ticket.purpose, Purpose::Tags { .. } | Purpose::Guard { .. });
    records.iter().for_each(|key| {
        forward(key, !changes_tags);
    });
    if !is_awaited {
        return None;
    }
    room.health().local_read(false, true);
    let settling = Settling { room, ticket, sent: &sent, is_away: true };
    Some(match ticket.purpose {
        Purpose::Take { .. } => settling.untaken(),
        Purpose::Get { is_bare } | Purpose::Look { is_bare } => settling.answer(None, is_bare),
        _ => Outcome::Undefined,
    })
}

/// A reply of an expected type. `None` where a further request was put into `next`, or nobody waits.
pub fn replied<'a, T: Carries>(
    room: &Room<'_>,
    mut ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    (frame, request): (Frame<'a>, &[u8]),
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) -> Option<Outcome<'a>> {
    if let Purpose::Clear(clearing) = &mut ticket.purpose {
        if !clearing.advance(frame) {
            send_page(room, ticket, pending, now, next);
            return None;
        }
        return Some(cleared(room, clearing, (ticket.sequence, pending.issued), now, next));
    }
    let sent = Sent::parse(request)?;
    let elapsed = now.saturating_duration_since(pending.issued);
    let unanswered = Unanswered { request, issued: pending.issued, is_in_doubt: true, now };
    let settling = Settling { room, ticket: &ticket, sent: &sent, is_away: false };
    if !ticket.is_read() {
        room.health().write(elapsed);
        note_write(&settling, frame, &unanswered);
        if !matches!(ticket.purpose, Purpose::Pull) {
            return Some(settling.outcome(frame));
        }
    }
    if matches!(ticket.purpose, Purpose::Keys) {
        return Some(settling.outcome(frame));
    }
    if is_overruled(room, sent.key(0), now) {
        return Some(fall_back(room, &ticket, &unanswered));
    }
    match ticket.purpose {
        Purpose::Get { is_bare } => {
            let stored = if let Node::Bulk(stored) = frame.node() { Some(stored) } else { None };
            pending_fill::saw_value(room.stand_in, sent.key(0), stored, now, next);
            let found = stored.and_then(|stored| settling.found((stored, None, false)));
            if found.is_some_and(|found| found.entry.has_tags() || found.entry.grace_ms > 0) {
                look_whole(room, ticket, pending, sent.key(0), next);
                return None;
            }
            room.health().read(elapsed, found.is_some());
            Some(settling.answer(found.as_ref(), is_bare))
        }
        _ => {
            let outcome = read_whole(&settling, frame, now);
            room.health().read(elapsed, !matches!(outcome, Outcome::Undefined));
            Some(outcome)
        }
    }
}

/// A GET has found an entry with grace or tags: its lifetime and its tags are asked for.
fn look_whole<T: Carries>(
    room: &Room<'_>,
    mut ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    key: &[u8],
    next: &mut impl Requests<PendingRequest<T>>,
) {
    if let Purpose::Get { is_bare } = ticket.purpose {
        ticket.purpose = Purpose::Look { is_bare };
    }
    ticket.cache.read_whole_from_now_on();
    let begin = room.keys.tags_of(key);
    let deadline = pending.deadline(room.stand_in.node());
    next.push(pending.with(T::from(ticket)), deadline, |out| {
        append_script(out, Script::Look, &[key], &[&begin, b"r"]);
        1
    });
}

/// A reply that says lifetime and tags, as far as the journal does not know better.
fn read_whole<'a>(settling: &Settling<'_>, frame: Frame<'a>, now: Instant) -> Outcome<'a> {
    let key = settling.sent.key(0);
    let (room, ticket) = (settling.room, settling.ticket);
    let Node::Array(mut items) = frame.node() else {
        room.stand_in.local_state().memory.delete(key, now);
        return settling.outcome(frame);
    };
    let seen = looked(&mut items);
    let entry = seen.and_then(|(bytes, left, _)| Some((Entry::parse(bytes)?, bytes, left)));
    let Some((entry, bytes, left)) = entry else { return settling.outcome(frame) };
    if !matches!(ticket.purpose, Purpose::Pull) {
        remember(room, key, (&entry, bytes, left), now);
    }
    match journalled_verdict(room, key, &entry, now) {
        Verdict::Unchanged => settling.outcome(frame),
        // The replay tells Redis; until then this process must not answer it.
        _ if matches!(ticket.purpose, Purpose::Take { .. }) => settling.untaken(),
        Verdict::Hard => settling.answer(None, matches!(ticket.purpose, Purpose::Look { is_bare: true })),
        Verdict::Soft => {
            let found = settling.found((bytes, Some(left), true));
            settling.answer(found.as_ref(), matches!(ticket.purpose, Purpose::Look { is_bare: true }))
        }
    }
}

/// Whether the journal knows more of an entry than Redis.
fn is_overruled(room: &Room<'_>, key: &[u8], now: Instant) -> bool {
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
    verdicts.fold(Verdict::Unchanged, |worst, verdict| match (worst, verdict) {
        (Verdict::Hard, _) | (_, Verdict::Hard) => Verdict::Hard,
        (Verdict::Soft, _) | (_, Verdict::Soft) => Verdict::Soft,
        _ => Verdict::Unchanged,
    })
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
fn note_write(settling: &Settling<'_>, frame: Frame<'_>, unanswered: &Unanswered<'_>) {
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
            if stored != Kept::Kept as i64 {
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
    let places = sent.arguments.iter().skip(12).filter_map(|place| super::request::integer(place));
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

/// The server's refusal.
pub fn refused<T: Carries>(
    room: &Room<'_>,
    ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    (error, request): (Error, &[u8]),
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) -> Option<Outcome<'static>> {
    // Nothing has run: the server does not know the script yet.
    if error.redis_code() == Some("NOSCRIPT") {
        let deadline = pending.deadline(room.stand_in.node());
        let from = next.buffer().len();
        if now < deadline && append_eval(request, text_of, next.buffer()) {
            next.commit(from, 1, pending.with(T::from(ticket)), deadline);
            return None;
        }
    }
    let policy = ErrorPolicy::of(&error);
    if error.redis_code() == Some("READONLY") {
        room.stand_in.node().dialer().require_primary();
    }
    if matches!(policy, ErrorPolicy::Later | ErrorPolicy::Replace) {
        return lost(room, ticket, pending, request, false, now);
    }
    room.health().failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses calls");
    let sent = Sent::parse(request)?;
    Some(match &ticket.purpose {
        Purpose::Clear(clearing) => {
            let ended = clearing.of_outage(ticket.sequence, pending.issued);
            replay::clearing_ended(room.stand_in, &ended, false, now, next);
            Outcome::Boolean(false)
        }
        Purpose::Get { is_bare } if error.redis_code() == Some("WRONGTYPE") => {
            room.health().counters().corrupt_values.increment();
            Settling { room, ticket: &ticket, sent: &sent, is_away: false }.answer(None, *is_bare)
        }
        Purpose::Fill | Purpose::FillNothing => Outcome::Integer(Kept::Lost as i64),
        Purpose::Guard { phase: Phase::Begin } => Outcome::Null,
        _ if ticket.is_read() => return lost(room, ticket, pending, request, false, now),
        _ => Outcome::Boolean(false),
    })
}

/// The outcome of a request that Redis did not answer.
pub fn lost(
    room: &Room<'_>,
    ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    request: &[u8],
    is_in_doubt: bool,
    now: Instant,
) -> Option<Outcome<'static>> {
    if let Purpose::Clear(clearing) = &ticket.purpose {
        let lost = clearing.of_outage(ticket.sequence, pending.issued);
        replay::clearing_lost(room.stand_in, &lost, now);
        if clearing.is_replayed() {
            // The journal has it still.
            return Some(Outcome::Boolean(false));
        }
    }
    let unanswered = Unanswered { request, issued: pending.issued, is_in_doubt, now };
    Some(fall_back(room, &ticket, &unanswered))
}

/// Whether a request goes where another node of a cluster says. `keeper` is the owner of its slot.
pub fn may_follow(
    own: &Room<'_>,
    keeper: &Room<'_>,
    ticket: &Ticket,
    to: &Redirection,
    request: &[u8],
) -> Followed {
    if !ticket.is_for_caller() {
        return Followed::No;
    }
    if let Purpose::Clear(clearing) = &ticket.purpose {
        own.stand_in.local_state().clear_memory(clearing.index());
        return Followed::Yes;
    }
    let is_journalled = || {
        let local_state = keeper.stand_in.local_state();
        !local_state.journal.is_empty()
            && Sent::parse(request).is_some_and(|sent| local_state.journal.entry(sent.key(0)).is_some())
    };
    if !matches!(to, Redirection::Moved { .. }) && is_journalled() {
        return Followed::AnsweredHere;
    }
    Followed::Yes
}

/// Whether a reply is of a type that its request can have.
pub fn is_expected(ticket: &Ticket, frame: Frame<'_>) -> bool {
    let node = frame.node();
    match &ticket.purpose {
        Purpose::Get { .. } => matches!(node, Node::Bulk(_) | Node::Null),
        Purpose::Look { .. } | Purpose::Pull => matches!(node, Node::Array(_) | Node::Null),
        Purpose::Take { .. } | Purpose::Fill | Purpose::Set | Purpose::Keys | Purpose::Clear(_) => {
            matches!(node, Node::Array(_))
        }
        Purpose::FillNothing
        | Purpose::Renew
        | Purpose::Fail
        | Purpose::Drop
        | Purpose::Tags { .. }
        | Purpose::Guard { .. } => matches!(node, Node::Integer(_)),
    }
}

fn send_page<T: Carries>(
    room: &Room<'_>,
    ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) {
    let Purpose::Clear(clearing) = &ticket.purpose else { return };
    // What was asked for long ago has no caller whose time is up.
    let since = if clearing.is_replayed() { now } else { pending.issued };
    let from = next.buffer().len();
    clearing.append(next.buffer());
    next.commit(from, 1, pending.with(T::from(ticket)), room.stand_in.node().deadline(since));
}

fn cleared<T: Carries>(
    room: &Room<'_>,
    clearing: &Clearing,
    (sequence, issued): (u64, Instant),
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) -> Outcome<'static> {
    if clearing.begin().is_empty() {
        let ended = clearing.of_outage(sequence, issued);
        replay::clearing_ended(room.stand_in, &ended, true, now, next);
    } else {
        room.stand_in.local_state().clear_memory(clearing.index());
    }
    Outcome::Integer(clearing.removed())
}

/// Sends a clearing that the journal holds. False where it cannot be.
pub fn send_journalled<T: Carries>(
    room: &Room<'_>,
    clear: &Clear,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> bool {
    let clearing = Clearing::replayed(room.keys, &clear.index, clear.organization.as_deref(), clear.at);
    let from = out.buffer().len();
    clearing.append(out.buffer());
    let cache = super::caches::Cache::nameless();
    let early = cache.options.call.early_refresh;
    let ticket = Ticket { sequence: clear.sequence, cache, early, purpose: Purpose::Clear(clearing) };
    out.commit(
        from,
        1,
        PendingRequest::unasked(T::from(Box::new(ticket)), now),
        room.stand_in.node().deadline(now),
    );
    true
}
