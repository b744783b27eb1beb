//! `concurrency`: how many leases live, and when the first and the last of them end unless they are prolonged.

use super::super::policy::Policy;
use super::verdict::{Reason, Verdict};

/// A lease may be released at any time, so a caller comes again after this time at the latest.
const LONGEST_WAIT_MS: u64 = 1000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Concurrency {
    /// Costs of the leases that live.
    pub used: u64,
    /// When the first of them ends; 0 where that is not known.
    pub first_ms: u64,
    /// When the last of them ends; 0 where that is not known.
    pub last_ms: u64,
}

impl Concurrency {
    /// What is held in this process, whose leases end when they are released.
    pub fn held(used: u64) -> Concurrency {
        Concurrency { used, ..Concurrency::default() }
    }

    pub(super) fn taking(self, cost: u64) -> Concurrency {
        Concurrency { used: self.used + cost, ..self }
    }

    pub(super) fn view(self, policy: &Policy, now_ms: u64, cost: u64) -> Verdict {
        let (usable, wanted) = (policy.capacity(), self.used + cost);
        let reason = match cost {
            0 => Reason::Ok,
            _ if cost > policy.limit() => Reason::Cost,
            _ if wanted <= usable => Reason::Ok,
            _ if wanted <= policy.limit() => Reason::Reserve,
            _ => Reason::Limit,
        };
        let wait_ms = match self.first_ms.saturating_sub(now_ms) {
            0 => LONGEST_WAIT_MS,
            left => left.min(LONGEST_WAIT_MS),
        };
        let retry_after_ms = match reason {
            Reason::Ok => Some(0),
            // Waiting does not help.
            _ if cost > usable => None,
            _ => Some(wait_ms),
        };
        let reset_ms = if self.used == 0 { 0 } else { self.last_ms.saturating_sub(now_ms) };
        Verdict { reason, remaining: usable.saturating_sub(self.used), reset_ms, retry_after_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::policy_options::PolicyOptions;
    use super::*;

    const NOW_MS: u64 = 1_790_000_000_000;

    fn policy(limit: f64, reserve: f64) -> Policy {
        let options = PolicyOptions {
            algorithm: Some("concurrency"),
            limit: Some(limit),
            reserve: Some(reserve),
            ..PolicyOptions::default()
        };
        Policy::new("p", &options).unwrap()
    }

    fn seen(state: Concurrency, policy: &Policy, cost: u64) -> (Reason, u64, u64, Option<u64>) {
        let verdict = state.view(policy, NOW_MS, cost);
        (verdict.reason, verdict.remaining, verdict.reset_ms, verdict.retry_after_ms)
    }

    #[test]
    fn leases_are_admitted_up_to_the_limit() {
        let ten = policy(10.0, 0.0);
        assert_eq!(seen(Concurrency::default(), &ten, 10), (Reason::Ok, 10, 0, Some(0)));
        assert_eq!(seen(Concurrency::default(), &ten, 11), (Reason::Cost, 10, 0, None));
        let nine = Concurrency { used: 9, first_ms: NOW_MS + 250, last_ms: NOW_MS + 30_000 };
        assert_eq!(seen(nine, &ten, 1), (Reason::Ok, 1, 30_000, Some(0)));
        assert_eq!(seen(nine, &ten, 2), (Reason::Limit, 1, 30_000, Some(250)));
        let late = Concurrency { first_ms: NOW_MS + 20_000, ..nine };
        assert_eq!(seen(late, &ten, 2).3, Some(1000));
        assert_eq!(seen(Concurrency::held(10), &ten, 1), (Reason::Limit, 0, 0, Some(1000)));
        assert_eq!(seen(Concurrency::held(12), &ten, 0), (Reason::Ok, 0, 0, Some(0)));
    }

    #[test]
    fn what_is_kept_for_critical_checks_is_another_reason() {
        let ten = policy(10.0, 0.3);
        assert_eq!(seen(Concurrency::held(6), &ten, 1), (Reason::Ok, 1, 0, Some(0)));
        assert_eq!(seen(Concurrency::held(7), &ten, 1), (Reason::Reserve, 0, 0, Some(1000)));
        assert_eq!(seen(Concurrency::held(7), &ten.critical(), 1), (Reason::Ok, 3, 0, Some(0)));
        assert_eq!(seen(Concurrency::held(10), &ten, 1).0, Reason::Limit);
        assert_eq!(seen(Concurrency::held(0), &ten, 8), (Reason::Reserve, 7, 0, None));
    }
}
