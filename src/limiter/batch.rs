//! A batch of calls as one request: the script `consume` with its keys and arguments.
//!
//! Each policy and each key is sent once, however many checks name it. So a key that comes twice is counted twice without
//! being read again.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use super::commands::{append_number, append_policy};
use super::policy::Policy;
use super::scripts::CONSUME_SHA;
use crate::lane::{append_argument, append_header};

/// The most checks of a batch. Larger ones are hardly cheaper, and all other clients wait for them.
pub const MAX_CHECKS: usize = 128;
/// The cost that stands for one that does not fit into a byte.
const LARGE_COST: u8 = u8::MAX;

/// What a check does where it is admitted; numbers of the script.
const TAKES: u8 = 0;
const IS_SHADOW: u8 = 1;
const IS_PEEK: u8 = 2;

/// One check of a call.
#[derive(Debug, Clone, Copy)]
pub struct BatchCheck<'a> {
    /// Policies are told apart by their allocation.
    pub policy: &'a Arc<Policy>,
    pub cost: u64,
    /// The key of its state.
    pub key: &'a [u8],
    /// The key of the identity's block, which counts for all policies.
    pub block_key: Option<&'a [u8]>,
    /// The key of this policy's own block of the identity. Needed where the policy blocks after a rejection.
    pub own_block_key: Option<&'a [u8]>,
    /// Whether nothing is taken, by the whole call.
    pub is_peek: bool,
}

/// What a reply is read with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    pub policy: u8,
    pub cost: u64,
    pub is_last_of_call: bool,
}

/// The checks of a batch and their policies, with which its reply is read.
#[derive(Debug, Default)]
pub(super) struct AskedChecks {
    policies: Vec<Arc<Policy>>,
    checks: Vec<Check>,
}

impl AskedChecks {
    pub fn len(&self) -> usize {
        self.checks.len()
    }

    /// The checks with their policies.
    pub fn iter(&self) -> impl Iterator<Item = (Check, &Policy)> {
        self.checks.iter().map(|check| (*check, &*self.policies[usize::from(check.policy)]))
    }

    /// The number of a policy, from 1.
    fn place_policy(&mut self, policy: &Arc<Policy>) -> u8 {
        // A tick rarely has more than a few policies, and often the last one again.
        let known = self.policies.iter().rposition(|known| Arc::ptr_eq(known, policy));
        let position = known.unwrap_or_else(|| {
            self.policies.push(policy.clone());
            self.policies.len() - 1
        });
        (position + 1) as u8
    }
}

/// Calls that go to one server in one request. Buffers are kept by `clear`.
#[derive(Debug, Default)]
pub struct CheckBatch {
    pub(super) asked: AskedChecks,
    /// The checks as the script takes them.
    described: Vec<u8>,
    large_costs: Vec<u64>,
    states: KeyList,
    identity_blocks: KeyList,
    policy_blocks: KeyList,
    /// The name of the lease that is taken.
    lease: Vec<u8>,
}

impl CheckBatch {
    pub fn is_empty(&self) -> bool {
        self.asked.checks.is_empty()
    }

    /// The number of checks.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// Whether a call over so many checks may be added.
    pub fn has_room(&self, checks: usize) -> bool {
        self.len() + checks <= MAX_CHECKS
    }

