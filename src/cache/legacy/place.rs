//! Where the JavaScript layer kept a value, and requests for it.

use std::time::Duration;

use crate::cache::context::Context;
use crate::cache::kinds::default_ttl;
use crate::cache::scripts::MOVE_LEGACY;
use crate::key::{DecodedKey, Kind, LegacyLocation};
use crate::lane::{append_argument, append_command, append_header, append_integer_argument};
use crate::outage::lifetime::{EXTRA_INDEX_LIFE, end_of_life, milliseconds};

/// A value's old place and its new one.
#[derive(Debug)]
pub struct Legacy {
    place: LegacyLocation,
    kind: Kind,
    key: Vec<u8>,
    /// Of kinds that belong to an organization.
    index: Option<Vec<u8>>,
    /// Says that the organization was cleared a short while ago, or is being cleared now.
    cleared_mark: Option<Vec<u8>>,
}

impl Legacy {
    /// The old place of what `key` names, where there was one.
    pub fn of(context: &Context, key: &[u8]) -> Option<Box<Legacy>> {
        if !context.reads_legacy() {
            return None;
        }
        let keys = &context.keys;
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
            let mut mark = Vec::new();
            keys.cleared_mark(&mut mark, organization).ok()?;
            legacy.cleared_mark = Some(mark);
        }
        Some(Box::new(legacy))
    }

    /// How long the value lives in its new place; `None` for the configured default.
    pub fn ttl(&self) -> Option<Duration> {
        default_ttl(self.kind)
    }

    /// Appends a read of the old value. Of a string the mark of a clearing makes a miss; of a hash the clearing
    /// itself takes the fields, so what is there now is newer.
    pub fn append_read(&self, out: &mut Vec<u8>) {
        match (&self.place, &self.cleared_mark) {
            (LegacyLocation::HashField { key, field }, _) => append_command(out, &[b"HGET", key, field]),
            (LegacyLocation::Text { key }, Some(mark)) => append_command(out, &[b"MGET", key, mark]),
            (LegacyLocation::Text { key }, None) => append_command(out, &[b"GET", key]),
        }
    }

    /// Appends what takes the old value away.
    pub fn append_removal(&self, out: &mut Vec<u8>) {
        match &self.place {
            LegacyLocation::HashField { key, field } => append_command(out, &[b"HDEL", key, field]),
            LegacyLocation::Text { key } => append_command(out, &[b"UNLINK", key]),
        }
    }

    /// Appends what moves the value: it is written where it belongs unless something newer is there, and the
    /// old one goes, unless `stays`. While the organization's mark stands nothing is moved, since a value that changes
    /// its place could be missed by the clearing.
    pub fn append_move(&self, stored: &[u8], ttl: Duration, stays: bool, out: &mut Vec<u8>) {
        let (old, field) = match &self.place {
            LegacyLocation::HashField { key, field } => (key, Some(field)),
            LegacyLocation::Text { key } => (key, None),
        };
        let keys = [Some(old), Some(&self.key), self.index.as_ref(), self.cleared_mark.as_ref()];
        let keys: Vec<&[u8]> = keys.into_iter().flatten().map(Vec::as_slice).collect();
        let numbers =
            [milliseconds(ttl), end_of_life(ttl), milliseconds(ttl + EXTRA_INDEX_LIFE), i64::from(stays)];
        append_header(out, 3 + keys.len() + 1 + numbers.len() + usize::from(field.is_some()));
        append_argument(out, b"EVAL");
        append_argument(out, MOVE_LEGACY);
        append_integer_argument(out, keys.len() as i64);
        keys.iter().for_each(|key| append_argument(out, key));
        append_argument(out, stored);
        numbers.iter().for_each(|number| append_integer_argument(out, *number));
        field.iter().for_each(|field| append_argument(out, field));
    }
}
