//! Routes the calls of a cluster: a member for each shard, and the way from a call to the one that has its slot.
//!
//! A member is a shard, not a server: when a replica takes its slots over, the member connects to that one, and
//! its journal and memory stay.

mod affinity;
mod fan_out;
mod health;
mod member;
mod membership;
#[cfg(test)]
mod tests;
mod undelivered;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use self::affinity::ConnectionAffinity;
use self::health::ClusterHealth;
use self::member::{DRIVERS_A_MEMBER, GONE_AFTER, Member};
use self::undelivered::{Sorting, Undelivered};
use super::backlog::read_in_background;
use super::driver::{DriverContext, NodeSink, Redirected, SharedWaker};
use super::node::{LANES_A_NODE, NodeRouter};
use crate::cache::SlotOwners;
use crate::command::slot_of;
use crate::config::Endpoint;
use crate::connection::{Handoff, TopologyEvent, TopologyWatcher};
use crate::error::{Error, Result};
use crate::features::{Call, Features, Scratch};
use crate::health::State;
use crate::lane::Batch;
use crate::redis::{self, AGAIN_AFTER, Feature, MultiplexedConnection, Outcome, Redirection, Sink, give_up};
use crate::runtime::IoThread;

pub struct ClusterRouter<C: DriverContext> {
    front: Arc<Features>,
    /// What waits until the slots are known.
    unrouted: MultiplexedConnection<Features>,
    members: Vec<Option<Member<C>>>,
    slots: Arc<SlotOwners>,
    context: C,
    cluster_health: Arc<ClusterHealth>,
    events: Arc<Handoff<Vec<TopologyEvent>, SharedWaker>>,
    /// Rounds in which no node could say who has which slots.
    failures: u32,
    watcher: TopologyWatcher,
    undelivered: Undelivered,
    /// What is to be tried again, the earliest first.
    later: VecDeque<(Instant, Redirected)>,
    later_bytes: usize,
    scratch: Scratch,
    next_any: usize,
    affinity: ConnectionAffinity,
    backlog: membership::BacklogHandover,
    _io: IoThread,
}

impl<C: DriverContext> ClusterRouter<C> {
    /// Starts to look at the cluster.
    pub fn start(front: Arc<Features>, context: C) -> Result<ClusterRouter<C>> {
        let io = IoThread::shared()?;
        let events = Arc::new(Handoff::<Vec<_>, _>::new(context.waker()));
        let backlog = membership::BacklogHandover::of(&front);
        let told = events.clone();
        read_in_background(front.cache(), move |_| {
            told.put(|events: &mut Vec<_>| events.push(TopologyEvent::Due));
        })?;
        let told = events.clone();
        let watcher = TopologyWatcher::start(&io, front.config().clone(), move |heard| {
            told.put(|events: &mut Vec<_>| events.push(heard));
        });
        Ok(ClusterRouter {
            unrouted: MultiplexedConnection::new(front.clone()),
            members: Vec::new(),
            slots: Arc::default(),
            cluster_health: Arc::new(ClusterHealth::new(front.node().health().clone())),
            front,
            context,
            events,
            failures: 0,
            watcher,
            undelivered: Undelivered::default(),
            later: VecDeque::new(),
            later_bytes: 0,
            scratch: Scratch::default(),
            next_any: 0,
            affinity: ConnectionAffinity::default(),
            backlog,
            _io: io,
        })
    }

