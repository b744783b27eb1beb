//! Leases of the room's calls: who prolongs them, and how they are released.

use std::sync::Arc;
use std::time::Instant;

use super::gathered::Gathered;
use super::lease::Lease;
use super::room::{Limiters, asked, patient};
use super::ticket::{LimiterRequest, Purpose};
use crate::error::Result;
use crate::lane::Requests;
use crate::redis::Outcome;

impl Limiters {
    /// The lease that an acquire has taken is prolonged from now on.
    pub(super) fn keep_lease(&self, gathered: &Gathered, now: Instant) {
        if let Some(lease) = gathered.held().filter(|_| self.node.config().use_redis()) {
            self.keeper.keep(lease, now);
        }
    }

    /// Redis may have granted a lease of which nobody has heard.
    pub(super) fn discard_unheld(&self, gathered: &Gathered) {
        if let Some(lease) = gathered.unheld() {
            self.keeper.discard(Arc::new(lease));
        }
    }

    /// A lease is held no more. True, unless it was so before.
    pub(super) fn release_here(&self, limiter: usize, lease: u64) -> Result<bool> {
        Ok(self.limiter(limiter)?.leases.take(lease).is_some())
    }

    /// A lease is held no more. Redis is told when it is there.
    pub(super) fn release_later(&self, limiter: usize, lease: u64) -> Result<Outcome<'static>> {
        let lease = self.limiter(limiter)?.leases.take(lease);
        Ok(Outcome::Boolean(lease.is_some_and(|lease| {
            lease.give_up();
            true
        })))
    }

    /// Ends a lease in Redis.
    pub(super) fn release(
        &self,
        limiter: usize,
        lease: u64,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<LimiterRequest>,
    ) -> Result<Option<Outcome<'static>>> {
        if self.decides_here() {
            return self.release_later(limiter, lease).map(Some);
        }
        let limiter = self.limiter(limiter)?;
        let Some(lease) = limiter.leases.take(lease) else {
            return Ok(Some(Outcome::Boolean(false)));
        };
        lease.end();
        // Nobody should wait longer for what can be said later.
        let request = patient(asked(call_id, Purpose::Release(lease.clone()), now), limiter.decision);
        out.push(request, now + limiter.decision, |bytes| {
            lease.append_release(bytes);
            1
        });
        Ok(None)
    }

    /// Redis was not told that a lease is over.
    pub(super) fn release_was_lost(&self, lease: Arc<Lease>) -> Outcome<'static> {
        self.keeper.discard(lease);
        Outcome::Boolean(true)
    }
}
