//! The router of a cluster over connections that a test answers by hand: no socket, no server, no Node.

mod half_moved;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ClusterRouter;
use crate::cache;
use crate::config::{Config, Endpoint};
use crate::connection::{Bytes, ConnectionHandler, ServerInfo, Shard, Wake};
use crate::error::{Error, ErrorCode, Result};
use crate::features::{Call, Features, RoomCall, RoomTicket};
use crate::lane::Batch;
use crate::redis::{
    self, AGAIN_AFTER, Attached, CommandOptions, MultiplexedConnection, Outcome, RawCall, RequestSink, Role,
    Sink,
};
use crate::topology::driver::{ConnectionDriver, DriverContext, NodeSink, Redirected, Request, SharedWaker};
use crate::topology::link::LinkThreadHandle;
use crate::topology::node::LANES_A_NODE;

/// Slot 12182 is that of `foo`, slot 5061 that of `bar`.
const FIRST: (u16, u16) = (0, 8191);
const SECOND: (u16, u16) = (8192, 16383);

/// The bytes on every connection, by the number of its node.
#[derive(Default)]
struct Wires {
    sent: Vec<(usize, String)>,
    replies: Vec<(usize, String)>,
    /// Nodes whose connection is lost, and made again at once.
    lost: Vec<usize>,
}

#[derive(Clone, Default)]
struct Scripted(Rc<RefCell<Wires>>);

struct ScriptedDriver {
    connection: MultiplexedConnection<Features>,
    node: usize,
    wires: Scripted,
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

impl DriverContext for Scripted {
    type Driver = ScriptedDriver;
    type Link = LinkThreadHandle;

    fn start(
        &self,
        mut connection: MultiplexedConnection<Features>,
        number: usize,
    ) -> Result<ScriptedDriver> {
        connect(&mut connection, Instant::now());
        Ok(ScriptedDriver { connection, node: number / LANES_A_NODE / 2, wires: self.clone() })
    }

    fn waker(&self) -> SharedWaker {
        Arc::new(Nobody)
    }
}

fn connect(connection: &mut MultiplexedConnection<Features>, now: Instant) {
    let server = ServerInfo { protocol: 3, ..ServerInfo::default() };
    Attached::new(connection, Settled::default()).connected(&server, now);
}

impl ConnectionDriver for ScriptedDriver {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn call(
        &mut self,
        call: &Call<'_>,
        call_id: u32,
        _waiting: usize,
        now: Instant,
        sink: &mut dyn NodeSink,
    ) {
        self.connection.call(call, call_id, now, sink);
    }

    fn append(&mut self, batch: &mut Batch<Request>, now: Instant, sink: &mut dyn NodeSink) {
        self.connection.append(batch, now, sink);
        self.flush(now, sink);
    }

    fn flush(&mut self, _now: Instant, sink: &mut dyn NodeSink) {
        let mut traffic = Attached::new(&mut self.connection, sink);
        let unsent = String::from_utf8_lossy(traffic.unsent()).into_owned();
        traffic.sent(unsent.len());
        let words: Vec<&str> = unsent.split("\r\n").filter(|word| !word.starts_with(['*', '$'])).collect();
        let words = words.join(" ").trim().to_owned();
        if !words.is_empty() {
            self.wires.0.borrow_mut().sent.push((self.node, words));
        }
    }

    fn awake(&mut self, now: Instant, sink: &mut dyn NodeSink) {
        let node = self.node;
        let replies: Vec<_> =
            self.wires.0.borrow_mut().replies.extract_if(.., |(of, _)| *of == node).collect();
        let lost: Vec<_> = self.wires.0.borrow_mut().lost.extract_if(.., |of| *of == node).collect();
        let mut traffic = Attached::new(&mut self.connection, sink);
        for _ in &lost {
            traffic.disconnected(Error::new(ErrorCode::Connect, "the peer is gone"), now);
        }
        if !lost.is_empty() {
            return connect(&mut self.connection, now);
        }
        for (_, reply) in replies {
            traffic.read_room()[..reply.len()].copy_from_slice(reply.as_bytes());
            traffic.received(reply.len(), now).unwrap();
        }
    }

    fn mentions(&self, key: &[u8]) -> bool {
        self.connection.mentions(key)
    }

    fn pending(&self) -> usize {
        self.connection.pending()
    }

    fn has_died(&self) -> bool {
        false
    }

