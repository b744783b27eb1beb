//! What a producer gathers for its next script, and what it remembers of those that were acknowledged.

use std::time::{Duration, Instant};

use super::producer::{End, Part, Producer, Remembered, SentPart, UnderWay};
use crate::error::Result;
use crate::queue::contract::{Add, NewJob};
use crate::queue::kept::wall_ms;

/// Jobs and bytes of one script.
const MOST_JOBS: usize = 500;
const MOST_BYTES: usize = 1_048_576;
/// What was acknowledged is kept for so long, up to so many bytes, for a server that comes in another's place.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(10);
const MOST_REMEMBERED_BYTES: usize = 4 * 1_048_576;

pub fn size_of(job: &NewJob) -> usize {
    job.head.len() + job.tail.len() + job.id.len()
}

/// Jobs of a call with their bytes, in parts that fit into a script each.
fn in_parts(jobs: Vec<NewJob>) -> Vec<(Vec<NewJob>, usize)> {
    let bytes = jobs.iter().map(size_of).sum();
    if jobs.len() <= MOST_JOBS && bytes <= MOST_BYTES {
        return vec![(jobs, bytes)];
    }
    let mut parts: Vec<(Vec<NewJob>, usize)> = Vec::new();
    for job in jobs {
        let size = size_of(&job);
        match parts.last_mut().filter(|(jobs, bytes)| bytes + size <= MOST_BYTES && jobs.len() < MOST_JOBS) {
            Some((jobs, bytes)) => {
                jobs.push(job);
                *bytes += size;
            }
            None => parts.push((vec![job], size)),
        }
    }
    parts
}

impl Producer {
    /// Has jobs wait for their turn. Without a call they were journalled.
    ///
    /// # Errors
    /// They could not be journalled.
    pub(super) fn gather(
        &mut self,
        call: Option<u32>,
        jobs: Vec<NewJob>,
        deadline: Instant,
        now: Instant,
    ) -> Result<()> {
        let at_ms = if call.is_none() { wall_ms() } else { 0 };
        let mut parts = in_parts(jobs);
        if let Some(kept) = self.kept.as_mut().filter(|_| call.is_none()) {
            kept.keep(self.number, at_ms, parts.iter().map(|(jobs, _)| &jobs[..]))?;
        }
        let last = parts.pop();
        let others = parts.into_iter().map(|part| (part, false));
        for ((jobs, bytes), is_last) in others.chain(last.map(|part| (part, true))) {
            let part = Part { call, jobs, bytes, deadline, is_last, since: now, at_ms };
            self.waiting_jobs += part.jobs.len();
            self.waiting_bytes += part.bytes;
            self.waiting.push_back(part);
        }
        Ok(())
    }

    pub(super) fn count_waiting(&mut self) {
        self.waiting_jobs = self.waiting.iter().map(|part| part.jobs.len()).sum();
        self.waiting_bytes = self.waiting.iter().map(|part| part.bytes).sum();
    }

    /// What has gathered, as one step.
    pub(super) fn next_add(&mut self, now: Instant) -> Option<Add> {
        let is_kept = self.waiting.front()?.call.is_none();
        // What an ended process may have sent goes with the same number as a whole, or it could happen twice.
        let (number, count) = self.sent_before.unwrap_or_else(|| (self.number + 1, self.fitting()));
        if let Some(kept) = self.kept.as_mut().filter(|_| is_kept)
            && !kept.sends(number, count)
        {
            return None;
        }
        self.sent_before = None;
        let taken: Vec<Part> = self.waiting.drain(..count.min(self.waiting.len())).collect();
        self.count_taken(&taken);
        let deadline = taken.iter().map(|part| part.deadline).max()?;
        let (mut jobs, mut parts) = (Vec::new(), Vec::new());
        for part in taken {
            parts.push(SentPart { call: part.call, jobs: part.jobs.len(), is_last: part.is_last });
            let waited = now.saturating_duration_since(part.since).as_millis() as u64;
            jobs.extend(part.jobs.into_iter().map(|job| NewJob {
                // Journalled jobs are due as if they had been added in time.
                delay_ms: if is_kept { job.delay_ms.saturating_sub(waited) } else { job.delay_ms },
                ..job
            }));
        }
        self.number = self.number.max(number);
        self.under_way = Some(UnderWay { number, parts, ids: Vec::new(), deadline, is_kept });
        Some(Add { sender: self.sender.clone(), number, max_waiting: self.options.max_waiting, jobs })
    }

    /// How many parts go into one script.
    fn fitting(&self) -> usize {
        let (mut jobs, mut bytes) = (0, 0);
        let is_kept = self.waiting.front().is_some_and(|part| part.call.is_none());
        let fits = |part: &&Part| {
            let is_first = jobs == 0;
            jobs += part.jobs.len();
            bytes += part.bytes;
            // With a bound, jobs of several callers would be refused together. A refusal is the end for callers, and not for
            // what was journalled.
            let is_alone = self.options.max_waiting > 0 || part.call.is_none() != is_kept;
            is_first || !is_alone && jobs <= MOST_JOBS && bytes <= MOST_BYTES
        };
        self.waiting.iter().take_while(fits).count()
    }

    fn count_taken(&mut self, taken: &[Part]) {
        self.waiting_jobs -= taken.iter().map(|part| part.jobs.len()).sum::<usize>();
        self.waiting_bytes -= taken.iter().map(|part| part.bytes).sum::<usize>();
    }

    /// Whether no part of the call has ended before.
    pub(super) fn is_whole(&self, call: u32) -> bool {
        self.partial.iter().all(|(of, _)| *of != call)
    }

    /// A part of a call has ended; the last one, or a failure, ends the call.
    pub(super) fn part_ended(
        &mut self,
        call: u32,
        answer: Result<String>,
        is_last: bool,
    ) -> Option<(u32, End<'static>)> {
        let at = self.partial.iter().position(|(of, _)| *of == call);
        match answer {
            Err(error) => {
                at.map(|at| self.partial.swap_remove(at));
                self.waiting.retain(|part| part.call != Some(call));
                self.count_waiting();
                Some((call, End::Failed(error)))
            }
            Ok(text) if is_last => {
                let mut texts = at.map(|at| self.partial.swap_remove(at).1).unwrap_or_default();
                texts.push(text);
                Some((call, End::All(format!("[{}]", texts.join(",")))))
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
            if !is_old {
                self.forgotten = Some((first.number, first.at));
            }
            self.remembered_bytes -= first.bytes.len();
            self.remembered.pop_front();
        }
        if bytes.len() <= MOST_REMEMBERED_BYTES {
            self.remembered_bytes += bytes.len();
            self.remembered.push_back(Remembered { number: self.number, at: now, bytes: bytes.to_vec() });
        } else {
            self.forgotten = Some((self.number, now));
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_none()
    }

    pub(super) fn remembers_nothing(&self, now: Instant) -> bool {
        self.remembered.iter().all(|one| now.saturating_duration_since(one.at) > REMEMBERED_FOR)
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
