//! Changes of single jobs, pages of jobs and settings, as `scripts/admin.lua` makes them.

use super::heard::Heard;
use super::{Found, Kept, Limits, Memory, Outcome, id_of};
use crate::queue::contract::{Admin, JobState, Word};

const PAGE: usize = 200;
/// So far into a list an id is looked for.
const DEPTH: usize = 10_000;

fn words(number: impl Into<i64>) -> Vec<Word> {
    vec![Word::Number(number.into())]
}

/// How many, and where to go on.
fn page(number: usize, cursor: &str) -> Vec<Word> {
    vec![Word::Number(number as i64), cursor.into()]
}

fn is_meant(only: Option<&String>, organization: &str) -> bool {
    only.is_none_or(|name| name == organization)
}

impl Memory {
    pub(super) fn admin(&mut self, admin: &Admin) -> Vec<Word> {
        match admin {
            Admin::Configure(version, fields) => self.configure(version, fields),
            Admin::Organization { name, weight, concurrency, rate } => {
                self.set_organization(name, *weight, *concurrency, *rate)
            }
            Admin::Pause { only, pauses } => self.pause(only.as_ref(), *pauses),
            Admin::IsPaused { only: None } => words(self.meta.is_paused),
            Admin::IsPaused { only: Some(name) } => words(self.is_organization_paused(name)),
            Admin::Cancel { id } => vec![self.cancel(id).into()],
            Admin::Remove { id } => words(self.remove(id)),
            Admin::Reschedule { id, delay_ms } => words(self.reschedule(id, *delay_ms)),
            Admin::Prioritize { id, priority } => words(self.prioritize(id, *priority)),
            Admin::Rewrite { id, data } => words(self.rewrite(id, data)),
            Admin::Retry { id } => words(self.retry(id)),
            Admin::RetryPage { is_dead, text, only, limit, from } => {
                self.retry_page(*is_dead, text, only.as_ref(), *limit as usize, *from as usize)
            }
            Admin::ClearReady { only } => self.clear_ready(only.as_ref()),
            Admin::ClearDelayed { only, .. } => self.clear_delayed(only.as_ref()),
            Admin::ClearEnded { only, .. } => self.clear_ended(only.as_ref()),
            Admin::StopActive { only, .. } => self.stop_active(only.as_ref()),
            Admin::ForgetEvents { only, .. } => page(self.forget_events_of(only.as_ref()), "0"),
            Admin::Clean { is_dead, older_ms, limit } => {
                words(self.clean(*is_dead, *older_ms as i64, (*limit as usize).min(PAGE)) as i64)
            }
            Admin::Obliterate { is_forced, does } => words(self.obliterate(*is_forced, *does)),
        }
    }

