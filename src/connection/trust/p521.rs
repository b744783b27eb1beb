//! Signatures over the curve P-521, which ring does not know.

use p521::ecdsa::signature::hazmat::PrehashVerifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The length of a field element in bytes. A shorter hash is padded with zeros in front.
const FIELD_BYTES: usize = 66;

pub(super) const ALL: &[&dyn SignatureVerificationAlgorithm] = &[&P521_SHA256, &P521_SHA384, &P521_SHA512];
pub(super) const SHA512: &[&dyn SignatureVerificationAlgorithm] = &[&P521_SHA512];

static P521_SHA256: P521 =
    P521 { signature_id: alg_id::ECDSA_SHA256, hash: |message| Sha256::digest(message).to_vec() };
static P521_SHA384: P521 =
    P521 { signature_id: alg_id::ECDSA_SHA384, hash: |message| Sha384::digest(message).to_vec() };
static P521_SHA512: P521 =
    P521 { signature_id: alg_id::ECDSA_SHA512, hash: |message| Sha512::digest(message).to_vec() };

#[derive(Debug)]
struct P521 {
    signature_id: AlgorithmIdentifier,
    hash: fn(&[u8]) -> Vec<u8>,
}

impl SignatureVerificationAlgorithm for P521 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        let hash = (self.hash)(message);
        let mut number = [0; FIELD_BYTES];
        number[FIELD_BYTES - hash.len()..].copy_from_slice(&hash);
        key.verify_prehash(&number, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature_id
    }
}
