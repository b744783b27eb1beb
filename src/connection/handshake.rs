//! The handshake of a connection: HELLO, AUTH, SELECT.
//!
//! HELLO asks for the configured protocol, RESP2 by default. A server or proxy that refuses HELLO, in
//! whatever words, gets AUTH and stays on RESP2. See <https://redis.io/docs/latest/commands/hello/>.

use std::io;
use std::time::{Duration, Instant};

use super::stream::{AsyncSocket, Stream};
use super::tls;
use crate::config::{Config, Protocol};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Answer, Arrival, Lane, Node, Requests, append_command};

/// The interval between questions to a server that is loading or busy with a script.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Error codes of a server that will be ready later.
const NOT_YET: [&str; 3] = ["LOADING", "BUSY", "MASTERDOWN"];
/// Errors of HELLO about the login or the connection, not about HELLO itself.
const NOT_ABOUT_HELLO: [&str; 3] = ["WRONGPASS", "NOAUTH", "DENIED"];
/// A lane needs a deadline. The dial has its own, which is shorter.
const NEVER: Duration = Duration::from_secs(3600);

/// Facts that the server reported about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version of RESP: 2 or 3.
    pub protocol: u8,
    /// The server's version, e.g. `7.0.15`; empty when the server does not know HELLO.
    pub version: String,
    /// `master` or `replica`; empty when the server does not know HELLO.
    pub role: String,
    /// The server's number for this connection; `None` when the server does not know HELLO.
    pub connection_id: Option<i64>,
    /// The `run_id`, which a restart changes; `None` when the server does not report it.
    pub run_id: Option<String>,
}

impl ServerInfo {
    /// Whether the server is a replica, which refuses writes.
    pub fn is_replica(&self) -> bool {
        matches!(self.role.as_str(), "replica" | "slave")
    }
}

/// Authenticates a fresh stream, selects its database and waits until the server is ready.
///
/// `patience` is how long the server may be silent.
pub async fn shake_hands(
    stream: &mut Stream<AsyncSocket>,
    config: &Config,
    database: u32,
    patience: Duration,
) -> Result<ServerInfo> {
    let mut line = Line::new(stream, patience);
    let mut reply = line.hello(config, config.protocol).await?;
    if matches!(reply, HelloReply::NoProtocol) && config.protocol != Protocol::Resp2 {
        reply = line.hello(config, Protocol::Resp2).await?;
    }
    let mut server = match reply {
        HelloReply::Info(server) => server,
        HelloReply::Refused | HelloReply::NoProtocol => {
            if let Some(password) = &config.password {
                let mut auth: Vec<&[u8]> = vec![b"AUTH"];
                auth.extend(config.username.as_deref().map(str::as_bytes));
                auth.push(password.expose().as_bytes());
                line.ask(&auth, |_| ()).await?;
            }
            ServerInfo { protocol: 2, ..ServerInfo::default() }
        }
    };
    if database != 0 {
        let database = database.to_string();
        line.ask(&[b"SELECT", database.as_bytes()], |_| ()).await?;
    }
    line.wait_until_served().await?;
    // Without its number a connection cannot be found again, so the `run_id` would be of no use.
    if server.connection_id.is_some() {
        server.run_id = line.run_id().await?;
    }
    Ok(server)
}

enum HelloReply {
    Info(ServerInfo),
    /// The server knows HELLO, but not this protocol.
    NoProtocol,
    Refused,
}

/// A connection before it carries calls: one question at a time.
pub(super) struct Line<'s> {
    stream: &'s mut Stream<AsyncSocket>,
    patience: Duration,
}

