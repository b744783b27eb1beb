//! What a producer gathers for its next script, and what it remembers of those that were acknowledged.

use std::time::{Duration, Instant};

use super::producer::{Part, Producer, Remembered, UnderWay};
use crate::error::Result;
use crate::queue::contract::{Add, NewJob};

/// Jobs and bytes of one script.
const MOST_JOBS: usize = 500;
const MOST_BYTES: usize = 1_048_576;
/// What was acknowledged is kept for so long, up to so many bytes, for a server that comes in another's place.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(10);
const MOST_REMEMBERED_BYTES: usize = 4 * 1_048_576;

pub fn size_of(job: &NewJob) -> usize {
    job.head.len() + job.tail.len() + job.id.len()
}

impl Producer {
    pub(super) fn gather(&mut self, call: Option<u32>, jobs: Vec<NewJob>, deadline: Instant) {
        self.waiting_jobs += jobs.len();
        let mut part = Part { call, jobs: Vec::new(), bytes: 0, deadline, is_last: false };
        for job in jobs {
            let size = size_of(&job);
            if !part.jobs.is_empty() && (part.bytes + size > MOST_BYTES || part.jobs.len() == MOST_JOBS) {
                self.waiting_bytes += part.bytes;
                let next = Part { call, jobs: Vec::new(), bytes: 0, deadline, is_last: false };
                self.waiting.push_back(std::mem::replace(&mut part, next));
            }
            part.bytes += size;
            part.jobs.push(job);
        }
        part.is_last = true;
        self.waiting_bytes += part.bytes;
        self.waiting.push_back(part);
    }

    pub(super) fn count_waiting(&mut self) {
        self.waiting_jobs = self.waiting.iter().map(|part| part.jobs.len()).sum();
        self.waiting_bytes = self.waiting.iter().map(|part| part.bytes).sum();
    }

    /// What has gathered, as one step.
    pub(super) fn next_add(&mut self) -> Option<Add> {
        let first = self.waiting.front()?;
        let mut deadline = first.deadline;
        let (mut jobs, mut parts, mut bytes, mut is_kept) = (Vec::new(), Vec::new(), 0, false);
        while let Some(part) = self.waiting.front() {
            let fits = jobs.len() + part.jobs.len() <= MOST_JOBS && bytes + part.bytes <= MOST_BYTES;
            // With a bound, jobs of several callers would be refused together. A refusal is the end for callers, and not for
            // what was journalled.
            let is_alone = self.options.max_waiting > 0 || part.call.is_none() != is_kept;
            if !jobs.is_empty() && (!fits || is_alone) {
                break;
            }
            let Some(part) = self.waiting.pop_front() else { break };
            deadline = deadline.max(part.deadline);
            bytes += part.bytes;
            is_kept |= part.call.is_none();
            parts.push((part.call, part.jobs.iter().map(|job| job.id.clone()).collect(), part.is_last));
            self.waiting_jobs -= part.jobs.len();
            self.waiting_bytes -= part.bytes;
            jobs.extend(part.jobs);
        }
        self.number += 1;
        self.under_way = Some(UnderWay { number: self.number, parts, deadline, is_kept });
        Some(Add {
            sender: self.sender.clone(),
            number: self.number,
            max_waiting: self.options.max_waiting,
            jobs,
        })
    }

    /// A part of a call has ended; the last one, or a failure, ends the call.
    pub(super) fn part_ended(
        &mut self,
        call: u32,
        answer: Result<String>,
        is_last: bool,
    ) -> Option<(u32, Result<String>)> {
        let at = self.partial.iter().position(|(of, _)| *of == call);
        match answer {
            Err(error) => {
                at.map(|at| self.partial.swap_remove(at));
                self.waiting.retain(|part| part.call != Some(call));
                self.count_waiting();
                Some((call, Err(error)))
            }
            Ok(text) if is_last => {
                let mut texts = at.map(|at| self.partial.swap_remove(at).1).unwrap_or_default();
                texts.push(text);
                Some((call, Ok(format!("[{}]", texts.join(",")))))
            }
            Ok(text) => {
                match at {
                    Some(at) => self.partial[at].1.push(text),
                    None => self.partial.push((call, vec![text])),
                }
                None
            }
        }
    }

    pub(super) fn remember(&mut self, bytes: &[u8], now: Instant) {
        while let Some(first) = self.remembered.front() {
            let is_old = now.saturating_duration_since(first.at) > REMEMBERED_FOR;
            if !is_old && self.remembered_bytes + bytes.len() <= MOST_REMEMBERED_BYTES {
                break;
            }
            self.forgotten += u64::from(!is_old);
            self.remembered_bytes -= first.bytes.len();
            self.remembered.pop_front();
        }
        if bytes.len() <= MOST_REMEMBERED_BYTES {
            self.remembered_bytes += bytes.len();
            self.remembered.push_back(Remembered { number: self.number, at: now, bytes: bytes.to_vec() });
        } else {
            self.forgotten += 1;
        }
    }

    /// The last add did not happen, or nobody wants it any more.
    pub(super) fn forget_last(&mut self, number: u64) {
        if self.remembered.back().is_some_and(|last| last.number == number)
            && let Some(last) = self.remembered.pop_back()
        {
            self.remembered_bytes -= last.bytes.len();
        }
    }
}
