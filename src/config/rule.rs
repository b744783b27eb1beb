//! The rules of settings. A rule is a parser and the sentence that names the allowed values.

use serde_json::{Value, json};

use super::defaults::MAX_KEY_PREFIX_BYTES;
use super::endpoint::{Endpoint, RedisUrl, parse_host_and_port, parse_host_list, parse_url};

/// The values that a setting accepts.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    Bool,
    Integer {
        min: u64,
        max: u64,
        unit: Unit,
    },
    Choice(&'static [&'static str]),
    Text {
        max_bytes: usize,
        accepts: fn(&str) -> bool,
        allowed: &'static str,
    },
    /// Some of these words, with commas between them, or `all`.
    Words(&'static [&'static str]),
    KeyPrefix,
    /// A key prefix whose pattern characters are escaped in patterns.
    ClientKeyPrefix,
    Url,
    Port,
    /// A list of hosts. `default_port` is the port of those that name none.
    Hosts {
        default_port: u16,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Plain,
    Milliseconds,
    Seconds,
    Bytes,
}

impl Unit {
    fn name(self) -> Option<&'static str> {
        match self {
            Unit::Plain => None,
            Unit::Milliseconds => Some("milliseconds"),
            Unit::Seconds => Some("seconds"),
            Unit::Bytes => Some("bytes"),
        }
    }
}

/// A value that passed its rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parsed {
    Bool(bool),
    Integer(u64),
    Choice(&'static str),
    Text(String),
    Url(Box<RedisUrl>),
    /// A port, with the host if it was given as the address of a Kubernetes service.
    Port {
        port: u16,
        host: Option<String>,
    },
    Hosts(Vec<Endpoint>),
}

/// The text of a variable that asks for no prefix, because an empty variable counts as not set.
const NO_PREFIX: &str = "none";

impl Rule {
    /// Parses `text`; `None` if it is not allowed.
    pub(super) fn parse(self, text: &str) -> Option<Parsed> {
        let trimmed = text.trim();
        match self {
            Rule::Bool => parse_bool(trimmed).map(Parsed::Bool),
            Rule::Integer { min, max, .. } => {
                parse_integer(trimmed).filter(|number| (min..=max).contains(number)).map(Parsed::Integer)
            }
            Rule::Choice(words) => {
                words.iter().find(|word| word.eq_ignore_ascii_case(trimmed)).map(|word| Parsed::Choice(word))
            }
            Rule::Text { max_bytes, accepts, .. } => {
                (text.len() <= max_bytes && accepts(text)).then(|| Parsed::Text(text.to_owned()))
            }
            Rule::Words(known) => parse_words(text, known).map(Parsed::Text),
            Rule::KeyPrefix => is_key_prefix(text).then(|| Parsed::Text(text.to_owned())),
            Rule::ClientKeyPrefix => is_client_key_prefix(text).then(|| Parsed::Text(text.to_owned())),
            Rule::Url => parse_url(trimmed).map(|url| Parsed::Url(Box::new(url))),
            Rule::Port => parse_port(trimmed),
            Rule::Hosts { default_port } => parse_host_list(trimmed, default_port).map(Parsed::Hosts),
        }
    }

