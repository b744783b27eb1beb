//! The options of a limiter, as JSON that JavaScript made of what the application gave.
//!
//! JSON has neither `undefined` nor NaN: what is left out has its default, and null is refused like any other value that
//! is not allowed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::policy::{Algorithm, Policy};
use super::policy_options::PolicyOptions;
use crate::config::nearest;
use crate::error::{Error, ErrorCode, Result};

const DEFAULT_NAMESPACE: &str = "default";
/// As long as a session's secret: guessing it would undo the hashes.
const MIN_SECRET_BYTES: usize = 32;
/// Providers give a household a /56 at least; a narrower prefix lets one client be many.
const DEFAULT_IPV6_PREFIX: u64 = 56;
/// Shorter than what a person notices as waiting, longer than a network's ordinary stutter.
const DEFAULT_DECISION_MS: u64 = 200;
/// Less would be shorter than a request to another datacenter; more is what `commandTimeout` is for.
const DECISION_MS: (u64, u64) = (5, 60_000);
/// Whoever is refused asks the same process again within this time without costing Redis anything.
const DEFAULT_LOCAL_DENY_SECONDS: u64 = 5;
const MAX_LOCAL_DENY_SECONDS: u64 = 3600;
/// Names of policies stand in headers, names of both in keys.
const MAX_NAME_BYTES: usize = 64;
/// A word of the bridge has room for more, and nobody names so many.
const MAX_POLICIES: usize = 1000;

const OPTIONS: [&str; 6] =
    ["policies", "namespace", "secret", "ipv6Prefix", "decisionMs", "localDenySeconds"];
const POLICY_OPTIONS: [&str; 11] = [
    "limit",
    "windowSeconds",
    "windowMs",
    "algorithm",
    "burst",
    "onRedisDown",
    "mode",
    "blockSeconds",
    "period",
    "leaseSeconds",
    "reserve",
];

/// Policies that most servers need, as options. Attempts to log in and the like are few and worth an exact count.
pub fn ready_policies() -> Value {
    json!({
        "api": { "limit": 100, "windowSeconds": 60 },
        "login": { "limit": 5, "windowSeconds": 300, "algorithm": "log" },
        "registration": { "limit": 3, "windowSeconds": 3600, "algorithm": "log" },
        "passwordReset": { "limit": 3, "windowSeconds": 3600, "algorithm": "log" },
    })
}

/// The decisions of a policy while Redis cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRedisDown {
    /// This process's share of the limit counts, in its memory.
    Local,
    Open,
    Closed,
}

impl OnRedisDown {
    const ALL: [(OnRedisDown, &'static str); 3] =
        [(OnRedisDown::Local, "local"), (OnRedisDown::Open, "open"), (OnRedisDown::Closed, "closed")];

    fn name(self) -> &'static str {
        OnRedisDown::ALL.into_iter().find(|(each, _)| *each == self).map_or("local", |(_, name)| name)
    }
}

/// A policy with its name.
#[derive(Debug, Clone)]
pub struct NamedPolicy {
    pub name: Box<str>,
    pub policy: Arc<Policy>,
    /// That of critical checks, for which nothing is kept back. The same, where nothing is.
    critical: Arc<Policy>,
    pub on_redis_down: OnRedisDown,
    reserve: f64,
}

/// The options of one limiter. Its `Debug` shows no secret.
pub struct LimiterOptions {
    pub namespace: String,
    pub secret: Option<String>,
    pub ipv6_prefix: u32,
    pub decision: Duration,
    pub local_deny: Duration,
    pub policies: Vec<NamedPolicy>,
}

impl std::fmt::Debug for LimiterOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LimiterOptions { namespace, secret, ipv6_prefix, decision, local_deny, policies } = self;
        f.debug_struct("LimiterOptions")
            .field("namespace", namespace)
            .field("secret", &secret.as_ref().map(|_| "[redacted]"))
            .field("ipv6_prefix", ipv6_prefix)
            .field("decision", decision)
            .field("local_deny", local_deny)
            .field("policies", policies)
            .finish()
    }
}

