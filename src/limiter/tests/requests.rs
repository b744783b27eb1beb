//! Which requests calls become, and what decides where no answer comes in time.

use super::*;

#[test]
fn the_checks_of_many_callers_are_one_request_and_one_answer() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "y")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    let both = "*4\r\n:1700000040000000\r\n$2\r\nal\r\n$12\r\n28333334:0:1\r\n$12\r\n28333334:0:3\r\n";
    // The window ends in 60 s, and the first call of the next one waits for a third of it.
    let told = connection.answer(both);
    assert_eq!(told.len(), 1);
    let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!((numbers[0], numbers[1], numbers[3]), (0, 2, 0));
    assert_eq!((numbers[4], numbers[5]), (HELD + 33, 0), "refused for the first time in its window");
    assert!(numbers[7] > 60_000 && numbers[7] <= 120_000);
    assert_eq!((connection.counted(0, "allowed"), connection.counted(0, "limited")), (2, 1));
}

#[test]
fn a_server_that_lost_its_scripts_is_given_the_text_once() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    assert_eq!(connection.take_sent(), ["EVALSHA"]);
    assert_eq!(connection.answer("-NOSCRIPT No matching script\r\n"), []);
    assert_eq!(connection.take_sent(), ["EVAL"]);
    let told = connection.answer(ADMITTED);
    assert!(told[0].1.starts_with("[0,2,"), "{told:?}");
    connection.consume(2, &[(0, "x")]);
    connection.answer("-NOSCRIPT No matching script\r\n");
    assert_eq!(connection.take_sent(), ["EVALSHA", "EVAL"]);
    let told = connection.answer("-NOSCRIPT No matching script\r\n");
    assert!(told[0].1.starts_with("[16,2,"), "{told:?}");
}

#[test]
fn a_refusal_of_the_server_is_decided_as_an_outage_and_sent_once() {
    for refusal in ["OOM no memory", "READONLY no", "NOPERM no", "MISCONF no", "LOADING no", "BUSY no"] {
        let mut connection = Connection::connected();
        connection.consume(1, &[(0, "x"), (1, "x"), (2, "x")]);
        assert_eq!(connection.take_sent(), ["EVALSHA"]);
        let told = connection.answer(&format!("-{refusal}\r\n"));
        let numbers: Vec<u64> = serde_json::from_str(&told[0].1).unwrap();
        assert_eq!((numbers[0], numbers[4], numbers[8]), (16, 21, 16), "{refusal}");
        assert_eq!((numbers[1], numbers[9]), (2, 3), "an open policy counts nothing");
        assert_eq!(connection.take_sent().len(), 0, "{refusal}");
        assert_eq!(connection.counted(1, "down"), 1);
        assert_eq!(connection.counted(0, "local"), 1);
    }
}

#[test]
fn a_check_that_failed_in_its_script_is_decided_here_and_a_replica_is_left() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x"), (0, "y")]);
    let failed = "*4\r\n:1700000040000000\r\n$2\r\nae\r\n$12\r\n28333334:0:1\r\n$6\r\nOOM no\r\n";
    let numbers: Vec<u64> = serde_json::from_str(&connection.answer(failed)[0].1).unwrap();
    assert_eq!((numbers[0], numbers[4], numbers[5]), (0, 16, 2));
    assert_eq!(connection.counted(0, "errors"), 1);
    connection.consume(2, &[(0, "x")]);
    let refused = "*3\r\n:1700000040000000\r\n$1\r\ne\r\n$11\r\nREADONLY no\r\n";
    connection.inner.read_room()[..refused.len()].copy_from_slice(refused.as_bytes());
    let ended = connection.inner.received(refused.len(), connection.now, &mut connection.ended);
    assert_eq!(ended.unwrap_err().redis_code(), Some("READONLY"));
    assert!(connection.take_ended()[0].1.starts_with("[16,"));
}

