//! Who prolongs leases: one for each server, shared by all limiters of a client.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::conversation::Conversation;
use super::held::Lease;
use crate::connection::{Dialer, Mailbox, drive};
use crate::health::census;
use crate::runtime::IoThread;

/// Behind the client's name, so that `CLIENT LIST` shows which connection this is.
const NAME_SUFFIX: &str = "-leases";

/// The keepers of one client: one for each node of a cluster.
#[derive(Default)]
pub struct Keepers {
    // Held to add one or to find one.
    all: Mutex<Vec<Weak<Shared>>>,
}

impl Keepers {
    fn add(&self, keeper: &Arc<Shared>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(keeper));
    }

    fn find(&self, is_meant: impl Fn(&Arc<Shared>) -> bool) -> Option<Arc<Shared>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).find(|keeper| !keeper.is_closed() && is_meant(keeper))
    }
}

/// Prolongs the leases that a server has granted. The last one that lets go of it ends that.
pub struct Keeper {
    shared: Arc<Shared>,
}

impl Keeper {
    /// A keeper for the server that `dialer` connects to. It connects when the first lease is to be prolonged.
    pub fn new(dialer: &Dialer, all: Arc<Keepers>) -> Keeper {
        let shared = Arc::new(Shared {
            dialer: dialer.beside(NAME_SUFFIX),
            work: Mutex::default(),
            notify: Notify::new(),
            is_stopped: AtomicBool::new(false),
            is_resting: AtomicBool::new(false),
            is_running: AtomicBool::new(false),
            all: all.clone(),
        });
        if !dialer.is_reading_replicas() {
            all.add(&shared);
        }
        Keeper { shared }
    }

    /// One whose connection a test plays.
    #[cfg(test)]
    pub(super) fn played(dialer: &Dialer, all: Arc<Keepers>) -> (Keeper, Arc<Shared>) {
        let keeper = Keeper::new(dialer, all);
        keeper.shared.is_running.store(true, Ordering::Release);
        let shared = keeper.shared.clone();
        (keeper, shared)
    }

    /// Prolongs a lease from now on.
    pub fn keep(&self, lease: &Arc<Lease>, now: Instant) {
        self.shared.keep(lease.clone(), now + lease.renewed_after());
    }

    /// Redis is to end what it may have granted.
    pub fn discard(&self, lease: Arc<Lease>) {
        self.shared.discard(lease);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        self.shared.notify.notify_one();
    }
}

/// What the threads share.
pub struct Shared {
    pub(super) dialer: Dialer,
    // Held to add, remove or take; one pass over all leases at most.
    work: Mutex<Work>,
    notify: Notify,
    is_stopped: AtomicBool,
    /// There is nothing to do, so the connection may go.
    is_resting: AtomicBool,
    /// Whether there is a task.
    is_running: AtomicBool,
    all: Arc<Keepers>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Work {
    held: HashMap<u64, Kept>,
    /// Leases that are over, of which Redis has not been told.
    over: Vec<Over>,
    /// When there may be something to do.
    wake_at: Option<Instant>,
}

impl Work {
    /// Answers whether the task must be told.
    fn wake_by(&mut self, at: Instant) -> bool {
        let is_earlier = self.wake_at.is_none_or(|known| at < known);
        if is_earlier {
            self.wake_at = Some(at);
        }
        is_earlier
    }
}

struct Kept {
    lease: Arc<Lease>,
    due: Instant,
    /// Requests that prolong it and have no reply yet.
    under_way: u32,
}

struct Over {
    lease: Arc<Lease>,
    /// Then it has ended by itself.
    until: Instant,
}

/// A part of a lease, by its position.
pub(super) type PartOf = (Arc<Lease>, usize);

/// What is to be asked of the server.
#[derive(Default)]
pub(super) struct Due {
    /// Leases by the key of one of their parts.
    pub renewals: HashMap<Box<[u8]>, Vec<PartOf>>,
    pub releases: Vec<Arc<Lease>>,
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        // Changes of it are complete.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(self: &Arc<Self>, lease: Arc<Lease>, due: Instant) {
        lease.is_kept_by(Arc::downgrade(self));
        let mut work = self.work();
        work.held.insert(lease.number, Kept { lease, due, under_way: 0 });
        let is_earlier = work.wake_by(due);
        drop(work);
        self.wake(is_earlier);
    }

    /// A lease is over, and Redis is told by somebody else. What prolongs it may reach Redis later than that, so it is told
    /// once more then.
    pub(super) fn forget(self: &Arc<Self>, number: u64) {
        let mut work = self.work();
        let Some(kept) = work.held.remove(&number) else { return };
        if kept.under_way > 0 {
            drop(work);
            self.discard(kept.lease);
        }
    }

    pub(super) fn discard(self: &Arc<Self>, lease: Arc<Lease>) {
        let now = Instant::now();
        let mut work = self.work();
        work.held.remove(&lease.number);
        let until = now + lease.length();
        work.over.push(Over { lease, until });
        let is_earlier = work.wake_by(now);
        drop(work);
        self.wake(is_earlier);
    }

    /// Has the task look, where it sleeps longer. Starts it where there is none.
    fn wake(self: &Arc<Self>, is_earlier: bool) {
        if is_earlier {
            self.notify.notify_one();
        }
        if !self.is_running.load(Ordering::Acquire) && !self.is_running.swap(true, Ordering::AcqRel) {
            match IoThread::shared() {
                Ok(io) => io.spawn(run(self.clone(), io.clone())),
                // Leases end with their length.
                Err(_) => self.is_running.store(false, Ordering::Release),
            }
        }
    }

