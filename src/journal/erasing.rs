//! Erasing what the journal holds of an organization.

use std::sync::Arc;
use std::time::Instant;

use super::Journal;

impl Journal {
    /// Drops every entry and clear whose key or index satisfies `is_meant`, and leaves nothing of them in the file. Returns
    /// their number and their bytes. Costs the number of all entries.
    pub fn erase(&mut self, is_meant: impl Fn(&[u8]) -> bool, now: Instant) -> (usize, usize) {
        let before = self.bytes();
        let keys: Vec<Arc<[u8]>> = self.entries.keys().filter(|key| is_meant(key)).cloned().collect();
        let clears: Vec<(Arc<[u8]>, u64)> = self
            .clears()
            .filter(|clear| is_meant(&clear.index))
            .map(|clear| (clear.index.clone(), clear.sequence))
            .collect();
        keys.iter().for_each(|key| self.forget(key));
        clears.iter().for_each(|(index, sequence)| self.settle_clear(index, *sequence));
        let gone = keys.len() + clears.len();
        if gone > 0 {
            // Until the next rewrite the file would still have the old frames.
            let _ = self.rewrite(now);
        }
        (gone, before.saturating_sub(self.bytes()))
    }

    /// The number of entries and clears whose key or index satisfies `is_meant`.
    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        let entries = self.entries.keys().filter(|key| is_meant(key)).count();
        entries + self.clears().filter(|clear| is_meant(&clear.index)).count()
    }
}
