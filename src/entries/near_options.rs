//! The option `near` of a cache: copies of its entries in this process.

use serde_json::{Map, Value, json};

use super::given::{number, one_of, refusal, refuse_unknown, short};
use crate::error::Result;

const NEAR_OPTIONS: [&str; 2] = ["maxTtlSeconds", "share"];
const MIN_SECONDS: f64 = 0.001;
/// A day: a copy that answers for longer without being read anew saves nothing.
const MAX_SECONDS: f64 = 86_400.0;

/// Copies of entries in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearOptions {
    /// No copy answers longer after its fill.
    pub max_ttl_ms: u64,
    pub share: Share,
}

/// What callers get of one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// An object each.
    Copy,
    /// One object of each thread, which nobody can change.
    Frozen,
}

impl NearOptions {
    /// `None`: no copies.
    ///
    /// # Errors
    /// `E_CONFIG` with the option and what is allowed.
    pub fn from_given(given: &Map<String, Value>) -> Result<Option<NearOptions>> {
        let given = match given.get("near") {
            None | Some(Value::Bool(true)) => return Ok(Some(NearOptions::default())),
            Some(Value::Bool(false)) => return Ok(None),
            Some(Value::Object(given)) => given,
            Some(_) => {
                return Err(refusal(
                    "near is not allowed; allowed is true, false or an object, e.g. { maxTtlSeconds }",
                ));
            }
        };
        refuse_unknown(given, &[&NEAR_OPTIONS])?;
        let seconds = number(given, "maxTtlSeconds", MIN_SECONDS, MAX_SECONDS)?;
        let max_ttl_ms = seconds.map(|seconds| (seconds * 1000.0).round() as u64);
        let max_ttl_ms = max_ttl_ms.unwrap_or(NearOptions::default().max_ttl_ms);
        let share = one_of(given, "share", &[("copy", Share::Copy), ("frozen", Share::Frozen)])?;
        Ok(Some(NearOptions { max_ttl_ms, share }))
    }

    pub fn describe(self) -> Value {
        let share = match self.share {
            Share::Copy => "copy",
            Share::Frozen => "frozen",
        };
        json!({ "maxTtlSeconds": short(self.max_ttl_ms as f64 / 1000.0), "share": share })
    }
}

impl Default for NearOptions {
    fn default() -> NearOptions {
        NearOptions { max_ttl_ms: 3_600_000, share: Share::Copy }
    }
}
