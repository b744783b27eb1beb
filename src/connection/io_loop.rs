//! Moves a connection's bytes on the I/O thread, on every platform.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::backoff::Backoff;
use super::dial::{Dialed, Dialer};
use super::handoff::Inbox;
use super::reconnector::STABLE_AFTER;
use super::transfer::{
    ConnectionHandler, connection_lost, connection_moved, connection_silent, read_arrived, write_waiting,
};
use crate::config::Endpoint;
use crate::error::Error;

/// The longest sleep of an idle driver. New work wakes it earlier.
const IDLE: Duration = Duration::from_secs(3600);

/// State that the I/O thread and the caller's thread share about a driver.
pub trait Mailbox: Send + Sync {
    /// Notified whenever `collect` may have new requests, and at the stop.
    fn notify(&self) -> &Notify;
    fn is_stopped(&self) -> bool;
}

impl<T: Default + Send> Mailbox for Inbox<T, Notify> {
    fn notify(&self) -> &Notify {
        self.waker()
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped()
    }
}

/// Keeps a connection open and moves the bytes of `handler` over it until the mailbox is stopped.
///
/// `collect` takes in requests of the caller's thread. `deliver` hands settled outcomes back.
pub async fn drive<T: ConnectionHandler>(
    dialer: Dialer,
    mailbox: Arc<dyn Mailbox>,
    handler: &mut T,
    collect: impl FnMut(&mut T),
    deliver: impl FnMut(&mut T),
) {
    tokio::select! {
        () = keep_connected(&dialer, mailbox, handler, collect, deliver) => {}
        () = dialer.watch() => {}
    }
}

async fn keep_connected<T: ConnectionHandler>(
    dialer: &Dialer,
    mailbox: Arc<dyn Mailbox>,
    handler: &mut T,
    mut collect: impl FnMut(&mut T),
    mut deliver: impl FnMut(&mut T),
) {
    let mut backoff = Backoff::new(dialer.config().retry_delay, dialer.max_pause());
    let mut lost = None;
    while !mailbox.is_stopped() {
        let Some(dialed) =
            connect(dialer, &*mailbox, lost.as_ref(), &mut backoff, handler, &mut collect, &mut deliver)
                .await
        else {
            return;
        };
        let connected_at = Instant::now();
        let endpoint = dialed.endpoint.clone();
        handler.connected(&dialed.server, connected_at);
        let error = converse(dialer, dialed, &*mailbox, handler, &mut collect, &mut deliver).await;
        if mailbox.is_stopped() {
            return;
        }
        handler.disconnected(error, Instant::now());
        deliver(handler);
        if connected_at.elapsed() < STABLE_AFTER {
            lost = Some((backoff.next_delay(), endpoint));
        } else {
            lost = Some((Duration::ZERO, endpoint));
            backoff.reset();
        }
    }
}

/// Dials until it succeeds, after a pause if a connection was `lost`. Meanwhile it takes in calls and expires
/// them. `None` when the mailbox is stopped.
async fn connect<T: ConnectionHandler>(
    dialer: &Dialer,
    mailbox: &dyn Mailbox,
    lost: Option<&(Duration, Endpoint)>,
    backoff: &mut Backoff,
    handler: &mut T,
    collect: &mut impl FnMut(&mut T),
    deliver: &mut impl FnMut(&mut T),
) -> Option<Dialed> {
    let (failures, mut failed) = tokio::sync::mpsc::unbounded_channel();
    let dialing = async {
        if let Some((pause, endpoint)) = lost {
            dialer.pause(*pause, Some(endpoint)).await;
        }
        // The receiver lives as long as this function.
        let failed = |error, attempt| drop(failures.send((error, attempt)));
        dialer.dial_persistently(backoff, failed).await
    };
    tokio::pin!(dialing);
    loop {
        tokio::select! {
            dialed = &mut dialing => return Some(dialed),
            Some((error, attempt)) = failed.recv() => handler.attempt_failed(error, attempt, Instant::now()),
            () = mailbox.notify().notified() => collect(handler),
            () = sleep_until(handler.next_deadline()) => {
                // There is no connection yet that could be replaced.
                let _ = handler.expire(Instant::now());
            }
        }
        if mailbox.is_stopped() {
            return None;
        }
        deliver(handler);
    }
}

/// Moves bytes until the connection ends. Returns the reason.
async fn converse<T: ConnectionHandler>(
    dialer: &Dialer,
    dialed: Dialed,
    mailbox: &dyn Mailbox,
    handler: &mut T,
    collect: &mut impl FnMut(&mut T),
    deliver: &mut impl FnMut(&mut T),
) -> Error {
    let Dialed { mut stream, endpoint, .. } = dialed;
    let moved = dialer.moved_from(&endpoint);
    tokio::pin!(moved);
    loop {
        let waiting = match write_waiting(&mut stream, handler) {
            Ok(waiting) => waiting,
            Err(error) => return error,
        };
        tokio::select! {
            ready = stream.socket().ready(waiting) => {
                let read = match ready {
                    Ok(ready) if ready.readable => read_arrived(&mut stream, handler, Instant::now()),
                    Ok(_) => Ok(()),
                    Err(error) => Err(connection_lost(&error)),
                };
                if let Err(error) = read {
                    deliver(handler);
                    return error;
                }
            }
            () = mailbox.notify().notified() => collect(handler),
            () = &mut moved => return connection_moved(),
            () = sleep_until(handler.next_deadline()) => {
                if let Some(error) = handler.expire(Instant::now()) {
                    return error;
                }
            }
        }
        if mailbox.is_stopped() {
            // Sends the last requests if the socket takes them. Their replies are not awaited.
            let _ = write_waiting(&mut stream, handler);
            return connection_silent();
        }
        deliver(handler);
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    let until = deadline.unwrap_or_else(|| Instant::now() + IDLE);
    tokio::time::sleep_until(until.into()).await;
}
