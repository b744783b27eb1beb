//! From a call to the operation that it is: keys, stored bytes, lifetime.

use super::delete::Delete;
use super::get::Get;
use super::hash_delete::HashDelete;
use super::hash_entries::HashEntries;
use super::hash_get::HashGet;
use super::hash_set::HashSet;
use super::list::Operation;
use super::pair::SetPair;
use super::set::Set;
use super::set_indexed::SetIndexed;
use crate::cache::call::{Call, Place};
use crate::cache::context::{Context, Scratch};
use crate::codec::check_size;
use crate::error::{Error, ErrorCode, Result};
use crate::key::Kind;

/// The operation of a call, put together in `scratch`.
///
/// # Errors
/// `E_KEY` where the call names no key that can be, `E_VALUE` where the value cannot be stored.
pub fn plan<'s>(context: &Context, call: &Call<'s>, scratch: &'s mut Scratch) -> Result<Operation<'s>> {
    if let Some(place) = call.place() {
        context.check_organization(&place)?;
    }
    let Scratch { key, second_key, index, value } = scratch;
    Ok(match *call {
        Call::Get { place } => Operation::Get(Get { key: context.key(&place, key)? }),
        Call::Set { place, json, ttl_seconds, .. } => {
            let key = context.key(&place, key)?;
            let value = context.stored(json, value)?;
            let ttl = context.ttl(&place, ttl_seconds);
            match context.index(&place, index)? {
                None => Operation::Set(Set { key, value, ttl }),
                Some(index) => Operation::SetIndexed(SetIndexed { key, value, ttl, index }),
            }
        }
        Call::Delete { place } => Operation::Delete(Delete { key: context.key(&place, key)? }),
        Call::MapLead { phone, lead, phone_json, lead_json, .. } => {
            let forward = Place::PhoneToLead { phone };
            let back = Place::Single { kind: Kind::LeadToPhone, id: lead };
            let (key, second_key) = (context.key(&forward, key)?, context.key(&back, second_key)?);
            check_size(phone_json)?;
            check_size(lead_json)?;
            let ttl = context.ttl(&forward, None);
            Operation::SetPair(SetPair { first: (key, lead_json), second: (second_key, phone_json), ttl })
        }
        Call::HashGet { place, field } => {
            Operation::HashGet(HashGet { key: context.key(&place, key)?, field })
        }
        Call::HashSet { place, field, json, ttl_seconds } => {
            let key = context.key(&place, key)?;
            let value = context.stored(json, value)?;
            let ttl = context.ttl(&place, ttl_seconds);
            let index = context.index(&place, index)?.unwrap_or_default();
            Operation::HashSet(HashSet { key, field, value, ttl, index })
        }
        Call::HashDelete { place, field } => {
            Operation::HashDelete(HashDelete { key: context.key(&place, key)?, field })
        }
        Call::HashEntries { place } => Operation::HashEntries(HashEntries { key: context.key(&place, key)? }),
        Call::ClearOrganization { .. } => {
            return Err(Error::new(ErrorCode::Key, "the call names no single key"));
        }
    })
}
