//! Places in a stream: the ids of its entries.

use std::fmt;

/// The id of an entry: milliseconds of the server's clock, and a number within them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub ms: u64,
    pub number: u64,
}

impl Position {
    /// In front of every entry.
    pub const FIRST: Position = Position { ms: 0, number: 0 };

    /// `None` for what is no id.
    pub fn parse(text: &[u8]) -> Option<Position> {
        let text = std::str::from_utf8(text).ok()?;
        let (ms, number) = text.split_once('-')?;
        Some(Position { ms: digits(ms)?, number: digits(number)? })
    }

    /// The id of an entry that comes after this one, at this time.
    pub fn next(self, now_ms: u64) -> Position {
        if now_ms > self.ms {
            return Position { ms: now_ms, number: 0 };
        }
        Position { ms: self.ms, number: self.number + 1 }
    }
}

/// Rust also takes a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_two_numbers() {
        let position = Position { ms: 1_700_000_000_000, number: 7 };
        assert_eq!(Position::parse(b"1700000000000-7"), Some(position));
        assert_eq!(position.to_string(), "1700000000000-7");
        for wrong in
            ["", "-", "1", "1-", "-1", "+1-0", "1-0-0", "1.5-0", "a-0", "99999999999999999999-0", " 1-0"]
        {
            assert_eq!(Position::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Position::parse(b"\xff-0"), None);
    }

    #[test]
    fn a_later_entry_has_a_greater_id_whatever_the_clock_says() {
        let first = Position::FIRST.next(1_000);
        let same = first.next(1_000);
        let back = same.next(10);
        let later = back.next(1_001);
        assert!(first < same && same < back && back < later);
        assert_eq!(later, Position { ms: 1_001, number: 0 });
    }
}
