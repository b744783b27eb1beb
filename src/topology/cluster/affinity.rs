//! What ties a caller's own connection to one node of a cluster: its subscriptions, and the keys that it watches.
//!
//! One server alone knows of either. Were each command sent to where a slot is now, a channel would be heard twice and never
//! be left once its slot has moved, and a transaction could run where nothing is watched.

use crate::error::Error;
use crate::features::Call;
use crate::lane::Arguments;
use crate::redis::{self, Outcome, RawCall};

const CROSSSLOT: &str = "CROSSSLOT the keys that are watched together lie in different slots";

/// Members by their positions.
#[derive(Debug, Default)]
pub struct ConnectionAffinity {
    subscriber: Option<usize>,
    watching: Watching,
    /// Whether the last transaction was sent where keys are watched.
    is_guarded: bool,
}

#[derive(Debug, Default, Clone, Copy)]
enum Watching {
    #[default]
    Nothing,
    At {
        member: usize,
        times: u32,
    },
    /// Nobody knows any more whether the keys have changed.
    Lost,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Of channels that are no shard's.
    Subscription,
    Watch,
    Unwatch,
    Other,
}

impl Kind {
    fn of(name: &[u8]) -> Kind {
        let is_one_of = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
        match name {
            _ if is_one_of(&["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"]) => Kind::Subscription,
            _ if is_one_of(&["WATCH"]) => Kind::Watch,
            _ if is_one_of(&["UNWATCH"]) => Kind::Unwatch,
            _ => Kind::Other,
        }
    }
}

impl ConnectionAffinity {
    /// The member that a call is for, where its slot is `owner`'s; or what the call comes to without one.
    pub fn member_for(
        &mut self,
        call: &Call<'_>,
        owner: Option<usize>,
    ) -> Result<Option<usize>, Outcome<'static>> {
        let kind = match call {
            redis::Call::Raw(RawCall::Transaction { .. }) => {
                self.is_guarded = !matches!(self.watching, Watching::Nothing);
                return match std::mem::take(&mut self.watching) {
                    Watching::Nothing => Ok(owner),
                    Watching::At { member, .. } => Ok(Some(member)),
                    Watching::Lost => Err(Outcome::Null),
                };
            }
            redis::Call::Raw(RawCall::Command { words, .. }) => {
                Kind::of(words.first().copied().unwrap_or_default())
            }
            redis::Call::Room(_) => Kind::Other,
        };
        match (kind, self.watching) {
            (Kind::Subscription, _) => Ok(self.subscriber_or(owner)),
            (Kind::Watch, Watching::At { member, .. }) if owner.is_some_and(|owner| owner != member) => {
                Err(Outcome::Failed(Error::reply(CROSSSLOT)))
            }
            (Kind::Watch, _) => {
                self.watches_at(owner);
                Ok(owner)
            }
            (Kind::Unwatch, watching) => {
                self.watching = Watching::Nothing;
                Ok(match watching {
                    Watching::At { member, .. } => Some(member),
                    Watching::Nothing | Watching::Lost => owner,
                })
            }
            (Kind::Other, _) => Ok(owner),
        }
    }

    /// The same for a request that was not answered where it was first sent, or waited for the map of slots.
    pub fn member_for_request(&mut self, request: &[u8], owner: Option<usize>) -> Option<usize> {
        match Kind::of(Arguments::new(request).next().unwrap_or_default()) {
            Kind::Subscription => self.subscriber_or(owner),
            Kind::Watch => {
                self.is_watched_elsewhere(owner);
                owner
            }
            Kind::Unwatch | Kind::Other => owner,
        }
    }

    /// Whether a transaction that a node would not run cannot go to another one either, where nothing is watched.
    pub fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    fn subscriber_or(&mut self, owner: Option<usize>) -> Option<usize> {
        self.subscriber = self.subscriber.or(owner);
        self.subscriber
    }

    fn watches_at(&mut self, owner: Option<usize>) {
        let Some(member) = owner else { return };
        self.watching = match self.watching {
            Watching::Nothing => Watching::At { member, times: 1 },
            Watching::At { member, times } => Watching::At { member, times: times + 1 },
            Watching::Lost => Watching::Lost,
        };
    }

    fn is_watched_elsewhere(&mut self, owner: Option<usize>) {
        let Some(member) = owner else { return };
        self.watching = match self.watching {
            Watching::Nothing | Watching::At { times: 1, .. } => Watching::At { member, times: 1 },
            Watching::At { member: known, times } if known == member => Watching::At { member, times },
            Watching::At { .. } | Watching::Lost => Watching::Lost,
        };
    }

    pub fn subscribes_at(&mut self, member: usize) {
        self.subscriber = Some(member);
    }

    pub fn subscriber(&self) -> Option<usize> {
        self.subscriber
    }

    /// A member is gone, or of no use. Answers whether subscriptions went with it.
    pub fn lost(&mut self, member: usize) -> bool {
        if matches!(self.watching, Watching::At { member: known, .. } if known == member) {
            self.watching = Watching::Lost;
        }
        let is_subscriber = self.subscriber == Some(member);
        if is_subscriber {
            self.subscriber = None;
        }
        is_subscriber
    }
}
