//! The keys of caches: entries, their leases, tags, indexes and marks of clearings.
//!
//! Each is `{prefix}{type}:{scope}` with further parts behind. The types begin with `!`, so no caller names one, and the keys of
//! one scope share a hash slot of a cluster.

use super::{INDEX_TYPE, Keys, missing, push_name};
use crate::error::Result;

pub(super) const ENTRY_TYPE: &str = "!entry";
pub(super) const LEASE_TYPE: &str = "!lease";
pub(super) const TAG_TYPE: &str = "!tag";
pub(super) const LATER_TYPE: &str = "!later";
pub(super) const DIRECTORY_TYPE: &str = "!indexes";
const ASIDE_TYPE: &str = super::ASIDE_TYPE;
const MARK_TYPE: &str = super::CLEARED_TYPE;

/// The keys of one scope and cache.
#[derive(Debug, Clone, Copy)]
pub struct EntryKeys<'a> {
    keys: &'a Keys,
    organization: Option<&'a str>,
    name: &'a str,
}

/// How a write that an outage delayed is merged with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRule {
    /// It loses against every value that this process did not know.
    Entry,
    /// The tag gets a new version.
    Tag,
    /// The value is a request of a room, which says itself what it does late.
    Request,
}

impl Keys {
    /// The keys of a cache in an organization; without one, in the global scope.
    pub fn of_cache<'a>(&'a self, organization: Option<&'a str>, name: &'a str) -> EntryKeys<'a> {
        EntryKeys { keys: self, organization, name }
    }

    /// The index that lists an entry; `None` if `key` is no entry's.
    pub fn index_of_entry(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut parts = self.behind(ENTRY_TYPE, key)?.split(|byte| *byte == b':');
        let (scope, name) = (parts.next()?, parts.next()?);
        parts.next()?;
        let prefix = [self.prefix.as_bytes(), INDEX_TYPE.as_bytes()].concat();
        Some([&prefix[..], scope, name].join(&b':'))
    }

    /// How a delayed write of `key` is merged; `None` where its lifetime says that.
    pub fn entry_rule(&self, key: &[u8]) -> Option<EntryRule> {
        if self.behind(ENTRY_TYPE, key).is_some() {
            return Some(EntryRule::Entry);
        }
        if self.behind(LATER_TYPE, key).is_some() {
            return Some(EntryRule::Request);
        }
        self.behind(TAG_TYPE, key).map(|_| EntryRule::Tag)
    }

    /// The name under which the journal keeps a request of a room. No key in Redis has it.
    pub fn later(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), LATER_TYPE.as_bytes(), b":", name].concat()
    }

    /// Whether `index` lists entries of a cache, and not an organization's values.
    pub fn is_entry_index(&self, index: &[u8]) -> bool {
        self.behind(INDEX_TYPE, index).is_some_and(|rest| rest.contains(&b':'))
    }

    /// The lease of an entry.
    pub fn lease_of(&self, entry: &[u8]) -> Vec<u8> {
        self.of_other_type(entry, ENTRY_TYPE, LEASE_TYPE)
    }

    /// The index while its entries are cleared.
    pub fn aside_of(&self, index: &[u8]) -> Vec<u8> {
        self.of_other_type(index, INDEX_TYPE, ASIDE_TYPE)
    }

    /// The mark of a clearing.
    pub fn mark_of(&self, index: &[u8]) -> Vec<u8> {
        self.of_other_type(index, INDEX_TYPE, MARK_TYPE)
    }

    /// The set that lists the indexes of an organization's caches. `index` is that of its values.
    pub fn directory(&self, index: &[u8]) -> Vec<u8> {
        self.of_other_type(index, INDEX_TYPE, DIRECTORY_TYPE)
    }

    /// The set that lists the indexes of the scope of `index`, which is a cache's.
    pub fn directory_of(&self, index: &[u8]) -> Vec<u8> {
        let mut directory = self.directory(index);
        if let Some(end) = directory.iter().rposition(|byte| *byte == b':') {
            directory.truncate(end);
        }
        directory
    }

    /// What the keys of tags begin with that an entry names.
    pub fn tags_of(&self, entry: &[u8]) -> Vec<u8> {
        let scope = self.behind(ENTRY_TYPE, entry).and_then(|rest| rest.split(|byte| *byte == b':').next());
        [self.prefix.as_bytes(), TAG_TYPE.as_bytes(), b":", scope.unwrap_or_default(), b":"].concat()
    }

    fn behind<'k>(&self, type_name: &str, key: &'k [u8]) -> Option<&'k [u8]> {
        key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(type_name.as_bytes())?.strip_prefix(b":")
    }

    fn of_other_type(&self, key: &[u8], from: &str, to: &str) -> Vec<u8> {
        let rest = self.behind(from, key).unwrap_or_default();
        [self.prefix.as_bytes(), to.as_bytes(), b":", rest].concat()
    }
}

