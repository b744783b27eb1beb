//! Finds the end of a reply in bytes that arrive in pieces of any size.
//!
//! The scanner looks at each byte once: it remembers how many values are missing and continues where it
//! stopped. Formats: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use std::fmt;

/// The longest bulk string, Redis's own limit (proto-max-bulk-len).
const MAX_BULK_BYTES: u64 = 512 * 1024 * 1024;
/// The most elements one aggregate may claim.
const MAX_ELEMENTS: u64 = 1 << 32;
/// The deepest nesting; no reply of Redis is deeper.
const MAX_DEPTH: usize = 64;
/// The longest length line (`$123`, `*4`).
const MAX_LENGTH_LINE: usize = 32;
/// The longest line value (status, error, big number).
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// The bytes are not RESP. The connection must be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    UnknownType,
    BadLength,
    TooLarge,
    TooDeep,
    MissingTerminator,
    UnexpectedReply,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProtocolError::UnknownType => "a reply of unknown type",
            ProtocolError::BadLength => "a reply with a length that is not a number",
            ProtocolError::TooLarge => "a reply with a length beyond every limit",
            ProtocolError::TooDeep => "a reply nested too deeply",
            ProtocolError::MissingTerminator => "a reply without its line end",
            ProtocolError::UnexpectedReply => "a reply that nobody asked for",
        })
    }
}

impl std::error::Error for ProtocolError {}

/// The position within an incomplete reply.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Bytes of the current reply that are scanned.
    position: usize,
    /// Bytes of a line value that were searched for its end.
    searched: usize,
    /// The number of missing values of each open aggregate.
    open: Vec<u64>,
}

impl Scanner {
    /// The number of bytes of the current reply that are scanned.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Scans `bytes`, which start at the current reply and contain all bytes of the last call. Returns the
    /// reply's length once it is complete.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, ProtocolError> {
        loop {
            let Some(missing) = self.value(bytes)? else { return Ok(None) };
            if missing > 0 {
                if self.open.len() == MAX_DEPTH {
                    return Err(ProtocolError::TooDeep);
                }
                self.open.push(missing);
                continue;
            }
            if self.close() {
                return Ok(Some(std::mem::take(&mut self.position)));
            }
        }
    }

    /// Closes a value, and every aggregate that it completes. True when no aggregate is open any more.
    fn close(&mut self) -> bool {
        while let Some(missing) = self.open.last_mut() {
            *missing -= 1;
            if *missing > 0 {
                return false;
            }
            self.open.pop();
        }
        true
    }

    /// Skips one value or the head of one aggregate. Returns the number of values that the head announces.
    fn value(&mut self, bytes: &[u8]) -> Result<Option<u64>, ProtocolError> {
        let rest = &bytes[self.position..];
        let Some(&marker) = rest.first() else { return Ok(None) };
        match marker {
            b'$' | b'=' | b'!' => self.bulk(rest),
            b'+' | b'-' | b':' | b',' | b'(' | b'#' | b'_' => Ok(self.line(rest, MAX_LINE_BYTES)?.map(|_| 0)),
            b'*' | b'~' | b'>' => self.aggregate(rest, 1),
            b'%' => self.aggregate(rest, 2),
            // An attribute's pairs precede the value that they describe, which counts one more.
            b'|' => Ok(self.aggregate(rest, 2)?.map(|missing| missing + 1)),
            _ => Err(ProtocolError::UnknownType),
        }
    }

    /// Skips a line once its end has come. Returns its length without the end.
    fn line(&mut self, rest: &[u8], max: usize) -> Result<Option<usize>, ProtocolError> {
        let Some(found) = memchr::memchr(b'\n', &rest[self.searched..]) else {
            if rest.len() > max {
                return Err(ProtocolError::TooLarge);
            }
            self.searched = rest.len();
            return Ok(None);
        };
        let end = self.searched + found;
        if end > max {
            return Err(ProtocolError::TooLarge);
        }
        if rest[end - 1] != b'\r' {
            return Err(ProtocolError::MissingTerminator);
        }
        self.searched = 0;
        self.position += end + 1;
        Ok(Some(end - 1))
    }

    fn bulk(&mut self, rest: &[u8]) -> Result<Option<u64>, ProtocolError> {
        let head = &rest[..rest.len().min(MAX_LENGTH_LINE)];
        let Some(end) = memchr::memchr(b'\n', head) else {
            return if head.len() == MAX_LENGTH_LINE { Err(ProtocolError::BadLength) } else { Ok(None) };
        };
        let length = match length_of(&rest[1..end])? {
            None if rest[0] == b'$' => {
                self.position += end + 1;
                return Ok(Some(0));
            }
            None => return Err(ProtocolError::BadLength),
            Some(length) if length > MAX_BULK_BYTES => return Err(ProtocolError::TooLarge),
            Some(length) => length as usize,
        };
        let whole = end + 1 + length + 2;
        if rest.len() < whole {
            return Ok(None);
        }
        if &rest[whole - 2..whole] != b"\r\n" {
            return Err(ProtocolError::MissingTerminator);
        }
        self.position += whole;
        Ok(Some(0))
    }

    fn aggregate(&mut self, rest: &[u8], values_each: u64) -> Result<Option<u64>, ProtocolError> {
        let before = self.position;
        let Some(end) = self.line(rest, MAX_LENGTH_LINE)? else { return Ok(None) };
        match length_of(&rest[1..=end])? {
            // Only RESP2's array can be null; maps, sets and pushes cannot.
            None if rest[0] == b'*' => Ok(Some(0)),
            None => Err(ProtocolError::BadLength),
            Some(count) if count > MAX_ELEMENTS => {
                self.position = before;
                Err(ProtocolError::TooLarge)
            }
            Some(count) => Ok(Some(count * values_each)),
        }
    }
}

/// Parses the number of a length line, which ends with a carriage return. `-1` is RESP2's null.
fn length_of(digits: &[u8]) -> Result<Option<u64>, ProtocolError> {
    let Some((b'\r', digits)) = digits.split_last() else { return Err(ProtocolError::BadLength) };
    if digits == b"-1" {
        return Ok(None);
    }
    if digits.is_empty() || digits.len() > 19 {
        return Err(ProtocolError::BadLength);
    }
    let mut length = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(ProtocolError::BadLength);
        }
        length = length * 10 + u64::from(digit - b'0');
    }
    Ok(Some(length))
}
