//! The times of a cron pattern in a time zone.
//!
//! The pattern is gone through on the clock that hangs on the wall; the zone says when that clock shows a time. A time of day that
//! a change of the clock skips comes once, right after the gap. One that comes twice counts the first time alone. A pattern of all
//! hours names no time of day: it goes by the time that passes, through the gap and through both halves of the hour that repeats.

use croner::Cron;
use croner::parser::CronParser;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::queue::options::refusal;

const HOURS_A_DAY: usize = 24;
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// No clock is put back by more.
const LONGEST_REPEAT: SignedDuration = SignedDuration::from_hours(26);
/// Changes of the clock that one search passes. Zones have two a year, and patterns may name a year far ahead.
const MOST_CHANGES: usize = 200;

/// A pattern and its zone.
#[derive(Debug, Clone)]
pub struct Pattern {
    cron: Cron,
    zone: TimeZone,
    has_all_hours: bool,
}

impl Pattern {
    /// # Errors
    /// `E_CONFIG` for a pattern that cannot be read, or a zone that is not known.
    pub fn new(cron: &str, zone: &str) -> Result<Pattern> {
        let cron = CronParser::new().parse(cron).map_err(|_| {
            refusal(
                "cron is no pattern; give five fields (minute hour day month weekday), or six with the seconds in front, \
                 such as '30 2 * * *'",
            )
        })?;
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| {
            refusal("tz is no time zone; give a name of IANA's list, such as 'Europe/Berlin'")
        })?;
        let has_all_hours = cron.pattern.hours.values().len() == HOURS_A_DAY;
        Ok(Pattern { cron, zone, has_all_hours })
    }

    /// The first time behind this one, both in ms since 1970.
    pub fn after(&self, ms: i64) -> Option<i64> {
        let at = Timestamp::from_millisecond(ms).ok()?;
        let found = if self.has_all_hours { self.passing_after(at) } else { self.named_after(at) };
        found.map(Timestamp::as_millisecond)
    }

    /// The last time up to this one.
    pub fn until(&self, ms: i64) -> Option<i64> {
        let at = Timestamp::from_millisecond(ms).ok()?;
        let found = if self.has_all_hours { self.passing_until(at) } else { self.named_until(at) };
        found.map(Timestamp::as_millisecond)
    }

    fn clock(&self, at: Timestamp) -> DateTime {
        whole_second(self.zone.to_datetime(at))
    }

    fn next(&self, clock: DateTime, inclusive: bool) -> Option<DateTime> {
        self.cron.find_next_occurrence(&clock, inclusive).ok()
    }

    fn last(&self, clock: DateTime) -> Option<DateTime> {
        self.cron.find_previous_occurrence(&clock, true).ok()
    }

    /// When the clock shows this time first. A time in a gap counts as the end of the gap.
    fn moment(&self, clock: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(clock).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(clock).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(clock).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                let behind = before.to_timestamp(clock).ok()?.checked_add(SECOND).ok()?;
                self.zone.preceding(behind).next().map(|change| change.timestamp())
            }
        }
    }

    /// The last time that the clock has shown by now: later than what it shows while it repeats an hour.
    fn furthest(&self, at: Timestamp) -> DateTime {
        let clock = self.clock(at);
        let Some(change) = self.change_until(at).filter(|change| at.duration_since(*change) < LONGEST_REPEAT)
        else {
            return clock;
        };
        let before = change.checked_sub(SECOND).map_or(clock, |before| self.clock(before));
        clock.max(before)
    }

    /// The last change of the clock up to then.
    fn change_until(&self, at: Timestamp) -> Option<Timestamp> {
        let behind = at.checked_add(SECOND).ok()?;
        self.zone.preceding(behind).map(|change| change.timestamp()).find(|change| *change <= at)
    }

    fn named_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut clock = self.furthest(at);
        loop {
            clock = self.next(clock, false)?;
            let moment = self.moment(clock)?;
            if moment > at {
                return Some(moment);
            }
        }
    }

    fn named_until(&self, at: Timestamp) -> Option<Timestamp> {
        let mut clock = self.furthest(at);
        loop {
            clock = self.last(clock)?;
            let moment = self.moment(clock)?;
            if moment <= at {
                return Some(moment);
            }
            clock = clock.checked_sub(SECOND).ok()?;
        }
    }

    /// Goes from one change of the clock to the next: between them the clock and the time pass alike.
    fn passing_after(&self, at: Timestamp) -> Option<Timestamp> {
        let (mut from, mut inclusive) = (at, false);
        for _ in 0..MOST_CHANGES {
            let clock = self.next(self.clock(from), inclusive)?;
            let moment = self.zone.to_offset(from).to_timestamp(clock).ok()?;
            let change = self.zone.following(from).next().map(|change| change.timestamp());
            match change.filter(|change| moment >= *change) {
                None => return Some(moment),
                Some(change) => (from, inclusive) = (change, true),
            }
        }
        None
    }

    fn passing_until(&self, at: Timestamp) -> Option<Timestamp> {
        let mut until = at;
        for _ in 0..MOST_CHANGES {
            let clock = self.last(self.clock(until))?;
            let moment = self.zone.to_offset(until).to_timestamp(clock).ok()?;
            match self.change_until(until).filter(|change| moment < *change) {
                None => return Some(moment),
                Some(change) => until = change.checked_sub(SECOND).ok()?,
            }
        }
        None
    }
}

