//! Limits of a queue and of its organizations, as JavaScript asks for them and sets them.

use serde_json::{Map, Value, json};

use super::LAYOUT;
use super::ask::organization;
use super::contract::{Admin, Word};
use super::keys::escaped;
use super::options::{concurrency_limit, rate, refusal, refuse_unknown};
use crate::error::{Error, ErrorCode, Result};

/// The limits of a queue, as `setLimits` takes them, and for how long no further job begins.
pub(super) fn told(words: &[Word]) -> String {
    let number = |at: usize| words.get(at).map_or(0, Word::number).max(0);
    let limit = |at: usize| Some(number(at)).filter(|limit| *limit > 0);
    let rate = limit(1).map(|max| json!({ "max": max, "perMs": number(2) }));
    json!({ "concurrency": limit(0), "rate": rate, "heldMs": number(3) }).to_string()
}

/// What `setLimits` changes; null takes a limit away.
pub(super) fn set(given: &Map<String, Value>) -> Result<Admin> {
    refuse_unknown(given, &["concurrency", "rate"], "")?;
    let mut fields = Vec::new();
    if let Some(limit) = concurrency_limit(given)? {
        fields.push(("conc", Some(limit).filter(|limit| *limit > 0)));
    }
    if let Some((most, period)) = rate(given)? {
        fields.push(("rmax", Some(most).filter(|most| *most > 0)));
        fields.push(("rper", Some(period).filter(|period| *period > 0)));
    }
    Ok(Admin::Configure(LAYOUT, fields))
}

/// Ends a pause that the queue's rate has made, or a handler.
pub(super) fn release() -> Admin {
    Admin::Configure(LAYOUT, vec![("hold", None), ("rate", None)])
}

/// What `setOrganization` changes.
pub(super) fn of_organization(given: &Map<String, Value>) -> Result<Admin> {
    refuse_unknown(given, &["orgId", "weight", "concurrency", "rate"], "")?;
    let weight = match given.get("weight") {
        None => None,
        Some(weight) => Some(
            weight
                .as_f64()
                .filter(|weight| (0.001..=1_000_000.0).contains(weight))
                .ok_or_else(|| refusal("weight is not allowed; give a number from 0.001 to 1000000"))?,
        ),
    };
    let name = organization(given)?
        .ok_or_else(|| Error::new(ErrorCode::Key, "the organization is missing; give a text, or null"))?;
    Ok(Admin::Organization {
        name: escaped(name.as_deref()),
        weight,
        concurrency: concurrency_limit(given)?,
        rate: rate(given)?,
    })
}
