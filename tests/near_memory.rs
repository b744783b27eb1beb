//! The near store's count of its memory against what the system says: a process of its own, so that nothing else grows.
#![cfg(target_os = "linux")]

use orgcache::near::{Group, NearStore, Options, Owner, Wish};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Resident memory of heap and stacks. The kernel chooses how much of the program's own file is in memory.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

struct Filled {
    store: Arc<NearStore>,
    group: Group,
    now: Instant,
}

impl Filled {
    fn new(max_bytes: usize) -> Filled {
        let store = Arc::new(NearStore::new(Options { max_bytes, max_staleness: Duration::from_secs(1) }));
        store.begin_session(0);
        Filled { group: store.group("memory"), store, now: Instant::now() }
    }

    fn fill(&self, number: usize, value: &[u8]) {
        let wish = Wish {
            key: format!("organization:users:{number}").into_bytes().into(),
            group: self.group,
            owner: Owner::NOBODY,
        };
        let fill = self.store.begin_fill(wish, 0, self.now).unwrap();
        self.store.finish_fill(fill, Some(value), -1);
    }

    fn bytes(&self) -> usize {
        self.store.report(self.now).bytes
    }
}

/// Says how far the memory's growth is from the count, in percent.
fn check(what: &str, grown: usize, counted: usize) {
    let difference = (grown as f64 / counted as f64 - 1.0) * 100.0;
    println!("{what}: counted {} KiB, resident {} KiB, {difference:+.1} %", counted >> 10, grown >> 10);
    assert!(difference.abs() <= 10.0, "{what}: {difference} %");
}

#[test]
fn resident_memory_grows_by_what_the_store_counts() {
    // Values that other tests would have in memory already.
    let values: Vec<Vec<u8>> = [3_000, 200, 20].into_iter().map(|len| vec![b'v'; len]).collect();
    for value in &values {
        let filled = Filled::new(1 << 30);
        let before = resident_bytes();
        (0..(32 << 20) / (value.len() + 150)).for_each(|number| filled.fill(number, value));
        check(&format!("values of {} bytes", value.len()), resident_bytes() - before, filled.bytes());
        // The memory that this store gives back must not serve the next.
        std::mem::forget(filled);
    }
    let filled = Filled::new(16 << 20);
    let before = resident_bytes();
    for number in 0..300_000 {
        filled.fill(number, &values[1][..number * 7 % 200]);
    }
    check("values of 0 to 200 bytes, evicted many times", resident_bytes() - before, filled.bytes());
}
