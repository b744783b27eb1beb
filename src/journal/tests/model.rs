//! Random operations against a naive model, which keeps the writes of each key in the order of their
//! sequences.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const KEYS: u8 = 6;
const FIELDS: u8 = 3;
/// No content ends in these runs.
const LIFETIME: Duration = Duration::from_secs(100);

#[derive(Debug, Clone)]
enum Step {
    /// A write whose sequence is this much below the newest.
    Write {
        key: u8,
        late: u64,
        write: ModelWrite,
        older: Option<u8>,
    },
    Clear {
        organization: u8,
    },
    Settle {
        key: u8,
    },
    SettleClear {
        organization: u8,
    },
    Forget {
        key: u8,
    },
    HandOut {
        most: usize,
    },
    HandOutKey {
        key: u8,
    },
    Rewind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ModelWrite {
    Set(u8),
    Delete,
    SetField(u8, u8),
    DeleteField(u8),
}

/// A key is always a value or always a hash, because Redis itself refuses a field of a plain value.
fn is_hash(key: u8) -> bool {
    key % 2 == 1
}

fn organization(key: u8) -> Option<u8> {
    (key < 4).then_some(key / 2)
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        4 => any::<u8>().prop_map(ModelWrite::Set),
        1 => Just(ModelWrite::Delete),
        3 => (0..FIELDS, any::<u8>()).prop_map(|(field, value)| ModelWrite::SetField(field, value)),
        2 => (0..FIELDS).prop_map(ModelWrite::DeleteField),
    ];
    let late = prop_oneof![3 => Just(0u64), 1 => 1u64..6];
    let key = 0..KEYS;
    prop_oneof![
        10 => (key.clone(), late, kind, proptest::option::weighted(0.3, 0u8..12)).prop_map(
            |(key, late, kind, older)| {
                let write = match kind {
                    ModelWrite::Set(value) if is_hash(key) => ModelWrite::SetField(value % FIELDS, value),
                    ModelWrite::SetField(_, value) if !is_hash(key) => ModelWrite::Set(value),
                    ModelWrite::DeleteField(_) if !is_hash(key) => ModelWrite::Delete,
                    kind => kind,
                };
                Step::Write { key, late, write, older }
            }
        ),
        1 => (0..2u8).prop_map(|organization| Step::Clear { organization }),
        2 => key.clone().prop_map(|key| Step::Settle { key }),
        1 => (0..2u8).prop_map(|organization| Step::SettleClear { organization }),
        1 => key.clone().prop_map(|key| Step::Forget { key }),
        3 => (0usize..4).prop_map(|most| Step::HandOut { most }),
        1 => key.prop_map(|key| Step::HandOutKey { key }),
        1 => Just(Step::Rewind),
    ]
}

/// One key of the model.
#[derive(Default, Clone)]
struct Row {
    writes: Vec<(u64, ModelWrite)>,
    older: Vec<Digest>,
    /// Redis may hold what was written up to this sequence.
    sent_up_to: u64,
}

impl Row {
    fn content(&self) -> EntryContent {
        let mut writes = self.writes.clone();
        writes.sort_by_key(|(sequence, _)| *sequence);
        let mut content: Option<EntryContent> = None;
        for (_, kind) in writes {
            content = Some(match kind {
                ModelWrite::Set(value) => EntryContent::Value(value_of(value).into()),
                ModelWrite::Delete => EntryContent::Gone,
                ModelWrite::SetField(..) | ModelWrite::DeleteField(_) => {
                    let (is_whole, mut fields) = match content {
                        None => (false, BTreeMap::new()),
                        Some(EntryContent::Fields { is_whole, fields }) => (is_whole, fields),
                        Some(EntryContent::Value(_) | EntryContent::Gone) => (true, BTreeMap::new()),
                    };
                    match kind {
                        ModelWrite::SetField(field, value) => {
                            fields.insert([field].into(), Some(value_of(value).into()))
                        }
                        ModelWrite::DeleteField(field) => fields.insert([field].into(), None),
                        ModelWrite::Set(_) | ModelWrite::Delete => unreachable!(),
                    };
                    EntryContent::Fields { is_whole, fields }
                }
            });
        }
        content.unwrap()
    }

