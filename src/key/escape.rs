//! Percent-encoding of one part of a key, and its strict inverse.

const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";

const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        table[byte] =
            character.is_ascii_alphanumeric() || matches!(character, b'-' | b'_' | b'.' | b'~' | b'+' | b'@');
        byte += 1;
    }
    table
};

/// Appends `text` with every byte encoded that does not stand for itself.
pub fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| !UNRESERVED[usize::from(*byte)]) {
        out.extend_from_slice(&rest[..at]);
        push_encoded(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Appends `%XX`, also for a byte that could stand for itself.
pub(super) fn push_encoded(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[b'%', UPPER_HEX[usize::from(byte >> 4)], UPPER_HEX[usize::from(byte & 0xF)]]);
}

/// The text that [`push_escaped`] turns into `part`; `None` if no text does.
pub fn unescape(part: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((&byte, behind)) = rest.split_first() {
        if byte == b'%' {
            let decoded = decode_byte(rest)?;
            // A needless encoding would give one text two keys, so it is refused.
            if UNRESERVED[usize::from(decoded)] {
                return None;
            }
            text.push(decoded);
            rest = &rest[3..];
        } else if UNRESERVED[usize::from(byte)] {
            text.push(byte);
            rest = behind;
        } else {
            return None;
        }
    }
    String::from_utf8(text).ok()
}

/// The byte of a leading `%XX` in upper case.
pub(super) fn decode_byte(part: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = part else { return None };
    Some(hex_value(*high)? << 4 | hex_value(*low)?)
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
