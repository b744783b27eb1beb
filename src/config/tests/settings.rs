use std::time::Duration;

use serde_json::json;

use super::super::rule::Rule;
use super::super::setting::{Preset, Setting};
use super::super::settings::SETTINGS;
use super::*;

#[test]
fn without_options_and_variables_the_documented_defaults_hold() {
    let config = from_env(&[]);
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.topology, single("localhost", 6379));
    assert_eq!((&config.username, &config.password, config.database), (&None, &None, 0));
    assert_eq!(config.tls, None);
    assert_eq!((config.min_pool_size, config.pool_size), (5, 20));
    assert_eq!(config.connect_timeout, Duration::from_secs(10));
    assert_eq!(config.command_timeout, Duration::from_secs(5));
    assert_eq!((config.max_retries, config.retry_delay), (3, Duration::from_millis(100)));
    assert_eq!(config.keep_alive, Some(Duration::from_secs(30)));
    assert_eq!((config.family, config.lazy_connect), (Family::V4, true));
    assert_eq!(config.key_prefix, "jack:dev:");
    assert_eq!(config.default_ttl, Duration::from_secs(7200));
    assert_eq!((config.compression, config.compression_threshold_bytes), (Compression::Auto, 1024));
    assert_eq!((config.memory_max_bytes, config.journal_max_bytes), (64 << 20, 64 << 20));
    assert_eq!((config.queue_max_commands, config.queue_max_bytes), (1_000_000, 256 << 20));
    assert_eq!((config.log_level, config.driver), (LogLevel::Warn, Driver::Auto));
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn production_and_test_have_defaults_of_their_own() {
    let production = from_env(&[("NODE_ENV", "production")]);
    assert_eq!(production.environment, Environment::Production);
    assert_eq!((production.max_retries, production.keep_alive), (5, Some(Duration::from_secs(60))));
    assert_eq!(production.key_prefix, "jack:prod:");
    assert_eq!((production.min_pool_size, production.pool_size), (5, 20));

    let test = from_env(&[("NODE_ENV", "test"), ("TEST_REDIS_DB", "7")]);
    assert_eq!((test.min_pool_size, test.pool_size), (1, 5));
    assert_eq!((test.key_prefix.as_str(), test.database), ("jack:dev:", 0));
    assert_eq!(test.module_database, 7);

    let staging = from_env(&[("NODE_ENV", "staging")]);
    assert_eq!(staging.environment, Environment::Development);
    assert_eq!(staging.client_key_prefix, "whatsapp:staging:");
    let named = [("REDIS_KEY_PREFIX", "whatsapp:staging:"), ("ORGCACHE_PREFIX", "orgcache:staging:")];
    assert_eq!(staging, from_env(&named));
    assert_eq!(from_env(&[]).client_key_prefix, "whatsapp:development:");
    assert_eq!(staging.room_prefix, "orgcache:staging:");
    assert_eq!(from_env(&[]).room_prefix, "orgcache:development:");
    assert_eq!(from_env(&[("NODE_ENV", "my env*")]).client_key_prefix, "whatsapp:development:");
}

