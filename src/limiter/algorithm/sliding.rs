//! `sliding`: two counters, of this window of the clock and of the one before, which counts in proportion to how much of it
//! a span of one window still covers.
//!
//! With the limit L, the window W, p admitted in the window before, n in this one and r of this one gone, a cost c is
//! admitted iff `p * (W - r) + (n + c) * W <= L * W`.

use super::super::policy::Policy;
use super::verdict::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sliding {
    /// The number of the window since 1970.
    pub window: u64,
    pub before: u64,
    pub used: u64,
}

impl Sliding {
    /// The counters as they stand at a time.
    pub(super) fn at(policy: &Policy, state: Option<Sliding>, now_ms: u64) -> Sliding {
        let window = now_ms / policy.window_ms();
        match state {
            Some(state) if state.window >= window => Sliding { window, ..state },
            Some(state) if state.window + 1 == window => Sliding { window, before: state.used, used: 0 },
            _ => Sliding { window, before: 0, used: 0 },
        }
    }

    pub(super) fn taking(self, cost: u64) -> Sliding {
        Sliding { used: self.used + cost, ..self }
    }

    /// The counters must stand at `now_ms`.
    pub(super) fn view(self, policy: &Policy, now_ms: u64, cost: u64) -> Verdict {
        let (window, limit) = (policy.window_ms(), policy.limit());
        let left = window - now_ms % window;
        let weighted = (u128::from(self.before) * u128::from(left)).div_ceil(u128::from(window)) as u64;
        let remaining = limit.saturating_sub(self.used).saturating_sub(weighted);
        let reset_ms = match (self.before, self.used) {
            (0, 0) => 0,
            (_, 0) => left,
            _ => left + window,
        };
        Verdict::new(policy, cost, self.wait_ms(policy, left, cost), remaining, reset_ms)
    }

    /// Milliseconds until a cost is admitted, where it is not above the limit. `left` is what remains of this window.
    fn wait_ms(self, policy: &Policy, left: u64, cost: u64) -> u64 {
        let (window, limit) = (policy.window_ms(), policy.limit());
        if cost == 0 || cost > limit {
            return 0;
        }
        // Of how much of an earlier window the calls may still count, so that `free` is left.
        let share = |free: u64, calls: u64| {
            let share = u128::from(free) * u128::from(window) / u128::from(calls);
            u64::try_from(share).unwrap_or(u64::MAX)
        };
        if self.used + cost > limit {
            left + window.saturating_sub(share(limit - cost, self.used))
        } else if self.before == 0 {
            0
        } else {
            left.saturating_sub(share(limit - cost - self.used, self.before))
        }
    }

    /// Nothing counts any more from the end of the next window.
    pub(super) fn ends_ms(self, policy: &Policy) -> u64 {
        (self.window + 2) * policy.window_ms()
    }

    pub(super) fn give_back(&mut self, policy: &Policy, now_ms: u64, cost: u64, taken_ms: Option<u64>) {
        let Sliding { window, before, used } = Sliding::at(policy, Some(*self), now_ms);
        let (from_used, from_before) = match taken_ms.map(|taken| taken / policy.window_ms()) {
            None => (cost.min(used), cost.saturating_sub(used)),
            Some(taken) if taken >= window => (cost, 0),
            Some(taken) if taken + 1 == window => (0, cost),
            Some(_) => (0, 0),
        };
        let (from_used, from_before) = (from_used.min(used), from_before.min(before));
        if from_used + from_before > 0 {
            *self = Sliding { window, before: before - from_before, used: used - from_used };
        }
    }
}
