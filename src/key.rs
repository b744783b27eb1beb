//! Makes and reads every Redis key of the cache, and escapes the parts of other rooms' keys.
//!
//! A key is `{prefix}{type}:{scope}[:{id}]`, for example `jack:dev:conversationContexts:org-123:1234567890`.
//! The prefix stands as configured. In every other part, letters, digits and `-_.~+@` stand for themselves
//! and every other byte is percent-encoded. So a part holds neither the `:` between parts nor a character
//! that Redis reads as a pattern or as a hash tag.
//!
//! Promises: two different (type, organization, id) never share a key; a key is ASCII after its prefix and at
//! most [`MAX_KEY_BYTES`] long; [`Keys::decode`] is the inverse of the methods that make keys; no error holds
//! a part of a key. Relies on a prefix that the configuration has checked. Never asks Redis anything.
//!
//! Three rules keep the mapping to keys injective:
//!
//! - `global` is the scope of no organization. An organization named `global` is written `%67lobal`.
//! - For some kinds (`phoneToLead`, `kv`, `agentConfig`, ...) the scope's position holds an id that is no
//!   organization. A caller's own type of that name has its first letter encoded.
//! - The encoding never produces `!`, so no caller can name the index of an organization.
//!
//! No id is written `global` either. This keeps today's keys apart from those of the JavaScript layer, which
//! all end in `:global`: a read of the old place never meets a value of the new one.

use crate::error::{Error, ErrorCode, Result};

mod decode;
pub use decode::DecodedKey;
mod entries;
pub use entries::{EntryKeys, EntryRule, part_name, push_part};
mod erasure;
pub use erasure::Part;
mod escape;
pub use escape::{push_escaped, unescape};
mod kind;
use kind::Shape;
pub use kind::{Kind, Lifetime};
mod legacy;
pub use legacy::LegacyLocation;
mod org_key;
pub use org_key::{decode_phone, is_of_organization, org_key, parse_org_key};
mod phone;

#[cfg(test)]
mod tests;

/// The longest key in bytes, including the prefix. A longer key costs memory on every server that holds it,
/// and comes from a caller's mistake.
pub const MAX_KEY_BYTES: usize = 1024;

/// The scope of values without an organization.
const GLOBAL_SCOPE: &str = "global";

/// The type of the keys that list an organization's values.
const INDEX_TYPE: &str = "!index";

/// The type of the keys that list the values being cleared.
const ASIDE_TYPE: &str = "!aside";

/// The type of the keys that mark a cleared organization.
const CLEARED_TYPE: &str = "!cleared";

/// The hash tag of the organization with an empty name. No other name is written so, because the encoding
/// never produces `!`.
const EMPTY_TAG: &[u8] = b"!";

/// Makes the keys below one prefix.
///
/// Every method appends to `out`, so that one buffer serves many keys. The error is `E_KEY`: a part is
/// missing, or the key is too long. After an error `out` is unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    prefix: Box<str>,
    /// Whether scopes stand in braces.
    is_tagged: bool,
}

impl Keys {
    /// Makes keys below `prefix`, which stands in every key unchanged.
    pub fn new(prefix: &str) -> Self {
        Keys { prefix: prefix.into(), is_tagged: false }
    }