/// Patterns have no parts of a second.
fn whole_second(clock: DateTime) -> DateTime {
    clock.with().subsec_nanosecond(0).build().unwrap_or(clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// The times of a pattern between two, going forward; the same must come out going back.
    fn between(cron: &str, zone: &str, from: &str, until: &str) -> Vec<String> {
        let pattern = Pattern::new(cron, zone).unwrap();
        let (mut at, mut times) = (ms(from) - 1, Vec::new());
        while let Some(next) = pattern.after(at).filter(|next| *next <= ms(until)) {
            assert!(next > at);
            times.push(next);
            at = next;
        }
        let (mut at, mut back) = (ms(until), Vec::new());
        while let Some(last) = pattern.until(at).filter(|last| *last >= ms(from)) {
            assert!(last <= at);
            back.push(last);
            at = last - 1;
        }
        back.reverse();
        assert_eq!(times, back, "{cron} {zone}");
        times.iter().map(|time| Timestamp::from_millisecond(*time).unwrap().to_string()).collect()
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_once_after_the_gap() {
        // Berlin goes from 02:00 to 03:00 at 01:00 UTC, New York at 07:00 UTC, Lord Howe by half an hour at 15:30 UTC.
        let day = ["2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"];
        assert_eq!(
            between("30 2 * * *", "Europe/Berlin", day[0], day[1]),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            between("*/15 2 * * *", "Europe/Berlin", day[0], "2026-03-29T12:00:00Z"),
            ["2026-03-29T01:00:00Z"]
        );
        // What comes at the end of the gap anyway comes once.
        assert_eq!(
            between("0,30 2,3 * * *", "Europe/Berlin", day[0], "2026-03-29T12:00:00Z"),
            ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
        );
        assert_eq!(
            between("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
            ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
        );
        assert_eq!(
            between("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-04T12:00:00Z"),
            ["2026-10-03T15:30:00Z"]
        );
    }

    #[test]
    fn a_time_that_comes_twice_counts_once() {
        assert_eq!(
            between("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        assert_eq!(
            between("*/30 1-3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
            [
                "2026-10-24T23:00:00Z",
                "2026-10-24T23:30:00Z",
                "2026-10-25T00:00:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-25T02:00:00Z",
                "2026-10-25T02:30:00Z"
            ]
        );
        assert_eq!(
            between("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"),
            ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
        );
    }

    #[test]
    fn a_pattern_of_all_hours_goes_by_the_time_that_passes() {
        for (from, until) in [
            ("2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z"),
            ("2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z"),
        ] {
            let times = between("30 * * * *", "Europe/Berlin", from, until);
            let pauses = times.windows(2).map(|pair| ms(&pair[1]) - ms(&pair[0]));
            assert_eq!((times.len(), pauses.collect::<Vec<_>>()), (6, vec![3_600_000; 5]));
        }
    }

    #[test]
    fn patterns_have_five_fields_or_six_and_the_usual_words() {
        let from = "2026-11-27T10:00:00Z";
        for (cron, expected) in [
            ("*/10 * * * * *", "2026-11-27T10:00:10Z"),
            ("@daily", "2026-11-28T00:00:00Z"),
            ("0 0 L * *", "2026-11-30T00:00:00Z"),
            ("0 9 * * MON-FRI", "2026-11-30T09:00:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ] {
            let next = Pattern::new(cron, "UTC").unwrap().after(ms(from)).unwrap();
            assert_eq!(Timestamp::from_millisecond(next).unwrap().to_string(), expected, "{cron}");
        }
        assert_eq!(Pattern::new("0 0 30 2 *", "UTC").unwrap().after(ms(from)), None);
        for (cron, zone, expected) in [
            ("61 * * * *", "UTC", "cron is no pattern"),
            ("* * *", "UTC", "cron is no pattern"),
            ("", "UTC", "cron is no pattern"),
            ("* * * * *", "Europe/Nowhere", "tz is no time zone"),
            ("* * * * *", "", "tz is no time zone"),
        ] {
            let error = Pattern::new(cron, zone).unwrap_err();
            assert!(error.message().starts_with(expected), "{cron} {zone}: {}", error.message());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn forward_and_back_agree_at_any_time(
            start in 1_700_000_000_000_i64..2_000_000_000_000,
            cron in prop::sample::select(vec!["30 2 * * *", "*/20 * * * *", "15 */2 * * *", "0 0 * * SUN", "59 23 31 * *"]),
            zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]),
        ) {
            let pattern = Pattern::new(cron, zone).unwrap();
            let next = pattern.after(start).unwrap();
            prop_assert!(next > start);
            prop_assert_eq!(pattern.until(next), Some(next));
            prop_assert_eq!(pattern.after(next - 1), Some(next));
            let last = pattern.until(start).unwrap();
            prop_assert!(last <= start && pattern.after(last) == Some(next));
        }
    }
}
