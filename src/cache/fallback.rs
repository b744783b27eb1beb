//! What the adapter's calls come to where Redis does not answer them.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::call::Unacknowledged;
use super::clearing::Clearing;
use super::core::Core;
use super::local;
use super::local_state::{Attempt, LocalState};
use super::replies::{fields, miss};
use super::request::Operation;
use super::ticket::CacheRequest;
use crate::health::State;
use crate::journal::Recorded;
use crate::lane::Frame;
use crate::redis::Outcome;

impl Core {
    /// The outcome of an operation that Redis does not carry out, or not as far as anybody knows.
    pub(super) fn fall_back(
        &self,
        operation: &Operation<'_>,
        token: &CacheRequest,
        is_in_doubt: bool,
        now: Instant,
    ) -> Outcome<'static> {
        if !self.uses_redis() {
            return self.run_in_memory(operation, now);
        }
        if operation.is_read() {
            let outcome = self.local_state().read(operation, now);
            return self.read_locally(outcome, true);
        }
        self.health().local_write();
        let attempt = self.attempt(token, is_in_doubt);
        let mut local_state = self.local_state();
        match token.ticket.unacknowledged {
            Unacknowledged::Journal => {}
            Unacknowledged::Refuse => {
                local_state.invalidate(operation, &attempt, now);
                self.expect_recovery();
                return Outcome::Boolean(false);
            }
            Unacknowledged::Remember => {
                local_state.remember(operation, &attempt, now);
                return Outcome::Boolean(false);
            }
        }
        let (outcome, recorded) = local_state.write(operation, &attempt, now);
        self.expect_recovery();
        drop(local_state);
        self.tell_recorded(recorded);
        outcome
    }

    /// What the journal still has of what was read is newer than Redis's answer: its replay went out in
    /// front of the read, and was refused; or the read has waited for the first connection, and goes out first.
    pub(super) fn read_overruled(
        &self,
        operation: &Operation<'_>,
        frame: Frame<'_>,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let is_up_to_date = self.health().state() == State::Ready && !self.wants_recovery();
        if is_up_to_date || !operation.is_read() {
            return None;
        }
        let local_state = self.local_state();
        if self.awaits_clearing(operation.key(), &local_state) {
            drop(local_state);
            return Some(self.read_locally(miss(operation.kind()), true));
        }
        let outcome = match *operation {
            Operation::HashEntries { key } => {
                local_state.journal.entry(key)?;
                let there =
                    fields(frame).iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
                Outcome::Entries(local_state.overlaid(key, there, now))
            }
            _ => local_state.held(operation, now)?,
        };
        drop(local_state);
        Some(self.read_locally(outcome, true))
    }

    /// Whether a clearing that the journal holds is still to take away what Redis has of this key.
    fn awaits_clearing(&self, key: &[u8], local_state: &LocalState) -> bool {
        local_state.journal.clears().next().is_some()
            && self.index_of_key(key).is_some_and(|index| local_state.awaits_clearing(key, &index))
    }

    pub(super) fn attempt(&self, token: &CacheRequest, is_in_doubt: bool) -> Attempt {
        Attempt {
            issued: token.issued,
            sequence: token.ticket.sequence,
            is_in_doubt,
            default_ttl: self.config().default_ttl,
        }
    }

    /// The embedded store's answer, or memory's while the caller has turned Redis off.
    pub(super) fn run_in_memory(&self, operation: &Operation<'_>, now: Instant) -> Outcome<'static> {
        let outcome = local::run(operation, &mut self.local_state().memory, now);
        if operation.is_read() {
            return self.read_locally(outcome, false);
        }
        self.health().local_write();
        outcome
    }

    /// A clearing that Redis does not carry out, or did not finish.
    pub(super) fn clear_locally(&self, clearing: &Clearing, token: &CacheRequest) -> Outcome<'static> {
        let mut local_state = self.local_state();
        let removed = i64::try_from(local_state.clear_memory(clearing.index())).unwrap_or(i64::MAX);
        if !self.uses_redis() {
            return Outcome::Integer(removed);
        }
        let asked_at = clearing.was_asked_at().unwrap_or(token.issued);
        let recorded = local_state.journal.clear(
            clearing.index(),
            clearing.organization(),
            token.ticket.sequence,
            asked_at,
        );
        self.expect_recovery();
        drop(local_state);
        let is_kept = matches!(recorded, Recorded::Kept | Recorded::Outdated);
        self.tell_recorded(recorded);
        if is_kept { Outcome::Integer(removed.max(clearing.removed())) } else { Outcome::Boolean(false) }
    }

    /// The journal has something. While Redis is there somebody must look after it: the driver does,
    /// when it next has its turn.
    fn expect_recovery(&self) {
        if self.health().state() != State::Degraded {
            self.wants_recovery.store(true, Ordering::Release);
        }
    }

    fn tell_recorded(&self, recorded: Recorded) {
        let counters = self.health().counters();
        match recorded {
            Recorded::Kept => counters.journaled.increment(),
            Recorded::Outdated => {}
            Recorded::Full => {
                counters.journal_full.increment();
                self.health().failed("E_OVERLOADED", "the journal is full: writes are not kept");
            }
            Recorded::Failed(error) => {
                counters.journal_full.increment();
                self.health().failed(error.code().as_str(), error.message());
            }
        }
    }

    /// Counts what this process answered itself, and makes JSON of what is stored.
    pub(super) fn read_locally(&self, outcome: Outcome<'static>, is_fallback: bool) -> Outcome<'static> {
        let outcome = match outcome {
            Outcome::Json(stored) => self.decoded(stored).map_or(Outcome::Null, Outcome::Json),
            Outcome::Entries(entries) => Outcome::Entries(
                entries
                    .into_iter()
                    .filter_map(|(field, stored)| Some((field, self.decoded(stored.into())?.into_owned())))
                    .collect(),
            ),
            other => other,
        };
        let hit = !matches!(&outcome, Outcome::Null) && outcome != Outcome::Entries(Vec::new());
        self.health().local_read(hit, is_fallback);
        outcome
    }

    fn decoded(&self, stored: Cow<'static, [u8]>) -> Option<Cow<'static, [u8]>> {
        match self.codec.decode(&stored) {
            // Plain JSON decodes to itself, which needs no second copy.
            Ok(Cow::Borrowed(json)) if json.len() == stored.len() => Some(stored),
            Ok(json) => Some(Cow::Owned(json.into_owned())),
            Err(_) => None,
        }
    }
}
