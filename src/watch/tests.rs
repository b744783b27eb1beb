use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::conversation::Conversation;
use super::session::GATHER;
use super::shared::{Mode, Shared, number_of};
use crate::connection::{Bytes, ConnectionHandler, ServerInfo};
use crate::near::{Key, NearStore, Options, Owner, Wish};

const NODE: u16 = 0;
const RUN_ID: &str = "the-server";
const STALENESS: Duration = Duration::from_secs(1);
const TRACKING: &[u8] = b"*3\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n";
const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
const PUSH_OF_K: &[u8] = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
const PUSH_OF_ALL: &[u8] = b">2\r\n$10\r\ninvalidate\r\n_\r\n";

/// A conversation with a server that the test plays.
struct Talk {
    store: Arc<NearStore>,
    shared: Arc<Shared>,
    conversation: Conversation,
    now: Instant,
}

fn server() -> ServerInfo {
    ServerInfo {
        protocol: 3,
        role: "master".to_owned(),
        run_id: Some(RUN_ID.to_owned()),
        ..ServerInfo::default()
    }
}

impl Talk {
    fn unconnected() -> Talk {
        let store = Arc::new(NearStore::new(Options { max_bytes: 1 << 20, max_staleness: STALENESS }));
        let shared = Arc::new(Shared::new(store.clone(), NODE));
        shared.set_peer(number_of(RUN_ID));
        let conversation = Conversation::new(shared.clone());
        Talk { store, shared, conversation, now: Instant::now() }
    }

    /// Connected, and asked for CLIENT TRACKING.
    fn greeted(server: &ServerInfo) -> Talk {
        let mut talk = Talk::unconnected();
        talk.conversation.connected(server, talk.now);
        talk
    }

    fn tracking() -> Talk {
        let mut talk = Talk::greeted(&server());
        talk.expect(TRACKING);
        talk.hear(b"+OK\r\n");
        talk
    }

