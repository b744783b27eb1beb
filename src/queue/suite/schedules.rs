//! What the steps on schedules promise, one promise a test.

use super::BEGIN;
use super::planned::put;
use super::promises::{Bench, Promise};
use crate::queue::contract::{Admin, Reply, Step, Sweep, Word};
use crate::queue::record::Record;
use crate::queue::schedule::steps::{Fire, OVERLAPS, Put, Scheduling};

pub const PROMISES: [(&str, Promise); 9] = [
    ("a slot makes one job, however often and by whomever it is fired", once),
    ("a schedule that was changed while it was due is not fired as it was", changed),
    ("the same times keep the slot and what is counted, and other times begin anew", replaced),
    ("a schedule ends with its count, its last slot or its removal", ends),
    ("a schedule that allows no overlap waits until its last job has ended", overlaps),
    ("a job that is asked for comes once, beside the slots", runs),
    (
        "schedules of two organizations may have one id, and one organization's are cleared alone",
        organizations,
    ),
    ("what is due is told, and when the next slot comes", due),
    ("a page of schedules says where the next one begins", pages),
];

impl Bench {
    fn plan(&mut self, step: Scheduling) -> Vec<Word> {
        match self.run(&Step::Scheduling(step)) {
            Reply::Words(words) => words,
            other => panic!("{other:?}"),
        }
    }

    fn put(&mut self, put: Put) -> Vec<Word> {
        self.plan(Scheduling::Put(Box::new(put)))
    }

    fn fire(&mut self, fires: &[Fire]) -> Vec<i64> {
        self.plan(Scheduling::Fire(fires.to_vec()))[1..].iter().map(Word::number).collect()
    }

    /// Names, slots and revisions of what is due.
    fn due(&mut self) -> Vec<(String, i64, u64)> {
        let words = self.plan(Scheduling::Due);
        let number = |word: &Word| word.text().parse::<i64>().unwrap();
        words[3..]
            .chunks_exact(6)
            .map(|one| (one[0].text(), number(&one[1]), number(&one[2]) as u64))
            .collect()
    }

    fn names(&mut self, only: Option<&str>) -> Vec<String> {
        let words = self.plan(Scheduling::Page { only: only.map(str::to_owned), from: 0, limit: 100 });
        words[2..].chunks_exact(13).map(|one| one[0].text()).collect()
    }
}

/// A move of the schedule `a`.
fn fire(revision: u64, slot: i64, next: Option<i64>) -> Fire {
    Fire { name: "a".to_owned(), revision, slot, next, job: Some((format!("a{slot}"), slot)), skipped: 0 }
}

fn numbers(numbers: &[i64]) -> Vec<Word> {
    numbers.iter().map(|number| Word::Number(*number)).collect()
}

fn once(bench: &mut Bench) {
    assert_eq!(bench.put(put("a", "", "t", BEGIN)), [Word::Number(1), (&*BEGIN.to_string()).into()]);
    let first = fire(1, BEGIN, Some(BEGIN + 60_000));
    assert_eq!(bench.fire(std::slice::from_ref(&first)), [1]);
    assert_eq!(bench.fire(&[first.clone(), first.clone()]), [0, 0]);
    let members = bench.claim(9);
    assert_eq!(members.len(), 1);
    bench.turn(0, vec![super::promises::ending(&members[0], crate::queue::contract::Fate::Completed, 0, "")]);
    assert_eq!(bench.fire(&[first]), [0]);
    assert_eq!(bench.counts(), [0, 0, 0, 1, 0]);
    // A chain of slots goes in one step.
    let chain =
        [fire(1, BEGIN + 60_000, Some(BEGIN + 70_000)), fire(1, BEGIN + 70_000, Some(BEGIN + 80_000))];
    assert_eq!(bench.fire(&chain), [1, 1]);
    let given = bench.turn(9, Vec::new()).given;
    let slots: Vec<_> =
        given.iter().map(|(_, record)| Record::read(record).unwrap().job.slot.unwrap()).collect();
    assert_eq!(slots, [BEGIN + 60_000, BEGIN + 70_000]);
}

