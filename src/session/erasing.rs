//! What sessions keep of an organization, and how it is erased.
//!
//! The key of a user's sessions does not show the organization, and namespaces are known to whoever has opened them alone. So
//! an erasure looks inside all keys of sessions, at one record of each user.

use std::time::Instant;

use super::base64url;
use super::id::{Tag, organization_tag};
use super::keys::{Directory, all_keys, directory_end};
use super::record::Stored;
use super::room::Sessions;
use super::scripts::ERASE;
use crate::erasure::{Commands, Erased, Inside, Keeper, Mode, Place, keys_command};
use crate::error::Result;

const NAME: &str = "sessions";

impl Keeper for Sessions {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        vec![Box::new(OfUsers(self))]
    }

    fn commands(&self, organization: &str, mode: Mode) -> Result<Commands> {
        // The scan erases them.
        if self.is_embedded() || mode == Mode::Erase {
            return Ok(Commands::new());
        }
        let directory = Directory::Organization(organization_tag(organization));
        let mut keys: Vec<_> = self.rooms().iter().map(|open| open.directory_key(directory)).collect();
        keys.sort_unstable();
        keys.dedup();
        // They are in different slots of a cluster.
        Ok(keys.into_iter().map(|key| keys_command(&[key], mode, NAME)).collect())
    }
}

/// Sessions of the organization's users.
struct OfUsers<'s>(&'s Sessions);

impl Place for OfUsers<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn inside(&self, organization: &str) -> Option<Inside> {
        Some(Inside {
            pattern: all_keys(&self.0.node.config().room_prefix),
            script: ERASE,
            words: vec![organization.to_owned(), directory_end(&organization_tag(organization))],
        })
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        let is_meant = |record: &[u8]| is_of(record, organization);
        for open in self.0.rooms() {
            open.recent().forget_where(is_meant);
        }
        self.0.here().erase(is_meant, &organization_tag(organization))
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        let is_meant = |record: &[u8]| is_of(record, organization);
        let recent: usize = self.0.rooms().iter().map(|open| open.recent().count_where(is_meant)).sum();
        (recent + self.0.here().count_where(is_meant)) as u64
    }
}

/// Whether a record is of a user of the organization.
fn is_of(record: &[u8], organization: &str) -> bool {
    let Some(Stored::Record(record)) = Stored::parse(record) else { return false };
    let about: serde_json::Value = serde_json::from_slice(record.about).unwrap_or_default();
    about["organizationId"].as_str() == Some(organization)
}

/// The tag in the key of a user's sessions.
pub(super) fn tag_in(key: &[u8]) -> Option<Tag> {
    let (_, braced) = key.split_at(key.iter().rposition(|byte| *byte == b'{')?);
    base64url::bytes(braced.strip_prefix(b"{")?.strip_suffix(b"}")?)
}

#[cfg(test)]
mod tests {
    use super::super::keys::SessionKeys;
    use super::*;

    #[test]
    fn a_record_says_whose_it_is() {
        let record = |about: &str| format!("s1 2 3 4 5 6\n{about}\n{{}}").into_bytes();
        assert!(is_of(&record(r#"{"organizationId":"a\"b","userId":"u"}"#), "a\"b"));
        for about in
            [r#"{"organizationId":"acme2"}"#, r#"{"organizationId":null,"userId":"acme"}"#, "{}", "{broken}"]
        {
            assert!(!is_of(&record(about), "acme"), "{about}");
        }
        assert!(!is_of(b"a9\n00000000000000000000000000000000", "acme"));
    }

    #[test]
    fn a_key_shows_its_tag() {
        let mut key = Vec::new();
        SessionKeys::new("{p}:", "n").user(&mut key, &[0xa5; 9]);
        assert_eq!(tag_in(&key), Some([0xa5; 9]));
        assert_eq!(tag_in(b"p:!session:n:i3"), None);
    }
}
