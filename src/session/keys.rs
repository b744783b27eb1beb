//! The keys of sessions, below `{prefix}!session:{namespace}:`.
//!
//! Literal braces around a user's tag make the hash tag of a cluster. Tags are letters of base64url, so none leaves its part of
//! a key.

use super::base64url;
use super::id::Tag;
use crate::key::push_escaped;

const ROOM: &str = "!session:";
const OF_ORGANIZATION: &str = "o:";
const ENDINGS: &str = "ended";
const GONE: &[u8] = b"gone:";
/// Those of a tag and its braces.
const BRACED_LETTERS: usize = 14;
/// So many directories of all users, because one would be in one slot.
pub const DIRECTORIES: u8 = 16;

/// The names of the keys of one namespace.
pub struct SessionKeys {
    start: Box<[u8]>,
}

/// A list of users that have sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directory {
    /// One of all users.
    All(u8),
    Organization(Tag),
}

impl Directory {
    pub fn of_user(tag: &Tag) -> Directory {
        Directory::All(tag.first().copied().unwrap_or_default() % DIRECTORIES)
    }
}

impl SessionKeys {
    pub fn new(prefix: &str, namespace: &str) -> SessionKeys {
        let mut start = [prefix, ROOM].concat().into_bytes();
        push_escaped(&mut start, namespace);
        start.push(b':');
        SessionKeys { start: start.into() }
    }

    /// Appends the key of a user's sessions.
    pub fn user(&self, out: &mut Vec<u8>, tag: &Tag) {
        out.reserve(self.start.len() + BRACED_LETTERS);
        out.extend_from_slice(&self.start);
        out.push(b'{');
        base64url::push_to(out, tag);
        out.push(b'}');
    }

    /// Appends the key under which ended sessions of a user wait to be deleted.
    pub fn gone(&self, out: &mut Vec<u8>, tag: &Tag) {
        self.user(out, tag);
        let braced = out.len() - BRACED_LETTERS;
        out.splice(braced..braced, GONE.iter().copied());
    }

    /// The channel on which scripts tell whose sessions have ended. They make its name of a user's key.
    pub fn endings(&self) -> String {
        format!("{}{ENDINGS}", String::from_utf8_lossy(&self.start))
    }

    /// Appends the key of a directory.
    pub fn directory(&self, out: &mut Vec<u8>, directory: Directory) {
        out.extend_from_slice(&self.start);
        let name = match directory {
            Directory::All(number) => format!("i{number}"),
            Directory::Organization(tag) => format!("{OF_ORGANIZATION}{}", base64url::text(&tag)),
        };
        out.extend_from_slice(name.as_bytes());
    }
}

/// A pattern of all keys of sessions, in all namespaces. A prefix has no letter that stands for others.
pub fn all_keys(prefix: &str) -> String {
    format!("{prefix}{ROOM}*")
}

/// How the keys of an organization's directories end.
pub fn directory_end(tag: &Tag) -> String {
    format!(":{OF_ORGANIZATION}{}", base64url::text(tag))
}

/// A tag with the braces that choose a slot.
pub fn braced(tag: &Tag) -> String {
    let mut text = String::from("{");
    base64url::push(&mut text, tag);
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::slot_of;

    #[test]
    fn the_documented_keys_come_out() {
        let keys = SessionKeys::new("app:", "a b");
        let made = |make: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            make(&mut out);
            String::from_utf8(out).unwrap()
        };
        let user = made(&|out| keys.user(out, &[0xa5; 9]));
        assert_eq!(user, "app:!session:a%20b:{paWlpaWlpaWl}");
        assert_eq!(slot_of(user.as_bytes()), slot_of(b"paWlpaWlpaWl"));
        let gone = made(&|out| keys.gone(out, &[0xa5; 9]));
        assert_eq!(gone, "app:!session:a%20b:gone:{paWlpaWlpaWl}");
        assert_eq!(slot_of(gone.as_bytes()), slot_of(user.as_bytes()));
        assert_eq!(keys.endings(), "app:!session:a%20b:ended");
        assert_eq!(made(&|out| keys.directory(out, Directory::All(15))), "app:!session:a%20b:i15");
        let organization = made(&|out| keys.directory(out, Directory::Organization([0xa5; 9])));
        assert_eq!(organization, "app:!session:a%20b:o:paWlpaWlpaWl");
        assert!(organization.ends_with(&directory_end(&[0xa5; 9])));
        assert_eq!(all_keys("app:"), "app:!session:*");
        assert_eq!(Directory::of_user(&[0x1f; 9]), Directory::All(15));
    }
}
