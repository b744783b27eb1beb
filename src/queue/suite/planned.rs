//! Schedules in histories: what callers know of them, and the steps that events come to.

use std::collections::BTreeMap;

use super::prepared;
use crate::queue::contract::{Reply, Word};
use crate::queue::schedule::steps::{Fire, OVERLAPS, Put, Scheduling, name_of, organization_in};

/// A step of a history about schedules. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub enum Planned {
    Put {
        id: u8,
        organization: u8,
        /// The same times have the same number.
        times: u8,
        count: u8,
        skips: bool,
    },
    /// Moves of what callers know, or of what they knew.
    Fire {
        which: u8,
        moves: u8,
        kind: u8,
        is_stale: bool,
        is_repeated: bool,
    },
    Run {
        id: u8,
        organization: u8,
        is_repeated: bool,
    },
    Remove {
        id: u8,
        organization: u8,
    },
    Clear {
        organization: Option<u8>,
    },
}

const IDS: [&str; 3] = ["daily", "hourly:1", "c"];

/// What callers know of schedules.
#[derive(Debug, Default)]
pub struct Plans {
    revision: u64,
    /// The revision and the slot of each, as far as is known.
    known: BTreeMap<String, (u64, i64)>,
    old: Vec<(String, u64, i64)>,
    made: usize,
    /// Organization and priority of the jobs that schedules made.
    pub jobs: BTreeMap<String, (String, i32)>,
}

fn priority_of(name: &str) -> i32 {
    if name.starts_with('c') { 2 } else { 0 }
}

/// A schedule that is stored.
pub fn put(id: &str, organization: &str, times: &str, slot: i64) -> Put {
    let made = prepared("", organization, 0, 3, None);
    let name = name_of(id, &made.organization);
    let priority = priority_of(&name);
    let of = prepared("", organization, priority, 3, None);
    let (middle, tail) = of.tail.split_at(of.tail.len() - b"}\n{\"n\":1}".len());
    Put {
        name,
        times: times.to_owned(),
        slot,
        missed: "one",
        overlap: OVERLAPS[0],
        count: 0,
        organization: of.organization,
        priority,
        head: of.head,
        middle: middle.to_vec(),
        tail: tail.to_vec(),
    }
}

impl Plans {
    pub fn steps(&mut self, event: &Planned, organizations: &[&str], now: i64) -> Vec<Scheduling> {
        let of = |at: &u8| organizations[usize::from(*at) % organizations.len()];
        let named = |id: &u8, organization: &u8| {
            let organization = crate::queue::keys::escaped(Some(of(organization)));
            name_of(IDS[usize::from(*id) % IDS.len()], &organization)
        };
        match event {
            Planned::Put { id, organization, times, count, skips } => {
                let slot = now + i64::from(*times) * 700;
                let id = IDS[usize::from(*id) % IDS.len()];
                let put = Put {
                    count: u64::from(*count),
                    overlap: OVERLAPS[usize::from(*skips)],
                    ..put(id, of(organization), &format!("t{times}"), slot)
                };
                vec![Scheduling::Put(Box::new(put))]
            }
            Planned::Fire { which, moves, kind, is_stale, is_repeated } => {
                let fires = self.fires(usize::from(*which), *moves, *kind, *is_stale, now);
                vec![Scheduling::Fire(fires); if *is_repeated { 2 } else { 1 }]
            }
            Planned::Run { id, organization, is_repeated } => {
                self.made += 1;
                let run = Scheduling::Run { name: named(id, organization), job: format!("run{}", self.made) };
                vec![run; if *is_repeated { 2 } else { 1 }]
            }
            Planned::Remove { id, organization } => {
                let name = named(id, organization);
                let escaped = crate::queue::keys::escaped(Some(IDS[usize::from(*id) % IDS.len()]));
                let find = |only| Scheduling::Find { id: escaped.clone(), only };
                let only = Some(organization_in(&name).to_owned());
                vec![find(None), find(only), Scheduling::Remove { name }]
            }
            Planned::Clear { organization } => {
                let only = organization.as_ref().map(|at| crate::queue::keys::escaped(Some(of(at))));
                vec![Scheduling::Clear { only, cursor: "0".to_owned() }]
            }
        }
    }

    /// Questions, whose answers are compared.
    pub fn looks() -> Vec<Scheduling> {
        let page = |only: Option<&str>| Scheduling::Page { only: only.map(str::to_owned), from: 0, limit: 2 };
        vec![Scheduling::Due, page(None), page(Some("acme")), page(Some(""))]
    }

    fn fires(&self, which: usize, moves: u8, kind: u8, is_stale: bool, now: i64) -> Vec<Fire> {
        let known: Vec<(String, u64, i64)> = if is_stale {
            self.old.clone()
        } else {
            self.known.iter().map(|(name, (revision, slot))| (name.clone(), *revision, *slot)).collect()
        };
        if known.is_empty() {
            return Vec::new();
        }
        let (name, revision, mut slot) = known[which % known.len()].clone();
        let letters = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
        let mut fires = Vec::new();
        for at in 0..moves {
            let next = (slot.max(now) + 1 + i64::from(at) * 400).max(slot + 1);
            let is_last = kind == 3 && at + 1 == moves;
            let job = (kind != 1).then(|| (format!("s{letters}r{revision}x{slot}"), slot));
            let next = (!is_last).then_some(next);
            fires.push(Fire { name: name.clone(), revision, slot, next, job, skipped: u64::from(kind == 1) });
            slot = next.unwrap_or(slot);
        }
        fires
    }

    /// The ids of jobs that a step has made.
    pub fn learn(&mut self, step: &Scheduling, reply: &Reply) -> Vec<String> {
        let Reply::Words(words) = reply else { return Vec::new() };
        let mut made = Vec::new();
        match step {
            Scheduling::Put(put) => {
                self.revision += 1;
                let slot = words[1].text().parse().unwrap();
                let before = self.known.insert(put.name.clone(), (self.revision, slot));
                self.old.extend(before.map(|(revision, slot)| (put.name.clone(), revision, slot)));
            }
            Scheduling::Fire(fires) => {
                for (fire, moved) in fires.iter().zip(&words[1..]) {
                    if moved.number() == 0 {
                        continue;
                    }
                    self.old.push((fire.name.clone(), fire.revision, fire.slot));
                    match fire.next {
                        Some(next) => self.known.insert(fire.name.clone(), (fire.revision, next)),
                        None => self.known.remove(&fire.name),
                    };
                    if let Some((id, _)) = fire.job.as_ref().filter(|_| moved.number() == 1) {
                        assert!(!self.jobs.contains_key(id), "a slot makes one job: {id}");
                        made.push(self.enter(id, &fire.name));
                    }
                }
            }
            Scheduling::Run { name, job } if words.first().map(Word::number) == Some(1) => {
                made.push(self.enter(job, name));
            }
            _ => {}
        }
        made
    }

    fn enter(&mut self, id: &str, name: &str) -> String {
        self.jobs.insert(id.to_owned(), (organization_in(name).to_owned(), priority_of(name)));
        id.to_owned()
    }
}
