//! The options of caches and calls, as JSON that JavaScript made of what the application gave.
//!
//! What is left out has its default, or what the cache has. Everything else is checked here, and refused by its name.

use serde_json::{Map, Value, json};

use super::given::{number, object, one_of, refusal, refuse_unknown, short, word};
use super::near_options::{NearOptions, Share};
use crate::error::{Error, ErrorCode, Result};
use crate::key::push_part;

/// Ten years: beyond, an expiry would be a mistake.
const MAX_SECONDS: f64 = 315_360_000.0;
const MIN_TTL_SECONDS: f64 = 0.001;
/// A day: a caller that waits longer has a job, not a request.
const MAX_WAIT_MS: f64 = 86_400_000.0;
/// A holder renews three times in a lease. Under load a shorter one would be lost to a busy event loop.
const LEASE_MS: (f64, f64) = (100.0, 60_000.0);
/// What the death of a computing process costs the others at most.
const DEFAULT_LEASE_MS: u64 = 3_000;
const MAX_NAME_CHARACTERS: usize = 64;
/// More namespaces than this in one another are a mistake.
const MAX_NAMESPACES: usize = 8;
const MAX_TAGS: usize = 64;
const MAX_TAG_BYTES: usize = 128;
const MAX_META_BYTES: usize = 1024;
const MAX_ENTRIES: f64 = 1e9;

/// A lease is renewed this often in its time.
const RENEWALS: u64 = 3;
/// A factory goes on when nobody waits for it any more. One that runs longer than this loses its lease, unless
/// hardTimeoutMs is longer still.
const RENEWED_MS: u64 = 60_000;

/// `meta` is a factory's.
pub(super) const CALL_OPTIONS: [&str; 11] = [
    "ttlSeconds",
    "graceSeconds",
    "softTimeoutMs",
    "hardTimeoutMs",
    "lockTimeoutMs",
    "jitter",
    "earlyRefresh",
    "negativeSeconds",
    "retryAfterErrorSeconds",
    "tags",
    "meta",
];
const CACHE_OPTIONS: [&str; 7] =
    ["name", "namespaces", "serializer", "onRedisDown", "leaseMs", "quota", "near"];
const QUOTA_OPTIONS: [&str; 2] = ["maxEntries", "onFull"];

/// When a fresh entry is made anew in the background.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EarlyRefresh {
    Off,
    /// `XFetch`, beta 1.
    Likely,
    /// From this share of the lifetime on.
    From(f64),
}

/// What counts for one call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOptions {
    pub ttl_ms: u64,
    pub grace_ms: u64,
    pub soft_timeout_ms: Option<u64>,
    pub hard_timeout_ms: u64,
    pub lock_timeout_ms: Option<u64>,
    pub jitter: f64,
    pub early_refresh: EarlyRefresh,
    pub negative_ms: u64,
    pub retry_after_error_ms: u64,
    /// Names as in keys, each once.
    pub tags: Vec<Vec<u8>>,
    /// JSON text.
    pub meta: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serializer {
    Json,
    V8,
}

/// What answers while Redis is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRedisDown {
    /// What this process remembers, then the factory.
    Serve,
    Factory,
    Reject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub max_entries: u64,
    /// The entries that end next make room; else nothing more is stored.
    pub evicts: bool,
}

/// The options of `createCache`, or of a namespace of a cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheOptions {
    pub name: Box<str>,
    pub namespaces: Box<[Box<str>]>,
    pub serializer: Serializer,
    pub on_redis_down: OnRedisDown,
    pub lease_ms: u64,
    pub quota: Option<Quota>,
    /// `None`: no copies.
    pub near: Option<NearOptions>,
    pub call: CallOptions,
}

impl Default for CallOptions {
    fn default() -> CallOptions {
        CallOptions {
            ttl_ms: 300_000,
            grace_ms: 0,
            soft_timeout_ms: None,
            hard_timeout_ms: 30_000,
            lock_timeout_ms: None,
            jitter: 0.05,
            early_refresh: EarlyRefresh::Likely,
            negative_ms: 0,
            retry_after_error_ms: 5_000,
            tags: Vec::new(),
            meta: Vec::new(),
        }
    }
}

