//! Copies that go at once, because nothing of an organization may stay in this process.

use super::NearStore;
use crate::near::owners::Owner;
use crate::near::stripes::StripeIndex;
use std::sync::atomic::Ordering;

impl NearStore {
    /// Removes every copy whose key satisfies `is_meant`; a fill of the owner under way brings none. Returns the number of
    /// copies and their bytes. Costs the number of all copies.
    pub fn erase(&self, owner: Owner, is_meant: impl Fn(&[u8]) -> bool) -> (usize, usize) {
        self.clear_owner(owner);
        let (mut copies, mut bytes) = (0, 0);
        for shard in &self.shards {
            let mut shard = shard.lock();
            for at in shard.all(|copied| is_meant(copied.value.key())) {
                if let Some(gone) = self.remove_at(&mut shard, at) {
                    // Whoever remembers the version of its stripe sees that it is another one.
                    self.stripes.raise(StripeIndex::of(gone.hash));
                    copies += 1;
                    bytes += gone.value.bytes();
                }
            }
        }
        (copies, bytes)
    }

    /// The number of copies whose key satisfies `is_meant`.
    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        if self.bytes.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let count = |copied: &crate::near::copied::Copied| is_meant(copied.value.key());
        self.shards.iter().map(|shard| shard.lock().all(count).len()).sum()
    }
}
