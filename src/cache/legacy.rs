//! Values that the JavaScript layer left in Redis: read on a miss, moved to where they belong.

use std::time::Instant;

use super::core::Core;
use super::kinds::default_ttl;
use super::scripts::MOVE_LEGACY;
use super::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use crate::config::LegacyValues;
use crate::key::{DecodedKey, Kind, LegacyLocation};
use crate::lane::{Requests, append_argument, append_command, append_header, append_integer_argument};
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
    pub fn of(core: &Core, key: &[u8]) -> Option<Box<Legacy>> {
        if !core.reads_legacy() {
            return None;
        }
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
            let mut mark = Vec::new();
            keys.cleared_mark(&mut mark, organization).ok()?;
            legacy.cleared_mark = Some(mark);
        }
        Some(Box::new(legacy))
    }

    /// Asks for the old value. Of a string the mark of a clearing makes a miss; of a hash the clearing
    /// itself takes the fields, so what is there now is newer.
    pub fn ask(self: Box<Self>, core: &Core, token: &CacheRequest, next: &mut impl Requests<CacheRequest>) {
        let from = next.buffer().len();
        let request = next.buffer();
        match (&self.place, &self.cleared_mark) {
            (LegacyLocation::HashField { key, field }, _) => {
                append_command(request, &[b"HGET", key, field]);
            }
            (LegacyLocation::Text { key }, Some(mark)) => append_command(request, &[b"MGET", key, mark]),
            (LegacyLocation::Text { key }, None) => append_command(request, &[b"GET", key]),
        }
        next.commit(from, 1, token.followed_by(Purpose::Legacy(self)), core.deadline(token.issued));
    }

    /// Takes the old value away: a newer one stands where it belongs, and must not be followed by the old one when it
    /// ends. Nobody waits for it.
    fn remove(&self, core: &Core, issued: Instant, next: &mut impl Requests<CacheRequest>) {
        next.push(unasked(Purpose::Upkeep, issued), core.deadline(issued), |out| {
            match &self.place {
                LegacyLocation::HashField { key, field } => append_command(out, &[b"HDEL", key, field]),
                LegacyLocation::Text { key } => append_command(out, &[b"UNLINK", key]),
            }
            1
        });
    }

    /// Moves the value: it is written where it belongs unless something newer is there, and the
    /// old one goes. While the organization's mark stands nothing is moved, since a value that changes
    /// its place could be missed by the clearing. Nobody waits for it.
    pub fn move_here(
        &self,
        core: &Core,
        json: &[u8],
        issued: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) {
        let ttl = default_ttl(self.kind).unwrap_or(core.config().default_ttl);
        let mut stored = Vec::new();
        if core.encode(json, &mut stored).is_err() {
            return;
        }
        let (old, field) = match &self.place {
            LegacyLocation::HashField { key, field } => (key, Some(field)),
            LegacyLocation::Text { key } => (key, None),
        };
        let keys = [Some(old), Some(&self.key), self.index.as_ref(), self.cleared_mark.as_ref()];
        let keys: Vec<&[u8]> = keys.into_iter().flatten().map(Vec::as_slice).collect();
        let stays = i64::from(core.config().legacy == LegacyValues::Copy);
        let numbers = [milliseconds(ttl), end_of_life(ttl), milliseconds(ttl + EXTRA_INDEX_LIFE), stays];
        next.push(unasked(Purpose::Upkeep, issued), core.deadline(issued), |out| {
            append_header(out, 3 + keys.len() + 1 + numbers.len() + usize::from(field.is_some()));
            append_argument(out, b"EVAL");
            append_argument(out, MOVE_LEGACY);
            append_integer_argument(out, keys.len() as i64);
            keys.iter().for_each(|key| append_argument(out, key));
            append_argument(out, &stored);
            numbers.iter().for_each(|number| append_integer_argument(out, *number));
            field.iter().for_each(|field| append_argument(out, field));
            1
        });
    }
}

impl Core {
    /// Whether values of the JavaScript layer are looked for. It knew no clusters: its hashes would hold all
    /// organizations in one slot.
    pub(super) fn reads_legacy(&self) -> bool {
        !self.node.is_in_cluster() && self.config().legacy != LegacyValues::Off
    }

    /// A value has been written: the JavaScript layer's value of it goes, looked for now and then. Where such values
    /// are only copied one is expected, and each write takes it away.
    pub(super) fn remove_legacy(&self, key: &[u8], issued: Instant, next: &mut impl Requests<CacheRequest>) {
        let is_expected = self.config().legacy == LegacyValues::Copy;
        if (is_expected || self.legacy_sampler.is_due(key, b"", issued))
            && let Some(legacy) = Legacy::of(self, key)
        {
            legacy.remove(self, issued, next);
        }
    }
}
