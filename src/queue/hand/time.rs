//! What time brings to a worker: renewals, timeouts, and jobs that go back.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Hand, Held, Told, Waiting};
use crate::queue::ending::Why;

impl Hand {
    /// Members whose leases are to be longer. Not those of jobs past their timeout and grace, and none while JavaScript's
    /// thread has been blocked for too long.
    pub fn renewals(&mut self, seen: Instant, now: Instant) -> Vec<String> {
        if self.next_renewal.is_none_or(|at| now < at) {
            return Vec::new();
        }
        if self.is_empty() {
            self.next_renewal = None;
            return Vec::new();
        }
        self.next_renewal = Some(now + self.options.lease / 3);
        if now.duration_since(seen) > self.options.max_blocked {
            return Vec::new();
        }
        let is_held = |held: &&Held| !matches!(held.stopping, Some((Why::Lost, _)));
        let waiting = self.waiting.iter().map(|waiting| waiting.given.member.clone());
        let held = self.held.values().filter(is_held).map(|held| held.given.member.clone());
        let ended = self.endings.iter().map(|ending| ending.finished.member.clone());
        waiting.chain(held).chain(ended).collect()
    }

    /// Jobs that the worker does not hold any more, and those that are to stop.
    pub fn renewed(&mut self, lost: &[String], stopped: &[String], now: Instant) {
        for member in lost {
            self.lose(fence_of(member), now);
        }
        for member in stopped {
            self.stop(fence_of(member), Why::Cancelled, now);
        }
    }

    pub(super) fn lose(&mut self, fence: u64, now: Instant) {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.given.fence != fence);
        if self.waiting.len() < before || self.held.contains_key(&fence) {
            self.counts.lost += 1;
        }
        self.stop(fence, Why::Lost, now);
    }

    pub(super) fn stop(&mut self, fence: u64, why: Why, now: Instant) {
        let gives_up = now + self.options.grace;
        if let Some(held) =
            self.held.get_mut(&fence).filter(|held| held.stopping.is_none() || why == Why::Lost)
        {
            let is_new = !matches!(held.stopping, Some((known, _)) if known == why);
            held.stopping = Some((why, gives_up));
            if is_new {
                self.told.push(Told::Abort { fence, why });
            }
        }
    }

    /// Stops a job by its id, where it is here.
    pub fn stop_job(&mut self, id: &str, now: Instant) {
        let fence = self.held.values().find(|held| held.given.id == id).map(|held| held.given.fence);
        if let Some(fence) = fence {
            self.stop(fence, Why::Cancelled, now);
        }
    }

    /// When it asks for jobs by itself. What has ended is told as soon as it can be.
    pub fn next_ask(&self) -> Option<Instant> {
        self.next_ask.filter(|_| self.room() > 0)
    }

    /// When `on_time` has something to do.
    pub fn due(&self) -> Option<Instant> {
        let backs = self.waiting.iter().map(|waiting| waiting.goes_back).min();
        let held = self.held.values().map(|held| match held.stopping {
            Some((_, gives_up)) => Some(gives_up),
            None => held.times_out,
        });
        [backs, self.next_renewal].into_iter().chain(held).flatten().min()
    }

    /// Does what time brings: timeouts, jobs that nobody waits for any more, jobs that go back.
    pub fn on_time(&mut self, chance: f64, now: Instant) {
        let late = self.held.iter().filter(|(_, held)| held.stopping.is_none());
        let late: Vec<u64> = late
            .filter(|(_, held)| held.times_out.is_some_and(|at| at <= now))
            .map(|(fence, _)| *fence)
            .collect();
        for fence in late {
            self.counts.timed_out += 1;
            self.stop(fence, Why::TimedOut, now);
        }
        let over = self.held.iter().filter_map(|(fence, held)| Some((*fence, held.stopping?)));
        let over: Vec<(u64, Why)> = over
            .filter(|(_, (_, gives_up))| *gives_up <= now)
            .map(|(fence, (why, _))| (fence, why))
            .collect();
        for (fence, why) in over {
            if let Some(held) = self.held.remove(&fence) {
                self.counts.abandoned += 1;
                self.unheard.insert(fence);
                self.end_stopped(&held.given, why, chance);
                if why == Why::Closing {
                    // It counts as abandoned.
                    self.counts.handed_back -= 1;
                }
            }
        }
        if self.waiting.iter().any(|waiting| waiting.goes_back <= now) {
            self.is_blocked = true;
            let (back, kept): (VecDeque<Waiting>, VecDeque<Waiting>) =
                std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.goes_back <= now);
            self.waiting = kept;
            back.iter().for_each(|waiting| self.hand_back(&waiting.given));
        }
    }
}

fn fence_of(member: &str) -> u64 {
    member.split(':').nth(1).and_then(|fence| fence.parse().ok()).unwrap_or(0)
}
