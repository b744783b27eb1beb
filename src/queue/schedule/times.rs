//! When a schedule has its slots, and what becomes of slots that nobody could fire in time.

use serde_json::{Map, Value, json};

use super::cron::Pattern;
use crate::error::Result;
use crate::queue::options::refusal;

/// A slot that is fired no later than this is not missed.
pub const ON_TIME_MS: i64 = 5_000;
/// So many missed slots run at most.
const MOST_MISSED: usize = 100;
/// So many slots are counted as skipped at once.
const MOST_COUNTED: u64 = 1_000;

/// What becomes of missed slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missed {
    /// One job for all of them.
    #[default]
    One,
    /// A job each, of the latest ones.
    All,
    Skip,
}

impl Missed {
    pub const ALL: [(Missed, &str); 3] = [(Missed::One, "one"), (Missed::All, "all"), (Missed::Skip, "skip")];

    pub fn name(self) -> &'static str {
        Missed::ALL[self as usize].1
    }

    pub fn named(name: &str) -> Option<Missed> {
        Missed::ALL.iter().find(|(_, known)| *known == name).map(|(missed, _)| *missed)
    }
}

#[derive(Debug, Clone)]
enum Rhythm {
    Cron { pattern: Box<Pattern>, cron: String, zone: String },
    Every { ms: i64 },
}

/// When a schedule has its slots. Times are in ms since 1970.
#[derive(Debug, Clone)]
pub struct Times {
    rhythm: Rhythm,
    start: Option<i64>,
    end: Option<i64>,
}

/// One move of a schedule: from a slot to the next, with a job for a slot or without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub slot: i64,
    /// `None`: it is over.
    pub next: Option<i64>,
    pub job: Option<i64>,
    /// Slots that it passes without a job.
    pub skipped: u64,
}

impl Times {
    /// # Errors
    /// `E_CONFIG` for a pattern that cannot be read, or a zone that is not known.
    pub fn cron(cron: &str, zone: &str, start: Option<i64>, end: Option<i64>) -> Result<Times> {
        let pattern = Box::new(Pattern::new(cron, zone)?);
        let rhythm = Rhythm::Cron { pattern, cron: cron.trim().to_owned(), zone: zone.to_owned() };
        Ok(Times { rhythm, start, end })
    }

    pub fn every(ms: i64, start: Option<i64>, end: Option<i64>) -> Times {
        Times { rhythm: Rhythm::Every { ms }, start, end }
    }

    /// As it is stored: the same times are the same text.
    pub fn to_json(&self) -> Value {
        let mut value = match &self.rhythm {
            Rhythm::Cron { cron, zone, .. } => json!({ "cron": cron, "tz": zone }),
            Rhythm::Every { ms } => json!({ "everyMs": ms }),
        };
        for (name, time) in [("startAt", self.start), ("endAt", self.end)] {
            if let Some(time) = time {
                value[name] = time.into();
            }
        }
        value
    }

    /// # Errors
    /// The text is damaged, or another version has written it.
    pub fn from_json(text: &str) -> Result<Times> {
        let damaged = || refusal("the times of a schedule cannot be read");
        let given: Map<String, Value> = serde_json::from_str(text).map_err(|_| damaged())?;
        let number = |name: &str| given.get(name).and_then(Value::as_i64);
        let (start, end) = (number("startAt"), number("endAt"));
        if let Some(ms) = number("everyMs").filter(|ms| *ms > 0) {
            return Ok(Times::every(ms, start, end));
        }
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        Times::cron(text("cron").ok_or_else(damaged)?, text("tz").unwrap_or("UTC"), start, end)
    }

