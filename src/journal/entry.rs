//! The newest state of one key.
//!
//! Promises: writes that arrive in any order leave the same result as in the order of their sequences, as
//! long as the entry is held. Relies on the journal for room, for time and for the order of handing out.
//! Never forgets a deleted field while the hash is held.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Digest, Held, MAX_OLDER, Record, Write, cost, sum_of};

/// The key's content after the journal's replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryContent {
    Value(Box<[u8]>),
    /// The key was deleted, or its content has ended.
    Gone,
    /// Fields that were set; `None` marks a deleted field.
    Fields {
        /// Whether the hash in Redis is to have no other fields.
        is_whole: bool,
        fields: BTreeMap<Box<[u8]>, Option<Box<[u8]>>>,
    },
}

/// One key's entry in the journal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    pub key: Arc<[u8]>,
    pub content: EntryContent,
    /// The key of the index of the organization that the entry belongs to.
    pub index: Option<Arc<[u8]>>,
    /// When the content ends. For a deleted key: when the deleted content would have ended.
    pub ends: Instant,
    /// The sequence of the newest write in it.
    pub sequence: u64,
    /// Digests of older values that Redis may hold. There are at most `MAX_OLDER` for each value or field,
    /// the newest last.
    pub older: Vec<Digest>,
    /// The sequence of the whole-key write below the fields; 0 if none is known.
    pub(super) base_sequence: u64,
    /// The sequence of the write that set `ends`; 0 if only deleted fields set it.
    pub(super) ends_sequence: u64,
    /// The sequence of each field in `content`.
    pub(super) written: BTreeMap<Box<[u8]>, u64>,
    /// Memory of the names and values of `content`.
    data_bytes: usize,
    /// When the pending operation was first recorded.
    pub(super) recorded: Instant,
    /// When the entry last changed.
    pub(super) changed: Instant,
    /// Its place in the order of handing out.
    pub(super) ticket: u64,
    pub(super) is_handed_out: bool,
    /// A late write with a sequence up to `sequence` changed the entry after it was handed out. Settling that
    /// sequence then does not settle the entry.
    pub(super) is_changed_within_sequence: bool,
    /// Redis may hold what was written up to this sequence, because it was handed out; 0 if it never was.
    pub(super) sent_up_to: u64,
}

/// A write's effect on an entry that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Outdated,
    /// The write is the newest and changes nothing.
    Unchanged,
    Applies,
}

impl Entry {
    /// An entry without any write.
    pub(super) fn empty(key: &[u8], ends: Instant, now: Instant, ticket: u64) -> Entry {
        Entry {
            key: key.into(),
            content: EntryContent::Fields { is_whole: false, fields: BTreeMap::new() },
            index: None,
            ends,
            sequence: 0,
            older: Vec::new(),
            base_sequence: 0,
            ends_sequence: 0,
            written: BTreeMap::new(),
            data_bytes: 0,
            recorded: now,
            changed: now,
            ticket,
            is_handed_out: false,
            is_changed_within_sequence: false,
            sent_up_to: 0,
        }
    }

    /// An entry with this content and the sequences of its fields.
    pub(super) fn restored(key: &[u8], content: EntryContent, written: BTreeMap<Box<[u8]>, u64>) -> Entry {
        let data_bytes = match &content {
            EntryContent::Value(value) => cost::allocation(value.len()),
            EntryContent::Gone => 0,
            EntryContent::Fields { fields, .. } => {
                fields.iter().map(|(name, value)| cost::field(name.len(), length(value.as_deref()))).sum()
            }
        };
        let now = Instant::now();
        Entry { content, written, data_bytes, ..Entry::empty(key, now, now, 0) }
    }

