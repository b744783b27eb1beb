//! Questions about a queue, as `scripts/look.lua` answers them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Memory, Outcome, id_of};
use crate::queue::contract::{JobState, Look, Word};

const BUDGET: i64 = 1_048_576;
const MOST_ORGANIZATIONS: usize = 1_000;

fn number(number: usize) -> Word {
    Word::Number(number as i64)
}

impl Memory {
    pub(super) fn look(&mut self, look: &Look) -> Vec<Word> {
        match look {
            Look::Counts => self.counts(),
            Look::Organization(name) => {
                let group = self.groups.get(name);
                let (ready, active) = group.map_or((0, -1), |group| (group.ready(), active_of(group)));
                vec![number(ready), Word::Number(active)]
            }
            Look::Limits => self.limits(),
            Look::Organizations => self.organizations(),
            Look::Workers => self.list_workers(),
            // This memory never drops a job.
            Look::Eviction => vec!["noeviction".into(), "0".into()],
            Look::Mark(mark) => vec![self.mark(mark).map_or("", |mark| &mark.id).into()],
            Look::Get(id) => self.get(id),
            Look::Wait(id) => self.wait(id),
            Look::Layout => vec![self.meta.version.unwrap_or_default().into()],
            Look::Stats { minutes, only } => self.stats(*minutes, only.as_ref()),
            Look::Listen { from, most } => self.listen(from, *most),
            Look::Sent(sender) => {
                vec![Word::Number(self.sent.get(sender).map_or(0, |sent| sent.number as i64))]
            }
            Look::List { state, only, from, limit } => {
                self.list(*state, only.as_ref(), *from as usize, *limit as usize)
            }
        }
    }

    pub(super) fn counts(&self) -> Vec<Word> {
        let names = self.ring.iter().take(100).chain(self.parked.iter().take(100));
        let firsts = names.filter_map(|(name, _)| self.groups.get(name)?.list.front());
        let oldest = firsts.filter_map(|id| self.record(id)).map(|record| record.created_ms).min();
        let mut words = vec![
            Word::Number(self.meta.ready as i64),
            number(self.delayed.len()),
            number(self.lease.len()),
            number(self.done.len()),
            number(self.dead.len()),
            (&*oldest.unwrap_or(0).to_string()).into(),
        ];
        for (name, value) in &self.meta.counters {
            words.push((*name).into());
            words.push((&*value.to_string()).into());
        }
        words
    }

    fn organizations(&self) -> Vec<Word> {
        let known = self.ring.iter().chain(self.parked.iter()).map(|(name, _)| name);
        let set = self.groups.iter().filter(|(_, group)| group.limits.is_some()).map(|(name, _)| &**name);
        let mut seen = BTreeSet::new();
        let mut words = Vec::new();
        for name in known.chain(set).filter(|name| seen.insert(*name)).take(MOST_ORGANIZATIONS) {
            let group = self.groups.get(name);
            words.push(name.into());
            words.push(number(group.map_or(0, super::Group::ready)));
            words.push(Word::Number(group.map_or(-1, active_of)));
            let settings = group.and_then(|group| group.limits).map_or_else(String::new, |limits| {
                format!("{} {} {} {}", limits.weight, limits.concurrency, limits.rate, limits.period_ms)
            });
            words.push((&*settings).into());
            words.push(Word::Number(self.is_organization_paused(name).into()));
        }
        words
    }

    fn limits(&self) -> Vec<Word> {
        let limits = self.meta.limits;
        let held = self.meta.held_till().map_or(0, |till| (till - self.now).max(0));
        let set = [limits.concurrency, limits.rate, limits.period_ms].map(|limit| Word::Number(limit as i64));
        [&set[..], &[Word::Number(held)]].concat()
    }

    fn list_workers(&self) -> Vec<Word> {
        let mut held: BTreeMap<&str, usize> = BTreeMap::new();
        for (member, _) in self.lease.iter() {
            *held.entry(member.split(':').nth(2).unwrap_or_default()).or_default() += 1;
        }
        let mut words = Vec::new();
        for (name, seen) in &self.workers {
            words.push((&**name).into());
            words.push((&*seen.to_string()).into());
            words.push(number(held.get(&**name).copied().unwrap_or(0)));
        }
        words
    }

