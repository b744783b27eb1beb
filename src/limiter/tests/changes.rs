//! Refunds, resets and blocks.

use super::*;

#[test]
fn changes_answer_what_redis_says_and_fail_without_it() {
    let mut connection = Connection::connected();
    for (verb, reply, expected) in [
        ("reset", ":1\r\n", "Boolean(true)"),
        ("reset", ":0\r\n", "Boolean(false)"),
        ("unblock", ":0\r\n", "Boolean(false)"),
        ("refund", ":1\r\n", "Null"),
    ] {
        connection.change(verb, 1, "x");
        assert_eq!(connection.answer_change(reply), ended(&[(1, expected)]), "{verb}");
    }
    connection.change("refund", 1, "x");
    assert_eq!(connection.take_sent().last().unwrap(), "EVALSHA");
    connection.answer("-NOSCRIPT no\r\n");
    assert_eq!(connection.take_sent(), ["EVAL"]);
    assert_eq!(connection.answer_change(":1\r\n"), ended(&[(1, "Null")]));
    // What a refused call over several slots gives back, and a block, end nobody's refusal.
    connection.call("giveBack", 1, receipt(1_700_000_040_000_000, "x", 1));
    let mut block = numbers(&[0, 60]);
    check(0, "x", &mut block, BEGINS);
    connection.call("block", 2, block);
    assert_eq!(connection.answer(":1\r\n:1\r\n").len(), 2);
    assert_eq!(connection.take_sent(), ["EVALSHA", "EVALSHA"]);
    connection.lose();
    connection.take_ended();
    connection.change("reset", 2, "x");
    connection.change("unblock", 3, "x");
    connection.change("refund", 4, "x");
    assert_eq!(connection.take_ended(), ended(&[(2, "E_CONNECT"), (3, "E_CONNECT"), (4, "Null")]));
}

/// The arguments of a `giveBack` of one check with a cost.
fn receipt(number: u64, id: &str, cost: u64) -> CallArguments {
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    arguments.push_number(number as f64);
    check(0, id, &mut arguments, HAS_COST);
    arguments.push_number(cost as f64);
    arguments
}

#[test]
fn what_this_process_took_is_given_back_here_and_what_redis_took_there() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    for call_id in 1..=3 {
        connection.consume(call_id, &[(0, "x")]);
    }
    connection.consume(4, &[(0, "x")]);
    assert!(connection.take_ended()[3].1.starts_with("[49,0,"), "all is taken");
    connection.call("giveBack", 5, receipt(1_700_000_040_000_000, "x", 1));
    connection.consume(6, &[(0, "x")]);
    assert!(connection.take_ended()[1].1.starts_with("[49,0,"), "Redis took it, so nothing is free here");
    connection.call("giveBack", 7, receipt(LOCAL_RECEIPT, "x", 1));
    connection.consume(8, &[(0, "x")]);
    assert!(connection.take_ended()[1].1.starts_with("[16,0,"), "what was taken here is free here");

    connection.inner.connected(&ServerInfo::default(), connection.now);
    connection.take_sent();
    connection.call("giveBack", 9, receipt(LOCAL_RECEIPT, "x", 1));
    assert_eq!(connection.take_ended(), ended(&[(9, "Null")]));
    assert!(!connection.take_sent().contains(&"EVALSHA".to_owned()), "Redis never counted it");
}

#[test]
fn a_refund_makes_room_here_only_of_what_this_process_counted() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    (1..=3).for_each(|slot| connection.consume(slot, &[(0, "x")]));
    connection.take_ended();
    let is_free = |connection: &mut Connection| {
        connection.consume(4, &[(0, "x")]);
        connection.take_ended().pop().unwrap().1.starts_with("[16,0,")
    };
    assert!(!is_free(&mut connection), "all is taken");
    for (detail, makes_room) in [(0, false), (COUNTED_BY_REDIS, false), (COUNTED_HERE, true)] {
        connection.call_in_detail(Asked { detail, ..asked("refund") }, 5, of("x"));
        assert_eq!(connection.take_ended(), ended(&[(5, "Null")]));
        assert_eq!(is_free(&mut connection), makes_room, "{detail}");
    }

    connection.inner.connected(&ServerInfo::default(), connection.now);
    connection.take_sent();
    for (detail, is_sent) in [(0, true), (COUNTED_BY_REDIS, true), (COUNTED_HERE, false)] {
        connection.call_in_detail(Asked { detail, ..asked("refund") }, 5, of("x"));
        assert_eq!(connection.take_sent().contains(&"EVALSHA".to_owned()), is_sent, "{detail}");
    }
}

#[test]
fn a_reset_ends_what_an_outage_counted() {
    let mut connection = Connection::connected();
    connection.lose();
    connection.take_ended();
    connection.room().limiter(0).unwrap().local.block(connection.mark("x"), 60, 0);
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 1);
    connection.change("unblock", 1, "x");
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 0);
    connection.consume(2, &[(0, "x")]);
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 1);
    connection.change("reset", 3, "x");
    assert_eq!(connection.room().limiter(0).unwrap().local.len(), 0);
}
