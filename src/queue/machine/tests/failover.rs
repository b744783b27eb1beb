//! Another server in the place of the last one, and journalled jobs that a server does not take yet.

use super::*;
use crate::config::Endpoint;

/// A producer with these adds acknowledged, and a last one that was sent and not answered.
fn with_unanswered(ids: [&str; 3]) -> Played {
    let mut played = Played::new("{}");
    played.connect("first");
    played.add(ids[0]);
    played.greet();
    for id in &ids[1..] {
        let request = played.sent_on(QUEUE)[0].0;
        played.answer(request, added());
        played.add(id);
    }
    assert_eq!(played.sent_on(QUEUE)[0].1[11], ids[2]);
    played
}

/// Answers what the server knows of the sender, and then each add that comes, whose ids it returns.
fn taken_again(played: &mut Played, known: i64) -> Vec<String> {
    let [(asks, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[6], "sent");
    played.answer(asks, Ok(Reply::Words(vec![Word::Number(known)])));
    let mut ids = Vec::new();
    while let Ok([(request, words)]) = <[_; 1]>::try_from(played.sent_on(QUEUE)) {
        ids.push(words[11].clone());
        played.answer(request, added());
    }
    ids
}

/// A producer with a rate, whose server is another one: the number of the question for its layout.
fn moved(played: &mut Played) -> u64 {
    played.connect("first");
    played.add("j1");
    played.greet();
    let request = played.sent_on(QUEUE)[0].0;
    played.answer(request, added());
    played.sent_on(LEASE);
    played.disconnect();
    played.connect("second");
    let [(asks, words)] = played.sent_on(LEASE).try_into().unwrap();
    assert_eq!(words[6], "layout");
    asks
}

#[test]
fn a_server_that_has_lost_the_settings_is_told_them_before_anything_else() {
    let mut played = Played::new(r#"{"rate":{"max":5,"perMs":300}}"#);
    let asks = moved(&mut played);
    assert!(played.sent_on(QUEUE).is_empty());
    played.answer(asks, Ok(Reply::Words(vec!["".into()])));
    let (settings, words) = played.told_settings();
    assert!(words.contains(&"300".to_owned()));
    played.told(settings);
    assert_eq!(taken_again(&mut played, 0), ["j1"]);
}

#[test]
fn a_server_that_has_the_settings_keeps_those_that_it_has() {
    let mut played = Played::new(r#"{"rate":{"max":5,"perMs":300}}"#);
    let asks = moved(&mut played);
    played.answer(asks, Ok(Reply::Words(vec![crate::queue::LAYOUT.into()])));
    assert_eq!(taken_again(&mut played, 1), Vec::<String>::new());
}

#[test]
fn an_add_under_way_is_sent_behind_those_that_another_server_has_lost() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    played.disconnect();
    assert!(played.connect("second").is_empty());
    assert_eq!(taken_again(&mut played, 0), ["j1", "j2", "j3"]);
    let ended: Vec<Value> = played.events().into_iter().filter(|event| event[0] == 7).collect();
    assert_eq!(ended.len(), 3);
}

#[test]
fn an_add_under_way_is_answered_again_where_another_server_has_it() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    played.disconnect();
    played.connect("second");
    assert_eq!(taken_again(&mut played, 3), ["j3"]);
}

#[test]
fn callers_hear_by_their_deadline_while_a_server_gets_older_adds_again() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    played.disconnect();
    played.connect("second");
    played.pass(1_000);
    assert_eq!(played.rejected(), [(3, "E_TIMEOUT".to_owned())]);
}

#[test]
fn acknowledged_adds_are_kept_for_ten_seconds_before_an_outage_however_long_that_is() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    let request = *played.machine.requests.keys().next().unwrap();
    played.answer(request, added());
    played.pass(9_000);
    played.disconnect();
    played.pass(60_000);
    played.connect("second");
    assert_eq!(taken_again(&mut played, 1), ["j2", "j3"]);
    // What was sent again counts from then on.
    played.pass(9_000);
    played.disconnect();
    played.connect("third");
    assert_eq!(taken_again(&mut played, 1), ["j2", "j3"]);
    played.pass(11_000);
    played.disconnect();
    played.connect("fourth");
    assert_eq!(taken_again(&mut played, 0), [""; 0]);
}

