//! What a policy allows: its algorithm and numbers. `Policy::new` checks them once, when it is made.

use super::period::Period;
use super::policy_options::{MAX_PRODUCT, PolicyOptions, checked};
use crate::error::Result;

pub(super) const US_PER_MS: u64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The calls of this window, and of the one before in proportion.
    Sliding,
    /// The time of each call.
    Log,
    /// A bucket that leaks one call an interval.
    Gcra,
    /// Windows that the first call opens.
    Fixed,
    /// Hours, days or months of UTC.
    Calendar,
    /// Calls that are under way: each holds a lease until it ends.
    Concurrency,
}

impl Algorithm {
    pub const ALL: [Algorithm; 6] = [
        Algorithm::Sliding,
        Algorithm::Log,
        Algorithm::Gcra,
        Algorithm::Fixed,
        Algorithm::Calendar,
        Algorithm::Concurrency,
    ];
    /// Those that count what was admitted, and have a time when it counts no more.
    pub const COUNTING: [Algorithm; 5] =
        [Algorithm::Sliding, Algorithm::Log, Algorithm::Gcra, Algorithm::Fixed, Algorithm::Calendar];

    pub fn parse(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sliding => "sliding",
            Algorithm::Log => "log",
            Algorithm::Gcra => "gcra",
            Algorithm::Fixed => "fixed",
            Algorithm::Calendar => "calendar",
            Algorithm::Concurrency => "concurrency",
        }
    }
}

/// A policy whose numbers are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) algorithm: Algorithm,
    pub(super) limit: u64,
    pub(super) window_ms: u64,
    pub(super) burst: u64,
    pub(super) block_ms: u64,
    pub(super) is_shadow: bool,
    pub(super) period: Period,
    pub(super) reserved: u64,
}

impl Policy {
    /// # Errors
    /// `E_CONFIG`, which names the option of the policy `name` and what is allowed.
    pub fn new(name: &str, options: &PolicyOptions<'_>) -> Result<Policy> {
        checked(name, options)
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// How long a window is: the longest period of `calendar`, a lease of `concurrency`.
    pub fn window_ms(&self) -> u64 {
        self.window_ms
    }

    /// How many calls `gcra` admits at once; the limit for the others.
    pub fn burst(&self) -> u64 {
        self.burst
    }

    /// How long a rejection blocks; 0: not at all.
    pub fn block_ms(&self) -> u64 {
        self.block_ms
    }

    pub fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    /// The period of `calendar`.
    pub fn period(&self) -> Period {
        self.period
    }

    /// How much of the limit of `concurrency` is kept for critical checks.
    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Whether what it admits holds a lease.
    pub fn has_leases(&self) -> bool {
        self.algorithm == Algorithm::Concurrency
    }

    /// The highest cost that can pass.
    pub fn capacity(&self) -> u64 {
        match self.algorithm {
            Algorithm::Gcra if self.limit > 0 => self.burst,
            _ => self.limit - self.reserved,
        }
    }

    /// Microseconds that one call of `gcra` takes. The window, where the limit is 0 and no call passes.
    pub(super) fn interval_us(&self) -> u64 {
        (self.window_ms * US_PER_MS).div_ceil(self.limit.max(1))
    }

    /// Microseconds of calls that `gcra` admits at once.
    pub(super) fn burst_us(&self) -> u64 {
        self.capacity() * self.interval_us()
    }

    /// Whether interval and burst of `gcra` stay where Lua's numbers are exact.
    pub(super) fn is_burst_exact(&self) -> bool {
        self.capacity() <= MAX_PRODUCT / self.interval_us()
    }

    /// The policy of critical checks, for which nothing is kept back.
    pub fn critical(&self) -> Policy {
        Policy { reserved: 0, ..self.clone() }
    }

    /// The policy of one of several instances that share the limit while they cannot reach Redis, rounded up.
    pub fn share(&self, instances: u32) -> Policy {
        let part = |whole: u64| whole.div_ceil(u64::from(instances.max(1)));
        let limit = part(self.limit);
        Policy {
            limit,
            burst: part(self.burst),
            reserved: limit - part(self.limit - self.reserved),
            ..self.clone()
        }
    }
}
