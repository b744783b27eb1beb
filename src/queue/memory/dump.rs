//! Everything that a queue keeps, for the comparison with servers.

use super::{Memory, Outcome};
use crate::queue::suite::Dump;

impl Memory {
    pub fn dump(&self, now: i64) -> Dump {
        let pairs =
            |set: &super::SortedSet| set.iter().map(|(name, score)| (name.to_owned(), score)).collect();
        let mut dump = Dump {
            delayed: pairs(&self.delayed),
            lease: pairs(&self.lease),
            done: self.done.iter().cloned().collect(),
            dead: pairs(&self.dead),
            ring: pairs(&self.ring),
            parked: pairs(&self.parked),
            slots: pairs(&self.slots),
            schedules: self.schedules.iter().map(|(name, one)| (name.clone(), one.fields())).collect(),
            records: self.jobs.iter().map(|(id, record)| (id.clone(), record.clone())).collect(),
            outcomes: self
                .outcomes
                .iter()
                .map(|(id, outcome)| (id.clone(), Outcome::text(outcome)))
                .collect(),
            gone: self.gone.iter().cloned().collect(),
            cancel: self.cancel.iter().cloned().collect(),
            waits: self.waits.iter().cloned().collect(),
            ready_count: self.meta.ready as i64,
            events: self.heard.entries.iter().map(|entry| entry.texts()[1..].join(" ")).collect(),
            ..Dump::default()
        };
        for (name, group) in &self.groups {
            let (high, low): (Vec<_>, Vec<_>) = group.prior.iter().partition(|((order, _), _)| *order < 0);
            let mut ids: Vec<String> = high.into_iter().map(|(_, id)| id.clone()).collect();
            ids.extend(group.list.iter().cloned());
            ids.extend(low.into_iter().map(|(_, id)| id.clone()));
            if !ids.is_empty() {
                dump.ready.insert(name.clone(), ids);
            }
            if !group.busy.is_empty() {
                dump.busy.insert(name.clone(), group.busy.iter().cloned().collect());
            }
        }
        for (name, mark) in &self.marks {
            if mark.ends.is_none_or(|ends| now < ends) && !mark.digest.is_empty() {
                dump.marks.insert(name.clone(), format!("{} {}", mark.id, mark.digest));
            }
        }
        dump.events.sort();
        dump
    }
}
