//! Which kinds and caches JavaScript asks the near store for before it makes a call of a read.
//!
//! Asking costs about a quarter of a call, and a hit saves one. So a kind is asked for while at least one in five of
//! these questions is a hit. Calls that are made find hits too, and begin it anew.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::near::Group;

/// Questions that a hit pays for.
const A_HIT: u32 = 5;
/// Questions that are paid for in advance at most.
const MOST: u32 = 64;

/// The questions that are paid for, by the place of the kind or cache. Used on the client's thread.
pub struct NearFirst {
    credits: Box<[AtomicU32]>,
    has_changed: AtomicBool,
}

impl Default for NearFirst {
    fn default() -> Self {
        NearFirst {
            credits: (0..NearFirst::PLACES).map(|_| AtomicU32::new(0)).collect(),
            has_changed: AtomicBool::new(false),
        }
    }
}

impl NearFirst {
    /// Numbers of kinds of the adapter are below this.
    const KINDS: usize = 256;
    /// A place for each number of a kind, and one for each group of a cache.
    pub const PLACES: usize = NearFirst::KINDS + 256;

    /// The place of a kind of the adapter.
    pub fn of_kind(kind: u8) -> usize {
        usize::from(kind)
    }

    /// The place of a cache, whose entries have this group.
    pub fn of_cache(group: Group) -> usize {
        NearFirst::KINDS + group.index()
    }

    /// A copy has answered a read of this place.
    pub fn hit(&self, place: usize) {
        let credit = &self.credits[place];
        let before = credit.load(Ordering::Relaxed);
        credit.store((before + A_HIT).min(MOST), Ordering::Relaxed);
        if before == 0 {
            self.has_changed.store(true, Ordering::Relaxed);
        }
    }

    /// JavaScript has asked for a value of this place, and there is no copy that may answer.
    pub fn asked_in_vain(&self, place: usize) {
        let credit = &self.credits[place];
        let before = credit.load(Ordering::Relaxed);
        credit.store(before.saturating_sub(1), Ordering::Relaxed);
        if before == 1 {
            self.has_changed.store(true, Ordering::Relaxed);
        }
    }

    /// Tells of each place whether it is asked for, where that has changed.
    pub fn take_changes(&self, mut tell: impl FnMut(usize, bool)) {
        if self.has_changed.load(Ordering::Relaxed) && self.has_changed.swap(false, Ordering::Relaxed) {
            for (place, credit) in self.credits.iter().enumerate() {
                tell(place, credit.load(Ordering::Relaxed) > 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_asked(first: &NearFirst, kind: usize) -> Option<bool> {
        let mut asked = None;
        first.take_changes(|number, is_asked| {
            if number == kind {
                asked = Some(is_asked);
            }
        });
        asked
    }

    #[test]
    fn kinds_and_caches_have_places_of_their_own() {
        let store = crate::near::NearStore::new(crate::near::Options {
            max_bytes: 1 << 20,
            max_staleness: std::time::Duration::from_secs(1),
        });
        let groups: Vec<_> = (0..300).map(|number| store.group(&number.to_string())).collect();
        let places = groups.iter().map(|group| NearFirst::of_cache(*group));
        assert!(places.clone().min() > Some(NearFirst::of_kind(u8::MAX)));
        assert_eq!(places.max(), Some(NearFirst::PLACES - 1));
    }

    #[test]
    fn a_kind_is_asked_for_once_it_has_a_hit_and_until_questions_are_in_vain() {
        let first = NearFirst::default();
        assert_eq!(is_asked(&first, 3), None);
        first.hit(3);
        assert_eq!(is_asked(&first, 3), Some(true));
        for _ in 1..A_HIT {
            first.asked_in_vain(3);
        }
        assert_eq!(is_asked(&first, 3), None);
        first.asked_in_vain(3);
        assert_eq!(is_asked(&first, 3), Some(false));
        first.asked_in_vain(3);
        assert_eq!(is_asked(&first, 3), None);
    }

    #[test]
    fn one_hit_in_five_keeps_a_kind_asked_for_and_one_in_six_does_not() {
        for (questions_a_hit, stays) in [(A_HIT, true), (A_HIT + 1, false)] {
            let first = NearFirst::default();
            (0..MOST).for_each(|_| first.hit(0));
            assert_eq!(is_asked(&first, 0), Some(true));
            let mut was_dropped = false;
            for _ in 0..10_000 {
                first.hit(0);
                (0..questions_a_hit).for_each(|_| first.asked_in_vain(0));
                was_dropped |= is_asked(&first, 0).is_some();
            }
            assert_eq!(!was_dropped, stays, "{questions_a_hit} questions a hit");
        }
    }
}