fn changed(bench: &mut Bench) {
    bench.put(put("a", "", "t", BEGIN));
    bench.put(put("a", "", "other", BEGIN));
    assert_eq!(bench.fire(&[fire(1, BEGIN, Some(BEGIN + 1))]), [0]);
    assert_eq!(bench.fire(&[fire(2, BEGIN + 1, Some(BEGIN + 2))]), [0]);
    assert_eq!(bench.counts(), [0, 0, 0, 0, 0]);
    assert_eq!(bench.fire(&[fire(2, BEGIN, Some(BEGIN + 2))]), [1]);
    // It was another one for a while, and its slot comes again: its job was made.
    bench.plan(Scheduling::Remove { name: "a".to_owned() });
    bench.put(put("a", "", "t", BEGIN));
    assert_eq!(bench.fire(&[fire(3, BEGIN, Some(BEGIN + 2))]), [2]);
    assert_eq!(bench.counts(), [1, 0, 0, 0, 0]);
}

fn replaced(bench: &mut Bench) {
    bench.put(put("a", "", "t", BEGIN));
    bench.fire(&[fire(1, BEGIN, Some(BEGIN + 10))]);
    let told = |slot: i64| vec![Word::Number(0), (&*slot.to_string()).into()];
    assert_eq!(bench.put(put("a", "", "t", BEGIN + 99)), told(BEGIN + 10));
    let page = bench.plan(Scheduling::Page { only: None, from: 0, limit: 9 });
    assert_eq!(
        [page[8].text(), page[10].text(), page[11].text()],
        ["1".to_owned(), BEGIN.to_string(), format!("a{BEGIN}")]
    );
    assert_eq!(bench.put(put("a", "", "u", BEGIN + 99)), told(BEGIN + 99));
    assert_eq!(bench.plan(Scheduling::Page { only: None, from: 0, limit: 9 })[8].text(), "0");
}

fn ends(bench: &mut Bench) {
    bench.put(Put { count: 2, ..put("a", "", "t", BEGIN) });
    let chain = [1, 2, 3].map(|at| fire(1, BEGIN + at - 1, Some(BEGIN + at)));
    assert_eq!(bench.fire(&chain), [1, 1, 0]);
    assert_eq!(bench.names(None), [""; 0]);
    bench.put(put("a", "", "t", BEGIN + 9));
    assert_eq!(bench.fire(&[fire(2, BEGIN + 9, None)]), [1]);
    assert_eq!(bench.names(None), [""; 0]);
    bench.put(put("a", "", "t", BEGIN + 20));
    let name = "a".to_owned();
    assert_eq!(bench.plan(Scheduling::Remove { name: name.clone() }), numbers(&[1]));
    assert_eq!(bench.plan(Scheduling::Remove { name }), numbers(&[0]));
    assert_eq!(bench.fire(&[fire(3, BEGIN + 20, None)]), [0]);
    assert_eq!(bench.counts(), [3, 0, 0, 0, 0]);
    // A queue that is removed has no schedules.
    bench.put(put("a", "", "t", BEGIN));
    bench.admin(Admin::Obliterate { is_forced: true, does: true });
    assert_eq!(bench.names(None), [""; 0]);
}

fn overlaps(bench: &mut Bench) {
    bench.put(Put { overlap: OVERLAPS[1], ..put("a", "", "t", BEGIN) });
    let at = |at: i64| fire(1, BEGIN + at, Some(BEGIN + at + 1));
    assert_eq!(bench.fire(&[at(0), at(1)]), [1, 2]);
    let run = |job: &str| Scheduling::Run { name: "a".to_owned(), job: job.to_owned() };
    assert_eq!(bench.plan(run("r1")), [Word::Number(2), (&*format!("a{BEGIN}")).into()]);
    let members = bench.claim(1);
    assert_eq!(bench.fire(&[at(2)]), [2]);
    bench.end(&members[0], crate::queue::contract::Fate::Completed, 0);
    assert_eq!(bench.fire(&[at(3)]), [1]);
    let page = bench.plan(Scheduling::Page { only: None, from: 0, limit: 9 });
    assert_eq!([page[8].text(), page[9].text()], ["2", "2"]);
}

