//! What JavaScript is told without having asked: changes of state and log lines.

use std::collections::VecDeque;
use std::sync::Arc;

use super::waker::Waker;
use crate::connection::Handoff;

/// Notices that wait at most; a process that never gets to its event loop keeps no more.
const MAX_NOTICES: usize = 1024;

#[derive(Debug)]
pub struct Notice {
    /// An event's name, or `log`.
    pub name: String,
    /// JSON.
    pub detail: String,
}

/// Notices for one environment.
#[derive(Debug)]
pub struct Notices {
    queue: Handoff<VecDeque<Notice>, Arc<Waker>>,
}

impl Notices {
    pub fn new(waker: Arc<Waker>) -> Notices {
        Notices { queue: Handoff::new(waker) }
    }

    /// For any thread.
    pub fn put(&self, name: &str, detail: &serde_json::Value) {
        let notice = Notice { name: name.to_owned(), detail: detail.to_string() };
        self.queue.put(|queue| {
            if queue.len() == MAX_NOTICES {
                queue.pop_front();
            }
            queue.push_back(notice);
        });
    }

    pub fn take(&self) -> VecDeque<Notice> {
        self.queue.take()
    }
}
