//! What became of a worker's jobs, as `scripts/finish.lua` records it.

use super::{Memory, Outcome, Sent, id_of};
use crate::queue::contract::{Fate, Finished, JobState, Reply, Turn, Turned};

/// What finishing jobs leads to, which is done once for all of them.
#[derive(Default)]
struct Led {
    fronts: Vec<(String, String, i32)>,
    /// Organizations that may not run before a time.
    holds: Vec<(String, i64)>,
    completed: bool,
    died: bool,
}

impl Memory {
    pub(super) fn turn(&mut self, turn: &Turn) -> Reply {
        if let Some(sent) = self.sent.get(&turn.worker) {
            if turn.number < sent.number {
                return Reply::Stale;
            }
            if turn.number == sent.number {
                return Reply::Turned(self.answer_again(sent.clone()));
            }
        }
        let (mut lost, mut died) = (Vec::new(), Vec::new());
        if !turn.finished.is_empty() {
            self.finish(turn, &mut lost, &mut died);
        }
        self.keep_times(&turn.times);
        let (mut given, mut missing) = (Vec::new(), 0);
        if turn.wants > 0 {
            missing = self.claim(turn, &mut given);
        }
        let members = given.iter().map(|(member, _)| member.clone()).collect();
        let sent = Sent {
            number: turn.number,
            time: self.now,
            held: Vec::new(),
            lost: lost.clone(),
            died: died.clone(),
            members,
        };
        self.sent.insert(turn.worker.clone(), sent);
        Reply::Turned(Turned { hints: self.hints(), lost, died, given, missing })
    }

    fn answer_again(&self, sent: Sent) -> Turned {
        let held = sent.members.into_iter().filter(|member| self.lease.score(member).is_some());
        let given = held
            .filter_map(|member| self.jobs.get(id_of(&member)).map(|record| (member.clone(), record.clone())))
            .collect();
        Turned { hints: self.hints(), lost: sent.lost, died: sent.died, given, missing: 0 }
    }

    fn finish(&mut self, turn: &Turn, lost: &mut Vec<usize>, died: &mut Vec<usize>) {
        let mut held = Vec::new();
        for (at, finished) in (1..).zip(&turn.finished) {
            let member = &finished.member;
            if self.lease.score(member).is_some() {
                held.push((at, finished));
            } else {
                lost.push(at);
                self.note("lost", id_of(member), || format!("member={member}"));
            }
        }
        self.count("lost", lost.len() as i64);
        for (_, finished) in &held {
            self.lease.remove(&finished.member);
        }
        let mut led = Led::default();
        for (at, finished) in &held {
            if self.finish_one(finished, &mut led) {
                died.push(*at);
            }
        }
        for (_, finished) in &held {
            self.free_place(&finished.organization, id_of(&finished.member));
        }
        let is_released = !led.fronts.is_empty();
        for (organization, id, priority) in led.fronts.into_iter().rev() {
            self.make_ready(&organization, &[id], priority, true);
        }
        for (organization, till) in led.holds {
            if let Some(own) = self.ring.remove(&organization) {
                self.group(&organization).own = Some(own);
            }
            let till = (till as f64).max(self.parked.score(&organization).unwrap_or(0.0));
            self.parked.put(&organization, till);
        }
        for (_, finished) in &held {
            let id = id_of(&finished.member);
            if let Some(outcome) = self.outcomes.get(id).map(Outcome::text) {
                if self.waits.remove(id) {
                    self.tell([b"e", id.as_bytes(), b" ", &outcome].concat());
                }
                self.cancel.remove(id);
            }
        }
        let most = 2 * turn.finished.len() + 10;
        if led.completed {
            self.trim(false, most, false);
        }
        if led.died {
            self.trim(true, most, false);
        }
        if is_released && turn.wants == 0 {
            self.tell("w");
        }
    }

