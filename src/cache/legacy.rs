//! Values that the JavaScript layer left in Redis: read on a miss, moved to where they belong.

use std::time::Instant;

use super::core::Core;
use super::kinds::default_ttl;
use super::request::milliseconds;
use super::token::{Token, push};
use crate::key::{DecodedKey, Kind, LegacyLocation};
use crate::lane::{Batch, append_argument, append_command, append_header, append_integer_argument};

/// A value's old place and its new one.
#[derive(Debug)]
pub struct Legacy {
    place: LegacyLocation,
    kind: Kind,
    key: Vec<u8>,
    /// Of kinds that belong to an organization.
    index: Option<Vec<u8>>,
    /// Says that the organization was cleared after the old value was written.
    cleared_mark: Option<Vec<u8>>,
}

impl Legacy {
    /// The old place of what `key` names, where there was one.
    pub fn of(core: &Core, key: &[u8]) -> Option<Box<Legacy>> {
        let keys = core.keys();
        let DecodedKey { kind: Some(kind), scope, id, phone, .. } = keys.decode(key)? else { return None };
        let (organization, id) = (scope.as_deref(), id.as_deref());
        let place = match kind {
            Kind::ConversationContext | Kind::ConversationSummary | Kind::HistoryCache => {
                keys.legacy_conversation(kind, organization, id?)?
            }
            Kind::Organization => keys.legacy_organization(organization?)?,
            Kind::PhoneToLead => keys.legacy_phone_to_lead(id?)?,
            Kind::LeadToPhone | Kind::DynamicLead => keys.legacy_single(kind, id?)?,
            Kind::AgentConfig | Kind::SseCache => keys.legacy_pair(kind, id?, phone.as_deref()?)?,
            _ => return None,
        };
        let mut legacy = Legacy { place, kind, key: key.to_vec(), index: None, cleared_mark: None };
        if kind.belongs_to_an_organization() {
            let mut index = Vec::new();
            keys.organization_index(&mut index, organization).ok()?;
            legacy.index = Some(index);
            if matches!(legacy.place, LegacyLocation::Text { .. }) {
                let mut mark = Vec::new();
                keys.cleared_mark(&mut mark, organization).ok()?;
                legacy.cleared_mark = Some(mark);
            }
        }
        Some(Box::new(legacy))
    }

    /// Asks for the old value.
    pub fn ask(self: Box<Self>, core: &Core, slot: u32, issued: Instant, next: &mut Batch<Token>) {
        let mut request = Vec::new();
        match (&self.place, &self.cleared_mark) {
            (LegacyLocation::HashField { key, field }, _) => {
                append_command(&mut request, &[b"HGET", key, field]);
            }
            (LegacyLocation::Text { key }, Some(mark)) => append_command(&mut request, &[b"MGET", key, mark]),
            (LegacyLocation::Text { key }, None) => append_command(&mut request, &[b"GET", key]),
        }
        push(next, Token::legacy(slot, self, issued), core.deadline(issued), |out| {
            out.extend_from_slice(&request);
            1
        });
    }

    /// Moves the value: it is written where it belongs unless something newer is there, and the
    /// old one goes. Nobody waits for it.
    pub fn move_here(&self, core: &Core, json: &[u8], issued: Instant, next: &mut Batch<Token>) {
        let ttl = default_ttl(self.kind).unwrap_or(core.config().default_ttl);
        let mut stored = Vec::new();
        if core.encode(json, &mut stored).is_err() {
            return;
        }
        push(next, Token::upkeep(issued), core.deadline(issued), |out| {
            append_command(out, &[b"MULTI"]);
            append_header(out, 6);
            for argument in [&b"SET"[..], &self.key, &stored, b"NX", b"PX"] {
                append_argument(out, argument);
            }
            append_integer_argument(out, milliseconds(ttl));
            match &self.place {
                LegacyLocation::HashField { key, field } => append_command(out, &[b"HDEL", key, field]),
                LegacyLocation::Text { key } => append_command(out, &[b"UNLINK", key]),
            }
            let mut replies = 4;
            if let Some(index) = &self.index {
                super::upkeep::append_index_entry(out, index, &self.key, ttl);
                replies += 1;
            }
            append_command(out, &[b"EXEC"]);
            replies
        });
    }
}
