//! Measures the near store: hit ratios against an exact LRU of as many entries, and nanoseconds a call.
//!
//! `cargo run --release --no-default-features --features cache --example near_store`

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lru::LruCache;
use orgcache::near::{Group, Key, NearStore, Options, Owner, Wish};

/// Keys that are read by Zipf's law. The caches have room for a tenth of them.
const KEYS: usize = 200_000;
const ROOM: usize = KEYS / 10;
const EXPONENT: f64 = 0.9;
const READS: usize = 4_000_000;
const VALUE: [u8; 200] = [b'v'; 200];
const FOREVER_MS: i64 = -1;

struct Near {
    store: Arc<NearStore>,
    group: Group,
    now: Instant,
}

impl Near {
    fn new(max_bytes: usize) -> Near {
        let store = Arc::new(NearStore::new(Options { max_bytes, max_staleness: Duration::from_secs(1) }));
        let near = Near { group: store.group("measured"), store, now: Instant::now() };
        near.store.begin_session(0);
        near.store.answered_ping(0, near.now);
        near
    }

    /// A store whose budget is what so many copies take.
    fn with_room(entries: usize) -> Near {
        let filled = Near::new(1 << 32);
        (0..entries as u64).for_each(|number| filled.fill(number));
        Near::new(filled.store.report(filled.now).bytes)
    }

    fn fill(&self, number: u64) {
        let key = key(number);
        let wish = Wish { key: key[..].into(), group: self.group, owner: Owner::of(&key[..5]) };
        if let Some(fill) = self.store.begin_fill(wish, 0, self.now) {
            self.store.finish_fill(fill, Some(&VALUE), FOREVER_MS);
        }
    }

    fn reads(&self, number: u64) -> bool {
        self.store.get(Key::new(&key(number)), self.now).is_some()
    }
}

/// 16 bytes.
fn key(number: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let mut rest = number;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn zipf_reads() -> Vec<u64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=KEYS)
        .map(|rank| {
            sum += (rank as f64).powf(-EXPONENT);
            sum
        })
        .collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let rank = |at: f64| sums.partition_point(|until| *until < at) as u64;
    (0..READS).map(|_| rank(random.fraction() * sum)).collect()
}

/// Hits of the second half of the reads, in percent. Each other read of the scan is of a key that nobody reads again; it
/// does not count.
fn hit_ratio(reads: &[u64], has_scan: bool, mut read: impl FnMut(u64) -> bool) -> f64 {
    let mut hits = 0;
    for (number, key) in reads.iter().enumerate() {
        if has_scan {
            read((KEYS + number) as u64);
        }
        let is_hit = read(*key);
        hits += usize::from(is_hit && number >= reads.len() / 2);
    }
    hits as f64 * 100.0 / (reads.len() / 2) as f64
}

fn print_hit_ratios() {
    let reads = zipf_reads();
    println!(
        "hit ratio of {ROOM} entries, Zipf {EXPONENT} over {KEYS} keys, {READS} reads, the second half of them"
    );
    for (name, has_scan) in [("without a scan", false), ("each other read a scan's", true)] {
        let mut lru = LruCache::new(NonZeroUsize::new(ROOM).unwrap_or(NonZeroUsize::MIN));
        let exact = hit_ratio(&reads, has_scan, |key| lru.get(&key).is_some() || lru.put(key, ()).is_some());
        let near = Near::with_room(ROOM);
        let s3_fifo = hit_ratio(&reads, has_scan, |key| {
            let is_hit = near.reads(key);
            if !is_hit {
                near.fill(key);
            }
            is_hit
        });
        let entries = near.store.report(near.now).entries;
        println!("  {name:26} LRU {exact:.1} %   near {s3_fifo:.1} % ({entries} entries)");
    }
}

/// The best of five rounds, which other programs disturb least.
fn nanoseconds(name: &str, calls: u64, mut run: impl FnMut(u64)) {
    let best = (0..5).map(|_| {
        let start = Instant::now();
        (0..calls).for_each(&mut run);
        start.elapsed().as_nanos() as f64 / calls as f64
    });
    println!("  {name:50} {:7.1} ns", best.fold(f64::INFINITY, f64::min));
}

fn print_costs() {
    println!("a call, keys of 16 bytes, values of 200 bytes, the key's bytes included");
    nanoseconds("making a key and its hash", 1_000_000, |number| {
        black_box(Key::new(&key(number)));
    });
    let empty = Near::new(64 << 20);
    nanoseconds("miss, empty store", 1_000_000, |number| {
        black_box(empty.reads(number));
    });
    let answer = |near: &Near, number| {
        black_box(near.store.answered(Key::new(&key(number)), Some(&VALUE), near.group, near.now));
    };
    nanoseconds("answer of a key that has no copy, empty store", 1_000_000, |number| answer(&empty, number));
    nanoseconds("own write, empty store", 1_000_000, |number| {
        drop(empty.store.begin_write(Key::new(&key(number))));
    });
    let small = Near::new(64 << 20);
    (0..1_000).for_each(|number| small.fill(number));
    nanoseconds("hit, 1,000 copies", 1_000_000, |number| {
        black_box(small.reads(number % 1_000));
    });
    nanoseconds("miss, 1,000 copies", 1_000_000, |number| {
        black_box(small.reads(1_000_000 + number));
    });
    let large = Near::new(1 << 30);
    (0..1_000_000).for_each(|number| large.fill(number));
    let mut random = Random(1);
    nanoseconds("hit, 1,000,000 copies, any of them", 1_000_000, |_| {
        black_box(large.reads(random.next() % 1_000_000));
    });
    nanoseconds("miss, 1,000,000 copies", 1_000_000, |number| {
        black_box(large.reads(1_000_000 + number));
    });
    nanoseconds("answer of a key that has no copy, 1,000,000 copies", 1_000_000, |number| {
        answer(&large, 1_000_000 + number);
    });
    let mut filled = 0;
    let fresh = Near::new(1 << 30);
    nanoseconds("fill, begin to end", 100_000, |_| {
        fresh.fill(filled);
        filled += 1;
    });
    let full = Near::with_room(10_000);
    nanoseconds("fill that evicts", 100_000, |_| {
        full.fill(filled);
        filled += 1;
    });
}

/// Threads that read the same 1,000 copies at once.
fn print_contention() {
    println!("hits, 1,000 copies, all threads together");
    for threads in [1_u64, 2, 4] {
        let near = Near::new(64 << 20);
        (0..1_000).for_each(|number| near.fill(number));
        let start = Instant::now();
        thread::scope(|scope| {
            for thread in 0..threads {
                let near = &near;
                scope.spawn(move || {
                    (0..2_000_000).filter(|number| near.reads((thread * 331 + number) % 1_000)).count()
                });
            }
        });
        let hits = 2_000_000 * threads;
        println!("  {threads} threads {:.1} M/s", hits as f64 / start.elapsed().as_secs_f64() / 1e6);
    }
}

fn main() {
    print_hit_ratios();
    print_costs();
    print_contention();
}
