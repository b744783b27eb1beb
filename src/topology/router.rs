//! One client's way to Redis, whichever topology is configured.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::backlog::read_in_background;
use super::cluster::ClusterRouter;
use super::driver::{DriverContext, LinkDriver, NodeSink, Redirected};
use super::in_flight::{FIRST_RESERVED, InFlight};
use super::link;
use super::node::NodeRouter;
use crate::cache::{self, Core};
use crate::config::Topology;
use crate::error::{Error, Result};
use crate::features::{Call, Features, RoomCall, RoomTicket, Scratch};
use crate::health::State;
use crate::redis::{self, Feature, Outcome, RequestSink, Sink, closed, embedded};

pub enum Router<C: DriverContext> {
    /// No Redis is configured: calls are answered without a driver.
    Embedded,
    Node(Box<NodeRouter<C>>),
    Cluster(Box<ClusterRouter<C>>),
    /// One connection without policy.
    Link(C::Link),
    Closed,
}

impl<C: DriverContext> Router<C> {
    /// Starts what the configuration asks for.
    ///
    /// # Errors
    /// A driver could not be started.
    pub fn start(features: &Arc<Features>, context: impl FnOnce() -> C) -> Result<Router<C>> {
        if !features.config().use_redis() {
            features.node().health().enter(State::Ready);
            return Ok(Router::Embedded);
        }
        let (features, context) = (features.clone(), context());
        if matches!(features.config().topology(), Topology::Cluster { .. }) {
            return Ok(Router::Cluster(Box::new(ClusterRouter::start(features, context)?)));
        }
        let router = NodeRouter::start(features.clone(), 0, context)?;
        read_in_background(features.cache(), |core| core.stand_in().let_connect())?;
        Ok(Router::Node(Box::new(router)))
    }

    /// The Link, until it is let go of.
    pub fn link(&mut self) -> Option<&mut C::Link> {
        match self {
            Router::Link(driver) => Some(driver),
            _ => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Router::Embedded => "embedded",
            Router::Node(driver) => driver.name(),
            Router::Cluster(driver) => driver.name(),
            Router::Link(driver) => driver.name(),
            Router::Closed => "closed",
        }
    }

    /// Connections that calls share, and how many of them have something under way.
    pub fn lanes(&self) -> (usize, usize) {
        match self {
            Router::Node(driver) => driver.lanes(),
            Router::Cluster(driver) => driver.lanes(),
            Router::Link(_) | Router::Embedded | Router::Closed => (0, 0),
        }
    }

    /// The caches of a cluster's nodes.
    pub fn nodes(&self) -> Vec<Arc<Features>> {
        match self {
            Router::Cluster(driver) => driver.nodes(),
            _ => Vec::new(),
        }
    }

    /// The addresses of a cluster's replicas.
    pub fn replicas(&self) -> Vec<String> {
        match self {
            Router::Cluster(driver) => driver.replicas(),
            _ => Vec::new(),
        }
    }

    /// Takes a call in. `waiting` calls have not settled.
    pub fn call(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        match self {
            Router::Node(driver) => driver.call(call, call_id, waiting, now, sink),
            Router::Cluster(driver) => driver.call(call, call_id, waiting, now, sink),
            Router::Link(driver) => match call {
                redis::Call::Raw(call) => driver.call(call, call_id, now, sink),
                redis::Call::Room(_) => sink.settle(call_id, Outcome::Failed(Error::defect())),
            },
            Router::Embedded => sink.settle(call_id, Outcome::Failed(embedded())),
            Router::Closed => sink.settle(call_id, Outcome::Failed(closed())),
        }
    }

    /// Hands a call to the cache of its node, which looks at copies in this process.
    pub fn at_copies<R>(
        &mut self,
        call: &RoomCall<'_>,
        scratch: &mut Scratch,
        look: impl FnOnce(&Core, &cache::Call<'_>, &mut cache::Scratch) -> Option<R>,
    ) -> Option<R> {
        match self {
            Router::Node(driver) => driver.features().at_copies(call, scratch, look),
            Router::Cluster(driver) => driver.owner_of(call)?.at_copies(call, scratch, look),
            Router::Embedded | Router::Link(_) | Router::Closed => None,
        }
    }

    /// The calls of this tick are complete.
    pub fn flush(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            Router::Node(driver) => driver.flush(now, sink),
            Router::Cluster(driver) => driver.flush(now, sink),
            Router::Link(driver) => driver.flush(now, sink),
            Router::Embedded | Router::Closed => {}
        }
    }

