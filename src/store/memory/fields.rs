//! The fields of one hash.
//!
//! Promises: `bytes` is always the sum of the fields' cost. Relies on `cost`. Never expires a field: the
//! store keeps the TTL of the whole hash.

use std::collections::HashMap;

use super::cost;

#[derive(Default)]
pub(super) struct Fields {
    values: HashMap<Box<[u8]>, Box<[u8]>>,
    bytes: usize,
}

impl Fields {
    /// Memory of the hash including the struct itself.
    pub(super) fn bytes(&self) -> usize {
        cost::allocation(size_of::<Fields>()) + self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<&[u8]> {
        self.values.get(field).map(|value| &**value)
    }

    pub(super) fn set(&mut self, field: &[u8], value: &[u8]) {
        match self.values.get_mut(field) {
            Some(old) => {
                self.bytes -= cost::field(field.len(), old.len());
                *old = value.into();
            }
            None => {
                self.values.insert(field.into(), value.into());
            }
        }
        self.bytes += cost::field(field.len(), value.len());
    }

    /// Removes the field. True when it existed.
    pub(super) fn delete(&mut self, field: &[u8]) -> bool {
        match self.values.remove(field) {
            Some(old) => {
                self.bytes -= cost::field(field.len(), old.len());
                true
            }
            None => false,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.values.iter().map(|(field, value)| (&**field, &**value))
    }
}
