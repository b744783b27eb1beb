//! The key of a conversation in a server's own Maps: `organization:digits`.

use super::{missing, phone};
use crate::error::Result;

/// The Map key of a conversation: `organization:digits`, or the digits alone without an
/// organization. The organization stands as it is. A phone number without a digit is kept, with
/// `%` and `:` encoded, so that the last colon always ends the organization.
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

/// Organization and phone part of a Map key, split at the last colon.
pub fn parse_org_key(key: &str) -> (Option<&str>, &str) {
    match key.rsplit_once(':') {
        Some((org, phone)) => (Some(org), phone),
        None => (None, key),
    }
}
