//! What every store does, as a suite that each of them runs.
//!
//! A store under test is wrapped in [`Store`]. `check_all` makes a fresh, empty one for every
//! behaviour and panics with the behaviour's name when it is missing. The feature `contract`
//! gives the suite to integration tests.

mod hashes;
mod organizations;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crate::error::Result;

/// What a write carries besides key and value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Write<'a> {
    pub ttl: Option<Duration>,
    pub organization: Option<&'a [u8]>,
}

impl<'a> Write<'a> {
    /// Global, without a TTL.
    pub const PLAIN: Write<'static> = Write { ttl: None, organization: None };

    pub fn expiring(ttl: Duration) -> Self {
        Write { ttl: Some(ttl), organization: None }
    }

    pub fn owned_by(organization: &'a [u8]) -> Self {
        Write { ttl: None, organization: Some(organization) }
    }
}

/// A hash as its fields and their values, in any order.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A store under test. Answers are owned, so that one that speaks over a wire fits too.
pub trait Store {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>>;
    /// Whether the value is now stored.
    fn set(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// Whether the key had nothing and the value is now stored.
    fn set_if_absent(&mut self, key: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// Whether there was something to delete.
    fn delete(&mut self, key: &[u8]) -> Result<bool>;
    fn hash_get(&mut self, key: &[u8], field: &[u8]) -> Result<Option<Vec<u8>>>;
    fn hash_set(&mut self, key: &[u8], field: &[u8], value: &[u8], write: Write<'_>) -> Result<bool>;
    /// Whether the field was there.
    fn hash_delete(&mut self, key: &[u8], field: &[u8]) -> Result<bool>;
    fn hash_entries(&mut self, key: &[u8]) -> Result<Option<Entries>>;
    /// How many entries of the organization went.
    fn clear_organization(&mut self, organization: &[u8]) -> Result<usize>;
    /// Lets that much time pass: a store with a clock of its own waits, others turn theirs on.
    fn advance(&mut self, time: Duration);
}

/// One promise: its name is a sentence, its check panics when the store does not keep it.
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

/// Every behaviour, for a runner that wants to report them one by one.
pub fn behaviours() -> impl Iterator<Item = &'static Behaviour> {
    [values::BEHAVIOURS, hashes::BEHAVIOURS, organizations::BEHAVIOURS].into_iter().flatten()
}

/// Checks every behaviour on a fresh store and panics once, naming all that are missing.
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

/// The answer of a store that must not fail here.
#[track_caller]
fn ok<T>(answer: Result<T>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the store failed: {error}"),
    }
}