impl CallOptions {
    /// These options with what `text`, a JSON object, says differently.
    ///
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed; `E_TAG`.
    pub fn with(&self, text: &str) -> Result<CallOptions> {
        let given = object(text)?;
        refuse_unknown(&given, &[&CALL_OPTIONS])?;
        self.merged(&given)
    }

    fn merged(&self, given: &Map<String, Value>) -> Result<CallOptions> {
        let mut options = self.clone();
        let milliseconds = |name, min: f64, max: f64, unit: f64| {
            Ok::<_, Error>(number(given, name, min, max)?.map(|value| (value * unit).round() as u64))
        };
        let seconds = |name, min| milliseconds(name, min, MAX_SECONDS, 1000.0);
        options.ttl_ms = seconds("ttlSeconds", MIN_TTL_SECONDS)?.unwrap_or(options.ttl_ms);
        options.grace_ms = seconds("graceSeconds", 0.0)?.unwrap_or(options.grace_ms);
        options.negative_ms = seconds("negativeSeconds", 0.0)?.unwrap_or(options.negative_ms);
        options.retry_after_error_ms =
            seconds("retryAfterErrorSeconds", 0.0)?.unwrap_or(options.retry_after_error_ms);
        let wait = |name, min| milliseconds(name, min, MAX_WAIT_MS, 1.0);
        options.soft_timeout_ms = wait("softTimeoutMs", 0.0)?.or(options.soft_timeout_ms);
        options.hard_timeout_ms = wait("hardTimeoutMs", 1.0)?.unwrap_or(options.hard_timeout_ms);
        options.lock_timeout_ms = wait("lockTimeoutMs", 0.0)?.or(options.lock_timeout_ms);
        if options.soft_timeout_ms.is_some_and(|soft| soft >= options.hard_timeout_ms) {
            return Err(refusal("softTimeoutMs is not allowed; allowed is less than hardTimeoutMs"));
        }
        options.jitter = number(given, "jitter", 0.0, 0.5)?.unwrap_or(options.jitter);
        options.early_refresh = early_refresh(given)?.unwrap_or(options.early_refresh);
        if let Some(tags) = given.get("tags") {
            options.tags = tags_of(tags)?;
        }
        if let Some(meta) = given.get("meta") {
            options.meta = match meta.as_str() {
                Some(meta) if meta.len() <= MAX_META_BYTES => meta.as_bytes().to_vec(),
                _ => {
                    return Err(refusal(
                        "meta is not allowed; allowed is a value whose JSON has at most 1024 bytes",
                    ));
                }
            };
        }
        Ok(options)
    }

    /// How long an entry that is made now is fresh, in ms: drawn from the last share of the lifetime.
    pub fn drawn_ttl_ms(&self, ttl_ms: u64, share: f64) -> u64 {
        ((ttl_ms as f64 * (1.0 - self.jitter * share)).round() as u64).max(1)
    }

    fn described(&self) -> Value {
        let seconds = |ms: u64| short(ms as f64 / 1000.0);
        let tags: Vec<_> = self.tags.iter().filter_map(|tag| crate::key::part_name(tag)).collect();
        json!({
            "ttlSeconds": seconds(self.ttl_ms),
            "graceSeconds": seconds(self.grace_ms),
            "softTimeoutMs": self.soft_timeout_ms,
            "hardTimeoutMs": self.hard_timeout_ms,
            "lockTimeoutMs": self.lock_timeout_ms.unwrap_or(self.hard_timeout_ms),
            "jitter": self.jitter,
            "earlyRefresh": match self.early_refresh {
                EarlyRefresh::Off => false.into(),
                EarlyRefresh::Likely => true.into(),
                EarlyRefresh::From(share) => json!(share),
            },
            "negativeSeconds": seconds(self.negative_ms),
            "retryAfterErrorSeconds": seconds(self.retry_after_error_ms),
            "tags": tags,
        })
    }

