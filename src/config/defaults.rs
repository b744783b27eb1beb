//! Every default and limit, with its unit and reason.

/// Redis on the same machine, as every Redis client assumes.
pub const HOST: &str = "localhost";
pub const PORT: u64 = 6379;
pub const DATABASE: u64 = 0;
/// Tests that flush their database must not meet development's data in database 0.
pub const TEST_DATABASE: u64 = 1;

/// Redis's own port for a sentinel.
pub const SENTINEL_PORT: u16 = 26_379;
/// The primary's name in Redis's own example of a sentinel.
pub const SENTINEL_NAME: &str = "mymaster";
/// The name under which an operator finds this package among a server's clients.
pub const CONNECTION_NAME: &str = "orgcache";

/// Connections that stay open once they were needed: enough that a large value does not delay small ones.
pub const MIN_POOL_SIZE: u64 = 5;
/// The most connections: a single one already carries hundreds of thousands of commands a second.
pub const POOL_SIZE: u64 = 20;
/// Test runs start many processes against one server.
pub const TEST_MIN_POOL_SIZE: u64 = 1;
pub const TEST_POOL_SIZE: u64 = 5;
/// Redis accepts 10,000 clients by default; one process should not take more than a tenth of them.
pub const MAX_POOL_SIZE: u64 = 1_000;

/// Covers DNS, TCP, TLS and AUTH to a server far away.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;
/// No cache read is worth a longer wait.
pub const COMMAND_TIMEOUT_MS: u64 = 5_000;
/// A longer timeout than ten minutes is a unit mistake.
pub const MAX_TIMEOUT_MS: u64 = 600_000;

/// Attempts after the first before a connection counts as failed.
pub const MAX_RETRIES: u64 = 3;
/// In production the attempts outlast a failover, which takes a few seconds.
pub const PRODUCTION_MAX_RETRIES: u64 = 5;
pub const RETRIES_LIMIT: u64 = 1_000;
/// The first pause before a retry in milliseconds. Later pauses grow, with jitter.
pub const RETRY_DELAY_MS: u64 = 100;
pub const MAX_RETRY_DELAY_MS: u64 = 60_000;

/// The idle time in milliseconds before TCP probes the peer. It is shorter than the memory of common NAT
/// gateways.
pub const KEEP_ALIVE_MS: u64 = 30_000;
/// Many processes share a production server, so they probe less often. It is still below load balancers' idle
/// limits.
pub const PRODUCTION_KEEP_ALIVE_MS: u64 = 60_000;
/// The default of operating systems: two hours.
pub const MAX_KEEP_ALIVE_MS: u64 = 7_200_000;

pub const KEY_PREFIX: &str = "jack:dev:";
pub const PRODUCTION_KEY_PREFIX: &str = "jack:prod:";
/// `{NODE_ENV}` stands for that variable, or `development`, so that environments on one server do not share
/// keys.
pub const CLIENT_KEY_PREFIX: &str = "whatsapp:{NODE_ENV}:";
/// The package's own name. Older data fixes the other two prefixes.
pub const ROOM_PREFIX: &str = "orgcache:{NODE_ENV}:";
/// Leaves three quarters of the longest key to its other parts.
pub const MAX_KEY_PREFIX_BYTES: usize = 256;

/// Two hours: a conversation's context is worth keeping that long.
pub const TTL_SECONDS: u64 = 7_200;
/// Ten years. Data that must live longer does not belong in a cache.
pub const MAX_TTL_SECONDS: u64 = 315_360_000;

/// Smaller values have little repetition to compress.
pub const COMPRESSION_THRESHOLD_BYTES: u64 = 1_024;
/// The size of the largest value.
pub const MAX_COMPRESSION_THRESHOLD_BYTES: u64 = 16 << 20;

/// Memory of the embedded store and of the fallback.
pub const MEMORY_MAX_BYTES: u64 = 64 << 20;
/// Memory of the near copies: with values of 200 bytes some 200,000 keys.
pub const NEAR_MAX_BYTES: u64 = 64 << 20;
/// What a user does not notice.
pub const NEAR_MAX_STALENESS_MS: u64 = 1000;
/// The watch connection asks every 250 ms, and the answer takes its time.
pub const MIN_NEAR_STALENESS_MS: u64 = 300;
pub const MAX_NEAR_STALENESS_MS: u64 = 60_000;
/// Memory of the journal.
pub const JOURNAL_MAX_BYTES: u64 = 64 << 20;
/// Calls that may wait for Redis: a second or two of full load, so that a short stall refuses no call.
pub const QUEUE_MAX_COMMANDS: u64 = 1_000_000;
pub const MAX_QUEUE_COMMANDS: u64 = 100_000_000;
/// Room for sixteen of the largest values.
pub const QUEUE_MAX_BYTES: u64 = 256 << 20;
/// A bound smaller than one small value is a unit mistake.
pub const MIN_BOUND_BYTES: u64 = 1 << 10;
/// A bound of more than a tebibyte is a unit mistake.
pub const MAX_BOUND_BYTES: u64 = 1 << 40;

/// A user name or password; Redis itself knows no limit.
pub const MAX_CREDENTIAL_BYTES: usize = 64 << 10;
/// A certificate chain or key, as text or as a file.
pub const MAX_PEM_BYTES: usize = 1 << 20;
/// The longest name that DNS can hold.
pub const MAX_HOST_BYTES: usize = 253;

/// `PATH_MAX` of Linux, the longest of the common systems.
pub const MAX_PATH_BYTES: usize = 4096;
