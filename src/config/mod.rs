//! Turns options and environment into one validated, redacted, immutable [`Config`].
//!
//! Promises: an option beats the environment, which beats the default; an invalid value is `E_CONFIG` with
//! the option or variable, the value and the allowed values, unless another setting overrides it; no secret
//! is in an error, in `Debug` or in [`Config::describe`]. Relies on the file system for TLS files alone.
//! Never connects, never looks a name up, never changes after [`Config::load`].

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::Result;

mod assemble;
mod changes;
pub use changes::url_with;
mod choice;
pub use choice::{Compression, Driver, Environment, Family, LegacyValues, LogLevel, Protocol, ScaleReads};
pub mod defaults;
mod describe;
pub use describe::markdown_table;
mod endpoint;
pub use endpoint::Endpoint;
mod limits;
#[cfg(test)]
pub use limits::limit;
pub use limits::limits;
mod precedence;
mod report;
pub use report::{settings_report, waits_to_connect};
mod rule;
mod secret;
pub use secret::Secret;
mod settings;
mod suggestion;
pub use suggestion::nearest;
mod tls;
pub use tls::{Tls, TlsIdentity};
mod values;

#[cfg(test)]
mod tests;

/// The configuration. It is cheap to clone and read through its fields.
///
/// Two configurations are equal if their values are, wherever those came from.
#[derive(Clone)]
pub struct Config {
    fields: Arc<ConfigFields>,
    description: Arc<Value>,
}

/// The fields of a [`Config`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigFields {
    pub environment: Environment,
    pub topology: Topology,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub database: u32,
    /// The database of `orgcache/redis`. It is `database`, except in tests whose code names none, which get
    /// one of their own.
    pub module_database: u32,
    /// `None`: plain text.
    pub tls: Option<Tls>,
    pub min_pool_size: usize,
    pub pool_size: usize,
    pub connect_timeout: Duration,
    pub command_timeout: Duration,
    pub max_retries: u32,
    pub retry_delay: Duration,
    /// The idle time before the first TCP probe; `None` sends none.
    pub keep_alive: Option<Duration>,
    pub family: Family,
    pub protocol: Protocol,
    pub lazy_connect: bool,
    /// This client's name at the server (CLIENT LIST).
    pub connection_name: String,
    pub key_prefix: String,
    /// The key prefix of the raw client that `getRedis()` returns.
    pub client_key_prefix: String,
    /// Whether channels get `client_key_prefix` too.
    pub prefix_channels: bool,
    pub scale_reads: ScaleReads,
    /// Whether a call without an organization is refused.
    pub require_organization: bool,
    pub legacy: LegacyValues,
    pub default_ttl: Duration,
    pub compression: Compression,
    pub compression_threshold_bytes: usize,
    pub memory_max_bytes: usize,
    pub journal_max_bytes: usize,
    /// The directory of the journal's files; `None` keeps the journal in memory alone.
    pub journal_dir: Option<PathBuf>,
    pub queue_max_commands: usize,
    pub queue_max_bytes: usize,
    pub log_level: LogLevel,
    pub driver: Driver,
    /// Warnings for the log: allowed settings that are likely mistakes.
    pub warnings: Vec<String>,
}

/// The servers that hold the data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topology {
    /// No Redis: the embedded memory store only.
    Embedded,
    Single(Endpoint),
    Cluster {
        /// The nodes that are asked for the others.
        seeds: Vec<Endpoint>,
    },
    Sentinel {
        sentinels: Vec<Endpoint>,
        /// The primary's name at the sentinels.
        primary_name: String,
        /// The user and password of the sentinels, which are not the server's.
        username: Option<String>,
        password: Option<Secret>,
    },
}

/// Prints the servers: the same text for the same servers.
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |hosts: &[Endpoint]| {
            let mut hosts: Vec<_> = hosts.iter().map(Endpoint::to_string).collect();
            hosts.sort();
            hosts.join(",")
        };
        match self {
            Topology::Embedded => f.write_str("embedded"),
            Topology::Single(endpoint) => write!(f, "{endpoint}"),
            Topology::Cluster { seeds } => write!(f, "cluster {}", list(seeds)),
            Topology::Sentinel { sentinels, primary_name, .. } => {
                write!(f, "{primary_name} of {}", list(sentinels))
            }
        }
    }
}

