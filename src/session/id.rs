//! The id of a session, and what follows from it: the user's tag, the hash in Redis, the successor.
//!
//! An id is 46 bytes: a version, the masked tag of the user, random bytes, a code. Redis has a hash of the random bytes alone.
//! The hash must not cover the code: processes with different first secrets derive the same successor.

use std::fmt;

use hkdf::Hkdf;
use sha2::{Digest, Sha256};

use super::base64url;
use super::secrets::{Secrets, fill_random};
use crate::error::Result;

pub const ID_LETTERS: usize = 62;
pub const REF_LETTERS: usize = 34;
pub const TAG_BYTES: usize = 9;
pub const HASH_BYTES: usize = 16;
pub const NONCE_BYTES: usize = 16;
const VERSION: u8 = 1;
const RANDOM_BYTES: usize = 24;
const MAC_BYTES: usize = 12;
const BODY_BYTES: usize = 1 + TAG_BYTES + RANDOM_BYTES;
const ID_BYTES: usize = BODY_BYTES + MAC_BYTES;
const REF_BYTES: usize = TAG_BYTES + HASH_BYTES;

/// Names a user's sessions. All processes compute the same, whatever their secrets.
pub type Tag = [u8; TAG_BYTES];
pub type Hash = [u8; HASH_BYTES];
pub type Nonce = [u8; NONCE_BYTES];

/// An id without its code. Its `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Id {
    pub tag: Tag,
    random: [u8; RANDOM_BYTES],
}

/// What finds a session and opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ref {
    pub tag: Tag,
    pub hash: Hash,
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Id")
    }
}

impl Id {
    /// # Errors
    /// `E_INTERNAL`: the system gives no random bytes.
    pub fn random(tag: Tag) -> Result<Id> {
        let mut random = [0; RANDOM_BYTES];
        fill_random(&mut random)?;
        Ok(Id { tag, random })
    }

    /// The id that a secret made; `None` for any other text.
    pub fn parse(letters: &[u8], secrets: &Secrets) -> Option<Id> {
        let bytes = base64url::bytes::<ID_BYTES>(letters)?;
        let (body, mac) = bytes.split_at(BODY_BYTES);
        let which = secrets.maker(body, mac)?;
        let (&version, rest) = body.split_first()?;
        let (masked, random) = rest.split_at(TAG_BYTES);
        let random: [u8; RANDOM_BYTES] = random.try_into().ok()?;
        let tag = masked_with(masked, &secrets.mask(Some(which), &random));
        (version == VERSION).then_some(Id { tag, random })
    }

    /// The id as callers get it, by the first secret.
    pub fn text(&self, secrets: &Secrets) -> String {
        let mut bytes = [0; ID_BYTES];
        bytes[0] = VERSION;
        bytes[1..=TAG_BYTES].copy_from_slice(&masked_with(&self.tag, &secrets.mask(None, &self.random)));
        bytes[1 + TAG_BYTES..BODY_BYTES].copy_from_slice(&self.random);
        let mac = secrets.mac(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        base64url::text(&bytes)
    }

    /// The name of the session in Redis. Whoever reads it cannot make the id.
    pub fn hash(&self) -> Hash {
        let digest: [u8; 32] = Sha256::digest(self.random).into();
        std::array::from_fn(|position| digest[position])
    }

    pub fn reference(&self) -> Ref {
        Ref { tag: self.tag, hash: self.hash() }
    }

    /// What tokens are bound to.
    pub fn bound(&self) -> &[u8] {
        &self.random
    }

    /// The id that everybody who has this one derives from the nonce that Redis has.
    pub fn successor(&self, nonce: &Nonce) -> Id {
        let mut random = [0; RANDOM_BYTES];
        // 24 bytes are within what HKDF gives.
        let _ =
            Hkdf::<Sha256>::new(Some(nonce), &self.random).expand(b"orgcache session successor", &mut random);
        Id { tag: self.tag, random }
    }
}

impl Ref {
    pub fn text(&self) -> String {
        let mut bytes = [0; REF_BYTES];
        bytes[..TAG_BYTES].copy_from_slice(&self.tag);
        bytes[TAG_BYTES..].copy_from_slice(&self.hash);
        base64url::text(&bytes)
    }

    pub fn parse(letters: &[u8]) -> Option<Ref> {
        let bytes = base64url::bytes::<REF_BYTES>(letters)?;
        let (tag, hash) = bytes.split_at(TAG_BYTES);
        Some(Ref { tag: tag.try_into().ok()?, hash: hash.try_into().ok()? })
    }
}

/// The tag of a user of an organization.
pub fn user_tag(organization: Option<&str>, user: &str) -> Tag {
    tag_of(b"user", organization, user)
}

/// The tag of an organization.
pub fn organization_tag(organization: &str) -> Tag {
    tag_of(b"organization", Some(organization), "")
}

/// The tag of a session that belongs to nobody.
///
/// # Errors
/// `E_INTERNAL`: the system gives no random bytes.
pub fn nobodys_tag() -> Result<Tag> {
    let mut tag = [0; TAG_BYTES];
    fill_random(&mut tag)?;
    Ok(tag)
}

fn tag_of(what: &[u8], organization: Option<&str>, user: &str) -> Tag {
    let mut hash = Sha256::new();
    hash.update(what);
    // The length keeps a part of one name from becoming one of the other.
    let length = organization.map_or(u64::MAX, |organization| organization.len() as u64);
    hash.update(length.to_be_bytes());
    hash.update(organization.unwrap_or_default());
    hash.update(user);
    let digest: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|position| digest[position])
}