impl LimiterOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(text: &str) -> Result<LimiterOptions> {
        let Ok(Value::Object(given)) = serde_json::from_str(text) else {
            return Err(refusal("the options of a limiter are no object"));
        };
        refuse_unknown(&given, &OPTIONS, "")?;
        let namespace = text_of(&given, "namespace", "")?.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        check_name(&namespace, "namespace")?;
        let secret = text_of(&given, "secret", "")?;
        if secret.as_ref().is_some_and(|secret| secret.len() < MIN_SECRET_BYTES) {
            return Err(refusal("secret is too short; allowed is a text of at least 32 bytes"));
        }
        let (min, max) = DECISION_MS;
        let decision_ms = integer(&given, "decisionMs", DEFAULT_DECISION_MS, min, max)?;
        let local_deny =
            integer(&given, "localDenySeconds", DEFAULT_LOCAL_DENY_SECONDS, 0, MAX_LOCAL_DENY_SECONDS)?;
        Ok(LimiterOptions {
            namespace,
            secret,
            ipv6_prefix: integer(&given, "ipv6Prefix", DEFAULT_IPV6_PREFIX, 32, 128)? as u32,
            decision: Duration::from_millis(decision_ms),
            local_deny: Duration::from_secs(local_deny),
            policies: policies(&given)?,
        })
    }

    /// The options in force, without the secret.
    pub fn describe(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "ipv6Prefix": self.ipv6_prefix,
            "decisionMs": self.decision.as_millis() as u64,
            "localDenySeconds": self.local_deny.as_secs(),
            "policies": self.policies.iter().map(NamedPolicy::describe).collect::<Vec<_>>(),
        })
    }
}

impl NamedPolicy {
    /// # Errors
    /// As for `LimiterOptions::from_json`.
    pub fn from_json(name: &str, text: &str) -> Result<NamedPolicy> {
        match serde_json::from_str(text) {
            Ok(given) => NamedPolicy::from_value(name, &given),
            Err(_) => Err(refusal(&format!("policies.{name} is no object"))),
        }
    }

    fn from_value(name: &str, given: &Value) -> Result<NamedPolicy> {
        check_name(name, "the name of a policy")?;
        let place = format!("policies.{name}.");
        let Value::Object(given) = given else {
            return Err(refusal(&format!("policies.{name} is no object")));
        };
        refuse_unknown(given, &POLICY_OPTIONS, &place)?;
        let algorithm = text_of(given, "algorithm", &place)?;
        let on_redis_down = match text_of(given, "onRedisDown", &place)?.as_deref() {
            None => OnRedisDown::Local,
            Some(word) => OnRedisDown::ALL
                .into_iter()
                .find(|(_, name)| *name == word)
                .map(|(each, _)| each)
                .ok_or_else(|| {
                    refusal(&format!("{place}onRedisDown is unknown; allowed is local, open or closed"))
                })?,
        };
        let is_shadow = match text_of(given, "mode", &place)?.as_deref() {
            None | Some("enforce") => false,
            Some("shadow") => true,
            Some(_) => return Err(refusal(&format!("{place}mode is unknown; allowed is enforce or shadow"))),
        };
        let period = text_of(given, "period", &place)?;
        let number = |option| number(given, option);
        let options = PolicyOptions {
            algorithm: algorithm.as_deref(),
            limit: number("limit"),
            window_seconds: number("windowSeconds"),
            window_ms: number("windowMs"),
            burst: number("burst"),
            block_seconds: number("blockSeconds"),
            is_shadow,
            period: period.as_deref(),
            lease_seconds: number("leaseSeconds"),
            reserve: number("reserve"),
        };
        let policy = Arc::new(Policy::new(name, &options)?);
        let critical = if policy.reserved() == 0 { policy.clone() } else { Arc::new(policy.critical()) };
        let reserve = options.reserve.unwrap_or(0.0);
        Ok(NamedPolicy { name: name.into(), policy, critical, on_redis_down, reserve })
    }

