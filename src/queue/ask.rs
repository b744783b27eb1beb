//! What JavaScript asks of a queue: the steps that it takes, and what they come to as JSON.

use serde_json::{Map, Value, json};

use super::backoff::MAX_DELAY_MS;
use super::contract::{Admin, JobState, Look, Step, Word};
use super::keys::{escaped, mark};
use super::limits;
use super::options::{MAX_NAME_BYTES, QueueOptions, integer, object, priority};
use super::schedule::asked::{self as schedule, Answer, Wish};
use super::schedule::steps::Scheduling;
use super::statistics::{Statistics, asked_statistics};
use super::told::{organizations, outcome_parts, shown, snapshots, workers};
use crate::error::{Error, ErrorCode, Result};

/// The names of what is asked.
pub const ASKS: [&str; 30] = [
    "get",
    "list",
    "counts",
    "organizations",
    "workers",
    "wait",
    "cancel",
    "remove",
    "promote",
    "reschedule",
    "setPriority",
    "retry",
    "pause",
    "resume",
    "isPaused",
    "setLimits",
    "setOrganization",
    "eraseOrganization",
    "drain",
    "clean",
    "obliterate",
    "health",
    "totals",
    "schedule",
    "unschedule",
    "schedules",
    "runSchedule",
    "limits",
    "releaseRate",
    "update",
];

const MOST_A_PAGE: u64 = 100;
const RETRIED_AT_ONCE: u64 = 1_000;
const CLEANED_AT_ONCE: u64 = 200;

/// A question or an order, and how far it is.
#[derive(Debug, Clone)]
pub struct Ask {
    name: &'static str,
    /// The steps that are left, the next one last.
    steps: Vec<Step>,
    count: u64,
    signalled: u64,
    left: u64,
    /// What `list` filters by.
    kind: Option<String>,
    organization: Option<String>,
    /// The id of a job, where the question is about one.
    pub id: String,
    pub timeout_ms: u64,
    /// What is to become of a schedule.
    wish: Option<Wish>,
}

/// What the queue and the time say about what is asked.
pub struct Asking<'a> {
    pub options: &'a QueueOptions,
    /// An id for a job that may be made.
    pub made: &'a dyn Fn() -> String,
    /// The time of this process, in ms since 1970.
    pub now: i64,
}

/// What follows from the answer to a step.
#[derive(Debug)]
pub enum Next {
    Done(String),
    Failed(Error),
    /// The end of the job comes by itself.
    Waits,
    /// Its next step.
    GoesOn,
}

fn refused(sentence: &str) -> Error {
    Error::new(ErrorCode::Argument, sentence)
}

/// An organization where one is named, null for the global scope. `None`: none is named.
pub fn organization(given: &Map<String, Value>) -> Result<Option<Option<String>>> {
    match given.get("orgId") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(name)) if (1..=MAX_NAME_BYTES).contains(&name.len()) => {
            Ok(Some(Some(name.clone())))
        }
        Some(_) => {
            Err(Error::new(ErrorCode::Key, "orgId is not allowed; give a text of 1 to 128 bytes, or null"))
        }
    }
}

fn only(given: &Map<String, Value>) -> Result<Option<String>> {
    Ok(organization(given)?.map(|name| escaped(name.as_deref())))
}

fn id_of(given: &Map<String, Value>) -> Result<String> {
    match given.get("id") {
        Some(Value::String(id)) if (1..=MAX_NAME_BYTES).contains(&id.len()) => Ok(id.clone()),
        _ => Err(Error::new(ErrorCode::Key, "the id of a job is not allowed; give a text of 1 to 128 bytes")),
    }
}

fn state_of(given: &Map<String, Value>, allowed: &[JobState]) -> Result<JobState> {
    let state = given.get("state").and_then(Value::as_str).and_then(JobState::named);
    state.filter(|state| allowed.contains(state)).ok_or_else(|| {
        let names: Vec<&str> = allowed.iter().map(|state| state.name()).collect();
        refused(&format!("state is not allowed; give {}", names.join(" or ")))
    })
}

