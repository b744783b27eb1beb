//! What each algorithm promises, on random calls. `ORGCACHE_LIMITER_CASES` says how many rejected calls an algorithm are
//! looked at.

use super::super::period::Period;
use super::super::policy_options::PolicyOptions;
use super::*;

const CASES_VARIABLE: &str = "ORGCACHE_LIMITER_CASES";
const CASES: usize = 1_000_000;
/// Calls on one key, before the next policy.
const CALLS: usize = 200;
const START_US: u64 = 1_790_000_000_123_456;

/// Marsaglia's xorshift64*: random calls must cost less than what is tested.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 1
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number up to `most`, whose order of magnitude is random too.
    fn scaled(&mut self, most: u64) -> u64 {
        let bits = self.below(u64::from(most.max(1).ilog2()) + 1);
        self.below((2 << bits).min(most + 1))
    }
}

/// `calendar` has a period that is drawn by the window.
fn policy(algorithm: Algorithm, limit: u64, window_ms: u64, burst: Option<u64>) -> Policy {
    let is_calendar = algorithm == Algorithm::Calendar;
    let options = PolicyOptions {
        algorithm: Some(algorithm.name()),
        limit: Some(limit as f64),
        window_ms: (!is_calendar).then_some(window_ms as f64),
        period: is_calendar.then(|| Period::ALL[(window_ms % 3) as usize].name()),
        burst: burst.map(|burst| burst as f64),
        ..PolicyOptions::default()
    };
    Policy::new("p", &options).unwrap()
}

/// A policy with numbers of every magnitude that is allowed.
fn random_policy(algorithm: Algorithm, random: &mut Random) -> Policy {
    let window_ms = 1 + random.scaled(40 * 86_400_000);
    let most = match algorithm {
        Algorithm::Sliding => (1 << 51) / window_ms,
        // Logs are short here, because each look at one reads all of it.
        Algorithm::Log => 25,
        Algorithm::Gcra => (window_ms * 100).min(1_000_000_000),
        Algorithm::Fixed | Algorithm::Calendar => 1 << 51,
        Algorithm::Concurrency => 10_000,
    };
    let limit = 1 + random.scaled(most - 1);
    let burst = (algorithm == Algorithm::Gcra && random.below(2) == 0).then(|| 1 + random.scaled(499));
    policy(algorithm, limit, window_ms, burst)
}

/// The time until the next call: often none, often about what frees a call, sometimes windows.
fn random_pause_us(policy: &Policy, random: &mut Random) -> u64 {
    let window_us = policy.window_ms() * US_PER_MS;
    match random.below(6) {
        0 => 0,
        1 => random.below(3),
        2 | 3 => random.scaled(window_us / policy.limit().max(1) * 4),
        4 => random.scaled(window_us),
        _ => random.scaled(3 * window_us),
    }
}

fn random_cost(policy: &Policy, random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.below(policy.capacity() + 2),
        1..=3 => random.scaled(policy.capacity()),
        4 => policy.capacity(),
        5 => policy.capacity().div_ceil(3),
        _ => 1,
    }
}

/// Checks a verdict before and at the times that it names.
fn check_times(policy: &Policy, state: Option<&State>, now_us: u64, cost: u64) -> Verdict {
    let verdict = view(policy, state, now_us, cost);
    let at = |ms: u64, cost| view(policy, state, now_us + ms * US_PER_MS, cost);
    let shown = || format!("{policy:?} {state:?} at {now_us} for {cost}: {verdict:?}");
    match verdict.retry_after_ms {
        Some(0) => assert_eq!(verdict.reason, Reason::Ok, "{}", shown()),
        Some(retry) => {
            assert_eq!(verdict.reason, Reason::Limit, "{}", shown());
            assert_eq!(at(retry - 1, cost).reason, Reason::Limit, "too late: {}", shown());
            assert_eq!(at(retry, cost).reason, Reason::Ok, "too early: {}", shown());
        }
        None => assert!(verdict.reason == Reason::Cost && cost > policy.capacity(), "{}", shown()),
    }
    assert!(view(policy, state, now_us, verdict.remaining).is_admitted(), "{}", shown());
    assert!(!view(policy, state, now_us, verdict.remaining + 1).is_admitted(), "{}", shown());
    assert_eq!(at(verdict.reset_ms, 0).remaining, policy.capacity(), "{}", shown());
    if verdict.reset_ms > 0 {
        assert!(at(verdict.reset_ms - 1, 0).remaining < policy.capacity(), "{}", shown());
    }
    verdict
}