    /// The policy of a check.
    pub fn of(&self, is_critical: bool) -> &Arc<Policy> {
        if is_critical { &self.critical } else { &self.policy }
    }

    fn describe(&self) -> Value {
        let policy = &self.policy;
        let mut described = json!({
            "name": self.name,
            "limit": policy.limit(),
            "algorithm": policy.algorithm().name(),
            "onRedisDown": self.on_redis_down.name(),
            "mode": if policy.is_shadow() { "shadow" } else { "enforce" },
            "blockSeconds": policy.block_ms() / 1000,
        });
        let window_ms = policy.window_ms();
        let seconds = match window_ms % 1000 {
            0 => json!(window_ms / 1000),
            _ => json!(window_ms as f64 / 1000.0),
        };
        match policy.algorithm() {
            Algorithm::Calendar => described["period"] = policy.period().name().into(),
            Algorithm::Concurrency => {
                described["leaseSeconds"] = seconds;
                described["reserve"] = self.reserve.into();
            }
            algorithm => {
                described["windowSeconds"] = seconds;
                if algorithm == Algorithm::Gcra {
                    described["burst"] = policy.burst().into();
                }
            }
        }
        described
    }
}

fn policies(given: &Map<String, Value>) -> Result<Vec<NamedPolicy>> {
    let Some(Value::Object(policies)) = given.get("policies") else {
        return Err(refusal("policies is missing; allowed is an object with a policy for each name"));
    };
    if policies.is_empty() || policies.len() > MAX_POLICIES {
        return Err(refusal("policies has none or too many; allowed are 1 to 1,000"));
    }
    policies.iter().map(|(name, given)| NamedPolicy::from_value(name, given)).collect()
}

fn refusal(sentence: &str) -> Error {
    Error::new(ErrorCode::Config, sentence.to_owned())
}

fn refuse_unknown(given: &Map<String, Value>, known: &[&str], place: &str) -> Result<()> {
    let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let meant = nearest(name, known.iter().copied());
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
    Err(refusal(&format!("{place}{name} is no option of a limiter{meant}")))
}

fn check_name(name: &str, what: &str) -> Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(refusal(&format!(
        "{what} is not allowed; give 1 to 64 letters, digits, hyphens, dots or underscores"
    )))
}

fn text_of(given: &Map<String, Value>, option: &str, place: &str) -> Result<Option<String>> {
    match given.get(option) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(refusal(&format!("{place}{option} is no text"))),
    }
}

/// What is there and no number is NaN, which no policy takes.
fn number(given: &Map<String, Value>, option: &str) -> Option<f64> {
    given.get(option).map(|value| value.as_f64().unwrap_or(f64::NAN))
}

