//! A share in a watch connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::shared::{Seen, Shared, number_of};
use super::task;
use super::waits::Woken;
use crate::connection::Dialer;
use crate::near::{NearStore, NodeId, Wish};
use crate::runtime::IoThread;

/// The watch connection to one primary. All clients of the process that use this primary and store share it; the last
/// one that lets go ends it.
pub struct Watch {
    shared: Arc<Shared>,
    dialer: Dialer,
    is_open: AtomicBool,
}

impl Watch {
    pub(super) fn new(store: Arc<NearStore>, node: NodeId, dialer: Dialer) -> Watch {
        Watch { shared: Arc::new(Shared::new(store, node)), dialer, is_open: AtomicBool::new(false) }
    }

    /// Has the key read into the store, unless too many wait. The first wish opens the connection.
    pub fn wish(&self, wish: Wish) {
        if !self.is_open.load(Ordering::Acquire) {
            self.open();
        }
        self.shared.wish(wish);
    }

    /// Has `woken` called once: when the key changes, if it is not there, or when nobody would tell of its change any more.
    /// `None` while that is so already. The first wait opens the connection, too.
    pub fn wait(self: &Arc<Self>, key: &[u8], woken: Woken) -> Option<Wait> {
        if !self.is_open.load(Ordering::Acquire) {
            self.open();
        }
        let number = self.shared.wait(key, woken)?;
        Some(Wait { watch: self.clone(), key: key.into(), number })
    }

    fn open(&self) {
        if self.is_open.swap(true, Ordering::AcqRel) {
            return;
        }
        match IoThread::shared() {
            Ok(io) => io.spawn(task::run(self.dialer.clone(), self.shared.clone(), io.clone())),
            Err(error) => {
                self.shared.is_off(error.message());
                self.is_open.store(false, Ordering::Release);
            }
        }
    }

    /// A client has connected to the server of this `run_id`. Copies come from the same server or from none. Gives the
    /// server's number, or 0 where it does not tell its `run_id`.
    pub fn peer_connected(&self, run_id: Option<&str>) -> u64 {
        let peer = run_id.map_or(0, number_of);
        if self.shared.set_peer(peer) {
            self.shared.store.end_session(self.shared.node);
            self.shared.redial();
        }
        peer
    }

    /// The number of the server from which copies come, which any client may change.
    pub fn peer(&self) -> Arc<AtomicU64> {
        self.shared.peer_cell()
    }

    /// The server has lost keys to another one, or may have: copies of them count no more.
    pub fn restart_session(&self) {
        self.shared.store.end_session(self.shared.node);
        self.shared.restart_session();
    }

    /// Another server may be the primary now.
    pub fn primary_changed(&self) {
        self.shared.store.end_session(self.shared.node);
        self.shared.redial();
    }

    pub fn seen(&self) -> Seen {
        self.shared.seen()
    }

    /// Wishes that were not fulfilled.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped()
    }
}

/// A wait for the change of a key. Dropped, nobody is woken any more.
pub struct Wait {
    watch: Arc<Watch>,
    key: Box<[u8]>,
    number: u64,
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.watch.shared.waits.remove(&self.key, self.number);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.store.end_session(self.shared.node);
        self.shared.stop();
    }
}
