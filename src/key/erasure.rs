//! Which part of an organization's data a key holds, whoever wrote it.

use super::entries::{DIRECTORY_TYPE, ENTRY_TYPE, LATER_TYPE, LEASE_TYPE, TAG_TYPE};
use super::{
    ASIDE_TYPE, CLEARED_TYPE, GLOBAL_SCOPE, INDEX_TYPE, Keys, Kind, is_of_organization, push_escaped,
};

/// A part of what the cache keeps of an organization in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A value of the adapter.
    Value,
    /// An entry of a cache.
    Entry,
    Lease,
    /// The versions of a tag.
    Tag,
    /// A list of keys.
    Index,
    /// A mark that keeps what began before a clearing from being stored.
    Mark,
    /// A value where the JavaScript layer kept it.
    Legacy,
    /// A message of a topic, in the journal.
    Message,
}

impl Keys {
    /// The part of this organization's data that `key` holds; `None` if it holds none of it.
    ///
    /// Without a prefix, a key of a type that a caller named cannot be told from a key of the application: only the
    /// index knows those.
    pub fn part_of(&self, key: &[u8], organization: &str) -> Option<Part> {
        let rest = key.strip_prefix(self.prefix.as_bytes())?;
        if rest.first() == Some(&b'!') {
            let mut parts = rest.splitn(3, |byte| *byte == b':');
            let (type_name, scope) = (parts.next()?, parts.next()?);
            if type_name == LATER_TYPE.as_bytes() {
                return is_message_of(scope, parts.next()?, organization).then_some(Part::Message);
            }
            let is_its = self.decode_scope(scope)?.as_deref() == Some(organization);
            return Part::of_type(type_name).filter(|_| is_its);
        }
        if let Some(decoded) = self.decode(key) {
            let is_kind = decoded.kind.is_some_and(Kind::belongs_to_an_organization);
            let is_managed = decoded.kind.is_none() && !self.prefix.is_empty();
            let is_its = decoded.scope.as_deref() == Some(organization);
            return (is_its && (is_kind || is_managed)).then_some(Part::Value);
        }
        self.is_legacy_of(rest, organization).then_some(Part::Legacy)
    }

    /// Whether this is a string in which the JavaScript layer kept something of the organization.
    fn is_legacy_of(&self, rest: &[u8], organization: &str) -> bool {
        if self.is_tagged {
            return false;
        }
        let Ok(rest) = std::str::from_utf8(rest) else { return false };
        let Some(named) = rest.strip_suffix(GLOBAL_SCOPE).and_then(|rest| rest.strip_suffix(':')) else {
            return false;
        };
        match named.split_once(':') {
            Some((kind, id)) if kind == Kind::Organization.segment() => id == organization,
            Some((kind, id)) if kind == Kind::HistoryCache.segment() => is_of_organization(id, organization),
            _ => false,
        }
    }
}

/// Whether a request that the journal keeps is a message of a topic of this organization: `{organization}:!topic:...`.
fn is_message_of(scope: &[u8], rest: &[u8], organization: &str) -> bool {
    let mut expected = vec![b'{'];
    push_escaped(&mut expected, organization);
    expected.push(b'}');
    scope == expected && rest.starts_with(b"!topic:")
}

