//! Who is limited: a kind and an id, and the hash that stands for both in Redis.
//!
//! Neither ids nor addresses are in Redis: a key holds 128 bits of HMAC-SHA-256 of them, or of SHA-256 where the limiter
//! has no secret.

use std::net::{IpAddr, Ipv6Addr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode, Result};

/// The longest kind and id, in bytes. A longer one comes from a caller's mistake, and each costs a hash over it.
const MAX_ID_BYTES: usize = 1024;

/// The first 128 bits of the hash, which stand for a kind and an id: two of 2^64 identifiers have one key with a
/// probability of about a half.
pub type Hash = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    User,
    Address,
    Organization,
    Named(&'a str),
}

impl<'a> Kind<'a> {
    fn name(self) -> &'a str {
        match self {
            Kind::User => "user",
            Kind::Address => "ip",
            Kind::Organization => "organization",
            Kind::Named(name) => name,
        }
    }

    /// The same kind has one form, however it was given.
    pub(super) fn normal(self) -> Kind<'a> {
        match self {
            Kind::Named("user") => Kind::User,
            Kind::Named("ip") => Kind::Address,
            Kind::Named("organization") => Kind::Organization,
            kind => kind,
        }
    }
}

/// One identifier of one policy, in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, std::hash::Hash)]
pub struct Mark {
    pub policy: usize,
    pub hash: Hash,
    /// A hash of the organization with a key of this process's own, 0 for none.
    pub organization: u64,
}

/// Hashes identifiers of one limiter.
pub struct Hasher {
    /// The state after the secret, which every hash begins with.
    keyed: Option<Hmac<Sha256>>,
    ipv6_prefix: u32,
}

impl Hasher {
    pub fn new(secret: Option<&str>, ipv6_prefix: u32) -> Hasher {
        // HMAC takes keys of every length.
        let keyed = secret.and_then(|secret| Hmac::new_from_slice(secret.as_bytes()).ok());
        Hasher { keyed, ipv6_prefix }
    }

    /// # Errors
    /// `E_KEY`: the kind or id is empty or too long, or the address is none.
    pub fn hash(&self, kind: Kind<'_>, id: &str) -> Result<Hash> {
        let kind = kind.normal();
        check(kind.name(), "the kind")?;
        check(id, "the id")?;
        match kind {
            Kind::Address => Ok(match self.address(id)? {
                // The two forms differ in length, so no address of one is one of the other.
                IpAddr::V4(address) => self.digest("ip", &address.octets()),
                IpAddr::V6(address) => self.digest("ip", &address.octets()),
            }),
            kind => Ok(self.digest(kind.name(), id.as_bytes())),
        }
    }

    /// The address that is counted: IPv4 also where IPv6 wraps it, of other IPv6 addresses the network.
    fn address(&self, text: &str) -> Result<IpAddr> {
        let bare = text.split_once('%').map_or(text, |(address, _zone)| address);
        let refusal =
            || Error::new(ErrorCode::Key, "the id of kind ip is no IP address; give one without a port");
        Ok(match bare.parse().map_err(|_| refusal())? {
            IpAddr::V4(_) if bare.len() < text.len() => return Err(refusal()),
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => IpAddr::V4(address),
                None => IpAddr::V6(network(address, self.ipv6_prefix)),
            },
        })
    }

    fn digest(&self, kind: &str, id: &[u8]) -> Hash {
        // A kind holds no NUL, so the boundary between both is known.
        let parts = [kind.as_bytes(), b"\0", id];
        let full: [u8; 32] = if let Some(keyed) = &self.keyed {
            let mut mac = keyed.clone();
            parts.iter().for_each(|part| Mac::update(&mut mac, part));
            mac.finalize().into_bytes().into()
        } else {
            let mut hash = Sha256::new();
            parts.iter().for_each(|part| Digest::update(&mut hash, part));
            hash.finalize().into()
        };
        let mut kept = Hash::default();
        kept.copy_from_slice(&full[..size_of::<Hash>()]);
        kept
    }
}

