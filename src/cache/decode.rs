//! From verbs and arguments to calls of the cache.

use super::call::{CacheKey, Call, Unacknowledged};
use crate::entries;
use crate::error::{Error, ErrorCode, Result};
use crate::key::Kind;
use crate::redis::{Asked, CallArguments, misuse, verbs};

/// The kind of a key that the caller named.
pub const MANAGED: u8 = 255;

/// Beside the verb of a write: Redis itself must have it.
pub const ACKNOWLEDGED: u8 = 0x80;
/// Beside the verb of such a write: it is a copy, which memory answers while Redis is away.
pub const COPIED: u8 = 0x40;

verbs! {
    Get: "get",
    Set: "set",
    Delete: "delete",
    MapLead: "mapLead",
    HashGet: "hashGet",
    HashSet: "hashSet",
    HashDelete: "hashDelete",
    HashEntries: "hashEntries",
    Clear: "clear",
}

/// The names of all verbs of the room; those of entries follow its own.
pub(super) const ALL_VERBS: &[&str] = &{
    let mut all = [""; VERBS.len() + entries::VERBS.len()];
    let (own, of_entries) = all.split_at_mut(VERBS.len());
    own.copy_from_slice(&VERBS);
    of_entries.copy_from_slice(&entries::VERBS);
    all
};

/// The call with these arguments.
pub(super) fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    if let Some(verb) = asked.verb.checked_sub(VERBS.len() as u8) {
        return entries::decode(Asked { verb, ..asked }, arguments).map(Call::Entry);
    }
    let verb = Verb::of(asked)?;
    let unacknowledged = match asked.flags & (ACKNOWLEDGED | COPIED) {
        0 => Unacknowledged::Journal,
        ACKNOWLEDGED => Unacknowledged::Refuse,
        _ => Unacknowledged::Remember,
    };
    if verb == Verb::Clear {
        arguments.numbers_to_text(0..1);
        return Ok(Call::ClearOrganization { organization: arguments.organization(0)? });
    }
    if verb == Verb::MapLead {
        arguments.numbers_to_text(0..2);
        return Ok(Call::MapLead {
            phone: arguments.required(0, "the phone number")?,
            lead: arguments.required(1, "the lead's id")?,
            phone_json: arguments.bytes(2),
            lead_json: arguments.bytes(3),
            unacknowledged,
        });
    }
    let width = key_width(asked.detail);
    arguments.numbers_to_text(0..width);
    if matches!(verb, Verb::HashGet | Verb::HashSet | Verb::HashDelete) {
        arguments.numbers_to_text(width..width + 1);
        arguments.required(width, "the field")?;
    }
    let arguments = &*arguments;
    let key = key_of(asked.detail, arguments)?;
    Ok(match verb {
        Verb::Get => Call::Get { key },
        Verb::Set => {
            let (json, ttl_seconds) = (arguments.bytes(width), arguments.lifetime(width + 1)?);
            Call::Set { key, json, ttl_seconds, unacknowledged }
        }
        Verb::Delete => Call::Delete { key },
        Verb::HashGet => Call::HashGet { key, field: arguments.bytes(width) },
        Verb::HashSet => Call::HashSet {
            key,
            field: arguments.bytes(width),
            json: arguments.bytes(width + 1),
            ttl_seconds: arguments.lifetime(width + 2)?,
        },
        Verb::HashDelete => Call::HashDelete { key, field: arguments.bytes(width) },
        Verb::HashEntries => Call::HashEntries { key },
        Verb::MapLead | Verb::Clear => return Err(misuse("a call came to the wrong place in the bridge")),
    })
}

/// Number of arguments that name the key.
fn key_width(kind: u8) -> usize {
    match Kind::from_u8(kind) {
        Some(Kind::Organization | Kind::PhoneToLead | Kind::LeadToPhone | Kind::DynamicLead | Kind::Kv) => 1,
        _ => 2,
    }
}

