//! The I/O thread's half of a Link whose requests are made on another thread.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::dial::{Connected, dial};
use super::failure::Failure;
use super::link::{Link, Listener, Moving, Ticket};
use super::target::Target;
use crate::connection::{AsyncSocket, Inbox, Stream, read_available, write_unsent};
use crate::lane::Batch;

/// What the other thread leaves.
#[derive(Debug)]
pub struct Handed<T> {
    pub batch: Batch<Ticket<T>>,
    /// Whether an end was asked for: nothing comes after this.
    pub ends: bool,
}

impl<T> Default for Handed<T> {
    fn default() -> Self {
        Handed { batch: Batch::default(), ends: false }
    }
}

/// A listener whose other side is on another thread.
pub trait Outlet<T>: Listener<T> {
    /// Hands over what it was told.
    fn deliver(&mut self);
    /// Whether the other side has not taken so much yet that no more should be read.
    fn is_full(&self) -> bool;
}

/// Connects, and moves bytes until the connection is gone or the inbox says stop.
pub async fn converse<T, O: Outlet<T>>(
    target: &Target,
    inbox: Arc<Inbox<Handed<T>, Notify>>,
    mut link: Link<T>,
    mut outlet: O,
) {
    let mut ends = false;
    let failure = match connect(target, &inbox, &mut link, &mut outlet, &mut ends).await {
        None => None,
        Some(Err(failure)) => Some(failure),
        Some(Ok(Connected { stream, at })) => {
            link.connected(&at, &mut outlet);
            outlet.deliver();
            exchange(stream, &inbox, &mut link, &mut outlet, &mut ends).await
        }
    };
    let is_asked_for = ends || inbox.is_stopped();
    link.append(&mut inbox.take().batch, &mut outlet);
    link.close(failure.as_ref().filter(|_| !is_asked_for), &mut outlet);
    outlet.deliver();
    // Requests that were made before the other side knew, and stopped this.
    while !inbox.is_stopped() {
        inbox.waker().notified().await;
        link.append(&mut inbox.take().batch, &mut outlet);
        outlet.deliver();
    }
    link.append(&mut inbox.take().batch, &mut outlet);
    outlet.closed();
    outlet.deliver();
}

/// `None` where it was told to stop.
async fn connect<T, O: Outlet<T>>(
    target: &Target,
    inbox: &Inbox<Handed<T>, Notify>,
    link: &mut Link<T>,
    outlet: &mut O,
    ends: &mut bool,
) -> Option<Result<Connected, Failure>> {
    let dialing = dial(target);
    tokio::pin!(dialing);
    loop {
        tokio::select! {
            dialed = &mut dialing => return Some(dialed),
            () = inbox.waker().notified() => {
                let mut handed = inbox.take();
                link.append(&mut handed.batch, outlet);
                *ends |= handed.ends;
            }
        }
        if inbox.is_stopped() {
            return None;
        }
    }
}

/// Moves bytes until the connection is gone; why, where that was no end in order.
async fn exchange<T, O: Outlet<T>>(
    mut stream: Stream<AsyncSocket>,
    inbox: &Inbox<Handed<T>, Notify>,
    link: &mut Link<T>,
    outlet: &mut O,
    ends: &mut bool,
) -> Option<Failure> {
    let mut has_ended = false;
    while !inbox.is_stopped() {
        let waiting = match write_unsent(&mut stream, &mut Moving { link, listener: outlet }) {
            Ok(waiting) => waiting,
            Err(error) => return write_failure(&mut stream, link, outlet, &error),
        };
        if *ends && !waiting && !has_ended {
            has_ended = true;
            stream.end();
        }
        let is_full = outlet.is_full();
        tokio::select! {
            ready = stream.socket().ready(waiting), if !is_full => {
                let read = match ready {
                    Ok(ready) if ready.readable => {
                        read_available(&mut stream, &mut Moving { link, listener: outlet }, Instant::now())
                    }
                    Ok(_) => Ok(()),
                    Err(error) => return Some(Failure::of_writing(&error)),
                };
                if let Err(failure) = read {
                    return Failure::of_reading(failure);
                }
            }
            () = inbox.waker().notified() => {
                let mut handed = inbox.take();
                link.append(&mut handed.batch, outlet);
                *ends |= handed.ends;
            }
        }
        outlet.deliver();
    }
    None
}

/// What came before the connection broke is read; reading on tells how it did better than writing.
fn write_failure<T, O: Outlet<T>>(
    stream: &mut Stream<AsyncSocket>,
    link: &mut Link<T>,
    outlet: &mut O,
    error: &std::io::Error,
) -> Option<Failure> {
    match read_available(stream, &mut Moving { link, listener: outlet }, Instant::now()) {
        Err(failure @ crate::connection::ReadFailure::Socket(_)) => Failure::of_reading(failure),
        _ => Some(Failure::of_writing(error)),
    }
}
