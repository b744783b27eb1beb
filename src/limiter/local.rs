//! Limits in this process's memory: the embedded store's, and those of an outage. Nothing of them goes to Redis.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::algorithm::{Concurrency, Reason, State, Verdict, refund};
use super::block::Block;
use super::call::{Entry, LocalCheck, decide_call, peek};
use super::identity::Mark;
use super::options::{NamedPolicy, OnRedisDown};
use super::policy::Policy;

/// A flood of identifiers costs no more memory than this: about 10 MB, with `log` and its longest lists 500 MB.
const MAX_ENTRIES: usize = 65_536;

/// In place of a policy's position: a block of an identifier for all policies.
const ALL_POLICIES: usize = usize::MAX;

/// Who shares the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Nobody: there is no Redis.
    Whole,
    /// So many instances, which cannot reach Redis.
    OneOf(u32),
}

/// A check of a call that is decided here.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub named: &'a NamedPolicy,
    pub mark: Mark,
    pub cost: u64,
    pub is_critical: bool,
    /// Of a policy of leases: the costs that this process holds.
    pub held: u64,
}

impl<'a> Asked<'a> {
    /// A check that is not critical, of a policy without leases.
    pub fn new(named: &'a NamedPolicy, mark: Mark, cost: u64) -> Asked<'a> {
        Asked { named, mark, cost, is_critical: false, held: 0 }
    }

    /// What is known of it beside the entries: leases are.
    fn state_of_leases(&self) -> Option<Entry> {
        let leases = || Some(State::Concurrency(Concurrency::held(self.held)));
        self.named.policy.has_leases().then(|| Entry { state: leases(), block: None })
    }
}

/// The answer to such a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    Verdict(Verdict),
    /// The policy is closed while Redis is away.
    Down,
    /// Another check of the call has refused it.
    Unasked,
}

/// The memory of one limiter.
pub struct LocalLimits {
    entries: Mutex<LruCache<Mark, Entry>>,
}

impl Default for LocalLimits {
    fn default() -> LocalLimits {
        LocalLimits { entries: Mutex::new(LruCache::unbounded()) }
    }
}