    /// The allowed values, as the end of a sentence that starts with `allowed is`.
    pub(super) fn allowed(self) -> String {
        match self {
            Rule::Bool => "true or false (also 1/0, yes/no, on/off)".to_owned(),
            Rule::Integer { min, max, unit } => {
                let unit = unit.name().map(|unit| format!(" ({unit})"));
                format!("an integer from {min} to {max}{}", unit.unwrap_or_default())
            }
            Rule::Choice(words) => match words.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => words.concat(),
            },
            Rule::Text { allowed, .. } => allowed.to_owned(),
            Rule::Words(known) => format!("{ALL_WORDS}, or some of {}", known.join(", ")),
            Rule::KeyPrefix => format!(
                "at most {MAX_KEY_PREFIX_BYTES} visible ASCII characters without * ? [ ] and backslash; \
                 the variable takes {NO_PREFIX} for no prefix, the option the empty text"
            ),
            Rule::ClientKeyPrefix => format!(
                "at most {MAX_KEY_PREFIX_BYTES} bytes of text without control characters; \
                 the variable takes {NO_PREFIX} for no prefix, the option the empty text"
            ),
            Rule::Port => "an integer from 1 to 65535, or tcp://host:port as Kubernetes sets it".to_owned(),
            Rule::Url => "redis[s]://user:password@host:port/database with a number as database, \
                          unix:///path or redis+unix:///path"
                .to_owned(),
            Rule::Hosts { default_port } => {
                format!("host:port,host:port with ports from 1 to 65535, {default_port} where none is named")
            }
        }
    }

    /// The kind of value, for the tools that write the types and the documents.
    pub(super) fn describe(self) -> Value {
        match self {
            Rule::Bool => json!({ "kind": "boolean" }),
            Rule::Integer { unit, .. } => json!({ "kind": "integer", "unit": unit.name() }),
            Rule::Choice(words) => json!({ "kind": "choice", "words": words }),
            Rule::Text { .. } | Rule::KeyPrefix | Rule::ClientKeyPrefix => json!({ "kind": "text" }),
            Rule::Words(words) => json!({ "kind": "words", "words": words }),
            Rule::Url => json!({ "kind": "url" }),
            Rule::Port => json!({ "kind": "port" }),
            Rule::Hosts { .. } => json!({ "kind": "hosts" }),
        }
    }

    /// Converts a variable's text to the option's text.
    pub(super) fn variable_text(self, text: &str) -> &str {
        match self {
            Rule::KeyPrefix | Rule::ClientKeyPrefix if text.trim().eq_ignore_ascii_case(NO_PREFIX) => "",
            _ => text,
        }
    }

    /// Whether an empty text is a value of the option. Otherwise the option counts as not given.
    pub(super) fn empty_text_is_a_value(self) -> bool {
        matches!(self, Rule::KeyPrefix | Rule::ClientKeyPrefix)
    }
}

impl Parsed {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Parsed::Bool(flag) => Value::from(*flag),
            Parsed::Integer(number) => Value::from(*number),
            Parsed::Choice(word) => Value::from(*word),
            Parsed::Text(text) => Value::from(text.as_str()),
            // The caller shows the redacted text that it came from.
            Parsed::Url(url) => Value::from(url.endpoint.to_string()),
            Parsed::Port { port, .. } => Value::from(*port),
            Parsed::Hosts(hosts) => hosts.iter().map(Endpoint::to_string).collect(),
        }
    }
}

/// Stands for every word of a list.
pub(super) const ALL_WORDS: &str = "all";

/// The words of a list.
pub(super) fn words_of(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn parse_words(text: &str, known: &[&str]) -> Option<String> {
    let words: Vec<&str> = words_of(text).collect();
    let is_known = |word: &&str| known.contains(word);
    (words == [ALL_WORDS] || !words.is_empty() && words.iter().all(is_known)).then(|| words.join(","))
}

fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Parses a port. For a service named redis, Kubernetes sets `REDIS_PORT=tcp://10.0.0.1:6379` in every pod.
fn parse_port(text: &str) -> Option<Parsed> {
    let Some(address) = text.strip_prefix("tcp://") else {
        let port = u16::try_from(parse_integer(text)?).ok().filter(|port| *port > 0)?;
        return Some(Parsed::Port { port, host: None });
    };
    match parse_host_and_port(address, None)? {
        Endpoint::Tcp { host, port } => Some(Parsed::Port { port, host: Some(host) }),
        Endpoint::Unix { .. } => None,
    }
}

fn parse_integer(text: &str) -> Option<u64> {
    // `parse` alone would accept a leading plus.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn is_client_key_prefix(text: &str) -> bool {
    text.len() <= MAX_KEY_PREFIX_BYTES && !text.chars().any(char::is_control)
}

/// Whether the text may be a key prefix. Pattern characters would make its keys hard to list with Redis's own
/// tools. Braces are allowed, because a hash tag in the prefix keeps all keys in one slot.
fn is_key_prefix(text: &str) -> bool {
    text.len() <= MAX_KEY_PREFIX_BYTES
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\'))
}
