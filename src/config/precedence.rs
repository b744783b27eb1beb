//! Which settings count, and which of those that are set count for nothing because another decides.
//!
//! A setting that counts for nothing is not judged: a service link of Kubernetes, or a line that stayed in
//! an environment file, must not keep a process from its data.

use super::choice::{Compression, Protocol};
use super::endpoint::{Endpoint, RedisUrl};
use super::settings::Name;
use super::values::{Source, Values, config_error};
use crate::error::Result;

/// How the data is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Embedded,
    Single,
    Cluster,
    Sentinel,
}

/// What was decided between the settings.
pub(super) struct Precedence {
    pub route: Route,
    /// Each setting that has no effect, and the one that decides instead.
    pub overridden: Vec<(Name, Name)>,
    pub warnings: Vec<String>,
}

impl Precedence {
    pub(super) fn counts(&self, name: Name) -> bool {
        self.overridden.iter().all(|(loser, _)| *loser != name)
    }
}

/// What is said to servers and sentinels, and how.
const ONLY_WITH_REDIS: &[Name] = &[
    Name::Url,
    Name::Host,
    Name::Port,
    Name::Username,
    Name::Password,
    Name::Database,
    Name::TestDatabase,
    Name::Tls,
    Name::TlsCa,
    Name::TlsCert,
    Name::TlsKey,
    Name::TlsServername,
    Name::TlsInsecure,
    Name::ClusterHosts,
    Name::SentinelHosts,
    Name::SentinelPrimary,
    Name::SentinelUsername,
    Name::SentinelPassword,
    Name::MinPoolSize,
    Name::PoolSize,
    Name::ConnectTimeout,
    Name::MaxRetries,
    Name::RetryDelay,
    Name::KeepAlive,
    Name::Family,
    Name::Protocol,
    Name::LazyConnect,
    Name::ConnectionLabel,
    Name::ScaleReads,
    Name::JournalMaxBytes,
    Name::JournalDir,
    Name::QueueMaxCommands,
    Name::QueueMaxBytes,
    Name::Driver,
];
const TLS_MEMBERS: [Name; 5] =
    [Name::TlsCa, Name::TlsCert, Name::TlsKey, Name::TlsServername, Name::TlsInsecure];
const SENTINEL_MEMBERS: [Name; 3] = [Name::SentinelPrimary, Name::SentinelUsername, Name::SentinelPassword];

/// Decides what counts. Afterwards every value that is left is an allowed one.
///
/// # Errors
/// `E_CONFIG` for the first setting that counts and is not allowed, and for two that contradict each other.
pub(super) fn settle(values: &mut Values) -> Result<Precedence> {
    let mut contest =
        Contest { values, overridden: Vec::new(), warnings: Vec::new(), route: Route::Embedded };
    contest.values.judge(Name::UseRedis)?;
    if contest.values.flag(Name::UseRedis)? {
        contest.server()?;
    } else {
        contest.without_redis();
    }
    contest.compression()?;
    contest.values.judge_all()?;
    let Contest { overridden, warnings, route, .. } = contest;
    Ok(Precedence { route, overridden, warnings })
}

struct Contest<'a> {
    values: &'a mut Values,
    overridden: Vec<(Name, Name)>,
    warnings: Vec<String>,
    route: Route,
}

