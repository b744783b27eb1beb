//! A multiplexed connection without a cache: its room has nothing of its own to say.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::*;
use crate::config::{Config, Endpoint};
use crate::connection::ServerInfo;
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Requests, append_command};

/// A room with one request of its own, by which it can be told from a raw command.
struct Room(Node);

#[derive(Debug)]
struct Own;

/// The room's one call.
#[derive(Clone, Copy)]
struct OwnCall;

impl Feature for Room {
    type Call<'a> = OwnCall;
    type Ticket = Own;
    type Scratch = ();

    const VERBS: &'static [&'static str] = &["own"];

    fn decode(_asked: Asked, _arguments: &mut CallArguments) -> Result<OwnCall> {
        Ok(OwnCall)
    }

    fn node(&self) -> &Node {
        &self.0
    }

    fn answer(&self, _call: &OwnCall, _now: Instant, _scratch: &mut ()) -> Outcome<'static> {
        Outcome::Null
    }

    fn prepare(
        &self,
        _call: &OwnCall,
        call_id: u32,
        now: Instant,
        out: &mut impl Requests<PendingRequest<Own>>,
        _scratch: &mut (),
    ) -> Option<Outcome<'static>> {
        out.push(PendingRequest::new(call_id, Own, now), self.0.deadline(now), |bytes| {
            append_command(bytes, &[b"GET", b"own"]);
            1
        });
        None
    }

    fn route<'s>(&self, _call: &OwnCall, _scratch: &'s mut ()) -> Result<Route<'s>> {
        Ok(Route { key: Some(b"own"), reads_key_only: true })
    }

    fn parts<'a>(_call: &OwnCall) -> Option<[OwnCall; 2]>
    where
        'a: 'a,
    {
        None
    }

    fn without_room(
        &self,
        _call: &OwnCall,
        error: &Error,
        _scratch: &mut (),
        _now: Instant,
    ) -> Outcome<'static> {
        Outcome::Failed(error.clone())
    }

    fn is_expected(_ticket: &Own, frame: Frame<'_>) -> bool {
        matches!(frame.node(), crate::lane::Node::Bulk(_))
    }

    fn error_in(_ticket: &Own, _frame: Frame<'_>) -> Option<String> {
        None
    }

    fn follows(
        &self,
        pending: PendingRequest<Own>,
        to: &Redirection,
        _request: &[u8],
    ) -> (PendingRequest<Own>, Followed) {
        let followed = match to {
            Redirection::Moved { .. } => Followed::Yes,
            Redirection::Ask { .. } => Followed::AnsweredHere,
            _ => Followed::No,
        };
        (pending, followed)
    }

    fn replied<'a>(
        &self,
        _pending: PendingRequest<Own>,
        _frame: Frame<'a>,
        _request: &[u8],
        _now: Instant,
        _follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<Own>>>,
    ) -> Option<Outcome<'a>> {
        Some(Outcome::Boolean(true))
    }

    fn refused(
        &self,
        _pending: PendingRequest<Own>,
        error: Error,
        _request: &[u8],
        _now: Instant,
        _follow_up: &mut FollowUp<'_, impl Requests<PendingRequest<Own>>>,
    ) -> Option<Outcome<'static>> {
        Some(Outcome::Failed(error))
    }

    fn lost(
        &self,
        _pending: PendingRequest<Own>,
        _request: &[u8],
        _error: &Error,
        is_in_doubt: bool,
        _now: Instant,
    ) -> Option<Outcome<'static>> {
        Some(Outcome::Boolean(is_in_doubt))
    }

    fn connected(
        &self,
        _is_fenced: bool,
        _now: Instant,
        _out: &mut impl Requests<PendingRequest<Own>>,
    ) -> bool {
        false
    }

    fn fence_passed(&self, _now: Instant, _out: &mut impl Requests<PendingRequest<Own>>) {}

    fn due(&self) -> Option<Instant> {
        None
    }

    fn on_time(&self, _now: Instant, _out: &mut impl Requests<PendingRequest<Own>>) {}

    fn wants_turn(&self) -> bool {
        false
    }

    fn take_turn(&self, _now: Instant, _out: &mut impl Requests<PendingRequest<Own>>) {}
}

/// How requests ended, as text.
#[derive(Default)]
struct Ended(Vec<(u32, String)>);

impl Sink for Ended {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        let shown = match outcome {
            Outcome::Failed(error) => error.code().as_str().to_owned(),
            Outcome::Reply(bytes, _) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            other => format!("{other:?}"),
        };
        self.0.push((call_id, shown));
    }
}

impl RequestSink<Own> for Ended {
    fn redirect(&mut self, redirected: Redirected<Own>) {
        self.0.push((redirected.pending.call_id, format!("{:?}", redirected.to)));
    }
}

struct Connection {
    inner: MultiplexedConnection<Room>,
    ended: Ended,
    now: Instant,
}

impl Connection {
    fn over(node: Node) -> Connection {
        let mut connection = Connection {
            inner: MultiplexedConnection::new(Arc::new(Room(node))),
            ended: Ended::default(),
            now: Instant::now(),
        };
        connection.inner.connected(&ServerInfo { protocol: 3, ..ServerInfo::default() }, connection.now);
        connection
    }

    fn to_one_server() -> Connection {
        Connection::over(Node::new(config(), Role::Shared))
    }

