//! Slots of schedules: when a process asks which are due, and what it fires.

use super::*;

const SLOT: i64 = 1_800_000_000_000;

/// A process with a worker, whose first questions were answered. Its schedules are asked for next.
fn working() -> Played {
    let mut played = Played::new("{}");
    played.work();
    played.connect("run");
    played.greet();
    let turns = played.sent_on(QUEUE);
    played.answer(turns[0].0, Ok(Reply::Turned(Turned::default())));
    played
}

/// The requests on schedules that are sent now. Renewals and sweeps are left aside.
fn asked(played: &mut Played) -> Vec<(u64, Vec<String>)> {
    let sent = played.sent_on(LEASE).into_iter();
    sent.filter(|(_, words)| words.get(7).is_some_and(|word| word == "due" || word == "fire")).collect()
}

/// Ms until the next slot, and what is due.
fn due(later: i64, names: &[&str], times: &str) -> Result<Reply> {
    let mut words = vec![Word::Number(later), Word::Number(1), (&*(SLOT + 3).to_string()).into()];
    for name in names {
        words.extend([(*name).into(), (&*SLOT.to_string()).into(), "7".into(), times.into(), "one".into()]);
        words.push(Word::Number(10));
    }
    Ok(Reply::Words(words))
}

fn fired(later: i64) -> Result<Reply> {
    Ok(Reply::Words(vec![Word::Number(later), Word::Number(1)]))
}

#[test]
fn a_process_asks_at_a_slot_fires_what_is_due_and_knows_when_the_next_one_comes() {
    let mut played = working();
    let [(id, words)] = asked(&mut played).try_into().unwrap();
    assert_eq!(words[7], "due");
    played.answer(id, due(5_000, &[], ""));
    played.pass(4_900);
    assert!(asked(&mut played).is_empty());
    played.pass(101);
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    played.answer(id, due(-1, &["a"], r#"{"everyMs":60000}"#));
    let [(id, words)] = asked(&mut played).try_into().unwrap();
    let (slot, next) = (SLOT.to_string(), (SLOT + 60_000).to_string());
    assert_eq!(words[7..12], ["fire", "a", "7", &slot, &next]);
    assert_eq!((words[12].len(), &words[13], &words[14]), (20, &slot, &"0".to_owned()));
    // It is still under way: nothing is asked meanwhile.
    played.pass(10);
    assert!(asked(&mut played).is_empty());
    played.answer(id, fired(60_000));
    played.pass(59_000);
    assert!(asked(&mut played).is_empty());
    played.pass(1_001);
    assert_eq!(asked(&mut played).len(), 1);
}

#[test]
fn a_message_that_a_schedule_has_changed_is_followed_by_a_look_also_where_one_is_under_way() {
    let mut played = working();
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    let channel = b"app:queue:{mail}:news";
    played.machine.heard(channel, b"s", played.now);
    played.machine.advance(played.now);
    assert!(asked(&mut played).is_empty());
    played.answer(id, due(-1, &[], ""));
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    played.answer(id, due(-1, &[], ""));
    assert!(asked(&mut played).is_empty());
    played.machine.heard(channel, b"s", played.now);
    played.machine.advance(played.now);
    assert_eq!(asked(&mut played).len(), 1);
}

#[test]
fn what_the_server_refuses_is_fired_a_second_later_and_told_to_the_worker() {
    let mut played = working();
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    played.answer(id, due(-1, &["a"], r#"{"everyMs":60000}"#));
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    played.answer(id, Err(Error::reply("OOM command not allowed")));
    let told =
        played.events().into_iter().any(|event| event[2] == "error" && event.to_string().contains("OOM"));
    assert!(told);
    played.pass(900);
    assert!(asked(&mut played).is_empty());
    played.pass(101);
    assert_eq!(asked(&mut played)[0].1[7], "due");
}

#[test]
fn a_sweep_tells_of_slots_that_no_message_told_of() {
    let mut played = working();
    let [(id, _)] = asked(&mut played).try_into().unwrap();
    played.answer(id, due(-1, &[], ""));
    played.pass(1_001);
    let sent = played.sent_on(LEASE);
    let found = sent.iter().find(|(_, words)| words.len() == 9);
    let (sweep, _) = found.unwrap_or_else(|| panic!("no sweep: {sent:?}"));
    let hints = crate::queue::contract::Hints::default();
    let swept = Reply::Swept {
        hints,
        swept: true,
        stalled: Vec::new(),
        missing: 0,
        slot_ms: Some(300),
        server_ms: SLOT,
    };
    played.answer(*sweep, Ok(swept));
    played.pass(299);
    assert!(asked(&mut played).is_empty());
    played.pass(2);
    assert_eq!(asked(&mut played).len(), 1);
}

#[test]
fn a_process_without_a_worker_fires_nothing() {
    let mut played = Played::new("{}");
    played.add("j1");
    played.connect("run");
    played.greet();
    played.machine.heard(b"app:queue:{mail}:news", b"s", played.now);
    played.pass(5_000);
    assert!(asked(&mut played).is_empty());
}
