//! A producer that goes on for an ended process.

use std::path::PathBuf;

use super::*;
use crate::queue::contract::Hints;
use crate::queue::kept::{Kept, KeptIn};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("orgcache-heirs-{}-{name}", std::process::id()));
        Folder(folder)
    }

    fn place(&self) -> KeptIn {
        KeptIn { directory: self.0.clone(), target: "here".to_owned() }
    }

    fn files(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const JOURNALS: &str = r#"{"onRedisDown":"journal"}"#;

fn journalling(folder: &Folder) -> Played {
    let mut played = Played::new("{}");
    played.machine.settings.kept = Some(folder.place());
    // While there is no folder, it looks for no files: it might find its own, when that is closed.
    played.open(JOURNALS);
    std::fs::create_dir_all(&folder.0).unwrap();
    played
}

/// The next process: it has what the last one left.
fn heir(folder: &Folder) -> Played {
    let mut played = Played::new("{}");
    for (kept, left) in Kept::take_over(&folder.place(), "mail") {
        let options = Arc::new(QueueOptions::from_json(JOURNALS).unwrap());
        let (name, kept) = ("mail".to_owned(), Box::new(kept));
        played.shared.order(Order::Inherit { name, options, kept, left });
    }
    played.machine.advance(played.now);
    played
}

/// The number and the ids of the next script, which is answered, after the server has told the last number that it knows.
fn next_script(played: &mut Played, known: Option<i64>) -> (String, String, Vec<String>) {
    if let Some(known) = known {
        let [(asks, words)] = played.sent_on(QUEUE).try_into().unwrap();
        assert_eq!(words[6], "sent");
        played.answer(asks, Ok(Reply::Words(vec![Word::Number(known)])));
    }
    let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
    let ids = words[11..].iter().step_by(4).cloned().collect();
    played.answer(request, Ok(Reply::Added { hints: Hints::default(), held: Vec::new() }));
    (words[6].clone(), words[7].clone(), ids)
}

#[test]
fn what_an_ended_process_may_have_sent_goes_again_with_the_same_number() {
    let folder = Folder::new("sent");
    let mut first = journalling(&folder);
    first.add("j1");
    first.add("j2");
    first.connect("run");
    first.greet();
    let [(_, words)] = first.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((words[7].as_str(), words[10].as_str()), ("1", "2"));
    first.disconnect();
    // It comes behind what was sent.
    first.add("j3");
    drop(first);
    let mut next = heir(&folder);
    next.connect("run");
    next.greet();
    let both = vec!["j1".to_owned(), "j2".to_owned()];
    assert_eq!(next_script(&mut next, Some(1)), ("sender".to_owned(), "1".to_owned(), both));
    let last = ("sender".to_owned(), "2".to_owned(), vec!["j3".to_owned()]);
    assert_eq!(next_script(&mut next, None), last);
    next.pass(11_000);
    assert_eq!((folder.files(), next.machine.queues.len()), (0, 1));
}

#[test]
fn what_redis_has_taken_is_not_sent_by_the_next_process() {
    let folder = Folder::new("taken");
    let mut first = journalling(&folder);
    first.add("j1");
    first.connect("run");
    first.greet();
    let [(request, _)] = first.sent_on(QUEUE).try_into().unwrap();
    first.add("live");
    first.answer(request, added());
    let [(live, words)] = first.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[11], "live");
    first.answer(live, added());
    first.disconnect();
    // It gets no number while nobody would take it.
    first.add("j2");
    drop(first);
    let mut next = heir(&folder);
    next.connect("run");
    next.greet();
    let rest = ("sender".to_owned(), "3".to_owned(), vec!["j2".to_owned()]);
    assert_eq!(next_script(&mut next, Some(2)), rest);
}

#[test]
fn what_has_no_number_yet_gets_one_that_the_server_does_not_know() {
    let folder = Folder::new("unsent");
    let mut first = journalling(&folder);
    first.add("j1");
    drop(first);
    let mut next = heir(&folder);
    next.connect("run");
    next.greet();
    let first = ("sender".to_owned(), "8".to_owned(), vec!["j1".to_owned()]);
    assert_eq!(next_script(&mut next, Some(7)), first);
}

#[test]
fn nobody_takes_the_file_of_a_process_that_lives() {
    let folder = Folder::new("lives");
    let mut first = journalling(&folder);
    first.add("j1");
    assert!(Kept::take_over(&folder.place(), "mail").is_empty());
    assert!(Kept::take_over(&folder.place(), "other").is_empty());
    drop(first);
    assert!(Kept::take_over(&folder.place(), "other").is_empty());
    assert_eq!(Kept::take_over(&folder.place(), "mail").len(), 1);
}
