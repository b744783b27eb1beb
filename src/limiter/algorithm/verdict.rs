//! The answer to one check.

use super::super::policy::Policy;

/// Why a check passes or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Ok,
    /// Too much was admitted before.
    Limit,
    /// The identity is blocked.
    Blocked,
    /// What is left is kept for critical checks.
    Reserve,
    /// The cost is above what the policy ever admits at once.
    Cost,
}

/// The answer to one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub reason: Reason,
    /// The highest cost that passes now, after this check.
    pub remaining: u64,
    /// Milliseconds until all of the limit is free, if nobody else calls.
    pub reset_ms: u64,
    /// Milliseconds until the same check passes, if nobody else calls. 0 where it passes, `None` where it never does.
    pub retry_after_ms: Option<u64>,
}

impl Verdict {
    pub fn is_admitted(&self) -> bool {
        self.reason == Reason::Ok
    }

    /// What an algorithm answers: whether it is admitted, and when otherwise.
    pub(super) fn new(policy: &Policy, cost: u64, wait_ms: u64, remaining: u64, reset_ms: u64) -> Verdict {
        let (reason, retry_after_ms) = match wait_ms {
            _ if cost > policy.capacity() => (Reason::Cost, None),
            0 => (Reason::Ok, Some(0)),
            wait => (Reason::Limit, Some(wait)),
        };
        Verdict { reason, remaining, reset_ms, retry_after_ms }
    }
}
