//! What JavaScript is told, as one JSON array of arrays. `js/queue/` reads them.

use std::fmt::Write;

use serde_json::{Value, json};

use super::ending::Why;
use super::hand::Given;
use super::told::begun;
use crate::error::Error;

/// What comes first in an event.
pub const EVENTS: [&str; 8] = ["resolved", "rejected", "begun", "abort", "ended", "worker", "alert", "added"];
const RESOLVED: u8 = 0;
const REJECTED: u8 = 1;
const BEGUN: u8 = 2;
const ABORT: u8 = 3;
const ENDED: u8 = 4;
const WORKER: u8 = 5;
const ALERT: u8 = 6;
const ADDED: u8 = 7;

#[derive(Debug, Default)]
pub struct Events {
    text: String,
    /// Ends of calls among them.
    ends: usize,
}

impl Events {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn push(&mut self, event: std::fmt::Arguments<'_>) {
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        // Writing into a text never fails.
        let _ = self.text.write_fmt(event);
    }

    /// `value` is JSON.
    pub fn resolve(&mut self, call: u32, value: &str) {
        self.end(RESOLVED, call, value);
    }

    /// A call has added one job, which is new. An id has letters and digits alone.
    pub fn added(&mut self, call: u32, id: &str) {
        self.end(ADDED, call, &["\"", id, "\""].concat());
    }

    fn end(&mut self, event: u8, call: u32, value: &str) {
        self.ends += 1;
        self.text.push_str(if self.text.is_empty() { "[[" } else { ",[" });
        self.text.push_str(itoa::Buffer::new().format(event));
        self.text.push(',');
        self.text.push_str(itoa::Buffer::new().format(call));
        self.text.push(',');
        self.text.push_str(value);
        self.text.push(']');
    }

    pub fn reject(&mut self, call: u32, error: &Error) {
        self.ends += 1;
        self.push(format_args!("[{REJECTED},{call},{}]", shown(error)));
    }

    pub fn begin(&mut self, worker: u32, given: &Given) {
        self.push(format_args!("[{BEGUN},{worker},{}]", begun(given)));
    }

    pub fn abort(&mut self, worker: u32, fence: u64, why: Why) {
        let (code, message) = (why.code().as_str(), why.message());
        self.push(format_args!("[{ABORT},{worker},{fence},\"{code}\",\"{message}\"]"));
    }

    /// What became of a job. `detail` is JSON.
    pub fn ended(&mut self, worker: u32, name: &str, detail: &str) {
        self.push(format_args!("[{ENDED},{worker},\"{name}\",{detail}]"));
    }

    pub fn worker(&mut self, worker: u32, name: &str, detail: &Value) {
        self.push(format_args!("[{WORKER},{worker},\"{name}\",{detail}]"));
    }

    pub fn alert(&mut self, watch: u32, detail: &Value) {
        self.push(format_args!("[{ALERT},{watch},{detail}]"));
    }

    pub fn append(&mut self, other: &mut Events) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        self.text.push(',');
        self.text.push_str(&other.text[1..]);
        other.text.clear();
        self.ends += std::mem::take(&mut other.ends);
    }

    /// How many calls end with it.
    pub fn take_ends(&mut self) -> usize {
        std::mem::take(&mut self.ends)
    }

    /// The whole array; `None` where there is nothing to tell.
    pub fn take(&mut self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        self.text.push(']');
        Some(std::mem::take(&mut self.text))
    }
}

/// An error, as JavaScript makes one of it.
pub fn shown(error: &Error) -> Value {
    json!({
        "code": error.code().as_str(),
        "message": error.message(),
        "retryable": error.is_retryable(),
        "redisCode": error.redis_code(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn events_of_two_sides_are_one_array() {
        let (mut first, mut second) = (Events::default(), Events::default());
        assert_eq!(first.take(), None);
        first.resolve(7, "[1]");
        second.reject(8, &Error::new(ErrorCode::Lost, "gone"));
        second.abort(1, 9, Why::TimedOut);
        first.append(&mut second);
        assert_eq!((first.take_ends(), second.take_ends()), (2, 0));
        let text = first.take().unwrap();
        let events: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(events[0], json!([0, 7, [1]]));
        assert_eq!(events[1][2]["code"], "E_LOST");
        assert_eq!(events[2], json!([3, 1, 9, "E_TIMEOUT", Why::TimedOut.message()]));
        assert!(second.is_empty() && first.is_empty());
        first.added(4, "ab1");
        first.added(5, "ab2");
        assert_eq!((first.take_ends(), first.take()), (2, Some("[[7,4,\"ab1\"],[7,5,\"ab2\"]]".to_owned())));
        assert_eq!(EVENTS.len(), 8);
    }
}
