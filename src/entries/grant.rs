//! What the holder of a lease keeps until its factory has ended, as a text that JavaScript passes back.

use super::entry::{Nonce, Versions};
use crate::error::Result;
use crate::redis::misuse;

/// All of it is from before the factory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    pub token: Box<[u8]>,
    /// The mark of the last clearing; empty where there was none.
    pub mark: Box<[u8]>,
    /// The store's time in ms.
    pub taken_ms: u64,
    /// Of the entry that was there.
    pub nonce: Option<Nonce>,
    /// Names as in keys.
    pub tags: Vec<(Vec<u8>, Versions)>,
}

impl Grant {
    pub fn to_text(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for part in [&self.token, &self.mark] {
            bytes.push(part.len() as u8);
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&self.taken_ms.to_be_bytes());
        bytes.push(u8::from(self.nonce.is_some()));
        bytes.extend_from_slice(&self.nonce.unwrap_or_default());
        for (name, versions) in &self.tags {
            bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(versions);
        }
        hexadecimal(&bytes)
    }

    /// # Errors
    /// `E_CONFIG`: JavaScript passes something else.
    pub fn from_text(text: &[u8]) -> Result<Grant> {
        bytes_of(text)
            .and_then(|bytes| Grant::read(&bytes))
            .ok_or_else(|| misuse("a lease is none that was granted"))
    }

    fn read(bytes: &[u8]) -> Option<Grant> {
        let mut rest = bytes;
        let mut part = || {
            let (length, behind) = rest.split_first()?;
            let (part, behind) = behind.split_at_checked(usize::from(*length))?;
            rest = behind;
            Some(Box::from(part))
        };
        let (token, mark) = (part()?, part()?);
        let (taken, behind) = rest.split_first_chunk::<8>()?;
        let (has_nonce, behind) = behind.split_first()?;
        let (nonce, mut rest) = behind.split_first_chunk::<8>()?;
        let mut tags = Vec::new();
        while !rest.is_empty() {
            let (length, behind) = rest.split_first_chunk::<2>()?;
            let (name, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            let (versions, behind) = behind.split_first_chunk::<16>()?;
            tags.push((name.to_vec(), *versions));
            rest = behind;
        }
        let nonce = (*has_nonce == 1).then_some(*nonce);
        Some(Grant { token, mark, taken_ms: u64::from_be_bytes(*taken), nonce, tags })
    }

    pub fn versions(&self, tag: &[u8]) -> Option<Versions> {
        self.tags.iter().find(|(name, _)| name == tag).map(|(_, versions)| *versions)
    }
}

/// Two digits a byte.
pub fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// The bytes of such digits; `None` where they are none.
pub fn bytes_of(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| (*byte as char).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_back() {
        let grant = Grant {
            token: b"token".as_slice().into(),
            mark: b"".as_slice().into(),
            taken_ms: 1_790_000_000_000,
            nonce: Some(*b"nonce678"),
            tags: vec![(b"a".to_vec(), [1; 16]), (b"".to_vec(), [2; 16])],
        };
        let text = grant.to_text();
        assert!(text.is_ascii());
        assert_eq!(Grant::from_text(&text).unwrap(), grant);
        assert_eq!(grant.versions(b"a"), Some([1; 16]));
        let bare = Grant { nonce: None, tags: Vec::new(), ..grant };
        assert_eq!(Grant::from_text(&bare.to_text()).unwrap(), bare);
        for wrong in [&text[1..], &text[..40], b"", b"zz"] {
            assert!(Grant::from_text(wrong).is_err());
        }
    }
}
