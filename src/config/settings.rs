//! The one table of settings. Parsing, error sentences, `describe` and the table of `docs/configuration.md`
//! come from it.

use super::choice::{Compression, Driver, Environment, Family, LegacyValues, LogLevel, Protocol, ScaleReads};
use super::defaults::*;
use super::endpoint::{MAX_DATABASE, is_host};
use super::rule::{Rule, Unit};

/// The index of a setting in [`SETTINGS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    UseRedis,
    Url,
    Host,
    Port,
    Username,
    Password,
    Database,
    TestDatabase,
    Tls,
    TlsCa,
    TlsCert,
    TlsKey,
    TlsServername,
    TlsInsecure,
    ClusterHosts,
    SentinelHosts,
    SentinelPrimary,
    SentinelUsername,
    SentinelPassword,
    MinPoolSize,
    PoolSize,
    ConnectTimeout,
    CommandTimeout,
    MaxRetries,
    RetryDelay,
    KeepAlive,
    Family,
    Protocol,
    LazyConnect,
    ConnectionLabel,
    KeyPrefix,
    ClientKeyPrefix,
    PrefixChannels,
    RoomPrefix,
    ScaleReads,
    RequireOrganization,
    LegacyValues,
    DefaultTtl,
    Compression,
    CompressionThreshold,
    MemoryMaxBytes,
    JournalMaxBytes,
    JournalDir,
    QueueMaxCommands,
    QueueMaxBytes,
    LogLevel,
    Driver,
}

/// One setting.
pub(super) struct Setting {
    pub name: Name,
    /// The option's name; `tls.ca` is the member `ca` of the option `tls`.
    pub option: &'static str,
    pub variable: &'static str,
    pub rule: Rule,
    pub defaults: Defaults,
    pub secrecy: Secrecy,
    pub meaning: &'static str,
}

/// How much of a setting's value may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    Open,
    /// Everything but the password may be shown.
    Url,
    Secret,
}

/// The default of a setting.
#[derive(Clone, Copy)]
pub(super) enum Preset {
    Unset,
    Bool(bool),
    Integer(u64),
    Text(&'static str),
}

/// A default, with its replacements in production and in tests.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub usual: Preset,
    pub production: Option<Preset>,
    pub test: Option<Preset>,
}

impl Defaults {
    pub(super) fn in_environment(&self, environment: Environment) -> Preset {
        let special = match environment {
            Environment::Production => self.production,
            Environment::Test => self.test,
            Environment::Development => None,
        };
        special.unwrap_or(self.usual)
    }

    const fn in_production(self, default: Preset) -> Self {
        Defaults { production: Some(default), ..self }
    }

    const fn in_test(self, default: Preset) -> Self {
        Defaults { test: Some(default), ..self }
    }
}

impl Setting {
    const fn secret(self) -> Self {
        Setting { secrecy: Secrecy::Secret, ..self }
    }

    const fn url(self) -> Self {
        Setting { secrecy: Secrecy::Url, ..self }
    }

    const fn defaults(self, defaults: Defaults) -> Self {
        Setting { defaults, ..self }
    }

    const fn means(self, meaning: &'static str) -> Self {
        Setting { meaning, ..self }
    }
}

const fn setting(name: Name, option: &'static str, variable: &'static str, rule: Rule) -> Setting {
    let defaults = usually(Preset::Unset);
    Setting { name, option, variable, rule, defaults, secrecy: Secrecy::Open, meaning: "" }
}

const fn usually(usual: Preset) -> Defaults {
    Defaults { usual, production: None, test: None }
}

const fn flag(default: bool) -> Defaults {
    usually(Preset::Bool(default))
}

const fn number(default: u64) -> Defaults {
    usually(Preset::Integer(default))
}

const fn word(default: &'static str) -> Defaults {
    usually(Preset::Text(default))
}

const fn integer(min: u64, max: u64) -> Rule {
    Rule::Integer { min, max, unit: Unit::Plain }
}

