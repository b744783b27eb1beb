//! Reads a key back into the value that it names.

use std::fmt;

use super::kind::{Kind, Shape};
use super::{EMPTY_TAG, GLOBAL_SCOPE, INDEX_TYPE, Keys, MAX_KEY_BYTES, escape, phone};

/// The value that a key names. `Debug` shows the kind and which parts exist, never their content.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DecodedKey {
    /// The adapter's kind; `None` for a type that a caller named.
    pub kind: Option<Kind>,
    pub type_name: String,
    /// The organization; `None` is the global scope.
    pub scope: Option<String>,
    /// The id within type and scope: a conversation's phone number, a lead's or an agent's id.
    pub id: Option<String>,
    /// The phone number beside the id, for kinds that have both.
    pub phone: Option<String>,
}

impl Keys {
    /// The value that `key` names; `None` if no method of [`Keys`] makes this key for a value. The index of
    /// an organization is not a value's key.
    pub fn decode(&self, key: &[u8]) -> Option<DecodedKey> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        let mut parts = key.strip_prefix(self.prefix.as_bytes())?.split(|byte| *byte == b':');
        let (type_part, scope_part, last_part) = (parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let (type_name, kind) = decode_type(type_part)?;
        let (scope, id, phone) = match kind.map(Kind::shape) {
            None | Some(Shape::Conversation | Shape::Organization) => {
                (self.decode_scope(scope_part)?, decode_optional(last_part)?, None)
            }
            Some(Shape::Phone | Shape::Single) if last_part.is_some() => return None,
            Some(Shape::Single) => (None, Some(decode_id(scope_part)?), None),
            Some(Shape::Phone) => (None, Some(decode_id(scope_part).filter(|id| is_dialled(id))?), None),
            Some(Shape::Pair) => {
                let phone = decode_id(last_part?).filter(|phone| phone::is_reduced(phone))?;
                (None, Some(decode_id(scope_part)?), Some(phone))
            }
        };
        Some(DecodedKey { kind, type_name, scope, id, phone })
    }

    /// The organization whose index `key` is; `None` if it is no index. The global scope is `Some(None)`.
    pub fn decode_index(&self, key: &[u8]) -> Option<Option<String>> {
        let index = key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(INDEX_TYPE.as_bytes())?;
        self.decode_scope(index.strip_prefix(b":")?)
    }

    /// The index that lists the value of `key`; `None` if it is no value of an organization.
    pub fn index_of(&self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(index) = self.index_of_entry(key) {
            return Some(index);
        }
        let DecodedKey { kind, scope, .. } = self.decode(key)?;
        if !kind.is_none_or(Kind::belongs_to_an_organization) {
            return None;
        }
        let mut index = Vec::new();
        self.organization_index(&mut index, scope.as_deref()).ok()?;
        Some(index)
    }

    pub(super) fn decode_scope(&self, part: &[u8]) -> Option<Option<String>> {
        if !self.is_tagged {
            return decode_scope(part);
        }
        match part.strip_prefix(b"{")?.strip_suffix(b"}")? {
            EMPTY_TAG => Some(Some(String::new())),
            b"" => None,
            tag => decode_scope(tag),
        }
    }
}

impl fmt::Debug for DecodedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodedKey { kind, type_name: _, scope, id, phone } = self;
        f.debug_struct("DecodedKey")
            .field("kind", kind)
            .field("has_scope", &scope.is_some())
            .field("has_id", &id.is_some())
            .field("has_phone", &phone.is_some())
            .finish_non_exhaustive()
    }
}

fn decode_type(part: &[u8]) -> Option<(String, Option<Kind>)> {
    if let Some(kind) = disguised(part) {
        return Some((kind.segment().to_owned(), None));
    }
    let type_name = escape::unescape(part).filter(|name| !name.is_empty())?;
    let kind = Kind::from_segment(&type_name);
    Some((type_name, kind))
}

/// The kind whose name a caller uses for a type of their own.
fn disguised(part: &[u8]) -> Option<Kind> {
    let first = escape::decode_byte(part)?;
    let behind = &part[3..];
    Kind::ALL.into_iter().find(|kind| {
        kind.scope_holds_an_id() && kind.segment().as_bytes().split_first() == Some((&first, behind))
    })
}

fn decode_scope(part: &[u8]) -> Option<Option<String>> {
    if part == GLOBAL_SCOPE.as_bytes() { Some(None) } else { decode_name(part).map(Some) }
}

fn decode_optional(part: Option<&[u8]>) -> Option<Option<String>> {
    part.map_or(Some(None), |part| decode_name(part).map(Some))
}

fn decode_id(part: &[u8]) -> Option<String> {
    decode_name(part).filter(|id| !id.is_empty())
}

pub(super) fn decode_name(part: &[u8]) -> Option<String> {
    match part {
        b"%67lobal" => Some(GLOBAL_SCOPE.to_owned()),
        b"global" => None,
        other => escape::unescape(other),
    }
}

fn is_dialled(id: &str) -> bool {
    match id.strip_prefix('+') {
        Some(number) if phone::has_digits(number) => phone::is_reduced(number),
        _ => phone::is_reduced(id),
    }
}
