use super::*;
use std::thread;

const KEYS: u64 = 300;
const STEPS: u64 = 20_000;

/// Steps of one thread, chosen by a generator of its own.
fn disturb(bed: &Bed, seed: u64) {
    let mut random = seed;
    for _ in 0..STEPS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let choice = random >> 33;
        let key = format!("k{}", choice % KEYS);
        let owner = Owner::of(format!("organization{}", choice % 7).as_bytes());
        let value = "v".repeat((choice / KEYS % 900) as usize);
        match choice / KEYS % 16 {
            0..6 => {
                if let Some(fill) = bed.store.begin_fill(bed.wish_of(&key, owner), NODE, bed.now) {
                    bed.store.finish_fill(fill, Some(value.as_bytes()), FOREVER_MS);
                }
            }
            6 => drop(bed.begin_fill(&key)),
            7 => drop(bed.begin_write(&key)),
            8 => drop(bed.invalidated(&key)),
            9 => drop(bed.answered(&key, Some(&value)).then_some(())),
            10 => bed.store.clear_owner(owner),
            11 => drop(bed.store.hold_fills()),
            _ => drop(bed.get(&key)),
        }
    }
}

#[test]
fn threads_that_disturb_each_other_leave_every_count_right() {
    let bed = Bed::with_budget(64 << 10);
    thread::scope(|scope| {
        for seed in 1..=4 {
            let bed = &bed;
            scope.spawn(move || disturb(bed, seed));
        }
    });
    let report = bed.store.report(bed.now);
    assert!(
        report.bytes <= report.max_bytes && report.evictions > 0 && report.groups[0].hits > 0,
        "{report:?}"
    );
    for number in 0..KEYS {
        drop(bed.begin_write(&format!("k{number}")));
    }
    assert_eq!(bed.store.report(bed.now).entries, 0);
    let has_nothing = |number: u64| bed.store.has_nothing_of(Key::new(format!("k{number}").as_bytes()));
    assert!((0..KEYS).all(has_nothing));
    bed.fill("k0", "v");
    assert_eq!(bed.get("k0").as_deref(), Some("v"));
}