    /// Takes what another thread has left.
    pub fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            Router::Node(driver) => driver.awake(now, sink),
            Router::Cluster(driver) => driver.awake(now, sink),
            Router::Link(driver) => driver.awake(now, sink),
            Router::Embedded | Router::Closed => {}
        }
    }

    #[cfg(unix)]
    pub fn ready(&mut self, node: usize, status: i32, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            Router::Node(driver) => driver.ready(node, status, now, sink),
            Router::Cluster(driver) => driver.ready(node, status, now, sink),
            Router::Link(driver) => driver.ready(status, now, sink),
            Router::Embedded | Router::Closed => {}
        }
    }

    #[cfg(unix)]
    pub fn overdue(&mut self, node: usize, now: Instant, sink: &mut dyn NodeSink) {
        match self {
            Router::Node(driver) => driver.overdue(node, now, sink),
            Router::Cluster(driver) => driver.overdue(node, now, sink),
            Router::Link(_) | Router::Embedded | Router::Closed => {}
        }
    }

    /// Whether it has stopped for good, by a panic on the I/O thread.
    pub fn has_died(&self) -> bool {
        match self {
            Router::Node(driver) => driver.has_died(),
            Router::Cluster(driver) => driver.has_died(),
            Router::Link(driver) => driver.has_died(),
            Router::Embedded | Router::Closed => false,
        }
    }

    /// Lets go of the connection after a panic. What the driver says is not believed: every call that is under way
    /// fails with `E_INTERNAL`.
    pub fn give_up(self, in_flight: &mut InFlight, sink: &mut dyn NodeSink) {
        let is_link = matches!(self, Router::Link(_));
        settle_all(in_flight, sink, Error::defect, |_| self.let_go(&mut Discard));
        if is_link {
            link::tell_defect(sink);
        }
    }

    /// Settles every call that is under way, whatever the driver does, and lets go of the connection.
    pub fn close(self, in_flight: &mut InFlight, sink: &mut dyn NodeSink) {
        settle_all(in_flight, sink, closed, |sink| self.let_go(sink));
    }

    fn let_go(self, sink: &mut dyn NodeSink) {
        match self {
            Router::Node(driver) => driver.close(sink),
            Router::Cluster(driver) => driver.close(sink),
            Router::Link(driver) => driver.close(sink),
            Router::Embedded | Router::Closed => {}
        }
    }
}

/// Takes outcomes that no caller can be told any more.
pub struct Discard;

impl Sink for Discard {
    fn settle(&mut self, _call_id: u32, _outcome: Outcome<'_>) {}
}

impl RequestSink<RoomTicket> for Discard {
    fn redirect(&mut self, _redirected: Redirected) {}
}

/// Hands on the outcomes of calls that are under way, each once, and notes that they are not any more.
struct Noting<'s> {
    in_flight: &'s mut InFlight,
    sink: &'s mut dyn Sink,
}

impl Sink for Noting<'_> {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        if call_id >= FIRST_RESERVED || self.in_flight.end(call_id) {
            self.sink.settle(call_id, outcome);
        }
    }
}

impl RequestSink<RoomTicket> for Noting<'_> {
    /// Nobody sends it on at a close: its call is under way, and fails with the others that are.
    fn redirect(&mut self, _redirected: Redirected) {}
}

