//! From single values to the whole: what wins over what, and which values go together.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::choice::{Compression, Driver, Environment, Family, LegacyValues, LogLevel, ScaleReads};
use super::endpoint::{Endpoint, RedisUrl};
use super::secret::Secret;
use super::settings::Name;
use super::tls::Tls;
use super::values::{Source, Values, config_error};
use super::{ConfigFields, Topology};
use crate::error::Result;

/// A setting that has no effect, and the one that decides instead.
pub(super) type Overridden = Vec<(Name, Name)>;

pub(super) fn assemble(values: &Values, environment: Environment) -> Result<(ConfigFields, Overridden)> {
    let mut draft = Draft { values, warnings: Vec::new(), overridden: Vec::new() };
    let url = draft.effective_url();
    let server = draft.server(url)?;
    let topology = draft.topology(server.endpoint)?;
    let tls = draft.tls(url, &topology)?;
    let family = draft.family(&topology)?;
    let (min_pool_size, pool_size) = draft.pool_sizes()?;
    let keep_alive = draft.duration_ms(Name::KeepAlive)?;
    let module_database = draft.module_database(url, server.database, &topology, environment)?;
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
        connect_timeout: draft.duration_ms(Name::ConnectTimeout)?,
        command_timeout: draft.duration_ms(Name::CommandTimeout)?,
        max_retries: draft.integer(Name::MaxRetries)?,
        retry_delay: draft.duration_ms(Name::RetryDelay)?,
        keep_alive: Some(keep_alive).filter(|idle| !idle.is_zero()),
        family,
        lazy_connect: values.flag(Name::LazyConnect)?,
        connection_name: values.required_text(Name::ConnectionLabel)?.to_owned(),
        key_prefix: values.required_text(Name::KeyPrefix)?.to_owned(),
        client_key_prefix: values.required_text(Name::ClientKeyPrefix)?.to_owned(),
        prefix_channels: values.flag(Name::PrefixChannels)?,
        scale_reads: values.choice(Name::ScaleReads, ScaleReads::from_word)?,
        require_organization: values.flag(Name::RequireOrganization)?,
        legacy: values.choice(Name::LegacyValues, LegacyValues::from_word)?,
        default_ttl: Duration::from_secs(values.integer(Name::DefaultTtl)?),
        compression: values.choice(Name::Compression, Compression::from_word)?,
        compression_threshold_bytes: draft.size(Name::CompressionThreshold)?,
        memory_max_bytes: draft.size(Name::MemoryMaxBytes)?,
        journal_max_bytes: draft.size(Name::JournalMaxBytes)?,
        journal_dir: values.text(Name::JournalDir)?.map(PathBuf::from),
        queue_max_commands: draft.size(Name::QueueMaxCommands)?,
        queue_max_bytes: draft.size(Name::QueueMaxBytes)?,
        log_level: values.choice(Name::LogLevel, LogLevel::from_word)?,
        driver: values.choice(Name::Driver, Driver::from_word)?,
        warnings: draft.warnings,
    };
    Ok((fields, draft.overridden))
}

struct Draft<'a> {
    values: &'a Values,
    warnings: Vec<String>,
    overridden: Overridden,
}

/// The one server, and what is said to it.
struct Server {
    endpoint: Endpoint,
    username: Option<String>,
    password: Option<Secret>,
    database: u32,
}

