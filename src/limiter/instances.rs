//! How many processes share the limits: each says every few seconds that it is there. While Redis is away, the last number
//! known divides every limit.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::keys;
use super::scripts::HEARTBEAT;
use crate::lane::append_command;

const BEAT_EVERY: Duration = Duration::from_secs(10);
/// Three words missed: a process that stalls for a while is still there.
const GONE_AFTER_MS: u64 = 30_000;
/// No process has said anything yet, so none is due.
const NEVER: u64 = 0;

/// This process among those below one prefix.
pub struct Instances {
    began: Instant,
    /// Its name there.
    name: String,
    key: Vec<u8>,
    /// As they were counted last.
    count: AtomicU32,
    /// When it is to say again that it is there, in ms since `began`; `NEVER` while no limiter is open.
    due_ms: AtomicU64,
}

impl Instances {
    pub fn new(prefix: &str) -> Instances {
        // Two states of random keys: two processes never choose the same.
        let [first, second] = [0, 1].map(|part: u8| RandomState::new().hash_one(part));
        Instances {
            began: Instant::now(),
            name: format!("{first:016x}{second:016x}"),
            key: keys::instances(prefix),
            count: AtomicU32::new(1),
            due_ms: AtomicU64::new(NEVER),
        }
    }

    /// At least 1.
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// A limiter is open.
    pub fn begin(&self, now: Instant) {
        let _ = self.due_ms.compare_exchange(NEVER, self.ms(now), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// No limiter is open any more.
    pub fn end(&self) {
        self.due_ms.store(NEVER, Ordering::Relaxed);
    }

    /// When it is to say again that it is there.
    pub fn due(&self) -> Option<Instant> {
        match self.due_ms.load(Ordering::Relaxed) {
            NEVER => None,
            due => Some(self.began + Duration::from_millis(due)),
        }
    }

    /// Whether the caller is to say it now. Of the connections of a cluster one is.
    pub fn takes_turn(&self, now: Instant) -> bool {
        let due = self.due_ms.load(Ordering::Relaxed);
        let now = self.ms(now);
        let next = now + BEAT_EVERY.as_millis() as u64;
        due != NEVER
            && due <= now
            && self.due_ms.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Appends the request. It goes with the script's text: one in ten seconds need not save it.
    pub fn append(&self, out: &mut Vec<u8>) {
        let gone_after = GONE_AFTER_MS.to_string();
        append_command(
            out,
            &[b"EVAL", HEARTBEAT, b"1", &self.key, self.name.as_bytes(), gone_after.as_bytes()],
        );
    }

    pub fn counted(&self, count: i64) {
        self.count.store(u32::try_from(count).unwrap_or(1).max(1), Ordering::Relaxed);
    }

    /// Never 0.
    fn ms(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_millis() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_says_every_ten_seconds_that_it_is_there_while_a_limiter_is_open() {
        let instances = Instances::new("app:");
        let at = |seconds| instances.began + Duration::from_secs(seconds);
        assert_eq!(instances.due(), None);
        assert!(!instances.takes_turn(at(0)));
        instances.begin(at(0));
        instances.begin(at(5));
        assert!(instances.due().unwrap() <= at(1));
        assert!(instances.takes_turn(at(1)));
        assert!(!instances.takes_turn(at(1)));
        assert!(!instances.takes_turn(at(10)));
        assert!(instances.takes_turn(at(11)));
        instances.end();
        assert!(!instances.takes_turn(at(100)));
    }

    #[test]
    fn until_others_are_counted_a_process_is_alone() {
        let instances = Instances::new("app:");
        assert_eq!(instances.count(), 1);
        instances.counted(3);
        assert_eq!(instances.count(), 3);
        instances.counted(0);
        assert_eq!(instances.count(), 1);
        assert_ne!(Instances::new("app:").name, instances.name);
    }
}
