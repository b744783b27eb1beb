//! Atomics and a mutex: the standard library's, or loom's in the tests that explore every interleaving.
//!
//! Promises: a panic poisons no mutex. Relies on guarded values that are valid after each statement. Never counts: what only counts, or
//! changes in no such test, uses the standard library's always, so that loom has fewer steps to order.

#[cfg(orgcache_loom)]
pub use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
#[cfg(not(orgcache_loom))]
pub use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

#[cfg(orgcache_loom)]
use loom::sync as primitives;
#[cfg(not(orgcache_loom))]
use std::sync as primitives;
use std::sync::PoisonError;

/// A mutex that a panic does not poison. The guarded value is valid after each statement.
#[derive(Debug)]
pub struct Mutex<T>(primitives::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(primitives::Mutex::new(value))
    }

    pub fn lock(&self) -> primitives::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}
