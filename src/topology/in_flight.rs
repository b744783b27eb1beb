//! Which calls have not settled: who is left to tell where the driver no longer knows.

/// Ids from here on are of no call: they say what is told unasked.
pub const FIRST_RESERVED: u32 = u32::MAX - 15;

const BITS: usize = u64::BITS as usize;

/// Ids of calls, a bit for each. JavaScript uses low ids again, so there are few words.
#[derive(Debug, Default)]
pub struct InFlight {
    bits: Vec<u64>,
    count: usize,
}

impl InFlight {
    pub fn begin(&mut self, call_id: u32) {
        let (word, bit) = place(call_id);
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        self.count += usize::from(self.bits[word] & bit == 0);
        self.bits[word] |= bit;
    }

    /// The call has settled. Answers whether it had not before.
    pub fn end(&mut self, call_id: u32) -> bool {
        let (word, bit) = place(call_id);
        let Some(bits) = self.bits.get_mut(word) else { return false };
        let was_under_way = *bits & bit != 0;
        self.count -= usize::from(was_under_way);
        *bits &= !bit;
        was_under_way
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn call_ids(&self) -> impl Iterator<Item = u32> {
        let words = self.bits.iter().enumerate().filter(|(_, bits)| **bits != 0);
        words.flat_map(|(word, bits)| {
            (0..BITS).filter(move |bit| bits >> bit & 1 != 0).map(move |bit| (word * BITS + bit) as u32)
        })
    }
}

fn place(call_id: u32) -> (usize, u64) {
    let call_id = call_id as usize;
    (call_id / BITS, 1 << (call_id % BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_the_calls_that_began_and_did_not_end(steps in prop::collection::vec((any::<bool>(), 0..300u32), 0..200)) {
            let (mut in_flight, mut expected) = (InFlight::default(), BTreeSet::new());
            for (begins, call_id) in steps {
                if begins {
                    in_flight.begin(call_id);
                    expected.insert(call_id);
                } else {
                    prop_assert_eq!(in_flight.end(call_id), expected.remove(&call_id));
                }
                prop_assert_eq!(in_flight.count(), expected.len());
            }
            prop_assert_eq!(in_flight.call_ids().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
