//! Where a Link goes, and how.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::Family;
use crate::error::{Error, ErrorCode, Result};

/// Where a Link goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    pub at: Place,
    /// How long connecting may take, TLS included; `None` means as long as the system tries.
    pub connect_timeout: Option<Duration>,
    /// How long a connection is silent before TCP asks whether the other side is there.
    pub keep_alive: Option<Duration>,
    pub no_delay: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Tcp { host: String, port: u16, family: Family },
    Path(PathBuf),
}

impl Target {
    /// Reads what `js/ioredis/link.js` has put together.
    ///
    /// # Errors
    /// `E_CONFIG` where it is not what that file promises.
    pub fn from_json(text: &str) -> Result<Target> {
        let Ok(Value::Object(given)) = serde_json::from_str(text) else { return Err(misfit("target")) };
        let at = match given.get("path").and_then(Value::as_str) {
            Some(path) => Place::Path(PathBuf::from(path)),
            None => Place::Tcp {
                host: given.get("host").and_then(Value::as_str).ok_or_else(|| misfit("host"))?.to_owned(),
                port: number(&given, "port")?
                    .and_then(|port| u16::try_from(port).ok())
                    .ok_or_else(|| misfit("port"))?,
                family: match number(&given, "family")?.unwrap_or(0) {
                    0 => Family::Any,
                    4 => Family::V4,
                    6 => Family::V6,
                    _ => return Err(misfit("family")),
                },
            },
        };
        Ok(Target {
            at,
            connect_timeout: number(&given, "connectTimeoutMs")?.map(Duration::from_millis),
            keep_alive: number(&given, "keepAliveMs")?.map(Duration::from_millis),
            no_delay: given.get("noDelay").and_then(Value::as_bool).unwrap_or(true),
        })
    }
}

fn number(given: &Map<String, Value>, name: &str) -> Result<Option<u64>> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| misfit(name)),
    }
}

fn misfit(name: &str) -> Error {
    Error::new(ErrorCode::Config, format!("the {name} of a connection has a value that is not allowed"))
}
