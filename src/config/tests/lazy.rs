//! Whether a client waits for its first call before it connects.

use serde_json::{Value, json};

use crate::config::waits_to_connect;
use crate::error::Result;

fn waits(options: Value, variables: &[(&str, &str)]) -> Result<bool> {
    let env = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, text)| (*text).to_owned())
    };
    waits_to_connect(options.as_object().unwrap(), &env)
}

#[test]
fn a_client_waits_only_where_somebody_chose_so() {
    assert_eq!(waits(json!({}), &[]), Ok(false));
    assert_eq!(waits(json!({ "lazyConnect": true }), &[]), Ok(true));
    assert_eq!(waits(json!({ "lazyConnect": false }), &[]), Ok(false));
    assert_eq!(waits(json!({}), &[("REDIS_LAZY_CONNECT", "true")]), Ok(true));
}

#[test]
fn a_certificate_that_cannot_be_used_is_no_error_yet() {
    for tls in [
        json!({ "ca": "/nowhere/ca.pem" }),
        json!({ "cert": "/nowhere/cert.pem", "key": "/nowhere/key.pem" }),
        json!({ "key": "-----BEGIN" }),
    ] {
        assert_eq!(waits(json!({ "tls": tls }), &[]), Ok(false), "{tls}");
        assert_eq!(waits(json!({ "tls": tls, "lazyConnect": true }), &[]), Ok(true), "{tls}");
    }
}

#[test]
fn every_other_setting_that_is_not_allowed_is_an_error_at_once() {
    for options in [
        json!({ "port": 0 }),
        json!({ "minPoolSize": 5, "poolSize": 2 }),
        json!({ "tls": { "servername": "a b" } }),
    ] {
        assert!(waits(options.clone(), &[]).is_err(), "{options}");
    }
}
