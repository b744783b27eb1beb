//! The scripts of queues: what only a server shows, such as full memory, keys of another type, damaged records and messages. What
//! the steps mean is in `src/queue/suite/`.

use orgcache::queue::scripts::{ADD, ADMIN, FINISH, FIRE, LOOK, PRELUDE, RENEW, SCHEDULES, SWEEP, UPDATE};

use super::super::client::{Client, Reply};
use super::{assert_wrong_type, refusal, run, text};

const RECORD_HEAD: &[u8] = b"1 a00/03 s00 p+0000 c";
const RECORD_TAIL: &[u8] = b" t00030000\n{\"g\":\"\",\"t\":\"mail\"}\n{}";

fn keys(client: &Client, name: &str) -> [Vec<u8>; 2] {
    ["meta", "free"].map(|rest| client.key(&format!("queue:{{{name}}}:{rest}")))
}

/// The script as it is sent, behind the prelude.
fn whole(script: &[u8]) -> Vec<u8> {
    if script == PRELUDE { script.to_vec() } else { [PRELUDE, b"\n", script].concat() }
}

fn ask(client: &mut Client, script: &[u8], name: &str, arguments: &[&[u8]]) -> Reply {
    let [meta, free] = keys(client, name);
    let arguments = [&[&b""[..]], arguments].concat();
    run(client, &whole(script), &[&meta, &free], &arguments)
}

fn refused(client: &mut Client, script: &[u8], name: &str, arguments: &[&[u8]]) -> String {
    let [meta, free] = keys(client, name);
    let arguments = [&[&b""[..]], arguments].concat();
    refusal(client, &whole(script), &[&meta, &free], &arguments)
}

fn add(client: &mut Client, name: &str, number: &[u8], id: &[u8]) -> Reply {
    let job: [&[u8]; 4] = [id, b"", RECORD_HEAD, RECORD_TAIL];
    let arguments = [&[&b"p"[..], number, b"0", b"PUBLISH", b"1"], &job[..]].concat();
    ask(client, ADD, name, &arguments)
}

fn claim<'a>(number: &'a [u8], wants: &'a [u8]) -> [&'a [u8]; 6] {
    [b"w", number, b"15000", wants, b"PUBLISH", b"0"]
}

/// Members and records of the jobs that a claim gave.
fn given(reply: Reply) -> Vec<Reply> {
    let Reply::List(mut parts) = reply else { panic!("{reply:?}") };
    match parts.remove(6) {
        Reply::List(given) => given,
        other => panic!("{other:?}"),
    }
}

