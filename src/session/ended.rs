//! What this process has ended lately: it is told again to a new primary, and counts here while it is only in the journal.
//!
//! A replica may have been behind when it took over, and then has what was ended. Each entry is kept for ten minutes.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::id::{Hash, Tag};

/// A failover is over long before.
pub const KEPT_FOR: Duration = Duration::from_secs(600);
/// Ends of a flood that are kept; then the oldest go first. 10 MB at most.
const MOST: usize = 65_536;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Session(Hash),
    /// All sessions of the user but these.
    User {
        known_ms: i64,
        kept: Vec<Hash>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub tag: Tag,
    pub kind: Kind,
    pub at: Instant,
    /// Redis has not taken it yet.
    pub is_journalled: bool,
}

#[derive(Debug, Default)]
pub struct Ended {
    ends: VecDeque<End>,
    /// How many ends that only the journal has name a user.
    journalled: HashMap<Tag, usize>,
}

impl Ended {
    pub fn add(&mut self, end: End) {
        self.forget(end.at);
        if self.ends.len() >= MOST {
            self.drop_oldest();
        }
        if end.is_journalled {
            *self.journalled.entry(end.tag).or_default() += 1;
        }
        self.ends.push_back(end);
    }

    /// Whether a session is one that this process has ended and Redis may still have. `now_ms` is the server's time at `now` or
    /// later.
    pub fn has(&self, tag: &Tag, hash: &Hash, created: i64, (now, now_ms): (Instant, i64)) -> bool {
        if !self.journalled.contains_key(tag) {
            return false;
        }
        let is_meant = |end: &End| match &end.kind {
            Kind::Session(ended) => ended == hash,
            Kind::User { kept, .. } => {
                let ago = now.saturating_duration_since(end.at).as_millis() as i64;
                !kept.contains(hash) && created <= now_ms - ago
            }
        };
        self.ends.iter().any(|end| end.is_journalled && end.tag == *tag && is_meant(end))
    }

    /// A session that stays has another hash from now on.
    pub fn follow(&mut self, tag: &Tag, from: &Hash, to: Hash) {
        for end in self.ends.iter_mut().filter(|end| end.tag == *tag) {
            if let Kind::User { kept, .. } = &mut end.kind
                && kept.contains(from)
            {
                kept.push(to);
            }
        }
    }

    /// The ends of the last ten minutes, oldest first.
    pub fn lately(&mut self, now: Instant) -> impl Iterator<Item = &End> {
        self.forget(now);
        self.ends.iter()
    }

    fn forget(&mut self, now: Instant) {
        while self.ends.front().is_some_and(|end| now.saturating_duration_since(end.at) > KEPT_FOR) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(end) = self.ends.pop_front() else { return };
        if end.is_journalled
            && let Some(count) = self.journalled.get_mut(&end.tag)
        {
            *count -= 1;
            if *count == 0 {
                self.journalled.remove(&end.tag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: Tag = [1; 9];
    const HASH: Hash = [2; 16];

    fn end(kind: Kind, at: Instant, is_journalled: bool) -> End {
        End { tag: TAG, kind, at, is_journalled }
    }

    #[test]
    fn what_only_the_journal_has_ended_does_not_answer_here() {
        let at = Instant::now();
        let mut ended = Ended::default();
        ended.add(end(Kind::Session(HASH), at, false));
        assert!(!ended.has(&TAG, &HASH, 0, (at, 10)));
        ended.add(end(Kind::Session(HASH), at, true));
        assert!(ended.has(&TAG, &HASH, 0, (at, 10)));
        assert!(!ended.has(&TAG, &[3; 16], 0, (at, 10)) && !ended.has(&[9; 9], &HASH, 0, (at, 10)));
    }

    #[test]
    fn a_revocation_ends_what_was_created_before_and_keeps_what_was_excepted_and_its_successors() {
        let at = Instant::now();
        let mut ended = Ended::default();
        ended.add(end(Kind::User { known_ms: 0, kept: vec![HASH] }, at, true));
        let later = (at + Duration::from_millis(100), 1_100);
        assert!(ended.has(&TAG, &[3; 16], 1_000, later) && !ended.has(&TAG, &[3; 16], 1_001, later));
        assert!(!ended.has(&TAG, &HASH, 1_000, later));
        ended.follow(&TAG, &HASH, [4; 16]);
        assert!(!ended.has(&TAG, &[4; 16], 1_000, later));
    }

    #[test]
    fn ends_are_kept_for_ten_minutes_and_the_newest_of_a_flood() {
        let at = Instant::now();
        let mut ended = Ended::default();
        ended.add(end(Kind::Session(HASH), at, true));
        assert_eq!(ended.lately(at + KEPT_FOR).count(), 1);
        assert_eq!(ended.lately(at + KEPT_FOR + Duration::from_millis(1)).count(), 0);
        assert!(!ended.has(&TAG, &HASH, 0, (at, 0)) && ended.journalled.is_empty());
        for number in 0..=MOST {
            ended.add(end(Kind::Session([(number % 251) as u8; 16]), at, true));
        }
        assert_eq!(ended.lately(at).count(), MOST);
    }
}
