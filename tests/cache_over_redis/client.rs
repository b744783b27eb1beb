//! A client as a driver runs it: a connection that calls share, a socket, and a turn of the loop on demand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orgcache::cache::{CacheTicket, Call, Core};
use orgcache::config::{Config, Endpoint};
use orgcache::connection::{AsyncSocket, Stream, read_arrived, write_waiting};
use orgcache::error::{Error, ErrorCode};
use orgcache::health::State;
use orgcache::lane::{Frame, Node};
use orgcache::redis::{
    self, Attached, CommandOptions, MultiplexedConnection, Node as ServerNode, Outcome, RawCall, Redirected,
    RequestSink, Role, Sink,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::server::Server;

const TURN_TIMEOUT: Duration = Duration::from_secs(20);

pub struct Client {
    runtime: Runtime,
    stream: Option<Stream<AsyncSocket>>,
    connection: MultiplexedConnection<Core>,
    settled: Settled,
    next_call_id: u32,
    prefix: String,
    server: Arc<Server>,
}

#[derive(Default)]
struct Settled(Vec<(u32, Outcome<'static>)>);

impl Sink for Settled {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        self.0.push((call_id, outcome.into_owned()));
    }
}

impl RequestSink<CacheTicket> for Settled {
    fn redirect(&mut self, redirected: Redirected<CacheTicket>) {
        panic!("one server alone sent a request on: {:?}", redirected.to);
    }
}

/// A reply to a raw command.
#[derive(Debug, PartialEq)]
pub enum Reply {
    Nothing,
    Integer(i64),
    Text(Vec<u8>),
    List(Vec<Reply>),
}

impl Client {
    /// Connects a client. Its keys begin with `prefix`, which must be the test's own.
    pub fn connect(prefix: &str) -> Client {
        Client::connect_with(prefix, &[])
    }

    /// Connects a client with these settings, by variable.
    pub fn connect_with(prefix: &str, settings: &[(&str, &str)]) -> Client {
        let mut client = Client::unconnected(prefix, settings);
        client.read_backlog();
        client.reconnect();
        client
    }

    /// Connects a client to a node of a cluster, which has all slots.
    pub fn connect_to_cluster(prefix: &str) -> Client {
        let mut client = Client::of_server(prefix, &[], Server::clustered());
        client.reconnect();
        client
    }

    /// Another client of the same server.
    pub fn beside(&self, prefix: &str) -> Client {
        self.beside_with(prefix, &[])
    }

    /// Another client of the same server, with these settings.
    pub fn beside_with(&self, prefix: &str, settings: &[(&str, &str)]) -> Client {
        let mut client = Client::of_server(prefix, settings, self.server.clone());
        client.reconnect();
        client
    }

    /// A client before its first connection, which has not read other processes' journals yet.
    pub fn unconnected(prefix: &str, settings: &[(&str, &str)]) -> Client {
        Client::of_server(prefix, settings, Server::shared())
    }

    fn of_server(prefix: &str, settings: &[(&str, &str)], server: Arc<Server>) -> Client {
        let prefix = format!("{prefix}:");
        let config = Config::load(&serde_json::Map::new(), &|variable| match variable {
            _ if settings.iter().any(|(name, _)| *name == variable) => {
                settings.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
            }
            "REDIS_URL" if !server.is_clustered() => Some(format!("redis://127.0.0.1:{}", server.port())),
            "REDIS_CLUSTER_HOSTS" if server.is_clustered() => Some(format!("127.0.0.1:{}", server.port())),
            "CACHE_KEY_PREFIX" => Some(prefix.clone()),
            "REDIS_COMMAND_TIMEOUT" => Some(TURN_TIMEOUT.as_millis().to_string()),
            _ => None,
        })
        .unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut core = Core::new(ServerNode::new(config, Role::Shared)).unwrap();
        if server.is_clustered() {
            let at = Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: server.port() };
            core = core.of_node(watch::channel(at).1, 1, Arc::default()).unwrap();
        }
        let core = Arc::new(core);
        Client {
            runtime,
            stream: None,
            connection: MultiplexedConnection::new(core),
            settled: Settled::default(),
            next_call_id: 0,
            prefix,
            server,
        }
    }

    /// Gives a call to the connection; nothing is sent before the next turn.
    pub fn start(&mut self, call: &Call<'_>) -> u32 {
        self.begin(&redis::Call::Room(*call))
    }

    fn begin(&mut self, call: &redis::Call<'_, Call<'_>>) -> u32 {
        let call_id = self.next_call_id;
        self.next_call_id += 1;
        self.connection.call(call, call_id, Instant::now(), &mut self.settled);
        call_id
    }

    /// Sends what waits, then takes in the next replies. Requests that follow from them wait for the next
    /// turn, so that another client can act in between.
    pub fn turn(&mut self) {
        let core = self.connection.feature().clone();
        let received = || core.health().counters().bytes_received.get();
        let before = received();
        let stream = self.stream.as_mut().expect("there is a connection");
        let mut attached = Attached::new(&mut self.connection, &mut self.settled);
        loop {
            let is_waiting = write_waiting(stream, &mut attached).unwrap();
            let socket = stream.socket();
            let ready = self
                .runtime
                .block_on(async { tokio::time::timeout(TURN_TIMEOUT, socket.ready(is_waiting)).await })
                .expect("the server answers in time")
                .unwrap();
            if ready.readable {
                read_arrived(stream, &mut attached, Instant::now()).unwrap();
            }
            // A socket may be reported readable because of bytes that were read before.
            if received() > before {
                return;
            }
        }
    }

    /// Sends what waits and reads no reply.
    pub fn send(&mut self) {
        let stream = self.stream.as_mut().expect("there is a connection");
        let mut attached = Attached::new(&mut self.connection, &mut self.settled);
        assert!(!write_waiting(stream, &mut attached).unwrap(), "the socket takes everything");
    }

    /// Does everything that is due. True when the journal is to be replayed.
    pub fn expire(&mut self) -> bool {
        let before = self.connection.unsent().len();
        // A test that reads no reply has a silent connection, which the watchdog must not end here.
        let _ = self.connection.expire(Instant::now(), &mut self.settled);
        self.connection.unsent().len() > before
    }

    /// The waiting keys with their tickets, in the order of handing out. `handed_out` has the others.
    pub fn lose(&mut self) {
        self.stream = None;
        let error = Error::new(ErrorCode::Connect, "the test has cut it");
        self.connection.disconnected(error, Instant::now(), &mut self.settled);
    }

    /// Treats the connection as broken, while its other end lives on.
    pub fn lose_sight(&mut self) -> Stream<AsyncSocket> {
        let stream = self.stream.take().expect("there is a connection");
        self.lose();
        stream
    }

    /// Reads the files of other processes in the journal's directory.
    pub fn read_backlog(&self) {
        let core = self.connection.feature();
        if let Some(backlog) = core.take_backlog() {
            Core::read_backlog(&Arc::downgrade(core), backlog);
            core.backlog_is_read();
        }
    }

    /// Makes a new connection. Nothing is sent before the next turn.
    pub fn reconnect(&mut self) {
        let dialed = self.runtime.block_on(self.connection.feature().node().dialer().dial(0)).unwrap();
        self.connection.connected(&dialed.server, Instant::now());
        self.stream = Some(dialed.stream);
    }

    pub fn state(&self) -> State {
        self.connection.feature().health().state()
    }

    /// Turns until nothing is in flight, including housekeeping.
    pub fn drain(&mut self) {
        while self.connection.pending() > 0 {
            self.turn();
        }
    }

    /// The outcome of a call that has settled.
    #[track_caller]
    pub fn outcome(&mut self, call_id: u32) -> Outcome<'static> {
        let found = self.settled.0.iter().position(|(settled, _)| *settled == call_id);
        let (_, outcome) = self.settled.0.swap_remove(found.expect("the call has settled"));
        let again = self.settled.0.iter().any(|(settled, _)| *settled == call_id);
        assert!(!again, "a call settles once");
        outcome
    }

    #[track_caller]
    pub fn call(&mut self, call: &Call<'_>) -> Outcome<'static> {
        let call_id = self.start(call);
        self.drain();
        self.outcome(call_id)
    }

    /// The outcome of a raw command, whose keys are as given.
    #[track_caller]
    pub fn raw(&mut self, words: &[&[u8]]) -> Outcome<'static> {
        let call_id =
            self.begin(&redis::Call::Raw(RawCall::Command { words, options: CommandOptions::default() }));
        self.drain();
        self.outcome(call_id)
    }

    /// The reply to a raw command.
    #[track_caller]
    pub fn command(&mut self, words: &[&[u8]]) -> Reply {
        match self.raw(words) {
            Outcome::Reply(bytes, _) => reply(Frame::new(&bytes).node()),
            other => panic!("{} was not carried out: {other:?}", String::from_utf8_lossy(words[0])),
        }
    }

    #[track_caller]
    pub fn integer(&mut self, arguments: &[&[u8]]) -> i64 {
        match self.command(arguments) {
            Reply::Integer(number) => number,
            other => panic!("no integer but {other:?}"),
        }
    }

    pub fn core(&self) -> &Core {
        self.connection.feature()
    }

    /// A key below the prefix, as it is in Redis.
    pub fn key(&self, rest: &str) -> Vec<u8> {
        [self.prefix.as_bytes(), rest.as_bytes()].concat()
    }
}

fn reply(node: Node<'_>) -> Reply {
    match node {
        Node::Integer(number) => Reply::Integer(number),
        Node::Bulk(text) | Node::Status(text) | Node::Number(text) => Reply::Text(text.to_vec()),
        Node::Array(items) | Node::Map(items) => Reply::List(items.map(reply).collect()),
        Node::Null => Reply::Nothing,
        other => panic!("not a reply of these tests: {other:?}"),
    }
}
