//! `fixed`: one counter in a window that the first admitted call opens.

use super::super::policy::Policy;
use super::verdict::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    pub start_ms: u64,
    pub used: u64,
}

impl Fixed {
    /// The counter as it stands at a time.
    pub(super) fn at(policy: &Policy, state: Option<Fixed>, now_ms: u64) -> Fixed {
        match state {
            Some(state) if now_ms < state.ends_ms(policy) => {
                Fixed { start_ms: state.start_ms.min(now_ms), ..state }
            }
            _ => Fixed { start_ms: now_ms, used: 0 },
        }
    }

    pub(super) fn taking(self, cost: u64) -> Fixed {
        Fixed { used: self.used + cost, ..self }
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
        self.start_ms + policy.window_ms()
    }

    pub(super) fn give_back(&mut self, policy: &Policy, now_ms: u64, cost: u64, taken_ms: Option<u64>) {
        // Before this window the cost was taken from another.
        let is_of_this = taken_ms.is_none_or(|taken| taken >= self.start_ms);
        if is_of_this && now_ms < self.ends_ms(policy) {
            self.used = self.used.saturating_sub(cost);
        }
    }
}
