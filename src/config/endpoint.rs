//! Addresses of servers: hosts, lists of hosts, and URLs.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use redis::{ConnectionAddr, IntoConnectionInfo, ProtocolVersion};

use super::choice::Protocol;
use super::defaults::MAX_HOST_BYTES;
use super::secret::{REDACTED, Secret};

/// An address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The host; an IPv6 address stands without brackets.
    Tcp {
        host: String,
        port: u16,
    },
    Unix {
        path: PathBuf,
    },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Endpoint::Tcp { host, port } => write!(f, "{host}:{port}"),
            Endpoint::Unix { path } => write!(f, "{}", path.display()),
        }
    }
}

/// A parsed Redis URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedisUrl {
    pub endpoint: Endpoint,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub database: u64,
    /// Whether the URL itself names the database, or the default applies.
    pub names_database: bool,
    pub tls: bool,
    pub insecure: bool,
    /// The protocol, if the URL names one.
    pub protocol: Option<Protocol>,
    /// Whether the URL has unknown parameters.
    pub has_unknown_parameters: bool,
}

impl RedisUrl {
    /// Whether the URL is the path of a unix socket, without user and password.
    pub fn is_path_of_nobody(&self) -> bool {
        matches!(self.endpoint, Endpoint::Unix { .. }) && self.username.is_none() && self.password.is_none()
    }
}

/// Parses `redis[s]://user:password@host:port/db`, `unix:///path` and `redis+unix:///path`.
pub(super) fn parse_url(text: &str) -> Option<RedisUrl> {
    let url = redis::parse_redis_url(text)?;
    let is_tcp = !url.scheme().ends_with("unix");
    let known: &[&str] = if is_tcp { &["protocol"] } else { &["protocol", "db", "user", "pass"] };
    let has_unknown_parameters = url.query_pairs().any(|(name, _)| !known.contains(&name.as_ref()));

    let names_database =
        if is_tcp { url.path().len() > "/".len() } else { url.query_pairs().any(|(name, _)| name == "db") };

    let names_protocol = url.query_pairs().any(|(name, _)| name == "protocol");

    let info = url.into_connection_info().ok()?;
    let settings = info.redis_settings();
    let (endpoint, tls, insecure) = match info.addr() {
        ConnectionAddr::Tcp(host, port) => (tcp(host, *port)?, false, false),
        ConnectionAddr::TcpTls { host, port, insecure, .. } => (tcp(host, *port)?, true, *insecure),
        ConnectionAddr::Unix(path) => (Endpoint::Unix { path: path.clone() }, false, false),
        _ => return None,
    };
    Some(RedisUrl {
        endpoint,
        username: settings.username().filter(|name| !name.is_empty()).map(str::to_owned),
        password: settings.password().filter(|password| !password.is_empty()).map(Secret::new),
        database: u64::try_from(settings.db()).ok().filter(|db| *db <= MAX_DATABASE)?,
        names_database,
        tls,
        insecure,
        protocol: names_protocol.then(|| match settings.protocol() {
            ProtocolVersion::RESP2 => Protocol::Resp2,
            _ => Protocol::Resp3,
        }),
        has_unknown_parameters,
    })
}

/// The highest database: Redis keeps the number of databases in a signed 32-bit integer.
pub(super) const MAX_DATABASE: u64 = i32::MAX as u64;

fn tcp(host: &str, port: u16) -> Option<Endpoint> {
    (is_host(host) && port > 0).then(|| Endpoint::Tcp { host: host.to_owned(), port })
}

/// Parses `host:port,host:port`. An IPv6 host stands in brackets. A missing port is `default_port`.
pub(super) fn parse_host_list(text: &str, default_port: u16) -> Option<Vec<Endpoint>> {
    text.split(',').map(|entry| parse_host_and_port(entry.trim(), Some(default_port))).collect()
}

/// Parses one host and port. Without a default the port is required.
pub(super) fn parse_host_and_port(entry: &str, default_port: Option<u16>) -> Option<Endpoint> {
    let is_bare = entry.ends_with(']') || !entry.contains(':');
    let (host, port) = if is_bare {
        (entry, None)
    } else {
        entry.rsplit_once(':').map(|(host, port)| (host, Some(port)))?
    };
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').filter(|host| host.contains(':'))?,
        None if host.contains(':') => return None,
        None => host,
    };
    let Some(port) = port else { return tcp(host, default_port?) };
    // `parse` alone would accept a leading plus.
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    tcp(host, port.parse().ok()?)
}

/// Whether `host` can be a host name or an address. A URL in the wrong place is neither.
pub(super) fn is_host(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    (1..=MAX_HOST_BYTES).contains(&host.len())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether the text has the form of a URL.
pub(super) fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// The URL without its password, for messages. A user may have typed anything, so every part that could be a
/// password is removed: all before the last `@` except a plain user name, and all after `?` and `#`. A text
/// without a recognizable host is removed as a whole.
pub(super) fn redact_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return REDACTED.to_owned() };
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.bytes().all(is_scheme) {
        return REDACTED.to_owned();
    }
    let (user, place) = match rest.rsplit_once('@') {
        Some((user_info, place)) => (redact_user_info(user_info), place),
        None => (String::new(), rest),
    };
    let (place, tail) = match place.find(['?', '#']) {
        Some(at) => (&place[..at], format!("{}{REDACTED}", &place[at..=at])),
        None => (place, String::new()),
    };
    let authority = place.split('/').next().unwrap_or_default();
    if !looks_like_an_authority(authority) {
        return format!("{scheme}://{REDACTED}");
    }
    format!("{scheme}://{user}{place}{tail}")
}

fn redact_user_info(user_info: &str) -> String {
    match user_info.split_once(':') {
        Some((user, _)) => format!("{user}:{REDACTED}@"),
        None => format!("{REDACTED}@"),
    }
}

fn looks_like_an_authority(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        // Digits after a colon are a port. Any other text may be a password whose `@` is missing.
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) if authority.ends_with(']') => authority,
        Some(_) => return false,
        None => authority,
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.is_empty() && authority.is_empty() || is_host(bare)
}