/// Looks at so many rejected calls of an algorithm.
fn reject(algorithm: Algorithm, seed: u64) {
    let cases = std::env::var(CASES_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let mut random = Random(seed);
    let mut rejected = 0;
    while rejected < cases {
        let policy = random_policy(algorithm, &mut random);
        let (mut state, mut now_us) = (None, START_US + random.below(1 << 40));
        for _ in 0..CALLS {
            now_us += random_pause_us(&policy, &mut random);
            let cost = random_cost(&policy, &mut random);
            let seen = check_times(&policy, state.as_ref(), now_us, cost);
            let verdict = decide(&policy, &mut state, now_us, cost);
            assert_eq!(seen.is_admitted(), verdict.is_admitted());
            if verdict.is_admitted() {
                assert_eq!(verdict.remaining, seen.remaining - cost, "{policy:?} {state:?} {cost}");
            } else {
                assert_eq!(seen, verdict, "a rejected call changes nothing");
                rejected += usize::from(verdict.reason == Reason::Limit);
            }
        }
    }
}

#[test]
fn sliding_rejects_until_its_retry_time_and_admits_then() {
    reject(Algorithm::Sliding, 1);
}

#[test]
fn log_rejects_until_its_retry_time_and_admits_then() {
    reject(Algorithm::Log, 2);
}

#[test]
fn gcra_rejects_until_its_retry_time_and_admits_then() {
    reject(Algorithm::Gcra, 3);
}

#[test]
fn fixed_rejects_until_its_retry_time_and_admits_then() {
    reject(Algorithm::Fixed, 4);
}

#[test]
fn calendar_rejects_until_its_retry_time_and_admits_then() {
    reject(Algorithm::Calendar, 11);
}

/// Times and costs of what is admitted of many calls.
fn admitted(policy: &Policy, random: &mut Random, calls: usize) -> Vec<(u64, u64)> {
    let (mut state, mut now_us, mut admitted) = (None, START_US + random.below(1 << 40), Vec::new());
    for _ in 0..calls {
        now_us += random_pause_us(policy, random).min(policy.window_ms() * 600);
        let cost = 1 + random.below(policy.capacity().div_ceil(4));
        if decide(policy, &mut state, now_us, cost).is_admitted() {
            admitted.push((now_us, cost));
        }
    }
    admitted
}

/// The most that is admitted in a span of one window, over all spans.
fn most_in_a_window(policy: &Policy, admitted: &[(u64, u64)]) -> u64 {
    let ends = admitted.iter().enumerate();
    let sums = ends.map(|(last, (end_us, _))| {
        let starts_ms = end_us / US_PER_MS - policy.window_ms();
        let inside = admitted[..=last].iter().rev().take_while(|(at_us, _)| at_us / US_PER_MS > starts_ms);
        inside.map(|(_, cost)| cost).sum()
    });
    sums.max().unwrap_or(0)
}

#[test]
fn log_is_never_over_its_limit_in_any_span() {
    let mut random = Random(5);
    let mut is_reached = false;
    for _ in 0..500 {
        let policy = policy(Algorithm::Log, 1 + random.below(30), 1 + random.scaled(100_000), None);
        let most = most_in_a_window(&policy, &admitted(&policy, &mut random, CALLS));
        assert!(most <= policy.limit(), "{most} with {policy:?}");
        is_reached |= most == policy.limit();
    }
    assert!(is_reached);
}

#[test]
fn sliding_is_never_at_twice_its_limit_in_any_span() {
    let mut random = Random(6);
    let mut is_above = false;
    for _ in 0..500 {
        let policy = policy(Algorithm::Sliding, 1 + random.below(30), 1 + random.scaled(100_000), None);
        let most = most_in_a_window(&policy, &admitted(&policy, &mut random, CALLS));
        assert!(most < 2 * policy.limit(), "{most} with {policy:?}");
        is_above |= most > policy.limit();
    }
    assert!(is_above, "the bound of the test is too loose to mean anything");
}

#[test]
fn fixed_is_never_over_twice_its_limit_in_any_span() {
    let mut random = Random(7);
    let mut is_above = false;
    for _ in 0..500 {
        let policy = policy(Algorithm::Fixed, 1 + random.below(30), 1 + random.scaled(100_000), None);
        let most = most_in_a_window(&policy, &admitted(&policy, &mut random, CALLS));
        assert!(most <= 2 * policy.limit(), "{most} with {policy:?}");
        is_above |= most > policy.limit();
    }
    assert!(is_above, "the bound of the test is too loose to mean anything");
}

#[test]
fn calendar_is_never_over_its_limit_in_a_period() {
    let mut random = Random(12);
    let mut is_reached = false;
    for _ in 0..500 {
        let policy = policy(Algorithm::Calendar, 1 + random.below(30), random.below(3), None);
        let mut sums = std::collections::HashMap::new();
        for (at_us, cost) in admitted(&policy, &mut random, CALLS) {
            *sums.entry(policy.period().around(at_us / US_PER_MS)).or_insert(0) += cost;
        }
        let most = *sums.values().max().unwrap();
        assert!(most <= policy.limit(), "{most} with {policy:?}");
        is_reached |= most == policy.limit();
    }
    assert!(is_reached);
}

#[test]
fn a_calendar_counts_what_a_shorter_period_of_it_has_counted_and_nothing_of_a_longer_one() {
    let [hourly, daily, monthly] = [0, 1, 2].map(|period| policy(Algorithm::Calendar, 10, period, None));
    let left =
        |policy: &Policy, state: &Option<State>, at_us| view(policy, state.as_ref(), at_us, 0).remaining;
    let mut state = None;
    decide(&hourly, &mut state, START_US, 4);
    assert_eq!([&hourly, &daily, &monthly].map(|policy| left(policy, &state, START_US)), [6, 6, 6]);
    let hour_us = 3_600_000_000;
    assert_eq!(left(&hourly, &state, START_US + hour_us), 10);
    let mut state = None;
    decide(&monthly, &mut state, START_US, 4);
    assert_eq!([&hourly, &daily, &monthly].map(|policy| left(policy, &state, START_US)), [10, 10, 6]);
    // A clock that was set back into the month before finds all of the quota used that was used.
    assert_eq!(left(&monthly, &state, START_US - 31 * 24 * hour_us), 6);
}

#[test]
fn gcra_admits_its_burst_and_the_calls_of_its_rate_in_any_span() {
    let mut random = Random(8);
    let mut is_reached = false;
    for _ in 0..300 {
        let limit = 1 + random.below(30);
        let policy = policy(Algorithm::Gcra, limit, 1 + random.scaled(100_000), Some(1 + random.below(40)));
        let admitted = admitted(&policy, &mut random, CALLS);
        for (first, (start_us, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for (end_us, cost) in &admitted[first..] {
                sum += cost;
                let most = policy.burst() + (end_us - start_us) / policy.interval_us();
                assert!(sum <= most, "{sum} in {} us with {policy:?}", end_us - start_us);
                is_reached |= sum == most;
            }
        }
    }
    assert!(is_reached);
}

#[test]
fn sliding_admits_its_limit_a_window_under_steady_overload() {
    let policy = policy(Algorithm::Sliding, 100, 60_000, None);
    let (mut state, mut admitted) = (None, 0);
    for second in 0..600 {
        for _ in 0..10 {
            let verdict = decide(&policy, &mut state, START_US + second * 1_000_000, 1);
            admitted += u64::from(second >= 120 && verdict.is_admitted());
        }
    }
    assert!((780..=800).contains(&admitted), "{admitted} in eight windows");
}

#[test]
fn a_limit_of_zero_admits_reads_alone_and_never_says_when() {
    for algorithm in Algorithm::COUNTING {
        let policy = policy(algorithm, 0, 60_000, None);
        let mut state = None;
        let verdict = decide(&policy, &mut state, START_US, 1);
        assert_eq!((verdict.reason, verdict.retry_after_ms, verdict.remaining), (Reason::Cost, None, 0));
        assert!(decide(&policy, &mut state, START_US, 0).is_admitted());
        assert_eq!(state, None);
    }
}

#[test]
fn a_clock_that_was_set_back_shuts_no_limit_longer_than_a_full_one_is_shut() {
    for algorithm in Algorithm::COUNTING {
        let policy = policy(algorithm, 4, 60_000, None);
        let (mut clean, mut state) = (None, None);
        decide(&policy, &mut state, START_US, 4);
        let back_us = START_US - 600_000_000;
        decide(&policy, &mut clean, back_us, 4);
        // This rejection makes the state one of now; time goes on from here.
        let verdict = decide(&policy, &mut state, back_us, 1);
        assert_eq!(verdict.reason, Reason::Limit, "{algorithm:?}");
        assert_eq!(verdict, view(&policy, clean.as_ref(), back_us, 1), "{algorithm:?}");
        let retry_us = verdict.retry_after_ms.unwrap() * US_PER_MS;
        assert!(decide(&policy, &mut state, back_us + retry_us, 1).is_admitted(), "{algorithm:?}");
    }
}

#[test]
fn a_lower_limit_holds_at_once_and_another_algorithm_starts_anew() {
    for algorithm in Algorithm::COUNTING {
        let (wide, narrow) = (policy(algorithm, 100, 60_000, None), policy(algorithm, 5, 60_000, None));
        let mut state = None;
        decide(&wide, &mut state, START_US, 50);
        let seen = decide(&narrow, &mut state, START_US, 1);
        // Half of the bucket is half a minute, with both limits.
        let expected = if algorithm == Algorithm::Gcra { Reason::Ok } else { Reason::Limit };
        assert_eq!(seen.reason, expected, "{algorithm:?}");
        assert!(seen.remaining <= 2);
        for other in Algorithm::COUNTING.into_iter().filter(|other| *other != algorithm) {
            let other = policy(other, 7, 60_000, None);
            assert_eq!(view(&other, state.as_ref(), START_US, 1).remaining, 7);
            assert!(decide(&other, &mut state.clone(), START_US, 7).is_admitted());
        }
    }
}

#[test]
fn no_change_of_a_policy_in_use_is_too_much() {
    let mut random = Random(9);
    let (mut state, mut now_us) = (None, START_US);
    for _ in 0..200_000 {
        let algorithm = Algorithm::COUNTING[random.below(5) as usize];
        let policy = random_policy(algorithm, &mut random);
        // Clocks go back too.
        now_us = (now_us + random_pause_us(&policy, &mut random))
            .saturating_sub(random.scaled(1 << 33))
            .max(START_US);
        let cost = random_cost(&policy, &mut random);
        let verdict = decide(&policy, &mut state, now_us, cost);
        assert!(verdict.remaining <= policy.capacity());
        assert!(
            verdict.retry_after_ms.unwrap_or(0)
                <= 2 * policy.window_ms().max(policy.burst_us() / US_PER_MS + 1)
        );
        refund(&policy, &mut state, now_us, random.below(4), None);
    }
}

#[test]
fn a_refund_gives_back_what_was_taken_and_never_more() {
    for algorithm in Algorithm::COUNTING {
        let policy = policy(algorithm, 10, 60_000, None);
        let mut state = None;
        refund(&policy, &mut state, START_US, 3, None);
        assert_eq!(state, None, "a refund makes no state");
        decide(&policy, &mut state, START_US, 4);
        for taken_us in [None, Some(START_US)] {
            decide(&policy, &mut state, START_US, 3);
            refund(&policy, &mut state, START_US, 3, taken_us);
            assert_eq!(view(&policy, state.as_ref(), START_US, 0).remaining, 6, "{algorithm:?}");
        }
        refund(&policy, &mut state, START_US + 500, 9, None);
        assert_eq!(view(&policy, state.as_ref(), START_US + 500, 0).remaining, 10, "{algorithm:?}");
    }
}

#[test]
fn a_late_refund_gives_back_to_the_window_that_the_cost_was_taken_from() {
    let window_us = 60_000_000;
    // The clock's windows of `sliding` begin at multiples of the window.
    let start_us = START_US / window_us * window_us;
    for (algorithm, remaining) in [
        // At its start a window counts all of the one before, and so what is given back of it.
        (Algorithm::Sliding, [10 - 5 - 4, 10 - 5 - 3]),
        // All of the first call has left.
        (Algorithm::Log, [5, 5]),
        (Algorithm::Fixed, [5, 5]),
    ] {
        let policy = policy(algorithm, 10, 60_000, None);
        let mut state = None;
        decide(&policy, &mut state, start_us, 4);
        let late_us = start_us + window_us;
        assert!(decide(&policy, &mut state, late_us, 5).is_admitted(), "{algorithm:?}");
        assert_eq!(view(&policy, state.as_ref(), late_us, 0).remaining, remaining[0], "{algorithm:?}");
        refund(&policy, &mut state, late_us, 1, Some(start_us));
        assert_eq!(view(&policy, state.as_ref(), late_us, 0).remaining, remaining[1], "{algorithm:?}");
        refund(&policy, &mut state, late_us, 1, Some(start_us - 3 * window_us));
        assert_eq!(view(&policy, state.as_ref(), late_us, 0).remaining, remaining[1], "{algorithm:?}");
    }
}

#[test]
fn gcra_gives_nothing_back_that_has_leaked() {
    let policy = policy(Algorithm::Gcra, 10, 10_000, None);
    let mut state = None;
    decide(&policy, &mut state, START_US, 4);
    let later_us = START_US + 3_000_000;
    decide(&policy, &mut state, later_us, 2);
    // Three seconds of the first four have leaked, so one second is given back.
    refund(&policy, &mut state, later_us, 4, Some(START_US));
    assert_eq!(state, Some(State::Gcra(Gcra { free_us: later_us + 2_000_000 })));
    refund(&policy, &mut state, later_us, 4, Some(START_US - 4_000_000));
    assert_eq!(state, Some(State::Gcra(Gcra { free_us: later_us + 2_000_000 })));
}

#[test]
fn a_state_ends_when_nothing_of_it_counts_and_no_earlier() {
    let mut random = Random(10);
    for algorithm in Algorithm::COUNTING {
        for _ in 0..10_000 {
            let policy = random_policy(algorithm, &mut random);
            let (mut state, mut now_us) = (None, START_US);
            for _ in 0..4 {
                now_us += random_pause_us(&policy, &mut random);
                let cost = random_cost(&policy, &mut random);
                decide(&policy, &mut state, now_us, cost);
            }
            let Some(state) = state else { continue };
            let ends_us = state.ends_us(&policy);
            let verdict = view(&policy, Some(&state), ends_us.max(now_us), 0);
            assert_eq!((verdict.reset_ms, verdict.remaining), (0, policy.capacity()), "{policy:?} {state:?}");
        }
    }
}
