//! The connections to one server: the one that all calls share, and others beside it for large values.
//!
//! Calls on the shared connection are carried out in the order in which they were made, and what they read is in
//! that order too. A large value would stand in front of everything behind it, so a read of one that is known to be
//! large goes beside, unless something about its key is still under way.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::driver::{ConnectionDriver, DriverContext, NodeSink, Redirected, Request};
use crate::error::Result;
use crate::features::{Call, Features, RoomTicket, Scratch};
use crate::health::State;
use crate::lane::Batch;
use crate::redis::{self, Feature, MultiplexedConnection, Outcome, Redirection, RequestSink, Route, Sink};

/// What libuv's handles carry: the node's number and the lane's. No pool is larger.
pub const LANES_A_NODE: usize = 1024;
/// A lane beside the shared one that had nothing to do for so long is closed, down to the configured minimum.
const IDLE_FOR: Duration = Duration::from_secs(30);

pub struct NodeRouter<C: DriverContext> {
    features: Arc<Features>,
    main: C::Driver,
    auxiliaries: Vec<Auxiliary<C::Driver>>,
    context: C,
    number: usize,
    scratch: Scratch,
    returned: Vec<Redirected>,
}

/// A lane for large values; its position is its number less one.
struct Auxiliary<D> {
    driver: Option<D>,
    idle_since: Instant,
}

/// Keeps back what a lane beside could not send.
struct Returning<'s> {
    returned: &'s mut Vec<Redirected>,
    sink: &'s mut dyn NodeSink,
}

impl Sink for Returning<'_> {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        self.sink.settle(call_id, outcome);
    }
}

impl RequestSink<RoomTicket> for Returning<'_> {
    fn redirect(&mut self, redirected: Redirected) {
        match redirected.to {
            Redirection::Owner => self.returned.push(redirected),
            _ => self.sink.redirect(redirected),
        }
    }
}

impl<C: DriverContext> NodeRouter<C> {
    /// Starts to connect, as the node of this number.
    pub fn start(features: Arc<Features>, node: usize, context: C) -> Result<NodeRouter<C>> {
        let number = node * LANES_A_NODE;
        let main = context.start(MultiplexedConnection::new(features.clone()), number)?;
        let (auxiliaries, returned) = (Vec::new(), Vec::new());
        Ok(NodeRouter { features, main, auxiliaries, context, number, scratch: Scratch::default(), returned })
    }

    pub fn features(&self) -> &Features {
        &self.features
    }

