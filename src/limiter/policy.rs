//! What a policy allows: its algorithm and numbers, checked once when it is made.
//!
//! The bounds keep every product below 2^53, up to which Lua's numbers are exact.

use crate::error::{Error, ErrorCode, Result};

/// The bound of `limit` times window for `sliding`, and of every other number here: a sum of two such products is exact
/// in Lua.
const MAX_PRODUCT: u64 = 1 << 51;
/// A decision of `log` reads an entry a call, 8 bytes each.
const MAX_LOG_LIMIT: u64 = 1000;
/// Microseconds between two calls of `gcra`, at least. The interval is rounded up to a whole one, so this also bounds
/// how much the rounding slows calls: by less than a tenth.
const MIN_INTERVAL_US: u64 = 10;
const MS_PER_SECOND: u64 = 1000;
pub(super) const US_PER_MS: u64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The calls of this window, and of the one before in proportion.
    Sliding,
    /// The time of each call.
    Log,
    /// A bucket that leaks one call an interval.
    Gcra,
    /// Windows that the first call opens.
    Fixed,
}

impl Algorithm {
    pub const ALL: [Algorithm; 4] = [Algorithm::Sliding, Algorithm::Log, Algorithm::Gcra, Algorithm::Fixed];

    pub fn parse(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sliding => "sliding",
            Algorithm::Log => "log",
            Algorithm::Gcra => "gcra",
            Algorithm::Fixed => "fixed",
        }
    }
}

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
}

/// A policy whose numbers are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    algorithm: Algorithm,
    limit: u64,
    window_ms: u64,
    burst: u64,
    block_ms: u64,
    is_shadow: bool,
}

impl Policy {
    /// # Errors
    /// `E_CONFIG`, which names the option of the policy `name` and what is allowed.
    pub fn new(name: &str, options: &PolicyOptions<'_>) -> Result<Policy> {
        let given = Given { name };
        let algorithm = given.algorithm(options.algorithm)?;
        let most = if algorithm == Algorithm::Log { MAX_LOG_LIMIT } else { MAX_PRODUCT };
        let limit = given.required("limit", options.limit, 0, most)?;
        let window_ms = given.window_ms(options)?;
        let policy = Policy {
            algorithm,
            limit,
            window_ms,
            burst: given.burst(algorithm, limit, options.burst)?,
            block_ms: match options.block_seconds {
                Some(_) => given.seconds("blockSeconds", options.block_seconds, 0)?,
                None => 0,
            },
            is_shadow: options.is_shadow,
        };
        given.check_products(&policy)?;
        Ok(policy)
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    pub fn window_ms(&self) -> u64 {
        self.window_ms
    }

    /// How many calls `gcra` admits at once; the limit for the others.
    pub fn burst(&self) -> u64 {
        self.burst
    }

    /// How long a rejection blocks; 0: not at all.
    pub fn block_ms(&self) -> u64 {
        self.block_ms
    }

    pub fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    /// The highest cost that can pass.
    pub fn capacity(&self) -> u64 {
        match self.algorithm {
            Algorithm::Gcra if self.limit > 0 => self.burst,
            _ => self.limit,
        }
    }

    /// Microseconds that one call of `gcra` takes. The window, where the limit is 0 and no call passes.
    pub(super) fn interval_us(&self) -> u64 {
        (self.window_ms * US_PER_MS).div_ceil(self.limit.max(1))
    }

    /// Microseconds of calls that `gcra` admits at once.
    pub(super) fn burst_us(&self) -> u64 {
        self.capacity() * self.interval_us()
    }

    /// The policy of one of several instances that share the limit while they cannot reach Redis, rounded up.
    pub fn share(&self, instances: u32) -> Policy {
        let part = |whole: u64| whole.div_ceil(u64::from(instances.max(1)));
        Policy { limit: part(self.limit), burst: part(self.burst), ..self.clone() }
    }
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
        Algorithm::parse(word)
            .ok_or_else(|| self.refusal("algorithm", &format!("{word:?}"), "sliding, log, gcra or fixed"))
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

    fn window_ms(&self, options: &PolicyOptions<'_>) -> Result<u64> {
        match options.window_ms {
            Some(_) => self.required("windowMs", options.window_ms, 1, MAX_PRODUCT),
            None => self.seconds("windowSeconds", options.window_seconds, 1),
        }
    }

    fn burst(&self, algorithm: Algorithm, limit: u64, given: Option<f64>) -> Result<u64> {
        match given {
            None => Ok(limit),
            Some(_) if algorithm == Algorithm::Gcra => self.required("burst", given, 1, MAX_PRODUCT),
            Some(burst) => {
                let allowed = format!("no burst with the algorithm {}; gcra takes one", algorithm.name());
                Err(self.refusal("burst", &burst.to_string(), &allowed))
            }
        }
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
            Algorithm::Gcra if policy.capacity() > MAX_PRODUCT / policy.interval_us() => {
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
            "policies.login.algorithm is \"leaky\"; allowed is sliding, log, gcra or fixed"
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
            let policy = Policy::new("shut", &options(algorithm.name(), 0.0, 60.0)).unwrap();
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
}
