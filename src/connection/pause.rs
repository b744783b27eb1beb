//! The pause before the next attempt to connect: by the connection's own backoff, or as its owner decides.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The longest wait for an owner's decision.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 2000 });

/// The pauses of one connection.
#[derive(Debug, Default)]
pub struct Pauses {
    is_owner_asked: AtomicBool,
    /// When the running pause ends, once the owner has decided.
    until: watch::Sender<Option<Instant>>,
}

impl Pauses {
    /// Lets the owner decide each pause from now on.
    pub fn ask_owner(&self) {
        self.is_owner_asked.store(true, Ordering::Relaxed);
    }

    pub fn is_owner_asked(&self) -> bool {
        self.is_owner_asked.load(Ordering::Relaxed)
    }

    /// Begins a pause: earlier decisions no longer count. Called before the owner hears of a failure.
    pub fn begin(&self) {
        self.until.send_replace(None);
    }

    /// Sets the owner's decision: the running pause ends after `rest`.
    pub fn end_in(&self, rest: Duration) {
        self.until.send_replace(Some(Instant::now() + rest));
    }

    /// Waits until the pause is over. `own` is its length when no owner decides.
    pub async fn over(&self, own: Duration) {
        if !self.is_owner_asked() {
            if !own.is_zero() {
                sleep(own).await;
            }
            return;
        }
        let mut told = self.until.subscribe();
        let until = timeout(PATIENCE, told.wait_for(Option::is_some)).await;
        let until = until.ok().and_then(Result::ok).and_then(|until| *until);
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn measured(pauses: &Pauses) -> u128 {
        let began = Instant::now();
        pauses.over(Duration::from_millis(2)).await;
        began.elapsed().as_millis()
    }

    #[tokio::test]
    async fn a_pause_is_as_long_as_the_owner_says() {
        let pauses = Pauses::default();
        assert!(measured(&pauses).await < 100);
        pauses.ask_owner();
        pauses.begin();
        pauses.end_in(Duration::from_millis(150));
        assert!((140..).contains(&measured(&pauses).await));
        pauses.begin();
        let saying = async {
            sleep(Duration::from_millis(50)).await;
            pauses.end_in(Duration::from_millis(100));
        };
        assert!((140..).contains(&tokio::join!(measured(&pauses), saying).0));
    }

    #[tokio::test]
    async fn an_owner_that_says_nothing_ends_no_connection() {
        let pauses = Pauses::default();
        pauses.ask_owner();
        pauses.end_in(Duration::from_secs(600));
        pauses.begin();
        assert!((PATIENCE.as_millis() - 10..).contains(&measured(&pauses).await));
    }
}
