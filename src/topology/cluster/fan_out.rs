//! Calls that were split among nodes, until every part has settled.

use std::collections::HashMap;

use crate::error::Error;
use crate::redis::{Outcome, Sink};
use crate::topology::in_flight::FIRST_RESERVED;

/// Ids from here on are those of parts. JavaScript counts up from zero and does not come so far.
const FIRST: u32 = 1 << 31;
const LAST: u32 = FIRST_RESERVED - 1;

/// A call of which parts are under way.
#[derive(Debug)]
struct Join {
    call_id: u32,
    left: usize,
    is_true: bool,
    failure: Option<Error>,
}

#[derive(Debug)]
pub struct FanOut {
    next: u32,
    parts: HashMap<u32, u32>,
    joins: HashMap<u32, Join>,
}

impl Default for FanOut {
    fn default() -> Self {
        FanOut { next: FIRST, parts: HashMap::new(), joins: HashMap::new() }
    }
}

impl FanOut {
    /// Ids for the parts of a call, which is true where all parts are.
    pub fn split<const N: usize>(&mut self, call_id: u32) -> [u32; N] {
        let parts = [(); N].map(|()| {
            let part = self.next;
            self.next = if part == LAST { FIRST } else { part + 1 };
            self.parts.insert(part, call_id);
            part
        });
        self.joins.insert(call_id, Join { call_id, left: N, is_true: true, failure: None });
        parts
    }

    /// Takes a part's outcome in, or hands on that of a whole call.
    pub fn settle(&mut self, call_id: u32, outcome: Outcome<'_>, sink: &mut dyn Sink) {
        if !(FIRST..=LAST).contains(&call_id) {
            return sink.settle(call_id, outcome);
        }
        let Some(whole) = self.parts.remove(&call_id) else { return };
        let Some(join) = self.joins.get_mut(&whole) else { return };
        join.left -= 1;
        match outcome {
            Outcome::Boolean(is_true) => join.is_true &= is_true,
            Outcome::Failed(error) => join.failure = Some(error),
            _ => {}
        }
        if join.left == 0
            && let Some(join) = self.joins.remove(&whole)
        {
            let outcome = join.failure.map_or(Outcome::Boolean(join.is_true), Outcome::Failed);
            sink.settle(join.call_id, outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Settled(Vec<(u32, Outcome<'static>)>);

    impl Sink for Settled {
        fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
            self.0.push((call_id, outcome.into_owned()));
        }
    }

    #[test]
    fn a_call_settles_with_its_last_part_and_is_true_where_all_are() {
        let (mut joins, mut settled) = (FanOut::default(), Settled::default());
        let [first, second] = joins.split(7);
        joins.settle(second, Outcome::Boolean(true), &mut settled);
        joins.settle(3, Outcome::Null, &mut settled);
        joins.settle(first, Outcome::Boolean(false), &mut settled);
        joins.settle(first, Outcome::Boolean(true), &mut settled);
        assert_eq!(settled.0, [(3, Outcome::Null), (7, Outcome::Boolean(false))]);
        assert!(joins.parts.is_empty() && joins.joins.is_empty());
    }
}
