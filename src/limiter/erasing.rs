//! What limiters keep of an organization, and how it is erased.

use std::time::Instant;

use super::keys::is_of_organization;
use super::limits::Limiter;
use super::room::Limiters;
use crate::erasure::{Commands, Erased, Keeper, Mode, Place, keys_command};
use crate::error::Result;

const NAME: &str = "limits";

impl Keeper for Limiters {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        vec![Box::new(Limits(self))]
    }

    fn commands(&self, organization: &str, mode: Mode) -> Result<Commands> {
        if !self.node.config().use_redis() {
            return Ok(Commands::new());
        }
        let limiters = self.open_limiters();
        let keys = limiters.iter().map(|limiter| limiter.keys_of_organization_itself(organization));
        keys.map(|keys| Ok(keys_command(&keys?, mode, NAME))).collect()
    }
}

/// Limits and blocks of the organization's identifiers, and of the organization itself.
struct Limits<'l>(&'l Limiters);

impl Place for Limits<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn owns(&self, key: &[u8], organization: &str) -> bool {
        is_of_organization(&self.0.node.config().room_prefix, key, organization)
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        let forget = |limiter: &Limiter| {
            limiter.denials.forget_where(limiter.is_mark_of(organization));
            let leases = limiter.leases.take_where(limiter.is_mark_of(organization));
            leases.iter().for_each(|lease| lease.end());
            leases.len() + limiter.local.forget_where(limiter.is_mark_of(organization))
        };
        let entries: usize = self.0.open_limiters().iter().map(|limiter| forget(limiter)).sum();
        Erased { entries: entries as u64, bytes: 0 }
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        let count = |limiter: &Limiter| {
            let is_meant = limiter.is_mark_of(organization);
            limiter.denials.count_where(&is_meant)
                + limiter.local.count_where(&is_meant)
                + limiter.leases.count_where(&is_meant)
        };
        self.0.open_limiters().iter().map(|limiter| count(limiter) as u64).sum()
    }
}
