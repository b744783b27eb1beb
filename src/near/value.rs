//! The bytes of a copy: key and value in one piece of memory.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The value of a copy. It stays as it is, also after the store has removed the copy.
#[derive(Clone)]
pub struct NearValue {
    key_and_value: Arc<[u8]>,
    key_len: u32,
}

impl NearValue {
    pub(super) fn new(key: &[u8], value: &[u8]) -> NearValue {
        let mut bytes = Vec::with_capacity(key.len() + value.len());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        NearValue { key_and_value: bytes.into(), key_len: key.len() as u32 }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key_and_value[..self.key_len as usize]
    }

    /// What the allocator gives for a copy of these lengths: two counters and the bytes, in steps of 16 with 8 for
    /// itself.
    pub(super) fn allocated(key_len: usize, value_len: usize) -> usize {
        (16 + key_len + value_len + 8).next_multiple_of(16).max(32)
    }

    pub(super) fn bytes(&self) -> usize {
        NearValue::allocated(self.key_len as usize, self.len())
    }
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
        &self.key_and_value[self.key_len as usize..]
    }
}

impl AsRef<[u8]> for NearValue {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
