//! A call on its way to Redis and its reply on the way back; and what becomes of it where no reply comes.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::answer::Kept;
use super::away::{Unanswered, fall_back};
use super::caches::Cache;
use super::call::{Call, Phase};
use super::clearing::Clearing;
use super::near::{self, Involvement};
use super::plan::{append_take_after, plan};
use super::record::Verdict;
use super::remembered::{entry_in, is_overruled, journalled_says, note_write, remember_found};
use super::request::{Sent, append_script};
use super::room::Room;
use super::scripts::{Script, text_of};
use super::settle::Settling;
use super::ticket::{Carries, Purpose, Ticket};
use crate::error::{Error, Result};
use crate::health::{Seat, State};
use crate::journal::{Clear, Write};
use crate::lane::{Frame, Node, Requests, append_command};
use crate::outage::{Change, Read, Step, pending_fill, replay};
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
    if let Some(outcome) = room.answer_alone(call)?.or_else(|| near::answer_call(room, call, now)) {
        return Ok(Some(outcome));
    }
    let stand_in = room.stand_in;
    if !stand_in.answers() && !room.is_told.swap(true, Ordering::Relaxed) {
        tell_scripts(room, now, out);
    }
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

/// A connection stands: the server is told the scripts where calls need them, before what waits for it. Were a script
/// unknown, its request would be sent once more, behind later ones.
pub fn connected<T: Carries>(room: &Room<'_>, now: Instant, out: &mut impl Requests<PendingRequest<T>>) {
    let needs_scripts = room.caches.is_any();
    room.is_told.store(needs_scripts, Ordering::Relaxed);
    if needs_scripts {
        tell_scripts(room, now, out);
    }
}

fn tell_scripts<T: Carries>(room: &Room<'_>, now: Instant, out: &mut impl Requests<PendingRequest<T>>) {
    for script in Script::all() {
        let cache = Cache::nameless();
        let early = cache.options.call.early_refresh;
        let (near, seat) = (Involvement::None, Seat::default());
        let ticket = Ticket { sequence: 0, cache, early, purpose: Purpose::Load, near, seat };
        let request = PendingRequest::unasked(T::from(Box::new(ticket)), now);
        out.push(request, room.stand_in.node().deadline(now), |bytes| {
            append_command(bytes, &[b"SCRIPT", b"LOAD", script.text()]);
            1
        });
    }
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
    // Each of them goes forward, whatever is said of the first.
    let is_awaited = entries.iter().filter(|key| !forward(key, is_read)).count() > 0;
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
        Purpose::Get { is_bare, .. } | Purpose::Look { is_bare } => settling.answer(None, is_bare),
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
    if let Purpose::Load = ticket.purpose {
        return None;
    }
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
        Purpose::Get { .. } => read(room, ticket, pending, (frame, &sent), now, next),
        Purpose::Take { attempt, is_first } if journalled_says(&settling, frame, now).is_none() => {
            remember_found(&settling, frame, now);
            if is_first {
                let is_found = entry_in(frame).is_some();
                room.health().read(elapsed, is_found);
                ticket.cache.has_read(is_found);
            }
            near::saw_whole(&settling, frame, now);
            let outcome = settling.taken(frame, attempt);
            if outcome.is_none() {
                take_over(&sent, ticket, pending, room, next);
            }
            outcome
        }
        _ => {
            let outcome = read_whole(&settling, frame, now);
            room.health().read(elapsed, !matches!(outcome, Outcome::Undefined));
            Some(outcome)
        }
    }
}

/// The reply to a GET.
fn read<'a, T: Carries>(
    room: &Room<'_>,
    ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    (frame, sent): (Frame<'a>, &Sent<'_>),
    now: Instant,
    next: &mut impl Requests<PendingRequest<T>>,
) -> Option<Outcome<'a>> {
    let key = sent.key(0);
    let stored = if let Node::Bulk(stored) = frame.node() { Some(stored) } else { None };
    pending_fill::saw_value(room.stand_in, key, stored, now, next);
    let settling = Settling { room, ticket: &ticket, sent, is_away: false };
    let found = stored.and_then(|stored| settling.found((stored, None, false)));
    if found.is_some_and(|found| found.entry.has_tags() || found.entry.grace_ms > 0) {
        look_whole(room, ticket, pending, key, next);
        return None;
    }
    room.health().read(now.saturating_duration_since(pending.issued), found.is_some());
    ticket.cache.has_read(found.is_some());
    near::saw(&settling, stored.map(|stored| (stored, None, false)), now);
    if found.is_none() && may_take(room, &ticket) {
        take_next(room, ticket, pending, (key, false), next);
        return None;
    }
    let is_bare = matches!(ticket.purpose, Purpose::Get { is_bare: true, .. });
    Some(settling.answer(found.as_ref(), is_bare))
}

