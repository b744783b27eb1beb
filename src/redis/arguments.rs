//! The arguments of a call, as the caller gave them: texts, bytes, numbers, or nothing. They share one buffer that is used
//! again.

use std::ops::Range;

use crate::error::{Error, ErrorCode, Result};

/// The bytes that the buffer keeps after a large value.
const KEEP_BYTES: usize = 1024 * 1024;

/// How `js/argument-arena.js` writes a position: where the bytes begin, in these units, above so many bits for their length.
const ARENA_UNIT_BYTES: usize = 8;
const ARENA_LENGTH_BITS: u32 = 17;

#[derive(Debug, Clone, Copy)]
enum Entry {
    Absent,
    /// A range of the buffer.
    Bytes {
        start: usize,
        end: usize,
    },
    Number(f64),
}

/// The arguments of the call that is being read.
#[derive(Debug, Default)]
pub struct CallArguments {
    buffer: Vec<u8>,
    entries: Vec<Entry>,
}

impl CallArguments {
    pub fn clear(&mut self) {
        self.buffer.clear();
        if self.buffer.capacity() > KEEP_BYTES {
            self.buffer.shrink_to(KEEP_BYTES);
        }
        self.entries.clear();
    }

    /// The buffer to append the next argument's bytes to. `push_bytes` then makes them an argument.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Makes the bytes appended to `buffer` since `from`, its length before, one argument.
    pub fn push_bytes(&mut self, from: usize) {
        self.entries.push(Entry::Bytes { start: from, end: self.buffer.len() });
    }

    pub fn push_number(&mut self, number: f64) {
        self.entries.push(Entry::Number(number));
    }

    pub fn push_absent(&mut self) {
        self.entries.push(Entry::Absent);
    }

    /// Number of arguments.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Turns numbers into the text that JavaScript shows for them, so that ids may be numbers.
    pub fn numbers_to_text(&mut self, positions: Range<usize>) {
        for position in positions {
            if let Some(Entry::Number(number)) = self.entries.get(position).copied() {
                let start = self.buffer.len();
                self.buffer.extend_from_slice(number_text(number).as_bytes());
                self.entries[position] = Entry::Bytes { start, end: self.buffer.len() };
            }
        }
    }

