//! How jobs come to a worker and end for it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::{Given, Hand, Outcome, Told, Waiting, average};
use crate::queue::backoff::Backoff;
use crate::queue::contract::{Fate, Finished};
use crate::queue::ending::{Ending, Note, Why, error_json};
use crate::queue::keys::escaped;
use crate::queue::record::Record;

/// A job that was given before there was room for it goes back after this.
const PREFETCHED_WAITS: Duration = Duration::from_millis(20);
/// One for which there was room goes back when JavaScript's thread does not get to it.
const GIVEN_WAITS: Duration = Duration::from_secs(1);
/// Others may begin before it while it has at least so long left.
const PASSED_BEFORE: Duration = Duration::from_millis(15);
/// A type that nobody handles is dead after this.
const UNHANDLED_LIVES: Duration = Duration::from_secs(3_600);
const MOST_UNHANDLED: usize = 10_000;

/// Jobs of one claim come organization by organization. They begin in turn, each organization's spread over the whole claim: so
/// shares are kept while a claim is worked off, and whoever has one job does not wait for all of the others.
pub(super) fn mixed(given: Vec<Given>) -> Vec<Given> {
    let mut counts: HashMap<Option<&str>, u64> = HashMap::new();
    let mut places: Vec<(Option<&str>, u64)> = Vec::with_capacity(given.len());
    for given in &given {
        let organization = given.job.organization.as_deref();
        let count = counts.entry(organization).or_default();
        places.push((organization, *count));
        *count += 1;
    }
    if counts.len() < 2 {
        return given;
    }
    let parts: Vec<u64> =
        places.into_iter().map(|(organization, place)| (place << 32) / counts[&organization]).collect();
    let mut placed: Vec<(u64, Given)> = parts.into_iter().zip(given).collect();
    placed.sort_by_key(|(part, _)| *part);
    placed.into_iter().map(|(_, given)| given).collect()
}

impl Hand {
    /// A job that Redis gave. `None` where it is here already, or where its record cannot be read.
    pub(super) fn read(&mut self, member: &str, record: &[u8]) -> Option<Given> {
        let mut parts = member.split(':');
        let id = parts.next().unwrap_or_default().to_owned();
        let fence: u64 = parts.next().and_then(|fence| fence.parse().ok()).unwrap_or(0);
        if self.held.contains_key(&fence) || self.waiting.iter().any(|waiting| waiting.given.fence == fence) {
            return None;
        }
        let since_ms = parts.nth(1).and_then(|since| since.parse().ok()).unwrap_or(0);
        let Some(read) = Record::read(record) else {
            let note = Note { fence, id, ..Note::default() };
            let payload = error_json("DamagedError", "the job's record cannot be read");
            let finished = blank(member, Fate::Dead, payload, record.len());
            self.endings.push(Ending { finished, note });
            return None;
        };
        Some(Given {
            fence,
            id,
            member: member.to_owned(),
            attempts: read.attempts,
            stalls: read.stalls,
            created_ms: read.created_ms,
            since_ms,
            data: read.data.to_vec(),
            job: read.job,
            size: record.len(),
        })
    }

    /// Jobs begin in this order. One whose organization has none here begins before those that were fetched ahead, as long as these
    /// do not wait for long.
    pub(super) fn receive_all(&mut self, given: Vec<Given>, now: Instant) {
        let is_patient = self.waiting.iter().all(|waiting| now + PASSED_BEFORE <= waiting.goes_back);
        let mut known = HashSet::new();
        if is_patient && !self.waiting.is_empty() {
            let held = self.held.values().map(|held| &held.given);
            let all = held.chain(self.waiting.iter().map(|waiting| &waiting.given));
            known = all.map(|given| given.job.organization.clone()).collect();
        }
        for given in given {
            let is_first = !known.is_empty() && known.insert(given.job.organization.clone());
            self.receive(given, is_first, now);
        }
    }

    fn receive(&mut self, given: Given, is_first: bool, now: Instant) {
        if self.options.kinds.as_ref().is_some_and(|kinds| !kinds.contains(&given.job.kind)) {
            return self.put_aside(&given, now);
        }
        let free = self.options.concurrency.saturating_sub(self.held.len());
        let waits = if self.waiting.len() < free { GIVEN_WAITS } else { PREFETCHED_WAITS };
        let place = if is_first {
            self.waiting.iter().take_while(|waiting| waiting.is_first).count()
        } else {
            self.waiting.len()
        };
        self.waiting.insert(place, Waiting { given, goes_back: now + waits, is_first });
    }

