//! Two clocks at one moment: instants for this process, milliseconds for its files.
//!
//! Promises: conversion never fails; what cannot be told is told as the nearest that can. Relies on
//! the system clock of the moment that it was made. Never reads a clock again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Beyond this a deadline is a broken number; no TTL of a cache comes near it.
const FARTHEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    instant: Instant,
    since_epoch: Duration,
}

impl Clock {
    /// The instant `now` is the present of the system clock.
    pub(super) fn at(now: Instant) -> Clock {
        // A clock before 1970 counts as 1970: deadlines are then far off, and data is kept.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { instant: now, since_epoch }
    }

    /// For what was written at `millis` of its own clock. Nothing is written in the future: a clock that was put
    /// back since would let everything live longer than it was meant to, so it was written just now.
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
            // Some systems have no instants before their start: then it is as long ago as can be
            // told, which is now.
            None => self.instant.checked_sub((self.since_epoch - since_epoch).min(FARTHEST)),
        };
        instant.unwrap_or(self.instant)
    }
}