impl<'s> Line<'s> {
    pub fn new(stream: &'s mut Stream<AsyncSocket>, patience: Duration) -> Line<'s> {
        Line { stream, patience }
    }

    async fn hello(&mut self, config: &Config, protocol: Protocol) -> Result<HelloReply> {
        let mut command: Vec<&[u8]> = vec![b"HELLO", protocol.as_str().as_bytes()];
        if let Some(password) = &config.password {
            let username = config.username.as_deref().unwrap_or("default");
            command.extend([&b"AUTH"[..], username.as_bytes(), password.expose().as_bytes()]);
        }
        command.extend([b"SETNAME", config.connection_name.as_bytes()]);
        match self.ask(&command, server_info).await {
            Ok(server) => Ok(HelloReply::Info(server)),
            Err(error) if error.redis_code() == Some("NOPROTO") => Ok(HelloReply::NoProtocol),
            Err(error) if refuses_hello(&error) => Ok(HelloReply::Refused),
            Err(error) => Err(error),
        }
    }

    /// Waits while the server still loads its data. The dial's deadline ends the wait.
    async fn wait_until_served(&mut self) -> Result<()> {
        loop {
            match self.ask(&[b"PING"], |_| ()).await {
                // A user without permission for PING may still read and write.
                Err(error) if error.redis_code() == Some("NOPERM") => return Ok(()),
                Err(error) if error.redis_code().is_some_and(|code| NOT_YET.contains(&code)) => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                other => return other,
            }
        }
    }

    async fn run_id(&mut self) -> Result<Option<String>> {
        match self.ask(&[b"INFO", b"server"], run_id).await {
            // The user may lack permission, and a proxy may not know the command.
            Err(error) if error.redis_code().is_some() => Ok(None),
            other => other,
        }
    }

    /// Sends one command and reads its reply.
    pub async fn ask<R>(&mut self, command: &[&[u8]], read: impl Fn(Node<'_>) -> R) -> Result<R> {
        let mut lane = Lane::default();
        append_command(lane.buffer(), command);
        lane.commit(0, 1, (), Instant::now() + NEVER);
        let mut answer = None;
        while answer.is_none() {
            let advanced = advance(self.stream, &mut lane, |result| answer = Some(result), &read);
            advanced.map_err(|error| lost(&error, self.stream))?;
            if answer.is_none() {
                let or_writable = self.stream.waits_to_write(!lane.unsent().is_empty());
                let ready = tokio::time::timeout(self.patience, self.stream.socket().ready(or_writable));
                let ready = ready.await.map_err(|_| silent(self.patience, self.stream))?;
                ready.map_err(|error| lost(&error, self.stream))?;
            }
        }
        answer.unwrap_or_else(|| Err(Error::new(ErrorCode::Connect, "the server said nothing")))
    }
}

/// Whether the reply refuses HELLO. Servers before Redis 6 do not know HELLO, and proxies refuse it in their
/// own words.
fn refuses_hello(error: &Error) -> bool {
    let Some(code) = error.redis_code() else { return false };
    let is_about_the_login = NOT_ABOUT_HELLO.contains(&code) || NOT_YET.contains(&code);
    !is_about_the_login && !error.message().contains("max number of clients")
}

fn server_info(node: Node<'_>) -> ServerInfo {
    let mut server = ServerInfo { protocol: 2, ..ServerInfo::default() };
    let (Node::Map(mut items) | Node::Array(mut items)) = node else { return server };
    while let (Some(Node::Bulk(name) | Node::Status(name)), Some(value)) = (items.next(), items.next()) {
        match (name, value) {
            (b"version", Node::Bulk(text)) => server.version = String::from_utf8_lossy(text).into_owned(),
            (b"role", Node::Bulk(text)) => server.role = String::from_utf8_lossy(text).into_owned(),
            (b"proto", Node::Integer(protocol)) => server.protocol = protocol as u8,
            (b"id", Node::Integer(id)) => server.connection_id = Some(id),
            _ => {}
        }
    }
    server
}

fn run_id(node: Node<'_>) -> Option<String> {
    let (Node::Bulk(text) | Node::Status(text)) = node else { return None };
    let text = String::from_utf8_lossy(text);
    let id = text.lines().find_map(|line| line.strip_prefix("run_id:"))?;
    Some(id.trim().to_owned())
}

/// Moves bytes both ways until the socket would block.
fn advance<R>(
    stream: &mut Stream<AsyncSocket>,
    lane: &mut Lane<()>,
    mut answered: impl FnMut(Result<R>),
    read: &impl Fn(Node<'_>) -> R,
) -> io::Result<()> {
    let blocked = |result: io::Result<usize>| match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        other => other.map(Some),
    };
    while !lane.unsent().is_empty() {
        let Some(count) = blocked(stream.write(lane.unsent()))? else { break };
        lane.sent(count);
    }
    match stream.flush() {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
        _ => {}
    }
    while lane.pending() > 0 {
        let room = lane.read_room();
        let Some(count) = blocked(stream.read(room))? else { break };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !stream.is_tls() && room[..count].starts_with(&TLS_ALERT) {
            return Err(speaks_tls());
        }
        lane.received(count, |arrival| {
            let Arrival::Answer { answer, .. } = arrival else { return };
            answered(match answer {
                Answer::Refused(line) => Err(Error::reply(line)),
                Answer::Frame(frame) => match frame.error() {
                    Some(line) => Err(Error::reply(&line)),
                    None => Ok(read(frame.node())),
                },
            });
        })
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    }
    Ok(())
}

fn silent(patience: Duration, stream: &Stream<AsyncSocket>) -> Error {
    let (what, hint) = if stream.is_handshaking() {
        (" TLS", format!("; a port of plain text does that: {}", tls::IS_PLAIN))
    } else {
        ("", String::new())
    };
    let patience = patience.as_millis();
    let what =
        format!("the server accepted the connection and did not answer{what} within {patience} ms{hint}");
    Error::new(ErrorCode::Connect, what)
}

fn lost(error: &io::Error, stream: &Stream<AsyncSocket>) -> Error {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof};
    let reason = match error.kind() {
        UnexpectedEof | ConnectionReset | ConnectionAborted => {
            let hint = match (stream.is_tls(), stream.is_handshaking()) {
                (false, _) => format!("; a port that speaks TLS does that to plain text: {}", tls::IS_TLS),
                (true, true) => format!("; a port of plain text does that to TLS: {}", tls::IS_PLAIN),
                (true, false) => String::new(),
            };
            format!("the server closed the connection{hint}")
        }
        InvalidData => tls::explain(error).unwrap_or_else(|| error.to_string()),
        kind => kind.to_string(),
    };
    Error::new(ErrorCode::Connect, format!("the connection failed during the handshake: {reason}"))
}

/// The first bytes of a TLS server's answer to plain text: the type of an alert, and the major version.
const TLS_ALERT: [u8; 2] = [21, 3];

fn speaks_tls() -> io::Error {
    let what = format!("the port speaks TLS and was spoken to in plain text: {}", tls::IS_TLS);
    io::Error::new(io::ErrorKind::InvalidData, what)
}