impl EntryKeys<'_> {
    /// `!entry:{scope}:{cache}[:{namespace}...]:{key}`
    ///
    /// # Errors
    /// `E_KEY` where the key is empty or too long; nothing is appended then.
    pub fn entry(&self, out: &mut Vec<u8>, namespaces: &[Box<str>], key: &str) -> Result<()> {
        if key.is_empty() {
            return Err(missing("the key"));
        }
        let names = [self.name].into_iter().chain(namespaces.iter().map(AsRef::as_ref)).chain([key]);
        self.append(out, ENTRY_TYPE, names)
    }

    /// What the keys of a namespace's entries begin with; without namespaces, those of all entries.
    ///
    /// # Errors
    /// `E_KEY` where it would be too long.
    pub fn entries_begin(&self, out: &mut Vec<u8>, namespaces: &[Box<str>]) -> Result<()> {
        let names = [self.name].into_iter().chain(namespaces.iter().map(AsRef::as_ref));
        self.append(out, ENTRY_TYPE, names)?;
        out.push(b':');
        Ok(())
    }

    /// `!index:{scope}:{cache}`
    ///
    /// # Errors
    /// `E_KEY` where it would be too long.
    pub fn index(&self, out: &mut Vec<u8>) -> Result<()> {
        self.append(out, INDEX_TYPE, [self.name])
    }

    /// `!tag:{scope}:`, with which the key of each tag of the scope begins.
    ///
    /// # Errors
    /// `E_KEY` where it would be too long.
    pub fn tags_begin(&self, out: &mut Vec<u8>) -> Result<()> {
        self.append(out, TAG_TYPE, [])?;
        out.push(b':');
        Ok(())
    }

    fn append<'n>(
        &self,
        out: &mut Vec<u8>,
        type_name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<()> {
        self.keys.append(out, |out| {
            out.extend_from_slice(type_name.as_bytes());
            out.push(b':');
            self.keys.push_scope(out, self.organization)?;
            for name in names {
                out.push(b':');
                push_name(out, name)?;
            }
            Ok(())
        })
    }
}

/// Appends a name as it stands in keys.
///
/// # Errors
/// `E_KEY` where it is too long.
pub fn push_part(out: &mut Vec<u8>, name: &str) -> Result<()> {
    push_name(out, name)
}

/// The name that a part of a key stands for.
pub fn part_name(part: &[u8]) -> Option<String> {
    super::decode::decode_name(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(make: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> String {
        let mut out = Vec::new();
        make(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_of_a_cache_are_below_its_scope() {
        let keys = Keys::new("p:");
        let users = keys.of_cache(Some("org 1"), "users");
        assert_eq!(made(|out| users.entry(out, &[], "a:b")), "p:!entry:org%201:users:a%3Ab");
        assert_eq!(made(|out| users.entry(out, &["n".into()], "k")), "p:!entry:org%201:users:n:k");
        assert_eq!(made(|out| users.entries_begin(out, &["n".into()])), "p:!entry:org%201:users:n:");
        assert_eq!(made(|out| users.tags_begin(out)), "p:!tag:org%201:");
        assert_eq!(keys.tags_of(b"p:!entry:org%201:users:n:k"), b"p:!tag:org%201:");
        let index = made(|out| users.index(out));
        assert_eq!(index, "p:!index:org%201:users");
        let of = |key: Vec<u8>| String::from_utf8(key).unwrap();
        assert_eq!(of(keys.aside_of(index.as_bytes())), "p:!aside:org%201:users");
        assert_eq!(of(keys.mark_of(index.as_bytes())), "p:!cleared:org%201:users");
        assert_eq!(of(keys.directory_of(index.as_bytes())), "p:!indexes:org%201");
        assert!(users.entry(&mut Vec::new(), &[], "").is_err());
    }

    #[test]
    fn in_a_cluster_the_scope_is_the_hash_tag_of_all_keys() {
        let keys = Keys::new("p:").tagged();
        let global = keys.of_cache(None, "users");
        let entry = made(|out| global.entry(out, &[], "k"));
        assert_eq!(entry, "p:!entry:{global}:users:k");
        assert_eq!(keys.lease_of(entry.as_bytes()), b"p:!lease:{global}:users:k");
        assert_eq!(keys.index_of(entry.as_bytes()).unwrap(), b"p:!index:{global}:users");
        let empty = keys.of_cache(Some(""), "users");
        assert_eq!(made(|out| empty.index(out)), "p:!index:{!}:users");
    }

    #[test]
    fn keys_of_caches_are_told_from_all_others() {
        let keys = Keys::new("p:");
        let mut organization = Vec::new();
        keys.organization_index(&mut organization, Some("a")).unwrap();
        assert!(!keys.is_entry_index(&organization));
        assert!(keys.is_entry_index(b"p:!index:a:users"));
        assert_eq!(keys.decode_index(b"p:!index:a:users"), None);
        assert_eq!(keys.decode(b"p:!entry:a:users:k"), None);
        assert_eq!(keys.entry_rule(b"p:!entry:a:users:k"), Some(EntryRule::Entry));
        assert_eq!(keys.entry_rule(b"p:!tag:a:t"), Some(EntryRule::Tag));
        assert_eq!(keys.later(b"{t}:n"), b"p:!later:{t}:n");
        assert_eq!(keys.entry_rule(&keys.later(b"{t}:n")), Some(EntryRule::Request));
        for other in [&b"p:!lease:a:users:k"[..], b"p:users:a", b"q:!entry:a:users:k", b""] {
            assert_eq!((keys.entry_rule(other), keys.index_of_entry(other)), (None, None));
        }
        assert_eq!(part_name(b"%67lobal").as_deref(), Some("global"));
    }
}
