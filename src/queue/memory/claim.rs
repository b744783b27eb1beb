//! New jobs for a worker, as `scripts/finish.lua` gives them: planned by virtual time before any is taken.

use super::{Began, Memory};
use crate::queue::contract::Turn;

/// Payloads of one claim.
const BUDGET: usize = 1_048_576;
const ROUNDS: usize = 20;
/// An organization whose jobs may not run now is looked at again after this.
const LOOK_AGAIN_MS: i64 = 1_000;

struct Plan {
    organization: String,
    start: f64,
    time: f64,
    weight: f64,
    wants: usize,
    room: usize,
    is_counted: bool,
    began: Option<Began>,
}

/// What a claim has taken so far.
struct Taken {
    jobs: Vec<(String, String, bool)>,
    budget: i64,
    looks_at_sizes: bool,
}

impl Memory {
    /// Answers how many records were missing.
    pub(super) fn claim(&mut self, turn: &Turn, given: &mut Vec<(String, Vec<u8>)>) -> u64 {
        self.promote();
        self.unpark();
        if self.meta.is_paused {
            return 0;
        }
        if let Some(hold) = self.meta.hold {
            if self.now < hold {
                return 0;
            }
            self.meta.hold = None;
        }
        let limits = self.meta.limits;
        let mut wants = turn.wants as i64;
        if limits.concurrency > 0 {
            wants = wants.min(limits.concurrency as i64 - self.lease.len() as i64);
        }
        let mut began = None;
        if limits.rate > 0 {
            let current = self.current(self.meta.rate, limits.period_ms);
            wants = wants.min(limits.rate as i64 - current.used as i64);
            began = Some(current);
        }
        let wants = wants.max(0) as usize;
        let looks_at_sizes = self.meta.largest * wants > BUDGET;
        let mut taken = Taken { jobs: Vec::new(), budget: BUDGET as i64, looks_at_sizes };
        self.take_planned(wants, &mut taken);
        self.meta.ready -= taken.jobs.len() as u64;
        if taken.jobs.is_empty() {
            return 0;
        }
        if let Some((_, time)) = self.ring.first() {
            self.meta.least = time;
        }
        if let Some(current) = began {
            self.meta.rate = Some(Began { used: current.used + taken.jobs.len() as u64, ..current });
        }
        self.give(turn, taken, given)
    }

    fn take_planned(&mut self, wants: usize, taken: &mut Taken) {
        let turn = (wants / 10).max(1);
        for _ in 0..ROUNDS {
            let wanted = wants.saturating_sub(taken.jobs.len());
            if wanted == 0 || taken.budget <= 0 {
                break;
            }
            let (plans, was_parked) = self.plan(wanted, turn);
            if plans.is_empty() && !was_parked {
                break;
            }
            for plan in plans {
                if plan.wants > 0 && taken.budget > 0 {
                    self.take(plan, taken);
                }
            }
        }
    }

    fn give(&mut self, turn: &Turn, taken: Taken, given: &mut Vec<(String, Vec<u8>)>) -> u64 {
        let mut missing = 0;
        // As in the script: a server that has lost the last count still gives larger ones.
        let first = self.meta.token.max(self.now as u64 * 1_000);
        self.meta.token = first + taken.jobs.len() as u64;
        let till = (self.now + turn.lease_ms as i64) as f64;
        for (at, (id, organization, is_counted)) in (1..).zip(taken.jobs) {
            let Some(record) = self.jobs.get(&id).cloned() else {
                missing += 1;
                if is_counted {
                    self.group(&organization).busy.remove(&id);
                }
                continue;
            };
            let member = format!("{id}:{}:{}:{}", first + at, turn.worker, self.now);
            self.lease.put(&member, till);
            let attempt = self.attempt_of(&id);
            self.note("started", &id, || format!("attempt={attempt} member={member}"));
            given.push((member, record));
        }
        self.count("evicted", missing as i64);
        missing
    }

    fn promote(&mut self) {
        let due = self.delayed.until(self.now as f64, 200);
        let mut groups: Vec<(String, i32, bool, Vec<String>)> = Vec::new();
        for member in due {
            self.delayed.remove(&member);
            let mut parts = member.splitn(3, ':');
            let head = parts.next().unwrap_or_default();
            let (is_front, priority) = (head.starts_with('f'), head[1..].parse().unwrap_or(0));
            let id = parts.next().unwrap_or_default().to_owned();
            let organization = parts.next().unwrap_or_default();
            let group = groups
                .iter_mut()
                .find(|(name, of, front, _)| name == organization && *of == priority && *front == is_front);
            match group {
                Some((.., ids)) => ids.push(id),
                None => groups.push((organization.to_owned(), priority, is_front, vec![id])),
            }
        }
        for (organization, priority, is_front, ids) in groups {
            self.make_ready(&organization, &ids, priority, is_front);
        }
    }

    fn unpark(&mut self) {
        for organization in self.parked.until(self.now as f64, 100) {
            self.parked.remove(&organization);
            let group = self.group(&organization);
            group.is_busy = false;
            let own = group.own.take();
            self.enter(&organization, own);
        }
    }

    fn park(&mut self, organization: &str, time: f64, till: i64, is_busy: bool) {
        self.ring.remove(organization);
        let group = self.group(organization);
        group.own = Some(time);
        group.is_busy |= is_busy;
        self.parked.put(organization, till as f64);
    }