    /// Answers whether its attempts were used up.
    fn finish_one(&mut self, finished: &Finished, led: &mut Led) -> bool {
        let id = id_of(&finished.member).to_owned();
        let mut fate = finished.fate;
        let attempt = self.attempt_of(&id);
        if fate == Fate::Retry {
            let (used, allowed) =
                self.record(&id).map_or((99, 0), |record| (record.attempts + 1, record.job.max_attempts));
            self.patch(&id, 3, &format!("{used:02}"));
            if used >= allowed {
                fate = Fate::Dead;
            } else {
                self.count("retried", 1);
            }
        }
        self.note_end(&id, fate, attempt, finished);
        let till = self.now + finished.delay_ms as i64;
        match fate {
            Fate::Completed | Fate::Dead => {
                let is_dead = fate == Fate::Dead;
                let state = if is_dead { JobState::Dead } else { JobState::Completed };
                self.bury(&finished.member, state, finished.size, &finished.payload);
                self.free_mark(&id, Some(&finished.mark).filter(|mark| !mark.is_empty()).map(String::as_str));
                led.completed |= !is_dead;
                led.died |= is_dead;
            }
            Fate::Retry | Fate::Delayed if finished.delay_ms > 0 => {
                let member = format!("f{}:{id}:{}", finished.priority, finished.organization);
                self.delayed.put(&member, till as f64);
            }
            _ => {
                let organization = finished.organization.clone();
                if fate == Fate::HoldsOrganization {
                    match led.holds.iter_mut().find(|(name, _)| *name == organization) {
                        Some((_, known)) => *known = till.max(*known),
                        None => led.holds.push((organization.clone(), till)),
                    }
                }
                if fate == Fate::HoldsQueue {
                    self.meta.hold = Some(till);
                }
                led.fronts.push((organization, id, finished.priority));
            }
        }
        fate == Fate::Dead && finished.fate == Fate::Retry
    }

    fn note_end(&mut self, id: &str, fate: Fate, attempt: u32, finished: &Finished) {
        let event = match fate {
            Fate::Completed => "completed",
            Fate::Dead => "dead",
            Fate::Retry => "retrying",
            _ => "released",
        };
        let is_over = matches!(fate, Fate::Completed | Fate::Dead);
        let delay = if is_over { String::new() } else { format!(" delay={}", finished.delay_ms) };
        self.note(event, id, || format!("attempt={attempt} member={}{delay}", finished.member));
    }

    /// Keeps the outcome of a job that ended.
    pub(super) fn bury(&mut self, member: &str, state: JobState, size: usize, payload: &[u8]) {
        let mut parts = member.split(':');
        let id = parts.next().unwrap_or_default().to_owned();
        let token = parts.next().and_then(|token| token.parse().ok()).unwrap_or(0);
        let since = parts.nth(1).and_then(|since| since.parse().ok()).unwrap_or(0);
        let bytes = size + payload.len();
        if state == JobState::Dead {
            self.dead.put(&Memory::dead_entry(&id, bytes), self.now as f64);
            self.meta.dead_bytes += bytes as u64;
            self.count("died", 1);
        } else {
            self.done.push_back(Memory::done_entry(&id, self.now, bytes));
            self.meta.completed_bytes += bytes as u64;
            self.count("completed", 1);
        }
        let outcome = Outcome { state, time: self.now, since, token, bytes, payload: payload.to_vec() };
        self.outcomes.insert(id, outcome);
    }

    /// Removes ended jobs beyond what is kept, the oldest first.
    pub(super) fn trim(&mut self, is_dead: bool, most: usize, by_age: bool) {
        let kept = if is_dead { self.meta.dead } else { self.meta.completed };
        let bytes = if is_dead { self.meta.dead_bytes } else { self.meta.completed_bytes };
        let all = if is_dead { self.dead.len() } else { self.done.len() };
        let excess = (all as u64).saturating_sub(kept.count);
        let oldest: Vec<String> = if is_dead {
            self.dead.iter().take(most).map(|(entry, _)| entry.to_owned()).collect()
        } else {
            self.done.iter().take(most).cloned().collect()
        };
        let (mut freed, mut gone) = (0, 0);
        for entry in oldest {
            let id = id_of(&entry).to_owned();
            let (time, size) =
                self.outcomes.get(&id).map_or((0, 0), |outcome| (outcome.time, outcome.bytes as u64));
            let is_old = by_age && self.now - time > kept.age_ms as i64;
            if gone >= excess && bytes - freed <= kept.bytes && !is_old {
                break;
            }
            gone += 1;
            freed += size;
            if is_dead {
                self.dead.remove(&entry);
            } else {
                self.done.pop_front();
            }
            self.forget(&id);
        }
        self.count("expired", gone as i64);
        if is_dead {
            self.meta.dead_bytes -= freed;
        } else {
            self.meta.completed_bytes -= freed;
        }
    }
}
