//! What the embedded store costs: time a call with a mutex around it, and memory of the process.
//!
//! `cargo run --release --no-default-features --example memory_store [-- tiny|large]`

use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use orgcache::store::MemoryStore;

const MIB: usize = 1024 * 1024;
const SETS: usize = 1_000_000;
const GETS: usize = 2_000_000;

fn resident_mib() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096 / MIB
}

fn scatter(number: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)) as usize
}

fn key(number: usize) -> Vec<u8> {
    format!("jack:prod:conversationContexts:org-{}:{number:011}", number % 500).into_bytes()
}

fn fill(label: &str, lengths: std::ops::Range<usize>) {
    let source = vec![b'x'; lengths.end];
    let keys: Vec<Vec<u8>> = (0..300_000).map(key).collect();
    let organizations: Vec<String> = (0..500).map(|number| format!("org-{number}")).collect();
    let before = resident_mib();
    let store = Mutex::new(MemoryStore::new(64 * MIB));
    let mut peak = 0;
    let start = Instant::now();
    for number in 0..SETS {
        let chosen = scatter(number) % keys.len();
        let value = &source[..lengths.start + scatter(number + 7) % lengths.len()];
        let Ok(mut store) = store.lock() else { return };
        let organization = organizations[chosen % 500].as_bytes();
        store.set(&keys[chosen], value, Some(Duration::from_secs(7200)), Some(organization), Instant::now());
        drop(store);
        if number % 16_384 == 0 {
            peak = peak.max(resident_mib());
        }
    }
    let set_time = start.elapsed();
    let Ok(held) = store.lock() else { return };
    let now = Instant::now();
    let present: Vec<&Vec<u8>> = keys.iter().filter(|key| held.remaining_ttl(key, now).is_some()).collect();
    let (entries, bytes) = (held.len(), held.bytes());
    drop(held);
    let start = Instant::now();
    for number in 0..GETS {
        let Ok(mut store) = store.lock() else { return };
        black_box(store.get(present[scatter(number) % present.len()], Instant::now()));
    }
    let cold = start.elapsed();
    let hot = &present[..present.len().min(1000)];
    let start = Instant::now();
    for number in 0..GETS {
        let Ok(mut store) = store.lock() else { return };
        black_box(store.get(hot[scatter(number) % hot.len()], Instant::now()));
    }
    let warm = start.elapsed();
    println!(
        "{label:14} {entries:7} entries {:3} MiB counted {:4} MiB more resident at most, {:4} at the end | \
         set {:4} ns, get {:3} ns over all, {:3} ns over 1,000 keys",
        bytes / MIB,
        peak - before,
        resident_mib() - before,
        set_time.as_nanos() / SETS as u128,
        cold.as_nanos() / GETS as u128,
        warm.as_nanos() / GETS as u128,
    );
}

fn main() {
    // Each in a process of its own: an allocator keeps what an earlier run has freed.
    match std::env::args().nth(1).as_deref() {
        Some("tiny") => fill("2 to 40 B", 2..40),
        Some("large") => fill("4 to 5 kB", 4096..5120),
        _ => fill("200 B to 2 kB", 200..2048),
    }
}
