//! The one table of settings. Parsing, error sentences, `describe`, the configuration's fields, the table in
//! `docs/configuration.md`, `.env.example` and the types of the options come from it.
//! `node scripts/options.mjs` writes the files.

use super::choice::{Compression, Driver, Family, LegacyValues, LogLevel, Protocol, ScaleReads};
use super::defaults::{
    CLIENT_KEY_PREFIX, COMMAND_TIMEOUT_MS, COMPRESSION_THRESHOLD_BYTES, CONNECT_TIMEOUT_MS, CONNECTION_NAME,
    DATABASE, HOST, JOURNAL_MAX_BYTES, KEEP_ALIVE_MS, KEY_PREFIX, MAX_BOUND_BYTES,
    MAX_COMPRESSION_THRESHOLD_BYTES, MAX_CREDENTIAL_BYTES, MAX_HOST_BYTES, MAX_KEEP_ALIVE_MS,
    MAX_NEAR_STALENESS_MS, MAX_PATH_BYTES, MAX_PEM_BYTES, MAX_POOL_SIZE, MAX_QUEUE_COMMANDS, MAX_RETRIES,
    MAX_RETRY_DELAY_MS, MAX_TIMEOUT_MS, MAX_TTL_SECONDS, MEMORY_MAX_BYTES, MIN_BOUND_BYTES,
    MIN_NEAR_STALENESS_MS, MIN_POOL_SIZE, NEAR_MAX_BYTES, NEAR_MAX_STALENESS_MS, POOL_SIZE, PORT,
    PRODUCTION_KEEP_ALIVE_MS, PRODUCTION_KEY_PREFIX, PRODUCTION_MAX_RETRIES, QUEUE_MAX_BYTES,
    QUEUE_MAX_COMMANDS, RETRIES_LIMIT, RETRY_DELAY_MS, ROOM_PREFIX, SENTINEL_NAME, SENTINEL_PORT,
    TEST_DATABASE, TEST_MIN_POOL_SIZE, TEST_POOL_SIZE, TTL_SECONDS,
};
use super::endpoint::{MAX_DATABASE, is_host};
use super::near_kinds::NEAR_KINDS;
use super::rule::{Rule, Unit};
use super::setting::{Preset, Setting, flag, number, table, word};

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

