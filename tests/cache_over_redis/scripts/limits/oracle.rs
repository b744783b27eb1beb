//! The scripts against the functions in Rust, on random calls: the same verdicts, and exact times to try again.
//!
//! `ORGCACHE_LIMITER_CASES` says how many checks are compared; a million take about a minute.

use std::collections::HashMap;
use std::sync::Arc;

use orgcache::limiter::{
    BatchCheck, Block, CheckBatch, Entry, LocalCheck, MAX_CHECKS, Policy, PolicyOptions, Reason, Verdict,
    append_block, append_refund, decide_call, peek, refund,
};

use super::{COUNTING, Limits, US_PER_MS, made, policy};

const CASES_VARIABLE: &str = "ORGCACHE_LIMITER_CASES";
const CASES: usize = 40_000;
const START_US: u64 = 1_790_000_000_123_456;
const IDENTITIES: usize = 5;
const MIN_WINDOW_MS: u64 = 600_000;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 1) % end
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// A check by its policy and identity.
#[derive(Debug, Clone, Copy)]
struct Asked {
    policy: usize,
    identity: usize,
    cost: u64,
}

/// What should be in Redis.
struct Model {
    policies: Vec<Arc<Policy>>,
    entries: HashMap<(usize, usize), Entry>,
    blocks: HashMap<usize, Block>,
}

impl Model {
    /// The expected verdicts on a call, and whether it is admitted.
    fn decide(&mut self, call: &[Asked], is_peek: bool, now_us: u64) -> (bool, Vec<Verdict>) {
        for asked in call {
            self.blocks.entry(asked.identity).and_modify(|block| *block = block.at(now_us).unwrap_or(*block));
        }
        let policies = self.policies.clone();
        let mut checks: Vec<LocalCheck<'_>> =
            call.iter().map(|asked| self.check(&policies, *asked)).collect();
        let mut verdicts = Vec::new();
        let is_admitted = if is_peek {
            verdicts.extend(checks.iter().map(|check| peek(check, now_us)));
            // A read of nothing brings what is of the future back, as the script does.
            checks.iter_mut().for_each(|check| check.cost = 0);
            decide_call(&mut checks, now_us, &mut Vec::new());
            let admits = |(check, verdict): (&LocalCheck<'_>, &Verdict)| {
                verdict.is_admitted() || check.policy.is_shadow()
            };
            checks.iter().zip(&verdicts).all(admits)
        } else {
            decide_call(&mut checks, now_us, &mut verdicts)
        };
        for (asked, check) in call.iter().zip(checks) {
            self.entries.insert((asked.policy, asked.identity), check.entry);
        }
        (is_admitted, verdicts)
    }

    fn check<'p>(&self, policies: &'p [Arc<Policy>], asked: Asked) -> LocalCheck<'p> {
        LocalCheck {
            policy: &policies[asked.policy],
            cost: asked.cost,
            entry: self.entries.get(&(asked.policy, asked.identity)).cloned().unwrap_or_default(),
            block: self.blocks.get(&asked.identity).copied(),
        }
    }
}

/// The names of keys, by policy and identity.
struct Keys {
    states: Vec<Vec<Vec<u8>>>,
    own_blocks: Vec<Vec<Vec<u8>>>,
    blocks: Vec<Vec<u8>>,
}

impl Keys {
    fn new(limits: &Limits, policies: usize) -> Keys {
        let of_policies = |word: &str| -> Vec<Vec<Vec<u8>>> {
            let of_policy = |policy| {
                let key = |identity| limits.client.key(&format!("{word}:{policy}:{identity}"));
                (0..IDENTITIES).map(key).collect()
            };
            (0..policies).map(of_policy).collect()
        };
        let block = |identity| limits.client.key(&format!("block:{identity}"));
        Keys {
            states: of_policies("state"),
            own_blocks: of_policies("own"),
            blocks: (0..IDENTITIES).map(block).collect(),
        }
    }

    fn add(&self, policies: &[Arc<Policy>], call: &[Asked], is_peek: bool, batch: &mut CheckBatch) {
        let check = |asked: &Asked| BatchCheck {
            policy: &policies[asked.policy],
            cost: asked.cost,
            key: &self.states[asked.policy][asked.identity],
            block_key: Some(&self.blocks[asked.identity]),
            own_block_key: Some(&self.own_blocks[asked.policy][asked.identity]),
            is_peek,
        };
        batch.add(&call.iter().map(check).collect::<Vec<_>>());
    }
}

