//! Random numbers that tell things apart: tokens, nonces, versions; and the draws of jitter.

use std::hash::{BuildHasher, RandomState};

/// 64 bits. Each state of the standard library's hasher has keys of its own, which begin with the system's randomness.
pub fn random_u64() -> u64 {
    RandomState::new().hash_one(0)
}

pub fn random_bytes() -> [u8; 8] {
    random_u64().to_be_bytes()
}

/// From 0 up to 1, without 1.
pub fn random_share() -> f64 {
    (random_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Two versions of a tag.
pub fn random_versions() -> [u8; 16] {
    let mut versions = [0; 16];
    versions[..8].copy_from_slice(&random_bytes());
    versions[8..].copy_from_slice(&random_bytes());
    versions
}

/// Digits that name a holder of a lease or a guard.
pub fn random_token() -> String {
    format!("{:016x}{:016x}", random_u64(), random_u64())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_differ_and_spread() {
        let numbers: HashSet<u64> = (0..10_000).map(|_| random_u64()).collect();
        assert_eq!(numbers.len(), 10_000);
        let mean = (0..10_000).map(|_| random_share()).sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random_share())));
    }
}
