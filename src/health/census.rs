//! Counts the native objects that live in this process. For diagnosis: it shows what a closed client leaves
//! behind.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Clients whose memory has not been freed.
pub static CLIENTS: Population = Population::new();
/// Caches: one for each client, and one more for each node of a cluster.
pub static CORES: Population = Population::new();
/// Threadsafe functions that Node has not released.
pub static WAKERS: Population = Population::new();
/// Handles that libuv has not released.
pub static HANDLES: Population = Population::new();
/// Cleanup hooks of environments.
pub static HOOKS: Population = Population::new();
/// Watch connections that have been opened and have not ended.
pub static WATCHES: Population = Population::new();
/// Connections that prolong leases, from the first lease of their server on.
pub static KEEPERS: Population = Population::new();

/// Tasks and connections of queues that have not ended.
pub static QUEUES: Population = Population::new();

/// The number of living objects of one kind.
#[derive(Debug)]
pub struct Population(AtomicUsize);

impl Population {
    const fn new() -> Population {
        Population(AtomicUsize::new(0))
    }

    /// Counts one more object, until the returned member is dropped.
    pub fn add(&'static self) -> Member {
        self.0.fetch_add(1, Ordering::Relaxed);
        Member(self)
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// One counted object.
#[derive(Debug)]
#[must_use = "what is dropped is counted no longer"]
pub struct Member(&'static Population);

impl Drop for Member {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Every kind with its number of living objects.
pub fn counts() -> [(&'static str, usize); 8] {
    [
        ("clients", &CLIENTS),
        ("cores", &CORES),
        ("wakers", &WAKERS),
        ("handles", &HANDLES),
        ("hooks", &HOOKS),
        ("watches", &WATCHES),
        ("keepers", &KEEPERS),
        ("queues", &QUEUES),
    ]
    .map(|(name, population)| (name, population.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_counted_until_it_is_dropped() {
        static POPULATION: Population = Population::new();
        let (first, second) = (POPULATION.add(), POPULATION.add());
        assert_eq!(POPULATION.count(), 2);
        drop(first);
        assert_eq!(POPULATION.count(), 1);
        drop(second);
        assert_eq!(POPULATION.count(), 0);
    }
}
