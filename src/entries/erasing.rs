//! What calls on an organization come to while it is erased.

use super::answer::{self, Kept, Lease, LeaseTold};
use super::call::{Call, Phase};
use super::room::Room;
use crate::erasure;
use crate::error::Result;
use crate::redis::Outcome;

/// The outcome of a call that may store something; `None` where it goes on. A factory under way answers its callers, and
/// nothing of it is kept.
///
/// # Errors
/// `E_ERASING` for a write.
pub fn during_erasure(room: &Room<'_>, call: &Call<'_>, data: &str) -> Result<Option<Outcome<'static>>> {
    let scope = call.scope().filter(|scope| erasure::is_under_way(data, scope.organization));
    let Some(scope) = scope else { return Ok(None) };
    Ok(Some(match call {
        Call::Get { .. } | Call::Keys { .. } => return Ok(None),
        Call::Take { .. } => {
            let cache = room.caches.get(scope.cache)?;
            answer::bare_lease(&cache, (Lease::Mutating, LeaseTold::WaitMs(0)))
        }
        Call::Fill { .. } => Outcome::Integer(Kept::Lost as i64),
        Call::Renew { .. } | Call::Fail { .. } => Outcome::Boolean(false),
        Call::Mutate { phase: Phase::Renew | Phase::End, .. } => Outcome::Boolean(true),
        _ => return erasure::check(data, scope.organization).map(|()| None),
    }))
}
