//! Converts between instants of this process and the milliseconds in its files.
//!
//! Promises: conversion never fails; a time out of range becomes the nearest one in range. Relies on the
//! system clock at the moment it was made. Never reads a clock again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The farthest deadline. A later one is a broken number; no TTL of a cache comes near it.
const FARTHEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    instant: Instant,
    since_epoch: Duration,
}

impl Clock {
    /// Ties the instant `now` to the system clock's present time.
    pub(super) fn at(now: Instant) -> Clock {
        // A clock before 1970 counts as 1970: deadlines are then far off, and data is kept.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { instant: now, since_epoch }
    }

    /// The clock for reading what was written at `millis`. If `millis` lies in the future, the system clock
    /// was put back since then. The present then counts as `millis`, so that nothing lives longer than it was
    /// meant to.
    pub(super) fn reading_from(self, millis: u64) -> Clock {
        Clock { since_epoch: self.since_epoch.max(Duration::from_millis(millis)), ..self }
    }

    pub(super) fn millis(self, at: Instant) -> u64 {
        let since_epoch = match at.checked_duration_since(self.instant) {
            Some(after) => self.since_epoch.saturating_add(after),
            None => self.since_epoch.saturating_sub(self.instant.duration_since(at)),
        };
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn instant(self, millis: u64) -> Instant {
        let since_epoch = Duration::from_millis(millis);
        let instant = match since_epoch.checked_sub(self.since_epoch) {
            Some(after) => self.instant.checked_add(after.min(FARTHEST)),
            // Some systems have no instants before their start. A time before the start then becomes the
            // present.
            None => self.instant.checked_sub((self.since_epoch - since_epoch).min(FARTHEST)),
        };
        instant.unwrap_or(self.instant)
    }
}
