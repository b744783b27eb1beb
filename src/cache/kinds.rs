//! How long each kind of value lives.

use std::time::Duration;

use crate::key::{Kind, Lifetime};

/// The rows of `cacheAdapter.ttlConfig`.
pub const TTL_TABLE: &[Lifetime] = Kind::LIFETIMES;

/// No value outlives this; Redis refuses lifetimes whose end overflows its clock.
const MAX_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The lifetime of a kind; `None` for `kv`, which has the configured default.
pub fn default_ttl(kind: Kind) -> Option<Duration> {
    Some(Duration::from_secs(u64::from(kind.lifetime()?.seconds)))
}

/// A caller's lifetime in seconds. What is no positive number means the default, as it did in the
/// JavaScript layer; what is beyond the maximum is cut to it.
pub fn requested_ttl(seconds: Option<f64>, default: Duration) -> Duration {
    match seconds {
        Some(seconds) if seconds > 0.0 => {
            let capped = seconds.min(MAX_TTL.as_secs_f64());
            // Redis counts in milliseconds; a lifetime of none would be an error there.
            Duration::from_secs_f64(capped).max(Duration::from_millis(1))
        }
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_but_kv_has_a_lifetime() {
        for kind in Kind::ALL {
            assert_eq!(default_ttl(kind).is_none(), kind == Kind::Kv, "{kind:?}");
        }
    }

    #[test]
    fn kinds_that_share_a_lifetime_agree_on_it() {
        for row in TTL_TABLE {
            assert!(TTL_TABLE.iter().all(|other| other.name != row.name || other == row), "{}", row.name);
        }
    }

    #[test]
    fn a_lifetime_that_is_no_positive_number_means_the_default() {
        let default = Duration::from_secs(7);
        for odd in [None, Some(0.0), Some(-5.0), Some(f64::NAN), Some(f64::NEG_INFINITY)] {
            assert_eq!(requested_ttl(odd, default), default, "{odd:?}");
        }
        assert_eq!(requested_ttl(Some(0.0001), default), Duration::from_millis(1));
        assert_eq!(requested_ttl(Some(1.5), default), Duration::from_millis(1500));
        assert_eq!(requested_ttl(Some(f64::INFINITY), default), MAX_TTL);
    }
}
