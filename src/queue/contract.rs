//! The steps of a queue: what each takes and answers. Redis carries them out as scripts, `memory` on this process's memory; one
//! suite of tests holds for both.

use super::schedule::steps::Scheduling;
use crate::error::Result;

/// One step, which happens as a whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Add(Add),
    Turn(Turn),
    Renew(Renew),
    Update(Update),
    Sweep(Sweep),
    Admin(Admin),
    Look(Look),
    Scheduling(Scheduling),
}

/// Adds jobs, all or none, once for each number of a sender.
#[derive(Debug, Clone, PartialEq)]
pub struct Add {
    pub sender: String,
    pub number: u64,
    /// So many jobs may wait; 0: any number.
    pub max_waiting: u64,
    pub jobs: Vec<NewJob>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    pub id: String,
    /// Escaped; empty for the global scope.
    pub organization: String,
    pub priority: i32,
    pub delay_ms: u64,
    /// The record up to its time of creation, and behind it.
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
    /// The mark of idempotency, or empty.
    pub mark: String,
    pub digest: String,
    /// How long the mark lives; 0: as long as the job.
    pub window_ms: u64,
}

impl NewJob {
    /// Whether it is ready at once, has no priority, and no mark.
    pub fn is_plain(&self) -> bool {
        self.priority == 0 && self.delay_ms == 0 && self.mark.is_empty()
    }
}

/// Records what became of a worker's jobs, and gives it new ones, once for each number.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub worker: String,
    pub number: u64,
    pub lease_ms: u64,
    pub wants: usize,
    pub finished: Vec<Finished>,
    /// Lengths of waiting (`w`) and running (`r`) by their buckets, and how many there were.
    pub times: Vec<(String, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub member: String,
    pub fate: Fate,
    /// The outcome as it is kept: the result's JSON, or the error's.
    pub payload: Vec<u8>,
    pub delay_ms: u64,
    pub organization: String,
    /// The mark of idempotency that ends with the job, or empty.
    pub mark: String,
    pub priority: i32,
    /// Bytes of the record.
    pub size: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Completed,
    /// Again after the delay, or dead where its attempts are used up.
    Retry,
    Dead,
    /// To the front, without an attempt.
    Released,
    /// After the delay, without an attempt.
    Delayed,
    /// Released, and no job of its organization before the delay has passed.
    HoldsOrganization,
    /// Released, and no job of the queue before the delay has passed.
    HoldsQueue,
}

impl Fate {
    /// As the script knows it.
    pub fn letter(self) -> &'static str {
        match self {
            Fate::Completed => "c",
            Fate::Retry => "r",
            Fate::Dead => "d",
            Fate::Released => "f",
            Fate::Delayed => "l",
            Fate::HoldsOrganization => "o",
            Fate::HoldsQueue => "q",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Renew {
    pub worker: String,
    pub lease_ms: u64,
    pub members: Vec<String>,
}

/// A change of a job by the worker that holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    pub member: String,
    pub change: Change,
    /// JSON, a line of the log, or ms.
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Progress,
    Log,
    Data,
    Extend,
}

impl Change {
    pub const ALL: [(Change, &str); 4] = [
        (Change::Progress, "progress"),
        (Change::Log, "log"),
        (Change::Data, "data"),
        (Change::Extend, "extend"),
    ];

    pub fn name(self) -> &'static str {
        Change::ALL[self as usize].1
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// A job whose lease ended more often is dead.
    pub max_stalls: u32,
    /// The outcome of such a job.
    pub payload: Vec<u8>,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    Ready,
    Delayed,
    Active,
    Completed,
    Dead,
}

impl JobState {
    pub const ALL: [(JobState, &str, &str); 5] = [
        (JobState::Ready, "ready", "r"),
        (JobState::Delayed, "delayed", "l"),
        (JobState::Active, "active", "a"),
        (JobState::Completed, "completed", "c"),
        (JobState::Dead, "dead", "d"),
    ];

    pub fn name(self) -> &'static str {
        JobState::ALL[self as usize].1
    }

    /// As the scripts know it.
    pub fn letter(self) -> &'static str {
        JobState::ALL[self as usize].2
    }

    pub fn named(name: &str) -> Option<JobState> {
        JobState::ALL.iter().find(|(_, known, _)| *known == name).map(|(state, ..)| *state)
    }

    pub fn lettered(letter: &str) -> Option<JobState> {
        JobState::ALL.iter().find(|(.., known)| *known == letter).map(|(state, ..)| *state)
    }
}

