//! Builds requests, in a lane or in a batch for a lane on another thread.

use std::time::Instant;

/// Accepts requests one after the other.
pub trait Requests<T> {
    /// The buffer to append the next request's bytes to. `commit` then makes them a request.
    fn buffer(&mut self) -> &mut Vec<u8>;

    /// Makes the bytes appended to `buffer` since `from`, its length before, one request. The server sends
    /// `replies` replies to it, and the last one is the answer.
    fn commit(&mut self, from: usize, replies: u32, token: T, deadline: Instant);

    /// Appends a request. `append` writes its bytes and returns the number of its replies.
    fn push(&mut self, token: T, deadline: Instant, append: impl FnOnce(&mut Vec<u8>) -> u32)
    where
        Self: Sized,
    {
        let from = self.buffer().len();
        let replies = append(self.buffer());
        self.commit(from, replies, token, deadline);
    }
}

/// Encoded requests, made on one thread and appended to a lane on another.
#[derive(Debug)]
pub struct Batch<T> {
    bytes: Vec<u8>,
    requests: Vec<BatchRequest<T>>,
}

#[derive(Debug)]
pub(super) struct BatchRequest<T> {
    pub(super) token: T,
    pub(super) len: usize,
    pub(super) replies: u32,
    pub(super) deadline: Instant,
}

impl<T> Batch<T> {
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub fn count(&self) -> usize {
        self.requests.len()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes of all requests.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Moves all requests of another batch to the end of this one.
    pub fn append(&mut self, other: &mut Batch<T>) {
        self.bytes.append(&mut other.bytes);
        self.requests.append(&mut other.requests);
    }

    pub(super) fn take(&mut self) -> (&mut Vec<u8>, std::vec::Drain<'_, BatchRequest<T>>) {
        (&mut self.bytes, self.requests.drain(..))
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Batch { bytes: Vec::new(), requests: Vec::new() }
    }
}

impl<T> Requests<T> for Batch<T> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    fn commit(&mut self, from: usize, replies: u32, token: T, deadline: Instant) {
        self.requests.push(BatchRequest { token, len: self.bytes.len() - from, replies, deadline });
    }
}
