//! `cargo test --no-default-features --features cache,planted-faults near::tests::planted`

use crate::planted::{Fault, NAMES};
use std::process::Command;

/// Runs the tests of the rules in a process of its own, and returns those that failed.
fn failing_with(fault: &str) -> Vec<String> {
    let this = std::env::current_exe().unwrap();
    let tests =
        Command::new(this).arg("near::tests::rules").env("ORGCACHE_PLANTED_FAULT", fault).output().unwrap();
    let output = String::from_utf8_lossy(&tests.stdout).into_owned();
    let failed = output.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    failed.map(str::to_owned).collect()
}

/// Whether the fault is one of this room.
fn is_of_near(fault: Fault) -> bool {
    !matches!(fault, Fault::FillWithoutToken | Fault::FillWithoutMark | Fault::TagsAfterFactory)
}

#[test]
fn each_planted_fault_makes_a_test_of_the_rules_fail() {
    for (name, _) in NAMES.into_iter().filter(|(_, fault)| is_of_near(*fault)) {
        let failed = failing_with(name);
        println!("{name}: {failed:?}");
        assert!(!failed.is_empty(), "no test finds {name}");
    }
    assert_eq!(failing_with("no such fault"), Vec::<String>::new());
}
