//! The receive buffer of a connection. All connections of a thread share one spare buffer. A connection
//! without undelivered bytes holds no buffer, so that thousands of idle connections cost no memory.

use std::cell::Cell;

/// The least room for one read; one large read beats many small ones.
pub(super) const READ_CHUNK_BYTES: usize = 64 * 1024;
/// A new buffer has room for this many reads.
const FIRST_CHUNKS: usize = 4;
/// The capacity that is kept of a buffer that a large reply has grown.
const KEEP_BYTES: usize = 1024 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Received bytes; the first of them may have been taken.
#[derive(Debug, Default)]
pub struct ReadRoom {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReadRoom {
    /// The room for the next read.
    pub fn room(&mut self) -> &mut [u8] {
        if self.buffer.len() - self.end < READ_CHUNK_BYTES {
            self.make_room();
        }
        &mut self.buffer[self.end..]
    }

    fn make_room(&mut self) {
        if self.buffer.is_empty() {
            // A thread that ends has lost its spare buffer already.
            self.buffer = SPARE.try_with(Cell::take).unwrap_or_default();
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < READ_CHUNK_BYTES {
            // The buffer doubles by the bytes that have come; a claimed length never decides an allocation.
            let wanted = (self.buffer.len() * 2).max(FIRST_CHUNKS * READ_CHUNK_BYTES);
            self.buffer.resize(wanted, 0);
        }
    }

    /// Adds `count` bytes that a read put into the room.
    pub fn fill(&mut self, count: usize) {
        self.end += count;
        debug_assert!(self.end <= self.buffer.len());
    }

    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    pub fn filled(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Takes `count` bytes from the front.
    pub fn take(&mut self, count: usize) {
        self.start += count;
    }

    /// The `count` bytes that were taken last.
    pub fn taken(&self, count: usize) -> &[u8] {
        &self.buffer[self.start - count..self.start]
    }

    /// Gives the buffer to the thread's next reader, unless bytes are left in it.
    pub fn rest(&mut self) {
        if self.start < self.end || self.buffer.is_empty() {
            return;
        }
        (self.start, self.end) = (0, 0);
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.len() > KEEP_BYTES {
            buffer.truncate(KEEP_BYTES);
            buffer.shrink_to_fit();
        }
        // One spare buffer is enough. A second one, from a connection that waited for the rest of a reply, is
        // freed.
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(room: &mut ReadRoom, bytes: &[u8]) {
        room.room()[..bytes.len()].copy_from_slice(bytes);
        room.fill(bytes.len());
    }

    #[test]
    fn connections_that_wait_for_nothing_share_one_buffer() {
        let mut rooms: Vec<ReadRoom> = (0..100).map(|_| ReadRoom::default()).collect();
        for room in &mut rooms {
            read(room, b"whole");
            room.take(5);
            assert_eq!(room.taken(5), b"whole");
            room.rest();
        }
        assert_eq!(rooms.iter().map(|room| room.buffer.capacity()).sum::<usize>(), 0);
        assert!(SPARE.take().len() >= READ_CHUNK_BYTES);
    }

    #[test]
    fn the_rest_of_a_reply_stays_while_others_read() {
        let (mut one, mut other) = (ReadRoom::default(), ReadRoom::default());
        read(&mut one, b"first half");
        one.take(6);
        one.rest();
        read(&mut other, b"something else");
        other.take(14);
        other.rest();
        read(&mut one, b", second half");
        assert_eq!(one.filled(), b"half, second half");
    }

    #[test]
    fn a_buffer_that_a_large_reply_has_grown_is_given_back() {
        let mut room = ReadRoom::default();
        while room.filled().len() < 8 * KEEP_BYTES {
            let count = room.room().len();
            room.fill(count);
        }
        let received = room.filled().len();
        room.take(received);
        room.rest();
        assert_eq!(room.buffer.capacity(), 0);
        assert!(SPARE.take().capacity() <= KEEP_BYTES);
    }

    #[test]
    fn a_read_that_finds_nothing_holds_nothing() {
        let mut room = ReadRoom::default();
        room.room();
        room.rest();
        assert_eq!(room.buffer.capacity(), 0);
    }
}
