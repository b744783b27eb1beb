//! Copies of entries and of the records of their tags in this process.
//!
//! A copy answers only what is fresh, and only if copies of all its tags' records have the versions that it was made with.
//! Redis is asked for anything else: what is stale or invalidated needs Redis anyway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answer::{self, Found};
use super::caches::{Cache, Groups};
use super::call::{At, Call, Keeps};
use super::clearing::Clearing;
use super::entry::{Entry, Tag};
use super::record::{Record, Verdict};
use super::request::Sent;
use super::room::Room;
use super::settle::{Settling, looked};
use super::ticket::{Purpose, Ticket};
use crate::copies::{Copies, NearFirst, Wanted};
use crate::lane::{Frame, Node};
use crate::near::{Facts, NearValue, TICKS_PER_MS, WriteUnderWay};
use crate::redis::Outcome;

/// What a request has to do with copies until its outcome is known.
#[derive(Debug, Default)]
pub enum Involvement {
    #[default]
    None,
    /// The reply says what a key has that may deserve a copy.
    Read(Wanted),
    /// An own write is under way until this is dropped.
    Write {
        _under_way: WriteUnderWay,
    },
    Writes {
        _under_way: Box<[WriteUnderWay]>,
    },
}

/// Hands the outcome of a read that a copy answers at once to `then`. `key` is a buffer.
pub fn near_get<R>(
    room: &Room<'_>,
    call: &Call<'_>,
    now: Instant,
    key: &mut Vec<u8>,
    then: impl FnOnce(Outcome<'_>) -> R,
) -> Option<R> {
    let looking = Looking::of(room, call)?;
    let answered = looking.answer(now, key, false, then);
    if answered.is_none() {
        looking.copies.first().asked_in_vain(NearFirst::of_cache(looking.groups.entries));
    }
    answered
}

/// A number that changes where the entry that a read is about, or one of the tags that are known beforehand, may have
/// changed, and whether all changes of other processes are among these. `None` without copies.
pub fn near_version(room: &Room<'_>, call: &Call<'_>, key: &mut Vec<u8>) -> Option<(u32, bool)> {
    let Call::Get { at, options, .. } = *call else { return None };
    let (copies, cache) = (room.copies?, room.caches.get(at.scope.cache).ok()?);
    key.clear();
    let of = room.keys.of_cache(at.scope.organization, &cache.options.name);
    of.entry(key, &cache.options.namespaces, at.key).ok()?;
    let options = cache.call_options(options).ok()?;
    let begin = if options.tags.is_empty() { Vec::new() } else { room.keys.tags_of(key) };
    let of_tags = options.tags.iter().map(|tag| [&begin[..], tag].concat());
    // Versions only grow, so their sum stays only if all of them do.
    Some(of_tags.fold((copies.version(key), copies.is_watched(key)), |(sum, is_watched), record| {
        (sum.wrapping_add(copies.version(&record)), is_watched && copies.is_watched(&record))
    }))
}

/// The outcome of a read that a copy answers though JavaScript has made a call of it. The outcome tells that.
pub(super) fn answer_call(room: &Room<'_>, call: &Call<'_>, now: Instant) -> Option<Outcome<'static>> {
    Looking::of(room, call)?.answer(now, &mut Vec::new(), true, owned)
}

fn owned(outcome: Outcome<'_>) -> Outcome<'static> {
    outcome.into_owned()
}

/// A read that looks for a copy.
struct Looking<'l> {
    room: &'l Room<'l>,
    copies: &'l Copies,
    cache: Arc<Cache>,
    groups: Groups,
    at: At<'l>,
    options: Option<&'l str>,
    is_bare: bool,
    keeps: Option<Keeps>,
}