impl Part {
    fn of_type(type_name: &[u8]) -> Option<Part> {
        [
            (ENTRY_TYPE, Part::Entry),
            (LEASE_TYPE, Part::Lease),
            (TAG_TYPE, Part::Tag),
            (INDEX_TYPE, Part::Index),
            (ASIDE_TYPE, Part::Index),
            (DIRECTORY_TYPE, Part::Index),
            (CLEARED_TYPE, Part::Mark),
        ]
        .into_iter()
        .find_map(|(name, part)| (name.as_bytes() == type_name).then_some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_part_of_an_organization_is_found() {
        let keys = Keys::new("p:");
        let part = |key: &str| keys.part_of(key.as_bytes(), "org 1");
        for (key, expected) in [
            ("p:conversationContexts:org%201:1555", Part::Value),
            ("p:organization:org%201", Part::Value),
            ("p:settings:org%201", Part::Value),
            ("p:settings:org%201:id", Part::Value),
            ("p:!entry:org%201:users:a:b", Part::Entry),
            ("p:!lease:org%201:users:a", Part::Lease),
            ("p:!tag:org%201:t", Part::Tag),
            ("p:!index:org%201", Part::Index),
            ("p:!index:org%201:users", Part::Index),
            ("p:!aside:org%201", Part::Index),
            ("p:!indexes:org%201", Part::Index),
            ("p:!cleared:org%201", Part::Mark),
            ("p:!cleared:org%201:users", Part::Mark),
            ("p:!later:{org%201}:!topic:p:!topic:t:{org%201}:!id:x", Part::Message),
            ("p:organization:org 1:global", Part::Legacy),
            ("p:historyCache:org 1:1555:global", Part::Legacy),
        ] {
            assert_eq!(part(key), Some(expected), "{key}");
        }
        for key in [
            "p:conversationContexts:org%2012:1555",
            "p:conversationContexts:global",
            "p:kv:org%201",
            "p:agentConfig:org%201:1555",
            "p:!other:org%201:users",
            "p:!entry:org%2012:users:org%201",
            "q:!entry:org%201:users:a",
            "p:historyCache:org 12:1555:global",
            "p:historyCache:x:org 1:1555:global",
            "p:!limit:default:api:{org%201}:x",
            "p:!later:{org%2012}:!topic:p:!topic:t:{org%2012}:!id:x",
            "p:!later:{org%201}:!global:p:!topic:t:global:{org%201}:!id:x",
            "p:!later:{org%201}:default:x",
            "",
        ] {
            assert_eq!(part(key), None, "{key}");
        }
    }

    #[test]
    fn without_a_prefix_only_kinds_of_the_adapter_are_known_by_their_names() {
        let keys = Keys::new("");
        assert_eq!(keys.part_of(b"bull:acme:7", "acme"), None);
        assert_eq!(keys.part_of(b"historyCache:acme:7", "acme"), Some(Part::Value));
        assert_eq!(keys.part_of(b"!entry:acme:users:7", "acme"), Some(Part::Entry));
    }

    #[test]
    fn in_a_cluster_the_scope_stands_in_braces() {
        let keys = Keys::new("p:").tagged();
        assert_eq!(keys.part_of(b"p:!entry:{acme}:users:7", "acme"), Some(Part::Entry));
        assert_eq!(keys.part_of(b"p:settings:{%67lobal}", "global"), Some(Part::Value));
        assert_eq!(keys.part_of(b"p:!entry:acme:users:7", "acme"), None);
        assert_eq!(keys.part_of(b"p:organization:acme:global", "acme"), None);
    }

    proptest! {
        #[test]
        fn no_key_belongs_to_two_organizations(
            first in ".{1,12}", second in ".{1,12}", name in ".{1,8}", id in ".{1,8}", is_tagged: bool
        ) {
            prop_assume!(first != second);
            let keys = if is_tagged { Keys::new("p:").tagged() } else { Keys::new("p:") };
            let mut made = vec![Vec::new(); 6];
            let of = keys.of_cache(Some(&first), &name);
            keys.managed(&mut made[0], &name, Some(&first), Some(&id)).unwrap();
            keys.conversation(&mut made[1], Kind::HistoryCache, Some(&first), &id).unwrap();
            of.entry(&mut made[2], &[], &id).unwrap();
            of.index(&mut made[3]).unwrap();
            of.tags_begin(&mut made[4]).unwrap();
            keys.organization_index(&mut made[5], Some(&first)).unwrap();
            made.push(keys.lease_of(&made[2]));
            for key in &made {
                prop_assert!(keys.part_of(key, &first).is_some());
                prop_assert_eq!(keys.part_of(key, &second), None);
            }
        }
    }
}
