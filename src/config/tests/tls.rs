use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;

pub(super) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
pub(super) const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

/// A file that is deleted when the test ends.
struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("orgcache-config-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        TestFile(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn material_is_read_from_files_at_load() {
    let (ca, certificate) = (TestFile::new("ca.pem", CERTIFICATE.as_bytes()), CERTIFICATE);
    let key = TestFile::new("key.pem", KEY.as_bytes());
    let config = from_options(json!({
        "tls": { "ca": ca.path(), "cert": certificate, "key": key.path(), "servername": "redis.test" },
    }));
    let shown = config.describe();
    assert_eq!(shown["tls"]["value"], true);
    assert_eq!(shown["tls.ca"]["value"], ca.path());
    let read = config.tls.clone().unwrap();
    drop(ca);
    assert_eq!(read.ca.as_deref(), Some(CERTIFICATE));
    let identity = read.identity.unwrap();
    assert_eq!((identity.certificate.as_str(), identity.key.expose()), (CERTIFICATE, KEY));
    assert_eq!((read.server_name.as_deref(), read.insecure), (Some("redis.test"), false));
}

#[test]
fn a_pem_on_one_line_with_spelled_out_line_ends_is_understood() {
    let one_line = CERTIFICATE.replace('\n', "\\n");
    let config = from_env(&[("REDIS_TLS", "1"), ("REDIS_TLS_CA", &one_line)]);
    assert_eq!(config.tls.clone().unwrap().ca.as_deref(), Some(CERTIFICATE));
}

#[test]
fn unusable_material_is_refused_with_the_reason_and_without_its_content() {
    let no_pem = TestFile::new("no-pem.pem", b"c4n4ry");
    let binary = TestFile::new("binary.pem", b"c4n4ry\xFF\xFE");
    let large = TestFile::new("large.pem", &vec![b'c'; defaults::MAX_PEM_BYTES + 1]);
    let key_file = TestFile::new("only-key.pem", KEY.as_bytes());
    let directory = std::env::temp_dir();
    for (value, reason) in [
        ("/no/such/file.pem", "there is no such file"),
        (no_pem.path(), "it holds no certificate"),
        (binary.path(), "it is not text"),
        (large.path(), "it is too large"),
        (key_file.path(), "it holds no certificate"),
        (directory.to_str().unwrap(), "it is not a file"),
        ("-----BEGIN CERTIFICATE-----\nc4n4ry!\n-----END CERTIFICATE-----\n", "it holds no certificate"),
        ("c4n4ry\nwithout-a-head", "there is no such file"),
        ("c4n4ry/c4n4ry==", "there is no such file"),
    ] {
        let error = refused(json!({}), &[("REDIS_TLS", "true"), ("REDIS_TLS_CA", value)]);
        assert!(error.message().starts_with("REDIS_TLS_CA is "), "{error}");
        assert!(error.message().contains(reason), "{error}");
        assert!(!error.message().contains("c4n4ry"), "{error}");
    }
}

#[test]
fn not_even_the_path_of_a_refused_key_is_shown() {
    for value in ["/no/such/c4n4ry.pem", CERTIFICATE, "c4n4ry"] {
        let error = refused(json!({ "tls": { "key": value, "cert": CERTIFICATE } }), &[]);
        assert!(error.message().starts_with("option tls.key is (redacted) ("), "{error}");
    }
}

#[test]
fn a_client_certificate_needs_its_key_and_the_other_way_round() {
    let error = refused(json!({ "tls": { "cert": CERTIFICATE } }), &[]);
    assert_eq!(
        error.message(),
        "option tls.cert is set without option tls.key; a client certificate needs both"
    );
    let error = refused(json!({}), &[("REDIS_TLS", "true"), ("REDIS_TLS_KEY", KEY)]);
    assert!(error.message().starts_with("REDIS_TLS_KEY is set without REDIS_TLS_CERT"), "{error}");
}

#[test]
fn turning_verification_off_warns() {
    for config in [
        from_options(json!({ "tls": { "insecure": true } })),
        from_env(&[("REDIS_URL", "rediss://h"), ("REDIS_TLS_INSECURE", "true")]),
        from_env(&[("REDIS_URL", "rediss://h/#insecure")]),
    ] {
        assert!(config.tls.clone().unwrap().insecure);
        assert!(config.warnings.iter().any(|warning| warning.starts_with("TLS verification is off")));
    }
}

#[test]
fn material_without_tls_is_not_read_and_warned_about() {
    let config = from_env(&[("REDIS_TLS_CA", "/no/such/file.pem")]);
    assert_eq!(config.tls, None);
    assert_eq!(
        config.warnings,
        ["REDIS_TLS_CA has no effect because TLS is off; set REDIS_TLS=true to turn it on"]
    );
}

#[test]
fn the_setting_turns_tls_on_for_a_plain_url_and_cannot_turn_it_off_for_a_tls_one() {
    assert!(from_env(&[("REDIS_URL", "redis://h"), ("REDIS_TLS", "true")]).tls.is_some());
    assert!(from_env(&[("REDIS_URL", "rediss://h"), ("REDIS_TLS", "false")]).tls.is_some());
    assert!(from_options(json!({ "tls": {} })).tls.is_some());
    assert!(from_options(json!({ "tls": false })).tls.is_none());
}

#[cfg(unix)]
#[test]
fn tls_on_a_unix_socket_is_refused() {
    let error = refused(json!({ "tls": true }), &[("REDIS_URL", "unix:///run/redis.sock")]);
    assert!(error.message().starts_with("option tls asks for TLS and REDIS_URL for a unix socket"));
}
