//! Which slot of a cluster a call is for.

use super::call::{Call, Place};
use super::core::{Core, Scratch};
use crate::command::slot_of;
use crate::error::Result;
use crate::key::Kind;
use crate::redis::routing_position;

impl Core {
    /// The slot of a call's key; `None` where it names none, so that any node may answer.
    ///
    /// # Errors
    /// `E_KEY` where the call names no key that can be.
    pub fn slot_of(&self, call: &Call<'_>, scratch: &mut Scratch) -> Result<Option<u16>> {
        let place = match call {
            Call::Command { arguments, options } => {
                return Ok(self.slot_of_words(arguments, options.is_prefixed, scratch));
            }
            Call::Transaction { commands, options } => {
                let mut slots = commands.iter();
                return Ok(slots.find_map(|words| self.slot_of_words(words, options.is_prefixed, scratch)));
            }
            Call::Acknowledged { write, .. } => return self.slot_of(write, scratch),
            Call::ClearOrganization { organization } => {
                scratch.index.clear();
                self.keys().organization_index(&mut scratch.index, *organization)?;
                return Ok(Some(slot_of(&scratch.index)));
            }
            Call::MapLead { phone, .. } => Place::PhoneToLead { phone },
            Call::Get { place }
            | Call::Set { place, .. }
            | Call::Delete { place }
            | Call::HashGet { place, .. }
            | Call::HashSet { place, .. }
            | Call::HashDelete { place, .. }
            | Call::HashEntries { place } => *place,
        };
        scratch.key.clear();
        place.append_key(self.keys(), &mut scratch.key)?;
        Ok(Some(slot_of(&scratch.key)))
    }

    fn slot_of_words(&self, words: &[&[u8]], is_prefixed: bool, scratch: &mut Scratch) -> Option<u16> {
        let position = routing_position(words)?;
        let word = words[position];
        if !is_prefixed || word.starts_with(self.node.prefix().text()) {
            return Some(slot_of(word));
        }
        scratch.key.clear();
        scratch.key.extend_from_slice(self.node.prefix().text());
        scratch.key.extend_from_slice(word);
        Some(slot_of(&scratch.key))
    }
}

/// Both directions of a lead's mapping, each a call of its own: their keys are in different slots.
pub fn both_ways<'a>(call: &Call<'a>) -> Option<[Call<'a>; 2]> {
    let Call::MapLead { phone, lead, phone_json, lead_json } = *call else { return None };
    let forward = Place::PhoneToLead { phone };
    let back = Place::Single { kind: Kind::LeadToPhone, id: lead };
    Some([
        Call::Set { place: forward, json: lead_json, ttl_seconds: None },
        Call::Set { place: back, json: phone_json, ttl_seconds: None },
    ])
}
