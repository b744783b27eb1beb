//! The scripts of sessions: what only a server shows, such as lifetimes of keys and keys of another type. What the steps
//! mean is in `src/session/contract.rs`.

use orgcache::session::scripts::{
    COUNT, CREATE, DESTROY, DIRECTORY, ERASE, EXTEND, LIST, REVOKE, ROTATE, TOUCH, UPDATE,
};

use super::super::client::{Client, Reply};
use super::{assert_lives, assert_wrong_type, integers, refusal, run, text};

const A: &[u8] = b"aaaaaaaaaaaaaaaa";
const B: &[u8] = b"bbbbbbbbbbbbbbbb";
const REST: &[u8] = b"{}\n{\"n\":1}";
const SLACK: &[u8] = b"60000";

fn create(client: &mut Client, key: &[u8], field: &[u8], life: &[u8]) -> Reply {
    run(client, CREATE, &[key], &[SLACK, b"e", b"1", field, REST, life, life, b"0"])
}

#[test]
fn a_users_key_lives_as_long_as_its_latest_session() {
    let mut client = Client::connect("session-life");
    let key = client.key("{u}");
    create(&mut client, &key, A, b"300000");
    assert_lives(&mut client, &key, 300_000);
    create(&mut client, &key, B, b"100000");
    assert_lives(&mut client, &key, 300_000);
    run(&mut client, TOUCH, &[&key], &[A, SLACK]);
    run(&mut client, UPDATE, &[&key], &[A, b"1", b"{}", SLACK]);
    assert_lives(&mut client, &key, 300_000);
    run(
        &mut client,
        ROTATE,
        &[&key],
        &[A, b"cccccccccccccccc", b"nnnnnnnnnnnnnnnn", b"30000", SLACK, b"0", b"0", b""],
    );
    assert_lives(&mut client, &key, 300_000);
    run(&mut client, REVOKE, &[&key], &[b"0", B, b"0"]);
    assert_eq!(client.integer(&[b"HLEN", &key]), 1);
    assert_lives(&mut client, &key, 300_000);
    assert_eq!(run(&mut client, EXTEND, &[&key], &[B, b"400000", b"", SLACK]), Reply::Integer(1));
    assert_lives(&mut client, &key, 400_000);
    // The others may still need it.
    assert_eq!(run(&mut client, EXTEND, &[&key], &[B, b"1000", b"1000", SLACK]), Reply::Integer(1));
    assert_lives(&mut client, &key, 400_000);
}

#[test]
fn a_creation_replaces_a_key_of_another_type() {
    let mut client = Client::connect("session-type");
    let key = client.key("{u}");
    client.command(&[b"SET", &key, b"x"]);
    assert_wrong_type(&refusal(&mut client, TOUCH, &[&key], &[A, SLACK]));
    assert!(matches!(create(&mut client, &key, A, b"300000"), Reply::List(_)));
    assert_eq!(run(&mut client, TOUCH, &[&key], &[A, SLACK]), Reply::Integer(1));
    assert_lives(&mut client, &key, 300_000);
}

#[test]
fn damaged_fields_are_no_sessions_and_go_when_they_are_met() {
    let mut client = Client::connect("session-damage");
    let key = client.key("{u}");
    client.integer(&[b"HSET", &key, A, b"damaged"]);
    assert_eq!(run(&mut client, TOUCH, &[&key], &[A, SLACK]), Reply::Integer(0));
    client.integer(&[b"HSET", &key, A, b"damaged"]);
    assert_eq!(run(&mut client, UPDATE, &[&key], &[A, b"1", b"{}", SLACK]), integers(&[0]));
    let rotated =
        run(&mut client, ROTATE, &[&key], &[A, B, b"nnnnnnnnnnnnnnnn", b"1", SLACK, b"0", b"0", b""]);
    assert_eq!(rotated, integers(&[0]));
    assert_eq!(run(&mut client, EXTEND, &[&key], &[A, b"300000", b"", SLACK]), Reply::Integer(0));
    assert_eq!(run(&mut client, COUNT, &[&key], &[SLACK, b"0"]), integers(&[0, 0]));
    let listed = run(&mut client, LIST, &[&key], &[b"0", SLACK, b"1"]);
    assert_eq!(listed, Reply::List(vec![Reply::Text(b"0".to_vec())]));
    create(&mut client, &key, B, b"300000");
    assert_eq!(client.integer(&[b"HEXISTS", &key, A]), 0);
}

#[test]
fn a_ring_of_aliases_ends() {
    let mut client = Client::connect("session-ring");
    let key = client.key("{u}");
    let alias = |to: &[u8]| [b"a9999999999999\n", to, b"nnnnnnnnnnnnnnnn"].concat();
    let (to_a, to_b) = (alias(A), alias(B));
    client.integer(&[b"HSET", &key, A, &to_b, B, &to_a]);
    assert_eq!(run(&mut client, TOUCH, &[&key], &[A, SLACK]), Reply::Integer(0));
    assert_eq!(run(&mut client, UPDATE, &[&key], &[A, b"1", b"{}", SLACK]), integers(&[0]));
    assert_eq!(run(&mut client, EXTEND, &[&key], &[A, b"300000", b"", SLACK]), Reply::Integer(0));
    assert_eq!(run(&mut client, DESTROY, &[&key], &[A, b"0"]), integers(&[2]));
}

