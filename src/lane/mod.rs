//! One connection's protocol as a state machine without I/O: bytes in, bytes and replies out.
//!
//! Promises: a reply meets the request it answers, in order, or nobody; a request's bytes are kept
//! until its reply is here, so whoever owns the lane can still read what was asked when the
//! connection dies. Relies on the caller for bytes, time and sockets. Never allocates by a length
//! that the other side claims, never blocks, never logs.

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
use subscribed::{Said, Subscribed};

/// What an idle lane keeps of a buffer that a large reply or request had grown.
const KEEP_BUFFER_BYTES: usize = 1024 * 1024;
/// For so many requests an idle lane keeps room after a burst.
const KEEP_REQUESTS: usize = 4096;
/// Answered request bytes in front of the buffer are dropped once they are this many.
const COMPACT_BYTES: usize = 256 * 1024;

/// A request that waits for its reply.
#[derive(Debug)]
struct Pending<T> {
    /// Grows along the queue; it stays when requests in front go.
    id: u64,
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

/// What came in.
#[derive(Debug)]
pub enum Arrival<'a, T> {
    Answer {
        token: T,
        answer: Answer<'a>,
        /// The bytes that were sent.
        request: &'a [u8],
    },
    /// What the server says unasked.
    Push(Frame<'a>),
}

/// What a reply is to the requests that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It answers the request in front.
    Answer,
    /// It answers none.
    Push,
    /// It belongs to the request in front, and says something by itself.
    Confirmation { is_last: bool },
}

/// A request that lost its connection or its time.
#[derive(Debug, PartialEq, Eq)]
pub struct LostRequest<T> {
    pub token: T,
    pub request: Vec<u8>,
    /// Whether any of its bytes were handed to the socket: then it may have run.
    pub was_sent: bool,
}

/// The state of one connection. `T` is what the owner needs to know its caller again.
#[derive(Debug)]
pub struct Lane<T> {
    pending: VecDeque<Pending<T>>,
    next_id: u64,
    /// Requests in front of `pending` whose deadline was already looked at.
    expired: usize,
    /// Requests that are due earlier than one in front of them.
    early_deadlines: EarlyDeadlines,
    latest_deadline: Option<Instant>,
    /// Replies that the front request has had.
    replies_seen: u32,
    refused: Option<String>,
    out: Vec<u8>,
    /// The position of `out[0]`, counted from the lane's first byte.
    out_base: u64,
    /// How much of `out` the socket has taken.
    written: usize,
    input: ReadRoom,
    scanner: Scanner,
    subscribed: Subscribed,
    generation: u64,
    /// Whether commands that the server tells after MONITOR are pushes, and answer nothing.
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
    /// Requests that wait for a reply, sent or not.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether these bytes are in a request that waits, or in one that was answered a moment ago.
    pub fn mentions(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(&self.out, bytes).is_some()
    }

    /// Whose reply is next, where somebody waits for it.
    pub fn front(&self) -> Option<&T> {
        self.pending.front()?.token.as_ref()
    }

    /// Bytes of requests that wait for a reply.
    pub fn pending_bytes(&self) -> usize {
        self.pending.front().map_or(0, |front| self.out.len() - self.offset(front.start))
    }

    /// Counts the connections that this lane has had.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the server owes a reply.
    pub fn is_waiting(&self) -> bool {
        self.pending.front().is_some_and(|front| front.start < self.out_base + self.written as u64)
    }

    /// Appends requests that were encoded elsewhere.
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

    /// The socket took `count` bytes of `unsent`.
    pub fn sent(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.out.len());
    }

    /// Room for a read. Tell `received` how much of it was filled, or `read_nothing`.
    pub fn read_room(&mut self) -> &mut [u8] {
        self.input.room()
    }

    /// A read has found nothing to put into the room.
    pub fn read_nothing(&mut self) {
        self.input.rest();
    }

    /// What was received and is not delivered, and where in it the reply that is not complete was understood so far.
    pub fn undelivered(&self) -> (&[u8], usize) {
        (self.input.filled(), self.scanner.position())
    }

    /// `count` bytes were read into `read_room`. Everything that is now complete goes to `deliver`.
    /// After an error the connection is useless.
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

    /// As `received`, where `judge` knows which replies answer no request: RESP2 has no mark for them. It is given
    /// the request that was sent first and has no reply yet.
    pub fn received_where(
        &mut self,
        count: usize,
        mut judge: impl FnMut(Frame<'_>, Option<&mut T>) -> Meaning,
        mut deliver: impl FnMut(Arrival<'_, T>),
    ) -> Result<(), ProtocolError> {
        self.input.fill(count);
        // A lane that failed is told of its disconnection next.
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
                // The server has refused a request before it had all of it: what follows is not understood.
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

    /// Whether a frame answers no request, and what it says of subscriptions with RESP2. RESP3 marks such frames; with
    /// RESP2 a connection that has subscribed says nothing else but confirmations and the replies to PING.
    fn judge<'f>(&self, frame: Frame<'f>) -> (bool, Option<(&'f [u8], i64)>) {
        if frame.is_push() {
            return (!self.is_confirmation(frame), None);
        }
        match Said::of(frame) {
            Said::Other => (false, None),
            Said::Message => (self.subscribed.is_to_any(), None),
            Said::Confirmation { kind, count } => {
                let is_answer = self.is_confirmation(frame);
                let is_unasked = !is_answer && self.subscribed.is_to_any();
                (is_unasked, (is_answer || is_unasked).then_some((kind, count)))
            }
        }
    }

    /// A subscription is answered by frames that begin with the command's name, one a channel.
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

    /// Takes the callers whose deadline has passed. Requests that were sent keep their place, so
    /// that their late reply is dropped; requests that were not sent are taken out.
    pub fn expire(&mut self, now: Instant, mut give_up: impl FnMut(LostRequest<T>)) {
        while let Some(id) = self.early_deadlines.take_due(now) {
            if let Ok(position) = self.pending.binary_search_by_key(&id, |pending| pending.id) {
                self.give_up(position, &mut give_up);
                self.cut_unsent(position..position + 1);
            }
        }
        // The others are due in the order of the queue, so the first that is not due ends it.
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

    /// Requests of this range that nobody waits for must not be sent any more, where they were not sent yet.
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

    /// The connection is gone. `keep` is told of each request whether any of it was sent, and so may have run: what
    /// stays is sent, from its first byte, on the next connection. The others are lost.
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