    /// The options in force, and how long a lease is renewed.
    pub fn describe(&self, lease_ms: u64) -> Value {
        let mut described = self.described();
        described["renewMs"] = (lease_ms / RENEWALS).into();
        // A wait for another process's lease is told of its end. It asks again, because that process may have died.
        described["askAgainMs"] = (lease_ms / 2).into();
        described["renewForMs"] = self.hard_timeout_ms.max(RENEWED_MS).into();
        described
    }
}

impl CacheOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed; `E_TAG`.
    pub fn from_json(text: &str) -> Result<CacheOptions> {
        let given = object(text)?;
        refuse_unknown(&given, &[&CACHE_OPTIONS, &CALL_OPTIONS])?;
        let name = word(&given, "name")?.unwrap_or_default();
        check_name(name, "name")?;
        let lease_ms = number(&given, "leaseMs", LEASE_MS.0, LEASE_MS.1)?
            .map_or(DEFAULT_LEASE_MS, |ms| ms.round() as u64);
        let serializer = one_of(&given, "serializer", &[("json", Serializer::Json), ("v8", Serializer::V8)])?;
        let near = NearOptions::from_given(&given)?;
        if serializer == Serializer::V8 && near.is_some_and(|near| near.share == Share::Frozen) {
            return Err(refusal("share is not allowed; frozen needs the serializer json"));
        }
        Ok(CacheOptions {
            name: name.into(),
            namespaces: namespaces(&given)?,
            serializer,
            on_redis_down: one_of(
                &given,
                "onRedisDown",
                &[
                    ("serve", OnRedisDown::Serve),
                    ("factory", OnRedisDown::Factory),
                    ("reject", OnRedisDown::Reject),
                ],
            )?,
            lease_ms,
            quota: quota(&given)?,
            near,
            call: CallOptions::default().merged(&given)?,
        })
    }

    /// All defaults.
    pub fn nameless() -> CacheOptions {
        CacheOptions {
            name: Box::default(),
            namespaces: Box::default(),
            serializer: Serializer::Json,
            on_redis_down: OnRedisDown::Serve,
            lease_ms: DEFAULT_LEASE_MS,
            quota: None,
            near: None,
            call: CallOptions::default(),
        }
    }

    /// The options in force.
    pub fn describe(&self) -> Value {
        let mut described = self.call.describe(self.lease_ms);
        described["name"] = json!(self.name);
        described["namespaces"] = json!(self.namespaces);
        described["serializer"] = match self.serializer {
            Serializer::Json => "json".into(),
            Serializer::V8 => "v8".into(),
        };
        described["onRedisDown"] = match self.on_redis_down {
            OnRedisDown::Serve => "serve".into(),
            OnRedisDown::Factory => "factory".into(),
            OnRedisDown::Reject => "reject".into(),
        };
        described["leaseMs"] = self.lease_ms.into();
        described["quota"] = self.quota.map_or(Value::Null, |quota| {
            json!({ "maxEntries": quota.max_entries, "onFull": if quota.evicts { "evict" } else { "reject" } })
        });
        described["near"] = self.near.map_or(Value::Bool(false), NearOptions::describe);
        described
    }
}

/// A tag as in keys.
///
/// # Errors
/// `E_TAG` where it is empty or too long.
pub fn tag_part(tag: &str) -> Result<Vec<u8>> {
    let mut part = Vec::with_capacity(tag.len());
    if tag.is_empty() || tag.len() > MAX_TAG_BYTES || push_part(&mut part, tag).is_err() {
        return Err(wrong_tag());
    }
    Ok(part)
}

/// # Errors
/// `E_TAG` where there are too many.
pub fn check_tag_count(count: usize) -> Result<()> {
    if count <= MAX_TAGS { Ok(()) } else { Err(wrong_tag()) }
}

fn wrong_tag() -> Error {
    Error::new(ErrorCode::Tag, "the tags are not allowed; allowed are at most 64 texts of 1 to 128 bytes")
}

