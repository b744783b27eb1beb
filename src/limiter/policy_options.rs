//! The options of a policy, and which numbers are allowed.
//!
//! The bounds keep every product below 2^53, up to which Lua's numbers are exact.

use super::period::Period;
use super::policy::{Algorithm, Policy, US_PER_MS};
use crate::error::{Error, ErrorCode, Result};

/// The bound of `limit` times window for `sliding`, and of every other number here: a sum of two such products is exact
/// in Lua.
pub(super) const MAX_PRODUCT: u64 = 1 << 51;
/// A decision of `log` reads an entry a call, 8 bytes each.
const MAX_LOG_LIMIT: u64 = 1000;
/// A lease of `concurrency` takes about 100 bytes in Redis, and is written anew while it lasts.
const MAX_LEASES: u64 = 10_000;
/// How long a lease counts that its process does not prolong.
const DEFAULT_LEASE_SECONDS: u64 = 30;
const MAX_LEASE_SECONDS: u64 = 3600;
/// Microseconds between two calls of `gcra`, at least. The interval is rounded up to a whole one, so this also bounds
/// how much the rounding slows calls: by less than a tenth.
const MIN_INTERVAL_US: u64 = 10;
/// As messages name them.
const ALGORITHMS: &str = "sliding, log, gcra, fixed, calendar or concurrency";
const MS_PER_SECOND: u64 = 1000;

/// A policy as an application gives it. Numbers are those of JavaScript, so that fractions and NaN are refused here.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicyOptions<'a> {
    /// `sliding` where it is left out.
    pub algorithm: Option<&'a str>,
    pub limit: Option<f64>,
    pub window_seconds: Option<f64>,
    /// Instead of `window_seconds`: the libraries whose stores stand on the limiter count in milliseconds.
    pub window_ms: Option<f64>,
    /// How many calls `gcra` admits at once; `limit` where it is left out.
    pub burst: Option<f64>,
    /// How long a rejection blocks; 0 or left out: not at all.
    pub block_seconds: Option<f64>,
    /// Whether its rejections reject nothing.
    pub is_shadow: bool,
    /// Of `calendar`.
    pub period: Option<&'a str>,
    /// How long a lease of `concurrency` counts that is not prolonged.
    pub lease_seconds: Option<f64>,
    /// The share of the limit of `concurrency` that is kept for critical checks.
    pub reserve: Option<f64>,
}

/// The policy `name` with these options.
///
/// # Errors
/// `E_CONFIG`, which names the option and what is allowed.
pub(super) fn checked(name: &str, options: &PolicyOptions<'_>) -> Result<Policy> {
    let given = Given { name };
    let algorithm = given.algorithm(options.algorithm)?;
    let most = match algorithm {
        Algorithm::Log => MAX_LOG_LIMIT,
        Algorithm::Concurrency => MAX_LEASES,
        _ => MAX_PRODUCT,
    };
    let limit = given.required("limit", options.limit, 0, most)?;
    given.refuse_of_others(algorithm, options)?;
    let period = given.period(algorithm, options.period)?;
    let policy = Policy {
        algorithm,
        limit,
        window_ms: given.window_ms(algorithm, period, options)?,
        burst: match options.burst {
            None => limit,
            burst => given.required("burst", burst, 1, MAX_PRODUCT)?,
        },
        block_ms: match options.block_seconds {
            Some(_) => given.seconds("blockSeconds", options.block_seconds, 0)?,
            None => 0,
        },
        is_shadow: options.is_shadow,
        period,
        reserved: given.reserved(limit, options.reserve)?,
    };
    given.check_products(&policy)?;
    Ok(policy)
}

/// Checks the options of the policy `name`.
struct Given<'a> {
    name: &'a str,
}