    /// How long ago it last changed.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.changed)
    }

    /// It is about to be sent to Redis.
    pub(super) fn hand_out(&mut self) {
        self.is_handed_out = true;
        self.is_changed_within_sequence = false;
        self.sent_up_to = self.sequence;
    }

    /// The digest of the value that a write is about to replace here, where Redis may hold it.
    pub(super) fn sent_before(&self, write: Write<'_>) -> Option<Digest> {
        let (value, written) = match (&self.content, write) {
            (EntryContent::Value(value), Write::Set { .. } | Write::Delete) => (value, self.base_sequence),
            (
                EntryContent::Fields { fields, .. },
                Write::SetField { field, .. } | Write::DeleteField { field },
            ) => (fields.get(field)?.as_ref()?, *self.written.get(field)?),
            _ => return None,
        };
        (written <= self.sent_up_to).then(|| sum_of(value))
    }

    /// The digests of the values that it holds.
    pub(super) fn digests(&self) -> Vec<Digest> {
        match &self.content {
            EntryContent::Value(value) => vec![sum_of(value)],
            EntryContent::Gone => Vec::new(),
            EntryContent::Fields { fields, .. } => {
                fields.values().flatten().map(|value| sum_of(value)).collect()
            }
        }
    }

    pub(super) fn verdict(&self, write: Write<'_>, sequence: u64) -> Verdict {
        if sequence >= self.sequence {
            let is_idle =
                matches!((&self.content, write), (EntryContent::Value(_), Write::DeleteField { .. }));
            return if is_idle { Verdict::Unchanged } else { Verdict::Applies };
        }
        if !matches!(self.content, EntryContent::Fields { .. }) || sequence < self.base_sequence {
            return Verdict::Outdated;
        }
        match write {
            Write::Set { .. } | Write::Delete => Verdict::Applies,
            Write::SetField { field, .. } | Write::DeleteField { field } => match self.written.get(field) {
                Some(&written) if written > sequence => Verdict::Outdated,
                _ => Verdict::Applies,
            },
        }
    }

    /// Applies a write whose `verdict` allows it.
    pub(super) fn apply(&mut self, record: &Record<'_>, now: Instant) {
        let is_late = record.sequence < self.sequence;
        match record.write {
            Write::Set { value } if is_late => self.slip_under(Some(value), record),
            Write::Delete if is_late => self.slip_under(None, record),
            Write::Set { value } => self.replace(EntryContent::Value(value.into()), record),
            Write::Delete => self.replace(EntryContent::Gone, record),
            Write::SetField { field, value } => {
                self.put_field(field, Some(value), record.sequence);
                if record.sequence >= self.ends_sequence {
                    self.ends = record.ends;
                    self.ends_sequence = record.sequence;
                }
            }
            Write::DeleteField { field } => {
                self.put_field(field, None, record.sequence);
                if self.ends_sequence == 0 {
                    self.ends = self.ends.max(record.ends);
                }
            }
        }
        self.sequence = self.sequence.max(record.sequence);
        self.changed = now;
    }

    fn replace(&mut self, content: EntryContent, record: &Record<'_>) {
        self.data_bytes = match &content {
            EntryContent::Value(value) => cost::allocation(value.len()),
            EntryContent::Gone | EntryContent::Fields { .. } => 0,
        };
        self.content = content;
        self.written.clear();
        self.base_sequence = record.sequence;
        self.ends = record.ends;
        self.ends_sequence = record.sequence;
    }

    /// Applies a whole-key write that arrives after newer writes of fields. Older fields are dropped.
    fn slip_under(&mut self, value: Option<&[u8]>, record: &Record<'_>) {
        let EntryContent::Fields { is_whole, fields } = &mut self.content else { return };
        let written = &mut self.written;
        let mut data_bytes = 0;
        let mut has_values = false;
        fields.retain(|name, value| {
            let stays = written.get(name).is_some_and(|&at| at > record.sequence);
            if stays {
                data_bytes += cost::field(name.len(), length(value.as_deref()));
                has_values |= value.is_some();
            }
            stays
        });
        written.retain(|_, at| *at > record.sequence);
        if let Some(value) = value
            && !has_values
        {
            // Deleting fields of a plain value changes nothing in Redis.
            return self.replace(EntryContent::Value(value.into()), record);
        }
        *is_whole = true;
        self.data_bytes = data_bytes;
        self.base_sequence = record.sequence;
        if record.sequence >= self.ends_sequence {
            self.ends = record.ends;
            self.ends_sequence = record.sequence;
        }
    }

    fn put_field(&mut self, name: &[u8], value: Option<&[u8]>, sequence: u64) {
        if !matches!(self.content, EntryContent::Fields { .. }) {
            self.content = EntryContent::Fields { is_whole: true, fields: BTreeMap::new() };
            self.data_bytes = 0;
        }
        let EntryContent::Fields { fields, .. } = &mut self.content else { return };
        if let Some(held) = fields.insert(name.into(), value.map(Into::into)) {
            self.data_bytes -= cost::field(name.len(), length(held.as_deref()));
        }
        self.data_bytes += cost::field(name.len(), length(value));
        self.written.insert(name.into(), sequence);
    }

    /// Drops the content because it has ended. Only the digests are still of use.
    pub(super) fn end(&mut self) {
        self.content = EntryContent::Gone;
        self.written.clear();
        self.data_bytes = 0;
        self.base_sequence = self.sequence;
    }

    /// Adds digests of values that Redis may hold. A known digest becomes the newest.
    pub(super) fn add_older(&mut self, digests: &[Digest]) {
        // Each field may have as many digests as a value.
        let most = MAX_OLDER * self.written.len().max(1);
        for digest in digests {
            self.older.retain(|held| held != digest);
            if self.older.len() >= most {
                self.older.remove(0);
            }
            self.older.push(*digest);
        }
    }

    pub(super) fn value(&self, now: Instant) -> Option<Held<'_>> {
        if self.ends <= now {
            return Some(Held::Gone);
        }
        match &self.content {
            EntryContent::Value(value) => Some(Held::Value(value)),
            EntryContent::Gone => Some(Held::Gone),
            EntryContent::Fields { is_whole, fields } => {
                // Deleted fields alone do not show whether the key has a plain value.
                (*is_whole || fields.values().any(Option::is_some)).then_some(Held::Gone)
            }
        }
    }

    pub(super) fn field(&self, name: &[u8], now: Instant) -> Option<Held<'_>> {
        if self.ends <= now {
            return Some(Held::Gone);
        }
        match &self.content {
            EntryContent::Value(_) | EntryContent::Gone => Some(Held::Gone),
            EntryContent::Fields { is_whole, fields } => match fields.get(name) {
                Some(Some(value)) => Some(Held::Value(value)),
                Some(None) => Some(Held::Gone),
                None => is_whole.then_some(Held::Gone),
            },
        }
    }

    /// Memory of the entry without its organization's list.
    pub(super) fn bytes(&self) -> usize {
        shell_bytes(&self.key) + self.content_bytes()
    }

    fn content_bytes(&self) -> usize {
        self.data_bytes + fields_bytes(self.written.len())
    }

    /// An upper bound for the entry's memory after a write.
    pub(super) fn bytes_after(&self, write: Write<'_>, sequence: u64) -> usize {
        let fields = match &self.content {
            EntryContent::Fields { fields, .. } => Some(fields),
            EntryContent::Value(_) | EntryContent::Gone => None,
        };
        let content = match write {
            Write::Set { value } if sequence < self.sequence => {
                self.content_bytes().max(cost::allocation(value.len()))
            }
            Write::Delete if sequence < self.sequence => self.content_bytes(),
            Write::Set { value } => cost::allocation(value.len()),
            Write::Delete => 0,
            Write::SetField { field, .. } | Write::DeleteField { field } => {
                let value_length = if let Write::SetField { value, .. } = write { value.len() } else { 0 };
                let put = cost::field(field.len(), value_length);
                match fields {
                    None => put + fields_bytes(1),
                    Some(fields) => match fields.get(field) {
                        Some(held) => {
                            self.content_bytes() + put - cost::field(field.len(), length(held.as_deref()))
                        }
                        None => self.data_bytes + put + fields_bytes(fields.len() + 1),
                    },
                }
            }
        };
        shell_bytes(&self.key) + content
    }
}

/// Memory of this many fields besides their data, with the most digests that each may have.
fn fields_bytes(count: usize) -> usize {
    cost::fields(count) + count * MAX_OLDER * size_of::<Digest>()
}

/// Memory of an entry without content.
pub(super) fn shell_bytes(key: &[u8]) -> usize {
    cost::entry(key.len(), size_of::<Entry>(), MAX_OLDER * size_of::<Digest>())
}

/// Memory of a new entry made by a write.
pub(super) fn bytes_of_new(key: &[u8], write: Write<'_>) -> usize {
    shell_bytes(key)
        + match write {
            Write::Set { value } => cost::allocation(value.len()),
            Write::Delete => 0,
            Write::SetField { field, value } => cost::field(field.len(), value.len()) + fields_bytes(1),
            Write::DeleteField { field } => cost::field(field.len(), 0) + fields_bytes(1),
        }
}

fn length(value: Option<&[u8]>) -> usize {
    value.map_or(0, <[u8]>::len)
}
