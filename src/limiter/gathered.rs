//! The checks of one call of JavaScript, which are those of several callers, from their arguments to their answers.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::acquire::Wanted;
use super::algorithm::{Reason, Verdict};
use super::answer::{Answer, Code, LOCAL_RECEIPT, Taken, Writer};
use super::batch::{AskedChecks, BatchCheck, CheckBatch, MAX_CHECKS};
use super::check::Checks;
use super::decode::{MAX_CHECKS_A_CALL, Manner};
use super::denial::{Remembered, Times};
use super::identity::Mark;
use super::limits::{Identified, Limiter, Policies, unknown_policy};
use super::local::{Asked, Local, Share};
use super::tally::count;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::Frame;
use crate::redis::misuse;

/// Buffers that calls share.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) keys: Vec<u8>,
    pub(super) ranges: Vec<KeyRanges>,
    batch: CheckBatch,
}

/// Where the keys of a check stand in the scratch.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyRanges {
    pub state: Range<usize>,
    block: Range<usize>,
    /// Empty where the policy sets no blocks.
    own_block: Range<usize>,
}

/// The checks of several callers.
#[derive(Debug)]
pub struct Gathered {
    pub limiter: Arc<Limiter>,
    pub(super) policies: Policies,
    pub(super) manner: Manner,
    pub(super) calls: Vec<PlannedCall>,
    pub(super) checks: Vec<Planned>,
    /// What Redis was asked.
    asked: AskedChecks,
    pub(super) lease: Option<Wanted>,
}

