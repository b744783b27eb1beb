//! What JavaScript asks about schedules: the steps that it takes, and what they come to as JSON.

use serde_json::{Map, Value, json};

use super::given::NewSchedule;
use super::steps::{MOST_SCHEDULES, PAGE, Scheduling};
use super::told::page;
use crate::error::{Error, ErrorCode, Result};
use crate::queue::contract::Word;
use crate::queue::keys::escaped;
use crate::queue::options::{MAX_NAME_BYTES, QueueOptions, integer, refusal};

/// What is asked.
pub const ASKS: [&str; 4] = ["schedule", "unschedule", "schedules", "runSchedule"];

/// What is to become of the schedule that was found.
#[derive(Debug, Clone)]
pub enum Wish {
    Put(Box<NewSchedule>),
    Remove,
    /// A job of this id at once.
    Run(String),
    Tell,
}

impl Wish {
    /// The organization that a schedule is made for.
    pub fn organization(&self) -> Option<&str> {
        if let Wish::Put(new) = self { new.organization() } else { None }
    }
}

/// What follows from the answer to a step.
#[derive(Debug)]
pub enum Answer {
    Next(Scheduling),
    Done(String),
}

fn id_of(given: &Map<String, Value>) -> Result<String> {
    match given.get("id") {
        Some(Value::String(id)) if (1..=MAX_NAME_BYTES).contains(&id.len()) => Ok(id.clone()),
        _ => {
            let sentence = "the id of a schedule is not allowed; give a text of 1 to 128 bytes";
            Err(Error::new(ErrorCode::Key, sentence))
        }
    }
}

/// The wish and its first step. `organization`: `None` where none is named. `made` is the id of a job that may be made.
///
/// # Errors
/// The arguments are not allowed.
pub fn begin(
    name: &str,
    given: &Map<String, Value>,
    organization: Option<Option<String>>,
    options: &QueueOptions,
    made: &dyn Fn() -> String,
    now: i64,
) -> Result<(Wish, Scheduling)> {
    let only = organization.as_ref().map(|name| escaped(name.as_deref()));
    if name == "schedules" {
        let limit = integer(given, "limit", PAGE as u64, 1, PAGE as u64)?;
        let from = given.get("after").map_or(Some(0), |after| after.as_str()?.parse().ok());
        let from = from.ok_or_else(|| refusal("after is not allowed; give what an earlier page answered"))?;
        return Ok((Wish::Tell, Scheduling::Page { only, from, limit }));
    }
    let id = id_of(given)?;
    let find = |only| Scheduling::Find { id: escaped(Some(&id)), only };
    Ok(match name {
        "schedule" => {
            let new = NewSchedule::read(given, id.clone(), organization.flatten(), options)?;
            // What never comes is refused at once, and again by the server's time.
            new.put(now)?;
            (Wish::Put(Box::new(new)), find(Some(only.unwrap_or_default())))
        }
        "unschedule" => (Wish::Remove, find(only)),
        _ => (Wish::Run(made()), find(only)),
    })
}

/// # Errors
/// What is wished cannot be.
pub fn answered(wish: &Wish, step: &Scheduling, words: &[Word]) -> Result<Answer> {
    let first = words.first().map_or(0, Word::number);
    let done = |value: Value| Ok(Answer::Done(value.to_string()));
    match step {
        Scheduling::Find { .. } => found(wish, words),
        Scheduling::Put(_) if first == 2 => {
            let sentence = format!(
                "the queue has {MOST_SCHEDULES} schedules, as many as may be; this one was not stored"
            );
            Err(Error::new(ErrorCode::Overloaded, sentence))
        }
        Scheduling::Put(_) => {
            let id = if let Wish::Put(new) = wish { new.id() } else { "" };
            let next: Option<i64> = words.get(1).and_then(|slot| slot.text().parse().ok());
            done(json!({ "id": id, "created": first == 1, "nextAt": next }))
        }
        Scheduling::Remove { .. } => done((first == 1).into()),
        Scheduling::Run { .. } if first == 0 => done(Value::Null),
        Scheduling::Run { .. } => done(json!({ "id": words.get(1).map(Word::text), "created": first == 1 })),
        Scheduling::Page { .. } => Ok(Answer::Done(page(words))),
        Scheduling::Clear { .. } | Scheduling::Due | Scheduling::Fire(_) => done(Value::Null),
    }
}

fn found(wish: &Wish, words: &[Word]) -> Result<Answer> {
    let now: i64 = words.first().and_then(|now| now.text().parse().ok()).ok_or_else(Error::defect)?;
    let name = words.get(2).map(Word::text).unwrap_or_default();
    if let Wish::Put(new) = wish {
        return Ok(Answer::Next(Scheduling::Put(Box::new(new.put(now)?))));
    }
    match words.get(1).map_or(0, Word::number) {
        1 => Ok(Answer::Next(match wish {
            Wish::Run(job) => Scheduling::Run { name, job: job.clone() },
            _ => Scheduling::Remove { name },
        })),
        2 => {
            let sentence = "several organizations have a schedule of this id; give orgId";
            Err(Error::new(ErrorCode::Key, sentence))
        }
        _ => Ok(Answer::Done(if matches!(wish, Wish::Run(_)) { "null" } else { "false" }.to_owned())),
    }
}
