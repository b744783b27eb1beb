//! Bringing Redis up to date after an outage.
//!
//! The journal goes out in small batches, two under way at a time: a batch keeps the server for well under a
//! millisecond, so live calls in between hardly notice. Who calls for a key that still waits takes its
//! replay along, in front of the call itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::call::Call;
use super::clearing::Clearing;
use super::core::Core;
use super::local_state::LocalState;
use super::replay_request::{ReplayRequest, append_fields};
use super::request::Operation;
use super::ticket::{CacheRequest, CacheTicket, Purpose, unasked};
use crate::error::Error;
use crate::health::{ReplayProgress, State};
use crate::journal::{Entry, EntryContent};
use crate::lane::{Frame, Node, Requests};
use crate::redis::{ErrorPolicy, Outcome};

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

/// How far the replay has come.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Counts connections: what an earlier one carried no longer counts.
    generation: u64,
    /// Batches and clearings under way.
    under_way: usize,
    /// Waits for the fence.
    is_held: bool,
    try_again_at: Option<Instant>,
    told_at: Option<Instant>,
    /// The sequences of writes to keys that are in Redis, or on their way, while the journal holds clearings.
    written: HashMap<Box<[u8]>, u64>,
    replayed: u64,
    superseded: u64,
    refused: u64,
}

impl Recovery {
    /// The sequence of the last write to this key that a clearing may have to spare.
    pub(super) fn written_at(&self, key: &[u8]) -> Option<u64> {
        self.written.get(key).copied()
    }

    pub(super) fn note_written(&mut self, key: &[u8], sequence: u64) {
        let last = self.written.entry(key.into()).or_insert(sequence);
        *last = sequence.max(*last);
    }
}

/// What one request replays.
#[derive(Debug)]
pub struct Replay {
    entries: Vec<(Arc<[u8]>, u64)>,
    generation: u64,
    /// A caller took it along: it is no part of the window.
    is_out_of_turn: bool,
}