fn masked_with(tag: &[u8], mask: &[u8]) -> Tag {
    std::array::from_fn(|position| {
        tag.get(position).copied().unwrap_or_default() ^ mask.get(position).copied().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn secrets(all: &[&str]) -> Secrets {
        let all: Vec<_> = all.iter().map(|secret| secret.repeat(32)).collect();
        Secrets::new(&all, "default")
    }

    #[test]
    fn an_id_is_62_letters_that_only_its_secrets_read() {
        let secret = secrets(&["a"]);
        let id = Id::random(user_tag(None, "u")).unwrap();
        let text = id.text(&secret);
        assert_eq!(text.len(), ID_LETTERS);
        assert_eq!(Id::parse(text.as_bytes(), &secret), Some(id));
        assert_eq!(Id::parse(text.as_bytes(), &secrets(&["b", "a"])), Some(id));
        assert_eq!(Id::parse(text.as_bytes(), &secrets(&["b"])), None);
        let other = Secrets::new(&["a".repeat(32)], "other");
        assert_eq!(Id::parse(text.as_bytes(), &other), None);
        for position in 0..ID_LETTERS {
            let mut forged = text.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(Id::parse(&forged, &secret), None, "{position}");
        }
        for wrong in ["", &text[1..], &format!("{text}A"), &"A".repeat(ID_LETTERS)] {
            assert_eq!(Id::parse(wrong.as_bytes(), &secret), None);
        }
    }

    #[test]
    fn a_successor_is_the_same_for_processes_with_different_first_secrets() {
        let (old, new) = (secrets(&["a", "b"]), secrets(&["b", "a"]));
        let text = Id::random(user_tag(None, "u")).unwrap().text(&old);
        let nonce = [7; NONCE_BYTES];
        let successors =
            [&old, &new].map(|secrets| Id::parse(text.as_bytes(), secrets).unwrap().successor(&nonce));
        assert_eq!(successors[0].hash(), successors[1].hash());
        // Each opens what the other one made of it.
        assert_eq!(Id::parse(successors[0].text(&old).as_bytes(), &new), Some(successors[1]));
        assert_ne!(successors[0].text(&old), successors[1].text(&new));
        assert_ne!(successors[0], Id::parse(text.as_bytes(), &old).unwrap().successor(&[8; NONCE_BYTES]));
    }

    #[test]
    fn two_ids_of_one_user_have_no_byte_in_common_beyond_chance() {
        const PAIRS: usize = 10_000;
        let secret = secrets(&["a"]);
        let tag = user_tag(Some("org"), "user");
        let bytes_of = |id: Id| base64url::bytes::<ID_BYTES>(id.text(&secret).as_bytes()).unwrap();
        let mut alike = [0; ID_BYTES];
        for _ in 0..PAIRS {
            let (one, two) = (bytes_of(Id::random(tag).unwrap()), bytes_of(Id::random(tag).unwrap()));
            (1..ID_BYTES).filter(|at| one[*at] == two[*at]).for_each(|at| alike[at] += 1);
        }
        // 39 of 10,000 are alike by chance; 90 is more than eight standard deviations above.
        assert!(alike[1..].iter().all(|count| *count < 90), "{alike:?}");
    }

    #[test]
    fn random_bytes_do_not_repeat_and_have_as_many_ones_as_zeros() {
        const IDS: usize = 200_000;
        let mut seen = HashSet::new();
        let mut ones = 0u64;
        for _ in 0..IDS {
            let id = Id::random([0; TAG_BYTES]).unwrap();
            ones += id.random.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
            assert!(seen.insert(id.hash()));
        }
        let bits = (IDS * RANDOM_BYTES * 8) as f64;
        // Five standard deviations of a fair coin.
        assert!((ones as f64 - bits / 2.0).abs() < 5.0 * bits.sqrt() / 2.0, "{ones} of {bits}");
    }

    #[test]
    fn users_of_different_organizations_and_names_have_different_tags() {
        let names = [(None, "ab"), (Some("a"), "b"), (Some("ab"), ""), (Some(""), "ab"), (Some("b"), "a")];
        let tags: HashSet<_> =
            names.iter().map(|(organization, user)| user_tag(*organization, user)).collect();
        assert_eq!(tags.len(), names.len());
        assert_ne!(organization_tag("a"), user_tag(Some("a"), ""));
    }

    #[test]
    fn a_ref_is_read_back() {
        let reference = Id::random([3; TAG_BYTES]).unwrap().reference();
        assert_eq!(reference.text().len(), REF_LETTERS);
        assert_eq!(Ref::parse(reference.text().as_bytes()), Some(reference));
        assert_eq!(Ref::parse(&reference.text().as_bytes()[1..]), None);
    }
}
