//! Room for what a connection reads. All connections of a thread lend each other one buffer: one that has nothing
//! undelivered holds none, so that thousands of idle connections cost no memory.

use std::cell::Cell;

/// The room that a read asks for at least; one large read beats many small ones.
pub(super) const READ_CHUNK_BYTES: usize = 64 * 1024;
/// A buffer begins with room for so many reads.
const FIRST_CHUNKS: usize = 4;
/// What is kept of a buffer that a large reply had grown.
const KEEP_BYTES: usize = 1024 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Received bytes, of which those in front may have been taken.
#[derive(Debug, Default)]
pub struct ReadRoom {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReadRoom {
    /// Where a read puts its bytes.
    pub fn room(&mut self) -> &mut [u8] {
        if self.buffer.len() - self.end < READ_CHUNK_BYTES {
            self.make_room();
        }
        &mut self.buffer[self.end..]
    }

    fn make_room(&mut self) {
        if self.buffer.is_empty() {
            // A thread that ends has no spare any more.
            self.buffer = SPARE.try_with(Cell::take).unwrap_or_default();
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < READ_CHUNK_BYTES {
            // Doubling what is really here: a claimed length never decides an allocation.
            let wanted = (self.buffer.len() * 2).max(FIRST_CHUNKS * READ_CHUNK_BYTES);
            self.buffer.resize(wanted, 0);
        }
    }

    /// A read has put `count` bytes there.
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

    /// Takes bytes from the front.
    pub fn take(&mut self, count: usize) {
        self.start += count;
    }

    /// The bytes that were taken last.
    pub fn taken(&self, count: usize) -> &[u8] {
        &self.buffer[self.start - count..self.start]
    }

    /// Gives the buffer to whoever reads next on this thread, unless something is left in it.
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
        // One is enough: another one, of a connection that waited for the rest of a reply, goes.
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