#[test]
fn tests_whose_code_names_no_database_get_one_apart_in_the_module_of_redis() {
    let databases = |variables: &[(&'static str, &'static str)]| {
        let config = from_env(variables);
        let row = config.describe()["testDb"].clone();
        assert_eq!(row.get("inForce").unwrap_or(&row["value"]), &json!(config.module_database));
        (config.database, config.module_database)
    };
    let test = ("NODE_ENV", "test");
    assert_eq!(databases(&[test]), (0, 1));
    assert_eq!(databases(&[test, ("REDIS_URL", "redis://h")]), (0, 1));
    assert_eq!(databases(&[test, ("REDIS_URL", "redis://h/")]), (0, 1));
    assert_eq!(databases(&[test, ("REDIS_URL", "redis://h/0")]), (0, 1));
    assert_eq!(databases(&[test, ("REDIS_URL", "unix:///s?db=4")]), (4, 1));
    assert_eq!(databases(&[test, ("REDIS_DB", "3"), ("TEST_REDIS_DB", "7")]), (3, 7));
    assert_eq!(databases(&[("TEST_REDIS_DB", "7")]), (0, 0));
    assert_eq!(databases(&[test, ("REDIS_CLUSTER_HOSTS", "a:1")]), (0, 0));
    assert_eq!(databases(&[test, ("REDIS_SENTINEL_HOSTS", "a:1")]), (0, 1));
    assert_eq!(databases(&[("NODE_ENV", "production"), ("REDIS_DB", "2")]), (2, 2));
    let chosen = |options| load(options, &[test, ("TEST_REDIS_DB", "7")]).unwrap().module_database;
    assert_eq!(chosen(json!({ "db": 5 })), 5);
    assert_eq!(chosen(json!({ "url": "redis://h/6" })), 6);
    assert_eq!(chosen(json!({ "url": "redis://h" })), 7);
}

#[test]
fn what_is_set_beats_the_environments_special_defaults() {
    let config = from_env(&[
        ("NODE_ENV", "production"),
        ("REDIS_MAX_RETRIES", "2"),
        ("CACHE_KEY_PREFIX", "shop:"),
        ("REDIS_KEEP_ALIVE", "0"),
    ]);
    assert_eq!((config.max_retries, config.keep_alive), (2, None));
    assert_eq!(config.key_prefix, "shop:");
}