    /// The digest of the value that a write of this sequence replaces, where Redis may hold it.
    fn sent_before(&self, sequence: u64, kind: ModelWrite) -> Option<Digest> {
        let is_replaced = |held: &ModelWrite| match (kind, held) {
            (ModelWrite::SetField(field, _) | ModelWrite::DeleteField(field), held) => match *held {
                ModelWrite::SetField(other, _) | ModelWrite::DeleteField(other) => other == field,
                ModelWrite::Set(_) | ModelWrite::Delete => true,
            },
            (ModelWrite::Set(_) | ModelWrite::Delete, _) => true,
        };
        let (written, held) =
            self.writes.iter().filter(|(_, held)| is_replaced(held)).max_by_key(|(written, _)| *written)?;
        // A key is a value or a hash, and both kinds of writes to it are then of that one.
        let (ModelWrite::Set(value) | ModelWrite::SetField(_, value)) = *held else { return None };
        let is_whole = matches!(kind, ModelWrite::Set(_) | ModelWrite::Delete);
        let is_same_kind = is_whole == matches!(held, ModelWrite::Set(_));
        (is_same_kind && *written <= sequence && *written <= self.sent_up_to)
            .then(|| digest(&value_of(value)))
    }

    fn add_older(&mut self, digests: impl IntoIterator<Item = Digest>) {
        let fields = match self.content() {
            EntryContent::Fields { fields, .. } => fields.len().max(1),
            EntryContent::Value(_) | EntryContent::Gone => 1,
        };
        for digest in digests {
            self.older.retain(|held| *held != digest);
            if self.older.len() >= MAX_OLDER * fields {
                self.older.remove(0);
            }
            self.older.push(digest);
        }
    }
}

fn value_of(value: u8) -> Vec<u8> {
    vec![value; usize::from(value) * 3]
}

fn digest_of(older: u8) -> Digest {
    digest(&[older])
}

fn index_of(organization: u8) -> [u8; 2] {
    [b'i', organization]
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<u8, Row>,
    clears: BTreeMap<u8, u64>,
    /// The waiting keys with their tickets, in the order of handing out. `handed_out` has the others.
    waiting: Vec<(u64, u8)>,
    handed_out: Vec<(u64, u8)>,
    tickets: u64,
    sequence: u64,
}

impl Model {
    fn touch(&mut self, key: u8) {
        let was_handed_out = self.handed_out.iter().any(|(_, held)| *held == key);
        if was_handed_out || !self.waiting.iter().any(|(_, held)| *held == key) {
            self.handed_out.retain(|(_, held)| *held != key);
            self.tickets += 1;
            self.waiting.push((self.tickets, key));
        }
    }

    fn drop_key(&mut self, key: u8) {
        self.rows.remove(&key);
        self.waiting.retain(|(_, held)| *held != key);
        self.handed_out.retain(|(_, held)| *held != key);
    }
}

/// The journal, its model, and the sequences that were handed out.
struct Run {
    bench: Bench,
    model: Model,
}