/// Changes of single jobs, pages of jobs and settings. Each may happen twice without harm. Organizations are escaped;
/// `only` names one, `None` all.
#[derive(Debug, Clone, PartialEq)]
pub enum Admin {
    /// The version of the layout, and fields of `meta` (`None`: removed).
    Configure(&'static str, Vec<(&'static str, Option<u64>)>),
    /// Weight, concurrency, rate and its period; `None` stays.
    Organization {
        name: String,
        weight: Option<f64>,
        concurrency: Option<u64>,
        rate: Option<(u64, u64)>,
    },
    Pause {
        only: Option<String>,
        pauses: bool,
    },
    IsPaused {
        only: Option<String>,
    },
    Cancel {
        id: String,
    },
    Remove {
        id: String,
    },
    Reschedule {
        id: String,
        delay_ms: u64,
    },
    Prioritize {
        id: String,
        priority: i32,
    },
    /// The job's data, as JSON.
    Rewrite {
        id: String,
        data: Vec<u8>,
    },
    Retry {
        id: String,
    },
    RetryPage {
        is_dead: bool,
        text: String,
        only: Option<String>,
        limit: u64,
        from: u64,
    },
    ClearReady {
        only: Option<String>,
    },
    ClearDelayed {
        only: Option<String>,
        cursor: String,
    },
    ClearEnded {
        only: Option<String>,
        cursor: String,
    },
    StopActive {
        only: Option<String>,
        cursor: String,
    },
    /// Events of an organization that are still kept.
    ForgetEvents {
        only: Option<String>,
        cursor: String,
    },
    Clean {
        is_dead: bool,
        older_ms: u64,
        limit: u64,
    },
    /// `does`: not only asked whether it may.
    Obliterate {
        is_forced: bool,
        does: bool,
    },
}

/// Questions. They change nothing, but `Wait` has the end of the job told, and `Listen` has events written.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    Counts,
    Organization(String),
    Organizations,
    /// What `Configure` has set of the queue's limits, and for how long they hold it up.
    Limits,
    Workers,
    /// Counts, and what happened in so many minutes; of an organization where one is named.
    Stats {
        minutes: u64,
        only: Option<String>,
    },
    /// The version of the layout, without which nothing is changed.
    Layout,
    Mark(String),
    Get(String),
    Wait(String),
    List {
        state: JobState,
        only: Option<String>,
        from: u64,
        limit: u64,
    },
    /// Events from a place on, the place itself included, and the wish to have them written for a while longer. Empty: none yet.
    Listen {
        from: String,
        most: u64,
    },
    /// The last number of a sender.
    Sent(String),
    /// What the server does when its memory is full: the policy, and the bytes that it may use.
    Eviction,
}

/// What a step says of the queue beside its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    pub ready: u64,
    /// Ms until something is due.
    pub due_ms: Option<u64>,
    pub is_paused: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A later number of the sender is known: nothing was done.
    Stale,
    /// Positions (from 1) of jobs that were not added, since `Some` other job has their mark; `None`: for another payload.
    Added {
        hints: Hints,
        held: Vec<(usize, Option<String>)>,
    },
    /// Too many would wait: nothing was added.
    Full {
        hints: Hints,
    },
    Turned(Turned),
    Renewed {
        hints: Hints,
        lost: Vec<usize>,
        stopped: Vec<usize>,
    },
    Updated(bool),
    Swept {
        hints: Hints,
        swept: bool,
        stalled: Vec<(String, bool)>,
        missing: u64,
        /// Ms until a schedule has its next slot.
        slot_ms: Option<u64>,
        /// The server's clock.
        server_ms: i64,
    },
    Words(Vec<Word>),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turned {
    pub hints: Hints,
    /// Positions (from 1) of finished jobs that the worker no longer held.
    pub lost: Vec<usize>,
    /// Positions of jobs that are dead since their attempts were used up.
    pub died: Vec<usize>,
    /// Members and records.
    pub given: Vec<(String, Vec<u8>)>,
    /// Records that are gone though nobody removed them.
    pub missing: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Number(i64),
    Text(Vec<u8>),
}

impl Word {
    pub fn number(&self) -> i64 {
        match self {
            Word::Number(number) => *number,
            Word::Text(text) => {
                std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
            }
        }
    }

    pub fn text(&self) -> String {
        match self {
            Word::Number(number) => number.to_string(),
            Word::Text(text) => String::from_utf8_lossy(text).into_owned(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Word::Number(_) => &[],
            Word::Text(text) => text,
        }
    }
}

impl From<i64> for Word {
    fn from(number: i64) -> Word {
        Word::Number(number)
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Word {
        Word::Text(text.as_bytes().to_vec())
    }
}

/// Carries out steps of one queue.
pub trait Store {
    /// # Errors
    /// The step did not happen.
    fn run(&mut self, step: &Step) -> Result<Reply>;
}

/// What a step's reply is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Add,
    Turn,
    Renew,
    Update,
    Sweep,
    Words,
}

impl Step {
    pub fn shape(&self) -> Shape {
        match self {
            Step::Add(_) => Shape::Add,
            Step::Turn(_) => Shape::Turn,
            Step::Renew(_) => Shape::Renew,
            Step::Update(_) => Shape::Update,
            Step::Sweep(_) => Shape::Sweep,
            Step::Admin(_) | Step::Look(_) | Step::Scheduling(_) => Shape::Words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_letters_stand_at_their_own_place() {
        for (at, (change, name)) in Change::ALL.into_iter().enumerate() {
            assert_eq!((change as usize, change.name()), (at, name));
        }
        for (at, (state, name, letter)) in JobState::ALL.into_iter().enumerate() {
            assert_eq!((state as usize, state.name(), state.letter()), (at, name, letter));
            assert_eq!((JobState::named(name), JobState::lettered(letter)), (Some(state), Some(state)));
        }
    }
}
