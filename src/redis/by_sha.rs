//! Requests that name a script by its SHA-1. A server that does not know the script has run nothing, and gets its text once.

use sha1::{Digest, Sha1};

use crate::lane::append_argument;

/// A script's SHA-1 in the digits that EVALSHA takes.
pub type Sha = [u8; SHA_BYTES];

const SHA_BYTES: usize = 40;
/// How such a request goes on behind its head.
const BY_SHA: &[u8] = b"$7\r\nEVALSHA\r\n$40\r\n";

/// The SHA-1 of a script.
pub fn sha_of(text: &[u8]) -> Sha {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; SHA_BYTES];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(Sha1::digest(text)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

/// Appends a request that a server refused because it does not know the script, with the script's text. False where it is
/// no request by SHA-1, or `text_of` does not know the script either; then nothing is appended.
pub fn append_eval(
    request: &[u8],
    text_of: impl Fn(&[u8]) -> Option<&'static [u8]>,
    out: &mut Vec<u8>,
) -> bool {
    let Some((head, rest)) =
        request.iter().position(|byte| *byte == b'\n').map(|at| request.split_at(at + 1))
    else {
        return false;
    };
    let Some(named) = rest.strip_prefix(BY_SHA) else { return false };
    let Some((sha, arguments)) = named.split_at_checked(SHA_BYTES) else { return false };
    let (Some(text), Some(arguments)) = (text_of(sha), arguments.strip_prefix(b"\r\n")) else { return false };
    out.extend_from_slice(head);
    append_argument(out, b"EVAL");
    append_argument(out, text);
    out.extend_from_slice(arguments);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_as_sha1sum_names_it() {
        assert_eq!(&sha_of(b"return 1"), b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    }
}
