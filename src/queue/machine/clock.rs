//! Whether the server's clock runs as this process's does: leases and times of jobs are by the server's.

use std::time::{Duration, Instant};

/// A smaller difference moves no job by anything that counts.
const MOST_DRIFT_MS: i64 = 1_000;

/// A clock showed `shown_ms` at some time from `began` to `ended`.
#[derive(Debug, Clone, Copy)]
struct Sight {
    shown_ms: i64,
    began: Instant,
    ended: Instant,
}

/// The server's clock, by what it showed last.
#[derive(Debug, Default)]
pub struct ServerClock(Option<Sight>);

impl ServerClock {
    /// The clock showed `shown_ms` at some time from `began` to `ended`. Answers by how many ms it was set forward since it was
    /// seen last, negative where it was set back, or `None` where it ran on.
    pub fn see(&mut self, shown_ms: i64, began: Instant, ended: Instant) -> Option<i64> {
        let last = self.0.replace(Sight { shown_ms, began, ended })?;
        let ran_ms = shown_ms - last.shown_ms;
        let most_ms = ms(ended.saturating_duration_since(last.began));
        let least_ms = ms(began.saturating_duration_since(last.ended));
        let (ahead_ms, behind_ms) = (ran_ms - most_ms, ran_ms - least_ms);
        if ahead_ms > MOST_DRIFT_MS {
            Some(ahead_ms)
        } else {
            Some(behind_ms).filter(|behind_ms| *behind_ms < -MOST_DRIFT_MS)
        }
    }
}

fn ms(time: Duration) -> i64 {
    time.as_millis() as i64
}

/// The line of the log on a clock that was set.
pub fn sentence(queue: &str, moved_ms: i64) -> String {
    if moved_ms > 0 {
        format!(
            "the clock of the queue {queue} went {moved_ms} ms forward: leases ended early, and jobs under way may run again"
        )
    } else {
        format!("the clock of the queue {queue} went {} ms back: delayed jobs start so much later", -moved_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sees a clock at times in ms of a process.
    fn seen(sights: &[(i64, u64, u64)]) -> Vec<Option<i64>> {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut clock = ServerClock::default();
        sights.iter().map(|(shown, began, ended)| clock.see(*shown, at(*began), at(*ended))).collect()
    }

    #[test]
    fn a_clock_that_runs_on_is_nothing_to_tell() {
        assert_eq!(seen(&[(50_000, 0, 1), (51_000, 1_000, 1_001), (52_900, 2_000, 2_001)]), [None; 3]);
    }

    #[test]
    fn a_clock_that_is_set_is_told_once() {
        let set_forward = seen(&[(50_000, 0, 2), (60_000, 1_000, 1_002), (61_000, 2_000, 2_002)]);
        assert_eq!(set_forward, [None, Some(8_998), None]);
        let set_back = seen(&[(50_000, 0, 2), (21_000, 1_000, 1_002), (22_000, 2_000, 2_002)]);
        assert_eq!(set_back, [None, Some(-29_998), None]);
    }

    #[test]
    fn a_late_answer_or_a_process_that_stood_still_is_no_change_of_the_clock() {
        // The answer of the second sight is read 30 s late, then that of the third one.
        assert_eq!(seen(&[(50_000, 0, 1), (51_000, 1_000, 31_000), (81_500, 31_500, 31_501)]), [None; 3]);
        assert_eq!(seen(&[(50_000, 0, 1), (80_000, 1_000, 31_000), (81_500, 31_500, 31_501)]), [None; 3]);
    }

    #[test]
    fn the_log_says_what_it_means_for_jobs() {
        let forward = "the clock of the queue mail went 2000 ms forward: leases ended early, and jobs under way may run again";
        assert_eq!(sentence("mail", 2_000), forward);
        assert_eq!(
            sentence("mail", -2_000),
            "the clock of the queue mail went 2000 ms back: delayed jobs start so much later"
        );
    }
}