impl Contest<'_> {
    fn without_redis(&mut self) {
        // Who turns Redis on again should know already what will count.
        if let Some(url) = self.values.url().cloned() {
            self.parts_of(&url);
        }
        for name in ONLY_WITH_REDIS {
            if self.source(*name) != Source::Default {
                self.override_with(*name, Name::UseRedis);
            }
        }
    }

    fn server(&mut self) -> Result<()> {
        let url = self.url()?;
        if let Some(url) = &url {
            self.parts_of(url);
        }
        self.route()?;
        let is_socket = self.route == Route::Single
            && url.as_ref().is_some_and(|url| matches!(url.endpoint, Endpoint::Unix { .. }));
        if is_socket {
            // Both are about TCP.
            self.override_with(Name::KeepAlive, Name::Url);
            self.override_with(Name::Family, Name::Url);
        }
        self.test_database(url.as_ref());
        self.tls(url.as_ref())
    }

    /// The URL, unless an option names other servers than the environment's URL does: its
    /// credentials must not be sent there.
    fn url(&mut self) -> Result<Option<RedisUrl>> {
        for address in [Name::Host, Name::Port, Name::ClusterHosts, Name::SentinelHosts] {
            if self.source(Name::Url) != Source::Default && self.source(address) > self.source(Name::Url) {
                self.override_with(Name::Url, address);
                return Ok(None);
            }
        }
        self.values.judge(Name::Url)?;
        Ok(self.values.url().cloned())
    }

    /// A URL wins over its parts that come from where it comes from, and over weaker ones.
    fn parts_of(&mut self, url: &RedisUrl) {
        let (url_host, url_port) = match &url.endpoint {
            Endpoint::Tcp { host, port } => (Some(host.as_str()), Some(u64::from(*port))),
            Endpoint::Unix { .. } => (None, None),
        };
        let values = &*self.values;
        let text = |name| values.text(name).ok().flatten();
        let number = |name| values.integer(name).ok();
        // Nobody who looks for a setting without effect means the address that Kubernetes gives to a service.
        let is_service_link = values.host_of_port().is_some();
        let parts = [
            (Name::Host, text(Name::Host) != url_host),
            (Name::Port, number(Name::Port) != url_port && !is_service_link),
            (Name::Username, text(Name::Username) != url.username.as_deref()),
            (Name::Password, text(Name::Password) != url.password.as_ref().map(|secret| secret.expose())),
            (Name::Database, number(Name::Database) != Some(url.database)),
            (Name::Protocol, values.choice(Name::Protocol, Protocol::from_word).ok() != url.protocol),
        ];
        for (part, differs) in parts {
            let is_said = match part {
                Name::Database => url.names_database,
                Name::Protocol => url.protocol.is_some(),
                // A path names no user, so that the settings may.
                Name::Username | Name::Password => !url.is_path_of_nobody(),
                _ => true,
            };
            if !is_said || self.source(part) > self.source(Name::Url) {
                continue;
            }
            self.override_with(part, Name::Url);
            if differs && self.source(part) != Source::Default {
                self.warn_ignored(part, Name::Url);
            }
        }
    }

    /// An address, the nodes of a cluster or sentinels: what was named more strongly.
    fn route(&mut self) -> Result<()> {
        let address = [Name::Url, Name::Host, Name::Port];
        let strongest = address.map(|name| self.source(name)).into_iter().max().unwrap_or(Source::Default);
        let (cluster, sentinel) = (self.source(Name::ClusterHosts), self.source(Name::SentinelHosts));
        let asked = cluster.max(sentinel);
        self.route = if asked == Source::Default || strongest > asked {
            let winner = address.into_iter().find(|name| self.source(*name) > asked).unwrap_or(Name::Host);
            for hosts in [Name::ClusterHosts, Name::SentinelHosts] {
                if self.source(hosts) != Source::Default {
                    self.override_with(hosts, winner);
                    self.warn_ignored(hosts, winner);
                }
            }
            Route::Single
        } else if cluster == sentinel {
            return Err(config_error(format!(
                "{} and {} are both set; a server is found through one of them",
                self.values.label(Name::ClusterHosts),
                self.values.label(Name::SentinelHosts)
            )));
        } else if cluster > sentinel {
            self.addresses_lose_to(Name::ClusterHosts, Name::SentinelHosts);
            Route::Cluster
        } else {
            self.addresses_lose_to(Name::SentinelHosts, Name::ClusterHosts);
            Route::Sentinel
        };
        let is_chosen = strongest.max(asked) != Source::Default;
        if self.route != Route::Sentinel && is_chosen {
            SENTINEL_MEMBERS.into_iter().for_each(|member| self.values.dismiss(member));
        }
        Ok(())
    }

    fn addresses_lose_to(&mut self, winner: Name, other: Name) {
        for address in [Name::Host, Name::Port, other] {
            let is_set = self.source(address) != Source::Default;
            if is_set && self.overridden.iter().all(|(loser, _)| *loser != address) {
                self.override_with(address, winner);
            }
        }
    }

    /// The database of tests loses to one that code names, and to a cluster, which has one database.
    fn test_database(&mut self, url: Option<&RedisUrl>) {
        let is_option = |name| self.source(name) == Source::Option;
        let is_chosen =
            is_option(Name::Database) || is_option(Name::Url) && url.is_some_and(|url| url.names_database);
        if is_chosen || self.route == Route::Cluster {
            self.values.dismiss(Name::TestDatabase);
        }
    }

    /// Without TLS its members count for nothing, and without verification the authority does.
    fn tls(&mut self, url: Option<&RedisUrl>) -> Result<()> {
        self.values.judge(Name::Tls)?;
        if !self.values.flag(Name::Tls)? && !url.is_some_and(|url| url.tls) {
            // The default alone decides nothing: a member that is wrong may be the only one that was set.
            let without_tls = match url {
                Some(_) => Some(Name::Url),
                None => Some(Name::Tls).filter(|tls| self.source(*tls) != Source::Default),
            };
            for member in TLS_MEMBERS {
                if self.source(member) == Source::Default {
                    continue;
                }
                self.warnings.push(format!(
                    "{} has no effect because TLS is off; set REDIS_TLS=true to turn it on",
                    self.values.label(member)
                ));
                if let Some(winner) = without_tls {
                    self.override_with(member, winner);
                }
            }
            return Ok(());
        }
        self.values.judge(Name::TlsInsecure)?;
        let is_insecure = self.values.flag(Name::TlsInsecure)? || url.is_some_and(|url| url.insecure);
        if is_insecure && self.source(Name::TlsCa) != Source::Default {
            self.override_with(Name::TlsCa, Name::TlsInsecure);
        }
        Ok(())
    }

    fn compression(&mut self) -> Result<()> {
        self.values.judge(Name::Compression)?;
        let compression = self.values.choice(Name::Compression, Compression::from_word)?;
        let is_set = self.source(Name::CompressionThreshold) != Source::Default;
        if compression == Compression::None && is_set {
            self.override_with(Name::CompressionThreshold, Name::Compression);
        }
        Ok(())
    }

    fn source(&self, name: Name) -> Source {
        self.values.source(name)
    }

    fn override_with(&mut self, loser: Name, winner: Name) {
        self.values.dismiss(loser);
        self.overridden.push((loser, winner));
    }

    fn warn_ignored(&mut self, ignored: Name, winner: Name) {
        self.warnings.push(format!(
            "{} has no effect because {} is set",
            self.values.label(ignored),
            self.values.label(winner)
        ));
    }
}