impl Config {
    /// Reads `options` (camel case, as JavaScript gives them) and `env` (the value of a variable by its
    /// name). Fails with `E_CONFIG` for the first invalid value.
    pub fn load(options: &Map<String, Value>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config> {
        let environment = Environment::from_node_env(env("NODE_ENV").as_deref());
        let mut values = values::Values::gather(options, env, environment)?;
        let precedence = precedence::settle(&mut values)?;
        let fields = assemble::assemble(&values, &precedence, environment)?;
        let description = describe::describe(&values, &precedence, &fields);
        Ok(Config { fields: Arc::new(fields), description: Arc::new(description) })
    }

    /// The configured servers.
    pub fn topology(&self) -> &Topology {
        &self.fields.topology
    }

    /// The address of a single server; `None` with another topology.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.fields.topology {
            Topology::Single(endpoint) => Some(endpoint),
            _ => None,
        }
    }

    pub fn use_redis(&self) -> bool {
        self.fields.topology != Topology::Embedded
    }

    /// Every setting by its option's name: `{variable, value, source}` with the source `option`,
    /// `environment` or `default`. `overriddenBy` names a setting that decides instead, and `inForce` is the
    /// value that counts, if it is another one. Secrets are redacted.
    pub fn describe(&self) -> Value {
        (*self.description).clone()
    }
}

impl Deref for Config {
    type Target = ConfigFields;

    fn deref(&self) -> &ConfigFields {
        &self.fields
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for Config {}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.fields, f)
    }
}

impl fmt::Debug for ConfigFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured without `..`, so that a new field does not compile until its output is decided.
        let ConfigFields {
            environment,
            topology,
            username,
            password,
            database,
            module_database,
            tls,
            min_pool_size,
            pool_size,
            connect_timeout,
            command_timeout,
            max_retries,
            retry_delay,
            keep_alive,
            family,
            protocol,
            lazy_connect,
            connection_name,
            key_prefix,
            client_key_prefix,
            prefix_channels,
            scale_reads,
            require_organization,
            legacy,
            default_ttl,
            compression,
            compression_threshold_bytes,
            memory_max_bytes,
            journal_max_bytes,
            journal_dir,
            queue_max_commands,
            queue_max_bytes,
            log_level,
            driver,
            warnings,
        } = self;
        f.debug_struct("Config")
            .field("environment", environment)
            .field("topology", topology)
            .field("username", username)
            .field("password", password)
            .field("database", database)
            .field("module_database", module_database)
            .field("tls", tls)
            .field("min_pool_size", min_pool_size)
            .field("pool_size", pool_size)
            .field("connect_timeout", connect_timeout)
            .field("command_timeout", command_timeout)
            .field("max_retries", max_retries)
            .field("retry_delay", retry_delay)
            .field("keep_alive", keep_alive)
            .field("family", family)
            .field("protocol", protocol)
            .field("lazy_connect", lazy_connect)
            .field("connection_name", connection_name)
            .field("key_prefix", key_prefix)
            .field("client_key_prefix", client_key_prefix)
            .field("prefix_channels", prefix_channels)
            .field("scale_reads", scale_reads)
            .field("require_organization", require_organization)
            .field("legacy", legacy)
            .field("default_ttl", default_ttl)
            .field("compression", compression)
            .field("compression_threshold_bytes", compression_threshold_bytes)
            .field("memory_max_bytes", memory_max_bytes)
            .field("journal_max_bytes", journal_max_bytes)
            .field("journal_dir", journal_dir)
            .field("queue_max_commands", queue_max_commands)
            .field("queue_max_bytes", queue_max_bytes)
            .field("log_level", log_level)
            .field("driver", driver)
            .field("warnings", warnings)
            .finish()
    }
}
