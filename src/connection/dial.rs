//! One attempt to connect: name resolution, socket, TLS and handshake within one deadline.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;

use super::backoff::{Backoff, MAX_PAUSE, MAX_PAUSE_OF_FOLLOWED};
use super::handshake::{Line, ServerInfo, shake_hands};
use super::pause::Pauses;
use super::sentinel::Sentinels;
use super::stream::{AsyncSocket, Stream};
use super::tls;
use crate::config::{Config, Endpoint, Family};
use crate::error::{Error, ErrorCode, Result};

/// A connection that is ready for calls.
#[derive(Debug)]
pub struct Dialed {
    pub stream: Stream<AsyncSocket>,
    pub server: ServerInfo,
    pub endpoint: Endpoint,
}

/// The time that a server may be silent during the first attempt. Each further attempt doubles it. A stopped
/// server or a network that drops packets must not hold an attempt for the whole connect timeout: the next
/// attempt may meet a healthy server.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);

/// Connects with one configuration. Clones share the database, the target and the mode of reading.
#[derive(Debug, Clone)]
pub struct Dialer {
    config: Arc<Config>,
    target: Target,
    needs_primary: Arc<AtomicBool>,
    /// The database that the next connection selects.
    database: Arc<AtomicU32>,
    /// Whether this dialler connects to a cluster's replicas, which then answer reads themselves.
    reads_replicas: bool,
    /// Whether connections send READONLY, so that a replica answers reads of its shard's slots.
    is_read_only: Arc<AtomicBool>,
    pauses: Arc<Pauses>,
    /// Holds connections back until the sender is dropped.
    gate: Option<watch::Receiver<()>>,
    /// A bound of the pauses between attempts, below the usual one.
    longest_pause: Option<Duration>,
}

/// The address to connect to.
#[derive(Debug, Clone)]
enum Target {
    Nowhere,
    Fixed(Endpoint),
    Sentinels(Arc<Sentinels>),
    /// An address that sentinels or the cluster report.
    Followed(watch::Receiver<Endpoint>),
}

impl Dialer {
    pub fn new(config: Config) -> Dialer {
        let target = match (config.endpoint(), Sentinels::of(&config)) {
            (Some(endpoint), _) => Target::Fixed(endpoint.clone()),
            (None, Some(sentinels)) => Target::Sentinels(sentinels),
            (None, None) => Target::Nowhere,
        };
        let database = Arc::new(AtomicU32::new(config.database));
        Dialer {
            config: Arc::new(config),
            target,
            needs_primary: Arc::default(),
            database,
            reads_replicas: false,
            is_read_only: Arc::default(),
            pauses: Arc::default(),
            gate: None,
            longest_pause: None,
        }
    }

    /// The same dialler with the address that `at` reports.
    pub fn following(&self, at: watch::Receiver<Endpoint>) -> Dialer {
        let (needs_primary, is_read_only, pauses) = (Arc::default(), Arc::default(), Arc::default());
        Dialer { target: Target::Followed(at), needs_primary, is_read_only, pauses, ..self.clone() }
    }

    /// The same dialler for replicas of a cluster.
    pub fn reading_replicas(self) -> Dialer {
        Dialer { reads_replicas: true, ..self }
    }

    /// The same dialler, which makes no connection before the sender of `gate` is dropped.
    pub fn held_by(self, gate: watch::Receiver<()>) -> Dialer {
        Dialer { gate: Some(gate), ..self }
    }

    /// A dialler for one more connection to the same server, which speaks RESP3 and has `suffix` behind its name. Where the
    /// cluster reports the address, it stays at the present one.
    pub fn with_resp3(&self, suffix: &str) -> Dialer {
        let target = match &self.target {
            Target::Followed(at) => Target::Fixed(at.borrow().clone()),
            target => target.clone(),
        };
        let name = format!("{}{suffix}", self.config.connection_name);
        let config = self.config.with_resp3(name);
        Dialer {
            database: Arc::new(AtomicU32::new(config.database)),
            config: Arc::new(config),
            target,
            needs_primary: Arc::default(),
            reads_replicas: false,
            is_read_only: Arc::default(),
            pauses: Arc::default(),
            gate: None,
            longest_pause: None,
        }
    }

    /// A dialler for one more connection to the same server, which has `suffix` behind its name and follows the server where it
    /// goes.
    pub fn beside(&self, suffix: &str) -> Dialer {
        let config = self.config.named(format!("{}{suffix}", self.config.connection_name));
        Dialer {
            database: Arc::new(AtomicU32::new(config.database)),
            config: Arc::new(config),
            needs_primary: Arc::default(),
            is_read_only: Arc::default(),
            pauses: Arc::default(),
            gate: None,
            ..self.clone()
        }
    }

    /// The same dialler with this address, where one is given.
    pub fn at(self, endpoint: Option<Endpoint>) -> Dialer {
        match endpoint {
            Some(endpoint) => Dialer { target: Target::Fixed(endpoint), ..self },
            None => self,
        }
    }