/// Gives every row to a macro.
///
/// A row is `Name as field: Type = (option, variable, rule).further().facts();`. The part `as field: Type` makes
/// a field of the configuration. A row lacks it if other settings have a say in its value.
macro_rules! settings {
    ($rows_to:ident) => {
        $rows_to! {
            "Where Redis is" {
                UseRedis = ("useRedis", "USE_REDIS", Rule::Bool)
                    .defaults(flag(true))
                    .means("`false` keeps everything in the embedded memory store.");
                Url = ("url", "REDIS_URL", Rule::Url)
                    .only_with_redis()
                    .url()
                    .means("The server's address; wins over host, port, username, password and, where it \
                            names them, db and protocol.")
                    .details("Percent-encode the password.");
                Host = ("host", "REDIS_HOST", HOST_RULE)
                    .only_with_redis()
                    .defaults(word(HOST))
                    .means("The server's name or address.");
                Port = ("port", "REDIS_PORT", Rule::Port)
                    .only_with_redis()
                    .defaults(number(PORT))
                    .means("The server's TCP port; the address that Kubernetes sets for a service gives the \
                            host too.");
                Username = ("username", "REDIS_USERNAME", CREDENTIAL)
                    .only_with_redis()
                    .means("The ACL user.")
                    .details("Without one the password is that of the user `default`.");
                Password = ("password", "REDIS_PASSWORD", CREDENTIAL)
                    .only_with_redis()
                    .secret()
                    .means("The password.");
                Database = ("db", "REDIS_DB", integer(0, MAX_DATABASE))
                    .only_with_redis()
                    .defaults(number(DATABASE))
                    .means("The number of the database.");
                TestDatabase = ("testDb", "TEST_REDIS_DB", integer(0, MAX_DATABASE))
                    .only_with_redis()
                    .defaults(number(TEST_DATABASE))
                    .means("The database of `orgcache/redis` where NODE_ENV is `test` and no option in code \
                            names another.");
                Family = ("family", "REDIS_FAMILY", Rule::Choice(Family::WORDS))
                    .only_with_redis()
                    .defaults(word("4"))
                    .means("The IP version that host names resolve to; 0 takes either.");
                Protocol = ("protocol", "REDIS_PROTOCOL", Rule::Choice(Protocol::WORDS))
                    .only_with_redis()
                    .defaults(word("2"))
                    .means("The version of RESP; modules answer in other shapes in each.")
                    .details("Users of ioredis know the shapes of RESP2.");
            }
            "TLS" {
                Tls = ("tls", "REDIS_TLS", Rule::Bool)
                    .only_with_redis()
                    .defaults(flag(false))
                    .means("TLS with verification of the server's certificate; the option may be an object, \
                            which turns it on.")
                    .details("A `rediss://` URL turns it on too.");
                TlsCa = ("tls.ca", "REDIS_TLS_CA", PEM)
                    .only_with_redis()
                    .means("The certificate authority to trust instead of the system's.")
                    .details("The path of a PEM file or PEM text, whose line ends may be written `\\n`.");
                TlsCert = ("tls.cert", "REDIS_TLS_CERT", PEM)
                    .only_with_redis()
                    .means("The client's certificate, which needs the key.")
                    .details("The path of a PEM file or PEM text.");
                TlsKey = ("tls.key", "REDIS_TLS_KEY", PEM)
                    .only_with_redis()
                    .secret()
                    .means("The key of the client's certificate.")
                    .details("The path of a PEM file or PEM text.");
                TlsServername = ("tls.servername", "REDIS_TLS_SERVERNAME", HOST_RULE)
                    .only_with_redis()
                    .means("The name in the server's certificate, where it is not the host.");
                TlsInsecure = ("tls.insecure", "REDIS_TLS_INSECURE", Rule::Bool)
                    .only_with_redis()
                    .defaults(flag(false))
                    .means("`true` accepts any certificate and logs a warning.")
                    .details("Whoever is between this process and Redis can then read and change the data.");
            }
            "Cluster and sentinels" {
                ClusterHosts = ("clusterHosts", "REDIS_CLUSTER_HOSTS", CLUSTER_HOSTS)
                    .only_with_redis()
                    .means("Nodes of a Redis Cluster.")
                    .details("The other nodes are found. A cluster has only the database 0.");
                ScaleReads as scale_reads: ScaleReads =
                    ("scaleReads", "REDIS_SCALE_READS", Rule::Choice(ScaleReads::WORDS))
                    .only_with_redis()
                    .defaults(word("primary"))
                    .means("Which nodes of a cluster answer the raw client's reads.")
                    .details("A replica's answer may be a little older.");
                SentinelHosts = ("sentinelHosts", "REDIS_SENTINEL_HOSTS", SENTINEL_HOSTS)
                    .only_with_redis()
                    .means("The sentinels, which name the server.");
                SentinelPrimary = ("sentinelName", "REDIS_SENTINEL_NAME", NAME)
                    .only_with_redis()
                    .defaults(word(SENTINEL_NAME))
                    .means("The primary's name at the sentinels.");
                SentinelUsername = ("sentinelUsername", "REDIS_SENTINEL_USERNAME", CREDENTIAL)
                    .only_with_redis()
                    .means("The ACL user of the sentinels.");
                SentinelPassword = ("sentinelPassword", "REDIS_SENTINEL_PASSWORD", CREDENTIAL)
                    .only_with_redis()
                    .secret()
                    .means("The password of the sentinels.");
            }
            "Connections" {
                MinPoolSize = ("minPoolSize", "REDIS_MIN_POOL_SIZE", integer(1, MAX_POOL_SIZE))
                    .only_with_redis()
                    .defaults(number(MIN_POOL_SIZE).in_test(Preset::Integer(TEST_MIN_POOL_SIZE)))
                    .means("Connections that stay open once they were needed.")
                    .details("All calls share one connection; large values and blocking commands get \
                              others.");
                PoolSize = ("poolSize", "REDIS_POOL_SIZE", integer(1, MAX_POOL_SIZE))
                    .only_with_redis()
                    .defaults(number(POOL_SIZE).in_test(Preset::Integer(TEST_POOL_SIZE)))
                    .means("The most connections at a time.");
                ConnectTimeout as connect_timeout: Duration =
                    ("connectTimeout", "REDIS_CONNECT_TIMEOUT", TIMEOUT)
                    .only_with_redis()
                    .defaults(number(CONNECT_TIMEOUT_MS))
                    .means("Time until a connection is ready.")
                    .details("Name resolution, TCP, TLS and AUTH have it together.");
                CommandTimeout as command_timeout: Duration =
                    ("commandTimeout", "REDIS_COMMAND_TIMEOUT", TIMEOUT)
                    .defaults(number(COMMAND_TIMEOUT_MS))
                    .means("Time until a call is settled.");
                MaxRetries as max_retries: u32 =
                    ("maxRetries", "REDIS_MAX_RETRIES", integer(0, RETRIES_LIMIT))
                    .only_with_redis()
                    .defaults(number(MAX_RETRIES).in_production(Preset::Integer(PRODUCTION_MAX_RETRIES)))
                    .means("Attempts to connect, after the first, until raw commands fail at once.")
                    .details("Until then they wait. Connecting is tried for ever.");
                RetryDelay as retry_delay: Duration =
                    ("retryDelay", "REDIS_RETRY_DELAY", milliseconds(1, MAX_RETRY_DELAY_MS))
                    .only_with_redis()
                    .defaults(number(RETRY_DELAY_MS))
                    .means("The longest first pause before the next attempt to connect.")
                    .details("It doubles up to two seconds, with jitter.");
                // `None` sends no probes.
                KeepAlive as keep_alive: Option<Duration> =
                    ("keepAlive", "REDIS_KEEP_ALIVE", milliseconds(0, MAX_KEEP_ALIVE_MS))
                    .only_with_redis()
                    .defaults(number(KEEP_ALIVE_MS).in_production(Preset::Integer(PRODUCTION_KEEP_ALIVE_MS)))
                    .means("Idle time before TCP probes the server; 0 turns probes off.");
                LazyConnect as lazy_connect: bool = ("lazyConnect", "REDIS_LAZY_CONNECT", Rule::Bool)
                    .only_with_redis()
                    .defaults(flag(true))
                    .means("`true` connects with the first call, `false` within `configure()`.");
                ConnectionLabel as connection_name: String = ("connectionName", "REDIS_CONNECTION_NAME", NAME)
                    .only_with_redis()
                    .defaults(word(CONNECTION_NAME))
                    .means("The name that `CLIENT LIST` shows; connections that are lent or subscribe are \
                            called `orgcache`.");
                QueueMaxCommands as queue_max_commands: usize =
                    ("queueMaxCommands", "CACHE_QUEUE_MAX_COMMANDS", integer(1, MAX_QUEUE_COMMANDS))
                    .only_with_redis()
                    .defaults(number(QUEUE_MAX_COMMANDS))
                    .means("The most commands that wait for Redis.")
                    .details("Further raw commands fail with `E_OVERLOADED`, and memory answers further \
                              calls of the adapter.");
                QueueMaxBytes as queue_max_bytes: usize = ("queueMaxBytes", "CACHE_QUEUE_MAX_BYTES", BOUND)
                    .only_with_redis()
                    .defaults(number(QUEUE_MAX_BYTES))
                    .means("The most bytes of commands that wait for Redis.");
                Driver as driver: Driver = ("driver", "CACHE_DRIVER", Rule::Choice(Driver::WORDS))
                    .only_with_redis()
                    .exported_as("Driver")
                    .defaults(word("auto"))
                    .means("What moves the bytes: the event loop or a thread.")
                    .details("`auto` is the event loop where that is possible.");
            }
            "Keys" {
                KeyPrefix as key_prefix: String = ("keyPrefix", "CACHE_KEY_PREFIX", Rule::KeyPrefix)
                    .defaults(word(KEY_PREFIX).in_production(Preset::Text(PRODUCTION_KEY_PREFIX)))
                    .means("Start of every key of the cache.");
                ClientKeyPrefix as client_key_prefix: String =
                    ("clientKeyPrefix", "REDIS_KEY_PREFIX", Rule::ClientKeyPrefix)
                    .defaults(word(CLIENT_KEY_PREFIX))
                    .means("Start of every key of the client that `getRedis()` gives.");
                PrefixChannels as prefix_channels: bool =
                    ("prefixChannels", "REDIS_PREFIX_CHANNELS", Rule::Bool)
                    .defaults(flag(false))
                    .means("Whether that client's channels have the same start.");
                RoomPrefix as room_prefix: String = ("prefix", "ORGCACHE_PREFIX", Rule::KeyPrefix)
                    .defaults(word(ROOM_PREFIX))
                    .means("Start of every key of the rate limiter.");
                RequireOrganization as require_organization: bool =
                    ("requireOrganization", "CACHE_REQUIRE_ORGANIZATION", Rule::Bool)
                    .defaults(flag(false))
                    .means("`true` refuses calls that name no organization, or an empty one, with `E_KEY`.")
                    .details("Otherwise such calls mean the global scope.");
            }
            "Values" {
                LegacyValues as legacy: LegacyValues =
                    ("legacy", "CACHE_LEGACY", Rule::Choice(LegacyValues::WORDS))
                    .defaults(word("move"))
                    .means("Treatment of values that the JavaScript layer left in Redis.")
                    .details("`move`: a read moves them to where this package keeps them. `copy`: they also \
                              stay until the value is set or its organization is cleared, so that instances \
                              of the JavaScript layer still see them. `off`: they are not looked for.");
                DefaultTtl as default_ttl: Duration = ("defaultTtl", "CACHE_DEFAULT_TTL", TTL)
                    .defaults(number(TTL_SECONDS))
                    .means("Lifetime of a value that is set without one.");
                Compression as compression: Compression =
                    ("compression", "CACHE_COMPRESSION", Rule::Choice(Compression::WORDS))
                    .exported_as("Compression")
                    .defaults(word("auto"))
                    .means("How large values are stored in Redis.");
                CompressionThreshold as compression_threshold_bytes: usize =
                    ("compressionThreshold", "CACHE_COMPRESSION_THRESHOLD", bytes(0, MAX_COMPRESSION_THRESHOLD_BYTES))
                    .defaults(number(COMPRESSION_THRESHOLD_BYTES))
                    .means("Size of the JSON from which a value is large.");
                MemoryMaxBytes as memory_max_bytes: usize =
                    ("memoryMaxBytes", "CACHE_MEMORY_MAX_BYTES", BOUND)
                    .defaults(number(MEMORY_MAX_BYTES))
                    .means("Bound of the memory store, which answers without Redis.");
                JournalMaxBytes as journal_max_bytes: usize =
                    ("journalMaxBytes", "CACHE_JOURNAL_MAX_BYTES", BOUND)
                    .only_with_redis()
                    .defaults(number(JOURNAL_MAX_BYTES))
                    .means("Bound of the writes that are kept while Redis is away.");
                // `None` keeps the journal in memory alone.
                JournalDir as journal_dir: Option<PathBuf> = ("journalDir", "CACHE_JOURNAL_DIR", DIRECTORY)
                    .only_with_redis()
                    .means("Local directory that also keeps the writes of an outage, so that a process \
                            which dies loses none.");
            }
            "Near copies" {
                Near as near: bool = ("near", "CACHE_NEAR", Rule::Bool)
                    .only_with_redis()
                    .defaults(flag(true))
                    .means("Whether values that are read often get copies in this process, which Redis keeps \
                            up to date; the option may be an object, which turns it on.")
                    .details("The copies cost Redis a connection and 119 bytes a key.");
                NearKinds as near_kinds: NearKinds = ("near.kinds", "CACHE_NEAR_KINDS", Rule::Words(NEAR_KINDS))
                    .only_with_redis()
                    .defaults(word("all"))
                    .means("The kinds of values that get copies, with commas between them.")
                    .details("The option may be a list. `managed` are the values of `cacheManager`.");
                NearMaxBytes as near_max_bytes: usize = ("near.maxBytes", "CACHE_NEAR_MAX_BYTES", BOUND)
                    .only_with_redis()
                    .defaults(number(NEAR_MAX_BYTES))
                    .means("Bound of the copies of this process, keys and tables included.");
                NearMaxStaleness as near_max_staleness: Duration =
                    ("near.maxStalenessMs", "CACHE_NEAR_MAX_STALENESS_MS", milliseconds(MIN_NEAR_STALENESS_MS, MAX_NEAR_STALENESS_MS))
                    .only_with_redis()
                    .defaults(number(NEAR_MAX_STALENESS_MS))
                    .means("The longest that a copy answers after Redis has last confirmed that it told of \
                            every change.");
            }
            "Log" {
                LogLevel as log_level: LogLevel = ("logLevel", "CACHE_LOG", Rule::Choice(LogLevel::WORDS))
                    .exported_as("LogLevel")
                    .defaults(word("warn"))
                    .means("The least severe line that is logged.");
            }
        }
    };
}
pub(super) use settings;
settings!(table);
