//! The nodes of a cluster: a driver for each primary, and the way from a call to the one that has its slot.
//!
//! A member is a shard, not a server: when a replica takes its slots over, the member connects to that one, and
//! its journal and memory stay.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::bell::Bell;
use super::driving::{NodeDriver, Place};
use super::joins::Joins;
use super::overall::Overall;
use crate::cache::{Call, Core, Exchange, Outcome, Redirected, Redirection, Scratch, Sink, both_ways};
use crate::command::{self, BLOCKING, READONLY, SLOTS, slot_of};
use crate::config::{Endpoint, ScaleReads};
use crate::connection::{ClusterView, Scout, Shard, Tray};
use crate::error::Result;
use crate::health::State;
use crate::lane::Batch;
use crate::runtime::IoThread;

/// Of a slot that nobody has.
const NOBODY: u16 = u16::MAX;
/// The primary's and the reader's; their handles carry a number of their own.
const DRIVERS_A_MEMBER: usize = 2;
/// A request whose keys are on two nodes is tried again after this time.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// One shard.
struct Member {
    core: Arc<Core>,
    driver: NodeDriver,
    at: watch::Sender<Endpoint>,
    /// Replicas as they were last, one of which may take over.
    replicas: Vec<Endpoint>,
    has_slots: bool,
    /// A replica that answers reads, where that is configured.
    reader: Option<Reader>,
}

struct Reader {
    core: Arc<Core>,
    driver: NodeDriver,
    at: watch::Sender<Endpoint>,
}

impl Reader {
    /// Whether it is worth asking: one that was never asked connects then.
    fn is_there(&self) -> bool {
        matches!(self.core.health().state(), State::Connecting | State::Ready)
    }
}

pub struct ClusterDriver {
    front: Arc<Core>,
    /// What waits until the slots are known.
    limbo: Exchange,
    members: Vec<Option<Member>>,
    slots: Box<[u16]>,
    place: Place,
    overall: Arc<Overall>,
    views: Arc<Tray<Vec<Result<ClusterView>>, Arc<Bell>>>,
    scout: Scout,
    traffic: Traffic,
    /// What is to be tried again.
    later: Vec<(Instant, Redirected)>,
    scratch: Scratch,
    next_any: usize,
    _io: IoThread,
}

/// What comes back from members and is not for the caller yet.
#[derive(Default)]
struct Traffic {
    joins: Joins,
    redirected: Vec<Redirected>,
}

/// Keeps back what is not for the caller.
struct Sorting<'s> {
    traffic: &'s mut Traffic,
    sink: &'s mut dyn Sink,
}

impl Sink for Sorting<'_> {
    fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Redirected(redirected) => self.traffic.redirected.push(*redirected),
            outcome => self.traffic.joins.settle(slot, outcome, self.sink),
        }
    }
}

impl Member {
    /// Who answers: reads of the raw client may go to the replica.
    fn driver_for(&mut self, call: &Call<'_>) -> &mut NodeDriver {
        match (&mut self.reader, call) {
            (Some(reader), Call::Command { arguments, .. }) if reader.is_there() && only_reads(arguments) => {
                &mut reader.driver
            }
            _ => &mut self.driver,
        }
    }

    /// Reads come from this replica from now on, from the primary where there is none.
    fn read_from(&mut self, replica: Option<&Endpoint>, position: usize, front: &Core, place: &Place) {
        match (replica, &self.reader) {
            (Some(replica), Some(reader)) => {
                reader.at.send_if_modified(|at| std::mem::replace(at, replica.clone()) != *replica);
            }
            (Some(replica), None) => {
                let (at, followed) = watch::channel(replica.clone());
                self.reader = front.of_replica(followed).ok().and_then(|core| {
                    let core = Arc::new(core);
                    let driver =
                        NodeDriver::start(core.clone(), position * DRIVERS_A_MEMBER + 1, place).ok()?;
                    Some(Reader { core, driver, at })
                });
            }
            // It has become the primary: it is asked as such, and this one's connection is not used any more.
            (None, _) => {}
        }
    }

    fn has_died(&self) -> bool {
        self.driver.has_died() || self.reader.as_ref().is_some_and(|reader| reader.driver.has_died())
    }

    fn close(self, sink: &mut dyn Sink) {
        self.driver.close(sink);
        if let Some(reader) = self.reader {
            reader.driver.close(sink);
        }
    }
}

fn only_reads(words: &[&[u8]]) -> bool {
    command::find(words).is_some_and(|command| command.is(READONLY) && !command.is(BLOCKING))
}