    /// The same dialler for connections to another database.
    pub fn in_database(&self, database: u32) -> Dialer {
        let config = Arc::new(self.config.in_database(database));
        Dialer { config, database: Arc::new(AtomicU32::new(database)), ..self.clone() }
    }

    /// The same dialler with pauses that are not longer than this.
    pub fn pausing_at_most(self, longest: Duration) -> Dialer {
        Dialer { longest_pause: Some(longest), ..self }
    }

    /// The address that the cluster reports; `None` with another topology.
    pub fn member_address(&self) -> Option<String> {
        match &self.target {
            Target::Followed(at) => Some(at.borrow().to_string()),
            _ => None,
        }
    }

    async fn opened(&self) {
        if let Some(mut gate) = self.gate.clone() {
            while gate.changed().await.is_ok() {}
        }
    }

    pub fn is_reading_replicas(&self) -> bool {
        self.reads_replicas
    }

    /// The current address, if one is known.
    pub fn address(&self) -> Option<String> {
        self.endpoint().map(|endpoint| endpoint.to_string())
    }

    fn endpoint(&self) -> Option<Endpoint> {
        match &self.target {
            Target::Nowhere => None,
            Target::Fixed(endpoint) => Some(endpoint.clone()),
            Target::Sentinels(sentinels) => sentinels.known(),
            Target::Followed(at) => Some(at.borrow().clone()),
        }
    }

    /// Connects, with as many attempts as it takes. `failed` receives each failure and its number.
    pub async fn dial_persistently(
        &self,
        backoff: &mut Backoff,
        mut failed: impl FnMut(Error, u32),
    ) -> Dialed {
        self.opened().await;
        loop {
            let endpoint = self.endpoint();
            match self.dial(backoff.failures()).await {
                Ok(dialed) => {
                    self.pauses.begin();
                    return dialed;
                }
                Err(error) => {
                    let delay = backoff.next_delay();
                    self.pauses.begin();
                    failed(error, backoff.failures());
                    self.pause(delay, endpoint.as_ref()).await;
                }
            }
        }
    }

    /// Waits before the next attempt. `own` is the delay to use when no owner decides it.
    pub async fn pause(&self, own: Duration, endpoint: Option<&Endpoint>) {
        let moved = async {
            match endpoint {
                Some(endpoint) => self.moved_from(endpoint).await,
                None => std::future::pending().await,
            }
        };
        // A pause spares a server in trouble. When the address changes, the pause ends early.
        tokio::select! {
            () = self.pauses.over(own) => {}
            () = moved => {}
        }
    }

    /// The pauses between attempts, which an owner may decide.
    pub fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// Follows the server's address for as long as it is polled.
    pub async fn watch(&self) {
        match &self.target {
            Target::Sentinels(sentinels) => sentinels.watch().await,
            _ => std::future::pending().await,
        }
    }

    /// Waits until the wanted address is another than `endpoint`.
    pub async fn moved_from(&self, endpoint: &Endpoint) {
        match &self.target {
            Target::Sentinels(sentinels) => sentinels.moved_from(endpoint).await,
            Target::Followed(at) => {
                if at.clone().wait_for(|at| at != endpoint).await.is_err() {
                    // The sender is gone: the address never changes again.
                    std::future::pending::<()>().await;
                }
            }
            _ => std::future::pending().await,
        }
    }

