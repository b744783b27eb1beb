//! The lease of an acquire: what it is to hold, and what was taken.

use std::sync::Arc;

use super::decode::Manner;
use super::gathered::{Gathered, Planned, Scratch};
use super::lease::{Lease, Part};
use super::limits::{Identified, has_leases};
use crate::error::Result;
use crate::redis::misuse;

/// The lease that an acquire takes where it is admitted.
#[derive(Debug)]
pub(super) struct Wanted {
    number: u64,
    /// With the positions of their checks.
    parts: Vec<(usize, Part)>,
    held: Option<Arc<Lease>>,
}

impl Wanted {
    pub fn lease(&self, is_part: impl Fn(usize) -> bool) -> Lease {
        let parts = self.parts.iter().filter(|(at, _)| is_part(*at)).map(|(_, part)| part.clone());
        Lease::new(self.number, parts.collect())
    }
}

impl Gathered {
    /// What is consumed is given back by its cost, and a lease by its name.
    pub(super) fn refuse_consume_of_leases(&self, identified: &Identified<'_>) -> Result<()> {
        let named = &self.policies[identified.policy];
        if matches!(self.manner, Manner::Consume { .. }) && named.policy.has_leases() {
            return Err(has_leases(
                &named.name,
                "call acquire() in place of consume(), and release the lease",
            ));
        }
        Ok(())
    }

    /// The lease of an acquire, before anybody is asked.
    pub(super) fn want_lease(&mut self, scratch: &Scratch) -> Result<()> {
        if !matches!(self.manner, Manner::Acquire { .. }) {
            return Ok(());
        }
        if self.calls.len() != 1 {
            return Err(misuse("an acquire is one call"));
        }
        let is_leased = |check: &Planned| {
            check.same_as.is_none() && check.cost > 0 && self.policies[check.policy].policy.has_leases()
        };
        let leased = self.checks.iter().enumerate().filter(|(_, check)| is_leased(check));
        let parts: Vec<_> = leased
            .map(|(at, Planned { mark, policy, cost, .. })| {
                let key = scratch.keys[scratch.ranges[at].state.clone()].into();
                let length_ms = self.policies[*policy].policy.window_ms();
                (at, Part { mark: *mark, key, cost: *cost, length_ms })
            })
            .collect();
        if !parts.is_empty() {
            self.lease = Some(Wanted { number: Lease::next_number(), parts, held: None });
        }
        Ok(())
    }

    /// Holds what the call has taken.
    pub(super) fn hold_lease(&mut self) {
        let Gathered { lease: Some(wanted), checks, limiter, .. } = self else { return };
        let is_taken = |at: usize| checks[at].answer.taken.is_some();
        if wanted.parts.iter().any(|(at, _)| is_taken(*at)) {
            let lease = Arc::new(wanted.lease(is_taken));
            limiter.leases.hold(lease.clone());
            wanted.held = Some(lease);
        }
    }

    /// The lease that was taken.
    pub fn held(&self) -> Option<&Arc<Lease>> {
        self.lease.as_ref()?.held.as_ref()
    }

    /// The lease that Redis may have granted, and that nobody holds.
    pub fn unheld(&self) -> Option<Lease> {
        let wanted = self.lease.as_ref()?;
        wanted.held.is_none().then(|| wanted.lease(|_| true))
    }
}
