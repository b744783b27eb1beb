//! The keys of one limiter: `{prefix}!limit:{namespace}:{policy}:{scope}:{hash}`.
//!
//! Literal braces make the hash tag of a cluster. They stand around the organization where there is one, else around the
//! hash: all keys of an organization share a slot, and so do all keys of one identifier. Escaping never produces `!`, so no
//! name of a namespace or policy collides with the segments that begin with it.

use super::identity::Hash;
use crate::error::{Error, ErrorCode, Result};
use crate::key::{MAX_KEY_BYTES, push_escaped, unescape};

/// The segment of all keys of this room.
const ROOM: &str = "!limit:";
/// Instead of a policy: a block of the identifier for all policies. Behind a policy: its own block after a rejection.
const BLOCK: &str = "!block";
/// Behind a policy: the leases of an identifier.
const LEASE: &str = "!lease";
/// In place of a policy: no key, but a channel.
const CHANGES: &[u8] = b"!changes";
/// The scope of an identifier of no organization.
const GLOBAL: &str = "global";

/// The names of a limiter's keys.
pub struct LimitKeys {
    /// Up to the policy.
    start: Box<[u8]>,
}

/// A hash as letters of base64url.
const LETTERS: usize = 22;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The part of a key that follows the policy.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub organization: Option<&'a str>,
    letters: [u8; LETTERS],
}

impl<'a> Subject<'a> {
    pub fn new(organization: Option<&'a str>, hash: Hash) -> Subject<'a> {
        Subject { organization, letters: letters(hash) }
    }
}

impl LimitKeys {
    pub fn new(prefix: &str, namespace: &str) -> LimitKeys {
        let mut start = [prefix, ROOM].concat().into_bytes();
        push_escaped(&mut start, namespace);
        start.push(b':');
        LimitKeys { start: start.into() }
    }

    /// The channel on which the processes of a namespace tell whose refusals hold no more.
    pub fn channel(&self) -> Vec<u8> {
        [&self.start, CHANGES].concat()
    }

    /// Appends the key of a policy's state.
    ///
    /// # Errors
    /// `E_KEY`: the key would be too long. `out` is unchanged then.
    pub fn state(&self, out: &mut Vec<u8>, policy: &str, subject: Subject<'_>) -> Result<()> {
        self.append(out, Some(policy), "", subject)
    }

    /// Appends the key of the leases that an identifier holds of a policy.
    ///
    /// # Errors
    /// As for `state`.
    pub fn leases(&self, out: &mut Vec<u8>, policy: &str, subject: Subject<'_>) -> Result<()> {
        self.append(out, Some(policy), LEASE, subject)
    }

    /// Appends the key of an identifier's block, which counts for all policies.
    ///
    /// # Errors
    /// As for `state`.
    pub fn block(&self, out: &mut Vec<u8>, subject: Subject<'_>) -> Result<()> {
        self.append(out, None, BLOCK, subject)
    }

    /// Appends the key of the block that a policy sets after a rejection.
    ///
    /// # Errors
    /// As for `state`.
    pub fn own_block(&self, out: &mut Vec<u8>, policy: &str, subject: Subject<'_>) -> Result<()> {
        self.append(out, Some(policy), BLOCK, subject)
    }

    fn append(
        &self,
        out: &mut Vec<u8>,
        policy: Option<&str>,
        segment: &str,
        Subject { organization, letters }: Subject<'_>,
    ) -> Result<()> {
        let from = out.len();
        out.extend_from_slice(&self.start);
        push_escaped(out, policy.unwrap_or_default());
        out.extend_from_slice(segment.as_bytes());
        out.push(b':');
        if let Some(organization) = organization {
            out.push(b'{');
            push_escaped(out, organization);
            out.extend_from_slice(b"}:");
            out.extend_from_slice(&letters);
        } else {
            out.extend_from_slice(GLOBAL.as_bytes());
            out.extend_from_slice(b":{");
            out.extend_from_slice(&letters);
            out.push(b'}');
        }
        if out.len() - from > MAX_KEY_BYTES {
            out.truncate(from);
            return Err(Error::new(ErrorCode::Key, "the organization of a check is too long"));
        }
        Ok(())
    }
}

/// How a message names an identifier: by its hash, and by its organization if it has one.
pub fn said(Subject { organization, letters }: Subject<'_>) -> Vec<u8> {
    let mut said = letters.to_vec();
    if let Some(organization) = organization {
        said.push(b':');
        push_escaped(&mut said, organization);
    }
    said
}

/// Who a message names: a hash, and an organization. `None` where it is no such message.
pub fn heard(said: &str) -> Option<(Hash, Option<String>)> {
    let (letters, organization) = match said.split_once(':') {
        Some((letters, organization)) => (letters, Some(unescape(organization.as_bytes())?)),
        None => (said, None),
    };
    if letters.len() != LETTERS {
        return None;
    }
    let place = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let bits = letters.bytes().enumerate().try_fold(0_u128, |bits, (position, letter)| {
        let six = place(letter)? as u128;
        Some(if position + 1 < LETTERS { bits << 6 | six } else { bits << 2 | six >> 4 })
    })?;
    Some((bits.to_be_bytes(), organization))
}

/// Whether a key holds a limit or a block of an organization, whatever its namespace and policy.
pub fn is_of_organization(prefix: &str, key: &[u8], organization: &str) -> bool {
    let rest = key.strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_prefix(ROOM.as_bytes()));
    let Some(scope) = rest.and_then(|rest| rest.split(|byte| *byte == b':').nth(2)) else { return false };
    let mut expected = vec![b'{'];
    push_escaped(&mut expected, organization);
    expected.push(b'}');
    scope == expected
}

