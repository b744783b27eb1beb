//! What the store promises, rule by rule. Times are made up: a test's clock stands until the test moves it.

mod deserving;
mod erasing;
mod eviction;
#[cfg(orgcache_loom)]
mod interleavings;
mod model;
#[cfg(feature = "planted-faults")]
mod planted;
mod races;
mod rules;
mod seen;

use super::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

const NODE: NodeId = 0;
const STALENESS: Duration = Duration::from_secs(1);
const FOREVER_MS: i64 = -1;

/// A store with a living session, and a clock.
struct Bed {
    store: Arc<NearStore>,
    group: Group,
    now: Instant,
}

impl Bed {
    fn new() -> Bed {
        Bed::with_budget(64 << 20)
    }

    fn with_budget(max_bytes: usize) -> Bed {
        let store = Arc::new(NearStore::new(Options { max_bytes, max_staleness: STALENESS }));
        let bed = Bed { group: store.group("users"), store, now: Instant::now() };
        bed.begin_session();
        bed
    }

    fn begin_session(&self) {
        self.store.begin_session(NODE);
        self.confirm();
    }

    /// The session is known to live at this moment.
    fn confirm(&self) {
        self.store.answered_ping(NODE, self.now);
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn wish(&self, key: &str) -> Wish {
        self.wish_of(key, Owner::NOBODY)
    }

    fn wish_of(&self, key: &str, owner: Owner) -> Wish {
        Wish { key: key.as_bytes().into(), group: self.group, owner }
    }

    fn begin_fill(&self, key: &str) -> Option<Fill> {
        self.store.begin_fill(self.wish(key), NODE, self.now)
    }

    /// A fill that nothing disturbs.
    fn fill(&self, key: &str, value: &str) {
        let fill = self.begin_fill(key).expect("a fill may begin");
        self.store.finish_fill(fill, Some(value.as_bytes()), FOREVER_MS);
    }

    fn get(&self, key: &str) -> Option<String> {
        self.store.get(Key::new(key.as_bytes()), self.now).map(|value| text(&value))
    }

    fn get_in_outage(&self, key: &str) -> Option<String> {
        self.store.get_in_outage(Key::new(key.as_bytes()), self.now).map(|living| text(&living.value))
    }

    /// Another connection answered this. Returns whether a copy is wished for.
    fn answered(&self, key: &str, value: Option<&str>) -> bool {
        self.store.answered(Key::new(key.as_bytes()), value.map(str::as_bytes), self.group, self.now)
    }

    fn begin_write(&self, key: &str) -> WriteUnderWay {
        self.store.begin_write(Key::new(key.as_bytes()))
    }

    fn invalidated(&self, key: &str) -> Option<Wish> {
        self.store.invalidated(NODE, key.as_bytes())
    }

    fn group_report(&self) -> GroupReport {
        self.store.report(self.now).groups.swap_remove(0)
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8(value.to_vec()).unwrap()
}