    fn configure(&mut self, version: &'static str, fields: &[(&'static str, Option<u64>)]) -> Vec<Word> {
        if let Some(stored) = self.meta.version.filter(|stored| *stored != version) {
            return vec![Word::Number(0), stored.into()];
        }
        if self.meta.version.is_none() {
            self.keep_row();
        }
        self.meta.version = Some(version);
        let keep = |kept: &mut Kept, name: &str, value: Option<u64>, usual: Kept| match name {
            "c" => kept.count = value.unwrap_or(usual.count),
            "a" => kept.age_ms = value.unwrap_or(usual.age_ms),
            _ => kept.bytes = value.unwrap_or(usual.bytes),
        };
        for (name, value) in fields {
            let limits = &mut self.meta.limits;
            match *name {
                "conc" => limits.concurrency = value.unwrap_or(0),
                "rmax" => limits.rate = value.unwrap_or(0),
                "rper" => limits.period_ms = value.unwrap_or(0),
                // These two are only ever removed.
                "hold" => self.meta.hold = None,
                "rate" => self.meta.rate = None,
                "rc" | "ra" | "rb" => keep(&mut self.meta.completed, &name[1..], *value, super::DONE_KEPT),
                _ => keep(&mut self.meta.dead, &name[1..], *value, super::DEAD_KEPT),
            }
        }
        words(1)
    }

    fn set_organization(
        &mut self,
        name: &str,
        weight: Option<f64>,
        concurrency: Option<u64>,
        rate: Option<(u64, u64)>,
    ) -> Vec<Word> {
        let old = self.group(name).limits.unwrap_or_default();
        let limits = Limits {
            weight: weight.unwrap_or(old.weight),
            concurrency: concurrency.unwrap_or(old.concurrency),
            rate: rate.map_or(old.rate, |(most, _)| most),
            period_ms: rate.map_or(old.period_ms, |(_, period)| period),
        };
        let active: Vec<String> = if limits.concurrency == 0 {
            Vec::new()
        } else {
            let ids = self.lease.iter().map(|(member, _)| id_of(member).to_owned());
            ids.filter(|id| self.organization_of(id) == name).collect()
        };
        let group = self.group(name);
        group.limits = Some(limits);
        if limits.concurrency == 0 {
            group.busy.clear();
        }
        group.busy.extend(active);
        if std::mem::take(&mut group.is_busy) {
            let own = group.own;
            self.parked.remove(name);
            self.enter(name, own);
        }
        self.tell("w");
        words(1)
    }

    pub(super) fn is_organization_paused(&self, name: &str) -> bool {
        self.parked.score(name).is_some_and(f64::is_infinite)
    }

    fn pause(&mut self, only: Option<&String>, pauses: bool) -> Vec<Word> {
        self.note_all(if pauses { "paused" } else { "resumed" }, only);
        match only {
            None => self.meta.is_paused = pauses,
            Some(name) if pauses => {
                let own = self.ring.remove(name);
                let group = self.group(name);
                group.own = own.or(group.own);
                group.is_busy = false;
                self.parked.put(name, f64::INFINITY);
            }
            Some(name) if self.is_organization_paused(name) => {
                self.parked.remove(name);
                let own = self.group(name).own.take();
                self.enter(name, own);
            }
            Some(_) => {}
        }
        if !pauses {
            self.tell("w");
        }
        words(1)
    }

    fn drop_job(&mut self, id: &str) {
        let mark = self.record(id).and_then(|record| record.job.mark.clone());
        self.free_mark(id, mark.as_deref());
        self.forget(id);
        self.count("removed", 1);
        self.tell_end(id);
    }

    /// Takes a job out of the ended ones.
    fn take_ended(&mut self, id: &str) {
        let Some(Outcome { state, time, bytes, .. }) = self.outcomes.get(id) else { return };
        let (state, bytes) = (*state, *bytes);
        if state == JobState::Completed {
            let entry = Memory::done_entry(id, *time, bytes);
            if let Some(at) = self.done.iter().position(|known| *known == entry) {
                self.done.remove(at);
            }
            self.meta.completed_bytes -= bytes as u64;
        } else {
            self.dead.remove(&Memory::dead_entry(id, bytes));
            self.meta.dead_bytes -= bytes as u64;
        }
    }

    /// Takes a ready job out of its list. False where it is not among the first.
    fn take_out(&mut self, id: &str, found: &Found) -> bool {
        let group = self.group(&found.organization);
        let is_out = if found.priority == 0 {
            match group.list.iter().take(DEPTH).position(|known| known == id) {
                Some(at) => group.list.remove(at).is_some(),
                None => false,
            }
        } else {
            match group.prior.iter().find(|(_, known)| *known == id).map(|(place, _)| *place) {
                Some(place) => group.prior.remove(&place).is_some(),
                None => false,
            }
        };
        self.meta.ready -= u64::from(is_out);
        is_out
    }

    fn remove_waiting(&mut self, id: &str, found: &Found) {
        if let Some((member, _)) = &found.member {
            self.delayed.remove(member);
        } else {
            self.gone.insert(id.to_owned());
            self.meta.ready -= 1;
        }
        self.drop_job(id);
    }

    fn cancel(&mut self, id: &str) -> &'static str {
        let Some(found) = self.find(id) else { return "unknown" };
        match found.state {
            JobState::Completed | JobState::Dead => "finished",
            JobState::Active => {
                let member = found.member.map(|(member, _)| member).unwrap_or_default();
                self.cancel.insert(id.to_owned());
                self.note("cancelled", id, || format!("member={member}"));
                self.tell(format!("c{id}"));
                "signalled"
            }
            JobState::Ready | JobState::Delayed => {
                self.note("cancelled", id, String::new);
                self.remove_waiting(id, &found);
                "removed"
            }
        }
    }

    fn remove(&mut self, id: &str) -> bool {
        let Some(found) = self.find(id) else { return false };
        match found.state {
            JobState::Active => return false,
            JobState::Completed | JobState::Dead => {
                self.note("removed", id, String::new);
                self.take_ended(id);
                self.drop_job(id);
            }
            JobState::Ready | JobState::Delayed => {
                self.note("removed", id, String::new);
                self.remove_waiting(id, &found);
            }
        }
        true
    }

    fn reschedule(&mut self, id: &str, delay_ms: u64) -> bool {
        let Some(found) = self.find(id) else { return false };
        match (found.state, &found.member) {
            (JobState::Delayed, Some((member, _))) => drop(self.delayed.remove(member)),
            (JobState::Ready, _) if delay_ms == 0 => return true,
            (JobState::Ready, _) if self.take_out(id, &found) => {}
            _ => return false,
        }
        if delay_ms > 0 {
            let member = format!("b{}:{id}:{}", found.priority, found.organization);
            self.delayed.put(&member, (self.now + delay_ms as i64) as f64);
        } else {
            self.make_ready(&found.organization, &[id.to_owned()], found.priority, false);
        }
        self.note("rescheduled", id, || format!("delay={delay_ms}"));
        self.tell("w");
        true
    }

    fn prioritize(&mut self, id: &str, priority: i32) -> bool {
        let Some(found) = self.find(id) else { return false };
        if !matches!(found.state, JobState::Delayed | JobState::Ready) {
            return false;
        }
        if priority == found.priority {
            return true;
        }
        if found.state == JobState::Ready && !self.take_out(id, &found) {
            return false;
        }
        self.patch(id, 14, &format!("{priority:+05}"));
        match &found.member {
            None => self.make_ready(&found.organization, &[id.to_owned()], priority, false),
            Some((member, due)) => {
                self.delayed.remove(member);
                self.delayed.put(&format!("{}{priority}:{id}:{}", &member[..1], found.organization), *due);
            }
        }
        true
    }

    fn retry(&mut self, id: &str) -> bool {
        let Some(found) = self.find(id) else { return false };
        if !matches!(found.state, JobState::Completed | JobState::Dead) {
            return false;
        }
        self.note("retried", id, String::new);
        self.take_ended(id);
        self.outcomes.remove(id);
        self.progress.remove(id);
        self.patch(id, 3, "00");
        self.patch(id, 10, "00");
        self.make_ready(&found.organization, &[id.to_owned()], found.priority, false);
        self.tell("w");
        true
    }

    fn retry_page(
        &mut self,
        is_dead: bool,
        text: &str,
        only: Option<&String>,
        limit: usize,
        from: usize,
    ) -> Vec<Word> {
        let entries: Vec<String> = if is_dead {
            self.dead.iter().skip(from).take(PAGE).map(|(entry, _)| entry.to_owned()).collect()
        } else {
            self.done.iter().skip(from).take(PAGE).cloned().collect()
        };
        let mut done = 0;
        for entry in &entries {
            if done >= limit {
                break;
            }
            let id = id_of(entry);
            let line = self.jobs.get(id).and_then(|record| record.split(|byte| *byte == b'\n').nth(1));
            let has_text = line.is_some_and(|line| memchr::memmem::find(line, text.as_bytes()).is_some());
            if has_text && is_meant(only, &self.organization_of(id)) && self.retry(id) {
                done += 1;
            }
        }
        let is_more = entries.len() == PAGE && done < limit;
        let next = if is_more { (from + PAGE - done).to_string() } else { String::new() };
        page(done, &next)
    }

    fn clear_list(&mut self, organization: &str) -> (usize, bool) {
        let group = self.group(organization);
        let mut ids: Vec<String> = Vec::new();
        while ids.len() < PAGE {
            let Some(id) = group.list.pop_front() else { break };
            ids.push(id);
        }
        if ids.is_empty() {
            while ids.len() < PAGE {
                let Some((_, id)) = group.prior.pop_first() else { break };
                ids.push(id);
            }
        }
        let mut removed = 0;
        for id in &ids {
            if !self.gone.remove(id) {
                self.note("removed", id, String::new);
                self.drop_job(id);
                removed += 1;
            }
        }
        self.meta.ready -= removed as u64;
        if ids.is_empty() {
            self.ring.remove(organization);
        }
        (removed, !ids.is_empty())
    }

    fn clear_ready(&mut self, only: Option<&String>) -> Vec<Word> {
        let names: Vec<String> = match only {
            Some(name) => vec![name.clone()],
            None => self.ring.iter().chain(self.parked.iter()).map(|(name, _)| name.to_owned()).collect(),
        };
        for name in names {
            let (removed, is_more) = self.clear_list(&name);
            if is_more || only.is_some() {
                return vec![Word::Number(removed as i64), Word::Number(is_more.into())];
            }
        }
        vec![Word::Number(0), Word::Number(0)]
    }

    fn clear_delayed(&mut self, only: Option<&String>) -> Vec<Word> {
        let members: Vec<String> = self.delayed.iter().map(|(member, _)| member.to_owned()).collect();
        let mut removed = 0;
        for member in members {
            let mut parts = member.splitn(3, ':').skip(1);
            let (id, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if is_meant(only, name) {
                self.delayed.remove(&member);
                self.note("removed", id, String::new);
                self.drop_job(id);
                removed += 1;
            }
        }
        page(removed, "0")
    }

    fn clear_ended(&mut self, only: Option<&String>) -> Vec<Word> {
        let ids: Vec<String> = self.outcomes.keys().cloned().collect();
        let mut removed = 0;
        for id in ids {
            if is_meant(only, &self.organization_of(&id)) {
                self.note("removed", &id, String::new);
                self.take_ended(&id);
                self.drop_job(&id);
                removed += 1;
            }
        }
        page(removed, "0")
    }

    fn stop_active(&mut self, only: Option<&String>) -> Vec<Word> {
        let members: Vec<String> = self.lease.iter().map(|(member, _)| member.to_owned()).collect();
        let mut signalled = 0;
        for member in members {
            let id = id_of(&member).to_owned();
            if is_meant(only, &self.organization_of(&id)) {
                self.note("cancelled", &id, || format!("member={member}"));
                self.tell(format!("c{id}"));
                self.cancel.insert(id);
                signalled += 1;
            }
        }
        page(signalled, "0")
    }

    fn clean(&mut self, is_dead: bool, older_ms: i64, limit: usize) -> usize {
        let entries: Vec<String> = if is_dead {
            self.dead.iter().take(limit).map(|(entry, _)| entry.to_owned()).collect()
        } else {
            self.done.iter().take(limit).cloned().collect()
        };
        let mut removed = 0;
        for entry in entries {
            let id = id_of(&entry);
            if self.outcomes.get(id).is_none_or(|outcome| self.now - outcome.time < older_ms) {
                break;
            }
            self.note("removed", id, String::new);
            self.take_ended(id);
            self.drop_job(id);
            removed += 1;
        }
        removed
    }

    fn obliterate(&mut self, is_forced: bool, does: bool) -> bool {
        if !is_forced && !self.lease.is_empty() {
            return false;
        }
        if does {
            let active: Vec<String> = self.lease.iter().map(|(member, _)| id_of(member).to_owned()).collect();
            for id in &active {
                self.note("removed", id, String::new);
                self.drop_job(id);
            }
            self.note_all("obliterated", None);
            let heard = if self.is_heard() { std::mem::take(&mut self.heard) } else { Heard::default() };
            let (sent, workers, marks) = (
                std::mem::take(&mut self.sent),
                std::mem::take(&mut self.workers),
                std::mem::take(&mut self.marks),
            );
            let (news, room, now) = (std::mem::take(&mut self.news), self.room, self.now);
            *self = Memory { now, marks, sent, workers, heard, news, room, ..Memory::default() };
        }
        true
    }
}
