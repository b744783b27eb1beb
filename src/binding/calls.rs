//! From words and arguments to calls.

use super::arguments::Arguments;
use super::function::misuse;
use crate::cache::{Call, Place, Unacknowledged};
use crate::command;
use crate::error::{Error, ErrorCode, Result};
use crate::key::Kind;
use crate::redis::CommandOptions;

/// What a call does. The numbers are shared with `js/protocol.js`, which is told them at load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Verb {
    Command = 0,
    Get = 1,
    Set = 2,
    Delete = 3,
    MapLead = 4,
    HashGet = 5,
    HashSet = 6,
    HashDelete = 7,
    HashEntries = 8,
    Clear = 9,
    Transaction = 10,
}

impl Verb {
    pub const ALL: [(Verb, &'static str); 11] = [
        (Verb::Command, "command"),
        (Verb::Get, "get"),
        (Verb::Set, "set"),
        (Verb::Delete, "delete"),
        (Verb::MapLead, "mapLead"),
        (Verb::HashGet, "hashGet"),
        (Verb::HashSet, "hashSet"),
        (Verb::HashDelete, "hashDelete"),
        (Verb::HashEntries, "hashEntries"),
        (Verb::Clear, "clear"),
        (Verb::Transaction, "transaction"),
    ];
}

/// The kind of a key that the caller named.
pub const MANAGED: u8 = 255;

/// Beside the verb of a write: Redis itself must have it.
pub const ACKNOWLEDGED: u8 = 0x80;
/// Beside the verb of such a write: it is a copy, which memory answers while Redis is away.
pub const COPIED: u8 = 0x40;

/// What a raw command's detail says, and its name for JavaScript.
pub const COMMAND_FLAGS: [(u8, &str); 4] =
    [(BUFFERS, "buffers"), (PREFIXED, "prefixed"), (FLAT, "flat"), (STRING_NUMBERS, "stringNumbers")];
const BUFFERS: u8 = 1;
const PREFIXED: u8 = 2;
const FLAT: u8 = 4;
const STRING_NUMBERS: u8 = 8;

/// The word in front of a call's arguments.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    verb: u8,
    unacknowledged: Unacknowledged,
    /// The kind of value, or the flags of a raw command.
    detail: u8,
    /// How many arguments belong to the call.
    pub count: usize,
    /// The number of a raw command; 0 where its name is its first argument.
    command: u16,
}

impl Head {
    pub fn new(word: u32, count: usize) -> Head {
        let unacknowledged = match word as u8 & (ACKNOWLEDGED | COPIED) {
            0 => Unacknowledged::Journal,
            ACKNOWLEDGED => Unacknowledged::Refuse,
            _ => Unacknowledged::Remember,
        };
        let verb = word as u8 & !(ACKNOWLEDGED | COPIED);
        Head { verb, unacknowledged, detail: (word >> 8) as u8, count, command: (word >> 16) as u16 }
    }

    pub fn is_command(self) -> bool {
        self.verb == Verb::Command as u8
    }

    /// The name of a raw command, where it is none of the arguments.
    pub fn command_name(self) -> Result<Option<&'static [u8]>> {
        if self.command == 0 {
            return Ok(None);
        }
        let name = command::name_of(self.command)
            .ok_or_else(|| misuse("the bridge was given an unknown command"))?;
        Ok(Some(name.as_bytes()))
    }

    pub fn is_transaction(self) -> bool {
        self.verb == Verb::Transaction as u8
    }

    /// How a raw command is meant.
    pub fn options(self) -> CommandOptions {
        let has = |flag| self.detail & flag != 0;
        CommandOptions {
            as_buffers: has(BUFFERS),
            is_prefixed: has(PREFIXED),
            is_flat: has(FLAT),
            numbers_as_texts: has(STRING_NUMBERS),
        }
    }

    /// The adapter's call with these arguments.
    pub fn call(self, arguments: &mut Arguments) -> Result<Call<'_>> {
        let (verb, _) = Verb::ALL
            .into_iter()
            .find(|(verb, _)| *verb as u8 == self.verb)
            .ok_or_else(|| misuse("the bridge was given an unknown verb"))?;
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
                unacknowledged: self.unacknowledged,
            });
        }
        let width = self.place_width();
        arguments.numbers_to_text(0..width);
        if matches!(verb, Verb::HashGet | Verb::HashSet | Verb::HashDelete) {
            arguments.numbers_to_text(width..width + 1);
            arguments.required(width, "the field")?;
        }
        let arguments = &*arguments;
        let place = self.place(arguments)?;
        Ok(match verb {
            Verb::Get => Call::Get { place },
            Verb::Set => {
                let (json, ttl_seconds) = (arguments.bytes(width), arguments.lifetime(width + 1)?);
                Call::Set { place, json, ttl_seconds, unacknowledged: self.unacknowledged }
            }
            Verb::Delete => Call::Delete { place },
            Verb::HashGet => Call::HashGet { place, field: arguments.bytes(width) },
            Verb::HashSet => Call::HashSet {
                place,
                field: arguments.bytes(width),
                json: arguments.bytes(width + 1),
                ttl_seconds: arguments.lifetime(width + 2)?,
            },
            Verb::HashDelete => Call::HashDelete { place, field: arguments.bytes(width) },
            Verb::HashEntries => Call::HashEntries { place },
            Verb::Command | Verb::Transaction | Verb::MapLead | Verb::Clear => {
                return Err(misuse("a call came to the wrong place in the bridge"));
            }
        })
    }

    /// How many arguments name the place.
    fn place_width(self) -> usize {
        match Kind::from_u8(self.detail) {
            Some(
                Kind::Organization | Kind::PhoneToLead | Kind::LeadToPhone | Kind::DynamicLead | Kind::Kv,
            ) => 1,
            _ => 2,
        }
    }

    fn place(self, arguments: &Arguments) -> Result<Place<'_>> {
        if self.detail == MANAGED {
            let name = arguments.required(0, "the key")?;
            return Ok(Place::Managed { name, organization: arguments.organization(1)? });
        }
        let kind = Kind::from_u8(self.detail)
            .ok_or_else(|| Error::new(ErrorCode::Key, "the bridge was given an unknown kind"))?;
        Ok(match kind {
            Kind::ConversationContext
            | Kind::ConversationSummary
            | Kind::HistoryCache
            | Kind::PreComputedContext => Place::Conversation {
                kind,
                organization: arguments.organization(0)?,
                phone: arguments.required(1, "the phone number")?,
            },
            Kind::Organization => {
                Place::Organization { organization: arguments.required(0, "the organization")? }
            }
            Kind::PhoneToLead => Place::PhoneToLead { phone: arguments.required(0, "the phone number")? },
            Kind::LeadToPhone | Kind::DynamicLead => {
                Place::Single { kind, id: arguments.required(0, "the lead's id")? }
            }
            Kind::Kv => Place::Single { kind, id: arguments.required(0, "the key")? },
            Kind::AgentConfig => Place::Pair {
                kind,
                id: arguments.required(0, "the agent's id")?,
                phone: arguments.required(1, "the agent's phone number")?,
            },
            Kind::SseCache => Place::Pair {
                kind,
                id: arguments.required(0, "the lead's id")?,
                phone: arguments.required(1, "the phone number")?,
            },
        })
    }
}