fn first(reply: &Reply) -> i64 {
    match reply {
        Reply::List(parts) => match parts.first() {
            Some(Reply::Integer(number)) => *number,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_prelude_alone_changes_nothing() {
    let mut client = Client::connect("queue-prelude");
    assert_eq!(ask(&mut client, PRELUDE, "q", &[]), Reply::Nothing);
    let [meta, _] = keys(&client, "q");
    assert_eq!(client.integer(&[b"EXISTS", &meta]), 0);
}

#[test]
fn a_full_server_refuses_adds_and_lets_workers_go_on() {
    let mut client = Client::connect_to_cluster("queue-full");
    assert_eq!(first(&add(&mut client, "q", b"1", b"x1")), 1);
    assert_eq!(first(&add(&mut client, "q", b"2", b"x2")), 1);
    client.command(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    let job: [&[u8]; 4] = [b"x3", b"", RECORD_HEAD, RECORD_TAIL];
    let arguments = [&[&b"p"[..], b"3", b"0", b"PUBLISH", b"1"], &job[..]].concat();
    assert!(refused(&mut client, ADD, "q", &arguments).contains("OOM"));
    let members = given(ask(&mut client, FINISH, "q", &claim(b"1", b"9")));
    assert_eq!(members.len(), 4);
    let Reply::Text(member) = &members[0] else { panic!("{members:?}") };
    assert_eq!(first(&ask(&mut client, RENEW, "q", &[b"w", b"15000", member])), 1);
    let done: [&[u8]; 8] = [member, b"c", b"{}", b"0", b"", b"", b"0", b"80"];
    let turn = [&[&b"w"[..], b"2", b"15000", b"0", b"PUBLISH", b"1"], &done[..]].concat();
    assert_eq!(first(&ask(&mut client, FINISH, "q", &turn)), 1);
    assert_eq!(first(&ask(&mut client, SWEEP, "q", &[b"3", b"PUBLISH", b"{}"])), 1);
    let cancelled = ask(&mut client, ADMIN, "q", &[b"PUBLISH", b"cancel", b"x2"]);
    assert_eq!(cancelled, Reply::List(vec![text("signalled")]));
    let Reply::List(counts) = ask(&mut client, LOOK, "q", &[b"counts"]) else { panic!("no counts") };
    let expected = [0, 0, 1, 1, 0].map(Reply::Integer);
    assert_eq!(counts[..5], expected);
}

#[test]
fn a_key_of_another_type_is_told() {
    let mut client = Client::connect("queue-type");
    let [meta, _] = keys(&client, "q");
    client.command(&[b"SET", &meta, b"x"]);
    assert_wrong_type(&refused(&mut client, FINISH, "q", &claim(b"1", b"1")));
    assert_wrong_type(&refused(&mut client, SWEEP, "q", &[b"3", b"", b"{}"]));
}

#[test]
fn a_record_that_is_gone_is_counted_and_one_that_is_damaged_is_given() {
    let mut client = Client::connect("queue-evicted");
    add(&mut client, "q", b"1", b"x1");
    add(&mut client, "q", b"2", b"x2");
    client.integer(&[b"DEL", &client.key("queue:{q}:j:x1")]);
    client.command(&[b"SET", &client.key("queue:{q}:j:x2"), b"damaged"]);
    let Reply::List(parts) = ask(&mut client, FINISH, "q", &claim(b"1", b"9")) else { panic!("no turn") };
    assert_eq!(parts[7], Reply::Integer(1));
    let Reply::List(pairs) = &parts[6] else { panic!("{parts:?}") };
    assert_eq!(pairs[1], text("damaged"));
}

#[test]
fn a_change_needs_the_member_and_a_log_is_bounded() {
    let mut client = Client::connect("queue-update");
    add(&mut client, "q", b"1", b"x1");
    let members = given(ask(&mut client, FINISH, "q", &claim(b"1", b"1")));
    let Reply::Text(member) = &members[0] else { panic!("{members:?}") };
    assert_eq!(ask(&mut client, UPDATE, "q", &[b"x1:9:w:1", b"progress", b"5"]), Reply::Integer(0));
    for number in 0..105 {
        let line = number.to_string();
        assert_eq!(ask(&mut client, UPDATE, "q", &[member, b"log", line.as_bytes()]), Reply::Integer(1));
    }
    assert_eq!(client.integer(&[b"LLEN", &client.key("queue:{q}:log:x1")]), 100);
    assert_eq!(ask(&mut client, UPDATE, "q", &[member, b"data", b"{\"new\":1}"]), Reply::Integer(1));
    let Reply::Text(record) = client.command(&[b"GET", &client.key("queue:{q}:j:x1")]) else {
        panic!("none")
    };
    assert!(record.ends_with(b"}\n{\"new\":1}"));
}

#[test]
fn no_key_of_a_queue_has_a_lifetime_but_marks() {
    let mut client = Client::connect("queue-lifetimes");
    let job: [&[u8]; 4] = [b"x1", b"", RECORD_HEAD, RECORD_TAIL];
    let mark: [&[u8]; 6] = [b"1", b"0", b"0", b"ab", b"d", b"60000"];
    let arguments = [&[&b"p"[..], b"1", b"0", b"PUBLISH", b"1"], &job[..], &mark[..]].concat();
    ask(&mut client, ADD, "q", &arguments);
    ask(&mut client, FINISH, "q", &claim(b"1", b"9"));
    let pattern = client.key("queue:*");
    let Reply::List(names) = client.command(&[b"KEYS", &pattern]) else { panic!("no keys") };
    assert!(names.len() >= 5);
    for name in names {
        let Reply::Text(name) = name else { panic!("{name:?}") };
        let is_mark = String::from_utf8_lossy(&name).contains(":idem:");
        assert_eq!(client.integer(&[b"PTTL", &name]) > 0, is_mark, "{}", String::from_utf8_lossy(&name));
    }
}

/// A schedule with a slot in 1970.
fn put<'a>(name: &'a [u8], times: &'a [u8]) -> [&'a [u8]; 13] {
    let [head, tail] = RECORD_PARTS;
    [b"PUBLISH", b"put", name, times, b"5", b"one", b"allow", b"0", b"", b"0", RECORD_HEAD, head, tail]
}

/// The move of a schedule of this revision from its slot in 1970.
fn fire<'a>(name: &'a [u8], revision: &'a [u8]) -> [&'a [u8]; 9] {
    [b"PUBLISH", b"fire", name, revision, b"5", b"99999999999999", b"slot5", b"5", b"0"]
}

/// The record behind its time of creation, in front of the slot and behind it.
const RECORD_PARTS: [&[u8]; 2] = [b" t00030000\n{\"g\":\"\",\"t\":\"mail\",\"s\":\"a\"", b"}\n{}"];

#[test]
fn full_memory_refuses_a_slot_as_a_whole_and_lets_schedules_be_removed() {
    let mut client = Client::connect_to_cluster("queue-schedules-full");
    assert_eq!(first(&ask(&mut client, SCHEDULES, "q", &put(b"a", b"t"))), 1);
    client.command(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    assert!(refused(&mut client, FIRE, "q", &fire(b"a", b"1")).contains("OOM"));
    assert!(refused(&mut client, FIRE, "q", &[b"PUBLISH", b"run", b"a", b"run1"]).contains("OOM"));
    assert!(refused(&mut client, SCHEDULES, "q", &put(b"b", b"t")).contains("OOM"));
    let Reply::List(due) = ask(&mut client, SCHEDULES, "q", &[b"", b"due"]) else { panic!("nothing is due") };
    assert_eq!(due[3..5], [text("a"), text("5")]);
    assert_eq!(first(&ask(&mut client, SCHEDULES, "q", &[b"", b"remove", b"a"])), 1);
    client.command(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert_eq!(
        client.integer(&[b"EXISTS", &client.key("queue:{q}:j:slot5"), &client.key("queue:{q}:s:a")]),
        0
    );
}

#[test]
fn a_schedule_whose_fields_were_evicted_is_counted_and_gone() {
    let mut client = Client::connect("queue-schedules-evicted");
    ask(&mut client, SCHEDULES, "q", &put(b"a", b"t"));
    client.integer(&[b"DEL", &client.key("queue:{q}:s:a")]);
    assert_eq!(
        ask(&mut client, FIRE, "q", &fire(b"a", b"1")),
        Reply::List([0, 0].map(Reply::Integer).into())
    );
    assert_eq!(first(&ask(&mut client, SCHEDULES, "q", &[b"", b"due"])), -1);
    let evicted = client.command(&[b"HGET", &client.key("queue:{q}:meta"), b"evicted"]);
    assert_eq!(evicted, text("1"));
    assert_eq!(client.integer(&[b"EXISTS", &client.key("queue:{q}:sched")]), 0);
}

#[test]
fn keys_of_schedules_of_another_type_are_told() {
    let mut client = Client::connect("queue-schedules-type");
    client.command(&[b"SET", &client.key("queue:{q}:sched"), b"x"]);
    assert_wrong_type(&refused(&mut client, FIRE, "q", &fire(b"a", b"1")));
    assert_wrong_type(&refused(&mut client, SCHEDULES, "q", &put(b"a", b"t")));
}
