//! One connection's protocol as a state machine without I/O: bytes in, bytes and replies out.
//!
//! Promises: a reply goes to the request that it answers, in order, or to none; a request's bytes are kept
//! until its reply has come, so the owner of the lane can still read the request when the connection dies.
//! Relies on the caller for bytes, time and sockets. Never allocates by a length that the other side claims,
//! never blocks, never logs.

mod early_deadlines;
mod encode;
mod frame;
mod read_room;
mod requests;
mod scanner;
mod subscribed;

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

pub use encode::{
    Arguments, append_argument, append_command, append_header, append_integer_argument,
    append_joined_argument, commands_of, count_commands,
};
pub use frame::{Frame, Items, Node};
pub use requests::{Batch, Requests};
pub use scanner::{ProtocolError, Scanner};

use early_deadlines::EarlyDeadlines;
use read_room::ReadRoom;
use subscribed::{Subscribed, SubscriberFrame};

/// The capacity that an idle lane keeps of a buffer that a large reply or request has grown.
const KEEP_BUFFER_BYTES: usize = 1024 * 1024;
/// The number of requests for which an idle lane keeps capacity after a burst.
const KEEP_REQUESTS: usize = 4096;
/// Bytes of answered requests are dropped from the front of the buffer when they are this many.
const COMPACT_BYTES: usize = 256 * 1024;

/// A request that waits for its reply.
#[derive(Debug)]
struct Pending<T> {
    /// Ids grow along the queue. An id stays when requests in front leave.
    id: u64,
    /// `None` after the caller was answered without Redis (deadline). The late reply is then dropped.
    token: Option<T>,
    /// The position of its first byte, counted from the lane's first byte.
    start: u64,
    end: u64,
    /// The number of replies that the server sends for it. The last one is the answer.
    replies: u32,
    deadline: Instant,
}

/// The server's answer to one request.
#[derive(Debug)]
pub enum Answer<'a> {
    Frame(Frame<'a>),
    /// The server refused an earlier command of the request. Its error line says more than the last reply.
    Refused(&'a str),
}

/// One thing that the server sent.
#[derive(Debug)]
pub enum Arrival<'a, T> {
    Answer {
        token: T,
        answer: Answer<'a>,
        /// The bytes of the request.
        request: &'a [u8],
    },
    /// A message that the server sent without a request.
    Push(Frame<'a>),
}

/// How a reply relates to the waiting requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It answers the request in front.
    Answer,
    /// It answers no request.
    Push,
    /// It belongs to the request in front and is a message of its own.
    Confirmation { is_last: bool },
}

/// A request whose connection was lost or whose deadline passed.
#[derive(Debug, PartialEq, Eq)]
pub struct LostRequest<T> {
    pub token: T,
    pub request: Vec<u8>,
    /// Whether any of its bytes were handed to the socket, so that it may have run.
    pub was_sent: bool,
}

/// The state of one connection. `T` identifies the caller of a request to the lane's owner.
#[derive(Debug)]
pub struct Lane<T> {
    pending: VecDeque<Pending<T>>,
    next_id: u64,
    /// The number of requests in front of `pending` whose deadline has been handled.
    expired: usize,
    /// Requests with an earlier deadline than one in front of them.
    early_deadlines: EarlyDeadlines,
    latest_deadline: Option<Instant>,
    /// The number of replies that the front request has had.
    replies_seen: u32,
    refused: Option<String>,
    out: Vec<u8>,
    /// The position of `out[0]`, counted from the lane's first byte.
    out_base: u64,
    /// The number of bytes of `out` that the socket has taken.
    written: usize,
    input: ReadRoom,
    scanner: Scanner,
    subscribed: Subscribed,
    generation: u64,
    /// Whether the connection has sent MONITOR: reported commands are then pushes and answer nothing.
    pub is_monitoring: bool,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Lane {
            pending: VecDeque::new(),
            next_id: 0,
            expired: 0,
            early_deadlines: EarlyDeadlines::default(),
            latest_deadline: None,
            replies_seen: 0,
            refused: None,
            out: Vec::new(),
            out_base: 0,
            written: 0,
            input: ReadRoom::default(),
            scanner: Scanner::default(),
            subscribed: Subscribed::default(),
            generation: 0,
            is_monitoring: false,
        }
    }
}

