use super::*;

/// A value that takes, with its key, about so many bytes.
fn value(bytes: usize) -> String {
    "v".repeat(bytes)
}

fn fill_range(bed: &Bed, name: &str, numbers: std::ops::Range<usize>, bytes: usize) {
    for number in numbers {
        bed.fill(&format!("{name}{number}"), &value(bytes));
    }
}

fn present(bed: &Bed, name: &str, numbers: std::ops::Range<usize>) -> usize {
    numbers.filter(|number| bed.get_in_outage(&format!("{name}{number}")).is_some()).count()
}

#[test]
fn copies_and_tables_never_take_more_than_the_budget() {
    for (max_bytes, sizes) in
        [(64 << 10, &[0, 10, 200, 5_000][..]), (4 << 20, &[10, 200, 3_000, 200 << 10]), (1 << 20, &[0])]
    {
        let bed = Bed::with_budget(max_bytes);
        for number in 0..20_000 {
            bed.fill(&format!("k{number}"), &value(sizes[number % sizes.len()]));
            if number % 16 == 0 {
                let report = bed.store.report(bed.now);
                assert!(report.bytes <= max_bytes, "{} after {number}", report.bytes);
            }
        }
        let report = bed.store.report(bed.now);
        assert!(report.bytes > max_bytes / 10 * 7 && report.evictions > 1_000, "{report:?}");
    }
}

#[test]
fn all_bytes_come_back_when_all_copies_go() {
    let bed = Bed::with_budget(4 << 20);
    fill_range(&bed, "k", 0..30_000, 100);
    for number in 0..30_000 {
        drop(bed.begin_write(&format!("k{number}")));
    }
    let report = bed.store.report(bed.now);
    assert_eq!(report.entries, 0);
    // Tables stay for the next copies.
    assert!(report.bytes < 3 << 20, "{}", report.bytes);
    fill_range(&bed, "big", 0..100, 100 << 10);
    let report = bed.store.report(bed.now);
    assert!((30..=40).contains(&report.entries), "{report:?}");
}

#[test]
fn a_long_value_takes_its_room_from_all_shards() {
    let bed = Bed::with_budget(16 << 20);
    fill_range(&bed, "k", 0..100_000, 100);
    let before = bed.store.report(bed.now);
    // Sixteen shards: each would have 1 MiB of a budget that is split.
    fill_range(&bed, "long", 0..24, 256 << 10);
    let after = bed.store.report(bed.now);
    assert!(present(&bed, "long", 0..24) >= 20);
    assert!(after.entries > before.entries / 2, "{before:?} {after:?}");
}

#[test]
fn what_is_read_survives_a_scan_of_ten_times_the_budget() {
    let bed = Bed::with_budget(1 << 20);
    fill_range(&bed, "hot", 0..1_000, 200);
    for _ in 0..2 {
        assert_eq!(present(&bed, "hot", 0..1_000), 1_000);
    }
    for round in 0..30 {
        fill_range(&bed, &format!("scan{round}:"), 0..1_000, 200);
        present(&bed, "hot", 0..1_000);
    }
    let hot = present(&bed, "hot", 0..1_000);
    assert!(hot > 950, "{hot}");
}

#[test]
fn a_key_that_comes_back_soon_enters_the_main_queue() {
    let bed = Bed::with_budget(256 << 10);
    fill_range(&bed, "hot", 0..400, 200);
    present(&bed, "hot", 0..400);
    // These pass through the small queue, and the last of them are known for a while.
    fill_range(&bed, "k", 0..3_000, 200);
    assert_eq!(present(&bed, "k", 2_450..2_550), 0);
    fill_range(&bed, "k", 2_450..2_550, 200);
    fill_range(&bed, "other", 0..1_000, 200);
    let survived = present(&bed, "k", 2_450..2_550);
    assert!(survived > 80, "{survived}");
}

#[test]
fn a_copy_that_was_pushed_away_comes_back_to_its_rank() {
    let bed = Bed::with_budget(256 << 10);
    fill_range(&bed, "hot", 0..100, 200);
    present(&bed, "hot", 0..100);
    fill_range(&bed, "first", 0..3_000, 200);
    for number in 0..100 {
        bed.invalidated(&format!("hot{number}"));
    }
    fill_range(&bed, "hot", 0..100, 200);
    fill_range(&bed, "second", 0..1_000, 200);
    let survived = present(&bed, "hot", 0..100);
    assert!(survived > 85, "{survived}");
}

#[test]
fn copies_past_their_lifetime_go_before_others() {
    let mut bed = Bed::with_budget(1 << 20);
    for number in 0..2_000 {
        let fill = bed.begin_fill(&format!("short{number}")).unwrap();
        bed.store.finish_fill(fill, Some(value(200).as_bytes()), 10);
    }
    present(&bed, "short", 0..2_000);
    bed.pass(10);
    bed.confirm();
    fill_range(&bed, "k", 0..1_500, 200);
    assert_eq!(present(&bed, "k", 0..1_500), 1_500);
}

#[test]
fn a_small_organization_keeps_its_share_beside_one_that_fills_a_hundred_times_more() {
    let bed = Bed::with_budget(4 << 20);
    let (small, large) = (Owner::of(b"small"), Owner::of(b"large"));
    let fill = |key: &str, owner| {
        let fill = bed.store.begin_fill(bed.wish_of(key, owner), NODE, bed.now).unwrap();
        bed.store.finish_fill(fill, Some(value(200).as_bytes()), FOREVER_MS);
    };
    // Some 60 KiB, which nobody reads.
    (0..200).for_each(|number| fill(&format!("small{number}"), small));
    (0..40_000).for_each(|number| fill(&format!("large{number}"), large));
    let kept = present(&bed, "small", 0..200);
    assert!(kept > 190, "{kept}");
    // Beyond its share it is evicted like all others.
    (200..2_000).for_each(|number| fill(&format!("small{number}"), small));
    (40_000..80_000).for_each(|number| fill(&format!("large{number}"), large));
    let kept = present(&bed, "small", 0..2_000);
    assert!((180..300).contains(&kept), "{kept}");
}

#[test]
fn guaranteed_copies_never_keep_others_out() {
    let bed = Bed::with_budget(256 << 10);
    for number in 0..4_000 {
        let owner = Owner::of(format!("organization{number}").as_bytes());
        let fill = bed.store.begin_fill(bed.wish_of(&format!("k{number}"), owner), NODE, bed.now).unwrap();
        bed.store.finish_fill(fill, Some(value(200).as_bytes()), FOREVER_MS);
        assert!(bed.get(&format!("k{number}")).is_some());
    }
}