fn check(text: &str, what: &str) -> Result<()> {
    let fault = if text.is_empty() {
        "is empty; give a text"
    } else if text.len() > MAX_ID_BYTES {
        "is longer than 1,024 bytes"
    } else if text.contains('\0') {
        "holds a NUL"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::Key, format!("{what} of a check {fault}")))
}

fn network(address: Ipv6Addr, prefix: u32) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    Ipv6Addr::from(u128::from(address) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(kind: Kind<'_>, id: &str) -> Hash {
        Hasher::new(None, 56).hash(kind, id).unwrap()
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let expected = plain(Kind::Address, "1.2.3.4");
        for text in ["::ffff:1.2.3.4", "::FFFF:102:304", "::ffff:1.2.3.4%eth0"] {
            assert_eq!(plain(Kind::Address, text), expected, "{text}");
        }
        assert_ne!(plain(Kind::Address, "1.2.3.5"), expected);
    }

    #[test]
    fn an_ipv6_address_is_its_network_and_its_zone_goes() {
        let expected = plain(Kind::Address, "2001:db8:1:2200::");
        for text in ["2001:db8:1:22ff::1", "2001:db8:1:2211:ffff:ffff:ffff:ffff%eth0"] {
            assert_eq!(plain(Kind::Address, text), expected, "{text}");
        }
        assert_ne!(plain(Kind::Address, "2001:db8:1:2300::"), expected);
        let narrow = Hasher::new(None, 128);
        let hash = |text| narrow.hash(Kind::Address, text).unwrap();
        assert_ne!(hash("fe80::1"), hash("fe80::2"));
        assert_eq!(hash("fe80::1%eth0"), hash("fe80::1"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["1.2.3.4:80", "unknown", "", "1.2.3", "1.2.3.4%eth0", "[::1]", "01.2.3.4", " 1.2.3.4"] {
            let refused = Hasher::new(None, 56).hash(Kind::Address, text).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::Key, "{text}");
            assert!(text.is_empty() || !refused.message().contains(text), "{text} is in the message");
        }
    }

    #[test]
    fn ids_of_two_kinds_or_two_secrets_share_nothing() {
        let secret = |secret| Hasher::new(Some(secret), 56).hash(Kind::User, "1").unwrap();
        let all = [
            plain(Kind::User, "1"),
            plain(Kind::Organization, "1"),
            plain(Kind::Named("key"), "1"),
            secret("a"),
            secret("b"),
        ];
        for (position, hash) in all.iter().enumerate() {
            assert!(!all[..position].contains(hash));
        }
        assert_eq!(plain(Kind::Named("user"), "1"), plain(Kind::User, "1"));
        assert_eq!(plain(Kind::Named("ip"), "::ffff:1.2.3.4"), plain(Kind::Address, "1.2.3.4"));
    }

    #[test]
    fn a_hash_with_a_secret_is_the_start_of_hmac_sha_256() {
        // echo -n 'user\0 17' would differ: the text is `user`, NUL, `17`.
        let hash = Hasher::new(Some("key"), 56).hash(Kind::User, "17").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        Mac::update(&mut mac, b"user\x0017");
        assert_eq!(hash[..], mac.finalize().into_bytes()[..16]);
    }

    #[test]
    fn an_id_is_neither_empty_nor_endless() {
        let hasher = Hasher::new(None, 56);
        for (kind, id) in [
            (Kind::User, String::new()),
            (Kind::User, "x".repeat(MAX_ID_BYTES + 1)),
            (Kind::Named(""), "1".to_owned()),
            (Kind::Named("a\0b"), "1".to_owned()),
            (Kind::User, "a\0b".to_owned()),
        ] {
            assert_eq!(hasher.hash(kind, &id).unwrap_err().code(), ErrorCode::Key);
        }
    }
}
