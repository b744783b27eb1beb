//! One connection's protocol as a state machine without I/O: bytes in, bytes and replies out.
//!
//! Promises: a reply meets the request it answers, in order, or nobody; a request's bytes are kept
//! until its reply is here, so whoever owns the lane can still read what was asked when the
//! connection dies. Relies on the caller for bytes, time and sockets. Never allocates by a length
//! that the other side claims, never blocks, never logs.

mod encode;
mod frame;
mod scanner;

use std::collections::VecDeque;
use std::time::Instant;

pub use encode::{Arguments, append_argument, append_command, append_header, append_integer_argument};
pub use frame::{Frame, Items, Node};
pub use scanner::{ProtocolError, Scanner};

/// The room that a read asks for at least; one large read beats many small ones.
const READ_CHUNK_BYTES: usize = 64 * 1024;
/// What an idle lane keeps of a buffer that a large reply or request had grown.
const KEEP_BUFFER_BYTES: usize = 1024 * 1024;
/// Answered request bytes in front of the buffer are dropped once they are this many.
const COMPACT_BYTES: usize = 256 * 1024;

/// A request that waits for its reply.
#[derive(Debug)]
struct Pending<T> {
    /// `None` once the caller was answered without Redis (deadline); the reply is then dropped.
    token: Option<T>,
    /// Where its bytes start, counted from the lane's first byte.
    start: u64,
    end: u64,
    /// How many replies the server sends for it; the last one is the answer.
    replies: u32,
    deadline: Instant,
}

/// What the server said to one request.
#[derive(Debug)]
pub enum Answer<'a> {
    Frame(Frame<'a>),
    /// An earlier command of the request was refused; its error line says more than the last reply.
    Refused(&'a str),
}

/// A request that lost its connection or its time.
#[derive(Debug, PartialEq, Eq)]
pub struct Orphan<T> {
    pub token: T,
    pub request: Vec<u8>,
    /// Whether any of its bytes were handed to the socket: then it may have run.
    pub was_sent: bool,
}

/// A batch of encoded requests, made on one thread and appended to a lane on another.
#[derive(Debug)]
pub struct Batch<T> {
    pub bytes: Vec<u8>,
    pub requests: Vec<BatchRequest<T>>,
}

#[derive(Debug)]
pub struct BatchRequest<T> {
    pub token: T,
    pub len: usize,
    pub replies: u32,
    pub deadline: Instant,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Batch { bytes: Vec::new(), requests: Vec::new() }
    }
}

/// The state of one connection. `T` is what the owner needs to know its caller again.
#[derive(Debug)]
pub struct Lane<T> {
    pending: VecDeque<Pending<T>>,
    /// Requests in front of `pending` whose deadline was already looked at.
    expired: usize,
    /// Replies that the front request has had.
    replies_seen: u32,
    refused: Option<String>,
    out: Vec<u8>,
    /// The position of `out[0]`, counted from the lane's first byte.
    out_base: u64,
    /// How much of `out` the socket has taken.
    written: usize,
    input: Vec<u8>,
    input_start: usize,
    input_end: usize,
    scanner: Scanner,
    generation: u64,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Lane {
            pending: VecDeque::new(),
            expired: 0,
            replies_seen: 0,
            refused: None,
            out: Vec::new(),
            out_base: 0,
            written: 0,
            input: Vec::new(),
            input_start: 0,
            input_end: 0,
            scanner: Scanner::default(),
            generation: 0,
        }
    }
}

impl<T> Lane<T> {
    /// Requests that wait for a reply, sent or not.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Bytes of requests that wait for a reply.
    pub fn pending_bytes(&self) -> usize {
        self.pending.front().map_or(0, |front| self.out.len() - self.offset(front.start))
    }

