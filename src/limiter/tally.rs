//! Counters of decisions, one set a policy.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Map, Value, json};

/// Of a limit this share is used, in percent, where a decision counts as near it.
const NEAR_PERCENT: u64 = 80;

macro_rules! tallies {
    ($($(#[$doc:meta])* $field:ident: $name:literal,)+) => {
        /// What became of the checks of one policy. Any thread may count.
        #[derive(Debug, Default)]
        pub struct Tally {
            $($(#[$doc])* pub $field: AtomicU64,)+
        }

        impl Tally {
            pub fn to_json(&self) -> Value {
                json!({ $($name: self.$field.load(Relaxed),)+ })
            }
        }
    };
}

tallies! {
    /// Admitted.
    allowed: "allowed",
    /// Refused because the limit is reached.
    limited: "limited",
    /// Refused because the identifier is blocked.
    blocked: "blocked",
    /// Refused because the cost is above the limit.
    cost: "cost",
    /// Refused because what is left is kept for critical checks.
    reserve: "reserve",
    /// Admitted with most of the limit used.
    near: "near",
    /// Admitted in shadow mode, where it would have been refused.
    shadow: "shadow",
    /// Let through by the application without asking.
    bypassed: "bypassed",
    /// Refused from memory, without a request. Counted as refused too.
    denied: "denied",
    /// Decided in this process. Counted by its outcome too.
    local: "local",
    /// Refused because Redis is away and the policy is closed then.
    down: "down",
    /// Checks that were no checks, and those whose step failed in Redis.
    errors: "errors",
}

impl Tally {
    /// Counts an admitted check, of whose limit so much is left.
    pub fn admit(&self, remaining: u64, capacity: u64) {
        count(&self.allowed);
        if is_near(remaining, capacity) {
            count(&self.near);
        }
    }

    /// Counts refusals from memory because of the limit, and because of a block.
    pub fn deny(&self, limited: u64, blocked: u64) {
        self.limited.fetch_add(limited, Relaxed);
        self.blocked.fetch_add(blocked, Relaxed);
        for counter in [&self.denied, &self.local] {
            counter.fetch_add(limited + blocked, Relaxed);
        }
    }
}

pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// Whether so little is left that the identifier will soon be refused.
fn is_near(remaining: u64, capacity: u64) -> bool {
    let used = u128::from(capacity.saturating_sub(remaining));
    used * 100 >= u128::from(capacity) * u128::from(NEAR_PERCENT)
}

/// What is known of all policies, by their names: the tally, and the costs of the leases that are held.
pub fn report<'a>(policies: impl Iterator<Item = (&'a str, &'a Tally, u64)>) -> Value {
    let of_policy = |tally: &Tally, leases: u64| {
        let mut report = tally.to_json();
        report["leases"] = leases.into();
        report
    };
    policies
        .map(|(name, tally, leases)| (name.to_owned(), of_policy(tally, leases)))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_near_when_four_fifths_of_it_are_used() {
        assert!(!is_near(21, 100));
        assert!(is_near(20, 100));
        assert!(is_near(0, 1));
        assert!(is_near(0, u64::MAX));
    }
}
