//! Decides which settings count and which are overridden by others.
//!
//! An overridden setting is not validated: a service link of Kubernetes, or a line left in an environment
//! file, must not keep a process from its data.

use super::choice::{Compression, Protocol};
use super::endpoint::{Endpoint, RedisUrl};
use super::settings::{Name, SETTINGS};
use super::values::{Source, Values, config_error};
use crate::error::Result;

/// How the data's servers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Embedded,
    Single,
    Cluster,
    Sentinel,
}

/// The result of the decision.
pub(super) struct Precedence {
    pub route: Route,
    /// Each overridden setting, and the setting that decides instead.
    pub overridden: Vec<(Name, Name)>,
    pub warnings: Vec<String>,
}

impl Precedence {
    pub(super) fn counts(&self, name: Name) -> bool {
        self.overridden.iter().all(|(loser, _)| *loser != name)
    }
}

const TLS_MEMBERS: [Name; 5] =
    [Name::TlsCa, Name::TlsCert, Name::TlsKey, Name::TlsServername, Name::TlsInsecure];
const SENTINEL_MEMBERS: [Name; 3] = [Name::SentinelPrimary, Name::SentinelUsername, Name::SentinelPassword];

/// Decides which settings count. Afterwards every setting that counts is valid.
///
/// # Errors
/// `E_CONFIG` for the first invalid setting that counts, and for two settings that contradict each other.
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
        // Overridden settings are reported even with Redis off, so that the effect of turning it on is known.
        if let Some(url) = self.values.url().cloned() {
            self.parts_of(&url);
        }
        for setting in SETTINGS.iter().filter(|setting| setting.needs_redis) {
            if self.source(setting.name) != Source::Default {
                self.override_with(setting.name, Name::UseRedis);
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
            // Both settings are about TCP.
            self.override_with(Name::KeepAlive, Name::Url);
            self.override_with(Name::Family, Name::Url);
        }
        self.test_database(url.as_ref());
        self.tls(url.as_ref())
    }

    /// The URL. It does not count if an option names other servers than the environment's URL, because its
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

    /// Overrides the settings that the URL contains, if they come from the same source or from a weaker one.
    fn parts_of(&mut self, url: &RedisUrl) {
        let (url_host, url_port) = match &url.endpoint {
            Endpoint::Tcp { host, port } => (Some(host.as_str()), Some(u64::from(*port))),
            Endpoint::Unix { .. } => (None, None),
        };
        let values = &*self.values;
        let text = |name| values.text(name).ok().flatten();
        let number = |name| values.integer(name).ok();
        // The address of a Kubernetes service is no setting of the user, so it needs no warning.
        let is_service_link = values.host_of_port().is_some();
        let parts = [
            (Name::Host, text(Name::Host) != url_host),
            (Name::Port, number(Name::Port) != url_port && !is_service_link),
            (Name::Username, text(Name::Username) != url.username.as_deref()),
            (
                Name::Password,
                text(Name::Password) != url.password.as_ref().map(super::secret::Secret::expose),
            ),
            (Name::Database, number(Name::Database) != Some(url.database)),
            (Name::Protocol, values.choice(Name::Protocol, Protocol::from_word).ok() != url.protocol),
        ];
        for (part, differs) in parts {
            let is_said = match part {
                Name::Database => url.names_database,
                Name::Protocol => url.protocol.is_some(),
                // A path contains no user, so the settings count.
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

    /// Decides between an address, the nodes of a cluster and sentinels, by the stronger source.
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

    /// Dismisses the database of tests if code names a database, or in a cluster, which has only one.
    fn test_database(&mut self, url: Option<&RedisUrl>) {
        let is_option = |name| self.source(name) == Source::Option;
        let is_chosen =
            is_option(Name::Database) || is_option(Name::Url) && url.is_some_and(|url| url.names_database);
        if is_chosen || self.route == Route::Cluster {
            self.values.dismiss(Name::TestDatabase);
        }
    }

    /// Overrides TLS's members when TLS is off, and the authority when verification is off.
    fn tls(&mut self, url: Option<&RedisUrl>) -> Result<()> {
        self.values.judge(Name::Tls)?;
        if !self.values.flag(Name::Tls)? && !url.is_some_and(|url| url.tls) {
            // A default does not override a member: the missing setting may be the mistake.
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
