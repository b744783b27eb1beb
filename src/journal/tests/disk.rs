//! The journal's file: what is restored, what is refused, who may take it over.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::error::ErrorCode;

pub(super) const TARGET: Digest = [7; 20];

/// A directory that is deleted with the test.
pub(super) struct Directory(pub(super) PathBuf);

impl Directory {
    pub(super) fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("orgcache-journal-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Directory(path)
    }

    pub(super) fn open(&self) -> Bench {
        self.open_with(MIB, &TARGET)
    }

    pub(super) fn open_with(&self, max_bytes: usize, target: &Digest) -> Bench {
        let backlog = self.0.is_dir().then(|| Backlog::find(&self.0, target).unwrap()).flatten();
        let mut journal = Journal::open(max_bytes, &self.0, target).unwrap();
        if let Some(backlog) = backlog {
            journal.inherit(backlog.read(max_bytes, Instant::now(), || true).unwrap());
        }
        Bench::with(journal)
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    pub(super) fn only_file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1);
        files[0].clone()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) type ShownEntry = (Vec<u8>, EntryContent, Option<Vec<u8>>, Vec<Digest>);
pub(super) type Shown = (Vec<ShownEntry>, Vec<(Vec<u8>, Option<String>)>);

/// The keys and clears of a journal without its order, which another process counts differently.
pub(super) fn shown(journal: &Journal) -> Shown {
    let show = |entry: &Entry| {
        (
            entry.key.to_vec(),
            entry.content.clone(),
            entry.index.as_deref().map(<[u8]>::to_vec),
            entry.older.clone(),
        )
    };
    let mut entries: Vec<_> = journal.entries.values().map(|entry| show(entry)).collect();
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    let clears = journal.clears().map(|clear| (clear.index.to_vec(), clear.organization.clone()));
    (entries, clears.collect())
}

/// Records operations of every kind. Some entries and a clear are held afterwards.
fn fill(bench: &mut Bench) {
    bench.write_in(INDEX, b"cleared", set(b"v"), &[]);
    bench.write_in(INDEX, b"doubtful", set(b"v"), &[digest(b"before")]);
    bench.clear(INDEX);
    bench.clear(b"settled");
    bench.journal.settle_clear(b"settled", bench.sequence);
    bench.write(b"value", set(b"old"));
    bench.write(b"value", set(b"new"));
    bench.write(b"settled", set(b"v"));
    bench.settle(b"settled");
    bench.write(b"forgotten", set(b"v"));
    bench.journal.forget(b"forgotten");
    bench.write(b"gone", Write::Delete);
    bench.write_in(b"other", b"whole", set(b"v"), &[]);
    bench.write(b"whole", set_field(b"f", b"v"));
    bench.write(b"part", delete_field(b"f"));
    bench.write(b"part", set_field(b"g", b"v"));
}