fn policies(random: &mut Random) -> Vec<Arc<Policy>> {
    let mut made_of = Vec::new();
    for algorithm in COUNTING {
        let window_ms = MIN_WINDOW_MS + random.below(60 * 86_400_000);
        let large = match algorithm {
            "log" => 300,
            "gcra" => window_ms * 50,
            _ => (1 << 51) / window_ms,
        };
        for limit in [1 + random.below(4), 5 + random.below(50), 1 + random.below(large)] {
            let mut options = policy(algorithm, limit, window_ms);
            if algorithm == "calendar" {
                options.period = Some(["hour", "day", "month"][random.below(3) as usize]);
            }
            if algorithm == "gcra" && random.one_in(2) {
                options.burst = Some((1 + random.below(300)) as f64);
            }
            options.is_shadow = random.one_in(8);
            options.block_seconds = random.one_in(4).then(|| (600 + random.below(9000)) as f64);
            made_of.push(made(&options));
        }
    }
    made_of
}

/// A call over up to three checks, no two of them on one key.
fn random_call(policies: &[Arc<Policy>], random: &mut Random) -> Vec<Asked> {
    let mut call: Vec<Asked> = Vec::new();
    for _ in 0..=random.below(6).saturating_sub(3) {
        let policy = random.below(policies.len() as u64) as usize;
        let identity = random.below(IDENTITIES as u64) as usize;
        let capacity = policies[policy].capacity();
        let cost = match random.below(8) {
            0 => 0,
            1 => capacity + 1,
            2 => capacity,
            3 => random.below(capacity) + 1,
            _ => 1 + random.below(capacity.div_ceil(5)),
        };
        if !call.iter().any(|asked| (asked.policy, asked.identity) == (policy, identity)) {
            call.push(Asked { policy, identity, cost });
        }
    }
    call
}

struct Comparison {
    limits: Limits,
    model: Model,
    keys: Keys,
    random: Random,
    now_us: u64,
}

impl Comparison {
    fn new(seed: u64, policies: Vec<Arc<Policy>>, now_us: Option<u64>) -> Comparison {
        let mut limits = Limits::connect(&format!("limit-oracle-{seed}"), now_us);
        limits.has_long_lives = now_us.is_some();
        let keys = Keys::new(&limits, policies.len());
        let model = Model { policies, entries: HashMap::new(), blocks: HashMap::new() };
        Comparison { limits, model, keys, random: Random(seed), now_us: now_us.unwrap_or(0) }
    }

    /// Sends a batch and compares it. Returns the number of checks, and the last call with its verdicts.
    fn batch(&mut self) -> (usize, Vec<Asked>, Vec<Verdict>) {
        let mut batch = CheckBatch::default();
        let mut calls = Vec::new();
        let most = 1 + self.random.below(MAX_CHECKS as u64) as usize;
        loop {
            let call = random_call(&self.model.policies, &mut self.random);
            if !calls.is_empty() && batch.len() + call.len() > most {
                break;
            }
            let is_peek = self.random.one_in(10);
            self.keys.add(&self.model.policies, &call, is_peek, &mut batch);
            calls.push((call, is_peek));
        }
        let reply = self.limits.decide(&batch);
        if self.limits.now_us.is_none() {
            self.now_us = reply.now_us;
        }
        assert_eq!(reply.now_us, self.now_us);
        let mut last = Vec::new();
        for ((call, is_peek), answered) in calls.iter().zip(reply.calls()) {
            let (is_admitted, verdicts) = self.model.decide(call, *is_peek, self.now_us);
            let answered = answered.unwrap();
            let shown = || {
                let policies =
                    call.iter().map(|asked| &self.model.policies[asked.policy]).collect::<Vec<_>>();
                format!("{call:?} peek {is_peek} of {policies:?} at {}", self.now_us)
            };
            assert_eq!(answered.verdicts, verdicts, "{}", shown());
            assert_eq!(answered.is_admitted, is_admitted, "{}", shown());
            last = verdicts;
        }
        (batch.len(), calls.pop().unwrap().0, last)
    }

    /// Checks the retry time of a rejected check: nothing has happened since.
    fn check_retry(&mut self, asked: Asked, verdict: Verdict) {
        let Some(retry_ms) = verdict.retry_after_ms.filter(|retry| *retry > 0) else { return };
        for (ms, is_admitted) in [(retry_ms - 1, false), (retry_ms, true)] {
            self.limits.now_us = Some(self.now_us + ms * US_PER_MS);
            let mut batch = CheckBatch::default();
            self.keys.add(&self.model.policies, &[asked], true, &mut batch);
            let reply = self.limits.decide(&batch);
            let verdict = reply.calls().next().unwrap().unwrap().verdicts[0];
            assert_eq!(verdict.is_admitted(), is_admitted, "{asked:?} after {ms} ms of {retry_ms}");
        }
        self.limits.now_us = Some(self.now_us);
    }

