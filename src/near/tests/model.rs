//! The store against a model that keeps everything in one map and looks at every rule at each read.

use super::*;
use crate::near::key::Hash;
use crate::near::stripes::StripeIndex;
use proptest::prelude::*;
use std::collections::HashMap;

const KEYS: usize = 4;
const OWNERS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    BeginFill { key: usize },
    FinishFill { key: usize, value: Option<u8>, pttl_ms: i64 },
    DropFill { key: usize },
    Push { key: usize },
    BeginWrite { key: usize },
    EndWrite { key: usize },
    Answered { key: usize, value: Option<u8> },
    Clear { owner: usize },
    Hold,
    Release,
    BeginSession,
    EndSession,
    Flushed,
    Ping { sent_ms_ago: u64 },
    Pass { ms: u64 },
    Get { key: usize },
    GetInOutage { key: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS;
    let value = || prop::option::weighted(0.9, 0..2_u8);
    prop_oneof![
        8 => key.clone().prop_map(|key| Step::BeginFill { key }),
        8 => (key.clone(), value(), prop_oneof![Just(-2), Just(-1), 0..3_000_i64])
            .prop_map(|(key, value, pttl_ms)| Step::FinishFill { key, value, pttl_ms }),
        1 => key.clone().prop_map(|key| Step::DropFill { key }),
        2 => key.clone().prop_map(|key| Step::Push { key }),
        2 => key.clone().prop_map(|key| Step::BeginWrite { key }),
        3 => key.clone().prop_map(|key| Step::EndWrite { key }),
        2 => (key.clone(), value()).prop_map(|(key, value)| Step::Answered { key, value }),
        1 => (0..OWNERS).prop_map(|owner| Step::Clear { owner }),
        1 => Just(Step::Hold),
        2 => Just(Step::Release),
        2 => Just(Step::BeginSession),
        1 => Just(Step::EndSession),
        1 => Just(Step::Flushed),
        3 => (0..1_500_u64).prop_map(|sent_ms_ago| Step::Ping { sent_ms_ago }),
        3 => (0..800_u64).prop_map(|ms| Step::Pass { ms }),
        12 => key.clone().prop_map(|key| Step::Get { key }),
        6 => key.prop_map(|key| Step::GetInOutage { key }),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Filling {
    begun: Instant,
    session: u32,
    is_refused: bool,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    value: u8,
    session: u32,
    expires_at: Instant,
    is_cleared: bool,
}

/// Sessions are numbered from 1; the one with number `alive` lives.
#[derive(Debug, Default)]
struct Model {
    copies: HashMap<usize, Kept>,
    filling: HashMap<usize, Filling>,
    answers: HashMap<usize, Vec<Option<u8>>>,
    writes: [usize; KEYS],
    holders: usize,
    begun: u32,
    alive: u32,
    flushed: u32,
    fresh_from: Option<Instant>,
}

impl Model {
    fn changed(&mut self, key: usize) {
        self.copies.remove(&key);
        if let Some(filling) = self.filling.get_mut(&key) {
            filling.is_refused = true;
        }
    }

    fn refuse_all(&mut self, concerned: impl Fn(usize) -> bool) {
        self.filling
            .iter_mut()
            .filter(|(key, _)| concerned(**key))
            .for_each(|(_, filling)| filling.is_refused = true);
    }

    fn may_begin(&self, key: usize) -> bool {
        self.alive != 0 && self.holders == 0 && self.writes[key] == 0 && !self.filling.contains_key(&key)
    }

    fn finish(&mut self, key: usize, value: Option<u8>, pttl_ms: i64) {
        let Some(filling) = self.filling.remove(&key) else { return };
        let differs = self.answers.remove(&key).unwrap_or_default().iter().any(|answer| *answer != value);
        let is_refused =
            filling.is_refused || differs || filling.session != self.alive || self.writes[key] > 0;
        let lifetime = match pttl_ms {
            -1 => Duration::from_secs(3_600),
            ms if ms > 0 => Duration::from_millis(ms as u64),
            _ => return,
        };
        if let Some(value) = value.filter(|_| !is_refused) {
            let expires_at = filling.begun + lifetime;
            self.copies.insert(key, Kept { value, session: filling.session, expires_at, is_cleared: false });
        }
    }

    fn get(&mut self, key: usize, now: Instant, in_outage: bool) -> Option<u8> {
        let kept = *self.copies.get(&key)?;
        if kept.expires_at <= now || kept.is_cleared {
            self.copies.remove(&key);
            return None;
        }
        let may_answer = if in_outage {
            kept.session > self.flushed
        } else {
            kept.session == self.alive
                && self.fresh_from.is_some_and(|from| now.saturating_duration_since(from) <= STALENESS)
        };
        may_answer.then_some(kept.value)
    }
}

/// The store, what is under way in it, and the model.
struct Both {
    bed: Bed,
    keys: Vec<String>,
    fills: HashMap<usize, Fill>,
    writes: Vec<(usize, WriteUnderWay)>,
    holders: Vec<FillsHeld>,
    model: Model,
}

impl Both {
    fn new() -> Both {
        let mut bed = Bed::with_budget(1 << 20);
        bed.store.end_session(NODE);
        // Far from the store's own beginning, before which no PING was sent.
        bed.pass(10_000);
        // Keys of one stripe refuse each other's fills, which the model does not know.
        let mut keys: Vec<String> = Vec::new();
        for key in (0..).map(|number| format!("k{number}")) {
            let stripe = |key: &String| StripeIndex::of(Hash::of(key.as_bytes()));
            if keys.iter().all(|other| stripe(other) != stripe(&key)) {
                keys.push(key);
            }
            if keys.len() == KEYS {
                break;
            }
        }
        Both { bed, keys, fills: HashMap::new(), writes: vec![], holders: vec![], model: Model::default() }
    }

    fn owner(of: usize) -> Owner {
        Owner::of([&b"one"[..], b"other"][of])
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::BeginFill { key } => self.begin_fill(key)?,
            Step::FinishFill { key, value, pttl_ms } => {
                if let Some(fill) = self.fills.remove(&key) {
                    self.bed.store.finish_fill(
                        fill,
                        value.map(|value| [value]).as_ref().map(|value| &value[..]),
                        pttl_ms,
                    );
                    self.model.finish(key, value, pttl_ms);
                }
            }
            Step::DropFill { key } => {
                self.fills.remove(&key);
                self.model.filling.remove(&key);
                self.model.answers.remove(&key);
            }
            Step::Push { key } => {
                self.bed.invalidated(&self.keys[key]);
                self.model.changed(key);
            }
            Step::BeginWrite { key } => {
                self.writes.push((key, self.bed.begin_write(&self.keys[key])));
                self.model.changed(key);
                self.model.writes[key] += 1;
            }
            Step::EndWrite { key } => {
                if let Some(index) = self.writes.iter().position(|(of, _)| *of == key) {
                    drop(self.writes.swap_remove(index));
                    self.model.writes[key] -= 1;
                }
            }
            Step::Answered { key, value } => self.answered(key, value),
            Step::Clear { owner } => {
                self.bed.store.clear_owner(Both::owner(owner));
                let cleared = self.model.copies.iter_mut().filter(|(key, _)| *key % OWNERS == owner);
                cleared.for_each(|(_, kept)| kept.is_cleared = true);
                self.model.refuse_all(|key| key % OWNERS == owner);
            }
            Step::Get { key } | Step::GetInOutage { key } => {
                let in_outage = matches!(step, Step::GetInOutage { .. });
                let key_bytes = Key::new(self.keys[key].as_bytes());
                let (store, now) = (&self.bed.store, self.bed.now);
                let living = if in_outage {
                    store.get_in_outage(key_bytes, now)
                } else {
                    store.get_living(key_bytes, now)
                };
                prop_assert_eq!(living.map(|living| living.value[0]), self.model.get(key, now, in_outage));
            }
            other => self.change_session(other),
        }
        Ok(())
    }

    fn begin_fill(&mut self, key: usize) -> Result<(), TestCaseError> {
        let wish = self.bed.wish_of(&self.keys[key], Both::owner(key % OWNERS));
        let fill = self.bed.store.begin_fill(wish, NODE, self.bed.now);
        prop_assert_eq!(fill.is_some(), self.model.may_begin(key));
        if let Some(fill) = fill {
            self.fills.insert(key, fill);
            let filling = Filling { begun: self.bed.now, session: self.model.alive, is_refused: false };
            self.model.filling.insert(key, filling);
        }
        Ok(())
    }

    fn answered(&mut self, key: usize, value: Option<u8>) {
        let bytes = value.map(|value| [value]);
        let key_bytes = Key::new(self.keys[key].as_bytes());
        self.bed.store.answered(
            key_bytes,
            bytes.as_ref().map(|value| &value[..]),
            self.bed.group,
            self.bed.now,
        );
        if self.model.copies.get(&key).is_some_and(|kept| Some(kept.value) != value) {
            self.model.changed(key);
        }
        if self.model.filling.contains_key(&key) {
            self.model.answers.entry(key).or_default().push(value);
        }
    }

    fn change_session(&mut self, step: Step) {
        let store = &self.bed.store;
        match step {
            Step::Hold => {
                self.holders.push(store.hold_fills());
                self.model.holders += 1;
                self.model.refuse_all(|_| true);
            }
            Step::Release => {
                self.holders.pop();
                self.model.holders = self.holders.len();
            }
            Step::BeginSession => {
                store.begin_session(NODE);
                self.model.begun += 1;
                (self.model.alive, self.model.fresh_from) = (self.model.begun, None);
            }
            Step::EndSession => {
                store.end_session(NODE);
                self.model.alive = 0;
            }
            Step::Flushed => {
                store.flushed(NODE);
                (self.model.alive, self.model.flushed) = (0, self.model.begun);
            }
            Step::Ping { sent_ms_ago } => {
                let sent_at = self.bed.now - Duration::from_millis(sent_ms_ago);
                store.answered_ping(NODE, sent_at);
                self.model.fresh_from = self.model.fresh_from.max(Some(sent_at));
            }
            Step::Pass { ms } => self.bed.pass(ms),
            _ => unreachable!(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_store_answers_what_a_simple_model_answers(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::new();
        for step in steps {
            both.take(step)?;
        }
    }
}