impl<T> Lane<T> {
    /// The number of requests that wait for a reply, sent or not.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether these bytes occur in a waiting request, or in one that was answered a moment ago.
    pub fn mentions(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(&self.out, bytes).is_some()
    }

    /// The token of the next request to be answered, if its caller still waits.
    pub fn front(&self) -> Option<&T> {
        self.pending.front()?.token.as_ref()
    }

    /// The number of bytes of waiting requests.
    pub fn pending_bytes(&self) -> usize {
        self.pending.front().map_or(0, |front| self.out.len() - self.offset(front.start))
    }

    /// The number of connections that this lane has had.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the server owes a reply.
    pub fn is_waiting(&self) -> bool {
        self.pending.front().is_some_and(|front| front.start < self.out_base + self.written as u64)
    }

    /// Appends requests that were encoded elsewhere, and empties the batch.
    pub fn append(&mut self, batch: &mut Batch<T>) {
        let mut from = self.out.len();
        let (bytes, requests) = batch.take();
        self.out.append(bytes);
        for request in requests {
            let until = from + request.len;
            self.enqueue(from..until, request.replies, request.token, request.deadline);
            from = until;
        }
    }

    fn enqueue(&mut self, range: Range<usize>, replies: u32, token: T, deadline: Instant) {
        let id = self.next_id;
        self.next_id += 1;
        match self.latest_deadline {
            Some(latest) if deadline < latest => self.early_deadlines.insert(deadline, id),
            _ => self.latest_deadline = Some(deadline),
        }
        let (start, end) = (self.out_base + range.start as u64, self.out_base + range.end as u64);
        self.pending.push_back(Pending { id, token: Some(token), start, end, replies, deadline });
    }

    /// Bytes that the socket has not taken yet.
    pub fn unsent(&self) -> &[u8] {
        &self.out[self.written..]
    }

