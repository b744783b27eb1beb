//! Bringing Redis up to date after an outage.
//!
//! The journal goes out in small batches, two under way at a time: a batch keeps the server for well under a
//! millisecond, so live calls in between hardly notice. A call for a key that still waits takes its
//! replay along, in front of itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::local_state::LocalState;
use super::recovery::Recovery;
use super::replay_request::{ReplayRequest, append_by_rule, append_fields};
use super::stand_in::{ClearingOf, StandIn};
use super::step::Step;
use crate::error::Error;
use crate::health::{ReplayProgress, State};
use crate::journal::{Clear, Entry, EntryContent};
use crate::lane::{Frame, Node, Requests};
use crate::redis::{ErrorPolicy, PendingRequest};

/// Entries that one script replays at most. More of them replay faster and hold live calls up longer:
/// `npm run bench -- --only outage` shows both...
const BATCH_ENTRIES: usize = 8;
/// ... and their bytes, unless one alone has more.
const BATCH_BYTES: usize = 256 * 1024;
/// Batches under way. One waits at the server while the other travels.
const BATCHES_UNDER_WAY: usize = 2;
/// When what the server has refused is tried again: it has no memory or no disk, and needs no hammering.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Progress is told this often.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// What one request replays.
#[derive(Debug)]
pub struct Replay {
    entries: Vec<(Arc<[u8]>, u64)>,
    generation: u64,
    /// A caller took it along: it is no part of the window.
    is_out_of_turn: bool,
}

/// A connection stands. True where there is something to bring up to date; the state says so then. `is_held`: not
/// before `fence_passed`. `clear` sends a clearing and says whether it could.
pub fn begin<T: From<Box<Replay>>, O: Requests<PendingRequest<T>>>(
    stand_in: &StandIn,
    is_held: bool,
    now: Instant,
    out: &mut O,
    clear: impl FnMut(&Clear, &mut O) -> bool,
) -> bool {
    let mut local = stand_in.local_state();
    let LocalState { journal, recovery, .. } = &mut *local;
    stand_in.take_wanted_recovery();
    journal.rewind();
    *recovery = Recovery {
        generation: recovery.generation + 1,
        is_held,
        written: std::mem::take(&mut recovery.written),
        ..Recovery::default()
    };
    // The fence's answer may not come.
    recovery.try_again_at = is_held.then(|| stand_in.node.deadline(now));
    let is_due = !journal.is_empty();
    if is_due {
        stand_in.health().enter(State::Recovering);
        send_clearings(&mut local, out, clear);
        send_batches(stand_in, &mut local, now, out);
    }
    stand_in.backlog_is_on_its_way();
    is_due
}

/// A driver has its turn: where the journal has got something while Redis was there, the replay begins.
pub fn take_turn<T: From<Box<Replay>>, O: Requests<PendingRequest<T>>>(
    stand_in: &StandIn,
    now: Instant,
    out: &mut O,
    clear: impl FnMut(&Clear, &mut O) -> bool,
) {
    if !stand_in.take_wanted_recovery() {
        return;
    }
    let mut local = stand_in.local_state();
    if local.journal.is_empty() {
        return;
    }
    stand_in.health().enter(State::Recovering);
    if local.recovery.under_way == 0 {
        send_clearings(&mut local, out, clear);
    }
    send_batches(stand_in, &mut local, now, out);
    end_recovery(stand_in, &mut local, now);
}

/// Nothing of an earlier connection can run any more.
pub fn fence_passed<T: From<Box<Replay>>, O: Requests<PendingRequest<T>>>(
    stand_in: &StandIn,
    now: Instant,
    out: &mut O,
    clear: impl FnMut(&Clear, &mut O) -> bool,
) {
    let mut local = stand_in.local_state();
    if std::mem::take(&mut local.recovery.is_held) {
        local.recovery.try_again_at = None;
        send_clearings(&mut local, out, clear);
        send_batches(stand_in, &mut local, now, out);
        end_recovery(stand_in, &mut local, now);
    }
}

