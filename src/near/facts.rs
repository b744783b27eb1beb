//! What a reader that keeps a value may check itself, as long as the copy of the value may answer.

/// A word of the store's memory, and what stands there while a copy may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    pub word: u32,
    pub is: u32,
}

/// What must stay as it is for a copy to answer. `until` is the tick from which on it answers no more; and the
/// session must be fresh, as `Memory` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub stripe: Fact,
    pub session: Fact,
    pub clearings: Fact,
    pub until: u64,
}

/// A part of the store's memory, which changes at any time. It stays where it is while the store lives.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub from: *const u8,
    pub bytes: usize,
}

/// The memory in which readers check facts, in words of 4 bytes. At the word of a session stands its number, and 4 words
/// behind it, as 8 bytes, the tick from which on `max_staleness` counts.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub stripes: Part,
    pub sessions: Part,
    pub clearings: Part,
}

/// Words from the number of a session to its freshness.
pub const FRESH_AFTER_WORDS: u32 = 4;

impl Part {
    pub(super) fn of<T>(all: &[T]) -> Part {
        Part { from: all.as_ptr().cast(), bytes: std::mem::size_of_val(all) }
    }
}
