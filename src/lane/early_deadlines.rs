//! Requests with an earlier deadline than one in front of them in the queue.
//!
//! Calls have one timeout, so their deadlines follow the order of the queue. A follow-up request (the next
//! page of a clearing) keeps its call's deadline and stands at the end of the queue.

use std::collections::VecDeque;
use std::time::Instant;

/// Deadlines and request ids, the earliest first.
#[derive(Debug, Default)]
pub(super) struct EarlyDeadlines {
    due: VecDeque<(Instant, u64)>,
}

impl EarlyDeadlines {
    pub(super) fn insert(&mut self, deadline: Instant, id: u64) {
        let position = self.due.partition_point(|known| *known < (deadline, id));
        self.due.insert(position, (deadline, id));
    }

    /// Removes a request, if it is listed.
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
