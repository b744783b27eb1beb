//! The options of a room of sessions, as JSON that JavaScript made of what the application gave.
//!
//! What is left out has its default; everything else that is not allowed is refused by name, null too.

use serde_json::{Map, Value, json};

use super::cookie::CookieOptions;
use crate::config::nearest;
use crate::error::{Error, ErrorCode, Result};

const DEFAULT_NAMESPACE: &str = "default";
const MAX_NAME_BYTES: usize = 64;
/// As long as the hash that it keys.
const MIN_SECRET_BYTES: usize = 32;
/// Each is tried for each id.
const MAX_SECRETS: usize = 8;
/// NIST SP 800-63B-4 asks for at most an hour without use, and a day at all, where two factors were given.
const DEFAULT_IDLE_SECONDS: u64 = 1_800;
const DEFAULT_ABSOLUTE_SECONDS: u64 = 43_200;
/// Browsers keep no cookie for longer.
const MAX_ABSOLUTE_SECONDS: u64 = 400 * 86_400;
/// More often would be a write a request, less often ends sessions late.
const DEFAULT_TOUCH_SECONDS: u64 = 60;
/// Requests that were under way during a rotation come with the old id.
const DEFAULT_GRACE_SECONDS: u64 = 30;
const MAX_GRACE_SECONDS: u64 = 300;
const DEFAULT_MAX_BYTES: u64 = 65_536;
const MAX_BYTES: u64 = 1_048_576;
/// All sessions of a user are looked at where their number counts.
const MAX_PER_USER: u64 = 100;
const MAX_USER_BYTES: u64 = 8 * 1_048_576;
const DEFAULT_RECENT_SECONDS: u64 = 60;
const MAX_RECENT_SECONDS: u64 = 3_600;

const OPTIONS: [&str; 14] = [
    "secret",
    "namespace",
    "idleSeconds",
    "absoluteSeconds",
    "touchSeconds",
    "graceSeconds",
    "maxBytes",
    "maxPerUser",
    "onMaxPerUser",
    "onRedisDown",
    "recentSeconds",
    "onMismatch",
    "cookie",
    // Whether this is a production environment, which JavaScript knows.
    "isProduction",
];

/// What a wrong fingerprint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMismatch {
    Report,
    Reject,
    Destroy,
}

/// Its `Debug` shows no secret.
#[derive(Clone)]
pub struct SessionOptions {
    pub secrets: Vec<String>,
    pub namespace: String,
    pub idle_seconds: u64,
    pub absolute_seconds: u64,
    pub touch_seconds: u64,
    pub grace_seconds: u64,
    pub max_bytes: usize,
    pub max_per_user: u64,
    pub evicts: bool,
    /// Reads answer what was read lately, while Redis is away.
    pub recent_seconds: Option<u64>,
    pub on_mismatch: OnMismatch,
    pub cookie: CookieOptions,
}

impl std::fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionOptions {}", self.describe())
    }
}

impl SessionOptions {
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_json(text: &str) -> Result<SessionOptions> {
        let Ok(Value::Object(given)) = serde_json::from_str(text) else {
            return Err(refusal("the options of sessions are no object"));
        };
        refuse_unknown(&given, &OPTIONS, "")?;
        let namespace = text_of(&given, "namespace", "")?.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        check_namespace(&namespace)?;
        let absolute = integer(&given, "absoluteSeconds", DEFAULT_ABSOLUTE_SECONDS, 1, MAX_ABSOLUTE_SECONDS)?;
        let idle =
            integer(&given, "idleSeconds", DEFAULT_IDLE_SECONDS.min(absolute), 1, MAX_ABSOLUTE_SECONDS)?;
        if idle > absolute {
            return Err(refusal("idleSeconds is longer than absoluteSeconds; allowed is at most the same"));
        }
        let touch = integer(&given, "touchSeconds", DEFAULT_TOUCH_SECONDS.min(idle / 4), 0, idle / 4)?;
        let max_bytes = integer(&given, "maxBytes", DEFAULT_MAX_BYTES, 2, MAX_BYTES)?;
        let max_per_user = integer(&given, "maxPerUser", 0, 0, MAX_PER_USER)?;
        if max_per_user * max_bytes > MAX_USER_BYTES {
            return Err(refusal("maxPerUser times maxBytes is more than 8 MiB; allowed is at most that"));
        }
        let is_recent = word(&given, "onRedisDown", ["reject", "recent"])? == "recent";
        let recent = integer(&given, "recentSeconds", DEFAULT_RECENT_SECONDS, 1, MAX_RECENT_SECONDS)?;
        let is_production = given.get("isProduction") == Some(&Value::Bool(true));
        Ok(SessionOptions {
            secrets: secrets(&given)?,
            namespace,
            idle_seconds: idle,
            absolute_seconds: absolute,
            touch_seconds: touch,
            grace_seconds: integer(&given, "graceSeconds", DEFAULT_GRACE_SECONDS, 0, MAX_GRACE_SECONDS)?,
            max_bytes: max_bytes as usize,
            max_per_user,
            evicts: word(&given, "onMaxPerUser", ["evict", "reject"])? == "evict",
            recent_seconds: is_recent.then_some(recent),
            on_mismatch: match word(&given, "onMismatch", ["report", "reject", "destroy"])? {
                "reject" => OnMismatch::Reject,
                "destroy" => OnMismatch::Destroy,
                _ => OnMismatch::Report,
            },
            cookie: CookieOptions::from_json(given.get("cookie"), is_production)?,
        })
    }

