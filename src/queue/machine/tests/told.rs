//! The log is told what a queue may have lost, and that a server's clock was set.

use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span, subscriber};

use super::*;

/// Takes the messages of this thread.
#[derive(Default, Clone)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Visit for Lines {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn warnings(work: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    subscriber::with_default(lines.clone(), work);
    std::mem::take(&mut *lines.0.lock().unwrap())
}

/// Another server, which knows so many adds of the sender, comes after three adds of 1.5 MiB each.
fn server_that_knows(known: i64) {
    let mut played = Played::new("{}");
    played.connect("first");
    let data = format!("\"{}\"", "x".repeat(3 << 19));
    played.add_with("j1", data.as_bytes());
    played.greet();
    for id in ["j2", "j3"] {
        let request = played.sent_on(QUEUE)[0].0;
        played.answer(request, added());
        played.add_with(id, data.as_bytes());
    }
    let request = played.sent_on(QUEUE)[0].0;
    played.answer(request, added());
    played.disconnect();
    played.connect("second");
    let [(asks, words)] = played.sent_on(QUEUE).try_into().unwrap();
    assert_eq!(words[6], "sent");
    played.answer(asks, Ok(Reply::Words(vec![Word::Number(known)])));
}

#[test]
fn adds_beyond_what_is_remembered_may_be_lost_and_the_log_says_so() {
    let lost = "Redis may have lost jobs of the queue mail: more than 4 MiB of them were added within 10 s before another server took over";
    assert_eq!(warnings(|| server_that_knows(0)), [lost]);
    assert_eq!(warnings(|| server_that_knows(1)), [""; 0]);
}

/// Two sweeps a second apart, between which the server's clock ran so much.
fn swept_twice(server_ran_ms: i64) {
    let mut played = Played::new("{}");
    played.work();
    played.connect("run");
    played.greet();
    for server_ms in [1_800_000_000_000, 1_800_000_000_000 + server_ran_ms] {
        played.pass(1_001);
        let sent = played.sent_on(LEASE);
        let found = sent.iter().find(|(_, words)| words.len() == 9);
        let (sweep, _) = found.unwrap_or_else(|| panic!("no sweep: {sent:?}"));
        let (hints, stalled) = (crate::queue::contract::Hints::default(), Vec::new());
        let swept = Reply::Swept { hints, swept: true, stalled, missing: 0, slot_ms: None, server_ms };
        played.answer(*sweep, Ok(swept));
    }
}

#[test]
fn a_server_clock_that_was_set_is_in_the_log() {
    let set = "the clock of the queue mail went 58999 ms forward: leases ended early, and jobs under way may run again";
    assert_eq!(warnings(|| swept_twice(60_000)), [set]);
    assert_eq!(warnings(|| swept_twice(1_001)), [""; 0]);
}