#[test]
fn a_lost_connection_and_an_outage_are_decided_here() {
    let mut connection = Connection::connected();
    connection.consume(1, &[(0, "x")]);
    connection.lose();
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    for left in [1, 0] {
        connection.consume(2, &[(0, "x")]);
        assert!(connection.take_ended()[0].1.starts_with(&format!("[16,{left},")));
    }
    connection.consume(3, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[49,0,"), "refused by what this process counted");
    connection.consume_together(4, &[(0, "y"), (1, "y")]);
    assert_eq!(connection.take_ended(), ended(&[(4, "[22,0,0,0,21,0,0,1000]")]));
}

#[test]
fn a_decision_comes_in_its_time_and_its_lateness_says_nothing_of_the_server() {
    let mut connection = Connection::connected();
    for call_id in 0..30 {
        connection.consume(call_id, &[(0, "x")]);
    }
    connection.now += Duration::from_millis(199);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    assert_eq!(connection.take_ended(), []);
    connection.now += Duration::from_millis(1);
    assert!(connection.inner.next_deadline().unwrap() <= connection.now);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    let told = connection.take_ended();
    assert_eq!(told.len(), 30);
    assert!(told[0].1.starts_with("[16,2,") && told[29].1.starts_with("[17,0,"), "{told:?}");
    assert_eq!(connection.room().node().health().state(), State::Ready);
    assert_eq!(connection.answer(&ADMITTED.repeat(30)), [], "late answers are nobody's");
}

#[test]
fn a_call_that_waits_for_its_first_connection_is_decided_in_time() {
    let mut connection = Connection::over(Node::new(config(&[]), Role::Shared));
    connection.consume(1, &[(0, "x")]);
    connection.now += Duration::from_millis(200);
    assert!(connection.inner.expire(connection.now, &mut connection.ended).is_none());
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    assert_eq!(connection.room().node().health().state(), State::Connecting, "others wait on");
}

#[test]
fn a_full_queue_decides_at_once() {
    static SETTINGS: &[(&str, &str)] = &[("CACHE_QUEUE_MAX_COMMANDS", "1")];
    let mut connection = Connection::over(Node::new(config(SETTINGS), Role::Shared));
    connection.consume(1, &[(0, "x")]);
    assert_eq!(connection.take_ended(), []);
    connection.consume(2, &[(0, "x"), (1, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[16,2,"));
    connection.change("reset", 3, "x");
    assert_eq!(connection.take_ended(), ended(&[(3, "E_OVERLOADED")]));
}

#[test]
fn in_a_cluster_a_decision_goes_where_its_slot_is() {
    let (_at, followed) = watch::channel(Endpoint::Tcp { host: "127.0.0.1".to_owned(), port: 1 });
    let mut connection = Connection::over(Node::new(config(&[]), Role::Shared).of_cluster(followed));
    connection.connect();
    connection.consume(1, &[(0, "x")]);
    let moved = r#"Moved { slot: 12, host: "127.0.0.1", port: 7 }"#;
    assert_eq!(connection.answer("-MOVED 12 127.0.0.1:7\r\n"), ended(&[(1, moved)]));
    connection.consume(2, &[(0, "x")]);
    assert!(connection.answer("-CLUSTERDOWN no\r\n")[0].1.starts_with("[16,2,"));
}

#[test]
fn a_share_of_the_limit_counts_for_each_instance() {
    let mut connection = Connection::connected();
    connection.room().shared.instances.counted(3);
    connection.lose();
    connection.take_ended();
    connection.consume(1, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[16,0,"), "one of three");
    connection.consume(2, &[(0, "x")]);
    assert!(connection.take_ended()[0].1.starts_with("[49,0,"));
}

#[test]
fn two_nodes_of_a_client_have_the_same_limiters() {
    let connection = Connection::connected();
    let other = Limiters::of_node(connection.room(), Arc::new(Node::new(config(&[]), Role::Shared)));
    assert_eq!(other.limiter(0).unwrap().namespace, connection.room().limiter(0).unwrap().namespace);
    assert!(other.limiter(1).is_err());
}
