//! Who was refused is refused from memory, for as long as the refusal holds.

use super::*;

#[test]
fn who_was_refused_is_refused_here_until_that_is_ended() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    assert!(is_held(&connection.answer(REFUSED)[0], 33));
    connection.take_sent();
    connection.consume(2, &[(0, "x")]);
    assert!(is_held(&connection.take_ended()[0], 17));
    assert_eq!(connection.take_sent().len(), 0);
    assert_eq!((connection.counted(0, "denied"), connection.counted(0, "limited")), (1, 2));
    connection.consume_together(3, &[(0, "x"), (1, "y")]);
    assert!(connection.take_ended()[0].1.ends_with(",22,0,0,0]"), "nobody was asked for the other");
    for (verb, reply) in [("reset", ":1\r\n"), ("refund", ":1\r\n"), ("unblock", ":1\r\n")] {
        connection.change(verb, 4, "x");
        connection.answer_change(reply);
        connection.consume(5, &[(0, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"], "{verb}");
        connection.answer(REFUSED);
    }
    connection.now += Duration::from_secs(5);
    connection.consume(6, &[(0, "x")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
}

#[test]
fn what_another_process_says_ends_the_refusals_of_whom_it_names() {
    let mut connection = Connection::connected();
    for id in ["x", "y"] {
        connection.consume(1, &[(0, id)]);
        connection.answer(REFUSED);
    }
    connection.change("reset", 2, "x");
    connection.send();
    let sent = std::mem::take(&mut connection.sent);
    assert!(!sent.is_empty());
    connection.answer(":1\r\n");
    connection.send();
    let sent = std::mem::take(&mut connection.sent);
    let words = commands_of(&sent).next().unwrap();
    let (channel, said) = (words[1].to_vec(), words[2].to_vec());
    assert!(channel.ends_with(b"!limit:default:!changes"));
    assert!(!said.windows(1).any(|part| part == b":"), "it has no organization");
    connection.answer(":0\r\n");
    // The same message in a process that refuses both.
    connection.consume(3, &[(0, "x")]);
    connection.answer(REFUSED);
    connection.take_sent();
    let hear = |connection: &mut Connection, said: &[u8]| {
        let mut arguments = numbers(&[0]);
        let from = arguments.buffer().len();
        arguments.buffer().extend_from_slice(said);
        arguments.push_bytes(from);
        connection.call("heard", 4, arguments);
        connection.take_ended();
    };
    let asks = |connection: &mut Connection, id: &str| {
        connection.consume(5, &[(0, id)]);
        let is_asked = !connection.take_sent().is_empty();
        if is_asked {
            connection.answer(REFUSED);
        }
        connection.take_ended();
        is_asked
    };
    assert_eq!([asks(&mut connection, "x"), asks(&mut connection, "y")], [false, false]);
    hear(&mut connection, &said);
    assert_eq!([asks(&mut connection, "x"), asks(&mut connection, "y")], [true, false]);
    hear(&mut connection, b"");
    assert_eq!([asks(&mut connection, "x"), asks(&mut connection, "y")], [true, true]);
}

#[test]
fn an_answer_from_memory_says_how_long_it_holds_from_then_on() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.answer(REFUSED);
    connection.now += Duration::from_millis(1200);
    connection.consume(2, &[(0, "x")]);
    let told: Vec<u64> = serde_json::from_str(&connection.take_ended()[0].1).unwrap();
    assert_eq!((told[0] >> 6, told[0] & 63), (3800, 17));
    connection.call("update", 3, update(r#"{"limit":3,"windowSeconds":60,"blockSeconds":0}"#));
    connection.consume(4, &[(0, "x")]);
    assert_eq!(connection.take_sent().last().unwrap(), "EVALSHA", "the changed policy is asked for");
}

#[test]
fn what_javascript_refused_from_memory_is_counted_as_what_native_code_did() {
    let mut connection = Connection::connected();
    connection.call("denied", 1, numbers(&[0, 1, 3, 2]));
    let counted =
        ["denied", "limited", "blocked", "local", "allowed"].map(|name| connection.counted(1, name));
    assert_eq!(counted, [5, 3, 2, 5, 0]);
    connection.call("denied", 2, numbers(&[0, 9, 1, 0]));
    assert_eq!(connection.take_ended(), ended(&[(1, "Null"), (2, "E_CONFIG")]));
}

#[test]
fn a_cost_above_the_limit_is_told_as_such_also_to_who_is_refused_here() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.answer(REFUSED);
    connection.take_sent();
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    check(0, "x", &mut arguments, BEGINS | HAS_COST);
    arguments.push_number(4.0);
    connection.call("consume", 2, arguments);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    assert!(connection.answer(REFUSED)[0].1.starts_with("[3,0,"));
}

#[test]
fn a_policy_that_blocks_after_a_refusal_says_so_to_the_calls_that_follow() {
    let mut connection = Connection::connected();
    let refused = "*3\r\n:1700000040000000\r\n$1\r\nn\r\n$12\r\n28333334:0:3\r\n";
    connection.consume(1, &[(4, "x")]);
    assert!(connection.answer(refused)[0].1.starts_with("[33,0,"), "the next answer is another one");
    connection.consume(2, &[(4, "x")]);
    assert!(is_held(&connection.take_ended()[0], 18), "blocked");
}

#[test]
fn a_shadow_policy_refuses_nobody_and_is_asked_again() {
    let mut connection = Connection::connected();
    for call_id in 1..3 {
        connection.consume(call_id, &[(3, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"]);
        assert!(connection.answer(REFUSED)[0].1.starts_with("[4,0,"));
    }
    assert_eq!((connection.counted(3, "shadow"), connection.counted(3, "limited")), (2, 0));
}