    /// The first slot behind this time; `None` where none comes any more.
    pub fn after(&self, ms: i64) -> Option<i64> {
        let from = self.start.map_or(ms, |start| ms.max(start - 1));
        let next = match &self.rhythm {
            Rhythm::Cron { pattern, .. } => pattern.after(from)?,
            Rhythm::Every { ms: every } => {
                let anchor = self.anchor(*every);
                anchor + ((from - anchor).div_euclid(*every) + 1) * every
            }
        };
        self.end.is_none_or(|end| next <= end).then_some(next)
    }

    /// The last slot up to this time.
    fn until(&self, ms: i64) -> Option<i64> {
        let until = self.end.map_or(ms, |end| ms.min(end));
        let last = match &self.rhythm {
            Rhythm::Cron { pattern, .. } => pattern.until(until)?,
            Rhythm::Every { ms: every } => {
                let anchor = self.anchor(*every);
                anchor + (until - anchor).div_euclid(*every) * every
            }
        };
        self.start.is_none_or(|start| last >= start).then_some(last)
    }

    /// Slots are where they would be had it begun in 1970, unless it has a start: so they stay when it is made again.
    fn anchor(&self, every: i64) -> i64 {
        self.start.map_or(0, |start| start.rem_euclid(every))
    }

    /// What is to be done at this time about a schedule whose next slot is `slot`. Nothing where that is still to come.
    pub fn moves(&self, slot: i64, missed: Missed, now: i64) -> Vec<Move> {
        if slot > now {
            return Vec::new();
        }
        // Other rules of a zone may leave the slot where no other one is.
        let last = self.until(now).filter(|last| *last >= slot).unwrap_or(slot);
        let next = self.after(last.max(now));
        let is_on_time = now - last <= ON_TIME_MS;
        match missed {
            Missed::All => self.all(slot, last, next),
            Missed::Skip if !is_on_time => {
                vec![Move { slot, next, job: None, skipped: self.count(slot, last) + 1 }]
            }
            Missed::One | Missed::Skip => {
                vec![Move { slot, next, job: Some(last), skipped: self.count(slot, last) }]
            }
        }
    }

    /// A job for each slot, of the latest ones.
    fn all(&self, slot: i64, last: i64, next: Option<i64>) -> Vec<Move> {
        let mut slots = vec![last];
        while slots.len() < MOST_MISSED {
            let earliest = slots[slots.len() - 1];
            match self.until(earliest - 1).filter(|earlier| *earlier >= slot) {
                Some(earlier) => slots.push(earlier),
                None => break,
            }
        }
        slots.reverse();
        let mut moves = Vec::new();
        if slots[0] > slot {
            let skipped = self.count(slot, slots[0]);
            moves.push(Move { slot, next: Some(slots[0]), job: None, skipped });
        }
        for (at, slot) in slots.iter().enumerate() {
            let next = slots.get(at + 1).copied().or(next);
            moves.push(Move { slot: *slot, next, job: Some(*slot), skipped: 0 });
        }
        moves
    }

