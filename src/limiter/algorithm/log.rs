//! `log`: the time and cost of each admitted call. Exact: never over the limit in any span of one window.

use std::collections::VecDeque;

use super::super::policy::Policy;
use super::verdict::Verdict;

/// Admitted calls, oldest first. Those of one millisecond are one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    pub entries: VecDeque<LogEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    pub at_ms: u64,
    pub cost: u64,
}

/// What a decision needs of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// The cost that counts now.
    pub used: u64,
    /// The newest entry that counts.
    pub newest_ms: u64,
    /// The newest entry that must leave before the cost passes; 0 where it passes now, or never.
    pub leaving_ms: u64,
}

impl Log {
    /// The entries that count, with times of at most now.
    fn counting(&self, policy: &Policy, now_ms: u64) -> impl Iterator<Item = LogEntry> {
        let window = policy.window_ms();
        self.entries
            .iter()
            .map(move |entry| LogEntry { at_ms: entry.at_ms.min(now_ms), ..*entry })
            .filter(move |entry| entry.at_ms + window > now_ms)
    }

    pub(super) fn summary(&self, policy: &Policy, now_ms: u64, cost: u64) -> LogSummary {
        let (used, newest_ms) =
            self.counting(policy, now_ms).fold((0, 0), |(used, _), entry| (used + entry.cost, entry.at_ms));
        let mut over = (used + cost).saturating_sub(policy.limit());
        let mut leaving_ms = 0;
        if cost > 0 && cost <= policy.limit() {
            for entry in self.counting(policy, now_ms) {
                if over == 0 {
                    break;
                }
                over = over.saturating_sub(entry.cost);
                leaving_ms = entry.at_ms;
            }
        }
        LogSummary { used, newest_ms, leaving_ms }
    }

    pub(super) fn taking(mut self, policy: &Policy, now_ms: u64, cost: u64) -> Log {
        self.bring_back(now_ms);
        while self.entries.front().is_some_and(|entry| entry.at_ms + policy.window_ms() <= now_ms) {
            self.entries.pop_front();
        }
        self.append(now_ms, cost);
        self
    }

    /// Entries from the future become one of now.
    pub(super) fn bring_back(&mut self, now_ms: u64) {
        let past = self.entries.iter().take_while(|entry| entry.at_ms <= now_ms).count();
        let cost = self.entries.drain(past..).map(|entry| entry.cost).sum();
        if cost > 0 {
            self.append(now_ms, cost);
        }
    }

    fn append(&mut self, now_ms: u64, cost: u64) {
        match self.entries.back_mut() {
            Some(newest) if newest.at_ms == now_ms => newest.cost += cost,
            _ => self.entries.push_back(LogEntry { at_ms: now_ms, cost }),
        }
    }

    pub(super) fn ends_ms(&self, policy: &Policy) -> u64 {
        self.entries.back().map_or(0, |newest| newest.at_ms + policy.window_ms())
    }

    pub(super) fn give_back(&mut self, policy: &Policy, now_ms: u64, cost: u64, taken_ms: Option<u64>) {
        let counts = |entry: &LogEntry| entry.at_ms + policy.window_ms() > now_ms;
        let mut left = cost;
        for entry in self.entries.iter_mut().rev().take_while(|entry| counts(entry)) {
            if taken_ms.is_none_or(|taken| taken == entry.at_ms) {
                let given = entry.cost.min(left);
                entry.cost -= given;
                left -= given;
            }
        }
        self.entries.retain(|entry| entry.cost > 0);
        if left < cost && !self.entries.back().is_some_and(counts) {
            self.entries.clear();
        }
    }
}

impl LogSummary {
    /// The summary must be one for this time and cost.
    pub fn view(self, policy: &Policy, now_ms: u64, cost: u64) -> Verdict {
        let until_end =
            |at_ms: u64| if at_ms == 0 { 0 } else { (at_ms + policy.window_ms()).saturating_sub(now_ms) };
        let remaining = policy.limit().saturating_sub(self.used);
        Verdict::new(policy, cost, until_end(self.leaving_ms), remaining, until_end(self.newest_ms))
    }
}