/// When what was refused is to be tried again.
pub fn due(stand_in: &StandIn) -> Option<Instant> {
    if stand_in.health().state() != State::Recovering {
        return None;
    }
    stand_in.local_state().recovery.try_again_at
}

pub fn try_again<T: From<Box<Replay>>, O: Requests<PendingRequest<T>>>(
    stand_in: &StandIn,
    now: Instant,
    out: &mut O,
    clear: impl FnMut(&Clear, &mut O) -> bool,
) {
    let mut local = stand_in.local_state();
    if local.recovery.try_again_at.is_some_and(|at| at <= now) {
        local.recovery.try_again_at = None;
        local.recovery.is_held = false;
        local.journal.rewind();
        send_clearings(&mut local, out, clear);
        send_batches(stand_in, &mut local, now, out);
        end_recovery(stand_in, &mut local, now);
    }
}

fn send_clearings<O>(local: &mut LocalState, out: &mut O, mut clear: impl FnMut(&Clear, &mut O) -> bool) {
    let LocalState { journal, recovery, .. } = local;
    if recovery.is_held {
        return;
    }
    for pending in journal.clears() {
        if clear(pending, out) {
            recovery.under_way += 1;
        }
    }
}

fn send_batches<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    local: &mut LocalState,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) {
    while !local.recovery.is_held && local.recovery.under_way < batches_under_way(stand_in) {
        if !send_batch(stand_in, local, now, out) {
            return;
        }
    }
}

/// A script's keys must share a slot, and those of an organization are no more than one entry's.
fn batch_entries(stand_in: &StandIn) -> usize {
    if stand_in.node.is_in_cluster() { 1 } else { BATCH_ENTRIES }
}

fn batches_under_way(stand_in: &StandIn) -> usize {
    if stand_in.node.is_in_cluster() { BATCH_ENTRIES * BATCHES_UNDER_WAY } else { BATCHES_UNDER_WAY }
}

fn send_batch<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    local: &mut LocalState,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> bool {
    let LocalState { journal, recovery, .. } = local;
    let mut request = ReplayRequest::default();
    let mut count = 0;
    journal.hand_out(|entry| {
        if count == batch_entries(stand_in) || (count > 0 && request.byte_count() >= BATCH_BYTES) {
            return false;
        }
        count += 1;
        match &entry.content {
            EntryContent::Fields { .. } => {
                recovery.under_way += 1;
                let replay = Replay::of(vec![named(entry)], recovery.generation);
                push(stand_in, replay, now, out, |bytes| append_fields(entry, now, bytes));
            }
            _ if is_by_rule(stand_in, entry) => {
                recovery.under_way += 1;
                let replay = Replay::of(vec![named(entry)], recovery.generation);
                push(stand_in, replay, now, out, |bytes| {
                    append_by_rule(&stand_in.keys, entry, now, bytes);
                });
            }
            _ => request.add(entry, now),
        }
        true
    });
    if !request.is_empty() {
        recovery.under_way += 1;
        let replay = Replay::of(request.take_names(), recovery.generation);
        push(stand_in, replay, now, out, |bytes| request.append(bytes));
    }
    count > 0
}

/// Whether a rule of its key says how the write is merged, and not its lifetime.
fn is_by_rule(stand_in: &StandIn, entry: &Entry) -> bool {
    stand_in.keys.entry_rule(&entry.key).is_some()
}

fn push<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    replay: Replay,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
    append: impl FnOnce(&mut Vec<u8>),
) {
    let request = PendingRequest::unasked(T::from(Box::new(replay)), now);
    out.push(request, stand_in.node.deadline(now), |bytes| {
        append(bytes);
        1
    });
}