fn runs(bench: &mut Bench) {
    bench.put(put("a", "b", "t", BEGIN + 60_000));
    let run = |name: &str, job: &str| Scheduling::Run { name: name.to_owned(), job: job.to_owned() };
    assert_eq!(bench.plan(run("a", "r1")), numbers(&[0]));
    for _ in 0..2 {
        assert_eq!(bench.plan(run("a:b", "r1")), [Word::Number(1), "r1".into()]);
    }
    let members = bench.claim(9);
    assert_eq!(members.len(), 1);
    bench.set(vec![("rc", Some(0))]);
    bench.end(&members[0], crate::queue::contract::Fate::Completed, 0);
    assert_eq!(bench.plan(run("a:b", "r1")), [Word::Number(1), "r1".into()]);
    assert_eq!(bench.counts(), [0, 0, 0, 0, 0]);
    assert_eq!(bench.plan(run("a:b", "r2")), [Word::Number(1), "r2".into()]);
    let page = bench.plan(Scheduling::Page { only: None, from: 0, limit: 9 });
    assert_eq!((page[3].text(), page[8].text()), ((BEGIN + 60_000).to_string(), "0".to_owned()));
}

fn organizations(bench: &mut Bench) {
    for organization in ["a", "b/c"] {
        bench.put(put("x", organization, "t", BEGIN + 5));
    }
    bench.put(put("y", "a", "t", BEGIN + 6));
    bench.put(put("z", "", "t", BEGIN + 7));
    let find =
        |id: &str, only: Option<&str>| Scheduling::Find { id: id.to_owned(), only: only.map(str::to_owned) };
    let mut found = |step| {
        let words = bench.plan(step);
        (words[1].number(), words[2].text())
    };
    let one = |name: &str| (1, name.to_owned());
    assert_eq!(found(find("x", None)), (2, String::new()));
    assert_eq!(found(find("x", Some("b%2Fc"))), one("x:b%2Fc"));
    assert_eq!(found(find("y", None)), one("y:a"));
    assert_eq!(found(find("y", Some(""))), (0, String::new()));
    assert_eq!(found(find("z", None)), one("z"));
    let clear = |only: &str| Scheduling::Clear { only: Some(only.to_owned()), cursor: "0".to_owned() };
    assert_eq!(bench.names(Some("a")), ["x:a", "y:a"]);
    assert_eq!(bench.plan(clear("a"))[0], Word::Number(2));
    assert_eq!(bench.names(None), ["x:b%2Fc", "z"]);
}

fn due(bench: &mut Bench) {
    let slot_in =
        |bench: &mut Bench| match bench.run(&Step::Sweep(Sweep { max_stalls: 1, payload: Vec::new() })) {
            Reply::Swept { slot_ms, .. } => slot_ms,
            other => panic!("{other:?}"),
        };
    assert_eq!(slot_in(bench), None);
    bench.put(put("a", "", "t", BEGIN + 10));
    bench.put(put("b", "", "t", BEGIN + 30));
    assert_eq!((slot_in(bench), bench.due()), (Some(10), Vec::new()));
    assert_eq!(bench.plan(Scheduling::Due)[0], Word::Number(10));
    bench.now += 12;
    assert_eq!(bench.due(), [("a".to_owned(), BEGIN + 10, 1)]);
    assert_eq!(bench.plan(Scheduling::Due)[0], Word::Number(18));
    assert_eq!(slot_in(bench), Some(0));
    let words = bench.plan(Scheduling::Fire(vec![fire(1, BEGIN + 10, Some(BEGIN + 500))]));
    assert_eq!(words, numbers(&[18, 1]));
}

fn pages(bench: &mut Bench) {
    for at in 0..5 {
        bench.put(put(&format!("n{at}"), if at % 2 == 0 { "a" } else { "" }, "t", BEGIN + at));
    }
    let mut page = |only: Option<&str>, from: u64| {
        let words = bench.plan(Scheduling::Page { only: only.map(str::to_owned), from, limit: 2 });
        (words[0].text(), words[1].number(), words[2].text(), words.len())
    };
    let told = |after: &str, total: i64, name: &str, count: usize| {
        (after.to_owned(), total, name.to_owned(), 2 + 13 * count)
    };
    assert_eq!(page(None, 0), told("2", 5, "n0:a", 2));
    assert_eq!(page(None, 4), told("", 5, "n4:a", 1));
    assert_eq!(page(Some("a"), 0), told("2", 3, "n0:a", 2));
    assert_eq!(page(Some("a"), 2), told("", 3, "n4:a", 1));
}