/// Whether the lease is taken next, where a GET has not found what it was to find.
fn may_take(room: &Room<'_>, ticket: &Ticket) -> bool {
    // What the journal holds is yet to be told to Redis: of keys and tags it is asked call by call.
    matches!(ticket.purpose, Purpose::Get { takes: Some(_), .. }) && room.stand_in.is_redis_up_to_date()
}

/// Takes the lease, unless something fresh is there by now. `is_first`: or is there already.
fn take_next<T: Carries>(
    room: &Room<'_>,
    mut ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    (key, is_first): (&[u8], bool),
    next: &mut impl Requests<PendingRequest<T>>,
) {
    let before = std::mem::replace(&mut ticket.purpose, Purpose::Take { attempt: 0, is_first });
    let Purpose::Get { takes: Some(tags), .. } = before else { return };
    let from = next.buffer().len();
    append_take_after(next.buffer(), room.keys, &ticket.cache, key, &tags);
    next.commit(from, 1, pending.with(T::from(ticket)), pending.deadline(room.stand_in.node()));
}

/// A GET has found an entry with grace or tags: its lifetime and its tags are asked for.
fn look_whole<T: Carries>(
    room: &Room<'_>,
    mut ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    key: &[u8],
    next: &mut impl Requests<PendingRequest<T>>,
) {
    ticket.cache.read_whole_from_now_on();
    if may_take(room, &ticket) {
        return take_next(room, ticket, pending, (key, true), next);
    }
    if let Purpose::Get { is_bare, .. } = ticket.purpose {
        ticket.purpose = Purpose::Look { is_bare };
    }
    let begin = room.keys.tags_of(key);
    let deadline = pending.deadline(room.stand_in.node());
    next.push(pending.with(T::from(ticket)), deadline, |out| {
        append_script(out, Script::LOOK, &[key], &[&begin, b"r"]);
        1
    });
}

/// What is there is no value of this cache, so its lease is taken whatever it is.
fn take_over<T: Carries>(
    sent: &Sent<'_>,
    ticket: Box<Ticket>,
    pending: &PendingRequest<()>,
    room: &Room<'_>,
    next: &mut impl Requests<PendingRequest<T>>,
) {
    let mut arguments = sent.arguments.clone();
    arguments[1] = b"f";
    let from = next.buffer().len();
    append_script(next.buffer(), Script::LOOK, &sent.keys, &arguments);
    next.commit(from, 1, pending.with(T::from(ticket)), pending.deadline(room.stand_in.node()));
}

/// The answer to a reply that says lifetime and tags, as far as the journal does not know better.
fn read_whole<'a>(settling: &Settling<'_>, frame: Frame<'a>, now: Instant) -> Outcome<'a> {
    let ticket = settling.ticket;
    if !matches!(ticket.purpose, Purpose::Pull) {
        remember_found(settling, frame, now);
        near::saw_whole(settling, frame, now);
    }
    let is_bare = matches!(ticket.purpose, Purpose::Look { is_bare: true });
    match journalled_says(settling, frame, now) {
        None | Some(Verdict::Unchanged) => settling.outcome(frame),
        // The replay tells Redis; until then this process must not answer it.
        Some(_) if matches!(ticket.purpose, Purpose::Take { is_first: false, .. }) => settling.untaken(),
        Some(Verdict::Hard) => settling.answer(None, is_bare),
        Some(Verdict::Soft) => {
            let found =
                entry_in(frame).and_then(|(_, bytes, left)| settling.found((bytes, Some(left), true)));
            settling.answer(found.as_ref(), is_bare)
        }
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
    if let Purpose::Load = ticket.purpose {
        return None;
    }
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
            near::clearing(room, clearing);
            let ended = clearing.of_outage(ticket.sequence, pending.issued);
            replay::clearing_ended(room.stand_in, &ended, false, now, next);
            Outcome::Boolean(false)
        }
        Purpose::Get { is_bare, .. } if error.redis_code() == Some("WRONGTYPE") => {
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
    if let Purpose::Load = ticket.purpose {
        return None;
    }
    if let Purpose::Clear(clearing) = &ticket.purpose {
        near::clearing(room, clearing);
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
        Purpose::Load => matches!(node, Node::Bulk(_)),
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
    near::clearing(room, clearing);
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
    let cache = Cache::nameless();
    let early = cache.options.call.early_refresh;
    near::clearing(room, &clearing);
    let (purpose, seat) = (Purpose::Clear(clearing), Seat::default());
    let ticket = Ticket { sequence: clear.sequence, cache, early, purpose, near: Involvement::None, seat };
    out.commit(
        from,
        1,
        PendingRequest::unasked(T::from(Box::new(ticket)), now),
        room.stand_in.node().deadline(now),
    );
    true
}
