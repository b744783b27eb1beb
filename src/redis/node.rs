//! What all connections of one client to one server share, whatever room their requests are of.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::large::LargeValues;
use super::role::Role;
use crate::command::Prefix;
use crate::config::{Config, Endpoint};
use crate::connection::{Breaker, Dialer, ServerInfo};
use crate::error::{Error, ErrorCode};
use crate::health::Health;

/// One server, as one client knows it. Any thread may use it.
pub struct Node {
    dialer: Dialer,
    health: Arc<Health>,
    breaker: Breaker,
    role: Role,
    is_in_cluster: bool,
    /// Put in front of the keys of raw commands.
    prefix: Prefix,
    large: LargeValues,
    /// Of the server that was connected to last.
    run_id: Mutex<Option<String>>,
    data: Arc<str>,
}

/// Distinguishes embedded stores.
static EMBEDDED: AtomicU64 = AtomicU64::new(0);

impl Node {
    pub fn new(config: Config, role: Role) -> Node {
        Node {
            health: Arc::new(Health::default()),
            breaker: Breaker::default(),
            role,
            is_in_cluster: false,
            prefix: Prefix::new(&config.client_key_prefix),
            large: LargeValues::default(),
            run_id: Mutex::default(),
            data: data_of(&config),
            dialer: Dialer::new(config),
        }
    }

    /// A primary of a cluster, at the address that `at` says.
    pub fn of_cluster(&self, at: watch::Receiver<Endpoint>) -> Node {
        Node {
            health: Arc::new(self.health.of_node()),
            is_in_cluster: true,
            dialer: self.dialer.following(at),
            data: self.data.clone(),
            ..Node::new(self.config().clone(), self.role)
        }
    }

    /// A replica of a cluster, which only reads.
    pub fn of_replica(&self, at: watch::Receiver<Endpoint>) -> Node {
        Node {
            health: Arc::new(self.health.of_node()),
            is_in_cluster: true,
            dialer: self.dialer.following(at).reading_replicas(),
            data: self.data.clone(),
            ..Node::new(self.config().clone(), Role::Dedicated)
        }
    }

    /// It does not connect before the sender of `gate` is dropped.
    pub fn hold_until_dropped(&mut self, gate: watch::Receiver<()>) {
        self.dialer = self.dialer.clone().held_by(gate);
    }

    pub fn config(&self) -> &Config {
        self.dialer.config()
    }

    /// What tells the data of this client from that of others: the servers, the prefix and the user, or the one embedded
    /// store.
    pub fn data(&self) -> &Arc<str> {
        &self.data
    }

    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// The connection that all calls share stands.
    pub fn connected(&self, server: &ServerInfo) {
        self.health.connected(&server.version, server.protocol);
        self.run_id.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&server.run_id);
    }

    /// The `run_id` of the server that was connected to last; `None` where it does not tell it.
    pub fn run_id(&self) -> Option<String> {
        self.run_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether all calls share the connection.
    pub fn is_shared(&self) -> bool {
        self.role == Role::Shared
    }

    /// Whether one caller has the connection alone.
    pub fn is_dedicated(&self) -> bool {
        matches!(self.role, Role::Dedicated | Role::Monitor)
    }

    /// Whether this is one node of a cluster.
    pub fn is_in_cluster(&self) -> bool {
        self.is_in_cluster
    }

    /// Whether this only reads, from a replica.
    pub fn reads_replicas(&self) -> bool {
        self.dialer.is_reading_replicas()
    }

    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Whether any value is known that holds others up.
    pub fn knows_large_values(&self) -> bool {
        self.large.is_any()
    }

    /// Whether the value of this key was large when it was last read.
    pub fn is_large(&self, key: &[u8]) -> bool {
        self.large.has(key)
    }

    /// A reply of so many bytes has answered this request.
    pub fn learn_size(&self, request: &[u8], reply_bytes: usize) {
        // An auxiliary connection of a client that may select would be in another database.
        if self.is_shared() {
            self.large.learn(request, reply_bytes);
        }
    }

    /// When a call that is made now must have settled.
    pub fn deadline(&self, now: Instant) -> Instant {
        now + self.config().command_timeout
    }

    /// Why no further call can wait, where so much waits already.
    pub fn overload(&self, commands: usize, bytes: usize) -> Option<Error> {
        let full = |what: String| Some(Error::new(ErrorCode::Overloaded, what));
        if commands >= self.config().queue_max_commands {
            return full(format!("{commands} commands wait for Redis, as many as may"));
        }
        if bytes >= self.config().queue_max_bytes {
            return full(format!("{bytes} bytes wait for Redis, as many as may"));
        }
        None
    }
}

fn data_of(config: &Config) -> Arc<str> {
    if config.use_redis() {
        return config.identity().into();
    }
    format!("embedded {}", EMBEDDED.fetch_add(1, Ordering::Relaxed)).into()
}

pub fn embedded() -> Error {
    Error::new(ErrorCode::Connect, "USE_REDIS is false, so there is no Redis to ask").lasting()
}

pub fn closed() -> Error {
    Error::new(ErrorCode::Closed, "the cache was shut down")
}