    fn close(mut self, sink: &mut dyn NodeSink) {
        self.connection.close(sink);
    }
}

#[derive(Default)]
struct Settled(Vec<(u32, String)>);

impl Sink for Settled {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        let shown = match outcome {
            Outcome::Failed(error) => error.code().as_str().to_owned(),
            Outcome::Json(json) => String::from_utf8_lossy(&json).into_owned(),
            Outcome::Reply(bytes, _) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            other => format!("{other:?}"),
        };
        self.0.push((call_id, shown));
    }
}

impl RequestSink<RoomTicket> for Settled {
    fn redirect(&mut self, redirected: Redirected) {
        self.0.push((redirected.pending.call_id, format!("{:?}", redirected.to)));
    }
}

/// A cluster of two primaries at ports 1 and 2, and the time, which only the test moves.
struct Cluster {
    router: ClusterRouter<Scripted>,
    wires: Scripted,
    settled: Settled,
    now: Instant,
}

fn shard(port: u16, slots: &[(u16, u16)]) -> Shard {
    Shard { primary: at(port), replicas: Vec::new(), slots: slots.to_vec() }
}

fn at(port: u16) -> Endpoint {
    Endpoint::Tcp { host: "127.0.0.1".to_owned(), port }
}

impl Cluster {
    fn without_view(role: Role) -> Cluster {
        let config = Config::load(&serde_json::Map::new(), &|variable| {
            (variable == "REDIS_CLUSTER_HOSTS").then(|| "127.0.0.1:1,127.0.0.1:2".to_owned())
        });
        let core = Arc::new(Features::new(config.unwrap(), role).unwrap());
        let wires = Scripted::default();
        let router = ClusterRouter::start(core, wires.clone()).unwrap();
        Cluster { router, wires, settled: Settled::default(), now: Instant::now() }
    }

    fn new(role: Role) -> Cluster {
        let mut cluster = Cluster::without_view(role);
        cluster.view(vec![shard(1, &[FIRST]), shard(2, &[SECOND])]);
        cluster
    }

    fn view(&mut self, shards: Vec<Shard>) {
        self.router.take_view(shards, self.now, &mut self.settled);
    }

    fn call(&mut self, call_id: u32, call: &Call<'_>) {
        self.router.call(call, call_id, 0, self.now, &mut self.settled);
        self.router.flush(self.now, &mut self.settled);
    }

    fn command(&mut self, call_id: u32, words: &str) {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        self.call(
            call_id,
            &redis::Call::Raw(RawCall::Command { words: &words, options: CommandOptions::default() }),
        );
    }

    fn reply(&mut self, node: usize, reply: impl Into<String>) {
        self.wires.0.borrow_mut().replies.push((node, reply.into()));
        self.awake();
    }

    fn reconnect(&mut self, node: usize) {
        self.wires.0.borrow_mut().lost.push(node);
        self.awake();
    }

    fn awake(&mut self) {
        self.router.awake(self.now, &mut self.settled);
    }

    fn sent(&mut self) -> Vec<(usize, String)> {
        std::mem::take(&mut self.wires.0.borrow_mut().sent)
    }

    fn settled(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.settled.0)
    }
}

fn sent(node: usize, words: &str) -> (usize, String) {
    (node, words.to_owned())
}

#[test]
fn a_command_goes_to_the_node_that_has_the_slot_of_its_key() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.command(2, "GET bar");
    assert_eq!(cluster.sent(), [sent(1, "GET foo"), sent(0, "GET bar")]);
    cluster.reply(0, "+of bar\r\n");
    cluster.reply(1, "+of foo\r\n");
    assert_eq!(cluster.settled(), [(2, "+of bar".to_owned()), (1, "+of foo".to_owned())]);
}

#[test]
fn commands_without_a_key_take_turns_among_the_nodes() {
    let mut cluster = Cluster::new(Role::Shared);
    (0..4).for_each(|call_id| cluster.command(call_id, "PING"));
    let nodes: Vec<usize> = cluster.sent().into_iter().map(|(node, _)| node).collect();
    assert_eq!(nodes.iter().filter(|node| **node == 0).count(), 2, "{nodes:?}");
}

#[test]
fn what_is_called_before_the_slots_are_known_goes_out_when_they_are() {
    let mut cluster = Cluster::without_view(Role::Shared);
    cluster.command(1, "GET foo");
    assert!(cluster.sent().is_empty());
    cluster.view(vec![shard(1, &[FIRST]), shard(2, &[SECOND])]);
    assert_eq!(cluster.sent(), [sent(1, "GET foo")]);
}

#[test]
fn a_moved_slot_is_followed_and_remembered() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.reply(1, "-MOVED 12182 127.0.0.1:1\r\n");
    cluster.command(2, "GET foo");
    assert_eq!(cluster.sent(), [sent(1, "GET foo"), sent(0, "GET foo"), sent(0, "GET foo")]);
    cluster.reply(0, "+first\r\n+second\r\n");
    assert_eq!(cluster.settled(), [(1, "+first".to_owned()), (2, "+second".to_owned())]);
}

