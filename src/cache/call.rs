//! What crosses into this room and out of it.

use crate::entries;
use crate::error::Result;
use crate::key::{Keys, Kind};
pub use crate::outage::Unacknowledged;

/// The key of a value in the caller's terms. `Keys` makes bytes of it.
#[derive(Debug, Clone, Copy)]
pub enum CacheKey<'a> {
    Conversation {
        kind: Kind,
        organization: Option<&'a str>,
        phone: &'a str,
    },
    Organization {
        organization: &'a str,
    },
    PhoneToLead {
        phone: &'a str,
    },
    Single {
        kind: Kind,
        id: &'a str,
    },
    Pair {
        kind: Kind,
        id: &'a str,
        phone: &'a str,
    },
    /// A key that the caller named, in an organization or in none.
    Managed {
        name: &'a str,
        organization: Option<&'a str>,
    },
}

impl CacheKey<'_> {
    /// `None` where the caller named the key.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            CacheKey::Conversation { kind, .. }
            | CacheKey::Single { kind, .. }
            | CacheKey::Pair { kind, .. } => Some(*kind),
            CacheKey::Organization { .. } => Some(Kind::Organization),
            CacheKey::PhoneToLead { .. } => Some(Kind::PhoneToLead),
            CacheKey::Managed { .. } => None,
        }
    }

    /// The organization that the value belongs to.
    pub fn organization(&self) -> Option<&str> {
        match *self {
            CacheKey::Conversation { organization, .. } | CacheKey::Managed { organization, .. } => {
                organization
            }
            CacheKey::Organization { organization } => Some(organization),
            CacheKey::PhoneToLead { .. } | CacheKey::Single { .. } | CacheKey::Pair { .. } => None,
        }
    }

    /// Appends the key.
    pub fn append_key(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<()> {
        match *self {
            CacheKey::Conversation { kind, organization, phone } => {
                keys.conversation(out, kind, organization, phone)
            }
            CacheKey::Organization { organization } => keys.organization(out, organization),
            CacheKey::PhoneToLead { phone } => keys.phone_to_lead(out, phone),
            CacheKey::Single { kind, id } => keys.single(out, kind, id),
            CacheKey::Pair { kind, id, phone } => keys.pair(out, kind, id, phone),
            CacheKey::Managed { name, organization } => keys.managed(out, name, organization, None),
        }
    }

    /// Appends the key of the index that lists this key; false where the value belongs
    /// to no organization.
    pub fn append_index(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<bool> {
        let organization = match *self {
            CacheKey::Conversation { organization, .. } | CacheKey::Managed { organization, .. } => {
                organization
            }
            CacheKey::Organization { organization } => Some(organization),
            CacheKey::PhoneToLead { .. } | CacheKey::Single { .. } | CacheKey::Pair { .. } => {
                return Ok(false);
            }
        };
        keys.organization_index(out, organization)?;
        Ok(true)
    }
}

/// One call of a caller.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    Get {
        key: CacheKey<'a>,
    },
    /// `ttl_seconds` is positive; `None` means the default.
    Set {
        key: CacheKey<'a>,
        json: &'a [u8],
        ttl_seconds: Option<f64>,
        unacknowledged: Unacknowledged,
    },
    Delete {
        key: CacheKey<'a>,
    },
    /// Both directions in one step. The JSON texts are the values to store.
    MapLead {
        phone: &'a str,
        lead: &'a str,
        phone_json: &'a [u8],
        lead_json: &'a [u8],
        unacknowledged: Unacknowledged,
    },
    HashGet {
        key: CacheKey<'a>,
        field: &'a [u8],
    },
    HashSet {
        key: CacheKey<'a>,
        field: &'a [u8],
        json: &'a [u8],
        ttl_seconds: Option<f64>,
    },
    HashDelete {
        key: CacheKey<'a>,
        field: &'a [u8],
    },
    HashEntries {
        key: CacheKey<'a>,
    },
    ClearOrganization {
        organization: Option<&'a str>,
    },
    /// A call of `createCache`.
    Entry(entries::Call<'a>),
}

impl<'a> Call<'a> {
    /// The key of the call's value; `None` for a call on several values.
    pub fn key(&self) -> Option<CacheKey<'a>> {
        match *self {
            Call::Get { key }
            | Call::Set { key, .. }
            | Call::Delete { key }
            | Call::HashGet { key, .. }
            | Call::HashSet { key, .. }
            | Call::HashDelete { key, .. }
            | Call::HashEntries { key } => Some(key),
            Call::MapLead { .. } | Call::ClearOrganization { .. } | Call::Entry(_) => None,
        }
    }

    /// The organization whose call it is.
    pub fn organization(&self) -> Option<&str> {
        match self {
            Call::ClearOrganization { organization } => *organization,
            Call::Entry(call) => call.scope().and_then(|scope| scope.organization),
            Call::MapLead { .. } => None,
            Call::Get { key }
            | Call::Set { key, .. }
            | Call::Delete { key }
            | Call::HashGet { key, .. }
            | Call::HashSet { key, .. }
            | Call::HashDelete { key, .. }
            | Call::HashEntries { key } => key.organization(),
        }
    }

    /// Bytes of values that the call writes.
    pub fn written_bytes(&self) -> usize {
        match self {
            Call::Set { json, .. } | Call::HashSet { json, .. } => json.len(),
            Call::Entry(entries::Call::Set { value, .. } | entries::Call::Fill { value, .. }) => value.len(),
            _ => 0,
        }
    }

    /// Whether its answer is what was read.
    pub fn is_read(&self) -> bool {
        match self {
            Call::Get { .. } | Call::HashGet { .. } | Call::HashEntries { .. } => true,
            Call::Entry(call) => matches!(
                call,
                entries::Call::Get { .. }
                    | entries::Call::Pull { .. }
                    | entries::Call::Take { is_first: true, .. }
            ),
            _ => false,
        }
    }

    /// The organization that the call writes to; `None` where it only reads, or writes to none.
    pub fn written_organization(&self) -> Option<&str> {
        match self {
            Call::Set { key, .. }
            | Call::Delete { key }
            | Call::HashSet { key, .. }
            | Call::HashDelete { key, .. } => key.organization(),
            Call::ClearOrganization { organization } => *organization,
            Call::Get { .. }
            | Call::HashGet { .. }
            | Call::HashEntries { .. }
            | Call::MapLead { .. }
            | Call::Entry(_) => None,
        }
    }

    /// The fate of a write that Redis does not take.
    pub fn unacknowledged(&self) -> Unacknowledged {
        match *self {
            Call::Set { unacknowledged, .. } | Call::MapLead { unacknowledged, .. } => unacknowledged,
            _ => Unacknowledged::Journal,
        }
    }
}
