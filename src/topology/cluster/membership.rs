//! Who is a member of the cluster, and with which slots: what follows from a new map of slots, and from members that go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::undelivered::Sorting;
use super::{ClusterRouter, GONE_AFTER};
use crate::cache::Core;
use crate::command::{SLOTS, slot_of};
use crate::config::ScaleReads;
use crate::connection::{Shard, TopologyEvent};
use crate::features::{Features, RoomCall};
use crate::health::{Event, State};
use crate::redis::Feature;
use crate::topology::backlog::{Owners, hand_over_in_background};
use crate::topology::driver::{DriverContext, NodeSink};

/// Messages are published on the other nodes while a subscriber's own is away: it does not wait longer for that one.
const SUBSCRIBER_BACK_WITHIN: Duration = Duration::from_secs(2);

/// What ended processes left is read by the front, and goes to the members before they connect.
pub(super) enum BacklogHandover {
    Done,
    /// It is read, or nobody knows yet which slots the members have.
    Awaited,
    UnderWay {
        /// As they are handed over by.
        slots: Arc<[u16]>,
        has_ended: Arc<AtomicBool>,
    },
}

impl BacklogHandover {
    pub(super) fn of(front: &Features) -> BacklogHandover {
        if front.cache().is_reading_backlog() { BacklogHandover::Awaited } else { BacklogHandover::Done }
    }

    fn is_done(&self) -> bool {
        matches!(self, BacklogHandover::Done)
    }
}

impl<C: DriverContext> ClusterRouter<C> {
    /// How many divide memory and journal: as many as there are shards, and at least the three of a small cluster.
    pub(super) fn share(&self) -> usize {
        const SMALLEST: usize = 3;
        self.members.iter().flatten().filter(|member| member.has_slots).count().max(SMALLEST)
    }

    /// The map of slots is new.
    pub(super) fn take_view(&mut self, shards: Vec<Shard>, now: Instant, sink: &mut dyn NodeSink) {
        let mut map = vec![None; usize::from(SLOTS)];
        self.members.iter_mut().flatten().for_each(|member| member.has_slots = false);
        let mut unmatched = Vec::new();
        for shard in shards {
            let known = self.members.iter().position(|member| {
                member.as_ref().is_some_and(|member| *member.at.borrow() == shard.primary)
            });
            match known {
                Some(position) => self.assign(position, &shard, &mut map),
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
                self.assign(position, &shard, &mut map);
            }
        }
        (0..SLOTS).zip(map).for_each(|(slot, position)| self.assign_slot(slot, position));
        for member in self.members.iter_mut().flatten() {
            member.bare_since = (!member.has_slots).then(|| member.bare_since.unwrap_or(now));
        }
        self.route_unrouted(now, sink);
        self.hand_journals_over();
    }

    /// A slot is this member's from now on, or nobody's.
    pub(super) fn assign_slot(&mut self, slot: u16, position: Option<usize>) {
        let before = self.slots.assign(slot, position, self.front.cache().next_sequence());
        if let Some(loser) = before.and_then(|before| self.members.get_mut(before)?.as_mut()) {
            loser.left_slots.insert(slot);
            loser.features.cache().lost_slot();
        }
        if let Some(gainer) = position.and_then(|position| self.members.get_mut(position)?.as_mut()) {
            gainer.gains(slot);
        }
    }

    fn assign(&mut self, position: usize, shard: &Shard, map: &mut [Option<usize>]) {
        for (first, last) in &shard.slots {
            if let Some(range) = map.get_mut(usize::from(*first)..=usize::from(*last)) {
                range.fill(Some(position));
            }
        }
        let Some(member) = &mut self.members[position] else { return };
        member.replicas.clone_from(&shard.replicas);
        member.has_slots = true;
        if self.front.config().scale_reads == ScaleReads::Replica {
            member.read_from(shard.replicas.first(), position, &self.front, &self.context);
        }
    }