impl Core {
    /// A connection stands. True where there is something to bring up to date; the state says so then. `held`: not
    /// before `release_recovery`.
    pub(super) fn begin_recovery(
        &self,
        held: bool,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> bool {
        let mut local = self.local_state();
        let LocalState { journal, recovery, extensions, .. } = &mut *local;
        self.wants_recovery.store(false, Ordering::Release);
        for request in extensions.drain(..) {
            out.push(unasked(Purpose::Upkeep, now), self.deadline(now), |bytes| {
                bytes.extend_from_slice(&request);
                1
            });
        }
        journal.rewind();
        *recovery = Recovery {
            generation: recovery.generation + 1,
            is_held: held,
            written: std::mem::take(&mut recovery.written),
            ..Recovery::default()
        };
        // The fence's answer may not come.
        recovery.try_again_at = held.then(|| self.deadline(now));
        let is_due = !journal.is_empty();
        if is_due {
            self.health().enter(State::Recovering);
            self.send_clearings(&mut local, now, out);
            self.send_batches(&mut local, now, out);
        }
        self.backlog_is_on_its_way();
        is_due
    }

    /// The journal has got something while Redis was there.
    pub(super) fn recover(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let mut local = self.local_state();
        if local.journal.is_empty() {
            return;
        }
        self.health().enter(State::Recovering);
        if local.recovery.under_way == 0 {
            self.send_clearings(&mut local, now, out);
        }
        self.send_batches(&mut local, now, out);
        self.end_recovery(&mut local, now);
    }

    /// Nothing of an earlier connection can run any more.
    pub(super) fn release_recovery(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let mut local = self.local_state();
        if std::mem::take(&mut local.recovery.is_held) {
            local.recovery.try_again_at = None;
            self.send_clearings(&mut local, now, out);
            self.send_batches(&mut local, now, out);
            self.end_recovery(&mut local, now);
        }
    }

    /// When what was refused is to be tried again.
    pub(super) fn recovery_due(&self) -> Option<Instant> {
        if self.health().state() != State::Recovering {
            return None;
        }
        self.local_state().recovery.try_again_at
    }

    pub(super) fn try_recovery_again(&self, now: Instant, out: &mut impl Requests<CacheRequest>) {
        let mut local = self.local_state();
        if local.recovery.try_again_at.is_some_and(|at| at <= now) {
            local.recovery.try_again_at = None;
            local.recovery.is_held = false;
            local.journal.rewind();
            self.send_clearings(&mut local, now, out);
            self.send_batches(&mut local, now, out);
            self.end_recovery(&mut local, now);
        }
    }

    fn send_clearings(&self, local: &mut LocalState, now: Instant, out: &mut impl Requests<CacheRequest>) {
        if local.recovery.is_held {
            return;
        }
        for clear in local.journal.clears() {
            let Ok(clearing) = Clearing::new(self, clear.organization.as_deref()) else { continue };
            let ticket = CacheTicket { sequence: clear.sequence, ..CacheTicket::new(Purpose::Upkeep) };
            let token = CacheRequest::unasked(ticket, now);
            clearing.asked_at(clear.at).ask(self, &token, now, out);
            local.recovery.under_way += 1;
        }
    }

    fn send_batches(&self, local: &mut LocalState, now: Instant, out: &mut impl Requests<CacheRequest>) {
        while !local.recovery.is_held && local.recovery.under_way < self.batches_under_way() {
            if !self.send_batch(local, now, out) {
                return;
            }
        }
    }

    /// A script's keys must share a slot, and those of an organization are no more than one entry's.
    fn batch_entries(&self) -> usize {
        if self.node.is_in_cluster() { 1 } else { BATCH_ENTRIES }
    }

    fn batches_under_way(&self) -> usize {
        if self.node.is_in_cluster() { BATCH_ENTRIES * BATCHES_UNDER_WAY } else { BATCHES_UNDER_WAY }
    }

    fn send_batch(
        &self,
        local: &mut LocalState,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> bool {
        let LocalState { journal, recovery, .. } = local;
        let mut request = ReplayRequest::default();
        let mut count = 0;
        journal.hand_out(|entry| {
            if count == self.batch_entries() || (count > 0 && request.byte_count() >= BATCH_BYTES) {
                return false;
            }
            count += 1;
            match &entry.content {
                EntryContent::Fields { .. } => {
                    recovery.under_way += 1;
                    let replay = Replay::of(vec![named(entry)], recovery.generation);
                    self.push_replay(replay, now, out, |bytes| append_fields(entry, now, bytes));
                }
                _ => request.add(entry, now),
            }
            true
        });
        if !request.is_empty() {
            recovery.under_way += 1;
            let replay = Replay::of(request.take_names(), recovery.generation);
            self.push_replay(replay, now, out, |bytes| request.append(bytes));
        }
        count > 0
    }

    fn push_replay(
        &self,
        replay: Replay,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
        append: impl FnOnce(&mut Vec<u8>),
    ) {
        out.push(unasked(Purpose::Replay(Box::new(replay)), now), self.deadline(now), |bytes| {
            append(bytes);
            1
        });
    }

    /// A live call meets a key that may still wait for its replay, which then goes first. Gives the outcome of a
    /// read of what is yet to be cleared.
    pub(super) fn bring_forward(
        &self,
        operation: &Operation<'_>,
        call: &Call<'_>,
        sequence: u64,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'static>> {
        let mut local = self.local_state();
        if self.is_cleared(operation, call, &local) {
            self.health().local_read(false, true);
            return Some(super::replies::miss(operation.kind()));
        }
        let LocalState { journal, recovery, .. } = &mut *local;
        let is_clearing = journal.clears().next().is_some();
        for key in [Some(operation.key()), operation.second_key()].into_iter().flatten() {
            if is_clearing && !operation.is_read() {
                recovery.note_written(key, sequence);
            }
            journal.hand_out_key(key, |entry| {
                let replay =
                    Replay { is_out_of_turn: true, ..Replay::of(vec![named(entry)], recovery.generation) };
                self.push_replay(replay, now, out, |bytes| match &entry.content {
                    EntryContent::Fields { .. } => append_fields(entry, now, bytes),
                    _ => {
                        let mut request = ReplayRequest::default();
                        request.add(entry, now);
                        request.append(bytes);
                    }
                });
            });
        }
        None
    }

    /// Redis has answered a replay. Where it refuses what none of its calls would get, the connection is of no
    /// use: its refusal is given back.
    pub(super) fn replayed(
        &self,
        replay: Replay,
        answer: Result<Frame<'_>, Error>,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> Option<Error> {
        let mut local = self.local_state();
        if replay.generation != local.recovery.generation {
            return None;
        }
        if !replay.is_out_of_turn {
            local.recovery.under_way -= 1;
        }
        let unusable = match answer {
            Ok(frame) => self.settle_replayed(&replay, frame, &mut local),
            Err(error) => self.replay_refused(replay, error, &mut local, now, out),
        };
        if unusable.is_none() {
            self.send_batches(&mut local, now, out);
            self.end_recovery(&mut local, now);
        }
        unusable
    }

    fn settle_replayed(&self, replay: &Replay, frame: Frame<'_>, local: &mut LocalState) -> Option<Error> {
        let (Node::Array(answers) | Node::Map(answers)) = frame.node() else { return None };
        for ((key, sequence), answer) in replay.entries.iter().zip(answers) {
            match answer {
                Node::Integer(done) => {
                    local.note_written(key, *sequence);
                    local.journal.settle(key, *sequence);
                    if done == 1 {
                        local.recovery.replayed += 1;
                        self.health().counters().replayed.increment();
                    } else {
                        // What is in Redis is newer than what memory has.
                        local.memory.delete(key, Instant::now());
                        local.recovery.superseded += 1;
                        self.health().counters().superseded.increment();
                    }
                }
                Node::Bulk(line) | Node::Status(line) | Node::Error(line) => {
                    let error = Error::reply(&String::from_utf8_lossy(line));
                    if let Some(unusable) = self.entry_refused(key, *sequence, error, local) {
                        return Some(unusable);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// A whole request was refused. One entry of many may be at fault: each is then asked for alone.
    fn replay_refused(
        &self,
        replay: Replay,
        error: Error,
        local: &mut LocalState,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> Option<Error> {
        let Replay { entries, generation, .. } = replay;
        if ErrorPolicy::of(&error) == ErrorPolicy::Replace {
            return Some(error);
        }
        if error.redis_code() == Some("CLUSTERDOWN") {
            // It says so of each entry alike: they stay, and are tried again.
            local.recovery.refused += entries.len() as u64;
            self.health().failed("CLUSTERDOWN", "Redis refuses what the journal holds");
            return None;
        }
        if let [(key, sequence)] = &entries[..] {
            return self.entry_refused(key, *sequence, error, local);
        }
        for (key, sequence) in entries {
            let Some(entry) = local.journal.entry(&key).filter(|entry| entry.sequence == sequence) else {
                continue;
            };
            local.recovery.under_way += 1;
            self.push_replay(Replay::of(vec![(key.clone(), sequence)], generation), now, out, |bytes| {
                let mut request = ReplayRequest::default();
                request.add(entry, now);
                request.append(bytes);
            });
        }
        None
    }

    fn entry_refused(
        &self,
        key: &[u8],
        sequence: u64,
        error: Error,
        local: &mut LocalState,
    ) -> Option<Error> {
        let code = error.redis_code().unwrap_or_default().to_owned();
        local.recovery.refused += 1;
        self.health().failed(&code, "Redis refuses what the journal holds");
        match ErrorPolicy::of(&error) {
            ErrorPolicy::Replace => return Some(error),
            // It stays, and is tried again.
            ErrorPolicy::Wait | ErrorPolicy::Later => {}
            // No later attempt would end differently.
            ErrorPolicy::Refuse => {
                self.health().counters().replay_failed.increment();
                local.journal.settle(key, sequence);
            }
        }
        None
    }

    /// No answer has come to a replay: it stays in the journal.
    pub(super) fn replay_lost(&self, replay: &Replay, now: Instant) {
        let mut local = self.local_state();
        if replay.generation == local.recovery.generation && !replay.is_out_of_turn {
            local.recovery.under_way -= 1;
            self.end_recovery(&mut local, now);
        }
    }

    /// The same of a clearing. Nothing is sent in its place: where its time ran out, that of others would.
    pub(super) fn clearing_lost(&self, clearing: &Clearing, now: Instant) {
        let mut local = self.local_state();
        if clearing.was_asked_at().is_some() {
            local.recovery.under_way = local.recovery.under_way.saturating_sub(1);
        }
        self.end_recovery(&mut local, now);
    }

    /// A clearing that the journal held has been carried out, or was refused for now.
    pub(super) fn clearing_ended(
        &self,
        clearing: &Clearing,
        token: &CacheRequest,
        is_done: bool,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) {
        let mut local = self.local_state();
        if is_done {
            local.clear_memory(clearing.index());
            local.journal.settle_clear(clearing.index(), token.ticket.sequence);
            if local.journal.clears().next().is_none() {
                local.recovery.written = HashMap::new();
            }
        }
        if clearing.was_asked_at().is_some() {
            local.recovery.under_way = local.recovery.under_way.saturating_sub(1);
            self.send_batches(&mut local, now, out);
        }
        self.end_recovery(&mut local, now);
    }

    /// The client has closed: says what it leaves behind.
    pub fn tell_what_is_left(&self) {
        let left = self.local_state().journal.len();
        let client = self.health().id();
        if self.is_reading_backlog() {
            tracing::warn!(
                client,
                "what ended processes left stays in CACHE_JOURNAL_DIR for the next process"
            );
        }
        if left == 0 {
            return;
        }
        match &self.config().journal_dir {
            Some(_) => tracing::warn!(client, left, "writes stay in CACHE_JOURNAL_DIR for the next process"),
            None => tracing::warn!(client, left, "writes were made while Redis was away and are lost"),
        }
    }

    /// Gives over which keys were written while clearings wait that another node carries out from now on.
    pub fn give_written(&self, is_given: impl Fn(&[u8]) -> bool, mut receive: impl FnMut(&[u8], u64)) {
        let mut local = self.local_state();
        let written = std::mem::take(&mut local.recovery.written);
        let (given, left): (HashMap<_, _>, HashMap<_, _>) =
            written.into_iter().partition(|(key, _)| is_given(key));
        local.recovery.written = left;
        given.iter().for_each(|(key, sequence)| receive(key, *sequence));
    }

    pub fn receive_written(&self, key: &[u8], sequence: u64) {
        self.local_state().recovery.note_written(key, sequence);
    }

    /// Tells how far it has come; where nothing is left, Redis is up to date.
    fn end_recovery(&self, local: &mut LocalState, now: Instant) {
        if self.health().state() != State::Recovering || local.recovery.is_held {
            return;
        }
        let LocalState { journal, recovery, .. } = local;
        let is_done = journal.is_empty();
        let is_due = recovery.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_EVERY);
        if is_done || is_due {
            recovery.told_at = Some(now);
            let Recovery { replayed, superseded, refused, .. } = *recovery;
            let left = journal.len();
            self.health().replay_progress(ReplayProgress { replayed, superseded, refused, left });
        }
        if is_done {
            recovery.try_again_at = None;
            self.health().enter(State::Ready);
        } else if recovery.under_way == 0 {
            recovery.try_again_at.get_or_insert(now + TRY_AGAIN_AFTER);
        }
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
