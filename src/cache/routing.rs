//! What a router must know of a call of the cache.

use super::call::{CacheKey, Call};
use super::context::{Context, Scratch};
use crate::error::Result;
use crate::key::Kind;
use crate::redis::Route;

/// # Errors
/// `E_KEY` where the call names no key that can be.
pub fn route_of<'s>(context: &Context, call: &Call<'_>, scratch: &'s mut Scratch) -> Result<Route<'s>> {
    let key = match *call {
        Call::ClearOrganization { organization } => {
            scratch.index.clear();
            context.keys.organization_index(&mut scratch.index, organization)?;
            Some(&scratch.index[..])
        }
        Call::Entry(ref call) => {
            context.entries().route_key(call, &mut scratch.key)?.then_some(&scratch.key[..])
        }
        Call::MapLead { phone, .. } => Some(context.key(&CacheKey::PhoneToLead { phone }, &mut scratch.key)?),
        _ => match call.key() {
            Some(key) => Some(context.key(&key, &mut scratch.key)?),
            None => None,
        },
    };
    let reads_key_only = matches!(call, Call::Get { .. } | Call::HashGet { .. } | Call::HashEntries { .. });
    Ok(Route { key, reads_key_only })
}

/// Both directions of a lead's mapping, each a call of its own: their keys are in different slots.
pub fn both_ways<'a>(call: &Call<'a>) -> Option<[Call<'a>; 2]> {
    let Call::MapLead { phone, lead, phone_json, lead_json, unacknowledged } = *call else { return None };
    let forward = CacheKey::PhoneToLead { phone };
    let back = CacheKey::Single { kind: Kind::LeadToPhone, id: lead };
    Some([
        Call::Set { key: forward, json: lead_json, ttl_seconds: None, unacknowledged },
        Call::Set { key: back, json: phone_json, ttl_seconds: None, unacknowledged },
    ])
}