    /// What had to wait for the map of slots goes where it belongs.
    fn route_unrouted(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink: &mut *sink };
        self.unrouted.disband(&mut sorting);
        self.settle_redirected(now, sink);
    }

    /// What the journals hold of keys that are another member's now.
    pub(super) fn hand_journals_over(&mut self) {
        for position in 0..self.members.len() {
            if let Some(core) = self.members[position].as_ref().map(|member| member.features.cache().clone())
            {
                self.hand_over(&core, Some(position));
            }
        }
        // As long as the members wait for it, another thread hands the front's over.
        if self.backlog.is_done() {
            self.hand_over(self.front.cache(), None);
        }
    }

    /// Has another thread give the members what ended processes left, and then lets them connect.
    pub(super) fn hand_backlog_over(&mut self) {
        match &self.backlog {
            BacklogHandover::Awaited
                if !self.front.cache().is_reading_backlog() && !self.members.is_empty() =>
            {
                self.begin_backlog_handover();
            }
            BacklogHandover::UnderWay { slots, has_ended } if has_ended.load(Ordering::Acquire) => {
                let is_outdated = *slots != self.slots.snapshot();
                self.end_backlog_handover(is_outdated);
            }
            _ => {}
        }
    }

    fn begin_backlog_handover(&mut self) {
        let (slots, has_ended) = (self.slots.snapshot(), Arc::new(AtomicBool::new(false)));
        let members =
            self.members.iter().map(|member| member.as_ref().map(|member| member.features.cache().clone()));
        let owners = Owners { slots: slots.clone(), members: members.collect() };
        let (ended, told) = (has_ended.clone(), self.events.clone());
        let begun = hand_over_in_background(self.front.cache(), owners, move || {
            ended.store(true, Ordering::Release);
            told.put(|events: &mut Vec<_>| events.push(TopologyEvent::Due));
        });
        match begun {
            Ok(()) => self.backlog = BacklogHandover::UnderWay { slots, has_ended },
            // There is no other thread.
            Err(_) => self.end_backlog_handover(true),
        }
    }

    /// `is_outdated`: something may be where it does not belong.
    fn end_backlog_handover(&mut self, is_outdated: bool) {
        self.backlog = BacklogHandover::Done;
        if is_outdated {
            self.hand_journals_over();
        }
        self.front.cache().stand_in().backlog_is_on_its_way();
        self.front.cache().stand_in().let_connect();
    }

    /// Gives members what a journal holds of their keys.
    fn hand_over(&self, core: &Core, own: Option<usize>) {
        if core.local_state().journal.is_empty() {
            return;
        }
        let owner_of = |key: &[u8]| self.owner(slot_of(key));
        let is_given = |key: &[u8]| owner_of(key).is_some_and(|owner| Some(owner) != own);
        let member_of = |key: &[u8]| owner_of(key).and_then(|owner| self.members[owner].as_ref());
        core.stand_in().give_written(is_given, |key, sequence| {
            if let Some(member) = member_of(key) {
                member.features.cache().stand_in().receive_written(key, sequence);
            }
        });
        core.stand_in().give_journal(usize::MAX, is_given, |item| {
            if let Some(member) = member_of(item.key()) {
                member.features.cache().stand_in().receive_journal(item);
            }
        });
    }

    /// Ends members that have no slots and nothing to do, and comes back to those that still have something.
    pub(super) fn retire(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        // Another thread may be giving it something.
        if !self.backlog.is_done() {
            return;
        }
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        for (position, place) in self.members.iter_mut().enumerate() {
            let is_done = place.as_mut().is_some_and(|member| member.is_spent(now));
            if is_done && let Some(member) = place.take() {
                self.cluster_health.remove(position);
                member.close(&mut sorting);
                if self.affinity.lost(position) {
                    self.front.node().health().tell(Event::Departed, &json!({}));
                }
            }
        }
        if self.members.iter().flatten().any(|member| !member.has_slots) {
            self.watcher.wake_at(now + GONE_AFTER);
        }
    }

    /// Gives a subscriber's node up that does not come back.
    pub(super) fn leave_lost_subscriber(&mut self, now: Instant) {
        let Some(position) = self.affinity.subscriber() else { return };
        let health = self.members[position].as_ref().map(|member| member.features.node().health());
        if health.is_some_and(|health| health.state() != State::Degraded) {
            return;
        }
        if health.is_some_and(|health| !health.is_away_for(SUBSCRIBER_BACK_WITHIN)) {
            return self.watcher.wake_at(now + SUBSCRIBER_BACK_WITHIN);
        }
        if let Some(other) = self.well() {
            self.affinity.lost(position);
            self.affinity.subscribes_at(other);
            self.front.node().health().tell(Event::Departed, &json!({}));
        }
    }

    /// The rooms of the node that has the slot of a call's key.
    pub fn owner_of(&mut self, call: &RoomCall<'_>) -> Option<&Features> {
        let slot = self.front.route(call, &mut self.scratch).ok()?.key.map(slot_of)?;
        let member = self.members.get(self.owner(slot)?)?.as_ref()?;
        Some(&member.features)
    }

    /// A member that answers.
    fn well(&self) -> Option<usize> {
        self.members.iter().position(|member| {
            member.as_ref().is_some_and(|member| {
                member.has_slots && member.features.node().health().state() != State::Degraded
            })
        })
    }
}
