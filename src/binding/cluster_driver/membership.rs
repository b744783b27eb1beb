//! Who is a member of the cluster, and with which slots: what follows from a new map of slots, and from members that go.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{ClusterDriver, GONE_AFTER, NOBODY, Sorting};
use crate::cache::{Core, Sink};
use crate::command::slot_of;
use crate::config::ScaleReads;
use crate::connection::{ClusterView, Shard};
use crate::health::State;

/// Messages are published on the other nodes while a subscriber's own is away: it does not wait longer for that one.
const SUBSCRIBER_BACK_WITHIN: Duration = Duration::from_secs(2);
/// How long JavaScript may be held up at once by what ended processes left...
const TURN: Duration = Duration::from_millis(4);
/// ... which is looked at after so many operations.
const ITEMS_AT_ONCE: usize = 8;
/// What subscriptions are told when they have to be made again though no connection was lost.
const DEPARTED: &str = "departed";

impl ClusterDriver {
    /// How many divide memory and journal: as many as there are shards, and at least the three of a small cluster.
    pub(super) fn share(&self) -> usize {
        const SMALLEST: usize = 3;
        self.members.iter().flatten().filter(|member| member.has_slots).count().max(SMALLEST)
    }

    /// The map of slots is new.
    pub(super) fn take_view(&mut self, view: ClusterView, now: Instant, sink: &mut dyn Sink) {
        self.slots.fill(NOBODY);
        self.members.iter_mut().flatten().for_each(|member| member.has_slots = false);
        let mut unmatched = Vec::new();
        for shard in view.shards {
            let known = self.members.iter().position(|member| {
                member.as_ref().is_some_and(|member| *member.at.borrow() == shard.primary)
            });
            match known {
                Some(position) => self.assign(position, &shard),
                None => unmatched.push(shard),
            }
        }
        for shard in unmatched {
            let heir = self.members.iter().position(|member| {
                member
                    .as_ref()
                    .is_some_and(|member| !member.has_slots && (member.replicas.contains(&shard.primary)))
            });
            if let Some(member) = heir.and_then(|position| self.members[position].as_ref()) {
                member.at.send_replace(shard.primary.clone());
            }
            if let Some(position) = heir.or_else(|| self.add(shard.primary.clone())) {
                self.assign(position, &shard);
            }
        }
        for member in self.members.iter_mut().flatten() {
            member.bare_since = (!member.has_slots).then(|| member.bare_since.unwrap_or(now));
        }
        self.leave_limbo(now, sink);
        self.hand_journals_over();
    }

    fn assign(&mut self, position: usize, shard: &Shard) {
        for (first, last) in &shard.slots {
            if let Some(range) = self.slots.get_mut(usize::from(*first)..=usize::from(*last)) {
                range.fill(position as u16);
            }
        }
        let Some(member) = &mut self.members[position] else { return };
        member.replicas.clone_from(&shard.replicas);
        member.has_slots = true;
        if self.front.config().scale_reads == ScaleReads::Replica {
            member.read_from(shard.replicas.first(), position, &self.front, &self.place);
        }
    }

    /// What had to wait for the map of slots goes where it belongs.
    fn leave_limbo(&mut self, now: Instant, sink: &mut dyn Sink) {
        let mut sorting = Sorting { traffic: &mut self.traffic, sink: &mut *sink };
        self.limbo.disband(&mut sorting);
        self.settle_redirected(now, sink);
    }

    /// What the journals hold of keys that are another member's now.
    pub(super) fn hand_journals_over(&mut self) {
        for position in 0..self.members.len() {
            if let Some(core) = self.members[position].as_ref().map(|member| member.core.clone()) {
                self.hand_over(&core, Some(position), usize::MAX);
            }
        }
        // As long as the members wait for it, the front's is handed over in turns.
        if !self.is_held {
            self.hand_over(&self.front, None, usize::MAX);
        }
    }

    /// What ended processes left goes to the members, which then connect: in turns that hardly hold JavaScript up.
    pub(super) fn hand_backlog_over(&mut self) {
        if !self.is_held || self.front.is_reading_backlog() || self.members.is_empty() {
            return;
        }
        let began = Instant::now();
        while self.hand_over(&self.front, None, ITEMS_AT_ONCE) {
            if began.elapsed() >= TURN {
                return self.scout.wake_at(Instant::now());
            }
        }
        self.is_held = false;
        self.front.backlog_is_on_its_way();
        self.front.let_connect();
    }

    /// Gives members at most so many operations of a journal. True where more may be left.
    fn hand_over(&self, core: &Core, own: Option<usize>, at_most: usize) -> bool {
        if core.kept().journal.is_empty() {
            return false;
        }
        let owner_of = |key: &[u8]| self.owner(slot_of(key));
        let is_given = |key: &[u8]| owner_of(key).is_some_and(|owner| Some(owner) != own);
        core.give_journal(at_most, is_given, |item| {
            let owner = owner_of(item.key()).and_then(|owner| self.members[owner].as_ref());
            if let Some(owner) = owner {
                owner.core.receive_journal(item);
            }
        })
    }

    /// Ends members that have no slots and nothing to do, and comes back to those that still have something.
    pub(super) fn retire(&mut self, now: Instant, sink: &mut dyn Sink) {
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        for (position, place) in self.members.iter_mut().enumerate() {
            let is_done = place.as_mut().is_some_and(|member| member.is_spent(now));
            if is_done && let Some(member) = place.take() {
                self.overall.remove(position);
                member.close(&mut sorting);
                if self.bound.lost(position) {
                    self.front.health().tell(DEPARTED, &json!({}));
                }
            }
        }
        if self.members.iter().flatten().any(|member| !member.has_slots) {
            self.scout.wake_at(now + GONE_AFTER);
        }
    }

    /// Gives a subscriber's node up that does not come back.
    pub(super) fn leave_lost_subscriber(&mut self, now: Instant) {
        let Some(position) = self.bound.subscriber() else { return };
        let health = self.members[position].as_ref().map(|member| member.core.health());
        if health.is_some_and(|health| health.state() != State::Degraded) {
            return;
        }
        if health.is_some_and(|health| !health.is_away_for(SUBSCRIBER_BACK_WITHIN)) {
            return self.scout.wake_at(now + SUBSCRIBER_BACK_WITHIN);
        }
        if let Some(other) = self.well() {
            self.bound.lost(position);
            self.bound.subscribes_at(other);
            self.front.health().tell(DEPARTED, &json!({}));
        }
    }

    /// A member that answers.
    fn well(&self) -> Option<usize> {
        self.members.iter().position(|member| {
            member
                .as_ref()
                .is_some_and(|member| member.has_slots && member.core.health().state() != State::Degraded)
        })
    }
}