    /// The machine has sent this, and nothing else.
    #[track_caller]
    fn expect(&mut self, bytes: &[u8]) {
        let sent = self.conversation.unsent().to_vec();
        assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(bytes));
        self.conversation.sent(sent.len());
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.conversation.read_room()[..bytes.len()].copy_from_slice(bytes);
        self.conversation.received(bytes.len(), self.now).unwrap();
    }

    fn wish(&mut self, key: &str) {
        let group = self.store.group("kv");
        self.shared.wish(Wish { key: key.as_bytes().into(), group, owner: Owner::NOBODY });
        self.conversation.look_at(self.now);
    }

    /// Fills the key `k` with `v`.
    fn filled() -> Talk {
        let mut talk = Talk::tracking();
        talk.wish("k");
        talk.expect(FILL_OF_K);
        talk.hear(b"$1\r\nv\r\n:60000\r\n");
        assert_eq!(talk.copy(), Some("v".to_owned()));
        talk
    }

    /// The time passes after which fills that wait leave together.
    #[track_caller]
    fn gathered(&mut self) {
        self.expect(b"");
        self.now = self.conversation.next_deadline().unwrap();
        assert_eq!(self.conversation.expire(self.now), None);
    }

    fn copy(&self) -> Option<String> {
        self.copy_at(self.now)
    }

    fn copy_at(&self, at: Instant) -> Option<String> {
        let value = self.store.get(Key::new(b"k"), at)?;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    fn outage_copy(&self) -> Option<String> {
        let value = self.store.get_in_outage(Key::new(b"k"), self.now)?.value;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    fn mode(&self) -> Mode {
        self.shared.seen().mode
    }

    #[track_caller]
    fn assert_refused(&self, word: &str) {
        let seen = self.shared.seen();
        assert_eq!(seen.mode, Mode::Off);
        assert!(seen.reason.as_deref().is_some_and(|reason| reason.contains(word)), "{seen:?}");
        assert!(self.shared.is_refused());
    }
}

const FILL_OF_K: &[u8] = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$4\r\nPTTL\r\n$1\r\nk\r\n";

#[test]
fn nothing_is_filled_before_the_server_says_that_it_tracks() {
    let mut talk = Talk::greeted(&server());
    talk.wish("k");
    talk.expect(TRACKING);
    assert_eq!(talk.mode(), Mode::Idle);
    talk.hear(b"+OK\r\n");
    assert_eq!(talk.mode(), Mode::Tracking);
    talk.expect(FILL_OF_K);
    talk.hear(b"$1\r\nv\r\n:60000\r\n");
    assert_eq!(talk.copy(), Some("v".to_owned()));
}

#[test]
fn a_copy_goes_with_the_message_that_its_key_has_changed() {
    let mut talk = Talk::filled();
    talk.hear(PUSH_OF_K);
    assert_eq!(talk.copy(), None);
    assert_eq!(talk.outage_copy(), None);
}

#[test]
fn a_copy_that_had_answered_four_times_is_filled_again_though_nobody_reads_it() {
    let mut talk = Talk::filled();
    assert!((0..4).all(|_| talk.copy().is_some()));
    talk.now += GATHER;
    talk.hear(PUSH_OF_K);
    talk.expect(FILL_OF_K);
    talk.hear(b"$1\r\nw\r\n:60000\r\n");
    assert_eq!(talk.copy(), Some("w".to_owned()));
}

#[test]
fn fills_that_come_soon_after_others_leave_together() {
    let mut talk = Talk::filled();
    assert!((0..4).all(|_| talk.copy().is_some()));
    talk.wish("a");
    talk.wish("b");
    talk.hear(PUSH_OF_K);
    talk.gathered();
    let fill_of = |key: &str| String::from_utf8_lossy(FILL_OF_K).replace("k\r\n", &format!("{key}\r\n"));
    talk.expect(["k", "a", "b"].map(fill_of).concat().as_bytes());
    talk.wish("c");
    talk.gathered();
    talk.expect(fill_of("c").as_bytes());
}

#[test]
fn a_change_between_the_two_replies_of_a_fill_leaves_no_copy() {
    for before_the_first in [true, false] {
        let mut talk = Talk::tracking();
        talk.wish("k");
        talk.expect(FILL_OF_K);
        if before_the_first {
            talk.hear(PUSH_OF_K);
        }
        talk.hear(b"$1\r\nv\r\n");
        if !before_the_first {
            talk.hear(PUSH_OF_K);
        }
        talk.hear(b":60000\r\n");
        assert_eq!(talk.copy(), None);
    }
}

#[test]
fn a_key_that_is_gone_or_no_text_gets_no_copy_and_later_fills_go_on() {
    for replies in [&b"_\r\n:-2\r\n"[..], b"$1\r\nv\r\n:-2\r\n", b"-WRONGTYPE it is a hash\r\n:-1\r\n"] {
        let mut talk = Talk::tracking();
        talk.wish("k");
        talk.expect(FILL_OF_K);
        talk.hear(replies);
        assert_eq!(talk.copy(), None);
        talk.wish("k");
        talk.gathered();
        talk.expect(FILL_OF_K);
        talk.hear(b"$1\r\nv\r\n:60000\r\n");
        assert_eq!(talk.copy(), Some("v".to_owned()), "after {}", String::from_utf8_lossy(replies));
    }
}

#[test]
fn a_server_that_was_flushed_takes_all_copies_along_and_new_ones_follow() {
    let mut talk = Talk::filled();
    talk.hear(PUSH_OF_ALL);
    assert_eq!((talk.copy(), talk.outage_copy()), (None, None));
    talk.wish("k");
    talk.gathered();
    talk.expect(FILL_OF_K);
    talk.hear(b"$1\r\nw\r\n:60000\r\n");
    assert_eq!(talk.copy(), Some("w".to_owned()));
}

#[test]
fn a_copy_answers_only_as_long_after_the_last_answered_ping_was_sent_as_the_options_allow() {
    let mut talk = Talk::filled();
    let asked_at = talk.now;
    assert!(talk.copy_at(asked_at + STALENESS).is_some());
    assert!(talk.copy_at(asked_at + STALENESS + Duration::from_millis(1)).is_none());
    let sent_at = asked_at + Duration::from_millis(250);
    assert_eq!(talk.conversation.next_deadline(), Some(sent_at));
    assert_eq!(talk.conversation.expire(sent_at), None);
    talk.expect(PING);
    talk.now = sent_at + Duration::from_millis(900);
    assert!(talk.copy_at(talk.now).is_none(), "the PONG is not here yet");
    talk.hear(b"+PONG\r\n");
    assert!(talk.copy_at(sent_at + STALENESS).is_some());
    assert!(talk.copy_at(sent_at + STALENESS + Duration::from_millis(1)).is_none());
}

#[test]
fn a_user_who_may_not_ping_gets_fresh_copies_all_the_same() {
    let mut talk = Talk::filled();
    let sent_at = talk.now + Duration::from_millis(800);
    assert_eq!(talk.conversation.expire(sent_at), None);
    talk.expect(PING);
    talk.hear(b"-NOPERM this user has no permissions to run the 'ping' command\r\n");
    assert!(talk.copy_at(sent_at + STALENESS).is_some());
}

#[test]
fn a_server_that_answers_nothing_is_given_up() {
    let mut talk = Talk::filled();
    let mut at = talk.now;
    let error = loop {
        at += Duration::from_millis(250);
        if let Some(error) = talk.conversation.expire(at) {
            break error;
        }
        talk.expect(PING);
    };
    assert_eq!(at, talk.now + Duration::from_secs(2));
    talk.conversation.disconnected(error, at);
    assert_eq!((talk.copy(), talk.mode()), (None, Mode::Off));
    assert_eq!(talk.outage_copy(), Some("v".to_owned()));
}

#[test]
fn a_server_that_refuses_what_copies_need_is_told_of() {
    let mut talk = Talk::greeted(&server());
    talk.expect(TRACKING);
    talk.hear(b"-NOPERM this user has no permissions to run the 'client|tracking' command\r\n");
    talk.assert_refused("+client|tracking");
    let mut talk = Talk::greeted(&server());
    talk.expect(TRACKING);
    talk.hear(b"-ERR unknown subcommand 'TRACKING'\r\n");
    talk.assert_refused("CLIENT TRACKING");
    for (replies, word) in
        [(&b"-NOPERM no get\r\n-NOPERM no pttl\r\n"[..], "GET"), (b"$1\r\nv\r\n-NOPERM no pttl\r\n", "+pttl")]
    {
        let mut talk = Talk::filled();
        talk.wish("other");
        talk.gathered();
        let sent = talk.conversation.unsent().len();
        talk.conversation.sent(sent);
        talk.hear(replies);
        assert_eq!(talk.copy(), None);
        talk.shared.seen().reason.filter(|reason| reason.contains(word)).expect(word);
    }
}

#[test]
fn servers_that_cannot_keep_copies_up_to_date_are_refused() {
    let resp2 = ServerInfo { protocol: 2, ..server() };
    Talk::greeted(&resp2).assert_refused("RESP3");
    let replica = ServerInfo { role: "replica".to_owned(), ..server() };
    Talk::greeted(&replica).assert_refused("replica");
    let nameless = ServerInfo { run_id: None, ..server() };
    Talk::greeted(&nameless).assert_refused("+info");
}

#[test]
fn another_server_than_that_of_the_calls_is_left_at_once() {
    let other = ServerInfo { run_id: Some("another".to_owned()), ..server() };
    let mut talk = Talk::greeted(&other);
    talk.expect(b"");
    assert!(talk.conversation.next_deadline().is_some_and(|at| at <= talk.now));
    assert!(talk.conversation.expire(talk.now).is_some());
    assert!(!talk.shared.is_refused());
}

#[test]
fn a_session_ends_where_the_calls_have_met_another_server() {
    let mut talk = Talk::filled();
    assert!(talk.shared.set_peer(number_of("another")));
    talk.shared.redial();
    talk.conversation.look_at(talk.now);
    assert_eq!(talk.copy(), None);
    assert!(talk.conversation.expire(talk.now).is_some());
}

#[test]
fn a_session_that_restarts_answers_with_new_copies_only() {
    let mut talk = Talk::filled();
    talk.store.end_session(NODE);
    talk.shared.restart_session();
    talk.conversation.look_at(talk.now);
    assert_eq!(talk.copy(), None);
    assert_eq!(talk.conversation.expire(talk.now), None);
    talk.wish("k");
    talk.gathered();
    talk.expect(FILL_OF_K);
    talk.hear(b"$1\r\nv\r\n:60000\r\n");
    assert_eq!(talk.copy(), Some("v".to_owned()));
}

#[test]
fn a_fill_that_was_under_way_when_the_connection_broke_leaves_no_copy() {
    let mut talk = Talk::tracking();
    talk.wish("k");
    talk.expect(FILL_OF_K);
    talk.hear(b"$1\r\nv\r\n");
    let silent = crate::connection::connection_silent();
    talk.conversation.disconnected(silent, talk.now);
    talk.conversation.connected(&server(), talk.now);
    talk.expect(TRACKING);
    talk.hear(b"+OK\r\n");
    assert_eq!(talk.copy(), None);
    talk.wish("k");
    talk.expect(FILL_OF_K);
}

#[test]
fn more_wishes_than_can_wait_are_dropped_and_counted() {
    let mut talk = Talk::greeted(&server());
    for number in 0..300 {
        talk.wish(&format!("key {number}"));
    }
    assert_eq!(talk.shared.dropped(), 300 - 256);
    talk.expect(TRACKING);
    talk.hear(b"+OK\r\n");
    assert_eq!(talk.store.report(talk.now).groups[0].fills, 256);
}

const GET_OF_L: &[u8] = b"*2\r\n$3\r\nGET\r\n$1\r\nl\r\n";
const PUSH_OF_L: &[u8] = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nl\r\n";

impl Talk {
    /// Waits for a change of `l`. Gives the number of the wait, and how often it was woken.
    fn await_l(&mut self) -> (Option<u64>, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = woken.clone();
        let number = self.shared.wait(
            b"l",
            Box::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            }),
        );
        self.conversation.look();
        (number, woken)
    }
}

