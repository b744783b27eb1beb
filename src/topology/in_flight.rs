//! Which calls have not settled: who is left to tell where the driver no longer knows.

/// From here on slots have meanings of their own: nobody has called for what is told with them.
pub const FIRST_RESERVED: u32 = u32::MAX - 15;

const BITS: usize = u64::BITS as usize;

/// Slots of calls, a bit for each. JavaScript uses low slots again, so there are few words.
#[derive(Debug, Default)]
pub struct InFlight {
    bits: Vec<u64>,
    count: usize,
}

impl InFlight {
    pub fn begin(&mut self, slot: u32) {
        let (word, bit) = place(slot);
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        self.count += usize::from(self.bits[word] & bit == 0);
        self.bits[word] |= bit;
    }

    /// The call has settled. Answers whether it had not before.
    pub fn end(&mut self, slot: u32) -> bool {
        let (word, bit) = place(slot);
        let Some(bits) = self.bits.get_mut(word) else { return false };
        let was_under_way = *bits & bit != 0;
        self.count -= usize::from(was_under_way);
        *bits &= !bit;
        was_under_way
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn slots(&self) -> impl Iterator<Item = u32> {
        let words = self.bits.iter().enumerate().filter(|(_, bits)| **bits != 0);
        words.flat_map(|(word, bits)| {
            (0..BITS).filter(move |bit| bits >> bit & 1 != 0).map(move |bit| (word * BITS + bit) as u32)
        })
    }
}

fn place(slot: u32) -> (usize, u64) {
    let slot = slot as usize;
    (slot / BITS, 1 << (slot % BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_the_slots_that_began_and_did_not_end(steps in prop::collection::vec((any::<bool>(), 0..300u32), 0..200)) {
            let (mut in_flight, mut expected) = (InFlight::default(), BTreeSet::new());
            for (begins, slot) in steps {
                if begins {
                    in_flight.begin(slot);
                    expected.insert(slot);
                } else {
                    prop_assert_eq!(in_flight.end(slot), expected.remove(&slot));
                }
                prop_assert_eq!(in_flight.count(), expected.len());
            }
            prop_assert_eq!(in_flight.slots().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