    /// The options in force, without the secret.
    pub fn describe(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "idleSeconds": self.idle_seconds,
            "absoluteSeconds": self.absolute_seconds,
            "touchSeconds": self.touch_seconds,
            "graceSeconds": self.grace_seconds,
            "maxBytes": self.max_bytes,
            "maxPerUser": self.max_per_user,
            "onMaxPerUser": if self.evicts { "evict" } else { "reject" },
            "onRedisDown": if self.recent_seconds.is_some() { "recent" } else { "reject" },
            "recentSeconds": self.recent_seconds.unwrap_or(DEFAULT_RECENT_SECONDS),
            "onMismatch": match self.on_mismatch {
                OnMismatch::Report => "report",
                OnMismatch::Reject => "reject",
                OnMismatch::Destroy => "destroy",
            },
            "cookie": self.cookie.describe(),
        })
    }

    /// How much longer than `idleSeconds` a session may live, because not every use of it is noted.
    pub fn slack_ms(&self) -> i64 {
        (self.touch_seconds * 1000) as i64
    }
}

fn secrets(given: &Map<String, Value>) -> Result<Vec<String>> {
    let all = match given.get("secret") {
        Some(Value::String(secret)) => vec![secret.clone()],
        Some(Value::Array(all)) if !all.is_empty() && all.len() <= MAX_SECRETS => {
            all.iter().map(|secret| secret.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(
                || refusal("secret has something that is no text; allowed are texts of at least 32 bytes"),
            )?
        }
        None => {
            return Err(refusal(
                "secret is missing; give a text of at least 32 bytes, or a list of them with the newest first, or set SESSION_SECRET",
            ));
        }
        Some(_) => {
            return Err(refusal(
                "secret is not allowed; give a text of at least 32 bytes, or 1 to 8 of them",
            ));
        }
    };
    if all.iter().any(|secret| secret.len() < MIN_SECRET_BYTES) {
        return Err(refusal("secret is too short; allowed is a text of at least 32 bytes"));
    }
    Ok(all)
}

pub(super) fn refusal(sentence: &str) -> Error {
    Error::new(ErrorCode::Config, sentence.to_owned())
}

pub(super) fn refuse_unknown(given: &Map<String, Value>, known: &[&str], place: &str) -> Result<()> {
    let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let meant = nearest(name, known.iter().copied());
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
    Err(refusal(&format!("{place}{name} is no option of sessions{meant}")))
}

fn check_namespace(name: &str) -> Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(refusal("namespace is not allowed; give 1 to 64 letters, digits, hyphens, dots or underscores"))
}

pub(super) fn text_of(given: &Map<String, Value>, option: &str, place: &str) -> Result<Option<String>> {
    match given.get(option) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(refusal(&format!("{place}{option} is no text"))),
    }
}