    /// The same keys with each scope in braces, so that an organization's keys share one hash slot of a
    /// cluster. A value and its index entry are then one transaction, and a clearing is one script.
    pub fn tagged(self) -> Self {
        Keys { is_tagged: true, ..self }
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A conversation's value: `{segment}:{organization}:{digits of the phone number}`.
    pub fn conversation(&self, out: &mut Vec<u8>, kind: Kind, org: Option<&str>, phone: &str) -> Result<()> {
        kind.require(Shape::Conversation)?;
        self.append(out, |out| {
            push_segment(out, kind);
            self.push_scope(out, org)?;
            out.push(b':');
            push_phone(out, phone)
        })
    }

    /// An organization's data: `organization:{organization}`.
    pub fn organization(&self, out: &mut Vec<u8>, org: &str) -> Result<()> {
        self.append(out, |out| {
            push_segment(out, Kind::Organization);
            self.push_scope(out, Some(org))
        })
    }

    /// The lead of a phone number: `phoneToLead:+1234567890`. A leading plus stays, because callers list
    /// these keys by the dialled number.
    pub fn phone_to_lead(&self, out: &mut Vec<u8>, phone: &str) -> Result<()> {
        self.append(out, |out| {
            push_segment(out, Kind::PhoneToLead);
            if phone::has_plus_and_digits(phone) {
                out.push(b'+');
            }
            push_phone(out, phone)
        })
    }

    /// A value with one id and without an organization: `leadToPhone`, `dynamicLead`, `kv`.
    pub fn single(&self, out: &mut Vec<u8>, kind: Kind, id: &str) -> Result<()> {
        kind.require(Shape::Single)?;
        self.append(out, |out| {
            push_segment(out, kind);
            push_id(out, id)
        })
    }

    /// A value with an id and a phone number and without an organization: `agentConfig`, `sseCache`.
    pub fn pair(&self, out: &mut Vec<u8>, kind: Kind, id: &str, phone: &str) -> Result<()> {
        kind.require(Shape::Pair)?;
        self.append(out, |out| {
            push_segment(out, kind);
            push_id(out, id)?;
            out.push(b':');
            push_phone(out, phone)
        })
    }

    /// A value of a type that the caller names: `{type}:{organization}[:{id}]`.
    pub fn managed(
        &self,
        out: &mut Vec<u8>,
        type_name: &str,
        org: Option<&str>,
        id: Option<&str>,
    ) -> Result<()> {
        self.append(out, |out| {
            push_type(out, type_name)?;
            out.push(b':');
            self.push_scope(out, org)?;
            if let Some(id) = id {
                out.push(b':');
                push_name(out, id)?;
            }
            Ok(())
        })
    }

    /// The index of an organization's values: `!index:{organization}`.
    pub fn organization_index(&self, out: &mut Vec<u8>, org: Option<&str>) -> Result<()> {
        self.of_scope(out, INDEX_TYPE, org)
    }

    /// The index while its values are being cleared: `!aside:{organization}`.
    pub fn index_aside(&self, out: &mut Vec<u8>, org: Option<&str>) -> Result<()> {
        self.of_scope(out, ASIDE_TYPE, org)
    }

    /// The mark of a cleared organization: `!cleared:{organization}`.
    pub fn cleared_mark(&self, out: &mut Vec<u8>, org: Option<&str>) -> Result<()> {
        self.of_scope(out, CLEARED_TYPE, org)
    }

    fn of_scope(&self, out: &mut Vec<u8>, type_name: &str, org: Option<&str>) -> Result<()> {
        self.append(out, |out| {
            out.extend_from_slice(type_name.as_bytes());
            out.push(b':');
            self.push_scope(out, org)
        })
    }

    fn push_scope(&self, out: &mut Vec<u8>, org: Option<&str>) -> Result<()> {
        if !self.is_tagged {
            return push_scope(out, org);
        }
        out.push(b'{');
        match org {
            // Redis does not treat empty braces as a hash tag.
            Some("") => out.extend_from_slice(EMPTY_TAG),
            org => push_scope(out, org)?,
        }
        out.push(b'}');
        Ok(())
    }

    fn append(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let start = out.len();
        out.extend_from_slice(self.prefix.as_bytes());
        let written = write(out).and_then(|()| within_limit(out.len() - start));
        if written.is_err() {
            out.truncate(start);
        }
        written
    }
}

fn push_segment(out: &mut Vec<u8>, kind: Kind) {
    out.extend_from_slice(kind.segment().as_bytes());
    out.push(b':');
}

fn push_type(out: &mut Vec<u8>, type_name: &str) -> Result<()> {
    if type_name.is_empty() {
        return Err(missing("the type of the cached value"));
    }
    if Kind::from_segment(type_name).is_some_and(Kind::scope_holds_an_id) {
        let (first, rest) = type_name.split_at(1);
        escape::push_encoded(out, first.as_bytes()[0]);
        escape::push_escaped(out, rest);
        return Ok(());
    }
    within_limit(type_name.len())?;
    escape::push_escaped(out, type_name);
    Ok(())
}

fn push_scope(out: &mut Vec<u8>, org: Option<&str>) -> Result<()> {
    match org {
        None => {
            out.extend_from_slice(GLOBAL_SCOPE.as_bytes());
            Ok(())
        }
        Some(org) => push_name(out, org),
    }
}

fn push_id(out: &mut Vec<u8>, id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(missing("the id"));
    }
    push_name(out, id)
}

fn push_phone(out: &mut Vec<u8>, phone: &str) -> Result<()> {
    if phone.is_empty() {
        return Err(missing("the phone number"));
    }
    within_limit(phone.len())?;
    // Phone numbers without a digit stay apart by their text.
    if phone::push_digits(out, phone) { Ok(()) } else { push_name(out, phone) }
}

fn push_name(out: &mut Vec<u8>, name: &str) -> Result<()> {
    // Encoding never shortens, so a name beyond the limit is refused before it is encoded.
    within_limit(name.len())?;
    if name == GLOBAL_SCOPE {
        escape::push_encoded(out, name.as_bytes()[0]);
        escape::push_escaped(out, &name[1..]);
    } else {
        escape::push_escaped(out, name);
    }
    Ok(())
}

fn within_limit(bytes: usize) -> Result<()> {
    if bytes <= MAX_KEY_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Key,
        format!(
            "the key would be longer than {MAX_KEY_BYTES} bytes; use a shorter organization, id or phone number"
        ),
    ))
}

fn missing(what: &str) -> Error {
    Error::new(ErrorCode::Key, format!("{what} is missing or empty"))
}
