//! Jobs do not go with an organization's data: `eraseOrganization` of a queue removes and stops them.

use super::room::Queues;
use crate::erasure::{Commands, Keeper, Mode, Place};
use crate::error::Result;

impl Keeper for Queues {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        Vec::new()
    }

    fn commands(&self, _organization: &str, _mode: Mode) -> Result<Commands> {
        Ok(Commands::new())
    }
}