    /// How many slots are there from this one on, in front of the other.
    fn count(&self, from: i64, until: i64) -> u64 {
        if let Rhythm::Every { ms } = &self.rhythm {
            return ((until - from) / ms).max(0) as u64;
        }
        let (mut at, mut count) = (from, 0);
        while at < until && count < MOST_COUNTED {
            count += 1;
            at = self.after(at).unwrap_or(until);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_014_400_000;

    fn jobs(moves: &[Move]) -> Vec<i64> {
        moves.iter().filter_map(|one| one.job).collect()
    }

    #[test]
    fn slots_stay_where_they_are_when_a_schedule_is_made_again() {
        let times = Times::every(60_000, None, None);
        assert_eq!(times.after(NOON + 1), Some(NOON + 60_000));
        assert_eq!(times.after(NOON), Some(NOON + 60_000));
        assert_eq!(times.after(NOON - 1), Some(NOON));
        let own = Times::every(60_000, Some(NOON + 7), Some(NOON + 120_007));
        assert_eq!([own.after(0), own.after(NOON + 8)], [Some(NOON + 7), Some(NOON + 60_007)]);
        assert_eq!((own.after(NOON + 120_006), own.after(NOON + 120_007)), (Some(NOON + 120_007), None));
    }

    #[test]
    fn times_are_read_as_they_were_written() {
        for times in [
            Times::every(500, Some(7), None),
            Times::cron(" 30 2 * * * ", "Europe/Berlin", None, Some(NOON)).unwrap(),
        ] {
            let text = times.to_json().to_string();
            assert_eq!(Times::from_json(&text).unwrap().to_json().to_string(), text);
        }
        for text in ["", "{}", "{\"cron\":\"x\"}", "{\"everyMs\":0}", "[]"] {
            assert!(Times::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn missed_slots_make_one_job_or_one_each_or_none() {
        let times = Times::every(60_000, None, None);
        let now = NOON + 3 * 60_000 + 20_000;
        let last = NOON + 180_000;
        let next = Some(NOON + 240_000);
        let moves = times.moves(NOON, Missed::One, now);
        assert_eq!(moves, [Move { slot: NOON, next, job: Some(last), skipped: 3 }]);
        let moves = times.moves(NOON, Missed::Skip, now);
        assert_eq!(moves, [Move { slot: NOON, next, job: None, skipped: 4 }]);
        let moves = times.moves(NOON, Missed::All, now);
        assert_eq!(jobs(&moves), [NOON, NOON + 60_000, NOON + 120_000, last]);
        assert_eq!((moves[0].next, moves[3].next), (Some(NOON + 60_000), next));
        assert_eq!(times.moves(NOON, Missed::All, NOON - 1), []);
    }

    #[test]
    fn a_slot_that_is_only_a_little_late_is_not_missed() {
        let times = Times::every(60_000, None, None);
        let moves = times.moves(NOON, Missed::Skip, NOON + ON_TIME_MS);
        assert_eq!(moves, [Move { slot: NOON, next: Some(NOON + 60_000), job: Some(NOON), skipped: 0 }]);
        assert_eq!(jobs(&times.moves(NOON, Missed::Skip, NOON + ON_TIME_MS + 1)), [0_i64; 0]);
    }

    #[test]
    fn a_hundred_missed_slots_run_at_most() {
        for times in [
            Times::every(60_000, None, None),
            Times::cron("* * * * *", "America/New_York", None, None).unwrap(),
        ] {
            let moves = times.moves(NOON, Missed::All, NOON + 500 * 60_000);
            let jobs = jobs(&moves);
            assert_eq!((jobs.len(), jobs[99]), (100, NOON + 500 * 60_000));
            assert_eq!(moves[0], Move { slot: NOON, next: Some(jobs[0]), job: None, skipped: 401 });
            assert!(moves.windows(2).all(|pair| pair[0].next == Some(pair[1].slot)));
        }
    }

    #[test]
    fn the_last_slot_is_followed_by_none() {
        let times = Times::cron("0 * * * *", "UTC", None, Some(NOON + 3_600_000)).unwrap();
        let late = NOON + 100 * 3_600_000;
        assert_eq!(times.moves(NOON, Missed::One, late)[0].next, None);
        assert_eq!(times.moves(NOON, Missed::All, late).last().map(|last| last.next), Some(None));
        assert_eq!(
            times.moves(NOON, Missed::Skip, late),
            [Move { slot: NOON, next: None, job: None, skipped: 2 }]
        );
        assert_eq!(times.moves(NOON, Missed::One, NOON + 1)[0].next, Some(NOON + 3_600_000));
    }

    #[test]
    fn years_away_cost_no_walk_through_every_second() {
        let times = Times::cron("* * * * * *", "Europe/Berlin", None, None).unwrap();
        let year = 365 * 86_400_000;
        let moves = times.moves(NOON, Missed::One, NOON + year);
        assert_eq!((moves[0].job, moves[0].skipped), (Some(NOON + year), MOST_COUNTED));
    }
}
