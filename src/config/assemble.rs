//! Builds the configuration from single values, and checks which of them go together.

use std::net::IpAddr;

use super::choice::{Environment, Family, Protocol};
use super::endpoint::{Endpoint, RedisUrl};
use super::own_fields::OwnFields;
use super::precedence::{Precedence, Route};
use super::secret::Secret;
use super::settings::Name;
use super::tls::Tls;
use super::values::{Source, Values, config_error};
use super::{ConfigFields, Topology};
use crate::error::Result;

pub(super) fn assemble(
    values: &Values,
    precedence: &Precedence,
    environment: Environment,
) -> Result<ConfigFields> {
    let mut draft = Draft { values, precedence, warnings: precedence.warnings.clone() };
    let server = draft.server()?;
    let topology = draft.topology(server.endpoint)?;
    let tls = draft.tls(&topology)?;
    let family = draft.family(&topology)?;
    let protocol = match draft.url().and_then(|url| url.protocol) {
        Some(protocol) if !precedence.counts(Name::Protocol) => protocol,
        _ => values.choice(Name::Protocol, Protocol::from_word)?,
    };
    let (min_pool_size, pool_size) = draft.pool_sizes()?;
    let module_database = draft.module_database(server.database, &topology, environment)?;
    let fields = ConfigFields {
        environment,
        topology,
        username: server.username,
        password: server.password,
        database: server.database,
        module_database,
        tls,
        min_pool_size,
        pool_size,
        family,
        protocol,
        own: OwnFields::read(values)?,
        warnings: draft.warnings,
    };
    Ok(fields)
}

struct Draft<'a> {
    values: &'a Values,
    precedence: &'a Precedence,
    warnings: Vec<String>,
}

/// The one server, its credentials and its database.
struct Server {
    endpoint: Endpoint,
    username: Option<String>,
    password: Option<Secret>,
    database: u32,
}

impl<'a> Draft<'a> {
    fn url(&self) -> Option<&'a RedisUrl> {
        self.values.url().filter(|_| self.precedence.counts(Name::Url))
    }

    fn server(&mut self) -> Result<Server> {
        let values = self.values;
        let host = match values.host_of_port() {
            Some(host) if values.source(Name::Host) == Source::Default => host,
            _ => values.required_text(Name::Host)?,
        };
        let mut server = Server {
            endpoint: Endpoint::Tcp { host: host.to_owned(), port: self.values.number(Name::Port)? },
            username: values.text(Name::Username)?.map(str::to_owned),
            password: values.text(Name::Password)?.map(Secret::new),
            database: self.values.number(Name::Database)?,
        };
        let Some(url) = self.url() else { return Ok(server) };
        server.endpoint = url.endpoint.clone();
        if !self.precedence.counts(Name::Username) {
            server.username.clone_from(&url.username);
        }
        if !self.precedence.counts(Name::Password) {
            server.password.clone_from(&url.password);
        }
        if !self.precedence.counts(Name::Database) {
            server.database = u32::try_from(url.database).unwrap_or(u32::MAX);
        }
        if url.has_unknown_parameters {
            self.warnings.push(format!(
                "{} has parameters behind its ? that have no effect; use options or variables instead",
                values.label(Name::Url)
            ));
        }
        Ok(server)
    }

    /// The database of `orgcache/redis`. Tests may flush it, so they avoid the one that the environment names
    /// for a server.
    fn module_database(&self, database: u32, topology: &Topology, environment: Environment) -> Result<u32> {
        let is_option = |name| self.values.source(name) == Source::Option;
        let is_chosen = is_option(Name::Database)
            || is_option(Name::Url) && self.url().is_some_and(|url| url.names_database);
        // A cluster has one database.
        let is_cluster = matches!(topology, Topology::Cluster { .. });
        match environment {
            Environment::Test if !is_chosen && !is_cluster => self.values.number(Name::TestDatabase),
            _ => Ok(database),
        }
    }

    fn topology(&self, endpoint: Endpoint) -> Result<Topology> {
        let values = self.values;
        Ok(match self.precedence.route {
            Route::Embedded => Topology::Embedded,
            Route::Single => Topology::Single(endpoint),
            Route::Cluster => Topology::Cluster { seeds: values.hosts(Name::ClusterHosts).to_vec() },
            Route::Sentinel => Topology::Sentinel {
                sentinels: values.hosts(Name::SentinelHosts).to_vec(),
                primary_name: values.required_text(Name::SentinelPrimary)?.to_owned(),
                username: values.text(Name::SentinelUsername)?.map(str::to_owned),
                password: values.text(Name::SentinelPassword)?.map(Secret::new),
            },
        })
    }

    /// TLS is on if the URL or the setting asks for it. Neither can turn it off for the other.
    fn tls(&mut self, topology: &Topology) -> Result<Option<Tls>> {
        let values = self.values;
        let url = self.url();
        let is_wanted = values.flag(Name::Tls)? || url.is_some_and(|url| url.tls);
        if *topology == Topology::Embedded || !is_wanted {
            return Ok(None);
        }
        if let Topology::Single(Endpoint::Unix { .. }) = topology {
            return Err(config_error(format!(
                "{} asks for TLS and {} for a unix socket; there is no TLS on a unix socket",
                values.label(Name::Tls),
                values.label(Name::Url)
            )));
        }
        let insecure = values.flag(Name::TlsInsecure)? || url.is_some_and(|url| url.insecure);
        if insecure {
            self.warnings.push(
                "TLS verification is off: anyone between this process and Redis can read and change the data"
                    .to_owned(),
            );
        }
        Tls::load(values, insecure, self.precedence.counts(Name::TlsCa)).map(Some)
    }

    /// The family of addresses. An address needs no name resolution, so a default that excludes its family
    /// does not apply.
    fn family(&mut self, topology: &Topology) -> Result<Family> {
        let family = self.values.choice(Name::Family, Family::from_word)?;
        let Topology::Single(Endpoint::Tcp { host, .. }) = topology else { return Ok(family) };
        let excluded = match (host.parse::<IpAddr>(), family) {
            (Ok(IpAddr::V6(_)), Family::V4) => "an IPv6 address",
            (Ok(IpAddr::V4(_)), Family::V6) => "an IPv4 address",
            _ => return Ok(family),
        };
        if self.values.source(Name::Family) == Source::Default {
            return Ok(Family::Any);
        }
        Err(config_error(format!(
            "{} is {:?} and the server is {excluded}; leave it out or set it to 0",
            self.values.label(Name::Family),
            family.as_str()
        )))
    }

    /// The sizes of the pool. A maximum lowers a weaker minimum, such as the default. An option for the
    /// minimum raises a weaker maximum.
    fn pool_sizes(&self) -> Result<(usize, usize)> {
        let (min, max): (usize, usize) =
            (self.values.number(Name::MinPoolSize)?, self.values.number(Name::PoolSize)?);
        if min <= max {
            return Ok((min, max));
        }
        let (source_of_min, source_of_max) =
            (self.values.source(Name::MinPoolSize), self.values.source(Name::PoolSize));
        if source_of_min < source_of_max {
            return Ok((max, max));
        }
        if source_of_min > source_of_max && source_of_max == Source::Environment {
            return Ok((min, min));
        }
        Err(config_error(format!(
            "{} is {min}; allowed is an integer from 1 to {max}, the value of {}",
            self.values.label(Name::MinPoolSize),
            self.values.label(Name::PoolSize)
        )))
    }
}
