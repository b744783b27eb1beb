//! How a job ends for a worker: what Redis is told, and what JavaScript hears of it.

use serde_json::json;

use super::contract::Finished;
use crate::error::ErrorCode;

/// The ends of jobs that JavaScript may listen to; a bit each.
pub const JOB_EVENTS: [&str; 5] = ["completed", "retrying", "dead", "released", "lost"];
/// The most that is kept of an error.
pub const MAX_ERROR_BYTES: usize = 8 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub finished: Finished,
    pub note: Note,
}

/// The job, as events name it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Note {
    pub fence: u64,
    pub id: String,
    pub kind: String,
    pub organization: Option<String>,
    pub attempt: u32,
}

/// Why a handler is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    TimedOut,
    Lost,
    Cancelled,
    Closing,
}

impl Why {
    pub fn code(self) -> ErrorCode {
        match self {
            Why::TimedOut => ErrorCode::Timeout,
            Why::Lost | Why::Cancelled => ErrorCode::Lost,
            Why::Closing => ErrorCode::Closed,
        }
    }

    pub fn message(self) -> &'static str {
        match self {
            Why::TimedOut => "the job took longer than its timeoutMs",
            Why::Lost => "the lease of the job was lost: another worker may run it",
            Why::Cancelled => "the job was cancelled",
            Why::Closing => "the worker was closed before the job ended",
        }
    }

    /// The outcome that is kept.
    pub fn payload(self) -> Vec<u8> {
        let text =
            json!({ "name": "OrgCacheError", "message": self.message(), "code": self.code().as_str() });
        text.to_string().into_bytes()
    }
}

/// An error as outcomes have it.
pub fn error_json(name: &str, message: &str) -> Vec<u8> {
    json!({ "name": name, "message": message }).to_string().into_bytes()
}
