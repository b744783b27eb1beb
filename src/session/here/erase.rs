//! Erasing the sessions of an organization from this process's memory.

use super::{Here, Name, User};
use crate::erasure::Erased;
use crate::session::base64url;
use crate::session::erasing::tag_in;
use crate::session::id::Tag;
use crate::session::keys::directory_end;

impl Here {
    /// Erases users with a record that is meant, and the directories of their organization.
    pub fn erase(&mut self, is_meant: impl Fn(&[u8]) -> bool, organization: &Tag) -> Erased {
        let (before, mut entries) = (self.bytes, 0);
        let users: Vec<_> =
            self.meant(&is_meant).map(|(key, user)| (key.clone(), user.sessions.len())).collect();
        for (key, count) in users {
            entries += count as u64;
            self.remove_user(&key);
            let tag = tag_in(&key).map(|tag| base64url::text(&tag)).unwrap_or_default();
            self.drop_entries(|_, user| user == tag.as_bytes());
        }
        let end = directory_end(organization);
        self.drop_entries(|directory, _| directory.ends_with(end.as_bytes()));
        Erased { entries, bytes: (before - self.bytes) as u64 }
    }

    /// How many sessions users have of whom a record is meant.
    pub fn count_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> usize {
        self.meant(&is_meant).map(|(_, user)| user.sessions.len()).sum()
    }

    fn meant(&self, is_meant: &impl Fn(&[u8]) -> bool) -> impl Iterator<Item = (&Name, &User)> {
        self.users.iter().filter(|(_, user)| user.sessions.values().any(|value| is_meant(value)))
    }

    fn drop_entries(&mut self, is_meant: impl Fn(&[u8], &[u8]) -> bool) {
        let entries = std::mem::take(&mut self.entry_ends);
        let (gone, kept) = entries.into_iter().partition(|(_, directory, user)| is_meant(directory, user));
        self.entry_ends = gone;
        self.drop_ended_entries(i64::MAX);
        self.entry_ends = kept;
    }
}