/// The key in which all processes below one prefix say that they are there.
pub fn instances(prefix: &str) -> Vec<u8> {
    [prefix, ROOM, "!instances"].concat().into_bytes()
}

/// 128 bits as 22 letters of base64url, the last of which has two of them.
fn letters(hash: Hash) -> [u8; LETTERS] {
    let bits = u128::from_be_bytes(hash);
    std::array::from_fn(|position| {
        let six = if position + 1 < LETTERS { bits >> (122 - 6 * position) } else { bits << 4 };
        ALPHABET[six as usize & 63]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::slot_of;

    const HASH: Hash = [0xA5; 16];
    /// As `base64` has it, without the padding.
    const LETTERS: &str = "paWlpaWlpaWlpaWlpaWlpQ";

    fn keys() -> LimitKeys {
        LimitKeys::new("app:", "default")
    }

    fn made(make: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> String {
        let mut out = Vec::new();
        make(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_documented_keys_come_out() {
        let of = |organization| Subject::new(organization, HASH);
        let state = |organization| made(|out| keys().state(out, "api", of(organization)));
        assert_eq!(state(Some("org 1")), format!("app:!limit:default:api:{{org%201}}:{LETTERS}"));
        assert_eq!(state(None), format!("app:!limit:default:api:global:{{{LETTERS}}}"));
        let block = made(|out| keys().block(out, of(None)));
        assert_eq!(block, format!("app:!limit:default:!block:global:{{{LETTERS}}}"));
        let own = made(|out| keys().own_block(out, "api", of(None)));
        assert_eq!(own, format!("app:!limit:default:api!block:global:{{{LETTERS}}}"));
        let leases = made(|out| keys().leases(out, "api", of(None)));
        assert_eq!(leases, format!("app:!limit:default:api!lease:global:{{{LETTERS}}}"));
        assert_eq!(instances("app:"), b"app:!limit:!instances");
    }

    #[test]
    fn a_message_names_who_it_is_about() {
        for (hash, organization) in [
            (HASH, None),
            ([0; 16], Some("org 1")),
            ([255; 16], Some("a:b{}%")),
            ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], Some("Übersee")),
        ] {
            let said = said(Subject::new(organization, hash));
            let heard = heard(std::str::from_utf8(&said).unwrap());
            assert_eq!(heard, Some((hash, organization.map(str::to_owned))));
        }
        for strange in ["", "x", "x:org", &"?".repeat(22), &format!("{LETTERS}x"), &format!("{LETTERS}:%")] {
            assert_eq!(heard(strange), None, "{strange}");
        }
        assert_eq!(keys().channel(), b"app:!limit:default:!changes");
    }

    #[test]
    fn a_key_is_known_as_its_organizations_and_no_others() {
        let of = |organization| Subject::new(organization, HASH);
        let made_of = |organization| {
            [
                made(|out| keys().state(out, "api", of(organization))),
                made(|out| keys().block(out, of(organization))),
                made(|out| keys().own_block(out, "a:b", of(organization))),
                made(|out| keys().leases(out, "api", of(organization))),
            ]
        };
        for name in ["org 1", "global", "{a}", "a}:b"] {
            for key in made_of(Some(name)) {
                assert!(is_of_organization("app:", key.as_bytes(), name), "{key}");
                assert!(!is_of_organization("app:", key.as_bytes(), "org"), "{key}");
                assert!(!is_of_organization("other:", key.as_bytes(), name), "{key}");
            }
        }
        for key in made_of(None) {
            assert!(!is_of_organization("app:", key.as_bytes(), LETTERS), "{key}");
            assert!(!is_of_organization("app:", key.as_bytes(), "global"), "{key}");
        }
        assert!(!is_of_organization("app:", &instances("app:"), "!instances"));
    }

    #[test]
    fn an_organization_cannot_leave_its_part_of_the_key() {
        let of = |organization| Subject::new(organization, HASH);
        let names = [Some("a"), Some("{a}"), Some("a}:b"), Some("global"), Some("%7B"), None];
        let all = names.map(|name| made(|out| keys().state(out, "p", of(name))));
        for (position, key) in all.iter().enumerate() {
            assert!(!all[..position].contains(key), "{key} comes twice");
        }
    }

    #[test]
    fn all_keys_of_an_organization_or_of_an_identifier_share_a_slot() {
        for organization in [Some("org"), Some("a}b"), None] {
            let subject = Subject::new(organization, HASH);
            let other = Subject::new(organization, [1; 16]);
            let mut slots = vec![
                slot_of(made(|out| keys().state(out, "a", subject)).as_bytes()),
                slot_of(made(|out| keys().state(out, "b", subject)).as_bytes()),
                slot_of(made(|out| keys().block(out, subject)).as_bytes()),
                slot_of(made(|out| keys().own_block(out, "a", subject)).as_bytes()),
                slot_of(made(|out| keys().leases(out, "a", subject)).as_bytes()),
            ];
            if organization.is_some() {
                slots.push(slot_of(made(|out| keys().state(out, "a", other)).as_bytes()));
            }
            slots.dedup();
            assert_eq!(slots.len(), 1);
        }
    }

    #[test]
    fn a_key_that_would_be_too_long_is_refused_and_leaves_nothing() {
        let mut out = b"before".to_vec();
        let long = "x".repeat(MAX_KEY_BYTES);
        let subject = Subject::new(Some(&long), HASH);
        assert_eq!(keys().state(&mut out, "p", subject).unwrap_err().code(), ErrorCode::Key);
        assert_eq!(out, b"before");
    }
}
