//! `gcra`: a bucket that leaks one call an interval, kept as the time when it will be empty.
//!
//! With the interval T and the burst B a cost c is admitted iff `max(free, now) + c * T <= now + B * T`, where `free` is
//! that time. Everything is in microseconds.

use super::super::policy::{Policy, US_PER_MS};
use super::verdict::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gcra {
    /// When all of the burst is free. Others call it the theoretical arrival time.
    pub free_us: u64,
}

impl Gcra {
    /// The bucket as it stands at a time: never below empty, never over the brim.
    pub(super) fn at(policy: &Policy, state: Option<Gcra>, now_us: u64) -> Gcra {
        let free_us = state.map_or(now_us, |state| state.free_us);
        Gcra { free_us: free_us.max(now_us).min(now_us + policy.burst_us()) }
    }

    pub(super) fn taking(self, policy: &Policy, cost: u64) -> Gcra {
        Gcra { free_us: self.free_us + cost * policy.interval_us() }
    }

    /// The bucket must stand at `now_us`.
    pub(super) fn view(self, policy: &Policy, now_us: u64, cost: u64) -> Verdict {
        let (interval, burst) = (policy.interval_us(), policy.burst_us());
        let filled = self.free_us - now_us;
        let room = burst - filled;
        // A cost above the capacity never passes, so its product does not count.
        let wanted = cost.min(policy.capacity()) * interval;
        let wait_ms = wanted.saturating_sub(room).div_ceil(US_PER_MS);
        Verdict::new(policy, cost, wait_ms, room / interval, filled.div_ceil(US_PER_MS))
    }

    /// The bucket after a refund; `None` where it is empty then.
    pub(super) fn giving_back(
        self,
        policy: &Policy,
        now_us: u64,
        cost: u64,
        taken_us: Option<u64>,
    ) -> Option<Gcra> {
        let taken = cost.min(policy.capacity()) * policy.interval_us();
        // What has leaked since then is free already, and must not be given twice.
        let there = taken_us.map_or(taken, |at| (at + taken).saturating_sub(now_us).min(taken));
        if there == 0 || self.free_us <= now_us {
            return Some(self);
        }
        let free_us = Gcra::at(policy, Some(self), now_us).free_us.saturating_sub(there);
        (free_us > now_us).then_some(Gcra { free_us })
    }
}