fn tags_of(given: &Value) -> Result<Vec<Vec<u8>>> {
    let tags = given.as_array().ok_or_else(wrong_tag)?;
    let mut parts: Vec<Vec<u8>> = Vec::with_capacity(tags.len());
    for tag in tags {
        let part = tag_part(tag.as_str().ok_or_else(wrong_tag)?)?;
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    check_tag_count(parts.len())?;
    Ok(parts)
}

fn early_refresh(given: &Map<String, Value>) -> Result<Option<EarlyRefresh>> {
    match given.get("earlyRefresh") {
        None => Ok(None),
        Some(Value::Bool(false)) => Ok(Some(EarlyRefresh::Off)),
        Some(Value::Bool(true)) => Ok(Some(EarlyRefresh::Likely)),
        Some(value) => match value.as_f64().filter(|share| *share > 0.0 && *share < 1.0) {
            Some(share) => Ok(Some(EarlyRefresh::From(share))),
            None => Err(refusal(
                "earlyRefresh is not allowed; allowed is true, false or a number between 0 and 1",
            )),
        },
    }
}

fn quota(given: &Map<String, Value>) -> Result<Option<Quota>> {
    let Some(quota) = given.get("quota") else { return Ok(None) };
    let quota = quota.as_object().ok_or_else(|| refusal("quota is no object"))?;
    refuse_unknown(quota, &[&QUOTA_OPTIONS])?;
    let most = number(quota, "maxEntries", 0.0, MAX_ENTRIES)?.filter(|most| most.fract() == 0.0);
    let Some(most) = most else {
        return Err(refusal("quota.maxEntries is not allowed; allowed is an integer from 0 to 1000000000"));
    };
    let evicts = one_of(quota, "onFull", &[("evict", true), ("reject", false)])?;
    Ok(Some(Quota { max_entries: most as u64, evicts }))
}

fn namespaces(given: &Map<String, Value>) -> Result<Box<[Box<str>]>> {
    let Some(names) = given.get("namespaces") else { return Ok(Box::default()) };
    let names = names.as_array().filter(|names| names.len() <= MAX_NAMESPACES);
    let names = names.ok_or_else(|| refusal("there are more than 8 namespaces in one another"))?;
    names
        .iter()
        .map(|name| {
            let name = name.as_str().unwrap_or_default();
            check_name(name, "the name of a namespace")?;
            Ok(name.into())
        })
        .collect()
}

fn check_name(name: &str, what: &str) -> Result<()> {
    if (1..=MAX_NAME_CHARACTERS).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(refusal(&format!("{what} is not allowed; allowed is a text of 1 to 64 characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (ErrorCode, String) {
        let error = CacheOptions::from_json(text).unwrap_err();
        (error.code(), error.message().to_owned())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let described = CacheOptions::from_json(r#"{"name":"users"}"#).unwrap().describe();
        assert_eq!(
            described,
            json!({
                "name": "users", "namespaces": [], "serializer": "json", "onRedisDown": "serve", "leaseMs": 3000,
                "quota": null, "near": { "maxTtlSeconds": 3600, "share": "copy" }, "ttlSeconds": 300, "graceSeconds": 0, "softTimeoutMs": null, "hardTimeoutMs": 30000,
                "lockTimeoutMs": 30000, "jitter": 0.05, "earlyRefresh": true, "negativeSeconds": 0,
                "retryAfterErrorSeconds": 5, "tags": [], "renewMs": 1000, "askAgainMs": 1500, "renewForMs": 60000,
            })
        );
    }

    #[test]
    fn a_call_changes_what_it_names() {
        let cache = CacheOptions::from_json(
            r#"{"name":"n","ttlSeconds":0.001,"hardTimeoutMs":90000,"leaseMs":100,"tags":["a"],
                "earlyRefresh":0.8,"quota":{"maxEntries":0,"onFull":"reject"},"serializer":"v8"}"#,
        )
        .unwrap();
        assert_eq!((cache.call.ttl_ms, cache.quota), (1, Some(Quota { max_entries: 0, evicts: false })));
        let call = cache.call.with(r#"{"graceSeconds":1.5,"tags":["b:c","b:c"],"softTimeoutMs":0}"#).unwrap();
        assert_eq!((call.ttl_ms, call.grace_ms, call.soft_timeout_ms), (1, 1500, Some(0)));
        assert_eq!(call.tags, [b"b%3Ac".to_vec()]);
        let described = call.describe(cache.lease_ms);
        assert_eq!((&described["tags"], &described["renewForMs"]), (&json!(["b:c"]), &json!(90000)));
        assert_eq!(described["earlyRefresh"], json!(0.8));
        assert_eq!(described["lockTimeoutMs"], json!(90000));
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        for (text, part) in [
            ("[]", "no object"),
            (r#"{"name":""}"#, "name is not allowed"),
            (r#"{"ttlSeconds":1}"#, "name is not allowed"),
            (
                r#"{"name":"n","ttlSeconds":0}"#,
                "ttlSeconds is not allowed; allowed is a number from 0.001 to 315360000",
            ),
            (r#"{"name":"n","ttlSeconds":null}"#, "ttlSeconds"),
            (r#"{"name":"n","graceSeconds":-1}"#, "graceSeconds"),
            (r#"{"name":"n","jitter":0.6}"#, "jitter"),
            (r#"{"name":"n","earlyRefresh":1}"#, "earlyRefresh"),
            (r#"{"name":"n","softTimeoutMs":30000}"#, "softTimeoutMs"),
            (r#"{"name":"n","leaseMs":99}"#, "leaseMs"),
            (r#"{"name":"n","serializer":"xml"}"#, "serializer is unknown; allowed is json, v8"),
            (r#"{"name":"n","onRedisDown":1}"#, "onRedisDown is no text"),
            (r#"{"name":"n","quota":{"maxEntries":1.5}}"#, "quota.maxEntries"),
            (r#"{"name":"n","quota":{"most":1}}"#, "no option of this name"),
            (r#"{"name":"n","near":{"share":"none"}}"#, "share is unknown; allowed is copy, frozen"),
            (
                r#"{"name":"n","near":{"share":"frozen"},"serializer":"v8"}"#,
                "frozen needs the serializer json",
            ),
            (r#"{"name":"n","near":1}"#, "near is not allowed; allowed is true, false or an object"),
            (r#"{"name":"n","near":{"maxTtl":1}}"#, "did you mean maxTtlSeconds?"),
            (
                r#"{"name":"n","near":{"maxTtlSeconds":0}}"#,
                "maxTtlSeconds is not allowed; allowed is a number from 0.001 to 86400",
            ),
            (r#"{"name":"n","ttl":1}"#, "did you mean ttlSeconds?"),
            (r#"{"name":"n","namespaces":[""]}"#, "namespace"),
            (r#"{"name":"n","meta":7}"#, "meta"),
        ] {
            let (code, message) = refused(text);
            assert!(code == ErrorCode::Config && message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn tags_are_few_and_short() {
        let with = |tags: Value| CallOptions::default().with(&json!({ "tags": tags }).to_string());
        let many = |count: usize| (0..count).map(|tag| tag.to_string()).collect::<Vec<_>>();
        assert_eq!(with(json!(many(64))).unwrap().tags.len(), 64);
        for wrong in [json!(many(65)), json!([""]), json!(["x".repeat(129)]), json!([7]), json!("tag")] {
            assert_eq!(with(wrong).unwrap_err().code(), ErrorCode::Tag);
        }
        assert!(with(json!(["x".repeat(128)])).is_ok());
    }

    #[test]
    fn a_lifetime_is_drawn_from_its_last_share() {
        let options = CallOptions::default();
        assert_eq!(options.drawn_ttl_ms(1000, 0.0), 1000);
        assert_eq!(options.drawn_ttl_ms(1000, 1.0), 950);
        assert_eq!(options.drawn_ttl_ms(1, 1.0), 1);
    }
}