    /// Nobody handles jobs of this type here.
    pub(super) fn put_aside(&mut self, given: &Given, now: Instant) {
        if self.unhandled.len() >= MOST_UNHANDLED {
            self.unhandled.clear();
        }
        let since = *self.unhandled.entry(given.id.clone()).or_insert(now);
        self.told.push(Told::Unhandled { id: given.id.clone(), kind: given.job.kind.clone() });
        if now.duration_since(since) >= UNHANDLED_LIVES {
            self.unhandled.remove(&given.id);
            let payload = error_json("UnhandledError", "no handler of this type took the job for an hour");
            return self.end(given, Fate::Dead, payload, Duration::ZERO);
        }
        self.end(given, Fate::Delayed, Vec::new(), self.options.unhandled);
    }

    /// A handler has ended. False where its job is not this worker's any more.
    pub fn finish(
        &mut self,
        fence: u64,
        outcome: Outcome,
        payload: Vec<u8>,
        delay: Duration,
        chance: f64,
        now: Instant,
    ) -> bool {
        if self.unheard.remove(&fence) {
            return false;
        }
        let Some(held) = self.held.remove(&fence) else { return false };
        let took = now.duration_since(held.began);
        self.runs.record(took);
        self.tally.ran(took);
        self.fresh_runs.record(took);
        self.handler_takes = Some(average(self.handler_takes, took));
        let is_done = outcome == Outcome::Completed;
        match held.stopping.map(|(why, _)| why) {
            Some(Why::Lost) => return false,
            // It ended well before it heard that it was to stop.
            Some(Why::Closing | Why::Cancelled) if is_done => {}
            Some(why) => {
                self.end_stopped(&held.given, why, chance);
                return true;
            }
            None => {}
        }
        let given = &held.given;
        match outcome {
            Outcome::Completed => {
                self.counts.completed += 1;
                self.end(given, Fate::Completed, payload, Duration::ZERO);
            }
            Outcome::Failed => {
                self.counts.failed += 1;
                let delay = backoff_of(given, given.job.backoff, chance);
                self.end(given, Fate::Retry, payload, delay);
            }
            Outcome::Unrecoverable => {
                self.counts.failed += 1;
                self.end(given, Fate::Dead, payload, Duration::ZERO);
            }
            Outcome::Delayed => self.end(given, Fate::Delayed, Vec::new(), delay),
            Outcome::Released => self.end(given, Fate::Released, Vec::new(), Duration::ZERO),
            Outcome::LimitedOrganization => self.end(given, Fate::HoldsOrganization, Vec::new(), delay),
            Outcome::LimitedQueue => self.end(given, Fate::HoldsQueue, Vec::new(), delay),
            Outcome::Unhandled => self.put_aside(given, now),
        }
        true
    }

    /// A job whose handler was told to stop ends as the reason says.
    pub(super) fn end_stopped(&mut self, given: &Given, why: Why, chance: f64) {
        match why {
            Why::TimedOut => {
                self.counts.failed += 1;
                let delay = backoff_of(given, given.job.backoff, chance);
                self.end(given, Fate::Retry, why.payload(), delay);
            }
            Why::Cancelled => self.end(given, Fate::Dead, why.payload(), Duration::ZERO),
            Why::Closing => self.hand_back(given),
            Why::Lost => {}
        }
    }

    pub(super) fn hand_back(&mut self, given: &Given) {
        self.counts.handed_back += 1;
        self.end(given, Fate::Released, Vec::new(), Duration::ZERO);
    }

    pub(super) fn end(&mut self, given: &Given, fate: Fate, payload: Vec<u8>, delay: Duration) {
        let finished = Finished {
            delay_ms: delay.as_millis() as u64,
            organization: escaped(given.job.organization.as_deref()),
            mark: given.job.mark.clone().unwrap_or_default(),
            priority: given.job.priority,
            ..blank(&given.member, fate, payload, given.size)
        };
        let note = Note {
            fence: given.fence,
            id: given.id.clone(),
            kind: given.job.kind.clone(),
            organization: given.job.organization.clone(),
            attempt: given.attempts + 1,
        };
        self.endings.push(Ending { finished, note });
    }
}

fn backoff_of(given: &Given, backoff: Backoff, chance: f64) -> Duration {
    Duration::from_millis(backoff.delay_after(given.attempts + 1, chance))
}

fn blank(member: &str, fate: Fate, payload: Vec<u8>, size: usize) -> Finished {
    Finished {
        member: member.to_owned(),
        fate,
        payload,
        delay_ms: 0,
        organization: String::new(),
        mark: String::new(),
        priority: 0,
        size,
    }
}