impl<'a> Draft<'a> {
    /// The URL, unless an option names another server than the environment's URL does: its
    /// credentials must not be sent there.
    fn effective_url(&mut self) -> Option<&'a RedisUrl> {
        let url = self.values.url()?;
        for address in [Name::Host, Name::Port] {
            if self.values.source(address) > self.values.source(Name::Url) {
                self.overridden.push((Name::Url, address));
                return None;
            }
        }
        Some(url)
    }

    fn server(&mut self, url: Option<&RedisUrl>) -> Result<Server> {
        let values = self.values;
        let mut server = Server {
            endpoint: Endpoint::Tcp {
                host: values.required_text(Name::Host)?.to_owned(),
                port: self.integer(Name::Port)?,
            },
            username: values.text(Name::Username)?.map(str::to_owned),
            password: values.text(Name::Password)?.map(Secret::new),
            database: self.integer(Name::Database)?,
        };
        let Some(url) = url else { return Ok(server) };
        let in_url = Server {
            endpoint: url.endpoint.clone(),
            username: url.username.clone(),
            password: url.password.clone(),
            database: u32::try_from(url.database).unwrap_or(u32::MAX),
        };
        let (host_differs, port_differs) = match (&server.endpoint, &in_url.endpoint) {
            (Endpoint::Tcp { host, port }, Endpoint::Tcp { host: url_host, port: url_port }) => {
                (host != url_host, port != url_port)
            }
            _ => (true, true),
        };
        // `effective_url` has seen to it that neither host nor port beats the URL.
        self.url_wins(Name::Host, host_differs);
        self.url_wins(Name::Port, port_differs);
        server.endpoint = in_url.endpoint;
        if self.url_wins(Name::Username, server.username != in_url.username) {
            server.username = in_url.username;
        }
        if self.url_wins(Name::Password, server.password != in_url.password) {
            server.password = in_url.password;
        }
        if url.names_database && self.url_wins(Name::Database, server.database != in_url.database) {
            server.database = in_url.database;
        }
        if url.has_unknown_parameters {
            self.warnings.push(format!(
                "{} has parameters behind its ? that have no effect; use options or variables instead",
                values.label(Name::Url)
            ));
        }
        Ok(server)
    }

    /// Tests that may flush their database keep off the one that a server's environment names.
    fn module_database(
        &self,
        url: Option<&RedisUrl>,
        database: u32,
        topology: &Topology,
        environment: Environment,
    ) -> Result<u32> {
        let is_option = |name| self.values.source(name) == Source::Option;
        let is_chosen =
            is_option(Name::Database) || is_option(Name::Url) && url.is_some_and(|url| url.names_database);
        // A cluster has one database.
        let is_cluster = matches!(topology, Topology::Cluster { .. });
        match environment {
            Environment::Test if !is_chosen && !is_cluster => self.integer(Name::TestDatabase),
            _ => Ok(database),
        }
    }

    /// Whether the URL decides instead of `part`; warns where someone set the part to something else.
    fn url_wins(&mut self, part: Name, differs: bool) -> bool {
        let source = self.values.source(part);
        if source > self.values.source(Name::Url) {
            return false;
        }
        self.overridden.push((part, Name::Url));
        if differs && source != Source::Default {
            self.warn_ignored(part, Name::Url);
        }
        true
    }

    fn warn_ignored(&mut self, ignored: Name, winner: Name) {
        self.warnings.push(format!(
            "{} has no effect because {} is set",
            self.values.label(ignored),
            self.values.label(winner)
        ));
    }

    fn topology(&mut self, endpoint: Endpoint) -> Result<Topology> {
        let values = self.values;
        if !values.flag(Name::UseRedis)? {
            return Ok(Topology::Embedded);
        }
        let [address, cluster, sentinel] = [
            [Name::Url, Name::Host, Name::Port].map(|name| values.source(name)).into_iter().max(),
            Some(values.source(Name::ClusterHosts)),
            Some(values.source(Name::SentinelHosts)),
        ]
        .map(|source| source.unwrap_or(Source::Default));
        let asked = cluster.max(sentinel);
        if asked == Source::Default {
            return Ok(Topology::Single(endpoint));
        }
        if address > asked {
            let named =
                [Name::Url, Name::Host, Name::Port].into_iter().find(|name| values.source(*name) > asked);
            for hosts in [Name::ClusterHosts, Name::SentinelHosts] {
                if values.source(hosts) != Source::Default {
                    self.overridden.push((hosts, named.unwrap_or(Name::Host)));
                    self.warn_ignored(hosts, named.unwrap_or(Name::Host));
                }
            }
            return Ok(Topology::Single(endpoint));
        }
        if cluster == sentinel {
            return Err(config_error(format!(
                "{} and {} are both set; a server is found through one of them",
                values.label(Name::ClusterHosts),
                values.label(Name::SentinelHosts)
            )));
        }
        if cluster > sentinel {
            return Ok(Topology::Cluster { seeds: values.hosts(Name::ClusterHosts).to_vec() });
        }
        Ok(Topology::Sentinel {
            sentinels: values.hosts(Name::SentinelHosts).to_vec(),
            primary_name: values.required_text(Name::SentinelPrimary)?.to_owned(),
            username: values.text(Name::SentinelUsername)?.map(str::to_owned),
            password: values.text(Name::SentinelPassword)?.map(Secret::new),
        })
    }

    /// TLS is on where the URL or the setting asks for it: neither can turn off what the other wants.
    fn tls(&mut self, url: Option<&RedisUrl>, topology: &Topology) -> Result<Option<Tls>> {
        let values = self.values;
        if *topology == Topology::Embedded {
            return Ok(None);
        }
        let wanted = values.flag(Name::Tls)?;
        if !wanted && !url.is_some_and(|url| url.tls) {
            let members = [Name::TlsCa, Name::TlsCert, Name::TlsKey, Name::TlsServername, Name::TlsInsecure];
            for member in members.into_iter().filter(|member| values.source(*member) != Source::Default) {
                self.warnings.push(format!(
                    "{} has no effect because TLS is off; set REDIS_TLS=true to turn it on",
                    values.label(member)
                ));
            }
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
        Tls::load(values, insecure).map(Some)
    }

    /// An address needs no resolving, so a default that excludes its family must not either.
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

    /// A maximum below the default minimum lowers it; only a minimum that was set can be wrong.
    fn pool_sizes(&self) -> Result<(usize, usize)> {
        let (min, max) = (self.size(Name::MinPoolSize)?, self.size(Name::PoolSize)?);
        if min <= max {
            return Ok((min, max));
        }
        if self.values.source(Name::MinPoolSize) == Source::Default {
            return Ok((max, max));
        }
        Err(config_error(format!(
            "{} is {min}; allowed is an integer from 1 to {max}, the value of {}",
            self.values.label(Name::MinPoolSize),
            self.values.label(Name::PoolSize)
        )))
    }

    fn duration_ms(&self, name: Name) -> Result<Duration> {
        self.values.integer(name).map(Duration::from_millis)
    }

    fn size(&self, name: Name) -> Result<usize> {
        self.integer(name)
    }

    fn integer<T: TryFrom<u64>>(&self, name: Name) -> Result<T> {
        T::try_from(self.values.integer(name)?).map_err(|_| {
            config_error(format!("{} is larger than this machine can count", self.values.label(name)))
        })
    }
}
