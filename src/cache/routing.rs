//! What a router must know of a call of the cache.

use super::call::{Call, Place};
use super::core::{Core, Scratch};
use crate::error::Result;
use crate::key::Kind;
use crate::redis::Route;

impl Core {
    /// # Errors
    /// `E_KEY` where the call names no key that can be.
    pub(super) fn route_of<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
        let reads_key_only =
            matches!(call, Call::Get { .. } | Call::HashGet { .. } | Call::HashEntries { .. });
        let key = match call {
            Call::ClearOrganization { organization } => {
                scratch.index.clear();
                self.keys().organization_index(&mut scratch.index, *organization)?;
                &scratch.index
            }
            Call::MapLead { phone, .. } => {
                self.append_to(&mut scratch.key, Place::PhoneToLead { phone })?;
                &scratch.key
            }
            Call::Get { place }
            | Call::Set { place, .. }
            | Call::Delete { place }
            | Call::HashGet { place, .. }
            | Call::HashSet { place, .. }
            | Call::HashDelete { place, .. }
            | Call::HashEntries { place } => {
                self.append_to(&mut scratch.key, *place)?;
                &scratch.key
            }
        };
        Ok(Route { key: Some(key), reads_key_only })
    }

    fn append_to(&self, key: &mut Vec<u8>, place: Place<'_>) -> Result<()> {
        key.clear();
        place.append_key(self.keys(), key)
    }
}

/// Both directions of a lead's mapping, each a call of its own: their keys are in different slots.
pub(super) fn both_ways<'a>(call: &Call<'a>) -> Option<[Call<'a>; 2]> {
    let Call::MapLead { phone, lead, phone_json, lead_json, unacknowledged } = *call else { return None };
    let forward = Place::PhoneToLead { phone };
    let back = Place::Single { kind: Kind::LeadToPhone, id: lead };
    Some([
        Call::Set { place: forward, json: lead_json, ttl_seconds: None, unacknowledged },
        Call::Set { place: back, json: phone_json, ttl_seconds: None, unacknowledged },
    ])
}
