//! What happened by the minute, as the scripts keep and answer it.

use std::collections::BTreeMap;

use super::Memory;
use crate::queue::contract::Word;
use crate::queue::statistics::KEPT_BY_MINUTE;

const MINUTE_MS: i64 = 60_000;
const ROWS_KEPT: i64 = 1_440;
const TIMES_KEPT: i64 = 60;
const SEEN_MS: i64 = 60_000;

/// Counters at the begin of minutes, and how long jobs waited and ran in them.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    rows: BTreeMap<i64, String>,
    times: BTreeMap<i64, BTreeMap<String, u64>>,
}

impl Memory {
    fn minute(&self) -> i64 {
        self.now.div_euclid(MINUTE_MS)
    }

    pub(super) fn keep_row(&mut self) {
        let minute = self.minute();
        if self.minutes.rows.contains_key(&minute) {
            return;
        }
        let totals =
            KEPT_BY_MINUTE.map(|name| self.meta.counters.get(name).copied().unwrap_or(0).to_string());
        let row = format!("{} {}", self.now, totals.join(" "));
        self.minutes.rows.insert(minute, row);
        self.minutes.rows.retain(|kept, _| *kept > minute - ROWS_KEPT);
        self.minutes.times.retain(|kept, _| *kept > minute - TIMES_KEPT);
    }

    pub(super) fn keep_times(&mut self, times: &[(String, u64)]) {
        if times.is_empty() {
            return;
        }
        let minute = self.minute();
        let of_minute = self.minutes.times.entry(minute).or_default();
        for (name, count) in times {
            *of_minute.entry(name.clone()).or_default() += count;
        }
    }

    /// Ready and active jobs of an organization, its weight, and the weights of all that wait.
    fn share_of(&self, only: Option<&String>) -> [Word; 4] {
        let Some(name) = only else { return [0.into(), 0.into(), "0".into(), "0".into()] };
        let weight = |name: &str| {
            self.groups.get(name).and_then(|group| group.limits).map_or(1.0, |limits| limits.weight)
        };
        let sum: f64 = self.ring.iter().take(1_000).map(|(name, _)| weight(name)).sum();
        let group = self.groups.get(name);
        let ready = group.map_or(0, super::Group::ready) as i64;
        let active = group.map_or(-1, super::look::active_of);
        [ready.into(), active.into(), (&*weight(name).to_string()).into(), (&*sum.to_string()).into()]
    }

    pub(super) fn stats(&self, minutes: u64, only: Option<&String>) -> Vec<Word> {
        let (minute, span) = (self.minute(), minutes as i64);
        let first = self.minutes.rows.range(minute - span..).next();
        let row = first
            .or_else(|| self.minutes.rows.last_key_value())
            .map(|(_, row)| row.clone())
            .unwrap_or_default();
        let of_times = self.minutes.times.range(minute - span + 1..).flat_map(|(_, times)| times);
        let times: Vec<String> = of_times.map(|(name, count)| format!("{name}={count}")).collect();
        let since =
            |member: &str| member.rsplit(':').next().and_then(|since| since.parse().ok()).unwrap_or(0);
        let first_of = |set: &super::SortedSet| set.first().map_or(0, |(_, at)| at as i64);
        let done = self.done.front().and_then(|entry| entry.split(':').nth(1)?.parse().ok()).unwrap_or(0);
        let workers = self.workers.values().filter(|seen| self.now - **seen <= SEEN_MS).count();
        let text = |number: i64| Word::from(&*number.to_string());
        let mut words = vec![
            text(self.now),
            (&*row).into(),
            (&*times.join(" ")).into(),
            text(first_of(&self.delayed)),
            text(self.lease.iter().take(1_000).map(|(member, _)| since(member)).min().unwrap_or(0)),
            text(done),
            text(first_of(&self.dead)),
            Word::Number(workers as i64),
            text(self.workers.values().copied().max().unwrap_or(0)),
        ];
        words.extend(self.share_of(only));
        words.extend(self.counts());
        words
    }
}
