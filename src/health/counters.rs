//! Counters of events.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Value, json};

use super::rounded;

/// A number that only grows. Relaxed ordering is enough, because nothing is ordered by it.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn increment(&self) {
        self.add(1);
    }

    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// Takes back one that was counted too early.
    pub fn take_back(&self) {
        // A read of a hash counts once, however many of its fields are broken.
        let _ = self.0.fetch_update(Relaxed, Relaxed, |count| count.checked_sub(1));
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Generates the live counters, their snapshot and its JSON from one list, so that none is forgotten.
macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident: $name:literal,)+) => {
        /// The live counters. Any thread may increment any of them.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $field: Counter,)+
        }

        /// The counters at one moment. Each is read by itself, so two may be a few calls apart.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct CountersSnapshot {
            $($(#[$doc])* pub $field: u64,)+
        }

        impl Counters {
            pub fn snapshot(&self) -> CountersSnapshot {
                CountersSnapshot { $($field: self.$field.get(),)+ }
            }
        }

        impl CountersSnapshot {
            /// All counters by their names in JavaScript, and `hitRate`.
            pub fn to_json(&self) -> Value {
                json!({ $($name: self.$field,)+ "hitRate": self.hit_rate() })
            }
        }
    };
}

counters! {
    /// Reads that found a value.
    hits: "hits",
    /// Reads that found no value.
    misses: "misses",
    /// Commands that were answered, including with errors.
    operations: "operations",
    /// Commands that failed.
    errors: "errors",
    /// Connections that ended unexpectedly.
    connection_lost: "connectionLost",
    connection_attempts: "connectionAttempts",
    /// Connections that replaced a lost one.
    reconnects: "reconnects",
    /// Stored bytes that were no value; each was answered as a miss.
    corrupt_values: "corruptValues",
    /// Values found in the layout of the JavaScript layer.
    legacy_reads: "legacyReads",
    /// Reads that the memory store answered while Redis was away.
    fallback_hits: "fallbackHits",
    fallback_misses: "fallbackMisses",
    /// Writes that went into the journal.
    journaled: "journaled",
    /// Writes that the journal could not take.
    journal_full: "journalFull",
    /// Journalled writes that Redis has now.
    replayed: "replayed",
    /// Journalled writes that lost against newer writes of other processes.
    superseded: "superseded",
    /// Journalled writes that Redis refuses for good.
    replay_failed: "replayFailed",
    /// Calls whose deadline passed.
    timeouts: "timeouts",
    /// Calls refused because too many were waiting.
    overloaded: "overloaded",
    /// Bytes of values that near copies answered.
    near_saved_bytes: "nearSavedBytes",
    bytes_sent: "bytesSent",
    bytes_received: "bytesReceived",
}

impl CountersSnapshot {
    /// Percentage of reads that found a value, with two decimals; 0 without reads.
    pub fn hit_rate(&self) -> f64 {
        let reads = self.hits + self.misses;
        if reads == 0 { 0.0 } else { rounded(self.hits as f64 * 100.0 / reads as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hit_rate_is_a_percentage_with_two_decimals() {
        let counters = Counters::default();
        assert_eq!(counters.snapshot().hit_rate(), 0.0);
        counters.hits.add(2);
        assert_eq!(counters.snapshot().hit_rate(), 100.0);
        counters.misses.increment();
        assert_eq!(counters.snapshot().hit_rate(), 66.67);
    }

    #[test]
    fn every_counter_is_in_the_json_under_its_own_name() {
        let counters = Counters::default();
        let live = [
            &counters.hits,
            &counters.misses,
            &counters.operations,
            &counters.errors,
            &counters.connection_lost,
            &counters.connection_attempts,
            &counters.reconnects,
            &counters.corrupt_values,
            &counters.legacy_reads,
            &counters.fallback_hits,
            &counters.fallback_misses,
            &counters.journaled,
            &counters.journal_full,
            &counters.replayed,
            &counters.superseded,
            &counters.replay_failed,
            &counters.timeouts,
            &counters.overloaded,
            &counters.near_saved_bytes,
            &counters.bytes_sent,
            &counters.bytes_received,
        ];
        for (number, counter) in live.iter().enumerate() {
            counter.add(number as u64 + 1);
        }
        let expected = json!({
            "hits": 1, "misses": 2, "operations": 3, "errors": 4, "connectionLost": 5,
            "connectionAttempts": 6, "reconnects": 7, "corruptValues": 8, "legacyReads": 9,
            "fallbackHits": 10, "fallbackMisses": 11, "journaled": 12, "journalFull": 13, "replayed": 14,
            "superseded": 15, "replayFailed": 16, "timeouts": 17, "overloaded": 18, "nearSavedBytes": 19,
            "bytesSent": 20, "bytesReceived": 21, "hitRate": 33.33,
        });
        assert_eq!(counters.snapshot().to_json(), expected);
    }

    #[test]
    fn nothing_is_lost_when_threads_count_together() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| counters.operations.increment()));
            }
        });
        assert_eq!(counters.snapshot().operations, 40_000);
    }
}
