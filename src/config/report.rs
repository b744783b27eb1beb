//! The settings in force, as JavaScript is told them.

use serde_json::{Value, json};

use super::Config;

/// What a client is configured with, without secrets.
pub fn settings_report(config: &Config) -> Value {
    json!({
        "useRedis": config.use_redis(),
        "keyPrefix": config.key_prefix,
        "clientKeyPrefix": config.client_key_prefix,
        "prefixChannels": config.prefix_channels,
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
