//! What the steps promise to those who listen and look.

use super::promises::{Bench, ending};
use super::{job, prepared};
use crate::queue::contract::{Admin, Change, Fate, Look, Reply, Step, Turn, Update, Word};

const WORDS_AN_EVENT: usize = 7;

/// The place of the last event, and events from a place on.
fn listen(bench: &mut Bench, from: &str, most: u64) -> (String, Vec<Vec<String>>) {
    let words = match bench.run(&Step::Look(Look::Listen { from: from.to_owned(), most })) {
        Reply::Words(words) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(words[0].number(), bench.now);
    let entries = words[2..].chunks_exact(WORDS_AN_EVENT);
    (words[1].text(), entries.map(|entry| entry.iter().map(Word::text).collect()).collect())
}

/// Event, job and detail of each.
fn told(bench: &mut Bench, from: &str) -> Vec<String> {
    let (_, entries) = listen(bench, from, 500);
    entries
        .iter()
        .map(|entry| format!("{} {} {}", entry[1], entry[2], entry[6]).trim_end().to_owned())
        .collect()
}

pub fn only_while_heard(bench: &mut Bench) {
    bench.add_ids("a", &["x1"]);
    let (begin, entries) = listen(bench, "0-0", 500);
    assert_eq!((begin.clone(), entries.len()), (format!("{}-0", bench.now), 0));
    bench.add_ids("a", &["x2"]);
    bench.now += 59_000;
    let (end, entries) = listen(bench, &begin, 500);
    assert_eq!((end.as_str(), entries.len()), (&*format!("{}-1", bench.now - 59_000), 1));
    let at = (bench.now - 59_000).to_string();
    assert_eq!(entries[0], [end.as_str(), "added", "x2", "mail", "a", &at, ""]);
    // Another minute from now on.
    bench.now += 59_000;
    bench.add_ids("a", &["x3"]);
    assert_eq!(listen(bench, &end, 1).1.len(), 2);
    assert_eq!(listen(bench, &end, 0).1.len(), 0);
    bench.now += 60_001;
    bench.add_ids("a", &["x4"]);
    let (other, entries) = listen(bench, &end, 500);
    assert_eq!((other, entries.len()), (format!("{}-0", bench.now), 2));
    let only = |name: &str| Admin::ForgetEvents { only: Some(name.to_owned()), cursor: "0".to_owned() };
    assert_eq!(bench.admin(only("b"))[0], Word::Number(0));
    assert_eq!(bench.admin(only("a")), [Word::Number(2), Word::from("0")]);
    assert_eq!(listen(bench, "0-1", 500).1.len(), 0);
}

pub fn events(bench: &mut Bench) {
    let (from, _) = listen(bench, "", 0);
    let jobs = vec![job("x1", "a"), prepared("x2", "a", 0, 1, None), prepared("x3", "a", 0, 2, None)];
    bench.add_as(1, jobs.clone());
    bench.add_as(1, jobs);
    let Reply::Turned(turned) = bench.turn_as("v", 2, 3, Vec::new()) else { panic!("no turn") };
    bench.turn_as("v", 2, 3, Vec::new());
    let members: Vec<String> = turned.given.into_iter().map(|(member, _)| member).collect();
    bench.run(&Step::Update(Update {
        member: members[0].clone(),
        change: Change::Progress,
        value: b"1".to_vec(),
    }));
    let ends = [(0, Fate::Completed, 0), (1, Fate::Retry, 0), (2, Fate::Retry, 700)];
    let finished = ends.map(|(at, fate, delay_ms)| ending(&members[at], fate, delay_ms, "a")).to_vec();
    bench.turn_as("v", 3, 0, finished.clone());
    bench.turn_as("v", 3, 0, finished.clone());
    bench.turn_as("v", 4, 0, finished[..1].to_vec());
    bench.admin(Admin::Retry { id: "x2".to_owned() });
    bench.admin(Admin::Reschedule { id: "x3".to_owned(), delay_ms: 900 });
    bench.admin(Admin::Cancel { id: "x3".to_owned() });
    bench.admin(Admin::Remove { id: "x1".to_owned() });
    bench.admin(Admin::Pause { only: Some("a".to_owned()), pauses: true });
    bench.admin(Admin::Pause { only: None, pauses: false });
    let [first, second, third] = [&members[0], &members[1], &members[2]];
    let seen = told(bench, &from);
    let expected = [
        "added x1".to_owned(),
        "added x2".to_owned(),
        "added x3".to_owned(),
        format!("started x1 attempt=1 member={first}"),
        format!("started x2 attempt=1 member={second}"),
        format!("started x3 attempt=1 member={third}"),
        format!("progress x1 member={first}"),
        format!("completed x1 attempt=1 member={first}"),
        format!("dead x2 attempt=1 member={second}"),
        format!("retrying x3 attempt=1 member={third} delay=700"),
        format!("lost x1 member={first}"),
        "retried x2".to_owned(),
        "rescheduled x3 delay=900".to_owned(),
        "cancelled x3".to_owned(),
        "removed x1".to_owned(),
        "paused  scope=organization".to_owned(),
        "resumed  scope=queue".to_owned(),
    ];
    assert_eq!(seen, expected);
    stalls(bench);
}

fn stalls(bench: &mut Bench) {
    bench.add_as(9, vec![job("y1", "b")]);
    for round in 0..2 {
        let (from, _) = listen(bench, "", 0);
        let member = bench.claim(9).remove(0);
        bench.now += 20_000;
        bench.sweep();
        let mut expected =
            vec![format!("started y1 attempt=1 member={member}"), format!("stalled y1 member={member}")];
        if round == 1 {
            expected.push(format!("dead y1 attempt=1 member={member}"));
        }
        assert_eq!(told(bench, &from)[1..], expected[..]);
    }
}

pub fn statistics(bench: &mut Bench) {
    bench.admin(Admin::Configure(crate::queue::LAYOUT, Vec::new()));
    let began = bench.now;
    bench.organization("a", 3.0, 0, (0, 0));
    bench.add_ids("a", &["x1", "x2"]);
    bench.add_ids("b", &["y1"]);
    let member = bench.claim(1).remove(0);
    let finished = vec![ending(&member, Fate::Completed, 0, "a")];
    let times = vec![("w40".to_owned(), 2), ("r7".to_owned(), 1)];
    bench.now += 1_000;
    for number in [50, 50, 51] {
        let (worker, finished, times) = ("w".to_owned(), finished.clone(), times.clone());
        bench.run(&Step::Turn(Turn { worker, number, lease_ms: 15_000, wants: 0, finished, times }));
    }
    bench.now += 300_000;
    bench.sweep();
    let mut look = |minutes: u64, only: Option<&str>| {
        let step = Step::Look(Look::Stats { minutes, only: only.map(str::to_owned) });
        let Reply::Words(words) = bench.run(&step) else { panic!("no words") };
        words.iter().map(Word::text).collect::<Vec<_>>()
    };
    let words = look(6, Some("a"));
    assert_eq!(words[0], (began + 301_000).to_string());
    assert_eq!(words[1], format!("{began} 0 0 0 0 0 0 0"));
    let mut lengths: Vec<&str> = words[2].split(' ').collect();
    lengths.sort_unstable();
    assert_eq!(lengths, ["r7=2", "w40=4"]);
    assert_eq!(words[3..9], ["0", "0", &*(began + 1_000).to_string(), "0", "0", "0"]);
    assert_eq!((words[9].as_str(), &words[11..13]), ("1", &["3".to_owned(), "4".to_owned()][..]));
    assert_eq!(words[13..18], ["2", "0", "0", "1", "0"]);
    // The row of this minute is the only one of the last.
    let words = look(1, None);
    assert_eq!(words[1], format!("{} 3 1 0 0 0 0 1", began + 301_000));
    assert_eq!((words[2].as_str(), &words[9..13]), ("", &["0", "0", "0", "0"].map(str::to_owned)[..]));
}
