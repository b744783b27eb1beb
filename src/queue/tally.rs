//! What the workers of this process have done, by queue: it only grows, whatever workers close.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::ending::JOB_EVENTS;
use super::times::Times;

#[derive(Debug, Default)]
pub struct Tally {
    /// Ends of jobs, in the order of `JOB_EVENTS`.
    ends: [AtomicU64; JOB_EVENTS.len()],
    stalled: AtomicU64,
    // Held for single steps: how long jobs waited, and ran.
    times: Mutex<(Times, Times)>,
}

impl Tally {
    pub fn ended(&self, end: usize) {
        self.ends[end].fetch_add(1, Relaxed);
    }

    pub fn stalled(&self, count: usize) {
        self.stalled.fetch_add(count as u64, Relaxed);
    }

    pub fn waited(&self, time: Duration) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).0.record(time);
    }

    pub fn ran(&self, time: Duration) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).1.record(time);
    }

    pub fn to_json(&self) -> Value {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = json!({
            "stalled": self.stalled.load(Relaxed),
            "waiting": times.0.with_sum(),
            "running": times.1.with_sum(),
        });
        for (name, count) in JOB_EVENTS.iter().zip(&self.ends) {
            told[*name] = count.load(Relaxed).into();
        }
        told
    }
}
