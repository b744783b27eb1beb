//! How far the replay of the journal has come.

use std::collections::HashMap;
use std::time::Instant;

#[derive(Debug, Default)]
pub struct Recovery {
    /// Counts connections: what an earlier one carried no longer counts.
    pub(super) generation: u64,
    /// Batches and clearings under way.
    pub(super) under_way: usize,
    /// Waits for the fence.
    pub(super) is_held: bool,
    pub(super) try_again_at: Option<Instant>,
    pub(super) told_at: Option<Instant>,
    /// The sequences of writes to keys that are in Redis, or on their way, while the journal holds clearings.
    pub(super) written: HashMap<Box<[u8]>, u64>,
    pub(super) replayed: u64,
    pub(super) superseded: u64,
    pub(super) refused: u64,
}

impl Recovery {
    /// The sequence of the last write to this key that a clearing may have to spare.
    pub(super) fn written_at(&self, key: &[u8]) -> Option<u64> {
        self.written.get(key).copied()
    }

    pub(super) fn note_written(&mut self, key: &[u8], sequence: u64) {
        let last = self.written.entry(key.into()).or_insert(sequence);
        *last = sequence.max(*last);
    }
}