impl LocalLimits {
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Decides a call, all or nothing. True where it is admitted.
    pub fn decide(&self, checks: &[Asked<'_>], share: Share, now_us: u64, into: &mut Vec<Local>) -> bool {
        let is_closed = |check: &Asked<'_>| is_closed(check.named, share);
        if checks.iter().any(is_closed) {
            into.extend(
                checks.iter().map(|check| if is_closed(check) { Local::Down } else { Local::Unasked }),
            );
            return false;
        }
        let policies: Vec<Option<Policy>> = checks.iter().map(|check| policy_here(check, share)).collect();
        let mut entries = self.entries();
        let mut asked: Vec<LocalCheck<'_>> = Vec::with_capacity(checks.len());
        for (check, policy) in checks.iter().zip(&policies) {
            let Some(policy) = policy else { continue };
            let block =
                entries.get(&Mark { policy: ALL_POLICIES, ..check.mark }).and_then(|entry| entry.block);
            let entry =
                check.state_of_leases().unwrap_or_else(|| entries.pop(&check.mark).unwrap_or_default());
            asked.push(LocalCheck { policy, cost: check.cost, entry, block });
        }
        let mut verdicts = Vec::with_capacity(asked.len());
        let is_admitted = decide_call(&mut asked, now_us, &mut verdicts);
        let mut decided = asked.into_iter().zip(verdicts);
        for (check, policy) in checks.iter().zip(&policies) {
            let verdict = match policy.as_ref().and_then(|_| decided.next()) {
                None => admitted(check),
                Some((decided, verdict)) => {
                    put(&mut entries, check.mark, decided.entry, now_us, decided.policy);
                    verdict
                }
            };
            into.push(Local::Verdict(verdict));
        }
        is_admitted
    }

    /// What `decide` would answer to a check alone; nothing is consumed.
    pub fn peek(&self, check: Asked<'_>, share: Share, now_us: u64) -> Local {
        if is_closed(check.named, share) {
            return Local::Down;
        }
        let Some(policy) = policy_here(&check, share) else {
            return Local::Verdict(admitted(&check));
        };
        let mut entries = self.entries();
        let block = entries.get(&Mark { policy: ALL_POLICIES, ..check.mark }).and_then(|entry| entry.block);
        let entry =
            check.state_of_leases().unwrap_or_else(|| entries.get(&check.mark).cloned().unwrap_or_default());
        let check = LocalCheck { policy: &policy, cost: check.cost, entry, block };
        Local::Verdict(peek(&check, now_us))
    }

    /// Gives back what an admitted check took here.
    pub fn refund(&self, check: Asked<'_>, share: Share, now_us: u64) {
        if let Some(policy) = policy_here(&check, share)
            && let Some(entry) = self.entries().get_mut(&check.mark)
        {
            refund(&policy, &mut entry.state, now_us, check.cost, None);
        }
    }

    /// Forgets what is known of an identifier of one policy. Answers whether there was anything.
    pub fn reset(&self, mark: Mark) -> bool {
        self.entries().pop(&mark).is_some()
    }

    pub fn block(&self, mark: Mark, seconds: u64, now_us: u64) {
        let block = Some(Block::lasting(now_us, seconds * 1000));
        let mut entries = self.entries();
        entries.put(Mark { policy: ALL_POLICIES, ..mark }, Entry { state: None, block });
        bound(&mut entries);
    }

    /// Ends blocks of an identifier: the one for all policies, and those of `policies` many. Answers whether there was any.
    pub fn unblock(&self, mark: Mark, policies: usize, now_us: u64) -> bool {
        let mut entries = self.entries();
        let is_live = |block: Option<Block>| block.is_some_and(|block| block.left_ms(now_us) > 0);
        let all = entries.pop(&Mark { policy: ALL_POLICIES, ..mark }).and_then(|entry| entry.block);
        (0..policies).fold(is_live(all), |was_any, policy| {
            let own = entries.get_mut(&Mark { policy, ..mark }).and_then(|entry| entry.block.take());
            was_any || is_live(own)
        })
    }

    /// Forgets what satisfies `is_meant`. Answers how much that was.
    pub fn forget_where(&self, is_meant: impl Fn(&Mark) -> bool) -> usize {
        forget_where(&mut self.entries(), is_meant)
    }

    /// How many entries satisfy `is_meant`.
    pub fn count_where(&self, is_meant: impl Fn(&Mark) -> bool) -> usize {
        self.entries().iter().filter(|(mark, _)| is_meant(mark)).count()
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<Mark, Entry>> {
        // A panic while it was held leaves whole entries.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the marks that satisfy `is_meant`. Answers how many there were.
pub(super) fn forget_where<T>(entries: &mut LruCache<Mark, T>, is_meant: impl Fn(&Mark) -> bool) -> usize {
    let marks: Vec<Mark> = entries.iter().map(|(mark, _)| *mark).filter(is_meant).collect();
    marks.iter().for_each(|mark| {
        entries.pop(mark);
    });
    marks.len()
}

/// Whether a policy refuses everything here. One that only watches refuses nothing.
fn is_closed(named: &NamedPolicy, share: Share) -> bool {
    share != Share::Whole && named.on_redis_down == OnRedisDown::Closed && !named.policy.is_shadow()
}

/// The policy that counts here; `None` where everything is admitted.
fn policy_here(check: &Asked<'_>, share: Share) -> Option<Policy> {
    let policy = check.named.of(check.is_critical);
    match share {
        Share::Whole => Some(Policy::clone(policy)),
        Share::OneOf(_) if check.named.on_redis_down == OnRedisDown::Open => None,
        Share::OneOf(instances) => Some(policy.share(instances)),
    }
}

/// The verdict of a policy that is open while Redis is away: nothing is counted.
fn admitted(check: &Asked<'_>) -> Verdict {
    let remaining = check.named.of(check.is_critical).capacity();
    Verdict { reason: Reason::Ok, remaining, reset_ms: 0, retry_after_ms: Some(0) }
}

/// An entry that nothing is left of is not kept. Leases are kept elsewhere.
fn put(entries: &mut LruCache<Mark, Entry>, mark: Mark, entry: Entry, now_us: u64, policy: &Policy) {
    if !policy.has_leases() && entry.ends_us(policy) > now_us {
        entries.put(mark, entry);
        bound(entries);
    }
}

fn bound(entries: &mut LruCache<Mark, Entry>) {
    if entries.len() > MAX_ENTRIES {
        entries.pop_lru();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { policy: 0, hash: [7; 16], organization: 0 };
    const NOW: u64 = 1_700_000_000_000_000;

    fn policy(on_redis_down: &str) -> NamedPolicy {
        let text =
            format!(r#"{{"limit":10,"windowSeconds":60,"algorithm":"log","onRedisDown":"{on_redis_down}"}}"#);
        NamedPolicy::from_json("p", &text).unwrap()
    }

    fn admits(limits: &LocalLimits, named: &NamedPolicy, share: Share) -> bool {
        limits.decide(&[Asked::new(named, MARK, 1)], share, NOW, &mut Vec::new())
    }

    fn admitted_of(named: &NamedPolicy, share: Share) -> usize {
        let limits = LocalLimits::default();
        (0..20).filter(|_| admits(&limits, named, share)).count()
    }

    #[test]
    fn an_instance_admits_its_share_rounded_up_and_without_redis_all() {
        let local = policy("local");
        assert_eq!(admitted_of(&local, Share::Whole), 10);
        assert_eq!(admitted_of(&local, Share::OneOf(1)), 10);
        assert_eq!(admitted_of(&local, Share::OneOf(3)), 4);
        assert_eq!(admitted_of(&local, Share::OneOf(100)), 1);
    }

    #[test]
    fn an_open_policy_admits_everything_in_an_outage_and_a_closed_one_nothing() {
        assert_eq!(admitted_of(&policy("open"), Share::OneOf(1)), 20);
        assert_eq!(admitted_of(&policy("closed"), Share::OneOf(1)), 0);
        assert_eq!(admitted_of(&policy("open"), Share::Whole), 10);
        assert_eq!(admitted_of(&policy("closed"), Share::Whole), 10);
    }

    #[test]
    fn a_closed_policy_refuses_the_call_and_nothing_else_of_it_is_consumed() {
        let (limits, closed, local) = (LocalLimits::default(), policy("closed"), policy("local"));
        let other = Mark { policy: 1, ..MARK };
        let checks = [Asked::new(&closed, MARK, 1), Asked::new(&local, other, 1)];
        let mut answers = Vec::new();
        assert!(!limits.decide(&checks, Share::OneOf(1), NOW, &mut answers));
        assert_eq!(answers, [Local::Down, Local::Unasked]);
        assert_eq!(limits.len(), 0);
    }

    #[test]
    fn a_closed_policy_that_only_watches_refuses_nothing_and_says_so_beforehand() {
        let text = r#"{"limit":10,"windowSeconds":60,"onRedisDown":"closed","mode":"shadow"}"#;
        let (limits, named) = (LocalLimits::default(), NamedPolicy::from_json("p", text).unwrap());
        let asked = Asked::new(&named, MARK, 1);
        assert!(matches!(limits.peek(asked, Share::OneOf(1), NOW), Local::Verdict(_)));
        assert!(admits(&limits, &named, Share::OneOf(1)));
    }

    #[test]
    fn a_refund_and_a_reset_make_room() {
        let (limits, named) = (LocalLimits::default(), policy("local"));
        (0..10).for_each(|_| assert!(admits(&limits, &named, Share::Whole)));
        assert!(!admits(&limits, &named, Share::Whole));
        limits.refund(Asked::new(&named, MARK, 1), Share::Whole, NOW);
        assert!(admits(&limits, &named, Share::Whole));
        assert!(!admits(&limits, &named, Share::Whole));
        assert!(limits.reset(MARK));
        assert!(!limits.reset(MARK));
        assert!(admits(&limits, &named, Share::Whole));
    }

    #[test]
    fn a_block_refuses_until_it_is_over_or_ended() {
        let (limits, named) = (LocalLimits::default(), policy("local"));
        let asked = Asked::new(&named, MARK, 1);
        limits.block(MARK, 5, NOW);
        assert!(!admits(&limits, &named, Share::Whole));
        let Local::Verdict(verdict) = limits.peek(asked, Share::Whole, NOW) else { panic!("no verdict") };
        assert_eq!((verdict.reason, verdict.retry_after_ms), (Reason::Blocked, Some(5000)));
        let later = NOW + 5_000_000;
        assert!(limits.decide(&[asked], Share::Whole, later, &mut Vec::new()));
        limits.block(MARK, 5, NOW);
        assert!(limits.unblock(MARK, 1, NOW));
        assert!(!limits.unblock(MARK, 1, NOW));
        assert!(admits(&limits, &named, Share::Whole));
    }

    #[test]
    fn to_look_consumes_nothing() {
        let (limits, named) = (LocalLimits::default(), policy("local"));
        let asked = Asked::new(&named, MARK, 1);
        (0..20).for_each(|_| {
            assert!(matches!(limits.peek(asked, Share::Whole, NOW), Local::Verdict(v) if v.remaining == 10));
        });
        assert_eq!(limits.len(), 0);
    }

    #[test]
    fn a_flood_of_identifiers_has_a_bound() {
        let (limits, named) = (LocalLimits::default(), policy("local"));
        for organization in 0..MAX_ENTRIES as u64 + 10 {
            let asked = Asked::new(&named, Mark { organization, ..MARK }, 1);
            limits.decide(&[asked], Share::Whole, NOW, &mut Vec::new());
        }
        assert_eq!(limits.len(), MAX_ENTRIES);
    }

    #[test]
    fn leases_that_this_process_holds_count_against_its_share() {
        let text = r#"{"limit":10,"algorithm":"concurrency","reserve":0.5}"#;
        let (limits, named) = (LocalLimits::default(), NamedPolicy::from_json("p", text).unwrap());
        let admits = |held, is_critical, share| {
            let asked = Asked { is_critical, held, ..Asked::new(&named, MARK, 1) };
            limits.decide(&[asked], share, NOW, &mut Vec::new())
        };
        for (held, is_critical, instances, expected) in [
            (4, false, 1, true),
            (5, false, 1, false),
            (5, true, 1, true),
            (10, true, 1, false),
            (1, false, 3, true),
            (2, false, 3, false),
            (3, true, 3, true),
            (4, true, 3, false),
        ] {
            assert_eq!(admits(held, is_critical, Share::OneOf(instances)), expected, "{held} of {instances}");
        }
        assert!(!admits(5, false, Share::Whole));
        assert_eq!(limits.len(), 0, "leases are no entries");
    }
}
