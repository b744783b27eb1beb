//! One budget for all shards: which copy goes where another needs its place.

use super::NearStore;
use crate::near::copied::Copied;
use crate::near::shard::{Claim, Shard};
use std::sync::atomic::Ordering;

impl NearStore {
    /// Reserves memory for a value, and evicts copies until there is room. False where there is none.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = self.evict_beyond_budget(bytes);
        if !has_room {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        has_room
    }

    /// Evicts until everything fits again. `reserved` bytes have no copy yet. False where nothing is left to evict.
    pub(super) fn evict_beyond_budget(&self, reserved: usize) -> bool {
        let mut in_vain = 0;
        while self.bytes.load(Ordering::Relaxed) > self.options.max_bytes {
            // Shards with less than the average are spared. Only if no other has a copy they give one up.
            let average = (self.bytes.load(Ordering::Relaxed).saturating_sub(reserved)) / self.shards.len();
            let least = if in_vain < self.shards.len() { average } else { 0 };
            if self.evict_from_next_shard(least) {
                in_vain = 0;
            } else {
                in_vain += 1;
            }
            if in_vain > 2 * self.shards.len() {
                return false;
            }
        }
        true
    }

    /// Evicts a copy from the next shard in turn, if that has so many bytes.
    fn evict_from_next_shard(&self, least_bytes: usize) -> bool {
        let turn = self.hand.fetch_add(1, Ordering::Relaxed);
        let mut shard = self.shards[turn & (self.shards.len() - 1)].lock();
        if shard.bytes() < least_bytes {
            return false;
        }
        let now = self.latest_tick();
        let Some(evicted) = shard.evict(|copied| self.claim(copied, now)) else { return false };
        self.count_out(&evicted);
        self.recount_tables(&mut shard);
        drop(shard);
        self.evictions.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn claim(&self, copied: &Copied, now: u64) -> Claim {
        let is_dead = copied.expires_at <= now
            || copied.clearings != self.clearings.count(copied.owner)
            || self.sessions.was_flushed(copied.node, copied.session);
        if is_dead {
            Claim::Dead
        } else if self.shares.is_guaranteed(copied.owner) {
            Claim::Guaranteed
        } else {
            Claim::Plain
        }
    }

    /// Counts what the shard's tables have grown or shrunk by.
    pub(super) fn recount_tables(&self, shard: &mut Shard) {
        let (before, after) = shard.recount_tables();
        if after >= before {
            self.bytes.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.bytes.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}