#[test]
fn a_node_that_only_a_redirection_names_becomes_a_member() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.reply(1, "-MOVED 12182 127.0.0.1:3\r\n");
    assert_eq!(cluster.sent(), [sent(1, "GET foo"), sent(2, "GET foo")]);
}

#[test]
fn a_slot_that_is_being_moved_is_asked_for_once_and_not_remembered() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.reply(1, "-ASK 12182 127.0.0.1:1\r\n");
    cluster.command(2, "GET foo");
    assert_eq!(cluster.sent(), [sent(1, "GET foo"), sent(0, "ASKING GET foo"), sent(1, "GET foo")]);
}

#[test]
fn tryagain_is_asked_again_after_a_while_and_only_then() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.reply(1, "-TRYAGAIN Multiple keys request during rehashing of slot\r\n");
    assert_eq!(cluster.sent(), [sent(1, "GET foo")]);
    cluster.now += AGAIN_AFTER - Duration::from_millis(1);
    cluster.awake();
    assert!(cluster.sent().is_empty());
    cluster.now += Duration::from_millis(1);
    cluster.awake();
    assert_eq!(cluster.sent(), [sent(1, "GET foo")]);
}

#[test]
fn a_pair_of_keys_settles_once_when_both_nodes_have_answered() {
    let mut cluster = Cluster::new(Role::Shared);
    let pair = redis::Call::Room(RoomCall::Cache(cache::Call::MapLead {
        phone: "2",
        lead: "lead-1",
        phone_json: b"\"2\"",
        lead_json: b"\"lead-1\"",
        unacknowledged: cache::Unacknowledged::Journal,
    }));
    cluster.call(7, &pair);
    let sent = cluster.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    let nodes: Vec<usize> = sent.iter().map(|(node, _)| *node).collect();
    assert!(nodes.contains(&0) && nodes.contains(&1), "both keys lie on one node: {sent:?}");
    cluster.reply(0, "+OK\r\n");
    assert!(cluster.settled().is_empty());
    cluster.reply(1, "+OK\r\n");
    assert_eq!(cluster.settled(), [(7, "Boolean(true)".to_owned())]);
}

#[test]
fn a_transaction_whose_watched_slot_has_moved_conflicts() {
    let mut cluster = Cluster::new(Role::Dedicated);
    cluster.command(1, "WATCH foo");
    cluster.reply(1, "+OK\r\n");
    cluster.view(vec![shard(1, &[FIRST, SECOND]), shard(2, &[])]);
    let commands: [&[&[u8]]; 1] = [&[b"SET", b"foo", b"1"]];
    cluster.call(
        2,
        &redis::Call::Raw(RawCall::Transaction { commands: &commands, options: CommandOptions::default() }),
    );
    let sent = cluster.sent();
    assert_eq!(sent.last().map(|(node, _)| *node), Some(1), "it belongs where the key is watched: {sent:?}");
    cluster.reply(1, "+OK\r\n-MOVED 12182 127.0.0.1:1\r\n-EXECABORT Transaction discarded\r\n");
    assert_eq!(cluster.settled(), [(1, "+OK".to_owned()), (2, "Null".to_owned())]);
}

#[test]
fn keys_that_are_watched_together_lie_on_one_node() {
    let mut cluster = Cluster::new(Role::Dedicated);
    cluster.command(1, "WATCH foo");
    cluster.command(2, "WATCH bar");
    assert_eq!(cluster.settled(), [(2, "E_REPLY".to_owned())]);
}

#[test]
fn a_subscription_stays_with_its_node() {
    let mut cluster = Cluster::new(Role::Dedicated);
    (0..3).for_each(|call_id| cluster.command(call_id, "SUBSCRIBE news"));
    let sent = cluster.sent();
    assert!(sent.iter().all(|(node, _)| *node == sent[0].0), "{sent:?}");
}

#[test]
fn a_close_settles_what_waits_sent_redirected_or_unrouted() {
    let mut cluster = Cluster::new(Role::Shared);
    cluster.command(1, "GET foo");
    cluster.reply(1, "-TRYAGAIN Multiple keys request during rehashing of slot\r\n");
    cluster.command(2, "GET bar");
    cluster.router.close(&mut cluster.settled);
    let mut settled = cluster.settled.0;
    settled.sort();
    let closed = ErrorCode::Closed.as_str().to_owned();
    assert_eq!(settled, [(1, closed.clone()), (2, closed)]);
}
