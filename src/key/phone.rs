//! The part of a phone number that goes into a key.

/// Appends the ASCII digits of `phone`. False when it has none; nothing is appended then.
pub(super) fn push_digits(out: &mut Vec<u8>, phone: &str) -> bool {
    let start = out.len();
    let bytes = phone.as_bytes();
    let without_plus = bytes.strip_prefix(b"+").unwrap_or(bytes);
    if without_plus.iter().all(u8::is_ascii_digit) {
        out.extend_from_slice(without_plus);
    } else {
        out.extend(without_plus.iter().filter(|byte| byte.is_ascii_digit()));
    }
    out.len() > start
}

pub(super) fn has_digits(phone: &str) -> bool {
    phone.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether `phone` starts with a plus, ignoring spaces, and has a digit.
pub(super) fn has_plus_and_digits(phone: &str) -> bool {
    phone.trim_start().starts_with('+') && has_digits(phone)
}

/// Whether `phone` goes into a key unchanged.
pub(super) fn is_reduced(phone: &str) -> bool {
    !phone.is_empty() && (phone.bytes().all(|byte| byte.is_ascii_digit()) || !has_digits(phone))
}