impl Run {
    fn write(&mut self, key: u8, late: u64, kind: ModelWrite, older: Option<u8>) {
        self.model.sequence += 1;
        // Each sequence is used once, so a late write gets a number that was left free for it.
        let sequence = (self.model.sequence * 10).saturating_sub(late * 10 + u64::from(late > 0)).max(1);
        let index = organization(key).map(index_of);
        let older_digests: Vec<Digest> = older.map(digest_of).into_iter().collect();
        let (field, value) = match kind {
            ModelWrite::Set(value) => (0, value_of(value)),
            ModelWrite::SetField(field, value) => (field, value_of(value)),
            ModelWrite::DeleteField(field) => (field, Vec::new()),
            ModelWrite::Delete => (0, Vec::new()),
        };
        let field = [field];
        let write = match kind {
            ModelWrite::Set(_) => set(&value),
            ModelWrite::Delete => Write::Delete,
            ModelWrite::SetField(..) => set_field(&field, &value),
            ModelWrite::DeleteField(_) => delete_field(&field),
        };
        let key_name = [key];
        let record = Record {
            key: &key_name,
            write,
            index: index.as_ref().map(|index| &index[..]),
            ends: self.bench.now + LIFETIME,
            sequence,
            older: &older_digests,
        };
        let before = (self.bench.content(&key_name).cloned(), self.bench.journal.bytes());
        match self.bench.put(record) {
            Recorded::Failed(error) => panic!("{error}"),
            Recorded::Full => {
                assert_eq!(before, (self.bench.content(&key_name).cloned(), self.bench.journal.bytes()));
                let is_held = self.model.rows.contains_key(&key);
                assert!(!(is_held && kind == ModelWrite::Delete), "a delete of what is held has room");
            }
            recorded => self.take(key, sequence, kind, older, matches!(recorded, Recorded::Outdated)),
        }
    }

    fn take(&mut self, key: u8, sequence: u64, kind: ModelWrite, older: Option<u8>, is_outdated: bool) {
        let clear = organization(key).and_then(|organization| self.model.clears.get(&organization)).copied();
        let cleared = clear.filter(|clear| *clear > sequence);
        if cleared.is_some() && older.is_none() {
            assert!(is_outdated);
            return;
        }
        let (sequence, kind) = cleared.map_or((sequence, kind), |clear| (clear, ModelWrite::Delete));
        let row = self.model.rows.entry(key).or_default();
        let sent = row.sent_before(sequence, kind);
        // A write that changes the content must be kept. An outdated write cannot change it.
        let before = (!row.writes.is_empty()).then(|| row.content());
        let is_whole_key = |kind: &ModelWrite| matches!(kind, ModelWrite::Set(_) | ModelWrite::Delete);
        let base = row.writes.iter().filter(|(_, kind)| is_whole_key(kind)).map(|(held, _)| *held).max();
        // A clear turns a late write into a delete, which goes below newer fields.
        let slips_under = cleared.is_some()
            && matches!(before, Some(EntryContent::Fields { .. }))
            && base.is_none_or(|base| base <= sequence);
        row.writes.push((sequence, kind));
        row.add_older(older.map(digest_of).into_iter().chain(sent));
        let is_changed = before.as_ref() != Some(&row.content());
        assert!(!(is_changed && is_outdated && cleared.is_none()), "{key} {kind:?} was not outdated");
        let is_newest = row.writes.iter().all(|(held, _)| *held <= sequence);
        if is_newest || is_changed || slips_under {
            self.model.touch(key);
        } else if cleared.is_none() && !is_outdated {
            // The write is kept although it changes nothing visible, so the entry may be handed out again.
            self.model.touch(key);
        }
    }

    fn clear(&mut self, number: u8) {
        self.model.sequence += 1;
        let sequence = self.model.sequence * 10;
        let recorded = self.bench.journal.clear(&index_of(number), None, sequence, self.bench.now);
        if matches!(recorded, Recorded::Full) {
            return;
        }
        self.model.clears.insert(number, sequence);
        for key in (0..KEYS).filter(|key| organization(*key) == Some(number)) {
            match self.model.rows.get_mut(&key) {
                Some(row) if row.older.is_empty() => self.model.drop_key(key),
                Some(row) => {
                    row.writes.push((sequence, ModelWrite::Delete));
                    self.model.touch(key);
                }
                None => {}
            }
        }
    }

