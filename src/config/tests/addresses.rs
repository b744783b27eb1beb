use serde_json::json;

use super::*;

pub(super) fn seeds(config: &Config) -> String {
    let Topology::Cluster { seeds } = config.topology() else { panic!("a cluster is asked for") };
    seeds.iter().map(Endpoint::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn sentinels(config: &Config) -> String {
    let Topology::Sentinel { sentinels, primary_name, username, password } = config.topology() else {
        panic!("sentinels are asked for")
    };
    let hosts: Vec<String> = sentinels.iter().map(Endpoint::to_string).collect();
    let user = username.as_deref().unwrap_or("-");
    format!("{} {primary_name} {user} {password:?}", hosts.join(" "))
}

fn from_url(url: &str) -> Config {
    from_env(&[("REDIS_URL", url)])
}

#[test]
fn a_url_gives_every_part() {
    let config = from_url("rediss://app%40x:p%3A%2F%40ss@redis.test:7001/4");
    assert_eq!(config.topology, single("redis.test", 7001));
    assert_eq!(config.username.as_deref(), Some("app@x"));
    assert_eq!(config.password, Some(Secret::new("p:/@ss")));
    assert_eq!(config.database, 4);
    assert!(!config.tls.clone().unwrap().insecure);
}

#[test]
fn a_url_may_leave_parts_out() {
    let config = from_url("redis://:secret@[::1]");
    assert_eq!(config.topology, single("::1", 6379));
    assert_eq!((config.username.as_deref(), config.database), (None, 0));
    assert_eq!(config.password, Some(Secret::new("secret")));
    assert_eq!(from_url(" redis://h/ ").topology, single("h", 6379));
}

#[cfg(unix)]
#[test]
fn a_url_may_name_a_unix_socket() {
    for scheme in ["unix", "redis+unix"] {
        let config = from_url(&format!("{scheme}:///run/re%20dis.sock?db=3&user=app&pass=x"));
        assert_eq!(config.topology, Topology::Single(Endpoint::Unix { path: "/run/re dis.sock".into() }));
        assert_eq!((config.username.as_deref(), config.database), (Some("app"), 3));
        assert_eq!(config.password, Some(Secret::new("x")));
        assert_eq!(config.warnings, Vec::<String>::new());
    }
}

#[test]
fn a_url_wins_over_the_parts_and_says_which_have_no_effect() {
    let config = from_env(&[
        ("REDIS_URL", "redis://url-host:7000/1"),
        ("REDIS_HOST", "part-host"),
        ("REDIS_PORT", "7000"),
        ("REDIS_PASSWORD", "canary"),
    ]);
    assert_eq!(config.topology, single("url-host", 7000));
    assert_eq!((config.database, &config.password), (1, &None));
    assert_eq!(
        config.warnings,
        [
            "REDIS_HOST has no effect because REDIS_URL is set",
            "REDIS_PASSWORD has no effect because REDIS_URL is set",
        ]
    );
    assert_eq!(config.describe()["port"]["overriddenBy"], "url");
    assert_eq!(config.describe()["host"]["inForce"], "url-host");
    assert_eq!(config.describe()["password"].get("inForce"), Some(&Value::Null));
    assert_eq!(config.describe()["url"]["overriddenBy"], Value::Null);
}

#[test]
fn a_url_that_names_no_database_leaves_it_to_the_setting() {
    let config = from_env(&[("REDIS_URL", "redis://h"), ("REDIS_DB", "4")]);
    assert_eq!((config.database, &config.warnings), (4, &vec![]));
    assert_eq!(from_options(json!({ "url": "redis://h/", "db": 4 })).database, 4);
    assert_eq!(from_options(json!({ "url": "redis://h/0", "db": 4 })).database, 0);
}

#[test]
fn a_server_named_by_options_gets_nothing_of_the_environments_url() {
    let env: Variables = &[("REDIS_URL", "rediss://user:canary@url-host:7000/4")];
    let config = load(json!({ "host": "option-host" }), env).unwrap();
    assert_eq!(config, from_options(json!({ "host": "option-host" })));
    assert_eq!(config.describe()["url"]["overriddenBy"], "host");

    let config = load(json!({ "db": 9 }), env).unwrap();
    assert_eq!((config.topology(), config.database), (&single("url-host", 7000), 9));
    assert_eq!(config.password, Some(Secret::new("canary")));
}

#[test]
fn parameters_of_a_url_that_mean_nothing_are_warned_about() {
    let config = from_url("redis://h:1?family=0");
    assert_eq!(config.warnings.len(), 1);
    assert!(config.warnings[0].starts_with("REDIS_URL has parameters"));
}

#[test]
fn a_url_may_name_the_protocol() {
    for (query, protocol) in
        [("", Protocol::Resp2), ("?protocol=resp3", Protocol::Resp3), ("?protocol=3", Protocol::Resp3)]
    {
        let config = from_url(&format!("redis://h:1{query}"));
        assert_eq!((config.protocol, &config.warnings), (protocol, &vec![]));
    }
    assert_eq!(from_env(&[("REDIS_URL", "redis://h"), ("REDIS_PROTOCOL", "3")]).protocol, Protocol::Resp3);
    let config = from_env(&[("REDIS_URL", "redis://h?protocol=resp2"), ("REDIS_PROTOCOL", "3")]);
    assert_eq!(config.protocol, Protocol::Resp2);
    assert_eq!(config.warnings, ["REDIS_PROTOCOL has no effect because REDIS_URL is set"]);
    let config = load(json!({ "protocol": 2 }), &[("REDIS_URL", "redis://h?protocol=3")]).unwrap();
    assert_eq!(config.protocol, Protocol::Resp2);
    #[cfg(unix)]
    assert_eq!(from_url("unix:///s?protocol=resp3").protocol, Protocol::Resp3);
}

#[test]
fn hosts_may_be_given_as_lists_of_texts_or_objects() {
    let config = from_options(json!({ "clusterHosts": ["a:1", { "host": "::1", "port": 2 }] }));
    assert_eq!(seeds(&config), "a:1 [::1]:2");
    let config =
        from_options(json!({ "sentinelHosts": [{ "host": "s", "port": "3" }], "sentinelPassword": "x" }));
    assert_eq!(sentinels(&config), "s:3 mymaster - Some((redacted))");
}

#[test]
fn hosts_without_a_port_have_the_one_of_their_kind() {
    assert_eq!(seeds(&from_env(&[("REDIS_CLUSTER_HOSTS", "a, [::1],b:1")])), "a:6379 [::1]:6379 b:1");
    assert_eq!(seeds(&from_options(json!({ "clusterHosts": [{ "host": "::1" }] }))), "[::1]:6379");
    let config = from_env(&[("REDIS_SENTINEL_HOSTS", "a,[::1]")]);
    assert_eq!(sentinels(&config), "a:26379 [::1]:26379 mymaster - None");
}

#[test]
fn a_cluster_keeps_the_credentials_of_the_url() {
    let config = from_env(&[("REDIS_CLUSTER_HOSTS", "a:1"), ("REDIS_URL", "rediss://:pw@b:2")]);
    assert_eq!(seeds(&config), "a:1");
    assert_eq!(config.password, Some(Secret::new("pw")));
    assert!(config.tls.is_some() && config.endpoint().is_none());
}

#[test]
fn hosts_in_the_options_take_no_credentials_of_a_url_in_the_environment() {
    let url = ("REDIS_URL", "rediss://user:pw@b:2/3");
    for options in [json!({ "clusterHosts": "a:1" }), json!({ "sentinelHosts": "a:1" })] {
        let config = load(options.clone(), &[url]).unwrap();
        assert_eq!((&config.username, &config.password), (&None, &None), "{options}");
        assert!(config.tls.is_none() && config.database == 0);
        let winner = options.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!(config.describe()["url"]["overriddenBy"], json!(winner));
        // The cluster's own credentials are sent there, wherever they are set, and a URL beside it counts.
        let config = load(options.clone(), &[url, ("REDIS_PASSWORD", "own")]).unwrap();
        assert_eq!(config.password, Some(Secret::new("own")));
        let mut both = options;
        both["url"] = json!("redis://user:pw@b:2");
        assert_eq!(load(both, &[]).unwrap().password, Some(Secret::new("pw")));
    }
}

#[test]
fn an_address_in_the_options_beats_a_cluster_in_the_environment() {
    let config = load(json!({ "host": "h" }), &[("REDIS_CLUSTER_HOSTS", "a:1")]).unwrap();
    assert_eq!(config.topology, single("h", 6379));
    assert_eq!(config.warnings, ["REDIS_CLUSTER_HOSTS has no effect because option host is set"]);
    let config = load(json!({ "clusterHosts": "a:1" }), &[("REDIS_SENTINEL_HOSTS", "s:1")]).unwrap();
    assert_eq!(seeds(&config), "a:1");
}

#[test]
fn a_cluster_and_sentinels_at_once_are_refused() {
    let error = refused(json!({}), &[("REDIS_CLUSTER_HOSTS", "a:1"), ("REDIS_SENTINEL_HOSTS", "b:1")]);
    assert!(error.message().contains("REDIS_CLUSTER_HOSTS and REDIS_SENTINEL_HOSTS are both set"));
}

#[test]
fn without_redis_nothing_is_connected_to() {
    let config = from_env(&[("USE_REDIS", "false"), ("REDIS_CLUSTER_HOSTS", "a:1"), ("REDIS_TLS", "true")]);
    assert_eq!(config.topology(), &Topology::Embedded);
    assert!(!config.use_redis() && config.tls.is_none());
}

#[test]
fn an_address_is_not_excluded_by_the_default_family() {
    assert_eq!(from_env(&[("REDIS_HOST", "::1")]).family, Family::Any);
    assert_eq!(from_env(&[("REDIS_HOST", "127.0.0.1")]).family, Family::V4);
    let error = refused(json!({}), &[("REDIS_HOST", "::1"), ("REDIS_FAMILY", "4")]);
    assert!(error.message().starts_with("REDIS_FAMILY is \"4\" and the server is an IPv6 address"));
}