fn integer(given: &Map<String, Value>, option: &str, default: u64, min: u64, max: u64) -> Result<u64> {
    let Some(number) = number(given, option) else { return Ok(default) };
    if number.fract() == 0.0 && number >= min as f64 && number <= max as f64 {
        return Ok(number as u64);
    }
    Err(refusal(&format!("{option} is not allowed; give an integer from {min} to {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = LimiterOptions::from_json(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Config);
        error.message().to_owned()
    }

    fn with(option: &str) -> String {
        format!(r#"{{"policies":{{"api":{{"limit":100,"windowSeconds":60}}}},{option}}}"#)
    }

    fn policy(options: &str) -> String {
        format!(r#"{{"policies":{{"api":{{"limit":100,"windowSeconds":60,{options}}}}}}}"#)
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let options =
            LimiterOptions::from_json(r#"{"policies":{"api":{"limit":100,"windowSeconds":60}}}"#).unwrap();
        assert_eq!(
            options.describe(),
            json!({
                "namespace": "default", "ipv6Prefix": 56, "decisionMs": 200, "localDenySeconds": 5,
                "policies": [{
                    "name": "api", "limit": 100, "windowSeconds": 60, "algorithm": "sliding",
                    "onRedisDown": "local", "mode": "enforce", "blockSeconds": 0,
                }],
            })
        );
        assert!(options.secret.is_none());
    }

    #[test]
    fn the_ready_policies_are_allowed() {
        let options = json!({ "policies": ready_policies() }).to_string();
        assert_eq!(LimiterOptions::from_json(&options).unwrap().policies.len(), 4);
    }

    #[test]
    fn every_option_counts() {
        let text = r#"{"namespace":"n","secret":"0123456789abcdef0123456789abcdef","ipv6Prefix":64,
            "decisionMs":50,"localDenySeconds":0,"policies":{"b":{"limit":2,"windowMs":1500,"algorithm":"gcra",
            "burst":3,"onRedisDown":"closed","mode":"shadow","blockSeconds":9}}}"#;
        let options = LimiterOptions::from_json(text).unwrap();
        assert_eq!(
            options.describe(),
            json!({
                "namespace": "n", "ipv6Prefix": 64, "decisionMs": 50, "localDenySeconds": 0,
                "policies": [{
                    "name": "b", "limit": 2, "windowSeconds": 1.5, "algorithm": "gcra", "burst": 3,
                    "onRedisDown": "closed", "mode": "shadow", "blockSeconds": 9,
                }],
            })
        );
        assert!(!format!("{options:?}").contains("0123456789"));
    }

    #[test]
    fn what_is_described_is_allowed_and_the_same() {
        for text in [
            r#"{"limit":100,"algorithm":"calendar","period":"month","blockSeconds":5}"#,
            r#"{"limit":20,"algorithm":"concurrency","leaseSeconds":9,"reserve":0.25,"onRedisDown":"open"}"#,
            r#"{"limit":20,"algorithm":"concurrency"}"#,
            r#"{"limit":2,"windowMs":1000,"algorithm":"gcra","burst":3,"mode":"shadow"}"#,
        ] {
            let named = NamedPolicy::from_json("p", text).unwrap();
            let mut described = named.describe();
            described.as_object_mut().unwrap().remove("name");
            let again = NamedPolicy::from_json("p", &described.to_string()).unwrap();
            assert_eq!((&again.policy, again.of(true)), (&named.policy, named.of(true)), "{described}");
            assert_eq!(again.describe(), named.describe());
        }
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        for (text, expected) in [
            ("[]".to_owned(), "no object"),
            ("{}".to_owned(), "policies is missing"),
            (r#"{"policies":{}}"#.to_owned(), "1 to 1,000"),
            (with(r#""ipv6Prefix":31"#), "ipv6Prefix is not allowed; give an integer from 32 to 128"),
            (with(r#""decisionMs":0"#), "decisionMs is not allowed; give an integer from 5 to 60000"),
            (with(r#""decisionMs":null"#), "decisionMs"),
            (with(r#""localDenySeconds":1.5"#), "localDenySeconds"),
            (with(r#""secret":"short""#), "at least 32 bytes"),
            (with(r#""namespace":"a:b""#), "namespace is not allowed"),
            (with(r#""namespace":7"#), "namespace is no text"),
            (with(r#""decisionMS":7"#), "did you mean decisionMs?"),
            (policy(r#""onRedisDown":"shut""#), "policies.api.onRedisDown is unknown; allowed is local"),
            (policy(r#""mode":"off""#), "policies.api.mode is unknown"),
            (policy(r#""burts":1"#), "policies.api.burts is no option of a limiter; did you mean burst?"),
            (policy(r#""limit":null"#), "policies.api.limit is NaN"),
            (policy(r#""period":"day""#), "policies.api.period is \"day\"; allowed is no period"),
            (policy(r#""period":7"#), "policies.api.period is no text"),
            (policy(r#""reserve":null"#), "policies.api.reserve is NaN; allowed is no reserve"),
            (r#"{"policies":{"a b":{}}}"#.to_owned(), "the name of a policy is not allowed"),
        ] {
            let message = refused(&text);
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
