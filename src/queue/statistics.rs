//! What is known of a queue in numbers: jobs by state, what happened lately, and how long jobs waited and ran.

use serde_json::{Map, Value, json};

use super::contract::{Look, Step, Word};
use super::keys::{escaped, unescaped};
use super::options::integer;
use super::times::Times;
use crate::error::Result;

/// Counters of `meta`, as callers know them.
const TOTALS: [&str; 9] =
    ["added", "completed", "retried", "died", "removed", "expired", "evicted", "stalled", "lost"];
/// Those that are kept by the minute, in their order there.
pub const KEPT_BY_MINUTE: [&str; 7] = ["added", "completed", "retried", "died", "removed", "stalled", "lost"];
const STATES: [&str; 5] = ["ready", "delayed", "active", "completed", "dead"];
/// Rates are of the last minutes.
const RATES_MINUTES: u64 = 5;
/// Words in front of the counts.
const HEAD: usize = 13;

/// The question for statistics, with the share of an organization where one is named.
pub fn asked_statistics(given: &Map<String, Value>, named: Option<Option<String>>) -> Result<Step> {
    let only = named.map(|name| escaped(name.as_deref()));
    Ok(Step::Look(Look::Stats { minutes: integer(given, "minutes", RATES_MINUTES, 1, 60)?, only }))
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    pub now: i64,
    /// By state.
    pub counts: [i64; 5],
    /// Since when the oldest of each state is there; 0 for none.
    pub oldest: [i64; 5],
    pub workers: i64,
    /// The last sign of a worker; 0 for none.
    pub seen: i64,
    totals: Map<String, Value>,
    /// When the time began that rates are of, and the counters then.
    base: Option<(i64, Vec<i64>)>,
    waiting: Times,
    running: Times,
    /// Ready and active jobs (-1: not counted) of one organization, its weight and that of all that wait.
    organization: Option<(i64, i64, f64, f64)>,
}

impl Statistics {
    /// `None` where these are no statistics.
    pub fn read(words: &[Word], has_organization: bool) -> Option<Statistics> {
        let (head, counts) = words.split_at_checked(HEAD)?;
        let (states, meta) = counts.split_at_checked(6)?;
        let number = |at: usize| head[at].number();
        let float = |at: usize| head[at].text().parse::<f64>().unwrap_or(0.0);
        let mut row = head[1].text().split(' ').filter_map(|part| part.parse().ok()).collect::<Vec<i64>>();
        let base = (row.len() == KEPT_BY_MINUTE.len() + 1).then(|| (row.remove(0), row));
        let (mut waiting, mut running) = (Times::default(), Times::default());
        waiting.add_words(&head[2].text(), 'w');
        running.add_words(&head[2].text(), 'r');
        let mut statistics = Statistics {
            now: number(0),
            oldest: [states[5].number(), number(3), number(4), number(5), number(6)],
            workers: number(7),
            seen: number(8),
            totals: TOTALS.iter().map(|name| ((*name).to_owned(), json!(0))).collect(),
            base,
            waiting,
            running,
            organization: has_organization.then(|| (number(9), number(10), float(11), float(12))),
            ..Statistics::default()
        };
        for (count, word) in statistics.counts.iter_mut().zip(states) {
            *count = word.number();
        }
        for pair in meta.chunks_exact(2) {
            let name = pair[0].text();
            if let Some(total) = statistics.totals.get_mut(&name) {
                *total = pair[1].number().into();
            }
        }
        Some(statistics)
    }

    fn total(&self, name: &str) -> i64 {
        self.totals.get(name).and_then(Value::as_i64).unwrap_or(0)
    }

    /// How many of these there were since the begin of the time that rates are of.
    pub fn lately(&self, name: &str) -> i64 {
        let at = KEPT_BY_MINUTE.iter().position(|known| *known == name);
        let before = at.and_then(|at| self.base.as_ref()?.1.get(at).copied());
        before.map_or(0, |before| (self.total(name) - before).max(0))
    }

