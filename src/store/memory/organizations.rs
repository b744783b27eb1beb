//! The entries of each organization.
//!
//! Promises: joining, leaving and moving cost constant time; listing one organization costs the number of its
//! entries. An organization without entries takes no memory. Relies on indices of the slab alone. Never
//! touches an entry: it returns the changes, and the store writes them into the entry.

use std::collections::HashMap;
use std::sync::Arc;

use super::cost;

/// An entry's position in its organization's list.
#[derive(Clone, Copy)]
pub(super) struct Membership {
    organization: usize,
    position: usize,
}

struct Organization {
    name: Arc<[u8]>,
    entries: Vec<usize>,
}

#[derive(Default)]
pub(super) struct Organizations {
    numbers: HashMap<Arc<[u8]>, usize>,
    rows: Vec<Option<Organization>>,
    vacant: Vec<usize>,
    bytes: usize,
}

/// The entry that took the position of one that left.
pub(super) struct Moved {
    pub(super) index: usize,
    pub(super) membership: Membership,
}

/// Memory of an organization without entries.
pub(super) fn cost_of(name: &[u8]) -> usize {
    cost::organization(name.len(), size_of::<Option<Organization>>())
}

impl Organizations {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn join(&mut self, name: &[u8], index: usize) -> Membership {
        let organization = match self.numbers.get(name) {
            Some(&organization) => organization,
            None => self.add(name),
        };
        let position = match &mut self.rows[organization] {
            Some(row) => {
                row.entries.push(index);
                row.entries.len() - 1
            }
            None => 0,
        };
        Membership { organization, position }
    }

    fn add(&mut self, name: &[u8]) -> usize {
        let name: Arc<[u8]> = name.into();
        self.bytes += cost_of(&name);
        let row = Some(Organization { name: name.clone(), entries: Vec::new() });
        let organization = if let Some(organization) = self.vacant.pop() {
            self.rows[organization] = row;
            organization
        } else {
            self.rows.push(row);
            self.rows.len() - 1
        };
        self.numbers.insert(name, organization);
        organization
    }

    pub(super) fn is_member(&self, membership: Membership, name: &[u8]) -> bool {
        self.rows[membership.organization].as_ref().is_some_and(|row| *row.name == *name)
    }

    /// Removes an entry. The last entry of the list takes its position.
    pub(super) fn leave(&mut self, membership: Membership) -> Option<Moved> {
        let row = self.rows[membership.organization].as_mut()?;
        row.entries.swap_remove(membership.position);
        let moved = row.entries.get(membership.position).map(|&index| Moved { index, membership });
        if row.entries.is_empty() {
            self.remove(membership.organization);
        }
        moved
    }

    fn remove(&mut self, organization: usize) {
        if let Some(row) = self.rows[organization].take() {
            self.bytes -= cost_of(&row.name);
            self.numbers.remove(&row.name);
            self.vacant.push(organization);
        }
    }

    /// Records an entry's new index.
    pub(super) fn renumber(&mut self, membership: Membership, index: usize) {
        if let Some(row) = &mut self.rows[membership.organization] {
            row.entries[membership.position] = index;
        }
    }

    pub(super) fn len_of(&self, name: &[u8]) -> usize {
        let row = self.numbers.get(name).and_then(|&organization| self.rows[organization].as_ref());
        row.map_or(0, |row| row.entries.len())
    }

    pub(super) fn entries_of(&self, name: &[u8]) -> Vec<usize> {
        let row = self.numbers.get(name).and_then(|&organization| self.rows[organization].as_ref());
        row.map(|row| row.entries.clone()).unwrap_or_default()
    }
}
