//! The key of a conversation in a server's own Maps: `organization:digits`.

use super::{missing, phone};
use crate::error::Result;

/// Makes the Map key of a conversation: `organization:digits`, or the digits alone without an organization.
/// The organization stands unchanged. A phone number without a digit keeps its text, with `%` and `:`
/// encoded, so that the last colon always ends the organization. Fails with `E_KEY`.
pub fn org_key(org: Option<&str>, phone: &str) -> Result<String> {
    if phone.is_empty() {
        return Err(missing("the phone number"));
    }
    let mut key = Vec::with_capacity(org.map_or(0, |org| org.len() + 1) + phone.len());
    if let Some(org) = org {
        key.extend_from_slice(org.as_bytes());
        key.push(b':');
    }
    if !phone::push_digits(&mut key, phone) {
        key.extend_from_slice(phone.replace('%', "%25").replace(':', "%3A").as_bytes());
    }
    // Only whole strings and ASCII digits were joined, so nothing is replaced here.
    Ok(String::from_utf8_lossy(&key).into_owned())
}

/// Splits a Map key at its last colon into organization and phone part.
pub fn parse_org_key(key: &str) -> (Option<&str>, &str) {
    match key.rsplit_once(':') {
        Some((org, phone)) => (Some(org), phone),
        None => (None, key),
    }
}

/// Whether a Map key is one of this organization. A prefix match on `a` would also match `a:b`.
pub fn is_of_organization(key: &str, organization: &str) -> bool {
    parse_org_key(key).0 == Some(organization)
}

/// The phone text that `org_key` was given, from the part that `parse_org_key` found. Digits stand for
/// themselves. In a text without a digit, `%` and `:` were encoded.
pub fn decode_phone(part: &str) -> String {
    if part.bytes().any(|byte| byte.is_ascii_digit()) && !part.contains("%3A") && !part.contains("%25") {
        return part.to_owned();
    }
    part.replace("%3A", ":").replace("%25", "%")
}

#[cfg(test)]
mod decode_tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_organization_before_its_last_colon() {
        assert!(is_of_organization("a:15550001", "a"));
        assert!(is_of_organization("a:b:15550001", "a:b"));
        assert!(!is_of_organization("a:b:15550001", "a"));
        assert!(!is_of_organization("15550001", "15550001"));
        assert!(is_of_organization(":15550001", ""));
        assert!(is_of_organization("a:", "a"));
    }

    #[test]
    fn a_phone_without_digits_comes_back_as_it_was() {
        for phone in ["sip:alice", "100%".trim_start_matches("100"), "a%b:c", "%:%", "anonymous"] {
            let key = org_key(Some("o:p"), phone).unwrap();
            let (organization, part) = parse_org_key(&key);
            assert_eq!((organization, decode_phone(part).as_str()), (Some("o:p"), phone));
        }
    }
}
