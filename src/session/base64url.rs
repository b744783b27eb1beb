//! Bytes as letters of base64url without padding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What each letter stands for; `NONE` is no letter.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};
const NONE: u8 = 0xff;

/// Appends the letters of `bytes`.
pub fn push(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let letters = letters_of(chunk);
        out.push_str(std::str::from_utf8(&letters[..=chunk.len()]).unwrap_or_default());
    }
}

/// The same for a list of bytes.
pub fn push_to(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        out.extend_from_slice(&letters_of(chunk)[..=chunk.len()]);
    }
}

/// The letters of at most three bytes. They have one letter more than bytes.
fn letters_of(chunk: &[u8]) -> [u8; 4] {
    let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
    let word = byte(0) << 16 | byte(1) << 8 | byte(2);
    std::array::from_fn(|position| ALPHABET[(word >> (18 - 6 * position)) as usize & 63])
}

pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity((bytes.len() * 8).div_ceil(6));
    push(&mut out, bytes);
    out
}

/// The `N` bytes that the letters stand for; `None` where they are not exactly the letters of `N` bytes.
pub fn bytes<const N: usize>(letters: &[u8]) -> Option<[u8; N]> {
    if letters.len() != (N * 8).div_ceil(6) {
        return None;
    }
    let mut out = [0; N];
    let mut seen = 0;
    for (bytes, letters) in out.chunks_mut(3).zip(letters.chunks(4)) {
        let mut word = 0;
        for position in 0..4 {
            let value = letters.get(position).map_or(0, |letter| VALUES[usize::from(*letter)]);
            seen |= value;
            word = word << 6 | u32::from(value & 63);
        }
        let [_, whole @ ..] = word.to_be_bytes();
        bytes.copy_from_slice(&whole[..bytes.len()]);
        // Letters with other bits behind the last byte would be a second text for the same bytes.
        if whole[bytes.len()..].iter().any(|byte| *byte != 0) {
            return None;
        }
    }
    (seen & 0xc0 == 0).then_some(out)
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