    /// Copies the bytes whose positions in the argument arena the numbers are. `arena` is asked only if there are any.
    ///
    /// # Errors
    /// A position lies outside of the arena.
    pub fn copy_from_arena<'a>(&mut self, arena: impl FnOnce() -> &'a [u8]) -> Result<()> {
        let (mut arena, mut room) = (Some(arena), None);
        for entry in &mut self.entries {
            let Entry::Number(position) = *entry else { continue };
            let position = position as u64;
            let first = (position >> ARENA_LENGTH_BITS) as usize * ARENA_UNIT_BYTES;
            let length = (position & ((1 << ARENA_LENGTH_BITS) - 1)) as usize;
            let room: &[u8] = room.get_or_insert_with(|| arena.take().map_or(&[][..], |arena| arena()));
            let bytes =
                room.get(first..first + length).ok_or_else(|| misuse("an argument's bytes are not there"))?;
            let start = self.buffer.len();
            self.buffer.extend_from_slice(bytes);
            *entry = Entry::Bytes { start, end: start + length };
        }
        Ok(())
    }

    /// The text at `position`, `None` where there is none.
    pub fn text(&self, position: usize) -> Result<Option<&str>> {
        match self.entries.get(position) {
            // Half of a surrogate pair comes out of Node as U+FFFD, so two names that were cut inside
            // a character would become one.
            Some(Entry::Bytes { start, end }) => std::str::from_utf8(&self.buffer[*start..*end])
                .ok()
                .filter(|text| !text.contains('\u{FFFD}'))
                .map(Some)
                .ok_or_else(|| {
                    Error::new(ErrorCode::Key, "a phone number, organization or key is no well-formed text")
                }),
            _ => Ok(None),
        }
    }

    /// The organization at `position`; `None` is the global scope, and so is the empty name, as it was in the
    /// JavaScript layer.
    pub fn organization(&self, position: usize) -> Result<Option<&str>> {
        Ok(self.text(position)?.filter(|name| !name.is_empty()))
    }

    /// The lifetime at `position`, in seconds. `None` means the default: where nothing or 0 was given, as in the
    /// JavaScript layer.
    ///
    /// # Errors
    /// `E_ARGUMENT` for all else but a positive number or its decimal text.
    pub fn lifetime(&self, position: usize) -> Result<Option<f64>> {
        let seconds = match self.entries.get(position) {
            None | Some(Entry::Absent) => return Ok(None),
            Some(Entry::Number(seconds)) if *seconds == 0.0 => return Ok(None),
            Some(Entry::Number(seconds)) => Some(*seconds),
            Some(Entry::Bytes { start, end }) => std::str::from_utf8(&self.buffer[*start..*end])
                .ok()
                .filter(|text| {
                    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
                })
                .and_then(|text| text.parse().ok()),
        };
        match seconds {
            Some(seconds) if seconds > 0.0 => Ok(Some(seconds)),
            _ => Err(Error::new(
                ErrorCode::Argument,
                "the lifetime is not allowed; give a positive number of seconds, or leave it out for the default",
            )),
        }
    }

    /// The text at `position`, which a caller must give.
    pub fn required(&self, position: usize, what: &str) -> Result<&str> {
        match self.text(position)? {
            Some(text) => Ok(text),
            None => Err(Error::new(ErrorCode::Key, format!("{what} is missing; give a string"))),
        }
    }

    /// The bytes at `position`; empty where there are none.
    pub fn bytes(&self, position: usize) -> &[u8] {
        match self.entries.get(position) {
            Some(Entry::Bytes { start, end }) => &self.buffer[*start..*end],
            _ => &[],
        }
    }

    /// Whether there are bytes at `position`, even none.
    pub fn is_given(&self, position: usize) -> bool {
        matches!(self.entries.get(position), Some(Entry::Bytes { .. }))
    }

    pub fn number(&self, position: usize) -> Option<f64> {
        match self.entries.get(position) {
            Some(Entry::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// The error of a mistake in the code that makes calls, not of a caller.
pub fn misuse(what: &str) -> Error {
    Error::new(ErrorCode::Config, what.to_owned())
}

/// A number as `String(number)` shows it, in the range that ids and values have.
fn number_text(number: f64) -> String {
    // Adding 0 makes 0 of -0.
    if number.fract() == 0.0 && number.abs() < 1e21 {
        format!("{:.0}", number + 0.0)
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(fill: impl FnOnce(&mut CallArguments)) -> CallArguments {
        let mut arguments = CallArguments::default();
        fill(&mut arguments);
        arguments
    }

    fn push_text(arguments: &mut CallArguments, text: &[u8]) {
        let from = arguments.buffer().len();
        arguments.buffer().extend_from_slice(text);
        arguments.push_bytes(from);
    }

    #[test]
    fn an_id_may_be_a_number() {
        let mut arguments = given(|arguments| {
            arguments.push_number(17.0);
            arguments.push_number(0.5);
            push_text(arguments, b"x");
            arguments.push_number(-0.0);
        });
        arguments.numbers_to_text(0..4);
        assert_eq!(arguments.text(0).unwrap(), Some("17"));
        assert_eq!(arguments.text(1).unwrap(), Some("0.5"));
        assert_eq!(arguments.text(2).unwrap(), Some("x"));
        assert_eq!(arguments.text(3).unwrap(), Some("0"));
    }

    #[test]
    fn bytes_are_copied_out_of_the_arena() {
        let mut arguments = given(|arguments| arguments.push_number(f64::from((1u32 << 17) + 3)));
        arguments.copy_from_arena(|| b"........abc").unwrap();
        assert_eq!(arguments.bytes(0), b"abc");
        let mut arguments = given(|arguments| arguments.push_number(f64::from((9u32 << 17) + 3)));
        assert!(arguments.copy_from_arena(|| b"........abc").is_err());
    }

    #[test]
    fn a_text_that_was_cut_inside_a_character_is_refused() {
        let arguments = given(|arguments| push_text(arguments, "a\u{FFFD}".as_bytes()));
        assert_eq!(arguments.text(0).unwrap_err().code(), ErrorCode::Key);
    }

    #[test]
    fn a_lifetime_is_a_positive_number_or_its_text() {
        let arguments = given(|arguments| {
            arguments.push_number(0.0);
            arguments.push_absent();
            push_text(arguments, b"1.5");
            push_text(arguments, b"inf");
            arguments.push_number(-1.0);
        });
        assert_eq!(arguments.lifetime(0).unwrap(), None);
        assert_eq!(arguments.lifetime(1).unwrap(), None);
        assert_eq!(arguments.lifetime(2).unwrap(), Some(1.5));
        assert!(arguments.lifetime(3).is_err() && arguments.lifetime(4).is_err());
    }
}
