//! Calls of several checks.

use super::*;

#[test]
fn a_part_of_a_call_over_slots_counts_as_admitted_when_the_whole_call_is() {
    let mut connection = Connection::connected();
    let allowed = connection.counted(0, "allowed");
    let mut arguments = CallArguments::default();
    arguments.push_number(0.0);
    check(0, "x", &mut arguments, BEGINS);
    connection.call_in_detail(Asked { detail: RECEIPTS, ..asked("consume") }, 1, arguments);
    let told = connection.answer(ADMITTED);
    assert!(told[0].1.ends_with(",1700000040000000,1]"), "{told:?}");
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed, 0));
    connection.call("admitted", 2, numbers(&[0, 0, 2]));
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed + 1, 0));
    connection.call("admitted", 3, numbers(&[0, 0, 0]));
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "near")), (allowed + 2, 1));
}

#[test]
fn a_check_that_cannot_be_fails_its_call_alone() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    let told = connection.answer(ADMITTED);
    let values: Vec<serde_json::Value> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!((values[0].as_u64(), values[4].as_str()), (Some(0), Some("E_KEY")));
    assert_eq!(connection.counted(0, "errors"), 1);
    let many: Vec<(u64, String)> = (0..33).map(|number| (0, number.to_string())).collect();
    let many: Vec<(u64, &str)> = many.iter().map(|(policy, id)| (*policy, id.as_str())).collect();
    connection.consume_together(2, &many);
    assert!(connection.take_ended()[0].1.contains("more than 32 checks"));
    connection.consume(3, &[]);
    assert_eq!(connection.take_ended(), ended(&[(3, "[]")]));
}

#[test]
fn a_check_that_comes_twice_in_a_call_is_counted_once() {
    let mut connection = Connection::connected();
    connection.consume_together(1, &[(0, "x"), (0, "x")]);
    let told = connection.answer(ADMITTED);
    let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!(numbers[..4], numbers[4..]);
    assert_eq!(connection.counted(0, "allowed"), 2, "the one of the connection, and this one");
}
