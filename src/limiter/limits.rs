//! One limiter: its policies, and what this process remembers of identifiers.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::check::Check;
use super::decode::Counted;
use super::denial::Denials;
use super::identity::{Hasher, Kind, Mark};
use super::keys::{LimitKeys, Subject, heard};
use super::lease::Leases;
use super::local::LocalLimits;
use super::options::{LimiterOptions, NamedPolicy};
use super::tally::{Tally, report};
use crate::erasure;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::misuse;

/// The policies of a limiter as they are at one time.
pub type Policies = Arc<[NamedPolicy]>;

pub struct Limiter {
    pub namespace: Box<str>,
    pub keys: LimitKeys,
    hasher: Hasher,
    /// Makes the organization's part of marks.
    organizations: RandomState,
    /// Distinguishes the servers and the prefix.
    data: Arc<str>,
    /// A decision takes no longer.
    pub decision: Duration,
    policies: RwLock<Policies>,
    pub denials: Denials,
    pub local: LocalLimits,
    pub leases: Leases,
    tallies: Box<[Tally]>,
    /// Whether ids can be guessed from what is in Redis.
    pub is_without_secret: bool,
}

/// A change of one identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Refund {
        cost: u64,
        counted: Counted,
    },
    /// Answers whether there was anything.
    Reset,
    Block,
    /// Answers whether there was a block.
    Unblock,
}

/// Who a check is about.
#[derive(Debug, Clone, Copy)]
pub struct Identified<'a> {
    pub policy: usize,
    pub subject: Subject<'a>,
    pub mark: Mark,
    kind: Kind<'a>,
    id: &'a str,
}

impl Identified<'_> {
    /// Whether this is the identifier, as it was given.
    pub fn is_of(&self, kind: Kind<'_>, id: &str, organization: Option<&str>) -> bool {
        self.kind == kind && self.id == id && self.subject.organization == organization
    }
}

impl Limiter {
    pub fn new(options: &LimiterOptions, prefix: &str, data: Arc<str>) -> Limiter {
        let LimiterOptions { namespace, secret, ipv6_prefix, decision, local_deny, policies } = options;
        Limiter {
            keys: LimitKeys::new(prefix, namespace),
            namespace: namespace.as_str().into(),
            hasher: Hasher::new(secret.as_deref(), *ipv6_prefix),
            organizations: RandomState::new(),
            data,
            decision: *decision,
            tallies: policies.iter().map(|_| Tally::default()).collect(),
            policies: RwLock::new(policies.as_slice().into()),
            denials: Denials::new(*local_deny),
            local: LocalLimits::default(),
            leases: Leases::default(),
            is_without_secret: secret.is_none(),
        }
    }

