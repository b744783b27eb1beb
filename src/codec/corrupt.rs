use std::fmt;

/// Why stored bytes are not a value. It says nothing of what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// They end before the value does.
    Truncated,
    /// They were written by a newer version, or are no value of ours.
    UnknownVersion,
    /// The value is, or claims to be, larger than a value may be.
    TooLarge,
    /// What is compressed has another length than it claims.
    WrongLength,
    /// What is compressed cannot be decompressed.
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