const fn milliseconds(min: u64, max: u64) -> Rule {
    Rule::Integer { min, max, unit: Unit::Milliseconds }
}

const fn bytes(min: u64, max: u64) -> Rule {
    Rule::Integer { min, max, unit: Unit::Bytes }
}

const HOST_RULE: Rule =
    Rule::Text { max_bytes: MAX_HOST_BYTES, accepts: is_host, allowed: "a host name or an IP address" };

const CREDENTIAL: Rule =
    Rule::Text { max_bytes: MAX_CREDENTIAL_BYTES, accepts: |_| true, allowed: "text of at most 64 KiB" };

const PEM: Rule = Rule::Text {
    max_bytes: MAX_PEM_BYTES,
    accepts: |_| true,
    allowed: "the path of a readable PEM file or PEM text, of at most 1 MiB",
};

const DIRECTORY: Rule = Rule::Text {
    max_bytes: MAX_PATH_BYTES,
    accepts: |text| !text.contains('\0'),
    allowed: "the path of a directory, of at most 4096 bytes",
};

const NAME: Rule = Rule::Text {
    max_bytes: MAX_HOST_BYTES,
    accepts: |name| name.bytes().all(|byte| byte.is_ascii_graphic()),
    allowed: "a name of visible ASCII characters",
};

const CLUSTER_HOSTS: Rule = Rule::Hosts { default_port: PORT as u16 };
const SENTINEL_HOSTS: Rule = Rule::Hosts { default_port: SENTINEL_PORT };
const BOUND: Rule = bytes(MIN_BOUND_BYTES, MAX_BOUND_BYTES);
const TIMEOUT: Rule = milliseconds(1, MAX_TIMEOUT_MS);
const TTL: Rule = Rule::Integer { min: 1, max: MAX_TTL_SECONDS, unit: Unit::Seconds };

