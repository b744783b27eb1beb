//! A call over one check or several in this process: all or nothing, blocks included. The script `consume` does the same in
//! Redis.

use super::algorithm::{Reason, State, Verdict, bring_back, decide, view};
use super::block::Block;
use super::policy::{Policy, US_PER_MS};

/// What this process keeps of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub state: Option<State>,
    /// The policy's own block, which follows a rejection.
    pub block: Option<Block>,
}

impl Entry {
    /// The time from which the entry is as good as none.
    pub fn ends_us(&self, policy: &Policy) -> u64 {
        let state = self.state.as_ref().map_or(0, |state| state.ends_us(policy));
        state.max(self.block.map_or(0, |block| block.ends_ms * US_PER_MS))
    }
}

/// One check of a call. Its entry is changed, where the call is decided.
#[derive(Debug)]
pub struct LocalCheck<'a> {
    pub policy: &'a Policy,
    pub cost: u64,
    pub entry: Entry,
    /// A block of the identity, for all policies.
    pub block: Option<Block>,
}

/// Decides a call. True where it is admitted; then each admitted check has taken its cost, and otherwise none has. Adds a
/// verdict for each check. A check of a shadow policy rejects nothing.
pub fn decide_call(checks: &mut [LocalCheck<'_>], now_us: u64, verdicts: &mut Vec<Verdict>) -> bool {
    let first = verdicts.len();
    for check in &mut *checks {
        bring_back(check.policy, &mut check.entry.state, now_us);
        check.entry.block = check.entry.block.map(|block| block.at(now_us).unwrap_or(block));
        verdicts.push(peek(check, now_us));
    }
    let verdicts = &mut verdicts[first..];
    let is_admitted = checks
        .iter()
        .zip(&*verdicts)
        .all(|(check, verdict)| verdict.is_admitted() || check.policy.is_shadow());
    for (check, verdict) in checks.iter_mut().zip(verdicts) {
        if verdict.is_admitted() {
            if is_admitted {
                *verdict = decide(check.policy, &mut check.entry.state, now_us, check.cost);
            }
        } else if verdict.reason == Reason::Limit && check.policy.block_ms() > 0 && !check.policy.is_shadow()
        {
            check.entry.block = Some(Block::lasting(now_us, check.policy.block_ms()));
            *verdict = shut_for(*verdict, check.policy.block_ms());
        }
    }
    is_admitted
}

/// The verdict on a check, which takes nothing.
pub fn peek(check: &LocalCheck<'_>, now_us: u64) -> Verdict {
    let verdict = view(check.policy, check.entry.state.as_ref(), now_us, check.cost);
    let left = |block: Option<Block>| block.map_or(0, |block| block.left_ms(now_us));
    match left(check.entry.block).max(left(check.block)) {
        0 => verdict,
        left => blocked(verdict, left),
    }
}

/// The verdict on a check that is refused because of a block.
pub(super) fn blocked(verdict: Verdict, left_ms: u64) -> Verdict {
    let reason = if verdict.reason == Reason::Cost { Reason::Cost } else { Reason::Blocked };
    Verdict { reason, ..shut_for(verdict, left_ms) }
}

/// A refusal after which nothing passes for `block_ms`.
pub(super) fn shut_for(verdict: Verdict, block_ms: u64) -> Verdict {
    Verdict {
        remaining: 0,
        reset_ms: verdict.reset_ms.max(block_ms),
        retry_after_ms: verdict.retry_after_ms.map(|retry| retry.max(block_ms)),
        ..verdict
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy_options::PolicyOptions;
    use super::*;

    const NOW_US: u64 = 1_790_000_000_123_456;

    fn policy(limit: f64, block_seconds: f64, is_shadow: bool) -> Policy {
        let options = PolicyOptions {
            algorithm: Some("fixed"),
            limit: Some(limit),
            window_seconds: Some(60.0),
            block_seconds: Some(block_seconds),
            is_shadow,
            ..PolicyOptions::default()
        };
        Policy::new("p", &options).unwrap()
    }

    fn check(policy: &Policy, cost: u64) -> LocalCheck<'_> {
        LocalCheck { policy, cost, entry: Entry::default(), block: None }
    }

    fn remaining(check: &LocalCheck<'_>) -> u64 {
        view(check.policy, check.entry.state.as_ref(), NOW_US, 0).remaining
    }

    #[test]
    fn a_call_takes_from_all_of_its_checks_or_from_none() {
        let (wide, narrow) = (policy(10.0, 0.0, false), policy(3.0, 0.0, false));
        let mut checks = [check(&wide, 2), check(&narrow, 2)];
        let mut verdicts = Vec::new();
        assert!(decide_call(&mut checks, NOW_US, &mut verdicts));
        assert_eq!(checks.each_ref().map(remaining), [8, 1]);
        assert_eq!([verdicts[0].remaining, verdicts[1].remaining], [8, 1]);

        assert!(!decide_call(&mut checks, NOW_US, &mut verdicts));
        assert_eq!(checks.each_ref().map(remaining), [8, 1]);
        let last: Vec<_> = verdicts[2..].iter().map(|verdict| (verdict.reason, verdict.remaining)).collect();
        assert_eq!(last, [(Reason::Ok, 8), (Reason::Limit, 1)]);
    }

    #[test]
    fn a_shadow_policy_rejects_nothing_and_blocks_nobody() {
        let (wide, shadow) = (policy(10.0, 0.0, false), policy(1.0, 30.0, true));
        let mut checks = [check(&wide, 1), check(&shadow, 1)];
        let mut verdicts = Vec::new();
        assert!(decide_call(&mut checks, NOW_US, &mut verdicts));
        assert!(decide_call(&mut checks, NOW_US, &mut verdicts));
        assert_eq!(verdicts[3].reason, Reason::Limit);
        assert_eq!(checks.each_ref().map(remaining), [8, 0]);
        assert_eq!(checks[1].entry.block, None);
    }

    #[test]
    fn a_rejection_blocks_for_as_long_as_its_policy_says() {
        let policy = policy(3.0, 90.0, false);
        let mut checks = [check(&policy, 3)];
        let mut verdicts = Vec::new();
        assert!(decide_call(&mut checks, NOW_US, &mut verdicts));
        assert!(!decide_call(&mut checks, NOW_US, &mut verdicts));
        let retry = |verdict: &Verdict| (verdict.reason, verdict.retry_after_ms, verdict.reset_ms);
        assert_eq!(retry(&verdicts[1]), (Reason::Limit, Some(90_000), 90_000));
        let later_us = NOW_US + 70_000_000;
        assert!(!decide_call(&mut checks, later_us, &mut verdicts));
        assert_eq!(retry(&verdicts[2]), (Reason::Blocked, Some(20_000), 20_000));
        assert_eq!(verdicts[2].remaining, 0);
        assert!(!decide_call(&mut checks, later_us + 19_999_000, &mut verdicts), "a block is not prolonged");
        assert!(decide_call(&mut checks, later_us + 20_000_000, &mut verdicts));
    }

    #[test]
    fn a_cost_that_never_passes_blocks_nobody() {
        let policy = policy(3.0, 90.0, false);
        let mut checks = [check(&policy, 4)];
        let mut verdicts = Vec::new();
        assert!(!decide_call(&mut checks, NOW_US, &mut verdicts));
        assert_eq!((verdicts[0].reason, verdicts[0].retry_after_ms), (Reason::Cost, None));
        assert_eq!(checks[0].entry, Entry::default());
    }

    #[test]
    fn a_blocked_identity_waits_for_the_block_and_the_limit() {
        let policy = policy(3.0, 0.0, false);
        let mut checks = [check(&policy, 3)];
        let mut verdicts = Vec::new();
        assert!(decide_call(&mut checks, NOW_US, &mut verdicts));
        for (block_ms, retry_ms) in [(20_000, 60_000), (80_000, 80_000)] {
            checks[0].block = Some(Block::lasting(NOW_US, block_ms));
            verdicts.clear();
            assert!(!decide_call(&mut checks, NOW_US, &mut verdicts));
            assert_eq!((verdicts[0].reason, verdicts[0].retry_after_ms), (Reason::Blocked, Some(retry_ms)));
        }
        checks[0].cost = 0;
        assert!(
            !decide_call(&mut checks, NOW_US, &mut verdicts),
            "a read of a blocked identity is rejected too"
        );
    }

    #[test]
    fn an_entry_lives_as_long_as_its_state_and_its_block() {
        let policy = policy(1.0, 90.0, false);
        let mut checks = [check(&policy, 1)];
        decide_call(&mut checks, NOW_US, &mut Vec::new());
        let start_us = NOW_US / US_PER_MS * US_PER_MS;
        assert_eq!(checks[0].entry.ends_us(&policy), start_us + 60_000_000);
        decide_call(&mut checks, NOW_US, &mut Vec::new());
        assert_eq!(checks[0].entry.ends_us(&policy), start_us + 90_000_000);
        assert_eq!(Entry::default().ends_us(&policy), 0);
    }
}