    /// Answers its bytes.
    fn snapshot(&self, words: &mut Vec<Word>, id: &str, state: JobState, member: Option<(&str, f64)>) -> i64 {
        let Some(record) = self.jobs.get(id) else { return 0 };
        let outcome = self.outcomes.get(id).map(Outcome::text).unwrap_or_default();
        let bytes = record.len() + outcome.len();
        words.push(id.into());
        words.push(state.letter().into());
        words.push(Word::Text(record.clone()));
        words.push(Word::Text(outcome));
        words.push(member.map_or("", |(member, _)| member).into());
        words.push((&*member.map_or_else(String::new, |(_, time)| time.to_string())).into());
        words.push(Word::Text(self.progress.get(id).cloned().unwrap_or_default()));
        bytes as i64
    }

    fn get(&self, id: &str) -> Vec<Word> {
        let mut words = Vec::new();
        if let Some(found) = self.find(id) {
            let member = found.member.as_ref().map(|(member, time)| (&**member, *time));
            self.snapshot(&mut words, id, found.state, member);
            words.extend(self.logs.get(id).into_iter().flatten().map(|line| Word::Text(line.clone())));
        }
        words
    }

    fn wait(&mut self, id: &str) -> Vec<Word> {
        let Some(found) = self.find(id) else { return Vec::new() };
        let letter = found.state.letter();
        if let Some(outcome) = self.outcomes.get(id) {
            return vec![letter.into(), Word::Text(outcome.text())];
        }
        self.waits.insert(id.to_owned());
        vec![letter.into(), "".into()]
    }

    fn list(&self, state: JobState, only: Option<&String>, from: usize, limit: usize) -> Vec<Word> {
        let plain = |id: &str| (id.to_owned(), None);
        let jobs: Vec<(String, Option<(String, f64)>)> = match state {
            JobState::Completed => {
                self.done.iter().rev().skip(from).take(limit).map(|entry| plain(id_of(entry))).collect()
            }
            JobState::Dead => {
                self.dead.iter().rev().skip(from).take(limit).map(|(entry, _)| plain(id_of(entry))).collect()
            }
            JobState::Delayed | JobState::Active => {
                let set = if state == JobState::Delayed { &self.delayed } else { &self.lease };
                let at = usize::from(state == JobState::Delayed);
                let members = set.iter().skip(from).take(limit);
                members
                    .map(|(member, time)| {
                        let id = member.split(':').nth(at).unwrap_or_default();
                        (id.to_owned(), Some((member.to_owned(), time)))
                    })
                    .collect()
            }
            JobState::Ready => self.ready_ids(only).skip(from).take(limit).map(|id| plain(&id)).collect(),
        };
        let (mut words, mut left, mut at) = (vec!["".into()], BUDGET, from);
        for (id, member) in &jobs {
            let member = member.as_ref().map(|(member, time)| (&**member, *time));
            left -= self.snapshot(&mut words, id, state, member);
            at += 1;
            if left <= 0 {
                break;
            }
        }
        if at > from {
            words[0] = (&*at.to_string()).into();
        }
        words
    }

    fn ready_ids(&self, only: Option<&String>) -> impl Iterator<Item = String> {
        let names: Vec<&str> = match only {
            Some(name) => vec![name],
            None => self.ring.iter().chain(self.parked.iter()).map(|(name, _)| name).collect(),
        };
        let mut ids: Vec<String> = Vec::new();
        for group in names.into_iter().filter_map(|name| self.groups.get(name)) {
            let prior = |is_high: bool| {
                let of_kind = group.prior.iter().filter(move |((order, _), _)| (*order < 0) == is_high);
                of_kind.map(|(_, id)| id.clone())
            };
            ids.extend(prior(true));
            ids.extend(group.list.iter().cloned());
            ids.extend(prior(false));
        }
        ids.into_iter()
    }
}

/// Jobs that run, where they are counted; else -1.
pub(super) fn active_of(group: &super::Group) -> i64 {
    let is_counted = group.limits.is_some_and(|limits| limits.concurrency > 0);
    if is_counted { group.busy.len() as i64 } else { -1 }
}
