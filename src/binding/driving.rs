//! Which way a client's bytes are moved.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::client::Client;
use super::cluster_driver::ClusterDriver;
use super::lane_driver::Place;
use super::link_driver::{self, LinkDriver};
use super::node_driver::NodeDriver;
use super::sink::Discard;
use crate::cache::{Call, Core, Outcome, Sink, closed, embedded};
use crate::config::Topology;
use crate::error::Result;
use crate::health::State;

pub enum Driving {
    /// No Redis is configured: calls are answered without a driver.
    Embedded,
    Node(Box<NodeDriver>),
    Cluster(Box<ClusterDriver>),
    /// One connection without policy.
    Link(LinkDriver),
    Closed,
}

impl Driving {
    /// Starts what the configuration asks for.
    pub fn start(env: sys::napi_env, client: &'static Client, owner: *mut c_void) -> Result<Driving> {
        let core = client.core();
        if !core.config().use_redis() {
            core.health().enter(State::Ready);
            return Ok(Driving::Embedded);
        }
        let place = Place::of(env, client, owner);
        if matches!(core.config().topology(), Topology::Cluster { .. }) {
            return Ok(Driving::Cluster(Box::new(ClusterDriver::start(core.clone(), place)?)));
        }
        Ok(Driving::Node(Box::new(NodeDriver::start(core.clone(), 0, place)?)))
    }

    /// The Link, until it is let go of.
    pub fn link(&mut self) -> Option<&mut LinkDriver> {
        match self {
            Driving::Link(driver) => Some(driver),
            _ => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Driving::Embedded => "embedded",
            Driving::Node(driver) => driver.name(),
            Driving::Cluster(driver) => driver.name(),
            Driving::Link(driver) => driver.name(),
            Driving::Closed => "closed",
        }
    }

    /// Connections that calls share, and how many of them have something under way.
    pub fn lanes(&self) -> (usize, usize) {
        match self {
            Driving::Node(driver) => driver.lanes(),
            Driving::Cluster(driver) => driver.lanes(),
            Driving::Link(_) | Driving::Embedded | Driving::Closed => (0, 0),
        }
    }

    /// The caches of a cluster's nodes.
    pub fn nodes(&self) -> Vec<Arc<Core>> {
        match self {
            Driving::Cluster(driver) => driver.cores(),
            _ => Vec::new(),
        }
    }

