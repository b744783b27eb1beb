use serde_json::json;

use super::super::rule::Rule;
use super::super::setting::Setting;
use super::super::settings::SETTINGS;
use super::*;

/// Values that variables refuse, beside those that follow from their rules.
const BAD: &[(&str, &[&str])] = &[
    (
        "REDIS_URL",
        &[
            "localhost",
            "http://localhost",
            "redis://",
            "redis://h:0",
            "redis://h:65536",
            "redis://h:x",
            "redis://h/abc",
            "redis://h/-1",
            "redis://h/1/2",
            "redis://h/99999999999",
            "redis://h%20x",
            "redis://u:%FF@h",
            "rediss://h#other",
            "redis://h?protocol=9",
            "unix://",
            "unix:///s?db=x",
        ],
    ),
    ("REDIS_HOST", &["a b", "a/b", "redis://h", "h:6379", "[::1]", "хост"]),
    (
        "REDIS_PORT",
        &[
            "0",
            "65536",
            "-1",
            "+1",
            "6379.5",
            "abc",
            "tcp://10.0.0.1",
            "tcp://:6379",
            "udp://10.0.0.1:6379",
            " ",
        ],
    ),
    ("REDIS_TLS_SERVERNAME", &["https://h"]),
    (
        "REDIS_CLUSTER_HOSTS",
        &[
            "a b", "a:", ":1", "[a]", "[::1", "::1]", "::1", "a:0", "a:65536", "a:1,", "a:+1", "::1:1",
            "[a]:1", "a:1;b:1",
        ],
    ),
    ("REDIS_SENTINEL_HOSTS", &["a/b", "redis://a:1", ","]),
    ("REDIS_SENTINEL_NAME", &["my master"]),
    ("REDIS_MIN_POOL_SIZE", &["21"]),
    ("REDIS_CONNECTION_NAME", &["two words", "Jürgen"]),
    ("CACHE_DEFAULT_TTL", &["NaN", "18446744073709551616"]),
    ("CACHE_MEMORY_MAX_BYTES", &["64mb"]),
    ("CACHE_JOURNAL_DIR", &["a\0b"]),
];

/// Texts that the rule refuses by itself.
fn outside(rule: Rule) -> Vec<String> {
    let fixed: &[&str] = match rule {
        Rule::Bool => &["maybe", "2", "tru", "y"],
        Rule::Integer { min, max, .. } => {
            let beyond = [Some(max + 1), min.checked_sub(1)].into_iter().flatten();
            let words = ["-1", "x", "1e1", "10s"].map(str::to_owned);
            return beyond.map(|number| number.to_string()).chain(words).collect();
        }
        Rule::Choice(_) | Rule::Words(_) => &["no-such-word", "-1"],
        Rule::KeyPrefix => &["a b:", "a*:", "a?:", "[a]:", "a\\:", "ключ:", "a\n:"],
        Rule::ClientKeyPrefix => &["a\tb:", "a\u{7f}:"],
        Rule::Text { .. } | Rule::Url | Rule::Port | Rule::Hosts { .. } => &[],
    };
    fixed.iter().map(|text| (*text).to_owned()).collect()
}

/// Each setting with the values that it refuses.
fn bad_values() -> impl Iterator<Item = (&'static Setting, Vec<String>)> {
    SETTINGS.iter().map(|setting| {
        let listed = BAD.iter().filter(|(variable, _)| *variable == setting.variable);
        let listed = listed.flat_map(|(_, values)| *values).map(|text| (*text).to_owned());
        (setting, outside(setting.rule).into_iter().chain(listed).collect())
    })
}

#[test]
fn a_bad_value_is_refused_by_variable_and_option_with_what_is_allowed() {
    for (setting, values) in bad_values() {
        let variable = setting.variable;
        let company = settings::company(variable);
        for value in &values {
            let mut variables = company.clone();
            variables.push((variable, value));
            let error = refused(json!({}), &variables);
            assert!(error.message().starts_with(&format!("{variable} is ")), "{error}");
            assert!(error.message().contains("; allowed is "), "{error}");

            let option = match setting.option.split_once('.') {
                Some((object, member)) => json!({ object: { member: value } }),
                None => json!({ setting.option: value }),
            };
            let error = refused(option, &company);
            assert!(error.message().starts_with(&format!("option {} is ", setting.option)), "{error}");
        }
    }
}

