//! Requests that are due before others which stand in front of them.
//!
//! Calls have one timeout, so they are due in the order of the queue. What follows from an earlier
//! call (the next page of a clearing) keeps that call's deadline and stands at the end.

use std::collections::VecDeque;
use std::time::Instant;

/// Deadlines and ids, the earliest first.
#[derive(Debug, Default)]
pub(super) struct EarlyDeadlines {
    due: VecDeque<(Instant, u64)>,
}

impl EarlyDeadlines {
    pub(super) fn insert(&mut self, deadline: Instant, id: u64) {
        let position = self.due.partition_point(|known| *known < (deadline, id));
        self.due.insert(position, (deadline, id));
    }

    /// The request is gone, if it was here at all.
    pub(super) fn forget(&mut self, deadline: Instant, id: u64) {
        if !self.due.is_empty()
            && let Ok(position) = self.due.binary_search(&(deadline, id))
        {
            self.due.remove(position);
        }
    }

    pub(super) fn shrink_to(&mut self, requests: usize) {
        self.due.shrink_to(requests);
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.due.front().map(|(deadline, _)| *deadline)
    }

    pub(super) fn take_due(&mut self, now: Instant) -> Option<u64> {
        if self.first()? > now {
            return None;
        }
        self.due.pop_front().map(|(_, id)| id)
    }
}
