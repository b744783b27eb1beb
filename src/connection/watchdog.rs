//! Detects a connection whose other end is gone.
//!
//! A stopped peer and a network that drops packets look like a peer that has nothing to send: TCP alone
//! notices after minutes. So the watchdog asks an idle connection, and gives up one that owes replies and is
//! silent, both within two seconds.

use std::time::{Duration, Instant};

/// The idle time after which the server is asked...
const ASK_AFTER: Duration = Duration::from_millis(800);
/// ... and the time that it has to answer. Both together are under two seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// A connection with calls in flight is given up after this time without any byte.
const SILENCE_LIMIT: Duration = Duration::from_millis(1800);

/// What a connection needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    Nothing,
    /// The connection has been idle: send a PING and report it with `asked`.
    Ask,
    /// The connection must be replaced.
    Silent,
}

/// Watches one connection.
#[derive(Debug)]
pub struct Watchdog {
    last_received: Instant,
    /// Since when the server owes a reply and has been silent.
    waiting_since: Option<Instant>,
    /// Whether the only reply owed is that to our PING.
    has_only_asked: bool,
    /// The longest silence, at most a call's timeout.
    silence_limit: Duration,
}

impl Watchdog {
    pub fn new(command_timeout: Duration, now: Instant) -> Watchdog {
        Watchdog {
            last_received: now,
            waiting_since: None,
            has_only_asked: false,
            silence_limit: SILENCE_LIMIT.min(command_timeout),
        }
    }

    /// Whether no reply is owed.
    pub fn is_idle(&self) -> bool {
        self.waiting_since.is_none()
    }

    /// Requests were sent.
    pub fn sent(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
    }

    /// A PING was queued.
    pub fn asked(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
        self.has_only_asked = true;
    }

    /// Bytes have come. `still_waiting` tells whether replies are still owed.
    pub fn received(&mut self, now: Instant, still_waiting: bool) {
        self.last_received = now;
        self.waiting_since = still_waiting.then_some(now);
        self.has_only_asked = false;
    }

    /// When to look next.
    pub fn next_look(&self) -> Instant {
        match self.waiting_since {
            Some(since) => since + self.limit(),
            None => self.last_received + ASK_AFTER,
        }
    }

    pub fn look(&self, now: Instant) -> Watch {
        if now < self.next_look() {
            return Watch::Nothing;
        }
        if self.waiting_since.is_some() { Watch::Silent } else { Watch::Ask }
    }

    fn limit(&self) -> Duration {
        if self.has_only_asked { ANSWER_WITHIN } else { self.silence_limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limit;

    const CALL: Duration = Duration::from_secs(5);
    /// What JavaScript tells its subscribers.
    fn most() -> Duration {
        Duration::from_millis(limit("silenceMs"))
    }

    #[test]
    fn an_idle_connection_that_has_died_is_found_within_two_seconds() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(CALL, start);
        let ask = watchdog.next_look();
        assert_eq!(watchdog.look(ask), Watch::Ask);
        watchdog.asked(ask);
        assert_eq!(watchdog.look(ask), Watch::Nothing);
        let end = watchdog.next_look();
        assert_eq!(watchdog.look(end), Watch::Silent);
        assert!(end - start < most());
    }

    #[test]
    fn a_busy_connection_that_has_died_is_found_within_two_seconds_of_its_last_byte() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(CALL, start);
        watchdog.sent(start);
        let last_byte = start + Duration::from_secs(3);
        watchdog.received(last_byte, true);
        watchdog.sent(last_byte + Duration::from_millis(100));
        let end = watchdog.next_look();
        assert_eq!(watchdog.look(end), Watch::Silent);
        assert!(end - last_byte < most());
    }

    #[test]
    fn a_reply_to_everything_makes_the_connection_idle() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(CALL, start);
        watchdog.sent(start);
        watchdog.received(start, false);
        assert!(watchdog.is_idle());
        assert_eq!(watchdog.look(watchdog.next_look()), Watch::Ask);
    }

    #[test]
    fn no_connection_may_be_silent_for_longer_than_a_call_may_take() {
        let start = Instant::now();
        let timeout = Duration::from_millis(300);
        let mut watchdog = Watchdog::new(timeout, start);
        watchdog.sent(start);
        assert_eq!(watchdog.look(start + timeout), Watch::Silent);
    }
}
