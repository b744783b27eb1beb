use serde_json::json;

use super::*;

/// A text that every rule refuses: a port, a choice, a prefix and a size.
const BAD: &str = "two words\u{7f}";

#[test]
fn a_service_link_of_kubernetes_gives_the_port_and_the_host_where_none_is_set() {
    let link = ("REDIS_PORT", "tcp://10.96.0.12:6380");
    assert_eq!(from_env(&[link]).topology, single("10.96.0.12", 6380));
    assert_eq!(from_env(&[link, ("REDIS_HOST", "redis.test")]).topology, single("redis.test", 6380));
    assert_eq!(from_env(&[("REDIS_PORT", "tcp://[fd00::1]:6379")]).topology, single("fd00::1", 6379));
    let config = load(json!({ "host": "option-host" }), &[link]).unwrap();
    assert_eq!(config.topology, single("option-host", 6380));
    let config = from_env(&[link]);
    assert_eq!(config.describe()["host"]["inForce"], "10.96.0.12");
    assert_eq!(config.describe()["port"]["value"], 6380);
}

#[test]
fn a_service_link_beside_a_url_is_no_reason_for_a_warning() {
    let config = from_env(&[("REDIS_URL", "redis://h:7000"), ("REDIS_PORT", "tcp://10.96.0.12:6379")]);
    assert_eq!((config.topology(), &config.warnings), (&single("h", 7000), &vec![]));
}

/// Settings that decide, the settings that they override, and their values.
#[test]
fn a_setting_that_counts_for_nothing_is_not_judged() {
    let parts: &[&str] = &["REDIS_HOST", "REDIS_PORT", "REDIS_DB"];
    let sentinel: &[&str] = &["REDIS_SENTINEL_NAME"];
    let with_a_server: &[&str] = &[
        "REDIS_URL",
        "REDIS_HOST",
        "REDIS_PORT",
        "REDIS_DB",
        "TEST_REDIS_DB",
        "REDIS_TLS",
        "REDIS_TLS_INSECURE",
        "REDIS_TLS_CA",
        "REDIS_CLUSTER_HOSTS",
        "REDIS_SENTINEL_HOSTS",
        "REDIS_MIN_POOL_SIZE",
        "REDIS_POOL_SIZE",
        "REDIS_CONNECT_TIMEOUT",
        "REDIS_MAX_RETRIES",
        "REDIS_RETRY_DELAY",
        "REDIS_KEEP_ALIVE",
        "REDIS_FAMILY",
        "REDIS_SCALE_READS",
        "CACHE_JOURNAL_MAX_BYTES",
        "CACHE_QUEUE_MAX_COMMANDS",
        "CACHE_DRIVER",
    ];
    let cases: &[(Variables, &[&str])] = &[
        (&[("REDIS_URL", "redis://h/0")], parts),
        (&[("REDIS_URL", "redis://h/0")], sentinel),
        (&[("REDIS_URL", "unix:///s")], &["REDIS_HOST", "REDIS_PORT", "REDIS_KEEP_ALIVE", "REDIS_FAMILY"]),
        (
            &[("REDIS_CLUSTER_HOSTS", "a:1"), ("NODE_ENV", "test")],
            &["REDIS_HOST", "REDIS_PORT", "TEST_REDIS_DB"],
        ),
        (&[("REDIS_SENTINEL_HOSTS", "a:1")], &["REDIS_HOST", "REDIS_PORT"]),
        (
            &[("REDIS_TLS", "false")],
            &["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY", "REDIS_TLS_SERVERNAME"],
        ),
        (&[("REDIS_TLS", "false")], &["REDIS_TLS_INSECURE"]),
        (&[("REDIS_TLS", "true"), ("REDIS_TLS_INSECURE", "true")], &["REDIS_TLS_CA"]),
        (&[("CACHE_COMPRESSION", "none")], &["CACHE_COMPRESSION_THRESHOLD"]),
        (&[("USE_REDIS", "false")], with_a_server),
    ];
    for (deciding, idle) in cases {
        let alone = from_env(deciding);
        let mut variables = deciding.to_vec();
        variables.extend(idle.iter().map(|variable| (*variable, BAD)));
        let config = load(json!({}), &variables).unwrap_or_else(|error| panic!("{deciding:?}: {error}"));
        assert_eq!((config.topology(), config.database), (alone.topology(), alone.database), "{deciding:?}");
        assert_eq!(config.tls, alone.tls, "{deciding:?}");
        for variable in idle.iter().filter(|variable| !deciding.iter().any(|(name, _)| name == *variable)) {
            let mut one: Vec<(&str, &str)> = settings::company(variable);
            one.push((variable, BAD));
            let is_file = ["REDIS_TLS_CERT", "REDIS_TLS_KEY"].contains(variable);
            assert!(is_file || load(json!({}), &one).is_err(), "{variable} is judged where it counts");
        }
    }
}

#[test]
fn an_option_that_names_a_server_makes_the_variables_of_another_count_for_nothing() {
    let config = load(json!({ "host": "h" }), &[("REDIS_URL", BAD), ("REDIS_CLUSTER_HOSTS", BAD)]).unwrap();
    assert_eq!(config.topology, single("h", 6379));
    let config = load(json!({ "clusterHosts": "a:1" }), &[("REDIS_SENTINEL_HOSTS", BAD)]).unwrap();
    assert_eq!(addresses::seeds(&config), "a:1");
    let config = load(json!({ "url": "redis://h/1" }), &[("REDIS_PORT", BAD), ("REDIS_DB", BAD)]).unwrap();
    assert_eq!((config.topology(), config.database), (&single("h", 6379), 1));
}

#[test]
fn a_description_shows_what_is_overridden_by_what() {
    let config = from_env(&[("REDIS_URL", "redis://h:7000"), ("REDIS_PORT", "http")]);
    let port = &config.describe()["port"];
    assert_eq!(
        (&port["value"], &port["overriddenBy"], &port["inForce"]),
        (&json!("http"), &json!("url"), &json!(7000))
    );
    assert_eq!(config.warnings, ["REDIS_PORT has no effect because REDIS_URL is set"]);
    let config = from_env(&[("USE_REDIS", "no"), ("REDIS_URL", "nonsense")]);
    assert_eq!(config.describe()["url"]["overriddenBy"], "useRedis");
    assert_eq!(config.describe()["url"]["value"], "(redacted)");
}
