//! What a client knows about itself, as JSON.

use std::sync::Arc;

use serde_json::{Value, json};

use super::client::Client;
use crate::cache::Core;
use crate::config::Config;
use crate::journal::Journal;
use crate::redis::Feature;
use crate::store::MemoryStore;

/// `nodes` are the caches of a cluster's nodes, which a client that was closed meanwhile has no longer.
pub fn report_of(client: &Client, nodes: &[Arc<Core>]) -> Value {
    let core = client.core();
    let (health, config) = (core.health(), core.config());
    let (lanes, busy) = client.lanes();
    let cores: Vec<&Arc<Core>> = std::iter::once(core).chain(nodes).collect();
    let (memory, journal) = (memory_report(&cores), journal_report(&cores));
    json!({
        "state": health.snapshot(),
        "counters": health.counters().snapshot().to_json(),
        "latencies": health.latencies(),
        "meanResponseMs": health.mean_response_ms(),
        "driver": client.driver_name(),
        "outstanding": client.outstanding(),
        "memory": memory,
        "journal": journal,
        "breaker": { "state": core.node().breaker().state().name() },
        "pool": { "lanes": lanes, "busy": busy, "min": config.min_pool_size, "max": config.pool_size },
        "replicas": client.replicas(),
        "nodes": client.nodes().iter().map(node_report).collect::<Vec<_>>(),
        "usesRedis": core.uses_redis(),
        "config": settings_report(config),
        "rooms": client.features().report(),
    })
}

/// What a cluster's node knows of itself.
fn node_report(core: &Arc<Core>) -> Value {
    let mut report = core.health().snapshot();
    if let Value::Object(fields) = &mut report {
        fields.insert("address".to_owned(), core.node().dialer().address().into());
        fields.insert("breaker".to_owned(), core.node().breaker().state().name().into());
    }
    report
}

fn memory_report(cores: &[&Arc<Core>]) -> Value {
    let sum =
        |of: fn(&MemoryStore) -> u64| cores.iter().map(|core| of(&core.local_state().memory)).sum::<u64>();
    json!({
        "entries": sum(|memory| memory.len() as u64),
        "bytes": sum(|memory| memory.bytes() as u64),
        "maxBytes": cores[0].config().memory_max_bytes,
        "evictions": sum(MemoryStore::evictions),
        "expirations": sum(MemoryStore::expirations),
    })
}

fn journal_report(cores: &[&Arc<Core>]) -> Value {
    let sum =
        |of: fn(&Journal) -> usize| cores.iter().map(|core| of(&core.local_state().journal)).sum::<usize>();
    let oldest = cores.iter().filter_map(|core| core.local_state().journal.oldest()).min();
    json!({
        "entries": sum(Journal::len),
        "clears": sum(|journal| journal.clears().count()),
        "bytes": sum(Journal::bytes),
        "maxBytes": cores[0].config().journal_max_bytes,
        "oldestMs": oldest.map(|oldest| oldest.elapsed().as_millis() as u64),
        "takenOver": sum(Journal::taken_over),
        "reading": cores[0].is_reading_backlog(),
    })
}

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
