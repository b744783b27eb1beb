//! Bytes as letters of base64url without padding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends the letters of `bytes`.
pub fn push(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * position)) as usize & 63]));
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    let mut out = String::new();
    push(&mut out, bytes);
    out
}

/// The `N` bytes that the letters stand for; `None` where they are not exactly the letters of `N` bytes.
pub fn bytes<const N: usize>(letters: &[u8]) -> Option<[u8; N]> {
    if letters.len() != (N * 8).div_ceil(6) {
        return None;
    }
    let mut out = [0; N];
    let (mut word, mut bits, mut at) = (0u32, 0, 0);
    for letter in letters {
        word = word << 6 | value(*letter)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            *out.get_mut(at)? = (word >> bits) as u8;
            at += 1;
            word &= (1 << bits) - 1;
        }
    }
    // Letters with other bits behind the last byte would be a second text for the same bytes.
    (word == 0).then_some(out)
}

fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_standard() {
        assert_eq!(text(b"\xa5\xa5"), "paU");
        assert_eq!(text(&[0xff; 3]), "____");
        assert_eq!(bytes::<2>(b"paU"), Some([0xa5, 0xa5]));
        for wrong in [&b"paV"[..], b"pa", b"paUA", b"p+U", b"pa="] {
            assert_eq!(bytes::<2>(wrong), None);
        }
        let all: [u8; 46] = std::array::from_fn(|position| (position * 37) as u8);
        assert_eq!(text(&all).len(), 62);
        assert_eq!(bytes::<46>(text(&all).as_bytes()), Some(all));
    }
}