    /// Adds a call, if there is room; what is added beyond that is not sent. All keys of a batch must be in one slot. A key
    /// that a call names twice is counted once.
    pub fn add(&mut self, call: &[BatchCheck<'_>]) {
        debug_assert!(self.has_room(call.len()), "a batch has at most {MAX_CHECKS} checks");
        for (position, check) in call.iter().enumerate() {
            self.push(check, position + 1 == call.len());
        }
    }

    /// Adds one check of a call.
    pub(super) fn push(&mut self, check: &BatchCheck<'_>, is_last_of_call: bool) {
        let policy = self.asked.place_policy(check.policy);
        let state = self.states.place(check.key);
        let identity = check.block_key.map_or(0, |key| self.identity_blocks.place(key));
        let own = check.own_block_key.filter(|_| check.policy.block_ms() > 0);
        let own = own.map_or(0, |key| self.policy_blocks.place(key));
        let cost = u8::try_from(check.cost).unwrap_or(LARGE_COST);
        if cost == LARGE_COST {
            self.large_costs.push(check.cost);
        }
        let kind = match check {
            BatchCheck { is_peek: true, .. } => IS_PEEK,
            _ if check.policy.is_shadow() => IS_SHADOW,
            _ => TAKES,
        };
        self.described.extend([policy, state, identity, own, cost, kind, u8::from(is_last_of_call)]);
        self.asked.checks.push(Check { policy: policy - 1, cost: check.cost, is_last_of_call });
    }

    /// Names the lease that the one call of this batch takes.
    pub fn name_lease(&mut self, name: &[u8]) {
        self.lease.clear();
        self.lease.extend_from_slice(name);
    }

    /// Appends the request, which has one reply.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        let keys = [&self.states, &self.identity_blocks, &self.policy_blocks];
        let key_count: usize = keys.iter().map(|list| list.len()).sum();
        append_header(out, 3 + key_count + 4 + 4 * self.asked.policies.len() + self.large_costs.len());
        append_argument(out, b"EVALSHA");
        append_argument(out, CONSUME_SHA.as_slice());
        append_number(out, key_count as u64);
        keys.iter().for_each(|list| out.extend_from_slice(&list.encoded));
        append_argument(out, &self.described);
        append_number(out, self.states.len() as u64);
        append_number(out, self.identity_blocks.len() as u64);
        append_number(out, self.asked.policies.len() as u64);
        for policy in &self.asked.policies {
            append_policy(policy, out);
            if policy.has_leases() {
                append_argument(out, &self.lease);
            } else {
                append_number(out, policy.block_ms());
            }
        }
        self.large_costs.iter().for_each(|cost| append_number(out, *cost));
    }

    /// Forgets the calls.
    pub fn clear(&mut self) {
        self.asked.policies.clear();
        self.asked.checks.clear();
        self.described.clear();
        self.large_costs.clear();
        self.lease.clear();
        for keys in [&mut self.states, &mut self.identity_blocks, &mut self.policy_blocks] {
            keys.clear();
        }
    }

    /// Takes the checks out and forgets the rest.
    pub(super) fn take_asked(&mut self) -> AskedChecks {
        let asked = std::mem::take(&mut self.asked);
        self.clear();
        asked
    }
}

/// Twice what a batch has of a kind of keys, so that searches stay short.
const PLACES: usize = 2 * MAX_CHECKS;

/// Different keys in the order of their first use.
#[derive(Debug)]
struct KeyList {
    /// The keys as arguments of the request.
    encoded: Vec<u8>,
    /// Where each key lies in `encoded`.
    spans: Vec<Range<usize>>,
    /// Positions from 1 in `spans`, by hash; 0 where there is none.
    places: Box<[u8; PLACES]>,
    hasher: foldhash::fast::RandomState,
}

impl Default for KeyList {
    fn default() -> Self {
        KeyList {
            encoded: Vec::new(),
            spans: Vec::new(),
            places: Box::new([0; PLACES]),
            hasher: foldhash::fast::RandomState::default(),
        }
    }
}

impl KeyList {
    fn len(&self) -> usize {
        self.spans.len()
    }

    /// The position of a key, from 1.
    fn place(&mut self, key: &[u8]) -> u8 {
        let mut place = self.hasher.hash_one(key) as usize % PLACES;
        loop {
            match self.places[place] {
                0 => break,
                known if self.encoded[self.spans[usize::from(known) - 1].clone()] == *key => return known,
                _ => place = (place + 1) % PLACES,
            }
        }
        append_argument(&mut self.encoded, key);
        // The argument ends with CRLF.
        let end = self.encoded.len() - 2;
        self.spans.push(end - key.len()..end);
        let position = self.spans.len() as u8;
        self.places[place] = position;
        position
    }