fn count(woken: &AtomicUsize) -> usize {
    woken.load(Ordering::SeqCst)
}

#[test]
fn who_waits_for_a_key_is_woken_once_by_the_message_that_it_has_changed() {
    let mut talk = Talk::tracking();
    let (_, first) = talk.await_l();
    talk.expect(GET_OF_L);
    let (_, second) = talk.await_l();
    talk.expect(GET_OF_L);
    talk.hear(b"$1\r\nv\r\n$1\r\nv\r\n");
    talk.hear(PUSH_OF_K);
    assert_eq!((count(&first), count(&second)), (0, 0));
    talk.hear(PUSH_OF_L);
    talk.hear(PUSH_OF_L);
    assert_eq!((count(&first), count(&second)), (1, 1));
    assert_eq!(talk.store.report(talk.now).entries, 0, "what is waited for gets no copy");
}

#[test]
fn who_waits_for_a_key_that_is_not_there_is_woken_at_once() {
    let mut talk = Talk::tracking();
    let (_, woken) = talk.await_l();
    talk.expect(GET_OF_L);
    talk.hear(b"_\r\n");
    assert_eq!(count(&woken), 1);
}

#[test]
fn who_has_gone_is_not_woken() {
    let mut talk = Talk::tracking();
    let (number, woken) = talk.await_l();
    talk.expect(GET_OF_L);
    talk.hear(b"$1\r\nv\r\n");
    talk.shared.waits.remove(b"l", number.unwrap());
    assert!(!talk.shared.waits.has(b"l"));
    talk.hear(PUSH_OF_L);
    assert_eq!(count(&woken), 0);
}

