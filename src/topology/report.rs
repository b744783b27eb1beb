//! What a client knows about itself, as JSON.

use std::sync::Arc;

use serde_json::{Value, json};

use super::driver::DriverContext;
use super::router::Router;
use crate::cache::Core;
use crate::config::settings_report;
use crate::features::Features;
use crate::journal::Journal;
use crate::outage::LocalState;
use crate::redis::Feature;

/// A report of one client, whose rooms are `features` and whose `outstanding` calls have not settled. `nodes` are the caches
/// of a cluster's nodes, which a router that was closed meanwhile has no longer.
pub fn report<C: DriverContext>(
    features: &Features,
    router: &Router<C>,
    nodes: &[Arc<Core>],
    outstanding: usize,
) -> Value {
    let core = features.cache();
    let (health, config) = (core.health(), core.config());
    let (lanes, busy) = router.lanes();
    let cores: Vec<&Arc<Core>> = std::iter::once(core).chain(nodes).collect();
    let (memory, journal) = (memory_report(&cores), journal_report(&cores));
    json!({
        "state": health.snapshot(),
        "counters": health.counters().snapshot().to_json(),
        "latencies": health.latencies(),
        "meanResponseMs": health.mean_response_ms(),
        "driver": router.name(),
        "outstanding": outstanding,
        "memory": memory,
        "journal": journal,
        "near": core.near_report(nodes),
        "breaker": { "state": core.node().breaker().state().name() },
        "pool": { "lanes": lanes, "busy": busy, "min": config.min_pool_size, "max": config.pool_size },
        "replicas": router.replicas(),
        "nodes": router.nodes().iter().map(|node| node_report(node.cache())).collect::<Vec<_>>(),
        "usesRedis": core.uses_redis(),
        "config": settings_report(config),
        "rooms": features.report(),
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
    let sum = |of: fn(&LocalState) -> u64| cores.iter().map(|core| of(&core.local_state())).sum::<u64>();
    json!({
        "entries": sum(|local| local.memory.len() as u64),
        "bytes": sum(|local| local.memory.bytes() as u64),
        "maxBytes": cores[0].config().memory_max_bytes,
        "evictions": sum(|local| local.memory.evictions()),
        "expirations": sum(|local| local.memory.expirations()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::features::Features;
    use crate::redis::Role;
    use crate::topology::ThreadContext;
    use serde_json::Map;
    use std::time::Instant;

    fn features() -> Features {
        let secret = |name: &str| (name == "REDIS_PASSWORD").then(|| "canary".to_owned());
        let config = Config::load(&Map::new(), &|name| match name {
            "USE_REDIS" => Some("false".to_owned()),
            _ => secret(name),
        });
        Features::new(config.unwrap(), Role::Shared).unwrap()
    }

    #[test]
    fn a_report_adds_up_the_caches_of_all_nodes_and_tells_no_secret() {
        let (front, node) = (features(), features().cache().clone());
        for (number, core) in [front.cache(), &node].into_iter().enumerate() {
            let key = format!("key {number}");
            core.local_state().memory.set(key.as_bytes(), b"value", None, None, Instant::now());
        }
        let report = report(&front, &Router::<ThreadContext>::Embedded, &[node], 3);
        assert_eq!((&report["driver"], &report["outstanding"]), (&json!("embedded"), &json!(3)));
        assert_eq!(report["memory"]["entries"], json!(2));
        assert_eq!(report["config"]["useRedis"], json!(false));
        assert!(!report.to_string().contains("canary"));
    }
}