/// A copy of the files as they would be if the process were killed now.
pub(super) fn copy_of(directory: &Directory, name: &str) -> Directory {
    let copy = Directory::new(name);
    fs::create_dir_all(&copy.0).unwrap();
    for file in directory.files() {
        fs::copy(&file, copy.0.join(file.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn a_journal_that_is_opened_again_holds_what_it_held() {
    let directory = Directory::new("again");
    let mut bench = directory.open();
    fill(&mut bench);
    let before = shown(&bench.journal);
    assert_eq!(before.0.len(), 5);
    let killed = copy_of(&directory, "again-killed").open();
    assert_eq!(shown(&killed.journal), before);
    drop(bench);
    let mut reopened = directory.open();
    assert_eq!(shown(&reopened.journal), before);
    assert_eq!(reopened.journal.taken_over(), 5);
    assert!(reopened.journal.next_sequence() > reopened.journal.entry(b"part").unwrap().sequence);
    assert_eq!(reopened.hand_out(9).len(), 5);
    reopened.write(b"value", set(b"newest"));
    assert_eq!(reopened.value(b"value"), Some(Held::Value(b"newest")));
    directory.only_file();
}

#[test]
fn deadlines_and_ages_go_on_and_what_has_ended_is_not_taken_over() {
    let directory = Directory::new("deadlines");
    let mut bench = directory.open();
    let start = bench.now;
    bench.write(b"ends", set(b"v"));
    bench.write_in(INDEX, b"doubtful", set(b"v"), &[digest(b"before")]);
    bench.pass(50);
    bench.write(b"stays", set(b"v"));
    let now = start + Duration::from_secs(120);
    let bytes = fs::read(directory.only_file()).unwrap();
    // The file counts milliseconds from now, so the journal is read as of now and then aged.
    let mut read = Journal::read(&bytes, &TARGET, start).unwrap();
    let age = read.oldest().unwrap().saturating_duration_since(start);
    assert!(age < Duration::from_secs(5), "{age:?}");
    let ends = read.entry(b"ends").unwrap().ends - start;
    assert!(ends > Duration::from_secs(99) && ends < Duration::from_secs(105), "{ends:?}");
    read.drop_ended(now);
    assert!(read.entry(b"ends").is_none());
    assert_eq!(read.entry(b"doubtful").unwrap().content, EntryContent::Gone);
    let stays = Record { ends: Instant::now(), ..bench.next(b"stays", set(b"ended")) };
    assert!(matches!(bench.journal.record(stays), Recorded::Kept));
    drop(bench);
    assert!(directory.open().journal.entry(b"stays").is_none());
}

#[test]
fn an_empty_journal_leaves_no_file_and_a_full_one_does() {
    let directory = Directory::new("empty");
    let mut bench = directory.open();
    bench.write(b"k", set(&[1; 1000]));
    let file = directory.only_file();
    assert!(fs::metadata(&file).unwrap().len() > 1000);
    bench.settle(b"k");
    assert_eq!(fs::metadata(&file).unwrap().len(), file::HEADER_BYTES as u64);
    bench.write(b"k", set(b"v"));
    drop(bench);
    let mut bench = directory.open();
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"v")));
    bench.journal.forget(b"k");
    drop(bench);
    assert!(directory.files().is_empty());
}

#[test]
fn a_file_that_was_cut_anywhere_gives_what_came_before() {
    let directory = Directory::new("cut");
    let mut bench = directory.open();
    let file = directory.only_file();
    let mut steps = vec![(file::HEADER_BYTES, shown(&bench.journal))];
    for number in 0..12u8 {
        let key = [b'a' + number % 5];
        match number % 4 {
            0 => bench.write_in(INDEX, &key, set(&[number; 9]), &[digest(&key)]),
            1 => bench.write(&key, set_field(&[number], b"v")),
            2 => bench.write(&key, Write::Delete),
            _ => bench.clear(&[number]),
        }
        steps.push((fs::metadata(&file).unwrap().len() as usize, shown(&bench.journal)));
    }
    let bytes = fs::read(&file).unwrap();
    let now = Instant::now();
    for length in 0..=bytes.len() {
        let read = Journal::read(&bytes[..length], &TARGET, now);
        let expected = steps.iter().rev().find(|(end, _)| *end <= length).map(|(_, shown)| shown);
        assert_eq!(read.as_ref().map(shown).as_ref(), expected, "cut at {length}");
    }
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        let read = Journal::read(&damaged, &TARGET, now);
        let expected = steps.iter().rev().find(|(end, _)| *end <= position).map(|(_, shown)| shown);
        assert_eq!(read.as_ref().map(shown).as_ref(), expected, "damaged at {position}");
    }
}

#[test]
fn a_damaged_file_is_taken_over_up_to_the_damage() {
    let directory = Directory::new("damaged");
    let mut bench = directory.open();
    bench.write(b"a", set(b"v"));
    bench.write(b"b", set(b"v"));
    drop(bench);
    let file = directory.only_file();
    let length = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length - 1).unwrap();
    let bench = directory.open();
    assert_eq!(bench.value(b"a"), Some(Held::Value(b"v")));
    assert_eq!(bench.value(b"b"), None);
}

#[test]
fn a_file_of_the_living_is_not_taken_over() {
    let directory = Directory::new("living");
    let mut living = directory.open();
    living.write(b"k", set(b"v"));
    let other = directory.open();
    assert!(other.journal.is_empty());
    assert_eq!(directory.files().len(), 2);
    drop(living);
    assert_eq!(directory.open().value(b"k"), Some(Held::Value(b"v")));
}

/// Waits until the files' clock has advanced.
fn pass_a_millisecond() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
}

#[test]
fn what_several_processes_left_is_put_together_and_the_latest_write_counts() {
    let directory = Directory::new("several");
    let (mut one, mut other) = (directory.open(), directory.open());
    one.sequence = 1000;
    one.write(b"k", set(b"earlier"));
    one.write_in(INDEX, b"cleared", set(b"v"), &[]);
    one.write(b"one", set(b"v"));
    pass_a_millisecond();
    other.now = Instant::now();
    other.clear(INDEX);
    other.write(b"k", set(b"later"));
    other.write(b"other", set(b"v"));
    drop((one, other));
    let bench = directory.open();
    assert_eq!(bench.value(b"k"), Some(Held::Value(b"later")));
    assert_eq!(bench.value(b"cleared"), None);
    assert!(bench.journal.clear_of(INDEX).is_some());
    assert_eq!(bench.journal.taken_over(), 3);
    directory.only_file();
}

#[test]
fn a_file_of_another_target_or_that_does_not_fit_is_left_alone() {
    let directory = Directory::new("other-target");
    let mut bench = directory.open_with(MIB, &[1; 20]);
    bench.write(b"k", set(&[1; 5000]));
    drop(bench);
    let bytes = fs::read(directory.only_file()).unwrap();
    assert!(directory.open().journal.is_empty());
    assert!(directory.open_with(4000, &[1; 20]).journal.is_empty());
    assert_eq!(fs::read(directory.only_file()).unwrap(), bytes);
    assert_eq!(directory.open_with(MIB, &[1; 20]).journal.len(), 1);
}