    /// Refunds, blocks or unblocks, in Redis and in the model.
    fn disturb(&mut self) {
        let (policy, identity) = {
            let policy = self.random.below(self.model.policies.len() as u64) as usize;
            (policy, self.random.below(IDENTITIES as u64) as usize)
        };
        let mut request = Vec::new();
        match self.random.below(8) {
            0 => {
                let ms = 1 + self.random.below(MIN_WINDOW_MS);
                append_block(&self.keys.blocks[identity], ms, &mut request);
                self.limits.integer(&request);
                self.model.blocks.insert(identity, Block::lasting(self.now_us, ms));
            }
            1 | 2 => {
                self.limits.client.command(&[b"UNLINK".as_slice(), &self.keys.blocks[identity]]);
                self.model.blocks.remove(&identity);
            }
            _ => {
                let policy_of = self.model.policies[policy].clone();
                let cost = 1 + self.random.below(policy_of.capacity());
                let ago_us = self.random.below(policy_of.window_ms() * US_PER_MS);
                let taken_us = self.random.one_in(2).then(|| self.now_us.saturating_sub(ago_us));
                append_refund(&self.keys.states[policy][identity], &policy_of, cost, taken_us, &mut request);
                self.limits.integer(&request);
                let entry = self.model.entries.entry((policy, identity)).or_default();
                refund(&policy_of, &mut entry.state, self.now_us, cost, taken_us);
            }
        }
    }

    /// Asserts that every key of the limiter ends.
    fn assert_all_end(&mut self) {
        let all =
            [self.keys.states.concat(), self.keys.own_blocks.concat(), self.keys.blocks.clone()].concat();
        let lives: Vec<i64> =
            all.iter().map(|key| self.limits.client.integer(&[b"PTTL".as_slice(), key])).collect();
        assert!(lives.iter().any(|life| *life > 0) && !lives.contains(&-1), "{lives:?}");
    }
}

fn cases() -> usize {
    std::env::var(CASES_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

#[test]
fn consume_decides_as_the_functions_in_rust_do() {
    let (mut compared, mut seed) = (0, 1);
    while compared < cases() {
        let mut random = Random(seed);
        let mut comparison =
            Comparison::new(seed, policies(&mut random), Some(START_US + random.below(1 << 40)));
        for _ in 0..40 {
            let policies = &comparison.model.policies;
            let window_us = policies[random.below(policies.len() as u64) as usize].window_ms() * US_PER_MS;
            let share = 1 + random.below(100);
            comparison.now_us += random.below(window_us / share);
            if random.one_in(20) {
                comparison.now_us -= random.below(window_us);
            }
            comparison.limits.now_us = Some(comparison.now_us);
            comparison.disturb();
            let (checks, call, verdicts) = comparison.batch();
            for (asked, verdict) in call.into_iter().zip(verdicts) {
                comparison.check_retry(asked, verdict);
            }
            compared += checks;
        }
        comparison.assert_all_end();
        seed += 1;
    }
}

#[test]
fn consume_decides_by_the_servers_time() {
    let short = |algorithm, limit, window_ms, block_ms: u64| {
        made(&PolicyOptions {
            block_seconds: (block_ms > 0).then_some(1.0),
            ..policy(algorithm, limit, window_ms)
        })
    };
    let policies = vec![
        short("sliding", 30, 50, 0),
        short("log", 30, 50, 0),
        short("gcra", 30, 50, 0),
        short("fixed", 30, 50, 0),
        short("sliding", 3, 7, 0),
        short("log", 3, 7, 0),
        short("gcra", 3, 7, 0),
        short("fixed", 3, 7, 0),
        short("fixed", 50, 300, 1000),
    ];
    let mut comparison = Comparison::new(77, policies, None);
    let (mut rejected, mut admitted) = (0, 0);
    for _ in 0..500 {
        let (_, _, verdicts) = comparison.batch();
        rejected += verdicts.iter().filter(|verdict| verdict.reason == Reason::Limit).count();
        admitted += verdicts.iter().filter(|verdict| verdict.is_admitted()).count();
    }
    assert!(rejected > 20 && admitted > 20, "{rejected} rejected, {admitted} admitted");
}
