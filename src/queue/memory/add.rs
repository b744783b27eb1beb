//! `add`, as `scripts/add.lua` does it.

use super::{Mark, Memory, Sent};
use crate::queue::contract::{Add, NewJob, Reply};

impl Memory {
    pub(super) fn add(&mut self, add: &Add) -> Reply {
        if let Some(sent) = self.sent.get(&add.sender) {
            if add.number < sent.number {
                return Reply::Stale;
            }
            if add.number == sent.number {
                return Reply::Added { hints: self.hints(), held: sent.held.clone() };
            }
        }
        let ready = self.meta.ready;
        if add.max_waiting > 0 && ready + self.delayed.len() as u64 + add.jobs.len() as u64 > add.max_waiting
        {
            return Reply::Full { hints: self.hints() };
        }
        let mut held = Vec::new();
        let new: Vec<&NewJob> = (1..)
            .zip(&add.jobs)
            .filter(|(at, job)| self.is_new(*at, job, &mut held))
            .map(|(_, job)| job)
            .collect();
        let is_news = self.add_new(&new, ready);
        if is_news {
            self.tell("w");
        }
        let sent = Sent {
            number: add.number,
            time: self.now,
            held: held.clone(),
            lost: Vec::new(),
            died: Vec::new(),
            members: Vec::new(),
        };
        self.sent.insert(add.sender.clone(), sent);
        Reply::Added { hints: self.hints(), held }
    }

    /// Whether no mark names a job already. Sets the mark.
    fn is_new(&mut self, at: usize, job: &NewJob, held: &mut Vec<(usize, Option<String>)>) -> bool {
        if job.mark.is_empty() {
            return true;
        }
        if let Some(mark) = self.mark(&job.mark) {
            if mark.id != job.id {
                let other = (mark.digest == job.digest).then(|| mark.id.clone());
                held.push((at, other));
            }
            return false;
        }
        let ends = (job.window_ms > 0).then(|| self.now + job.window_ms as i64);
        self.marks.insert(job.mark.clone(), Mark { id: job.id.clone(), digest: job.digest.clone(), ends });
        true
    }

    /// Answers whether others are to hear of it.
    fn add_new(&mut self, jobs: &[&NewJob], ready: u64) -> bool {
        if jobs.is_empty() {
            return false;
        }
        let created = self.now.to_string();
        for job in jobs {
            let record = [&job.head, created.as_bytes(), &job.tail].concat();
            self.put_record(&job.id, record);
            let delay = job.delay_ms;
            self.note("added", &job.id, || if delay > 0 { format!("delay={delay}") } else { String::new() });
        }
        let mut is_news = false;
        let later: Vec<_> = jobs.iter().filter(|job| job.delay_ms > 0).collect();
        if let Some(due) = later.iter().map(|job| job.delay_ms).min() {
            let due = (self.now + due as i64) as f64;
            is_news = self.delayed.first().is_none_or(|(_, first)| due < first);
        }
        for job in later {
            let member = format!("b{}:{}:{}", job.priority, job.id, job.organization);
            self.delayed.put(&member, (self.now + job.delay_ms as i64) as f64);
        }
        let mut orders: Vec<(&str, Vec<String>)> = Vec::new();
        let now: Vec<_> = jobs.iter().filter(|job| job.delay_ms == 0).collect();
        for job in now.iter().filter(|job| job.priority == 0) {
            match orders.iter_mut().find(|(name, _)| *name == job.organization) {
                Some((_, ids)) => ids.push(job.id.clone()),
                None => orders.push((&job.organization, vec![job.id.clone()])),
            }
        }
        for (organization, ids) in orders {
            self.make_ready(organization, &ids, 0, false);
        }
        for job in now.iter().filter(|job| job.priority != 0) {
            self.make_ready(&job.organization, std::slice::from_ref(&job.id), job.priority, false);
        }
        self.count("added", jobs.len() as i64);
        is_news || (ready == 0 && !now.is_empty())
    }
}
