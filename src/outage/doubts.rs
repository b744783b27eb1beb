//! Values that Redis may have though no reply has said so, and that no journal repeats.

use std::collections::{HashMap, VecDeque};

use crate::journal::Digest;

/// Of more values the oldest are forgotten: a set that is journalled later may then lose against one of them.
const MOST: usize = 1024;

/// The digests of such values, by their keys.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    sums: HashMap<Box<[u8]>, Vec<Digest>>,
    order: VecDeque<Box<[u8]>>,
}

impl Doubts {
    pub(super) fn note(&mut self, key: &[u8], sum: Digest) {
        if self.order.len() == MOST {
            self.forget_oldest();
        }
        self.order.push_back(key.into());
        self.sums.entry(key.into()).or_default().push(sum);
    }

    fn forget_oldest(&mut self) {
        let Some(key) = self.order.pop_front() else { return };
        let Some(sums) = self.sums.get_mut(&key) else { return };
        sums.remove(0);
        if sums.is_empty() {
            self.sums.remove(&key);
        }
    }

    pub(super) fn of(&self, key: &[u8]) -> &[Digest] {
        self.sums.get(key).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known_and_the_oldest_forgotten() {
        let mut doubts = Doubts::default();
        doubts.note(b"twice", [1; 20]);
        doubts.note(b"twice", [2; 20]);
        assert_eq!(doubts.of(b"twice"), [[1; 20], [2; 20]]);
        for number in 2..=MOST {
            doubts.note(&number.to_be_bytes(), [3; 20]);
        }
        assert_eq!(doubts.of(b"twice"), [[2; 20]]);
        doubts.note(b"another", [4; 20]);
        assert_eq!((doubts.of(b"twice"), doubts.of(b"another")), (&[][..], &[[4; 20]][..]));
        assert_eq!((doubts.sums.len(), doubts.order.len()), (MOST, MOST));
    }
}
