//! Calls that hold leases: what is asked, what is held, and how it is released.

use super::*;

const POLICIES: &str = r#"{"policies":{"a":{"limit":2,"algorithm":"concurrency"},
    "b":{"limit":3,"windowSeconds":60},"c":{"limit":2,"algorithm":"concurrency","onRedisDown":"closed"}}}"#;
/// One lease lives, and another was taken.
const TAKEN: &str = "*3\r\n:1700000040000000\r\n$1\r\na\r\n$17\r\n2:0:1700000070000\r\n";
const REFUSED: &str = "*3\r\n:1700000040000000\r\n$1\r\nl\r\n$29\r\n2:1700000040250:1700000070000\r\n";

/// A connection whose second limiter has policies of leases.
fn connected() -> Connection {
    let mut connection = Connection::connected();
    connection.open(POLICIES);
    connection.take_sent();
    connection
}

/// The number of the lease with which a call ended.
fn lease_of(told: &[(u32, String)]) -> u64 {
    let values: Vec<Option<u64>> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!(values.len(), 5);
    values[4].unwrap()
}

impl Connection {
    fn acquire(&mut self, call_id: u32, policy: u64, id: &str) {
        let mut arguments = numbers(&[1]);
        check(policy, id, &mut arguments, BEGINS);
        self.call("acquire", call_id, arguments);
    }

    /// The costs that are held of the first policy.
    fn leases(&self) -> u64 {
        let limiter = self.room().limiter(1).unwrap();
        limiter.stats(1)["policies"]["a"]["leases"].as_u64().unwrap()
    }
}

#[test]
fn a_lease_is_held_from_its_acquire_to_its_release() {
    let mut connection = connected();
    connection.acquire(1, 0, "x");
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    let told = connection.answer(TAKEN);
    let lease = lease_of(&told);
    assert!(told[0].1.starts_with("[0,0,30000,0,"), "{told:?}");
    assert_eq!(connection.leases(), 1);
    connection.call("release", 2, numbers(&[1, lease]));
    assert_eq!(connection.leases(), 0);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    assert_eq!(connection.answer(":1\r\n"), ended(&[(2, "Boolean(true)")]));
    connection.call("release", 3, numbers(&[1, lease]));
    assert_eq!(connection.take_ended(), ended(&[(3, "Boolean(false)")]));
    assert_eq!(connection.take_sent().len(), 0);
}

#[test]
fn a_refusal_holds_nothing_and_is_not_remembered() {
    let mut connection = connected();
    for call_id in 1..3 {
        connection.acquire(call_id, 0, "x");
        assert_eq!(connection.take_sent(), ["EVALSHA"]);
        let told = connection.answer(REFUSED);
        let first = if call_id == 1 { 32 } else { 0 };
        assert_eq!(told[0].1, format!("[{},0,30000,250,null]", 1 + first));
    }
    assert_eq!(connection.leases(), 0);
}

#[test]
fn other_policies_are_consumed_and_a_consume_of_leases_is_refused() {
    let mut connection = connected();
    connection.acquire(1, 1, "x");
    assert_eq!(connection.answer(ADMITTED)[0].1, "[0,2,120000,0,null]");
    connection.take_sent();
    let mut arguments = numbers(&[1]);
    check(0, "x", &mut arguments, BEGINS);
    connection.call("consume", 2, arguments);
    assert_eq!(connection.take_sent().len(), 0);
    let told = connection.take_ended();
    assert!(
        told[0].1.starts_with(r#"["E_POLICY","the policy a limits calls that are under way; call acquire()"#)
    );
    let mut arguments = numbers(&[1]);
    check(0, "x", &mut arguments, BEGINS);
    connection.call("refund", 3, arguments);
    assert_eq!(connection.take_ended(), ended(&[(3, "E_POLICY")]));
}

#[test]
fn what_the_process_holds_counts_while_redis_is_away() {
    let mut connection = connected();
    connection.acquire(1, 0, "x");
    let told = connection.answer(TAKEN);
    let lease = lease_of(&told);
    connection.lose();
    connection.acquire(2, 0, "x");
    let told = connection.take_ended();
    assert!(told[0].1.starts_with("[16,0,0,0,"), "{told:?}");
    connection.acquire(3, 0, "x");
    assert_eq!(connection.take_ended()[0].1, "[49,0,0,1000,null]");
    assert_eq!(connection.leases(), 2);
    connection.call("release", 4, numbers(&[1, lease]));
    assert_eq!(connection.take_ended(), ended(&[(4, "Boolean(true)")]));
    connection.acquire(5, 0, "x");
    assert!(connection.take_ended()[0].1.starts_with("[16,0,0,0,"));
    connection.acquire(6, 2, "x");
    assert_eq!(connection.take_ended()[0].1, "[21,0,0,1000,null]");
}

#[test]
fn a_release_whose_answer_is_lost_is_done_all_the_same() {
    let mut connection = connected();
    connection.acquire(1, 0, "x");
    let told = connection.answer(TAKEN);
    let lease = lease_of(&told);
    connection.call("release", 2, numbers(&[1, lease]));
    connection.send();
    connection.lose();
    assert_eq!(connection.take_ended(), ended(&[(2, "Boolean(true)")]));
}

#[test]
fn leases_of_an_organization_are_forgotten_with_it() {
    use crate::erasure::Keeper;
    let mut connection = connected();
    let mut arguments = numbers(&[1]);
    check(0, "x", &mut arguments, BEGINS | crate::limiter::check::HAS_ORGANIZATION);
    let from = arguments.buffer().len();
    arguments.buffer().extend_from_slice(b"org");
    arguments.push_bytes(from);
    connection.call("acquire", 1, arguments);
    connection.answer(TAKEN);
    assert_eq!(connection.leases(), 1);
    let places = connection.room().places();
    assert_eq!(places[0].remaining("org", connection.now), 1);
    assert_eq!(places[0].forget("other", connection.now).entries, 0);
    assert_eq!(places[0].forget("org", connection.now).entries, 1);
    assert_eq!(places[0].remaining("org", connection.now), 0);
}