    /// The longest delay between attempts, within which a failover is found.
    pub fn max_pause(&self) -> Duration {
        let usual = match self.target {
            Target::Sentinels(_) | Target::Followed(_) => MAX_PAUSE_OF_FOLLOWED,
            _ => MAX_PAUSE,
        };
        self.longest_pause.map_or(usual, |longest| longest.min(usual))
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Records the selected database for the next connection.
    pub fn select(&self, database: u32) {
        self.database.store(database, Ordering::Relaxed);
    }

    /// The database that the next connection selects.
    pub fn database(&self) -> u32 {
        self.database.load(Ordering::Relaxed)
    }

    /// Makes later connections read from a replica of a cluster.
    pub fn read_only(&self) {
        self.is_read_only.store(true, Ordering::Relaxed);
    }

    /// Reports a write that met a replica: replicas are refused until a primary is found.
    pub fn require_primary(&self) {
        self.needs_primary.store(true, Ordering::Relaxed);
    }

    /// Connects once. `failures` counts the failed attempts before this one.
    ///
    /// # Errors
    /// `E_CONNECT` when no connection was made in time. `E_REPLY` when the server refused the password, the
    /// user or the database, or is a replica where a primary is needed. `E_CONFIG` when the TLS material is
    /// unusable.
    pub async fn dial(&self, failures: u32) -> Result<Dialed> {
        let endpoint = match &self.target {
            Target::Nowhere => return Err(refuse("there is no server to connect to")),
            Target::Fixed(endpoint) => endpoint.clone(),
            Target::Sentinels(sentinels) => sentinels.primary().await?,
            Target::Followed(at) => at.borrow().clone(),
        };
        let mut dialed = tokio::select! {
            dialed = self.dial_to(&endpoint, failures) => dialed?,
            () = self.moved_from(&endpoint) => {
                return Err(refuse(format!("{endpoint} is not the primary any more")));
            }
        };
        if dialed.server.is_replica() && matches!(self.target, Target::Sentinels(_)) {
            return Err(Error::reply(&format!(
                "READONLY the sentinels name {endpoint}, which is a replica yet"
            )));
        }
        if dialed.server.is_replica() && self.needs_primary.load(Ordering::Relaxed) {
            return Err(Error::reply("READONLY the server is a replica, and a primary is needed for writes"));
        }
        self.needs_primary.store(false, Ordering::Relaxed);
        let is_read_only = self.is_read_only.load(Ordering::Relaxed);
        if self.reads_replicas || is_read_only {
            let mut line = Line::new(&mut dialed.stream, self.config.connect_timeout);
            match line.ask(&[b"READONLY"], |_| ()).await {
                // A server outside a cluster refuses READONLY and answers all reads anyway.
                Err(error) if is_read_only && error.code() == ErrorCode::Reply => {}
                asked => asked?,
            }
        }
        Ok(dialed)
    }

    async fn dial_to(&self, endpoint: &Endpoint, failures: u32) -> Result<Dialed> {
        let config = &*self.config;
        let limit = config.connect_timeout;
        let patience = FIRST_PATIENCE.saturating_mul(1 << failures.min(8)).min(limit);
        timeout(limit, dial_within(config, endpoint, patience, self.database())).await.unwrap_or_else(|_| {
            Err(refuse(format!("{} did not answer within {} ms", endpoint, limit.as_millis())))
        })
    }
}

async fn dial_within(
    config: &Config,
    endpoint: &Endpoint,
    patience: Duration,
    database: u32,
) -> Result<Dialed> {
    let mut stream = open(config, endpoint, patience).await?;
    let server = shake_hands(&mut stream, config, database, patience).await?;
    Ok(Dialed { stream, server, endpoint: endpoint.clone() })
}

/// Opens a socket, with TLS where the configuration asks for it. Nothing of RESP has been sent yet.
pub(super) async fn open(
    config: &Config,
    endpoint: &Endpoint,
    patience: Duration,
) -> Result<Stream<AsyncSocket>> {
    let (socket, tls) = match endpoint {
        Endpoint::Tcp { host, port } => {
            let socket = timeout(patience, connect_tcp(config, host, *port)).await.unwrap_or_else(|_| {
                Err(refuse(format!("{endpoint} did not answer within {} ms", patience.as_millis())))
            })?;
            let tls = config.tls.as_ref().map(|settings| tls::client(settings, host)).transpose()?;
            (AsyncSocket::Tcp(Arc::new(socket)), tls)
        }
        #[cfg(unix)]
        Endpoint::Unix { path } => {
            let socket = tokio::net::UnixStream::connect(path)
                .await
                .map_err(|error| refuse(format!("the unix socket {}: {}", path.display(), reason(&error))))?;
            (AsyncSocket::Unix(Arc::new(socket)), None)
        }
        #[cfg(not(unix))]
        Endpoint::Unix { .. } => return Err(refuse("unix sockets are not available on this platform")),
    };
    Ok(Stream::new(socket, tls))
}

async fn connect_tcp(config: &Config, host: &str, port: u16) -> Result<TcpStream> {
    let addresses = resolve(host, port, config.family).await?;
    let mut failure = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => {
                prepare(&socket, config.keep_alive)
                    .map_err(|error| refuse(format!("the socket to {address}: {}", reason(&error))))?;
                return Ok(socket);
            }
            Err(error) => failure = Some(refuse(format!("{host}:{port} refused: {}", reason(&error)))),
        }
    }
    Err(failure.unwrap_or_else(|| refuse(format!("{host} has no address"))))
}

async fn resolve(host: &str, port: u16, family: Family) -> Result<Vec<SocketAddr>> {
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = lookup_host((host, port))
        .await
        .map_err(|error| refuse(format!("the host {host} could not be resolved: {}", reason(&error))))?;
    let addresses: Vec<_> = found
        .filter(|address| match family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        })
        .collect();
    if addresses.is_empty() {
        return Err(refuse(format!(
            "the host {host} has no address of the family that REDIS_FAMILY asks for"
        )));
    }
    Ok(addresses)
}

fn prepare(socket: &TcpStream, keep_alive: Option<Duration>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    if let Some(keep_alive) = keep_alive {
        SockRef::from(socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(keep_alive))?;
    }
    Ok(())
}

/// The system's message without its error number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there (ECONNREFUSED)".to_owned(),
        io::ErrorKind::NotFound => "there is no such socket (ENOENT)".to_owned(),
        _ => error.to_string(),
    }
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Connect, message)
}