    fn hand_out(&mut self, most: usize) {
        let mut keys = Vec::new();
        let rows = &mut self.model.rows;
        self.bench.journal.hand_out(|entry| {
            let has_room = keys.len() < most;
            if has_room {
                keys.push(entry.key[0]);
                rows.get_mut(&entry.key[0]).unwrap().sent_up_to = entry.sequence;
            }
            has_room
        });
        let count = most.min(self.model.waiting.len());
        let taken: Vec<_> = self.model.waiting.drain(..count).collect();
        assert_eq!(keys, taken.iter().map(|(_, key)| *key).collect::<Vec<_>>());
        self.model.handed_out.extend(taken);
    }

    fn hand_out_key(&mut self, key: u8) {
        let position = self.model.waiting.iter().position(|(_, held)| *held == key);
        let rows = &mut self.model.rows;
        let is_taken = self.bench.journal.hand_out_key(&[key], |entry| {
            assert_eq!(entry.key[0], key);
            rows.get_mut(&key).unwrap().sent_up_to = entry.sequence;
        });
        assert_eq!(is_taken, position.is_some());
        if let Some(position) = position {
            let taken = self.model.waiting.remove(position);
            self.model.handed_out.push(taken);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Write { key, late, write, older } => self.write(key, late, write, older),
            Step::Clear { organization } => self.clear(organization),
            Step::Settle { key } => {
                let held = self.bench.journal.entry(&[key]).map(|entry| entry.sequence);
                let is_settled = self.model.handed_out.iter().any(|(_, held)| *held == key);
                if let (Some(sequence), true) = (held, is_settled) {
                    self.bench.journal.settle(&[key], sequence + 1);
                    assert!(self.bench.journal.entry(&[key]).is_some());
                    self.bench.journal.settle(&[key], sequence);
                    self.model.drop_key(key);
                }
            }
            Step::SettleClear { organization } => {
                if let Some(sequence) = self.model.clears.remove(&organization) {
                    self.bench.journal.settle_clear(&index_of(organization), sequence);
                }
            }
            Step::Forget { key } => {
                self.bench.journal.forget(&[key]);
                self.model.drop_key(key);
            }
            Step::HandOut { most } => self.hand_out(most),
            Step::HandOutKey { key } => self.hand_out_key(key),
            Step::Rewind => {
                self.bench.journal.rewind();
                let again = std::mem::take(&mut self.model.handed_out);
                self.model.waiting.extend(again);
                self.model.waiting.sort_unstable();
            }
        }
    }

    fn compare(&self) {
        let journal = &self.bench.journal;
        assert!(journal.bytes() <= journal.max_bytes());
        assert_eq!(journal.len(), self.model.rows.len());
        assert_eq!(journal.clears().count(), self.model.clears.len());
        assert_eq!(journal.is_empty(), journal.bytes() == 0);
        for (key, row) in &self.model.rows {
            let entry = journal.entry(&[*key]).unwrap();
            assert_eq!(entry.content, row.content(), "key {key}: {:?}", row.writes);
            assert_eq!(entry.older, row.older, "key {key}: {:?}", row.writes);
        }
    }
}

fn run(steps: Vec<Step>, max_bytes: usize) -> Run {
    let mut run = Run { bench: Bench::with(Journal::new(max_bytes)), model: Model::default() };
    for step in steps {
        run.step(step);
        run.compare();
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operations_leave_what_the_model_holds(steps in prop::collection::vec(step(), 1..60)) {
        let run = run(steps, MIB);
        let journal = &run.bench.journal;
        let read = Journal::read(&journal.image(&[1; 20], run.bench.now), &[1; 20], run.bench.now).unwrap();
        prop_assert_eq!(read.bytes(), journal.bytes());
        for key in run.model.rows.keys() {
            prop_assert_eq!(
                read.entry(&[*key]).map(|entry| (&entry.content, &entry.older, entry.sequence)),
                journal.entry(&[*key]).map(|entry| (&entry.content, &entry.older, entry.sequence))
            );
        }
    }

    #[test]
    fn any_operations_stay_within_the_bound(steps in prop::collection::vec(step(), 1..60), max_bytes in 0usize..8000) {
        run(steps, max_bytes);
    }
}
