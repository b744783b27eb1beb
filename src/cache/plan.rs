//! From a call to the operation that it is: keys, stored bytes, lifetime.

use std::borrow::Cow;
use std::time::Duration;

use super::call::{Call, Place};
use super::core::{Core, Scratch};
use super::kinds::{default_ttl, requested_ttl};
use super::request::Operation;
use crate::codec::check_size;
use crate::error::{Error, ErrorCode, Result};
use crate::key::Kind;

impl Core {
    pub(super) fn operation<'s>(&self, call: &Call<'s>, scratch: &'s mut Scratch) -> Result<Operation<'s>> {
        self.check_organization(call)?;
        let Scratch { key, second_key, index, value } = scratch;
        key.clear();
        match *call {
            Call::Get { place } => {
                place.append_key(self.keys(), key)?;
                Ok(Operation::Get { key })
            }
            Call::Set { place, json, ttl_seconds, .. } => {
                place.append_key(self.keys(), key)?;
                let value = self.stored(json, value)?;
                let index = self.index_of(&place, index)?;
                Ok(Operation::Set { key, value, ttl: self.ttl(&place, ttl_seconds), index })
            }
            Call::Delete { place } => {
                place.append_key(self.keys(), key)?;
                Ok(Operation::Delete { key })
            }
            Call::MapLead { phone, lead, phone_json, lead_json, .. } => {
                let forward = Place::PhoneToLead { phone };
                let back = Place::Single { kind: Kind::LeadToPhone, id: lead };
                second_key.clear();
                forward.append_key(self.keys(), key)?;
                back.append_key(self.keys(), second_key)?;
                check_size(phone_json)?;
                check_size(lead_json)?;
                let ttl = self.ttl(&forward, None);
                Ok(Operation::SetPair { first: (key, lead_json), second: (second_key, phone_json), ttl })
            }
            Call::HashGet { place, field } => {
                place.append_key(self.keys(), key)?;
                Ok(Operation::HashGet { key, field })
            }
            Call::HashSet { place, field, json, ttl_seconds } => {
                place.append_key(self.keys(), key)?;
                let value = self.stored(json, value)?;
                let ttl = self.ttl(&place, ttl_seconds);
                let index = self.index_of(&place, index)?.unwrap_or_default();
                Ok(Operation::HashSet { key, field, value, ttl, index })
            }
            Call::HashDelete { place, field } => {
                place.append_key(self.keys(), key)?;
                Ok(Operation::HashDelete { key, field })
            }
            Call::HashEntries { place } => {
                place.append_key(self.keys(), key)?;
                Ok(Operation::HashEntries { key })
            }
            Call::ClearOrganization { .. } => Err(Error::new(ErrorCode::Key, "the call names no single key")),
        }
    }

    /// Where every call must name an organization: whether this one does.
    fn check_organization(&self, call: &Call<'_>) -> Result<()> {
        if !self.config().require_organization {
            return Ok(());
        }
        let place = match call {
            Call::Get { place }
            | Call::Set { place, .. }
            | Call::Delete { place }
            | Call::HashGet { place, .. }
            | Call::HashSet { place, .. }
            | Call::HashDelete { place, .. }
            | Call::HashEntries { place } => place,
            _ => return Ok(()),
        };
        match place {
            Place::Conversation { organization, .. } | Place::Managed { organization, .. } => {
                self.required_organization(*organization)
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// `E_KEY` where no organization is named and the configuration requires one.
    pub(super) fn required_organization(&self, organization: Option<&str>) -> Result<()> {
        if organization.is_some() || !self.config().require_organization {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::Key,
            "the organization is missing or empty, and requireOrganization is set; give its id",
        ))
    }

    /// The bytes to store. Memory keeps plain JSON: a hit there must cost no decompression.
    fn stored<'s>(&self, json: &'s [u8], buffer: &'s mut Vec<u8>) -> Result<&'s [u8]> {
        if !self.config().use_redis() || json.len() < self.config().compression_threshold_bytes {
            check_size(json)?;
            return Ok(json);
        }
        buffer.clear();
        self.codec.encode(json, buffer)?;
        Ok(buffer)
    }

    /// The JSON text of a value as it is stored; `None` where it is damaged.
    pub fn decode_value<'a>(&self, stored: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        self.codec.decode(stored).ok()
    }

    /// Appends the stored form of a value.
    pub(super) fn encode(&self, json: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.codec.encode(json, out)
    }

    fn index_of<'s>(&self, place: &Place<'_>, buffer: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>> {
        buffer.clear();
        let indexed = place.append_index(self.keys(), buffer)?;
        Ok(indexed.then_some(&buffer[..]))
    }

    fn ttl(&self, place: &Place<'_>, requested: Option<f64>) -> Duration {
        let default = place.kind().and_then(default_ttl).unwrap_or(self.config().default_ttl);
        requested_ttl(requested, default)
    }
}
