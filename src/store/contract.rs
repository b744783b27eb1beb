//! The behaviour that every store must have, as a suite of tests.
//!
//! A test wraps its store in [`Store`]. `check_all` makes a fresh, empty store for every behaviour and panics
//! with the names of missing behaviours. The feature `contract` makes the suite available to integration
//! tests.

mod hashes;
mod organizations;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crate::error::Result;

/// The lifetime and the organization of a write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Write<'a> {
    pub ttl: Option<Duration>,
    pub organization: Option<&'a [u8]>,
}

impl<'a> Write<'a> {
    /// No organization and no TTL.
    pub const PLAIN: Write<'static> = Write { ttl: None, organization: None };

    pub fn expiring(ttl: Duration) -> Self {
        Write { ttl: Some(ttl), organization: None }
    }

    pub fn owned_by(organization: &'a [u8]) -> Self {
        Write { ttl: None, organization: Some(organization) }
    }
}

/// A hash: its fields and values, in any order.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A store under test. It returns owned values, so that a store behind a wire fits too.
pub trait Store {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>>;
    /// True when the value is now stored.
    fn set(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// True when the key had no value and this one is now stored.
    fn set_if_absent(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// True when the key existed.
    fn delete(&mut self, key: &[u8]) -> Result<bool>;
    fn hash_get(&mut self, key: &[u8], field: &[u8]) -> Result<Option<Vec<u8>>>;
    fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// True when the field existed.
    fn hash_delete(&mut self, key: &[u8], field: &[u8]) -> Result<bool>;
    fn hash_entries(&mut self, key: &[u8]) -> Result<Option<Entries>>;
    /// Returns the number of removed entries.
    fn clear_organization(&mut self, organization: &[u8]) -> Result<usize>;
    /// Lets this much time pass. A store with a real clock waits; others advance theirs.
    fn advance(&mut self, time: Duration);
}

/// One promise. Its name is a sentence, and its check panics if the store does not keep it.
pub struct Behaviour {
    pub name: &'static str,
    pub check: fn(&mut dyn Store),
}

/// Names each function as its behaviour.
macro_rules! promise {
    ($($check:ident),+ $(,)?) => {
        pub(super) const BEHAVIOURS: &[super::Behaviour] =
            &[$(super::Behaviour { name: stringify!($check), check: $check }),+];
    };
}
use promise;

/// Every behaviour, for a runner that reports each one.
pub fn behaviours() -> impl Iterator<Item = &'static Behaviour> {
    [values::BEHAVIOURS, hashes::BEHAVIOURS, organizations::BEHAVIOURS].into_iter().flatten()
}

/// Checks every behaviour on a fresh store. Panics once, with the names of all missing behaviours.
pub fn check_all(make: &mut dyn FnMut() -> Box<dyn Store>) {
    let mut missing = Vec::new();
    let mut first_panic = None;
    for behaviour in behaviours() {
        let mut store = make();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (behaviour.check)(&mut *store))) {
            missing.push(behaviour.name);
            first_panic.get_or_insert(panic);
        }
    }
    if let Some(panic) = first_panic {
        eprintln!("the store does not keep: {}", missing.join(", "));
        resume_unwind(panic);
    }
}

/// Unwraps the result of a call that must not fail.
#[track_caller]
fn ok<T>(answer: Result<T>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the store failed: {error}"),
    }
}
