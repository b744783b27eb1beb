//! The hash slot of a key in a cluster; see
//! <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model>.

use std::hash::{BuildHasher, RandomState};

/// The number of hash slots in a cluster.
pub const SLOTS: u16 = 16_384;

/// The CRC-16/XMODEM of each byte.
const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    const POLYNOMIAL: u16 = 0x1021;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000 != 0 { (sum << 1) ^ POLYNOMIAL } else { sum << 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}

/// The text in the first pair of braces of a key, if there is any: it alone chooses the slot.
pub fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = memchr::memchr(b'{', key)?;
    let behind = &key[open + 1..];
    memchr::memchr(b'}', behind).filter(|length| *length > 0).map(|length| &behind[..length])
}

/// A key in some slot of these ranges, another one each time; `None` where the ranges have no slot.
pub fn key_in(ranges: &[(u16, u16)]) -> Option<String> {
    let is_in = |slot: u16| ranges.iter().any(|(first, last)| (*first..=*last).contains(&slot));
    if !(0..SLOTS).any(is_in) {
        return None;
    }
    let mut numbers = RandomState::new().hash_one(0) >> u32::BITS..;
    let key = numbers.find(|number| is_in(slot_of(number.to_string().as_bytes())))?;
    Some(format!("{{{key}}}"))
}

/// The hash slot of a key.
pub fn slot_of(key: &[u8]) -> u16 {
    let sum = hash_tag(key)
        .unwrap_or(key)
        .iter()
        .fold(0u16, |sum, byte| (sum << 8) ^ TABLE[usize::from((sum >> 8) as u8 ^ byte)]);
    sum % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_server() {
        // Results of CLUSTER KEYSLOT, Redis 7.0.
        let known = [
            (&b"foo"[..], 12182),
            (b"123456789", 12739),
            (b"{user1000}.following", 3443),
            (b"foo{}{bar}", 8363),
            (b"foo{{bar}}zap", 4015),
            (b"", 0),
        ];
        for (key, slot) in known {
            assert_eq!(slot_of(key), slot, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn only_a_first_pair_of_braces_that_holds_text_is_a_hash_tag() {
        for (key, tag) in
            [("{a}b", Some("a")), ("{}{a}", None), ("a", None), ("a{b", None), ("x{{a}}", Some("{a"))]
        {
            assert_eq!(hash_tag(key.as_bytes()), tag.map(str::as_bytes), "{key}");
        }
    }

    #[test]
    fn a_key_is_found_in_any_slot_and_another_one_each_time() {
        for slot in [0, 1, 8_191, SLOTS - 1] {
            let key = key_in(&[(slot, slot)]).unwrap();
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
        let half = [(0, 100), (8_192, SLOTS - 1)];
        assert_ne!(key_in(&half), key_in(&half));
        assert_eq!(key_in(&[]), None);
        assert_eq!(key_in(&[(SLOTS, u16::MAX)]), None);
    }
}
