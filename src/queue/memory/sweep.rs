//! What was left behind, as `scripts/sweep.lua` frees it.

use super::{Memory, id_of};
use crate::queue::contract::{JobState, Reply, Sweep};
use crate::queue::keys::escaped;

const EVERY_MS: i64 = 1_000;
const ENDED_A_PAGE: usize = 100;
const OLD_A_PAGE: usize = 200;
const SENDER_LIVES_MS: i64 = 86_400_000;
const WORKER_LIVES_MS: i64 = 60_000;

impl Memory {
    pub(super) fn sweep(&mut self, sweep: &Sweep) -> Reply {
        let next = self.meta.next_sweep;
        if next > self.now && next <= self.now + EVERY_MS {
            let hints = self.hints();
            return Reply::Swept {
                hints,
                swept: false,
                stalled: Vec::new(),
                missing: 0,
                slot_ms: self.slot_ms(),
                server_ms: self.now,
            };
        }
        self.meta.next_sweep = self.now + EVERY_MS;
        let ended = self.lease.until(self.now as f64, ENDED_A_PAGE);
        for member in &ended {
            self.lease.remove(member);
        }
        let (mut stalled, mut missing) = (Vec::new(), 0);
        for member in ended.iter().rev() {
            match self.stall(member, sweep) {
                Some(is_over) => stalled.push((id_of(member).to_owned(), is_over)),
                None => missing += 1,
            }
        }
        self.count("evicted", missing as i64);
        self.keep_row();
        self.trim(false, OLD_A_PAGE, true);
        self.trim(true, OLD_A_PAGE, true);
        let now = self.now;
        self.sent.retain(|_, sent| now - sent.time <= SENDER_LIVES_MS);
        self.workers.retain(|_, seen| now - *seen <= WORKER_LIVES_MS);
        self.forget_events();
        self.marks.retain(|_, mark| mark.ends.is_none_or(|ends| now < ends));
        Reply::Swept {
            hints: self.hints(),
            swept: true,
            stalled,
            missing,
            slot_ms: self.slot_ms(),
            server_ms: self.now,
        }
    }

    /// Ms until a schedule has its next slot.
    fn slot_ms(&self) -> Option<u64> {
        self.slots.first().map(|(_, slot)| (slot as i64 - self.now).max(0) as u64)
    }

    /// Whether the job does not go on; `None` where its record is gone.
    fn stall(&mut self, member: &str, sweep: &Sweep) -> Option<bool> {
        let id = id_of(member).to_owned();
        let record = self.record(&id)?;
        let (stalls, priority) = ((record.stalls + 1).min(99), record.job.priority);
        let (organization, mark) = (escaped(record.job.organization.as_deref()), record.job.mark.clone());
        self.patch(&id, 10, &format!("{stalls:02}"));
        self.count("stalled", 1);
        self.free_place(&organization, &id);
        self.note("stalled", &id, || format!("member={member}"));
        if self.cancel.remove(&id) {
            self.note("removed", &id, String::new);
            self.free_mark(&id, mark.as_deref());
            self.forget(&id);
            self.count("removed", 1);
            self.tell_end(&id);
            return Some(true);
        }
        if stalls > sweep.max_stalls {
            let attempt = self.attempt_of(&id);
            self.note("dead", &id, || format!("attempt={attempt} member={member}"));
            self.free_mark(&id, mark.as_deref());
            let size = self.jobs.get(&id).map_or(0, Vec::len);
            self.bury(member, JobState::Dead, size, &sweep.payload);
            if self.waits.remove(&id) {
                let outcome = self.outcomes.get(&id).map(super::Outcome::text).unwrap_or_default();
                self.tell([b"e", id.as_bytes(), b" ", &outcome].concat());
            }
            return Some(true);
        }
        self.make_ready(&organization, &[id], priority, true);
        self.tell("w");
        Some(false)
    }

    /// A job is gone for which somebody may wait.
    pub(super) fn tell_end(&mut self, id: &str) {
        if self.waits.remove(id) {
            self.tell(format!("e{id}"));
        }
    }
}
