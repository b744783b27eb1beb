//! Turns options and environment into one validated, redacted, immutable [`Config`].
//!
//! Promises: an option beats the environment, which beats the default; an invalid value is `E_CONFIG` with
//! the option or variable, the value and the allowed values, unless another setting overrides it; no secret
//! is in an error, in `Debug` or in [`Config::describe`]. Relies on the file system for TLS files alone.
//! Never connects, never looks a name up, never changes after [`Config::load`].

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::Result;

mod assemble;
mod changes;
pub use changes::url_with;
mod choice;
pub use choice::{Compression, Driver, Environment, Family, LegacyValues, LogLevel, Protocol, ScaleReads};
pub mod defaults;
mod describe;
pub use describe::settings_table;
mod endpoint;
pub use endpoint::Endpoint;
mod limits;
#[cfg(test)]
pub use limits::limit;
pub use limits::limits;
mod near_kinds;
pub use near_kinds::{NEAR_KINDS, NearKinds};
mod own_fields;
pub use own_fields::OwnFields;
mod precedence;
mod report;
pub use report::{settings_report, waits_to_connect};
mod rule;
mod secret;
pub use secret::Secret;
mod setting;
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

/// The fields of a [`Config`]. They dereference to those of their `own`.
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
    pub family: Family,
    pub protocol: Protocol,
    /// The fields that a single setting decides, one a row of the table.
    pub own: OwnFields,
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

    /// The same configuration for a connection of this name that speaks RESP3.
    pub fn with_resp3(&self, connection_name: String) -> Config {
        let Config { fields, description } = self.named(connection_name);
        let mut fields = Arc::unwrap_or_clone(fields);
        fields.protocol = Protocol::Resp3;
        Config { fields: Arc::new(fields), description }
    }

    /// The same configuration for a connection of this name.
    pub fn named(&self, connection_name: String) -> Config {
        let mut fields = (*self.fields).clone();
        fields.own.connection_name = connection_name;
        Config { fields: Arc::new(fields), description: self.description.clone() }
    }

    /// The same configuration for connections to another database.
    pub fn in_database(&self, database: u32) -> Config {
        let mut fields = (*self.fields).clone();
        fields.database = database;
        Config { fields: Arc::new(fields), description: self.description.clone() }
    }

    pub fn use_redis(&self) -> bool {
        self.fields.topology != Topology::Embedded
    }

    /// Distinguishes the data of clients: servers, database, prefix and user.
    pub fn identity(&self) -> String {
        let user = self.username.as_deref().unwrap_or_default();
        format!("{}\n{}\n{}\n{user}", self.topology(), self.database, self.key_prefix)
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

impl Deref for ConfigFields {
    type Target = OwnFields;

    fn deref(&self) -> &OwnFields {
        &self.own
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
            family,
            protocol,
            own,
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
            .field("family", family)
            .field("protocol", protocol)
            .field("own", own)
            .field("warnings", warnings)
            .finish()
    }
}