    fn clear(&mut self) {
        self.encoded.clear();
        self.spans.clear();
        self.places.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy_options::PolicyOptions;
    use super::*;
    use crate::lane::commands_of;

    fn policy(algorithm: &str, block_seconds: f64, is_shadow: bool) -> Arc<Policy> {
        let options = PolicyOptions {
            algorithm: Some(algorithm),
            limit: Some(10.0),
            window_seconds: Some(60.0),
            block_seconds: Some(block_seconds),
            is_shadow,
            ..PolicyOptions::default()
        };
        Arc::new(Policy::new("p", &options).unwrap())
    }

    fn check<'a>(policy: &'a Arc<Policy>, key: &'a str, cost: u64) -> BatchCheck<'a> {
        let key = key.as_bytes();
        BatchCheck { policy, cost, key, block_key: None, own_block_key: None, is_peek: false }
    }

    fn words(batch: &CheckBatch) -> Vec<Vec<u8>> {
        let mut request = Vec::new();
        batch.append_to(&mut request);
        let mut commands = commands_of(&request);
        let words = commands.next().unwrap().into_iter().map(<[u8]>::to_vec).collect();
        assert!(commands.next().is_none_or(|rest| rest.is_empty()));
        words
    }

    #[test]
    fn policies_and_keys_are_sent_once() {
        let (api, login) = (policy("sliding", 0.0, false), policy("gcra", 9.0, true));
        let mut batch = CheckBatch::default();
        assert!(batch.is_empty());
        batch.add(&[check(&api, "a", 1)]);
        let both =
            BatchCheck { block_key: Some(b"block"), own_block_key: Some(b"own"), ..check(&login, "b", 1000) };
        batch.add(&[check(&api, "a", 2), both]);
        batch.add(&[BatchCheck { is_peek: true, ..both }]);
        assert_eq!(batch.len(), 4);
        let expected: Vec<&[u8]> = vec![
            b"EVALSHA",
            CONSUME_SHA.as_slice(),
            b"4",
            b"a",
            b"b",
            b"block",
            b"own",
            b"\x01\x01\x00\x00\x01\x00\x01\
              \x01\x01\x00\x00\x02\x00\x00\
              \x02\x02\x01\x01\xff\x01\x01\
              \x02\x02\x01\x01\xff\x02\x01",
            b"2",
            b"1",
            b"2",
            b"s",
            b"10",
            b"60000",
            b"0",
            b"g",
            b"10",
            b"6000000",
            b"9000",
            b"1000",
            b"1000",
        ];
        assert_eq!(words(&batch), expected);
        batch.clear();
        assert!(batch.is_empty());
        batch.add(&[check(&login, "b", 254)]);
        assert_eq!(words(&batch)[3..5], [b"b".to_vec(), b"\x01\x01\x00\x00\xfe\x01\x01".to_vec()]);
    }

    #[test]
    fn a_policy_that_does_not_block_has_no_block_of_its_own() {
        let api = policy("sliding", 0.0, false);
        let mut batch = CheckBatch::default();
        batch.add(&[BatchCheck { own_block_key: Some(b"own"), ..check(&api, "a", 1) }]);
        assert!(!words(&batch).contains(&b"own".to_vec()));
    }

    #[test]
    fn a_full_batch_finds_each_of_its_keys_again() {
        let api = policy("sliding", 0.0, false);
        let keys: Vec<String> = (0..MAX_CHECKS).map(|number| format!("key-{number}")).collect();
        let mut batch = CheckBatch::default();
        for key in &keys {
            assert!(batch.has_room(1));
            batch.add(&[check(&api, key, 1)]);
        }
        assert!(!batch.has_room(1) && batch.has_room(0));
        for (position, key) in keys.iter().enumerate() {
            assert_eq!(usize::from(batch.states.place(key.as_bytes())), position + 1);
        }
        assert_eq!(batch.states.len(), MAX_CHECKS);
    }
}
