use std::time::{Duration, Instant};

use super::local_state::{Attempt, LocalState};
use super::step::{Change, Read, Step};
use crate::journal::{Journal, Recorded, Write, digest};
use crate::redis::Outcome;
use crate::store::MemoryStore;

const TTL: Duration = Duration::from_secs(60);
const KEY: &[u8] = b"key";
const VALUE: Read<'static> = Read::Value { key: KEY };
const FIELDS: Read<'static> = Read::Fields { key: KEY };

fn local_state(journal_bytes: usize) -> LocalState {
    LocalState::new(MemoryStore::new(1 << 20), Journal::new(journal_bytes), TTL)
}

fn change<'a>(key: &'a [u8], write: Write<'a>) -> Change<'a> {
    let is_set = matches!(write, Write::Set { .. } | Write::SetField { .. });
    Change { key, write, ttl: is_set.then_some(TTL), index: None }
}

fn set(value: &[u8]) -> Step<'_> {
    Step::Write(change(KEY, Write::Set { value }))
}

fn delete() -> Step<'static> {
    Step::Write(change(KEY, Write::Delete))
}

fn at(issued: Instant, sequence: u64) -> Attempt {
    Attempt { issued, sequence, is_in_doubt: false }
}

fn json(value: &[u8]) -> Outcome<'static> {
    Outcome::Json(value.to_vec().into())
}

#[test]
fn a_read_is_answered_by_the_journal_before_memory() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    set(b"read before the outage").run(&mut local.memory, now);
    assert_eq!(local.read(&VALUE, now), json(b"read before the outage"));
    assert!(local.write(&delete(), &at(now, 1), now).0);
    set(b"read again").run(&mut local.memory, now);
    assert_eq!(local.read(&VALUE, now), Outcome::Null);
}

#[test]
fn the_fields_that_the_journal_has_stand_over_those_of_memory() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    let field = |write| Step::Write(change(KEY, write));
    field(Write::SetField { field: b"gone", value: b"1" }).run(&mut local.memory, now);
    field(Write::SetField { field: b"old", value: b"1" }).run(&mut local.memory, now);
    assert!(local.write(&field(Write::DeleteField { field: b"gone" }), &at(now, 1), now).0);
    assert!(local.write(&field(Write::SetField { field: b"new", value: b"2" }), &at(now, 2), now).0);
    let Outcome::Entries(mut entries) = local.read(&FIELDS, now) else { panic!("no entries") };
    entries.sort();
    assert_eq!(entries, [(b"new".to_vec(), b"2".to_vec()), (b"old".to_vec(), b"1".to_vec())]);
}

#[test]
fn a_delete_answers_whether_there_was_anything_as_far_as_is_known() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    assert!(!local.write(&delete(), &at(now, 1), now).0);
    assert!(local.write(&set(b"1"), &at(now, 2), now).0);
    assert!(local.write(&delete(), &at(now, 3), now).0);
    assert!(!local.write(&delete(), &at(now, 4), now).0);
}

#[test]
fn a_write_knows_the_values_in_redis_that_are_older() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    set(b"seen").run(&mut local.memory, now);
    let attempt = Attempt { is_in_doubt: true, ..at(now, 1) };
    assert!(local.write(&set(b"sent"), &attempt, now).0);
    let older = &local.journal.entry(KEY).unwrap().older;
    assert_eq!(older[..], [digest(b"sent"), digest(b"seen")]);
}

#[test]
fn a_delete_of_a_hash_is_newer_than_the_hash_that_redis_got_a_moment_later() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    Step::Write(change(KEY, Write::SetField { field: b"f", value: b"1" })).run(&mut local.memory, now);
    assert!(local.write(&delete(), &at(now, 1), now).0);
    assert!(local.journal.entry(KEY).unwrap().ends >= now + TTL + Duration::from_millis(900));
    // The write of a hash has taken long.
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    let field = Step::Write(change(KEY, Write::SetField { field: b"f", value: b"1" }));
    local.note_elapsed(&set(b"1"), Duration::from_secs(9));
    local.note_elapsed(&field, Duration::from_secs(4));
    local.note_elapsed(&field, Duration::from_secs(2));
    field.run(&mut local.memory, now);
    assert!(local.write(&delete(), &at(now, 1), now).0);
    assert_eq!(local.journal.entry(KEY).unwrap().ends, now + TTL + Duration::from_secs(4));
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    set(b"1").run(&mut local.memory, now);
    assert!(local.write(&delete(), &at(now, 1), now).0);
    assert_eq!(local.journal.entry(KEY).unwrap().ends, now + TTL, "a value is known by its digest");
}

#[test]
fn of_two_writes_the_one_that_was_called_later_counts() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    assert!(local.write(&set(b"later"), &at(now, 2), now).0);
    let (is_done, recorded) = local.write(&set(b"earlier"), &at(now, 1), now);
    assert!(is_done && matches!(recorded, Recorded::Outdated));
    assert_eq!(local.read(&VALUE, now), json(b"later"));
}

#[test]
fn a_write_for_which_the_journal_has_no_room_is_not_in_memory_either() {
    let (mut local, now) = (local_state(0), Instant::now());
    let (is_done, recorded) = local.write(&set(b"1"), &at(now, 1), now);
    assert!(!is_done && matches!(recorded, Recorded::Full));
    assert_eq!(local.read(&VALUE, now), Outcome::Null);
}

#[test]
fn a_copy_is_remembered_only_where_nothing_is_known_of_its_keys() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    let both = Step::WriteBoth([
        change(KEY, Write::Set { value: b"copy" }),
        change(b"other", Write::Set { value: b"copy" }),
    ]);
    Step::Write(change(b"other", Write::Set { value: b"known" })).run(&mut local.memory, now);
    local.remember(&both, &at(now, 1), now);
    assert_eq!(local.read(&VALUE, now), Outcome::Null);
    local.remember(&set(b"copy"), &at(now, 2), now);
    assert_eq!(local.read(&VALUE, now), json(b"copy"));
}

#[test]
fn a_refused_write_leaves_no_older_value_to_be_answered() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    set(b"old").run(&mut local.memory, now);
    local.invalidate(&set(b"kept elsewhere"), &at(now, 1), now);
    assert_eq!(local.read(&VALUE, now), Outcome::Null);
    assert_eq!(local.journal.entry(KEY).unwrap().older[..], [digest(b"old")]);
}

#[test]
fn a_write_that_redis_has_takes_the_place_of_what_the_journal_held() {
    let (mut local, now) = (local_state(1 << 20), Instant::now());
    assert!(local.write(&set(b"held"), &at(now, 1), now).0);
    assert!(!local.supersede(&set(b"newer"), &at(now, 2)));
    assert!(local.journal.is_empty());
    assert!(local.write(&set(b"newest"), &at(now, 4), now).0);
    assert!(local.supersede(&set(b"older"), &at(now, 3)));
    assert_eq!(local.read(&VALUE, now), json(b"newest"));
}