    pub fn name(&self) -> &'static str {
        self.members.iter().flatten().next().map_or("cluster", |member| member.driver.name())
    }

    pub fn lanes(&self) -> (usize, usize) {
        let drivers = self.members.iter().flatten().flat_map(|member| {
            std::iter::once(&member.driver).chain(member.reader.as_ref().map(|reader| &reader.driver))
        });
        drivers.map(NodeRouter::lanes).fold((0, 0), |sum, lanes| (sum.0 + lanes.0, sum.1 + lanes.1))
    }

    pub fn nodes(&self) -> Vec<Arc<Features>> {
        self.members.iter().flatten().map(|member| member.features.clone()).collect()
    }

    pub fn replicas(&self) -> Vec<String> {
        let members = self.members.iter().flatten();
        members.flat_map(|member| &member.replicas).map(ToString::to_string).collect()
    }

    pub fn call(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        let parts = match call {
            redis::Call::Raw(_) => None,
            redis::Call::Room(call) => Features::parts(call),
        };
        let Some(parts) = parts else { return self.route(call, call_id, waiting, now, sink) };
        let call_ids: [u32; 2] = self.undelivered.fan_out.split(call_id);
        for (part, call_id) in parts.into_iter().zip(call_ids) {
            self.route(&redis::Call::Room(part), call_id, waiting, now, sink);
        }
    }

    /// The slot of a call's key; `None` where it names none.
    fn slot_of(&mut self, call: &Call<'_>) -> Result<Option<u16>> {
        match call {
            redis::Call::Raw(call) => Ok(call.slot(self.front.node().prefix())),
            redis::Call::Room(call) => Ok(self.front.route(call, &mut self.scratch)?.key.map(slot_of)),
        }
    }

    fn route(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        let slot = self.slot_of(call);
        let member = match slot {
            // A slot that no node has: any node says so.
            Ok(Some(slot)) => self.owner(slot).or_else(|| self.any()),
            Ok(None) => self.any(),
            Err(error) => {
                return self.undelivered.fan_out.settle(call_id, Outcome::Failed(error), sink);
            }
        };
        let member = if self.front.node().is_dedicated() {
            self.affinity.member_for(call, member)
        } else {
            Ok(member)
        };
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        let member = match member {
            Ok(member) => member,
            Err(outcome) => return sorting.settle(call_id, outcome),
        };
        match member.and_then(|position| self.members[position].as_mut()) {
            Some(member) => member.driver_for(call).call(call, call_id, waiting, now, &mut sorting),
            None => self.unrouted.call(call, call_id, now, &mut sorting),
        }
    }

    fn owner(&self, slot: u16) -> Option<usize> {
        self.slots.position(slot)
    }

    /// Somebody for what names no key, one after the other.
    fn any(&mut self) -> Option<usize> {
        let count = self.members.len();
        self.next_any = self.next_any.wrapping_add(1);
        let in_turn = (0..count).map(|step| (self.next_any + step) % count);
        in_turn
            .into_iter()
            .find(|position| self.members[*position].as_ref().is_some_and(|member| member.has_slots))
    }

    pub fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.each(sink, |driver, sink| driver.flush(now, sink));
        self.settle_redirected(now, sink);
        if self.unrouted.pending() > 0 {
            self.watch();
        }
    }

    fn each(&mut self, sink: &mut dyn NodeSink, mut work: impl FnMut(&mut NodeRouter<C>, &mut dyn NodeSink)) {
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        for member in self.members.iter_mut().flatten() {
            work(&mut member.driver, &mut sorting);
            if let Some(reader) = &mut member.reader {
                work(&mut reader.driver, &mut sorting);
            }
        }
    }

    /// The waker has called: for a member, for the map of slots, or because something is due.
    pub fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.each(sink, |driver, sink| driver.awake(now, sink));
        for event in self.events.take() {
            match event {
                TopologyEvent::View(view) => self.take_view(view.shards, now, sink),
                TopologyEvent::Failed(error) if self.members.is_empty() => {
                    self.failures += 1;
                    let mut sorting = Sorting { undelivered: &mut self.undelivered, sink: &mut *sink };
                    self.unrouted.attempt_failed(error, self.failures, now, &mut sorting);
                }
                // The members know best what is still there.
                TopologyEvent::Failed(_) | TopologyEvent::Due => {}
            }
        }
        self.hand_backlog_over();
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink: &mut *sink };
        // There is no connection that could be replaced.
        let _ = self.unrouted.expire(now, &mut sorting);
        let due = self.later.iter().take_while(|(at, _)| *at <= now).count();
        for (_, redirected) in self.later.drain(..due) {
            self.later_bytes -= redirected.request.len();
            self.undelivered.redirected.push(redirected);
        }
        self.flush(now, sink);
        self.retire(now, sink);
        self.leave_lost_subscriber(now);
        self.watch();
    }

    /// Has the cluster looked at again, and itself woken, where something is not as it should be.
    fn watch(&self) {
        if self.cluster_health.is_unwell() || !self.later.is_empty() {
            self.watcher.look_again();
        }
        let due =
            self.later.front().map(|(at, _)| *at).into_iter().chain(self.unrouted.next_deadline()).min();
        if let Some(at) = due {
            self.watcher.wake_at(at);
        }
    }

    /// Replies of several members come in one turn of the event loop. All are read at the first event, so that their
    /// callers go on together and their next calls share writes.
    #[cfg(unix)]
    pub fn ready(&mut self, number: usize, status: i32, now: Instant, sink: &mut dyn NodeSink) {
        self.with_member(number, now, sink, |driver, sink| driver.ready(number, status, now, sink));
        self.each(sink, |driver, sink| driver.read_along(number, now, sink));
        self.settle_redirected(now, sink);
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, number: usize, now: Instant, sink: &mut dyn NodeSink) {
        self.with_member(number, now, sink, |driver, sink| driver.overdue(number, now, sink));
        self.watch();
    }

    #[cfg(unix)]
    fn with_member(
        &mut self,
        number: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
        work: impl FnOnce(&mut NodeRouter<C>, &mut dyn NodeSink),
    ) {
        let node = number / LANES_A_NODE;
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink: &mut *sink };
        if let Some(member) = self.members.get_mut(node / DRIVERS_A_MEMBER).and_then(Option::as_mut) {
            match (node % DRIVERS_A_MEMBER, &mut member.reader) {
                (0, _) => work(&mut member.driver, &mut sorting),
                (_, Some(reader)) => work(&mut reader.driver, &mut sorting),
                (_, None) => {}
            }
        }
        self.settle_redirected(now, sink);
    }

    /// Sends on what members were not asked rightly.
    fn settle_redirected(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        while !self.undelivered.redirected.is_empty() {
            for redirected in std::mem::take(&mut self.undelivered.redirected) {
                self.send_on(redirected, now, sink);
            }
        }
    }

    fn send_on(&mut self, redirected: Redirected, now: Instant, sink: &mut dyn NodeSink) {
        let owner = redirected.slot().and_then(|slot| self.owner(slot));
        let is_guarded = redirected.is_transaction() && self.affinity.is_guarded();
        let position = match &redirected.to {
            // The node has dropped it, and what was watched there: a conflict as any other.
            Redirection::TryAgain | Redirection::Down { .. } | Redirection::Ask { .. } if is_guarded => {
                return self.undelivered.fan_out.settle(redirected.pending.call_id, Outcome::Null, sink);
            }
            Redirection::Down { .. } if redirected.is_nobodys() && !self.is_away(owner) => {
                let error = redirected.error();
                return self.give_up(redirected, &error, now, sink);
            }
            Redirection::TryAgain | Redirection::Down { .. } => {
                return self.send_later(redirected, now, sink);
            }
            Redirection::Owner => owner.or_else(|| self.any()),
            Redirection::Ask { host, port } => match self.member_at(host, *port, owner) {
                None => return self.send_later(redirected, now, sink),
                member => member,
            },
            Redirection::Moved { slot, host, port } => {
                let slot = *slot;
                let member = self.member_at(host, *port, owner);
                if member.is_some() {
                    self.assign_slot(slot, member);
                    self.hand_journals_over();
                }
                self.watcher.look_again();
                if is_guarded {
                    return self.undelivered.fan_out.settle(redirected.pending.call_id, Outcome::Null, sink);
                }
                if member.is_none() {
                    return self.send_later(redirected, now, sink);
                }
                member
            }
        };
        let position = if self.front.node().is_dedicated() {
            self.affinity.member_for_request(&redirected.request, position)
        } else {
            position
        };
        let mut batch = Batch::default();
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        if let Some(member) = position.and_then(|position| self.members[position].as_mut()) {
            let features = member.features.clone();
            let driver = member.driver_for_redirected(&redirected);
            redirected.append(features.node(), now, &mut batch);
            driver.append(&mut batch, now, &mut sorting);
        } else {
            redirected.append(self.front.node(), now, &mut batch);
            self.unrouted.append(&mut batch, now, &mut sorting);
        }
    }

    /// Whether another node may be about to take over from this one.
    fn is_away(&self, position: Option<usize>) -> bool {
        let member = position.and_then(|position| self.members[position].as_ref());
        member.is_some_and(|member| member.features.node().health().state() == State::Degraded)
    }

    /// Asks the owner of the slot once more, as long as the request has time and there is room to wait.
    fn send_later(&mut self, redirected: Redirected, now: Instant, sink: &mut dyn NodeSink) {
        let at = now + AGAIN_AFTER;
        let is_over = redirected.has_waited_enough()
            || at >= redirected.deadline(self.front.node(), redirected.pending.issued);
        let refusal = if is_over {
            Some(redirected.error())
        } else {
            self.front.node().overload(self.later.len(), self.later_bytes)
        };
        if let Some(error) = refusal {
            return self.give_up(redirected, &error, now, sink);
        }
        self.later_bytes += redirected.request.len();
        self.later.push_back((at, redirected.once_more()));
        self.watch();
    }

    /// A request is not sent any more.
    fn give_up(&mut self, redirected: Redirected, error: &Error, now: Instant, sink: &mut dyn NodeSink) {
        let owner = redirected.slot().and_then(|slot| self.owner(slot));
        let features = match owner.and_then(|owner| self.members[owner].as_ref()) {
            Some(member) => member.features.clone(),
            None => self.front.clone(),
        };
        let Redirected { pending, request, .. } = redirected;
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        give_up(&*features, pending, &request, error, false, now, &mut sorting);
    }

    /// The member at an address that the node `asked` has named; an unknown one is new.
    fn member_at(&mut self, host: &str, port: u16, asked: Option<usize>) -> Option<usize> {
        match (host, asked) {
            // A node that does not know its own address leaves it out: it is where it was asked.
            ("", Some(asked)) => {
                let at = self.members[asked].as_ref()?.at.borrow().clone();
                let Endpoint::Tcp { host, .. } = at else { return None };
                self.member_named(host, port)
            }
            // A node that does not know another's name has a mark in its place.
            ("" | "?", _) => self.only_member_with(port),
            (host, _) => self.member_named(host.to_owned(), port),
        }
    }

    fn member_named(&mut self, host: String, port: u16) -> Option<usize> {
        let named = Endpoint::Tcp { host, port };
        let known = self
            .members
            .iter()
            .position(|member| member.as_ref().is_some_and(|member| *member.at.borrow() == named));
        known.or_else(|| self.add(named))
    }

    /// On one machine a port says who is meant; where several have it nothing does.
    fn only_member_with(&self, port: u16) -> Option<usize> {
        let has_port = |member: &Member<C>| matches!(&*member.at.borrow(), Endpoint::Tcp { port: known, .. } if *known == port);
        let positions = self.members.iter().enumerate();
        let mut with_port = positions
            .filter(|(_, member)| member.as_ref().is_some_and(has_port))
            .map(|(position, _)| position);
        with_port.next().filter(|_| with_port.next().is_none())
    }

    fn add(&mut self, endpoint: Endpoint) -> Option<usize> {
        let position = self.members.iter().position(Option::is_none).unwrap_or(self.members.len());
        let share = self.members.iter().flatten().count().max(self.share());
        let (at, followed) = watch::channel(endpoint);
        let made = self.front.of_node(followed, share, self.slots.clone()).and_then(|features| {
            let features = Arc::new(features);
            self.slots.set_node(position, features.cache());
            self.cluster_health.add(position, features.node().health());
            let (number, context) = (position * DRIVERS_A_MEMBER, self.context.clone());
            Ok((features.clone(), NodeRouter::start(features, number, context)?))
        });
        match made {
            Ok((features, driver)) => {
                let member = Member {
                    features,
                    driver,
                    at,
                    replicas: Vec::new(),
                    has_slots: false,
                    left_slots: HashSet::new(),
                    bare_since: None,
                    reader: None,
                };
                if position == self.members.len() {
                    self.members.push(None);
                }
                self.members[position] = Some(member);
                // It may never get a slot, and a cluster at rest wakes nobody.
                self.watcher.wake_at(Instant::now() + GONE_AFTER);
                Some(position)
            }
            Err(error) => {
                self.cluster_health.remove(position);
                self.front.node().health().fault(error.code().as_str(), error.message());
                None
            }
        }
    }

    pub fn has_died(&self) -> bool {
        self.members.iter().flatten().any(Member::has_died)
    }

    pub fn close(mut self, sink: &mut dyn NodeSink) {
        self.cluster_health.close();
        let now = Instant::now();
        let mut sorting = Sorting { undelivered: &mut self.undelivered, sink };
        for (_, redirected) in self.later.drain(..) {
            let mut batch = Batch::default();
            redirected.append(self.front.node(), now, &mut batch);
            self.unrouted.append(&mut batch, now, &mut sorting);
        }
        self.unrouted.close(&mut sorting);
        for member in self.members.drain(..).flatten() {
            member.close(&mut sorting);
        }
    }
}