#[test]
fn a_wait_that_opens_the_connection_is_asked_for_when_the_server_tracks() {
    let mut talk = Talk::unconnected();
    let (_, woken) = talk.await_l();
    talk.conversation.connected(&server(), talk.now);
    talk.expect(TRACKING);
    talk.hear(b"+OK\r\n");
    talk.expect(GET_OF_L);
    talk.hear(b"$1\r\nv\r\n");
    assert_eq!(count(&woken), 0);
    talk.hear(PUSH_OF_L);
    assert_eq!(count(&woken), 1);
}

#[test]
fn all_who_wait_are_woken_where_nobody_would_tell_any_more() {
    let ends: [fn(&mut Talk); 3] = [
        |talk| talk.conversation.disconnected(crate::connection::connection_silent(), talk.now),
        |talk| talk.hear(PUSH_OF_ALL),
        |talk| talk.shared.refuse("the test refuses"),
    ];
    for end in ends {
        let mut talk = Talk::tracking();
        let (_, woken) = talk.await_l();
        talk.expect(GET_OF_L);
        talk.hear(b"$1\r\nv\r\n");
        end(&mut talk);
        assert_eq!(count(&woken), 1);
    }
    let mut talk = Talk::tracking();
    talk.await_l();
    talk.expect(GET_OF_L);
    talk.hear(b"-NOPERM this user has no permissions to run the 'get' command\r\n");
    talk.assert_refused("GET");
    let (number, _) = talk.await_l();
    assert_eq!(number, None);
}