const ENDED: [JobState; 2] = [JobState::Completed, JobState::Dead];
const ALL_STATES: [JobState; 5] =
    [JobState::Ready, JobState::Delayed, JobState::Active, JobState::Completed, JobState::Dead];

fn start() -> String {
    "0".to_owned()
}

impl Ask {
    /// # Errors
    /// The arguments are not allowed.
    pub fn new(name: &str, text: Option<&str>, asking: &Asking<'_>) -> Result<Ask> {
        let name = ASKS.into_iter().find(|known| *known == name).unwrap_or_default();
        let given = text.map_or_else(|| Ok(Map::new()), |text| object(text, "the arguments"))?;
        let mut ask = Ask {
            name,
            steps: Vec::new(),
            count: 0,
            signalled: 0,
            left: 0,
            kind: given.get("type").and_then(Value::as_str).map(str::to_owned),
            organization: None,
            id: String::new(),
            timeout_ms: 0,
            wish: None,
        };
        let steps = if schedule::ASKS.contains(&name) {
            let (options, of) = (asking.options, organization(&given)?);
            let (wish, step) = schedule::begin(name, &given, of, options, asking.made, asking.now)?;
            ask.wish = Some(wish);
            vec![Step::Scheduling(step)]
        } else {
            ask.plan(&given)?
        };
        ask.steps = steps.into_iter().rev().collect();
        Ok(ask)
    }

    fn plan(&mut self, given: &Map<String, Value>) -> Result<Vec<Step>> {
        let about_one = ["cancel", "remove", "promote", "reschedule", "setPriority", "update"];
        if about_one.contains(&self.name) {
            return Ok(vec![Step::Admin(self.about_one(given)?)]);
        }
        let step = match self.name {
            "get" => Step::Look(match given.get("idempotencyKey").and_then(Value::as_str) {
                Some(key) => Look::Mark(mark(organization(given)?.flatten().as_deref(), key)),
                None => Look::Get(id_of(given)?),
            }),
            "list" => return self.list(given).map(|step| vec![step]),
            "counts" => Step::Look(only(given)?.map_or(Look::Counts, Look::Organization)),
            "organizations" => Step::Look(Look::Organizations),
            "workers" => Step::Look(Look::Workers),
            "health" => Step::Look(Look::Counts),
            "totals" => asked_statistics(given, organization(given)?)?,
            "wait" => {
                self.id = id_of(given)?;
                self.timeout_ms = integer(given, "timeoutMs", 30_000, 1, MAX_DELAY_MS)?;
                Step::Look(Look::Wait(self.id.clone()))
            }
            "retry" => return self.retry(given).map(|step| vec![step]),
            "pause" | "resume" => {
                Step::Admin(Admin::Pause { only: only(given)?, pauses: self.name == "pause" })
            }
            "isPaused" => Step::Admin(Admin::IsPaused { only: only(given)? }),
            "limits" => Step::Look(Look::Limits),
            "setLimits" => Step::Admin(limits::set(given)?),
            "releaseRate" => Step::Admin(limits::release()),
            "setOrganization" => Step::Admin(limits::of_organization(given)?),
            "eraseOrganization" => {
                let name = organization(given)?.flatten();
                let only = Some(escaped(name.as_deref())).filter(|name| !name.is_empty());
                if only.is_none() {
                    return Err(Error::new(ErrorCode::Key, "the organization is missing; give a text"));
                }
                let mut steps = clears_all(only.as_ref());
                steps.push(Step::Admin(Admin::StopActive { only: only.clone(), cursor: start() }));
                steps.push(Step::Admin(Admin::ForgetEvents { only, cursor: start() }));
                return Ok(steps);
            }
            "drain" => {
                let is_delayed = given.get("delayed") == Some(&Value::Bool(true));
                return Ok(clears(only(given)?.as_ref(), is_delayed, false));
            }
            "clean" => {
                let is_dead = state_of(given, &ENDED)? == JobState::Dead;
                let older_ms = integer(given, "olderThanMs", 0, 0, MAX_DELAY_MS)?;
                self.left = integer(given, "limit", RETRIED_AT_ONCE, 1, 1_000_000)?;
                Step::Admin(Admin::Clean { is_dead, older_ms, limit: self.left.min(CLEANED_AT_ONCE) })
            }
            "obliterate" => {
                let is_forced = given.get("force") == Some(&Value::Bool(true));
                let mut steps = vec![Step::Admin(Admin::Obliterate { is_forced, does: false })];
                steps.extend(clears_all(None));
                steps.push(Step::Admin(Admin::Obliterate { is_forced, does: true }));
                return Ok(steps);
            }
            _ => return Err(refused("nothing of this name can be asked of a queue")),
        };
        Ok(vec![step])
    }

