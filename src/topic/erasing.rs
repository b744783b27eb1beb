//! What topics keep of an organization, and how it is erased.

use std::time::Instant;

use super::keys::is_of_organization;
use super::room::Topics;
use crate::erasure::{Commands, Erased, Keeper, Mode, Place};
use crate::error::Result;

const NAME: &str = "topics";

impl Keeper for Topics {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        vec![Box::new(Messages(self))]
    }

    /// The names of its keys show the organization, so looking at all keys finds them.
    fn commands(&self, _organization: &str, _mode: Mode) -> Result<Commands> {
        Ok(Commands::new())
    }
}

/// The organization's messages that are kept, and the ids of their publishers.
struct Messages<'t>(&'t Topics);

impl Messages<'_> {
    fn is_its<'a>(&'a self, organization: &'a str) -> impl Fn(&[u8]) -> bool + 'a {
        move |key| is_of_organization(&self.0.node.config().room_prefix, key, organization)
    }
}

impl Place for Messages<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn owns(&self, key: &[u8], organization: &str) -> bool {
        self.is_its(organization)(key)
    }

    fn forget(&self, organization: &str, _now: Instant) -> Erased {
        let (entries, bytes) = self.0.here().forget_where(self.is_its(organization));
        Erased { entries: entries as u64, bytes: bytes as u64 }
    }

    fn remaining(&self, organization: &str, _now: Instant) -> u64 {
        self.0.here().count_where(self.is_its(organization)) as u64
    }
}