/// A live call meets keys that may still wait for their replay, which then goes first. False for a read of a
/// value that is yet to be cleared: that is a miss.
pub fn bring_forward<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    step: &Step<'_>,
    sequence: u64,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> bool {
    let mut local = stand_in.local_state();
    if let Step::Read(read) = step
        && stand_in.awaits_clearing(read.key(), &local)
    {
        return false;
    }
    let is_clearing = local.has_clearings();
    let LocalState { journal, recovery, .. } = &mut *local;
    for key in step.keys() {
        if is_clearing && !step.is_read() {
            recovery.note_written(key, sequence);
        }
        journal.hand_out_key(key, |entry| {
            let replay =
                Replay { is_out_of_turn: true, ..Replay::of(vec![named(entry)], recovery.generation) };
            push(stand_in, replay, now, out, |bytes| {
                if let EntryContent::Fields { .. } = &entry.content {
                    append_fields(entry, now, bytes);
                } else if !append_by_rule(&stand_in.keys, entry, now, bytes) {
                    let mut request = ReplayRequest::default();
                    request.add(entry, now);
                    request.append(bytes);
                }
            });
        });
    }
    true
}

/// A caller's clearing is about to go out during the replay: acknowledged writes that wait here are older.
/// Where there is no room to note it, it goes out all the same.
pub fn note_clearing(stand_in: &StandIn, clearing: &ClearingOf<'_>) {
    let ClearingOf { index, organization, sequence, asked_at, .. } = *clearing;
    let _ = stand_in.local_state().journal.clear(index, organization, sequence, asked_at);
}

/// Redis has answered a replay. Where it refuses what none of its calls would get, the connection is of no
/// use: its refusal is given back.
pub fn answered<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    replay: Replay,
    answer: Result<Frame<'_>, Error>,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> Option<Error> {
    let mut local = stand_in.local_state();
    if replay.generation != local.recovery.generation {
        return None;
    }
    if !replay.is_out_of_turn {
        local.recovery.under_way -= 1;
    }
    let unusable = match answer {
        Ok(frame) => settle(stand_in, &replay, frame, &mut local),
        Err(error) => refused(stand_in, replay, error, &mut local, now, out),
    };
    if unusable.is_none() {
        send_batches(stand_in, &mut local, now, out);
        end_recovery(stand_in, &mut local, now);
    }
    unusable
}

fn settle(stand_in: &StandIn, replay: &Replay, frame: Frame<'_>, local: &mut LocalState) -> Option<Error> {
    let (Node::Array(answers) | Node::Map(answers)) = frame.node() else { return None };
    for ((key, sequence), answer) in replay.entries.iter().zip(answers) {
        match answer {
            Node::Integer(done) => {
                local.note_written(key, *sequence);
                local.journal.settle(key, *sequence);
                if done == 1 {
                    local.recovery.replayed += 1;
                    stand_in.health().counters().replayed.increment();
                } else {
                    // What is in Redis is newer than what memory has.
                    local.memory.delete(key, Instant::now());
                    local.recovery.superseded += 1;
                    stand_in.health().counters().superseded.increment();
                }
            }
            Node::Bulk(line) | Node::Status(line) | Node::Error(line) => {
                let error = Error::reply(&String::from_utf8_lossy(line));
                if let Some(unusable) = entry_refused(stand_in, key, *sequence, error, local) {
                    return Some(unusable);
                }
            }
            _ => {}
        }
    }
    None
}

/// A whole request was refused. One entry of many may be at fault: each is then asked for alone.
fn refused<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    replay: Replay,
    error: Error,
    local: &mut LocalState,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) -> Option<Error> {
    let Replay { entries, generation, .. } = replay;
    if ErrorPolicy::of(&error) == ErrorPolicy::Replace {
        return Some(error);
    }
    if error.redis_code() == Some("CLUSTERDOWN") {
        // It says so of each entry alike: they stay, and are tried again.
        local.recovery.refused += entries.len() as u64;
        stand_in.health().failed("CLUSTERDOWN", "Redis refuses what the journal holds");
        return None;
    }
    if let [(key, sequence)] = &entries[..] {
        return entry_refused(stand_in, key, *sequence, error, local);
    }
    for (key, sequence) in entries {
        let Some(entry) = local.journal.entry(&key).filter(|entry| entry.sequence == sequence) else {
            continue;
        };
        local.recovery.under_way += 1;
        push(stand_in, Replay::of(vec![(key.clone(), sequence)], generation), now, out, |bytes| {
            if !append_by_rule(&stand_in.keys, entry, now, bytes) {
                let mut request = ReplayRequest::default();
                request.add(entry, now);
                request.append(bytes);
            }
        });
    }
    None
}