    fn about_one(&self, given: &Map<String, Value>) -> Result<Admin> {
        let id = id_of(given)?;
        Ok(match self.name {
            "cancel" => Admin::Cancel { id },
            "remove" => Admin::Remove { id },
            "promote" => Admin::Reschedule { id, delay_ms: 0 },
            "update" => match given.get("data").and_then(Value::as_str) {
                Some(data) => Admin::Rewrite { id, data: data.as_bytes().to_vec() },
                None => return Err(refused("the data is missing; give something that is JSON")),
            },
            "setPriority" if !given.contains_key("priority") => {
                return Err(refused("the priority is missing; give an integer from -1000 to 1000"));
            }
            "setPriority" => Admin::Prioritize { id, priority: priority(given, 0)? },
            _ => Admin::Reschedule { id, delay_ms: integer(given, "delayMs", 0, 0, MAX_DELAY_MS)? },
        })
    }

    fn list(&mut self, given: &Map<String, Value>) -> Result<Step> {
        let state = state_of(given, &ALL_STATES)?;
        let only = only(given)?;
        self.organization.clone_from(&only);
        let limit = integer(given, "limit", MOST_A_PAGE, 1, MOST_A_PAGE)?;
        let from = given.get("after").and_then(Value::as_str).map_or(Some(0), |after| after.parse().ok());
        let from = from.ok_or_else(|| refused("after is not allowed; give what an earlier page answered"))?;
        let only = only.filter(|_| state == JobState::Ready);
        Ok(Step::Look(Look::List { state, only, from, limit }))
    }

    fn retry(&mut self, given: &Map<String, Value>) -> Result<Step> {
        if given.contains_key("id") {
            return Ok(Step::Admin(Admin::Retry { id: id_of(given)? }));
        }
        let is_dead = state_of(given, &ENDED)? == JobState::Dead;
        self.left = integer(given, "limit", RETRIED_AT_ONCE, 1, 1_000_000)?;
        let text = self.kind.as_ref().map_or_else(String::new, |kind| format!("\"t\":{}", json!(kind)));
        Ok(Step::Admin(Admin::RetryPage { is_dead, text, only: only(given)?, limit: self.left, from: 0 }))
    }

    /// The organization that a schedule is made for.
    pub fn scheduled_for(&self) -> Option<&str> {
        self.wish.as_ref()?.organization()
    }

    /// Bytes of the data that a job is to get.
    pub fn payload_bytes(&self) -> usize {
        match self.steps.first() {
            Some(Step::Admin(Admin::Rewrite { data, .. })) => data.len(),
            _ => 0,
        }
    }

    pub fn is_health(&self) -> bool {
        self.name == "health"
    }

