//! A block: an identity, or one policy's share of it, is rejected until a time, whatever it has left.

use super::policy::US_PER_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub ends_ms: u64,
    /// How long it was to last. No block lasts longer from now, also where the clock was set back.
    pub length_ms: u64,
}

impl Block {
    pub fn lasting(now_us: u64, length_ms: u64) -> Block {
        Block { ends_ms: now_us / US_PER_MS + length_ms, length_ms }
    }

    /// The block as it stands at a time; `None` when it is over.
    pub fn at(self, now_us: u64) -> Option<Block> {
        let now_ms = now_us / US_PER_MS;
        let ends_ms = self.ends_ms.min(now_ms + self.length_ms);
        (ends_ms > now_ms).then_some(Block { ends_ms, ..self })
    }

    /// Milliseconds until it is over; 0 when it is.
    pub fn left_ms(self, now_us: u64) -> u64 {
        self.at(now_us).map_or(0, |block| block.ends_ms - now_us / US_PER_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_after_its_length_and_no_later_where_the_clock_was_set_back() {
        let block = Block::lasting(1_000_000_999, 500);
        assert_eq!(block, Block { ends_ms: 1_000_500, length_ms: 500 });
        assert_eq!(block.left_ms(1_000_000_000), 500);
        assert_eq!(block.left_ms(1_000_499_999), 1);
        assert_eq!((block.left_ms(1_000_500_000), block.at(1_000_500_000)), (0, None));
        let earlier = block.at(1_000_000).unwrap();
        assert_eq!(earlier, Block { ends_ms: 1500, length_ms: 500 });
        assert_eq!(earlier.left_ms(1_100_000), 400);
    }
}