impl Given<'_> {
    fn refusal(&self, option: &str, given: &str, allowed: &str) -> Error {
        let Given { name } = self;
        Error::new(ErrorCode::Config, format!("policies.{name}.{option} is {given}; allowed is {allowed}"))
    }

    fn algorithm(&self, given: Option<&str>) -> Result<Algorithm> {
        let Some(word) = given else { return Ok(Algorithm::Sliding) };
        Algorithm::parse(word).ok_or_else(|| self.refusal("algorithm", &format!("{word:?}"), ALGORITHMS))
    }

    fn required(&self, option: &str, given: Option<f64>, min: u64, max: u64) -> Result<u64> {
        let allowed = || format!("an integer from {min} to {max}");
        let number = given.ok_or_else(|| self.refusal(option, "missing", &allowed()))?;
        // Both bounds are below 2^53, so neither conversion rounds.
        let is_allowed = number.fract() == 0.0 && number >= min as f64 && number <= max as f64;
        if is_allowed {
            Ok(number as u64)
        } else {
            Err(self.refusal(option, &number.to_string(), &allowed()))
        }
    }

    /// A number of seconds, as milliseconds.
    fn seconds(&self, option: &str, given: Option<f64>, min: u64) -> Result<u64> {
        Ok(self.required(option, given, min, MAX_PRODUCT / MS_PER_SECOND)? * MS_PER_SECOND)
    }

    fn window_ms(&self, algorithm: Algorithm, period: Period, options: &PolicyOptions<'_>) -> Result<u64> {
        match (algorithm, options.window_ms, options.lease_seconds) {
            (Algorithm::Calendar, ..) => Ok(period.longest_ms()),
            (Algorithm::Concurrency, _, None) => Ok(DEFAULT_LEASE_SECONDS * MS_PER_SECOND),
            (Algorithm::Concurrency, _, lease) => {
                Ok(self.required("leaseSeconds", lease, 1, MAX_LEASE_SECONDS)? * MS_PER_SECOND)
            }
            (_, Some(_), _) => self.required("windowMs", options.window_ms, 1, MAX_PRODUCT),
            _ => self.seconds("windowSeconds", options.window_seconds, 1),
        }
    }

    fn period(&self, algorithm: Algorithm, given: Option<&str>) -> Result<Period> {
        const ALLOWED: &str = "hour, day or month";
        match given {
            Some(word) => {
                Period::parse(word).ok_or_else(|| self.refusal("period", &format!("{word:?}"), ALLOWED))
            }
            None if algorithm == Algorithm::Calendar => Err(self.refusal("period", "missing", ALLOWED)),
            None => Ok(Period::Hour),
        }
    }

    /// How much of the limit the share is, rounded up: what is left for other checks is rounded down.
    fn reserved(&self, limit: u64, given: Option<f64>) -> Result<u64> {
        let Some(share) = given else { return Ok(0) };
        if !(0.0..1.0).contains(&share) {
            let allowed = "a share of the limit from 0 on and below 1";
            return Err(self.refusal("reserve", &share.to_string(), allowed));
        }
        // A share such as 0.1 is no exact number, and a product with it may be a little above a whole one.
        Ok(((limit as f64 * share - 1e-9).ceil().max(0.0) as u64).min(limit))
    }

    /// Refuses options that the algorithm does not obey.
    fn refuse_of_others(&self, algorithm: Algorithm, options: &PolicyOptions<'_>) -> Result<()> {
        let PolicyOptions { window_seconds, window_ms, burst, block_seconds, period, .. } = options;
        let (lease_seconds, reserve) = (options.lease_seconds, options.reserve);
        let shown = |number: &Option<f64>| number.map(|number| number.to_string());
        let has_window = !matches!(algorithm, Algorithm::Calendar | Algorithm::Concurrency);
        let (is_calendar, has_leases) =
            (algorithm == Algorithm::Calendar, algorithm == Algorithm::Concurrency);
        let instead = if is_calendar { "it takes a period" } else { "it takes leaseSeconds" };
        for (option, given, is_obeyed, hint) in [
            ("windowSeconds", shown(window_seconds), has_window, instead),
            ("windowMs", shown(window_ms), has_window, instead),
            ("burst", shown(burst), algorithm == Algorithm::Gcra, "gcra takes one"),
            (
                "blockSeconds",
                shown(block_seconds).filter(|given| given != "0"),
                !has_leases,
                "the others take it",
            ),
            ("period", period.map(|word| format!("{word:?}")), is_calendar, "calendar takes one"),
            ("leaseSeconds", shown(&lease_seconds), has_leases, "concurrency takes it"),
            ("reserve", shown(&reserve), has_leases, "concurrency takes one"),
        ] {
            if let Some(given) = given.filter(|_| !is_obeyed) {
                let allowed = format!("no {option} with the algorithm {}; {hint}", algorithm.name());
                return Err(self.refusal(option, &given, &allowed));
            }
        }
        Ok(())
    }

    /// Checks numbers that are allowed alone, but not together.
    fn check_products(&self, policy: &Policy) -> Result<()> {
        let Policy { limit, window_ms, .. } = *policy;
        match policy.algorithm {
            Algorithm::Sliding if limit > MAX_PRODUCT / window_ms => {
                let allowed = format!(
                    "an integer from 0 to {}, which is 2^51 divided by the {window_ms} ms of the window; fixed and \
                     gcra take more",
                    MAX_PRODUCT / window_ms
                );
                Err(self.refusal("limit", &limit.to_string(), &allowed))
            }
            Algorithm::Gcra if limit > window_ms * US_PER_MS / MIN_INTERVAL_US => {
                let most = window_ms * US_PER_MS / MIN_INTERVAL_US;
                let allowed = format!(
                    "an integer from 0 to {most}, one call every {MIN_INTERVAL_US} microseconds of the window; fixed \
                     takes more"
                );
                Err(self.refusal("limit", &limit.to_string(), &allowed))
            }
            Algorithm::Gcra if !policy.is_burst_exact() => {
                let most = MAX_PRODUCT / policy.interval_us();
                let allowed = format!("an integer from 1 to {most}, the calls of 71 years at this rate");
                Err(self.refusal("burst", &policy.burst.to_string(), &allowed))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(algorithm: &str, limit: f64, window_seconds: f64) -> PolicyOptions<'_> {
        PolicyOptions {
            algorithm: Some(algorithm),
            limit: Some(limit),
            window_seconds: Some(window_seconds),
            ..PolicyOptions::default()
        }
    }

    #[track_caller]
    fn refusal(options: &PolicyOptions<'_>) -> String {
        let error = Policy::new("login", options).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Config);
        error.message().to_owned()
    }

    #[test]
    fn a_policy_slides_and_blocks_nobody_unless_it_says_so() {
        let policy = Policy::new(
            "api",
            &PolicyOptions { limit: Some(100.0), window_seconds: Some(60.0), ..PolicyOptions::default() },
        )
        .unwrap();
        assert_eq!(policy.algorithm(), Algorithm::Sliding);
        assert_eq!((policy.limit(), policy.window_ms(), policy.burst()), (100, 60_000, 100));
        assert_eq!((policy.block_ms(), policy.is_shadow(), policy.capacity()), (0, false, 100));
    }

    #[test]
    fn every_number_of_a_policy_counts() {
        let policy = Policy::new(
            "api",
            &PolicyOptions {
                burst: Some(7.0),
                block_seconds: Some(30.0),
                is_shadow: true,
                ..options("gcra", 60.0, 60.0)
            },
        )
        .unwrap();
        assert_eq!((policy.burst(), policy.block_ms(), policy.is_shadow()), (7, 30_000, true));
        assert_eq!((policy.interval_us(), policy.burst_us(), policy.capacity()), (1_000_000, 7_000_000, 7));
        let short = PolicyOptions { window_ms: Some(250.0), ..options("fixed", 5.0, 60.0) };
        assert_eq!(Policy::new("api", &short).unwrap().window_ms(), 250);
    }

    #[test]
    fn what_is_no_whole_number_in_bounds_is_refused_with_the_option_and_what_is_allowed() {
        let bad = [f64::NAN, f64::INFINITY, -1.0, 0.5, 9_007_199_254_740_992.0, 2_251_799_813_685_249.0];
        for number in bad {
            let limit = refusal(&options("fixed", number, 60.0));
            let allowed = "; allowed is an integer from 0 to 2251799813685248";
            assert_eq!(limit, format!("policies.login.limit is {number}{allowed}"));
            let window = refusal(&options("fixed", 5.0, number));
            let allowed = "; allowed is an integer from 1 to 2251799813685";
            assert_eq!(window, format!("policies.login.windowSeconds is {number}{allowed}"));
            let base = options("gcra", 5.0, 60.0);
            let burst = refusal(&PolicyOptions { burst: Some(number), ..base });
            assert!(burst.starts_with(&format!("policies.login.burst is {number}; allowed is ")), "{burst}");
            let block = refusal(&PolicyOptions { block_seconds: Some(number), ..base });
            assert!(
                block.starts_with(&format!("policies.login.blockSeconds is {number}; allowed is ")),
                "{block}"
            );
            let ms = refusal(&PolicyOptions { window_ms: Some(number), ..base });
            assert!(ms.starts_with(&format!("policies.login.windowMs is {number}; allowed is ")), "{ms}");
        }
        assert!(refusal(&options("fixed", 5.0, 0.0)).contains("windowSeconds is 0; allowed is"));
        assert!(refusal(&PolicyOptions::default()).contains("policies.login.limit is missing; allowed is"));
        let endless = PolicyOptions { limit: Some(5.0), ..PolicyOptions::default() };
        assert!(refusal(&endless).contains("policies.login.windowSeconds is missing; allowed is"));
    }

    #[test]
    fn an_algorithm_that_is_not_built_is_refused() {
        assert_eq!(
            refusal(&options("leaky", 5.0, 60.0)),
            "policies.login.algorithm is \"leaky\"; allowed is sliding, log, gcra, fixed, calendar or concurrency"
        );
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
        }
    }

    #[test]
    fn a_burst_without_gcra_is_refused() {
        let options = PolicyOptions { burst: Some(5.0), ..options("sliding", 5.0, 60.0) };
        assert!(refusal(&options).contains("policies.login.burst is 5; allowed is no burst"));
    }

    #[test]
    fn limit_and_window_stay_where_numbers_are_exact() {
        let most = 2_251_799_813_685_248.0 / 1000.0_f64.powi(2);
        assert!(Policy::new("p", &options("sliding", most.floor(), 1000.0)).is_ok());
        assert!(refusal(&options("sliding", most.floor() + 1.0, 1000.0)).contains("from 0 to 2251799813,"));
        assert!(Policy::new("p", &options("fixed", most.floor() + 1.0, 1000.0)).is_ok());

        assert!(Policy::new("p", &options("log", 1000.0, 60.0)).is_ok());
        assert!(
            refusal(&options("log", 1001.0, 60.0))
                .contains("limit is 1001; allowed is an integer from 0 to 1000")
        );

        assert!(Policy::new("p", &options("gcra", 100_000.0, 1.0)).is_ok());
        assert!(
            refusal(&options("gcra", 100_001.0, 1.0)).contains("from 0 to 100000, one call every 10 micro")
        );
        let slow = options("gcra", 1.0, 1_000_000.0);
        assert!(Policy::new("p", &PolicyOptions { burst: Some(2251.0), ..slow }).is_ok());
        let burst = refusal(&PolicyOptions { burst: Some(2252.0), ..slow });
        assert!(
            burst.contains("policies.login.burst is 2252; allowed is an integer from 1 to 2251,"),
            "{burst}"
        );
    }

    #[test]
    fn no_call_of_gcra_comes_earlier_than_the_limit_allows() {
        for (limit, interval_us) in [(3.0, 333_334), (1.0, 1_000_000), (7.0, 142_858), (100_000.0, 10)] {
            assert_eq!(Policy::new("p", &options("gcra", limit, 1.0)).unwrap().interval_us(), interval_us);
        }
    }

    #[test]
    fn a_limit_of_zero_is_a_policy_that_nothing_passes() {
        for algorithm in Algorithm::ALL {
            let mut options = options(algorithm.name(), 0.0, 60.0);
            match algorithm {
                Algorithm::Calendar => (options.window_seconds, options.period) = (None, Some("day")),
                Algorithm::Concurrency => options.window_seconds = None,
                _ => {}
            }
            let policy = Policy::new("shut", &options).unwrap();
            assert_eq!((policy.capacity(), policy.burst_us()), (0, 0));
        }
        let burst = PolicyOptions { burst: Some(5.0), ..options("gcra", 0.0, 60.0) };
        assert_eq!(Policy::new("shut", &burst).unwrap().capacity(), 0);
    }

    #[test]
    fn instances_that_share_a_limit_get_a_part_each_and_never_nothing() {
        let whole = Policy::new(
            "api",
            &PolicyOptions { burst: Some(5.0), block_seconds: Some(9.0), ..options("gcra", 100.0, 60.0) },
        )
        .unwrap();
        let part = whole.share(3);
        assert_eq!((part.limit(), part.burst(), part.window_ms()), (34, 2, 60_000));
        assert_eq!(part.block_ms(), 9000);
        assert_eq!(whole.share(1), whole);
        assert_eq!(whole.share(0), whole);
        assert_eq!(whole.share(1000).limit(), 1);
        let shut = Policy::new("shut", &options("fixed", 0.0, 60.0)).unwrap();
        assert_eq!(shut.share(3).limit(), 0);
    }

    fn leased(limit: f64) -> PolicyOptions<'static> {
        PolicyOptions { algorithm: Some("concurrency"), limit: Some(limit), ..PolicyOptions::default() }
    }

    #[test]
    fn a_calendar_has_a_period_and_no_window() {
        let monthly = PolicyOptions {
            algorithm: Some("calendar"),
            limit: Some(5.0),
            period: Some("month"),
            ..PolicyOptions::default()
        };
        let policy = Policy::new("p", &monthly).unwrap();
        assert_eq!(
            (policy.period(), policy.window_ms(), policy.capacity()),
            (Period::Month, 2_678_400_000, 5)
        );
        let missing = refusal(&PolicyOptions { period: None, ..monthly });
        assert_eq!(missing, "policies.login.period is missing; allowed is hour, day or month");
        let week = refusal(&PolicyOptions { period: Some("week"), ..monthly });
        assert_eq!(week, "policies.login.period is \"week\"; allowed is hour, day or month");
        let window = refusal(&PolicyOptions { window_seconds: Some(60.0), ..monthly });
        let allowed = "no windowSeconds with the algorithm calendar; it takes a period";
        assert_eq!(window, format!("policies.login.windowSeconds is 60; allowed is {allowed}"));
        let other = refusal(&PolicyOptions { period: Some("day"), ..options("fixed", 5.0, 60.0) });
        assert_eq!(
            other,
            "policies.login.period is \"day\"; allowed is no period with the algorithm fixed; calendar takes one"
        );
    }

    #[test]
    fn leases_last_half_a_minute_unless_their_policy_says_otherwise() {
        let policy = Policy::new("p", &leased(20.0)).unwrap();
        assert_eq!((policy.window_ms(), policy.reserved(), policy.capacity()), (30_000, 0, 20));
        assert!(policy.has_leases());
        let short = PolicyOptions { lease_seconds: Some(3.0), ..leased(20.0) };
        assert_eq!(Policy::new("p", &short).unwrap().window_ms(), 3000);
        for number in [f64::NAN, 0.0, 0.5, -1.0, 3601.0] {
            let message = refusal(&PolicyOptions { lease_seconds: Some(number), ..leased(20.0) });
            let allowed = "allowed is an integer from 1 to 3600";
            assert_eq!(message, format!("policies.login.leaseSeconds is {number}; {allowed}"));
        }
        assert!(refusal(&leased(10_001.0)).contains("limit is 10001; allowed is an integer from 0 to 10000"));
        for (options, option) in [
            (PolicyOptions { window_seconds: Some(1.0), ..leased(1.0) }, "windowSeconds"),
            (PolicyOptions { window_ms: Some(1.0), ..leased(1.0) }, "windowMs"),
            (PolicyOptions { block_seconds: Some(1.0), ..leased(1.0) }, "blockSeconds"),
            (PolicyOptions { burst: Some(1.0), ..leased(1.0) }, "burst"),
            (PolicyOptions { lease_seconds: Some(1.0), ..options("log", 1.0, 1.0) }, "leaseSeconds"),
            (PolicyOptions { reserve: Some(0.0), ..options("log", 1.0, 1.0) }, "reserve"),
        ] {
            let message = refusal(&options);
            assert!(message.contains(&format!("allowed is no {option} with the algorithm")), "{message}");
        }
        assert!(Policy::new("p", &PolicyOptions { block_seconds: Some(0.0), ..leased(1.0) }).is_ok());
    }

    #[test]
    fn a_share_is_kept_for_critical_checks_and_never_more() {
        for (limit, share, rest) in [
            (20.0, 0.2, 16),
            (20.0, 0.0, 20),
            (10.0, 0.1, 9),
            (10.0, 0.3, 7),
            (10.0, 0.7, 3),
            (7.0, 0.5, 3),
            (1.0, 0.5, 0),
        ] {
            let policy = Policy::new("p", &PolicyOptions { reserve: Some(share), ..leased(limit) }).unwrap();
            assert_eq!(policy.capacity(), rest, "{limit} {share}");
            assert_eq!((policy.limit(), policy.critical().capacity()), (limit as u64, limit as u64));
        }
        for share in [f64::NAN, -0.1, 1.0, 2.0] {
            let message = refusal(&PolicyOptions { reserve: Some(share), ..leased(20.0) });
            let allowed = "allowed is a share of the limit from 0 on and below 1";
            assert_eq!(message, format!("policies.login.reserve is {share}; {allowed}"));
        }
        let part = Policy::new("p", &PolicyOptions { reserve: Some(0.2), ..leased(20.0) }).unwrap().share(3);
        assert_eq!((part.limit(), part.capacity(), part.critical().capacity()), (7, 6, 7));
    }
}