    fn to_a_cluster() -> Connection {
        let (_at, followed) = watch::channel(Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: 1 });
        Connection::over(Node::new(config(), Role::Shared).of_cluster(followed))
    }

    fn to_a_replica() -> Connection {
        let (_at, followed) = watch::channel(Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: 1 });
        Connection::over(Node::new(config(), Role::Shared).of_cluster(followed.clone()).of_replica(followed))
    }

    fn call(&mut self, call: &Call<'_, OwnCall>, call_id: u32) {
        self.inner.call(call, call_id, self.now, &mut self.ended);
        let count = self.inner.unsent().len();
        self.inner.sent(count);
    }

    fn raw(&mut self, words: &[&[u8]], call_id: u32) {
        let options = CommandOptions::default();
        self.call(&Call::Raw(RawCall::Command { words, options }), call_id);
    }

    fn get(&mut self, call_id: u32) {
        self.raw(&[b"GET", b"key"], call_id);
    }

    fn own(&mut self, call_id: u32) {
        self.call(&Call::Room(OwnCall), call_id);
    }

    /// What ends by these replies.
    fn answer(&mut self, replies: &str) -> Vec<(u32, String)> {
        self.inner.read_room()[..replies.len()].copy_from_slice(replies.as_bytes());
        let _ = self.inner.received(replies.len(), self.now, &mut self.ended);
        std::mem::take(&mut self.ended.0)
    }
}

fn config() -> Config {
    Config::load(&serde_json::Map::new(), &|_| None).unwrap()
}

fn ended(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected.iter().map(|(call_id, how)| (*call_id, (*how).to_owned())).collect()
}

#[test]
fn raw_commands_are_told_as_they_end_and_the_rooms_own_requests_as_the_room_says() {
    let mut connection = Connection::to_one_server();
    connection.get(1);
    connection.own(2);
    connection.get(3);
    let told = connection.answer("$1\r\na\r\n$1\r\nb\r\n-WRONGTYPE no\r\n");
    assert_eq!(told, ended(&[(1, "$1\r\na"), (2, "Boolean(true)"), (3, "E_REPLY")]));
}

#[test]
fn a_redirection_goes_to_the_router_where_there_is_a_cluster_and_the_room_lets_it() {
    let mut connection = Connection::to_a_cluster();
    for call_id in [1, 4] {
        connection.get(call_id);
    }
    for call_id in [2, 3] {
        connection.own(call_id);
    }
    let told = connection.answer(
        "-MOVED 12 127.0.0.1:7\r\n-CLUSTERDOWN no\r\n-ASK 12 127.0.0.1:7\r\n-MOVED 12 127.0.0.1:7\r\n",
    );
    let moved = r#"Moved { slot: 12, host: "127.0.0.1", port: 7 }"#;
    let down = r#"Down { said: "CLUSTERDOWN no" }"#;
    assert_eq!(told, ended(&[(1, moved), (4, down), (2, "Boolean(false)"), (3, moved)]));

    let mut alone = Connection::to_one_server();
    alone.get(1);
    assert_eq!(alone.answer("-MOVED 12 127.0.0.1:7\r\n"), ended(&[(1, "E_REPLY")]));
}

#[test]
fn a_lost_connection_keeps_what_may_run_twice_and_asks_the_room_for_its_own() {
    let mut connection = Connection::to_one_server();
    connection.get(1);
    connection.raw(&[b"SET", b"key", b"value"], 2);
    connection.own(3);
    let lost = Error::new(ErrorCode::Connect, "gone");
    connection.inner.disconnected(lost, connection.now, &mut connection.ended);
    let told = std::mem::take(&mut connection.ended.0);
    assert_eq!(told, ended(&[(2, "E_UNKNOWN_OUTCOME"), (3, "Boolean(true)")]));
    connection.inner.connected(&ServerInfo::default(), connection.now);
    let count = connection.inner.unsent().len();
    connection.inner.sent(count);
    assert_eq!(connection.answer("$1\r\na\r\n"), ended(&[(1, "$1\r\na")]));
}

#[test]
fn reads_of_a_replica_that_is_lost_go_to_the_owner_at_once() {
    let mut connection = Connection::to_a_replica();
    connection.get(1);
    connection.get(2);
    let refused = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
    assert_eq!(connection.answer(refused), ended(&[(1, "Owner")]));
    let lost = Error::new(ErrorCode::Connect, "replaced");
    connection.inner.disconnected(lost, connection.now, &mut connection.ended);
    assert_eq!(connection.ended.0, ended(&[(2, "Owner")]), "it does not wait for the replica to be back");
}

#[test]
fn a_reply_of_a_type_that_cannot_be_ends_the_connection_and_the_call() {
    let mut connection = Connection::to_one_server();
    connection.own(1);
    connection.inner.read_room()[..5].copy_from_slice(b":12\r\n");
    assert!(connection.inner.received(5, connection.now, &mut connection.ended).is_err());
    assert_eq!(connection.ended.0, ended(&[(1, "Boolean(true)")]));
}

#[test]
fn a_close_settles_everything_and_an_auxiliary_connection_gives_back_what_it_did_not_send() {
    let mut connection = Connection::to_one_server();
    connection.get(1);
    connection.own(2);
    connection.inner.close(&mut connection.ended);
    assert_eq!(connection.ended.0, ended(&[(1, "E_CLOSED"), (2, "E_CLOSED")]));

    let room = Arc::new(Room(Node::new(config(), Role::Shared)));
    let mut auxiliary = MultiplexedConnection::auxiliary(room);
    let (mut told, now) = (Ended::default(), Instant::now());
    let get = RawCall::Command { words: &[b"GET", b"key"], options: CommandOptions::default() };
    auxiliary.call(&Call::Raw(get), 1, now, &mut told);
    auxiliary.disconnected(Error::new(ErrorCode::Connect, "gone"), now, &mut told);
    assert_eq!(told.0, ended(&[(1, "Owner")]));
}