/// Every setting, in the order of [`Name`] and of the table in `docs/configuration.md`.
pub(super) static SETTINGS: &[Setting] = &[
    setting(Name::UseRedis, "useRedis", "USE_REDIS", Rule::Bool)
        .defaults(flag(true))
        .means("`false`: the embedded memory store only"),
    setting(Name::Url, "url", "REDIS_URL", Rule::Url)
        .url()
        .means("wins over host, port, username, password and, where it names them, db and protocol"),
    setting(Name::Host, "host", "REDIS_HOST", HOST_RULE).defaults(word(HOST)).means("server"),
    setting(Name::Port, "port", "REDIS_PORT", Rule::Port).defaults(number(PORT)).means("TCP port; the address that Kubernetes sets for a service gives the host too"),
    setting(Name::Username, "username", "REDIS_USERNAME", CREDENTIAL).means("ACL user"),
    setting(Name::Password, "password", "REDIS_PASSWORD", CREDENTIAL).secret().means("password"),
    setting(Name::Database, "db", "REDIS_DB", integer(0, MAX_DATABASE))
        .defaults(number(DATABASE))
        .means("database number"),
    setting(Name::TestDatabase, "testDb", "TEST_REDIS_DB", integer(0, MAX_DATABASE))
        .defaults(number(TEST_DATABASE))
        .means("database number of `orgcache/redis` where NODE_ENV is `test` and no option in code names another"),
    setting(Name::Tls, "tls", "REDIS_TLS", Rule::Bool)
        .defaults(flag(false))
        .means("TLS with verification; the option may be an object of the members below, which turns it on"),
    setting(Name::TlsCa, "tls.ca", "REDIS_TLS_CA", PEM)
        .means("certificate authority, instead of the system's"),
    setting(Name::TlsCert, "tls.cert", "REDIS_TLS_CERT", PEM).means("client certificate, needs the key"),
    setting(Name::TlsKey, "tls.key", "REDIS_TLS_KEY", PEM).secret().means("key of the client certificate"),
    setting(Name::TlsServername, "tls.servername", "REDIS_TLS_SERVERNAME", HOST_RULE)
        .means("name in the server's certificate, where it is not the host"),
    setting(Name::TlsInsecure, "tls.insecure", "REDIS_TLS_INSECURE", Rule::Bool)
        .defaults(flag(false))
        .means("`true` turns verification off and warns"),
    setting(Name::ClusterHosts, "clusterHosts", "REDIS_CLUSTER_HOSTS", CLUSTER_HOSTS)
        .means("nodes of a Redis Cluster"),
    setting(Name::SentinelHosts, "sentinelHosts", "REDIS_SENTINEL_HOSTS", SENTINEL_HOSTS).means("sentinels"),
    setting(Name::SentinelPrimary, "sentinelName", "REDIS_SENTINEL_NAME", NAME)
        .defaults(word(SENTINEL_NAME))
        .means("the primary's name at the sentinels"),
    setting(Name::SentinelUsername, "sentinelUsername", "REDIS_SENTINEL_USERNAME", CREDENTIAL)
        .means("ACL user of the sentinels"),
    setting(Name::SentinelPassword, "sentinelPassword", "REDIS_SENTINEL_PASSWORD", CREDENTIAL)
        .secret()
        .means("password of the sentinels"),
    setting(Name::MinPoolSize, "minPoolSize", "REDIS_MIN_POOL_SIZE", integer(1, MAX_POOL_SIZE))
        .defaults(number(MIN_POOL_SIZE).in_test(Preset::Integer(TEST_MIN_POOL_SIZE)))
        .means("connections that stay open once they were needed"),
    setting(Name::PoolSize, "poolSize", "REDIS_POOL_SIZE", integer(1, MAX_POOL_SIZE))
        .defaults(number(POOL_SIZE).in_test(Preset::Integer(TEST_POOL_SIZE)))
        .means("connections at most"),
    setting(Name::ConnectTimeout, "connectTimeout", "REDIS_CONNECT_TIMEOUT", TIMEOUT)
        .defaults(number(CONNECT_TIMEOUT_MS))
        .means("until a connection is ready"),
    setting(Name::CommandTimeout, "commandTimeout", "REDIS_COMMAND_TIMEOUT", TIMEOUT)
        .defaults(number(COMMAND_TIMEOUT_MS))
        .means("until a call is settled"),
    setting(Name::MaxRetries, "maxRetries", "REDIS_MAX_RETRIES", integer(0, RETRIES_LIMIT))
        .defaults(number(MAX_RETRIES).in_production(Preset::Integer(PRODUCTION_MAX_RETRIES)))
        .means("attempts after the first"),
    setting(Name::RetryDelay, "retryDelay", "REDIS_RETRY_DELAY", milliseconds(1, MAX_RETRY_DELAY_MS))
        .defaults(number(RETRY_DELAY_MS))
        .means("first pause before a retry"),
    setting(Name::KeepAlive, "keepAlive", "REDIS_KEEP_ALIVE", milliseconds(0, MAX_KEEP_ALIVE_MS))
        .defaults(number(KEEP_ALIVE_MS).in_production(Preset::Integer(PRODUCTION_KEEP_ALIVE_MS)))
        .means("idle time before TCP probes; 0 turns them off"),
    setting(Name::Family, "family", "REDIS_FAMILY", Rule::Choice(Family::WORDS))
        .defaults(word("4"))
        .means("IP version that host names resolve to; 0 takes either"),
    setting(Name::Protocol, "protocol", "REDIS_PROTOCOL", Rule::Choice(Protocol::WORDS))
        .defaults(word("2"))
        .means("RESP2 or RESP3; modules answer in other shapes in each"),
    setting(Name::LazyConnect, "lazyConnect", "REDIS_LAZY_CONNECT", Rule::Bool)
        .defaults(flag(true))
        .means("connect with the first call"),
    setting(Name::ConnectionLabel, "connectionName", "REDIS_CONNECTION_NAME", NAME)
        .defaults(word(CONNECTION_NAME))
        .means("name that `CLIENT LIST` shows; connections that are lent or subscribe are called `orgcache`"),
    setting(Name::KeyPrefix, "keyPrefix", "CACHE_KEY_PREFIX", Rule::KeyPrefix)
        .defaults(word(KEY_PREFIX).in_production(Preset::Text(PRODUCTION_KEY_PREFIX)))
        .means("start of every key"),
    setting(Name::ClientKeyPrefix, "clientKeyPrefix", "REDIS_KEY_PREFIX", Rule::ClientKeyPrefix)
        .defaults(word(CLIENT_KEY_PREFIX))
        .means("start of every key of the client that `getRedis()` gives"),
    setting(Name::PrefixChannels, "prefixChannels", "REDIS_PREFIX_CHANNELS", Rule::Bool)
        .defaults(flag(false))
        .means("whether that start is put in front of channels too"),
    setting(Name::RoomPrefix, "prefix", "ORGCACHE_PREFIX", Rule::KeyPrefix)
        .defaults(word(ROOM_PREFIX))
        .means("start of every key of the rate limiter"),
    setting(Name::ScaleReads, "scaleReads", "REDIS_SCALE_READS", Rule::Choice(ScaleReads::WORDS))
        .defaults(word("primary"))
        .means("whether replicas of a cluster answer the raw client's reads"),
    setting(Name::RequireOrganization, "requireOrganization", "CACHE_REQUIRE_ORGANIZATION", Rule::Bool)
        .defaults(flag(false))
        .means("`true`: a missing or empty organization is `E_KEY` instead of the global scope"),
    setting(Name::LegacyValues, "legacy", "CACHE_LEGACY", Rule::Choice(LegacyValues::WORDS))
        .defaults(word("move"))
        .means("values that the JavaScript layer left: `move` them when they are read, `copy` them, or `off`"),
    setting(Name::DefaultTtl, "defaultTtl", "CACHE_DEFAULT_TTL", TTL)
        .defaults(number(TTL_SECONDS))
        .means("lifetime of a value that is set without one"),
    setting(Name::Compression, "compression", "CACHE_COMPRESSION", Rule::Choice(Compression::WORDS))
        .defaults(word("auto"))
        .means("how large values are stored"),
    setting(
        Name::CompressionThreshold,
        "compressionThreshold",
        "CACHE_COMPRESSION_THRESHOLD",
        bytes(0, MAX_COMPRESSION_THRESHOLD_BYTES),
    )
    .defaults(number(COMPRESSION_THRESHOLD_BYTES))
    .means("size from which a value is large"),
    setting(Name::MemoryMaxBytes, "memoryMaxBytes", "CACHE_MEMORY_MAX_BYTES", BOUND)
        .defaults(number(MEMORY_MAX_BYTES))
        .means("bound of the memory store"),
    setting(Name::JournalMaxBytes, "journalMaxBytes", "CACHE_JOURNAL_MAX_BYTES", BOUND)
        .defaults(number(JOURNAL_MAX_BYTES))
        .means("bound of the writes kept while Redis is away"),
    setting(Name::JournalDir, "journalDir", "CACHE_JOURNAL_DIR", DIRECTORY)
        .means("local directory where those writes are kept too, so that a process which dies loses none"),
    setting(
        Name::QueueMaxCommands,
        "queueMaxCommands",
        "CACHE_QUEUE_MAX_COMMANDS",
        integer(1, MAX_QUEUE_COMMANDS),
    )
    .defaults(number(QUEUE_MAX_COMMANDS))
    .means("bound of the commands that wait for Redis"),
    setting(Name::QueueMaxBytes, "queueMaxBytes", "CACHE_QUEUE_MAX_BYTES", BOUND)
        .defaults(number(QUEUE_MAX_BYTES))
        .means("bound of their bytes"),
    setting(Name::LogLevel, "logLevel", "CACHE_LOG", Rule::Choice(LogLevel::WORDS))
        .defaults(word("warn"))
        .means("least severe line that is logged"),
    setting(Name::Driver, "driver", "CACHE_DRIVER", Rule::Choice(Driver::WORDS))
        .defaults(word("auto"))
        .means("what moves the bytes: the event loop or a thread"),
];
