//! Hours, days and months of UTC, in milliseconds since 1970.

use std::ops::Range;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// No month has more.
const LONGEST_MONTH_DAYS: u64 = 31;
/// From 0000-03-01 to 1970-01-01. Years that begin in March have their leap day at the end.
const DAYS_BEFORE_1970: u64 = 719_468;
/// The Gregorian calendar repeats after 400 years.
const DAYS_OF_400_YEARS: u64 = 146_097;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Hour,
    Day,
    Month,
}

impl Period {
    pub const ALL: [Period; 3] = [Period::Hour, Period::Day, Period::Month];

    pub fn parse(name: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Period::Hour => "hour",
            Period::Day => "day",
            Period::Month => "month",
        }
    }

    /// The length of the longest one.
    pub fn longest_ms(self) -> u64 {
        match self {
            Period::Hour => HOUR_MS,
            Period::Day => DAY_MS,
            Period::Month => LONGEST_MONTH_DAYS * DAY_MS,
        }
    }

    /// The length of each; `None` where they differ.
    pub fn length_ms(self) -> Option<u64> {
        (self != Period::Month).then(|| self.longest_ms())
    }

    /// The period of a time: from its first millisecond on until before the next period's.
    pub fn around(self, at_ms: u64) -> Range<u64> {
        if let Some(length) = self.length_ms() {
            let start = at_ms - at_ms % length;
            return start..start + length;
        }
        let first = first_of_month(at_ms / DAY_MS);
        // So many days later it is one of the next month's first four days.
        first * DAY_MS..first_of_month(first + LONGEST_MONTH_DAYS) * DAY_MS
    }
}

/// The first day of a day's month; days are counted from 1970. `src/limiter/scripts/consume.lua` does the same.
fn first_of_month(day: u64) -> u64 {
    let day_of_400_years = (day + DAYS_BEFORE_1970) % DAYS_OF_400_YEARS;
    let year = (day_of_400_years - day_of_400_years / 1460 + day_of_400_years / 36_524
        - day_of_400_years / 146_096)
        / 365;
    let day_of_year = day_of_400_years - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days.
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5;
    day - day_of_month
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_leap(year: u64) -> bool {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    }

    #[test]
    fn months_are_those_of_the_gregorian_calendar() {
        let mut day = 0;
        for year in 1970..2500 {
            for month in 1..=12 {
                let length = match month {
                    2 if is_leap(year) => 29,
                    2 => 28,
                    4 | 6 | 9 | 11 => 30,
                    _ => 31,
                };
                let expected = day * DAY_MS..(day + length) * DAY_MS;
                for of_month in 0..length {
                    let at_ms = (day + of_month) * DAY_MS;
                    assert_eq!(Period::Month.around(at_ms), expected, "{year}-{month}");
                    assert_eq!(Period::Month.around(at_ms + DAY_MS - 1), expected, "{year}-{month}");
                }
                day += length;
            }
        }
    }

    #[test]
    fn hours_and_days_begin_at_their_multiples() {
        // 2026-11-27T14:06:32.123Z
        let at_ms = 1_795_788_392_123;
        assert_eq!(Period::Hour.around(at_ms), 1_795_788_000_000..1_795_791_600_000);
        assert_eq!(Period::Day.around(at_ms), 1_795_737_600_000..1_795_824_000_000);
        // The month from 2026-11-01 on.
        assert_eq!(Period::Month.around(at_ms), 1_793_491_200_000..1_796_083_200_000);
        for period in Period::ALL {
            assert_eq!(Period::parse(period.name()), Some(period));
            let around = period.around(at_ms);
            assert!(around.contains(&at_ms) && around.end - around.start <= period.longest_ms());
        }
        assert_eq!(Period::parse("week"), None);
    }
}
