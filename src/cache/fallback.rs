//! Fallback results for the adapter's calls that Redis did not answer.

use std::borrow::Cow;
use std::time::Instant;

use super::clearing::Clearing;
use super::core::Core;
use super::replies::fields;
use super::request::Operation;
use super::ticket::{CacheRequest, CacheTicket, Purpose};
use crate::journal::Clear;
use crate::lane::{Frame, Requests};
use crate::outage::{Attempt, Step, replay};
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
        match operation.step() {
            Step::Read(read) => self.read_locally(self.stand_in.read(&read, now), self.uses_redis()),
            step => {
                let unacknowledged = token.ticket.unacknowledged;
                self.stand_in.write(&step, &attempt(token, is_in_doubt), unacknowledged, now)
            }
        }
    }

    /// The outcome of a read that the journal knows better than Redis.
    pub(super) fn read_overruled(
        &self,
        operation: &Operation<'_>,
        frame: Frame<'_>,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let Step::Read(read) = operation.step() else { return None };
        let entries =
            || fields(frame).iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
        let outcome = self.stand_in.overrule(&read, entries, now)?;
        Some(self.read_locally(outcome, true))
    }

    /// A live call during the replay. Gives the outcome of a read of what is yet to be cleared.
    pub(super) fn bring_forward(
        &self,
        operation: &Operation<'_>,
        sequence: u64,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'static>> {
        let step = operation.step();
        if replay::bring_forward(&self.stand_in, &step, sequence, now, out) {
            return None;
        }
        self.health().local_read(false, true);
        match step {
            Step::Read(read) => Some(read.miss()),
            _ => None,
        }
    }

    /// Sends a clearing that the journal holds. False where it cannot be.
    pub(super) fn send_journalled(
        &self,
        clear: &Clear,
        now: Instant,
        out: &mut impl Requests<CacheRequest>,
    ) -> bool {
        let Ok(clearing) = Clearing::new(self, clear.organization.as_deref()) else { return false };
        let ticket = CacheTicket { sequence: clear.sequence, ..CacheTicket::new(Purpose::Upkeep) };
        clearing.asked_at(clear.at).ask(self, &CacheRequest::unasked(ticket, now), now, out);
        true
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

pub(super) fn attempt(token: &CacheRequest, is_in_doubt: bool) -> Attempt {
    Attempt { issued: token.issued, sequence: token.ticket.sequence, is_in_doubt }
}
