//! The steps that schedules take in a queue's store. Their replies are words, as the headers of `schedules.lua` and `fire.lua` say.
//!
//! A schedule is named by its id, and behind a colon its organization where it has one, both escaped. Organizations are escaped;
//! `only` names one, `None` all.

/// There are at most so many in a queue.
pub const MOST_SCHEDULES: usize = 10_000;
/// So many are told of at once.
pub const PAGE: usize = 100;
/// The bytes of jobs that one step adds or tells, as far as more than one are concerned.
pub const BUDGET: usize = 1_048_576;

#[derive(Debug, Clone, PartialEq)]
pub enum Scheduling {
    /// The server's time, and the name of a schedule: that of the organization, or else the only one of this id.
    Find {
        id: String,
        only: Option<String>,
    },
    Put(Box<Put>),
    Remove {
        name: String,
    },
    Page {
        only: Option<String>,
        from: u64,
        limit: u64,
    },
    Clear {
        only: Option<String>,
        cursor: String,
    },
    /// Which are due, and when the next one is.
    Due,
    Fire(Vec<Fire>),
    /// A job at once.
    Run {
        name: String,
        job: String,
    },
}

/// A schedule as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    pub name: String,
    /// The same times are the same text.
    pub times: String,
    pub slot: i64,
    pub missed: &'static str,
    pub overlap: &'static str,
    /// So many jobs, and it is over; 0: any number.
    pub count: u64,
    pub organization: String,
    pub priority: i32,
    /// The record up to its time of creation, behind it up to the slot, and behind that.
    pub head: Vec<u8>,
    pub middle: Vec<u8>,
    pub tail: Vec<u8>,
}

/// One move of a schedule that stands at this slot and has this revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Fire {
    pub name: String,
    pub revision: u64,
    pub slot: i64,
    /// `None`: it is over.
    pub next: Option<i64>,
    /// The id of the job, and its slot.
    pub job: Option<(String, i64)>,
    pub skipped: u64,
}

/// How a schedule is named in its queue.
pub fn name_of(id: &str, organization: &str) -> String {
    let id = crate::queue::keys::escaped(Some(id));
    if organization.is_empty() { id } else { format!("{id}:{organization}") }
}

/// The organization in a name, escaped; empty for the global scope.
pub fn organization_in(name: &str) -> &str {
    name.split_once(':').map_or("", |(_, organization)| organization)
}

/// Whether a schedule allows a job while its last one has not ended.
pub const OVERLAPS: [&str; 2] = ["allow", "skip"];