fn entry_refused(
    stand_in: &StandIn,
    key: &[u8],
    sequence: u64,
    error: Error,
    local: &mut LocalState,
) -> Option<Error> {
    let code = error.redis_code().unwrap_or_default().to_owned();
    local.recovery.refused += 1;
    stand_in.health().failed(&code, "Redis refuses what the journal holds");
    match ErrorPolicy::of(&error) {
        ErrorPolicy::Replace => return Some(error),
        // It stays, and is tried again.
        ErrorPolicy::Wait | ErrorPolicy::Later => {}
        // No later attempt would end differently.
        ErrorPolicy::Refuse => {
            stand_in.health().counters().replay_failed.increment();
            local.journal.settle(key, sequence);
        }
    }
    None
}

/// No answer has come to a replay: it stays in the journal.
pub fn lost(stand_in: &StandIn, replay: &Replay, now: Instant) {
    let mut local = stand_in.local_state();
    if replay.generation == local.recovery.generation && !replay.is_out_of_turn {
        local.recovery.under_way -= 1;
        end_recovery(stand_in, &mut local, now);
    }
}

/// No answer has come to a clearing. Nothing is sent in its place: where its time ran out, that of others would.
pub fn clearing_lost(stand_in: &StandIn, clearing: &ClearingOf<'_>, now: Instant) {
    let mut local = stand_in.local_state();
    if clearing.is_replayed {
        local.recovery.under_way = local.recovery.under_way.saturating_sub(1);
    }
    end_recovery(stand_in, &mut local, now);
}

/// A clearing has been carried out, or was refused for now.
pub fn clearing_ended<T: From<Box<Replay>>>(
    stand_in: &StandIn,
    clearing: &ClearingOf<'_>,
    is_done: bool,
    now: Instant,
    out: &mut impl Requests<PendingRequest<T>>,
) {
    let mut local = stand_in.local_state();
    if is_done {
        local.clear_memory(clearing.index);
        local.journal.settle_clear(clearing.index, clearing.sequence);
        if !local.has_clearings() {
            local.recovery.written = HashMap::new();
        }
    }
    if clearing.is_replayed {
        local.recovery.under_way = local.recovery.under_way.saturating_sub(1);
        send_batches(stand_in, &mut local, now, out);
    }
    end_recovery(stand_in, &mut local, now);
}

/// Tells how far it has come; where nothing is left, Redis is up to date.
fn end_recovery(stand_in: &StandIn, local: &mut LocalState, now: Instant) {
    if stand_in.health().state() != State::Recovering || local.recovery.is_held {
        return;
    }
    let LocalState { journal, recovery, .. } = local;
    let is_done = journal.is_empty();
    let is_due = recovery.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_EVERY);
    if is_done || is_due {
        recovery.told_at = Some(now);
        let Recovery { replayed, superseded, refused, .. } = *recovery;
        let left = journal.len();
        stand_in.health().replay_progress(ReplayProgress { replayed, superseded, refused, left });
    }
    if is_done {
        recovery.try_again_at = None;
        stand_in.health().enter(State::Ready);
    } else if recovery.under_way == 0 {
        recovery.try_again_at.get_or_insert(now + TRY_AGAIN_AFTER);
    }
}

impl Replay {
    fn of(entries: Vec<(Arc<[u8]>, u64)>, generation: u64) -> Replay {
        Replay { entries, generation, is_out_of_turn: false }
    }
}

fn named(entry: &Entry) -> (Arc<[u8]>, u64) {
    (entry.key.clone(), entry.sequence)
}
