//! What the parts of this room use of the room above.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::caches::Caches;
use super::call::Call;
use super::options::CacheOptions;
use super::query::query_key;
use crate::codec::Codec;
use crate::copies::Copies;
use crate::error::Result;
use crate::health::{Health, Seat};
use crate::key::Keys;
use crate::outage::StandIn;
use crate::redis::{Outcome, misuse};

/// At one server, or embedded.
#[derive(Clone, Copy)]
pub struct Room<'c> {
    pub caches: &'c Caches,
    pub keys: &'c Keys,
    pub codec: &'c Codec,
    pub stand_in: &'c StandIn,
    /// Copies in this process; `None` where there are none.
    pub copies: Option<&'c Copies>,
    /// Whether the server was told the scripts on this connection.
    pub is_told: &'c AtomicBool,
    /// Where the call is counted that is made now.
    pub seat: Seat,
}

impl<'c> Room<'c> {
    pub(super) fn health(&self) -> &'c Arc<Health> {
        self.stand_in.node().health()
    }

    /// Answers a call that needs no store; `None` for any other.
    ///
    /// # Errors
    /// `E_CONFIG`, `E_TAG`, `E_CLOSED`.
    pub fn answer_alone(&self, call: &Call<'_>) -> Result<Option<Outcome<'static>>> {
        if let Call::Normalize { .. } | Call::Query { .. } = call {
            return alone(call).map(Some);
        }
        let described = match *call {
            Call::Open { json } => self.caches.open(json, self.copies)?,
            Call::Options { cache, json } => {
                let cache = self.caches.get(cache)?;
                cache.call_options(Some(json))?.describe(cache.options.lease_ms)
            }
            Call::Close { cache } => {
                self.caches.close(cache);
                return Ok(Some(Outcome::Null));
            }
            _ => return Ok(None),
        };
        Ok(Some(Outcome::Json(described.to_string().into_bytes().into())))
    }

    /// Makes the key by whose slot a call is routed. False where any node may answer.
    pub fn route_key(&self, call: &Call<'_>, key: &mut Vec<u8>) -> Result<bool> {
        key.clear();
        let Some(scope) = call.scope() else { return Ok(false) };
        let cache = self.caches.get(scope.cache)?;
        self.keys.of_cache(scope.organization, &cache.options.name).index(key)?;
        Ok(true)
    }
}

/// Answers a call that needs neither a client nor its configuration.
///
/// # Errors
/// The call does need them; or `E_CONFIG`, `E_TAG`.
pub fn alone(call: &Call<'_>) -> Result<Outcome<'static>> {
    match *call {
        Call::Normalize { json } => {
            let described = CacheOptions::from_json(json)?.describe();
            Ok(Outcome::Json(described.to_string().into_bytes().into()))
        }
        Call::Query { sql, parameters } => Ok(Outcome::Json(query_key(sql, parameters)?.into_bytes().into())),
        _ => Err(misuse("the call needs a client")),
    }
}
