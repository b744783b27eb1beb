//! Dials until a connection is made, and again each time the owner reports that it is gone.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::backoff::Backoff;
use super::dial::{Dialed, Dialer};
use crate::config::Endpoint;
use crate::error::Error;
use crate::runtime::IoThread;

/// A connection that lived shorter than this counts as a failure. The next attempt backs off, so that a
/// server that drops every connection is not flooded.
pub const STABLE_AFTER: Duration = Duration::from_secs(1);

/// What the reconnector reports to the owner of a link.
#[derive(Debug)]
pub enum LinkEvent {
    Connected(Box<Dialed>),
    /// The wanted server has changed: the owner must give the connection up.
    Moved,
    /// An attempt failed. `attempt` counts from 1 since the last stable connection.
    Failed {
        error: Error,
        attempt: u32,
    },
}

/// Makes connections on the I/O thread for an owner on another thread. Dropping the reconnector ends that.
#[derive(Debug)]
pub struct Reconnector {
    requests: mpsc::UnboundedSender<()>,
}

impl Reconnector {
    /// Starts a reconnector, which waits for `connect`. The I/O thread calls `tell`.
    pub fn start(io: &IoThread, dialer: Dialer, tell: impl FnMut(LinkEvent) + Send + 'static) -> Reconnector {
        let (requests, wanted) = mpsc::unbounded_channel();
        let reconnector = Reconnector { requests };
        io.spawn(async move {
            tokio::select! {
                () = keep(&dialer, wanted, tell) => {}
                () = dialer.watch() => {}
            }
        });
        reconnector
    }

    /// Asks for a new connection, because the last one is gone.
    pub fn connect(&self) {
        // Fails only when the I/O thread has ended, and then no connection is needed.
        let _ = self.requests.send(());
    }
}

/// Connects each time the owner asks, until the owner is dropped.
async fn keep(dialer: &Dialer, mut wanted: mpsc::UnboundedReceiver<()>, mut tell: impl FnMut(LinkEvent)) {
    let mut backoff = Backoff::new(dialer.config().retry_delay, dialer.max_pause());
    let mut connected: Option<(Instant, Endpoint)> = None;
    while wanted_again(dialer, &mut wanted, connected.as_ref(), &mut tell).await {
        let pause = match &connected {
            Some((at, _)) if at.elapsed() < STABLE_AFTER => backoff.next_delay(),
            _ => {
                backoff.reset();
                Duration::ZERO
            }
        };
        let dialed = {
            let mut failed = |error, attempt| tell(LinkEvent::Failed { error, attempt });
            let dialing = async {
                if let Some((_, endpoint)) = &connected {
                    dialer.pause(pause, Some(endpoint)).await;
                }
                dialer.dial_persistently(&mut backoff, &mut failed).await
            };
            tokio::pin!(dialing);
            loop {
                tokio::select! {
                    dialed = &mut dialing => break dialed,
                    // A second request for the same connection is already being served.
                    request = wanted.recv() => if request.is_none() { return },
                }
            }
        };
        connected = Some((Instant::now(), dialed.endpoint.clone()));
        tell(LinkEvent::Connected(Box::new(dialed)));
    }
}

/// Waits for the next request. Meanwhile it reports a change of the wanted server.
async fn wanted_again(
    dialer: &Dialer,
    wanted: &mut mpsc::UnboundedReceiver<()>,
    connected: Option<&(Instant, Endpoint)>,
    tell: &mut impl FnMut(LinkEvent),
) -> bool {
    if let Some((_, endpoint)) = connected {
        tokio::select! {
            request = wanted.recv() => return request.is_some(),
            () = dialer.moved_from(endpoint) => tell(LinkEvent::Moved),
        }
    }
    wanted.recv().await.is_some()
}