fn key_of(kind: u8, arguments: &CallArguments) -> Result<CacheKey<'_>> {
    if kind == MANAGED {
        let name = arguments.required(0, "the key")?;
        return Ok(CacheKey::Managed { name, organization: arguments.organization(1)? });
    }
    let kind = Kind::from_u8(kind)
        .ok_or_else(|| Error::new(ErrorCode::Key, "the bridge was given an unknown kind"))?;
    Ok(match kind {
        Kind::ConversationContext
        | Kind::ConversationSummary
        | Kind::HistoryCache
        | Kind::PreComputedContext => CacheKey::Conversation {
            kind,
            organization: arguments.organization(0)?,
            phone: arguments.required(1, "the phone number")?,
        },
        Kind::Organization => {
            CacheKey::Organization { organization: arguments.required(0, "the organization")? }
        }
        Kind::PhoneToLead => CacheKey::PhoneToLead { phone: arguments.required(0, "the phone number")? },
        Kind::LeadToPhone | Kind::DynamicLead => {
            CacheKey::Single { kind, id: arguments.required(0, "the lead's id")? }
        }
        Kind::Kv => CacheKey::Single { kind, id: arguments.required(0, "the key")? },
        Kind::AgentConfig => CacheKey::Pair {
            kind,
            id: arguments.required(0, "the agent's id")?,
            phone: arguments.required(1, "the agent's phone number")?,
        },
        Kind::SseCache => CacheKey::Pair {
            kind,
            id: arguments.required(0, "the lead's id")?,
            phone: arguments.required(1, "the phone number")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(texts: &[&str]) -> CallArguments {
        let mut arguments = CallArguments::default();
        for text in texts {
            let from = arguments.buffer().len();
            arguments.buffer().extend_from_slice(text.as_bytes());
            arguments.push_bytes(from);
        }
        arguments
    }

    fn asked(name: &str, flags: u8, detail: u8) -> Asked {
        let verb = VERBS.iter().position(|verb| *verb == name).unwrap() as u8;
        Asked { verb, flags, detail }
    }

    #[test]
    fn every_verb_has_a_name_and_is_decoded_as_such() {
        assert_eq!((&ALL_VERBS[..VERBS.len()], &ALL_VERBS[VERBS.len()..]), (&VERBS[..], &entries::VERBS[..]));
        let mut arguments = given(&["key", "org", "field", "1"]);
        for (name, is_meant) in [
            ("get", (|call: &Call<'_>| matches!(call, Call::Get { .. })) as fn(&Call<'_>) -> bool),
            ("set", |call| matches!(call, Call::Set { .. })),
            ("delete", |call| matches!(call, Call::Delete { .. })),
            ("hashGet", |call| matches!(call, Call::HashGet { .. })),
            ("hashSet", |call| matches!(call, Call::HashSet { .. })),
            ("hashDelete", |call| matches!(call, Call::HashDelete { .. })),
            ("hashEntries", |call| matches!(call, Call::HashEntries { .. })),
            ("mapLead", |call| matches!(call, Call::MapLead { .. })),
            ("clear", |call| matches!(call, Call::ClearOrganization { .. })),
        ] {
            let call = decode(asked(name, 0, MANAGED), &mut arguments).unwrap();
            assert!(is_meant(&call), "{name} is {call:?}");
        }
        assert!(decode(Asked { verb: ALL_VERBS.len() as u8, flags: 0, detail: 0 }, &mut arguments).is_err());
    }

    #[test]
    fn a_write_says_beside_its_verb_what_becomes_of_it_without_redis() {
        let mut arguments = given(&["key", "org", "1"]);
        for (flags, expected) in [
            (0, Unacknowledged::Journal),
            (ACKNOWLEDGED, Unacknowledged::Refuse),
            (ACKNOWLEDGED | COPIED, Unacknowledged::Remember),
        ] {
            let call = decode(asked("set", flags, MANAGED), &mut arguments).unwrap();
            assert!(matches!(call, Call::Set { unacknowledged, .. } if unacknowledged == expected));
        }
    }
}
