//! Connects to servers that are missing, not Redis, or unwilling. Each gives its own error in time, and no
//! error contains the password.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use orgcache::config::Config;
use orgcache::connection::{Dialer, ServerInfo};
use orgcache::error::{Error, ErrorCode};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);
/// The time that a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(2);
const PASSWORD: &str = "canary-password";
const HELLO_REPLY: &[u8] = b"%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n\
    $5\r\nproto\r\n:3\r\n";
const OK_REPLY: &[u8] = b"+OK\r\n";
const PONG_REPLY: &[u8] = b"+PONG\r\n";

/// A server that accepts one connection and plays a part on it.
struct FakeServer {
    port: u16,
    player: Option<JoinHandle<()>>,
    heard: Receiver<Vec<u8>>,
}

impl FakeServer {
    fn playing(part: impl FnOnce(&mut TcpStream, &mut dyn FnMut(&mut TcpStream)) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = mpsc::channel();
        let player = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.set_read_timeout(Some(CONNECT_TIMEOUT + SLACK)).unwrap();
            part(&mut socket, &mut |socket| {
                let mut bytes = [0; 1024];
                let count = socket.read(&mut bytes).unwrap();
                tell.send(bytes[..count].to_vec()).unwrap();
            });
        });
        FakeServer { port, player: Some(player), heard }
    }

    /// Reads a command for each reply and answers with the reply. Then it waits for the client to disconnect.
    fn replying(replies: &'static [&'static [u8]]) -> Self {
        Self::playing(move |socket, hear| {
            for reply in replies {
                hear(socket);
                socket.write_all(reply).unwrap();
            }
            wait_for_end(socket);
        })
    }

    fn heard(&self) -> String {
        let bytes: Vec<u8> = self.heard.iter().flatten().collect();
        String::from_utf8(bytes).unwrap()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        if let Some(Err(panic)) = self.player.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Waits until the client has disconnected, with or without closing properly.
fn wait_for_end(socket: &mut TcpStream) {
    loop {
        match socket.read(&mut [0; 1024]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                assert_ne!(error.kind(), ErrorKind::WouldBlock, "the client never let go of the connection");
                return;
            }
        }
    }
}

/// Makes one attempt to connect, and asserts that it ends within its deadline.
#[track_caller]
fn dial_url(url: &str) -> Result<ServerInfo, Error> {
    let config = Config::load(&serde_json::Map::new(), &|variable| match variable {
        "REDIS_URL" => Some(url.to_owned()),
        "REDIS_CONNECT_TIMEOUT" => Some(CONNECT_TIMEOUT.as_millis().to_string()),
        "REDIS_TLS_INSECURE" if url.starts_with("rediss") => Some("true".to_owned()),
        _ => None,
    })
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let started = Instant::now();
    let result = runtime.block_on(Dialer::new(config.clone()).dial(0)).map(|dialed| dialed.server);
    assert!(started.elapsed() < CONNECT_TIMEOUT + SLACK, "it took {:?}", started.elapsed());
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?}").contains(PASSWORD), "an error tells the password");
    }
    result
}

#[track_caller]
fn refused(server: &FakeServer) -> Error {
    dial_url(&format!("redis://user:{PASSWORD}@127.0.0.1:{}/5", server.port))
        .expect_err("it must not connect")
}

#[track_caller]
fn assert_says(error: &Error, code: ErrorCode, words: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.message().contains(words), "{error}");
}

#[test]
fn a_port_where_nobody_listens_is_a_connect_error_that_says_so() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let error = dial_url(&format!("redis://127.0.0.1:{free}")).expect_err("nobody listens");
    assert_says(&error, ErrorCode::Connect, "ECONNREFUSED");
    assert!(error.is_retryable());
}

#[cfg(unix)]
#[test]
fn a_unix_socket_that_is_not_there_is_a_connect_error_that_says_so() {
    let error = dial_url("unix:///nonexistent/redis.sock").expect_err("there is no such socket");
    assert_says(&error, ErrorCode::Connect, "ENOENT");
}

#[test]
fn a_server_that_says_nothing_is_given_up_at_the_deadline() {
    let server = FakeServer::playing(|socket, _| wait_for_end(socket));
    let started = Instant::now();
    let error = refused(&server);
    assert!(started.elapsed() >= CONNECT_TIMEOUT, "given up after {:?}", started.elapsed());
    assert_says(&error, ErrorCode::Connect, "did not answer within 300 ms");
}

#[test]
fn a_server_that_stops_amid_its_greeting_is_given_up_at_the_deadline() {
    let server = FakeServer::replying(&[b"%3\r\n$6\r\nserver\r\n$5\r\nre"]);
    assert_says(&refused(&server), ErrorCode::Connect, "did not answer within 300 ms");
}