#[test]
fn thousands_of_newer_sessions_survive_a_late_revocation() {
    let mut client = Client::connect("session-many");
    let key = client.key("{u}");
    create(&mut client, &key, A, b"300000");
    for number in 0..5_000 {
        let field = format!("{number:016}");
        client.integer(&[b"HSET", &key, field.as_bytes(), b"s9999999999999 0 1 1 0 1\n{}\n{}"]);
    }
    let Reply::List(reply) = run(&mut client, REVOKE, &[&key], &[b"0", b"1"]) else { panic!("no list") };
    assert_eq!(reply[..2], [Reply::Integer(1), Reply::Integer(1)]);
    assert_eq!(client.integer(&[b"HLEN", &key]), 5_000);
}

#[test]
fn ended_sessions_wait_under_another_key_to_be_deleted() {
    let mut client = Client::connect("session-gone");
    let (key, gone) = (client.key("{u}"), client.key("gone:{u}"));
    let revoke = |client: &mut Client, arguments: &[&[u8]]| {
        let Reply::List(mut reply) = run(client, REVOKE, &[&key], arguments) else { panic!("no list") };
        (reply.remove(1), reply.remove(2))
    };
    assert_eq!(revoke(&mut client, &[b"0", b"0"]), (Reply::Integer(0), Reply::Integer(0)));
    create(&mut client, &key, A, b"300000");
    create(&mut client, &key, B, b"300000");
    assert_eq!(revoke(&mut client, &[b"0", A, b"0"]), (Reply::Integer(1), Reply::Integer(1)));
    assert_eq!((client.integer(&[b"HLEN", &key]), client.integer(&[b"HLEN", &gone])), (1, 2));
    assert_lives(&mut client, &key, 300_000);
    let left = client.integer(&[b"PTTL", &gone]);
    assert!((1..=1_000).contains(&left), "{left}");
    // Sessions that wait there still are freed.
    assert_eq!(revoke(&mut client, &[b"0", b"0"]), (Reply::Integer(1), Reply::Integer(1)));
    assert_eq!((client.integer(&[b"EXISTS", &key]), client.integer(&[b"HLEN", &gone])), (0, 1));
}

#[test]
fn a_directory_lives_as_long_as_its_latest_entry_and_drops_what_has_ended() {
    let mut client = Client::connect("session-directory");
    let key = client.key("i0");
    client.integer(&[b"ZADD", &key, b"1", b"ended"]);
    assert_eq!(run(&mut client, DIRECTORY, &[&key], &[b"a", b"300000"]), Reply::Integer(1));
    assert_lives(&mut client, &key, 300_000);
    assert_eq!(run(&mut client, DIRECTORY, &[&key], &[b"b", b"100000"]), Reply::Integer(2));
    assert_lives(&mut client, &key, 300_000);
    assert_eq!(run(&mut client, DIRECTORY, &[&key], &[b"", b"0"]), Reply::Integer(2));
}

/// Sessions of a user of an organization, behind aliases. Answers the key.
fn user_of(client: &mut Client, tag: &str, about: &str) -> Vec<u8> {
    let key = client.key(&format!("!session:n:{{{tag}}}"));
    let record = format!("s1 0 1 1 0 1\n{about}\n{{}}");
    let alias = [b"a9999999999999\n", A, b"nnnnnnnnnnnnnnnn"].concat();
    for number in 0..3 {
        client.integer(&[b"HSET", &key, format!("alias-{number}").as_bytes(), &alias]);
    }
    client.integer(&[b"HSET", &key, A, record.as_bytes()]);
    key
}

#[test]
fn an_erasure_looks_inside_and_spares_whoever_is_of_no_or_another_organization() {
    let mut client = Client::connect("session-erase");
    let meant = user_of(&mut client, "paWlpaWlpaWl", r#"{"organizationId":"ac\"me","userId":"u"}"#);
    let others = [
        user_of(&mut client, "qaWlpaWlpaWl", r#"{"organizationId":"acme2","userId":"u"}"#),
        user_of(&mut client, "raWlpaWlpaWl", r#"{"organizationId":null,"userId":"ac\"me"}"#),
        user_of(&mut client, "saWlpaWlpaWl", "{broken"),
        client.key("!session:n:i5"),
        client.key("!session:n:o:other"),
        client.key("!session:n:{not a tag}"),
    ];
    let directory = client.key("!session:n:o:meant");
    client.integer(&[b"HSET", &others[5], b"f", b"s1 0 1 1 0 1\n{\"organizationId\":\"ac\\\"me\"}\n{}"]);
    for key in [&others[3], &others[4], &directory] {
        client.integer(&[b"ZADD", key, b"1", b"paWlpaWlpaWl", b"2", b"9aWlpaWlpaWl"]);
    }
    let mut keys: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    keys.extend([&meant[..], &directory[..]]);
    for (mode, count, left) in [(&b"c"[..], 5, 8), (b"e", 4, 6)] {
        let reply = run(&mut client, ERASE, &keys, &[mode, b"sessions", b"ac\"me", b":o:meant", b"0"]);
        let Reply::List(reply) = reply else { panic!("no list") };
        assert_eq!(reply[..3], [text("0"), text("sessions"), Reply::Integer(count)]);
        assert!(matches!(reply[3], Reply::Integer(bytes) if bytes > 100));
        // The tags' first bytes are 0xa5 and 0xf5, so their directory is the fifth.
        let further: Vec<Reply> = if mode == b"e" {
            let words = [&b"ZREM"[..], &others[3], b"paWlpaWlpaWl", b"paWlpaWlpaWl", b"9aWlpaWlpaWl"];
            vec![Reply::List(words.map(|word| Reply::Text(word.to_vec())).into())]
        } else {
            Vec::new()
        };
        assert_eq!(reply[4..], further);
        assert_eq!(client.integer(&[&[&b"EXISTS"[..]], &keys[..]].concat()), left);
    }
}
