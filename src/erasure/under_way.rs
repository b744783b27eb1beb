//! Organizations that are being erased: their writes are refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorCode, Result};

/// How many there are, so that a call takes no lock while there is none.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// The servers and prefix, and the organization.
static ALL: Mutex<Vec<(Arc<str>, Box<str>)>> = Mutex::new(Vec::new());

/// While it lives, writes of the organization are refused.
#[derive(Debug)]
#[must_use = "writes are refused until this is dropped"]
pub struct UnderWay {
    data: Arc<str>,
    organization: Box<str>,
}

impl UnderWay {
    /// `data` names the servers and the prefix, or the one embedded store.
    pub fn begin(data: &Arc<str>, organization: &str) -> UnderWay {
        all().push((data.clone(), organization.into()));
        COUNT.fetch_add(1, Ordering::SeqCst);
        UnderWay { data: data.clone(), organization: organization.into() }
    }

    pub fn organization(&self) -> &str {
        &self.organization
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::SeqCst);
        let mut all = all();
        let is_it = |(data, name): &(Arc<str>, Box<str>)| *data == self.data && *name == self.organization;
        if let Some(position) = all.iter().position(is_it) {
            all.swap_remove(position);
        }
    }
}

fn all() -> MutexGuard<'static, Vec<(Arc<str>, Box<str>)>> {
    // A panic while it was held leaves whole rows.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether any organization is being erased. Every call asks this first.
#[inline]
pub fn is_any() -> bool {
    COUNT.load(Ordering::Relaxed) > 0
}

/// Whether this organization is being erased.
pub fn is_under_way(data: &str, organization: Option<&str>) -> bool {
    let Some(organization) = organization.filter(|_| is_any()) else { return false };
    all().iter().any(|(of, name)| **of == *data && **name == *organization)
}

/// # Errors
/// `E_ERASING` where this organization is being erased.
pub fn check(data: &str, organization: Option<&str>) -> Result<()> {
    if !is_under_way(data, organization) {
        return Ok(());
    }
    let what = "the organization is being erased; nothing was written, and it may be written to afterwards";
    Err(Error::new(ErrorCode::Erasing, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_writes_of_that_organization_at_those_servers_are_refused_and_only_meanwhile() {
        let (here, there): (Arc<str>, Arc<str>) = ("under_way::here".into(), "under_way::there".into());
        let first = UnderWay::begin(&here, "acme");
        let second = UnderWay::begin(&here, "acme");
        let refused = |data: &str, name| check(data, name).map_err(|error| error.code());
        assert_eq!(refused(&here, Some("acme")), Err(ErrorCode::Erasing));
        assert_eq!(refused(&here, Some("acme2")), Ok(()));
        assert_eq!(refused(&here, None), Ok(()));
        assert_eq!(refused(&there, Some("acme")), Ok(()));
        drop(first);
        assert!(is_under_way(&here, Some("acme")), "the second erasure goes on");
        drop(second);
        assert_eq!(refused(&here, Some("acme")), Ok(()));
    }
}
