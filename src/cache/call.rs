//! What crosses into this room and out of it.

use crate::error::Result;
use crate::key::{Keys, Kind};
pub use crate::outage::Unacknowledged;

/// Where a value lives, in the caller's terms.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
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

impl Place<'_> {
    /// `None` where the caller named the key.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Place::Conversation { kind, .. } | Place::Single { kind, .. } | Place::Pair { kind, .. } => {
                Some(*kind)
            }
            Place::Organization { .. } => Some(Kind::Organization),
            Place::PhoneToLead { .. } => Some(Kind::PhoneToLead),
            Place::Managed { .. } => None,
        }
    }

    /// Appends the key.
    pub fn append_key(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<()> {
        match *self {
            Place::Conversation { kind, organization, phone } => {
                keys.conversation(out, kind, organization, phone)
            }
            Place::Organization { organization } => keys.organization(out, organization),
            Place::PhoneToLead { phone } => keys.phone_to_lead(out, phone),
            Place::Single { kind, id } => keys.single(out, kind, id),
            Place::Pair { kind, id, phone } => keys.pair(out, kind, id, phone),
            Place::Managed { name, organization } => keys.managed(out, name, organization, None),
        }
    }

    /// Appends the key of the index that finds this place again; false where the value belongs
    /// to no organization.
    pub fn append_index(&self, keys: &Keys, out: &mut Vec<u8>) -> Result<bool> {
        let organization = match *self {
            Place::Conversation { organization, .. } | Place::Managed { organization, .. } => organization,
            Place::Organization { organization } => Some(organization),
            Place::PhoneToLead { .. } | Place::Single { .. } | Place::Pair { .. } => return Ok(false),
        };
        keys.organization_index(out, organization)?;
        Ok(true)
    }
}

/// One call of a caller.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    Get {
        place: Place<'a>,
    },
    /// `ttl_seconds` is positive; `None` means the default.
    Set {
        place: Place<'a>,
        json: &'a [u8],
        ttl_seconds: Option<f64>,
        unacknowledged: Unacknowledged,
    },
    Delete {
        place: Place<'a>,
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
        place: Place<'a>,
        field: &'a [u8],
    },
    HashSet {
        place: Place<'a>,
        field: &'a [u8],
        json: &'a [u8],
        ttl_seconds: Option<f64>,
    },
    HashDelete {
        place: Place<'a>,
        field: &'a [u8],
    },
    HashEntries {
        place: Place<'a>,
    },
    ClearOrganization {
        organization: Option<&'a str>,
    },
}

impl<'a> Call<'a> {
    /// The place of the call's value; `None` for a call on several values.
    pub fn place(&self) -> Option<Place<'a>> {
        match *self {
            Call::Get { place }
            | Call::Set { place, .. }
            | Call::Delete { place }
            | Call::HashGet { place, .. }
            | Call::HashSet { place, .. }
            | Call::HashDelete { place, .. }
            | Call::HashEntries { place } => Some(place),
            Call::MapLead { .. } | Call::ClearOrganization { .. } => None,
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