impl<'l> Looking<'l> {
    fn of(room: &'l Room<'l>, call: &Call<'l>) -> Option<Looking<'l>> {
        let (at, options, is_bare, keeps) = match *call {
            Call::Get { at, options, is_bare, keeps } => (at, options, is_bare, keeps),
            Call::Take { at, options, is_first: true, .. } => (at, options, false, None),
            _ => return None,
        };
        let copies = room.copies?;
        let cache = room.caches.get(at.scope.cache).ok()?;
        let groups = cache.groups?;
        Some(Looking { room, copies, cache, groups, at, options, is_bare, keeps })
    }

    fn answer<R>(
        &self,
        now: Instant,
        key: &mut Vec<u8>,
        tells_origin: bool,
        then: impl FnOnce(Outcome<'_>) -> R,
    ) -> Option<R> {
        let Looking { room, copies, ref cache, groups, .. } = *self;
        self.count_kept_reads(key);
        if !copies.may_answer(groups.entries, room.stand_in) {
            return None;
        }
        self.make_key(key)?;
        let (living, facts) = copies.get_with_facts(key, now, self.keeps.is_some())?;
        let entry = Entry::parse(&living.value)?;
        let left_ms = Some(milliseconds(living.left));
        let found = Found { entry, left_ms, is_soft: false, is_away: false, is_near: tells_origin };
        let mut of_tags = Vec::new();
        if !found.is_fresh() || !self.has_unchanged_tags(&entry, key, now, &mut of_tags) {
            return None;
        }
        let early = cache.call_options(self.options).ok()?.early_refresh;
        let outcome = if self.keeps.is_some() {
            let until = copies.tick_of(now) + TICKS_PER_MS * found.sure_ms(early);
            let numbers = numbers_of(&facts, until, &of_tags);
            answer::found_and_kept(room.codec, cache, &found, early, &numbers).ok()?
        } else {
            answer::found(room.codec, cache, &found, self.is_bare, early).ok()?
        };
        copies.first().hit(NearFirst::of_cache(groups.entries));
        room.health().local_read(true, false);
        Some(then(outcome))
    }

    fn make_key(&self, key: &mut Vec<u8>) -> Option<()> {
        let Looking { room, ref cache, at, .. } = *self;
        key.clear();
        let of = room.keys.of_cache(at.scope.organization, &cache.options.name);
        of.entry(key, &cache.options.namespaces, at.key).ok()
    }

    /// The caller has answered reads itself, from what it keeps. They count, whether there is still a copy or not.
    fn count_kept_reads(&self, key: &mut Vec<u8>) {
        let Some(Keeps { reads }) = self.keeps.filter(|keeps| keeps.reads > 0) else { return };
        if self.make_key(key).is_none() {
            return;
        }
        self.copies.answered_elsewhere(self.groups.entries, key, reads);
        self.room.health().local_hits(reads);
    }

    /// Whether copies of the records of all tags say that the entry may answer. What must stay as it is for that is added
    /// to `facts`.
    fn has_unchanged_tags(
        &self,
        entry: &Entry<'_>,
        key: &[u8],
        now: Instant,
        facts: &mut Vec<Facts>,
    ) -> bool {
        if !entry.has_tags() {
            return true;
        }
        let mut name = self.room.keys.tags_of(key);
        let begin = name.len();
        entry.tags().all(|tag| {
            name.truncate(begin);
            name.extend_from_slice(tag.name);
            let found = self.copies.get_with_facts(&name, now, self.keeps.is_some());
            let Some((living, of_record)) = found else { return false };
            if self.keeps.is_some() {
                facts.push(of_record);
            }
            Record::parse(&living.value).is_some_and(|record| record.verdict(&tag) == Verdict::Unchanged)
        })
    }
}

/// What a caller that keeps a value must find unchanged: until when it may answer, the session, the clearings, then the
/// stripes of the entry and of its tags. Each but the first is a word of the store's memory and what stands there.
/// Nothing where a change in between has made them disagree.
fn numbers_of(facts: &Facts, until: u64, of_tags: &[Facts]) -> Vec<i64> {
    if of_tags.iter().any(|of_tag| (of_tag.session, of_tag.clearings) != (facts.session, facts.clearings)) {
        return Vec::new();
    }
    let ends = of_tags.iter().map(|of_tag| of_tag.until).fold(facts.until, u64::min);
    let mut numbers = vec![ends.min(until) as i64];
    let stripes = of_tags.iter().map(|of_tag| of_tag.stripe);
    for fact in [facts.session, facts.clearings, facts.stripe].into_iter().chain(stripes) {
        numbers.extend([i64::from(fact.word), i64::from(fact.is)]);
    }
    numbers
}

/// A call begins, with this request: own writes count from here on, and a clearing takes the organization's copies.
pub(super) fn begin(room: &Room<'_>, call: &Call<'_>, ticket: &Ticket, request: &[u8]) -> Involvement {
    let Some(copies) = room.copies else { return Involvement::None };
    match &ticket.purpose {
        Purpose::Clear(begun) => {
            clearing(room, begun);
            Involvement::None
        }
        Purpose::Get { .. } | Purpose::Look { .. } | Purpose::Take { .. } => {
            let organization = call.scope().and_then(|scope| scope.organization);
            let wanted = ticket.cache.groups.map(|groups| Wanted::of(groups.entries, organization));
            wanted.map_or(Involvement::None, Involvement::Read)
        }
        // What a set adds to the records of its tags changes no version of a record that is there.
        Purpose::Set | Purpose::Fill | Purpose::Drop | Purpose::Pull => Sent::first_key(request)
            .map_or(Involvement::None, |key| Involvement::Write { _under_way: copies.begin_write(key) }),
        Purpose::Tags { .. } | Purpose::Guard { .. } => {
            let sent = Sent::parse(request);
            let (entries, records) = sent.map(|sent| ticket.keys_of(&sent)).unwrap_or_default();
            let keys = entries.into_iter().chain(records);
            Involvement::Writes { _under_way: keys.map(|key| copies.begin_write(key)).collect() }
        }
        Purpose::FillNothing | Purpose::Renew | Purpose::Fail | Purpose::Keys | Purpose::Load => {
            Involvement::None
        }
    }
}

/// A clearing is under way, has ended, or may have.
pub(super) fn clearing(room: &Room<'_>, clearing: &Clearing) {
    if let Some(copies) = room.copies {
        copies.clear(clearing.organization());
    }
}

/// What Redis has answered to a read: bytes, what is left of them where that was asked for, and whether one of their tags
/// was expired.
pub(super) type Seen<'a> = (&'a [u8], Option<i64>, bool);

/// Redis has answered a read, of which nobody has heard yet. Other bytes take the copy, and what is fresh may deserve one.
pub(super) fn saw(settling: &Settling<'_>, seen: Option<Seen<'_>>, now: Instant) {
    let Settling { room, ticket, sent, .. } = *settling;
    let (Some(copies), key) = (room.copies, sent.key(0)) else { return };
    // What a tag makes stale must not be fresh again because of an older copy of the tag's record.
    let seen = seen.filter(|(_, _, is_soft)| !is_soft);
    let bytes = seen.map(|(bytes, ..)| bytes);
    let fresh = seen.and_then(|(bytes, left_ms, _)| {
        Entry::parse(bytes).filter(|entry| left_ms.is_none_or(|left| entry.is_fresh(left)))
    });
    // Somebody has looked before it.
    let is_take = matches!(ticket.purpose, Purpose::Take { is_first: false, .. });
    match (&ticket.near, fresh) {
        (Involvement::Read(wanted), Some(entry)) if !is_take => {
            copies.answered(*wanted, key, bytes, now);
            missed_records(room, copies, (ticket, *wanted), (key, &entry), now);
        }
        (Involvement::Read(wanted), None) if !is_take && bytes.is_none() => {
            copies.answered(*wanted, key, None, now);
        }
        // Nothing is wished for then.
        _ => copies.compared(key, bytes),
    }
}

/// The same of a reply that says lifetime and tags.
pub(super) fn saw_whole(settling: &Settling<'_>, frame: Frame<'_>, now: Instant) {
    let Node::Array(mut items) = frame.node() else { return saw(settling, None, now) };
    saw(settling, looked(&mut items).map(|(bytes, left, is_soft)| (bytes, Some(left), is_soft)), now);
}

/// A read of an entry with tags needs copies of their records, too.
fn missed_records(
    room: &Room<'_>,
    copies: &Copies,
    (ticket, wanted): (&Ticket, Wanted),
    (key, entry): (&[u8], &Entry<'_>),
    now: Instant,
) {
    let Some(groups) = ticket.cache.groups.filter(|_| entry.has_tags()) else { return };
    let begin = room.keys.tags_of(key);
    let wanted = Wanted { group: groups.tags, ..wanted };
    entry.tags().for_each(|tag| copies.missed(wanted, &[&begin, tag.name].concat(), now));
}

/// Hands the entry of a copy to `then` while Redis is away, with what is left of it and whether one of its tags was
/// expired. `known` says what else is known of a tag whose record has no copy. `None` where nothing may answer.
pub(super) fn with_copy_away<R>(
    room: &Room<'_>,
    cache: &Cache,
    key: &[u8],
    now: Instant,
    mut known: impl FnMut(&Tag<'_>, &[u8]) -> Verdict,
    then: impl FnOnce(&Entry<'_>, i64, bool) -> R,
) -> Option<R> {
    let copies = room.copies.filter(|_| cache.groups.is_some() && !room.stand_in.holds_newer(key))?;
    let living = copies.get_in_outage(key, now)?;
    let entry = Entry::parse(&living.value)?;
    let begin = room.keys.tags_of(key);
    let verdicts = entry.tags().map(|tag| {
        let name = [&begin, tag.name].concat();
        record_away(copies, &name, now).map_or_else(
            || known(&tag, &name),
            |record| Record::parse(&record).map_or(Verdict::Unchanged, |record| record.verdict(&tag)),
        )
    });
    let worst = verdicts.max().unwrap_or(Verdict::Unchanged);
    (worst != Verdict::Hard).then(|| then(&entry, milliseconds(living.left), worst == Verdict::Soft))
}

/// The copy of a tag's record while Redis is away.
pub(super) fn record_away(copies: &Copies, name: &[u8], now: Instant) -> Option<NearValue> {
    copies.get_in_outage(name, now).map(|living| living.value)
}

fn milliseconds(left: Duration) -> i64 {
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX)
}
