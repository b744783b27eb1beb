//! The keys and channels of topics, below `{prefix}!topic:`.
//!
//! Literal braces make the hash tag of a cluster. They stand around the organization where there is one, else around the user,
//! else around the topic: all of an organization shares a slot. Escaping never produces `!`, `:` or braces, so no name leaves
//! its part of a key.

use crate::error::{Error, ErrorCode, Result};
use crate::key::{MAX_KEY_BYTES, push_escaped};
use crate::redis::sha_of;

const ROOM: &str = "!topic:";
/// The scope of what belongs to no organization.
const GLOBAL: &str = "global";
/// In front of the hash of an id that a publisher gave.
const ID: &[u8] = b":!id:";
/// In front of the database's number, in the names of channels: all databases of a server share its channels.
const DATABASE: &str = ":!db:";
const MAX_NAME_BYTES: usize = 1024;

/// Whose messages they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose<'a> {
    pub organization: Option<&'a str>,
    pub user: Option<&'a str>,
}

/// The names of the keys of one client.
pub struct TopicKeys {
    start: Box<[u8]>,
    database: u32,
}

impl TopicKeys {
    pub fn new(prefix: &str, database: u32) -> TopicKeys {
        TopicKeys { start: [prefix, ROOM].concat().into_bytes().into(), database }
    }

    /// Appends the key of the stream.
    ///
    /// # Errors
    /// `E_KEY`: a name is empty or too long. `out` is unchanged then.
    pub fn stream(&self, out: &mut Vec<u8>, topic: &str, whose: Whose<'_>) -> Result<()> {
        check(whose.organization, "the organization")?;
        check(whose.user, "the user")?;
        let from = out.len();
        out.extend_from_slice(&self.start);
        match (whose.organization, whose.user) {
            (Some(organization), user) => {
                push_escaped(out, topic);
                out.push(b':');
                push_braced(out, organization);
                if let Some(user) = user {
                    out.push(b':');
                    push_escaped(out, user);
                }
            }
            (None, Some(user)) => {
                push_escaped(out, topic);
                out.extend_from_slice(format!(":{GLOBAL}:").as_bytes());
                push_braced(out, user);
            }
            (None, None) => {
                push_braced(out, topic);
                out.extend_from_slice(format!(":{GLOBAL}").as_bytes());
            }
        }
        if out.len() - from > MAX_KEY_BYTES {
            out.truncate(from);
            return Err(Error::new(ErrorCode::Key, "the organization and the user are too long together"));
        }
        Ok(())
    }

    /// Appends the name of the channel that goes with a stream.
    pub fn channel(&self, out: &mut Vec<u8>, stream: &[u8]) {
        out.extend_from_slice(stream);
        if self.database > 0 {
            out.extend_from_slice(format!("{DATABASE}{}", self.database).as_bytes());
        }
    }
}

/// Appends the key that remembers an id of a publisher, beside its stream.
pub fn push_id_key(out: &mut Vec<u8>, stream: &[u8], id: &[u8]) {
    out.extend_from_slice(stream);
    out.extend_from_slice(ID);
    out.extend_from_slice(&sha_of(id));
}

/// Whether a key holds messages of an organization, or ids of them.
pub fn is_of_organization(prefix: &str, key: &[u8], organization: &str) -> bool {
    let rest = key.strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_prefix(ROOM.as_bytes()));
    let Some(scope) = rest.and_then(|rest| rest.split(|byte| *byte == b':').nth(1)) else { return false };
    let mut expected = Vec::new();
    push_braced(&mut expected, organization);
    scope == expected
}

fn push_braced(out: &mut Vec<u8>, name: &str) {
    out.push(b'{');
    push_escaped(out, name);
    out.push(b'}');
}

fn check(name: Option<&str>, what: &str) -> Result<()> {
    if name.is_none_or(|name| (1..=MAX_NAME_BYTES).contains(&name.len())) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Key,
        format!("{what} is empty or too long; give a string of 1 to {MAX_NAME_BYTES} bytes"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::slot_of;
    use proptest::prelude::*;

    fn keys() -> TopicKeys {
        TopicKeys::new("app:", 0)
    }

    fn stream(topic: &str, organization: Option<&str>, user: Option<&str>) -> String {
        let mut out = Vec::new();
        keys().stream(&mut out, topic, Whose { organization, user }).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_documented_keys_come_out() {
        assert_eq!(stream("t", None, None), "app:!topic:{t}:global");
        assert_eq!(stream("t", None, Some("u 1")), "app:!topic:t:global:{u%201}");
        assert_eq!(stream("t", Some("org 1"), None), "app:!topic:t:{org%201}");
        assert_eq!(stream("t", Some("org 1"), Some("u")), "app:!topic:t:{org%201}:u");
        let mut id = Vec::new();
        push_id_key(&mut id, b"k", b"return 1");
        assert_eq!(id, b"k:!id:e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        let mut channel = Vec::new();
        keys().channel(&mut channel, b"k");
        assert_eq!(channel, b"k");
        TopicKeys::new("app:", 3).channel(&mut channel, b"l");
        assert_eq!(channel, b"kl:!db:3");
    }

    #[test]
    fn all_of_an_organization_shares_a_slot() {
        let slots = [
            stream("a", Some("o}1"), None),
            stream("b", Some("o}1"), Some("u")),
            stream("c", Some("o}1"), Some("{v}")),
        ]
        .map(|key| slot_of(key.as_bytes()));
        assert!(slots.iter().all(|slot| *slot == slots[0]));
        let mut id = Vec::new();
        let key = stream("a", None, None);
        push_id_key(&mut id, key.as_bytes(), b"x");
        assert_eq!(slot_of(&id), slot_of(key.as_bytes()));
    }

    #[test]
    fn a_name_that_is_empty_or_too_long_is_refused_and_leaves_nothing() {
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        let mut out = b"before".to_vec();
        for (organization, user) in
            [(Some(""), None), (None, Some("")), (Some(&*long), None), (None, Some(&*long))]
        {
            let error = keys().stream(&mut out, "t", Whose { organization, user }).unwrap_err();
            assert_eq!((error.code(), &out[..]), (ErrorCode::Key, &b"before"[..]));
        }
    }

    proptest! {
        #[test]
        fn no_two_organizations_or_users_share_a_key(
            a in (".{1,8}", proptest::option::of(".{1,8}"), proptest::option::of(".{1,8}")),
            b in (".{1,8}", proptest::option::of(".{1,8}"), proptest::option::of(".{1,8}")),
        ) {
            let of = |(topic, organization, user): &(String, Option<String>, Option<String>)| {
                stream(topic, organization.as_deref(), user.as_deref())
            };
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }

        #[test]
        fn a_key_is_known_as_its_organizations_and_no_others(
            topic in "[a-z.]{1,8}", organization in ".{1,8}", user in proptest::option::of(".{1,8}"), other in ".{1,8}",
        ) {
            let key = stream(&topic, Some(&organization), user.as_deref());
            let mut id = Vec::new();
            push_id_key(&mut id, key.as_bytes(), b"x");
            for key in [key.as_bytes(), &id] {
                prop_assert!(is_of_organization("app:", key, &organization));
                prop_assert_eq!(is_of_organization("app:", key, &other), organization == other);
                prop_assert!(!is_of_organization("b:", key, &organization));
            }
            let global = stream(&topic, None, Some(&organization));
            prop_assert!(!is_of_organization("app:", global.as_bytes(), &organization));
            let global = stream(&topic, None, None);
            prop_assert!(!is_of_organization("app:", global.as_bytes(), "global"));
        }
    }
}
