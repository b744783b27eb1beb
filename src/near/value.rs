//! The bytes of a copy: key, value and perhaps the end of its lifetime, in one piece of memory.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The value of a copy. It stays as it is, also after the store has removed the copy.
#[derive(Clone)]
pub struct NearValue {
    /// Key, value, and where `has_end` a tick.
    all: Arc<[u8]>,
    key_len: u32,
    has_end: bool,
}

const END_BYTES: usize = size_of::<u64>();

impl NearValue {
    /// `end` is the tick at which the value itself ends, where the copy ends before.
    pub(super) fn new(key: &[u8], value: &[u8], end: Option<u64>) -> NearValue {
        let mut all = Vec::with_capacity(key.len() + value.len() + end_bytes(end.is_some()));
        all.extend_from_slice(key);
        all.extend_from_slice(value);
        all.extend(end.map(u64::to_ne_bytes).into_iter().flatten());
        NearValue { all: all.into(), key_len: key.len() as u32, has_end: end.is_some() }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.all[..self.key_len as usize]
    }

    /// The tick at which the value itself ends, where the copy ends before.
    pub(super) fn end(&self) -> Option<u64> {
        self.all.last_chunk::<END_BYTES>().filter(|_| self.has_end).map(|tick| u64::from_ne_bytes(*tick))
    }

    /// What the allocator gives for a copy of these lengths: two counters and the bytes, in steps of 16 with 8 for
    /// itself.
    pub(super) fn allocated(key_len: usize, value_len: usize, has_end: bool) -> usize {
        (16 + key_len + value_len + end_bytes(has_end) + 8).next_multiple_of(16).max(32)
    }

    pub(super) fn bytes(&self) -> usize {
        NearValue::allocated(self.key_len as usize, self.len(), self.has_end)
    }
}

fn end_bytes(has_end: bool) -> usize {
    if has_end { END_BYTES } else { 0 }
}

/// Without the bytes, which are the application's.
impl fmt::Debug for NearValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NearValue").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Deref for NearValue {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.all[self.key_len as usize..self.all.len() - end_bytes(self.has_end)]
    }
}

impl AsRef<[u8]> for NearValue {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
