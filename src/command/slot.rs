//! The hash slot of a key in a cluster; see
//! <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model>.

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

/// The hash slot of a key. If the first pair of braces holds any text, only that text counts.
pub fn slot_of(key: &[u8]) -> u16 {
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let behind = &key[open + 1..];
        memchr::memchr(b'}', behind).filter(|length| *length > 0).map(|length| &behind[..length])
    });
    let sum = tagged
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
}