#[test]
fn a_file_that_has_grown_is_rewritten_and_says_the_same() {
    let directory = Directory::new("grown");
    let mut bench = directory.open();
    fill(&mut bench);
    let first = directory.only_file();
    for number in 0..40u8 {
        bench.write(b"large", set(&vec![number; 100_000]));
        let length = fs::metadata(directory.only_file()).unwrap().len() as usize;
        assert!(length <= 2 * bench.journal.bytes() + MIB + 200_000, "{length}");
    }
    assert_ne!(directory.only_file(), first);
    let before = shown(&bench.journal);
    drop(bench);
    assert_eq!(shown(&directory.open().journal), before);
}

#[test]
fn late_writes_are_judged_by_a_rewritten_file_as_by_the_journal_itself() {
    let mut bench = Bench::new();
    let _ = bench.put(bench.at(b"h", Write::Delete, 5));
    let _ = bench.put(bench.at(b"h", set_field(b"f", b"v"), 9));
    let now = bench.now;
    let mut read = Journal::read(&bench.journal.image(&TARGET, now), &TARGET, now).unwrap();
    assert!(matches!(read.record_at(&bench.at(b"h", set_field(b"f", b"x"), 8), now), Recorded::Outdated));
    assert!(matches!(read.record_at(&bench.at(b"h", set_field(b"g", b"x"), 4), now), Recorded::Outdated));
    assert!(matches!(read.record_at(&bench.at(b"h", set_field(b"g", b"x"), 7), now), Recorded::Kept));
}

/// Makes every write to the journal's file fail until the file is rewritten.
fn break_file(bench: &mut Bench) {
    let file = bench.journal.file.as_mut().unwrap();
    file.make_read_only();
}

#[test]
fn where_the_file_cannot_be_written_nothing_is_kept_and_later_writes_recover() {
    let directory = Directory::new("unwritable");
    let mut bench = directory.open();
    bench.write(b"kept", set(b"v"));
    break_file(&mut bench);
    let record = bench.next(b"k", set(b"a value"));
    let Recorded::Failed(error) = bench.put(record) else { panic!("it was kept") };
    assert_eq!(error.code(), ErrorCode::Config);
    assert!(error.message().starts_with("CACHE_JOURNAL_DIR"), "{error}");
    assert_eq!(bench.value(b"k"), None);
    bench.write(b"k", set(b"v"));
    drop(bench);
    let reopened = directory.open();
    assert_eq!((reopened.value(b"k"), reopened.value(b"kept")).0, Some(Held::Value(b"v")));
    assert_eq!(reopened.journal.len(), 2);
}

#[test]
fn where_the_directory_is_gone_too_nothing_is_kept_until_it_is_back() {
    let directory = Directory::new("gone");
    let mut bench = directory.open();
    bench.write(b"kept", set(b"v"));
    break_file(&mut bench);
    fs::remove_dir_all(&directory.0).unwrap();
    for _ in 0..3 {
        let record = bench.next(b"k", set(b"v"));
        assert!(matches!(bench.put(record), Recorded::Failed(_)));
        assert!(matches!(bench.journal.clear(INDEX, None, 99, bench.now), Recorded::Failed(_)));
    }
    assert_eq!(bench.value(b"kept"), Some(Held::Value(b"v")));
    assert!(bench.journal.clear_of(INDEX).is_none());
    fs::create_dir(&directory.0).unwrap();
    bench.pass(2);
    bench.write(b"k", set(b"v"));
    drop(bench);
    assert_eq!(directory.open().journal.len(), 2);
}

#[test]
fn what_was_let_go_while_the_file_could_not_be_written_does_not_come_back() {
    let directory = Directory::new("let-go");
    let mut bench = directory.open();
    bench.write(b"a", set(b"v"));
    bench.write(b"b", set(b"v"));
    break_file(&mut bench);
    bench.settle(b"a");
    assert_eq!(bench.value(b"a"), None);
    drop(bench);
    let reopened = directory.open();
    assert_eq!(reopened.value(b"a"), None);
    assert_eq!(reopened.value(b"b"), Some(Held::Value(b"v")));
}

#[test]
fn a_directory_that_cannot_be_used_is_told_by_the_name_of_its_variable() {
    let directory = Directory::new("no-directory");
    fs::create_dir_all(&directory.0).unwrap();
    let path = directory.0.join("a-file");
    fs::write(&path, b"").unwrap();
    for path in [path.as_path(), Path::new("/dev/null/journal")] {
        let error = Journal::open(MIB, path, &TARGET).err().unwrap();
        assert_eq!(error.code(), ErrorCode::Config);
        assert!(error.message().contains("CACHE_JOURNAL_DIR"));
        assert!(!error.message().contains("a-file"));
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_directory_and_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("mode");
    let _bench = directory.open();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory.0), mode(&directory.only_file())), (0o700, 0o600));
}