    pub fn name(&self) -> &'static str {
        self.main.name()
    }

    /// Connections, and how many of them have something under way.
    pub fn lanes(&self) -> (usize, usize) {
        let auxiliaries = self.auxiliaries.iter().filter_map(|auxiliary| auxiliary.driver.as_ref());
        let lanes: Vec<&C::Driver> = std::iter::once(&self.main).chain(auxiliaries).collect();
        (lanes.len(), lanes.iter().filter(|lane| !lane.is_idle()).count())
    }

    pub fn call(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        if self.features.node().knows_large_values()
            && let Some(position) = self.auxiliary_for(call, now)
            && let Some(auxiliary) = self.auxiliaries[position].driver.as_mut()
        {
            let mut returning = Returning { returned: &mut self.returned, sink };
            return auxiliary.call(call, call_id, waiting, now, &mut returning);
        }
        self.main.call(call, call_id, waiting, now, sink);
    }

    /// The lane that a read of a large value goes to.
    fn auxiliary_for(&mut self, call: &Call<'_>, now: Instant) -> Option<usize> {
        // What the journal holds goes first, on the shared one.
        if self.features.node().health().state() != State::Ready {
            return None;
        }
        let key = large_read(&self.features, call, &mut self.scratch)?;
        if self.main.mentions(&key) {
            return None;
        }
        let open = || self.auxiliaries.iter().enumerate().filter(|(_, auxiliary)| auxiliary.driver.is_some());
        let idle =
            open().find(|(_, auxiliary)| auxiliary.driver.as_ref().is_some_and(ConnectionDriver::is_idle));
        let any =
            open().min_by_key(|(_, auxiliary)| auxiliary.driver.as_ref().map(ConnectionDriver::pending));
        let (idle, any) = (idle.map(|(position, _)| position), any.map(|(position, _)| position));
        let position = idle.or_else(|| self.open_auxiliary()).or(any)?;
        self.auxiliaries[position].idle_since = now;
        Some(position)
    }

    fn open_auxiliary(&mut self) -> Option<usize> {
        let open = self.auxiliaries.iter().filter(|auxiliary| auxiliary.driver.is_some()).count();
        if open + 1 >= self.features.config().pool_size {
            return None;
        }
        let vacant = self.auxiliaries.iter().position(|auxiliary| auxiliary.driver.is_none());
        let position = vacant.unwrap_or(self.auxiliaries.len());
        let connection = MultiplexedConnection::auxiliary(self.features.clone());
        let driver = self.context.start(connection, self.number + 1 + position).ok()?;
        let auxiliary = Auxiliary { driver: Some(driver), idle_since: Instant::now() };
        match vacant {
            Some(position) => self.auxiliaries[position] = auxiliary,
            None => self.auxiliaries.push(auxiliary),
        }
        Some(position)
    }

    /// Takes requests in that another node was asked first.
    pub fn append(&mut self, batch: &mut Batch<Request>, now: Instant, sink: &mut dyn NodeSink) {
        self.main.append(batch, now, sink);
    }

    pub fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.main.flush(now, sink);
        self.beside(now, sink, |driver, sink| driver.flush(now, sink));
    }

    pub fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        self.main.awake(now, sink);
        self.beside(now, sink, |driver, sink| driver.awake(now, sink));
    }

    fn beside(
        &mut self,
        now: Instant,
        sink: &mut dyn NodeSink,
        mut work: impl FnMut(&mut C::Driver, &mut dyn NodeSink),
    ) {
        if self.auxiliaries.is_empty() {
            return;
        }
        let mut returning = Returning { returned: &mut self.returned, sink: &mut *sink };
        for driver in self.auxiliaries.iter_mut().filter_map(|auxiliary| auxiliary.driver.as_mut()) {
            work(driver, &mut returning);
        }
        self.take_returned(now, sink);
        self.close_idle(now, sink);
    }

    /// What a lane beside could not send stands in line on the shared one.
    fn take_returned(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        for redirected in std::mem::take(&mut self.returned) {
            let mut batch = Batch::default();
            redirected.append(self.features.node(), now, &mut batch);
            self.main.append(&mut batch, now, sink);
        }
    }

    fn close_idle(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        let mut open = self.auxiliaries.iter().filter(|auxiliary| auxiliary.driver.is_some()).count() + 1;
        for auxiliary in &mut self.auxiliaries {
            let Some(driver) = auxiliary.driver.take_if(|_| open > self.features.config().min_pool_size)
            else {
                continue;
            };
            if driver.is_idle() && now.saturating_duration_since(auxiliary.idle_since) > IDLE_FOR {
                driver.close(sink);
                open -= 1;
            } else {
                auxiliary.driver = Some(driver);
            }
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, number: usize, status: i32, now: Instant, sink: &mut dyn NodeSink) {
        self.with_lane(number, now, sink, |driver, sink| driver.ready(status, now, sink));
    }

    /// Takes in what has arrived on the shared connection, if replies are due there. `but` was read already.
    #[cfg(unix)]
    pub fn read_along(&mut self, but: usize, now: Instant, sink: &mut dyn NodeSink) {
        if self.number != but && !self.main.is_idle() {
            self.main.ready(0, now, sink);
        }
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, number: usize, now: Instant, sink: &mut dyn NodeSink) {
        self.with_lane(number, now, sink, |driver, sink| driver.overdue(now, sink));
    }

    #[cfg(unix)]
    fn with_lane(
        &mut self,
        number: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
        work: impl FnOnce(&mut C::Driver, &mut dyn NodeSink),
    ) {
        let Some(position) = (number % LANES_A_NODE).checked_sub(1) else {
            return work(&mut self.main, sink);
        };
        let mut returning = Returning { returned: &mut self.returned, sink: &mut *sink };
        if let Some(driver) =
            self.auxiliaries.get_mut(position).and_then(|auxiliary| auxiliary.driver.as_mut())
        {
            work(driver, &mut returning);
        }
        self.take_returned(now, sink);
    }

    /// Whether no call is under way.
    pub fn is_idle(&self) -> bool {
        self.lanes().1 == 0
    }

    pub fn has_died(&self) -> bool {
        self.main.has_died()
            || self
                .auxiliaries
                .iter()
                .any(|auxiliary| auxiliary.driver.as_ref().is_some_and(ConnectionDriver::has_died))
    }

    pub fn close(mut self, sink: &mut dyn NodeSink) {
        for driver in self.auxiliaries.drain(..).filter_map(|auxiliary| auxiliary.driver) {
            driver.close(sink);
        }
        self.main.close(sink);
    }
}

/// The key of a call that reads a large value, and does nothing else.
fn large_read<'s, 'c: 's>(
    features: &Features,
    call: &Call<'c>,
    scratch: &'s mut Scratch,
) -> Option<Cow<'s, [u8]>> {
    let key = match call {
        redis::Call::Raw(call) => call.key_read(features.node().prefix())?,
        redis::Call::Room(call) => match features.route(call, scratch).ok()? {
            Route { key: Some(key), reads_key_only: true } => Cow::Borrowed(key),
            _ => return None,
        },
    };
    features.node().is_large(&key).then_some(key)
}