/// One of the words that are allowed; the first is the default.
fn word<const N: usize>(
    given: &Map<String, Value>,
    option: &str,
    allowed: [&'static str; N],
) -> Result<&'static str> {
    let Some(value) = given.get(option) else { return Ok(allowed[0]) };
    let found = allowed.into_iter().find(|word| value.as_str() == Some(word));
    found.ok_or_else(|| refusal(&format!("{option} is not allowed; give {}", allowed.join(" or "))))
}

fn integer(given: &Map<String, Value>, option: &str, default: u64, min: u64, max: u64) -> Result<u64> {
    let Some(value) = given.get(option) else { return Ok(default) };
    let number = value.as_f64().unwrap_or(f64::NAN);
    if number.fract() == 0.0 && number >= min as f64 && number <= max as f64 {
        return Ok(number as u64);
    }
    Err(refusal(&format!("{option} is not allowed; give an integer from {min} to {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = r#""secret":"0123456789abcdef0123456789abcdef""#;

    fn with(options: &str) -> String {
        format!("{{{SECRET}{}{options}}}", if options.is_empty() { "" } else { "," })
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let options = SessionOptions::from_json(&with("")).unwrap();
        assert_eq!(
            options.describe(),
            json!({
                "namespace": "default", "idleSeconds": 1800, "absoluteSeconds": 43200, "touchSeconds": 60,
                "graceSeconds": 30, "maxBytes": 65536, "maxPerUser": 0, "onMaxPerUser": "evict",
                "onRedisDown": "reject", "recentSeconds": 60, "onMismatch": "report",
                "cookie": { "name": "__Host-id", "domain": null, "path": "/", "sameSite": "Lax",
                    "persistent": false, "insecure": false },
            })
        );
        assert!(!format!("{options:?}").contains("0123456789"));
    }

    #[test]
    fn short_sessions_have_shorter_defaults() {
        let options = SessionOptions::from_json(&with(r#""absoluteSeconds":100"#)).unwrap();
        assert_eq!((options.idle_seconds, options.touch_seconds), (100, 25));
        let options = SessionOptions::from_json(&with(r#""absoluteSeconds":2,"idleSeconds":1"#)).unwrap();
        assert_eq!(options.touch_seconds, 0);
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        for (options, expected) in [
            (r#""idleSeconds":50000"#, "longer than absoluteSeconds"),
            (r#""touchSeconds":451"#, "touchSeconds is not allowed; give an integer from 0 to 450"),
            (r#""idleSeconds":"NaN""#, "idleSeconds"),
            (r#""idleSeconds":-1"#, "idleSeconds"),
            (r#""absoluteSeconds":1.5"#, "absoluteSeconds"),
            (
                r#""absoluteSeconds":9007199254740992"#,
                "absoluteSeconds is not allowed; give an integer from 1 to",
            ),
            (r#""graceSeconds":301"#, "from 0 to 300"),
            (r#""graceSeconds":null"#, "graceSeconds"),
            (r#""maxBytes":1048577"#, "maxBytes"),
            (r#""maxPerUser":101"#, "from 0 to 100"),
            (r#""maxPerUser":100,"maxBytes":100000"#, "more than 8 MiB"),
            (r#""onMaxPerUser":"drop""#, "onMaxPerUser is not allowed; give evict or reject"),
            (r#""onRedisDown":7"#, "onRedisDown is not allowed; give reject or recent"),
            (r#""onMismatch":"log""#, "report or reject or destroy"),
            (r#""recentSeconds":0"#, "recentSeconds"),
            (r#""namespace":"a:b""#, "namespace is not allowed"),
            (r#""idleSecond":1"#, "idleSecond is no option of sessions; did you mean idleSeconds?"),
        ] {
            let error = SessionOptions::from_json(&with(options)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Config);
            assert!(error.message().contains(expected), "{options}: {}", error.message());
        }
        for (text, expected) in [
            ("[]", "no object"),
            ("{}", "SESSION_SECRET"),
            (r#"{"secret":"short"}"#, "too short"),
            (r#"{"secret":[]}"#, "1 to 8"),
            (r#"{"secret":[7]}"#, "no text"),
            (r#"{"secret":["0123456789abcdef0123456789abcdef","short"]}"#, "too short"),
            (r#"{"secret":null}"#, "secret is not allowed"),
        ] {
            let error = SessionOptions::from_json(text).unwrap_err();
            assert!(error.message().contains(expected), "{text}: {}", error.message());
        }
    }
}
