//! The URL of a client of which a part is chosen anew.

use serde_json::{Map, Value, json};

use crate::config::url_with;

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn with(options: Value, variables: &[(&str, &str)], changes: Value) -> Option<String> {
    let env = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, text)| (*text).to_owned())
    };
    url_with(object(&options), &env, object(&changes)).unwrap()
}

fn changed(url: &str, changes: Value) -> Option<String> {
    with(json!({ "url": url }), &[], changes)
}

#[test]
fn a_part_that_is_chosen_later_goes_into_the_url() {
    let url = "redis://app:pass@localhost:6379/2?protocol=resp3";
    let cases = [
        (json!({ "db": 7 }), "redis://app:pass@localhost:6379/7?protocol=resp3"),
        (json!({ "host": "other" }), "redis://app:pass@other:6379/2?protocol=resp3"),
        (json!({ "host": "::1", "port": 7000 }), "redis://app:pass@[::1]:7000/2?protocol=resp3"),
        (json!({ "port": "7000" }), "redis://app:pass@localhost:7000/2?protocol=resp3"),
        (json!({ "protocol": "2" }), "redis://app:pass@localhost:6379/2"),
        (json!({ "password": null }), "redis://app@localhost:6379/2?protocol=resp3"),
        (json!({ "username": null, "password": null }), "redis://localhost:6379/2?protocol=resp3"),
        (
            json!({ "password": "a%b@c:d/e é" }),
            "redis://app:a%25b%40c%3Ad%2Fe%20%C3%A9@localhost:6379/2?protocol=resp3",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(changed(url, changes.clone()).as_deref(), Some(expected), "{changes}");
    }
}

#[test]
fn the_url_of_a_path_has_its_parts_behind_the_question_mark() {
    let path = "unix:///run/redis.sock?db=1&user=app";
    let cases = [
        (json!({ "db": 3 }), "unix:///run/redis.sock?user=app&db=3"),
        (json!({ "username": null }), "unix:///run/redis.sock?db=1&user="),
        (json!({ "password": "p&q" }), "unix:///run/redis.sock?db=1&user=app&pass=p%26q"),
        (json!({ "host": "other" }), "redis://other"),
        (json!({ "port": 7000, "db": 2 }), "redis://localhost:7000/2"),
    ];
    for (changes, expected) in cases {
        assert_eq!(changed(path, changes.clone()).as_deref(), Some(expected), "{changes}");
    }
}

#[test]
fn the_url_stays_where_no_part_of_it_or_another_url_is_chosen() {
    let url = "redis://localhost:6379/2";
    assert_eq!(changed(url, json!({})), None);
    assert_eq!(changed(url, json!({ "poolSize": 3 })), None);
    assert_eq!(changed(url, json!({ "url": "redis://other", "db": 3 })), None);
    assert_eq!(changed("no url", json!({ "db": 3 })), None);
    assert_eq!(with(json!({}), &[], json!({ "db": 3 })), None);
}

#[test]
fn the_url_of_the_environment_counts_unless_an_option_names_other_servers() {
    let environment = [("REDIS_URL", "redis://app:canary@localhost/2")];
    assert_eq!(
        with(json!({}), &environment, json!({ "db": 3 })).as_deref(),
        Some("redis://app:canary@localhost/3")
    );
    for server in [
        json!({ "host": "other" }),
        json!({ "port": 7000 }),
        json!({ "clusterHosts": "a:1" }),
        json!({ "sentinelHosts": "a:1" }),
    ] {
        assert_eq!(with(server.clone(), &environment, json!({ "db": 3 })), None, "{server}");
    }
}

#[test]
fn a_port_that_is_none_is_refused_by_name() {
    for port in [json!(0), json!(65_536), json!("x"), json!(-1), json!(1.5), json!("+1")] {
        let options = json!({ "url": "redis://localhost" });
        let changes = json!({ "port": port });
        let error = url_with(object(&options), &|_| None, object(&changes)).unwrap_err();
        assert_eq!(
            error.message(),
            "option port is no port; allowed is an integer from 1 to 65535",
            "{port}"
        );
    }
}
