//! The files of dead processes: read while new operations are recorded, and always older than those.

use super::disk::{Directory, TARGET, copy_of, shown};
use super::*;

impl Directory {
    /// Leaves two values, a hash and an organization, like a process that has ended.
    fn leave(&self) {
        let mut bench = self.open();
        for key in [b"set", b"del", b"own"] {
            bench.write(key, set(b"old"));
        }
        bench.write_in(INDEX, b"cleared", set(b"old"), &[]);
        bench.write_in(INDEX, b"doubtful", set(b"old"), &[digest(b"before")]);
        bench.write(b"hash", set_field(b"f", b"old"));
        bench.write(b"hash", set_field(b"g", b"old"));
        bench.clear(b"left");
    }

    fn find(&self) -> (Bench, Backlog) {
        let backlog = Backlog::find(&self.0, &TARGET).unwrap().unwrap();
        let bench = Bench::with(Journal::open(MIB, &self.0, &TARGET).unwrap());
        (Bench { sequence: OWN_SEQUENCES, ..bench }, backlog)
    }
}

fn inherit(bench: &mut Bench, backlog: Backlog) {
    bench.journal.inherit(backlog.read(MIB, Instant::now(), || true).unwrap());
}

/// The operations of a process after it has found the files.
fn act(bench: &mut Bench) {
    bench.write(b"set", set(b"new"));
    bench.write(b"del", Write::Delete);
    bench.clear(INDEX);
    bench.write_in(INDEX, b"later", set(b"new"), &[]);
    bench.write(b"hash", set_field(b"f", b"new"));
}

#[test]
fn what_is_done_while_the_files_are_read_is_newer_than_what_they_hold() {
    let directory = Directory::new("backlog-newer");
    directory.leave();
    let copy = copy_of(&directory, "backlog-newer-copy");
    let (mut bench, backlog) = directory.find();
    act(&mut bench);
    inherit(&mut bench, backlog);
    assert_eq!(bench.value(b"set"), Some(Held::Value(b"new")));
    assert_eq!(bench.value(b"del"), Some(Held::Gone));
    assert_eq!(bench.value(b"own"), Some(Held::Value(b"old")));
    assert_eq!(bench.value(b"cleared"), None);
    assert_eq!(bench.value(b"later"), Some(Held::Value(b"new")));
    assert_eq!(bench.field(b"hash", b"f"), Some(Held::Value(b"new")));
    assert_eq!(bench.field(b"hash", b"g"), Some(Held::Value(b"old")));
    assert!(bench.journal.clear_of(INDEX).is_some() && bench.journal.clear_of(b"left").is_some());
    // The journal that results if the files are read first.
    let (mut patient, backlog) = copy.find();
    inherit(&mut patient, backlog);
    act(&mut patient);
    assert_eq!(shown(&bench.journal), shown(&patient.journal));
    let before = shown(&bench.journal);
    directory.only_file();
    assert_eq!(shown(&copy_of(&directory, "backlog-newer-killed").open().journal), before);
    // A late record is still judged by its sequence.
    let late = bench.at(b"own", set(b"late"), OWN_SEQUENCES);
    assert!(matches!(bench.put(late), Recorded::Kept));
    let late = bench.at(b"set", set(b"late"), OWN_SEQUENCES);
    assert!(matches!(bench.put(late), Recorded::Outdated));
}

#[test]
fn a_process_that_dies_before_or_after_it_has_read_leaves_everything() {
    let directory = Directory::new("backlog-dies");
    directory.leave();
    let before = shown(&copy_of(&directory, "backlog-dies-before").open().journal);
    let (mut bench, backlog) = directory.find();
    bench.write(b"k", set(b"v"));
    assert_eq!(shown(&copy_of(&directory, "backlog-dies-unread").open().journal).0.len(), before.0.len() + 1);
    let read = backlog.read(MIB, Instant::now(), || true).unwrap();
    assert_eq!(shown(&copy_of(&directory, "backlog-dies-read").open().journal).0.len(), before.0.len() + 1);
    // No journal is left to inherit.
    drop((bench, read));
    let heir = directory.open();
    assert_eq!(heir.value(b"k"), Some(Held::Value(b"v")));
    assert_eq!(heir.journal.len(), before.0.len() + 1);
}