    /// The period that a limit is in.
    fn current(&self, rate: Option<Began>, period_ms: u64) -> Began {
        rate.filter(|began| self.now - began.since < period_ms as i64 && began.since <= self.now)
            .unwrap_or(Began { since: self.now, used: 0 })
    }

    /// `None` where the organization was parked.
    fn room_of(&mut self, organization: &str, time: f64, wanted: usize) -> Option<Plan> {
        let now = self.now;
        let group = self.group(organization);
        let (limits, rate, busy) = (group.limits.unwrap_or_default(), group.rate, group.busy.len());
        let mut plan = Plan {
            organization: organization.to_owned(),
            start: time,
            time,
            weight: limits.weight,
            wants: 0,
            room: wanted,
            is_counted: limits.concurrency > 0,
            began: None,
        };
        if limits.concurrency > 0 {
            plan.room = plan.room.min((limits.concurrency as usize).saturating_sub(busy));
            if plan.room == 0 {
                self.park(organization, time, now + LOOK_AGAIN_MS, true);
                return None;
            }
        }
        if limits.rate > 0 {
            let current = self.current(rate, limits.period_ms);
            let left = limits.rate.saturating_sub(current.used) as usize;
            plan.room = plan.room.min(left);
            plan.began = Some(current);
            if left == 0 {
                self.park(organization, time, current.since + limits.period_ms as i64, false);
                return None;
            }
        }
        Some(plan)
    }

    /// What each of the organizations with the least time gives, and whether one of them was parked.
    fn plan(&mut self, wanted: usize, turn: usize) -> (Vec<Plan>, bool) {
        let most = wanted.div_ceil(turn);
        let first: Vec<(String, f64)> =
            self.ring.iter().take(most).map(|(name, time)| (name.to_owned(), time)).collect();
        let count = first.len();
        // Short turns cost no more where these are all organizations.
        let turn = if count < most { (wanted / 100).max(1) } else { turn };
        let mut plans: Vec<Plan> =
            first.iter().filter_map(|(name, time)| self.room_of(name, *time, wanted)).collect();
        let was_parked = plans.len() < count;
        if let ([plan], false) = (plans.as_mut_slice(), was_parked) {
            plan.wants = wanted.min(plan.room);
            return (plans, was_parked);
        }
        let mut planned = 0;
        while planned < wanted {
            let mut best: Option<&mut Plan> = None;
            for plan in plans.iter_mut().filter(|plan| plan.room > plan.wants) {
                if best.as_ref().is_none_or(|best| plan.time < best.time) {
                    best = Some(plan);
                }
            }
            let Some(best) = best else { break };
            let part = turn.min(wanted - planned).min(best.room - best.wants);
            best.wants += part;
            best.time += part as f64 / best.weight;
            planned += part;
        }
        (plans, was_parked)
    }

    /// Up to `wanted` ids: high priorities, then the list, then low ones.
    fn pop(&mut self, organization: &str, wanted: usize) -> Vec<String> {
        let group = self.group(organization);
        let mut ids = Vec::new();
        let take_prior = |group: &mut super::Group, ids: &mut Vec<String>, is_high: bool| {
            while ids.len() < wanted {
                let Some(place) = group.prior.keys().find(|(order, _)| (*order < 0) == is_high).copied()
                else {
                    break;
                };
                ids.extend(group.prior.remove(&place));
            }
        };
        take_prior(group, &mut ids, true);
        while ids.len() < wanted {
            let Some(id) = group.list.pop_front() else { break };
            ids.push(id);
        }
        take_prior(group, &mut ids, false);
        ids
    }

    fn take(&mut self, plan: Plan, taken: &mut Taken) {
        let Plan { organization, start, weight, wants, is_counted, began, .. } = plan;
        let ids = self.pop(&organization, wants);
        let is_empty = ids.is_empty();
        let ids: Vec<String> = ids.into_iter().filter(|id| !self.gone.remove(id)).collect();
        let before = taken.jobs.len();
        let mut back: Vec<String> = Vec::new();
        for id in ids {
            if taken.looks_at_sizes {
                let size = self.jobs.get(&id).map_or(0, Vec::len) as i64;
                if !back.is_empty() || (!taken.jobs.is_empty() && size > taken.budget) {
                    back.push(id);
                    continue;
                }
                taken.budget -= size;
            }
            taken.jobs.push((id, organization.clone(), is_counted));
        }
        if !back.is_empty() {
            taken.budget = -1;
        }
        for id in back.into_iter().rev() {
            let priority = self.record(&id).map_or(0, |record| record.job.priority);
            self.make_ready(&organization, &[id], priority, true);
            self.meta.ready -= 1;
        }
        if is_counted {
            let busy: Vec<String> = taken.jobs[before..].iter().map(|(id, ..)| id.clone()).collect();
            self.group(&organization).busy.extend(busy);
        }
        let count = taken.jobs.len() - before;
        if is_empty {
            self.ring.remove(&organization);
        } else {
            self.ring.put(&organization, start + count as f64 / weight);
        }
        if let Some(began) = began.filter(|_| count > 0) {
            self.group(&organization).rate = Some(Began { used: began.used + count as u64, ..began });
        }
    }
}
