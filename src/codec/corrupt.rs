use std::fmt;

/// Why stored bytes are not a value. It reveals nothing of their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// The bytes end before the value does.
    Truncated,
    /// The bytes were written by a newer version, or by another program.
    UnknownVersion,
    /// The value is larger than a value may be, or claims to be.
    TooLarge,
    /// The decompressed length is not the one that the value claims.
    WrongLength,
    /// The compressed bytes cannot be decompressed.
    Damaged,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Corrupt::Truncated => "the stored value is cut short",
            Corrupt::UnknownVersion => "the stored value has an unknown version",
            Corrupt::TooLarge => "the stored value is larger than a value may be",
            Corrupt::WrongLength => "the stored value has another length than it claims",
            Corrupt::Damaged => "the stored value cannot be decompressed",
        })
    }
}

impl std::error::Error for Corrupt {}
