//! What JavaScript is told without having asked: changes of state and log lines.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::bell::Bell;

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
    queue: Mutex<VecDeque<Notice>>,
    bell: Arc<Bell>,
}

impl Notices {
    pub fn new(bell: Arc<Bell>) -> Notices {
        Notices { queue: Mutex::default(), bell }
    }

    /// For any thread.
    pub fn put(&self, name: &str, detail: &serde_json::Value) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() == MAX_NOTICES {
            queue.pop_front();
        }
        queue.push_back(Notice { name: name.to_owned(), detail: detail.to_string() });
        drop(queue);
        self.bell.ring();
    }

    pub fn take(&self) -> VecDeque<Notice> {
        std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