/// Lets `close` settle what it knows of; every other call that is under way fails for the reason.
fn settle_all(
    in_flight: &mut InFlight,
    sink: &mut dyn NodeSink,
    reason: fn() -> Error,
    close: impl FnOnce(&mut dyn NodeSink),
) {
    let mut noting = Noting { in_flight, sink };
    // The calls must settle where it panics, too.
    if catch_unwind(AssertUnwindSafe(|| close(&mut noting))).is_err() {
        tracing::error!("a driver could not be closed in order");
    }
    let left: Vec<u32> = noting.in_flight.call_ids().collect();
    for call_id in left {
        noting.settle(call_id, Outcome::Failed(reason()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::connection::Wake;
    use crate::error::ErrorCode;
    use crate::redis::{CommandOptions, RawCall, Role};
    use crate::runtime::IoThread;
    use crate::topology::ThreadContext;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, mpsc};
    use std::time::Duration;

    const CALL_IDS: std::ops::Range<u32> = 0..3;

    /// Panics at its first wake-ups, as many as `panics` says.
    #[derive(Default)]
    struct CountingWaker {
        panics: usize,
        woken: AtomicUsize,
    }

    impl Wake for CountingWaker {
        fn wake(&self) {
            assert!(self.woken.fetch_add(1, Ordering::SeqCst) >= self.panics, "the waker is broken");
        }
    }

    #[derive(Default)]
    struct Settled(Vec<(u32, Option<ErrorCode>)>);

    impl Sink for Settled {
        fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
            let Outcome::Failed(error) = outcome else { return self.0.push((call_id, None)) };
            self.0.push((call_id, Some(error.code())));
        }
    }

    impl RequestSink<RoomTicket> for Settled {
        fn redirect(&mut self, _redirected: Redirected) {}
    }

    struct Broken;

    impl Sink for Broken {
        fn settle(&mut self, _call_id: u32, _outcome: Outcome<'_>) {
            panic!("the sink is broken");
        }
    }

    impl RequestSink<RoomTicket> for Broken {
        fn redirect(&mut self, _redirected: Redirected) {}
    }

    /// A driver that finds no server and says so for the calls of `CALL_IDS` at its first attempt.
    fn with_calls(waker: &Arc<CountingWaker>) -> Router<ThreadContext> {
        let config = Config::load(&serde_json::Map::new(), &|variable| match variable {
            "REDIS_URL" => Some("redis://127.0.0.1:1".to_owned()),
            "REDIS_MAX_RETRIES" => Some("0".to_owned()),
            _ => None,
        })
        .unwrap();
        let features = Arc::new(Features::new(config, Role::Shared).unwrap());
        let mut router = Router::start(&features, || ThreadContext::new(waker.clone(), || {})).unwrap();
        let (now, mut settled) = (Instant::now(), Settled::default());
        for call_id in CALL_IDS {
            router.call(
                &redis::Call::Raw(RawCall::Command {
                    words: &[b"GET", b"key"],
                    options: CommandOptions::default(),
                }),
                call_id,
                0,
                now,
                &mut settled,
            );
        }
        router.flush(now, &mut settled);
        assert!(settled.0.is_empty(), "{:?}", settled.0);
        router
    }

    fn until(what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !condition() {
            assert!(Instant::now() < deadline, "{what} took too long");
            std::thread::yield_now();
        }
    }

    fn in_flight() -> InFlight {
        let mut in_flight = InFlight::default();
        CALL_IDS.for_each(|call_id| in_flight.begin(call_id));
        in_flight
    }

    fn all_closed() -> Vec<(u32, Option<ErrorCode>)> {
        CALL_IDS.map(|call_id| (call_id, Some(ErrorCode::Closed))).collect()
    }

    fn assert_all_failed(router: Router<ThreadContext>) {
        let (mut in_flight, mut settled) = (in_flight(), Settled::default());
        router.give_up(&mut in_flight, &mut settled);
        let failed = |call_id| (call_id, Some(ErrorCode::Internal));
        assert_eq!(settled.0, CALL_IDS.map(failed).collect::<Vec<_>>());
        assert_eq!(in_flight.count(), 0);
    }

    #[test]
    fn a_close_settles_every_call_once_whatever_the_driver_does() {
        type Close = fn(&mut dyn NodeSink);
        let closes: [(Close, Option<ErrorCode>); 4] = [
            (|_| {}, Some(ErrorCode::Closed)),
            (|_| panic!("the driver is broken"), Some(ErrorCode::Closed)),
            (|sink| sink.settle(1, Outcome::Null), None),
            (
                |sink| {
                    sink.settle(1, Outcome::Null);
                    sink.settle(1, Outcome::Failed(embedded()));
                    sink.settle(7, Outcome::Null);
                    panic!("the driver is broken");
                },
                None,
            ),
        ];
        for (close, of_the_second) in closes {
            let (mut in_flight, mut settled) = (in_flight(), Settled::default());
            settle_all(&mut in_flight, &mut settled, closed, close);
            settled.0.sort_by_key(|(call_id, _)| *call_id);
            assert_eq!(settled.0, [all_closed()[0], (1, of_the_second), all_closed()[2]]);
            assert_eq!(in_flight.count(), 0);
        }
    }

    #[test]
    fn a_close_does_not_wait_for_an_io_thread_that_is_held_up() {
        let router = with_calls(&Arc::default());
        let (hold, (reached, is_held)) = (Arc::new(Mutex::new(())), mpsc::channel());
        let held = hold.lock().unwrap();
        let gate = hold.clone();
        IoThread::shared().unwrap().spawn(async move {
            reached.send(()).unwrap();
            drop(gate.lock());
        });
        is_held.recv().unwrap();
        let (mut in_flight, mut settled, began) = (in_flight(), Settled::default(), Instant::now());
        router.close(&mut in_flight, &mut settled);
        assert!(began.elapsed() < Duration::from_millis(50), "it took {:?}", began.elapsed());
        settled.0.iter().for_each(|(_, code)| assert!(code.is_some()));
        assert_eq!(settled.0.len(), CALL_IDS.len());
        drop(held);
    }

    #[test]
    fn a_panic_on_the_io_thread_is_told_and_every_call_fails_with_e_internal() {
        let waker = Arc::new(CountingWaker { panics: 1, ..CountingWaker::default() });
        let router = with_calls(&waker);
        until("the panic", || router.has_died());
        until("the wake-up", || waker.woken.load(Ordering::SeqCst) == 2);
        assert_all_failed(router);
    }

    #[test]
    fn a_panic_while_outcomes_are_handed_over_loses_no_call() {
        let waker = Arc::new(CountingWaker::default());
        let mut router = with_calls(&waker);
        until("the outcomes", || waker.woken.load(Ordering::SeqCst) > 0);
        let handed_over = catch_unwind(AssertUnwindSafe(|| router.awake(Instant::now(), &mut Broken)));
        assert!(handed_over.is_err() && !router.has_died());
        assert_all_failed(router);
    }
}
