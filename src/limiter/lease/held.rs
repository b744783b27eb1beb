//! The leases that a limiter holds in this process.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::super::commands::{LeasePart, append_release};
use super::super::identity::Mark;
use super::keeper::Shared;

/// In the length of a lease it is prolonged so often: two attempts may fail.
const RENEWALS: u32 = 3;

/// What a lease holds of one identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub mark: Mark,
    pub key: Box<[u8]>,
    pub cost: u64,
    pub length_ms: u64,
}

impl Part {
    fn shown(&self) -> LeasePart<'_> {
        LeasePart { key: &self.key, length_ms: self.length_ms, cost: self.cost }
    }
}

/// What one call holds. Its parts are in one slot.
#[derive(Debug)]
pub struct Lease {
    /// Its number in this process.
    pub number: u64,
    /// Its name in Redis, which no other lease has.
    pub name: Box<[u8]>,
    pub parts: Box<[Part]>,
    /// Who prolongs it.
    // Held for a clone or an assignment.
    keeper: Mutex<Weak<Shared>>,
}

impl Lease {
    pub fn new(number: u64, parts: Vec<Part>) -> Lease {
        // Two processes have two random numbers.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        let name = format!("{:016x}{number:x}", *PROCESS).into_bytes();
        Lease { number, name: name.into(), parts: parts.into(), keeper: Mutex::default() }
    }

    /// A number that no lease of this process has.
    pub fn next_number() -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    /// When none of it counts any more, unless it is prolonged.
    pub fn length(&self) -> Duration {
        let longest = self.parts.iter().map(|part| part.length_ms).max();
        Duration::from_millis(longest.unwrap_or(0))
    }

    /// How long it may go without being prolonged.
    pub fn renewed_after(&self) -> Duration {
        let shortest = self.parts.iter().map(|part| part.length_ms).min();
        Duration::from_millis(shortest.unwrap_or(0)) / RENEWALS
    }

    pub fn append_release(&self, out: &mut Vec<u8>) {
        append_release(&self.name, self.parts.iter().map(Part::shown), out);
    }

    pub(super) fn is_kept_by(&self, keeper: Weak<Shared>) {
        *self.keeper.lock().unwrap_or_else(PoisonError::into_inner) = keeper;
    }

    fn keeper(&self) -> Option<Arc<Shared>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// It is prolonged no more. Redis is told by somebody else.
    pub fn end(&self) {
        if let Some(keeper) = self.keeper() {
            keeper.forget(self.number);
        }
    }

    /// It is prolonged no more, and Redis is told of that as soon as it is there.
    pub fn give_up(self: &Arc<Self>) {
        if let Some(keeper) = self.keeper() {
            keeper.discard(self.clone());
        }
    }
}

/// The leases of one limiter.
#[derive(Default)]
pub struct Leases {
    // Held for single look-ups and changes.
    held: Mutex<Held>,
    // Held while this process decides: what is held must not change meanwhile.
    deciding: Mutex<()>,
}

#[derive(Default)]
struct Held {
    by_number: HashMap<u64, Arc<Lease>>,
    costs: HashMap<Mark, u64>,
}

impl Held {
    fn take(&mut self, number: u64) -> Option<Arc<Lease>> {
        let lease = self.by_number.remove(&number)?;
        for Part { mark, cost, .. } in &lease.parts {
            if let Some(held) = self.costs.get_mut(mark) {
                *held -= cost;
                if *held == 0 {
                    self.costs.remove(mark);
                }
            }
        }
        Some(lease)
    }
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Changes of it are complete.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is held stays so until what this gives is dropped, but for releases.
    pub fn decide(&self) -> MutexGuard<'_, ()> {
        self.deciding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn hold(&self, lease: Arc<Lease>) {
        let mut held = self.held();
        for Part { mark, cost, .. } in &lease.parts {
            *held.costs.entry(*mark).or_default() += cost;
        }
        held.by_number.insert(lease.number, lease);
    }

    pub fn get(&self, number: u64) -> Option<Arc<Lease>> {
        self.held().by_number.get(&number).cloned()
    }

    /// The lease is held no more.
    pub fn take(&self, number: u64) -> Option<Arc<Lease>> {
        self.held().take(number)
    }

    /// The costs that are held of an identifier.
    pub fn cost(&self, mark: Mark) -> u64 {
        self.held().costs.get(&mark).copied().unwrap_or(0)
    }

    /// The costs that are held of each of so many policies.
    pub fn costs_of_policies(&self, policies: usize) -> Vec<u64> {
        let mut costs = vec![0; policies];
        for (mark, cost) in &self.held().costs {
            if let Some(sum) = costs.get_mut(mark.policy) {
                *sum += cost;
            }
        }
        costs
    }

    /// The leases that have such a part are held no more.
    pub fn take_where(&self, is_meant: impl Fn(&Mark) -> bool) -> Vec<Arc<Lease>> {
        let mut held = self.held();
        let has_part = |lease: &Lease| lease.parts.iter().any(|part| is_meant(&part.mark));
        let numbers: Vec<u64> =
            held.by_number.values().filter(|lease| has_part(lease)).map(|lease| lease.number).collect();
        numbers.into_iter().filter_map(|number| held.take(number)).collect()
    }

    /// How many leases have such a part.
    pub fn count_where(&self, is_meant: impl Fn(&Mark) -> bool) -> usize {
        let has_part = |lease: &Lease| lease.parts.iter().any(|part| is_meant(&part.mark));
        self.held().by_number.values().filter(|lease| has_part(lease)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(policy: usize, cost: u64, length_ms: u64) -> Part {
        let mark = Mark { policy, hash: [7; 16], organization: 0 };
        Part { mark, key: Box::from(&b"key"[..]), cost, length_ms }
    }

    #[test]
    fn what_leases_hold_is_counted_until_they_are_released() {
        let leases = Leases::default();
        let [first, second] = [1, 2]
            .map(|number| Arc::new(Lease::new(number, vec![part(0, number, 30_000), part(1, 5, 9000)])));
        leases.hold(first.clone());
        leases.hold(second);
        assert_eq!((leases.cost(part(0, 1, 1).mark), leases.costs_of_policies(2)), (3, vec![3, 10]));
        assert!(leases.take(1).is_some() && leases.take(1).is_none());
        assert_eq!((leases.cost(part(0, 1, 1).mark), leases.costs_of_policies(2)), (2, vec![2, 5]));
        assert_eq!(leases.count_where(|mark| mark.policy == 1), 1);
        assert_eq!(leases.take_where(|mark| mark.policy == 1).len(), 1);
        assert_eq!(leases.costs_of_policies(2), [0, 0]);
        assert_eq!(
            (first.length(), first.renewed_after()),
            (Duration::from_secs(30), Duration::from_secs(3))
        );
    }

    #[test]
    fn no_two_leases_have_one_name() {
        let [first, second] = [Lease::next_number(), Lease::next_number()];
        assert_ne!(Lease::new(first, Vec::new()).name, Lease::new(second, Vec::new()).name);
        assert!(!Lease::new(first, Vec::new()).name.contains(&b':'));
    }
}
