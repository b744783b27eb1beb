//! What becomes of a URL when some of its parts are chosen anew: a duplicate's host, a selected database.
//!
//! A URL beats its parts (`src/config/precedence.rs`), so a part that is chosen later must be written into it.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::choice::Environment;
use super::precedence;
use super::settings::Name;
use super::values::{Values, config_error};
use crate::error::Result;

/// Settings that name other servers than the URL of the environment.
const SERVERS: [Name; 4] = [Name::ClusterHosts, Name::Host, Name::Port, Name::SentinelHosts];
const PARTS: [&str; 6] = ["host", "port", "username", "password", "db", "protocol"];

/// The URL of `options` and environment with the parts that `changes` chooses. `None` where the URL stays as it is, where
/// there is none that counts, and where `changes` chooses another.
///
/// # Errors
/// `E_CONFIG` for a port that is none, and for options that contradict each other.
pub fn url_with(
    options: &Map<String, Value>,
    env: &dyn Fn(&str) -> Option<String>,
    changes: &Map<String, Value>,
) -> Result<Option<String>> {
    if changes.contains_key("url") || !PARTS.iter().any(|part| changes.contains_key(*part)) {
        return Ok(None);
    }
    match url_in_force(options, env)? {
        Some(url) => changed(&url, changes),
        None => Ok(None),
    }
}

fn url_in_force(
    options: &Map<String, Value>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>> {
    if let Some(url) = options.get("url") {
        return Ok(url.as_str().map(str::to_owned));
    }
    let Some(url) = env("REDIS_URL") else { return Ok(None) };
    let environment = Environment::from_node_env(env("NODE_ENV").as_deref());
    let mut values = Values::gather(options, env, environment)?;
    let overridden = precedence::settle(&mut values)?.overridden;
    let is_overridden =
        overridden.iter().any(|(loser, winner)| *loser == Name::Url && SERVERS.contains(winner));
    Ok((!is_overridden).then_some(url))
}

/// A text that is no URL of Redis stays, so that it is refused where it is used.
fn changed(text: &str, changes: &Map<String, Value>) -> Result<Option<String>> {
    let Some(mut url) = redis::parse_redis_url(text) else { return Ok(None) };
    let names_server = changes.contains_key("host") || changes.contains_key("port");
    let is_path = url.scheme().ends_with("unix");
    // Nothing of a path says anything about another server.
    if is_path && names_server {
        let Some(of_server) = redis::parse_redis_url("redis://localhost") else { return Ok(None) };
        url = of_server;
    }
    let before: Parameters = url.query_pairs().into_owned().collect();
    let parameters = changed_parameters(before.clone(), changes, is_path && !names_server);
    if parameters.is_empty() {
        url.set_query(None);
    } else if parameters != before {
        url.query_pairs_mut().clear().extend_pairs(&parameters);
    }
    if is_path && !names_server {
        return Ok(Some(url.into()));
    }
    // A host or name that cannot stand in a URL changes nothing here: the option beside the URL is refused by its rule.
    let chosen = |part: &str| changes.get(part).map(text_of);
    if let Some(host) = chosen("host") {
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let _ = url.set_host(Some(&host));
    }
    if let Some(port) = chosen("port") {
        let _ = url.set_port(Some(port_of(&port)?));
    }
    if let Some(username) = chosen("username") {
        let _ = url.set_username(&encoded(&username));
    }
    if let Some(password) = chosen("password") {
        let _ = url.set_password(Some(&encoded(&password)));
    }
    if let Some(db) = chosen("db") {
        url.set_path(&format!("/{db}"));
    }
    Ok(Some(url.into()))
}

type Parameters = Vec<(String, String)>;

/// The parameters behind the `?`. The URL of a path has database and user there.
fn changed_parameters(mut parameters: Parameters, changes: &Map<String, Value>, is_path: bool) -> Parameters {
    if changes.contains_key("protocol") {
        parameters.retain(|(name, _)| name != "protocol");
    }
    let of_path = [("db", "db"), ("username", "user"), ("password", "pass")];
    for (part, name) in of_path.into_iter().filter(|_| is_path) {
        if let Some(value) = changes.get(part) {
            parameters.retain(|(other, _)| other != name);
            parameters.push((name.to_owned(), text_of(value)));
        }
    }
    parameters
}

/// Nothing stands for null, which takes a user or password away.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn port_of(text: &str) -> Result<u16> {
    let port = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    port.and_then(|text| text.parse().ok())
        .filter(|port| *port > 0)
        .ok_or_else(|| config_error("option port is no port; allowed is an integer from 1 to 65535"))
}

/// A user or password as it stands in a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
