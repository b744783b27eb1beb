//! Fingerprints of copies that are gone: a key that comes back soon enters the main queue.

use super::key::Hash;

/// Fingerprints in one bucket, the newest first.
const WAYS: usize = 8;

/// At least as many fingerprints as the main queue has copies. Each bucket forgets its oldest.
#[derive(Debug, Default)]
pub struct Ghosts(Vec<[u32; WAYS]>);

impl Ghosts {
    pub fn add(&mut self, hash: Hash, copies: usize) {
        self.grow(copies);
        let fingerprint = fingerprint(hash);
        let bucket = self.bucket(fingerprint);
        self.0[bucket].rotate_right(1);
        self.0[bucket][0] = fingerprint;
    }

    /// Whether the key was here. It is forgotten.
    pub fn take(&mut self, hash: Hash) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let fingerprint = fingerprint(hash);
        let bucket = self.bucket(fingerprint);
        let found = self.0[bucket].iter_mut().find(|known| **known == fingerprint);
        found.map(|known| *known = 0).is_some()
    }

    pub fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<[u32; WAYS]>()
    }

    fn bucket(&self, fingerprint: u32) -> usize {
        fingerprint as usize & (self.0.len() - 1)
    }

    fn grow(&mut self, copies: usize) {
        let wanted = copies.div_ceil(WAYS).next_power_of_two();
        if wanted <= self.0.len() {
            return;
        }
        let before = std::mem::replace(&mut self.0, vec![[0; WAYS]; wanted]);
        for bucket in before {
            for fingerprint in bucket.into_iter().rev().filter(|fingerprint| *fingerprint != 0) {
                let bucket = self.bucket(fingerprint);
                self.0[bucket].rotate_right(1);
                self.0[bucket][0] = fingerprint;
            }
        }
    }
}

/// Never 0, which marks a free place.
fn fingerprint(hash: Hash) -> u32 {
    hash.fingerprint().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> Hash {
        Hash::of(&number.to_le_bytes())
    }

    #[test]
    fn a_ghost_is_found_once() {
        let mut ghosts = Ghosts::default();
        assert!(!ghosts.take(hash(1)));
        ghosts.add(hash(1), 1);
        assert!(ghosts.take(hash(1)));
        assert!(!ghosts.take(hash(1)));
    }

    #[test]
    fn growing_keeps_the_ghosts_and_forgets_none_that_fits() {
        let mut ghosts = Ghosts::default();
        for number in 0..3 {
            ghosts.add(hash(number), 1);
        }
        ghosts.add(hash(3), 10_000);
        assert!((0..4).all(|number| ghosts.take(hash(number))));
    }

    #[test]
    fn about_as_many_ghosts_as_copies_are_known_and_the_newest_survive() {
        let mut ghosts = Ghosts::default();
        for number in 0..100_000 {
            ghosts.add(hash(number), 1_000);
        }
        let known = |from: u64, to: u64, ghosts: &mut Ghosts| {
            (from..to).filter(|number| ghosts.take(hash(*number))).count()
        };
        assert_eq!(known(0, 90_000, &mut ghosts), 0);
        assert!(known(99_500, 100_000, &mut ghosts) > 450);
    }
}