    /// Counts the connections that this lane has had.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Where the bytes of the next request are to be appended; `commit` makes them a request.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Makes what was appended to `buffer` since `from` (its length then) one request.
    pub fn commit(&mut self, from: usize, replies: u32, token: T, deadline: Instant) {
        let start = self.out_base + from as u64;
        let end = self.out_base + self.out.len() as u64;
        self.pending.push_back(Pending { token: Some(token), start, end, replies, deadline });
    }

    /// Appends requests that were encoded elsewhere.
    pub fn append(&mut self, batch: &mut Batch<T>) {
        let mut from = self.out.len();
        self.out.append(&mut batch.bytes);
        for request in batch.requests.drain(..) {
            let start = self.out_base + from as u64;
            from += request.len;
            self.pending.push_back(Pending {
                token: Some(request.token),
                start,
                end: self.out_base + from as u64,
                replies: request.replies,
                deadline: request.deadline,
            });
        }
    }

    /// Bytes that the socket has not taken yet.
    pub fn unsent(&self) -> &[u8] {
        &self.out[self.written..]
    }

    /// The socket took `count` bytes of `unsent`.
    pub fn sent(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.out.len());
    }

    /// Room for a read. Tell `received` how much of it was filled.
    pub fn read_room(&mut self) -> &mut [u8] {
        if self.input.len() - self.input_end < READ_CHUNK_BYTES {
            self.make_room();
        }
        &mut self.input[self.input_end..]
    }

    fn make_room(&mut self) {
        if self.input_start > 0 {
            self.input.copy_within(self.input_start..self.input_end, 0);
            self.input_end -= self.input_start;
            self.input_start = 0;
        }
        if self.input.len() - self.input_end < READ_CHUNK_BYTES {
            // Doubling what is really here: a claimed length never decides an allocation.
            let wanted = (self.input.len() * 2).max(4 * READ_CHUNK_BYTES);
            self.input.resize(wanted, 0);
        }
    }

    /// `count` bytes were read into `read_room`. Every reply that is now complete goes to
    /// `deliver(token, answer, request bytes)`. After an error the connection is useless.
    pub fn received(
        &mut self,
        count: usize,
        mut deliver: impl FnMut(T, Answer<'_>, &[u8]),
    ) -> Result<(), ProtocolError> {
        self.input_end += count;
        let result = self.deliver_complete(&mut deliver);
        self.forget_answered();
        if self.input_start == self.input_end {
            self.input_start = 0;
            self.input_end = 0;
            if self.input.len() > KEEP_BUFFER_BYTES {
                self.input.truncate(KEEP_BUFFER_BYTES);
                self.input.shrink_to_fit();
            }
        }
        result
    }

    fn deliver_complete(
        &mut self,
        deliver: &mut impl FnMut(T, Answer<'_>, &[u8]),
    ) -> Result<(), ProtocolError> {
        while let Some(length) = self.scanner.scan(&self.input[self.input_start..self.input_end])? {
            let frame = Frame::new(&self.input[self.input_start..self.input_start + length]);
            self.input_start += length;
            if frame.is_push() {
                continue;
            }
            let Some(front) = self.pending.front() else {
                return Err(ProtocolError::UnexpectedReply);
            };
            let sent_until = self.out_base + self.written as u64;
            self.replies_seen += 1;
            let is_last = self.replies_seen >= front.replies;
            // The server cannot answer what it has not been sent.
            if front.start >= sent_until || (is_last && front.end > sent_until) {
                return Err(ProtocolError::UnexpectedReply);
            }
            if !is_last {
                if let (None, Some(line)) = (&self.refused, frame.error()) {
                    self.refused = Some(line.into_owned());
                }
                continue;
            }
            self.replies_seen = 0;
            self.expired = self.expired.saturating_sub(1);
            let refused = self.refused.take();
            if let Some(Pending { token: Some(token), start, end, .. }) = self.pending.pop_front() {
                let request = &self.out[(start - self.out_base) as usize..(end - self.out_base) as usize];
                let answer = match &refused {
                    Some(line) => Answer::Refused(line),
                    None => Answer::Frame(frame),
                };
                deliver(token, answer, request);
            }
        }
        Ok(())
    }

    fn offset(&self, position: u64) -> usize {
        (position - self.out_base) as usize
    }

    /// Drops request bytes that were answered. Bytes that were not sent belong to a request that
    /// waits, so this never touches them.
    fn forget_answered(&mut self) {
        let answered = match self.pending.front() {
            Some(front) => self.offset(front.start),
            None => self.out.len(),
        };
        if answered == self.out.len() {
            self.out_base += answered as u64;
            self.written = 0;
            self.out.clear();
            if self.out.capacity() > KEEP_BUFFER_BYTES {
                self.out.shrink_to(KEEP_BUFFER_BYTES);
            }
        } else if answered > COMPACT_BYTES && answered * 2 > self.out.len() {
            self.out.drain(..answered);
            self.out_base += answered as u64;
            self.written -= answered;
        }
    }

    /// The deadline of the oldest request whose caller still waits.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.pending.iter().skip(self.expired).find(|p| p.token.is_some()).map(|p| p.deadline)
    }

    /// Takes the callers whose deadline has passed. Requests that were sent keep their place, so
    /// that their late reply is dropped; requests that were not sent are taken out.
    ///
    /// Deadlines are given in call order with one timeout, so the first that is not due ends it.
    pub fn expire(&mut self, now: Instant, mut give_up: impl FnMut(Orphan<T>)) {
        let sent_until = self.out_base + self.written as u64;
        while let Some(pending) = self.pending.get_mut(self.expired) {
            if pending.deadline > now {
                break;
            }
            self.expired += 1;
            let was_sent = pending.start < sent_until;
            if let Some(token) = pending.token.take() {
                let range = (pending.start - self.out_base) as usize..(pending.end - self.out_base) as usize;
                give_up(Orphan { token, request: self.out[range].to_vec(), was_sent });
            }
        }
        self.drop_expired_unsent();
    }

    /// Requests that expired before any byte was sent must not be sent any more.
    fn drop_expired_unsent(&mut self) {
        let sent_until = self.out_base + self.written as u64;
        let first_unsent = self.pending.partition_point(|p| p.start < sent_until);
        if first_unsent >= self.expired {
            return;
        }
        let cut_from = self.offset(self.pending[first_unsent].start);
        let cut_to = self.pending.get(self.expired).map_or(self.out.len(), |p| self.offset(p.start));
        let cut = cut_to - cut_from;
        self.out.drain(cut_from..cut_to);
        self.pending.drain(first_unsent..self.expired);
        for pending in self.pending.iter_mut().skip(first_unsent) {
            pending.start -= cut as u64;
            pending.end -= cut as u64;
        }
        self.expired = first_unsent;
    }

    /// The connection is gone. Every request that was sent, even in part, becomes an orphan; so
    /// does each unsent one that `keep` refuses. What stays is sent again, from its first byte, on
    /// the next connection.
    pub fn disconnect(&mut self, keep: impl Fn(&T) -> bool, mut orphan: impl FnMut(Orphan<T>)) {
        let sent_until = self.out_base + self.written as u64;
        let mut kept_bytes = Vec::new();
        let mut kept = VecDeque::new();
        for pending in std::mem::take(&mut self.pending) {
            let bytes =
                &self.out[(pending.start - self.out_base) as usize..(pending.end - self.out_base) as usize];
            let was_sent = pending.start < sent_until;
            let Some(token) = pending.token else { continue };
            if !was_sent && keep(&token) {
                let start = kept_bytes.len() as u64;
                kept_bytes.extend_from_slice(bytes);
                kept.push_back(Pending {
                    token: Some(token),
                    start,
                    end: kept_bytes.len() as u64,
                    ..pending
                });
            } else {
                orphan(Orphan { token, request: bytes.to_vec(), was_sent });
            }
        }
        *self = Lane { pending: kept, out: kept_bytes, generation: self.generation + 1, ..Lane::default() };
    }
}

#[cfg(test)]
mod tests;