    /// Reports that the socket took `count` bytes of `unsent`.
    pub fn sent(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.out.len());
    }

    /// Room for a read. The caller then calls `received`, or `read_nothing`.
    pub fn read_room(&mut self) -> &mut [u8] {
        self.input.room()
    }

    /// Reports a read that found no bytes.
    pub fn read_nothing(&mut self) {
        self.input.rest();
    }

    /// The received bytes that were not delivered, and the position in them up to which the incomplete reply
    /// was scanned.
    pub fn undelivered(&self) -> (&[u8], usize) {
        (self.input.filled(), self.scanner.position())
    }

    /// Takes in `count` bytes that were read into `read_room`. Passes each complete reply to `deliver`. After
    /// an error the connection must be dropped.
    pub fn received(
        &mut self,
        count: usize,
        mut deliver: impl FnMut(Arrival<'_, T>),
    ) -> Result<(), ProtocolError> {
        self.input.fill(count);
        let result = self.deliver_complete(&mut deliver);
        self.after_delivery();
        result
    }

    /// Like `received`, but `judge` decides which replies answer no request, because RESP2 does not mark
    /// them. `judge` gets the oldest request that was sent and has no reply yet.
    pub fn received_where(
        &mut self,
        count: usize,
        mut judge: impl FnMut(Frame<'_>, Option<&mut T>) -> Meaning,
        mut deliver: impl FnMut(Arrival<'_, T>),
    ) -> Result<(), ProtocolError> {
        self.input.fill(count);
        // After an error the owner disconnects the lane next.
        self.deliver_judged(&mut judge, &mut deliver)?;
        self.after_delivery();
        Ok(())
    }

    fn deliver_judged(
        &mut self,
        judge: &mut impl FnMut(Frame<'_>, Option<&mut T>) -> Meaning,
        deliver: &mut impl FnMut(Arrival<'_, T>),
    ) -> Result<(), ProtocolError> {
        let sent_until = self.out_base + self.written as u64;
        while let Some(length) = self.scanner.scan(self.input.filled())? {
            self.input.take(length);
            let frame = Frame::new(self.input.taken(length));
            let front = self.pending.front_mut().filter(|front| front.start < sent_until);
            let meaning = judge(frame, front.and_then(|front| front.token.as_mut()));
            if meaning != Meaning::Answer {
                deliver(Arrival::Push(frame));
            }
            if matches!(meaning, Meaning::Push | Meaning::Confirmation { is_last: false }) {
                continue;
            }
            let Some(Pending { token: Some(token), start, end, .. }) = self.pending.pop_front() else {
                return Err(ProtocolError::UnexpectedReply);
            };
            let request = &self.out[(start - self.out_base) as usize..(end - self.out_base) as usize];
            deliver(Arrival::Answer { token, answer: Answer::Frame(frame), request });
            if end > sent_until {
                // The server refused the request before it had all of it, so it will misread the rest.
                return Err(ProtocolError::UnexpectedReply);
            }
        }
        Ok(())
    }

    fn after_delivery(&mut self) {
        self.forget_answered();
        self.input.rest();
    }

    fn deliver_complete(&mut self, deliver: &mut impl FnMut(Arrival<'_, T>)) -> Result<(), ProtocolError> {
        while let Some(length) = self.scanner.scan(self.input.filled())? {
            self.input.take(length);
            let frame = Frame::new(self.input.taken(length));
            let (is_unasked, confirmed) = self.judge(frame);
            if let Some((kind, count)) = confirmed {
                self.subscribed.note(kind, count);
            }
            if is_unasked || self.is_monitoring && frame.is_monitored() {
                deliver(Arrival::Push(frame));
                continue;
            }
            let Some(front) = self.pending.front() else {
                return Err(ProtocolError::UnexpectedReply);
            };
            let sent_until = self.out_base + self.written as u64;
            self.replies_seen += 1;
            let is_last = self.replies_seen >= front.replies;
            // The server cannot answer a request that was not sent.
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
            let answered = self.pending.pop_front();
            if let Some(pending) = &answered {
                self.early_deadlines.forget(pending.deadline, pending.id);
            }
            if let Some(Pending { token: Some(token), start, end, .. }) = answered {
                let request = &self.out[(start - self.out_base) as usize..(end - self.out_base) as usize];
                let answer = match &refused {
                    Some(line) => Answer::Refused(line),
                    None => Answer::Frame(frame),
                };
                deliver(Arrival::Answer { token, answer, request });
            }
        }
        Ok(())
    }

    /// Whether a frame answers no request, and the subscription that it confirms with RESP2. RESP3 marks such
    /// frames. With RESP2 a subscribed connection sends only messages, confirmations and the replies to PING.
    fn judge<'f>(&self, frame: Frame<'f>) -> (bool, Option<(&'f [u8], i64)>) {
        if frame.is_push() {
            return (!self.is_confirmation(frame), None);
        }
        match SubscriberFrame::of(frame) {
            SubscriberFrame::Other => (false, None),
            SubscriberFrame::Message => (self.subscribed.is_to_any(), None),
            SubscriberFrame::Confirmation { kind, count } => {
                let is_answer = self.is_confirmation(frame);
                let is_unasked = !is_answer && self.subscribed.is_to_any();
                (is_unasked, (is_answer || is_unasked).then_some((kind, count)))
            }
        }
    }

    /// Whether the frame confirms a subscription. The server confirms one with a frame for each channel,
    /// which begins with the command's name.
    fn is_confirmation(&self, push: Frame<'_>) -> bool {
        let Node::Array(mut items) = push.node() else { return false };
        let (Some(Node::Bulk(kind) | Node::Status(kind)), Some(front)) = (items.next(), self.pending.front())
        else {
            return false;
        };
        let is_sent = front.start < self.out_base + self.written as u64;
        is_sent
            && kind.ends_with(b"subscribe")
            && Arguments::new(&self.out[self.offset(front.start)..self.offset(front.end)])
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(kind))
    }

    fn offset(&self, position: u64) -> usize {
        (position - self.out_base) as usize
    }

    /// Drops the bytes of answered requests. Unsent bytes belong to a waiting request, so they always stay.
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
            if self.pending.capacity() > KEEP_REQUESTS {
                self.pending.shrink_to(KEEP_REQUESTS);
                self.early_deadlines.shrink_to(KEEP_REQUESTS);
            }
        } else if answered > COMPACT_BYTES && answered * 2 > self.out.len() {
            self.out.drain(..answered);
            self.out_base += answered as u64;
            self.written -= answered;
        }
    }

    /// The earliest deadline of a request whose caller still waits.
    pub fn next_deadline(&self) -> Option<Instant> {
        let in_order = self.pending.iter().skip(self.expired).find(|p| p.token.is_some()).map(|p| p.deadline);
        in_order.into_iter().chain(self.early_deadlines.first()).min()
    }

    /// Gives up the requests whose deadline has passed. A sent request keeps its place, so that its late
    /// reply is dropped. An unsent request is removed.
    pub fn expire(&mut self, now: Instant, mut give_up: impl FnMut(LostRequest<T>)) {
        while let Some(id) = self.early_deadlines.take_due(now) {
            if let Ok(position) = self.pending.binary_search_by_key(&id, |pending| pending.id) {
                self.give_up(position, &mut give_up);
                self.cut_unsent(position..position + 1);
            }
        }
        // The other deadlines follow the order of the queue, so the loop ends at the first one in the future.
        while self.pending.get(self.expired).is_some_and(|pending| pending.deadline <= now) {
            self.give_up(self.expired, &mut give_up);
            self.expired += 1;
        }
        self.cut_unsent(0..self.expired);
    }

    fn give_up(&mut self, position: usize, give_up: &mut impl FnMut(LostRequest<T>)) {
        let sent_until = self.out_base + self.written as u64;
        let pending = &mut self.pending[position];
        let was_sent = pending.start < sent_until;
        if let Some(token) = pending.token.take() {
            let range = (pending.start - self.out_base) as usize..(pending.end - self.out_base) as usize;
            give_up(LostRequest { token, request: self.out[range].to_vec(), was_sent });
        }
    }

    /// Removes the unsent requests of this range that have no caller any more.
    fn cut_unsent(&mut self, range: Range<usize>) {
        let sent_until = self.out_base + self.written as u64;
        let first = self.pending.partition_point(|p| p.start < sent_until).max(range.start);
        if first >= range.end {
            return;
        }
        let cut_from = self.offset(self.pending[first].start);
        let cut_to = self.pending.get(range.end).map_or(self.out.len(), |p| self.offset(p.start));
        let cut = cut_to - cut_from;
        self.out.drain(cut_from..cut_to);
        for gone in self.pending.drain(first..range.end) {
            self.early_deadlines.forget(gone.deadline, gone.id);
        }
        for pending in self.pending.iter_mut().skip(first) {
            pending.start -= cut as u64;
            pending.end -= cut as u64;
        }
        let cut_expired = self.expired.min(range.end).saturating_sub(first);
        self.expired -= cut_expired;
    }

    /// Handles the loss of the connection. `keep` gets each request and whether any of its bytes were sent,
    /// so that it may have run. A kept request is sent from its first byte on the next connection; the others
    /// go to `lose`.
    pub fn disconnect(
        &mut self,
        keep: impl Fn(&T, &[u8], bool) -> bool,
        mut lose: impl FnMut(LostRequest<T>),
    ) {
        let sent_until = self.out_base + self.written as u64;
        let (generation, is_monitoring) = (self.generation + 1, self.is_monitoring);
        let fresh = Lane { generation, is_monitoring, ..Lane::default() };
        let old = std::mem::replace(self, fresh);
        for pending in old.pending {
            let range = (pending.start - old.out_base) as usize..(pending.end - old.out_base) as usize;
            let was_sent = pending.start < sent_until;
            let Some(token) = pending.token else { continue };
            if keep(&token, &old.out[range.clone()], was_sent) {
                let from = self.out.len();
                self.out.extend_from_slice(&old.out[range]);
                self.commit(from, pending.replies, token, pending.deadline);
            } else {
                lose(LostRequest { token, request: old.out[range].to_vec(), was_sent });
            }
        }
    }
}

impl<T> Requests<T> for Lane<T> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn commit(&mut self, from: usize, replies: u32, token: T, deadline: Instant) {
        self.enqueue(from..self.out.len(), replies, token, deadline);
    }
}

#[cfg(test)]
mod tests;