    /// When there may be something to do.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.work().wake_at
    }

    /// Whether there is something to do now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let mut work = self.work();
        work.over.retain(|over| over.until > now);
        let is_due = !work.over.is_empty() || work.held.values().any(|kept| kept.due <= now);
        if !is_due {
            work.wake_at = work.held.values().map(|kept| kept.due).min();
        }
        is_due
    }

    /// Whether there is anything that may have to be prolonged or ended.
    pub(super) fn is_empty(&self) -> bool {
        let work = self.work();
        work.held.is_empty() && work.over.is_empty()
    }

    /// A connection stands: all leases are to be written anew, since the server may be another one.
    pub(super) fn all_due(&self, now: Instant) {
        let mut work = self.work();
        for kept in work.held.values_mut() {
            (kept.due, kept.under_way) = (now, 0);
        }
        work.wake_at = Some(now);
    }

    /// What is to be asked now. Leases that are due soon are prolonged with the others.
    pub(super) fn take_due(&self, now: Instant) -> Due {
        let mut due = Due::default();
        let mut work = self.work();
        for over in work.over.drain(..).filter(|over| over.until > now) {
            due.releases.push(over.lease);
        }
        for kept in work.held.values_mut() {
            let third = kept.lease.renewed_after();
            if kept.due > now + third / 2 {
                continue;
            }
            if kept.under_way > 0 {
                // The reply is late. Silence ends the connection.
                kept.due = kept.due.max(now + third);
                continue;
            }
            kept.due = now + third;
            kept.under_way = kept.lease.parts.len() as u32;
            for (position, part) in kept.lease.parts.iter().enumerate() {
                due.renewals.entry(part.key.clone()).or_default().push((kept.lease.clone(), position));
            }
        }
        work.wake_at = work.held.values().map(|kept| kept.due).min();
        due
    }

    /// A request that prolonged leases has its answer; with `again` they are to be prolonged after that time.
    pub(super) fn asked(&self, numbers: &[u64], again: Option<Instant>) {
        let mut work = self.work();
        for number in numbers {
            if let Some(kept) = work.held.get_mut(number) {
                kept.under_way = kept.under_way.saturating_sub(1);
                kept.due = again.unwrap_or(kept.due);
            }
        }
        if let Some(at) = again {
            work.wake_by(at);
        }
    }

    /// The slot of these leases is at another node.
    pub(super) fn moved(&self, numbers: &[u64], address: &str, now: Instant, again: Instant) {
        let Some(other) = self.all.find(|other| other.dialer.member_address().as_deref() == Some(address))
        else {
            return self.asked(numbers, Some(again));
        };
        let mut work = self.work();
        let leases: Vec<_> = numbers.iter().filter_map(|number| work.held.remove(number)).collect();
        drop(work);
        leases.into_iter().for_each(|kept| other.keep(kept.lease, now));
    }

    /// Nobody uses this keeper any more. Other nodes' keepers take what there is to do; without them all leases are over.
    pub(super) fn hand_over(&self, now: Instant) {
        let mut work = self.work();
        let held: Vec<_> = work.held.drain().map(|(_, kept)| kept.lease).collect();
        let other = self
            .all
            .find(|other| !std::ptr::eq(Arc::as_ptr(other), self) && other.dialer.member_address().is_some());
        if let Some(other) = other {
            let over = std::mem::take(&mut work.over);
            drop(work);
            held.into_iter().for_each(|lease| other.keep(lease, now));
            over.into_iter().for_each(|over| other.discard(over.lease));
        } else {
            work.over.extend(held.into_iter().map(|lease| Over { until: now + lease.length(), lease }));
        }
    }

    /// There is nothing to do: the connection may go.
    pub(super) fn rest(&self) {
        self.is_resting.store(true, Ordering::Release);
    }

    pub(super) fn begin(&self) {
        self.is_resting.store(false, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// How long the server may be silent before it is given up.
    pub(super) fn patience(&self) -> Duration {
        self.dialer.config().command_timeout
    }
}

impl Mailbox for Shared {
    fn notify(&self) -> &Notify {
        &self.notify
    }

    /// What moves the bytes lets go of the connection where there is nothing to do.
    fn is_stopped(&self) -> bool {
        self.is_closed() || self.is_resting.load(Ordering::Acquire)
    }
}

/// Prolongs leases until nobody uses the keeper. It holds a share in the thread, so that it comes to its end whoever else
/// lets go.
async fn run(shared: Arc<Shared>, _io: IoThread) {
    let _counted = census::KEEPERS.add();
    let mailbox: Arc<dyn Mailbox> = shared.clone();
    let mut conversation = Conversation::new(shared.clone());
    while !shared.is_closed() {
        let now = Instant::now();
        match shared.wake_at() {
            None => shared.notify().notified().await,
            Some(at) if at > now => tokio::select! {
                () = tokio::time::sleep_until(at.into()) => {}
                () = shared.notify().notified() => {}
            },
            // Most leases end before they have to be prolonged: then nothing needs a connection.
            Some(_) if !shared.is_due(now) => {}
            Some(_) => {
                shared.begin();
                drive(shared.dialer.clone(), mailbox.clone(), &mut conversation, Conversation::look, |_| {})
                    .await;
                conversation.end(Instant::now());
            }
        }
    }
    shared.hand_over(Instant::now());
}