    /// Takes a call in. `waiting` calls have not settled.
    pub fn call(&mut self, call: &Call<'_>, slot: u32, waiting: usize, now: Instant, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.call(call, slot, waiting, now, sink),
            Driving::Cluster(driver) => driver.call(call, slot, waiting, now, sink),
            Driving::Link(driver) => driver.call(call, slot, now, sink),
            Driving::Embedded => sink.settle(slot, Outcome::Failed(embedded())),
            Driving::Closed => sink.settle(slot, Outcome::Failed(closed())),
        }
    }

    /// The calls of this tick are complete.
    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.flush(now, sink),
            Driving::Cluster(driver) => driver.flush(now, sink),
            Driving::Link(driver) => driver.flush(now, sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }

    /// Takes what another thread has left.
    pub fn awake(&mut self, now: Instant, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.awake(now, sink),
            Driving::Cluster(driver) => driver.awake(now, sink),
            Driving::Link(driver) => driver.awake(now, sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, node: usize, status: i32, now: Instant, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.ready(node, status, now, sink),
            Driving::Cluster(driver) => driver.ready(node, status, now, sink),
            Driving::Link(driver) => driver.ready(status, now, sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, node: usize, now: Instant, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.overdue(node, now, sink),
            Driving::Cluster(driver) => driver.overdue(node, now, sink),
            Driving::Link(_) | Driving::Embedded | Driving::Closed => {}
        }
    }

    /// Whether it has stopped for good, by a panic on the I/O thread.
    pub fn has_died(&self) -> bool {
        match self {
            Driving::Node(driver) => driver.has_died(),
            Driving::Cluster(driver) => driver.has_died(),
            Driving::Link(driver) => driver.has_died(),
            Driving::Embedded | Driving::Closed => false,
        }
    }

    /// Lets go of the connection after a panic. What the driver says is not believed: every call of
    /// `slots` fails with `E_CLOSED`.
    pub fn give_up(self, slots: impl Iterator<Item = u32>, sink: &mut dyn Sink) {
        let is_link = matches!(self, Driving::Link(_));
        // What has panicked once may do so again; the calls must settle all the same.
        if catch_unwind(AssertUnwindSafe(|| self.close(&mut Discard))).is_err() {
            tracing::error!("a driver could not be closed in order");
        }
        for slot in slots {
            sink.settle(slot, Outcome::Failed(closed()));
        }
        if is_link {
            link_driver::tell_defect(sink);
        }
    }

    /// Settles everything and lets go of the connection.
    pub fn close(self, sink: &mut dyn Sink) {
        match self {
            Driving::Node(driver) => driver.close(sink),
            Driving::Cluster(driver) => driver.close(sink),
            Driving::Link(driver) => driver.close(sink),
            Driving::Embedded | Driving::Closed => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Core, Role, Style};
    use crate::config::Config;
    use crate::connection::Wake;
    use crate::error::ErrorCode;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    const SLOTS: std::ops::Range<u32> = 0..3;

    /// Panics when it is first rung, as often as `cracks` says.
    #[derive(Default)]
    struct Bell {
        cracks: usize,
        rung: AtomicUsize,
    }

    impl Wake for Bell {
        fn wake(&self) {
            assert!(self.rung.fetch_add(1, Ordering::SeqCst) >= self.cracks, "the bell has cracked");
        }
    }

    #[derive(Default)]
    struct Settled(Vec<(u32, Option<ErrorCode>)>);

    impl Sink for Settled {
        fn settle(&mut self, slot: u32, outcome: Outcome<'_>) {
            let Outcome::Failed(error) = outcome else { return self.0.push((slot, None)) };
            self.0.push((slot, Some(error.code())));
        }
    }

    struct Broken;

    impl Sink for Broken {
        fn settle(&mut self, _slot: u32, _outcome: Outcome<'_>) {
            panic!("the sink is broken");
        }
    }

    /// A driver that finds no server and says so for the calls of `SLOTS` at its first attempt.
    fn with_calls(bell: &Arc<Bell>) -> Driving {
        let config = Config::load(&serde_json::Map::new(), &|variable| match variable {
            "REDIS_URL" => Some("redis://127.0.0.1:1".to_owned()),
            "REDIS_MAX_RETRIES" => Some("0".to_owned()),
            _ => None,
        })
        .unwrap();
        let core = Arc::new(Core::new(config, Role::Shared).unwrap());
        let mut driving = Driving::Node(Box::new(NodeDriver::on_a_thread(core, bell.clone()).unwrap()));
        let (now, mut settled) = (Instant::now(), Settled::default());
        for slot in SLOTS {
            driving.call(
                &Call::Command { arguments: &[b"GET", b"key"], style: Style::default() },
                slot,
                0,
                now,
                &mut settled,
            );
        }
        driving.flush(now, &mut settled);
        assert!(settled.0.is_empty(), "{:?}", settled.0);
        driving
    }

    fn until(what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !condition() {
            assert!(Instant::now() < deadline, "{what} took too long");
            std::thread::yield_now();
        }
    }

    fn assert_all_closed(driving: Driving) {
        let mut settled = Settled::default();
        driving.give_up(SLOTS, &mut settled);
        assert_eq!(settled.0, SLOTS.map(|slot| (slot, Some(ErrorCode::Closed))).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_on_the_io_thread_is_told_and_every_call_fails_with_e_closed() {
        let bell = Arc::new(Bell { cracks: 1, ..Bell::default() });
        let driving = with_calls(&bell);
        until("the panic", || driving.has_died());
        until("the bell", || bell.rung.load(Ordering::SeqCst) == 2);
        assert_all_closed(driving);
    }

    #[test]
    fn a_panic_while_outcomes_are_handed_over_loses_no_call() {
        let bell = Arc::new(Bell::default());
        let mut driving = with_calls(&bell);
        until("the outcomes", || bell.rung.load(Ordering::SeqCst) > 0);
        let handed_over = catch_unwind(AssertUnwindSafe(|| driving.awake(Instant::now(), &mut Broken)));
        assert!(handed_over.is_err() && !driving.has_died());
        assert_all_closed(driving);
    }
}
