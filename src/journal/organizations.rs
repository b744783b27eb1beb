//! The keys of the journal that belong to each organization's index.
//!
//! Promises: joining and leaving cost the logarithm of the organization's keys here, and listing costs their
//! number; an organization without keys takes no memory. Relies on the journal to join and leave in pairs.
//! Never touches an entry.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{cost, shrink};

type Members = BTreeSet<Arc<[u8]>>;

#[derive(Default)]
pub(super) struct Organizations {
    members: HashMap<Arc<[u8]>, Members>,
    bytes: usize,
}

impl Organizations {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the key. Returns the shared name of the index.
    pub(super) fn join(&mut self, index: &[u8], key: &Arc<[u8]>) -> Arc<[u8]> {
        self.bytes += self.bytes_to_join(index);
        if let Some((name, _)) = self.members.get_key_value(index) {
            let name = name.clone();
            self.members.entry(name.clone()).or_default().insert(key.clone());
            return name;
        }
        let name: Arc<[u8]> = index.into();
        self.members.insert(name.clone(), BTreeSet::from([key.clone()]));
        name
    }

    /// Bytes that one more key would add.
    pub(super) fn bytes_to_join(&self, index: &[u8]) -> usize {
        match self.members.get(index) {
            Some(members) => cost::members(members.len() + 1) - cost::members(members.len()),
            None => cost::organization(index.len(), size_of::<Members>()) + cost::members(1),
        }
    }

    pub(super) fn leave(&mut self, index: &[u8], key: &[u8]) {
        let Some(members) = self.members.get_mut(index) else { return };
        let before = cost::members(members.len());
        members.remove(key);
        self.bytes -= before - cost::members(members.len());
        if members.is_empty() {
            self.members.remove(index);
            self.bytes -= cost::organization(index.len(), size_of::<Members>());
            shrink(&mut self.members);
        }
    }

    pub(super) fn keys_of(&self, index: &[u8]) -> Vec<Arc<[u8]>> {
        self.members.get(index).into_iter().flatten().cloned().collect()
    }
}