    /// Whether one of its steps may change something.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step, Step::Look(_)))
    }

    /// The first step, or the next one.
    pub fn step(&self) -> Option<Step> {
        self.steps.last().cloned()
    }

    /// What the answer to its step leads to.
    pub fn answered(&mut self, words: &[Word]) -> Next {
        let Some(step) = self.steps.pop() else { return Next::Done("null".to_owned()) };
        match &step {
            Step::Look(look) => return self.looked(look, words),
            Step::Scheduling(step) => return self.scheduled(step, words),
            Step::Admin(admin) => {
                if let Some(again) = self.paged(admin, words) {
                    self.steps.push(Step::Admin(again));
                } else if let (Admin::Obliterate { .. }, Some(0)) = (admin, words.first().map(Word::number)) {
                    let sentence = "the queue has active jobs; give force to remove them too";
                    return Next::Failed(Error::new(ErrorCode::Conflict, sentence));
                }
                if !self.steps.is_empty() {
                    return Next::GoesOn;
                }
            }
            _ => {}
        }
        Next::Done(self.value(words))
    }

    fn scheduled(&mut self, step: &Scheduling, words: &[Word]) -> Next {
        if let Scheduling::Clear { only, .. } = step {
            self.count += words.first().map_or(0, Word::number).max(0) as u64;
            let (only, cursor) = (only.clone(), words.get(1).map(Word::text).unwrap_or_default());
            if cursor != "0" && !cursor.is_empty() {
                self.steps.push(Step::Scheduling(Scheduling::Clear { only, cursor }));
            }
            // Jobs are cleared behind schedules.
            return Next::GoesOn;
        }
        match self.wish.as_ref().map(|wish| schedule::answered(wish, step, words)) {
            Some(Ok(Answer::Next(step))) => {
                self.steps.push(Step::Scheduling(step));
                Next::GoesOn
            }
            Some(Ok(Answer::Done(text))) => Next::Done(text),
            Some(Err(error)) => Next::Failed(error),
            None => Next::Failed(Error::defect()),
        }
    }

    /// The same operation again, where it has gone through a part only.
    fn paged(&mut self, admin: &Admin, words: &[Word]) -> Option<Admin> {
        let number = words.first().map_or(0, Word::number).max(0) as u64;
        let cursor = words.get(1).map(Word::text).unwrap_or_default();
        let goes_on = |cursor: &String| *cursor != "0" && !cursor.is_empty();
        match admin {
            Admin::ClearReady { .. } => {
                self.count += number;
                (cursor == "1").then(|| admin.clone())
            }
            Admin::ClearDelayed { only, .. } => {
                self.count += number;
                goes_on(&cursor).then(|| Admin::ClearDelayed { only: only.clone(), cursor })
            }
            Admin::ClearEnded { only, .. } => {
                self.count += number;
                goes_on(&cursor).then(|| Admin::ClearEnded { only: only.clone(), cursor })
            }
            Admin::StopActive { only, .. } => {
                self.signalled += number;
                goes_on(&cursor).then(|| Admin::StopActive { only: only.clone(), cursor })
            }
            Admin::ForgetEvents { only, .. } => {
                goes_on(&cursor).then(|| Admin::ForgetEvents { only: only.clone(), cursor })
            }
            Admin::Clean { is_dead, older_ms, limit } => {
                self.count += number;
                self.left = self.left.saturating_sub(number);
                let is_more = number == *limit && self.left > 0;
                let limit = self.left.min(CLEANED_AT_ONCE);
                is_more.then_some(Admin::Clean { is_dead: *is_dead, older_ms: *older_ms, limit })
            }
            Admin::RetryPage { is_dead, text, only, .. } => {
                self.count += number;
                self.left = self.left.saturating_sub(number);
                let from = cursor.parse().ok().filter(|_| self.left > 0)?;
                let (text, only) = (text.clone(), only.clone());
                Some(Admin::RetryPage { is_dead: *is_dead, text, only, limit: self.left, from })
            }
            _ => None,
        }
    }

    fn value(&self, words: &[Word]) -> String {
        let first = words.first();
        let number = first.map_or(0, Word::number);
        match self.name {
            "cancel" => json!(first.map(Word::text)).to_string(),
            "remove" | "promote" | "reschedule" | "setPriority" | "update" | "isPaused" => {
                (number == 1).to_string()
            }
            "retry" if self.count == 0 => number.to_string(),
            "retry" | "drain" | "clean" => self.count.to_string(),
            "eraseOrganization" => json!({ "removed": self.count, "signalled": self.signalled }).to_string(),
            _ => "null".to_owned(),
        }
    }

    fn looked(&mut self, look: &Look, words: &[Word]) -> Next {
        Next::Done(match look {
            Look::Mark(_) => {
                let id = words.first().map(Word::text).unwrap_or_default();
                if id.is_empty() {
                    return Next::Done("null".to_owned());
                }
                self.steps.push(Step::Look(Look::Get(id)));
                return Next::GoesOn;
            }
            Look::Get(_) => snapshots(words, true).pop().unwrap_or_else(|| "null".to_owned()),
            Look::Wait(_) => match words.first().map(Word::text).as_deref() {
                None => r#"{"state":"unknown"}"#.to_owned(),
                Some("c" | "d") => ended(words.get(1).map(Word::bytes).unwrap_or_default()),
                Some(_) => return Next::Waits,
            },
            Look::List { .. } => self.listed(words),
            Look::Counts => {
                let number = |at: usize| words.get(at).map_or(0, Word::number);
                let counts = json!({ "ready": number(0), "delayed": number(1), "active": number(2),
                    "completed": number(3), "dead": number(4) });
                if self.name == "health" { "true".to_owned() } else { counts.to_string() }
            }
            Look::Stats { only, .. } => match Statistics::read(words, only.is_some()) {
                Some(statistics) => statistics.to_json(only.as_deref()).to_string(),
                None => return Next::Failed(Error::defect()),
            },
            Look::Organization(_) => {
                let number = |at: usize| words.get(at).map_or(0, Word::number);
                let active = Some(number(1)).filter(|active| *active >= 0);
                json!({ "ready": number(0), "active": active }).to_string()
            }
            Look::Limits => limits::told(words),
            Look::Organizations => organizations(words),
            Look::Workers => workers(words),
            Look::Sent(_) | Look::Eviction | Look::Layout | Look::Listen { .. } => "null".to_owned(),
        })
    }

    fn listed(&self, words: &[Word]) -> String {
        let after = words.first().map(Word::text).filter(|after| !after.is_empty());
        let jobs = snapshots(words.get(1..).unwrap_or_default(), false);
        let is_meant = |job: &&String| shown(job, self.kind.as_deref(), self.organization.as_deref());
        let jobs: Vec<&str> = jobs.iter().filter(is_meant).map(String::as_str).collect();
        format!("{{\"jobs\":[{}],\"after\":{}}}", jobs.join(","), json!(after))
    }
}

