//! Which calls read a large value, that would hold others up.

use super::call::Call;
use super::core::{Core, Scratch};

impl Core {
    /// The key of a call that reads a large value, and does nothing else.
    pub fn large_read<'s>(&self, call: &Call<'_>, scratch: &'s mut Scratch) -> Option<&'s [u8]> {
        let key = &mut scratch.key;
        key.clear();
        match call {
            Call::Get { place } | Call::HashGet { place, .. } | Call::HashEntries { place } => {
                place.append_key(self.keys(), key).ok()?;
            }
            Call::Command { arguments, options } if self.node.key_read(arguments, *options, key) => {}
            _ => return None,
        }
        self.node.is_large(key).then_some(&key[..])
    }
}
