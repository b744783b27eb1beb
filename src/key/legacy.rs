//! The old keys of the JavaScript layer, so that a miss can read an old value and move it.
//!
//! That layer put conversations into one hash for each kind, `{prefix}{segment}:global`. It put everything
//! else into strings, `{prefix}{segment}:{id}:global`, with ids as callers gave them.

use std::fmt;

use super::kind::{Kind, Shape};
use super::{GLOBAL_SCOPE, Keys, MAX_KEY_BYTES, org_key};

/// A value's old place. `Debug` shows whether it is a field or a string, never a key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum LegacyLocation {
    /// A field of a hash.
    HashField { key: Vec<u8>, field: Vec<u8> },
    /// A string.
    Text { key: Vec<u8> },
}

/// Each method takes the arguments of the method without `legacy_`. It returns `None` if the JavaScript layer
/// kept no such value or cannot have kept it apart from another one.
impl Keys {
    pub fn legacy_conversation(&self, kind: Kind, org: Option<&str>, phone: &str) -> Option<LegacyLocation> {
        let id = org_key(org, phone).ok()?;
        match kind {
            Kind::ConversationContext | Kind::ConversationSummary => {
                if id.len() > MAX_KEY_BYTES {
                    return None;
                }
                Some(LegacyLocation::HashField { key: self.legacy_hash(kind), field: id.into_bytes() })
            }
            Kind::HistoryCache => self.legacy_text(kind, &[&id]),
            _ => None,
        }
    }

    /// The hash with all values of a kind.
    pub fn legacy_hash(&self, kind: Kind) -> Vec<u8> {
        [self.prefix(), kind.segment(), ":", GLOBAL_SCOPE].concat().into_bytes()
    }

    pub fn legacy_organization(&self, org: &str) -> Option<LegacyLocation> {
        self.legacy_text(Kind::Organization, &[org])
    }

    pub fn legacy_phone_to_lead(&self, phone: &str) -> Option<LegacyLocation> {
        self.legacy_text(Kind::PhoneToLead, &[phone])
    }

    pub fn legacy_single(&self, kind: Kind, id: &str) -> Option<LegacyLocation> {
        match kind {
            Kind::LeadToPhone | Kind::DynamicLead => self.legacy_text(kind, &[id]),
            _ => None,
        }
    }

    pub fn legacy_pair(&self, kind: Kind, id: &str, phone: &str) -> Option<LegacyLocation> {
        // With a colon in the phone number, the text could be split in two ways.
        if kind.shape() != Shape::Pair || phone.contains(':') {
            return None;
        }
        self.legacy_text(kind, &[id, phone])
    }

    fn legacy_text(&self, kind: Kind, id: &[&str]) -> Option<LegacyLocation> {
        let bytes: usize = id.iter().map(|part| part.len()).sum();
        if bytes > MAX_KEY_BYTES || id.iter().all(|part| part.is_empty()) {
            return None;
        }
        let key = [self.prefix(), kind.segment(), ":", &id.join(":"), ":", GLOBAL_SCOPE].concat();
        (key.len() <= MAX_KEY_BYTES).then(|| LegacyLocation::Text { key: key.into_bytes() })
    }
}

impl fmt::Debug for LegacyLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LegacyLocation::HashField { key: _, field: _ } => f.write_str("HashField(..)"),
            LegacyLocation::Text { key: _ } => f.write_str("Text(..)"),
        }
    }
}