#[test]
fn every_setting_that_can_be_wrong_has_a_bad_value_here_or_in_the_tls_tests() {
    let free_text =
        ["REDIS_USERNAME", "REDIS_PASSWORD", "REDIS_SENTINEL_USERNAME", "REDIS_SENTINEL_PASSWORD"];
    let files = ["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"];
    for (setting, values) in bad_values() {
        let is_elsewhere = free_text.contains(&setting.variable) || files.contains(&setting.variable);
        assert!(!values.is_empty() || is_elsewhere, "{}", setting.variable);
    }
}

#[test]
fn the_sentence_names_variable_value_and_what_is_allowed() {
    let message = |variable, value| refused(json!({}), &[(variable, value)]).message().to_owned();
    assert_eq!(
        message("REDIS_PORT", "abc"),
        "REDIS_PORT is \"abc\"; allowed is an integer from 1 to 65535, or tcp://host:port as Kubernetes sets it"
    );
    assert_eq!(
        message("REDIS_DB", "tcp://10.0.0.1:6379"),
        "REDIS_DB is \"tcp://10.0.0.1:6379\"; allowed is an integer from 0 to 2147483647"
    );
    assert_eq!(
        message("REDIS_CONNECT_TIMEOUT", "0"),
        "REDIS_CONNECT_TIMEOUT is \"0\"; allowed is an integer from 1 to 600000 (milliseconds)"
    );
    assert_eq!(
        message("CACHE_COMPRESSION", "gzip"),
        "CACHE_COMPRESSION is \"gzip\"; allowed is auto, none, lz4 or zstd"
    );
    assert_eq!(
        message("REDIS_MIN_POOL_SIZE", "21"),
        "REDIS_MIN_POOL_SIZE is 21; allowed is an integer from 1 to 20, the value of REDIS_POOL_SIZE"
    );
}

#[test]
fn options_of_the_wrong_type_are_refused() {
    for options in [
        json!({ "port": {} }),
        json!({ "port": [6379] }),
        json!({ "port": 1.5 }),
        json!({ "port": -1 }),
        json!({ "port": true }),
        json!({ "useRedis": 2 }),
        json!({ "host": {} }),
        json!({ "clusterHosts": [1] }),
        json!({ "clusterHosts": [] }),
        json!({ "clusterHosts": [{ "port": 1 }, { "host": "a", "port": [] }] }),
        json!({ "clusterHosts": {} }),
        json!({ "tls": "perhaps" }),
        json!({ "tls": ["ca"] }),
        json!({ "tls": { "insecure": {} } }),
        json!({ "defaultTtl": 1e300 }),
    ] {
        refused(options, &[]);
    }
}

#[test]
fn credentials_and_prefixes_have_a_longest_length() {
    refused(json!({ "password": "x".repeat(defaults::MAX_CREDENTIAL_BYTES + 1) }), &[]);
    refused(json!({ "keyPrefix": "x".repeat(defaults::MAX_KEY_PREFIX_BYTES + 1) }), &[]);
    from_options(json!({ "keyPrefix": "x".repeat(defaults::MAX_KEY_PREFIX_BYTES) }));
    let error = refused(json!({ "host": "x".repeat(254) }), &[]);
    assert!(error.message().contains("text of 254 bytes"), "{error}");
}

#[test]
fn an_unknown_option_is_refused_with_the_nearest_name() {
    for (typed, meant) in [
        ("keyprefix", "keyPrefix"),
        ("hots", "host"),
        ("defaultTTL", "defaultTtl"),
        ("REDIS_URL", "url"),
        ("connectionTimeout", "connectTimeout"),
        ("tls.Ca", "tls.ca"),
    ] {
        let error = refused(json!({ typed: "x" }), &[]);
        assert_eq!(error.message(), format!("there is no option {typed}; did you mean {meant}?"));
    }
    let error = refused(json!({ "tls": { "cart": "x" } }), &[]);
    assert_eq!(error.message(), "there is no option tls.cart; did you mean tls.cert?");
    let error = refused(json!({ "qqqqqqqqqqqqqqqq": 1 }), &[]);
    assert!(error.message().contains("the options are useRedis, url, host,"), "{error}");
}
