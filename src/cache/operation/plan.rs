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
use crate::cache::call::{CacheKey, Call};
use crate::cache::context::{Context, Scratch};
use crate::codec::check_size;
use crate::error::{Error, ErrorCode, Result};
use crate::key::Kind;

/// The operation of a call, put together in `scratch`.
///
/// # Errors
/// `E_KEY` where the call names no key that can be, `E_VALUE` where the value cannot be stored.
pub fn plan<'s>(context: &Context, call: &Call<'s>, scratch: &'s mut Scratch) -> Result<Operation<'s>> {
    if let Some(key) = call.key() {
        context.check_organization(&key)?;
    }
    let Scratch { key: key_buffer, second_key: second_buffer, index: index_buffer, value: value_buffer } =
        scratch;
    Ok(match *call {
        Call::Get { key } => Operation::Get(Get { key: context.key(&key, key_buffer)? }),
        Call::Set { key, json, ttl_seconds, .. } => {
            let ttl = context.ttl(&key, ttl_seconds);
            let (key, index) = (context.key(&key, key_buffer)?, context.index(&key, index_buffer)?);
            let value = context.stored(json, value_buffer)?;
            match index {
                None => Operation::Set(Set { key, value, ttl }),
                Some(index) => Operation::SetIndexed(SetIndexed { key, value, ttl, index }),
            }
        }
        Call::Delete { key } => Operation::Delete(Delete { key: context.key(&key, key_buffer)? }),
        Call::MapLead { phone, lead, phone_json, lead_json, .. } => {
            let forward = CacheKey::PhoneToLead { phone };
            let back = CacheKey::Single { kind: Kind::LeadToPhone, id: lead };
            let (key, second_key) = (context.key(&forward, key_buffer)?, context.key(&back, second_buffer)?);
            check_size(phone_json)?;
            check_size(lead_json)?;
            let ttl = context.ttl(&forward, None);
            Operation::SetPair(SetPair { first: (key, lead_json), second: (second_key, phone_json), ttl })
        }
        Call::HashGet { key, field } => {
            Operation::HashGet(HashGet { key: context.key(&key, key_buffer)?, field })
        }
        Call::HashSet { key, field, json, ttl_seconds } => {
            let ttl = context.ttl(&key, ttl_seconds);
            let (key, index) = (context.key(&key, key_buffer)?, context.index(&key, index_buffer)?);
            let value = context.stored(json, value_buffer)?;
            let index = index.unwrap_or_default();
            Operation::HashSet(HashSet { key, field, value, ttl, index })
        }
        Call::HashDelete { key, field } => {
            Operation::HashDelete(HashDelete { key: context.key(&key, key_buffer)?, field })
        }
        Call::HashEntries { key } => {
            Operation::HashEntries(HashEntries { key: context.key(&key, key_buffer)? })
        }
        Call::ClearOrganization { .. } | Call::Entry(_) => {
            return Err(Error::new(ErrorCode::Key, "the call names no single key"));
        }
    })
}