impl ClusterDriver {
    /// Starts to look at the cluster.
    pub fn start(front: Arc<Core>, place: Place) -> Result<ClusterDriver> {
        let io = IoThread::shared()?;
        let views = Arc::new(Tray::<Vec<_>, _>::new(place.bell.clone()));
        let told = views.clone();
        let scout = Scout::start(&io, front.config().clone(), move |view| {
            told.put(|views: &mut Vec<_>| views.push(view))
        });
        Ok(ClusterDriver {
            limbo: Exchange::new(front.clone()),
            members: Vec::new(),
            slots: vec![NOBODY; usize::from(SLOTS)].into(),
            overall: Arc::new(Overall::new(front.health().clone())),
            front,
            place,
            views,
            scout,
            traffic: Traffic::default(),
            later: Vec::new(),
            scratch: Scratch::default(),
            next_any: 0,
            _io: io,
        })
    }

    pub fn name(&self) -> &'static str {
        self.members.iter().flatten().next().map_or("cluster", |member| member.driver.name())
    }

    pub fn cores(&self) -> Vec<Arc<Core>> {
        self.members.iter().flatten().map(|member| member.core.clone()).collect()
    }

    pub fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        let (inner, is_acknowledged) = match call {
            Call::Acknowledged { write } => (*write, true),
            call => (call, false),
        };
        let Some(parts) = both_ways(inner) else { return self.route(call, slot, waiting, now, sink) };
        let slots: [u32; 2] = self.traffic.joins.split(slot);
        for (part, slot) in parts.iter().zip(slots) {
            match is_acknowledged {
                true => self.route(&Call::Acknowledged { write: part }, slot, waiting, now, sink),
                false => self.route(part, slot, waiting, now, sink),
            }
        }
    }

    fn route(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        let key_slot = self.front.slot_of(call, &mut self.scratch);
        let member = match key_slot {
            Ok(Some(key_slot)) => self.owner(key_slot),
            Ok(None) => self.any(),
            Err(error) => {
                return self.traffic.joins.settle(slot, Outcome::Failed(error), sink);
            }
        };
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        match member.and_then(|position| self.members[position].as_mut()) {
            Some(member) => member.driver_for(call).call(call, slot, waiting, now, &mut sorting),
            None => self.limbo.call(call, slot, now, &mut sorting),
        }
    }

    fn owner(&self, slot: u16) -> Option<usize> {
        self.slots
            .get(usize::from(slot))
            .filter(|member| **member != NOBODY)
            .map(|member| usize::from(*member))
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

    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.each(sink, |driver, sink| driver.flush(now, sink));
        self.settle_redirected(now, sink);
    }

    fn each(&mut self, sink: &mut dyn Sink, mut work: impl FnMut(&mut NodeDriver, &mut dyn Sink)) {
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        for member in self.members.iter_mut().flatten() {
            work(&mut member.driver, &mut sorting);
            if let Some(reader) = &mut member.reader {
                work(&mut reader.driver, &mut sorting);
            }
        }
    }

    /// The bell has rung: for a member, for the map of slots, or because something is due.
    pub fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.each(sink, |driver, sink| driver.awake(now, sink));
        for view in self.views.take() {
            match view {
                Ok(view) => self.take_view(view, now, sink),
                Err(error) if self.members.is_empty() => {
                    let mut sorting = Sorting { traffic: &mut self.traffic, sink: &mut *sink };
                    self.limbo.attempt_failed(error, 1, now, &mut sorting);
                }
                // The members know best what is still there.
                Err(_) => {}
            }
        }
        let mut sorting = Sorting { traffic: &mut self.traffic, sink: &mut *sink };
        // There is no connection that could be replaced.
        let _ = self.limbo.expire(now, &mut sorting);
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        let due: Vec<(Instant, Redirected)> = due;
        self.traffic.redirected.extend(due.into_iter().map(|(_, redirected)| redirected));
        self.flush(now, sink);
        self.watch();
    }

    /// Has the cluster looked at again, and itself woken, where something is not as it should be.
    fn watch(&self) {
        if self.overall.is_unwell() || self.limbo.pending() > 0 || !self.later.is_empty() {
            self.scout.look_again();
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, node: usize, status: i32, now: Instant, sink: &mut dyn Sink) {
        self.with_member(node, now, sink, |driver, sink| driver.ready(status, now, sink));
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, node: usize, now: Instant, sink: &mut dyn Sink) {
        self.with_member(node, now, sink, |driver, sink| driver.overdue(now, sink));
        self.watch();
    }

    #[cfg(unix)]
    fn with_member(
        &mut self,
        node: usize,
        now: Instant,
        sink: &mut dyn Sink,
        work: impl FnOnce(&mut NodeDriver, &mut dyn Sink),
    ) {
        let mut sorting = Sorting { traffic: &mut self.traffic, sink: &mut *sink };
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
    fn settle_redirected(&mut self, now: Instant, sink: &mut dyn Sink) {
        while !self.traffic.redirected.is_empty() {
            for redirected in std::mem::take(&mut self.traffic.redirected) {
                self.send_on(redirected, now, sink);
            }
        }
    }

    fn send_on(&mut self, redirected: Redirected, now: Instant, sink: &mut dyn Sink) {
        let position = match &redirected.to {
            Redirection::TryAgain => {
                let redirected = Redirected { to: Redirection::Owner, ..redirected };
                self.later.push((now + TRY_AGAIN_AFTER, redirected));
                return self.scout.look_again();
            }
            Redirection::Owner => redirected.slot().and_then(|slot| self.owner(slot)).or_else(|| self.any()),
            Redirection::Ask { host, port } => self.member_at(host, *port),
            Redirection::Moved { slot, host, port } => {
                let slot = *slot;
                let member = self.member_at(host, *port);
                if let (Some(member), Some(owner)) = (member, self.slots.get_mut(usize::from(slot))) {
                    *owner = member as u16;
                }
                self.scout.look_again();
                member
            }
        };
        let mut batch = Batch::default();
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        match position.and_then(|position| self.members[position].as_mut()) {
            Some(member) => {
                redirected.append(&member.core, &mut batch);
                member.driver.append(&mut batch, now, &mut sorting);
            }
            None => {
                redirected.append(&self.front, &mut batch);
                self.limbo.append(&mut batch, now, &mut sorting);
            }
        }
    }

    /// The member at an address that a node has named; an unknown one is new.
    fn member_at(&mut self, host: &str, port: u16) -> Option<usize> {
        // A node that does not know its own address leaves it out.
        if host.is_empty() {
            return None;
        }
        let endpoint = Endpoint::Tcp { host: host.to_owned(), port };
        let known = self
            .members
            .iter()
            .position(|member| member.as_ref().is_some_and(|member| *member.at.borrow() == endpoint));
        known.or_else(|| self.add(endpoint))
    }

    fn add(&mut self, endpoint: Endpoint) -> Option<usize> {
        let position = self.members.iter().position(Option::is_none).unwrap_or(self.members.len());
        let share = self.members.iter().flatten().count().max(self.share());
        let (at, followed) = watch::channel(endpoint);
        let made = self.front.of_node(followed, share).and_then(|core| {
            let core = Arc::new(core);
            self.overall.add(position, core.health());
            Ok((core.clone(), NodeDriver::start(core, position * DRIVERS_A_MEMBER, &self.place)?))
        });
        match made {
            Ok((core, driver)) => {
                let member =
                    Member { core, driver, at, replicas: Vec::new(), has_slots: false, reader: None };
                if position == self.members.len() {
                    self.members.push(None);
                }
                self.members[position] = Some(member);
                Some(position)
            }
            Err(error) => {
                self.overall.remove(position);
                self.front.health().fault(error.code().as_str(), error.message());
                None
            }
        }
    }

    /// How many divide memory and journal: as many as there are shards, and at least the three of a small cluster.
    fn share(&self) -> usize {
        const SMALLEST: usize = 3;
        self.members.iter().flatten().filter(|member| member.has_slots).count().max(SMALLEST)
    }

    /// The map of slots is new.
    fn take_view(&mut self, view: ClusterView, now: Instant, sink: &mut dyn Sink) {
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
        self.leave_limbo(now, sink);
        self.hand_journals_over();
        self.retire(sink);
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
    fn hand_journals_over(&mut self) {
        let cores: Vec<(Option<usize>, Arc<Core>)> = std::iter::once((None, self.front.clone()))
            .chain(self.members.iter().enumerate().filter_map(|(position, member)| {
                member.as_ref().map(|member| (Some(position), member.core.clone()))
            }))
            .collect();
        for (own, core) in cores {
            let owner_of = |key: &[u8]| self.owner(slot_of(key));
            let given = core.give_journal(|key| owner_of(key).is_some_and(|owner| Some(owner) != own));
            for entry in given {
                let owner = owner_of(&entry.key).and_then(|owner| self.members[owner].as_ref());
                if let Some(owner) = owner {
                    owner.core.receive_journal(&entry);
                }
            }
        }
    }

    /// Ends members that have no slots and nothing to do.
    fn retire(&mut self, sink: &mut dyn Sink) {
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        for (position, place) in self.members.iter_mut().enumerate() {
            let is_done = place.as_ref().is_some_and(|member| {
                !member.has_slots && member.driver.is_idle() && member.core.kept().journal.is_empty()
            });
            if is_done && let Some(member) = place.take() {
                self.overall.remove(position);
                member.close(&mut sorting);
            }
        }
    }

    pub fn has_died(&self) -> bool {
        self.members.iter().flatten().any(Member::has_died)
    }

    pub fn close(mut self, sink: &mut dyn Sink) {
        self.overall.close();
        let mut sorting = Sorting { traffic: &mut self.traffic, sink };
        for (_, redirected) in self.later.drain(..) {
            let mut batch = Batch::default();
            redirected.append(&self.front, &mut batch);
            self.limbo.append(&mut batch, Instant::now(), &mut sorting);
        }
        self.limbo.close(&mut sorting);
        for member in self.members.drain(..).flatten() {
            member.close(&mut sorting);
        }
    }
}