/// A setting, an allowed text for it that is not its default, and what the configuration shows. Every setting is here
/// whose value others have a say in, and one of each type that a row gives its field.
type Sample = (&'static str, &'static str, fn(&Config) -> String, &'static str);

const SAMPLES: &[Sample] = &[
    ("USE_REDIS", "no", |c| format!("{:?}", c.topology), "Embedded"),
    ("REDIS_URL", "redis://h:1/2", |c| format!("{} {}", c.endpoint().unwrap(), c.database), "h:1 2"),
    ("REDIS_HOST", "cache_1.local", |c| c.endpoint().unwrap().to_string(), "cache_1.local:6379"),
    ("REDIS_PORT", "65535", |c| c.endpoint().unwrap().to_string(), "localhost:65535"),
    ("REDIS_USERNAME", "app", |c| c.username.clone().unwrap(), "app"),
    ("REDIS_PASSWORD", " p@ss ", |c| c.password.clone().unwrap().expose().to_owned(), " p@ss "),
    ("REDIS_DB", "15", |c| c.database.to_string(), "15"),
    ("TEST_REDIS_DB", "7", |c| c.module_database.to_string(), "7"),
    ("REDIS_TLS", "ON", |c| c.tls.is_some().to_string(), "true"),
    ("REDIS_TLS_CA", tls::CERTIFICATE, |c| c.tls.clone().unwrap().ca.unwrap(), tls::CERTIFICATE),
    ("REDIS_TLS_CERT", tls::CERTIFICATE, |c| identity(c).certificate, tls::CERTIFICATE),
    ("REDIS_TLS_KEY", tls::KEY, |c| identity(c).key.expose().to_owned(), tls::KEY),
    ("REDIS_TLS_SERVERNAME", "redis.test", |c| c.tls.clone().unwrap().server_name.unwrap(), "redis.test"),
    ("REDIS_TLS_INSECURE", "yes", |c| c.tls.clone().unwrap().insecure.to_string(), "true"),
    ("REDIS_CLUSTER_HOSTS", "a:1,[::1]:2", |c| addresses::seeds(c), "a:1 [::1]:2"),
    ("REDIS_SENTINEL_HOSTS", "a:1, b:2", |c| addresses::sentinels(c), "a:1 b:2 mymaster - None"),
    ("REDIS_SENTINEL_NAME", "main", |c| addresses::sentinels(c), "s:1 main - None"),
    ("REDIS_SENTINEL_USERNAME", "x", |c| addresses::sentinels(c), "s:1 mymaster x None"),
    ("REDIS_SENTINEL_PASSWORD", "x", |c| addresses::sentinels(c), "s:1 mymaster - Some((redacted))"),
    ("REDIS_MIN_POOL_SIZE", "2", |c| c.min_pool_size.to_string(), "2"),
    ("REDIS_POOL_SIZE", "33", |c| c.pool_size.to_string(), "33"),
    ("REDIS_CONNECT_TIMEOUT", "250", |c| format!("{:?}", c.connect_timeout), "250ms"),
    ("REDIS_MAX_RETRIES", "0", |c| c.max_retries.to_string(), "0"),
    ("REDIS_KEEP_ALIVE", "1500", |c| format!("{:?}", c.keep_alive), "Some(1.5s)"),
    ("REDIS_FAMILY", "6", |c| format!("{:?}", c.family), "V6"),
    ("REDIS_PROTOCOL", "3", |c| format!("{:?}", c.protocol), "Resp3"),
    ("REDIS_LAZY_CONNECT", "0", |c| c.lazy_connect.to_string(), "false"),
    ("CACHE_KEY_PREFIX", "{shop}:", |c| c.key_prefix.clone(), "{shop}:"),
    ("CACHE_DEFAULT_TTL", "60", |c| format!("{:?}", c.default_ttl), "60s"),
    ("CACHE_COMPRESSION", "ZSTD", |c| format!("{:?}", c.compression), "Zstd"),
    ("CACHE_MEMORY_MAX_BYTES", "1024", |c| c.memory_max_bytes.to_string(), "1024"),
    ("CACHE_JOURNAL_DIR", "/tmp/j", |c| c.journal_dir.clone().unwrap().display().to_string(), "/tmp/j"),
];

fn identity(config: &Config) -> TlsIdentity {
    config.tls.clone().unwrap().identity.unwrap()
}

/// The settings that the sample needs to have an effect.
pub(super) fn company(variable: &str) -> Vec<(&'static str, &'static str)> {
    match variable {
        "TEST_REDIS_DB" => vec![("NODE_ENV", "test")],
        "REDIS_TLS_CERT" => vec![("REDIS_TLS", "true"), ("REDIS_TLS_KEY", tls::KEY)],
        "REDIS_TLS_KEY" => vec![("REDIS_TLS", "true"), ("REDIS_TLS_CERT", tls::CERTIFICATE)],
        tls if tls.starts_with("REDIS_TLS_") => vec![("REDIS_TLS", "true")],
        "REDIS_SENTINEL_NAME" | "REDIS_SENTINEL_USERNAME" | "REDIS_SENTINEL_PASSWORD" => {
            vec![("REDIS_SENTINEL_HOSTS", "s:1")]
        }
        _ => vec![],
    }
}

fn options_with(option: &str, value: &str) -> Value {
    match option.split_once('.') {
        Some((object, member)) => json!({ object: { member: value } }),
        None => json!({ option: value }),
    }
}

/// A setting, an allowed text for it that is not its default, and what is seen of it in the configuration.
type Seen = (&'static Setting, String, Box<dyn Fn(&Config) -> String>);

fn samples() -> impl Iterator<Item = Seen> {
    SETTINGS.iter().map(|setting| -> Seen {
        if let Some((_, text, read, _)) = SAMPLES.iter().find(|(variable, ..)| *variable == setting.variable)
        {
            (setting, (*text).to_owned(), Box::new(*read))
        } else {
            let read = |config: &Config| config.own.shown(setting.name).unwrap();
            (setting, sample_of(setting), Box::new(read))
        }
    })
}

/// A text that the setting's rule allows and that is not its default.
fn sample_of(setting: &Setting) -> String {
    let default = setting.defaults.usual.to_json();
    match setting.rule {
        Rule::Bool => (default != json!(true)).to_string(),
        Rule::Integer { min, max, .. } => if default == json!(min) { max } else { min }.to_string(),
        Rule::Choice(words) | Rule::Words(words) => {
            words.iter().find(|word| default != json!(word)).unwrap().to_string()
        }
        Rule::Text { .. } | Rule::KeyPrefix | Rule::ClientKeyPrefix => "sample".to_owned(),
        Rule::Url | Rule::Port | Rule::Hosts { .. } => panic!("{} needs a row in SAMPLES", setting.variable),
    }
}

#[test]
fn every_setting_is_read_from_its_variable_and_from_its_option() {
    for (setting, text, read) in samples() {
        let company = company(setting.variable);
        let mut variables = company.clone();
        variables.push((setting.variable, &text));
        let by_variable = from_env(&variables);
        let by_option = load(options_with(setting.option, &text), &company).unwrap();
        assert_eq!(read(&by_variable), read(&by_option), "{}", setting.option);
        assert_eq!(by_variable, by_option, "{}", setting.option);
        let differs = match setting.variable {
            // One of the two is no identity.
            "REDIS_TLS_CERT" | "REDIS_TLS_KEY" => true,
            _ => by_variable != from_env(&company),
        };
        assert!(differs, "{}", setting.option);

        let shown = by_variable.describe()[setting.option].clone();
        assert_eq!(shown["variable"], setting.variable);
        assert_eq!(shown["source"], "environment");
        assert_eq!(by_option.describe()[setting.option]["source"], "option");
    }
}

#[test]
fn a_value_comes_out_in_the_type_of_its_field() {
    for (variable, text, read, expected) in SAMPLES {
        let mut variables = company(variable);
        variables.push((variable, text));
        assert_eq!(read(&from_env(&variables)), *expected, "{variable}");
    }
}

#[test]
fn an_option_beats_the_environment_for_every_setting() {
    for (setting, text, read) in samples() {
        let company = company(setting.variable);
        let expected = read(&load(options_with(setting.option, &text), &company).unwrap());
        let mut variables = company;
        // The environment's value is not validated; this one would be refused.
        variables.push((setting.variable, "\u{7f}not-allowed"));
        let config = load(options_with(setting.option, &text), &variables).unwrap();
        assert_eq!(read(&config), expected, "{}", setting.option);
    }
}

#[test]
fn empty_variables_and_null_options_count_as_unset() {
    let variables: Vec<(&str, &str)> = SETTINGS.iter().map(|setting| (setting.variable, "")).collect();
    assert_eq!(from_env(&variables), from_env(&[]));

    let options: Map<String, Value> = SETTINGS
        .iter()
        .filter(|setting| !setting.option.contains('.'))
        .map(|setting| (setting.option.to_owned(), Value::Null))
        .collect();
    let config = load(Value::Object(options), &[("REDIS_PORT", "7000")]).unwrap();
    assert_eq!(config.topology, single("localhost", 7000));
    assert_eq!(from_options(json!({ "url": "", "password": "", "port": "" })), from_env(&[]));
}

#[test]
fn no_key_prefix_is_the_empty_option_or_a_word_in_the_variable() {
    assert_eq!(from_options(json!({ "keyPrefix": "" })).key_prefix, "");
    assert_eq!(from_env(&[("CACHE_KEY_PREFIX", "")]).key_prefix, "jack:dev:");
    for word in ["none", "NONE", " none "] {
        let variables = ["CACHE_KEY_PREFIX", "REDIS_KEY_PREFIX", "ORGCACHE_PREFIX"].map(|name| (name, word));
        let config = from_env(&variables);
        assert_eq!((&*config.key_prefix, &*config.client_key_prefix, &*config.room_prefix), ("", "", ""));
        assert_eq!(config.describe()["keyPrefix"]["value"], "");
    }
    assert_eq!(from_options(json!({ "keyPrefix": "none" })).key_prefix, "none");
    assert_eq!(from_env(&[("CACHE_KEY_PREFIX", "none:")]).key_prefix, "none:");
}

#[test]
fn of_two_pool_sizes_that_contradict_each_other_the_option_decides() {
    let sizes = |config: Config| (config.min_pool_size, config.pool_size);
    let lowered = load(json!({ "poolSize": 3 }), &[("REDIS_MIN_POOL_SIZE", "8")]).unwrap();
    assert_eq!(sizes(lowered), (3, 3));
    let raised = load(json!({ "minPoolSize": 8 }), &[("REDIS_POOL_SIZE", "3")]).unwrap();
    assert_eq!(sizes(raised), (8, 8));
    refused(json!({ "minPoolSize": 8, "poolSize": 3 }), &[]);
    refused(json!({}), &[("REDIS_MIN_POOL_SIZE", "8"), ("REDIS_POOL_SIZE", "3")]);
}

#[test]
fn options_take_the_types_that_javascript_has() {
    let config = from_options(json!({
        "useRedis": true,
        "port": 7000.0,
        "db": "3",
        "lazyConnect": 0,
        "family": 6,
        "password": 1234,
        "poolSize": 9.007e3 / 9007.0 * 8.0,
    }));
    assert_eq!(config.topology, single("localhost", 7000));
    assert_eq!((config.database, config.lazy_connect, config.family), (3, false, Family::V6));
    assert_eq!(config.password, Some(Secret::new("1234")));
    assert_eq!(config.pool_size, 8);
}

#[test]
fn booleans_have_eight_words() {
    for (word, expected) in [("true", true), ("1", true), ("Yes", true), ("on", true)] {
        assert_eq!(from_env(&[("REDIS_TLS", word)]).tls.is_some(), expected);
    }
    for word in ["false", "0", "NO", "off"] {
        assert_eq!(from_env(&[("REDIS_TLS", word)]).tls, None);
    }
}

#[test]
fn a_small_pool_lowers_the_default_minimum() {
    let config = from_env(&[("REDIS_POOL_SIZE", "3")]);
    assert_eq!((config.min_pool_size, config.pool_size), (3, 3));
}

#[test]
fn equal_configurations_need_not_have_equal_sources() {
    assert_eq!(from_options(json!({ "port": 7000 })), from_env(&[("REDIS_PORT", "7000")]));
    assert_ne!(from_options(json!({ "port": 7000 })), from_env(&[("REDIS_PORT", "7001")]));
}

#[test]
fn every_row_has_its_sentences_and_its_defaults_pass_their_own_rules() {
    for (index, setting) in SETTINGS.iter().enumerate() {
        assert_eq!(setting.name as usize, index);
        for sentences in [setting.meaning, setting.details] {
            assert!(sentences.is_empty() || sentences.ends_with('.'), "{}", setting.option);
            assert!(!sentences.contains('|'), "{} would break its row", setting.option);
        }
        assert!(!setting.meaning.is_empty(), "{}", setting.option);
        let defaults = setting.defaults;
        for preset in [Some(defaults.usual), defaults.production, defaults.test].into_iter().flatten() {
            let text = match preset {
                Preset::Unset => continue,
                Preset::Bool(flag) => flag.to_string(),
                Preset::Integer(number) => number.to_string(),
                Preset::Text(text) => text.to_owned(),
            };
            assert!(setting.rule.parse(&text).is_some(), "{}", setting.option);
        }
    }
}

#[test]
fn the_table_for_tools_tells_every_setting() {
    let table = settings_table();
    let rows = table.as_array().unwrap();
    assert_eq!(rows.len(), SETTINGS.len());
    let retries = rows.iter().find(|row| row["option"] == "maxRetries").unwrap();
    assert_eq!(retries["variable"], "REDIS_MAX_RETRIES");
    assert_eq!(retries["value"], json!({ "kind": "integer", "unit": null }));
    assert_eq!(retries["allowed"], "an integer from 0 to 1000");
    assert_eq!(
        (&retries["default"], &retries["production"], &retries["test"]),
        (&json!(3), &json!(5), &json!(null))
    );
}