/// How a job ended, as `wait` answers it.
pub fn ended(outcome: &[u8]) -> String {
    match outcome_parts(outcome) {
        None => r#"{"state":"unknown"}"#.to_owned(),
        Some(parts) => {
            let (state, name) = match parts.state {
                JobState::Completed => ("completed", "result"),
                _ => ("dead", "error"),
            };
            if parts.payload.is_empty() {
                return format!("{{\"state\":\"{state}\"}}");
            }
            format!("{{\"state\":\"{state}\",\"{name}\":{}}}", parts.payload)
        }
    }
}

/// Removes schedules, so that no more jobs come, and then jobs that do not run.
fn clears_all(only: Option<&String>) -> Vec<Step> {
    let schedules = Scheduling::Clear { only: only.cloned(), cursor: start() };
    let mut steps = vec![Step::Scheduling(schedules)];
    steps.extend(clears(only, true, true));
    steps
}

fn clears(only: Option<&String>, delayed: bool, ended: bool) -> Vec<Step> {
    let mut steps = vec![Step::Admin(Admin::ClearReady { only: only.cloned() })];
    if delayed {
        steps.push(Step::Admin(Admin::ClearDelayed { only: only.cloned(), cursor: start() }));
    }
    if ended {
        steps.push(Step::Admin(Admin::ClearEnded { only: only.cloned(), cursor: start() }));
    }
    steps
}
