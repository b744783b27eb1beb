//! One decision on one key: state, time and cost become a verdict and the next state.
//!
//! Pure functions in integers. They decide in this process where Redis is away, make verdicts of the states that the script
//! `consume` answers, and are what its tests compare it with.
//!
//! Where a server's clock was set back, a state may come from the future. It counts as if it were of now, and is kept as
//! such, so that no limit stays shut longer than it would otherwise.

mod calendar;
mod concurrency;
mod fixed;
mod gcra;
mod log;
mod sliding;
#[cfg(test)]
mod tests;
mod verdict;

pub use calendar::Calendar;
pub use concurrency::Concurrency;
pub use fixed::Fixed;
pub use gcra::Gcra;
pub use log::{Log, LogEntry, LogSummary};
pub use sliding::Sliding;
pub use verdict::{Reason, Verdict};

use super::policy::{Algorithm, Policy, US_PER_MS};

/// What is known of one key. Keys are forgotten where nothing of it counts any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Sliding(Sliding),
    Log(Log),
    Gcra(Gcra),
    Fixed(Fixed),
    Calendar(Calendar),
    Concurrency(Concurrency),
}

impl State {
    /// The time from which the state is as good as none.
    pub fn ends_us(&self, policy: &Policy) -> u64 {
        match self {
            State::Sliding(state) => state.ends_ms(policy) * US_PER_MS,
            State::Log(state) => state.ends_ms(policy) * US_PER_MS,
            State::Gcra(state) => state.free_us,
            State::Fixed(state) => state.ends_ms(policy) * US_PER_MS,
            State::Calendar(state) => state.ends_ms(policy) * US_PER_MS,
            State::Concurrency(state) => state.last_ms * US_PER_MS,
        }
    }
}

/// Decides a check of `cost` at `now_us` and takes the cost, if it is admitted. A cost of 0 is always admitted, and takes
/// nothing. A state of another algorithm counts as none.
pub fn decide(policy: &Policy, state: &mut Option<State>, now_us: u64, cost: u64) -> Verdict {
    let verdict = view(policy, state.as_ref(), now_us, cost);
    if !verdict.is_admitted() || cost == 0 {
        bring_back(policy, state, now_us);
        return verdict;
    }
    let now_ms = now_us / US_PER_MS;
    let old = state.as_ref();
    let taken = match policy.algorithm() {
        Algorithm::Sliding => State::Sliding(Sliding::at(policy, sliding_of(old), now_ms).taking(cost)),
        Algorithm::Gcra => State::Gcra(Gcra::at(policy, gcra_of(old), now_us).taking(policy, cost)),
        Algorithm::Fixed => State::Fixed(Fixed::at(policy, fixed_of(old), now_ms).taking(cost)),
        Algorithm::Calendar => State::Calendar(Calendar::at(policy, calendar_of(old), now_ms).taking(cost)),
        Algorithm::Concurrency => State::Concurrency(concurrency_of(old).taking(cost)),
        Algorithm::Log => {
            let log = if let Some(State::Log(log)) = state.take() { log } else { Log::default() };
            State::Log(log.taking(policy, now_ms, cost))
        }
    };
    let after = view(policy, Some(&taken), now_us, 0);
    *state = Some(taken);
    after
}

/// What `decide` would answer, without taking the cost.
pub fn view(policy: &Policy, state: Option<&State>, now_us: u64, cost: u64) -> Verdict {
    let now_ms = now_us / US_PER_MS;
    match (policy.algorithm(), state) {
        (Algorithm::Log, Some(State::Log(log))) => {
            log.summary(policy, now_ms, cost).view(policy, now_ms, cost)
        }
        (Algorithm::Log, _) => LogSummary::default().view(policy, now_ms, cost),
        (Algorithm::Sliding, state) => {
            Sliding::at(policy, sliding_of(state), now_ms).view(policy, now_ms, cost)
        }
        (Algorithm::Gcra, state) => Gcra::at(policy, gcra_of(state), now_us).view(policy, now_us, cost),
        (Algorithm::Fixed, state) => Fixed::at(policy, fixed_of(state), now_ms).view(policy, now_ms, cost),
        (Algorithm::Calendar, state) => {
            Calendar::at(policy, calendar_of(state), now_ms).view(policy, now_ms, cost)
        }
        (Algorithm::Concurrency, state) => concurrency_of(state).view(policy, now_ms, cost),
    }
}

fn sliding_of(state: Option<&State>) -> Option<Sliding> {
    if let Some(State::Sliding(state)) = state { Some(*state) } else { None }
}

fn gcra_of(state: Option<&State>) -> Option<Gcra> {
    if let Some(State::Gcra(state)) = state { Some(*state) } else { None }
}

fn fixed_of(state: Option<&State>) -> Option<Fixed> {
    if let Some(State::Fixed(state)) = state { Some(*state) } else { None }
}

fn calendar_of(state: Option<&State>) -> Option<Calendar> {
    if let Some(State::Calendar(state)) = state { Some(*state) } else { None }
}

fn concurrency_of(state: Option<&State>) -> Concurrency {
    if let Some(State::Concurrency(state)) = state { *state } else { Concurrency::default() }
}

/// Gives back what an admitted check took at `taken_us`, to the window that it was taken from. Without a time the newest is
/// given back. Never more than is there.
pub fn refund(policy: &Policy, state: &mut Option<State>, now_us: u64, cost: u64, taken_us: Option<u64>) {
    let (now_ms, taken_ms) = (now_us / US_PER_MS, taken_us.map(|taken| taken / US_PER_MS));
    match (policy.algorithm(), state.as_mut()) {
        (Algorithm::Sliding, Some(State::Sliding(state))) => state.give_back(policy, now_ms, cost, taken_ms),
        (Algorithm::Log, Some(State::Log(log))) => log.give_back(policy, now_ms, cost, taken_ms),
        (Algorithm::Gcra, Some(State::Gcra(bucket))) => {
            *state = bucket.giving_back(policy, now_us, cost, taken_us).map(State::Gcra);
        }
        (Algorithm::Fixed, Some(State::Fixed(state))) => state.give_back(policy, now_ms, cost, taken_ms),
        (Algorithm::Calendar, Some(State::Calendar(state))) => state.give_back(cost, taken_ms),
        // A lease is released by its name.
        _ => {}
    }
}

/// Makes a state from the future one of now.
pub(super) fn bring_back(policy: &Policy, state: &mut Option<State>, now_us: u64) {
    let now_ms = now_us / US_PER_MS;
    match state.as_mut() {
        Some(State::Sliding(state)) => state.window = state.window.min(now_ms / policy.window_ms()),
        Some(State::Log(state)) => state.bring_back(now_ms),
        Some(State::Gcra(state)) => state.free_us = state.free_us.min(now_us + policy.burst_us()),
        Some(State::Fixed(state)) => state.start_ms = state.start_ms.min(now_ms),
        Some(State::Calendar(state)) => {
            state.start_ms = state.start_ms.min(policy.period().around(now_ms).start);
        }
        Some(State::Concurrency(_)) | None => {}
    }
}
