//! The settings in force, as JavaScript is told them.

use serde_json::{Map, Value, json};

use super::Config;
use super::choice::Environment;
use super::settings::Name;
use super::values::{Source, Values};
use crate::error::Result;

/// What a client is configured with, without secrets.
pub fn settings_report(config: &Config) -> Value {
    json!({
        "useRedis": config.use_redis(),
        "keyPrefix": config.key_prefix,
        "clientKeyPrefix": config.client_key_prefix,
        "roomPrefix": config.room_prefix,
        "prefixChannels": config.prefix_channels,
        // Connections for commands that block or watch keys are lent to one caller at a time. Nobody waits longer for
        // one than for a reply.
        "dedicatedPool": {
            "min": config.min_pool_size,
            "max": config.pool_size,
            "maxWaitMs": config.command_timeout.as_millis() as u64,
        },
        "minPoolSize": config.min_pool_size,
        "poolSize": config.pool_size,
        "defaultTtlSeconds": config.default_ttl.as_secs(),
        "compressionThresholdBytes": config.compression_threshold_bytes,
        "maxRetries": config.max_retries,
        "lazyConnect": config.lazy_connect,
        "commandTimeoutMs": config.command_timeout.as_millis() as u64,
        "logLevel": config.log_level.as_str(),
        "warnings": config.warnings,
        "requireOrganization": config.require_organization,
        "settings": config.describe(),
    })
}

/// Whether a client with these settings waits for its first call before it connects, because somebody chose so. A
/// certificate that cannot be used is told by the attempt to connect, as with ioredis.
///
/// # Errors
/// `E_CONFIG` for any other setting that is not allowed.
pub fn waits_to_connect(options: &Map<String, Value>, env: &dyn Fn(&str) -> Option<String>) -> Result<bool> {
    match Config::load(options, env) {
        Err(error) if !error.is_about_certificate() => return Err(error),
        _ => {}
    }
    let environment = Environment::from_node_env(env("NODE_ENV").as_deref());
    let is_chosen = |values: Values| {
        values.source(Name::LazyConnect) != Source::Default && values.flag(Name::LazyConnect).unwrap_or(false)
    };
    Ok(Values::gather(options, env, environment).is_ok_and(is_chosen))
}
