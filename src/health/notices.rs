//! What a client's owner is told without having asked: changes of state and log lines.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::log::{self, LevelFilter, LogRecord, Registration};

/// Notices that wait at most; a process that never gets to its event loop keeps no more.
const MAX_NOTICES: usize = 1024;

#[derive(Debug)]
pub struct Notice {
    /// An event's name, or `log`.
    pub name: String,
    /// JSON.
    pub detail: String,
}

/// Notices for one client's owner, from any thread.
pub struct Notices {
    // Locked to add or take notices, never across a wait.
    left: Mutex<VecDeque<Notice>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Notices {
    /// `wake` is called after each notice: its owner should take them.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Notices {
        Notices { left: Mutex::default(), wake: Box::new(wake) }
    }

    /// Adds a notice. The oldest one makes room where too many wait.
    pub fn put(&self, name: &str, detail: &Value) {
        let notice = Notice { name: name.to_owned(), detail: detail.to_string() };
        {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            if left.len() == MAX_NOTICES {
                left.pop_front();
            }
            left.push_back(notice);
        }
        (self.wake)();
    }

    pub fn take(&self) -> VecDeque<Notice> {
        std::mem::take(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a client's log records up to `level`, and those of no client, until the registration is dropped. `None`
    /// where the process has a subscriber of its own, which gets the records.
    pub fn take_log(self: &Arc<Self>, client: u64, level: LevelFilter) -> Option<Registration> {
        let (notices, own) = (self.clone(), client.to_string());
        let sink: log::Sink = Arc::new(move |record: &LogRecord| {
            let is_client = |(name, _): &(&'static str, String)| *name == "client";
            if record.fields.iter().any(|field| is_client(field) && field.1 != own) {
                return;
            }
            let mut record = record.clone();
            record.fields.retain(|field| !is_client(field));
            notices.put("log", &json!({ "level": record.level_name(), "message": record.to_string() }));
        });
        log::register(sink, level).ok()
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counting() -> (Arc<AtomicUsize>, Arc<Notices>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = woken.clone();
        let wake = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        (woken, Arc::new(Notices::new(wake)))
    }

    #[test]
    fn each_notice_wakes_its_owner_and_is_taken_once() {
        let (woken, notices) = counting();
        notices.put("ready", &json!({}));
        notices.put("degraded", &json!({ "state": "degraded" }));
        let taken = notices.take();
        let named: Vec<_> = taken.iter().map(|notice| (&*notice.name, &*notice.detail)).collect();
        assert_eq!(named, [("ready", "{}"), ("degraded", r#"{"state":"degraded"}"#)]);
        assert_eq!(woken.load(Ordering::SeqCst), 2);
        assert!(notices.take().is_empty());
    }

    #[test]
    fn the_oldest_notices_make_room_where_nobody_takes_them() {
        let (_, notices) = counting();
        (0..MAX_NOTICES + 2).for_each(|number| notices.put(&number.to_string(), &json!({})));
        let taken = notices.take();
        assert_eq!((taken.len(), &*taken[0].name), (MAX_NOTICES, "2"));
    }

    #[test]
    fn log_records_of_another_client_are_not_told() {
        let (_, notices) = counting();
        let _registration = notices.take_log(4_711, LevelFilter::INFO).unwrap();
        tracing::info!(client = 4_711, attempt = 2, "notices: own");
        tracing::info!(client = 4_712, "notices: of another client");
        tracing::debug!(client = 4_711, "notices: too verbose");
        let lines: Vec<_> =
            notices.take().into_iter().filter(|notice| notice.detail.contains("notices: ")).collect();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].name, "log");
        assert_eq!(lines[0].detail, r#"{"level":"info","message":"notices: own attempt=2"}"#);
    }
}
