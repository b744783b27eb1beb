//! What the threads that use a watch connection share with the I/O thread, which moves its bytes.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::waits::{Waits, Woken};
use crate::connection::{Inbox, Mailbox};
use crate::near::{NearStore, NodeId, Wish};

/// Wishes that wait to be sent. The store takes no more fills at a time either.
pub(super) const MAX_WISHES: usize = 256;

static SEEDED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A number for a `run_id`, which is compared for every call. Never 0, which stands for a server that is not known.
pub(super) fn number_of(run_id: &str) -> u64 {
    SEEDED.hash_one(run_id) | 1
}

/// What is left for the I/O thread.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub wishes: Vec<Wish>,
    /// Keys for whose change somebody waits.
    pub awaited: Vec<Box<[u8]>>,
    /// The session is to be ended, and another begun on the same connection.
    pub restarts: bool,
    /// The connection is to be replaced.
    pub redials: bool,
}

/// How a watch connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody has wished for a copy yet.
    Idle,
    /// The server tells of changes.
    Tracking,
    /// It does not: there are no copies.
    Off,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Idle => "idle",
            Mode::Tracking => "tracking",
            Mode::Off => "off",
        }
    }
}

/// What there is to see of a watch connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub mode: Mode,
    /// Why it is off.
    pub reason: Option<String>,
}

pub(super) struct Shared {
    pub store: Arc<NearStore>,
    pub node: NodeId,
    inbox: Inbox<Left, Notify>,
    /// The server that answers calls, by a hash of its `run_id`. 0: not known yet.
    peer: Arc<AtomicU64>,
    /// The server refuses what this needs: it is not asked again for a while.
    is_refused: AtomicBool,
    dropped: AtomicU64,
    pub waits: Waits,
    // Held for single assignments.
    seen: Mutex<Seen>,
}

impl Shared {
    pub fn new(store: Arc<NearStore>, node: NodeId) -> Shared {
        Shared {
            store,
            node,
            inbox: Inbox::new(Notify::new()),
            peer: Arc::default(),
            is_refused: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            waits: Waits::default(),
            seen: Mutex::new(Seen { mode: Mode::Idle, reason: None }),
        }
    }

    pub fn seen(&self) -> Seen {
        self.lock_seen().clone()
    }

    fn lock_seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tracks(&self) {
        *self.lock_seen() = Seen { mode: Mode::Tracking, reason: None };
    }

    /// There is no session, for this reason. Nobody waits for its messages any longer.
    pub fn is_off(&self, reason: impl Into<String>) {
        *self.lock_seen() = Seen { mode: Mode::Off, reason: Some(reason.into()) };
        self.waits.wake_all();
    }

    /// The server refuses what this needs, for this reason.
    pub fn refuse(&self, reason: impl Into<String>) {
        self.is_off(reason);
        self.is_refused.store(true, Ordering::Release);
    }

    pub fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Acquire)
    }

    /// The server may be asked again.
    pub fn forgive(&self) {
        self.is_refused.store(false, Ordering::Release);
    }

    pub fn peer_cell(&self) -> Arc<AtomicU64> {
        self.peer.clone()
    }

    pub fn peer(&self) -> u64 {
        self.peer.load(Ordering::Acquire)
    }

    /// Answers whether this is another server than before.
    pub fn set_peer(&self, peer: u64) -> bool {
        self.peer.swap(peer, Ordering::AcqRel) != peer
    }

    /// Leaves a wish for the I/O thread, where there is room.
    pub fn wish(&self, wish: Wish) {
        let mut is_kept = false;
        self.inbox.put_and_maybe_wake(|left| {
            is_kept = !self.is_refused() && left.wishes.len() < MAX_WISHES;
            if is_kept {
                left.wishes.push(wish);
            }
            left.wishes.len() == 1
        });
        if !is_kept {
            self.drop_wish();
        }
    }

    /// Has `woken` called when the key changes. Gives the number of the wait; `None` while nobody would tell.
    pub fn wait(&self, key: &[u8], woken: Woken) -> Option<u64> {
        if self.is_refused() || self.lock_seen().mode == Mode::Off {
            return None;
        }
        let number = self.waits.add(key, woken);
        self.inbox.put_and_maybe_wake(|left| {
            left.awaited.push(key.into());
            left.awaited.len() == 1
        });
        Some(number)
    }

    pub fn take_awaited(&self) -> Vec<Box<[u8]>> {
        let mut awaited = Vec::new();
        self.inbox.put_and_maybe_wake(|left| {
            awaited = std::mem::take(&mut left.awaited);
            false
        });
        awaited
    }

    pub fn drop_wish(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Wishes that were not fulfilled.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn restart_session(&self) {
        self.inbox.put_and_maybe_wake(|left| !std::mem::replace(&mut left.restarts, true));
    }

    pub fn redial(&self) {
        self.forgive();
        self.inbox.put(|left| left.redials = true);
    }

    /// Takes all but the wishes.
    pub fn take_orders(&self) -> (bool, bool) {
        let mut orders = (false, false);
        self.inbox.put_and_maybe_wake(|left| {
            orders = (std::mem::take(&mut left.restarts), std::mem::take(&mut left.redials));
            false
        });
        orders
    }

    pub fn take_wishes(&self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        self.inbox.put_and_maybe_wake(|left| {
            wishes = std::mem::take(&mut left.wishes);
            false
        });
        wishes
    }

    /// Nobody uses the connection any more.
    pub fn stop(&self) {
        self.inbox.stop();
    }

    pub fn has_users(&self) -> bool {
        !self.inbox.is_stopped()
    }
}

impl Mailbox for Shared {
    fn notify(&self) -> &Notify {
        self.inbox.waker()
    }

    /// What moves the bytes lets go of the connection where the server refuses.
    fn is_stopped(&self) -> bool {
        self.inbox.is_stopped() || self.is_refused()
    }
}
