//! The arguments of calls, copied out of JavaScript into one buffer that is used again.

use std::ptr;

use napi::sys;

use super::function::misuse;
use crate::error::{Error, ErrorCode, Result};

/// Room for a text that is read without asking for its length first.
const GUESS_BYTES: usize = 512;
/// What the buffer keeps after a large value.
const KEEP_BYTES: usize = 1024 * 1024;

/// How `js/argument-arena.js` writes a place: where it begins, in these units, above so many bits for its length.
const PASSING_UNIT_BYTES: usize = 8;
const PASSING_LENGTH_BITS: u32 = 17;

/// What an argument was.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Absent,
    /// Its bytes in the buffer.
    Bytes {
        start: usize,
        end: usize,
    },
    Number(f64),
}

/// The arguments of the call that is being read.
#[derive(Debug, Default)]
pub struct Arguments {
    buffer: Vec<u8>,
    entries: Vec<Entry>,
}

impl Arguments {
    pub fn clear(&mut self) {
        self.buffer.clear();
        if self.buffer.capacity() > KEEP_BYTES {
            self.buffer.shrink_to(KEEP_BYTES);
        }
        self.entries.clear();
    }

    /// Reads one argument: a string, a number, bytes, or nothing (null and undefined).
    pub fn read(&mut self, env: sys::napi_env, value: sys::napi_value) -> Result<()> {
        let entry = match self.read_text(env, value) {
            Some(entry) => entry,
            None => self.read_other(env, value)?,
        };
        self.entries.push(entry);
        Ok(())
    }

    fn read_text(&mut self, env: sys::napi_env, value: sys::napi_value) -> Option<Entry> {
        let start = self.buffer.len();
        self.buffer.reserve(GUESS_BYTES);
        let mut room = self.buffer.capacity() - start;
        let mut copied = 0;
        // SAFETY: `room` bytes behind `start` are reserved; Node writes at most that many and a NUL.
        let status = unsafe {
            let target = self.buffer.as_mut_ptr().add(start);
            sys::napi_get_value_string_utf8(env, value, target.cast(), room, &raw mut copied)
        };
        if status != sys::Status::napi_ok {
            return None;
        }
        // A text that fills the room may have been cut, at most a character before its end.
        if copied + 4 >= room {
            // SAFETY: as above; without a buffer Node only tells the length.
            unsafe {
                let mut length = 0;
                sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut length);
                self.buffer.reserve(length + 1);
                room = self.buffer.capacity() - start;
                let target = self.buffer.as_mut_ptr().add(start);
                sys::napi_get_value_string_utf8(env, value, target.cast(), room, &raw mut copied);
            }
        }
        // SAFETY: Node has written `copied` bytes behind `start`.
        unsafe { self.buffer.set_len(start + copied) };
        Some(Entry::Bytes { start, end: start + copied })
    }

    fn read_other(&mut self, env: sys::napi_env, value: sys::napi_value) -> Result<Entry> {
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: `value` is an argument of the running call.
        unsafe { sys::napi_typeof(env, value, &raw mut kind) };
        match kind {
            sys::ValueType::napi_undefined | sys::ValueType::napi_null => Ok(Entry::Absent),
            sys::ValueType::napi_number => {
                let mut number = 0.0;
                // SAFETY: as above; the type was just asked for.
                unsafe { sys::napi_get_value_double(env, value, &raw mut number) };
                Ok(Entry::Number(number))
            }
            _ => self.read_buffer(env, value),
        }
    }

    fn read_buffer(&mut self, env: sys::napi_env, value: sys::napi_value) -> Result<Entry> {
        let mut is_buffer = false;
        let (mut data, mut length) = (ptr::null_mut(), 0);
        // SAFETY: `value` is an argument of the running call; the bytes are copied before anything
        // else can run.
        unsafe {
            sys::napi_is_buffer(env, value, &raw mut is_buffer);
            if !is_buffer {
                return Err(Error::new(
                    ErrorCode::Key,
                    "an argument is neither a string, a number nor a Buffer",
                ));
            }
            sys::napi_get_buffer_info(env, value, &raw mut data, &raw mut length);
            let start = self.buffer.len();
            if length > 0 {
                self.buffer.extend_from_slice(std::slice::from_raw_parts(data.cast::<u8>(), length));
            }
            Ok(Entry::Bytes { start, end: start + length })
        }
    }

    /// Turns numbers into the text that JavaScript shows for them, so that ids may be numbers.
    pub fn numbers_to_text(&mut self, positions: std::ops::Range<usize>) {
        for position in positions {
            if let Some(Entry::Number(number)) = self.entries.get(position).copied() {
                let start = self.buffer.len();
                self.buffer.extend_from_slice(number_text(number).as_bytes());
                self.entries[position] = Entry::Bytes { start, end: self.buffer.len() };
            }
        }
    }

    /// Copies the bytes that numbers point to, as `js/argument-arena.js` has placed them in its memory.
    pub fn take_passing(&mut self, env: sys::napi_env, memory: sys::napi_value) -> Result<()> {
        let mut room: Option<&[u8]> = None;
        for entry in &mut self.entries {
            let Entry::Number(place) = *entry else { continue };
            let place = place as u64;
            let first = (place >> PASSING_LENGTH_BITS) as usize * PASSING_UNIT_BYTES;
            let length = (place & ((1 << PASSING_LENGTH_BITS) - 1)) as usize;
            let room = *room.get_or_insert_with(|| bytes_of(env, memory));
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
            Some(Entry::Bytes { start, end, .. }) => std::str::from_utf8(&self.buffer[*start..*end])
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
            Some(Entry::Bytes { start, end, .. }) => &self.buffer[*start..*end],
            _ => &[],
        }
    }

    pub fn number(&self, position: usize) -> Option<f64> {
        match self.entries.get(position) {
            Some(Entry::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// The bytes of a typed array that is an argument of the running call; none of anything else.
fn bytes_of<'call>(env: sys::napi_env, view: sys::napi_value) -> &'call [u8] {
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: of anything but bytes Node tells nothing. JavaScript, which could let go of them or change them, does not
    // run before the caller has copied them.
    unsafe {
        let status = sys::napi_get_buffer_info(env, view, &raw mut data, &raw mut length);
        if status != sys::Status::napi_ok || data.is_null() {
            return &[];
        }
        std::slice::from_raw_parts(data.cast::<u8>(), length)
    }
}

/// A number as `String(number)` shows it, in the range that ids and values have.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e21 { format!("{number:.0}") } else { number.to_string() }
}
