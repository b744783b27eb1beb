//! Members in the order of their scores, and of their bytes where scores are the same, as Redis's sorted sets have them.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
struct Place(f64, Arc<str>);

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> Ordering {
        self.0.total_cmp(&other.0).then_with(|| self.1.cmp(&other.1))
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SortedSet {
    places: BTreeSet<Place>,
    scores: HashMap<Arc<str>, f64>,
}

impl SortedSet {
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    pub fn score(&self, member: &str) -> Option<f64> {
        self.scores.get(member).copied()
    }

    pub fn put(&mut self, member: &str, score: f64) {
        // Adding 0 makes 0 of -0.
        let score = score + 0.0;
        let name = match self.scores.get_key_value(member) {
            Some((name, old)) => {
                let name = name.clone();
                self.places.remove(&Place(*old, name.clone()));
                name
            }
            None => Arc::from(member),
        };
        self.places.insert(Place(score, name.clone()));
        self.scores.insert(name, score);
    }

    pub fn remove(&mut self, member: &str) -> Option<f64> {
        let (name, score) = self.scores.remove_entry(member)?;
        self.places.remove(&Place(score, name));
        Some(score)
    }

    pub fn first(&self) -> Option<(&str, f64)> {
        self.iter().next()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, f64)> {
        self.places.iter().map(|Place(score, name)| (&**name, *score))
    }

    /// Up to `most` members with at most this score.
    pub fn until(&self, score: f64, most: usize) -> Vec<String> {
        self.iter().take_while(|(_, at)| *at <= score).take(most).map(|(name, _)| name.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_by_score_and_then_by_their_bytes() {
        let mut set = SortedSet::default();
        for (member, score) in [("b", 2.0), ("a", 2.0), ("c", -1.0), ("d", f64::INFINITY), ("b", 1.0)] {
            set.put(member, score);
        }
        let names: Vec<_> = set.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["c", "b", "a", "d"]);
        assert_eq!(
            (set.until(1.0, 9), set.first()),
            (vec!["c".to_owned(), "b".to_owned()], Some(("c", -1.0)))
        );
        assert_eq!((set.remove("b"), set.remove("b"), set.len()), (Some(1.0), None, 3));
    }
}
