//! A redis-server of the test's own, on a free port and without persistence.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

const PROGRAM_VARIABLE: &str = "ORGCACHE_TEST_REDIS_SERVER";
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Another process may take a free port before the server does.
const PORTS_TRIED: usize = 5;
/// A shell between this process and the server. It ends the server once its input is closed, which the system
/// does however the test process ends.
const GUARD: &str = r#""$@" </dev/null & server=$!; read -r _; kill -9 "$server"; wait"#;

static CURRENT: Mutex<Weak<Server>> = Mutex::new(Weak::new());

pub struct Server {
    guard: Child,
    port: u16,
    is_clustered: bool,
}

impl Server {
    /// The server that all running tests share; it ends with the last of them. Each test has keys below a
    /// prefix of its own.
    pub fn shared() -> Arc<Server> {
        // A test that failed to start a server leaves the cell unchanged.
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = current.upgrade() {
            return server;
        }
        let server = Arc::new((0..PORTS_TRIED).find_map(|_| start(false)).expect("no redis-server came up"));
        *current = Arc::downgrade(&server);
        server
    }

    /// A node of a cluster that has all slots, of the caller's own.
    pub fn clustered() -> Arc<Server> {
        let server = Arc::new((0..PORTS_TRIED).find_map(|_| start(true)).expect("no redis-server came up"));
        assert!(asked(server.port, b"CLUSTER ADDSLOTSRANGE 0 16383\r\n", "+OK"), "it takes the slots");
        let deadline = Instant::now() + START_TIMEOUT;
        while !asked(server.port, b"SET {tag}:probe 1\r\n", "+OK") {
            assert!(Instant::now() < deadline, "the cluster came up");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    pub fn is_clustered(&self) -> bool {
        self.is_clustered
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Starts a server; `None` if it ended before it answered.
fn start(is_clustered: bool) -> Option<Server> {
    let program = std::env::var(PROGRAM_VARIABLE).unwrap_or_else(|_| "redis-server".to_owned());
    if let Err(error) = Command::new(&program).arg("--version").stdout(Stdio::null()).status() {
        panic!("{program} cannot be run ({error}): install redis-server or name one in {PROGRAM_VARIABLE}");
    }
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let guard = Command::new("sh")
        .args(["-c", GUARD, "sh", &program, "--port", &port.to_string()])
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(std::env::temp_dir())
        .args(["--cluster-enabled", if is_clustered { "yes" } else { "no" }])
        .args(["--cluster-config-file", &format!("orgcache-test-nodes-{port}.conf")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sh runs");
    let server = Server { guard, port, is_clustered };
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline {
        if answers(port) {
            return Some(server);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

fn answers(port: u16) -> bool {
    asked(port, b"PING\r\n", "+PONG")
}

/// Whether the server's reply to an inline command begins so.
fn asked(port: u16, command: &[u8], expected: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        socket.write_all(command)?;
        let mut reply = vec![0; expected.len()];
        socket.read_exact(&mut reply)?;
        Ok(reply == expected.as_bytes())
    };
    ask().unwrap_or(false)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        if self.is_clustered {
            let file = format!("orgcache-test-nodes-{}.conf", self.port);
            let _ = std::fs::remove_file(std::env::temp_dir().join(file));
        }
    }
}
