use serde_json::json;

use super::super::endpoint::redact_url;
use super::super::setting::Secrecy;
use super::super::settings::SETTINGS;
use super::*;

const CANARY: &str = "c4n4ry";

fn assert_hidden(shown: &str) {
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(!shown.contains("Y2FuYXJ5"), "{shown}");
}

#[test]
fn no_secret_is_in_debug_describe_or_warnings() {
    let key = tls::KEY.replace("AAAA", "Y2FuYXJ5");
    let variables = [
        ("REDIS_URL", "rediss://user:c4n4ry-1@h:1/2?x=c4n4ry-2"),
        ("REDIS_PASSWORD", "c4n4ry-3"),
        ("REDIS_SENTINEL_HOSTS", "s:1"),
        ("REDIS_SENTINEL_PASSWORD", "c4n4ry-4"),
        ("REDIS_TLS_CERT", tls::CERTIFICATE),
        ("REDIS_TLS_KEY", &key),
        ("REDIS_TLS_INSECURE", "true"),
    ];
    let config = from_env(&variables);
    assert_eq!(config.password.as_ref().unwrap().expose(), "c4n4ry-1");
    assert!(config.warnings.len() >= 3);
    assert_hidden(&format!("{config:?} {config:#?}"));
    assert_hidden(&config.describe().to_string());
    assert_hidden(&config.warnings.join(" "));

    let shown = config.describe();
    assert_eq!(shown["password"]["value"], "(redacted)");
    assert_eq!(shown["tls.key"]["value"], "(redacted)");
    assert_eq!(shown["tls.cert"]["value"], "(PEM text)");
    assert_eq!(shown["url"]["value"], "rediss://user:(redacted)@h:1/2?(redacted)");
    assert_eq!(from_env(&[]).describe()["password"]["value"], Value::Null);
}

#[test]
fn every_setting_that_the_table_calls_secret_is_hidden() {
    let key = tls::KEY.replace("AAAA", "Y2FuYXJ5");
    let secrets: Vec<_> = SETTINGS.iter().filter(|setting| setting.secrecy == Secrecy::Secret).collect();
    assert!(secrets.len() >= 3);
    for setting in secrets {
        let mut variables = settings::company(setting.variable);
        variables.push((setting.variable, if setting.option == "tls.key" { &key } else { CANARY }));
        let config = from_env(&variables);
        assert_ne!(config.describe()[setting.option]["value"], Value::Null);
        assert_hidden(&format!("{config:?} {}", config.describe()));
    }
}

#[test]
fn no_secret_is_in_an_error() {
    let bad: &[(&str, &str)] = &[
        ("REDIS_URL", "redis://user:c4n4ry@h:99999"),
        ("REDIS_URL", "redis://user:p/c4n4ry@h"),
        ("REDIS_URL", "redis://user:p#c4n4ry@h"),
        ("REDIS_URL", "redis://user:p?c4n4ry@h"),
        ("REDIS_URL", "redis://user:p@c4n4ry@h/x"),
        ("REDIS_URL", "redis://user:p@b/c4n4ry@h/x"),
        ("REDIS_URL", "redis://c4n4ry@h/x"),
        ("REDIS_URL", "redis://user:c4n4ry"),
        ("REDIS_URL", "redis://:c4n4ry/0"),
        ("REDIS_URL", "user:c4n4ry@h:1"),
        ("REDIS_URL", "redis:/user:c4n4ry@h"),
        ("REDIS_URL", "c4n4ry"),
        ("REDIS_URL", "unix:///s?db=x&pass=c4n4ry"),
        ("REDIS_HOST", "redis://:c4n4ry@h"),
        ("REDIS_HOST", "user:c4n4ry@h"),
        ("REDIS_CLUSTER_HOSTS", "a:1,user:c4n4ry@b:1"),
        ("REDIS_SENTINEL_HOSTS", "redis://:c4n4ry@a:1"),
    ];
    for (variable, value) in bad {
        let error = refused(json!({}), &[(variable, value)]);
        assert_hidden(&format!("{error} {error:?}"));
    }
    for options in [
        json!({ "password": { "value": "c4n4ry" } }),
        json!({ "password": ["c4n4ry"] }),
        json!({ "password": "c4n4ry".repeat(20_000) }),
        json!({ "redis://:c4n4ry@h": true }),
        json!({ "clusterHosts": [{ "host": "c4n4ry@h", "port": 1 }] }),
    ] {
        assert_hidden(&refused(options, &[]).to_string());
    }
}

#[test]
fn a_redacted_url_keeps_what_helps() {
    for (url, shown) in [
        ("redis://h:1/2", "redis://h:1/2"),
        ("redis://user:pw@h:1/x", "redis://user:(redacted)@h:1/x"),
        ("rediss://:pw@[::1]:1", "rediss://:(redacted)@[::1]:1"),
        ("redis://[::1]", "redis://[::1]"),
        ("redis://token@h", "redis://(redacted)@h"),
        ("unix:///run/redis.sock?pass=x", "unix:///run/redis.sock?(redacted)"),
        ("redis://h:pw", "redis://(redacted)"),
        ("not a url", "(redacted)"),
    ] {
        assert_eq!(redact_url(url), shown);
    }
}

#[test]
fn a_secret_shows_itself_only_when_asked() {
    let secret = Secret::new(CANARY);
    assert_eq!(format!("{secret:?}"), "(redacted)");
    assert_eq!(secret.expose(), CANARY);
}
