//! The names of a queue's keys, all in one slot of a cluster: T = `{prefix}queue:{name}:`, with literal braces.

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode, Result};
use crate::key::{push_escaped, unescape};

const ROOM: &str = "queue:";
/// Half of a SHA-256 tells marks and payloads apart.
const DIGEST_BYTES: usize = 16;

#[derive(Debug, Clone)]
pub struct QueueKeys {
    start: Box<[u8]>,
}

impl QueueKeys {
    /// # Errors
    /// `E_CONFIG` where a brace of the prefix would choose the slot.
    pub fn new(prefix: &str, name: &str, is_clustered: bool) -> Result<QueueKeys> {
        if is_clustered && prefix.contains(['{', '}']) {
            return Err(Error::new(
                ErrorCode::Config,
                "keyPrefix has a brace, which chooses the slot of a cluster; queues need a prefix without braces",
            ));
        }
        let mut start = [prefix, ROOM, "{"].concat().into_bytes();
        push_escaped(&mut start, name);
        start.extend_from_slice(b"}:");
        Ok(QueueKeys { start: start.into() })
    }

    fn of(&self, rest: &str) -> Vec<u8> {
        [&*self.start, rest.as_bytes()].concat()
    }

    pub fn meta(&self) -> Vec<u8> {
        self.of("meta")
    }

    /// A key that never exists.
    pub fn free(&self) -> Vec<u8> {
        self.of("free")
    }

    /// The channel that tells of new work, of jobs that ended and of jobs that are to stop.
    pub fn news(&self) -> Vec<u8> {
        self.of("news")
    }

    /// The channel that tells one worker of new work.
    pub fn news_of(&self, worker: &str) -> Vec<u8> {
        self.of(&["news:", worker].concat())
    }
}

/// An organization as it is in keys and members; empty for the global scope.
pub fn escaped(organization: Option<&str>) -> String {
    let mut out = Vec::new();
    push_escaped(&mut out, organization.unwrap_or_default());
    // Escaped bytes are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// The text that is so escaped; `None` where none is.
pub fn unescaped(part: &str) -> Option<String> {
    unescape(part.as_bytes())
}

/// The name of a mark of idempotency.
pub fn mark(organization: Option<&str>, key: &str) -> String {
    digest(&[organization.unwrap_or_default().as_bytes(), &[0], key.as_bytes()])
}

/// What tells payloads apart.
pub fn digest(parts: &[&[u8]]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let mut out = String::with_capacity(2 * DIGEST_BYTES);
    for byte in &hash.finalize()[..DIGEST_BYTES] {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::slot_of;

    #[test]
    fn all_keys_of_a_queue_are_in_the_slot_of_its_name() {
        let keys = QueueKeys::new("app:", "mail/in", true).unwrap();
        assert_eq!(String::from_utf8(keys.meta()).unwrap(), "app:queue:{mail%2Fin}:meta");
        for key in [keys.meta(), keys.free(), keys.news()] {
            assert_eq!(slot_of(&key), slot_of(b"mail%2Fin"));
        }
        assert_eq!(QueueKeys::new("{a}", "mail", true).unwrap_err().code(), ErrorCode::Config);
        assert!(QueueKeys::new("{a}", "mail", false).is_ok());
    }

    #[test]
    fn marks_differ_by_organization_and_key() {
        let all = [mark(None, "ab"), mark(Some("a"), "b"), mark(Some("b"), "a"), mark(Some("ab"), "")];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(all.iter().skip(at + 1).all(|other| other != one));
        }
    }
}