#[test]
fn files_are_one_finders_alone_and_nobodys_once_it_lets_go() {
    let directory = Directory::new("backlog-alone");
    directory.leave();
    let (bench, backlog) = directory.find();
    assert!(Backlog::find(&directory.0, &TARGET).unwrap().is_none());
    let read = backlog.read(MIB, Instant::now(), || false).unwrap();
    assert!(read.is_empty());
    drop((bench, read));
    assert_eq!(directory.open().journal.taken_over(), 6);
}

#[test]
fn a_full_journal_is_taken_over_and_what_is_recorded_meanwhile_has_a_bound_too() {
    let directory = Directory::new("backlog-bound");
    let mut bench = directory.open();
    let mut count = 0;
    loop {
        let key = format!("old-{count}");
        let record = bench.next(key.as_bytes(), set(&[1; 1000]));
        match bench.put(record) {
            Recorded::Kept => count += 1,
            _ => break,
        }
    }
    drop(bench);
    let (mut bench, backlog) = directory.find();
    bench.journal.reserve();
    bench.write(b"new", set(&vec![2; MIB / 16]));
    let large = vec![2; MIB / 8];
    let record = bench.next(b"large", set(&large));
    assert!(matches!(bench.put(record), Recorded::Full));
    inherit(&mut bench, backlog);
    assert_eq!((bench.journal.len(), bench.journal.taken_over()), (count + 1, count));
    assert!(bench.journal.bytes() <= MIB + MIB / 8);
    let record = bench.next(b"more", set(b"v"));
    assert!(matches!(bench.put(record), Recorded::Full));
    (0..count).for_each(|number| bench.journal.forget(format!("old-{number}").as_bytes()));
    // The whole bound is available again.
    bench.write(b"large", set(&vec![2; MIB * 9 / 10]));
}

#[test]
fn a_file_that_does_not_fit_beside_another_one_waits_for_another_process() {
    let directory = Directory::new("backlog-two");
    let large = vec![1; MIB * 6 / 10];
    let (mut one, mut other) = (directory.open(), directory.open());
    one.write(b"one", set(&large));
    other.write(b"other", set(&large));
    drop((one, other));
    let first = directory.open();
    assert_eq!((first.journal.len(), directory.files().len()), (1, 2));
    assert_eq!(directory.open().journal.len(), 1);
}

/// A journal that a node of a cluster gives away. Its operations are some time old.
fn given() -> Bench {
    let mut giver = Bench::new();
    giver.now = Instant::now().checked_sub(Duration::from_secs(20)).unwrap_or(giver.now);
    giver.clear(INDEX);
    giver.write(b"k", set(&[1; 1000]));
    giver.write_in(INDEX, b"of-org", set(b"v"), &[]);
    giver
}

#[test]
fn what_another_journal_gives_keeps_its_age_in_the_file_too() {
    let directory = Directory::new("backlog-age");
    let (mut giver, mut receiver) = (given(), directory.open());
    let (at, ends) = (giver.now, giver.journal.entry(b"k").unwrap().ends);
    let is_more_left = giver.journal.give_away(9, |_| true, |item| receiver.journal.receive(item));
    assert!(!is_more_left && giver.journal.is_empty());
    let off = |one: Instant, other: Instant| one.max(other) - one.min(other);
    for journal in [&receiver.journal, &copy_of(&directory, "backlog-age-killed").open().journal] {
        let entry = journal.entry(b"k").unwrap();
        assert!(off(entry.ends, ends) < Duration::from_secs(2), "{:?}", off(entry.ends, ends));
        let clear = journal.clears().next().unwrap();
        assert!(off(clear.at, at) < Duration::from_secs(2), "{:?}", off(clear.at, at));
    }
}

#[test]
fn what_another_journal_gives_is_kept_whatever_the_bound_and_the_file_say() {
    let directory = Directory::new("backlog-kept");
    let (mut giver, mut receiver) = (given(), directory.open_with(100, &TARGET));
    let before = shown(&giver.journal);
    receiver.journal.file.as_mut().unwrap().make_read_only();
    let mut turns = 0;
    while giver.journal.give_away(1, |_| true, |item| receiver.journal.receive(item)) {
        turns += 1;
    }
    assert_eq!((turns, giver.journal.len()), (3, 0));
    assert_eq!(shown(&receiver.journal), before);
    drop(receiver);
    assert_eq!(shown(&directory.open().journal), before);
    directory.only_file();
}