    fn rates(&self) -> Value {
        let window_ms = self.base.as_ref().map_or(0, |(began, _)| (self.now - began).max(0));
        let mut rates = json!({ "windowMs": window_ms });
        for name in KEPT_BY_MINUTE {
            let per_second =
                if window_ms == 0 { 0.0 } else { self.lately(name) as f64 * 1_000.0 / window_ms as f64 };
            rates[name] = ((per_second * 1_000.0).round() / 1_000.0).into();
        }
        rates
    }

    /// The share of starts that the organization has while it waits.
    fn share(&self) -> Value {
        self.organization.map_or(Value::Null, |(ready, active, weight, all)| {
            let all = if ready > 0 { all.max(weight) } else { all + weight };
            let active = Some(active).filter(|active| *active >= 0);
            json!({ "ready": ready, "active": active, "weight": weight, "share": weight / all })
        })
    }

    pub fn to_json(&self, organization: Option<&str>) -> Value {
        let mut told: Value = STATES
            .iter()
            .zip(self.counts)
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect::<Map<_, _>>()
            .into();
        let since = |at: i64| Some(at).filter(|at| *at > 0);
        told["oldestReadyAt"] = since(self.oldest[0]).into();
        told["oldest"] = STATES
            .iter()
            .zip(self.oldest)
            .map(|(name, at)| ((*name).to_owned(), since(at).into()))
            .collect::<Map<_, _>>()
            .into();
        told["at"] = self.now.into();
        told["workers"] = self.workers.into();
        told["totals"] = self.totals.clone().into();
        told["rates"] = self.rates();
        told["waiting"] = self.waiting.to_json();
        told["running"] = self.running.to_json();
        if let Some(name) = organization {
            told["organization"] = self.share();
            told["organization"]["orgId"] = unescaped(name).filter(|name| !name.is_empty()).into();
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(base: &str) -> Vec<Word> {
        let head =
            ["120000", base, "w10=3 r20=4", "130000", "100000", "0", "0", "2", "119000", "5", "-1", "3", "4"];
        let counts = ["7", "1", "2", "3", "4", "60000", "added", "100", "completed", "80", "unknown", "9"];
        head.into_iter().chain(counts).map(Word::from).collect()
    }

    #[test]
    fn rates_are_of_the_time_since_a_row_was_kept() {
        let statistics = Statistics::read(&words("60000 40 20 0 0 0 0 0"), false).unwrap();
        let told = statistics.to_json(None);
        assert_eq!(
            (told["ready"].clone(), told["dead"].clone(), told["workers"].clone()),
            (json!(7), json!(4), json!(2))
        );
        assert_eq!(
            (told["rates"]["windowMs"].clone(), told["rates"]["added"].clone()),
            (json!(60_000), json!(1.0))
        );
        assert_eq!((statistics.lately("completed"), statistics.lately("unknown")), (60, 0));
        assert_eq!(
            (told["oldest"]["delayed"].clone(), told["oldest"]["completed"].clone()),
            (json!(130_000), Value::Null)
        );
        assert_eq!(
            (told["waiting"]["count"].clone(), told["running"]["count"].clone()),
            (json!(3), json!(4))
        );
        assert!(told.get("organization").is_none());
        let new = Statistics::read(&words(""), false).unwrap().to_json(None);
        assert_eq!((new["rates"]["windowMs"].clone(), new["rates"]["added"].clone()), (json!(0), json!(0.0)));
    }

    #[test]
    fn an_organization_has_the_share_of_its_weight() {
        let told = Statistics::read(&words(""), true).unwrap().to_json(Some("a%2Fb"));
        let organization =
            json!({ "orgId": "a/b", "ready": 5, "active": null, "weight": 3.0, "share": 0.75 });
        assert_eq!(told["organization"], organization);
        assert_eq!(Statistics::read(&words("")[..15], true), None);
    }
}