#[test]
fn another_primary_of_a_cluster_gets_the_last_adds_too() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    let way = played.machine.lines.way(Some(Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: 7001 }));
    played.machine.lead(0, Some(way));
    for kind in [LineKind::Queue, LineKind::Lease] {
        played.machine.line_connected((way, kind), Some("second"), played.now);
    }
    played.machine.advance(played.now);
    let [(asks, words)] = played.sent_on((way, LineKind::Queue)).try_into().unwrap();
    assert_eq!(words[6], "sent");
    played.answer(asks, Ok(Reply::Words(vec![Word::Number(1)])));
    for id in ["j2", "j3"] {
        let [(request, words)] = played.sent_on((way, LineKind::Queue)).try_into().unwrap();
        assert_eq!(words[11], id);
        played.answer(request, added());
    }
}

#[test]
fn what_was_acknowledged_is_offered_to_a_server_until_it_takes_it() {
    let mut played = with_unanswered(["j1", "j2", "j3"]);
    played.disconnect();
    played.connect("second");
    let [(asks, _)] = played.sent_on(QUEUE).try_into().unwrap();
    played.answer(asks, Ok(Reply::Words(vec![Word::Number(1)])));
    for refusal in [Err(Error::reply("OOM command not allowed")), full()] {
        let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
        assert_eq!(words[11], "j2");
        played.answer(request, refusal);
        played.pass(600);
    }
    assert_eq!(played.sent_on(QUEUE)[0].1[11], "j2");
}

fn full() -> Result<Reply> {
    Ok(Reply::Full { hints: crate::queue::contract::Hints::default() })
}

#[test]
fn journalled_jobs_are_offered_to_a_full_server_until_it_takes_them_and_callers_are_told() {
    let mut played = Played::new(r#"{"onRedisDown":"journal","maxWaiting":5}"#);
    played.add("j1");
    played.add("j2");
    played.events();
    played.connect("run");
    let live = played.add("j3");
    played.greet();
    for refusal in [Err(Error::reply("OOM command not allowed")), full(), added()] {
        let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
        assert_eq!(words[11], "j1");
        played.answer(request, refusal);
        played.pass(300);
    }
    let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[11], "j2");
    played.answer(request, added());
    let [(request, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[11], "j3");
    played.answer(request, full());
    assert_eq!(played.rejected(), [(live, "E_OVERLOADED".to_owned())]);
}

#[test]
fn a_refusal_of_the_first_step_of_a_queue_is_told_to_callers_and_workers() {
    let mut played = Played::new(r#"{"onRedisDown":"journal"}"#);
    played.work();
    played.add("journalled");
    played.events();
    played.connect("run");
    let live = played.add("j1");
    let (id, _) = played.told_settings();
    played.answer(id, Err(Error::reply("NOPERM this user has no permissions")));
    let events = played.events();
    let of_call = events.iter().find(|event| event[0] == 1).unwrap();
    assert_eq!((&of_call[1], &of_call[2]["redisCode"]), (&json!(live), &json!("NOPERM")));
    assert!(events.iter().any(|event| event[2] == "error" && event[3]["redisCode"] == "NOPERM"));
    // It goes on as soon as somebody has mended that.
    played.pass(600);
    played.greet();
    assert!(played.sent_on(QUEUE).iter().any(|(_, words)| words.contains(&"journalled".to_owned())));
}

#[test]
fn another_server_gets_the_last_adds_that_it_does_not_know_in_order() {
    let mut played = Played::new("{}");
    played.connect("first");
    played.add("j1");
    played.greet();
    for id in ["j2", "j3", "j4"] {
        let request = played.sent_on(QUEUE)[0].0;
        played.answer(request, added());
        played.add(id);
    }
    let request = played.sent_on(QUEUE)[0].0;
    played.answer(request, added());
    played.disconnect();
    played.connect("second");
    let [(asks, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!((words[6].as_str(), words[7].as_str()), ("sent", "sender"));
    played.answer(asks, Ok(Reply::Words(vec![Word::Number(2)])));
    for id in ["j3", "j4"] {
        let [(again, words)] = played.sent_on(QUEUE).try_into().unwrap();
        assert_eq!(words[11], id);
        played.answer(again, added());
    }
    played.add("j5");
    assert_eq!(number(&played.sent_on(QUEUE)[0].1).1, "5");
}
