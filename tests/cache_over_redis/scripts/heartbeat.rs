//! `heartbeat`: who is there, and for how long.

use orgcache::limiter::scripts::HEARTBEAT;

use super::super::client::{Client, Reply};
use super::{assert_lives, run};

const GONE_AFTER_MS: &[u8] = b"30000";

fn beat(client: &mut Client, key: &[u8], name: &[u8]) -> Reply {
    run(client, HEARTBEAT, &[key], &[name, GONE_AFTER_MS])
}

fn now_ms(client: &mut Client) -> i64 {
    let Reply::List(parts) = client.command(&[b"TIME"]) else { panic!("no time") };
    let [Reply::Text(seconds), _] = &parts[..] else { panic!("no time") };
    String::from_utf8_lossy(seconds).parse::<i64>().unwrap() * 1000
}

#[test]
fn each_process_counts_once_and_the_key_ends_with_the_last() {
    let mut client = Client::connect("heartbeat");
    let key = client.key("instances");
    assert_eq!(beat(&mut client, &key, b"first"), Reply::Integer(1));
    assert_eq!(beat(&mut client, &key, b"second"), Reply::Integer(2));
    assert_eq!(beat(&mut client, &key, b"first"), Reply::Integer(2));
    assert_lives(&mut client, &key, 30_000);
}

#[test]
fn a_process_that_is_silent_is_gone_and_so_is_one_of_another_clock() {
    let mut client = Client::connect("heartbeat-gone");
    let key = client.key("instances");
    let now = now_ms(&mut client);
    for (name, said) in [("silent", now - 31_000), ("there", now - 20_000), ("ahead", now + 60_000)] {
        client.integer(&[b"ZADD", &key, said.to_string().as_bytes(), name.as_bytes()]);
    }
    assert_eq!(beat(&mut client, &key, b"own"), Reply::Integer(2));
    assert_eq!(
        client.command(&[b"ZRANGE", &key, b"0", b"0"]),
        Reply::List(vec![Reply::Text(b"there".to_vec())])
    );
}
