//! The secrets of a room of sessions, and all that is computed with them.
//!
//! Each use has a key of its own, which HKDF derives from the secret and the namespace. The first secret makes ids and tokens;
//! what any of them made is accepted.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::base64url;
use crate::error::{Error, ErrorCode, Result};

const KEY_BYTES: usize = 32;
/// What SHA-256 takes at once.
const BLOCK_BYTES: usize = 64;
/// Names in which the parts of what is hashed stand apart.
const MAC: &[u8] = b"orgcache session mac";
const MASK: &[u8] = b"orgcache session mask";
const CSRF: &[u8] = b"orgcache session csrf";
const FINGERPRINT: &[u8] = b"orgcache session fingerprint";

pub const SALT_BYTES: usize = 12;
/// What is kept of the code of a token or a fingerprint.
const CODE_BYTES: usize = 18;
const SEALED_BYTES: usize = SALT_BYTES + CODE_BYTES;

type Code = [u8; KEY_BYTES];
/// What a key has made of the function already.
type Keyed = Hmac<Sha256>;

/// The keys of one secret.
struct Keys {
    mac: Keyed,
    mask: Keyed,
    csrf: Keyed,
    fingerprint: Keyed,
}

/// It shows nothing of itself.
pub struct Secrets(Vec<Keys>);

/// A secret by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Which(usize);

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Csrf,
    Fingerprint,
}

impl Secrets {
    /// `secrets` is not empty; options see to that.
    pub fn new(secrets: &[String], namespace: &str) -> Secrets {
        Secrets(secrets.iter().map(|secret| Keys::of(secret, namespace)).collect())
    }

    /// The code of an id, by the first secret.
    pub fn mac(&self, body: &[u8]) -> [u8; KEY_BYTES] {
        self.0.first().map_or([0; KEY_BYTES], |keys| code(&keys.mac, &[body]))
    }

    /// The secret by which `mac` is the code of `body`. All are tried, so the time says nothing of which it was.
    pub fn maker(&self, body: &[u8], mac: &[u8]) -> Option<Which> {
        let mut found = None;
        for (position, keys) in self.0.iter().enumerate() {
            if is_code(&code(&keys.mac, &[body]), mac) {
                found = found.or(Some(Which(position)));
            }
        }
        found
    }

    /// What hides the tag of an id.
    pub fn mask(&self, which: Option<Which>, random: &[u8]) -> [u8; KEY_BYTES] {
        let position = which.map_or(0, |Which(position)| position);
        self.0.get(position).map_or([0; KEY_BYTES], |keys| code(&keys.mask, &[random]))
    }

    /// A text that only somebody with a secret can make for `bound` and `text`. No two are alike.
    ///
    /// # Errors
    /// `E_INTERNAL`: the system gives no random bytes.
    pub fn seal(&self, of: Use, bound: &[u8], text: &[u8]) -> Result<String> {
        let mut sealed = [0; SEALED_BYTES];
        let (salt, rest) = sealed.split_at_mut(SALT_BYTES);
        fill_random(salt)?;
        if let Some(keys) = self.0.first() {
            rest.copy_from_slice(&code(keys.of_use(of), &[salt, bound, text])[..CODE_BYTES]);
        }
        Ok(base64url::text(&sealed))
    }

    /// Whether a secret has sealed this.
    pub fn opens(&self, of: Use, bound: &[u8], text: &[u8], sealed: &[u8]) -> bool {
        let Some(sealed) = base64url::bytes::<SEALED_BYTES>(sealed) else { return false };
        let (salt, rest) = sealed.split_at(SALT_BYTES);
        let mut is_any = Choice::from(0);
        for keys in &self.0 {
            is_any |= Choice::from(u8::from(is_code(&code(keys.of_use(of), &[salt, bound, text]), rest)));
        }
        is_any.into()
    }
}

impl Keys {
    fn of(secret: &str, namespace: &str) -> Keys {
        let derived = |of: &[u8]| -> Keyed {
            // A key is as if zeros stood behind it.
            let mut block = [0; BLOCK_BYTES];
            let (key, _) = block.split_at_mut(KEY_BYTES);
            // 32 bytes are within what HKDF gives.
            let _ = Hkdf::<Sha256>::new(Some(of), secret.as_bytes()).expand(namespace.as_bytes(), key);
            Keyed::new(&block.into())
        };
        Keys {
            mac: derived(MAC),
            mask: derived(MASK),
            csrf: derived(CSRF),
            fingerprint: derived(FINGERPRINT),
        }
    }

    fn of_use(&self, of: Use) -> &Keyed {
        match of {
            Use::Csrf => &self.csrf,
            Use::Fingerprint => &self.fingerprint,
        }
    }
}

/// Whether `given` is the beginning of `code`, in a time that says nothing of where they differ. Every comparison of a code
/// is this one.
fn is_code(code: &[u8], given: &[u8]) -> bool {
    !given.is_empty() && code.get(..given.len()).is_some_and(|code| code.ct_eq(given).into())
}

fn code(key: &Keyed, parts: &[&[u8]]) -> Code {
    let mut mac = key.clone();
    for part in parts {
        // With their lengths, no part can begin another one.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// # Errors
/// `E_INTERNAL`: the system gives no random bytes.
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|_| Error::new(ErrorCode::Internal, "the system gives no random bytes for a session"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(all: &[&str]) -> Secrets {
        let all: Vec<_> = all.iter().map(|secret| secret.repeat(32)).collect();
        Secrets::new(&all, "default")
    }

    #[test]
    fn what_any_secret_has_sealed_is_opened_for_the_same_purpose_alone() {
        let (old, both) = (secrets(&["a"]), secrets(&["b", "a"]));
        let sealed = old.seal(Use::Csrf, b"id", b"text").unwrap();
        assert_ne!(sealed, old.seal(Use::Csrf, b"id", b"text").unwrap());
        assert!(both.opens(Use::Csrf, b"id", b"text", sealed.as_bytes()));
        assert!(!both.opens(Use::Fingerprint, b"id", b"text", sealed.as_bytes()));
        assert!(!both.opens(Use::Csrf, b"idt", b"ext", sealed.as_bytes()));
        assert!(!both.opens(Use::Csrf, b"id", b"text", &sealed.as_bytes()[1..]));
        assert!(!secrets(&["b"]).opens(Use::Csrf, b"id", b"text", sealed.as_bytes()));
        let other = Secrets::new(&["a".repeat(32)], "other");
        assert!(!other.opens(Use::Csrf, b"id", b"text", sealed.as_bytes()));
    }

    #[test]
    fn every_byte_of_a_code_counts_and_no_code_is_empty() {
        let code = [7; KEY_BYTES];
        for wrong in 0..12 {
            let mut given = [7; 12];
            given[wrong] ^= 1;
            assert!(!is_code(&code, &given));
        }
        assert!(is_code(&code, &[7; 12]));
        assert!(!is_code(&code, &[]) && !is_code(&code, &[7; 33]));
    }

    /// Nothing else may compare what an attacker sends with what only a secret can make.
    #[test]
    fn codes_are_compared_in_one_function_alone() {
        let source = include_str!("secrets.rs").split("#[cfg(test)]").next().unwrap();
        assert_eq!(source.matches("ct_eq").count(), 1);
        for comparison in ["== mac", "mac ==", "== rest", "sealed ==", "== sealed", "== code(", "starts_with"]
        {
            assert!(!source.contains(comparison), "{comparison}");
        }
    }
}
