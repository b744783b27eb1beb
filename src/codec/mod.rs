//! Converts between a caller's bytes of a value and its stored bytes.
//!
//! Promises: `decode` returns byte for byte what `encode` was given; values of the JavaScript cache layer are
//! readable; no stored bytes, however broken or malicious, make `decode` panic or take more memory than the
//! largest value. Relies on values being JSON text, which cannot begin with a NUL. Never parses JSON, because
//! V8 does.
//!
//! A stored value is one of
//!
//! | first bytes | the rest |
//! |---|---|
//! | NUL, 1 | length of the value as 32 bits, least byte first; an LZ4 block |
//! | NUL, 2 | the same length; a zstd frame |
//! | `compressed:` | JSON text; the JavaScript layer announced compression and did none |
//! | anything else | is the JSON text itself |

mod corrupt;
mod pool;
#[cfg(test)]
mod tests;
mod workspace;

use std::borrow::Cow;

pub use corrupt::Corrupt;

use crate::error::{Error, ErrorCode, Result};
use pool::Pool;
use workspace::Algorithm;

/// The largest value in bytes, before compression and after decompression.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// The size in bytes from which zstd's smaller output is worth its time; measured in
/// `docs/decisions/0001-compression.md`.
const AUTO_ZSTD_FROM_BYTES: usize = 16 * 1024;

const MARK: u8 = 0;
const LZ4_VERSION: u8 = 1;
const ZSTD_VERSION: u8 = 2;
const LEGACY_PREFIX: &[u8] = b"compressed:";

/// Fails with `E_VALUE_TOO_LARGE` for a JSON text beyond [`MAX_VALUE_BYTES`].
pub fn check_size(json: &[u8]) -> Result<()> {
    if json.len() <= MAX_VALUE_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ValueTooLarge,
        format!("the value is {} bytes as JSON; at most {MAX_VALUE_BYTES} are allowed", json.len()),
    ))
}

/// The compression of values: the setting `CACHE_COMPRESSION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    None,
    Lz4,
    Zstd,
    /// The algorithm that fits the value's size best, by `docs/decisions/0001-compression.md`.
    Auto,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::None, Mode::Lz4, Mode::Zstd, Mode::Auto];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Mode::None => "none",
            Mode::Lz4 => "lz4",
            Mode::Zstd => "zstd",
            Mode::Auto => "auto",
        }
    }

    pub fn from_name(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }

    fn algorithm(self, length: usize) -> Option<Algorithm> {
        match self {
            Mode::None => None,
            Mode::Lz4 => Some(Algorithm::Lz4),
            Mode::Zstd => Some(Algorithm::Zstd),
            Mode::Auto if length < AUTO_ZSTD_FROM_BYTES => Some(Algorithm::Lz4),
            Mode::Auto => Some(Algorithm::Zstd),
        }
    }
}

/// Turns values into stored bytes and back. All threads share one.
pub struct Codec {
    mode: Mode,
    threshold_bytes: usize,
    pool: Pool,
}

impl Codec {
    /// Compresses values of at least `threshold_bytes` bytes.
    pub fn new(mode: Mode, threshold_bytes: usize) -> Self {
        Codec { mode, threshold_bytes, pool: Pool::default() }
    }

    /// Appends the stored form of a JSON text to `out`. Fails with `E_VALUE_TOO_LARGE`, and then leaves `out`
    /// unchanged.
    pub fn encode(&self, json: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.pack(json, out).map(|_| ())
    }

    /// Appends bytes of any kind, compressed if that makes them smaller. True when it did; `decode` then reads what was
    /// appended. Fails with `E_VALUE_TOO_LARGE`, and then leaves `out` unchanged.
    pub fn pack(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<bool> {
        check_size(bytes)?;
        let algorithm = self.mode.algorithm(bytes.len()).filter(|_| bytes.len() >= self.threshold_bytes);
        if algorithm.is_some_and(|algorithm| self.compress(algorithm, bytes, out)) {
            return Ok(true);
        }
        out.extend_from_slice(bytes);
        Ok(false)
    }

    /// Returns the JSON text of a stored value, borrowed if it was not compressed.
    pub fn decode<'a>(&self, stored: &'a [u8]) -> Result<Cow<'a, [u8]>, Corrupt> {
        if let Some((&MARK, rest)) = stored.split_first() {
            return self.decompress(rest).map(Cow::Owned);
        }
        let json = stored.strip_prefix(LEGACY_PREFIX).unwrap_or(stored);
        match json.len() {
            0 => Err(Corrupt::Truncated),
            1..=MAX_VALUE_BYTES => Ok(Cow::Borrowed(json)),
            _ => Err(Corrupt::TooLarge),
        }
    }

    /// Whether the bytes carry the prefix that only the JavaScript layer wrote.
    pub fn is_legacy(stored: &[u8]) -> bool {
        stored.starts_with(LEGACY_PREFIX)
    }

    /// Appends the compressed form if it is smaller. True when it was.
    fn compress(&self, algorithm: Algorithm, json: &[u8], out: &mut Vec<u8>) -> bool {
        // The caller has checked the length against a cap far below 32 bits.
        let Ok(length) = u32::try_from(json.len()) else { return false };
        let start = out.len();
        let version = match algorithm {
            Algorithm::Lz4 => LZ4_VERSION,
            Algorithm::Zstd => ZSTD_VERSION,
        };
        out.extend_from_slice(&[MARK, version]);
        out.extend_from_slice(&length.to_le_bytes());
        let done = self.pool.with(|workspace| workspace.compress(algorithm, json, out));
        let smaller = done && out.len() - start < json.len();
        if !smaller {
            out.truncate(start);
        }
        smaller
    }

    /// Reverses `compress`, from the bytes that follow the mark.
    fn decompress(&self, marked: &[u8]) -> Result<Vec<u8>, Corrupt> {
        let (&version, rest) = marked.split_first().ok_or(Corrupt::Truncated)?;
        let algorithm = match version {
            LZ4_VERSION => Algorithm::Lz4,
            ZSTD_VERSION => Algorithm::Zstd,
            _ => return Err(Corrupt::UnknownVersion),
        };
        let (length, payload) = rest.split_first_chunk().ok_or(Corrupt::Truncated)?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > MAX_VALUE_BYTES {
            return Err(Corrupt::TooLarge);
        }
        if length == 0 {
            return Err(Corrupt::WrongLength);
        }
        self.pool.with(|workspace| workspace.decompress(algorithm, payload, length))
    }
}
