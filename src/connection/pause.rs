//! How long it is waited until the next attempt to connect: as the connection's own rules have it, or as its owner says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// An owner that was asked and does not answer is waited for so long.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 2000 });

/// The pauses of one connection.
#[derive(Debug, Default)]
pub struct Pauses {
    is_owner_asked: AtomicBool,
    /// When the running pause ends, once the owner has said that.
    until: watch::Sender<Option<Instant>>,
}

impl Pauses {
    /// From now on the owner says how long each pause is.
    pub fn ask_owner(&self) {
        self.is_owner_asked.store(true, Ordering::Relaxed);
    }

    pub fn is_owner_asked(&self) -> bool {
        self.is_owner_asked.load(Ordering::Relaxed)
    }

    /// What the owner has said so far is about earlier pauses. Called before the owner is told of a failure.
    pub fn begin(&self) {
        self.until.send_replace(None);
    }

    /// The owner says how long the running pause is from now on.
    pub fn end_in(&self, rest: Duration) {
        self.until.send_replace(Some(Instant::now() + rest));
    }

    /// Waits until the pause is over; `own` is its length where no owner is asked.
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