#[test]
fn a_server_that_is_willing_but_slow_does_not_stretch_the_deadline() {
    let server = FakeServer::playing(|socket, hear| {
        hear(socket);
        // A byte from time to time is progress, but no greeting.
        while socket.write_all(b",").is_ok() {
            thread::sleep(CONNECT_TIMEOUT / 10);
        }
    });
    assert_says(&refused(&server), ErrorCode::Connect, "did not answer within 300 ms");
}

#[test]
fn a_server_that_closes_at_once_is_a_connect_error() {
    let server = FakeServer::playing(|_, _| ());
    assert_says(&refused(&server), ErrorCode::Connect, "during the handshake");
}

#[test]
fn a_server_that_closes_after_the_greeting_is_a_connect_error() {
    let server = FakeServer::playing(|socket, hear| {
        hear(socket);
        socket.write_all(HELLO_REPLY).unwrap();
        hear(socket);
    });
    assert_says(&refused(&server), ErrorCode::Connect, "during the handshake");
}

#[test]
fn a_server_that_speaks_something_else_is_a_connect_error() {
    let server = FakeServer::replying(&[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
    assert_says(&refused(&server), ErrorCode::Connect, "a reply of unknown type");
}

#[test]
fn a_reply_that_claims_more_than_any_redis_sends_is_a_connect_error() {
    let server = FakeServer::replying(&[b"$99999999999\r\n"]);
    assert_says(&refused(&server), ErrorCode::Connect, "beyond every limit");
}

#[test]
fn a_server_without_tls_is_a_connect_error_where_tls_was_asked_for() {
    let server = FakeServer::playing(|socket, hear| {
        hear(socket);
        socket.write_all(b"-ERR Protocol error\r\n").unwrap();
        wait_for_end(socket);
    });
    let error = dial_url(&format!("rediss://127.0.0.1:{}", server.port)).expect_err("there is no TLS");
    assert_says(&error, ErrorCode::Connect, "during the handshake");
}

#[test]
fn a_wrong_password_is_a_reply_with_the_servers_own_word() {
    let server =
        FakeServer::replying(&[b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"]);
    let error = refused(&server);
    assert_says(&error, ErrorCode::Reply, "invalid username-password pair");
    assert_eq!(error.redis_code(), Some("WRONGPASS"));
    assert!(!error.is_retryable());
}

#[test]
fn a_missing_password_is_a_reply_with_the_servers_own_word() {
    let server = FakeServer::replying(&[
        b"-NOAUTH HELLO must be called with the client already authenticated, otherwise use AUTH.\r\n",
    ]);
    let error = dial_url(&format!("redis://127.0.0.1:{}", server.port)).expect_err("a password is needed");
    assert_eq!((error.code(), error.redis_code()), (ErrorCode::Reply, Some("NOAUTH")));
}

#[test]
fn an_unknown_database_is_a_reply_error() {
    let server = FakeServer::replying(&[HELLO_REPLY, b"-ERR DB index is out of range\r\n"]);
    assert_says(&refused(&server), ErrorCode::Reply, "DB index is out of range");
}

#[test]
fn a_server_before_hello_is_authenticated_and_spoken_to_in_resp2() {
    let quoting: &[u8] = b"-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, \r\n";
    for first in [quoting, b"-NOPROTO unsupported protocol version\r\n"] {
        let replies: &'static [&'static [u8]] = Box::leak(Box::new([first, OK_REPLY, OK_REPLY, PONG_REPLY]));
        let server = FakeServer::replying(replies);
        let info = dial_url(&format!("redis://user:{PASSWORD}@127.0.0.1:{}/5", server.port)).unwrap();
        assert_eq!(info.protocol, 2);
        let heard = server.heard();
        let auth = format!("*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$15\r\n{PASSWORD}\r\n");
        let select = "*2\r\n$6\r\nSELECT\r\n$1\r\n5\r\n";
        assert!(heard.ends_with(&format!("{auth}{select}*1\r\n$4\r\nPING\r\n")), "{heard}");
    }
}

#[test]
fn a_greeting_in_pieces_is_a_greeting() {
    let server = FakeServer::playing(|socket, hear| {
        hear(socket);
        for byte in HELLO_REPLY {
            socket.write_all(&[*byte]).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
        hear(socket);
        socket.write_all(PONG_REPLY).unwrap();
        wait_for_end(socket);
    });
    let info = dial_url(&format!("redis://127.0.0.1:{}", server.port)).unwrap();
    assert_eq!((info.protocol, info.version.as_str()), (3, "7.0.15"));
}
