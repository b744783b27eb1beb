//! `calendar`: one counter in an hour, day or month of UTC.

use super::super::policy::Policy;
use super::verdict::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// When the period began.
    pub start_ms: u64,
    pub used: u64,
}

impl Calendar {
    /// The counter as it stands at a time. What was counted in a shorter period of this one belongs to it too.
    pub(super) fn at(policy: &Policy, state: Option<Calendar>, now_ms: u64) -> Calendar {
        let start_ms = policy.period().around(now_ms).start;
        let used = state.filter(|state| state.start_ms >= start_ms).map_or(0, |state| state.used);
        Calendar { start_ms, used }
    }

    pub(super) fn taking(self, cost: u64) -> Calendar {
        Calendar { used: self.used + cost, ..self }
    }

    /// The counter must stand at `now_ms`.
    pub(super) fn view(self, policy: &Policy, now_ms: u64, cost: u64) -> Verdict {
        let left = self.ends_ms(policy) - now_ms;
        let is_admitted = cost == 0 || self.used + cost <= policy.limit();
        let wait_ms = if is_admitted { 0 } else { left };
        let reset_ms = if self.used == 0 { 0 } else { left };
        Verdict::new(policy, cost, wait_ms, policy.limit().saturating_sub(self.used), reset_ms)
    }

    pub(super) fn ends_ms(self, policy: &Policy) -> u64 {
        policy.period().around(self.start_ms).end
    }

    pub(super) fn give_back(&mut self, cost: u64, taken_ms: Option<u64>) {
        // Before this period the cost was taken from another. One that is over counts no more.
        if taken_ms.is_none_or(|taken| taken >= self.start_ms) {
            self.used = self.used.saturating_sub(cost);
        }
    }
}
