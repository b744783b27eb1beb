//! Sessions do not go with an organization's data: in a cluster the sessions of each user are in a slot of their own, which no
//! command of an erasure reaches. `destroyOrganization` ends them.

use super::room::Sessions;
use crate::erasure::{Commands, Keeper, Mode, Place};
use crate::error::Result;

impl Keeper for Sessions {
    fn places(&self) -> Vec<Box<dyn Place + '_>> {
        Vec::new()
    }

    fn commands(&self, _organization: &str, _mode: Mode) -> Result<Commands> {
        Ok(Commands::new())
    }
}
