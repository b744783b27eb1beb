use std::sync::Mutex;

use super::*;

/// A sink that keeps the records with its own mark, because other tests log in this process too.
fn keeping(mark: &'static str) -> (Sink, Arc<Mutex<Vec<LogRecord>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let kept = kept.clone();
        move |record: &LogRecord| {
            if record.message.starts_with(mark) {
                kept.lock().unwrap().push(record.clone());
            }
        }
    };
    (Arc::new(sink), kept)
}

#[test]
fn a_record_carries_level_target_message_and_fields() {
    let (sink, kept) = keeping("shape");
    let _registration = register(sink, LevelFilter::INFO).unwrap();
    tracing::warn!(attempt = 3, code = "E_CONNECT", cause = ?Some(1), "shape of {}", "a record");
    let kept = kept.lock().unwrap();
    let record = &kept[0];
    assert_eq!((record.level_name(), record.target), ("warn", "orgcache::health::log::tests"));
    assert_eq!(record.message, "shape of a record");
    assert_eq!(record.to_string(), "shape of a record attempt=3 code=E_CONNECT cause=Some(1)");
}

#[test]
fn each_sink_gets_what_its_own_level_asks_for() {
    let (quiet_sink, quiet) = keeping("levels");
    let (chatty_sink, chatty) = keeping("levels");
    let _quiet = register(quiet_sink, LevelFilter::ERROR).unwrap();
    let _chatty = register(chatty_sink, LevelFilter::DEBUG).unwrap();
    tracing::error!("levels");
    tracing::debug!("levels");
    tracing::trace!("levels");
    assert_eq!(quiet.lock().unwrap().len(), 1);
    assert_eq!(chatty.lock().unwrap().len(), 2);
}

#[test]
fn a_level_changes_while_the_sink_is_registered() {
    let (sink, kept) = keeping("changing");
    let registration = register(sink, LevelFilter::OFF).unwrap();
    let log = || tracing::info!("changing");
    log();
    assert_eq!(kept.lock().unwrap().len(), 0);
    registration.set_level(LevelFilter::INFO);
    log();
    assert_eq!(kept.lock().unwrap().len(), 1);
    registration.set_level(LevelFilter::WARN);
    log();
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[test]
fn nothing_arrives_after_the_registration_is_dropped() {
    let (sink, kept) = keeping("dropped");
    let registration = register(sink.clone(), LevelFilter::TRACE).unwrap();
    tracing::error!("dropped");
    drop(registration);
    tracing::error!("dropped");
    assert_eq!(kept.lock().unwrap().len(), 1);
    assert_eq!(Arc::strong_count(&sink), 1);
}

#[test]
fn what_other_crates_log_goes_nowhere() {
    let (sink, kept) = keeping("foreign");
    let _registration = register(sink, LevelFilter::TRACE).unwrap();
    tracing::error!(target: "redis", "foreign");
    tracing::error!(target: "orgcache_other", "foreign");
    tracing::error!(target: "orgcache", "foreign");
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[test]
fn a_sink_that_logs_does_not_call_itself() {
    let (sink, kept) = keeping("echo");
    let echoing: Sink = Arc::new(move |record: &LogRecord| {
        sink(record);
        tracing::error!("echo again");
    });
    let _registration = register(echoing, LevelFilter::ERROR).unwrap();
    tracing::error!("echo");
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[test]
fn a_sink_that_panics_does_not_silence_its_thread() {
    let (sink, kept) = keeping("panicking");
    let fragile: Sink = Arc::new(move |record: &LogRecord| {
        sink(record);
        assert!(record.message != "panicking once");
    });
    let _registration = register(fragile, LevelFilter::ERROR).unwrap();
    assert!(std::panic::catch_unwind(|| tracing::error!("panicking once")).is_err());
    tracing::error!("panicking no more");
    assert_eq!(kept.lock().unwrap().len(), 2);
}

#[test]
fn every_level_has_its_rank() {
    for (number, level) in RANKS.into_iter().enumerate() {
        assert_eq!(usize::from(rank(level)), number);
    }
}