    pub fn policies(&self) -> Policies {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces a policy. Refusals under the old one are forgotten; what Redis has of it counts as far as it fits.
    ///
    /// # Errors
    /// `E_CONFIG` where the policy is not allowed.
    pub fn update(&self, policy: usize, json: &str) -> Result<()> {
        let mut policies = self.policies.write().unwrap_or_else(PoisonError::into_inner);
        let known = policies.get(policy).ok_or_else(unknown_policy)?;
        let changed = NamedPolicy::from_json(&known.name, json)?;
        let mut all = policies.to_vec();
        all[policy] = changed;
        *policies = all.into();
        drop(policies);
        self.denials.forget_policy(policy);
        Ok(())
    }

    pub fn tally(&self, policy: usize) -> Option<&Tally> {
        self.tallies.get(policy)
    }

    /// # Errors
    /// There is no such policy.
    pub fn tally_of(&self, policy: usize) -> Result<&Tally> {
        self.tally(policy).ok_or_else(unknown_policy)
    }

    /// Counts an admitted check, which leaves so much.
    ///
    /// # Errors
    /// There is no such policy.
    pub fn count_admitted(&self, policy: usize, remaining: u64) -> Result<()> {
        let capacity = self.policies().get(policy).ok_or_else(unknown_policy)?.policy.capacity();
        self.tally_of(policy)?.admit(remaining, capacity);
        Ok(())
    }

    /// # Errors
    /// `E_KEY` where kind, id or organization cannot be.
    pub fn identify<'a>(&self, check: &Check<'a>) -> Result<Identified<'a>> {
        self.identify_after(check, None)
    }

    /// As `identify`. Checks of one call are mostly of one identifier, which is hashed once if `last` has it.
    pub fn identify_after<'a>(
        &self,
        check: &Check<'a>,
        last: Option<&Identified<'a>>,
    ) -> Result<Identified<'a>> {
        let (policy, organization) = (check.policy, check.organization()?);
        let (kind, id) = (check.kind()?, check.id()?);
        if erasure::is_any() {
            erasure::check(&self.data, organization)?;
            erasure::check(&self.data, (kind.normal() == Kind::Organization).then_some(id))?;
        }
        if let Some(last) = last
            && last.is_of(kind, id, organization)
        {
            return Ok(Identified { policy, mark: Mark { policy, ..last.mark }, ..*last });
        }
        let hash = self.hasher.hash(kind, id)?;
        let mark = Mark {
            policy,
            hash,
            organization: organization.map_or(0, |name| self.organizations.hash_one(name)),
        };
        Ok(Identified { policy, subject: Subject::new(organization, hash), mark, kind, id })
    }

    /// An identifier is changed: the next call of it asks Redis, and the next outage does not know it as it was.
    pub fn forget_for(&self, kind: ChangeKind, mark: Mark, now_us: u64) {
        match kind {
            ChangeKind::Refund { .. } => self.denials.forget(mark),
            ChangeKind::Reset => {
                self.denials.forget(mark);
                self.local.reset(mark);
            }
            ChangeKind::Unblock => {
                self.forget_all(mark);
                self.local.unblock(mark, self.tallies.len(), now_us);
            }
            ChangeKind::Block => {}
        }
    }

    /// Another process has reset, refunded or unblocked an identifier: the next call of it asks Redis.
    pub fn hear(&self, said: &str) {
        match heard(said) {
            Some((hash, organization)) => {
                let organization = organization.map_or(0, |name| self.organizations.hash_one(name.as_str()));
                self.forget_all(Mark { policy: 0, hash, organization });
            }
            None => {
                self.denials.forget_where(|_| true);
            }
        }
    }

    /// The next call of an identifier asks Redis, whatever its policy.
    pub fn forget_all(&self, mark: Mark) {
        (0..self.tallies.len()).for_each(|policy| self.denials.forget(Mark { policy, ..mark }));
    }

    /// Appends the key that holds what a policy has admitted of an identifier.
    ///
    /// # Errors
    /// `E_KEY`: the key would be too long.
    pub fn key_of(&self, out: &mut Vec<u8>, named: &NamedPolicy, subject: Subject<'_>) -> Result<()> {
        if named.policy.has_leases() {
            self.keys.leases(out, &named.name, subject)
        } else {
            self.keys.state(out, &named.name, subject)
        }
    }

    /// The keys of an organization that is limited itself: they show a hash in place of its name.
    ///
    /// # Errors
    /// `E_KEY` where it cannot be limited.
    pub fn keys_of_organization_itself(&self, organization: &str) -> Result<Vec<Vec<u8>>> {
        let subject = Subject::new(None, self.hasher.hash(Kind::Organization, organization)?);
        let policies = self.policies();
        let mut all = vec![Vec::new()];
        self.keys.block(&mut all[0], subject)?;
        for named in policies.iter() {
            let (mut state, mut block, mut leases) = (Vec::new(), Vec::new(), Vec::new());
            self.keys.state(&mut state, &named.name, subject)?;
            self.keys.own_block(&mut block, &named.name, subject)?;
            self.keys.leases(&mut leases, &named.name, subject)?;
            all.extend([state, block, leases]);
        }
        Ok(all)
    }

    /// Whether what a mark stands for is of the organization, or is the organization itself.
    pub fn is_mark_of(&self, organization: &str) -> impl Fn(&Mark) -> bool + use<> {
        let itself = self.hasher.hash(Kind::Organization, organization).ok();
        let hashed = self.organizations.hash_one(organization);
        move |mark| mark.organization == hashed || (mark.organization == 0 && Some(mark.hash) == itself)
    }

    pub fn stats(&self, instances: u32) -> Value {
        let policies = self.policies();
        let leases = self.leases.costs_of_policies(policies.len());
        let known = policies.iter().zip(self.tallies.iter()).zip(leases);
        let known = known.map(|((named, tally), leases)| (&*named.name, tally, leases));
        json!({
            "namespace": self.namespace,
            "instances": instances,
            "denials": self.denials.len(),
            "localEntries": self.local.len(),
            "policies": report(known),
        })
    }
}

/// A call that a policy of leases does not take.
pub fn has_leases(name: &str, instead: &str) -> Error {
    Error::new(ErrorCode::Policy, format!("the policy {name} limits calls that are under way; {instead}"))
}

pub fn unknown_policy() -> Error {
    misuse("a call names a policy that the limiter does not have")
}
