//! Which reads of the adapter copies answer, and which writes the store hears of.

use std::sync::Arc;

use crate::cache::call::{CacheKey, Call};
use crate::cache::decode::MANAGED;
use crate::config::Config;
use crate::copies::{Copies, Wanted};
use crate::key::Kind;
use crate::near::{Group, NearStore, Owner, WriteUnderWay};
use crate::outage::Change;
use crate::redis::Node;

/// One server's part in the near store, and the kinds of the adapter whose values get copies.
pub struct Near {
    pub copies: Copies,
    /// The group of each kind that has copies, by its number.
    groups: Arc<[Option<Group>]>,
}

/// What a request has to do with the near store until its outcome is known.
#[derive(Debug, Default)]
pub enum Involvement {
    #[default]
    None,
    /// The reply is compared with the copy of its key, or wishes for one.
    Read(Wanted),
    /// An own write is under way until this is dropped.
    Write {
        _under_way: WriteUnderWay,
    },
    WriteBoth {
        _under_way: Box<[WriteUnderWay; 2]>,
    },
}

impl Near {
    /// The part of a client; `None` where it has no copies.
    pub fn of_client(node: &Node) -> Option<Near> {
        let copies = Copies::of_client(node)?;
        let groups = groups_of(node.config(), copies.store());
        Some(Near { copies, groups })
    }

    /// The same client's part at a node of its cluster.
    pub fn of_node(&self) -> Near {
        Near { copies: self.copies.of_node(), groups: self.groups.clone() }
    }

    /// What the reply to a read will be needed for.
    pub fn wanted(&self, key: &CacheKey<'_>) -> Option<Wanted> {
        let group = self.groups[usize::from(number_of(key))]?;
        Some(match *key {
            CacheKey::Conversation { organization, .. } | CacheKey::Managed { organization, .. } => {
                Wanted::of(group, organization)
            }
            CacheKey::Organization { organization } => Wanted::of(group, Some(organization)),
            CacheKey::PhoneToLead { .. } | CacheKey::Single { .. } | CacheKey::Pair { .. } => {
                Wanted { group, owner: Owner::NOBODY }
            }
        })
    }

    /// A call begins, which makes these changes: own writes count from here on.
    pub fn begin(&self, call: &Call<'_>, changes: &[Change<'_>]) -> Involvement {
        match call {
            Call::Get { key } => self.wanted(key).map_or(Involvement::None, Involvement::Read),
            _ => self.begin_writes(changes),
        }
    }

    /// Own writes begin.
    pub fn begin_writes(&self, changes: &[Change<'_>]) -> Involvement {
        let begin = |change: &Change<'_>| self.copies.begin_write(change.key);
        match changes {
            [] => Involvement::None,
            [one] => Involvement::Write { _under_way: begin(one) },
            [first, second, ..] => {
                Involvement::WriteBoth { _under_way: Box::new([begin(first), begin(second)]) }
            }
        }
    }
}

/// The number under which the bridge knows the kind of a key.
pub fn number_of(key: &CacheKey<'_>) -> u8 {
    key.kind().map_or(MANAGED, |kind| kind as u8)
}

fn groups_of(config: &Config, store: &NearStore) -> Arc<[Option<Group>]> {
    let mut groups = vec![None; usize::from(u8::MAX) + 1];
    let named = Kind::ALL.into_iter().map(|kind| (kind as u8, kind.segment()));
    for (number, name) in named.chain([(MANAGED, MANAGED_NAME)]) {
        if config.near_kinds.contains(name) {
            groups[usize::from(number)] = Some(store.group(name));
        }
    }
    groups.into()
}

/// What the option calls values that `cacheManager` keeps.
const MANAGED_NAME: &str = "managed";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NEAR_KINDS;

    #[test]
    fn the_option_names_every_kind() {
        let names: Vec<_> = Kind::ALL.into_iter().map(Kind::segment).chain([MANAGED_NAME]).collect();
        assert_eq!(NEAR_KINDS, names);
    }
}