#[derive(Debug)]
pub(super) struct PlannedCall {
    checks: Range<usize>,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    /// It is no call.
    Wrong(Error),
    /// In the batch, in its turn.
    Asked,
    /// All of its checks have their answers.
    Decided,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub policy: usize,
    pub mark: Mark,
    pub cost: u64,
    is_critical: bool,
    /// The same check stands in its call before; it is counted once.
    pub same_as: Option<usize>,
    pub answer: Answer,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Gathered {
    /// Reads the checks and makes their keys. What the limiter knows already is decided then.
    pub fn new(
        limiter: Arc<Limiter>,
        checks: Checks<'_>,
        manner: Manner,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Result<Gathered> {
        let policies = limiter.policies();
        let most = checks.most();
        let mut gathered = Gathered {
            limiter,
            policies,
            manner,
            calls: Vec::with_capacity(most),
            checks: Vec::with_capacity(most),
            asked: AskedChecks::default(),
            lease: None,
        };
        scratch.keys.clear();
        scratch.ranges.clear();
        gathered.read(checks, scratch)?;
        gathered.want_lease(scratch)?;
        for call in 0..gathered.calls.len() {
            gathered.plan(call, now);
        }
        Ok(gathered)
    }

    fn read<'a>(&mut self, checks: Checks<'a>, scratch: &mut Scratch) -> Result<()> {
        let mut last: Option<Identified<'a>> = None;
        for check in checks {
            if check.policy >= self.policies.len() {
                return Err(unknown_policy());
            }
            let at = self.checks.len();
            if at == MAX_CHECKS {
                return Err(misuse("a call has more checks than a batch has room for"));
            }
            if check.begins || at == 0 {
                self.calls.push(PlannedCall { checks: at..at, fate: Fate::Asked });
            }
            let read = self.limiter.identify_after(&check, last.as_ref()).and_then(|identified| {
                let cost = check.cost()?;
                self.refuse_consume_of_leases(&identified)?;
                Ok((identified, cost, self.keys_of(&identified, scratch)?))
            });
            let (mark, cost, ranges) = match read {
                Ok((identified, cost, ranges)) => {
                    last = Some(identified);
                    (identified.mark, cost, ranges)
                }
                Err(error) => {
                    self.go_wrong(error);
                    (Mark { policy: check.policy, hash: [0; 16], organization: 0 }, 0, KeyRanges::default())
                }
            };
            scratch.ranges.push(ranges);
            let is_critical = check.is_critical;
            let same_as = self.merge(mark, cost, is_critical);
            let answer = Answer::bare(Code::Unasked);
            self.checks.push(Planned { policy: check.policy, mark, cost, is_critical, same_as, answer });
            if let Some(call) = self.calls.last_mut() {
                call.checks.end = at + 1;
            }
        }
        Ok(())
    }

    fn keys_of(&self, identified: &Identified<'_>, scratch: &mut Scratch) -> Result<KeyRanges> {
        let (keys, out) = (&self.limiter.keys, &mut scratch.keys);
        let named = &self.policies[identified.policy];
        let start = out.len();
        self.limiter.key_of(out, named, identified.subject)?;
        let state = out.len();
        keys.block(out, identified.subject)?;
        let block = out.len();
        if named.policy.block_ms() > 0 {
            keys.own_block(out, &named.name, identified.subject)?;
        }
        Ok(KeyRanges { state: start..state, block: state..block, own_block: block..out.len() })
    }

    /// The call that is being read fails. Its first mistake is told.
    fn go_wrong(&mut self, error: Error) {
        if let Some(call) = self.calls.last_mut()
            && !matches!(call.fate, Fate::Wrong(_))
        {
            call.fate = Fate::Wrong(error);
        }
    }

    /// The position of the same check earlier in the call that is being read. The higher cost counts, and it is critical if
    /// one of them is.
    fn merge(&mut self, mark: Mark, cost: u64, is_critical: bool) -> Option<usize> {
        let first = self.calls.last()?.checks.start;
        let known = self.checks[first..].iter_mut().position(|check| {
            let is_same = check.mark == mark && check.same_as.is_none();
            if is_same {
                check.cost = check.cost.max(cost);
                check.is_critical |= is_critical;
            }
            is_same
        });
        known.map(|position| first + position)
    }

    /// Decides a call that is wrong, or refused from memory.
    fn plan(&mut self, call: usize, now: Instant) {
        let range = self.calls[call].checks.clone();
        if range.len() > MAX_CHECKS_A_CALL && matches!(self.calls[call].fate, Fate::Asked) {
            let sentence = "a call has more than 32 checks; give fewer";
            self.calls[call].fate = Fate::Wrong(Error::new(ErrorCode::Key, sentence));
        }
        if let Fate::Wrong(_) = self.calls[call].fate {
            range.for_each(|at| self.tally(at, |tally| count(&tally.errors)));
            return;
        }
        if self.manner == Manner::Peek {
            return;
        }
        let mut is_denied = false;
        for at in range.clone() {
            let Planned { policy, mark, cost, .. } = self.checks[at];
            let policy = &self.policies[policy].policy;
            // What can never pass is another answer.
            if cost <= policy.capacity()
                && let Some((verdict, held)) = self.limiter.denials.refuses(mark, cost, now)
            {
                is_denied = true;
                let answer = Answer::of(&verdict, policy.is_shadow(), true);
                self.checks[at].answer = Answer { held_ms: held_ms(held), ..answer };
                self.tally(at, |tally| count(&tally.denied));
            }
        }
        if is_denied {
            self.decided(call);
        }
    }

    /// Whether any of its calls is still to be decided.
    pub fn is_open(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.fate, Fate::Asked))
    }

    /// Appends the request that asks Redis for all open calls.
    pub fn append_request(&mut self, scratch: &mut Scratch, out: &mut Vec<u8>) {
        let Gathered { policies, manner, calls, checks, lease, .. } = self;
        let Scratch { keys, ranges, batch } = scratch;
        if let Some(lease) = lease {
            batch.name_lease(&lease.lease(|_| false).name);
        }
        for call in calls.iter().filter(|call| matches!(call.fate, Fate::Asked)) {
            let mut asked = call.checks.clone().filter(|at| checks[*at].same_as.is_none()).peekable();
            while let Some(at) = asked.next() {
                let KeyRanges { state, block, own_block } = &ranges[at];
                let check = BatchCheck {
                    policy: policies[checks[at].policy].of(checks[at].is_critical),
                    cost: checks[at].cost,
                    key: &keys[state.clone()],
                    block_key: Some(&keys[block.clone()]),
                    own_block_key: (!own_block.is_empty()).then(|| &keys[own_block.clone()]),
                    is_peek: *manner == Manner::Peek,
                };
                batch.push(&check, asked.peek().is_none());
            }
        }
        batch.append_to(out);
        self.asked = batch.take_asked();
    }

    /// Takes Redis's reply to that request in. Calls that failed in Redis stay open. Answers the error of the first one.
    ///
    /// # Errors
    /// The reply is none to this request.
    pub fn take_reply(&mut self, frame: Frame<'_>, times: Times) -> Result<Option<Error>> {
        let reply = self.asked.decode(frame)?;
        let mut answers = reply.calls();
        // What an older policy refused its successor may admit.
        let is_current = Arc::ptr_eq(&self.policies, &self.limiter.policies());
        let mut failure = None;
        for call in 0..self.calls.len() {
            if !matches!(self.calls[call].fate, Fate::Asked) {
                continue;
            }
            let answered = match answers.next() {
                None => break,
                Some(Ok(answered)) => answered,
                Some(Err(error)) => {
                    self.calls[call]
                        .checks
                        .clone()
                        .for_each(|at| self.tally(at, |tally| count(&tally.errors)));
                    failure = failure.or_else(|| Some(error.clone()));
                    continue;
                }
            };
            let range = self.calls[call].checks.clone();
            let mut verdicts = answered.verdicts.iter();
            for at in range {
                if self.checks[at].same_as.is_some() {
                    continue;
                }
                let Some(verdict) = verdicts.next() else { break };
                let Planned { policy, mark, cost, .. } = self.checks[at];
                let mut answer = Answer::of(verdict, self.policies[policy].policy.is_shadow(), false);
                if answer.code.is_refusal() && self.manner != Manner::Peek && is_current {
                    let lasting = self.lasting(policy, *verdict);
                    // A lease may be released at any time.
                    let is_denied = lasting.reason == Reason::Blocked || !self.has_leases(policy);
                    let remembered = self.limiter.denials.remember(mark, cost, &lasting, times, is_denied);
                    answer.is_first = remembered.is_first;
                    // Where the policy blocks from now on, the next refusal has another reason.
                    if lasting.reason == verdict.reason {
                        answer.held_ms = held_ms(remembered.held);
                    }
                }
                let is_taken = answered.is_admitted && verdict.is_admitted();
                answer.taken = is_taken.then_some(Taken { receipt: reply.now_us, cost });
                self.checks[at].answer = answer;
            }
            self.decided(call);
        }
        Ok(failure)
    }

    /// Decides all open calls in this process.
    pub fn decide_here(&mut self, share: Share, now_us: u64, now: Instant) {
        for call in 0..self.calls.len() {
            if matches!(self.calls[call].fate, Fate::Asked) {
                self.decide_one(call, share, now_us, now);
            }
        }
    }

    fn has_leases(&self, policy: usize) -> bool {
        self.policies[policy].policy.has_leases()
    }

    /// What a check asks of this process.
    fn asked_here(&self, at: usize) -> Asked<'_> {
        let Planned { policy, mark, cost, is_critical, .. } = self.checks[at];
        let held = if self.has_leases(policy) { self.limiter.leases.cost(mark) } else { 0 };
        Asked { named: &self.policies[policy], mark, cost, is_critical, held }
    }

    fn decide_one(&mut self, call: usize, share: Share, now_us: u64, now: Instant) {
        let limiter = self.limiter.clone();
        let _stays = limiter.leases.decide();
        let range = self.calls[call].checks.clone();
        let positions: Vec<usize> = range.filter(|at| self.checks[*at].same_as.is_none()).collect();
        let asked: Vec<Asked<'_>> = positions.iter().map(|at| self.asked_here(*at)).collect();
        let mut answers = Vec::with_capacity(asked.len());
        let is_admitted = match self.manner {
            Manner::Consume { .. } | Manner::Acquire { .. } => {
                limiter.local.decide(&asked, share, now_us, &mut answers)
            }
            Manner::Peek => {
                answers.extend(asked.iter().map(|asked| limiter.local.peek(*asked, share, now_us)));
                false
            }
        };
        for (at, local) in positions.into_iter().zip(answers) {
            let Planned { policy, mark, cost, .. } = self.checks[at];
            let answer = match local {
                Local::Verdict(verdict) => {
                    let mut answer = Answer::of(&verdict, self.policies[policy].policy.is_shadow(), true);
                    if answer.code.is_refusal() && self.manner != Manner::Peek {
                        let times = Times { issued: now, now };
                        let lasting = self.lasting(policy, verdict);
                        let Remembered { is_first, .. } =
                            self.limiter.denials.remember(mark, cost, &lasting, times, false);
                        answer.is_first = is_first;
                    }
                    let is_taken = is_admitted && verdict.is_admitted();
                    answer.taken = is_taken.then_some(Taken { receipt: LOCAL_RECEIPT, cost });
                    answer
                }
                Local::Down => Answer::bare(Code::Down),
                Local::Unasked => Answer::bare(Code::Unasked),
            };
            self.checks[at].answer = answer;
        }
        self.decided(call);
    }

    /// The verdict on the calls that follow a refused one: the policy may have blocked the identifier.
    fn lasting(&self, policy: usize, verdict: Verdict) -> Verdict {
        match verdict.reason {
            Reason::Limit if self.policies[policy].policy.block_ms() > 0 => {
                Verdict { reason: Reason::Blocked, ..verdict }
            }
            _ => verdict,
        }
    }

    /// All checks of a call have their answers, but for those that are told apart by nothing.
    fn decided(&mut self, call: usize) {
        self.calls[call].fate = Fate::Decided;
        let range = self.calls[call].checks.clone();
        for at in range.clone() {
            if let Some(first) = self.checks[at].same_as {
                self.checks[at].answer = Answer { taken: None, is_first: false, ..self.checks[first].answer };
            }
        }
        if self.manner == Manner::Peek {
            return;
        }
        self.hold_lease();
        // Other slots decide such a call too, so JavaScript tells what of it is admitted.
        let is_part = self.manner.wants_receipts();
        let is_allowed = !is_part && range.clone().all(|at| !self.checks[at].answer.code.is_refusal());
        for at in range {
            self.count(at, is_allowed);
        }
    }

    fn count(&self, at: usize, is_allowed: bool) {
        let Planned { policy, answer, same_as, is_critical, .. } = self.checks[at];
        if same_as.is_some() || answer.code == Code::Unasked {
            return;
        }
        let capacity = self.policies[policy].of(is_critical).capacity();
        self.tally(at, |tally| {
            match answer.code {
                Code::Ok if is_allowed => tally.admit(answer.remaining, capacity),
                Code::Limit => count(&tally.limited),
                Code::Blocked => count(&tally.blocked),
                Code::Cost => count(&tally.cost),
                Code::Reserve => count(&tally.reserve),
                Code::Shadow => count(&tally.shadow),
                Code::Down => count(&tally.down),
                Code::Ok | Code::Unasked => {}
            }
            if answer.is_local {
                count(&tally.local);
            }
        });
    }

    fn tally(&self, at: usize, work: impl FnOnce(&super::tally::Tally)) {
        if let Some(tally) = self.limiter.tally(self.checks[at].policy) {
            work(tally);
        }
    }

    /// The answers to all checks, as JSON.
    pub fn answers(&self) -> Vec<u8> {
        let has_receipts = self.manner.wants_receipts();
        let mut writer = Writer::new(self.checks.len(), has_receipts);
        for call in &self.calls {
            for check in &self.checks[call.checks.clone()] {
                match &call.fate {
                    Fate::Wrong(error) => writer.error(error),
                    Fate::Asked | Fate::Decided => writer.answer(&check.answer),
                }
            }
        }
        if matches!(self.manner, Manner::Acquire { .. }) {
            writer.lease(self.held().map(|lease| lease.number));
        }
        writer.finish()
    }
}

/// As long as the longest denial, it fits.
fn held_ms(held: Duration) -> u32 {
    u32::try_from(held.as_millis()).unwrap_or_default()
}
