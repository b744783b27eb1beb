//! The log's effect on a process that did not ask for it. It is the only test here, because it checks the
//! whole process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use orgcache::health::log::{LevelFilter, LogRecord, register};

#[test]
fn the_log_is_installed_by_the_first_sink_and_inert_after_the_last() {
    let seen = Arc::new(AtomicUsize::new(0));
    let evaluated = AtomicUsize::new(0);
    let log = || tracing::warn!(target: "orgcache", number = evaluated.fetch_add(1, Relaxed), "here");

    log();
    assert!(!tracing::dispatcher::has_been_set());
    assert_eq!(evaluated.load(Relaxed), 0);

    let sink = {
        let seen = seen.clone();
        Arc::new(move |_: &LogRecord| drop(seen.fetch_add(1, Relaxed).to_string()))
    };
    let first = register(sink.clone(), LevelFilter::WARN).unwrap();
    let second = register(sink, LevelFilter::WARN).unwrap();
    log();
    assert_eq!((seen.load(Relaxed), evaluated.load(Relaxed)), (2, 1));

    drop(first);
    log();
    assert_eq!((seen.load(Relaxed), evaluated.load(Relaxed)), (3, 2));

    drop(second);
    log();
    assert_eq!((seen.load(Relaxed), evaluated.load(Relaxed)), (3, 2));
    assert_eq!(LevelFilter::current(), LevelFilter::OFF);
}
