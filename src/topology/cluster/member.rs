//! One shard of a cluster: a primary, and a replica beside it where reads go to replicas.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::command::slot_of;
use crate::config::Endpoint;
use crate::features::{Call, Features};
use crate::health::State;
use crate::redis::{self, Feature};
use crate::topology::driver::{DriverContext, NodeSink, Redirected};
use crate::topology::node::NodeRouter;

/// What was on its way to a member when its last slot went has come back by then.
pub const GONE_AFTER: Duration = Duration::from_secs(2);

/// The primary's and the reader's; their handles carry a number of their own.
pub const DRIVERS_A_MEMBER: usize = 2;

/// One shard.
pub struct Member<C: DriverContext> {
    pub features: Arc<Features>,
    pub driver: NodeRouter<C>,
    pub at: watch::Sender<Endpoint>,
    /// Replicas as they were last, one of which may take over.
    pub replicas: Vec<Endpoint>,
    pub has_slots: bool,
    /// Slots that another member has got from it.
    pub left_slots: HashSet<u16>,
    /// Since when it has had none.
    pub bare_since: Option<Instant>,
    /// A replica that answers reads, where that is configured.
    pub reader: Option<Reader<C>>,
}

pub struct Reader<C: DriverContext> {
    features: Arc<Features>,
    pub driver: NodeRouter<C>,
    at: watch::Sender<Endpoint>,
}

impl<C: DriverContext> Reader<C> {
    /// Whether it is worth asking: one that was never asked connects then.
    fn is_there(&self) -> bool {
        matches!(self.features.node().health().state(), State::Connecting | State::Ready)
    }
}

impl<C: DriverContext> Member<C> {
    /// Who answers: reads of the raw client may go to the replica.
    pub fn driver_for(&mut self, call: &Call<'_>) -> &mut NodeRouter<C> {
        match (&mut self.reader, call) {
            (Some(reader), redis::Call::Raw(call)) if reader.is_there() && call.only_reads() => {
                &mut reader.driver
            }
            _ => &mut self.driver,
        }
    }

    /// The same for a request that was not answered before.
    pub fn driver_for_redirected(&mut self, redirected: &Redirected) -> &mut NodeRouter<C> {
        let is_away = self.features.node().health().state() == State::Degraded;
        match &mut self.reader {
            Some(reader) if is_away && reader.is_there() && redirected.is_read_again() => &mut reader.driver,
            _ => &mut self.driver,
        }
    }

    /// Reads come from this replica from now on, from the primary where there is none.
    pub fn read_from(&mut self, replica: Option<&Endpoint>, position: usize, front: &Features, context: &C) {
        match (replica, &self.reader) {
            (Some(replica), Some(reader)) => {
                reader.at.send_if_modified(|at| std::mem::replace(at, replica.clone()) != *replica);
            }
            (Some(replica), None) => {
                let (at, followed) = watch::channel(replica.clone());
                self.reader = front.of_replica(followed).ok().and_then(|features| {
                    let features = Arc::new(features);
                    let driver =
                        NodeRouter::start(features.clone(), position * DRIVERS_A_MEMBER + 1, context.clone())
                            .ok()?;
                    Some(Reader { features, driver, at })
                });
            }
            // It has become the primary: it is asked as such, and this one's connection is not used any more.
            (None, _) => {}
        }
    }

    /// It has this slot from now on. What its memory still has of slots that were another's is out of date.
    pub fn gains(&mut self, slot: u16) {
        if self.left_slots.contains(&slot) {
            let left = std::mem::take(&mut self.left_slots);
            self.features.cache().stand_in().forget(|key| left.contains(&slot_of(key)));
        }
    }

    /// Whether it has nothing to do any more.
    pub fn is_spent(&mut self, now: Instant) -> bool {
        if self.has_slots {
            self.bare_since = None;
            return false;
        }
        let since = *self.bare_since.get_or_insert(now);
        now.saturating_duration_since(since) >= GONE_AFTER
            && self.driver.is_idle()
            && self.reader.as_ref().is_none_or(|reader| reader.driver.is_idle())
            && self.features.cache().local_state().journal.is_empty()
    }

    pub fn has_died(&self) -> bool {
        self.driver.has_died() || self.reader.as_ref().is_some_and(|reader| reader.driver.has_died())
    }

    pub fn close(self, sink: &mut dyn NodeSink) {
        self.driver.close(sink);
        if let Some(reader) = self.reader {
            reader.driver.close(sink);
        }
    }
}
