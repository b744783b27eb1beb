//! The embedded store's effect on its process's memory.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]

use std::time::{Duration, Instant};

use orgcache::store::MemoryStore;

const MIB: usize = 1024 * 1024;
const STORE_BYTES: usize = 64 * MIB;
const SETS: usize = 1_000_000;

/// Resident memory of heap and stacks, in bytes. The kernel chooses how much of the program's own file is in memory.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// Spreads lengths and keys reproducibly.
fn scatter(number: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)) as usize
}

#[test]
fn a_million_sets_leave_the_process_flat_and_under_130_mib() {
    let source: Vec<u8> = (0..2048).map(|n| b' ' + (n % 90) as u8).collect();
    let mut store = MemoryStore::new(STORE_BYTES);
    let start = Instant::now();
    let mut full_at = 0;
    let mut peak = 0;
    for number in 0..SETS {
        let now = start + Duration::from_micros(number as u64);
        let key =
            format!("jack:prod:conversationContexts:org-{}:{:011}", number % 500, scatter(number) % 300_000);
        let organization = format!("org-{}", number % 500);
        let value = &source[..200 + scatter(number) % 1848];
        store.set(key.as_bytes(), value, Some(Duration::from_secs(7200)), Some(organization.as_bytes()), now);
        assert!(store.bytes() <= STORE_BYTES);
        if number % 10_000 == 0 {
            peak = peak.max(resident_bytes());
            if number == SETS / 5 {
                full_at = resident_bytes();
            }
        }
    }
    let end = resident_bytes();
    println!(
        "resident MiB: {} after a fifth, {} at the end, {} at most; {} entries",
        full_at / MIB,
        end / MIB,
        peak / MIB,
        store.len()
    );
    assert!(store.evictions() > 500_000, "the store was full most of the time");
    assert!(peak < 130 * MIB, "{} MiB at most", peak / MIB);
    assert!(end < full_at + 8 * MIB, "from {} to {} MiB", full_at / MIB, end / MIB);
}
